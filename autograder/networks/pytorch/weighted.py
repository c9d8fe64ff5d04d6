"""Functions of PyTorch that take weights as nodes: layers of Keras, their parameters the author's own."""

from __future__ import annotations

from msgspec.structs import replace

from autograder.networks import products, reductions
from autograder.networks.arithmetic import merged
from autograder.networks.layers import as_layer
from autograder.networks.nodes import Builder
from autograder.networks.operands import shape_of
from autograder.networks.pytorch.calls import Operands, as_operation
from autograder.networks.pytorch.modules import of_class
from autograder.networks.pytorch.nodes import Said
from autograder.networks.pytorch.windows import window
from autograder.wire.messages import Layer


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
    return products.matmul(b, as_operation(layer, "Matmul", {}), {"x1": x, "x2": kernel})


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
    return (
        None if said.get("max_norm") is not None else products.take(b, as_operation(layer, "Take", {"axis": 0}), named)
    )


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
    return reductions.normalize(b, as_operation(layer, "Normalize", config), {"x": operands.get("input")})
