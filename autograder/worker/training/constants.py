"""Whether a record tells more numbers than a network's form has: then its weights may be among them.

What is trained starts from weights of our drawing. A student who has trained a network on the test set could else hand
it in as constants that it computes with, or as the settings of a thousand small layers.
"""

from __future__ import annotations

from collections.abc import Iterator

from autograder.wire.messages import Layer, Network

MOST_FRACTIONS, MOST_OF_A_LAYER, MOST_LISTED = 64, 64, 256
"""Numbers in lists: fractions in all, any in one layer, and any in all but sizes and axes. Means and deviations of
channels, positions of a short sequence. Trained weights would be more."""
MOST_VALUES, MOST_CHANGES = 128, 512
"""Settings that are one number: how many different ones there may be, and how often one may be another than in the
layer of the same class before. Rates grow with depth; an activation written out has a few constants in each block."""
FORM = frozenset(
    (
        *("units", "filters", "kernel_size", "pool_size", "strides", "dilation_rate", "depth_multiplier", "groups"),
        *("num_heads", "key_dim", "value_dim", "input_dim", "output_dim", "n", "size", "height", "width", "axis"),
        *("axis1", "axis2", "axes", "dims", "newshape", "target_shape", "output_shape", "noise_shape", "input_length"),
        *("pad_width", "padding", "output_padding", "cropping", "key", "source", "destination", "attention_axes"),
        *("in_channels", "out_channels", "in_features", "out_features", "num_features", "num_channels", "num_groups"),
        *("normalized_shape", "embed_dim", "kdim", "vdim", "input_size", "hidden_size", "proj_size", "num_layers"),
        *("num_embeddings", "embedding_dim", "padding_idx", "unflattened_size", "start_dim", "end_dim", "dim", "dim0"),
        *("dim1", "stride", "dilation", "scale_factor", "upscale_factor", "downscale_factor", "num_parameters"),
        *("num_classes", "indices_or_sections", "input_axes", "output_axes", "batch_shape", "seed", "rank", "shape"),
    )
)
"""Settings and arguments whose whole numbers are sizes, places and axes, which say how a network is made."""
TENSOR = "tensor"
"""What an argument has in place of the tensor of this number, among those that a call takes."""
MOST_DEPTH = 2
"""Lists in lists that such a setting may hold: a pair an axis. Deeper ones choose elements one by one."""

Place = tuple[str, ...]


def too_many(network: Network) -> Layer | None:
    """Return the layer at which a record has told too many numbers; None where it does not."""
    fractions = listed = changes = 0
    before: dict[tuple[str, Place], float] = {}
    values: set[float] = set()
    for layer in _layers(network):
        told = [*_told(layer.config, ("config",)), *_told(layer.arguments, ("arguments",))]
        within = [(place, number) for place, number, depth in told if depth]
        data = [number for place, number, depth in told if depth and not _is_form(place, number, depth)]
        fractions += sum(not _is_whole(number) for _, number in within)
        listed += len(data)
        for place, number, depth in told:
            if not depth and not _is_form(place, number, depth):
                changes += before.get((layer.cls, place), number) != number
                before[layer.cls, place] = number
                values.add(number)
        singly = len(values) > MOST_VALUES or changes > MOST_CHANGES
        over = (singly, fractions > MOST_FRACTIONS, listed > MOST_LISTED)
        if len(within) > MOST_OF_A_LAYER or any(over):
            return layer
    return None


def _layers(network: Network) -> Iterator[Layer]:
    for layer in network.layers:
        yield layer
        yield from (one for graph in layer.functions.values() for one in graph.layers)


def _told(value: object, place: Place, depth: int = 0) -> Iterator[tuple[Place, float, int]]:
    """Yield each number of a setting: where it stands, and in how many lists."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key != TENSOR:
                yield from _told(part, (*place, str(key)), depth)
    elif isinstance(value, list):
        for part in value:
            yield from _told(part, place, depth + 1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield place, value, depth


def _is_whole(number: float) -> bool:
    return isinstance(number, int) or number.is_integer()


def _is_form(place: Place, number: float, depth: int) -> bool:
    return place[-1] in FORM and _is_whole(number) and depth <= MOST_DEPTH
