"""What a room is asked, one question at a time, in an order in which none can tell of another that matters.

First what hands student code nothing, then calls, and last what holds the inputs of a hidden set: no answer that a page
may show is given once they are in the room. What comes back for those is a fault or an array of few dimensions: nothing
that could carry them out again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from autograder.records import Limits, Plan, asked_name
from autograder.wire import codec
from autograder.wire.messages import (
    PROBES_WITHOUT_INPUTS,
    Answered,
    Array,
    Artifact,
    Fault,
    Layer,
    Network,
    PredictionsProbe,
    PrintedProbe,
    Questions,
    SourceProbe,
    TrainedByProbe,
    Weight,
)

READ_BY_US = (SourceProbe, PrintedProbe)
"""Answered from the submission: no room is asked."""
HIDDEN = (PredictionsProbe, TrainedByProbe)
HIDDEN_DIMENSIONS = 4


def in_order(plan: Plan) -> list[str]:
    """Return the names of what a room is asked, in the order to ask it in."""
    asked = {name: probe for name, probe in plan.probes.items() if not isinstance(probe, READ_BY_US)}
    return sorted(
        asked,
        key=lambda name: 2 if isinstance(asked[name], HIDDEN) else not isinstance(asked[name], PROBES_WITHOUT_INPUTS),
    )


def alone(name: str, plan: Plan, limits: Limits, *, sampled: bool = False) -> tuple[Questions, list[bytes]]:
    """Return one question as a message, with the arrays of its own; `sampled`: networks are run as well as read."""
    blobs: list[bytes] = []
    probe = _moved(plan.probes[name], plan.blobs, blobs)
    return Questions({name: probe}, limits.array_mb * 2**20, sampled=sampled), blobs


def _moved(value: Any, held: tuple[bytes, ...], blobs: list[bytes]) -> Any:
    """Return `value` with each of its arrays' bytes moved from `held` to `blobs`."""
    if isinstance(value, Array):
        blobs.append(held[value.blob])
        return msgspec.structs.replace(value, blob=len(blobs) - 1)
    if isinstance(value, msgspec.Struct):
        fields = {name: _moved(getattr(value, name), held, blobs) for name in value.__struct_fields__}
        return type(value)(**fields)
    if isinstance(value, dict):
        return {key: _moved(part, held, blobs) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_moved(part, held, blobs) for part in value)
    return value


def frame_to_keep(answered: Answered, frame: bytes, plan: Plan) -> bytes:
    """Return the frame to keep of an answer: what can be counted here is not believed."""
    match answered.answer:
        case Network(problem="", note="") as network if counts(network) != (network.params, network.trainable_params):
            every, trainable = counts(network)
            frame_to_keep = msgspec.structs.replace(network, params=every, trainable_params=trainable)
            return _instead(answered, frame_to_keep, codec.unpack(frame, Answered)[1])
        case Fault(kind="missing") as fault:
            names = [name for name in fault.names if name not in set(_names(plan))]  # what others ask for is not it
            return _instead(answered, msgspec.structs.replace(fault, names=names))
        case answer if isinstance(plan.probes[answered.probe], HIDDEN) and not isinstance(answer, Fault):
            if not _are_predictions(answer, frame):
                return _instead(answered, Fault(kind="unread", message="no predictions"))
    return frame


def _are_predictions(answer: Artifact, frame: bytes) -> bool:
    """Whether they are an array of numbers that holds together. What a page says of any other could be made to tell."""
    if not isinstance(answer, Array) or not 1 <= len(answer.shape) <= HIDDEN_DIMENSIONS or 0 in answer.shape:
        return False
    try:
        codec.array_value(answer, codec.unpack(frame, Answered)[1])
    except codec.WireError:
        return False
    return True


def counts(network: Network) -> tuple[int, int]:
    """Return how many numbers the weights of its layers hold, all and those that are trained, each weight once."""
    weights: dict[object, Weight] = {}
    for layer in _layers(network.layers):
        for place, weight in enumerate(layer.weights):
            weights[(layer.identity, place) if weight.identity is None else weight.identity] = weight
    sizes = [(math.prod(weight.shape), weight.trainable) for weight in weights.values()]
    return sum(size for size, _ in sizes), sum(size for size, trainable in sizes if trainable)


def _layers(layers: list[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        for graph in layer.functions.values():
            yield from _layers(graph.layers)


def _instead(answered: Answered, answer: Fault | Network, blobs: list[bytes] | None = None) -> bytes:
    return codec.pack(msgspec.structs.replace(answered, answer=answer), blobs)


def _names(plan: Plan) -> Iterator[str]:
    """Names of the notebook that the plan asks for."""
    yield from map(asked_name, plan.probes.values())
