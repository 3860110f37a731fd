#!/usr/bin/env python3
"""Writes the seeds of fuzz_safetensors.cpp into corpus/: a few files that are right and a few that are nearly so.

    python3 tests/io/make_corpus.py
"""
import json
import pathlib
import struct

folder = pathlib.Path(__file__).with_name("corpus")
folder.mkdir(exist_ok=True)


def write(name, header, data=b""):
    text = header if isinstance(header, str) else json.dumps(header, separators=(",", ":"))
    text = text.encode()
    (folder / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


write("empty", "{}")
write("padded", "{}      ")
write("one", {"a": tensor("F32", [2], 0, 8)}, bytes(8))
write("scalar", {"a": tensor("F64", [], 0, 8)}, struct.pack("<d", 0.1))
write("several", {"__metadata__": {"format": "pt"}, "b": tensor("F16", [2, 1], 4, 8), "a": tensor("BF16", [1, 2], 0, 4),
                  "none": tensor("U8", [0, 3], 8, 8)}, bytes(range(8)))
write("checksum", {"__metadata__": {"inlay.checksum": "xxh64:0000000000000000"}, "a": tensor("U8", [1], 0, 1)}, b"x")
write("rank_8", {"a": tensor("I64", [1] * 8, 0, 8)}, bytes(8))
write("unicode", {"\u00e9\U0001f600\"\\": tensor("BOOL", [1], 0, 1)}, b"\1")
write("escapes", '{"\\u0061\\ud83d\\ude00":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}', b"\1")
write("overlap", {"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 2, 6)}, bytes(6))
write("gap", {"a": tensor("U8", [1], 0, 1), "b": tensor("U8", [1], 2, 3)}, bytes(3))
write("overflow", {"a": tensor("C64", [2**32, 2**32], 0, 8)}, bytes(8))
write("duplicate", '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}')
write("deep", '{"a":' + "[" * 40)
write("empty_tensors", {"f": tensor("C64", [0], 0, 0), "a": tensor("U8", [0], 0, 0)})
write("foreign", '[1.5e3,null,true,"\\n"]')
(folder / "short").write_bytes(b"\2\0\0")
