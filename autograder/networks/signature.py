"""The canonical form of a network and its signature: equal for equal networks, whatever their dress.

Pure functions of `Network` records. What a network computes is put in normal form (`algebra`), what leads to no output
is left out, and the rest is numbered from the outputs backwards, so that neither names nor the order in which branches
were written remain. The signature is the hash of that list.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from autograder.networks.algebra import computed
from autograder.networks.dimensions import pointwise
from autograder.networks.nodes import Node
from autograder.networks.normal import COMMUTATIVE, Asked
from autograder.networks.steps import Step
from autograder.wire.messages import Graph, Network, Shape

RECENT = 256
"""Networks whose form is kept: a class is compared with one network, each of its own asked after several times."""
MOST_SIGNED = 512
"""Networks whose signature is: a class writes a few again and again."""
MOST_WRITTEN = 20_000
"""Layers of a network that is known again by what it holds."""
VERSION = 5
"""Of the canonical form. Signatures of two versions never meet: stored training runs are keyed by them."""


@dataclass(frozen=True)
class Canonical:
    """A network without its dress."""

    steps: tuple[Step, ...]
    """Each after those it takes from."""
    outputs: tuple[int, ...]
    """Positions in `steps`, negative for an input handed through."""
    input_shapes: tuple[Shape, ...]
    """Batch left out."""
    losses: tuple[int, ...] = ()
    """Steps that give what `add_loss` was handed."""

    @property
    def content(self) -> object:
        """What two equal networks have in common: all but `layer`, `label` and shapes."""
        steps = [(step.cls, step.settings, step.inputs, step.shared) for step in self.steps]
        return [self.input_shapes, steps, self.outputs, self.losses]


def signature(network: Network, *, trainable: bool = False, initializers: bool = False) -> str:
    """Return "sha256:…", equal for two networks that compute the same with weights of the same shapes.

    With `trainable`, frozen and trained layers differ as well; with `initializers`, the values that weights begin with.
    A network that could not be followed is equal to one of the same code.
    """
    return _signature(by_content(network), Asked(trainable, initializers))


@lru_cache(maxsize=MOST_SIGNED)
def _signature(one: ByContent, asked: Asked) -> str:
    if has_foldable(_canonical(one, asked)):
        asked = dataclasses.replace(asked, folded=True)
    forms = [_canonical(one, asked)]
    inference = untrained(one.network, asked)
    if inference is not None:
        forms.append(inference)
    return "sha256:" + _hash([VERSION, one.network.code, [form.content for form in forms]])


def canonical(
    network: Network, *, trainable: bool = False, initializers: bool = False, folded: bool = False
) -> Canonical:
    """Return the canonical form of `network`, as its author would know it.

    Of a network that computes another thing when it is not trained, what it computes in training. With `folded`, what
    may be written with others' names is: two networks are equal when the `content` of that is.
    """
    return _canonical(by_content(network), Asked(trainable, initializers, folded))


def has_foldable(form: Canonical) -> bool:
    """Whether `folded` makes a difference to a form."""
    return any(_is_foldable(step) for step in form.steps)


def _is_foldable(step: Step) -> bool:
    """Whether a step is what others are together, or another by name."""
    if not step.written and not step.cls.startswith("Conv"):
        return False
    settings = dict(step.settings)
    if settings.get("num_layers", 1) != 1 or "padding_mode" in settings:
        return True
    window = settings.get("kernel_size")
    plain = isinstance(window, tuple) and all(size == 1 for size in window)
    return plain and pointwise(step.cls, settings) is not None


def untrained(network: Network, asked: Asked) -> Canonical | None:
    """Return what `network` computes when it is not trained, None where that is its layers' own way of not being."""
    if network.inference is None:
        return None
    derived = _form(network, _graph(network), asked, trained=False)
    actual = _form(network, network.inference, asked, trained=False)
    return None if derived.content == actual.content else actual


def outputs_untrained(network: Network, asked: Asked) -> Canonical:
    """Return how the outputs of `network` come about when it is not trained."""
    graph = network.inference or _graph(network)
    return _form(network, Graph(graph.layers, graph.outputs, graph.slots), asked, trained=False)


