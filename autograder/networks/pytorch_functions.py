"""Functions of PyTorch as nodes: `torch.relu`, `F.max_pool2d`, `x.view`, `x + y`, whichever way they were called.

A function that does what a module does is that module; another is the operation of Keras that computes the same, its
parameters by Keras's names. What is neither keeps its own name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from autograder.networks import elementwise, products, reductions, shapes, slices
from autograder.networks import pytorch_recurrent as recurrent
from autograder.networks.arithmetic import merged
from autograder.networks.layers import as_layer
from autograder.networks.nodes import Builder, Operation
from autograder.networks.operands import Constant, has_tensor, operands_of, shape_of
from autograder.networks.pytorch import activated, bare, of_class, whole, window, written, zeros_around
from autograder.wire.messages import Layer

Operands = dict[str, Any]
"""Nodes, lists of them and constants, by parameter."""
Said = dict[str, Any]
Function = Callable[[Builder, Layer, Operands, Said], int | list[int] | None]

PREFIX = "torch."

MODULE_OF: Mapping[str, str] = {
    **{f"{kind}_pool{n}d": f"{name}Pool{n}d" for kind, name in (("max", "Max"), ("avg", "Avg")) for n in (1, 2, 3)},
    **{f"max_pool{n}d_with_indices": f"MaxPool{n}d" for n in (1, 2, 3)},
    **{
        f"adaptive_{kind}_pool{n}d": f"Adaptive{name}Pool{n}d"
        for kind, name in (("max", "Max"), ("avg", "Avg"))
        for n in (1, 2, 3)
    },
    "dropout": "Dropout",
    **{f"dropout{n}d": f"Dropout{n}d" for n in (1, 2, 3)},
    "alpha_dropout": "AlphaDropout",
    "interpolate": "Upsample",
    "upsample": "Upsample",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "celu": "CELU",
    "gelu": "GELU",
    "hardtanh": "Hardtanh",
    "softplus": "Softplus",
    "softmax": "Softmax",
    "log_softmax": "LogSoftmax",
    "selu": "SELU",
    "silu": "SiLU",
    "mish": "Mish",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softsign": "Softsign",
    "tanhshrink": "Tanhshrink",
    "logsigmoid": "LogSigmoid",
    "hardswish": "Hardswish",
    "hardsigmoid": "Hardsigmoid",
}
"""The module that does what a function does, with settings of the same names."""
_RESHAPES = ("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "ravel", "view_as", "_unsafe_view")
_SAME = ("contiguous", "clone", "alias", "requires_grad", "identity")
_REDUCTIONS = {
    "mean": "Mean", "sum": "Sum", "amax": "Max", "amin": "Min", "max": "Max", "min": "Min", "prod": "Prod",
    "argmax": "Argmax", "argmin": "Argmin", "logsumexp": "Logsumexp", "std": "Std", "var": "Var",
}  # fmt: skip


def applied(b: Builder, layer: Layer, inputs: list[int]) -> list[int]:
    """Return the nodes of a call of a function, one for each of its outputs."""
    start, name = len(b.nodes), layer.cls.removeprefix(PREFIX)
    operands = operands_of(layer, inputs)
    said = {key: value for key, value in layer.arguments.items() if not has_tensor(value)}
    made: int | list[int] | None = None
    if name in ("randn", "rand"):
        made = b.node(f"torch.{name}", {"shape": shape_of(layer)}, [], shape=shape_of(layer), named_as=name)
    elif name in _SAME:
        made = inputs[0]
    elif name in MODULE_OF and isinstance(operands.get("input"), int):
        made = of_class(b, layer, MODULE_OF[name], said, [operands["input"]])
    elif name in _RESHAPES:
        made = reshaped(b, layer, operands, said)
    elif name in _REDUCTIONS and not isinstance(operands.get("other"), int):
        made = reduced(b, layer, _REDUCTIONS[name], operands, said)
    elif name in FUNCTIONS:
        made = FUNCTIONS[name](b, layer, operands, said)
    if made is None:
        made = b.several(layer, _bare(b, layer, name, inputs, said))
    written(b, start, name)
    return made if isinstance(made, list) else [made]


def _bare(b: Builder, layer: Layer, name: str, inputs: list[int], said: Said) -> int:
    """A function of which nothing more is known."""
    roles = tuple(key for key, value in layer.arguments.items() if has_tensor(value))
    more = {"takes": roles} if roles not in ((), ("input",), ("input", "other"), ("tensors",)) else {}
    mixed = "it mixes examples of a batch" if name in _RESHAPES and inputs and inputs[0] not in b.variables else ""
    return bare(b, replace(layer, arguments={}), name, inputs, {**said, **more}, unreadable=mixed)


def _as(layer: Layer, cls: str, said: Said) -> Layer:
    """Return the call as one of an operation of Keras."""
    return replace(layer, cls=cls, config=said, arguments={})


# --- Arithmetic -------------------------------------------------------------------------------------------------------


def two(operation: Operation, cls: str, *, turned: bool = False) -> Function:
    """Return what makes the node of an operation of two operands."""

    def make(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | list[int] | None:
        left, right = operands.get("input"), operands.get("other")
        if left is None or right is None or said.get("alpha", 1) != 1 or said.get("rounding_mode") is not None:
            return None
        left, right = (right, left) if turned else (left, right)
        return operation(b, _as(layer, cls, {}), {"x1": left, "x2": right})

    return make


def one(operation: Operation, cls: str) -> Function:
    """Return what makes the node of an operation of one tensor."""

    def make(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | list[int] | None:
        return operation(b, _as(layer, cls, {}), {"x": operands.get("input")})

    return make


def plainly(cls: str) -> Function:
    """Return what makes the node of a function of each number that Keras has too."""

    def make(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
        x = operands.get("input")
        return b.node(cls, {}, [x], shape=shape_of(layer)) if isinstance(x, int) else None

    return make


def exponential(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    x = operands.get("input")
    return activated(b, layer, "exponential", {}, [x]) if isinstance(x, int) else None


def clamp(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | list[int] | None:
    """A ReLU where the bounds are its own; else what is at least one number, at most another."""
    x, low, high = (operands.get(key) for key in ("input", "min", "max"))
    if not isinstance(x, int) or any(isinstance(bound, int) for bound in (low, high)):
        return None
    if isinstance(low, Constant):
        x = elementwise.maximum(b, _as(layer, "Maximum", {}), {"x1": x, "x2": low})
    if isinstance(high, Constant) and isinstance(x, int):
        x = elementwise.minimum(b, _as(layer, "Minimum", {}), {"x1": x, "x2": high})
    return x


def where(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    named = {"condition": operands.get("condition"), "x1": operands.get("input"), "x2": operands.get("other")}
    named = {key: b.constants.get(one, one) if isinstance(one, int) else one for key, one in named.items()}
    return elementwise.where(b, _as(layer, "Where", {}), {key: one for key, one in named.items() if one is not None})


def cast(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    kind = said.get("dtype") or {"float": "float32", "long": "int64", "int": "int32", "double": "float64"}.get(
        layer.cls.removeprefix(PREFIX)
    )
    x = operands.get("input")
    if not isinstance(x, int):
        return None
    if kind == "float32":
        return x
    return b.node("Cast", {"dtype": kind}, [x], shape=shape_of(layer))


def one_hot(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    config = {"axis": -1, "num_classes": said.get("num_classes")}
    return elementwise.one_hot(b, _as(layer, "OneHot", config), {"x": operands.get("input")})


# --- Reductions -------------------------------------------------------------------------------------------------------


def reduced(b: Builder, layer: Layer, cls: str, operands: Operands, said: Said) -> int | list[int] | None:
    """A mean, a sum or the like over axes. Over those of an image, whose channels come first, a global pooling."""
    x = operands.get("input")
    if not isinstance(x, int) or (
        cls in ("Std", "Var") and said.get("unbiased", said.get("correction", 1)) not in (0, False)
    ):
        return None
    given, kept = b.shape(x), bool(said.get("keepdim"))
    axes, rank = said.get("dim"), len(given) + 1 if given is not None else 0
    if said.get("dtype") is not None or not rank:
        return None
    if axes is None:
        return reductions.reduced(b, _as(layer, cls, {}), {"x": x})
    places = reductions.axes_of(axes, rank)
    if places is None:
        return None
    plain = replace(_as(layer, cls, {}), output_shapes=layer.output_shapes[:1])
    if cls.startswith("Arg"):
        return b.node(
            cls, {"axis": places[0] - rank, **({"keepdims": True} if kept else {})}, [x], shape=shape_of(plain)
        )
    made = _over_image(b, plain, cls, x, places, rank, kept=kept)
    if len(layer.output_shapes) < 2:
        return made
    return [made, b.node(f"Arg{cls.lower()}", {"axis": places[0] - rank}, [x], shape=shape_of(plain))]


def _over_image(b: Builder, layer: Layer, cls: str, x: int, places: list[int], rank: int, *, kept: bool) -> int:
    before = b.get(x, cls)
    inner = before.get("axis") if before is not None and not before.get("keepdims") else None
    image = b.shape(before.inputs[0]) if before is not None else None
    if before is not None and image is not None and isinstance(inner, int) and len(image) == 3:
        gone = inner % 4  # of a mean of a mean over the axes of an image
        left = [axis for axis in range(4) if axis != gone]
        places, x, rank = sorted([gone, *(left[one] for one in places)]), before.inputs[0], 4
    flat = b.get(x, "Reshape")
    inner_shape = b.shape(flat.inputs[0]) if flat is not None else None
    if flat is not None and inner_shape and (rank, places) == (3, [2]) and (b.shape(x) or ())[:1] == inner_shape[:1]:
        x, rank = flat.inputs[0], len(inner_shape) + 1  # an image whose pixels were put in a row
        places = list(range(2, rank))
    if cls in ("Mean", "Max") and rank >= 4 and places == list(range(2, rank)):
        return whole(b, layer, "Average" if cls == "Mean" else "Max", x)
    return reductions.reduction(b, layer, cls, x, places, kept=kept)


# --- Shapes -----------------------------------------------------------------------------------------------------------


def reshaped(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    squeezed = layer.cls.endswith("squeeze") and said.get("dim", 0) == 0
    last = recurrent.last_state(b, layer, operands.get("input"), 0, only=True) if squeezed else None
    return shapes.reshape(b, _as(layer, "Reshape", said), {"x": operands.get("input")}) if last is None else last


def spread(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    """`expand`, `repeat`, `tile` of axes of one alone: the same numbers at each place."""
    x, given, made = operands.get("input"), layer.input_shapes[:1], layer.output_shapes[:1]
    if not isinstance(x, int) or not given or not made or len(given[0]) > len(made[0]):
        return None
    sizes = (*(1,) * (len(made[0]) - len(given[0])), *given[0])
    if any(one not in (1, other) for one, other in zip(sizes, made[0], strict=True)):
        return None
    return b.node("torch.expand", {"shape": tuple(made[0])}, [x], shape=shape_of(layer))


def concatenate(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    config = {"axis": said.get("dim", said.get("axis", 0))}
    return shapes.concatenate(b, _as(layer, "Concatenate", config), {"xs": operands.get("tensors")})


def stack(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    return shapes.stack(b, _as(layer, "Stack", {"axis": said.get("dim", 0)}), {"x": operands.get("tensors")})


def split(b: Builder, layer: Layer, operands: Operands, said: Said) -> list[int] | None:
    return slices.split(b, _as(layer, "Split", {"axis": said.get("dim", 0)}), {"x": operands.get("input")})


def unbind(b: Builder, layer: Layer, operands: Operands, said: Said) -> list[int] | None:
    return slices.unstack(b, _as(layer, "Unstack", {"axis": said.get("dim", 0)}), {"x": operands.get("input")})


def item(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    if "key" not in said:
        return None
    x, key = operands.get("input"), said["key"]
    last = recurrent.last_state(b, layer, x, key)
    if last is not None:
        return last
    of_states = isinstance(x, int) and b.get(x, "Output") is not None and b.nodes[x].get("index") != 0
    first = layer.input_shapes[0][0] if layer.input_shapes and layer.input_shapes[0] else None
    if of_states and isinstance(key, int) and key < 0 and first is not None:
        key += first
    return slices.get_item(b, _as(layer, "GetItem", {"key": key}), {"x": x})


def permute(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    listed, one_by_one = said.get("dims", said.get("arg1")), [key for key in said if re.fullmatch(r"arg\d+", key)]
    axes = listed if isinstance(listed, list) else [said[key] for key in one_by_one]
    return shapes.transpose(b, _as(layer, "Transpose", {"axes": axes}), {"x": operands.get("input")})


def transpose(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    axes = (said.get("dim0", said.get("axis0", 0)), said.get("dim1", said.get("axis1", 1)))
    axes = (-2, -1) if layer.cls.removeprefix(PREFIX) in (".mT", "adjoint") else axes
    return shapes.moved(b, layer, {"x": operands.get("input")}, *axes, swap=True)


def moved(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    return shapes.moved(b, layer, {"x": operands.get("input")}, said.get("source"), said.get("destination"), swap=False)


def pad(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    """A border of zeros on the last axes, from the last to the first."""
    x, flat = operands.get("input"), said.get("pad")
    given = b.shape(x) if isinstance(x, int) else None
    if not isinstance(x, int) or given is None or said.get("mode", "constant") != "constant" or said.get("value"):
        return None
    rank = len(given) - 1
    if not isinstance(flat, list) or not 1 <= rank <= 3 or not all(isinstance(one, int) for one in flat):
        return None
    whole_border = [*flat, *[0] * (2 * rank - len(flat))]
    if len(flat) > 2 * rank:
        if any(flat[2 * rank :]):
            return None
        whole_border = flat[: 2 * rank]
    if any(one < 0 for one in whole_border):
        return None
    return zeros_around(b, layer, whole_border, [x])


# --- With parameters of the author's own ------------------------------------------------------------------------------


def matmul(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    """A product with a matrix of parameters is a Linear without bias, whichever way the matrix lies."""
    x, kernel = operands.get("input"), operands.get("other")
    if not isinstance(x, int) or not isinstance(kernel, int):
        return None
    flipped = b.get(kernel, "Permute")
    inner = flipped.inputs[0] if flipped is not None and flipped.get("axes") == (1, 0) else kernel
    weight = b.variables.get(inner)
    if weight is not None and len(weight.shape) == 2 and b.shape(x) is not None and x not in b.variables:
        return _dense(b, layer, x, inner, weight.shape[1 if inner == kernel else 0])
    return products.matmul(b, _as(layer, "Matmul", {}), {"x1": x, "x2": kernel})


def _dense(b: Builder, layer: Layer, x: int, kernel: int, units: int) -> int:
    given = b.shape(x)
    plain = replace(layer, input_shapes=[(None, *given)] if given is not None else [])
    return as_layer(b, plain, "Dense", {"units": units, "use_bias": False}, [x], kernel)[0]


def linear(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    x, kernel = operands.get("input"), operands.get("weight")
    flipped = b.get(kernel, "Permute") if isinstance(kernel, int) else None
    turned = flipped is not None and flipped.get("axes") == (1, 0)
    inner = flipped.inputs[0] if turned and flipped is not None else kernel
    weight = b.variables.get(inner) if isinstance(inner, int) else None
    if not isinstance(x, int) or not isinstance(inner, int) or weight is None or len(weight.shape) != 2:
        return None
    made = _dense(b, layer, x, inner, weight.shape[1 if turned else 0])
    return _biased(b, layer, made, operands)


def _biased(b: Builder, layer: Layer, made: int, operands: Operands) -> int | None:
    bias = operands.get("bias")
    if bias is None:
        return made
    return merged(b, "Add", [made, bias], shape_of(layer)) if isinstance(bias, int) else None


def convolution(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    x, kernel = operands.get("input"), operands.get("weight")
    weight = b.variables.get(kernel) if isinstance(kernel, int) else None
    rank = len(weight.shape) - 2 if weight is not None else 0
    if not isinstance(x, int) or weight is None or not 1 <= rank <= 3:
        return None
    config, x = window(b, {**said, "kernel_size": list(weight.shape[2:])}, x, rank)
    config |= {"filters": weight.shape[0], "groups": said.get("groups", 1), "use_bias": False}
    given = b.shape(x)
    plain = replace(layer, input_shapes=[(None, *given)] if given is not None else [])
    made = as_layer(b, plain, f"Conv{rank}D", config, [x], kernel)[0]
    return _biased(b, layer, made, operands)


def embedding(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    named = {"x": operands.get("weight"), "indices": operands.get("input")}
    return None if said.get("max_norm") is not None else products.take(b, _as(layer, "Take", {"axis": 0}), named)


def layer_normalization(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    """`F.layer_norm`, its gain and its bias parameters or nothing."""
    x, gain, bias = (operands.get(key) for key in ("input", "weight", "bias"))
    held = [one for one in (gain, bias) if one is not None]
    if not isinstance(x, int) or any(one not in b.variables for one in held):
        return None
    config = {**said, "elementwise_affine": gain is not None, "bias": bias is not None}
    config["eps"] = said.get("eps", 1e-5)
    weights = [weight for one in held for weight in replace(layer, weights=[b.variables[one]]).weights]
    made = of_class(b, replace(layer, weights=weights), "LayerNorm", config, [x])
    return made if isinstance(made, int) else None


def normalize(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    if said.get("p", 2) != 2:
        return None
    config = {"axis": said.get("dim", 1)}
    return reductions.normalize(b, _as(layer, "Normalize", config), {"x": operands.get("input")})


FUNCTIONS: Mapping[str, Function] = {
    "add": two(elementwise.add, "Add"),
    "sub": two(elementwise.subtract, "Subtract"),
    "rsub": two(elementwise.subtract, "Subtract", turned=True),
    "mul": two(elementwise.multiply, "Multiply"),
    "div": two(elementwise.divide, "Divide"),
    "rdiv": two(elementwise.divide, "Divide", turned=True),
    "pow": two(elementwise.power, "Power"),
    "maximum": two(elementwise.maximum, "Maximum"),
    "minimum": two(elementwise.minimum, "Minimum"),
    "max": two(elementwise.maximum, "Maximum"),
    "min": two(elementwise.minimum, "Minimum"),
    "gt": two(elementwise.compared, "Greater"),
    "ge": two(elementwise.compared, "GreaterEqual"),
    "lt": two(elementwise.compared, "Less"),
    "le": two(elementwise.compared, "LessEqual"),
    "neg": one(elementwise.negative, "Negative"),
    "reciprocal": one(elementwise.reciprocal, "Reciprocal"),
    "square": one(elementwise.root(2), "Square"),
    "sqrt": one(elementwise.root(0.5), "Sqrt"),
    "rsqrt": one(elementwise.root(-0.5), "Rsqrt"),
    "log": one(elementwise.log, "Log"),
    "log1p": one(elementwise.log1p, "Log1p"),
    "expm1": one(elementwise.expm1, "Expm1"),
    "exp": exponential,
    **{name: plainly(name.capitalize()) for name in ("erf", "sin", "cos", "sign", "floor", "round")},
    "abs": plainly("Absolute"),
    "clamp": clamp,
    "clamp_min": clamp,
    "where": where,
    **dict.fromkeys(("to", "type", "float", "long", "int", "double", "half"), cast),
    "one_hot": one_hot,
    "cat": concatenate,
    "stack": stack,
    **dict.fromkeys(("chunk", "split", "tensor_split"), split),
    "unbind": unbind,
    "getitem": item,
    "permute": permute,
    **dict.fromkeys(("transpose", "swapaxes", "t", ".T", ".mT", "adjoint"), transpose),
    "movedim": moved,
    **dict.fromkeys(("expand", "repeat", "tile", "expand_as", "broadcast_to"), spread),
    "pad": pad,
    "matmul": matmul,
    "linear": linear,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), convolution),
    "embedding": embedding,
    "normalize": normalize,
    "layer_norm": layer_normalization,
}
"""What makes the nodes of PyTorch's functions, by their names."""
