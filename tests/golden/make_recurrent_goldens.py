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

recurrent_encoder_decoder.safetensors is laid out as make_goldens.py and make_transformer_goldens.py say: an encoder and a
decoder of two LSTM layers each, by the kernels of torch.nn.LSTM, and additive attention, which PyTorch has not and which is
written out here. weights: F64 [rows][source_context], the alignment, 0 beyond each source.
"""
import pathlib

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from make_goldens import packed, record, write_safetensors
from make_transformer_goldens import Parameters, tokens

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


def make_encoder_decoder(path, seed):
    sources, source_context = 11, 6
    p = Parameters(seed)
    p.normal("source_embedding.weight", sources, WIDTH)
    p.normal("token_embedding.weight", VOCABULARY, WIDTH)
    for part in ("encoder", "decoder"):
        for layer in range(LAYERS):
            p.linear(f"{part}.{layer}.input", WIDTH, 4 * WIDTH)
            p.linear(f"{part}.{layer}.hidden", WIDTH, 4 * WIDTH, bias=False)
    p.linear("attention.query", WIDTH, WIDTH)
    p.linear("attention.memory", WIDTH, WIDTH, bias=False)
    p.normal("attention.energy.weight", WIDTH, 1)
    p.linear("combine", 2 * WIDTH, WIDTH)

    def lstm(part, x, states):
        weights = []
        for layer in range(LAYERS):
            name = f"{part}.{layer}."
            weights += [p[name + "input.weight"].t(), p[name + "hidden.weight"].t(), p[name + "input.bias"],
                        torch.zeros(4 * WIDTH, dtype=torch.float64)]
        y, hidden, cell = torch._VF.lstm(x[None], states, weights, True, LAYERS, 0.0, True, False, True)
        return y[0], (hidden, cell)

    def forward(source, target):
        nothing = torch.zeros(LAYERS, 1, WIDTH, dtype=torch.float64)
        memory, states = lstm("encoder", p["source_embedding.weight"][source], (nothing, nothing))
        h, _ = lstm("decoder", p["token_embedding.weight"][target], states)
        query = h @ p["attention.query.weight"] + p["attention.query.bias"]
        projected = memory @ p["attention.memory.weight"]
        energy = torch.tanh(query[:, None] + projected[None]) @ p["attention.energy.weight"]
        weights = energy[..., 0].softmax(-1)
        joined = torch.cat([weights @ memory, h], dim=1)
        last = torch.tanh(joined @ p["combine.weight"] + p["combine.bias"])
        return last @ p["token_embedding.weight"].t(), F.pad(weights, (0, source_context - len(source)))

    generator = torch.Generator().manual_seed(seed + 1000)
    source_lengths = [4, 6, 2, 1]
    offsets, source_offsets, rows = packed(LENGTHS), packed(source_lengths), sum(LENGTHS)
    source = tokens(generator, sources, sum(source_lengths))
    inputs, targets = tokens(generator, VOCABULARY, rows), tokens(generator, VOCABULARY, rows)
    tensors = {"inputs": inputs.int(), "targets": targets.int(), "sources": source.int(),
               "offsets": torch.tensor(offsets, dtype=torch.int32),
               "source_offsets": torch.tensor(source_offsets, dtype=torch.int32)}

    def run():
        parts = [forward(source[c:d], inputs[a:b]) for a, b, c, d in
                 zip(offsets, offsets[1:], source_offsets, source_offsets[1:])]
        tensors.setdefault("weights", torch.cat([weights for _, weights in parts]).detach())
        logits = torch.cat([logits for logits, _ in parts])
        return logits, F.cross_entropy(logits, targets)

    record(path, p, tensors, run, {"model": "recurrent encoder-decoder"})


if __name__ == "__main__":
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).resolve().parent
    make_golden(here / "recurrent_elman.safetensors", torch.nn.RNN, seed=1)
    make_golden(here / "recurrent_gru.safetensors", torch.nn.GRU, seed=2)
    make_golden(here / "recurrent_lstm.safetensors", torch.nn.LSTM, seed=3)
    make_encoder_decoder(here / "recurrent_encoder_decoder.safetensors", seed=7)
