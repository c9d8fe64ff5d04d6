"""What section 5 of the course reaches on the real CIFAR-10: `.venv-torch/bin/python tests/figures_pytorch.py`.

The solution's own `entraine`, and its `reseau` trained like it, with all 50 000 images. The shelf (AUTOGRADER_DATA)
must hold the real cifar10. Prints lines of docs/figures.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from answering import solution
from autograder.data.shelf import Shelf, shelf_folder

LESSON = "cnn-pytorch"
EPOCHS, BATCH, RATE = 10, 32, 0.002
"""Of `reseau`; the recipe's eight epochs are for the stand-in."""


def solved() -> dict[str, Any]:
    """Return the names that the course's own answers make: they are ours, and no student's."""
    names: dict[str, Any] = {"np": np, "torch": torch, "nn": nn, "F": functional}
    answers = solution(LESSON)
    for question in ("lots", "reseau", "entraine"):
        exec(compile(answers[question], question, "exec"), names)
    return names


def scaled(images: np.ndarray) -> np.ndarray:
    """Return images as the recipes give them: float32 from -1 to 1, channels first."""
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1)


def train(network: nn.Module, images: np.ndarray, labels: np.ndarray, batches: Any) -> nn.Module:
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    for _ in range(EPOCHS):
        for some, classes in batches(x, y, BATCH, torch.randperm(len(x))):
            optimizer.zero_grad()
            functional.cross_entropy(network(some), classes).backward()
            optimizer.step()
    return network


def error(network: nn.Module, images: np.ndarray, labels: np.ndarray) -> float:
    network.eval()
    with torch.no_grad():
        given = torch.cat([network(some).argmax(dim=1) for some in torch.from_numpy(images).split(1000)])
    return float((given.numpy() != labels).mean())


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    data = Shelf(shelf_folder()).open("cifar10")
    x, x_test = scaled(data["x_train"]), scaled(data["x_test"])
    y, y_test = (data[name].ravel().astype(np.int64) for name in ("y_train", "y_test"))
    names = solved()
    trained: dict[str, Callable[[], nn.Module]] = {
        "`reseau`, 10 epochs": lambda: train(names["ConvNet"](), x, y, names["lots"]),
        "`entraine`": lambda: names["entraine"](x, y),
    }
    for title, make in trained.items():
        started = time.monotonic()
        network = make()
        seconds = time.monotonic() - started
        params = sum(one.numel() for one in network.parameters())
        reached = 1 - error(network, x_test, y_test)
        print(f"| 5 | {title} | {params} | 0.60 | {reached:.4f} | – | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
