"""A PyTorch module, or a call of one of PyTorch's functions, as plain data: its class, configuration and parameters.

Runs inside the room, where PyTorch is loaded. Nothing here runs an operation or reads the value of a parameter.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

from autograder.wire.messages import Layer, Weight
from autograder.worker.keras.records import MAX_NAME, kept, plain

Identity = Callable[[object], int]

_LEFT_OUT = frozenset(("self", "args", "kwargs", "device", "dtype", "inplace", "training"))
"""Parameters of constructors that change nothing of what is computed."""
_RECURRENT = (
    *("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size"),
    "nonlinearity",
)
"""What constructors of recurrent modules take, whose signatures do not say it."""
_CONTAINERS = ("torch.nn.modules.container", "torch.nn.parallel")

_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "conv1d": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "linear": ("input", "weight", "bias"),
    "embedding": ("input", "weight", "padding_idx"),
    "cat": ("tensors", "dim"),
    "where": ("condition", "input", "other"),
    "pad": ("input", "pad", "mode", "value"),
    "dropout": ("input", "p", "training"),
    "max_pool1d": ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"),
    "avg_pool1d": ("input", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"),
    "adaptive_avg_pool1d": ("input", "output_size"),
    "layer_norm": ("input", "normalized_shape", "weight", "bias", "eps"),
    "batch_norm": ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps"),
    "interpolate": ("input", "size", "scale_factor", "mode", "align_corners"),
    "normalize": ("input", "p", "dim", "eps"),
    "clamp": ("input", "min", "max"),
    "addmm": ("input", "mat1", "mat2"),
    "einsum": ("equation", "operands"),
    "transpose": ("input", "dim0", "dim1"),
    "movedim": ("input", "source", "destination"),
    "chunk": ("input", "chunks", "dim"),
    "split": ("input", "split_size_or_sections", "dim"),
    "mean": ("input", "dim", "keepdim"),
    "softmax": ("input", "dim"),
    "leaky_relu": ("input", "negative_slope"),
    "elu": ("input", "alpha"),
    "hardtanh": ("input", "min_val", "max_val"),
    "threshold": ("input", "threshold", "value"),
    "softplus": ("input", "beta", "threshold"),
    "prelu": ("input", "weight"),
    "add": ("input", "other"),
    "one_hot": ("input", "num_classes"),
    "pixel_shuffle": ("input", "upscale_factor"),
    "to": ("input", "dtype"),
    "getitem": ("input", "key"),
}
"""Parameters of PyTorch's functions in order; of a method, its tensor is the first."""
_LIKE: Mapping[str, str] = {
    **dict.fromkeys(("conv2d", "conv3d"), "conv1d"),
    **dict.fromkeys(("concat", "concatenate", "stack"), "cat"),
    **dict.fromkeys(("max_pool2d", "max_pool3d"), "max_pool1d"),
    **{f"max_pool{n}d_with_indices": "max_pool1d" for n in (1, 2, 3)},
    **dict.fromkeys(("avg_pool2d", "avg_pool3d"), "avg_pool1d"),
    **{f"adaptive_{kind}_pool{n}d": "adaptive_avg_pool1d" for kind in ("avg", "max") for n in (1, 2, 3)},
    **dict.fromkeys(("dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"), "dropout"),
    **dict.fromkeys(("clip", "clamp_min"), "clamp"),
    **dict.fromkeys(("swapaxes", "swapdims"), "transpose"),
    **dict.fromkeys(("moveaxis",), "movedim"),
    **dict.fromkeys(("sum", "amax", "amin", "max", "min", "std", "var", "prod", "argmax", "argmin"), "mean"),
    **dict.fromkeys(("log_softmax", "softmin", "unbind", "squeeze", "unsqueeze", "logsumexp"), "softmax"),
    **dict.fromkeys(("celu", "rrelu"), "elu"),
    **dict.fromkeys(("sub", "rsub", "mul", "div", "rdiv", "pow", "rpow", "matmul", "rmatmul", "mm", "bmm"), "add"),
    **dict.fromkeys(("multiply", "subtract", "divide", "true_divide", "maximum", "minimum", "gt", "ge"), "add"),
    **dict.fromkeys(("lt", "le", "eq", "ne", "max_of_two", "min_of_two"), "add"),
    **dict.fromkeys(("type",), "to"),
}
_NAMES = {"concat": "cat", "concatenate": "cat", "clip": "clamp", "multiply": "mul", "subtract": "sub"} | {
    "divide": "div", "true_divide": "div", "truediv": "div", "rtruediv": "rdiv", "swapdims": "swapaxes",
    "moveaxis": "movedim", "absolute": "abs", "reshape_as": "reshape", "view_as": "reshape", "negative": "neg",
    "mm": "matmul", "bmm": "matmul", "radd": "add", "rmul": "mul", "greater": "gt", "less": "lt",
    "greater_equal": "ge", "less_equal": "le",
}  # fmt: skip
"""Another name for the same function."""


