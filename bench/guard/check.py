#!/usr/bin/env python3
"""Counts the instructions of training steps and of decoding, and compares them with bench/guard/counts.json.

  check.py                 compiles work.cpp, runs its cases under callgrind, and fails where a count left the margin
  check.py --update        writes what it found into counts.json instead; commit it with the change that explains it
  check.py --skip-reason   prints why the check cannot be made here, or nothing

A count is the same in every run, however busy the machine, so a loss of speed too small for a clock is seen. It is no
measure of speed itself: where time goes to memory or to latency, it does not move. The instruction set is x86-64-v3
whatever the machine has (callgrind knows no AVX-512), and counts belong to one version of the compiler and of xsimd:
for others there are none, and the check is skipped. --update adds them.

Needs valgrind. The compiler is CXX or g++. Takes half a minute.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNTS = ROOT / "bench/guard/counts.json"
BUILD = ROOT / "build/guard"
FLAGS = ["-std=c++20", "-O3", "-DNDEBUG", "-march=x86-64-v3", "-ffp-contract=off"]  # CMake's Release, fixed set
CASES = ["nano", "sample", "decode", "prompt", "mcu", "context", "micro16"]  # the longest first: they run side by side


def run(command, **options):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if result.returncode != 0:
        sys.exit(f"check.py: {' '.join(map(str, command))} ended with status {result.returncode}:\n{result.stdout}")
    return result.stdout


def versions(compiler):
    """What counts belong to, as in "gcc 12.2.0, xsimd 8.1.0"; None where the compiler or xsimd is not there."""
    source = ("#include <xsimd/config/xsimd_config.hpp>\n"
              "here __clang_major__.__clang_minor__.__clang_patchlevel__ __GNUC__.__GNUC_MINOR__.__GNUC_PATCHLEVEL__ "
              "XSIMD_VERSION_MAJOR.XSIMD_VERSION_MINOR.XSIMD_VERSION_PATCH\n")
    result = subprocess.run([*compiler, "-E", "-P", "-x", "c++", "-"], input=source, capture_output=True, text=True)
    if result.returncode != 0:
        return None
    text = result.stdout.replace(" . ", ".").split("here ")[-1]
    clang, gcc, xsimd = re.sub(r"\s*\.\s*", ".", text).split()
    name = f"gcc {gcc}" if clang.startswith("__") else f"clang {clang}"
    return f"{name}, xsimd {xsimd}"


def skip_reason(compiler, updating):
    if platform.machine() not in ("x86_64", "AMD64"):
        return "counts are kept for x86-64"
    try:
        features = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return "needs Linux"
    if not {"avx2", "fma", "bmi2"} <= set(features.split()):
        return "this machine does not run x86-64-v3"
    if shutil.which("valgrind") is None:
        return "needs valgrind (toolchains/setup.sh --ci installs it)"
    if shutil.which(compiler[0]) is None:
        return f"there is no {compiler[0]}"
    found = versions(compiler)
    if found is None:
        return "needs the headers of xsimd"
    if found not in read_counts()["counts"] and not updating:
        return f"counts.json has no counts for {found}; bench/guard/check.py --update adds them"
    return ""


def read_counts():
    return json.loads(COUNTS.read_text())


def count(case):
    """The instructions inside measured()."""
    environment = {name: value for name, value in os.environ.items() if name != "INLAY_NAMES"}
    output = run(["valgrind", "--tool=callgrind", "--toggle-collect=*measured<*",
                  f"--callgrind-out-file={profile(case)}", BUILD / "work", case], env=environment)
    collected = re.search(r"Collected : (\d+)", output)
    if collected is None or int(collected[1]) == 0:
        sys.exit(f"check.py: callgrind counted nothing for {case}:\n{output}")
    return int(collected[1])


def profile(case):
    return BUILD / f"{case}.callgrind"


def grouped(number):
    return f"{number:,}".replace(",", " ")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write what was found into counts.json")
    parser.add_argument("--skip-reason", action="store_true", help="print why the check cannot be made here, or nothing")
    options = parser.parse_args()

    compiler = os.environ.get("CXX", "g++").split()
    reason = skip_reason(compiler, options.update)
    if options.skip_reason:
        if reason:
            print(reason)
        return 0
    if reason:
        print(f"check.py: skipped: {reason}")
        return 0

    BUILD.mkdir(parents=True, exist_ok=True)
    run([*compiler, *FLAGS, f"-I{ROOT / 'include'}", f"-I{ROOT / 'bench'}", ROOT / "bench/guard/work.cpp",
         "-o", BUILD / "work"])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(CASES, pool.map(count, CASES)))

    data = read_counts()
    key = versions(compiler)
    margin = data["margin_percent"]
    expected = data["counts"].get(key, {})
    slower, faster, missing = [], [], []
    print(f"Instructions, {key}, {' '.join(FLAGS)}; margin {margin} %")
    print(f"  {'case':8} {'expected':>14} {'found':>14}")
    for case in sorted(CASES):
        if case not in expected:
            missing.append(case)
            print(f"  {case:8} {'none':>14} {grouped(found[case]):>14}")
            continue
        change = 100 * (found[case] / expected[case] - 1)
        verdict = ""
        if change > margin:
            slower.append((case, change))
            verdict = "  MORE"
        elif change < -margin:
            faster.append((case, change))
            verdict = "  LESS"
        print(f"  {case:8} {grouped(expected[case]):>14} {grouped(found[case]):>14} {change:+8.2f} %{verdict}")

    if options.update:
        data["counts"][key] = {case: found[case] for case in sorted(CASES)}
        COUNTS.write_text(json.dumps(data, indent=2) + "\n")
        print(f"Written to {COUNTS.relative_to(ROOT)}; commit it with the change that explains it.")
        return 0
    for case, change in slower:
        print(f"\n{case}: {change:+.2f} % instructions, more than the margin of {margin} %: expected "
              f"{grouped(expected[case])}, found {grouped(found[case])}.\n"
              f"  Where they are:     callgrind_annotate {profile(case).relative_to(ROOT)}\n"
              f"  If it has to be so: bench/guard/check.py --update, and commit bench/guard/counts.json with the reason.")
    for case, change in faster:
        print(f"\n{case}: {change:+.2f} % instructions, less than the margin of {margin} % allows: expected "
              f"{grouped(expected[case])}, found {grouped(found[case])}.\n"
              f"  Keep what was gained, or it can be lost unseen: bench/guard/check.py --update, and commit the file.")
    for case in missing:
        print(f"\n{case}: counts.json has no count of it: bench/guard/check.py --update.")
    return 1 if slower or faster or missing else 0


if __name__ == "__main__":
    sys.exit(main())
