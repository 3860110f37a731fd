#!/usr/bin/env python3
"""Runs inlay and the libraries and programs that do the same work, in turns, and writes one table and one picture.

    cmake --workflow --preset bench                             builds everything, ends with this script
    python3 bench/peers/compare.py --programs build/bench/bin   the comparison alone
    python3 bench/peers/compare.py --from peers.json            only the table and the picture, from earlier figures

Writes peers.md, peers.json and peers.svg into the folder that --out names. Needs the standard library only. What is missing is
named and skipped; toolchains/setup.sh --peers installs what Debian has, INLAY_PEER_LLM_C and INLAY_PEER_LLAMA2_C name
checkouts when the build is configured, INLAY_PEER_PYTHON a Python that has PyTorch.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import sys

sys.dont_write_bytecode = True  # the source folder stays as it is
import measure  # noqa: E402
import picture  # noqa: E402
import table  # noqa: E402

DEFAULT_SECONDS, QUICK_SECONDS = 240, 20


def quick_by_environment():
    """The benchmarks of Google's library listen to this variable; a short run of them wants a short comparison."""
    try:
        return float(os.environ.get("BENCHMARK_MIN_TIME", "1").rstrip("sx")) < 0.1
    except ValueError:
        return False


def first_line_with(path, key):
    try:
        for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
            if line.startswith(key):
                return line[len(key):].strip(' \t:="')
    except OSError:
        pass
    return ""


def machine():
    return {
        "processor": first_line_with("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "system": first_line_with("/etc/os-release", "PRETTY_NAME") or platform.system(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def parse():
    parser = argparse.ArgumentParser(description="Compares inlay with its peers.")
    parser.add_argument("--programs", type=pathlib.Path, default=pathlib.Path("build/bench/bin"),
                        help="where peers_matmul and peers_inlay are (default: build/bench/bin)")
    parser.add_argument("--out", type=pathlib.Path, help="folder of the results (default: peers beside --programs)")
    parser.add_argument("--seconds", type=float, help=f"about how long to measure (default: {DEFAULT_SECONDS})")
    parser.add_argument("--quick", action="store_true",
                        help=f"{QUICK_SECONDS} seconds and without gpt2; also when BENCHMARK_MIN_TIME is below 0.1")
    parser.add_argument("--only", choices=["matmul", "steps"], help="one half of the comparison")
    parser.add_argument("--from", dest="source", type=pathlib.Path, help="a peers.json to write out again")
    return parser.parse_args()


def compare(arguments):
    quick = arguments.quick or (arguments.seconds is None and quick_by_environment())
    seconds = arguments.seconds or (QUICK_SECONDS if quick else DEFAULT_SECONDS)
    missing = []
    results = {"date": datetime.date.today().isoformat(), "seconds": seconds, "machine": machine(),
               "matmul": [], "steps": [], "missing": missing}
    if arguments.only != "steps":
        share = seconds if arguments.only else seconds * 0.45
        results["matmul"] = measure.products(arguments.programs, share, missing)
    if arguments.only != "matmul":
        share = seconds if arguments.only else seconds * 0.55
        results["steps"] = measure.steps(arguments.programs, share, quick, missing)
    results["machine"]["load_after"] = round(os.getloadavg()[0], 2)
    return results


def main():
    arguments = parse()
    try:
        if arguments.source:
            results = json.loads(arguments.source.read_text(encoding="utf-8"))
        else:
            results = compare(arguments)
        beside = arguments.source.parent if arguments.source else arguments.programs / ".." / "peers"
        out = arguments.out or pathlib.Path(os.path.normpath(beside))
        out.mkdir(parents=True, exist_ok=True)
        text = table.markdown(results)
        (out / "peers.md").write_text(text, encoding="utf-8")
        (out / "peers.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        (out / "peers.svg").write_text(picture.svg(results), encoding="utf-8")
    except (measure.Failure, OSError, json.JSONDecodeError) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("compare.py: stopped, nothing is written", file=sys.stderr)
        return 130
    except (KeyError, TypeError) as error:
        print(f"compare.py: {arguments.source or 'the results'}: not what this script writes ({error!r})", file=sys.stderr)
        return 2
    print()
    print(text)
    print(f"Written: {out}/peers.md, peers.json, peers.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
