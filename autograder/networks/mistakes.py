"""The networks that students write with one typical mistake, made from the record of the reference.

A bar is worth something only where wrong but plausible networks stay below it. Each mistake is an edit of a `Network`
record: layers left out, added, or configured otherwise. Whatever the edit does not concern stays as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from autograder.networks.frameworks import dialect_of, dialect_of_call
from autograder.networks.record_edits import (
    ACTIVATION,
    CONVOLUTION,
    ELEMENTWISE,
    head,
    hidden,
    hidden_kinds,
    inserted_after,
    is_activated,
    is_weighted,
    kind,
    with_activation,
    with_config,
    with_followers,
    with_layers,
    without,
)
from autograder.networks.signature import signature
from autograder.wire.messages import Layer, Network

_POOLING = re.compile(r"(?:Max|Average)Pooling[123]D")
_SLIDING = re.compile(r"(?:(?:Depthwise|Separable)?Conv|(?:Max|Average)Pooling)[123]D")
_MERGE = re.compile(r"Add|Subtract|Multiply|Average|Maximum|Minimum|Concatenate")
WIDE = 4
"""Side of a pooling window, or step of a convolution, that loses most of an image."""
NARROW = 8
"""By how much a network has too few filters and units."""


@dataclass(frozen=True)
class Mistake:
    """One way to write the reference's network wrongly."""

    name: str
    title: str
    """What was done, for the instructor."""
    edit: Callable[[Network], Network]
    """Returns the network with the mistake; as it was, where there is nothing to get wrong."""
    neighbour: bool = False
    """Whether it is rather another choice: a course may let it pass, and says so where it must not."""

    def apply(self, network: Network) -> Network | None:
        """Return the record of the mistaken network, or None where this mistake does not change `network`.

        What an edit may have changed is left open in the new record: shapes (but those of inputs) are empty and counts
        of parameters 0. The weights listed are the reference's.
        """
        edited = self.edit(network)
        same = signature(edited, trainable=True) == signature(network, trainable=True)
        return None if same else _without_shapes(edited)


def _without_shapes(network: Network) -> Network:
    layers = [
        layer
        if layer.cls == "InputLayer"
        else replace(dialect_of_call(layer).edits.uncounted(layer), input_shapes=[], output_shapes=[])
        for layer in network.layers
    ]
    return replace(network, layers=layers, output_shapes=[], params=0, trainable_params=0)


# --- Sizes of images --------------------------------------------------------------------------------------------------


def fits(network: Network) -> bool:
    """Say whether every window fits the image that reaches it, as far as the images' sizes can be followed."""
    sizes: list[tuple[int, ...] | None] = []
    if not dialect_of(network).edits.sizes_known:
        return True  # it is tried, and what does not fit is told of
    for layer in network.layers:
        taken = sizes[layer.inputs[0]] if layer.inputs else None
        sizes.append(_sizes(layer, taken))
        if any(size < 1 for size in sizes[-1] or ()):
            return False
    return True


