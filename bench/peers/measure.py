"""Runs the programs of a comparison. Everything that is missing goes to a list of (name, reason)."""
import json
import os
import select
import subprocess
import tempfile

import sides

LIBRARIES = ["OpenBLAS", "BLIS", "libxsmm", "oneDNN", "Eigen"]
# Share of the time, laps. A lap is one turn of each side at each number of threads.
GPT2_MEMORY = 12  # gigabytes: parameters, gradients and two moments are two, for each of up to four sides
PRESETS = {"mcu": (0.2, 3), "nano": (0.35, 3), "gpt2": (0.35, 2), "decode": (0.1, 3)}


class Failure(Exception):
    """A sentence for the user."""


def say(text):
    print(text, flush=True)


def skip(missing, name, reason):
    missing.append({"name": name, "reason": reason})
    say(f"  {name}: skipped, {reason}")


def products(programs, seconds, missing):
    program = programs / "peers_matmul"
    if not program.is_file():
        raise Failure(f"no program {program}; build the target peers_matmul, or name the folder with --programs")
    say(f"Matrix products, about {seconds:.0f} s:")
    modules = []
    for name in LIBRARIES:
        module = programs / "peers" / f"{name}.so"
        if module.is_file():
            modules.append(str(module))
        else:
            skip(missing, name, "it was not found when the build was configured")
    command = [str(program), "--seconds", str(seconds), *modules]
    records, shape = [], None
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", BLIS_NUM_THREADS="1")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        for line in process.stdout:
            record = json.loads(line)
            records.append(record)
            if shape not in (None, record["shape"]):
                say(f"  {shape}")
            shape = record["shape"]
    if process.returncode != 0 or not records:
        raise Failure(f"{program} ended with status {process.returncode}")
    say(f"  {shape}")
    for name in LIBRARIES:
        if str(programs / "peers" / f"{name}.so") in modules and not any(record["peer"] == name for record in records):
            skip(missing, name, "it could not be opened or computed nothing right")
    return records


class Side:
    """A program that takes turns (turns.h)."""

    def __init__(self, name, command, environment=None):
        self.name = name
        self.errors = tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace")
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                            text=True, bufsize=1, env=dict(os.environ, **(environment or {})))
        except OSError as error:
            raise Failure(str(error)) from error
        self.hello = self.answer(120)

    def answer(self, seconds):
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline() if ready else None
        if line:
            return json.loads(line)
        reason = self.end() or "it ended without a word"
        raise Failure(reason if line == "" else f"no answer within {seconds} s")

    def turn(self, threads, seconds):
        try:
            self.process.stdin.write(f"{threads} {seconds}\n")
            self.process.stdin.flush()
        except OSError:
            pass  # answer() says what happened
        return self.answer(300)

    def end(self):
        """Returns the last thing that the program complained about."""
        if self.errors.closed:
            return ""
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()
            except OSError:
                pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with self.errors:
            self.errors.seek(0)
            lines = self.errors.read().strip().splitlines()
        return lines[-1] if lines else ""


def free_gigabytes():
    try:
        with open("/proc/meminfo", encoding="utf-8") as lines:
            return next(int(line.split()[1]) / 1e6 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return 1e9  # unknown: it is tried


def steps(programs, seconds, quick, missing):
    if not (programs / "peers_inlay").is_file():
        raise Failure(f"no program {programs / 'peers_inlay'}; build it, or name the folder with --programs")
    say(f"Whole steps, about {seconds:.0f} s:")
    pytorch = sides.find_pytorch(missing, skip)
    records = []
    for preset, (share, laps) in PRESETS.items():
        if preset == "gpt2" and quick:
            skip(missing, "gpt2", "this is a quick run")
            continue
        if preset == "gpt2" and free_gigabytes() < GPT2_MEMORY:
            skip(missing, "gpt2", f"it wants {GPT2_MEMORY} GB of free memory")
            continue
        records += one_preset(programs, preset, seconds * share, 1 if quick else laps, pytorch, missing)
    return records


def one_preset(programs, preset, seconds, laps, pytorch, missing):
    def start(name, command, environment=None):
        try:
            return Side(name, command, environment)
        except (Failure, json.JSONDecodeError) as error:
            skip(missing, f"{name}, {preset}", str(error))
            return None

    own = start("inlay", [str(programs / "peers_inlay"), preset])
    if own is None:
        return []
    running = [own]
    try:
        for name, command, environment in sides.peers(programs, own.hello, pytorch, missing, skip):
            side = start(name, command, environment)
            if side is None:
                continue
            if side.hello["name"] != name:
                side.end()
                skip(missing, f"{name}, {preset}", f"it came up as {side.hello['name']}")
                continue
            running.append(side)
            different = [key for key in ("layers", "heads", "width", "context", "batch", "vocabulary")
                         if side.hello.get(key, own.hello[key]) != own.hello[key]]
            if different:
                running.remove(side)
                side.end()
                skip(missing, f"{name}, {preset}", f"it has another {' and '.join(different)} than inlay's preset")
        return take_turns(running, preset, seconds, laps, missing)
    finally:
        for side in running:
            side.end()


def take_turns(running, preset, seconds, laps, missing):
    own = running[0].hello
    counts = [threads for threads in own["threads"] if threads <= (os.cpu_count() or 1)]
    pairs = [(side, threads) for threads in counts for side in running if threads in side.hello["threads"]]
    fastest, peak = {}, {}
    for lap in range(laps):
        say(f"  {preset}: lap {lap + 1} of {laps}, {'; '.join(side.name for side in running)}")
        for side, threads in pairs:
            if side not in running:
                continue
            try:
                answer = side.turn(threads, seconds / laps / len(pairs))
            except (Failure, json.JSONDecodeError) as error:
                if side is running[0]:
                    raise
                skip(missing, f"{side.name}, {preset}", str(error))
                running.remove(side)
                continue
            key = (side.name, threads)
            fastest[key] = min(fastest.get(key, 1e9), answer["step_seconds"])
            peak[threads] = max(peak.get(threads, 0), answer.get("peak_gflops", 0))
    versions = {side.name: side.hello.get("version", "") for side in running}
    return [{"preset": preset, "threads": threads, "peer": name, "version": versions.get(name, ""), "step_seconds": time,
             "tokens_per_second": own["tokens"] / time, "gflops": own["operations"] / time * 1e-9,
             "peak_gflops": peak[threads]} for (name, threads), time in fastest.items()]