def leaf_class(module: Any) -> str:
    """Return the name of the class of PyTorch's that says what `module` computes; nothing where student code does."""
    forward = next((vars(one)["forward"] for one in type(module).__mro__ if "forward" in vars(one)), None)
    home = str(getattr(forward, "__module__", "")) if inspect.isfunction(forward) else ""
    if not home.startswith("torch.nn.") or home.startswith(_CONTAINERS) or "forward" in vars(module):
        return ""
    owner = next((one for one in type(module).__mro__ if "forward" in vars(one)), type(module))
    own = next((one for one in type(module).__mro__ if one.__module__.startswith("torch.nn.modules")), owner)
    if own.__name__ == "Module" or (_holds_others(module) and own.__name__ != "MultiheadAttention"):
        return ""  # of a TransformerEncoderLayer, what it is made of
    return own.__name__.removeprefix("Lazy")


def _holds_others(module: Any) -> bool:
    return any(name != "parametrizations" for name, _ in module.named_children())


def module_record(module: Any, cls: str, name: str, identity: Identity, **fields: Any) -> Layer:
    """Return the record of one call of a module of PyTorch's; `fields` are those that the call decides."""
    held = parameters(module, identity)
    return Layer(
        name=name[:MAX_NAME],
        cls=cls[:MAX_NAME],
        origin="torch",
        config=configuration(module, cls),
        weights=held,
        trainable=any(weight.trainable for weight in held) or not held,
        identity=identity(module),
        **fields,
    )


def function_record(name: str, identity: int, **fields: Any) -> Layer:
    """Return the record of one call of a function of PyTorch's."""
    return Layer(
        name=name[:MAX_NAME], cls=f"torch.{name}"[:MAX_NAME], origin="operation", config={}, weights=[],
        trainable=True, identity=identity, **fields,
    )  # fmt: skip


def parameter_record(parameter: Any, name: str, identity: Identity) -> Layer:
    """Return the record of a parameter that a function takes, as a call without inputs.

    Nothing says how its first values were drawn. Their mean and their spread are kept, so that a gain begins at one.
    """
    return Layer(
        name=name[:MAX_NAME],
        cls="Variable",
        origin="operation",
        config={"initializer": _drawn_as(parameter)},
        inputs=[],
        input_shapes=[],
        output_shapes=[tuple(int(size) for size in parameter.shape)],
        weights=[_weight(parameter, identity)],
        trainable=bool(parameter.requires_grad),
        identity=identity(parameter),
    )


def _drawn_as(parameter: Any) -> object:
    """Return what draws numbers alike those of a parameter, by the name and the settings of Keras's initializer."""
    if parameter.device.type == "meta":
        return None
    numbers = parameter.detach().double()
    alike = numbers.numel() < 2 or not bool(numbers.ne(numbers.flatten()[0]).any())
    mean, spread = float(numbers.mean()) if numbers.numel() else 0.0, 0.0 if alike else float(numbers.std())
    if not math.isfinite(mean) or not math.isfinite(spread):
        mean, spread = 0.0, 0.0
    if spread and abs(mean) < spread:  # as far as so few numbers tell
        mean = 0.0
    config = {"mean": float(f"{mean:.3g}"), "stddev": float(f"{spread:.1g}")}
    return {"class_name": "RandomNormal", "config": config}