def _sizes(layer: Layer, taken: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Return height and width (or length, or three sizes) of what a layer makes of `taken`; None: not followed."""
    if layer.cls == "InputLayer":
        known = [size for size in layer.output_shapes[0][1:-1] if size is not None]
        return tuple(known) if len(known) == len(layer.output_shapes[0]) - 2 else None
    done = kind(layer)
    if taken is None or ELEMENTWISE.fullmatch(done) or _MERGE.fullmatch(done):
        return taken
    if not _SLIDING.fullmatch(done) or layer.config.get("data_format") == "channels_first":
        return None
    window = layer.config.get("kernel_size") or layer.config.get("pool_size") or 2
    stride = layer.config.get("strides") or (window if _POOLING.fullmatch(done) else 1)
    settings = (window, stride, layer.config.get("dilation_rate") or 1)
    windows, strides, dilations = (_by_axis(value, len(taken)) for value in settings)
    same = layer.config.get("padding") == "same"
    return tuple(_windows(*axis, same) for axis in zip(taken, windows, strides, dilations, strict=True))


def _by_axis(value: object, count: int) -> list[int]:
    values = list(value) if isinstance(value, (list, tuple)) else [value] * count
    return [one if isinstance(one, int) and one > 0 else 1 for one in values[:count]] + [1] * (count - len(values))


def _windows(size: int, window: int, stride: int, dilation: int, same: bool) -> int:
    if same:
        return -(-size // stride)
    return (size - (window - 1) * dilation - 1) // stride + 1


# --- Mistakes ---------------------------------------------------------------------------------------------------------


def _linear(network: Network) -> Network:
    own = hidden(network, lambda layer: is_weighted(layer) and is_activated(layer))
    return without(with_config(network, own, activation="linear"), hidden_kinds(network, ACTIVATION))


def _hidden_activation(name: str) -> Callable[[Network], Network]:
    return lambda network: with_activation(network, hidden(network, is_activated), name)


def _relu_output(network: Network) -> Network:
    return _with_last_activation(network, "relu")


def _one_output(network: Network) -> Network:
    for position in head(network):
        if (key := _width_key(network.layers[position])) is not None:
            network = with_config(network, [position], **{key: 1})
    return _with_last_activation(network, "sigmoid")


def _with_last_activation(network: Network, name: str) -> Network:
    last = head(network)
    activated = [position for position in last if is_activated(network.layers[position])]
    weighted = [position for position in last if is_weighted(network.layers[position])]
    return with_activation(network, activated or weighted, name)


def _frozen(network: Network) -> Network:
    positions = hidden(network, lambda layer: bool(layer.weights))
    frozen = {}
    for position in positions:
        layer = network.layers[position]
        weights = [replace(weight, trainable=False) for weight in layer.weights]
        frozen[position] = replace(layer, trainable=False, weights=weights, config=layer.config | {"trainable": False})
    return with_layers(network, frozen)


def _width_key(layer: Layer) -> str | None:
    """Return which setting says how many values a layer makes; None where it is not free to be set."""
    if not is_weighted(layer) or layer.config.get("groups") not in (None, 1):
        return None
    return next((key for key in dialect_of_call(layer).edits.widths if isinstance(layer.config.get(key), int)), None)


def _with_width(network: Network, positions: Iterable[int], width: Callable[[int], int]) -> Network:
    """Change how many filters or units the layers at `positions` have, but never to more."""
    each = {network.layers[position].identity: position for position in positions}
    for position in each.values():
        key = _width_key(network.layers[position])
        have = network.layers[position].config[key] if key else None
        if key and isinstance(have, int):
            network = with_config(network, [position], **{key: min(width(have), have)})
    return network


def _narrow(network: Network) -> Network:
    return _with_width(network, hidden(network, is_weighted), lambda have: max(have // NARROW, 1))


def _half_width(network: Network) -> Network:
    return _with_width(network, hidden(network, is_weighted), lambda have: max(have // 2, 1))


def _one_fewer(network: Network) -> Network:
    """Leave out the last hidden convolution, or the last hidden Dense layer where there is none, and its followers."""
    last = (hidden_kinds(network, CONVOLUTION) or _hidden_dense(network))[-1:]
    removed = with_followers(network, last)
    return network if _is_bypassed(network, removed) else without(network, removed)


def _bottleneck(network: Network) -> Network:
    return _with_width(network, _hidden_dense(network)[-1:], lambda _: 2)


def _one_filter(network: Network) -> Network:
    return _with_width(network, hidden_kinds(network, CONVOLUTION)[:1], lambda _: 1)


def _hidden_dense(network: Network) -> list[int]:
    return hidden(network, lambda layer: kind(layer) == "Dense")


def _wide_pools(network: Network) -> Network:
    """Pool 4 × 4, from the first pooling on, as long as the rest still fits what is left of the image."""
    for position in hidden_kinds(network, _POOLING):
        size = network.layers[position].config.get("pool_size") or 2
        wider = with_config(network, [position], pool_size=WIDE, strides=WIDE)
        if max(_by_axis(size, 1)) < WIDE and fits(wider):
            network = wider
    return network


def _long_strides(network: Network) -> Network:
    first = hidden_kinds(network, CONVOLUTION)[:1]
    longer = with_config(network, first, strides=WIDE)
    dilated = any(max(_by_axis(network.layers[one].config.get("dilation_rate") or 1, 3)) > 1 for one in first)
    return longer if fits(longer) and not dilated else network  # Keras has no convolution with strides and dilation


def _without_dense(network: Network) -> Network:
    return without(network, with_followers(network, _hidden_dense(network)))


def _without_convolutions(network: Network) -> Network:
    convolutions = hidden_kinds(network, CONVOLUTION)
    poolings = hidden_kinds(network, _POOLING) if convolutions else []
    return without(network, with_followers(network, [*convolutions, *poolings]))


def _without_last_block(network: Network) -> Network:
    """Leave out the convolutions after the last pooling but one, their followers, and the pooling that ends them."""
    convolutions, poolings = hidden_kinds(network, CONVOLUTION), hidden_kinds(network, _POOLING)
    if len(convolutions) < 2:
        return network
    before = max((position for position in poolings if convolutions[0] < position < convolutions[-1]), default=None)
    block = [position for position in convolutions if before is not None and position > before] or convolutions[-1:]
    removed = with_followers(network, block)
    ends = [position for position in poolings if removed.issuperset(network.layers[position].inputs)]
    removed = with_followers(network, {*removed, *ends})
    return network if _is_bypassed(network, removed) else without(network, removed)


def _is_bypassed(network: Network, positions: Iterable[int]) -> bool:
    """Say whether what one of the layers at `positions` takes goes elsewhere too: into a sum, past a block."""
    taken = Counter(source for layer in network.layers for source in layer.inputs)
    return any(taken[source] > 1 for position in positions for source in network.layers[position].inputs)


def _heavy_dropout(network: Network) -> Network:
    after = {_activated_end(network, position) for position in hidden(network, is_weighted)}
    return inserted_after(network, after, "Dropout", {"rate": 0.9})


def _activated_end(network: Network, position: int) -> int:
    """Return the last of the activations and normalisations that a layer's output goes through alone."""
    while True:
        takers = [index for index, layer in enumerate(network.layers) if position in layer.inputs]
        if len(takers) != 1 or not ELEMENTWISE.fullmatch(kind(network.layers[takers[0]])):
            return position
        position = takers[0]


MISTAKES = (
    Mistake("no-activation", "no activation in the hidden layers", _linear),
    Mistake("relu-output", "ReLU as the last activation", _relu_output),
    Mistake("sigmoid-hidden", "sigmoid in the hidden layers", _hidden_activation("sigmoid")),
    Mistake("softmax-hidden", "softmax in the hidden layers", _hidden_activation("softmax")),
    Mistake("frozen", "the hidden layers frozen", _frozen),
    Mistake("bottleneck", "2 units in the last hidden Dense layer", _bottleneck),
    Mistake("narrow", "an eighth of the filters and units", _narrow),
    Mistake("wide-pooling", "pooling of 4 × 4", _wide_pools),
    Mistake("block-missing", "the last block of convolutions left out", _without_last_block),
    Mistake("dense-missing", "the hidden Dense layers left out", _without_dense),
    Mistake("convolutions-missing", "the convolutions and poolings left out", _without_convolutions),
    Mistake("heavy-dropout", "Dropout(0.9) after every hidden layer", _heavy_dropout),
    Mistake("one-filter", "a single filter in the first convolution", _one_filter),
    Mistake("long-strides", "strides of 4 in the first convolution", _long_strides),
    Mistake("one-output", "a single output, with a sigmoid", _one_output),
    Mistake("half-width", "half the filters and units", _half_width, neighbour=True),
    Mistake("layer-missing", "one convolution or hidden Dense layer fewer", _one_fewer, neighbour=True),
)
