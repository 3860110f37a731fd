#!/usr/bin/env python3
"""Times whole training steps of the preset `nano` in PyTorch: forward, backward, clipping, AdamW, the loss read.

    python3 bench/peers/pytorch_nano.py [THREADS]     (Debian: python3-torch, and libopenblas0-pthread or libblis4-pthread)

The model is the one of bench/models/presets.hpp; the best of five runs of ten steps is printed.
"""
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional

LAYERS, HEADS, WIDTH, CONTEXT, BATCH, VOCABULARY = 4, 4, 128, 64, 12, 256


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.output = nn.Linear(WIDTH, WIDTH, bias=False)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH, bias=False), nn.Linear(4 * WIDTH, WIDTH, bias=False)
        self.register_buffer("visible", torch.tril(torch.ones(CONTEXT, CONTEXT)))

    def forward(self, x):
        heads = [part.view(BATCH, CONTEXT, HEADS, WIDTH // HEADS).transpose(1, 2)
                 for part in self.query_key_value(self.attention_norm(x)).split(WIDTH, 2)]
        scores = heads[0] @ heads[1].transpose(-2, -1) / math.sqrt(WIDTH // HEADS)
        weights = functional.softmax(scores.masked_fill(self.visible == 0, float("-inf")), -1)
        x = x + self.output((weights @ heads[2]).transpose(1, 2).reshape(BATCH, CONTEXT, WIDTH))
        return x + self.down(functional.gelu(self.up(self.feed_forward_norm(x))))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks, self.norm = nn.Sequential(*[Block() for _ in range(LAYERS)]), nn.LayerNorm(WIDTH)

    def forward(self, x):
        return self.norm(self.blocks(self.tokens(x) + self.positions.weight)) @ self.tokens.weight.t()


def main():
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    torch.set_num_threads(threads)
    model = Gpt()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1)
    x = torch.randint(0, VOCABULARY, (BATCH, CONTEXT))

    def step():
        loss = functional.cross_entropy(model(x).view(-1, VOCABULARY), x.view(-1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    for _ in range(5):
        step()
    best = math.inf
    for _ in range(5):
        begin = time.perf_counter()
        for _ in range(10):
            step()
        best = min(best, (time.perf_counter() - begin) / 10)
    print(f"PyTorch {torch.__version__}, nano, {threads} threads: {BATCH * CONTEXT / best:.0f} tokens/s")


main()
