"""Noise that is drawn and added by hand, as the layer that adds it."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.networks.layers import as_layer
from autograder.networks.nodes import Builder
from autograder.networks.operands import said_of
from autograder.networks.patterns import scaled


def added(b: Builder, terms: Sequence[int]) -> int | None:
    """Return x with a normal noise of its own shape, a GaussianNoise; None where two terms are another thing."""
    for x, other in (terms, terms[::-1]) if len(terms) == 2 else ():
        noise, scale, offset = scaled(b, other)
        drawn = b.draws.get(noise)
        if drawn is None or drawn.cls != "RandomNormal" or b.nodes[noise].shape != b.shape(x) or offset != 0:
            continue
        said = said_of(drawn)
        spread, mean = said.get("stddev", 1.0), said.get("mean") or 0
        if mean == 0 and isinstance(spread, (int, float)) and isinstance(scale, (int, float)):
            return as_layer(b, drawn, "GaussianNoise", {"stddev": abs(spread * scale)}, [x])[0]
    return None
