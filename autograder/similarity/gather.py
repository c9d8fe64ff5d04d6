"""What is compared of a class: the code and words that evidence holds, wrong answers that say what, networks.

Nothing is run, and nothing of a student's is imported: text is parsed, and answers are the plain data of their exams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from autograder.assignment import SourceNotebook
from autograder.evidence import Evidence, find_evidence
from autograder.intake.identity import read_identity
from autograder.intake.links import is_handed_in
from autograder.networks.signature import signature
from autograder.paths import Paths
from autograder.records import Grade
from autograder.report.architectures import networks_of
from autograder.report.misses import fields_of
from autograder.report.unnamed import Unnamed, unnamed_network
from autograder.roster import Roster
from autograder.similarity.alike import Author, Pair, Shared, compare
from autograder.similarity.constructs import Part, is_read_whole, within_reason
from autograder.wire.messages import Network

LARGEST_FILE = 256 * 2**10
"""Bytes of a file of code handed in beside a notebook, at most."""
SHORTEST = 3
"""Characters of a wrong value that tells one from another: everybody's 0 is the same."""


@dataclass(frozen=True)
class Alike:
    """The pairs of a class, and what they were found among."""

    pairs: tuple[Pair, ...]
    authors: Mapping[str, Author]
    networks: Mapping[str, Network] = field(default_factory=dict)
    """Those that marks speak of, by form."""
    unread: tuple[str, ...] = ()
    """Students whose notebook could not be compared: none was graded, or its evidence is kept no more."""
    cut: tuple[str, ...] = ()
    """Students of whose work only a part was compared: a cell or a line of a length that nobody writes."""


@dataclass(frozen=True)
class _Read:
    parts: tuple[Part, ...]
    networks: Mapping[str, Network]


def find_alike(
    sources: Sequence[SourceNotebook],
    student_files: Sequence[str],
    grades: Sequence[Grade],
    roster: Roster,
    most: int,
) -> Alike:
    """Return the pairs of a class that are alike beyond what the release and the solution explain, `most` at most."""
    paths, name = sources[0].paths, sources[0].name
    authors: dict[str, Author] = {}
    networks: dict[str, Network] = {}
    unread, cut = [], []
    for grade in grades:
        read = _read(sources, partial(paths.evidence, student=grade.student))
        if read is None or not read.parts:
            if grade.status != "missing":
                unread.append(grade.student)
            continue
        built = {_form(one): (probe, one) for probe, one in read.networks.items() if not one.problem}
        networks |= {form: one for form, (_, one) in built.items()}
        marks = [Shared("networks", form, probe) for form, (probe, _) in built.items()]
        files = _files(paths.submission(grade.student, name), student_files)
        written = (*read.parts, *files)
        compared = within_reason(written)
        if len(compared) < len(written) or not all(map(is_read_whole, compared)):
            cut.append(grade.student)
        authors[grade.student] = Author(
            grade.student,
            compared,
            (*marks, *_wrong(grade)),
            _teams(paths, name, grade.student, roster),
        )
    known = [one for where in (paths.reference, paths.untouched) if (one := _read(sources, where))]
    given = {_form(network) for one in known for network in one.networks.values()}
    explained = [*(one.parts for one in known), *map(_parts_of, sources)]
    pairs = compare(list(authors.values()), explained, given, most)
    return Alike(tuple(pairs), authors, networks, tuple(unread), tuple(cut))


def _form(network: Network) -> str:
    return f"network {signature(network)}"


def _read(sources: Sequence[SourceNotebook], where: Callable[[str], Path]) -> _Read | None:
    """What the evidence of all parts holds, each at its place by its key; None where there is none."""
    found = [one for source in sources if (one := find_evidence(where(source.key))) is not None]
    if not found:
        return None
    parts = tuple(part for one in found for part in _parts(one))
    return _Read(parts, {name: network for one in found for name, network in networks_of(one).items()})


def _parts(evidence: Evidence) -> Iterator[Part]:
    """Yield the cells of a notebook, in its order."""
    exam = evidence.exam
    cells = [one.cell for one in exam.cells]
    code = {one.index: Part(_named(one.index, one.id), one.source, given=one.given) for one in cells}
    texts = {one.index: Part(_named(one.index, one.id), one.source, code=False) for one in exam.texts}
    yield from (part for _, part in sorted({**texts, **code}.items()))


def _named(index: int, cell: str) -> str:
    return f"{index + 1}: {cell}" if cell else f"{index + 1}"


def _parts_of(source: SourceNotebook) -> tuple[Part, ...]:
    """The source's own cells: the solution, and, without its evidence too, all that students were handed."""
    return tuple(Part("", cell.source, cell.cell_type == "code") for cell in source.notebook.cells)


def _files(folder: Path, patterns: Sequence[str]) -> Iterator[Part]:
    """Yield the Python files that students complete, links left out."""
    for pattern in patterns:
        for path in sorted(folder.glob(pattern)) if pattern.endswith(".py") else ():
            if is_handed_in(path) and path.stat().st_size <= LARGEST_FILE:
                yield Part(path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8", errors="replace"))


def _wrong(grade: Grade) -> Iterator[Shared]:
    """Yield the wrong values that checks received, one a question: what follows from one is not another.

    No value: an error, a share of right predictions, the place where a network goes astray, for the network says it.
    """
    for question in grade.questions:
        for one in question.outcomes:
            said = fields_of(one.message)
            value = said.get("received", "")
            where = said.get("where", "")
            told = one.kind == "check" and one.status == "failed" and len(value) >= SHORTEST and "%" not in value
            if told and (not where or where[0].isdigit()):
                yield Shared("answers", f"answer {question.id} {one.name} {value} {where}", value, one.title)
                break


def _teams(paths: Paths, assignment: str, student: str, roster: Roster) -> frozenset[str]:
    """The groups that a student hands in with."""
    known = read_identity(paths, student, assignment)
    if known and known.group:
        return frozenset({known.group})
    return frozenset(group for group, members in roster.groups.items() if student in members and len(members) > 1)


def anonymous(found: Alike, called: Mapping[str, Iterable[str]] | None = None) -> Alike:
    """Return the same without names: students are numbered, in another order each time.

    `called` is what else they, and others of the class, are known by.
    """
    known = {**(called or {}), **{one: () for one in (*found.authors, *found.unread) if one not in (called or {})}}
    class_ = Unnamed(known)
    alias, hide = class_.alias, class_.hide
    authors = {
        alias[name]: replace(
            one,
            name=alias[name],
            parts=tuple(replace(part, name=hide(part.name), source=hide(part.source)) for part in one.parts),
        )
        for name, one in found.authors.items()
    }
    pairs = (
        replace(
            one,
            first=alias[one.first],
            second=alias[one.second],
            marks=tuple(replace(mark, said=hide(mark.said)) for mark in one.marks),
        )
        for one in found.pairs
    )
    networks = {form: unnamed_network(one, hide) for form, one in found.networks.items()}
    return Alike(tuple(pairs), authors, networks, class_.numbers(found.unread), class_.numbers(found.cut))
