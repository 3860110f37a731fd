#!/usr/bin/env python3
"""What the README's first program costs to compile: seconds, memory and the size of the stripped binary, with 2 and with
12 layers, and where the time goes.

  bench/compile/measure.py [--march x86-64-v3] [--compiler g++] [--runs 3]

The flags are those of a Release build with CMake. Each figure is the least of the runs, which take turns. "CPU" is
processor time: on an idle machine it is the time that passes, and limits are for it. Exits with 1 where one is missed.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMITS = {"cpu": 10.0, "memory": 1e9, "size": 300e3}  # seconds, bytes, bytes
os.environ["CCACHE_DISABLE"] = "1"  # where the compiler is one that remembers


def program():
    """The first block of the README that is a whole program."""
    for block in re.findall(r"^```cpp\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE):
        if block.startswith("#include <inlay/"):
            return block
    sys.exit("measure.py: README.md has no block of C++ that begins with #include <inlay/")


def with_layers(text, layers):
    """The program with that many layers, and without its limit on the bytes, which was for the layers it has."""
    text, layers_found = re.subn(r"\.layers = \d+", f".layers = {layers}", text)
    text, limits_found = re.subn(r"static_assert\(inlay::footprint.*\n", "", text)
    if layers_found != 1 or limits_found != 1:
        sys.exit("measure.py: the README's program has changed: where are its layers and its limit on the bytes?")
    return text


def with_serial(text):
    """The program without oneTBB, as tests/readme builds it."""
    return text.replace("#include <inlay/tbb.hpp>", "").replace("inlay::Tbb executor", "inlay::Serial executor")


def standard_headers():
    """What the headers of the core include of the standard library."""
    found = set()
    for header in (ROOT / "include/inlay").rglob("*.hpp"):
        if header.relative_to(ROOT / "include/inlay").parts[0] not in ("io", "text"):
            found.update(re.findall(r"^#include (<[a-z_]+>)", header.read_text(), re.MULTILINE))
    return "".join(f"#include {name}\n" for name in sorted(found))


class Step:
    """A command that is run several times; the least of what it took."""

    def __init__(self, command):
        self.command = [str(part) for part in command]
        self.wall = self.cpu = self.memory = float("inf")

    def run(self):
        begin = time.monotonic()
        process = subprocess.Popen(self.command)
        _, status, usage = os.wait4(process.pid, 0)  # of the compiler's driver and of all that it started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"measure.py: {' '.join(self.command)} ended with status {process.returncode}")
        self.wall = min(self.wall, time.monotonic() - begin)
        self.cpu = min(self.cpu, usage.ru_utime + usage.ru_stime)
        self.memory = min(self.memory, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--march", default="native")
    parser.add_argument("--compiler", default=os.environ.get("CXX", "c++"))
    parser.add_argument("--xsimd", help="the folder of its headers, where the compiler does not know it")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()

    compiler = options.compiler.split()
    flags = ["-std=c++20", "-O3", "-DNDEBUG", "-ffp-contract=off", f"-I{ROOT / 'include'}"]
    if options.march:
        flags.append(f"-march={options.march}")
    if options.xsimd:
        flags += ["-isystem", options.xsimd]

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def source(file, text):
            (folder / file).write_text(text)
            return folder / file

        # The executor is compiled once, with the library; the program links it.
        text, libraries = program(), [folder / "tbb.o", "-ltbb"]
        tbb = subprocess.run([*compiler, *flags, "-c", ROOT / "lib/tbb.cpp", "-o", folder / "tbb.o"],
                             capture_output=True)
        if tbb.returncode != 0:
            print("measure.py: without oneTBB, with Serial")
            text, libraries = with_serial(text), []

        programs = {}
        for layers in (2, 12):
            file = source(f"layers_{layers}.cpp", with_layers(text, layers))
            binary = folder / f"layers_{layers}"
            programs[layers] = (Step([*compiler, *flags, file, *libraries, "-o", binary]), binary)

        inlay_header = source("inlay.cpp", "#include <inlay/inlay.hpp>\n#include <inlay/tbb.hpp>\n")
        seen = subprocess.run([*compiler, *flags, "-M", inlay_header], capture_output=True, text=True).stdout
        if "xsimd/xsimd.hpp" in seen:
            vectors, vector_header = "xsimd", "#include <xsimd/xsimd.hpp>\n"
        elif "immintrin.h" in seen:
            vectors, vector_header = "the intrinsics (xsimd is not included)", "#include <immintrin.h>\n"
        else:
            vectors, vector_header = "no vectors", ""

        def parse(file, content):
            return Step([*compiler, *flags, "-fsyntax-only", source(file, content)])

        nothing = parse("nothing.cpp", "\n")
        standard = parse("standard.cpp", standard_headers())
        with_vectors = parse("vectors.cpp", standard_headers() + vector_header)
        headers = Step([*compiler, *flags, "-fsyntax-only", inlay_header])
        front = Step([*compiler, *flags, "-fsyntax-only", folder / "layers_2.cpp"])
        for _ in range(options.runs):
            for step in (nothing, standard, with_vectors, headers, front, *(step for step, _ in programs.values())):
                step.run()

        version = subprocess.run([*compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
        print(f"{version}\n{' '.join(flags[:4])} -march={options.march}\n")
        print("| README's program  | CPU, s | wall, s | memory, MB | stripped, KB |")
        print("|---|---|---|---|---|")
        missed = []
        for layers, (step, binary) in programs.items():
            subprocess.run(["strip", binary], check=True)
            size = binary.stat().st_size
            print(f"| {layers:2} layers         | {step.cpu:6.1f} | {step.wall:7.1f} | {step.memory / 1e6:10.0f} "
                  f"| {size / 1e3:12.0f} |")
            for what, value in (("cpu", step.cpu), ("memory", step.memory), ("size", size)):
                if value > LIMITS[what]:
                    missed.append(f"{layers} layers: {what} {value:g}, the limit is {LIMITS[what]:g}")
        total = programs[2][0]
        print(f"\nOf the {total.cpu:.1f} s with 2 layers:")
        for what, seconds in (("starting the compiler", nothing.cpu),
                              ("standard headers", standard.cpu - nothing.cpu),
                              (vectors, with_vectors.cpu - standard.cpu),
                              ("inlay's headers", headers.cpu - with_vectors.cpu),
                              ("the program: instantiation", front.cpu - headers.cpu),
                              ("optimisation, code, linking", total.cpu - front.cpu)):
            print(f"  {max(seconds, 0):5.2f} s  {what}")
        for line in missed:
            print(f"measure.py: missed: {line}", file=sys.stderr)
        return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
