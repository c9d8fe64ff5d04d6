"""What a network computes, as nodes in normal form: equal for networks that compute the same, however they say it.

A record lists calls: of Keras's layers, and of bare operations, which are all that is left of student code once it was
followed. Here each call becomes nodes named as Keras names layers, by the algebra that holds between them: a product
with a weight matrix and a sum with a vector are a Dense, a mean over an image is its global pooling, `x / 255` is a
Rescaling, sums of sums are one sum, a reshape of a reshape is one, and what changes nothing is nothing.

Records come from a room: whatever does not hold together stays a node of its own, and nothing raises.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from autograder.network.normal import (
    COMMUTATIVE,
    Asked,
    Part,
    Settings,
    activation_name,
    clean,
    from_the_end,
    label,
    named,
    parts,
    rounded,
    settings_of,
    sort,
)
from autograder.wire.messages import Graph, Layer, Shape, Weight

MAX_TERMS = 64
"""Terms of one flattened sum."""
MAX_DEPTH = 2
"""Functions in functions: a room could send any number of them."""
MAX_CONSTANT = 65_536
"""Numbers of a constant that are computed with."""

_RECURRENT = ("LSTM", "GRU", "SimpleRNN")
_LAST_AXIS = (
    "Dense",
    "Dropout",
    "Activation",
    "ReLU",
    "LeakyReLU",
    "Softmax",
    "LayerNormalization",
    "Identity",
    "Rescaling",
)
"""Layers that treat each place of a sequence alike, so that TimeDistributed around them adds nothing."""
_ATTENTION = ("MultiHeadAttention", "Attention", "AdditiveAttention", "GroupedQueryAttention")
_DRAWS = re.compile(r".*Dropout.*|Random.*|GaussianNoise")
"""What draws anew at each call, so that two calls of it are never one."""
_TOLD_APART = re.compile(r"Global.*|A(?:verageP|vgP)ool.*|LSTM|GRU|SimpleRNN|RNN")
"""Layers that are not what their settings alone say."""
_TRAINED_APART = ("BatchNormalization", "SpectralNormalization")
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
_SLICE = re.compile(r"slice\((None|-?\d{1,9}), (None|-?\d{1,9}), (None|-?\d{1,9})\)")
_KERNEL = re.compile(r"(Depthwise|Separable)?Conv[123]D")


class Constant(NamedTuple):
    """Numbers that an operation takes."""

    numbers: np.ndarray[Any, Any] | None
    """None where there were too many to be sent."""
    told: object
    """What stands for them in settings."""


@dataclass(frozen=True)
class Node:
    """One thing that is computed."""

    cls: str
    settings: Settings
    inputs: tuple[int, ...]
    """Nodes; -1 stands for the network's first input, -2 for its second."""
    weights: tuple[object, ...]
    """What stands for each variable that it holds."""
    shape: Shape | None
    """Of its first output, batch left out; None where it is not known."""
    layer: int
    """Position, from 1, of the call it came from, as its author counts: the InputLayer is not one."""
    label: str
    within: str
    unreadable: str

    def get(self, key: str) -> object:
        return dict(self.settings).get(key)


def computed(
    graph: Graph, asked: Asked, *, trained: bool | None = None, depth: int = 0
) -> tuple[list[Node], list[int], list[int]]:
    """Return the nodes of a graph, each after those it takes, and which are its outputs and its losses.

    With `trained` False, what is computed is what the network does when it is not trained.
    """
    if depth > MAX_DEPTH:
        raise ValueError("functions in functions, too many deep")
    builder = _Builder(graph, asked, trained, depth)
    builder.run()
    return builder.nodes, builder.ends(graph.outputs, graph.slots), builder.ends(graph.losses, [])


