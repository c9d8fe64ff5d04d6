"""Functions of PyTorch as nodes: `torch.relu`, `F.max_pool2d`, `x.view`, `x + y`, whichever way they were called.

A function that does what a module does is that module; another is the operation of Keras that computes the same, its
parameters by Keras's names. What is neither keeps its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from autograder.networks import elementwise, reductions
from autograder.networks.nodes import Builder, Operation
from autograder.networks.operands import Constant, has_tensor, operands_of, shape_of
from autograder.networks.pytorch import shapes as moves
from autograder.networks.pytorch import weighted as weighted
from autograder.networks.pytorch.attention import attention
from autograder.networks.pytorch.calls import PREFIX, Function, Operands, as_operation
from autograder.networks.pytorch.modules import activated, of_class
from autograder.networks.pytorch.nodes import Said, bare, written
from autograder.networks.pytorch.windows import whole
from autograder.wire.messages import Layer

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
        made = moves.reshaped(b, layer, operands, said)
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


# --- Arithmetic -------------------------------------------------------------------------------------------------------


def two(operation: Operation, cls: str, *, turned: bool = False) -> Function:
    """Return what makes the node of an operation of two operands."""

    def make(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | list[int] | None:
        left, right = operands.get("input"), operands.get("other")
        if left is None or right is None or said.get("alpha", 1) != 1 or said.get("rounding_mode") is not None:
            return None
        left, right = _unspread(b, left, right), _unspread(b, right, left)
        left, right = (right, left) if turned else (left, right)
        return operation(b, as_operation(layer, cls, {}), {"x1": left, "x2": right})

    return make


def _unspread(b: Builder, one: Any, other: Any) -> Any:
    """Return what was spread to the shape of the other operand, as the operation does by itself."""
    node = b.get(one, "torch.expand") if isinstance(one, int) else None
    if node is None or not isinstance(other, int) or node.shape is None or b.shape(other) != node.shape:
        return one
    return node.inputs[0]


def one(operation: Operation, cls: str) -> Function:
    """Return what makes the node of an operation of one tensor."""

    def make(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | list[int] | None:
        return operation(b, as_operation(layer, cls, {}), {"x": operands.get("input")})

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
        x = elementwise.maximum(b, as_operation(layer, "Maximum", {}), {"x1": x, "x2": low})
    if isinstance(high, Constant) and isinstance(x, int):
        x = elementwise.minimum(b, as_operation(layer, "Minimum", {}), {"x1": x, "x2": high})
    return x


def where(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    named = {"condition": operands.get("condition"), "x1": operands.get("input"), "x2": operands.get("other")}
    named = {key: b.constants.get(one, one) if isinstance(one, int) else one for key, one in named.items()}
    return elementwise.where(
        b, as_operation(layer, "Where", {}), {key: one for key, one in named.items() if one is not None}
    )


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
    return elementwise.one_hot(b, as_operation(layer, "OneHot", config), {"x": operands.get("input")})


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
        return reductions.reduced(b, as_operation(layer, cls, {}), {"x": x})
    places = reductions.axes_of(axes, rank)
    if places is None:
        return None
    plain = replace(as_operation(layer, cls, {}), output_shapes=layer.output_shapes[:1])
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
    "cat": moves.concatenate,
    "stack": moves.stack,
    **dict.fromkeys(("chunk", "split", "tensor_split"), moves.split),
    "unbind": moves.unbind,
    "getitem": moves.item,
    "permute": moves.permute,
    **dict.fromkeys(("transpose", "swapaxes", "t", ".T", ".mT", "adjoint"), moves.transpose),
    "movedim": moves.moved,
    **dict.fromkeys(("expand", "repeat", "tile", "expand_as", "broadcast_to"), moves.spread),
    "pad": moves.pad,
    "matmul": weighted.matmul,
    "linear": weighted.linear,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), weighted.convolution),
    "embedding": weighted.embedding,
    "normalize": weighted.normalize,
    "layer_norm": weighted.layer_normalization,
    "scaled_dot_product_attention": attention,
}
"""What makes the nodes of PyTorch's functions, by their names."""
