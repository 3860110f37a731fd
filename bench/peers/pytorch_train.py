#!/usr/bin/env python3
"""Whole training steps in PyTorch: forward, backward, clipping, AdamW, the loss read. The presets are those of
bench/models/presets.hpp.

    python3 bench/peers/pytorch_train.py nano [--threads 2]     the best of five seconds, in tokens a second
    python3 bench/peers/pytorch_train.py nano --turns           as a part of compare.py (turns.h says how)

Debian: python3-torch, and libopenblas0-pthread or libblis4-pthread. LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/blis-pthread
chooses BLIS, openblas-pthread OpenBLAS.
"""
import argparse
import collections
import ctypes
import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional

Preset = collections.namedtuple("Preset", "layers heads width context batch vocabulary biases gelu")
PRESETS = {
    "mcu": Preset(2, 4, 32, 32, 8, 32, True, "tanh"),
    "nano": Preset(4, 4, 128, 64, 12, 256, False, "none"),
    "gpt2": Preset(12, 12, 768, 64, 4, 50257, True, "tanh"),
}


class Block(nn.Module):
    def __init__(self, preset):
        super().__init__()
        self.preset, width = preset, preset.width
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width, bias=preset.biases)
        self.output = nn.Linear(width, width, bias=preset.biases)
        self.up = nn.Linear(width, 4 * width, bias=preset.biases)
        self.down = nn.Linear(4 * width, width, bias=preset.biases)
        hidden = torch.ones(preset.context, preset.context).triu(1) == 1
        self.register_buffer("hidden", hidden)

    def attend(self, query, key, value):
        if hasattr(functional, "scaled_dot_product_attention"):  # since PyTorch 2.0
            return functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]))
        return functional.softmax(scores.masked_fill(self.hidden, float("-inf")), -1) @ value

    def forward(self, x):
        batch, context, width = x.shape
        heads = [part.view(batch, context, self.preset.heads, width // self.preset.heads).transpose(1, 2)
                 for part in self.query_key_value(self.attention_norm(x)).split(width, 2)]
        x = x + self.output(self.attend(*heads).transpose(1, 2).reshape(batch, context, width))
        return x + self.down(functional.gelu(self.up(self.feed_forward_norm(x)), approximate=self.preset.gelu))


class Gpt(nn.Module):
    def __init__(self, preset):
        super().__init__()
        self.tokens = nn.Embedding(preset.vocabulary, preset.width)
        self.positions = nn.Embedding(preset.context, preset.width)
        self.blocks = nn.Sequential(*[Block(preset) for _ in range(preset.layers)])
        self.norm = nn.LayerNorm(preset.width)
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, x):
        return self.norm(self.blocks(self.tokens(x) + self.positions.weight)) @ self.tokens.weight.t()


def make_step(preset):
    model = Gpt(preset)
    matrices = [p for p in model.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if p.dim() != 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    settings = {"lr": 1e-3, "betas": (0.9, 0.99)}
    try:
        optimizer = torch.optim.AdamW(groups, fused=True, **settings)  # on processors since PyTorch 2.4
    except (RuntimeError, TypeError):
        optimizer = torch.optim.AdamW(groups, **settings)
    x = torch.randint(0, preset.vocabulary, (preset.batch, preset.context))
    y = torch.randint(0, preset.vocabulary, (preset.batch * preset.context,))

    def step():
        loss = functional.cross_entropy(model(x).view(-1, preset.vocabulary), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step


def step_seconds(step, threads, seconds):
    """As turns_step_seconds of turns.h."""
    clock = time.process_time if threads == 1 else time.perf_counter
    begin, warm_up = time.perf_counter(), clock()
    step()
    first = clock() - warm_up
    calls = int(0.02 / first) + 1 if first < 0.02 else 1
    fastest = math.inf if first < 0.5 else first
    while fastest == math.inf or time.perf_counter() - begin < seconds:
        start = clock()
        for _ in range(calls):
            step()
        fastest = min(fastest, (clock() - start) / calls)
    return fastest


def mapped_libraries():
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            return sorted({line.split()[-1] for line in maps if ".so" in line})
    except OSError:
        return []


def blas():
    """The library that this process multiplies with: Debian's PyTorch calls libblas.so.3, which several provide."""
    files = mapped_libraries()
    chosen = [file for file in files if "/libblas.so" in file]
    for part, name in (("blis", "BLIS"), ("openblas", "OpenBLAS"), ("libblas", "reference BLAS")):
        if any(part in file for file in chosen):
            return name
    return "its own BLAS"


def set_threads(threads):
    """Of PyTorch, and of the BLAS, which PyTorch leaves as it is: OpenBLAS would take all cores, BLIS one."""
    torch.set_num_threads(threads)
    for file in mapped_libraries():
        if "blas" in file or "blis" in file:
            library = ctypes.CDLL(file)
            for function in ("openblas_set_num_threads", "bli_thread_set_num_threads"):
                if hasattr(library, function):
                    getattr(library, function)(ctypes.c_long(threads))


def main():
    parser = argparse.ArgumentParser(description="Whole training steps in PyTorch.")
    parser.add_argument("preset", choices=PRESETS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", action="store_true", help="take turns with other programs, see turns.h")
    arguments = parser.parse_args()
    preset = PRESETS[arguments.preset]
    step = make_step(preset)
    if not arguments.turns:
        set_threads(arguments.threads)
        rate = preset.batch * preset.context / step_seconds(step, arguments.threads, 5)
        print(f"PyTorch {torch.__version__} with {blas()}, {arguments.preset}, threads {arguments.threads}: "
              f"{rate:.0f} tokens/s")
        return
    hello = preset._asdict()
    hello.update(name="PyTorch, " + blas(), version=torch.__version__, threads=[1, 2])
    print(json.dumps(hello), flush=True)
    for line in sys.stdin:
        threads, seconds = line.split()
        set_threads(int(threads))
        print(json.dumps({"step_seconds": step_seconds(step, int(threads), float(seconds))}), flush=True)


main()
