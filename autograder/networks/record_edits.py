"""Edits of the record of a network: layers found by what they do, left out, added, or configured otherwise.

Whatever an edit does not concern stays as it is: shapes too, which may be wrong afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace

from autograder.networks.frameworks import dialect_of, dialect_of_call
from autograder.networks.normal import parts
from autograder.wire.messages import Layer, Network

CONVOLUTION = re.compile(r"(?:Depthwise|Separable)?Conv[123]D(?:Transpose)?")
ACTIVATION = re.compile(r"Activation|PReLU")
ELEMENTWISE = re.compile(r"Activation|PReLU|\w*Dropout(?:[123]D)?|GaussianNoise|\w+Normalization|Identity")


# --- What a layer is, and where it stands -----------------------------------------------------------------------------


def kind(layer: Layer) -> str:
    """Return the class of a layer in normal form; Identity for one that computes nothing, such as linear."""
    return dialect_of_call(layer).edits.kind(layer)


def is_weighted(layer: Layer) -> bool:
    """Say whether it is a Dense layer or a convolution: what the shape of a network is made of."""
    done = kind(layer)
    return done == "Dense" or CONVOLUTION.fullmatch(done) is not None


def is_activated(layer: Layer) -> bool:
    """Say whether it is an activation, or has one of its own that is not linear."""
    if ACTIVATION.fullmatch(kind(layer)):
        return True
    return is_weighted(layer) and len(parts(layer)) == 2


def head(network: Network) -> frozenset[int]:
    """Return the positions of the last Dense layers or convolutions, and of all that follows them to the outputs."""
    found: set[int] = set()
    waiting = list(network.outputs)
    while waiting:
        position = waiting.pop()
        layer = network.layers[position]
        if position not in found and layer.cls != "InputLayer":
            found.add(position)
            waiting += [] if is_weighted(layer) else layer.inputs
    return frozenset(found)


def hidden(network: Network, wanted: Callable[[Layer], bool]) -> list[int]:
    """Return the positions of the layers that are not the head's, nor share its weights, and are `wanted`."""
    last = {network.layers[position].identity for position in head(network)}
    return [
        position
        for position, layer in enumerate(network.layers)
        if layer.identity not in last and layer.cls != "InputLayer" and wanted(layer)
    ]


def hidden_kinds(network: Network, pattern: re.Pattern[str]) -> list[int]:
    return hidden(network, lambda layer: pattern.fullmatch(kind(layer)) is not None)


def with_followers(network: Network, positions: Iterable[int]) -> set[int]:
    """Add to `positions` the activations, dropouts and normalisations that take from nothing else."""
    found = set(positions)
    for position, layer in enumerate(network.layers):
        if layer.inputs and found.issuperset(layer.inputs) and ELEMENTWISE.fullmatch(kind(layer)):
            found.add(position)
    return found


# --- Edits ------------------------------------------------------------------------------------------------------------


def with_config(network: Network, positions: Iterable[int], **settings: object) -> Network:
    """Return `network` with these settings in the layers at `positions`, at every call of each."""
    chosen = {network.layers[position].identity for position in positions}
    return replace(
        network,
        layers=[
            replace(layer, config=layer.config | dialect_of_call(layer).edits.settings(settings))
            if layer.identity in chosen
            else layer
            for layer in network.layers
        ],
    )


def with_layers(network: Network, layers: Mapping[int, Layer]) -> Network:
    """Return `network` with other layers at some positions."""
    return replace(network, layers=[layers.get(position, layer) for position, layer in enumerate(network.layers)])


def without(network: Network, positions: Collection[int]) -> Network:
    """Return `network` without the layers at `positions`: whatever took their output takes their input."""
    kept = [position for position in range(len(network.layers)) if position not in positions]
    moved = {old: [new] for new, old in enumerate(kept)}
    for position in sorted(positions):
        moved[position] = _moved(network.layers[position].inputs, moved)
    layers = [replace(network.layers[old], inputs=_moved(network.layers[old].inputs, moved)) for old in kept]
    return replace(network, layers=layers, outputs=_moved(network.outputs, moved))


def _moved(positions: Sequence[int], moved: Mapping[int, Sequence[int]]) -> list[int]:
    return [new for old in positions for new in moved[old]]


def inserted_after(network: Network, positions: Iterable[int], cls: str, config: Mapping[str, object]) -> Network:
    """Return `network` with a new layer after each of `positions`: whatever took their output takes the new layer's."""
    after = set(positions)
    layers: list[Layer] = []
    moved: dict[int, list[int]] = {}
    fresh = _fresh_identity(network)
    for position, layer in enumerate(network.layers):
        layers.append(replace(layer, inputs=_moved(layer.inputs, moved)))
        if position in after:
            layers.append(_new_layer(network, cls, config, [len(layers) - 1], fresh))
            fresh += 1
        moved[position] = [len(layers) - 1]
    return replace(network, layers=layers, outputs=_moved(network.outputs, moved))


def _fresh_identity(network: Network) -> int:
    return 1 + max((layer.identity for layer in network.layers), default=-1)


def _new_layer(network: Network, cls: str, config: Mapping[str, object], inputs: list[int], identity: int) -> Layer:
    dialect = dialect_of(network)
    cls, settings = dialect.edits.layer(cls, config)
    return Layer(
        name=f"{cls.lower()}_{identity}",
        cls=cls,
        origin=dialect.name,
        config=settings,
        inputs=inputs,
        input_shapes=[],
        output_shapes=[],
        weights=[],
        trainable=True,
        identity=identity,
    )


def with_activation(network: Network, positions: Iterable[int], name: str) -> Network:
    """Return `network` with the activation `name` in the layers at `positions`, or in their place."""
    apart = [position for position in positions if ACTIVATION.fullmatch(kind(network.layers[position]))]
    own = [position for position in positions if position not in apart]
    fresh = _fresh_identity(network)
    swapped = {
        position: _new_layer(
            network, "Activation", {"activation": name}, network.layers[position].inputs, fresh + number
        )
        for number, position in enumerate(apart)
    }
    if not dialect_of(network).edits.own_activations:
        return inserted_after(with_layers(network, swapped), own, "Activation", {"activation": name})
    return with_layers(with_config(network, own, activation=name), swapped)
