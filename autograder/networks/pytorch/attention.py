"""`scaled_dot_product_attention` as nodes: the products, the factor and the softmax that it is when written out."""

from __future__ import annotations

from msgspec.structs import replace

from autograder.networks.arithmetic import times
from autograder.networks.matrices import matrix_product, turned
from autograder.networks.nodes import Builder
from autograder.networks.operands import shape_of
from autograder.networks.pytorch.calls import Operands
from autograder.networks.pytorch.modules import activated
from autograder.networks.pytorch.nodes import Said
from autograder.wire.messages import Layer

_ROLES = (("input", "query"), ("arg1", "key"), ("arg2", "value"))
_NONE = (None, False, 0)
"""What settings are where nothing is masked, dropped or shared between heads."""


def attention(b: Builder, layer: Layer, operands: Operands, said: Said) -> int | None:
    """softmax(q kᵀ / √d) v, without a mask and without dropout; None for any other."""
    if any(value not in _NONE for name, value in said.items() if name != "scale"):
        return None
    query, key, value = (next((operands[name] for name in names if name in operands), None) for names in _ROLES)
    if not isinstance(query, int) or not isinstance(key, int) or not isinstance(value, int) or len(layer.inputs) != 3:
        return None
    asked, keys = b.shape(query), b.shape(key)
    over = turned(b, key)
    if asked is None or keys is None or over is None or len(keys) < 2 or asked[-1:] in ((), (None,)):
        return None
    scores = (*asked[:-1], keys[-2])
    factor = said.get("scale")
    factor = float(asked[-1] or 1) ** -0.5 if factor is None else float(factor)
    made = matrix_product(b, query, over, scores)
    scaled = made if factor == 1 else times(b, made, factor, scores)
    called = replace(layer, output_shapes=[(None, *scores)], input_shapes=[(None, *scores)])
    weights = activated(b, called, "softmax", {"axis": -1}, [scaled])
    return matrix_product(b, weights, value, shape_of(layer))
