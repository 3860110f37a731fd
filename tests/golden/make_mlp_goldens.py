#!/usr/bin/env python3
"""Writes mlp_*.safetensors with PyTorch, in double precision: a tiny multilayer perceptron for each loss.

    python3 tests/golden/make_mlp_goldens.py        # made with PyTorch 1.13 (Debian 12: python3-torch)

The network is torch.nn.Sequential(Linear, activation, Linear, activation, Linear), whose names inlay's Mlp has as well; a weight is
stored transposed, [in][out].

    initial.NAME    F32    parameters before the first step (float values exactly)
    inputs          F32    [rows][inputs]
    targets         F32    [rows][outputs], or I32 [rows]: classes
    weights         F32    [rows]: what each row counts
    outputs         F64    [rows][outputs] at the initial parameters
    loss            F64    [1]: sum over rows of weight times the mean over outputs, over the sum of the weights
    gradient.NAME   F64    its gradient at the initial parameters
    losses          F64    [steps]: the loss of each of ten steps of Adam on the same batch
    trained.NAME    F64    parameters after them
"""
import pathlib

import torch
import torch.nn.functional as F

from make_goldens import write_safetensors

ROWS, INPUTS, HIDDEN, OUTPUTS = 11, 3, (7, 5), 4
STEPS, LEARNING_RATE, BETAS, EPSILON = 10, 1e-2, (0.9, 0.999), 1e-8
DELTA = 0.5


def make_golden(path, activation, loss_of_rows, targets, seed):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64).float().double()

    widths = (INPUTS, *HIDDEN, OUTPUTS)
    modules = []
    for inputs, outputs in zip(widths, widths[1:]):
        modules += [torch.nn.Linear(inputs, outputs).double(), activation()]
    network = torch.nn.Sequential(*modules[:-1])
    for parameter in network.parameters():
        parameter.data = 0.7 * normal(*parameter.shape)
        parameter.data = parameter.data.float().double()
    stored = lambda value: value.detach().t().contiguous() if value.dim() == 2 else value.detach().clone()

    inputs, weights = normal(ROWS, INPUTS), torch.rand(ROWS, generator=generator).float().double() + 0.5
    weights = weights.float().double()
    weights[2] = 0.0
    targets = targets(normal, generator)
    tensors = {"inputs": inputs.float(), "weights": weights.float(),
               "targets": targets.int() if targets.dtype == torch.int64 else targets.float()}
    for name, value in network.named_parameters():
        tensors["initial." + name] = stored(value).float()

    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, betas=BETAS, eps=EPSILON)
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        outputs = network(inputs)
        loss = (weights * loss_of_rows(outputs, targets)).sum() / weights.sum()
        loss.backward()
        if step == 0:
            tensors["outputs"], tensors["loss"] = outputs.detach().clone(), loss.detach().view(1).clone()
            for name, value in network.named_parameters():
                tensors["gradient." + name] = stored(value.grad)
        losses.append(loss.item())
        optimizer.step()
    for name, value in network.named_parameters():
        tensors["trained." + name] = stored(value)
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    write_safetensors(path, tensors, {"delta": str(DELTA), "steps": str(STEPS), "learning_rate": str(LEARNING_RATE),
                                      "made_with": "PyTorch " + torch.__version__})
    print(f"{path.name}: {path.stat().st_size} bytes, losses", " ".join(f"{l:.4f}" for l in losses))


def classes(normal, generator):
    return torch.randint(OUTPUTS, (ROWS,), generator=generator)


def numbers(normal, generator):
    return normal(ROWS, OUTPUTS)


def answers(normal, generator):
    return torch.rand(ROWS, OUTPUTS, generator=generator).round().double()


if __name__ == "__main__":
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).resolve().parent
    make_golden(here / "mlp_cross_entropy.safetensors", torch.nn.Sigmoid,
                lambda z, t: F.cross_entropy(z, t, reduction="none"), classes, seed=1)
    make_golden(here / "mlp_squared.safetensors", torch.nn.Tanh,
                lambda y, t: F.mse_loss(y, t, reduction="none").mean(1), numbers, seed=2)
    make_golden(here / "mlp_huber.safetensors", torch.nn.ReLU,
                lambda y, t: F.huber_loss(y, t, delta=DELTA, reduction="none").mean(1), numbers, seed=3)
    make_golden(here / "mlp_logistic.safetensors", torch.nn.SiLU,
                lambda z, t: F.binary_cross_entropy_with_logits(z, t, reduction="none").mean(1), answers, seed=4)
