"""The networks of a class, grouped by what they compute, with what training said of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.evidence import Evidence, TrainingRun
from autograder.locale import render
from autograder.networks.explain import explain
from autograder.networks.signature import signature
from autograder.wire.messages import Network

MOST_LAYERS, MOST_LINKS = 2000, 20_000
"""Of a network that a page speaks of. A room can make one that takes minutes to compare, and pages wait for nobody."""
UNREAD = ""
"""Signature of a network that could not be read: its like is not known."""


@dataclass(frozen=True)
class NetworkTrainings:
    """The trainings of one network under one recipe."""

    recipe: str
    runs: tuple[TrainingRun, ...]
    bars: Mapping[str, float]
    """The score each metric must reach."""


@dataclass(frozen=True)
class Architecture:
    """One network, and who handed it in."""

    signature: str
    network: Network
    students: tuple[str, ...]
    is_reference: bool
    """Whether it is the solution's."""
    difference: str
    """What first sets it apart from the solution's, in a sentence; empty where nothing does, or it cannot be told."""
    trained: tuple[NetworkTrainings, ...] = ()


@dataclass(frozen=True)
class Architectures:
    """What probes found in a class that ask for the same networks."""

    probes: tuple[str, ...]
    groups: tuple[Architecture, ...]
    """The largest first."""
    reference: Network | None
    """The solution's, where its evidence is kept."""


def networks_of(evidence: Evidence) -> dict[str, Network]:
    """Return the networks that a room answered with, by probe, but for those out of all proportion."""
    answers = {name: answer for name, (answer, _) in evidence.answers().items()}
    return {name: answer for name, answer in answers.items() if isinstance(answer, Network) and _is_of_a_size(answer)}


def _is_of_a_size(network: Network) -> bool:
    links = sum(len(layer.inputs) for layer in network.layers)
    return len(network.layers) <= MOST_LAYERS and links <= MOST_LINKS


def group(
    found: Mapping[str, Mapping[str, Network]],
    reference: Mapping[str, Network],
    trained: Mapping[tuple[str, str], Sequence[NetworkTrainings]],
    language: str,
) -> tuple[Architectures, ...]:
    """Return the networks of a class, by probe. `found` are each student's, by probe; `reference` the solution's.

    `trained` are the trainings of a student's network, by student and probe.
    """
    probes = dict.fromkeys([*reference, *(name for one in found.values() for name in one)])
    alike: dict[object, Architectures] = {}
    for name in probes:
        groups = tuple(_groups(name, found, reference, trained, language))
        key = frozenset((one.signature, one.students) for one in groups)
        if key in alike:
            first = alike[key]
            both = [
                replace(one, trained=one.trained + other.trained)
                for one, other in zip(first.groups, groups, strict=True)
            ]
            alike[key] = Architectures((*first.probes, name), tuple(both), first.reference)
        else:
            alike[key] = Architectures((name,), groups, reference.get(name))
    return tuple(one for one in alike.values() if one.groups)


def _groups(
    probe: str,
    found: Mapping[str, Mapping[str, Network]],
    reference: Mapping[str, Network],
    trained: Mapping[tuple[str, str], Sequence[NetworkTrainings]],
    language: str,
) -> Iterable[Architecture]:
    wanted = reference.get(probe)
    target = _sign(wanted) if wanted is not None else UNREAD
    members: dict[str, list[str]] = {}
    first: dict[str, Network] = {}
    for student, answers in found.items():
        if probe in answers:
            sign = _sign(answers[probe]) or student
            members.setdefault(sign, []).append(student)
            first.setdefault(sign, answers[probe])
    for sign, students in sorted(members.items(), key=lambda item: (-len(item[1]), item[1])):
        own = first[sign]
        yield Architecture(
            signature=sign,
            network=own,
            students=tuple(students),
            is_reference=bool(target) and sign == target,
            difference="" if wanted is None or sign == target else _difference(own, wanted, language),
            trained=tuple(trained.get((students[0], probe), ())),
        )


def _sign(network: Network) -> str:
    return UNREAD if network.problem else signature(network)


def _difference(own: Network, wanted: Network, language: str) -> str:
    found = explain(own, wanted)
    return render(found.where, language) if found else ""
