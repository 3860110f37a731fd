#!/usr/bin/env python3
"""Writes the golden files of the transformers that are not GPT-2, with PyTorch, in double precision.

    python3 tests/golden/make_transformer_goldens.py        # made with PyTorch 1.13 (Debian 12: python3-torch)

The files are laid out as make_goldens.py says. Where PyTorch has the layer it is PyTorch's own that computes, so that
nothing of the formulas is repeated here: torch.nn.TransformerEncoderLayer for BERT, TransformerEncoderLayer and
TransformerDecoderLayer for the encoder-decoder of 2017. The Llama block is written out, since PyTorch 1.13 has none.

    gpt_llama.safetensors         rotary positions, RMSNorm, SwiGLU, grouped queries (4 heads, 2 of keys and values)
    bert.safetensors              two segments, a normalised embedding, the masked-language-model head; 0xffffffff: no label
    encoder_decoder.safetensors   sources: [rows], source_offsets: [sequences + 1]; inputs, targets, offsets: the target side
"""
import math
import pathlib

import torch
import torch.nn.functional as F

from make_goldens import LENGTHS, NORM_EPSILON, packed, record

IGNORED = -1  # 0xffffffff


class Parameters(dict):
    """Named tensors of inlay, moderately large, each a float exactly."""

    def __init__(self, seed):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, name, *shape, mean=0.0):
        values = mean + 0.3 * torch.randn(*shape, generator=self.generator, dtype=torch.float64)
        self[name] = values.float().double().requires_grad_()

    def linear(self, name, inputs, outputs, bias=True):
        self.normal(name + ".weight", inputs, outputs)
        if bias:
            self.normal(name + ".bias", outputs)

    def norm(self, name, width, bias=True):
        self.normal(name + ".gain", width, mean=1.0)
        if bias:
            self.normal(name + ".bias", width)

    def attention(self, name, width):
        for part in ("query", "key", "value", "output"):
            self.linear(f"{name}.{part}", width, width)

    def feed_forward(self, name, width, hidden):
        self.linear(name + ".up", width, hidden)
        self.linear(name + ".down", hidden, width)


def tokens(generator, vocabulary, rows):
    return torch.randint(vocabulary, (rows,), generator=generator)


