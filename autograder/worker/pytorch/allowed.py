"""The modules and the functions of PyTorch that a record may ask for, and what each may be given.

A configuration comes from a room, so nothing in it is believed: names are looked up in closed lists, every setting is a
plain value within bounds, and each module is made by its own constructor. Nothing is ever unpickled.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812

from autograder.worker.keras.allowed_layers import MAX_SIZE, NotAllowed, array, plain
from autograder.worker.keras.allowed_operations import index

BATCH = 113
"""The batch that the room followed the network on (`pytorch_following`): a multiple of it is a batch's size."""


def _ranks(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}{rank}d" for name in names for rank in (1, 2, 3))


MODULES = frozenset(
    (
        *("Linear", "Bilinear", "Embedding", "Identity", "Flatten", "Unflatten", "MultiheadAttention"),
        *_ranks("Conv", "ConvTranspose", "MaxPool", "AvgPool", "AdaptiveMaxPool", "AdaptiveAvgPool"),
        *_ranks("ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad"),
        *_ranks("BatchNorm", "InstanceNorm", "Dropout"),
        *("LayerNorm", "GroupNorm", "RMSNorm", "LocalResponseNorm", "Dropout", "AlphaDropout", "FeatureAlphaDropout"),
        *("LSTM", "GRU", "RNN", "Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"),
        *("PixelShuffle", "PixelUnshuffle", "ChannelShuffle", "LPPool1d", "LPPool2d", "Fold", "Unfold"),
        *("ReLU", "ReLU6", "LeakyReLU", "PReLU", "RReLU", "ELU", "CELU", "SELU", "GELU", "GLU", "SiLU", "Mish"),
        *("Sigmoid", "LogSigmoid", "Hardsigmoid", "Hardswish", "Hardtanh", "Hardshrink", "Softshrink", "Softplus"),
        *("Softsign", "Tanh", "Tanhshrink", "Threshold", "Softmax", "Softmax2d", "LogSoftmax", "Softmin"),
    )
)
_LAZY = frozenset(("Linear", *_ranks("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm")))
"""Modules that can find out by themselves how much they take, where a record leaves shapes open."""
_TAKEN = ("in_features", "in_channels", "num_features")

_TORCH = (
    *("relu", "sigmoid", "tanh", "selu", "exp", "log", "log1p", "expm1", "sqrt", "rsqrt", "square", "abs", "neg"),
    *("sin", "cos", "sign", "floor", "round", "reciprocal", "erf", "add", "sub", "mul", "div", "rsub", "maximum"),
    *("minimum", "matmul", "gt", "ge", "lt", "le", "eq", "ne", "clamp", "cat", "stack", "chunk", "split", "unbind"),
    *("tensor_split", "permute", "transpose", "movedim", "squeeze", "unsqueeze", "flatten", "unflatten", "ravel", "t"),
    *("mean", "sum", "amax", "amin", "max", "min", "prod", "std", "var", "argmax", "argmin"),
    *("logsumexp", "addmm", "baddbmm", "roll", "cumsum", "tril", "triu", "outer", "masked_fill", "detach"),
    *("layer_norm", "group_norm", "prelu", "celu", "rrelu", "pixel_shuffle", "logical_not", "conv1d", "conv2d"),
    *("conv3d", "zeros_like", "ones_like", "logical_and", "logical_or", "adjoint"),
)
_FUNCTIONAL = (
    *("relu6", "silu", "mish", "softsign", "tanhshrink", "logsigmoid", "hardswish", "hardsigmoid", "softmax"),
    *("log_softmax", "softmin", "leaky_relu", "elu", "gelu", "glu", "hardtanh", "threshold", "softplus", "pad"),
    *("linear", "embedding", "normalize", "interpolate", "one_hot", "hardshrink", "softshrink", "batch_norm"),
    *("avg_pool1d", "avg_pool2d", "avg_pool3d", "scaled_dot_product_attention", "unfold", "fold"),
    *_ranks("max_pool", "adaptive_avg_pool", "adaptive_max_pool"),
    *_ranks("conv_transpose"),
)
_DROPPING = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")
_SIZED = ("view", "reshape", "expand", "repeat", "tile", "broadcast_to", "unflatten", "_unsafe_view")
"""Functions whose sizes may be those of the batch."""


def _sizes(given: Sequence[Any]) -> Any:
    """Return the sizes that a method was given, one by one or in a tuple; of a tensor, its own."""
    first = given[0] if len(given) == 1 else tuple(given)
    if isinstance(first, torch.Tensor):
        return tuple(first.shape)
    return first if isinstance(first, tuple) else (first,)


