"""Modules written by hand that make the numbers of those expected: it cannot be told, and nobody is accused."""

from __future__ import annotations

import warnings
from typing import Any

import msgspec
import pytest

from autograder.judge.asserts import assert_same_network
from autograder.judge.message import CannotTell, CheckFailed
from autograder.judge.values import Model
from autograder.wire.messages import Network

torch = pytest.importorskip("torch", reason="no PyTorch here: `make test-all` runs these in .venv-torch")

import torch.nn.functional as F  # noqa: E402, N812
from torch import nn  # noqa: E402

from autograder.worker.keras import running  # noqa: E402
from autograder.worker.pytorch.reader import read_module  # noqa: E402
from pytorch.pairs import IMAGE, ROW, WORDS, Make, Shape, conv, lin, of, own, seq  # noqa: E402


def cell(turned: bool = False) -> Make:
    def forward(s: Any, x: Any) -> Any:
        h = torch.zeros(len(x), 4)
        for place in range(x.shape[1])[:: -1 if turned else 1]:
            h = s.a(x[:, place], h)
        return h

    return own(forward, a=of(nn.GRUCell, 5, 4))


def pixels(*axes: int) -> Make:
    """A shuffle of pixels: channels become places."""
    return own(lambda s, x: s.a(x).view(-1, 2, 2, 2, 8, 8).permute(axes).reshape(-1, 2, 16, 16), a=conv(8, padding=1))


def gate(first: int) -> Make:
    def forward(s: Any, x: Any) -> Any:
        halves = s.a(x).split(4, dim=1)
        return halves[first] * torch.sigmoid(halves[1 - first])

    return own(forward, a=lin(6, 8))


def tiles(reduce: Any) -> Make:
    return own(lambda s, x: reduce(s.a(x).unfold(2, 2, 2).unfold(3, 2, 2), (-1, -2)), a=conv(4, padding=1))


def channels(groups: int) -> Make:
    return own(lambda s, x: s.a(x).view(-1, groups, 4 // groups, 8, 8).transpose(1, 2).reshape(-1, 4, 8, 8),
               a=conv(4, padding=1))  # fmt: skip


def unit(axis: int) -> Make:
    return own(lambda s, x: s.a(x) / s.a(x).norm(dim=axis, keepdim=True).clamp_min(1e-12), a=lin(6, 4))


ALIKE: dict[str, tuple[Shape, Make, Make, Make]] = {
    "a GRU by its cell": (
        WORDS, own(lambda s, x: s.a(x)[1][0], a=of(nn.GRU, 5, 4, batch_first=True)), cell(), cell(turned=True)
    ),
    "pixels shuffled": (
        IMAGE, seq(conv(8, padding=1), of(nn.PixelShuffle, 2)), pixels(0, 1, 4, 2, 5, 3), pixels(0, 1, 4, 3, 5, 2)
    ),
    "halves that gate": (ROW, seq(lin(6, 8), of(nn.GLU)), gate(0), gate(1)),
    "means of tiles": (IMAGE, seq(conv(4, padding=1), of(nn.AvgPool2d, 2)), tiles(torch.mean), tiles(torch.amax)),
    "channels shuffled": (IMAGE, seq(conv(4, padding=1), of(nn.ChannelShuffle, 2)), channels(2), channels(1)),
    "of length one": (ROW, own(lambda s, x: F.normalize(s.a(x), dim=1), a=lin(6, 4)), unit(1), unit(0)),
}  # fmt: skip
"""By name: the shape of an example, what is asked for, what is equal to it in a way that is not known, a mistake."""


class GroupNorm(nn.Module):  # type: ignore[misc]
    """A norm of groups by its moments, its weights kept in four dimensions."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.conv, self.groups = nn.Conv2d(3, 4, 3, padding=1), groups
        self.weight, self.bias = nn.Parameter(torch.ones(1, 4, 1, 1)), nn.Parameter(torch.zeros(1, 4, 1, 1))

    def forward(self, x: Any) -> Any:
        x = self.conv(x)
        y = x.view(x.size(0), self.groups, -1)
        y = (y - y.mean(-1, keepdim=True)) / (y.var(-1, unbiased=False, keepdim=True) + 1e-5).sqrt()
        return y.view(x.shape) * self.weight + self.bias


def heads(scale: float | None = None, *, of_three: bool = True) -> Make:
    """Two heads, of one Linear for queries, keys and values that is cut in either way."""

    def forward(s: Any, x: Any) -> Any:
        b, t, _ = x.shape
        made = s.qkv(x)
        if of_three:
            q, k, v = (one.view(b, t, 2, 2).transpose(1, 2) for one in made.chunk(3, dim=-1))
            y = F.scaled_dot_product_attention(q, k, v, scale=scale)
        else:
            q, k, v = made.reshape(b, t, 3, 2, 2).permute(2, 0, 3, 1, 4)
            y = (q @ k.transpose(-2, -1) * (scale or 2**-0.5)).softmax(-1) @ v
        return s.out(y.transpose(1, 2).contiguous().view(b, t, 4))

    return own(forward, qkv=lin(5, 12), out=lin(4, 4))


def cut(first: bool) -> Make:
    def forward(s: Any, x: Any) -> Any:
        made = s.a(x.mT)
        return F.relu(made[..., 4:] if first else made[..., :-4])

    return own(forward, a=of(nn.Conv1d, 5, 4, 3, dilation=2, padding=4))


ALIKE |= {
    "a norm of groups": (
        IMAGE, seq(conv(4, padding=1), of(nn.GroupNorm, 2, 4)), lambda: GroupNorm(2), lambda: GroupNorm(4)
    ),
    "heads of one matrix": (WORDS, heads(), heads(of_three=False), heads(1.0, of_three=False)),
    "causal by cutting": (
        WORDS, own(lambda s, x: s.a(F.pad(x.mT, (4, 0))).relu(), a=of(nn.Conv1d, 5, 4, 3, dilation=2)), cut(False),
        cut(True),
    ),
}  # fmt: skip


def read(make: Make, shape: Shape) -> Network:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return msgspec.json.decode(msgspec.json.encode(read_module(make(), shape)), type=Network)


@pytest.mark.parametrize("name", ALIKE)
def test_the_same_numbers_accuse_nobody_and_other_numbers_do(name: str) -> None:
    shape, *all_three = ALIKE[name]
    with running.always():
        asked, given, wrong = (read(one, shape) for one in all_three)
    for one, other in ((given, asked), (asked, given)):
        with pytest.raises(CannotTell, match="written by hand"):
            assert_same_network(Model(one, other))
        with pytest.raises(CheckFailed):
            assert_same_network(Model(wrong, other))


def test_a_module_that_is_run_is_left_as_it_was() -> None:
    module = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4)).train()
    before = {name: one.clone() for name, one in module.state_dict().items()}
    state = torch.random.get_rng_state()
    with running.always():
        assert read_module(module, ROW).sample is not None
    assert module.training
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(one, module.state_dict()[name]) for name, one in before.items())
