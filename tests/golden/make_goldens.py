#!/usr/bin/env python3
"""Writes the golden files of this folder with PyTorch, in double precision.

Each file holds one tiny GPT: its initial parameters, a batch of packed sequences of different lengths, and what PyTorch
makes of them: logits, loss, every gradient, ten AdamW steps. It is written once and committed, so that the tests need no
Python; run it again only to add a variant:

    python3 tests/golden/make_goldens.py        # made with PyTorch 1.13 (Debian 12: python3-torch)

Names and layout are inlay's: a weight is stored [in][out], so that y = x W + b; query, key and value are separate.

    initial.NAME    F32    parameters before the first step (float values exactly, so that both sides start from the same numbers)
    gradient.NAME   F64    gradient of the loss at the initial parameters, before clipping
    trained.NAME    F64    parameters after the ten steps
    inputs, targets I32    [rows]; sequence s is rows offsets[s] to offsets[s + 1]
    offsets         I32    [sequences + 1]
    logits          F64    [rows][vocabulary] at the initial parameters
    loss            F64    [1], the mean over all rows
    losses, norms   F64    [steps]: the loss and the gradient norm before clipping, of each step on the same batch

A step clips the gradient to a global norm of 1, then AdamW decays what has at least two dimensions, embeddings too.

The true gradient of a key bias is zero (softmax does not see a constant added to a row). What Adam makes of the rounding
errors left there is noise divided by noise: leave `trained.*.key.bias` out of a comparison.
"""
import json
import math
import pathlib
import struct

import torch
import torch.nn.functional as F

VOCABULARY, CONTEXT, WIDTH, HEADS, LAYERS = 13, 7, 12, 3, 2
HIDDEN = 4 * WIDTH
LENGTHS = [7, 3, 1, 5]
STEPS, LEARNING_RATE, BETAS, EPSILON, WEIGHT_DECAY, CLIP_NORM = 10, 1e-2, (0.9, 0.99), 1e-8, 0.1, 1.0
NORM_EPSILON = 1e-5

ACTIVATIONS = {
    "gelu_erf": lambda x: F.gelu(x),
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "relu": F.relu,
}


def make_parameters(biases, tied, post_norm, seed):
    """Moderately large values, so that attention is far from uniform; each is a float exactly."""
    generator = torch.Generator().manual_seed(seed)
    parameters = {}

    def normal(name, *shape, mean=0.0):
        values = mean + 0.3 * torch.randn(*shape, generator=generator, dtype=torch.float64)
        parameters[name] = values.float().double().requires_grad_()

    def linear(name, inputs, outputs):
        normal(name + ".weight", inputs, outputs)
        if biases:
            normal(name + ".bias", outputs)

    def norm(name):
        normal(name + ".gain", WIDTH, mean=1.0)
        if biases:
            normal(name + ".bias", WIDTH)

    normal("token_embedding.weight", VOCABULARY, WIDTH)
    normal("position_embedding.weight", CONTEXT, WIDTH)
    for layer in range(LAYERS):
        block = f"blocks.{layer}."
        norm(block + "attention_norm")
        for part in ("query", "key", "value", "output"):
            linear(block + "attention." + part, WIDTH, WIDTH)
        norm(block + "feed_forward_norm")
        linear(block + "feed_forward.up", WIDTH, HIDDEN)
        linear(block + "feed_forward.down", HIDDEN, WIDTH)
    if not post_norm:
        norm("norm")
    if not tied:
        normal("logits.weight", WIDTH, VOCABULARY)
    return parameters