def _sized(call: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda x, *given, **named: call(x, _sizes([*given, *named.values()]))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{name: getattr(torch, name) for name in _TORCH},
    **{name: getattr(F, name) for name in _FUNCTIONAL},
    **{name: getattr(F, name) for name in _DROPPING},
    **{f"max_pool{rank}d_with_indices": getattr(F, f"max_pool{rank}d_with_indices") for rank in (1, 2, 3)},
    **dict.fromkeys(("view", "reshape", "_unsafe_view"), _sized(torch.reshape)),
    **dict.fromkeys(("view_as", "reshape_as"), _sized(torch.reshape)),
    "expand": _sized(lambda x, sizes: x.expand(sizes)),
    "expand_as": _sized(lambda x, sizes: x.expand(sizes)),
    "repeat": _sized(lambda x, sizes: x.repeat(sizes)),
    "permute": _sized(torch.permute),
    "pow": lambda x, other: torch.pow(x, other),
    "rpow": lambda x, other: torch.pow(other, x),
    "rdiv": lambda x, other: torch.div(other, x),
    "rmatmul": lambda x, other: torch.matmul(other, x),
    "clamp_min": lambda x, min: torch.clamp(x, min=min),  # noqa: A006
    "where": lambda x, condition, other: torch.where(condition, x, other),
    "einsum": lambda *more, equation, operands: torch.einsum(
        equation, *(operands if isinstance(operands, tuple) else (operands,)), *more
    ),
    "swapaxes": lambda x, *axes, **named: torch.transpose(x, *axes, *named.values()),
    "tile": _sized(torch.tile),
    "broadcast_to": _sized(torch.broadcast_to),
    "to": lambda x, dtype: x.to(dtype),
    "float": lambda x: x.float(),
    "long": lambda x: x.long(),
    "int": lambda x: x.int(),
    "double": lambda x: x.double(),
    "half": lambda x: x.half(),
    "getitem": lambda x, key: x[key],
    ".T": lambda x: x.T,
    ".mT": lambda x: x.mT,
    "flip": _sized(torch.flip),
    "identity": lambda x: x,
    "alias": lambda x: x,
}
"""By the names that records have for them (`pytorch_records.function_name`)."""

_DTYPES = {
    name: getattr(torch, name)
    for name in ("float16", "bfloat16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool")
}
_NOT_FINITE = {"inf": math.inf, "-inf": -math.inf}


def make_module(cls: str, config: Mapping[str, object], *, lazy: bool = False) -> Any:
    """Return a module of class `cls` with these settings; with `lazy`, what it takes is found out by itself.

    Raises NotAllowed, or whatever its constructor raises.
    """
    if cls not in MODULES:
        raise NotAllowed("unknown" if hasattr(torch.nn, cls) else "custom", "this class is not one that is rebuilt")
    if config.get("parametrizations"):
        raise NotAllowed("unknown", "what makes its weights of others, such as spectral_norm, is not rebuilt")
    made = getattr(torch.nn, cls)
    known = inspect.signature(made).parameters if cls not in ("LSTM", "GRU", "RNN") else config
    settings = {key: _setting(value) for key, value in config.items() if key in known}
    if cls != "LSTM" and not settings.get("proj_size"):
        settings.pop("proj_size", None)  # said of every recurrent module, and taken by one
    if lazy and cls in _LAZY:
        made = getattr(torch.nn, f"Lazy{cls}")
        settings = {key: value for key, value in settings.items() if key not in _TAKEN}
    return made(**settings)


def _setting(value: object) -> Any:
    found = plain(value)
    if isinstance(found, str) and found in _NOT_FINITE:
        return _NOT_FINITE[found]
    if isinstance(found, tuple) and not all(isinstance(one, (int, float, str, bool, tuple)) for one in found):
        raise NotAllowed("refused", "a setting is not made of plain values")
    return found


def call_function(
    name: str, arguments: Mapping[str, object], tensors: Sequence[Any], *, batch: int, dropping: bool
) -> Any:
    """Return what the function of a record makes of `tensors`, which are of `batch` examples.

    `dropping` is whether a dropout drops. Raises NotAllowed, or whatever PyTorch raises.
    """
    function = FUNCTIONS.get(name)
    if function is None:
        raise NotAllowed("unknown", "this operation is not one that is rebuilt")
    given = {key: placed(value, tensors, key) for key, value in arguments.items()}
    if name in _SIZED:
        given = {key: of_batch(value, batch) for key, value in given.items()}
    if name in _DROPPING:
        given["training"] = dropping
    first = [given.pop("input")] if "input" in given else []
    places = sorted((key for key in given if key.startswith("arg") and key[3:].isdigit()), key=lambda key: int(key[3:]))
    return function(*first, *(given.pop(key) for key in places), **given)


def of_batch(value: Any, batch: int) -> Any:
    """Return sizes with those of the batch that the network was followed on made those of this one."""
    if isinstance(value, tuple):
        return tuple(of_batch(one, batch) for one in value)
    whole = isinstance(value, int) and not isinstance(value, bool) and value > 0 and value % BATCH == 0
    return value // BATCH * batch if whole else value


def placed(value: object, tensors: Sequence[Any], name: str = "") -> Any:
    """Return an argument of a call: each tensor in its place, lists as tuples, everything else plain."""
    if isinstance(value, dict) and set(value) == {"tensor"}:
        place = value["tensor"]
        if not isinstance(place, int) or not 0 <= place < len(tensors):
            raise NotAllowed("refused", "it has fewer inputs than its arguments say")
        return tensors[place]
    if isinstance(value, dict):
        return torch.from_numpy(array(value))
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return tuple(placed(one, tensors, name) for one in value)
    if name == "key":
        return tuple(index(one) for one in value) if isinstance(value, list) else index(value)
    if isinstance(value, str) and (value in _DTYPES or value in _NOT_FINITE):
        return _DTYPES.get(value, _NOT_FINITE.get(value))
    return _bounded(plain(value))


def _bounded(value: Any) -> Any:
    if isinstance(value, int) and abs(value) > MAX_SIZE:
        raise NotAllowed("large", f"an argument is above {MAX_SIZE}")
    return value
