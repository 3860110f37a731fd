#!/usr/bin/env python3
"""Writes reference.safetensors beside this script with the format's own Python package, for test_safetensors.cpp.

Written once and committed, so that the tests need no Python:

    python3 tests/io/make_reference.py        # made with safetensors 0.8.0 and numpy 2.4.6
"""
import pathlib

import numpy
from safetensors.numpy import save_file

tensors = {
    "weight": numpy.arange(6, dtype=numpy.float32).reshape(2, 3) / 4 - 1,
    "half": numpy.array([1.5, -2.0, 65504.0, 6e-8], dtype=numpy.float16),
    "double": numpy.array([[0.1], [1e300]], dtype=numpy.float64),
    "count": numpy.array(7, dtype=numpy.int64),
    "nothing": numpy.zeros((0, 5), dtype=numpy.float32),
    "mask": numpy.array([True, False, True]),
    "\u00e9t\u00e9 \"quoted\" \\ \U0001f600": numpy.array([250, 251], dtype=numpy.uint8),
}
save_file(tensors, pathlib.Path(__file__).with_name("reference.safetensors"), {"format": "np", "motto": "\u00e4 \"b\"\n"})