@dataclass(frozen=True)
class ByContent:
    """A network as a key: equal to whoever holds the same, and to nothing that it is changed to afterwards.

    So what is found of one holds for a whole class, and students share no record: what a check does to one's network
    is not seen in another's.
    """

    content: bytes
    network: Network = field(compare=False)


def by_content(network: Network) -> ByContent:
    """Return the key under which what is found of `network` is kept; one too large to be written is equal to itself."""
    known: dict[int, int] = {}
    graphs = [_graph(network), *([network.inference] if network.inference else [])]
    if sum(_written_layers(one, known) for one in graphs) <= MOST_WRITTEN:
        try:
            return ByContent(msgspec.msgpack.encode(network), network)
        except (OverflowError, RecursionError):  # a setting is a number of more than 64 bits, or nests without end
            pass
    return ByContent(f"object {id(network)}".encode(), network)  # it lives as long as the key: no other has its id


def _written_layers(graph: Graph, known: dict[int, int]) -> int:
    """Count the layers of a graph and of the functions in it, each as often as it would be written.

    Danger: functions that hold a function twice, and so on, are few records, and written out they fill any memory.
    """
    if id(graph) not in known:
        inner = (one for layer in graph.layers for one in layer.functions.values())
        known[id(graph)] = len(graph.layers) + sum(_written_layers(one, known) for one in inner)
    return known[id(graph)]


@lru_cache(maxsize=RECENT)
def _canonical(one: ByContent, asked: Asked) -> Canonical:
    return _form(one.network, _graph(one.network), asked)


def _graph(network: Network) -> Graph:
    return Graph(network.layers, network.outputs, network.slots, network.losses)


def _form(network: Network, graph: Graph, asked: Asked, *, trained: bool | None = None) -> Canonical:
    nodes, outputs, losses = computed(graph, asked, trained=trained)
    nodes = _oriented(nodes, [*outputs, *losses])
    order = _canonical_order(nodes, [*outputs, *losses])
    position = {old: new for new, old in enumerate(order)}
    shared = _numbered([weight for old in order for weight in dict.fromkeys(nodes[old].weights)])
    return Canonical(
        steps=tuple(_step(nodes[old], position, shared) for old in order),
        outputs=tuple(position.get(old, old) for old in outputs),
        input_shapes=tuple(tuple(shape[1:]) for shape in network.input_shapes),
        losses=tuple(sorted(position.get(old, old) for old in losses)),
    )


def _step(node: Node, position: dict[int, int], shared: dict[object, int]) -> Step:
    inputs = [position.get(source, source) for source in node.inputs]
    groups = tuple(shared.get(weight, 0) for weight in node.weights)
    return Step(
        cls=node.cls,
        settings=node.settings,
        inputs=tuple(sorted(inputs) if node.cls in COMMUTATIVE else inputs),
        output_shape=node.shape or (),
        layer=node.layer,
        label=node.label,
        shared=groups if any(groups) else (),
        within=node.within,
        unreadable=node.unreadable,
        written=node.written,
        framework=node.framework,
    )


def hashes(form: Canonical) -> list[str]:
    """Return a hash of each step and of all that leads to it."""
    found: list[str] = []
    for step in form.steps:
        inputs = [found[source] if source >= 0 else str(source) for source in step.inputs]
        found.append(_hash([step.cls, step.settings, sorted(inputs) if step.cls in COMMUTATIVE else inputs]))
    return found


def _oriented(nodes: list[Node], outputs: list[int]) -> list[Node]:
    """Write differences of which the sign does not count, |a - b| and its even powers, one way round."""
    if not any(one.cls == "Subtract" for one in nodes):
        return nodes
    users: dict[int, list[Node]] = defaultdict(list)
    for index in _post_order(outputs, lambda index: nodes[index].inputs):
        for source in nodes[index].inputs:
            users[source].append(nodes[index])
    turning = [n for n, one in enumerate(nodes) if one.cls == "Subtract" and n not in outputs and users[n]]
    turning = [n for n in turning if all(map(_is_even, users[n]))]
    for index in turning:
        hashes, depths = _hashes(nodes, [""] * len(nodes)), _depths(nodes)
        keys = [(-depths[one], hashes[one]) if one >= 0 else (0, str(one)) for one in nodes[index].inputs]
        if keys != sorted(keys):
            turned = msgspec.structs.replace(nodes[index], inputs=nodes[index].inputs[::-1])
            nodes = [*nodes[:index], turned, *nodes[index + 1 :]]
    return nodes


