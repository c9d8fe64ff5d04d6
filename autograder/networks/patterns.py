"""Activations and normalizations written out, `x * sigmoid(x)`, as what Keras calls them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import permutations

from autograder.networks.nodes import Builder

Named = tuple[str, dict[str, object], int]
"""An activation, its parameters, and what it is of."""
_ROOT_HALF, _GELU, _CUBE = 0.707107, 0.797885, 0.044715
"""1 / √2 and √(2 / π), as float32 keeps them; the third is gelu's own."""


def scaled(b: Builder, index: int) -> tuple[int, object, object]:
    """Return x, a and c of `a · x + c`."""
    node = b.get(index, "Rescaling")
    return (index, 1, 0) if node is None else (node.inputs[0], node.get("scale"), node.get("offset"))


def activation_at(b: Builder, index: int) -> object:
    """Return the name of an activation without parameters, None for anything else."""
    node = b.get(index, "Activation")
    return None if node is None else node.get("activation")


def of_activation(b: Builder, index: int, name: str) -> int | None:
    """Return what `index` is an activation of, where it is this one."""
    return b.nodes[index].inputs[0] if activation_at(b, index) == name else None


def _of(b: Builder, index: int, cls: str, **settings: object) -> int | None:
    """Return what `index` is an operation of, where it is this one."""
    node = b.get(index, cls)
    if node is None or any(node.get(key) != value for key, value in settings.items()):
        return None
    return node.inputs[0]


# --- Products ---------------------------------------------------------------------------------------------------------


def product_of_two(b: Builder, terms: Sequence[int]) -> Named | None:
    """Return the activation that a product of two is, None where it is none."""
    for x, gate in permutations(terms, 2):
        for find in (_gated, _gelu, _shared, _stepped):
            found = find(b, x, gate)
            if found is not None:
                return found
    return None


def _gated(b: Builder, x: int, gate: int) -> Named | None:
    if of_activation(b, gate, "sigmoid") == x:
        return "silu", {}, x
    if of_activation(b, gate, "hard_sigmoid") == x:
        return "hard_silu", {}, x
    halves = _halves(b, x, of_activation(b, gate, "sigmoid"))
    if halves is not None:
        return "glu", {}, halves
    inner = of_activation(b, gate, "tanh")
    return ("mish", {}, x) if inner is not None and of_activation(b, inner, "softplus") == x else None


