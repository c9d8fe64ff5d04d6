"""Networks in PyTorch: families of dresses, all equal, and families of mistakes, each another.

That a family is what it claims is for its reader to see: each is one line a network.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody writes it
from torch import nn

Make = Callable[[], Any]
Shape = tuple[int, ...]
IMAGE, ROW, WORDS = (3, 8, 8), (6,), (7, 5)


class Own(nn.Module):
    """A module of the student's: `function(self, x)` with these parts."""

    def __init__(self, function: Callable[..., Any], parts: dict[str, Callable[[], Any]]) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part())

    def forward(self, x: Any) -> Any:
        return self.function(self, x)


def own(function: Callable[..., Any], **parts: Callable[[], Any]) -> Make:
    return lambda: Own(function, parts)


def seq(*modules: Callable[[], Any]) -> Make:
    return lambda: nn.Sequential(*(one() for one in modules))


def conv(out: int = 4, size: int | tuple[int, int] = 3, given: int = 3, **settings: Any) -> Callable[[], Any]:
    return lambda: nn.Conv2d(given, out, size, **settings)


def lin(given: int = 6, out: int = 4, **settings: Any) -> Callable[[], Any]:
    return lambda: nn.Linear(given, out, **settings)


def act(function: Callable[[Any], Any]) -> Make:
    return own(lambda s, x: function(s.a(x)), a=lin())


def of(cls: Any, *args: Any, **settings: Any) -> Callable[[], Any]:
    return lambda: cls(*args, **settings)


def attending(function: Callable[..., Any]) -> Make:
    """A query, a key and a value of each word, and what `function` makes of the three."""
    return own(lambda s, x: function(s.q(x), s.k(x), s.v(x)), q=lin(5, 4), k=lin(5, 4), v=lin(5, 4))


def hung(hang: Callable[[Any], Any]) -> Make:
    """A Linear with a hook on it."""

    def make() -> Any:
        module = nn.Linear(6, 4)
        hang(module)
        return module

    return make


def weight(*sizes: int) -> Callable[[], Any]:
    return lambda: nn.Parameter(torch.randn(*sizes))


class Deep(nn.Module):
    """Modules in a list, called in a loop."""

    def __init__(self, widths: list[int], holder: str = "list") -> None:
        super().__init__()
        pairs = itertools.pairwise(widths)
        layers = [nn.Linear(*pair) for pair in pairs]
        self.layers = (
            nn.ModuleList(layers) if holder == "list" else nn.ModuleDict({f"l{n}": one for n, one in enumerate(layers)})
        )

    def forward(self, x: Any) -> Any:
        layers = self.layers.values() if isinstance(self.layers, nn.ModuleDict) else self.layers
        for layer in layers:
            x = torch.relu(layer(x))
        return x


class Block(nn.Module):
    """A residual block."""

    def __init__(self, channels: int = 3, join: Callable[[Any, Any], Any] | None = None) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.join = join or (lambda x, y: x + y)

    def forward(self, x: Any) -> Any:
        return self.join(x, F.relu(self.conv(x)))


def inplace(self: Any, x: Any) -> Any:
    x = self.a(x)
    x.relu_()
    return x


def plus(self: Any, x: Any) -> Any:
    y = self.a(x)
    y += x
    return y


POOLED = seq(conv(), of(nn.MaxPool2d, 2))
FLAT = seq(conv(), of(nn.Flatten), lin(4 * 36, 10))


def lstm(given: int, out: int = 4, layers: int = 1, **settings: Any) -> Callable[[], Any]:
    return of(nn.LSTM, given, out, layers, batch_first=True, **settings)


ENCODER = {
    "a": of(nn.MultiheadAttention, 5, 1, batch_first=True),
    "m": of(nn.LayerNorm, 5),
    "n": of(nn.LayerNorm, 5),
    "b": lin(5, 8),
    "c": lin(8, 5),
}


def encoded(s: Any, x: Any) -> Any:
    x = s.m(x + s.a(x, x, x)[0])
    return s.n(x + s.c(F.relu(s.b(x))))


