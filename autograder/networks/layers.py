"""Layers of Keras as nodes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
from msgspec.structs import replace

from autograder.networks import repeats
from autograder.networks.activations import LayerPart
from autograder.networks.arithmetic import ONE, activated, affine, merged, times, uncast
from autograder.networks.commuting import above, beneath
from autograder.networks.dimensions import has_axes, in_time, pointwise, reduced_in_time, thinner, upsampled
from autograder.networks.matrices import dot
from autograder.networks.nodes import RECURRENT, Builder, Node, function_told
from autograder.networks.normal import COMMUTATIVE, parts, settings_of
from autograder.networks.operands import constant, constant_in, shape_of, weights_of
from autograder.networks.patterns import scaled
from autograder.networks.sequences import attention, is_masked, recurrent, stacked, unmasked
from autograder.networks.shapes import concatenated, reshaped, transposed
from autograder.networks.slices import cropped
from autograder.networks.values import clean
from autograder.networks.windows import numbered, separable, unpadded
from autograder.wire.messages import Graph, Layer, Shape

_LAST_AXIS = (
    "Dense",
    "Dropout",
    "Activation",
    "ReLU",
    "LeakyReLU",
    "Softmax",
    "LayerNormalization",
    "Identity",
    "Rescaling",
    "RMSNormalization",
    "UnitNormalization",
    "Embedding",
)
"""Layers that treat each place of a sequence alike, so that TimeDistributed around them adds nothing."""
_FROM_THE_END = ("Repeat", "Mean", "Max", "Min", "Sum", "Var", "Subtract", "Power", "Minimum", "Maximum")
"""What takes numbers one by one, or along axes that are counted from the end: an axis more in front changes nothing."""
_ATTENTION = ("MultiHeadAttention", "Attention", "AdditiveAttention", "GroupedQueryAttention")
_WRITTEN = (
    *("Flatten", "Reshape", "Permute", "Identity", "Rescaling", "Normalization"),
    *("RepeatVector", "UpSampling1D", "Resizing", "Cropping1D", "Cropping2D", "Cropping3D"),
)
"""Layers that an operation could have been."""
_TOLD_APART = re.compile(r"Global.*|A(?:verageP|vgP)ool.*|LSTM|GRU|SimpleRNN|RNN")
"""Layers that are not what their settings alone say."""


def applied(b: Builder, layer: Layer, inputs: list[int], position: int = -1) -> list[int]:
    if b.trained is False and layer.training is None:
        layer = replace(layer, training=False)
    layer, inputs = unmasked(b, layer, inputs)
    cls, x = layer.cls, inputs[0] if inputs else -1
    if cls in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        return [merged(b, cls, inputs, shape_of(layer))]
    if cls == "Concatenate":
        return [concatenated(b, inputs, layer.config.get("axis", -1), layer)]
    if cls in _WRITTEN:
        made = rewritten(b, layer, x)
        if made is not None:
            return [made]
    if cls == "TimeDistributed":
        made = timed(b, layer, x)
        return generally(b, layer, inputs) if made is None else [made]
    if cls == "Dot":
        made = dot(b, layer, inputs)
        return generally(b, layer, inputs) if made is None else [made]
    if cls == "EinsumDense" and (dense := as_dense(layer)) is not None:
        return applied(b, dense, inputs)
    if cls == "RNN" and (cells := stacked(layer, inputs)):
        for cell in cells:
            inputs = applied(b, cell, inputs[:1], position)
        return inputs
    if cls == "Embedding" and not layer.arguments:
        return [_embedded(b, layer, uncast(b, x))]
    if cls in _ATTENTION:
        return attention(b, layer, inputs)
    if not _TOLD_APART.fullmatch(cls):
        return generally(b, layer, inputs)
    kind, settings = settings_of(layer, b.asked)
    if kind in RECURRENT:
        return recurrent(b, kind, settings, layer, inputs, position)
    if kind.startswith("Global") and "Pooling" in kind:
        return [pooled(b, kind, settings, layer, inputs)]
    if kind.startswith("AveragePooling") and covers(b, settings, x):
        return [pooled(b, f"Global{kind}", {**settings, "keepdims": True}, layer, inputs)]
    return generally(b, layer, inputs)


def generally(b: Builder, layer: Layer, inputs: list[int]) -> list[int]:
    """A layer as `normal` says it: one node, and another for its activation."""
    shape, made = shape_of(layer), list(inputs)
    for number, part in enumerate(parts(layer, b.asked)):
        settings = dict(part.settings)
        if number == 0:
            settings |= b.said(layer, part.cls)
            made = [_first(b, part, settings, made, layer)]
        elif part.cls == "Activation":
            made = [activated(b, part, made[0], shape)]
        else:
            made = [b.part(part, [made[0]], shape=shape)]
    return b.several(layer, made[0]) if made else [-1]


def _first(b: Builder, part: LayerPart, settings: dict[str, object], inputs: list[int], layer: Layer) -> int:
    """The node of a layer without its activation."""
    shape, weights = shape_of(layer), weights_of(layer)
    passed: list[Node] = []
    if part.cls == "Activation":
        return activated(b, part, inputs[0] if inputs else -1, shape)
    mixed = b.get(inputs[0], "Matmul") if len(inputs) == 1 and part.cls == "Dense" else None
    if mixed is not None and mixed.inputs[0] in b.constants and settings.get("use_bias") is False:
        rows = b.node(part.cls, settings, mixed.inputs[1:], weights=weights, shape=shape, named_as=part.label)
        return b.again(mixed, [mixed.inputs[0], rows], shape)
    if len(inputs) == 1:
        x, passed = beneath(b, part.cls, settings, inputs[0])
        inputs = [x]
    if passed and shape:
        shape = _along(b.shape(inputs[0]), shape)
    if has_axes(part.cls):
        return above(b, windowed(b, part, settings, inputs, weights, shape), passed)
    return above(b, b.node(part.cls, settings, inputs, weights=weights, shape=shape, named_as=part.label), passed)


def windowed(
    b: Builder,
    part: LayerPart,
    settings: dict[str, object],
    inputs: list[int],
    weights: tuple[object, ...],
    shape: Shape | None,
) -> int:
    """The node of a layer whose windows may slide along fewer axes than it says, over an image that may be padded."""
    cls = part.cls
    if len(inputs) == 1 and shape is not None:
        thin = thinner(b, cls, settings, inputs[0])
        if thin is not None:
            cls, settings, x, axes = thin
            inner = LayerPart(cls, (), part.label)
            return reshaped(b, windowed(b, inner, settings, [x], weights, tuple(shape[axis] for axis in axes)), shape)
        along = upsampled(b, cls, settings, inputs[0], shape)
        if along is not None:
            return along
    settings, inputs = unpadded(b, cls, settings, inputs)
    settings = numbered(b, settings, inputs)
    kind, settings, inputs, weights = separable(b, cls, settings, inputs, weights)
    dense = pointwise(kind, settings) if b.asked.folded and len(inputs) == 1 else None
    if dense is None:
        return b.node(kind, settings, inputs, weights=weights, shape=shape, named_as=part.label)
    x, passed = beneath(b, *dense, inputs[0])
    shape = _along(b.shape(x), shape) if passed and shape else shape
    return above(b, b.node(*dense, [x], weights=weights, shape=shape, named_as=part.label), passed)


def _embedded(b: Builder, layer: Layer, x: int) -> int:
    """An Embedding of words in another shape is that of the words, in another shape."""
    node = b.nodes[x] if x >= 0 and b.nodes[x].cls in ("Flatten", "Reshape") else None
    given = b.shape(node.inputs[0]) if node is not None else None
    made = shape_of(layer)
    if node is None or given is None or not made or node.get("batch") is not None:
        return generally(b, layer, [x])[0]
    inner = replace(layer, input_shapes=[(None, *given)], output_shapes=[(None, *given, made[-1])])
    return reshaped(b, generally(b, inner, [node.inputs[0]])[0], made)


def _along(given: Shape | None, made: Shape) -> Shape | None:
    """Return the shape of what a layer makes of `given`, where it changes the last size at most."""
    if given is None or math.prod(size or 1 for size in given) == math.prod(size or 1 for size in made):
        return given
    return (*given[:-1], made[-1])


def rewritten(b: Builder, layer: Layer, x: int) -> int | None:
    """Return the node of a layer that an operation could have been; None where it is one of its own."""
    config, made = layer.config, shape_of(layer)
    match layer.cls:
        case "Identity":
            return x
        case "Flatten" if config.get("data_format") == "channels_first":
            return None
        case "Flatten":
            return reshaped(b, x, made if made is not None else None, flat=True)
        case "Reshape":
            target = clean(config.get("target_shape"))
            if made is None:
                flat = isinstance(target, tuple) and len(target) == 1
                return b.node("Flatten" if flat else "Reshape", {} if flat else {"target_shape": target}, [x])
            return reshaped(b, x, made)
        case "Permute" if isinstance(config.get("dims"), (list, tuple)):
            return transposed(b, x, (0, *config["dims"]), made)  # type: ignore[misc]
        case "Rescaling":
            scale, offset = constant_in(config.get("scale", 1)), constant_in(config.get("offset", 0))
            return affine(b, x, scale, offset, made) if scale and offset else None
        case "Normalization":
            return normalised(b, layer, x)
        case "RepeatVector":
            return repeats.vector(b, layer, x)
        case "UpSampling1D":
            return repeats.upsampled(b, layer, x)
        case "Resizing":
            return repeats.resized(b, layer, x, config)
        case "Cropping1D" | "Cropping2D" | "Cropping3D":
            return cropped(b, layer, x)
    return None


def timed(b: Builder, layer: Layer, x: int) -> int | None:
    """A layer or a model at each place of a sequence: each thing it does, where places count alike by itself."""
    graph = layer.functions.get("layer") or _held(layer)
    if graph is None:
        return None
    nodes, outputs, _ = b.follow(graph, b.asked, trained=b.trained, depth=b.depth + 1)
    if len(outputs) != 1 or any(node.unreadable for node in nodes):
        settings = {"layer": function_told(nodes, outputs), **b.frozen(layer)}
        return b.node("TimeDistributed", settings, [x], weights=weights_of(layer), shape=shape_of(layer))
    made: list[int] = []
    for node in nodes:
        inputs, shape = [made[one] if one >= 0 else x for one in node.inputs], _in_time(b, x, node.shape)
        made.append(_at_each_place(b, node, inputs, shape))
    return made[outputs[0]] if outputs[0] >= 0 else x


def _held(layer: Layer) -> Graph | None:
    """Return the graph of the one layer of Keras that a TimeDistributed holds."""
    inside = layer.config.get("layer")
    if not isinstance(inside, dict) or not isinstance(inside.get("config"), dict) or not inside.get("class_name"):
        return None
    given, made = ([(shape[0], *shape[2:]) for shape in shapes] for shapes in (layer.input_shapes, layer.output_shapes))
    start = replace(layer, cls="InputLayer", config={}, inputs=[], input_shapes=[], output_shapes=given, weights=[])
    held = replace(
        layer, cls=str(inside["class_name"]), config=inside["config"], inputs=[0], slots=[], input_shapes=given,
        output_shapes=made, arguments={},
    )  # fmt: skip
    return Graph([start, held], [1])


def _in_time(b: Builder, x: int, shape: Shape | None) -> Shape | None:
    given = b.shape(x)
    return None if given is None or shape is None else (*given[:1], *shape)


def _at_each_place(b: Builder, node: Node, inputs: list[int], shape: Shape | None) -> int:
    settings = dict(node.settings)
    if node.cls == "Activation":
        part = LayerPart(node.cls, node.settings, node.label)
        return activated(b, part, inputs[0], shape)
    if node.cls in COMMUTATIVE or (node.cls in _LAST_AXIS and settings.get("axis", -1) == -1):
        if len(inputs) == 1:
            x, passed = beneath(b, node.cls, settings, inputs[0])
            shape = _along(b.shape(x), shape) if passed and shape else shape
            made = b.node(node.cls, settings, [x], weights=node.weights, shape=shape, named_as=node.label)
            return above(b, made, passed)
        return b.node(node.cls, settings, inputs, weights=node.weights, shape=shape, named_as=node.label)
    if node.cls in ("Flatten", "Reshape") and shape is not None:
        return reshaped(b, inputs[0], shape)
    name = f"TimeDistributed({node.label})"
    higher = in_time(node.cls, settings)
    if higher is not None:
        return windowed(b, LayerPart(higher[0], (), name), higher[1], inputs, node.weights, shape)
    reduction = reduced_in_time(node.cls)
    if reduction is not None and settings.get("data_format", "channels_last") == "channels_last":
        return b.node(reduction[0], {"axis": reduction[1]}, inputs, shape=shape, named_as=name)
    if node.cls in _FROM_THE_END:
        return b.node(node.cls, settings, inputs, weights=node.weights, shape=shape, named_as=node.label)
    if node.cls == "GetItem" and isinstance(key := settings.get("key"), tuple):
        return b.node(node.cls, {"key": (*key[:1], (0, None, 1), *key[1:])}, inputs, shape=shape, named_as=node.label)
    settings["layer"] = node.cls
    return b.node("TimeDistributed", settings, inputs, weights=node.weights, shape=shape, named_as=name)


def normalised(b: Builder, layer: Layer, x: int) -> int | None:
    mean, variance = (constant_in(layer.config.get(key)) for key in ("mean", "variance"))
    if not mean or not variance or mean.numbers is None or variance.numbers is None:
        return None
    if layer.config.get("invert"):
        return None
    spread = np.maximum(np.sqrt(np.maximum(variance.numbers, 0)), 1e-7)
    start = len(b.nodes)
    made = affine(b, x, constant(1 / spread), constant(-mean.numbers / spread), shape_of(layer))
    for index in range(start, len(b.nodes)):  # nobody has written a Rescaling who normalizes
        if b.nodes[index].cls == "Rescaling":
            b.nodes[index] = replace(b.nodes[index], label=layer.cls)
    return made


def pooled(b: Builder, cls: str, settings: Mapping[str, object], layer: Layer, inputs: list[int]) -> int:
    """A global pooling that keeps its axes is one that does not, reshaped. Of a sequence, it may take a mask."""
    kept = bool(settings.get("keepdims"))
    made = shape_of(layer)
    plain = {**settings, **b.said(layer, cls), "keepdims": False}
    for key in ("pool_size", "strides", "padding"):
        plain.pop(key, None)
    factor, moved = without_factor(b, inputs[0]) if "Average" in cls and len(inputs) == 1 else (1.0, -1)
    if factor != 1:
        return times(b, pooled(b, cls, settings, layer, [moved]), factor, made)
    cls, inputs = _of_the_image(b, cls, inputs)
    if made and _is_one_place(b, inputs):
        return reshaped(b, inputs[0], made)
    cls, inputs = _of_more_than_one(b, cls, inputs, plain)
    node = b.node(cls, plain, inputs, shape=(made[-1],) if made and kept else made)
    return reshaped(b, node, made) if kept and made is not None else node


def without_factor(b: Builder, x: int) -> tuple[float, int]:
    """Return the number that scales x, and x without it: what a mean of it is scaled by as well."""
    inner, scale, offset = scaled(b, x)
    numbers = isinstance(scale, (int, float)) and isinstance(offset, (int, float))
    if not numbers or scale in (0, 1):
        return 1.0, x
    rest = constant(np.asarray(float(offset) / float(scale)))  # type: ignore[arg-type]
    return float(scale), affine(b, inner, ONE, rest, b.shape(x))  # type: ignore[arg-type]


def _of_the_image(b: Builder, cls: str, inputs: list[int]) -> tuple[str, list[int]]:
    """A pooling of all the pixels, in a row, is that of their image."""
    row = b.get(inputs[0], "Reshape") if len(inputs) == 1 else None
    image = b.shape(row.inputs[0]) if row is not None else None
    if row is None or image is None or row.get("batch") is not None or not cls.endswith("1D"):
        return cls, inputs
    if not 3 <= len(image) <= 4 or row.shape != (math.prod(size or 0 for size in image[:-1]), image[-1]):
        return cls, inputs
    return f"{cls[:-2]}{len(image) - 1}D", list(row.inputs)


def _is_one_place(b: Builder, inputs: list[int]) -> bool:
    """Whether there is one place alone, for each channel, to be pooled over."""
    image = b.shape(inputs[0]) if len(inputs) == 1 else None
    return image is not None and len(image) > 1 and set(image[:-1]) == {1} and not is_masked(b)


def _of_more_than_one(b: Builder, cls: str, inputs: list[int], settings: Mapping[str, object]) -> tuple[str, list[int]]:
    """A pooling of an image, some axes of which have one place, is that of the image without them."""
    image = b.shape(inputs[0]) if len(inputs) == 1 else None
    if image is None or len(image) < 3 or settings.get("data_format") != "channels_last" or is_masked(b):
        return cls, inputs
    sizes = [size for size in image[:-1] if size != 1] or [1]
    if len(sizes) == len(image) - 1 or not cls.endswith(f"{len(image) - 1}D"):
        return cls, inputs
    return f"{cls[:-2]}{len(sizes)}D", [reshaped(b, inputs[0], (*sizes, image[-1]))]


def covers(b: Builder, settings: Mapping[str, object], x: int) -> bool:
    """Whether one window is the whole image."""
    given, window = b.shape(x), settings.get("pool_size")
    if given is None or not isinstance(window, tuple) or settings.get("data_format") == "channels_first":
        return False
    return settings.get("padding") == "valid" and tuple(given[:-1]) == window and len(window) > 0


def as_layer(
    b: Builder,
    layer: Layer,
    cls: str,
    config: dict[str, object],
    inputs: list[int],
    weight: int | None = None,
    role: str = "kernel",
) -> list[int]:
    """Return what a layer of Keras would be here, with the weight of a node, which has this role in it."""
    weights = [] if weight is None else [b.variables[weight]]
    asks = {} if weight is None else {f"{role}_{key}": value for key, value in b.asks.get(weight, {}).items()}
    config, trainable = {**config, **asks}, all(one.trainable for one in weights)
    other = replace(layer, cls=cls, origin="keras", config=config, weights=weights, trainable=trainable, arguments={})
    return applied(b, other, inputs)


def as_dense(layer: Layer) -> Layer | None:
    """Return the Dense that an EinsumDense is, None for another contraction."""
    equation = re.fullmatch(r"(\.\.\.|[a-z]+?)([a-z]),\2([a-z])->\1\3", str(layer.config.get("equation", "")))
    made, bias = shape_of(layer), layer.config.get("bias_axes")
    if equation is None or not made or bias not in (None, equation[3]):
        return None
    config = {key: value for key, value in layer.config.items() if key not in ("equation", "output_shape", "bias_axes")}
    return replace(layer, cls="Dense", config={**config, "units": made[-1], "use_bias": bias is not None})
