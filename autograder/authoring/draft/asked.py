"""What each question asks for: names that its answers make, and that the notebook's text or code tells students."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from autograder.assignment import SourceNotebook
from autograder.authoring.naming import likeliest_name, main_names, set_as_code
from autograder.notebook.formats import NotebookCell
from autograder.notebook.metadata import role_of
from autograder.notebook.names import names_of
from autograder.notebook.regions import solution_line_numbers

_NAME = re.compile(r"[A-Za-z_]\w*")
_CALLED = re.compile(r"([A-Za-z_]\w*)\(([^()]*)\)")
DRAWN_TOLD = re.compile(
    r"\b(?:re)?(?:plots?|plott\w+|draw\w*|display\w*|shows?|curves?|figures?|charts?|graphs?|histograms?|heat ?maps?"
    r"|visuali[sz]\w+|affich\w+|trac(?:e|é|er|ez)\w*|courbes?|dessin\w*|montr\w+|représent\w+|graphiques?|graphes?|histogrammes?|nuages?"
    r"|diagrammes?)\b",
    re.IGNORECASE,
)
_PRINTS = re.compile(r"\b(?:prints?|printed|display|affich\w+|imprim\w+)\b", re.IGNORECASE)
RANDOM = re.compile(r"random|rng|shuffle|permutation|\bseed\b|randint|train_test_split")
TRAINS = re.compile(r"\.(?:fit|train_on_batch)\(|\.backward\(\)|GradientTape")


@dataclass(frozen=True)
class DraftQuestion:
    """One question of an assignment."""

    id: str
    text: str
    """The texts before it."""
    answers: tuple[NotebookCell, ...]
    functions: tuple[str, ...]
    classes: tuple[str, ...]
    variables: tuple[str, ...]
    changed: tuple[str, ...]
    """Names of earlier answers that its own compile or train."""
    prints: str = ""
    """Id of the answer that is to print something."""
    draws: tuple[str, ...] = ()
    """Ids of the answers that may be to plot something."""
    shown: tuple[str, ...] = ()
    """Names that its texts give, and that cells of the course make: what may be plotted."""
    untold: tuple[str, ...] = ()
    """Those of the names that no student could know: the solution's own, where nothing else can be asked for."""
    anew: tuple[str, ...] = ()
    """Names that it makes and a later question makes anew: after the last cell they are that one's."""

    def about(self, name: str) -> str:
        """Return the parts of the texts that speak of a name, and the code that students are given of it."""
        parts = re.split(r"\n[ \t]*(?:\n|(?=[*+-] |\d+\. ))", self.text)
        return "\n".join(part for part in parts if re.search(rf"\b{re.escape(name)}\b", part))

    def code_of(self, name: str) -> str:
        """Return the statements that make a name."""
        return "\n".join(code for cell in self.answers for code in _making(cell.source, name))


def _making(source: str, name: str) -> Iterator[str]:
    lines = source.split("\n")
    first = 0
    for one in names_of(source).statements:
        if name in one.made | one.changed | one.trained:
            yield "\n".join(lines[first : one.last])
        first = one.last


def asked_of(source: SourceNotebook) -> list[DraftQuestion]:
    """Return what each question that holds code asks for, in the notebook's order."""
    code = [cell for cell in source.notebook.cells if cell.cell_type == "code"]
    theirs = {name for cell in code if not role_of(cell).solution for name in names_of(cell.source).made}
    told = {name for cell in code for name in _given_names(cell)}
    imported = {name for cell in code for name in names_of(cell.source).imported}
    groups = list(_groups(source))
    makers = _last_makers(groups)
    every = [one for _, others, _ in groups for one in others]
    found: list[DraftQuestion] = []
    for question, answers, text in groups:
        named, parameters = _named_in(text)
        solved = {name for cell in answers for name in _solved(cell)}
        made = [name for cell in answers for name in _made(cell) if name not in imported]
        names = [name for name in made if name in solved & (told | (named - parameters))]
        wanted = [name for name in dict.fromkeys(names) if makers[name] == question]
        own = [name for name in made if makers[name] == question and not name.startswith("_")]
        anew = tuple(dict.fromkeys(one for one in made if makers[one] != question and not one.startswith("_")))
        classes = {name for cell in answers for name in re.findall(r"^class (\w+)", cell.source, re.MULTILINE)}
        untold = () if _askable(wanted, classes, answers) else _untold(answers, every, own)
        wanted += [name for name in untold if name not in wanted]
        defined = {name for cell in answers for name in names_of(cell.source).defined}
        found.append(
            DraftQuestion(
                question,
                text,
                answers,
                functions=tuple(name for name in wanted if name in defined - classes),
                classes=tuple(name for name in wanted if name in classes),
                variables=tuple(name for name in wanted if name not in defined),
                changed=_trained_anew(answers, found),
                prints=_printing(answers, text),
                draws=tuple(role_of(cell).id for cell in answers if DRAWN_TOLD.search(f"{text}\n{_given_code(cell)}")),
                shown=tuple(sorted(theirs & named - imported - set(makers))),
                untold=untold,
                anew=anew,
            )
        )
    return found