EQUAL: dict[str, tuple[Shape, list[Make]]] = {
    "relu": (
        ROW,
        [
            seq(lin(), nn.ReLU),
            act(F.relu),
            act(torch.relu),
            act(lambda x: x.relu()),
            own(inplace, a=lin()),
            act(lambda x: x.clamp(min=0)),
            act(lambda x: torch.clamp(x, 0)),
            act(lambda x: torch.maximum(x, torch.zeros_like(x))),
            seq(lin(), of(nn.ReLU, inplace=True)),
            seq(lin(), of(nn.LeakyReLU, 0.0)),
            act(lambda x: F.relu(x, inplace=True)),
            act(lambda x: torch.where(x > 0, x, torch.zeros_like(x))),
            act(lambda x: F.relu(F.relu(x))),
        ],
    ),
    "flatten": (
        IMAGE,
        [
            FLAT,
            own(lambda s, x: s.b(s.a(x).view(x.size(0), -1)), a=conv(), b=lin(144, 10)),
            own(lambda s, x: s.b(torch.flatten(s.a(x), 1)), a=conv(), b=lin(144, 10)),
            own(lambda s, x: s.b(s.a(x).flatten(1)), a=conv(), b=lin(144, 10)),
            own(lambda s, x: s.b(s.a(x).reshape(-1, 144)), a=conv(), b=lin(144, 10)),
            own(lambda s, x: s.b(s.a(x).reshape(len(x), 4 * 6 * 6)), a=conv(), b=lin(144, 10)),
            own(lambda s, x: s.b(s.a(x).view(x.shape[0], -1)), a=conv(), b=lin(144, 10)),
            seq(conv(), of(nn.Flatten, 1, 3), lin(144, 10)),
            seq(conv(), of(nn.Identity), of(nn.Flatten), lin(144, 10)),
        ],
    ),
    "max pooling": (
        IMAGE,
        [
            POOLED,
            own(lambda s, x: F.max_pool2d(s.a(x), 2), a=conv()),
            seq(conv(), of(nn.MaxPool2d, 2, 2)),
            own(lambda s, x: F.max_pool2d(s.a(x), (2, 2), stride=2), a=conv()),
            seq(conv(), of(nn.MaxPool2d, (2, 2), ceil_mode=True)),
            own(lambda s, x: torch.max_pool2d(s.a(x), 2), a=conv()),
            seq(conv(), of(nn.AdaptiveMaxPool2d, 3)),
        ],
    ),
    "average pooling": (
        IMAGE,
        [
            seq(conv(), of(nn.AvgPool2d, 2)),
            own(lambda s, x: F.avg_pool2d(s.a(x), 2), a=conv()),
            seq(conv(), of(nn.AdaptiveAvgPool2d, 3)),
            own(lambda s, x: F.adaptive_avg_pool2d(s.a(x), (3, 3)), a=conv()),
        ],
    ),
    "global pooling": (
        IMAGE,
        [
            seq(conv(), of(nn.AdaptiveAvgPool2d, 1), nn.Flatten, lin(4, 10)),
            own(lambda s, x: s.b(s.a(x).mean(dim=(2, 3))), a=conv(), b=lin(4, 10)),
            own(lambda s, x: s.b(torch.mean(s.a(x), [-2, -1])), a=conv(), b=lin(4, 10)),
            own(lambda s, x: s.b(s.a(x).mean(3).mean(2)), a=conv(), b=lin(4, 10)),
            own(lambda s, x: s.b(F.adaptive_avg_pool2d(s.a(x), 1).squeeze(-1).squeeze(-1)), a=conv(), b=lin(4, 10)),
            own(lambda s, x: s.b(F.avg_pool2d(s.a(x), 6).view(-1, 4)), a=conv(), b=lin(4, 10)),
            own(lambda s, x: s.b(s.a(x).flatten(2).mean(2)), a=conv(), b=lin(4, 10)),
            seq(conv(), of(nn.AvgPool2d, 6), nn.Flatten, lin(4, 10)),
        ],
    ),
    "global maximum": (
        IMAGE,
        [
            seq(conv(), of(nn.AdaptiveMaxPool2d, 1), nn.Flatten),
            own(lambda s, x: s.a(x).amax((2, 3)), a=conv()),
            own(lambda s, x: s.a(x).max(3)[0].max(2).values, a=conv()),
            own(lambda s, x: F.max_pool2d(s.a(x), 6).flatten(1), a=conv()),
        ],
    ),
    "padding": (
        IMAGE,
        [
            seq(conv(padding=1)),
            seq(conv(padding="same")),
            seq(conv(padding=(1, 1))),
            seq(of(nn.ZeroPad2d, 1), conv()),
            own(lambda s, x: s.a(F.pad(x, (1, 1, 1, 1))), a=conv()),
            own(lambda s, x: F.conv2d(x, s.w, s.b, padding=1), w=weight(4, 3, 3, 3), b=weight(4)),
        ],
    ),
    "padding and stride": (
        IMAGE,
        [
            seq(conv(stride=2, padding=1)),
            seq(of(nn.ZeroPad2d, 1), conv(stride=2)),
            own(lambda s, x: s.a(F.pad(x, [1] * 4)), a=conv(stride=2)),
        ],
    ),
    "dropout": (
        ROW,
        [
            seq(lin(), of(nn.Dropout, 0.5), lin(4, 2)),
            seq(lin(), nn.Dropout, lin(4, 2)),
            own(lambda s, x: s.b(F.dropout(s.a(x), 0.5, training=s.training)), a=lin(), b=lin(4, 2)),
            own(lambda s, x: s.b(F.dropout(s.a(x), 0.5, s.training)), a=lin(), b=lin(4, 2)),
            own(lambda s, x: s.b(F.dropout(s.a(x)) if s.training else s.a(x)), a=lin(), b=lin(4, 2)),
            seq(lin(), of(nn.Dropout, p=0.5, inplace=True), lin(4, 2)),
        ],
    ),
    "no dropout": (
        ROW,
        [
            seq(lin(), lin(4, 2)),
            seq(lin(), of(nn.Dropout, 0.0), lin(4, 2)),
            own(lambda s, x: s.b(F.dropout(s.a(x), 0.5, False)), a=lin(), b=lin(4, 2)),
        ],
    ),
    "softmax": (
        ROW,
        [
            seq(lin(), of(nn.Softmax, dim=1)),
            act(lambda x: F.softmax(x, dim=1)),
            act(lambda x: torch.softmax(x, -1)),
            act(lambda x: x.softmax(1)),
            act(lambda x: x.exp() / x.exp().sum(1, keepdim=True)),
            seq(lin(), of(nn.Softmax, -1)),
        ],
    ),
    "log softmax": (
        ROW,
        [
            seq(lin(), of(nn.LogSoftmax, dim=1)),
            act(lambda x: F.log_softmax(x, dim=1)),
            act(lambda x: x.log_softmax(-1)),
            act(lambda x: torch.log(F.softmax(x, 1))),
        ],
    ),
    "skip": (
        IMAGE,
        [
            lambda: Block(),
            own(lambda s, x: s.a(x).relu() + x, a=conv(3, padding=1)),
            own(lambda s, x: torch.add(x, F.relu(s.a(x))), a=conv(3, padding=1)),
            lambda: Block(join=torch.add),
            lambda: nn.Sequential(Block()),
            own(lambda s, x: x.add(torch.relu(s.a(x))), a=conv(3, padding=1)),
        ],
    ),
    "sum in place": (
        ROW,
        [own(plus, a=lin(6, 6)), own(lambda s, x: s.a(x) + x, a=lin(6, 6)), own(lambda s, x: x + s.a(x), a=lin(6, 6))],
    ),
    "list": (
        ROW,
        [
            lambda: Deep([6, 5, 4]),
            lambda: Deep([6, 5, 4], "dict"),
            seq(lin(6, 5), nn.ReLU, lin(5, 4), nn.ReLU),
            lambda: nn.Sequential(nn.Sequential(nn.Linear(6, 5), nn.ReLU()), nn.Sequential(nn.Linear(5, 4), nn.ReLU())),
        ],
    ),
    "excitation": (
        IMAGE,
        [
            own(
                lambda s, x: (y := s.a(x)) * s.b(y.mean((2, 3))).sigmoid().view(-1, 4, 1, 1).expand_as(y),
                a=conv(),
                b=lin(4, 4),
            ),
            own(
                lambda s, x: torch.sigmoid(s.b((y := s.a(x)).mean((2, 3))))[..., None, None] * y, a=conv(), b=lin(4, 4)
            ),
            own(
                lambda s, x: (
                    (y := s.a(x)).clone()
                    * s.b(F.adaptive_avg_pool2d(y, 1).flatten(1))
                    .sigmoid()
                    .reshape(len(x), 4, 1, 1)
                    .expand(-1, -1, 6, 6)
                ),
                a=conv(),
                b=lin(4, 4),
            ),
        ],
    ),
    "concatenation": (
        IMAGE,
        [
            own(lambda s, x: torch.cat([s.a(x), s.b(x)], dim=1), a=conv(padding=1), b=conv(size=5, padding=2)),
            own(lambda s, x: torch.cat((s.a(x), s.b(x)), 1), a=conv(padding=1), b=conv(size=5, padding=2)),
            own(
                lambda s, x: torch.concat([s.a(x), s.b(x)], -3), a=conv(padding="same"), b=conv(size=5, padding="same")
            ),
            own(
                lambda s, x: torch.cat([m(x) for m in s.m], 1),
                m=lambda: nn.ModuleList([conv(padding=1)(), conv(size=5, padding=2)()]),
            ),
        ],
    ),
    "reused": (
        ROW,
        [
            own(lambda s, x: s.a(s.a(x)), a=lin(6, 6)),
            own(lambda s, x: F.linear(s.a(x), s.a.weight, s.a.bias), a=lin(6, 6)),
        ],
    ),
    "linear": (
        ROW,
        [
            seq(lin()),
            own(lambda s, x: F.linear(x, s.w, s.b), w=weight(4, 6), b=weight(4)),
            own(lambda s, x: x @ s.w + s.b, w=weight(6, 4), b=weight(4)),
            own(lambda s, x: torch.matmul(x, s.w.t()) + s.b, w=weight(4, 6), b=weight(4)),
            own(lambda s, x: s.b + x.mm(s.w), w=weight(6, 4), b=weight(4)),
            lambda: nn.Sequential(nn.LazyLinear(4)),
        ],
    ),
    "linear without bias": (
        ROW,
        [
            seq(lin(bias=False)),
            own(lambda s, x: x @ s.w, w=weight(6, 4)),
            own(lambda s, x: F.linear(x, s.w), w=weight(4, 6)),
            own(lambda s, x: x @ s.w.T, w=weight(4, 6)),
        ],
    ),
    "convolution": (
        IMAGE,
        [
            seq(conv()),
            seq(conv(4, (3, 3))),
            own(lambda s, x: F.conv2d(x, s.w, s.b), w=weight(4, 3, 3, 3), b=weight(4)),
            lambda: nn.Sequential(nn.LazyConv2d(4, 3)),
            seq(conv(stride=1, dilation=1, groups=1)),
        ],
    ),
    "attention written out": (
        WORDS,
        [
            attending(lambda q, k, v: F.scaled_dot_product_attention(q, k, v)),
            attending(lambda q, k, v: F.scaled_dot_product_attention(query=q, key=k, value=v, scale=4**-0.5)),
            attending(lambda q, k, v: F.softmax(q @ k.transpose(-2, -1) / 2, dim=-1) @ v),
            attending(lambda q, k, v: torch.bmm((torch.bmm(q, k.mT) * 0.5).softmax(2), v)),
        ],
    ),
    "attention of several heads": (
        (2, 7, 5),
        [
            attending(lambda q, k, v: F.scaled_dot_product_attention(q, k, v)),
            attending(lambda q, k, v: ((q / 2) @ k.transpose(2, 3)).softmax(-1) @ v),
        ],
    ),
    "words read in either layout": (
        WORDS,
        [
            own(lambda s, x: s.r(x)[0], r=of(nn.LSTM, 5, 6, batch_first=True)),
            own(lambda s, x: s.r(x.permute(1, 0, 2))[0].permute(1, 0, 2), r=of(nn.LSTM, 5, 6)),
            own(lambda s, x: s.r(x.transpose(0, 1))[0].transpose(1, 0), r=of(nn.LSTM, 5, 6)),
        ],
    ),
    "the last word in either layout": (
        WORDS,
        [
            own(lambda s, x: s.r(x)[0][:, -1], r=of(nn.GRU, 5, 6, batch_first=True)),
            own(lambda s, x: s.r(x.permute(1, 0, 2))[0][-1], r=of(nn.GRU, 5, 6)),
            own(lambda s, x: s.r(x.permute(1, 0, 2))[1][-1], r=of(nn.GRU, 5, 6)),
            own(lambda s, x: s.r(x)[1].squeeze(0), r=of(nn.GRU, 5, 6, batch_first=True)),
        ],
    ),
    "hooks": (
        ROW,
        [
            hung(lambda module: module.register_forward_hook(lambda m, args, made: F.relu(made))),
            hung(lambda module: module.register_forward_hook(lambda m, a, k, made: made.relu(), with_kwargs=True)),
            seq(lin(), of(nn.ReLU)),
        ],
    ),
    "hooks before": (
        ROW,
        [
            hung(lambda module: module.register_forward_pre_hook(lambda m, args: (2 * args[0],))),
            hung(lambda module: module.register_forward_pre_hook(lambda m, args: args[0] + args[0])),
            own(lambda s, x: s.a(x * 2), a=lin()),
        ],
    ),
    "batch normalization": (
        IMAGE,
        [
            seq(conv(), of(nn.BatchNorm2d, 4)),
            seq(conv(), of(nn.BatchNorm2d, 4, eps=1e-5, momentum=0.1)),
            lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.LazyBatchNorm2d()),
            own(lambda s, x: s.n(s.a(x)), a=conv(), n=of(nn.BatchNorm2d, 4)),
        ],
    ),
    "scaling": (
        ROW,
        [
            own(lambda s, x: s.a(x / 255), a=lin()),
            own(lambda s, x: s.a(x * (1 / 255)), a=lin()),
            own(lambda s, x: s.a(x.div(255.0)), a=lin()),
            own(lambda s, x: s.a(torch.div(x, 255)), a=lin()),
        ],
    ),
    "unsqueeze": (
        (8, 8),
        [
            own(lambda s, x: s.a(x.unsqueeze(1)), a=conv(given=1)),
            own(lambda s, x: s.a(x[:, None]), a=conv(given=1)),
            own(lambda s, x: s.a(x.view(-1, 1, 8, 8)), a=conv(given=1)),
            seq(of(nn.Unflatten, 1, (1, 8)), conv(given=1)),
        ],
    ),
    "transposition": (
        WORDS,
        [
            own(lambda s, x: s.a(x.permute(0, 2, 1)), a=of(nn.Conv1d, 5, 4, 3)),
            own(lambda s, x: s.a(x.transpose(1, 2)), a=of(nn.Conv1d, 5, 4, 3)),
            own(lambda s, x: s.a(x.mT), a=of(nn.Conv1d, 5, 4, 3)),
            own(lambda s, x: s.a(torch.transpose(x, -1, -2)), a=of(nn.Conv1d, 5, 4, 3)),
            own(lambda s, x: s.a(x.swapaxes(1, 2)), a=of(nn.Conv1d, 5, 4, 3)),
        ],
    ),
    "mean over time": (
        WORDS,
        [
            own(lambda s, x: s.a(x.mean(1)), a=lin(5)),
            own(lambda s, x: s.a(torch.mean(x, dim=1)), a=lin(5)),
            own(lambda s, x: s.a(x.mean(dim=-2)), a=lin(5)),
        ],
    ),
    "last output": (
        WORDS,
        [
            own(lambda s, x: s.a(s.r(x)[0][:, -1]), r=of(nn.LSTM, 5, 6, batch_first=True), a=lin()),
            own(lambda s, x: s.a(s.r(x)[0][:, -1, :]), r=of(nn.LSTM, 5, 6, batch_first=True), a=lin()),
            own(lambda s, x: s.a(s.r(x)[0][:, 6]), r=of(nn.LSTM, 5, 6, num_layers=1, batch_first=True), a=lin()),
            own(lambda s, x: s.a(s.r(x)[1][0][-1]), r=of(nn.LSTM, 5, 6, batch_first=True), a=lin()),
            own(lambda s, x: s.a(s.r(x)[1][0].squeeze(0)), r=of(nn.LSTM, 5, 6, batch_first=True), a=lin()),
            own(
                lambda s, x: s.a(s.r(x, (torch.zeros(1, x.size(0), 6), torch.zeros(1, x.size(0), 6)))[0][:, -1]),
                r=of(nn.LSTM, 5, 6, batch_first=True),
                a=lin(),
            ),
        ],
    ),
    "gelu": (ROW, [seq(lin(), nn.GELU), act(F.gelu), act(lambda x: 0.5 * x * (1 + torch.erf(x / 2**0.5)))]),
    "sigmoid": (
        ROW,
        [
            seq(lin(), nn.Sigmoid),
            act(torch.sigmoid),
            act(F.sigmoid),
            act(lambda x: x.sigmoid()),
            act(lambda x: 1 / (1 + torch.exp(-x))),
        ],
    ),
    "tanh": (ROW, [seq(lin(), nn.Tanh), act(torch.tanh), act(F.tanh), act(lambda x: x.tanh())]),
    "silu": (ROW, [seq(lin(), nn.SiLU), act(F.silu), act(lambda x: x * torch.sigmoid(x))]),
    "leaky relu": (
        ROW,
        [
            seq(lin(), nn.LeakyReLU),
            act(F.leaky_relu),
            seq(lin(), of(nn.LeakyReLU, 0.01)),
            act(lambda x: torch.max(x, 0.01 * x)),
        ],
    ),
    "elu": (ROW, [seq(lin(), nn.ELU), act(F.elu), seq(lin(), of(nn.ELU, 1.0))]),
    "upsampling": (
        IMAGE,
        [
            seq(conv(), of(nn.Upsample, scale_factor=2)),
            own(lambda s, x: F.interpolate(s.a(x), scale_factor=2), a=conv()),
            own(lambda s, x: F.interpolate(s.a(x), size=(12, 12)), a=conv()),
            seq(conv(), of(nn.UpsamplingNearest2d, scale_factor=2)),
        ],
    ),
    "layer normalization": (
        ROW,
        [
            seq(lin(), of(nn.LayerNorm, 4)),
            seq(lin(), of(nn.LayerNorm, [4])),
            own(lambda s, x: F.layer_norm(s.a(x), (4,), s.g, s.b), a=lin(), g=weight(4), b=weight(4)),
        ],
    ),
    "states of two directions": (
        WORDS,
        [
            own(lambda s, x: torch.cat([s.r(x)[1][-2], s.r(x)[1][-1]], 1), r=of(nn.GRU, 5, 6, bidirectional=True)),
            own(lambda s, x: torch.cat((s.r(x)[1][0], s.r(x)[1][1]), -1), r=of(nn.GRU, 5, 6, bidirectional=True)),
        ],
    ),
    "a token for each": (
        WORDS,
        [
            own(lambda s, x: torch.cat([s.c.expand(x.size(0), -1, -1), x], 1), c=weight(1, 1, 5)),
            own(lambda s, x: torch.cat((s.c.repeat(len(x), 1, 1), x), dim=1), c=weight(1, 1, 5)),
        ],
    ),
    "words as numbers": (
        (7,),
        [
            own(lambda s, x: s.e(x).mean(1), e=of(nn.Embedding, 9, 4)),
            own(lambda s, x: s.e(x.long()).mean(dim=1), e=of(nn.Embedding, 9, 4)),
        ],
    ),
    "halves": (
        ROW,
        [
            own(lambda s, x: torch.cat([s.a(x[:, :3]), s.b(x[:, 3:])], 1), a=lin(3), b=lin(3)),
            own(
                lambda s, x: torch.cat([f(p) for f, p in zip((s.a, s.b), x.chunk(2, 1), strict=True)], 1),
                a=lin(3),
                b=lin(3),
            ),
            own(
                lambda s, x: torch.cat([f(p) for f, p in zip((s.a, s.b), torch.split(x, 3, dim=1), strict=True)], -1),
                a=lin(3),
                b=lin(3),
            ),
        ],
    ),
    "recurrent modules, one above the other": (
        WORDS,
        [
            own(lambda s, x: s.a(x)[0], a=lstm(5, 4, 2)),
            own(lambda s, x: s.b(s.a(x)[0])[0], a=lstm(5), b=lstm(4)),
            own(lambda s, x: s.b(s.a(x)[0])[0], a=lstm(5), b=lstm(4, 4, 1, dropout=0.5)),
        ],
    ),
    "the last state of recurrent modules": (
        WORDS,
        [
            own(lambda s, x: s.a(x)[1][0][-1], a=lstm(5, 4, 2)),
            own(lambda s, x: s.a(x)[0][:, -1], a=lstm(5, 4, 2)),
            own(lambda s, x: s.b(s.a(x)[0])[1][0][-1], a=lstm(5), b=lstm(4)),
        ],
    ),
    "a border of the image's own pixels": (
        IMAGE,
        [
            seq(conv(4, (5, 3), padding=(2, 1), padding_mode="reflect")),
            seq(of(nn.ReflectionPad2d, (1, 1, 2, 2)), conv(4, (5, 3))),
        ],
    ),
    "a norm of each channel": (
        IMAGE,
        [
            seq(of(nn.InstanceNorm2d, 3, affine=True)),
            seq(of(nn.GroupNorm, 3, 3)),
            seq(of(nn.InstanceNorm2d, 3, 1e-5, 0.3, True)),
        ],
    ),
    "attention, its weights not asked for": (
        WORDS,
        [
            own(lambda s, x: s.a(x, x, x)[0], a=of(nn.MultiheadAttention, 5, 1, batch_first=True)),
            own(lambda s, x: s.a(x, x, x, need_weights=False)[0], a=of(nn.MultiheadAttention, 5, 1, batch_first=True)),
        ],
    ),
    "an encoder's layer": (
        WORDS,
        [of(nn.TransformerEncoderLayer, 5, 1, 8, 0.0, batch_first=True), own(encoded, **ENCODER)],
    ),
}
"""By name: the shape of one example, and networks that compute the same."""


