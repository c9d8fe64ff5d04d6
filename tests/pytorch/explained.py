"""Networks in PyTorch with one mistake each, beside the one that was asked for: what students are told of them."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody writes it
from torch import nn

from pytorch.pairs import IMAGE, ROW, WORDS, Auxiliary, Block, Make, Shape, act, conv, lin, of, own, seq, weight


class Net(nn.Module):
    """A small convolutional network, as a tutorial writes it; `changes` are what is written otherwise."""

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            3, changes.get("first", 16), **{"kernel_size": 3, "padding": 1, **changes.get("conv", {})}
        )
        self.conv2 = nn.Conv2d(changes.get("first", 16), 32, 3, padding=changes.get("border", 1))
        self.pool = changes.get("pool", nn.MaxPool2d(2))
        self.drop = nn.Dropout(changes.get("rate", 0.25))
        self.fc1 = nn.LazyLinear(64)
        self.fc2 = nn.Linear(64, changes.get("classes", 10))
        self.relu = changes.get("relu", F.relu)
        self.last = changes.get("last", lambda x: x)

    def forward(self, x: Any) -> Any:
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv2(x)))
        x = self.drop(torch.flatten(x, 1))
        return self.last(self.fc2(F.relu(self.fc1(x))))


def net(**changes: Any) -> Make:
    return lambda: Net(**changes)


class Frozen(Net):
    def __init__(self) -> None:
        super().__init__()
        self.conv1.requires_grad_(False)


def block(**changes: Any) -> Make:
    return lambda: nn.Sequential(Block(**changes), nn.Flatten(), nn.Linear(192, 10))


EXPLAINED: dict[str, tuple[Shape, Make, Make]] = {
    "channels": (IMAGE, net(first=8), net()),
    "kernel": (IMAGE, net(conv={"kernel_size": 5, "padding": 2}), net()),
    "no padding": (IMAGE, net(conv={"padding": 0}), net()),
    "too much padding": (IMAGE, net(border=2), net()),
    "stride": (IMAGE, net(conv={"stride": 2}), net()),
    "no bias": (IMAGE, net(conv={"bias": False}), net()),
    "pooling": (IMAGE, net(pool=nn.AvgPool2d(2)), net()),
    "window of the pooling": (IMAGE, net(pool=nn.MaxPool2d(2, stride=1)), net()),
    "share dropped": (IMAGE, net(rate=0.5), net()),
    "activation": (IMAGE, net(relu=torch.sigmoid), net()),
    "no activation": (IMAGE, net(relu=nn.Identity()), net()),
    "a softmax at the end": (IMAGE, net(last=nn.Softmax(dim=1)), net()),
    "classes": (IMAGE, net(classes=9), net()),
    "a layer too few": (
        ROW,
        seq(lin(6, 8), nn.ReLU, lin(8, 2)),
        seq(lin(6, 8), nn.ReLU, lin(8, 8), nn.ReLU, lin(8, 2)),
    ),
    "a layer too many": (
        ROW,
        seq(lin(6, 6), nn.ReLU, lin(6, 6), nn.ReLU, lin(6, 2)),
        seq(lin(6, 6), nn.ReLU, lin(6, 2)),
    ),
    "normalized before": (
        IMAGE,
        seq(conv(), nn.ReLU, of(nn.BatchNorm2d, 4), of(nn.Flatten)),
        seq(conv(), of(nn.BatchNorm2d, 4), nn.ReLU, of(nn.Flatten)),
    ),
    "momentum": (IMAGE, seq(conv(), of(nn.BatchNorm2d, 4, momentum=0.9)), seq(conv(), of(nn.BatchNorm2d, 4))),
    "no skip": (IMAGE, block(join=lambda x, y: y), block()),
    "a product for a sum": (IMAGE, block(join=torch.mul), block()),
    "within a block": (
        IMAGE,
        lambda: nn.Sequential(Block(), nn.Conv2d(3, 4, 3)),
        lambda: nn.Sequential(Block(), nn.Conv2d(3, 8, 3)),
    ),
    "always dropped": (
        ROW,
        own(lambda s, x: s.b(F.dropout(s.a(x))), a=lin(), b=lin(4, 2)),
        seq(lin(), nn.Dropout, lin(4, 2)),
    ),
    "shared": (ROW, own(lambda s, x: s.a(s.a(x)), a=lin(6, 6)), seq(lin(6, 6), lin(6, 6))),
    "more in training": (ROW, lambda: Auxiliary(True), own(lambda s, x: s.a(x) + x, a=lin(6, 6))),
    "hidden size": (
        WORDS,
        own(lambda s, x: s.r(x)[0][:, -1], r=of(nn.LSTM, 5, 6, batch_first=True)),
        own(lambda s, x: s.r(x)[0][:, -1], r=of(nn.LSTM, 5, 8, batch_first=True)),
    ),
    "one direction": (
        WORDS,
        own(lambda s, x: s.r(x)[0], r=of(nn.GRU, 5, 6, batch_first=True)),
        own(lambda s, x: s.r(x)[0], r=of(nn.GRU, 5, 6, batch_first=True, bidirectional=True)),
    ),
    "softmax over the batch": (ROW, act(lambda x: F.softmax(x, dim=0)), act(lambda x: F.softmax(x, dim=1))),
    "functions": (
        IMAGE,
        own(lambda s, x: F.max_pool2d(s.a(x), 3), a=conv()),
        own(lambda s, x: F.max_pool2d(s.a(x), 2), a=conv()),
    ),
    "divided by another number": (
        ROW,
        own(lambda s, x: s.a(x / 255), a=lin()),
        own(lambda s, x: s.a(x / 128), a=lin()),
    ),
    "multiplied by another number": (
        ROW,
        own(lambda s, x: s.a(x) * 0.1, a=lin()),
        own(lambda s, x: s.a(x) * 0.2, a=lin()),
    ),
    "places in a weight": (
        WORDS,
        own(lambda s, x: s.a(x + s.p), a=lin(5), p=weight(7, 5)),
        own(lambda s, x: s.a(x + torch.ones(7, 5)), a=lin(5)),
    ),
    "raises": (IMAGE, seq(conv(), of(nn.Flatten), lin(100, 10)), seq(conv(), of(nn.Flatten), lin(144, 10))),
}
"""By name: the shape of one example, the network handed in, and the one asked for."""
