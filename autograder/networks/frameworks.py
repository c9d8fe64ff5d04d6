"""Which framework a network, a call or a step is of. Nothing else asks that: whoever must know asks its dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import cast

from autograder.networks.dialect import Dialect
from autograder.networks.steps import Step
from autograder.wire.frameworks import FRAMEWORKS
from autograder.wire.messages import Layer, Network


def _loaded(folder: str) -> Dialect:
    return cast("Dialect", import_module(f"autograder.networks.{folder}.dialect").DIALECT)


DIALECTS: Mapping[str, Dialect] = {one.name: _loaded(one.folder) for one in FRAMEWORKS}
"""By the framework's name in records. One more is one more folder."""
COMMON = DIALECTS[FRAMEWORKS[0].name]
"""Keras's: the words that all networks are compared in."""


def dialect_of(network: Network) -> Dialect:
    """Return the dialect that a network is written in."""
    return DIALECTS[network.framework]


def dialect_of_call(layer: Layer) -> Dialect:
    """Return the dialect of a layer or of a bare operation; the common one of a class of the student's own."""
    found = DIALECTS.get(layer.origin)
    if found is None:
        found = next((one for one in DIALECTS.values() if one.prefix and layer.cls.startswith(one.prefix)), COMMON)
    return found


def dialect_of_steps(steps: Iterable[Step]) -> Dialect:
    """Return the dialect whose words the first of these steps was written in that has words of its author's."""
    return next((DIALECTS[step.framework] for step in steps if step.written), COMMON)