def _last_makers(groups: Sequence[tuple[str, tuple[NotebookCell, ...], str]]) -> dict[str, str]:
    """Return which question makes each name last: it is that one's value that is there after the last cell."""
    return {name: question for question, answers, _ in groups for cell in answers for name in _made(cell)}


def _askable(names: Sequence[str], classes: Set[str], answers: Sequence[NotebookCell]) -> list[str]:
    """Return the names that can be asked for as they are: a class that is no network, such as a callback's, cannot."""
    networks = main_names("\n".join(cell.source for cell in answers))
    return [name for name in names if name not in classes or name in networks]


def _untold(answers: Sequence[NotebookCell], every: Sequence[NotebookCell], own: Sequence[str]) -> tuple[str, ...]:
    """Of `own`, which answers make and nothing names, what other answers use; or functions and networks; or one."""
    code = "\n".join(cell.source for cell in answers)
    used = {name for cell in every if cell not in answers for name in names_of(cell.source).used}
    for kept in (used, main_names(code), {likeliest_name(code, (), own)}):
        if found := [name for name in dict.fromkeys(own) if name in kept]:
            return tuple(found)
    return ()


def _groups(source: SourceNotebook) -> Iterator[tuple[str, tuple[NotebookCell, ...], str]]:
    """Yield each question, the answers that lead to it, and the texts since the question before."""
    answers: list[NotebookCell] = []
    texts: list[str] = []
    for cell in source.notebook.cells:
        role = role_of(cell)
        if cell.cell_type == "markdown" and not role.solution:
            texts.append(cell.source)
        if role.solution and cell.cell_type == "code":
            answers.append(cell)
        if role.grade or role.task:
            if answers:
                yield role.id, tuple(answers), "\n\n".join(texts)
                texts = texts if len(texts) == 1 else []
            answers = []
            texts = texts[-1:]


def _made(cell: NotebookCell) -> list[str]:
    names = names_of(cell.source)
    made = names.made - names.imported
    changed = {name for one in names.statements for name in one.changed}
    places = {name: found.start() for name in made | changed if (found := re.search(rf"\b{name}\b", cell.source))}
    return sorted(places, key=lambda name: places[name])


def _solved(cell: NotebookCell) -> frozenset[str]:
    """Names that the solution of an answer makes: what lines make that students are given is no answer."""
    inside = solution_line_numbers(cell) or set(range(1, cell.source.count("\n") + 2))
    first, found = 1, set[str]()
    for one in names_of(cell.source).statements:
        if inside & set(range(first, one.last + 1)):
            found |= one.made | one.changed
        first = one.last + 1
    return frozenset(found)


def _printing(answers: Sequence[NotebookCell], text: str) -> str:
    """Return the id of the answer that is to print something; empty where none is."""
    printing = [role_of(cell).id for cell in answers if "print(" in cell.source]
    return printing[0] if printing and _PRINTS.search(text) else ""


def _trained_anew(answers: Sequence[NotebookCell], before: Sequence[DraftQuestion]) -> tuple[str, ...]:
    """Return the names of questions before that answers compile or train."""
    earlier = {name for one in before for name in (*one.functions, *one.classes, *one.variables)}
    return tuple(dict.fromkeys(name for cell in answers for name in _trained(cell) if name in earlier))


def _trained(cell: NotebookCell) -> set[str]:
    return {name for one in names_of(cell.source).statements for name in one.trained}


def _given_names(cell: NotebookCell) -> frozenset[str]:
    """Names in code that students are given: cells of the course, and what an answer holds outside of its solution."""
    if not role_of(cell).solution:
        return names_of(cell.source).used
    lines = _given_code(cell).split("\n")
    return frozenset(name for line in lines for name in re.findall(r"\b(?:def|class)[ \t]+(\w+)", line)) | frozenset(
        name for line in lines for name in re.findall(r"^(\w+)[ \t]*=", line)
    )


def _given_code(cell: NotebookCell) -> str:
    """What of an answer stands outside of its solution."""
    inside = solution_line_numbers(cell)
    return "\n".join(line for number, line in enumerate(cell.source.split("\n"), start=1) if number not in inside)


def _named_in(text: str) -> tuple[set[str], set[str]]:
    """Names that a text sets as code, alone or as what is called; and the parameters of what is called."""
    named, parameters = set[str](), set[str]()
    for code in set_as_code(text):
        for function, given in _CALLED.findall(code):
            named.add(function)
            parameters |= set(_NAME.findall(given))
        if _NAME.fullmatch(code.strip()):
            named.add(code.strip())
    return named, parameters
