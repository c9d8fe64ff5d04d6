"""Nodes of what a network computes, and what makes them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from autograder.networks.activations import LayerPart
from autograder.networks.normal import COMMUTATIVE, Asked, label
from autograder.networks.operands import Constant, has_tensor, slots_used
from autograder.networks.values import Settings, clean, sort
from autograder.wire.frameworks import FrameworkName
from autograder.wire.messages import Graph, Layer, Shape, Weight

RECURRENT = ("LSTM", "GRU", "SimpleRNN")
DRAWS = re.compile(r".*Dropout.*|Random.*|GaussianNoise|\w+\.randn?")
"""What draws anew at each call, so that two calls of it are never one."""
TRAINED_APART = ("BatchNormalization", "SpectralNormalization")


class Node(msgspec.Struct, frozen=True):
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
    written: str = ""
    """What a framework that is not Keras calls it, where its author wrote it so: `Conv2d`."""
    framework: FrameworkName = "keras"
    """Whose word `written` is."""

    def get(self, key: str) -> object:
        return dict(self.settings).get(key)


class Follow(Protocol):
    """Returns the nodes of a graph inside another, its outputs and its losses."""

    def __call__(
        self, graph: Graph, asked: Asked, *, trained: bool | None = None, depth: int = 0
    ) -> tuple[list[Node], list[int], list[int]]: ...


class Builder:
    """Holds the nodes made so far, and makes one for each thing that is computed: two that are equal are one."""

    def __init__(self, graph: Graph, asked: Asked, trained: bool | None, depth: int, follow: Follow) -> None:
        self.nodes: list[Node] = []
        self.graph, self.asked, self.trained, self.depth = graph, asked, trained, depth
        self.follow = follow
        self.found: dict[object, int] = {}
        self.made: list[list[int]] = []
        self.inputs: list[Shape] = []
        self.variables: dict[int, Weight] = {}
        self.constants: dict[int, Constant] = {}
        self.draws: dict[int, Layer] = {}
        """Calls that draw at random, by their node."""
        self.uses: Counter[int] = Counter()
        self.told = slots_used(graph)
        self.asks: dict[int, Mapping[str, object]] = {}
        """Penalty and constraint of a weight, by the node of it."""
        self.at: tuple[int, str] = (0, "")
        """Position of the call in hand, and what it is within."""

    def node(
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
        number, within = self.at
        node = Node(
            cls=cls,
            settings=sort(settings),
            inputs=tuple(sorted(inputs) if cls in COMMUTATIVE else inputs),
            weights=tuple(weights),
            shape=shape,
            layer=number,
            label=named_as or label(cls, settings),
            within=within,
            unreadable=unreadable,
        )
        key = (node.cls, node.settings, node.inputs, node.weights)
        if DRAWS.fullmatch(cls) or unreadable:
            key = (*key, len(self.nodes))  # type: ignore[assignment]
        position = len(self.nodes)
        try:
            found = self.found.setdefault(key, position)
        except TypeError:  # a setting that does not hash: such a node is like no other
            found = position
        if found == position:
            self.nodes.append(node)
        return found

    def part(
        self, part: LayerPart, inputs: Sequence[int], weights: Sequence[object] = (), shape: Shape | None = None
    ) -> int:
        return self.node(part.cls, dict(part.settings), inputs, weights=weights, shape=shape, named_as=part.label)

    def constant(self, found: Constant) -> int:
        """Return the node of numbers that stand where tensors do: among the pieces of a concatenation."""
        shape = None if found.numbers is None else tuple(found.numbers.shape[1:])
        node = self.node("Constant", {"value": found.told}, [], shape=shape)
        self.constants[node] = found
        return node

    def again(self, node: Node, inputs: Sequence[int], shape: Shape | None) -> int:
        """Return what `node` is, of other inputs."""
        before, self.at = self.at, (node.layer, node.within)
        made = self.node(
            node.cls, dict(node.settings), inputs, weights=node.weights, shape=shape, named_as=node.label,
            unreadable=node.unreadable,
        )  # fmt: skip
        if node.written:
            self.nodes[made] = msgspec.structs.replace(self.nodes[made], written=node.written, framework=node.framework)
        self.at = before
        return made

    def get(self, index: int, cls: str) -> Node | None:
        """Return a node, where it is of this class."""
        return self.nodes[index] if index >= 0 and self.nodes[index].cls == cls else None

    def shape(self, index: int) -> Shape | None:
        if index < 0:
            return self.inputs[-index - 1] if -index <= len(self.inputs) else None
        return self.nodes[index].shape

    def once(self, index: int) -> bool:
        """Whether only the call in hand takes this node."""
        return index >= 0 and self.uses[index] <= 1

    def output(self, position: int, slot: int) -> int:
        made = self.made[position]
        if slot < len(made):
            return made[slot]
        return self.node("Output", {"index": slot}, [made[0]], named_as="Output")

    def ends(self, positions: Sequence[int], slots: Sequence[int]) -> list[int]:
        places = zip(positions, [*slots, *[0] * len(positions)], strict=False)
        return [self.output(position, slot) for position, slot in places if position < len(self.made)]

    def taken(self, layer: Layer, position: int) -> list[int]:
        """Return the nodes a call takes. What does not come before it, which no true network has, is not taken."""
        places = zip(layer.inputs, [*layer.slots, *[0] * len(layer.inputs)], strict=False)
        found = [self.output(source, slot) for source, slot in places if source < position]
        return found or ([] if layer.origin == "operation" else [-1])

    def several(self, layer: Layer, node: int) -> list[int]:
        """Return a node for each output of a call."""
        if len(layer.output_shapes) < 2:
            return [node]
        return [self.node("Output", {"index": slot}, [node]) for slot in range(min(len(layer.output_shapes), 1000))]

    def training(self, layer: Layer) -> dict[str, object]:
        told = layer.training
        if told is None and self.trained is False:
            told = False
        return {} if told is None else {"training": told}

    def frozen(self, layer: Layer) -> dict[str, object]:
        if not self.asked.trainable or not layer.weights:
            return {}
        flags = [weight.trainable for weight in layer.weights]
        if layer.cls in ("Dense", "Variable") or "Conv" in layer.cls:  # others keep what they count beside weights
            return {"trainable": flags[0] if len(set(flags)) == 1 else tuple(flags)}
        return {"trainable": any(flags)}

    def said(self, layer: Layer, cls: str) -> dict[str, object]:
        """What a call says of a layer beside its settings."""
        said = {**self.frozen(layer), **self.functions(layer)}
        if cls in TRAINED_APART or (DRAWS.fullmatch(cls) and layer.training) or layer.config.get("dropout"):
            said |= self.training(layer)
        if not layer.arguments:
            return said
        constants = {
            key: clean(value) for key, value in layer.arguments.items() if not has_tensor(value) and value is not False
        }
        roles = [key for key, value in layer.arguments.items() if has_tensor(value)]
        return {**said, **constants, **({"takes": tuple(roles)} if len(roles) > 1 else {})}

    def functions(self, layer: Layer) -> dict[str, object]:
        return {
            name: function_told(*self.follow(graph, self.asked, depth=self.depth + 1)[:2])
            for name, graph in layer.functions.items()
        }


Operation = Callable[[Builder, Layer, dict[str, Any]], int | list[int] | None]
"""Makes the nodes of an operation, of its call and its operands; None where it cannot say."""


def function_told(nodes: list[Node], outputs: list[int]) -> object:
    """Return what a function computes: the name of Keras's activation that it is, or a digest of its nodes."""
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