def parameters(module: Any, identity: Identity) -> list[Weight]:
    """Return the parameters a module holds, those of modules in it too; buffers are none."""
    return [_weight(one, identity) for one in module.parameters() if not is_lazy(one)]


def is_lazy(parameter: Any) -> bool:
    """Whether a parameter waits for a first call to have a shape."""
    return type(parameter).__name__ in ("UninitializedParameter", "UninitializedBuffer")


def _weight(parameter: Any, identity: Identity) -> Weight:
    return Weight(
        shape=tuple(int(size) for size in parameter.shape),
        dtype=dtype_name(parameter.dtype),
        trainable=bool(parameter.requires_grad),
        identity=identity(parameter),
        values=None if parameter.requires_grad else kept(parameter),
    )


def dtype_name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def configuration(module: Any, cls: str) -> dict[str, object]:
    """Return what a module's constructor was given, as JSON values; of a parameter, whether there is one."""
    owner = next((one for one in type(module).__mro__ if one.__name__.removeprefix("Lazy") == cls), type(module))
    found: dict[str, object] = {}
    names = _RECURRENT if "RNNBase" in {one.__name__ for one in type(module).__mro__} else ()
    for name in (*names, *inspect.signature(owner).parameters):
        if name in _LEFT_OUT or not hasattr(module, name):
            continue
        value = getattr(module, name)
        found[name] = value is not None if name == "bias" and not isinstance(value, bool) else plain(value)
    if asked := _reparametrized(module):
        found["parametrizations"] = asked
    return found


def _reparametrized(module: Any) -> dict[str, object]:
    """What `spectral_norm`, `weight_norm` and their like make of a module's parameters."""
    hooks = [type(one).__name__ for one in module._forward_pre_hooks.values()]
    found: dict[str, object] = {one: True for one in hooks if one.endswith("Norm")}
    for name, made in getattr(module, "parametrizations", {}).items():
        found[name] = [type(one).__name__ for one in made]
    return found


def function_name(function: Any) -> tuple[str, bool]:
    """Return the plain name of a function of PyTorch's, and whether it writes into its first argument.

    `torch.relu`, `F.relu`, `Tensor.relu` and `Tensor.relu_` are relu; `x + y` is add; `x.T` is `.T`.
    """
    name = str(getattr(function, "__name__", function))
    if name == "__get__":
        return f".{getattr(function.__self__, '__name__', '')}", False
    if name.startswith("__") and name.endswith("__"):
        plain = name.strip("_")
        if plain[:1] == "i" and plain[1:] in _OPERATORS:
            return _NAMES.get(plain[1:], plain[1:]), True
        known = plain in _OPERATORS or (plain[:1] == "r" and plain[1:] in _OPERATORS) or plain in ("getitem", "setitem")
        return (_NAMES.get(plain, plain) if known else name), False
    written = name.endswith("_") and not name.startswith("_")
    name = name.rstrip("_") if written else name
    return _NAMES.get(name, name), written


_OPERATORS = frozenset(
    (
        *("neg", "abs", "eq", "ne", "gt", "ge", "lt", "le", "invert", "add", "sub", "mul", "div", "truediv", "pow"),
        *("matmul", "floordiv", "mod", "and", "or", "xor"),
    )
)
"""What operators of Python's call."""


def named_arguments(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call by the names of the function's parameters."""
    names = _PARAMETERS.get(name, _PARAMETERS.get(_LIKE.get(name, ""), ("input",)))
    if name in ("max", "min") and len(args) > 1 and hasattr(args[1], "requires_grad"):
        names = _PARAMETERS["add"]
    found = {names[place] if place < len(names) else f"arg{place}": value for place, value in enumerate(args)}
    found.update(kwargs)
    return {_SAME_PARAMETER.get(key, key): value for key, value in found.items() if key not in _SAYS_NOTHING}


_SAME_PARAMETER = {"axis": "dim", "keepdims": "keepdim", "x": "input", "self": "input", "exponent": "other"}
_SAYS_NOTHING = frozenset(("inplace", "_stacklevel", "memory_format", "non_blocking", "copy"))
