"""A network written in a checks file as a short list of layers, as a record."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from autograder.wire.messages import Layer, Network

_POSITIONAL: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose"),
        ("filters", "kernel_size", "strides", "padding"),
    ),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), ("filters", "kernel_size", "strides", "padding")),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), ("kernel_size", "strides", "padding")),
    **{f"{kind}Pooling{n}D": ("pool_size", "strides", "padding") for kind in ("Max", "Average") for n in (1, 2, 3)},
    **dict.fromkeys(("Dense",), ("units", "activation", "use_bias")),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), ("units",)),
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianDropout"), ("rate",)),
    "Activation": ("activation",),
    "Embedding": ("input_dim", "output_dim"),
    "Reshape": ("target_shape",),
    "Permute": ("dims",),
    "RepeatVector": ("n",),
    "Rescaling": ("scale", "offset"),
    **{f"ZeroPadding{n}D": ("padding",) for n in (1, 2, 3)},
    **{f"UpSampling{n}D": ("size",) for n in (1, 2, 3)},
}
"""The parameters of layers that are given by position, in Keras's order."""


def network_from_list(layers: Sequence[str], given: Network) -> Network:
    """Return the record of the network that applies these layers, written as calls, to the inputs of `given`.

    Shapes are not computed. Raises ValueError for what is no call of a layer with plain settings.
    """
    records = [
        Layer(
            name="", cls="InputLayer", origin="keras", config={}, inputs=[], input_shapes=[],
            output_shapes=[shape], weights=[], trainable=True, identity=number,
        )
        for number, shape in enumerate(given.input_shapes)
    ]  # fmt: skip
    for written in layers:
        cls, config = _call(written)
        previous = [len(records) - 1] if records else []
        records.append(
            Layer(
                name="",
                cls=cls,
                origin="keras",
                config=config,
                inputs=previous,
                input_shapes=[],
                output_shapes=[],
                weights=[],
                trainable=True,
                identity=len(records),
            )
        )  # fmt: skip
    return Network(
        name="", framework="keras", dress="list", layers=records, outputs=[len(records) - 1],
        input_shapes=given.input_shapes, output_shapes=[], params=0, trainable_params=0,
    )  # fmt: skip


def without_shapes(network: Network) -> Network:
    """Return `network` as a list of layers says it: no sizes but those that are written."""
    layers = [
        layer if layer.cls == "InputLayer" else replace(layer, input_shapes=[], output_shapes=[])
        for layer in network.layers
    ]
    return replace(network, layers=layers, output_shapes=[])


def _call(written: str) -> tuple[str, dict[str, object]]:
    """Return the class and the settings of a layer written as `Dense(10, activation="relu")`, or as `Flatten`."""
    try:
        tree = ast.parse(written.strip(), mode="eval").body
        if isinstance(tree, ast.Name):
            return tree.id, {}
        assert isinstance(tree, ast.Call)
        assert isinstance(tree.func, ast.Name)
        cls = tree.func.id
        names = _POSITIONAL.get(cls, ())
        values = [ast.literal_eval(one) for one in tree.args]
        assert len(values) <= len(names)
        named = {str(one.arg): ast.literal_eval(one.value) for one in tree.keywords}
    except (SyntaxError, ValueError, AssertionError):
        raise ValueError(f"{written!r} is no layer as one writes it, such as Dense(10, activation='relu')") from None
    return cls, {**dict(zip(names, values, strict=False)), **named}
