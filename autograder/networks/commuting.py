"""What may as well come before as after: a reshape and what treats each number alike, a maximum and what keeps order.

Whichever way it is written, what treats numbers alike comes first, and the reshape or the pooling follows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from msgspec.structs import replace

from autograder.networks.nodes import Builder, Node
from autograder.wire.messages import Shape

_RESHAPES = ("Flatten", "Reshape")
_MAXIMUM = re.compile(r"(?:Global)?MaxPooling[123]D")
_EACH_NUMBER = re.compile(r"Activation|Dropout|GaussianNoise|GaussianDropout|Rescaling|Power|Minimum|Maximum")
_EACH_ROW = re.compile(r"Dense|(?:Batch|Layer|Unit|RMS)Normalization|Activation|Rescaling|Dropout")
"""What treats each last axis alike, where it is along that axis."""
_KEEPS_ORDER = (
    *("relu", "leaky_relu", "sigmoid", "tanh", "elu", "selu", "softplus", "softsign", "exponential"),
    *("hard_sigmoid", "hard_tanh", "log_sigmoid"),
)


def beneath(b: Builder, cls: str, settings: Mapping[str, object], x: int) -> tuple[int, list[Node]]:
    """Return what a layer or an activation may as well be applied to, and the nodes that then follow."""
    passed: list[Node] = []
    while x >= 0 and _commutes(b, cls, settings, b.nodes[x]):
        passed.append(b.nodes[x])
        x = b.nodes[x].inputs[0]
    return x, passed


def above(b: Builder, x: int, passed: list[Node]) -> int:
    """Apply again, to what a layer made, the nodes that were passed over."""
    for node in reversed(passed):
        shape = node.shape
        if node.cls == "Reshape" and shape:
            shape = (*shape[:-1], _last(b.shape(x), shape))
            node = _reshape(node, shape)
        elif node.cls == "Flatten" and shape and len(shape) == 1:
            shape = _flat(b.shape(x), shape)
        x = b.again(node, [x], shape)
    return x


def _commutes(b: Builder, cls: str, settings: Mapping[str, object], node: Node) -> bool:
    if len(node.inputs) != 1:
        return False
    if _MAXIMUM.fullmatch(node.cls):
        return cls == "Activation" and _keeps_order(settings)
    if node.cls not in _RESHAPES or node.get("batch") is not None or node.get("data_format") is not None:
        return False
    if _EACH_NUMBER.fullmatch(cls) and each_number(cls, settings):
        return True
    given, made = b.shape(node.inputs[0]), node.shape
    rows = bool(given) and bool(made) and given[-1] is not None and given[-1] == made[-1]  # type: ignore[index]
    return rows and bool(_EACH_ROW.fullmatch(cls)) and settings.get("axis", -1) == -1 and "noise_shape" not in settings


def each_number(cls: str, settings: Mapping[str, object]) -> bool:
    """Whether a layer treats each number by itself, wherever it stands."""
    if cls == "Activation":
        return settings.get("activation") not in ("softmax", "log_softmax") and isinstance(
            settings.get("activation"), str
        )
    if cls == "Rescaling":
        return all(isinstance(settings.get(key), (int, float)) for key in ("scale", "offset"))
    return "noise_shape" not in settings and all(isinstance(one, (int, float, str)) for one in settings.values())


def _keeps_order(settings: Mapping[str, object]) -> bool:
    slopes = [settings.get(key, 0) for key in ("negative_slope", "alpha", "threshold")]
    return settings.get("activation") in _KEEPS_ORDER and all(isinstance(s, (int, float)) and s >= 0 for s in slopes)


def _last(given: Shape | None, made: Shape) -> int | None:
    """Return the last size of a reshape whose input's last axis may have become another."""
    if not given or not made or math.prod(size or 1 for size in given) == math.prod(size or 1 for size in made):
        return made[-1]
    return given[-1]


def _flat(given: Shape | None, made: Shape) -> Shape:
    return made if not given or None in given else (math.prod(size or 1 for size in given),)


def _reshape(node: Node, shape: Shape) -> Node:
    return replace(node, settings=(("target_shape", tuple(shape)),), shape=shape)
