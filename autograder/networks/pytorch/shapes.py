"""Functions of PyTorch that move numbers about as nodes: reshapes, slices, transpositions, borders."""

from __future__ import annotations

import re

from autograder.networks import shapes, slices
from autograder.networks.nodes import Builder
from autograder.networks.operands import shape_of
from autograder.networks.pytorch import recurrent as recurrent
from autograder.networks.pytorch.calls import PREFIX, Operands, as_operation
from autograder.networks.pytorch.nodes import Said
from autograder.networks.pytorch.windows import zeros_around
from autograder.wire.messages import Layer


def reshaped(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    squeezed = layer.cls.endswith("squeeze") and said.get("dim", 0) == 0
    last = recurrent.last_state(b, layer, operands.get("input"), 0, only=True) if squeezed else None
    return (
        shapes.reshape(b, as_operation(layer, "Reshape", said), {"x": operands.get("input")}) if last is None else last
    )


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
    return shapes.concatenate(b, as_operation(layer, "Concatenate", config), {"xs": operands.get("tensors")})


def stack(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    return shapes.stack(b, as_operation(layer, "Stack", {"axis": said.get("dim", 0)}), {"x": operands.get("tensors")})


def split(b: Builder, layer: Layer, operands: Operands, said: Said) -> list[int] | None:
    return slices.split(b, as_operation(layer, "Split", {"axis": said.get("dim", 0)}), {"x": operands.get("input")})


def unbind(b: Builder, layer: Layer, operands: Operands, said: Said) -> list[int] | None:
    return slices.unstack(b, as_operation(layer, "Unstack", {"axis": said.get("dim", 0)}), {"x": operands.get("input")})


def item(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    if "key" not in said:
        return None
    x, key = _before_turning(b, operands.get("input"), said["key"])
    last = recurrent.last_state(b, layer, x, key)
    if last is not None:
        return last
    of_states = isinstance(x, int) and b.get(x, "Output") is not None and b.nodes[x].get("index") != 0
    first = layer.input_shapes[0][0] if layer.input_shapes and layer.input_shapes[0] else None
    if of_states and isinstance(key, int) and key < 0 and first is not None:
        key += first
    return slices.get_item(b, as_operation(layer, "GetItem", {"key": key}), {"x": x})


def _before_turning(b: Builder, x: object, key: object) -> tuple[object, object]:
    """Return what is indexed, and how, where `x` had its first two axes swapped: x.transpose(0, 1)[-1] is x[:, -1]."""
    turned = b.get(x, "Permute") if isinstance(x, int) else None
    first, *rest = key if isinstance(key, list) and key else [key]
    if turned is None or turned.get("axes") != (1, 0, 2) or not isinstance(first, int):
        return x, key
    return turned.inputs[0], [rest[0] if rest else recurrent.WHOLE, first, *rest[1:]]


def permute(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    listed, one_by_one = said.get("dims", said.get("arg1")), [key for key in said if re.fullmatch(r"arg\d+", key)]
    axes = listed if isinstance(listed, list) else [said[key] for key in one_by_one]
    return shapes.transpose(b, as_operation(layer, "Transpose", {"axes": axes}), {"x": operands.get("input")})


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