class Auxiliary(nn.Module):
    """A network that computes more in training."""

    def __init__(self, more: bool) -> None:
        super().__init__()
        self.a, self.more = nn.Linear(6, 6), more

    def forward(self, x: Any) -> Any:
        y = self.a(x)
        return y + x if self.more and self.training else y


DIFFERENT: dict[str, tuple[Shape, list[Make]]] = {
    "widths": (ROW, [seq(lin()), seq(lin(6, 5)), seq(lin(bias=False)), seq(lin(), lin(4, 4)), seq(lin(), nn.ReLU)]),
    "activations": (
        ROW,
        [
            *(act(one) for one in (F.relu, torch.sigmoid, torch.tanh, F.gelu, F.silu, F.elu, F.leaky_relu, F.selu)),
            *(act(one) for one in (F.softplus, F.hardtanh, F.mish, F.relu6, F.softsign, torch.exp, torch.abs)),
            act(lambda x: F.gelu(x, approximate="tanh")),
            act(lambda x: F.leaky_relu(x, 0.2)),
            act(lambda x: F.elu(x, alpha=0.5)),
            act(lambda x: F.softmax(x, dim=1)),
            act(lambda x: F.log_softmax(x, dim=1)),
            act(lambda x: F.softmax(x, dim=0)),
            act(lambda x: x.clamp(max=0)),
            act(lambda x: x.clamp(0, 1)),
        ],
    ),
    "convolutions": (
        IMAGE,
        [
            seq(conv()),
            seq(conv(5)),
            seq(conv(4, 5)),
            seq(conv(padding=1)),
            seq(conv(padding=2)),
            seq(conv(stride=2)),
            seq(conv(dilation=2)),
            seq(conv(bias=False)),
            seq(conv(stride=2, padding=1)),
            seq(conv(padding=1, padding_mode="reflect")),
            seq(conv(4, (3, 1))),
            seq(conv(4, (1, 3))),
            seq(conv(3, groups=3)),
            seq(conv(3)),
            seq(of(nn.ConvTranspose2d, 3, 4, 3)),
            seq(of(nn.ConvTranspose2d, 3, 4, 3, stride=2)),
            seq(of(nn.ConvTranspose2d, 3, 4, 3, stride=2, padding=1)),
            seq(of(nn.ConvTranspose2d, 3, 4, 3, stride=2, padding=1, output_padding=1)),
            own(lambda s, x: F.pad(s.a(x), (1, 1, 1, 1)), a=conv()),
        ],
    ),
    "poolings": (
        IMAGE,
        [
            seq(conv()),
            POOLED,
            seq(conv(), of(nn.AvgPool2d, 2)),
            seq(conv(), of(nn.MaxPool2d, 3)),
            seq(conv(), of(nn.MaxPool2d, 2, stride=1)),
            seq(conv(), of(nn.MaxPool2d, 3, stride=2)),
            seq(conv(), of(nn.MaxPool2d, 3, stride=2, padding=1)),
            seq(conv(), of(nn.AvgPool2d, 3, stride=2, padding=1)),
            seq(conv(), of(nn.AvgPool2d, 3, stride=2, padding=1, count_include_pad=False)),
            seq(conv(), of(nn.MaxPool2d, 4, ceil_mode=True)),
            seq(conv(), of(nn.MaxPool2d, 4)),
            seq(conv(), of(nn.AdaptiveAvgPool2d, 1)),
            seq(conv(), of(nn.AdaptiveMaxPool2d, 1)),
            seq(conv(), of(nn.AdaptiveAvgPool2d, 1), nn.Flatten),
            seq(conv(), nn.Flatten),
            own(lambda s, x: s.a(x).mean(1), a=conv()),
            own(lambda s, x: s.a(x).sum((2, 3)), a=conv()),
        ],
    ),
    "normalizations": (
        IMAGE,
        [
            seq(conv()),
            seq(conv(), of(nn.BatchNorm2d, 4)),
            seq(conv(), of(nn.BatchNorm2d, 4, eps=1e-3)),
            seq(conv(), of(nn.BatchNorm2d, 4, momentum=0.01)),
            seq(conv(), of(nn.BatchNorm2d, 4, affine=False)),
            seq(conv(), of(nn.BatchNorm2d, 4, track_running_stats=False)),
            seq(conv(), of(nn.InstanceNorm2d, 4)),
            seq(conv(), of(nn.GroupNorm, 2, 4)),
            seq(conv(), of(nn.GroupNorm, 4, 4)),
            seq(conv(), of(nn.LayerNorm, [4, 6, 6])),
            seq(conv(), of(nn.LayerNorm, [6])),
            seq(conv(), of(nn.BatchNorm2d, 4), nn.ReLU),
            seq(conv(), nn.ReLU, of(nn.BatchNorm2d, 4)),
            seq(lambda: nn.utils.parametrizations.spectral_norm(nn.Conv2d(3, 4, 3))),
        ],
    ),
    "dropouts": (
        ROW,
        [
            seq(lin(), lin(4, 2)),
            seq(lin(), of(nn.Dropout, 0.5), lin(4, 2)),
            seq(lin(), of(nn.Dropout, 0.25), lin(4, 2)),
            seq(lin(), lin(4, 2), of(nn.Dropout, 0.5)),
            seq(of(nn.Dropout, 0.5), lin(), lin(4, 2)),
            own(lambda s, x: s.b(F.dropout(s.a(x), 0.5)), a=lin(), b=lin(4, 2)),
            seq(lin(), of(nn.AlphaDropout, 0.5), lin(4, 2)),
        ],
    ),
    "skips": (
        IMAGE,
        [
            lambda: Block(),
            lambda: Block(join=lambda x, y: y),
            lambda: Block(join=torch.mul),
            lambda: Block(join=torch.sub),
            lambda: Block(join=lambda x, y: y - x),
            lambda: Block(join=lambda x, y: torch.cat([x, y], 1)),
            lambda: Block(join=lambda x, y: torch.cat([y, x], 1)),
            lambda: Block(join=lambda x, y: F.relu(x + y)),
            lambda: Block(join=torch.maximum),
            lambda: Block(join=lambda x, y: x + 2 * y),
            lambda: Block(join=lambda x, y: x.detach() + y),
            lambda: nn.Sequential(Block(), Block()),
        ],
    ),
    "sharing": (
        ROW,
        [
            own(lambda s, x: s.a(s.a(x)), a=lin(6, 6)),
            seq(lin(6, 6), lin(6, 6)),
            seq(lin(6, 6)),
            own(lambda s, x: s.a(s.a(s.a(x))), a=lin(6, 6)),
            own(lambda s, x: F.linear(s.a(x), s.a.weight), a=lin(6, 6)),
        ],
    ),
    "lists": (
        ROW,
        [
            lambda: Deep([6, 5, 4]),
            lambda: Deep([6, 4, 5]),
            lambda: Deep([6, 5, 5, 4]),
            lambda: Deep([6, 5]),
            seq(lin(6, 5), nn.ReLU, lin(5, 4)),
        ],
    ),
    "shapes": (
        IMAGE,
        [
            own(lambda s, x: x.flatten(1)),
            own(lambda s, x: x.flatten(2)),
            own(lambda s, x: x.permute(0, 2, 3, 1)),
            own(lambda s, x: x.transpose(2, 3)),
            own(lambda s, x: x.permute(0, 2, 3, 1).flatten(1)),
            own(lambda s, x: x[:, 0]),
            own(lambda s, x: x[:, :2]),
            own(lambda s, x: x[:, :, ::2, ::2]),
            own(lambda s, x: x.flip(3)),
            own(lambda s, x: x.roll(1, 2)),
            own(lambda s, x: x.flatten()),
        ],
    ),
    "recurrences": (
        WORDS,
        [
            *(
                own(lambda s, x: s.r(x)[0][:, -1], r=of(cls, 5, 6, batch_first=True, **more))
                for cls in (nn.LSTM, nn.GRU, nn.RNN)
                for more in ({}, {"num_layers": 2}, {"bidirectional": True}, {"bias": False})
            ),
            own(lambda s, x: s.r(x)[0][:, 0], r=of(nn.LSTM, 5, 6, batch_first=True)),
            own(lambda s, x: s.r(x)[0], r=of(nn.LSTM, 5, 6, batch_first=True)),
            own(lambda s, x: s.r(x)[0].mean(1), r=of(nn.LSTM, 5, 6, batch_first=True)),
            own(lambda s, x: s.r(x)[0][:, -1], r=of(nn.LSTM, 5, 7, batch_first=True)),
            own(lambda s, x: s.r(x)[0][:, -1], r=of(nn.LSTM, 5, 6)),
            own(lambda s, x: s.r(x)[1][1][-1], r=of(nn.LSTM, 5, 6, batch_first=True)),
            own(lambda s, x: s.r(x)[1][0][-1], r=of(nn.GRU, 5, 6, batch_first=True, bidirectional=True)),
            own(lambda s, x: s.r(x)[1][0], r=of(nn.LSTM, 5, 6, num_layers=2, batch_first=True)),
            seq(of(nn.Flatten), lin(35, 6)),
            seq(of(nn.TransformerEncoderLayer, 5, 1, batch_first=True)),
            seq(of(nn.TransformerEncoderLayer, 5, 5, batch_first=True)),
            own(lambda s, x: s.m(x, x, x)[0], m=of(nn.MultiheadAttention, 5, 1, batch_first=True)),
            own(lambda s, x: s.m(x, x, x)[0] + x, m=of(nn.MultiheadAttention, 5, 1, batch_first=True)),
        ],
    ),
    "training": (ROW, [lambda: Auxiliary(True), lambda: Auxiliary(False), own(lambda s, x: s.a(x) + x, a=lin(6, 6))]),
    "constants": (
        ROW,
        [
            own(lambda s, x: s.a(x / 255), a=lin()),
            own(lambda s, x: s.a(x / 128), a=lin()),
            own(lambda s, x: s.a((x - 0.5) / 0.5), a=lin()),
            own(lambda s, x: s.a(x + torch.arange(6)), a=lin()),
            own(lambda s, x: s.a(x * torch.arange(6)), a=lin()),
            own(lambda s, x: s.a(x + s.p), a=lin(), p=weight(6)),
            own(lambda s, x: s.a(x * s.p), a=lin(), p=weight(6)),
        ],
    ),
    "recurrent modules, one above the other": (
        WORDS,
        [
            own(lambda s, x: s.a(x)[0], a=lstm(5, 4, 2)),
            own(lambda s, x: s.a(x)[0], a=lstm(5, 4, 3)),
            own(lambda s, x: s.a(x)[0], a=lstm(5)),
            own(lambda s, x: s.a(x)[0], a=lstm(5, 4, 2, dropout=0.3)),
            own(lambda s, x: s.a(x)[0], a=lstm(5, 2, 2, bidirectional=True)),
            own(lambda s, x: s.b(torch.relu(s.a(x)[0]))[0], a=lstm(5), b=lstm(4)),
        ],
    ),
    "states of recurrent modules": (
        WORDS,
        [
            own(lambda s, x: s.a(x)[1][0][-1], a=lstm(5, 4, 2)),
            own(lambda s, x: s.a(x)[1][0][0], a=lstm(5, 4, 2)),
            own(lambda s, x: s.a(x)[1][1][-1], a=lstm(5, 4, 2)),
        ],
    ),
    "borders": (
        IMAGE,
        [
            *(seq(conv(padding=1, padding_mode=mode)) for mode in ("zeros", "reflect", "replicate", "circular")),
            seq(conv()),
        ],
    ),
    "norms of channels": (
        IMAGE,
        [
            seq(of(nn.InstanceNorm2d, 3, affine=True)),
            seq(of(nn.InstanceNorm2d, 3)),
            seq(of(nn.InstanceNorm2d, 3, affine=True, track_running_stats=True)),
            seq(of(nn.GroupNorm, 1, 3)),
            seq(of(nn.BatchNorm2d, 3)),
        ],
    ),
    "outputs of an attention": (
        WORDS,
        [
            own(lambda s, x: s.a(x, x, x)[0], a=of(nn.MultiheadAttention, 5, 1, batch_first=True)),
            own(lambda s, x: s.a(x, x, x)[1], a=of(nn.MultiheadAttention, 5, 1, batch_first=True)),
            own(lambda s, x: s.a(x, x, x)[0], a=of(nn.MultiheadAttention, 5, 1)),
        ],
    ),
    "encoders' layers": (
        WORDS,
        [
            own(encoded, **ENCODER),
            of(nn.TransformerEncoderLayer, 5, 1, 8, 0.0, batch_first=True, norm_first=True),
            of(nn.TransformerEncoderLayer, 5, 1, 8, 0.0, "gelu", batch_first=True),
            of(nn.TransformerEncoderLayer, 5, 1, 9, 0.0, batch_first=True),
        ],
    ),
}
"""By name: the shape of one example, and networks that each compute another thing."""
