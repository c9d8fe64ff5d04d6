"""What a network computes, as nodes in normal form: equal for networks that compute the same, however they say it.

A record lists calls: of Keras's layers, and of bare operations, which are all that is left of student code once it was
followed. Here each call becomes nodes named as Keras names layers, by the algebra that holds between them: a product
with a weight matrix and a sum with a vector are a Dense, a mean over an image is its global pooling, `x / 255` is a
Rescaling, sums of sums are one sum, a reshape of a reshape is one, and what changes nothing is nothing.

Records come from a room: whatever does not hold together stays a node of its own, and nothing raises.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from autograder.networks import (
    elementwise,
    products,
    reductions,
    repeats,
    shapes,
    slices,
)
from autograder.networks.activations import activation_name
from autograder.networks.arithmetic import activated
from autograder.networks.frameworks import COMMON, dialect_of_call
from autograder.networks.nodes import DRAWS, Builder, Node, Operation
from autograder.networks.normal import COMPUTED, Asked, cleaned, parts
from autograder.networks.operands import Constant, constant_in, has_tensor, operands_of, said_of, shape_of, weights_of
from autograder.networks.values import Settings, clean, from_the_end
from autograder.wire.messages import Graph, Layer

MAX_DEPTH = 2
"""Functions in functions: a room could send any number of them."""

_REDUCTIONS = (
    "Mean",
    "Max",
    "Min",
    "Sum",
    "Prod",
    "Std",
    "Var",
    "Any",
    "All",
    "Logsumexp",
    "ArgMax",
    "Argmax",
    "Argmin",
)
_SAME = ("Identity", "ConvertToTensor", "EnsureShape", "Copy", "Identityn", "IdentityN", "OptimizationBarrier")


def computed(
    graph: Graph, asked: Asked, *, trained: bool | None = None, depth: int = 0
) -> tuple[list[Node], list[int], list[int]]:
    """Return the nodes of a graph, each after those it takes, and which are its outputs and its losses.

    With `trained` False, what is computed is what the network does when it is not trained.
    """
    if depth > MAX_DEPTH:
        raise ValueError("functions in functions, too many deep")
    b = Builder(graph, asked, trained, depth, computed)
    _run(b)
    return b.nodes, b.ends(graph.outputs, graph.slots), b.ends(graph.losses, [])


def activation_alone(layer: Layer) -> Settings | None:
    """Return the settings of the activation that a call is, of whichever framework; None where it is another thing."""
    start = replace(
        layer, cls="InputLayer", origin="keras", inputs=[], output_shapes=layer.input_shapes[:1], weights=[]
    )
    nodes, ends, _ = computed(Graph([start, replace(layer, inputs=[0], slots=[])], [1]), COMPUTED)
    alone = len(ends) == 1 and ends[0] >= 0 and nodes[ends[0]].inputs == (-1,)
    return nodes[ends[0]].settings if alone and nodes[ends[0]].cls == "Activation" else None


def _run(b: Builder) -> None:
    counted = 0
    for position, layer in enumerate(b.graph.layers):
        if layer.cls == "InputLayer":
            b.inputs.append(tuple(layer.output_shapes[0][1:]) if layer.output_shapes else ())
            b.made.append([-len(b.inputs)])
            continue
        counted += layer.cls not in ("Variable", "Constant")
        b.at = (counted, layer.within)
        inputs = b.taken(layer, position)
        made = _called_or_odd(b, layer, inputs, position)
        for slot, node in enumerate(made):
            if node in inputs and layer.cls == "Cast":  # TensorFlow's own functions cast what they take again: no use
                b.uses[node] = 0
            elif node in inputs:  # handed on as it came: others may take it too
                b.uses[node] -= 1
            b.uses[node] += b.told[position, slot]
        b.made.append(made)


def _called_or_odd(b: Builder, layer: Layer, inputs: list[int], position: int) -> list[int]:
    """A call that does not hold together, which none of a true network is, is a node of its own."""
    try:
        return _called(b, layer, inputs, position)
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError):
        settings = {"class": layer.cls, "config": clean(layer.config), "call": clean(layer.arguments)}
        return [b.node("odd record", settings, inputs, named_as=layer.cls)]


def _called(b: Builder, layer: Layer, inputs: list[int], position: int) -> list[int]:
    if layer.origin == "custom":
        return b.several(layer, _unread(b, layer, inputs))
    dialect = dialect_of_call(layer)
    if layer.origin == "operation" and dialect is COMMON:
        return _operation(b, layer, inputs)
    return dialect.applied(b, layer, inputs, position)


def _unread(b: Builder, layer: Layer, inputs: list[int]) -> int:
    """A call of code that could not be followed: what is known of it is its code, and its weights' shapes."""
    config = {key: clean(value) for key, value in layer.config.items() if key != "name"}
    known = {"code": config["code"]} if "code" in config else {"class": layer.cls, **config}
    settings = {**known, "weights": tuple(weight.shape for weight in layer.weights), **b.training(layer)}
    shape = shape_of(layer)
    return b.node(
        "own code", settings, inputs, weights=weights_of(layer), shape=shape, named_as=layer.cls,
        unreadable=layer.unreadable or "?",
    )  # fmt: skip


