"""Values of a configuration as they compare: plain, hashable, numbers as float32 keeps them."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping

from autograder.wire.messages import Layer

Settings = tuple[tuple[str, object], ...]
"""Sorted pairs. Values are JSON's, lists as tuples and dicts as sorted pairs, so that they compare and hash."""

NOISE = frozenset(
    (
        *("name", "seed", "trainable", "batch_input_shape", "batch_shape", "quantization_config", "module"),
        *("registered_name", "build_config", "unroll", "implementation", "use_cudnn", "zero_output_for_mask"),
        *("flash_attention", "input_length", "call_config"),
    )
)
"""Settings that do not change what a layer computes. `trainable` is read from the weights, where it is asked for."""
_BARE = (str, bool, int)
_DEPTH = 20
"""Nested configurations are compared down to here."""


def readable(value: object) -> object:
    """Write a serialised object as its constructor is called: MaxNorm(max_value=3)."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        said = ", ".join(f"{key}={shown(one)}" for key, one in pairs(value[1]).items())
        return f"{value[0]}({said})"
    return value


def shown(value: object) -> str:
    """Return the text of a value in normal form, without the pairs that stand for dicts."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], tuple):
        return str(readable(value))
    return str(value)


def clean(value: object, depth: int = 0) -> object:
    """Return `value` so that it compares and hashes; a serialised object as its class, with what sets it apart."""
    if value is None or type(value) in _BARE:  # what most settings are
        return value
    if depth > _DEPTH:
        return "…"
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, (list, tuple)):
        return tuple(clean(item, depth + 1) for item in value)
    if not isinstance(value, dict):
        return value
    if {"class_name", "config"} <= set(value):
        config = clean(value["config"], depth + 1)
        return (str(value["class_name"]), config) if config else str(value["class_name"])
    said = {str(key): clean(item, depth + 1) for key, item in value.items() if key not in NOISE}
    return sort({key: item for key, item in said.items() if item is not None})


def rounded(value: float) -> float | int:
    """Write a number as precisely as float32 keeps it: 0.01 and 0.009999999776 are one."""
    if not math.isfinite(value):
        return value
    value = float(f"{value:.6g}")
    return int(value) if value.is_integer() else value


def sort(settings: Mapping[str, object]) -> Settings:
    return tuple(sorted(settings.items(), key=operator.itemgetter(0)))


def from_the_end(axis: object, rank: int) -> object:
    """Count an axis from the end, where the number of axes is known: the last one of four is -1 and 3 alike."""
    if isinstance(axis, tuple):
        counted = tuple(from_the_end(one, rank) for one in axis)
        return counted[0] if len(counted) == 1 else counted
    return axis - rank if isinstance(axis, int) and 0 <= axis < rank else axis


def rank_of(layer: Layer) -> int:
    return len(layer.input_shapes[0]) if layer.input_shapes else 0


def pairs(config: object) -> dict[str, object]:
    """Undo `_sorted`; nothing for what it did not make."""
    pairs = [pair for pair in config if isinstance(pair, tuple) and len(pair) == 2] if isinstance(config, tuple) else []
    return {str(key): value for key, value in pairs}
