"""The canonical form of a network and its signature: equal for equal networks, whatever their dress.

Pure functions of `Network` records. Each layer is put in normal form (`normal`), what leads to no output is left out,
and the rest is numbered from the outputs backwards, so that neither names nor the order in which branches were written
remain. The signature is the hash of that list.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from autograder.judge.normal import COMMUTATIVE, Part, Settings, parts
from autograder.wire.messages import Layer, Network, Shape

VERSION = 1
"""Of the canonical form. Signatures of two versions never meet: stored training runs are keyed by them."""


@dataclass(frozen=True)
class Step:
    """One thing the network does: a layer without its activation, an activation, a bare operation."""

    cls: str
    settings: Settings
    inputs: tuple[int, ...]
    """Positions of steps; -1 stands for the network's first input, -2 for its second."""
    output_shape: Shape
    """Batch left out; empty where it is not known."""
    layer: int
    """Position, from 1, of the layer it came from, as its author counts: the InputLayer is not one."""
    label: str
    """Short name for a message: `Conv2D(128)`, `MaxPooling2D`, `relu`."""
    shared: int = 0
    """Number, from 1, of the weights it shares with another step; 0 for weights of its own."""


@dataclass(frozen=True)
class Canonical:
    """A network without its dress."""

    steps: tuple[Step, ...]
    """Each after those it takes from."""
    outputs: tuple[int, ...]
    """Positions in `steps`, negative for an input handed through."""
    input_shapes: tuple[Shape, ...]
    """Batch left out."""


def signature(network: Network, *, trainable: bool = False) -> str:
    """Return "sha256:…", equal for two networks that compute the same with weights of the same shapes.

    With `trainable`, frozen and trained layers differ as well.
    """
    form = canonical(network, trainable=trainable)
    steps = [(step.cls, step.settings, step.inputs, step.shared) for step in form.steps]
    return "sha256:" + _hash([VERSION, form.input_shapes, steps, form.outputs])


def canonical(network: Network, *, trainable: bool = False) -> Canonical:
    """Return the canonical form of `network`. Two networks are equal when all but `layer` and `label` of it is."""
    steps, identities, outputs = _steps(network, trainable)
    order = _canonical_order(steps, identities, outputs)
    position = {old: new for new, old in enumerate(order)}
    groups = _numbered(identities[old] for old in order)
    return Canonical(
        steps=tuple(
            replace(steps[old], inputs=_moved(steps[old], position), shared=groups.get(identities[old], 0))
            for old in order
        ),
        outputs=tuple(position.get(old, old) for old in outputs),
        input_shapes=tuple(tuple(shape[1:]) for shape in network.input_shapes),
    )


# --- From layers to steps ---------------------------------------------------------------------------------------------


def _steps(network: Network, trainable: bool) -> tuple[list[Step], list[int | None], list[int]]:
    """Return every step in call order, the weights each one holds (None for none), and the steps of the outputs.

    A layer that takes what does not come before it, which no true network has, takes it no more: there are no cycles.
    """
    steps: list[Step] = []
    identities: list[int | None] = []
    made_by: dict[int, int] = {}
    counted = entries = 0
    for number, layer in enumerate(network.layers):
        if layer.cls == "InputLayer":
            entries += 1
            made_by[number] = -entries
            continue
        counted += 1
        inputs = tuple(made_by[source] for source in layer.inputs if source in made_by) or (-1,)
        for index, part in enumerate(parts(layer, trainable=trainable)):
            steps.append(_step(part, inputs, layer, counted))
            identities.append(layer.identity if layer.weights and index == 0 else None)
            inputs = (len(steps) - 1,)
        made_by[number] = inputs[0]
    return steps, identities, [made_by[output] for output in network.outputs if output in made_by]


def _step(part: Part, inputs: tuple[int, ...], layer: Layer, counted: int) -> Step:
    shape = tuple(layer.output_shapes[0][1:]) if layer.output_shapes else ()
    return Step(part.cls, part.settings, inputs, shape, counted, part.label)


# --- From steps to their order ----------------------------------------------------------------------------------------


def _canonical_order(steps: list[Step], identities: list[int | None], outputs: list[int]) -> list[int]:
    """Number the steps from the outputs backwards. Branches into a commutative merge come longest first.

    Hashes decide between branches of one length. They are taken twice, the second time with what each layer's weights
    are shared with, which the first cannot know.
    """
    depths = _depths(steps)
    uses: dict[int | None, list[str]] = defaultdict(list)
    for identity, own in zip(identities, _hashes(steps, [""] * len(steps)), strict=True):
        uses[identity].append(own)
    marks = {identity: "" if identity is None else _hash(sorted(hashes)) for identity, hashes in uses.items()}
    hashes = _hashes(steps, [marks[identity] for identity in identities])

    def sources(index: int) -> Sequence[int]:
        inputs = steps[index].inputs
        if steps[index].cls not in COMMUTATIVE:
            return inputs
        return sorted(inputs, key=lambda source: (-depths[source], hashes[source]) if source >= 0 else (0, str(source)))

    return _post_order(outputs, sources)


def _depths(steps: list[Step]) -> list[int]:
    """Return the number of steps on the longest way from an input to each one, itself included."""
    depths: list[int] = []
    for step in steps:
        depths.append(1 + max((depths[source] for source in step.inputs if source >= 0), default=0))
    return depths


def _hashes(steps: list[Step], marks: Sequence[str]) -> list[str]:
    """Return a Merkle hash of each step: its own settings, its mark, and the hashes of what it takes."""
    hashes: list[str] = []
    for step, mark in zip(steps, marks, strict=True):
        inputs = [hashes[source] if source >= 0 else str(source) for source in step.inputs]
        hashes.append(_hash([step.cls, step.settings, sorted(inputs) if step.cls in COMMUTATIVE else inputs, mark]))
    return hashes


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(_plain(value), separators=(",", ":")).encode()).hexdigest()


def _plain(value: object) -> object:
    """Write equal numbers alike: Keras takes `use_bias=1` for True and `rate=0` for 0.0, and so does `==`."""
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
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


def _numbered(identities: Iterable[int | None]) -> dict[int | None, int]:
    """Number the weights that serve more than once, from 1, in the order they are met."""
    uses = Counter(identity for identity in identities if identity is not None)
    return {identity: number for number, identity in enumerate([one for one in uses if uses[one] > 1], start=1)}


def _moved(step: Step, position: dict[int, int]) -> tuple[int, ...]:
    inputs = [position.get(source, source) for source in step.inputs]
    return tuple(sorted(inputs) if step.cls in COMMUTATIVE else inputs)