def _operation(b: Builder, layer: Layer, inputs: list[int]) -> list[int]:
    operands = {key: _with_constants(b, value) for key, value in operands_of(layer, inputs).items()}
    made: int | list[int] | None = None
    start = len(b.nodes)
    if layer.cls in _SAME:
        made = inputs[0] if inputs else -1
    elif layer.cls in _REDUCTIONS:
        made = reductions.reduced(b, layer, operands)
    elif layer.cls in OPERATIONS:
        made = OPERATIONS[layer.cls](b, layer, operands)
    elif activation_name(layer.cls) and inputs:
        settings = {key: value for key, value in said_of(layer).items() if key not in ("x", "name")}
        spec = {"class_name": layer.cls, "config": settings}
        found = parts(replace(layer, cls="Activation", config={"activation": spec}), b.asked)
        made = activated(b, found[0], inputs[0], shape_of(layer)) if found else inputs[0]
    if made is None:
        return b.several(layer, _bare(b, layer, inputs))
    for index in range(start, len(b.nodes)):  # nobody has written a Rescaling who multiplies
        if b.nodes[index].cls == "Rescaling":
            b.nodes[index] = replace(b.nodes[index], label=layer.cls)
    return made if isinstance(made, list) else [made]


def _with_constants(b: Builder, value: object) -> object:
    """Numbers in a list of tensors are a node as those are."""
    return (
        [b.constant(one) if isinstance(one, Constant) else one for one in value] if isinstance(value, list) else value
    )


def _bare(b: Builder, layer: Layer, inputs: list[int]) -> int:
    """An operation of which nothing more is known."""
    settings = {key: clean(value) for key, value in said_of(layer).items()}
    settings = {
        key: value for key, value in settings.items() if value is not None and value is not False and key != "name"
    }
    settings |= {key: among for key, value in layer.arguments.items() if (among := _among_tensors(value))}
    rank = len(layer.input_shapes[0]) if layer.input_shapes else 0
    if "axis" in settings:
        settings["axis"] = from_the_end(settings["axis"], rank)
    if DRAWS.fullmatch(layer.cls):
        settings["shape"] = shape_of(layer)
    roles = tuple(key for key, value in layer.arguments.items() if has_tensor(value))
    if len(roles) > 1 and roles != tuple(f"x{number}" for number in range(1, len(roles) + 1)):
        settings["takes"] = roles
    node = b.node(layer.cls, settings, inputs, shape=shape_of(layer), named_as=layer.cls)
    if "shape" in settings:
        b.draws[node] = layer
    return node


def _among_tensors(value: object) -> tuple[object, ...]:
    """Return what stands beside tensors in a list of them, None in the place of each; nothing where nothing does."""
    if not isinstance(value, list) or not has_tensor(value):
        return ()
    rest = tuple(None if has_tensor(one) else clean(one) for one in value)
    return rest if any(one is not None for one in rest) else ()


def _variable(b: Builder, layer: Layer, _: object) -> int:
    asks = {key: said for key, said in cleaned(layer.config, b.asked).items() if key in ("regularizer", "constraint")}
    settings = {"shape": tuple(layer.output_shapes[0]) if layer.output_shapes else (), **b.frozen(layer), **asks}
    node = b.node("Variable", settings, [], weights=weights_of(layer), named_as=layer.name or "weight")
    if layer.weights:
        b.variables[node] = layer.weights[0]
        b.asks[node] = layer.config
    return node


def _constant(b: Builder, layer: Layer, _: object) -> int:
    found = constant_in(layer.config.get("value"))
    node = b.node("Constant", {"value": found.told if found else None}, [], shape=shape_of(layer))
    if found:
        b.constants[node] = found
    return node


OPERATIONS: Mapping[str, Operation] = {
    "Add": elementwise.add,
    "Subtract": elementwise.subtract,
    "Multiply": elementwise.multiply,
    "Divide": elementwise.divide,
    "Reciprocal": elementwise.reciprocal,
    "Negative": elementwise.negative,
    "Power": elementwise.power,
    "Square": elementwise.root(2),
    "Sqrt": elementwise.root(0.5),
    "Rsqrt": elementwise.root(-0.5),
    "Maximum": elementwise.maximum,
    "Minimum": elementwise.minimum,
    "Clip": elementwise.clip,
    "Where": elementwise.where,
    "Log": elementwise.log,
    "Log1p": elementwise.log1p,
    "Expm1": elementwise.expm1,
    "SquaredDifference": elementwise.squared_difference,
    "Cast": elementwise.cast,
    "OneHot": elementwise.one_hot,
    "Stack": shapes.stack,
    "Concatenate": shapes.concatenate,
    "Reshape": shapes.reshape,
    "Transpose": shapes.transpose,
    "DepthToSpace": shapes.depth_to_space,
    "SpaceToDepth": shapes.space_to_depth,
    "Swapaxes": shapes.swapaxes,
    "Moveaxis": shapes.moveaxis,
    "GetItem": slices.get_item,
    "Flip": slices.flip,
    "Reverse": slices.flip,
    "Split": slices.split,
    "Unstack": slices.unstack,
    "Matmul": products.matmul,
    "Dot": products.dot,
    "Tensordot": products.tensordot,
    "Einsum": products.einsum,
    "Take": products.take,
    "Pad": products.pad,
    "Dropout": products.dropout,
    "Resize": products.resize,
    "TrueDivide": elementwise.divide,
    "Greater": elementwise.compared,
    "GreaterEqual": elementwise.compared,
    "Less": elementwise.compared,
    "LessEqual": elementwise.compared,
    "BiasAdd": elementwise.add,
    "ExpandDims": shapes.reshape,
    "Squeeze": shapes.reshape,
    "Ravel": shapes.reshape,
    "Repeat": repeats.repeat,
    "Tile": repeats.tile,
    "BroadcastTo": repeats.broadcast,
    "Moments": reductions.moments,
    "Norm": reductions.norm,
    "Normalize": reductions.normalize,
    "Conv": products.convolution,
    "DepthwiseConv": products.convolution,
    "SeparableConv2d": products.separable,
    "SeparableConv": products.separable,
    "MaxPool": products.pool,
    "AveragePool": products.pool,
    "Variable": _variable,
    "Constant": _constant,
}
"""What makes the nodes of an operation, by its name; None where it cannot say."""