def make_llama(path, seed=4):
    vocabulary, context, width, heads, shared, hidden, layers = 13, 7, 16, 4, 2, 24, 2
    head = width // heads
    p = Parameters(seed)
    p.normal("token_embedding.weight", vocabulary, width)
    for layer in range(layers):
        block = f"blocks.{layer}."
        p.norm(block + "attention_norm", width, bias=False)
        p.linear(block + "attention.query", width, width, bias=False)
        p.linear(block + "attention.key", width, shared * head, bias=False)
        p.linear(block + "attention.value", width, shared * head, bias=False)
        p.linear(block + "attention.output", width, width, bias=False)
        p.norm(block + "feed_forward_norm", width, bias=False)
        for part, inputs, outputs in (("gate", width, hidden), ("up", width, hidden), ("down", hidden, width)):
            p.linear(block + "feed_forward." + part, inputs, outputs, bias=False)
    p.norm("norm", width, bias=False)
    p.normal("logits.weight", width, vocabulary)

    def norm(name, x):
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + NORM_EPSILON) * p[name + ".gain"]

    def turned(x):  # [length][heads][head]: pairs of neighbours as complex numbers, as the paper has it
        angles = torch.arange(x.shape[0]).double()[:, None] * 10000.0 ** (-torch.arange(0, head, 2).double() / head)
        pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], head // 2, 2))
        return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)[:, None]).flatten(-2)

    def attention(name, x):
        length = x.shape[0]
        query = turned((x @ p[name + ".query.weight"]).view(length, heads, head)).transpose(0, 1)
        key = turned((x @ p[name + ".key.weight"]).view(length, shared, head)).transpose(0, 1)
        value = (x @ p[name + ".value.weight"]).view(length, shared, head).transpose(0, 1)
        key, value = (y.repeat_interleave(heads // shared, 0) for y in (key, value))
        scores = query @ key.transpose(1, 2) / math.sqrt(head)
        weights = scores.masked_fill(torch.ones(length, length, dtype=torch.bool).triu(1), -math.inf).softmax(-1)
        return (weights @ value).transpose(0, 1).reshape(length, width) @ p[name + ".output.weight"]

    def feed_forward(name, x):
        return (F.silu(x @ p[name + ".gate.weight"]) * (x @ p[name + ".up.weight"])) @ p[name + ".down.weight"]

    def forward(sequence):
        x = p["token_embedding.weight"][sequence]
        for layer in range(layers):
            block = f"blocks.{layer}."
            x = x + attention(block + "attention", norm(block + "attention_norm", x))
            x = x + feed_forward(block + "feed_forward", norm(block + "feed_forward_norm", x))
        return norm("norm", x) @ p["logits.weight"]

    generator = torch.Generator().manual_seed(seed + 1000)
    offsets, rows = packed(LENGTHS), sum(LENGTHS)
    inputs, targets = tokens(generator, vocabulary, rows), tokens(generator, vocabulary, rows)

    def run():
        logits = torch.cat([forward(inputs[a:b]) for a, b in zip(offsets, offsets[1:])])
        return logits, F.cross_entropy(logits, targets)

    record(path, p, {"inputs": inputs.int(), "targets": targets.int(),
                     "offsets": torch.tensor(offsets, dtype=torch.int32)}, run, {"model": "llama"})


def layer_parameters(p, name, parts):
    """The parameters of a PyTorch layer from inlay's: weights are transposed, query, key and value stacked."""
    result = {}
    for inlay_part, torch_part in parts.items():
        if "attention" in inlay_part and "norm" not in inlay_part:
            stacked = [p[f"{name}.{inlay_part}.{part}.weight"].t() for part in ("query", "key", "value")]
            result[torch_part + ".in_proj_weight"] = torch.cat(stacked)
            result[torch_part + ".in_proj_bias"] = torch.cat(
                [p[f"{name}.{inlay_part}.{part}.bias"] for part in ("query", "key", "value")])
            result[torch_part + ".out_proj.weight"] = p[f"{name}.{inlay_part}.output.weight"].t()
            result[torch_part + ".out_proj.bias"] = p[f"{name}.{inlay_part}.output.bias"]
        elif "norm" in inlay_part:
            result[torch_part + ".weight"] = p[f"{name}.{inlay_part}.gain"]
            result[torch_part + ".bias"] = p[f"{name}.{inlay_part}.bias"]
        else:
            result[torch_part + ".weight"] = p[f"{name}.{inlay_part}.weight"].t()
            result[torch_part + ".bias"] = p[f"{name}.{inlay_part}.bias"]
    return result


ENCODER = {"attention": "self_attn", "attention_norm": "norm1", "feed_forward.up": "linear1",
           "feed_forward.down": "linear2", "feed_forward_norm": "norm2"}
DECODER = {"attention": "self_attn", "attention_norm": "norm1", "cross_attention": "multihead_attn",
           "cross_attention_norm": "norm2", "feed_forward.up": "linear1", "feed_forward.down": "linear2",
           "feed_forward_norm": "norm3"}


def call(layer, parameters, *arguments, **named):
    return torch.nn.utils.stateless.functional_call(layer, parameters, arguments, named)


def encoder_layer(p, name, width, hidden):
    p.attention(name + ".attention", width)
    p.norm(name + ".attention_norm", width)
    p.feed_forward(name + ".feed_forward", width, hidden)
    p.norm(name + ".feed_forward_norm", width)


def make_bert(path, seed=5):
    vocabulary, context, width, heads, hidden, layers = 13, 7, 12, 3, 20, 2
    p = Parameters(seed)
    p.normal("encoder.token_embedding.weight", vocabulary, width)
    p.normal("encoder.position_embedding.weight", context, width)
    p.normal("encoder.segment_embedding.weight", 2, width)
    p.norm("encoder.embedding_norm", width)
    for layer in range(layers):
        encoder_layer(p, f"encoder.blocks.{layer}", width, hidden)
    p.linear("transform", width, width)
    p.norm("transform_norm", width)
    p.normal("bias", vocabulary)
    block = torch.nn.TransformerEncoderLayer(width, heads, hidden, dropout=0.0, activation="gelu",
                                             layer_norm_eps=NORM_EPSILON, batch_first=True).double().train()

    def norm(name, x):
        return F.layer_norm(x, (width,), p[name + ".gain"], p[name + ".bias"], NORM_EPSILON)

    def forward(sequence, segments):
        x = (p["encoder.token_embedding.weight"][sequence] + p["encoder.segment_embedding.weight"][segments]
             + p["encoder.position_embedding.weight"][: len(sequence)])
        x = norm("encoder.embedding_norm", x)[None]
        for layer in range(layers):
            x = call(block, layer_parameters(p, f"encoder.blocks.{layer}", ENCODER), x)
        x = norm("transform_norm", F.gelu(x[0] @ p["transform.weight"] + p["transform.bias"]))
        return x @ p["encoder.token_embedding.weight"].t() + p["bias"]

    generator = torch.Generator().manual_seed(seed + 1000)
    offsets, rows = packed(LENGTHS), sum(LENGTHS)
    inputs, targets = tokens(generator, vocabulary, rows), tokens(generator, vocabulary, rows)
    segments = tokens(generator, 2, rows)
    targets[torch.rand(rows, generator=generator) < 0.4] = IGNORED

    def run():
        logits = torch.cat([forward(inputs[a:b], segments[a:b]) for a, b in zip(offsets, offsets[1:])])
        return logits, F.cross_entropy(logits, targets, ignore_index=IGNORED)

    record(path, p, {"inputs": inputs.int(), "targets": targets.int(), "segments": segments.int(),
                     "offsets": torch.tensor(offsets, dtype=torch.int32)}, run, {"model": "bert"})


def make_encoder_decoder(path, seed=6):
    sources, vocabulary, width, heads, hidden, layers = 11, 13, 12, 3, 20, 2
    p = Parameters(seed)
    p.normal("source_embedding.weight", sources, width)
    for layer in range(layers):
        encoder_layer(p, f"encoder.{layer}", width, hidden)
    p.normal("token_embedding.weight", vocabulary, width)
    for layer in range(layers):
        name = f"decoder.{layer}"
        encoder_layer(p, name, width, hidden)
        p.attention(name + ".cross_attention", width)
        p.norm(name + ".cross_attention_norm", width)
    encoder = torch.nn.TransformerEncoderLayer(width, heads, hidden, dropout=0.0, activation="relu",
                                               layer_norm_eps=NORM_EPSILON, batch_first=True).double().train()
    decoder = torch.nn.TransformerDecoderLayer(width, heads, hidden, dropout=0.0, activation="relu",
                                               layer_norm_eps=NORM_EPSILON, batch_first=True).double().train()

    def embedded(name, sequence):
        length = len(sequence)
        rates = 10000.0 ** (-(torch.arange(width) // 2 * 2).double() / width)
        angles = torch.arange(length).double()[:, None] * rates
        positions = torch.where(torch.arange(width) % 2 == 0, angles.sin(), angles.cos())
        return (math.sqrt(width) * p[name + ".weight"][sequence] + positions)[None]

    def forward(source, target):
        memory = embedded("source_embedding", source)
        for layer in range(layers):
            memory = call(encoder, layer_parameters(p, f"encoder.{layer}", ENCODER), memory)
        x = embedded("token_embedding", target)
        mask = torch.full((len(target), len(target)), -math.inf, dtype=torch.float64).triu(1)
        for layer in range(layers):
            x = call(decoder, layer_parameters(p, f"decoder.{layer}", DECODER), x, memory, tgt_mask=mask)
        return x[0] @ p["token_embedding.weight"].t()

    generator = torch.Generator().manual_seed(seed + 1000)
    offsets, rows = packed(LENGTHS), sum(LENGTHS)
    source_lengths = [4, 6, 2, 1]
    source_offsets = packed(source_lengths)
    source = tokens(generator, sources, sum(source_lengths))
    inputs, targets = tokens(generator, vocabulary, rows), tokens(generator, vocabulary, rows)

    def run():
        logits = torch.cat([forward(source[c:d], inputs[a:b]) for a, b, c, d in
                            zip(offsets, offsets[1:], source_offsets, source_offsets[1:])])
        return logits, F.cross_entropy(logits, targets)

    record(path, p, {"inputs": inputs.int(), "targets": targets.int(), "sources": source.int(),
                     "offsets": torch.tensor(offsets, dtype=torch.int32),
                     "source_offsets": torch.tensor(source_offsets, dtype=torch.int32)}, run,
           {"model": "encoder_decoder"})


if __name__ == "__main__":
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).resolve().parent
    make_llama(here / "gpt_llama.safetensors")
    make_bert(here / "bert.safetensors")
    make_encoder_decoder(here / "encoder_decoder.safetensors")
