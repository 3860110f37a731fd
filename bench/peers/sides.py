"""Which programs a comparison of whole steps has, and how each is started."""
import glob
import os
import pathlib
import subprocess
import sys

# Debian keeps each BLAS in a folder of its own with the common name; the first pattern that is there is taken.
BLAS = {
    "OpenBLAS": ["openblas-pthread", "openblas-openmp", "openblas-serial"],
    "BLIS": ["blis-pthread", "blis-openmp", "blis-serial"],
}
# The threads of GNU's OpenMP wait busily for 13 ms before they sleep, by default and where a pause takes 140 cycles. On a
# machine where anything else runs, that made PyTorch's steps on two threads thirty times slower.
SPINNING = {"GOMP_SPINCOUNT": "1000"}


def python_with_torch():
    for python in (os.environ.get("INLAY_PEER_PYTHON"), sys.executable, "/usr/bin/python3"):
        if not python:
            continue
        try:
            done = subprocess.run([python, "-c", "import torch"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  timeout=120, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return python
    return None


def find_pytorch(missing, skip):
    """A list of (name, python, environment)."""
    python = python_with_torch()
    if python is None:
        skip(missing, "PyTorch", "no Python that imports torch")
        return []
    found = []
    for name, folders in BLAS.items():
        matches = [match for folder in folders for match in sorted(glob.glob(f"/usr/lib/*/{folder}/libblas.so.3"))]
        if matches:
            folder = str(pathlib.Path(matches[0]).parent)
            path = ":".join(filter(None, [folder, os.environ.get("LD_LIBRARY_PATH")]))
            found.append((f"PyTorch, {name}", python, dict(SPINNING, LD_LIBRARY_PATH=path)))
        else:
            skip(missing, f"PyTorch, {name}", "no libblas.so.3 of it in /usr/lib")
    return found


def peers(programs, shape, pytorch, missing, skip):
    """Pairs of a name and a command for the preset that inlay described."""
    preset = shape["preset"]
    numbers = {key: str(shape[key]) for key in ("layers", "heads", "width", "context", "batch", "vocabulary")}
    if preset == "decode":
        # three matrices of this hidden width weigh as much as GPT's two of four times the width
        hidden = round(8 * shape["width"] / 3)
        program, name = "peers_llama2_c", "llama2.c"
        values = [numbers[key] for key in ("layers", "heads", "width", "context", "vocabulary")] + [str(hidden)]
        variable = "INLAY_PEER_LLAMA2_C"
        started = []
    else:
        program, name, variable = "peers_llm_c", "llm.c", "INLAY_PEER_LLM_C"
        values = list(numbers.values())
        script = str(pathlib.Path(__file__).parent / "pytorch_train.py")
        started = [(side, [python, script, preset, "--turns"], environment) for side, python, environment in pytorch]
    if (programs / program).is_file():
        started.append((name, [str(programs / program), *values], SPINNING))
    elif not any(entry["name"] == name for entry in missing):
        skip(missing, name, f"{variable} named no checkout when the build was configured")
    return started