def forward(parameters, tokens, activation, tied, post_norm):
    """One sequence: logits [length][vocabulary]."""

    def linear(name, x):
        y = x @ parameters[name + ".weight"]
        return y + parameters[name + ".bias"] if name + ".bias" in parameters else y

    def norm(name, x):
        return F.layer_norm(x, (WIDTH,), parameters[name + ".gain"], parameters.get(name + ".bias"), NORM_EPSILON)

    def attention(name, x):
        length = x.shape[0]
        query, key, value = (linear(f"{name}.{part}", x).view(length, HEADS, WIDTH // HEADS).transpose(0, 1)
                             for part in ("query", "key", "value"))
        scores = query @ key.transpose(1, 2) / math.sqrt(WIDTH // HEADS)
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(future, -math.inf).softmax(-1)
        return linear(name + ".output", (weights @ value).transpose(0, 1).reshape(length, WIDTH))

    x = parameters["token_embedding.weight"][tokens] + parameters["position_embedding.weight"][: tokens.shape[0]]
    for layer in range(LAYERS):
        block = f"blocks.{layer}."
        attend = lambda y: attention(block + "attention", y)
        feed_forward = lambda y: linear(block + "feed_forward.down",
                                        ACTIVATIONS[activation](linear(block + "feed_forward.up", y)))
        if post_norm:  # the transformer of 2017
            x = norm(block + "attention_norm", x + attend(x))
            x = norm(block + "feed_forward_norm", x + feed_forward(x))
        else:  # GPT-2
            x = x + attend(norm(block + "attention_norm", x))
            x = x + feed_forward(norm(block + "feed_forward_norm", x))
    if not post_norm:
        x = norm("norm", x)
    return x @ (parameters["token_embedding.weight"].t() if tied else parameters["logits.weight"])


def write_safetensors(path, tensors, metadata):
    """The format by hand: length of the header (64 bits, little-endian), header (JSON), data in the header's order."""
    types = {torch.float32: "F32", torch.float64: "F64", torch.int32: "I32"}
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in sorted(tensors.items(), key=lambda item: (-item[1].element_size(), item[0])):
        values = tensor.detach().contiguous().numpy()
        blob = values.astype(values.dtype.newbyteorder("<")).tobytes()
        header[name] = {"dtype": types[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(blob)]}
        data += blob
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def record(path, parameters, tensors, run, metadata):
    """Initial parameters, logits, loss, every gradient and ten AdamW steps of run() -> (logits, loss)."""
    for name, value in parameters.items():
        tensors["initial." + name] = value.detach().float()
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in parameters.values() if p.dim() >= 2], "weight_decay": WEIGHT_DECAY},
         {"params": [p for p in parameters.values() if p.dim() < 2], "weight_decay": 0.0}],
        lr=LEARNING_RATE, betas=BETAS, eps=EPSILON)
    losses, norms = [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        logits, loss = run()
        loss.backward()
        if step == 0:
            tensors["logits"], tensors["loss"] = logits.detach().clone(), loss.detach().clone().view(1)
            for name, value in parameters.items():
                tensors["gradient." + name] = value.grad.clone()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters.values(), CLIP_NORM).item())
        losses.append(loss.item())
        optimizer.step()
    for name, value in parameters.items():
        tensors["trained." + name] = value.detach()
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    tensors["norms"] = torch.tensor(norms, dtype=torch.float64)
    write_safetensors(path, tensors, {
        **metadata, "steps": str(STEPS), "learning_rate": str(LEARNING_RATE), "beta1": str(BETAS[0]),
        "beta2": str(BETAS[1]), "epsilon": str(EPSILON), "weight_decay": str(WEIGHT_DECAY),
        "clip_norm": str(CLIP_NORM), "made_with": "PyTorch " + torch.__version__})
    print(f"{path.name}: {path.stat().st_size} bytes, losses", " ".join(f"{l:.4f}" for l in losses),
          "norms", " ".join(f"{n:.3f}" for n in norms))


def packed(lengths):
    """Where sequences of these lengths begin and end, one after the other."""
    return [sum(lengths[:i]) for i in range(len(lengths) + 1)]


def make_golden(path, *, activation, biases, tied, post_norm=False, seed):
    generator = torch.Generator().manual_seed(seed + 1000)
    rows = sum(LENGTHS)
    inputs = torch.randint(VOCABULARY, (rows,), generator=generator)
    targets = torch.randint(VOCABULARY, (rows,), generator=generator)
    offsets = packed(LENGTHS)
    parameters = make_parameters(biases, tied, post_norm, seed)

    def run():
        logits = torch.cat([forward(parameters, inputs[begin:end], activation, tied, post_norm)
                            for begin, end in zip(offsets, offsets[1:])])
        return logits, F.cross_entropy(logits, targets)

    tensors = {"inputs": inputs.int(), "targets": targets.int(), "offsets": torch.tensor(offsets, dtype=torch.int32)}
    record(path, parameters, tensors, run, {
        "vocabulary": str(VOCABULARY), "context": str(CONTEXT), "width": str(WIDTH), "heads": str(HEADS),
        "layers": str(LAYERS), "hidden": str(HIDDEN), "activation": activation, "biases": str(biases).lower(),
        "tied": str(tied).lower(), "placement": "after" if post_norm else "before", "norm_epsilon": str(NORM_EPSILON)})


if __name__ == "__main__":
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).resolve().parent
    make_golden(here / "gpt_tied_gelu_erf.safetensors", activation="gelu_erf", biases=False, tied=True, seed=1)
    make_golden(here / "gpt_untied_gelu_tanh.safetensors", activation="gelu_tanh", biases=True, tied=False, seed=2)
    make_golden(here / "gpt_post_norm_relu.safetensors", activation="relu", biases=True, tied=True, post_norm=True, seed=3)
