"""Runs a module once, as `keras.running` does a model: on fixed numbers, its weights fixed numbers too.

The module's own weights are not touched, nor is what it holds: numbers are put in their place for the time of one call.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from autograder.wire.messages import Sample
from autograder.worker.errors import message_of
from autograder.worker.keras.running import Example, Signed, axes, numbers_of, reach, scattered, spaced, told
from autograder.worker.pytorch.following import unchanged

Weigh = Callable[[tuple[int, ...]], Any]
"""Returns numbers for a weight of a shape."""


def sample(module: Any, sizes: tuple[int, ...]) -> Sample:
    """Return what a module makes of fixed examples of these sizes, batch left out."""
    for kind in ("float32", "int64"):  # a table of words may be asked for by whole numbers alone
        try:
            values = _made(module, sizes, Example(kind), _weight, spaced)
            signed = _made(module, sizes, Signed(kind), partial(_weight, salt=1), scattered)
            regrouped = _made(module, sizes, Signed(kind), _regrouped, scattered)
        except Exception as error:
            raised = error
        else:
            return Sample(values, signed=signed, regrouped=regrouped)
    return Sample([], raised=f"{type(raised).__name__}: {message_of(raised)}"[:1000])


def _made(
    module: Any, sizes: tuple[int, ...], example: Example, weigh: Weigh, chosen: Callable[[int], Any]
) -> list[float | None]:
    named = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    weights = {
        name: torch.from_numpy(weigh(tuple(one.shape))).to(one.dtype)
        for name, one in named.items()
        if one.is_floating_point()
    }
    with unchanged(module), torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module.eval()
        outputs = torch.func.functional_call(module, weights, (torch.from_numpy(example.numbers(sizes)),))
    flat, _ = torch.utils._pytree.tree_flatten(outputs)
    return told([one.detach().numpy() for one in flat], chosen)


def _weight(shape: tuple[int, ...], salt: int = 0) -> Any:
    core = axes(shape)
    kernel = core if len(core) > 1 else shape if len(shape) == 2 else ()  # else one that is broadcast
    return numbers_of(shape, math.prod(kernel[1:]), salt)


def _regrouped(shape: tuple[int, ...]) -> Any:
    """Return numbers that depend on what a weight takes alone: all that it makes, its first axis, is weighed alike."""
    if len(axes(shape)) < 2 and len(shape) != 2:
        return np.full(shape, 0.3, np.float32)
    taken = math.prod(shape[1:])
    numbers = np.random.default_rng(taken).uniform(-1, 1, shape[1:]) * reach(taken)
    return np.array(np.broadcast_to(numbers, shape), dtype=np.float32)
