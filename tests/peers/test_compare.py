#!/usr/bin/env python3
"""What bench/peers/compare.py writes from figures, how it takes turns with programs, and how it fails."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

PEERS = pathlib.Path(__file__).resolve().parents[2] / "bench" / "peers"
sys.path.insert(0, str(PEERS))
import measure  # noqa: E402
import table  # noqa: E402


def product(shape, form, peer, gflops):
    return {"shape": shape, "form": form, "m": 64, "k": 32, "n": 16, "peer": peer, "version": "1.2" if peer != "inlay" else "",
            "seconds": 1e-6, "gflops": gflops, "peak_gflops": 100}


def step(preset, threads, peer, rate):
    return {"preset": preset, "threads": threads, "peer": peer, "version": "", "step_seconds": 1, "tokens_per_second": rate,
            "gflops": rate / 1000, "peak_gflops": 100.0 * threads}


RESULTS = {
    "date": "2000-01-01", "seconds": 1,
    "machine": {"processor": "A <fast> one & more", "cores": 2, "system": "Some system", "load_before": 0.5, "load_after": 0.6},
    "matmul": [product("small", form, peer, gflops) for form in ("A B", "A B^T", "A^T B")
               for peer, gflops in (("inlay", 90), ("First", 60), ("Second", 45))]
    + [product("large", "A B", "inlay", 70), product("large", "A B", "Second", 80)],
    "steps": [step("mcu", 1, "inlay", 20000), step("mcu", 1, "PyTorch", 5000), step("mcu", 2, "inlay", 30000),
              step("mcu", 2, "PyTorch", 12345), step("decode", 1, "inlay", 7)],
    "missing": [{"name": "Third", "reason": "it is not here"}],
}

SIDE = r"""
import sys
print('{"name": "side", "threads": [1, 2]}', flush=True)
for line in sys.stdin:
    threads, seconds = line.split()
    if threads == "2":
        sys.exit("side: no second thread")
    print('{"step_seconds": 0.25}', flush=True)
"""


def compare(*arguments):
    return subprocess.run([sys.executable, "-B", str(PEERS / "compare.py"), *map(str, arguments)], capture_output=True, text=True,
                          check=False)


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, results):
        source = self.folder / "in.json"
        source.write_text(results if isinstance(results, str) else json.dumps(results), encoding="utf-8")
        return compare("--from", source, "--out", self.folder / "out")

    def test_table(self):
        done = self.write(RESULTS)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = (self.folder / "out" / "peers.md").read_text(encoding="utf-8").splitlines()
        self.assertIn("| A B (forward) | M | K | N | inlay | First | Second | inlay / best peer |", lines)
        self.assertIn("| small | 64 | 32 | 16 | **90** | 60 | 45 | 1.50 |", lines)
        self.assertIn("| large | 64 | 32 | 16 | 70 |  | **80** | 0.88 |", lines)
        self.assertIn("| train mcu | 2 | **30 000 (15.0)** | 12 300 (6.2) | 2.43 |", lines)
        self.assertIn("| decode | 1 | **7.00 (0.0)** |  |  |", lines)
        self.assertIn("Each at its best number of threads, inlay over the best peer: mcu 2.43.", lines)
        self.assertIn("Left out: Third (it is not here).", lines)
        self.assertEqual(json.loads((self.folder / "out" / "peers.json").read_text(encoding="utf-8")), RESULTS)

    def test_picture(self):
        self.assertEqual(self.write(RESULTS).returncode, 0)
        root = xml.etree.ElementTree.parse(self.folder / "out" / "peers.svg").getroot()
        tag = "{http://www.w3.org/2000/svg}"
        words = ["".join(text.itertext()) for text in root.iter(tag + "text")]
        self.assertIn("mcu, 2 threads", words)
        self.assertIn("1.50", words)
        self.assertTrue(any(word.startswith("A <fast> one & more") for word in words))
        width, height = map(float, root.get("viewBox").split()[2:])
        dots = list(root.iter(tag + "circle"))
        self.assertEqual(len(dots), 11 + 4 + 3 + 2)  # products, training, and one for each name in the legends
        for dot in dots:
            self.assertTrue(0 < float(dot.get("cx")) < width and 0 < float(dot.get("cy")) < height)

    def test_errors(self):
        for wrong in ("{", "{}", '{"machine": {}, "matmul": 3}'):
            done = self.write(wrong)
            self.assertEqual(done.returncode, 2, wrong)
            self.assertRegex(done.stderr, r"\Acompare.py: [^\n]+\n\Z")
        done = compare("--programs", self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("peers_matmul", done.stderr)

    def test_turns(self):
        side = measure.Side("side", [sys.executable, "-c", SIDE])
        self.assertEqual(side.hello["threads"], [1, 2])
        self.assertEqual(side.turn(1, 0.1), {"step_seconds": 0.25})
        with self.assertRaisesRegex(measure.Failure, "no second thread"):
            side.turn(2, 0.1)

    def test_digits(self):
        self.assertEqual([table.tokens(value) for value in (0.5, 9.876, 98.76, 987.6, 12345)],
                         ["0.50", "9.88", "98.8", "988", "12 300"])


if __name__ == "__main__":
    unittest.main()
