#!/usr/bin/env python3
"""Writes recurrent_*.safetensors with PyTorch, in double precision: a tiny language model of two layers for each cell.

    python3 tests/golden/make_recurrent_goldens.py        # made with PyTorch 1.13 (Debian 12: python3-torch)

The model is torch.nn.Embedding, torch.nn.RNN, GRU or LSTM with two layers, torch.nn.Linear. Names and layout are inlay's: a
weight is stored transposed, [in][out]; PyTorch's two biases are one, but for a GRU's candidate, whose second bias stands inside
the reset gate's product:

    layers.N.input.weight    weight_ih_lN^T        layers.N.input.bias    bias_ih_lN + bias_hh_lN (GRU's n: bias_ih_lN)
    layers.N.hidden.weight   weight_hh_lN^T        layers.N.hidden.bias   the last third of bias_hh_lN (GRU alone)

    initial.NAME    F32    parameters (float values exactly, the sums of biases too)
    inputs, targets I32    [rows]; sequence s is rows offsets[s] to offsets[s + 1]
    offsets         I32    [sequences + 1]
    outputs         F64    [rows][width]: what the second layer gives
    last_hidden     F64    [sequences][width]: h_n of the second layer; last_cell of an LSTM: its c_n
    logits          F64    [rows][vocabulary]
    loss            F64    [1], the mean over all rows
    gradient.NAME   F64    of the loss
"""
import pathlib

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from make_goldens import write_safetensors

VOCABULARY, WIDTH, LAYERS = 13, 9, 2
LENGTHS = [7, 3, 1, 5]


def make_golden(path, kind, seed):
    generator = torch.Generator().manual_seed(seed)
    rows = sum(LENGTHS)
    offsets = [sum(LENGTHS[:i]) for i in range(len(LENGTHS) + 1)]
    inputs = torch.randint(VOCABULARY, (rows,), generator=generator)
    targets = torch.randint(VOCABULARY, (rows,), generator=generator)
    embedding = torch.nn.Embedding(VOCABULARY, WIDTH).double()
    layers = kind(WIDTH, WIDTH, LAYERS).double()
    unembedding = torch.nn.Linear(WIDTH, VOCABULARY).double()
    with torch.no_grad():
        for module in (embedding, layers, unembedding):
            for parameter in module.parameters():  # multiples of 1/1024: a sum of two is exact in a float
                parameter.copy_((512 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)).round() / 1024)

    embedded = embedding(inputs)
    padded = pad_sequence([embedded[begin:end] for begin, end in zip(offsets, offsets[1:])])
    packed = pack_padded_sequence(padded, LENGTHS, enforce_sorted=False)
    result, last = layers(packed)
    result, _ = pad_packed_sequence(result)
    outputs = torch.cat([result[:length, s] for s, length in enumerate(LENGTHS)])
    logits = unembedding(outputs)
    loss = F.cross_entropy(logits, targets)
    loss.backward()

    is_gru, is_lstm = kind is torch.nn.GRU, kind is torch.nn.LSTM
    tensors = {"inputs": inputs.int(), "targets": targets.int(), "offsets": torch.tensor(offsets, dtype=torch.int32),
               "outputs": outputs, "logits": logits, "loss": loss.view(1),
               "last_hidden": (last[0] if is_lstm else last)[-1]}
    if is_lstm:
        tensors["last_cell"] = last[1][-1]

    def put(name, value, gradient):
        assert torch.equal(value, value.float().double())
        tensors["initial." + name] = value.float()
        tensors["gradient." + name] = gradient

    put("token_embedding.weight", embedding.weight, embedding.weight.grad)
    put("logits.weight", unembedding.weight.t(), unembedding.weight.grad.t())
    put("logits.bias", unembedding.bias, unembedding.bias.grad)
    for layer in range(LAYERS):
        part = lambda name: getattr(layers, f"{name}_l{layer}")
        prefix = f"layers.{layer}."
        put(prefix + "input.weight", part("weight_ih").t(), part("weight_ih").grad.t())
        put(prefix + "hidden.weight", part("weight_hh").t(), part("weight_hh").grad.t())
        outside = torch.ones(part("bias_hh").shape, dtype=torch.float64)
        if is_gru:
            outside[2 * WIDTH:] = 0
            put(prefix + "hidden.bias", part("bias_hh")[2 * WIDTH:], part("bias_hh").grad[2 * WIDTH:])
        put(prefix + "input.bias", part("bias_ih") + outside * part("bias_hh"), part("bias_ih").grad)

    write_safetensors(path, tensors, {
        "vocabulary": str(VOCABULARY), "width": str(WIDTH), "layers": str(LAYERS), "cell": kind.__name__,
        "made_with": "PyTorch " + torch.__version__})
    print(f"{path.name}: {path.stat().st_size} bytes, loss {loss.item():.4f}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).resolve().parent
    make_golden(here / "recurrent_elman.safetensors", torch.nn.RNN, seed=1)
    make_golden(here / "recurrent_gru.safetensors", torch.nn.GRU, seed=2)
    make_golden(here / "recurrent_lstm.safetensors", torch.nn.LSTM, seed=3)