def _is_even(node: Node) -> bool:
    exponent = node.get("exponent")
    return node.cls == "Absolute" or (node.cls == "Power" and isinstance(exponent, int) and exponent % 2 == 0)


# --- From steps to their order ----------------------------------------------------------------------------------------


def _canonical_order(nodes: list[Node], outputs: list[int]) -> list[int]:
    """Number the nodes from the outputs backwards. Branches into a commutative merge come longest first.

    Hashes decide between branches of one length. They are taken twice, the second time with what each node's weights
    are shared with, which the first cannot know.
    """
    written = _post_order(outputs, lambda index: nodes[index].inputs)
    if not any(nodes[index].cls in COMMUTATIVE for index in written):
        return written
    depths, live = _depths(nodes), set(written)
    uses: dict[object, list[str]] = defaultdict(list)
    plain = _hashes(nodes, [""] * len(nodes))
    for index, own in enumerate(plain):
        for number, weight in enumerate(nodes[index].weights if index in live else ()):
            uses[weight].append(f"{own} {number}")
    marks = {weight: _hash(sorted(hashes)) if len(hashes) > 1 else "" for weight, hashes in uses.items()}
    hashes = plain
    if any(marks.values()):
        hashes = _hashes(nodes, ["".join(marks.get(weight, "") for weight in node.weights) for node in nodes])

    def sources(index: int) -> Sequence[int]:
        inputs = nodes[index].inputs
        if nodes[index].cls not in COMMUTATIVE:
            return inputs
        return sorted(inputs, key=lambda source: (-depths[source], hashes[source]) if source >= 0 else (0, str(source)))

    return _post_order(outputs, sources)


def _depths(nodes: list[Node]) -> list[int]:
    """Return the number of nodes on the longest way from an input to each one, itself included."""
    depths: list[int] = []
    for node in nodes:
        depths.append(1 + max((depths[source] for source in node.inputs if source >= 0), default=0))
    return depths


def _hashes(nodes: list[Node], marks: Sequence[str]) -> list[str]:
    """Return a Merkle hash of each node: its own settings, its mark, and the hashes of what it takes."""
    hashes: list[str] = []
    for node, mark in zip(nodes, marks, strict=True):
        inputs = [hashes[source] if source >= 0 else str(source) for source in node.inputs]
        hashes.append(_hash([node.cls, node.settings, sorted(inputs) if node.cls in COMMUTATIVE else inputs, mark]))
    return hashes


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(_plain(value), separators=(",", ":")).encode()).hexdigest()


def _plain(value: object) -> object:
    """Write equal numbers alike: Keras takes `use_bias=1` for True and `rate=0` for 0.0, and so does `==`."""
    if type(value) is str or type(value) is int or value is None:
        return value
    if isinstance(value, (list, tuple)):
        return [item if type(item) is str or type(item) is int else _plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    return value


def _post_order(outputs: list[int], sources: Callable[[int], Sequence[int]]) -> list[int]:
    """Return the steps that lead to `outputs`, sources first. Without recursion: networks are deep."""
    order: list[int] = []
    seen: set[int] = set()
    waiting = [(output, False) for output in reversed(outputs)]
    while waiting:
        index, sources_done = waiting.pop()
        if sources_done:
            order.append(index)
        elif index >= 0 and index not in seen:
            seen.add(index)
            waiting.append((index, True))
            waiting.extend((source, False) for source in reversed(sources(index)))
    return order


def _numbered(weights: Iterable[object]) -> dict[object, int]:
    """Number the weights that serve more than once, from 1, in the order they are met."""
    uses = Counter(weights)
    return {weight: number for number, weight in enumerate([one for one in uses if uses[one] > 1], start=1)}
