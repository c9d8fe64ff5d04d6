"""Weights of frozen layers: those that the course's own network has are kept, all others are drawn anew.

Transfer learning stands on what a frozen base has learned. A room gives the values of frozen layers with a network that
is to be trained; they are a claim, and a student could freeze what was trained on the test set. So a layer keeps its
weights where every one of them is, byte for byte, one that the solution's network gave.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from autograder.records import digest
from autograder.wire import codec
from autograder.wire.messages import Layer, Network, Weight


@dataclass(frozen=True)
class Frozen:
    """A network to train, with the weights that it keeps."""

    network: Network
    """Its kept weights refer to `blobs`; no other has values."""
    blobs: tuple[bytes, ...] = ()
    digest: str = ""
    """Of what is kept; empty: nothing is."""
    redrawn: bool = False
    """Whether a frozen layer starts from weights drawn anew."""


def known_weights(network: Network, blobs: Sequence[bytes]) -> frozenset[str]:
    """Return the digest of each weight whose values a network gives."""
    return frozenset(name for layer in network.layers for name in _digests(layer, blobs) if name)


def keep_frozen(network: Network, blobs: Sequence[bytes], known: Container[str] | None = None) -> Frozen:
    """Return the network with the weights of frozen layers that are `known`; None: all that are given are."""
    kept: dict[str, bytes] = {}
    layers, redrawn = [], False
    for layer in network.layers:
        names = list(_digests(layer, blobs))
        whole = bool(names) and all(name and (known is None or name in known) for name in names)
        redrawn = redrawn or (bool(layer.weights) and not layer.trainable and not whole)
        for name, weight in zip(names, layer.weights, strict=False):
            if whole and weight.values is not None:
                kept.setdefault(name, blobs[weight.values.blob])
        places = [list(kept).index(name) if whole else None for name in names]
        weights = [_placed(weight, place) for weight, place in zip(layer.weights, places, strict=True)]
        layers.append(msgspec.structs.replace(layer, weights=weights))
    network = msgspec.structs.replace(network, layers=layers)
    return Frozen(network, tuple(kept.values()), digest(*kept) if kept else "", redrawn)


def _digests(layer: Layer, blobs: Sequence[bytes]) -> Iterator[str]:
    """Yield a digest for each weight of a layer; empty where its values are not given, or are no such array."""
    for weight in layer.weights:
        values = weight.values if not layer.trainable else None
        if values is None or values.shape != weight.shape:
            yield ""
            continue
        try:
            codec.array_value(values, list(blobs))
        except codec.WireError:
            yield ""
        else:
            yield digest(values.dtype, str(values.shape), blobs[values.blob])


def _placed(weight: Weight, place: int | None) -> Weight:
    values = None if place is None or weight.values is None else msgspec.structs.replace(weight.values, blob=place)
    return msgspec.structs.replace(weight, values=values)