def _halves(b: Builder, x: int, other: int | None) -> int | None:
    """Return what x is the first half of, along the last axis, and the other the second."""
    first, second = b.get(x, "GetItem"), b.get(other, "GetItem") if other is not None else None
    if first is None or second is None or first.inputs != second.inputs:
        return None
    whole, keys = b.shape(first.inputs[0]), (first.get("key"), second.get("key"))
    size = whole[-1] if whole else None
    if not whole or not isinstance(size, int) or size % 2:
        return None
    before = ((0, None, 1),) * len(whole)
    due = ((*before, (0, size // 2, 1)), (*before, (size // 2, None, 1)))
    return first.inputs[0] if keys == due else None


def _gelu(b: Builder, x: int, gate: int) -> Named | None:
    """x (1 + erf(x / √2)), and its half."""
    inner, scale, offset = scaled(b, gate)
    if (scale, offset) != (1, 1):
        return None
    argument = _of(b, inner, "Erf")
    if argument is not None and scaled(b, argument) == (x, _ROOT_HALF, 0):
        return "twice gelu", {}, x
    argument = of_activation(b, inner, "tanh")
    if argument is None:
        return None
    total, factor, rest = scaled(b, argument)
    terms = _terms(b, total, "Add")
    cubes = [one for one in terms if one != x]
    cubed = len(terms) == 2 and len(cubes) == 1 and scaled(b, cubes[0])
    if (factor, rest) != (_GELU, 0) or not cubed or cubed[1:] != (_CUBE, 0):
        return None
    return ("twice gelu", {"approximate": True}, x) if _of(b, cubed[0], "Power", exponent=3) == x else None


def _terms(b: Builder, index: int, cls: str) -> tuple[int, ...]:
    node = b.get(index, cls)
    return node.inputs if node is not None else ()


def _shared(b: Builder, x: int, divisor: int) -> Named | None:
    """x / s, where s is a sum of what x is one of."""
    total = _of(b, divisor, "Power", exponent=-1)
    if total is None:
        return None
    inner, scale, offset = scaled(b, total)
    exponent = of_activation(b, x, "exponential")
    if exponent is not None and b.get(total, "Sum") is not None and _is_sum_of(b, total, x):
        return "softmax", {"axis": b.nodes[total].get("axis")}, exponent
    if exponent is not None and (inner, scale, offset) == (x, 1, 1):
        return "sigmoid", {}, exponent
    if _of(b, inner, "Absolute") == x and (scale, offset) == (1, 1):
        return "softsign", {}, x
    return _tanh(b, x, total)


def _is_sum_of(b: Builder, total: int, x: int) -> bool:
    node = b.nodes[total]
    return node.inputs == (x,) and bool(node.get("keepdims"))


def _tanh(b: Builder, difference: int, total: int) -> Named | None:
    one, other = (*_terms(b, difference, "Subtract"), -1, -1)[:2]
    if one < 0 or other < 0 or sorted((one, other)) != sorted(_terms(b, total, "Add")):
        return None
    up, down = of_activation(b, one, "exponential"), of_activation(b, other, "exponential")
    return ("tanh", {}, up) if up is not None and down is not None and scaled(b, down) == (up, -1, 0) else None


def _stepped(b: Builder, x: int, gate: int) -> Named | None:
    for test in ("Greater", "GreaterEqual"):
        if _of(b, gate, test, x2=0) == x:
            return "relu", {}, x
    return None


# --- Sums, roots, choices ---------------------------------------------------------------------------------------------


def average_of_two(b: Builder, terms: Sequence[int]) -> Named | None:
    """(x + |x|) / 2 is a ReLU."""
    for x, other in permutations(terms, 2):
        if _of(b, other, "Absolute") == x:
            return "relu", {}, x
    return None


def difference_of_two(b: Builder, x: int, other: int) -> Named | None:
    """x less the logarithm of the sum of its exponentials is a log_softmax; relu(x) less a part of relu(-x) leaks."""
    leaking = _leaking(b, x, other)
    if leaking is not None:
        return leaking
    node = b.get(other, "Logsumexp")
    if node is None or node.inputs != (x,) or not node.get("keepdims"):
        return None
    return "log_softmax", {"axis": node.get("axis")}, x


def _leaking(b: Builder, x: int, other: int) -> Named | None:
    inner, slope, offset = scaled(b, other)
    positive, negative = of_activation(b, x, "relu"), of_activation(b, inner, "relu")
    if positive is None or negative is None or not isinstance(slope, (int, float)) or offset != 0:
        return None
    return ("leaky_relu", {"negative_slope": slope}, positive) if scaled(b, negative) == (positive, -1, 0) else None


def scaled_activation(b: Builder, x: int, scale: object, offset: object) -> Named | None:
    """Return the activation that `scale · x + offset` is."""
    node = b.get(x, "Activation")
    if node is not None and (node.get("activation"), scale, offset) == ("sigmoid", 2, -1):
        doubled, twice, moved = scaled(b, node.inputs[0])
        return ("tanh", {}, doubled) if (twice, moved) == (2, 0) else None
    if node is None or offset != 0:
        return _half_of_gelu(b, x, scale, offset)
    six = (node.get("activation"), node.get("max_value"), scale) == ("relu", 6, 0.166667)
    inner = scaled(b, node.inputs[0])
    return ("hard_sigmoid", {}, inner[0]) if six and inner[1:] == (1, 3) else None


def _half_of_gelu(b: Builder, x: int, scale: object, offset: object) -> Named | None:
    if offset != 0:
        return None
    node = b.get(x, "twice gelu")
    if node is not None and scale == 0.5:
        return "gelu", dict(node.settings), node.inputs[0]
    for one, other in permutations(_terms(b, x, "Multiply"), 2):
        capped = b.get(other, "Activation")
        six = capped is not None and (capped.get("activation"), capped.get("max_value")) == ("relu", 6)
        if capped is not None and six and scaled(b, capped.inputs[0]) == (one, 1, 3) and scale == 0.166667:
            return "hard_silu", {}, one
    return None


def logarithm(b: Builder, x: int) -> Named | None:
    node = b.get(x, "Activation")
    if node is not None and node.get("activation") == "softmax":
        return "log_softmax", {"axis": node.get("axis") or -1}, node.inputs[0]
    if node is not None and node.get("activation") == "sigmoid":
        return "log_sigmoid", {}, node.inputs[0]
    inner, scale, offset = scaled(b, x)
    exponent = of_activation(b, inner, "exponential") if (scale, offset) == (1, 1) else None
    return None if exponent is None else ("softplus", {}, exponent)


Blend = tuple[int, tuple[int, ...], float]
"""What x is moved to, the gates it is moved by, and a number beside them."""


def blend(b: Builder, x: int, term: int, sign: int = 1) -> Blend | None:
    """Of x + g · t · (h - x): h, the gates t, and g, which is 1 where there is a gate. With `sign` -1, of x - …."""
    inner, scale, offset = scaled(b, term)
    factors = _terms(b, inner, "Multiply") or (inner,)
    for place, one in enumerate(factors):
        ends = _terms(b, one, "Subtract")
        if offset != 0 or x not in ends or not isinstance(scale, (int, float)):
            continue
        amount = scale * sign * (1 if ends[1] == x else -1)
        gates = (*factors[:place], *factors[place + 1 :])
        if amount == 1 or (amount > 0 and not gates):
            return ends[0 if ends[1] == x else 1], gates, amount
    return None


def positive_part(b: Builder, x: int, other: int) -> Named | None:
    """Return the activation that is x where x is positive, and `other` where it is not."""
    inner, scale, offset = scaled(b, other)
    if inner == x and offset == 0 and isinstance(scale, (int, float)):
        return "leaky_relu", {"negative_slope": float(scale)}, x
    if of_activation(b, inner, "exponential") == x and isinstance(scale, (int, float)) and offset == -scale:
        return "elu", {"alpha": scale}, x
    return None


Centred = tuple[list[int], int, int]
"""The factors that x and its mean both have, x, and the mean."""


def factored(b: Builder, terms: Sequence[int]) -> tuple[Centred, list[int]] | None:
    """Of x · a less its mean · a, as `tf.nn.batch_normalization` writes it, the parts; and the terms beside them."""
    for one, other in permutations(terms, 2):
        inner, scale, offset = scaled(b, other)
        mine, theirs = Counter(_terms(b, one, "Multiply")), Counter(_terms(b, inner, "Multiply"))
        own, others = [*(mine - theirs).elements()], [*(theirs - mine).elements()]
        if (scale, offset, len(own), len(others)) != (-1, 0, 1, 1) or not _is_mean(b, own[0], others[0]):
            continue
        rest = list(terms)
        rest.remove(one)
        rest.remove(other)
        return ([*(mine & theirs).elements()], own[0], others[0]), rest
    return None


def _is_mean(b: Builder, x: int, mean: int) -> bool:
    """Whether it is the mean of x over some of its axes, which are kept."""
    pooled = b.get(mean, "Reshape")
    if pooled is not None and b.nodes[pooled.inputs[0]].cls.startswith("GlobalAveragePooling"):
        return b.nodes[pooled.inputs[0]].inputs == (x,)
    return _of(b, mean, "Mean", keepdims=True) == x


# --- Normalizations ---------------------------------------------------------------------------------------------------

Normalization = tuple[str, dict[str, object], int, list[int]]
"""A layer, its settings, what it is of, and the terms of a product that are not of it."""


def normalization(b: Builder, terms: Sequence[int]) -> Normalization | None:
    """Return the normalization over the last axis that is among the terms of a product."""
    for one, other in permutations(terms, 2):
        found = _normalization(b, one, other)
        if found is not None:
            rest = list(terms)
            rest.remove(one)
            rest.remove(other)
            return (*found, rest)
    return None


def _normalization(b: Builder, x: int, root: int) -> Named | None:
    spread = _of(b, root, "Power", exponent=-0.5)
    if spread is None:
        return None
    inner, scale, epsilon = scaled(b, spread)
    centred = _of(b, inner, "Var", axis=-1, keepdims=True)
    if scale == 1 and centred is not None and _terms(b, x, "Subtract")[:1] == (centred,) and _is_less_mean(b, x):
        settings = {"axis": -1, "epsilon": epsilon, "rms_scaling": False, "center": False, "scale": False}
        return "LayerNormalization", settings, centred
    squares = _of(b, inner, "Mean", axis=-1, keepdims=True)
    if scale == 1 and squares is not None and _of(b, squares, "Power", exponent=2) == x:
        return "RMSNormalization", {"axis": -1, "epsilon": epsilon}, x
    squares = _of(b, inner, "Sum", axis=-1, keepdims=True)
    if scale == 1 and squares is not None and _of(b, squares, "Power", exponent=2) == x:
        return "UnitNormalization", {"axis": -1}, x
    return None


def _is_less_mean(b: Builder, difference: int) -> bool:
    x, mean = b.nodes[difference].inputs
    return _of(b, mean, "Mean", axis=-1, keepdims=True) == x


def squares_of_differences(b: Builder, squared: int, axis: object, *, kept: bool) -> int | None:
    """Return x, where `squared` is the square of x less its mean over the axes."""
    difference = _of(b, squared, "Power", exponent=2)
    node = b.get(difference, "Subtract") if difference is not None else None
    if node is None:
        return None
    for x, other in permutations(node.inputs):
        mean = _of(b, other, "StopGradient")  # as tf.nn.moments writes it: deviations add up to nothing
        if _mean_of(b, other if mean is None else mean, axis) == x and kept:
            return x
    return None


def _mean_of(b: Builder, index: int, axis: object) -> int | None:
    """Return what `index` is the mean of over these axes, where it is, and they are kept."""
    reshape, spatial = b.get(index, "Reshape"), {-2: 1, (-3, -2): 2, (-4, -3, -2): 3}.get(axis)
    if reshape is None or spatial is None or reshape.shape != (*(1,) * spatial, (reshape.shape or (0,))[-1]):
        return _of(b, index, "Mean", axis=axis, keepdims=True)
    return _of(b, reshape.inputs[0], f"GlobalAveragePooling{spatial}D", keepdims=False)
