"""Checks of a network's layers, counted and written as a lecturer does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.judge.message import CheckFailed, Mismatch, Said
from autograder.judge.shown import cut, network_of
from autograder.judge.values import Model
from autograder.judge.written import Written, as_recorded, as_written, general, same, same_value, shown
from autograder.locale import phrase, phrases
from autograder.networks.algebra import activation_alone
from autograder.networks.differences import Difference
from autograder.networks.explain import explain, raised
from autograder.networks.frameworks import dialect_of_call
from autograder.networks.normal import plain_class
from autograder.wire.messages import Layer

ACTIVATION_LAYERS = {"Activation", "ReLU", "Softmax", "LeakyReLU", "ELU", "PReLU"}
OBJECTS = ("activation", "initializer", "regularizer", "constraint")
"""Last words of the settings that hold an object of Keras, or its name."""
LISTED_CHARS = 300
"""Of the layers there are, named where the one asked for is not among them."""


def assert_layers(given: Any, expected: Sequence[str]) -> None:
    """Require these layer classes in call order. Input layers and activations are not counted, however written."""
    network = network_of(given)
    names = [layer.cls for layer in counted(network)]
    if list(map(plain_class, names)) != list(map(plain_class, expected)):
        raise CheckFailed(with_difference(network, cut(", ".join(names) or "[]"), cut(", ".join(expected))))


def assert_layer(given: Any, which: int | str, cls: str | None = None, **settings: Any) -> None:
    """Require a layer's class and settings: `assert_layer(reseau, 3, "Conv2D", filters=64, kernel_size=3)`.

    `which` is a layer's name, or its position: from 1, or from the end with -1, input layers and activations not
    counted. Settings are written as for the layer itself: `padding="same"`, `kernel_size=3` for (3, 3),
    `kernel_initializer="he_uniform"`, `kernel_regularizer="l2(0.01)"`; an activation may be a layer of its own behind
    it. Raises ValueError for a position 0, and for a text that names no object of Keras.
    """
    network = network_of(given)
    layer = _find_layer(network, which)
    if layer is None:
        raise CheckFailed(with_difference(network, _listed(network, which), phrase('a layer "{which}"', which=which)))
    if mismatch := _layer_mismatch(network, layer, which, cls, settings):
        raise CheckFailed(mismatch)


def with_difference(network: Model, received: Said, expected: Said) -> Mismatch:
    """The mismatch, with the smallest edit that would mend the network where the solution's is known."""
    difference = explain(network.record, network.reference) if network.reference else None
    return with_place(received, expected, difference or raised(network.record))


def with_place(received: Said | None, expected: Said | None, difference: Difference | None) -> Mismatch:
    """The mismatch, with where the networks differ and what to try."""
    if difference is None:
        return Mismatch(received, expected)
    return Mismatch(
        received, expected, difference.where, difference.place, difference.hint, discreet=difference.discreet
    )


def counted(network: Model) -> list[Layer]:
    """Return the layers that a position counts."""
    return [
        layer
        for layer in network.layers
        if layer.cls not in ACTIVATION_LAYERS
        and layer.origin != "operation"
        and not dialect_of_call(layer).is_activation(layer)
    ]


def _find_layer(network: Model, which: int | str) -> Layer | None:
    if isinstance(which, str):
        return next((layer for layer in network.layers if layer.name == which), None)
    if which == 0:
        raise ValueError("layers are counted from 1, or from the end with -1: there is no layer 0")
    layers = counted(network)
    index = which - 1 if which > 0 else len(layers) + which
    return layers[index] if 0 <= index < len(layers) else None


def _listed(network: Model, which: int | str) -> Said:
    """Say which layers there are, by number or by name as the one asked for."""
    layers = network.layers if isinstance(which, str) else counted(network)
    names = [
        f"{layer.name} ({layer.cls})" if isinstance(which, str) else f"{place} {layer.cls}"
        for place, layer in enumerate(layers, start=1)
    ]
    found = cut(", ".join(names), LISTED_CHARS) or phrase("none")
    return phrases("{n} layer: {layers}", "{n} layers: {layers}", len(layers), layers=found)


def _layer_mismatch(
    network: Model, layer: Layer, which: int | str, cls: str | None, settings: Mapping[str, Any]
) -> Mismatch | None:
    position = which if isinstance(which, str) or which > 0 else len(counted(network)) + which + 1
    where = phrase("layer {n}", n=position)
    if cls is not None and plain_class(layer.cls) != plain_class(cls):
        return Mismatch(received=layer.cls, expected=cls, where=where, place=where)
    plain = dialect_of_call(layer).plain
    settings = {name: plain(layer, name, value) for name, value in settings.items()}
    found = {name: _setting(network, layer, name) for name in settings}
    wrong = {name: value for name, value in settings.items() if not _same_setting(found[name], value)}
    if not wrong:
        return None
    given = ", ".join(f"{name}={_shown(found[name], value)}" for name, value in wrong.items())
    wanted = ", ".join(f"{name}={value!r}" for name, value in wrong.items())
    return Mismatch(received=cut(given), expected=cut(wanted), where=where, place=where)


def _setting(network: Model, layer: Layer, name: str) -> object:
    """Return a setting of a layer: an object of Keras as it is written, a plain value as it is."""
    value = dialect_of_call(layer).plain(layer, name, layer.config.get(name))
    if name.rpartition("_")[2] not in OBJECTS:
        return as_recorded(value) if isinstance(value, Mapping) and "class_name" in value else value
    written = as_recorded(value)
    if name == "activation" and written.key == "linear":
        return _activation_behind(network, layer) or written
    return written


def _activation_behind(network: Model, layer: Layer) -> Written | None:
    """Return the activation that a layer's output goes through, and nothing else does."""
    layers = network.record.layers
    place = next(index for index, one in enumerate(layers) if one is layer)
    takers = [one for one in layers if place in one.inputs]
    done = activation_alone(takers[0]) if len(takers) == 1 and takers[0].origin != "custom" else None
    if done is None:
        return None
    settings = dict(done)
    return Written(str(settings.pop("activation")), settings)


def _same_setting(given: object, wanted: Any) -> bool:
    if isinstance(wanted, np.generic | np.ndarray):
        wanted = wanted.tolist()
    if isinstance(given, Written):
        return same(given, as_written(wanted))
    return same_value(given, wanted)


def _shown(given: object, wanted: Any) -> str:
    """Show a setting as received: of an object, the settings that were asked for."""
    if not isinstance(given, Written):
        return shown(given)
    asked = general(as_written(wanted))
    alike = asked.key == general(given).key
    return given.with_only(asked.settings if alike else given.settings.keys() & asked.settings.keys())