class _Builder:
    """Builds nodes call by call, each simplified as it is made from those before it."""

    def __init__(self, graph: Graph, asked: Asked, trained: bool | None, depth: int) -> None:
        self.nodes: list[Node] = []
        self._graph, self._asked, self._trained, self._depth = graph, asked, trained, depth
        self._found: dict[object, int] = {}
        self._made: list[list[int]] = []
        self._inputs: list[Shape] = []
        self._variables: dict[int, Weight] = {}
        self._constants: dict[int, Constant] = {}
        self._uses: Counter[int] = Counter()
        self._told = _slots_used(graph)
        self._at: tuple[int, Layer | None] = (0, None)

    def run(self) -> None:
        counted = 0
        for position, layer in enumerate(self._graph.layers):
            if layer.cls == "InputLayer":
                self._inputs.append(tuple(layer.output_shapes[0][1:]) if layer.output_shapes else ())
                self._made.append([-len(self._inputs)])
                continue
            counted += layer.cls not in ("Variable", "Constant")
            self._at = (counted, layer)
            inputs = self._taken(layer, position)
            made = self._call_or_odd(layer, inputs, position)
            for slot, node in enumerate(made):
                self._uses[node] = max(self._told[position, slot], 0) if node in inputs else self._uses[node]
                if node not in inputs:
                    self._uses[node] += self._told[position, slot]
            self._made.append(made)

    def ends(self, positions: Sequence[int], slots: Sequence[int]) -> list[int]:
        places = zip(positions, [*slots, *[0] * len(positions)], strict=False)
        return [self._output(position, slot) for position, slot in places if position < len(self._made)]

    def _taken(self, layer: Layer, position: int) -> list[int]:
        """Return the nodes a call takes. What does not come before it, which no true network has, is not taken."""
        places = zip(layer.inputs, [*layer.slots, *[0] * len(layer.inputs)], strict=False)
        found = [self._output(source, slot) for source, slot in places if source < position]
        return found or ([] if layer.origin == "operation" else [-1])

    def _output(self, position: int, slot: int) -> int:
        made = self._made[position]
        if slot < len(made):
            return made[slot]
        return self._node("Output", {"index": slot}, [made[0]], named_as="Output")

    # --- Nodes ---

    def _node(
        self,
        cls: str,
        settings: Mapping[str, object],
        inputs: Sequence[int],
        *,
        weights: Sequence[object] = (),
        shape: Shape | None = None,
        named_as: str = "",
        unreadable: str = "",
    ) -> int:
        number, layer = self._at
        node = Node(
            cls=cls,
            settings=sort(settings),
            inputs=tuple(sorted(inputs) if cls in COMMUTATIVE else inputs),
            weights=tuple(weights),
            shape=shape,
            layer=number,
            label=named_as or label(cls, settings),
            within=layer.within if layer is not None else "",
            unreadable=unreadable,
        )
        key = (node.cls, node.settings, node.inputs, node.weights)
        if _DRAWS.fullmatch(cls) or unreadable:
            key = (*key, len(self.nodes))  # type: ignore[assignment]
        try:
            found = self._found.get(key)
        except TypeError:
            found = None
        if found is not None:
            return found
        self.nodes.append(node)
        position = len(self.nodes) - 1
        with contextlib.suppress(TypeError):
            self._found[key] = position
        return position

    def _part(
        self, part: Part, inputs: Sequence[int], weights: Sequence[object] = (), shape: Shape | None = None
    ) -> int:
        return self._node(part.cls, dict(part.settings), inputs, weights=weights, shape=shape, named_as=part.label)

    def _get(self, index: int, cls: str) -> Node | None:
        """Return a node, where it is of this class."""
        return self.nodes[index] if index >= 0 and self.nodes[index].cls == cls else None

    def _shape(self, index: int) -> Shape | None:
        if index < 0:
            return self._inputs[-index - 1] if -index <= len(self._inputs) else None
        return self.nodes[index].shape

    def _once(self, index: int) -> bool:
        """Whether only the call in hand takes this node."""
        return index >= 0 and self._uses[index] <= 1

    # --- Calls ---

    def _call_or_odd(self, layer: Layer, inputs: list[int], position: int) -> list[int]:
        """A call that does not hold together, which none of a true network is, is a node of its own."""
        try:
            return self._call(layer, inputs, position)
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError):
            settings = {"class": layer.cls, "config": clean(layer.config), "call": clean(layer.arguments)}
            return [self._node("odd record", settings, inputs, named_as=layer.cls)]

    def _call(self, layer: Layer, inputs: list[int], position: int) -> list[int]:
        if layer.origin == "custom":
            return self._several(layer, self._own(layer, inputs))
        if layer.origin == "operation":
            return self._operation(layer, inputs)
        return self._layer(layer, inputs, position)

    def _several(self, layer: Layer, node: int) -> list[int]:
        """Return a node for each output of a call."""
        if len(layer.output_shapes) < 2:
            return [node]
        return [self._node("Output", {"index": slot}, [node]) for slot in range(min(len(layer.output_shapes), 1000))]

    def _own(self, layer: Layer, inputs: list[int]) -> int:
        """A call of code that could not be followed: what is known of it is its code, and its weights' shapes."""
        config = {key: clean(value) for key, value in layer.config.items() if key != "name"}
        known = {"code": config["code"]} if "code" in config else {"class": layer.cls, **config}
        settings = {**known, "weights": tuple(weight.shape for weight in layer.weights), **self._training(layer)}
        shape = _shape(layer)
        return self._node(
            "own code", settings, inputs, weights=_weights(layer), shape=shape, named_as=layer.cls,
            unreadable=layer.unreadable or "?",
        )  # fmt: skip

    def _training(self, layer: Layer) -> dict[str, object]:
        told = layer.training
        if told is None and self._trained is False:
            told = False
        return {} if told is None else {"training": told}

    def _frozen(self, layer: Layer) -> dict[str, object]:
        if not self._asked.trainable or not layer.weights:
            return {}
        return {"trainable": any(weight.trainable for weight in layer.weights)}

    def _layer(self, layer: Layer, inputs: list[int], position: int = -1) -> list[int]:
        if self._trained is False and layer.training is None:
            layer = replace(layer, training=False)
        cls, x = layer.cls, inputs[0] if inputs else -1
        if cls in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
            return [self._merge(cls, inputs, _shape(layer))]
        if cls == "Concatenate":
            return [self._concatenated(inputs, layer.config.get("axis", -1), layer)]
        if cls in ("Flatten", "Reshape", "Permute", "Identity", "Rescaling", "Normalization", "TimeDistributed"):
            made = self._rewritten(layer, x)
            if made is not None:
                return [made]
        if cls == "TimeDistributed" and "layer" in layer.functions:
            return [self._timed(layer, x)]
        if cls == "EinsumDense" and (dense := _as_dense(layer)) is not None:
            return self._layer(dense, inputs)
        if cls in _ATTENTION:
            return self._attention(layer, inputs)
        if not _TOLD_APART.fullmatch(cls):
            return self._generally(layer, inputs)
        kind, settings = settings_of(layer, self._asked)
        if kind in _RECURRENT:
            return self._recurrent(kind, settings, layer, inputs, position)
        if kind.startswith("Global") and "Pooling" in kind:
            return [self._pooled(kind, settings, layer, x)]
        if kind.startswith("AveragePooling") and self._covers(settings, x):
            return [self._pooled(f"Global{kind}", {**settings, "keepdims": True}, layer, x)]
        return self._generally(layer, inputs)

    def _generally(self, layer: Layer, inputs: list[int]) -> list[int]:
        """A layer as `normal` says it: one node, and another for its activation."""
        shape, made = _shape(layer), list(inputs)
        for number, part in enumerate(parts(layer, self._asked)):
            settings = dict(part.settings)
            if number == 0:
                settings |= self._said(layer, part.cls)
                settings, made = self._unpadded(part.cls, settings, made)
                weights = _weights(layer)
                kind, settings, made, weights = self._separable(part.cls, settings, made, weights)
                made = [self._node(kind, settings, made, weights=weights, shape=shape, named_as=part.label)]
            else:
                made = [self._activated(part, made[0], shape)]
        return self._several(layer, made[0]) if made else [-1]

    def _said(self, layer: Layer, cls: str) -> dict[str, object]:
        """What a call says of a layer beside its settings."""
        said = {**self._frozen(layer), **self._functions(layer)}
        if cls in _TRAINED_APART or (_DRAWS.fullmatch(cls) and layer.training) or layer.config.get("dropout"):
            said |= self._training(layer)
        constants = {
            key: clean(value) for key, value in layer.arguments.items() if not _has_tensor(value) and value is not False
        }
        roles = [key for key, value in layer.arguments.items() if _has_tensor(value)]
        return {**said, **constants, **({"takes": tuple(roles)} if len(roles) > 1 else {})}

    def _functions(self, layer: Layer) -> dict[str, object]:
        return {name: _function(graph, self._asked, self._depth + 1) for name, graph in layer.functions.items()}

    def _activated(self, part: Part, x: int, shape: Shape | None) -> int:
        before = self._get(x, "Activation")
        if part.label in ("relu", "linear") and before is not None and before.settings == part.settings:
            return x  # a ReLU of a ReLU
        return self._part(part, [x], shape=shape)

    def _named(self, name: str, params: Mapping[str, object], x: int, shape: Shape | None) -> int:
        found = named(name, params)
        return self._activated(found[0], x, shape) if found else x

    def _rewritten(self, layer: Layer, x: int) -> int | None:
        """Return the node of a layer that an operation could have been; None where it is one of its own."""
        config, made = layer.config, _shape(layer)
        match layer.cls:
            case "Identity":
                return x
            case "Flatten" if config.get("data_format") == "channels_first":
                return None
            case "Flatten":
                return self._reshaped(x, made if made is not None else None, flat=True)
            case "Reshape":
                target = clean(config.get("target_shape"))
                if made is None:
                    flat = isinstance(target, tuple) and len(target) == 1
                    return self._node("Flatten" if flat else "Reshape", {} if flat else {"target_shape": target}, [x])
                return self._reshaped(x, made)
            case "Permute" if isinstance(config.get("dims"), (list, tuple)):
                return self._transposed(x, (0, *config["dims"]), made)  # type: ignore[misc]
            case "Rescaling":
                scale, offset = _constant(config.get("scale", 1)), _constant(config.get("offset", 0))
                return self._affine(x, scale, offset, made) if scale and offset else None
            case "Normalization":
                return self._normalised(layer, x)
            case "TimeDistributed" if not layer.functions:
                inner, _ = settings_of(layer, self._asked)
                inside = config.get("layer")
                if isinstance(inside, dict) and inside.get("class_name") in _LAST_AXIS and inner:
                    settings = inside.get("config")
                    if not isinstance(settings, dict) or settings.get("axis", -1) not in (-1, [-1]):
                        return None
                    return self._layer(replace(layer, cls=inside["class_name"], config=settings), [x])[0]
        return None

    def _timed(self, layer: Layer, x: int) -> int:
        """A layer of the student's own at each place of a sequence: what it does, where places count alike."""
        graph = layer.functions["layer"]
        nodes, outputs, _ = computed(graph, self._asked, trained=self._trained, depth=self._depth + 1)
        if len(outputs) != 1 or not all(node.cls in (*_LAST_AXIS, *COMMUTATIVE) for node in nodes):
            settings = {"layer": _function(graph, self._asked, self._depth + 1), **self._frozen(layer)}
            return self._node("TimeDistributed", settings, [x], weights=_weights(layer), shape=_shape(layer))
        made: list[int] = []
        for node in nodes:
            inputs = [made[one] if one >= 0 else x for one in node.inputs]
            settings = dict(node.settings)
            made.append(self._node(node.cls, settings, inputs, weights=node.weights, named_as=node.label))
        return made[outputs[0]] if outputs[0] >= 0 else x

    def _normalised(self, layer: Layer, x: int) -> int | None:
        mean, variance = (_constant(layer.config.get(key)) for key in ("mean", "variance"))
        if not mean or not variance or mean.numbers is None or variance.numbers is None:
            return None
        if layer.config.get("invert"):
            return None
        spread = np.maximum(np.sqrt(np.maximum(variance.numbers, 0)), 1e-7)
        return self._affine(x, _of(1 / spread), _of(-mean.numbers / spread), _shape(layer))

    # --- Arithmetic ---

    def _affine(self, x: int, scale: Constant, offset: Constant, shape: Shape | None) -> int:
        """Return x · scale + offset, composed with what x already is."""
        before = self._get(x, "Rescaling")
        if scale.numbers is None or offset.numbers is None:
            return self._node("Rescaling", {"scale": scale.told, "offset": offset.told}, [x], shape=shape)
        if before is not None:
            first = [_constant_of(before.get(key)) for key in ("scale", "offset")]
            numbers = [one.numbers for one in first if one is not None and one.numbers is not None]
            if len(numbers) == 2 and _broadcast(*numbers, scale.numbers, offset.numbers):
                scale, offset = _of(numbers[0] * scale.numbers), _of(numbers[1] * scale.numbers + offset.numbers)
                x = before.inputs[0]
        if scale.told == 1 and offset.told == 0:
            return x
        total = self._get(x, "Add")
        if total is not None and offset.told == 0 and scale.told == rounded(1 / len(total.inputs)):
            return self._merge("Average", list(total.inputs), shape)
        sigmoid = self._get(x, "Activation")
        if (scale.told, offset.told) == (1, 0) and sigmoid is not None:
            return x
        return self._node("Rescaling", {"scale": scale.told, "offset": offset.told}, [x], shape=shape)

    def _merge(self, cls: str, inputs: list[int], shape: Shape | None) -> int:
        terms = list(inputs)
        if cls in ("Add", "Multiply", "Maximum", "Minimum"):
            terms = self._flattened(cls, inputs)
        if len(terms) == 1 and cls != "Subtract":
            return terms[0]
        found = self._simpler(cls, terms, shape)
        return self._node(cls, {}, terms, shape=shape) if found is None else found

    def _flattened(self, cls: str, inputs: list[int]) -> list[int]:
        terms: list[int] = []
        for one in inputs:
            inner = self._get(one, cls)
            flat = inner is not None and inputs.count(one) == 1 and self._once(one)
            terms.extend(inner.inputs if flat and inner is not None else [one])
        return terms if len(terms) <= MAX_TERMS else list(inputs)

    def _simpler(self, cls: str, terms: list[int], shape: Shape | None) -> int | None:
        """Return the node that a merge is by another name, None where it is none."""
        same = len(set(terms)) == 1
        if cls == "Add":
            if same:
                return self._affine(terms[0], _of(np.asarray(float(len(terms)))), _of(np.asarray(0.0)), shape)
            return self._sum(terms, shape)
        if cls == "Multiply" and len(terms) == 2:
            if same:
                return self._node("Power", {"exponent": 2}, terms[:1], shape=shape)
            for x, gate in (terms, terms[::-1]):
                name = self._nodes_activation(gate)
                if name == "sigmoid" and self.nodes[gate].inputs == (x,):
                    return self._named("silu", {}, x, shape)
                if name == "tanh" and self._is_chain(gate, ("tanh", "softplus"), x):
                    return self._named("mish", {}, x, shape)
                step = self._get(gate, "Greater") if gate >= 0 else None
                if step is not None and step.inputs == (x,) and step.get("x2") == 0:
                    return self._named("relu", {}, x, shape)
        if cls in ("Maximum", "Average", "Minimum") and same:
            return terms[0]
        if cls == "Maximum" and len(terms) == 2:
            for x, scaled in (terms, terms[::-1]):
                slope = self._slope(scaled, x)
                if slope is not None and 0 <= slope < 1:
                    return self._named("leaky_relu", {"negative_slope": slope}, x, shape)
        if cls == "Subtract" and len(terms) == 2 and same:
            return None
        return None

    def _nodes_activation(self, index: int) -> object:
        node = self._get(index, "Activation")
        return None if node is None else node.get("activation")

    def _is_chain(self, index: int, names: Sequence[str], x: int) -> bool:
        for name in names:
            if self._nodes_activation(index) != name:
                return False
            index = self.nodes[index].inputs[0]
        return index == x

    def _slope(self, index: int, x: int) -> float | None:
        node = self._get(index, "Rescaling")
        if node is None or node.inputs != (x,) or node.get("offset") != 0:
            return None
        scale = node.get("scale")
        return float(scale) if isinstance(scale, (int, float)) else None

    def _sum(self, terms: list[int], shape: Shape | None) -> int | None:
        """A sum of halves is an average, one with an opposite a difference, one of a product and a vector a Dense."""
        halves = [self._get(one, "Rescaling") for one in terms]
        share = rounded(1 / len(terms))
        if all(one is not None and one.get("scale") == share and one.get("offset") == 0 for one in halves):
            return self._merge("Average", [one.inputs[0] for one in halves if one is not None], shape)
        if len(terms) != 2:
            return None
        for one, other in (terms, terms[::-1]):
            opposite = self._get(other, "Rescaling")
            if opposite is not None and (opposite.get("scale"), opposite.get("offset")) == (-1, 0):
                return self._node("Subtract", {}, [one, opposite.inputs[0]], shape=shape)
            biased = self._biased(one, other, shape)
            if biased is not None:
                return biased
        return None

    def _biased(self, product: int, vector: int, shape: Shape | None) -> int | None:
        """Return the layer of which `product` is all but the bias, and `vector` the bias."""
        weight = self._variables.get(vector)
        node = self.nodes[product] if product >= 0 else None
        if weight is None or node is None or node.get("use_bias") is not False or not self._once(product):
            return None
        settings = dict(node.settings)
        width = settings.get("units", settings.get("filters"))
        if node.cls.startswith("Depthwise") or node.cls == "SeparableConv2D":
            width = (node.shape or (None,))[-1]
        if not weight.shape or weight.shape[-1] != width or math.prod(weight.shape) != width:
            return None
        if "trainable" in settings:
            settings["trainable"] = bool(settings["trainable"]) or weight.trainable
        weights = (*node.weights, *self.nodes[vector].weights)
        return self._node(node.cls, {**settings, "use_bias": True}, node.inputs, weights=weights, shape=shape)

    # --- Shapes ---

    def _reshaped(self, x: int, made: Shape | None, *, flat: bool = False) -> int:
        """Return x with the sizes `made`, batch left out. Reshapes follow one another as one."""
        while x >= 0 and self.nodes[x].cls in ("Flatten", "Reshape") and self.nodes[x].get("batch") is None:
            if self.nodes[x].get("data_format") is not None or self._shape(self.nodes[x].inputs[0]) is None:
                break
            x = self.nodes[x].inputs[0]
        given = self._shape(x)
        if made is not None and given is not None and tuple(made) == tuple(given):
            return x
        if made is None or len(made) == 1 or (flat and len(made or ()) == 1):
            return self._node("Flatten", {}, [x], shape=made)
        return self._node("Reshape", {"target_shape": tuple(made)}, [x], shape=made)

    def _reshape_operation(self, layer: Layer, x: int) -> int | None:
        """Return the node of an operation that only changes a shape; None where it mixes examples."""
        given, made = self._shape(x), _shape(layer)
        if given is None or made is None or not layer.output_shapes or not layer.output_shapes[0]:
            return None
        if not layer.output_shapes[0] or layer.output_shapes[0][0] is not None or _size(given) != _size(made):
            return None
        return self._reshaped(x, made)

    def _transposed(self, x: int, axes: Sequence[object], shape: Shape | None) -> int | None:
        if sorted(axes, key=repr) != sorted(range(len(axes)), key=repr):
            return None
        order = [int(axis) for axis in axes]  # type: ignore[call-overload]
        before = self._get(x, "Permute")
        if before is not None and isinstance(before.get("axes"), tuple) and len(before.get("axes")) == len(order):  # type: ignore[arg-type]
            inner = before.get("axes")
            order = [inner[axis] for axis in order]  # type: ignore[index]
            x = before.inputs[0]
        if order == sorted(order):
            return x
        return self._node("Permute", {"axes": tuple(order)}, [x], shape=shape)

    def _concatenated(self, inputs: list[int], axis: object, layer: Layer) -> int:
        rank = len(layer.output_shapes[0]) if layer.output_shapes else 0
        settings = {"axis": from_the_end(clean(axis), rank)}
        pieces: list[int] = []
        for one in inputs:
            inner = self._get(one, "Concatenate")
            nested = inner is not None and dict(inner.settings) == settings and self._once(one)
            pieces.extend(inner.inputs if nested and inner is not None else [one])
        if len(pieces) == 1:
            return pieces[0]
        return self._node("Concatenate", settings, pieces, shape=_shape(layer))

    def _pooled(self, cls: str, settings: Mapping[str, object], layer: Layer, x: int) -> int:
        """A global pooling that keeps its axes is one that does not, reshaped."""
        kept = bool(settings.get("keepdims"))
        made = _shape(layer)
        plain = {**settings, **self._said(layer, cls), "keepdims": False}
        for key in ("pool_size", "strides", "padding"):
            plain.pop(key, None)
        node = self._node(cls, plain, [x], shape=(made[-1],) if made and kept else made)
        return self._reshaped(node, made) if kept and made is not None else node

    def _covers(self, settings: Mapping[str, object], x: int) -> bool:
        """Whether one window is the whole image."""
        given, window = self._shape(x), settings.get("pool_size")
        if given is None or not isinstance(window, tuple) or settings.get("data_format") == "channels_first":
            return False
        return settings.get("padding") == "valid" and tuple(given[:-1]) == window and len(window) > 0

    def _unpadded(
        self, cls: str, settings: dict[str, object], inputs: list[int]
    ) -> tuple[dict[str, object], list[int]]:
        """A convolution without padding of an image with a border of zeros pads it itself, where that is the same."""
        border = self._get(inputs[0], f"ZeroPadding{cls[-2:]}") if inputs and _KERNEL.fullmatch(cls) else None
        if (
            border is None
            or settings.get("padding") != "valid"
            or border.get("data_format") != settings.get("data_format")
        ):
            return settings, inputs
        image = self._shape(border.inputs[0])
        given = border.get("padding")
        sizes: list[Any] = [settings.get(key) for key in ("kernel_size", "strides", "dilation_rate")]
        if image is None or not isinstance(given, tuple) or not all(isinstance(one, tuple) for one in sizes):
            return settings, inputs
        wanted = _same_padding(image, *sizes, first=settings.get("data_format") == "channels_first")
        pads = given if all(isinstance(one, tuple) for one in given) else (given,)
        if wanted is None or tuple(pads) != wanted:
            reach = [(k - 1) * d for k, d in zip(sizes[0], sizes[2], strict=False)]
            causal = cls == "Conv1D" and pads == ((reach[0], 0),)
            return ({**settings, "padding": "causal"}, list(border.inputs)) if causal else (settings, inputs)
        return {**settings, "padding": "same"}, list(border.inputs)

    def _separable(
        self, cls: str, settings: dict[str, object], inputs: list[int], weights: tuple[object, ...]
    ) -> tuple[str, dict[str, object], list[int], tuple[object, ...]]:
        """A convolution of one pixel after a depthwise one without bias is a separable one."""
        if cls not in ("Conv1D", "Conv2D") or not inputs:
            return cls, settings, inputs, weights
        depthwise = self._get(inputs[0], f"Depthwise{cls}")
        ones = (1,) * int(cls[-2])
        if depthwise is None or depthwise.get("use_bias") is not False or not self._once(inputs[0]):
            return cls, settings, inputs, weights
        if (settings.get("kernel_size"), settings.get("strides"), settings.get("groups")) != (ones, ones, 1):
            return cls, settings, inputs, weights
        first = dict(depthwise.settings)
        kept = ("kernel_size", "strides", "padding", "dilation_rate", "depth_multiplier", "data_format")
        merged = {key: value for key, value in settings.items() if key != "groups"} | {
            key: first.get(key) for key in kept
        }
        for key in ("trainable", "depthwise_regularizer"):
            if key in first:
                merged[key] = first[key]
        if "kernel_regularizer" in merged:
            merged["pointwise_regularizer"] = merged.pop("kernel_regularizer")
        return f"Separable{cls}", merged, list(depthwise.inputs), (*depthwise.weights, *weights)

    # --- Recurrence, attention ---

    def _recurrent(
        self, cls: str, settings: dict[str, object], layer: Layer, inputs: list[int], position: int
    ) -> list[int]:
        """Sequences count where they are taken: asked for and not used, they are not."""
        sequences, states = bool(settings.pop("return_sequences", False)), bool(settings.pop("return_state", False))
        settings = {**settings, **self._said(layer, cls)}
        used = {slot for (place, slot), uses in self._told.items() if place == position and uses}
        if sequences and states and used and 0 not in used:
            sequences = False
        shape = _shape(layer)
        weights = _weights(layer)
        core = self._node(cls, {**settings, "return_sequences": sequences}, inputs, weights=weights, shape=shape)
        if not states:
            return [core]
        hidden = core if not sequences else self._node("Output", {"index": 1}, [core])
        return [core, hidden, self._node("Output", {"index": 2}, [core])]

    def _attention(self, layer: Layer, inputs: list[int]) -> list[int]:
        """Without a key, the value is one. Every other argument keeps its name."""
        roles = ("query", "value", "key")
        tensors = {**dict(zip(roles, inputs, strict=False))}
        others: dict[str, int] = {}
        for key, value in layer.arguments.items():
            places = [
                one.get("tensor") for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)
            ]
            found = [inputs[one] for one in places if isinstance(one, int) and one < len(inputs)]
            if key == "inputs":
                tensors = dict(zip(roles, found, strict=False))
            elif key in roles and found:
                tensors = {name: one for name, one in tensors.items() if name not in roles or name in layer.arguments}
                tensors[key] = found[0]
            else:
                others.update((f"{key}{number or ''}", one) for number, one in enumerate(found))
        if layer.arguments:
            named_roles = {"query", "value", "key"} & set(layer.arguments)
            tensors = {
                key: value for key, value in tensors.items() if key in named_roles or "inputs" in layer.arguments
            }
        tensors.setdefault("key", tensors.get("value", -1))
        cls, settings = settings_of(layer, self._asked)
        settings = {**settings, **{k: v for k, v in self._said(layer, cls).items() if k != "takes"}}
        if others:
            settings["masks"] = tuple(sorted(others))
        taken = [*(tensors.get(role, -1) for role in roles), *(others[key] for key in sorted(others))]
        node = self._node(cls, settings, taken, weights=_weights(layer), shape=_shape(layer))
        return self._several(layer, node)

    # --- Operations ---

    def _operation(self, layer: Layer, inputs: list[int]) -> list[int]:
        operands = _operands(layer, inputs)
        method = getattr(self, f"_op_{_snake(layer.cls)}", None)
        made: object = None
        if layer.cls in _SAME:
            made = inputs[0] if inputs else -1
        elif layer.cls in _REDUCTIONS:
            made = self._reduced(layer, operands)
        elif method is not None:
            made = method(layer, operands)
        elif activation_name(layer.cls) and inputs:
            settings = {key: value for key, value in _constants(layer).items() if key not in ("x", "name")}
            spec = {"class_name": layer.cls, "config": settings}
            found = parts(replace(layer, cls="Activation", config={"activation": spec}), self._asked)
            made = self._activated(found[0], inputs[0], _shape(layer)) if found else inputs[0]
        if made is None:
            return self._several(layer, self._bare(layer, inputs))
        return list(made) if isinstance(made, list) else [made]  # type: ignore[list-item]

    def _bare(self, layer: Layer, inputs: list[int]) -> int:
        """An operation of which nothing more is known."""
        settings = {key: clean(value) for key, value in _constants(layer).items()}
        settings = {
            key: value for key, value in settings.items() if value is not None and value is not False and key != "name"
        }
        rank = len(layer.input_shapes[0]) if layer.input_shapes else 0
        if "axis" in settings:
            settings["axis"] = from_the_end(settings["axis"], rank)
        if _DRAWS.fullmatch(layer.cls):
            settings["shape"] = _shape(layer)
        roles = tuple(key for key, value in layer.arguments.items() if _has_tensor(value))
        if len(roles) > 1 and roles != tuple(f"x{number}" for number in range(1, len(roles) + 1)):
            settings["takes"] = roles
        return self._node(layer.cls, settings, inputs, shape=_shape(layer), named_as=layer.cls)

    def _op_variable(self, layer: Layer, _: object) -> int:
        settings = {"shape": tuple(layer.output_shapes[0]) if layer.output_shapes else (), **self._frozen(layer)}
        node = self._node("Variable", settings, [], weights=_weights(layer), named_as=layer.name or "weight")
        if layer.weights:
            self._variables[node] = layer.weights[0]
        return node

    def _op_constant(self, layer: Layer, _: object) -> int:
        found = _constant(layer.config.get("value"))
        node = self._node("Constant", {"value": found.told if found else None}, [], shape=_shape(layer))
        if found:
            self._constants[node] = found
        return node

    def _op_add(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        terms = list(operands.values())
        shape = _shape(layer)
        nodes = [self._constants.get(one, one) if isinstance(one, int) else one for one in terms]
        numbers = [one for one in nodes if isinstance(one, Constant)]
        tensors = [one for one in nodes if isinstance(one, int)]
        if len(numbers) + len(tensors) != len(terms) or not tensors:
            return None
        made = self._merge("Add", tensors, shape)
        for number in numbers:
            made = self._affine(made, _of(np.asarray(1.0)), number, shape)
        return made

    def _op_subtract(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        left, right = self._pair(operands)
        shape = _shape(layer)
        if isinstance(left, int) and isinstance(right, int):
            return self._merge("Subtract", [left, right], shape)
        if isinstance(left, int) and isinstance(right, Constant):
            return self._affine(left, _of(np.asarray(1.0)), _negative(right), shape)
        if isinstance(right, int) and isinstance(left, Constant):
            return self._affine(right, _of(np.asarray(-1.0)), left, shape)
        return None

    def _op_multiply(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        left, right = self._pair(operands)
        shape = _shape(layer)
        if isinstance(left, int) and isinstance(right, int):
            return self._merge("Multiply", [left, right], shape)
        for one, other in ((left, right), (right, left)):
            if isinstance(one, int) and isinstance(other, Constant):
                return self._affine(one, other, _of(np.asarray(0.0)), shape)
        return None

    def _op_divide(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        left, right = self._pair(operands)
        shape = _shape(layer)
        if isinstance(left, int) and isinstance(right, Constant):
            if right.numbers is None or not np.all(right.numbers):
                return self._node("Divide", {"by": right.told}, [left], shape=shape)
            return self._affine(left, _of(1 / right.numbers), _of(np.asarray(0.0)), shape)
        if isinstance(right, int) and isinstance(left, Constant):
            return self._affine(self._inverse(right, shape), left, _of(np.asarray(0.0)), shape)
        if isinstance(left, int) and isinstance(right, int):
            total, power = self._get(right, "Sum"), self._nodes_activation(left)
            if power == "exponential" and total is not None and total.inputs == (left,) and total.get("keepdims"):
                return self._named("softmax", {"axis": total.get("axis")}, self.nodes[left].inputs[0], shape)
            return self._node("Divide", {}, [left, right], shape=shape)
        return None

    _op_true_divide = _op_divide

    def _inverse(self, x: int, shape: Shape | None) -> int:
        """1 / (1 + exp(-x)) is a sigmoid."""
        one = self._get(x, "Rescaling")
        if one is not None and (one.get("scale"), one.get("offset")) == (1, 1):
            inner = one.inputs[0]
            opposite = (
                self._get(self.nodes[inner].inputs[0], "Rescaling")
                if self._nodes_activation(inner) == "exponential"
                else None
            )
            if opposite is not None and (opposite.get("scale"), opposite.get("offset")) == (-1, 0):
                return self._named("sigmoid", {}, opposite.inputs[0], shape)
        return self._node("Power", {"exponent": -1}, [x], shape=shape)

    def _op_reciprocal(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x = operands.get("x")
        return self._inverse(x, _shape(layer)) if isinstance(x, int) else None

    def _op_negative(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x = operands.get("x")
        zero = _of(np.asarray(0.0))
        return self._affine(x, _of(np.asarray(-1.0)), zero, _shape(layer)) if isinstance(x, int) else None

    def _op_power(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x, exponent = self._pair(operands)
        if not isinstance(x, int) or not isinstance(exponent, Constant):
            return None
        if exponent.told == 1:
            return x
        return self._inverse(x, _shape(layer)) if exponent.told == -1 else self._raised(x, exponent.told, layer)

    def _raised(self, x: int, exponent: object, layer: Layer) -> int:
        return self._node("Power", {"exponent": exponent}, [x], shape=_shape(layer))

    def _op_square(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        return self._raised(operands["x"], 2, layer) if isinstance(operands.get("x"), int) else None

    def _op_sqrt(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        return self._raised(operands["x"], 0.5, layer) if isinstance(operands.get("x"), int) else None

    def _op_rsqrt(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        return self._raised(operands["x"], -0.5, layer) if isinstance(operands.get("x"), int) else None

    def _op_maximum(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x, bound = self._pair(operands)
        if isinstance(x, Constant):
            x, bound = bound, x
        shape = _shape(layer)
        if isinstance(x, int) and isinstance(bound, int):
            return self._merge("Maximum", [x, bound], shape)
        if isinstance(x, int) and isinstance(bound, Constant) and bound.told == 0:
            capped = self._get(x, "Minimum")
            if capped is not None and isinstance(capped.get("x2"), (int, float)):
                return self._named("relu", {"max_value": capped.get("x2")}, capped.inputs[0], shape)
            return self._named("relu", {}, x, shape)
        if isinstance(x, int) and isinstance(bound, Constant):
            return self._node("Maximum", {"x2": bound.told}, [x], shape=shape)
        return None

    def _op_minimum(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x, bound = self._pair(operands)
        if isinstance(x, Constant):
            x, bound = bound, x
        shape = _shape(layer)
        if isinstance(x, int) and isinstance(bound, int):
            return self._merge("Minimum", [x, bound], shape)
        if isinstance(x, int) and isinstance(bound, Constant):
            inner = self._get(x, "Activation")
            if (
                inner is not None
                and inner.settings == (("activation", "relu"),)
                and isinstance(bound.told, (int, float))
            ):
                return self._named("relu", {"max_value": bound.told}, inner.inputs[0], shape)
            return self._node("Minimum", {"x2": bound.told}, [x], shape=shape)
        return None

    def _op_clip(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x = operands.get("x")
        low, high = (_constant(_constants(layer).get(key)) for key in ("x_min", "x_max"))
        if isinstance(x, int) and low and high and low.told == 0:
            return self._named("relu", {"max_value": high.told}, x, _shape(layer))
        return None

    def _op_where(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        condition, then, other = (operands.get(key) for key in ("condition", "x1", "x2"))
        if then is None:
            then, other = operands.get("x"), operands.get("y")
        test = (
            self._get(condition, "Greater") or self._get(condition, "GreaterEqual")
            if isinstance(condition, int)
            else None
        )
        if test is None or test.get("x2") != 0 or not isinstance(then, int) or test.inputs != (then,):
            return None
        if isinstance(other, Constant) and other.told == 0:
            return self._named("relu", {}, then, _shape(layer))
        slope = self._slope(other, then) if isinstance(other, int) else None
        return None if slope is None else self._named("leaky_relu", {"negative_slope": slope}, then, _shape(layer))

    def _compared(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x, bound = self._pair(operands)
        if isinstance(x, int) and isinstance(bound, Constant):
            return self._node(layer.cls, {"x2": bound.told}, [x], shape=_shape(layer))
        return None

    _op_greater = _op_greater_equal = _op_less = _op_less_equal = _compared

    def _op_log(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x = operands.get("x")
        node = self._get(x, "Activation") if isinstance(x, int) else None
        if node is None or node.get("activation") != "softmax":
            return None
        return self._named("log_softmax", {"axis": node.get("axis") or -1}, node.inputs[0], _shape(layer))

    def _op_cast(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        """To float32, which everything is already; a number of another type is another number."""
        kind = str(_constants(layer).get("dtype", "")).removeprefix("tf.")
        x = operands.get("x")
        return x if isinstance(x, int) and kind in ("float32", "") else None

    def _op_stack(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        pieces = operands.get("x")
        if not isinstance(pieces, list) or not all(isinstance(one, int) for one in pieces):
            return None
        rank = len(layer.output_shapes[0]) if layer.output_shapes else 0
        axis = from_the_end(clean(_constants(layer).get("axis", 0)), rank)
        return self._node("Stack", {"axis": axis}, pieces, shape=_shape(layer))

    def _op_concatenate(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        pieces = operands.get("xs", list(operands.values()))
        if not isinstance(pieces, list) or not all(isinstance(one, int) for one in pieces):
            return None
        return self._concatenated(pieces, _constants(layer).get("axis", -1), layer)

    def _op_reshape(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x = operands.get("x")
        return self._reshape_operation(layer, x) if isinstance(x, int) else None

    _op_expand_dims = _op_squeeze = _op_ravel = _op_reshape

    def _op_transpose(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x = operands.get("x")
        if not isinstance(x, int):
            return None
        rank = len(layer.output_shapes[0]) if layer.output_shapes else 0
        axes = _constants(layer).get("axes")
        if isinstance(axes, dict) and isinstance(axes.get("config"), dict):
            axes = axes["config"].get("numbers")
        order = list(axes) if isinstance(axes, (list, tuple)) else list(reversed(range(rank)))
        order = [axis + rank if isinstance(axis, int) and axis < 0 else axis for axis in order]
        return self._transposed(x, order, _shape(layer))

    def _op_swapaxes(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        said = _constants(layer)
        return self._moved(layer, operands, said.get("axis1"), said.get("axis2"), swap=True)

    def _op_moveaxis(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        said = _constants(layer)
        return self._moved(layer, operands, said.get("source"), said.get("destination"), swap=False)

    def _moved(self, layer: Layer, operands: dict[str, Any], one: object, other: object, *, swap: bool) -> int | None:
        x, rank = operands.get("x"), len(layer.output_shapes[0]) if layer.output_shapes else 0
        if not isinstance(x, int) or not isinstance(one, int) or not isinstance(other, int) or not rank:
            return None
        one, other = one % rank, other % rank
        order = list(range(rank))
        if swap:
            order[one], order[other] = other, one
        else:
            order.insert(other, order.pop(one))
        return self._transposed(x, order, _shape(layer))

    def _reduced(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        said, x = _constants(layer), operands.get("x")
        if not isinstance(x, int):
            return None
        given, made = self._shape(x), _shape(layer)
        rank = len(given) + 1 if given is not None else len(layer.input_shapes[0]) if layer.input_shapes else 0
        axes, kept = said.get("axis"), bool(said.get("keepdims"))
        if isinstance(axes, dict) and isinstance(axes.get("config"), dict):
            axes = axes["config"].get("numbers")
        axes = [axes] if isinstance(axes, int) else axes
        if not isinstance(axes, (list, tuple)) or not all(isinstance(one, int) for one in axes) or not rank:
            return None
        places = sorted(one % rank for one in axes)
        stack = self._get(x, "Stack")
        merge = {"Mean": "Average", "Sum": "Add", "Max": "Maximum", "Min": "Minimum", "Prod": "Multiply"}.get(layer.cls)
        if (
            stack is not None
            and merge
            and not kept
            and [from_the_end(one, rank) for one in places] == [stack.get("axis")]
        ):
            return self._merge(merge, list(stack.inputs), made)
        before = self._get(x, layer.cls)
        if (
            before is not None
            and not kept
            and not before.get("keepdims")
            and layer.cls in ("Mean", "Max", "Min", "Sum")
        ):
            inner = before.get("axis")
            inner = (inner,) if isinstance(inner, int) else inner
            whole = self._shape(before.inputs[0])
            if isinstance(inner, tuple) and whole is not None:
                gone = sorted(one % (len(whole) + 1) for one in inner)
                left = [axis for axis in range(len(whole) + 1) if axis not in gone]
                if all(one < len(left) for one in places):
                    x, rank, given = before.inputs[0], len(whole) + 1, whole
                    places = sorted([*gone, *(left[one] for one in places)])
        kind = {"Mean": "GlobalAveragePooling", "Max": "GlobalMaxPooling"}.get(layer.cls)
        if kind and 3 <= rank <= 5 and places == list(range(1, rank - 1)):
            pooled = replace(layer, cls=f"{kind}{rank - 2}D", origin="keras", config={"keepdims": kept}, arguments={})
            return self._layer(pooled, [x])[0]
        ends = tuple(one - rank for one in places)
        settings = {"axis": ends[0] if len(ends) == 1 else ends, **({"keepdims": True} if kept else {})}
        return self._node(layer.cls, settings, [x], shape=made)

    def _pair(self, operands: dict[str, Any]) -> tuple[Any, Any]:
        left, right = [*operands.values(), None, None][:2]
        if "x1" in operands and "x2" in operands:
            left, right = operands["x1"], operands["x2"]
        found = [self._constants.get(one, one) if isinstance(one, int) else one for one in (left, right)]
        return found[0], found[1]

    # --- Operations that are layers ---

    def _as_layer(
        self, layer: Layer, cls: str, config: dict[str, object], inputs: list[int], weights: Sequence[Weight] = ()
    ) -> list[int]:
        """Return what a layer of Keras would be here, with these weights."""
        trainable = any(weight.trainable for weight in weights)
        other = replace(
            layer, cls=cls, origin="keras", config=config, weights=list(weights), trainable=trainable, arguments={}
        )
        return self._layer(other, inputs)

    def _op_matmul(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        said = _constants(layer)
        x, kernel = self._pair(operands)
        if not isinstance(x, int) or not isinstance(kernel, int) or said.get("transpose_a"):
            return None
        return self._product(layer, x, kernel, turned=bool(said.get("transpose_b")))

    def _op_dot(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x, kernel = self._pair(operands)
        return self._product(layer, x, kernel) if isinstance(x, int) and isinstance(kernel, int) else None

    def _op_tensordot(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x, kernel = self._pair(operands)
        if not isinstance(x, int) or not isinstance(kernel, int):
            return None
        axes, given = clean(_constants(layer).get("axes")), self._shape(x)
        rank = len(given) + 1 if given is not None else 0
        last = (1, ((-1,), (0,)), ((rank - 1,), (0,)), (-1, 0), (rank - 1, 0))
        return self._product(layer, x, kernel) if axes in last else None

    def _op_einsum(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        tensors = [one for value in operands.values() for one in (value if isinstance(value, list) else [value])]
        tensors = [one for one in tensors if isinstance(one, int)]
        said = _constants(layer)
        text = next((str(value) for value in said.values() if isinstance(value, str) and "->" in value), "")
        found = re.fullmatch(r"(\.\.\.|[a-z]+?)([a-z]),\2([a-z])->\1\3", text.replace(" ", ""))
        return self._product(layer, *tensors) if found and len(tensors) == 2 else None

    def _product(self, layer: Layer, x: int, kernel: int, *, turned: bool = False) -> int | None:
        """A product with a matrix of weights is a Dense without bias, and may have the matrix turned."""
        flipped = self._get(kernel, "Permute")
        if flipped is not None and flipped.get("axes") == (1, 0):
            kernel, turned = flipped.inputs[0], not turned
        weight = self._variables.get(kernel)
        if weight is None or len(weight.shape) != 2:
            return None
        config: dict[str, object] = {"units": weight.shape[0 if turned else 1], "use_bias": False}
        if turned:
            config["transposed"] = True
        return self._as_layer(layer, "Dense", config, [x], [weight])[0]

    def _op_bias_add(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        return self._op_add(layer, operands)

    def _convolution(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x, kernel = operands.get("inputs", operands.get("x")), operands.get("kernel")
        weight = self._variables.get(kernel) if isinstance(kernel, int) else None
        rank = len(weight.shape) - 2 if weight is not None else 0
        if not isinstance(x, int) or weight is None or not 1 <= rank <= 3:
            return None
        said, depthwise = _constants(layer), layer.cls.startswith("Depthwise")
        given = self._shape(x)
        config: dict[str, object] = {
            "kernel_size": list(weight.shape[:-2]),
            "strides": _window(said.get("strides", 1), rank),
            "padding": str(said.get("padding", "valid")).lower(),
            "dilation_rate": _window(said.get("dilation_rate", 1), rank),
            "use_bias": False,
        }
        if depthwise:
            config["depth_multiplier"] = weight.shape[-1]
        else:
            config["filters"] = weight.shape[-1]
            channels = given[-1] if given else weight.shape[-2]
            config["groups"] = (channels or 1) // weight.shape[-2] if weight.shape[-2] else 1
        return self._as_layer(layer, f"{'Depthwise' if depthwise else ''}Conv{rank}D", config, [x], [weight])[0]

    _op_conv = _op_depthwise_conv = _convolution

    def _pool(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x = operands.get("inputs", operands.get("x"))
        given = self._shape(x) if isinstance(x, int) else None
        if given is None or not isinstance(x, int):
            return None
        said, rank = _constants(layer), len(given) - 1
        size = _window(said.get("pool_size", 2), rank)
        config: dict[str, object] = {
            "pool_size": size,
            "strides": _window(said["strides"], rank) if said.get("strides") is not None else size,
            "padding": str(said.get("padding", "valid")).lower(),
        }
        cls = "MaxPooling" if layer.cls.startswith("Max") else "AveragePooling"
        return self._as_layer(layer, f"{cls}{rank}D", config, [x])[0]

    _op_max_pool = _op_average_pool = _pool

    def _op_take(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        table, indices = operands.get("x"), operands.get("indices")
        weight = self._variables.get(table) if isinstance(table, int) else None
        if weight is None or not isinstance(indices, int) or len(weight.shape) != 2:
            return None
        if _constants(layer).get("axis", 0) not in (0, None):
            return None
        config: dict[str, object] = {"input_dim": weight.shape[0], "output_dim": weight.shape[1]}
        return self._as_layer(layer, "Embedding", config, [indices], [weight])[0]

    def _op_pad(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x, said = operands.get("x"), _constants(layer)
        widths = said.get("pad_width")
        if isinstance(widths, dict) and isinstance(widths.get("config"), dict):
            numbers = widths["config"].get("numbers")
            widths = (
                [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=False)]
                if isinstance(numbers, list)
                else None
            )
        plain = str(said.get("mode", "constant")).lower() == "constant" and said.get("constant_values") in (
            None,
            0,
            0.0,
        )
        if not isinstance(x, int) or not isinstance(widths, list) or not plain or not 3 <= len(widths) <= 5:
            return None
        pads = [tuple(one) if isinstance(one, list) else (one, one) for one in widths]
        if pads[0] != (0, 0) or pads[-1] != (0, 0):
            return None
        inner: object = [list(one) for one in pads[1:-1]] if len(pads) > 3 else list(pads[1])
        config: dict[str, object] = {"padding": inner, "data_format": "channels_last"}
        return self._as_layer(layer, f"ZeroPadding{len(pads) - 2}D", config, [x])[0]

    def _op_dropout(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        """`tf.nn.dropout` drops whether the network is trained or not."""
        x = operands.get("x")
        config: dict[str, object] = {"rate": _constants(layer).get("rate")}
        return self._as_layer(replace(layer, training=True), "Dropout", config, [x])[0] if isinstance(x, int) else None

    def _op_resize(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x = operands.get("x", operands.get("images"))
        given, made = self._shape(x) if isinstance(x, int) else None, _shape(layer)
        if not isinstance(x, int) or given is None or made is None or len(given) != 3 or len(made) != 3:
            return None
        way = str(_constants(layer).get("interpolation", "bilinear"))
        factors = [
            big // small if small and big and big % small == 0 else 0
            for small, big in zip(given[:2], made[:2], strict=True)
        ]
        if way not in ("nearest", "bilinear") or not all(factors):
            return None
        config: dict[str, object] = {"size": factors, "interpolation": way, "data_format": "channels_last"}
        return self._as_layer(layer, "UpSampling2D", config, [x])[0]

    # --- Slices ---

    def _op_get_item(self, layer: Layer, operands: dict[str, Any]) -> int | None:
        x, given = operands.get("x"), None
        if isinstance(x, int):
            given = self._shape(x)
        if not isinstance(x, int) or given is None:
            return None
        key = _key(layer.arguments.get("key", layer.config.get("key")), len(given) + 1)
        if key is None:
            return None
        cut = [
            _cut(one, size) for one, size in zip([one for one in key if one is not None], (None, *given), strict=False)
        ]
        if all(_keeps(one, size) for one, size in zip(cut, (None, *given), strict=False)):
            made = _shape(layer)
            return x if made == given else self._reshape_operation(layer, x)
        return self._sliced(layer, x, cut, given)

    def _sliced(self, layer: Layer, x: int, cut: list[object], given: Shape) -> int:
        sequence = self.nodes[x] if x >= 0 and self.nodes[x].cls in _RECURRENT else None
        last = cut[1] in (-1, (given[0] or 0) - 1) if len(cut) > 1 else False
        if sequence is not None and last and sequence.get("return_sequences") and not sequence.get("go_backwards"):
            rest = all(_keeps(one, size) for one, size in zip(cut[2:], given[1:], strict=False))
            if cut[0] == (0, None, 1) and rest and self._once(x):
                settings = {**dict(sequence.settings), "return_sequences": False}
                weights = sequence.weights
                return self._node(sequence.cls, settings, sequence.inputs, weights=weights, shape=_shape(layer))
        return self._node("GetItem", {"key": tuple(cut)}, [x], shape=_shape(layer))

    def _op_split(self, layer: Layer, operands: dict[str, Any]) -> list[int] | None:
        """Each piece of a split is a slice."""
        x, said = operands.get("x"), _constants(layer)
        given = self._shape(x) if isinstance(x, int) else None
        axis = said.get("axis", 0)
        if given is None or not isinstance(x, int) or not isinstance(axis, int):
            return None
        axis %= len(given) + 1
        size = given[axis - 1] if axis else None
        if size is None or any(len(one) != len(given) + 1 for one in layer.output_shapes):
            return None
        start, made = 0, []
        for shape in layer.output_shapes:
            stop = start + (shape[axis] or 0)
            cut: list[object] = [(0, None, 1)] * (len(given) + 1)
            cut[axis] = _cut((start, stop, 1), size)
            one = replace(layer, output_shapes=[shape])
            made.append(x if _keeps(cut[axis], size) else self._sliced(one, x, cut, given))
            start = stop
        return made

    def _op_unstack(self, layer: Layer, operands: dict[str, Any]) -> list[int] | None:
        x, axis = operands.get("x"), _constants(layer).get("axis", 0)
        given = self._shape(x) if isinstance(x, int) else None
        if given is None or not isinstance(x, int) or not isinstance(axis, int) or axis % (len(given) + 1) == 0:
            return None
        made = []
        for number, shape in enumerate(layer.output_shapes):
            cut: list[object] = [(0, None, 1)] * (len(given) + 1)
            cut[axis % (len(given) + 1)] = number
            made.append(self._sliced(replace(layer, output_shapes=[shape]), x, cut, given))
        return made


# --- What records hold ------------------------------------------------------------------------------------------------


def _slots_used(graph: Graph) -> Counter[tuple[int, int]]:
    """Count how often each output of each call is taken."""
    used: Counter[tuple[int, int]] = Counter()
    for layer in graph.layers:
        used.update(zip(layer.inputs, [*layer.slots, *[0] * len(layer.inputs)], strict=False))
    used.update(zip(graph.outputs, [*graph.slots, *[0] * len(graph.outputs)], strict=False))
    used.update((position, 0) for position in graph.losses)
    return used


def _shape(layer: Layer) -> Shape | None:
    return tuple(layer.output_shapes[0][1:]) if layer.output_shapes else None


def _size(sizes: Shape) -> object:
    """Return how many numbers one example has: a product, and the number of open sizes."""
    return math.prod(size for size in sizes if size is not None), sum(size is None for size in sizes)


def _weights(layer: Layer) -> tuple[object, ...]:
    return tuple(
        ("of", layer.identity, number) if weight.identity is None else weight.identity
        for number, weight in enumerate(layer.weights)
    )


def _as_dense(layer: Layer) -> Layer | None:
    """Return the Dense that an EinsumDense is, None for another contraction."""
    equation = re.fullmatch(r"(\.\.\.|[a-z]+?)([a-z]),\2([a-z])->\1\3", str(layer.config.get("equation", "")))
    made, bias = _shape(layer), layer.config.get("bias_axes")
    if equation is None or not made or bias not in (None, equation[3]):
        return None
    config = {key: value for key, value in layer.config.items() if key not in ("equation", "output_shape", "bias_axes")}
    return replace(layer, cls="Dense", config={**config, "units": made[-1], "use_bias": bias is not None})


def _has_tensor(value: object) -> bool:
    if isinstance(value, list):
        return any(_has_tensor(one) for one in value)
    if isinstance(value, dict):
        return "tensor" in value or any(_has_tensor(one) for one in value.values() if isinstance(one, (list, dict)))
    return False


def _constants(layer: Layer) -> dict[str, Any]:
    """Return the settings of an operation, whether its constructor or its call was given them."""
    return {**layer.config, **{key: value for key, value in layer.arguments.items() if not _has_tensor(value)}}


def _operands(layer: Layer, inputs: list[int]) -> dict[str, Any]:
    """Return what an operation takes by parameter: nodes, lists of them, constants."""
    if not layer.arguments:
        if layer.cls in ("Concatenate", "Stack"):
            return {"xs" if layer.cls == "Concatenate" else "x": list(inputs)}
        if len(inputs) == 1:
            return {"x": inputs[0]}
        first = {"Conv": ("inputs", "kernel"), "DepthwiseConv": ("inputs", "kernel"), "Take": ("x", "indices")}
        names = first.get(layer.cls, ("condition", "x1", "x2") if layer.cls == "Where" else ())
        return {(names[n] if n < len(names) else f"x{n + 1}"): one for n, one in enumerate(inputs)}

    def operand(value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("tensor"), int):
            return inputs[value["tensor"]] if value["tensor"] < len(inputs) else None
        if isinstance(value, list) and _has_tensor(value):
            return [operand(one) for one in value]
        return _constant(value)

    found = {key: operand(value) for key, value in layer.arguments.items()}
    return {key: value for key, value in found.items() if value is not None}


def _constant(value: object) -> Constant | None:
    """Return the numbers of a record, None where the value is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return _of(np.asarray(float(value)))
    if isinstance(value, list):
        try:
            numbers = np.asarray(value, dtype=float)
        except (ValueError, TypeError, OverflowError):
            return None
        return _of(numbers) if numbers.size <= MAX_CONSTANT else None
    if isinstance(value, dict) and value.get("class_name") == "__array__" and isinstance(value.get("config"), dict):
        config = value["config"]
        try:
            numbers = np.asarray(config["numbers"], dtype=float).reshape(config["shape"])
        except (KeyError, ValueError, TypeError, OverflowError):
            return Constant(None, ("array", str(config.get("shape")), str(config.get("digest"))))
        return _of(numbers) if numbers.size <= MAX_CONSTANT else None
    return None


def _of(numbers: np.ndarray[Any, Any]) -> Constant:
    """Return a constant as it is told: a number where all are the same one, else its numbers and its shape."""
    numbers = np.asarray(numbers, dtype=float)
    while numbers.ndim and numbers.shape[0] == 1:
        numbers = numbers[0]
    if numbers.size and np.allclose(numbers, numbers.flat[0], rtol=1e-6, atol=0):
        numbers = np.asarray(numbers.flat[0])
        value = float(numbers)
        return Constant(numbers, 0 if abs(value) < 1e-9 else rounded(value))
    told = tuple(rounded(float(one)) for one in numbers.ravel())
    if len(told) > 100:
        digest = hashlib.sha256(repr(told).encode()).hexdigest()[:16]
        return Constant(numbers, ("array", numbers.shape, digest))
    return Constant(numbers, ("array", numbers.shape, told))


def _constant_of(told: object) -> Constant | None:
    """Return the constant that a setting tells; None where its numbers are not there."""
    if isinstance(told, (int, float)):
        return _of(np.asarray(float(told)))
    if isinstance(told, tuple) and len(told) == 3 and isinstance(told[2], tuple):
        return _of(np.asarray(told[2], dtype=float).reshape(told[1]))
    return None


def _negative(constant: Constant) -> Constant:
    return Constant(None, ("-", constant.told)) if constant.numbers is None else _of(-constant.numbers)


def _broadcast(*arrays: np.ndarray[Any, Any]) -> bool:
    try:
        np.broadcast_shapes(*(one.shape for one in arrays))
    except ValueError:
        return False
    return True


def _window(value: object, rank: int) -> list[object]:
    """Return the sizes of a window, one an axis. TensorFlow may write them with the batch and the channels."""
    if isinstance(value, (list, tuple)):
        sizes = list(value[1:-1]) if len(value) == rank + 2 else list(value)
        return sizes * rank if len(sizes) == 1 else sizes
    return [value] * rank


def _same_padding(
    image: Shape, kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int], *, first: bool
) -> tuple[tuple[int, int], ...] | None:
    """Return the border that padding "same" adds, on each axis before and after; None where a size is open."""
    sizes = image[1:] if first else image[:-1]
    found = []
    for size, window, stride, spread in zip(sizes, kernel, strides, dilations, strict=False):
        if size is None:
            if stride != 1 or (window - 1) * spread % 2:
                return None
            size = window * spread
        total = max((-(-size // stride) - 1) * stride + (window - 1) * spread + 1 - size, 0)
        found.append((total // 2, total - total // 2))
    return tuple(found)


def _key(value: object, rank: int) -> list[object] | None:
    """Return one index an axis, None for a new one; None for a key that is not known."""
    items = value if isinstance(value, list) else [value]
    found: list[object] = []
    for item in items:
        if item == "Ellipsis":
            taken = sum(one is not None and one != "Ellipsis" for one in items)
            found.extend([(None, None, None)] * max(rank - taken, 0))
        elif item is None or (isinstance(item, int) and not isinstance(item, bool)):
            found.append(item)
        elif isinstance(item, str) and (match := _SLICE.fullmatch(item)):
            found.append(tuple(None if part == "None" else int(part) for part in match.groups()))
        else:
            return None
    given = sum(one is not None for one in found)
    return [*found, *[(None, None, None)] * max(rank - given, 0)]


def _cut(one: object, size: int | None) -> object:
    """Return a slice counted from the beginning, where the size is known."""
    if isinstance(one, int):
        return one + size if size is not None and one < 0 else one
    if not isinstance(one, tuple):
        return one
    start, stop, step = one
    step = 1 if step is None else step
    if step < 0:
        return (start, stop, step)
    start = 0 if start is None else start
    if size is not None:
        start, stop, step = slice(start, stop, step).indices(size)
        stop = None if stop >= size else stop
    return (start, stop, step)


def _keeps(one: object, size: int | None) -> bool:
    """Whether an index keeps the whole axis, or takes the only place there is."""
    return one == (0, None, 1) or (size == 1 and one in (0, -1))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _function(graph: Graph, asked: Asked, depth: int) -> object:
    """Return what a function computes: the name of Keras's activation that it is, or a digest of its nodes."""
    nodes, outputs, _ = computed(graph, asked, depth=depth)
    if outputs == [-1]:
        return "linear"
    if len(outputs) == 1 and outputs[0] >= 0:
        node = nodes[outputs[0]]
        if node.cls == "Activation" and node.inputs == (-1,):
            said = dict(node.settings)
            return said["activation"] if len(said) == 1 else tuple(sorted(said.items()))
    hashes: list[str] = []
    for node in nodes:
        inputs = [hashes[one] if one >= 0 else str(one) for one in node.inputs]
        hashes.append(hashlib.sha256(repr((node.cls, node.settings, inputs)).encode()).hexdigest()[:16])
    return ("function", tuple(hashes[one] if one >= 0 else str(one) for one in outputs))
