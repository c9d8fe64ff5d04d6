"""What the course says in its own words, in English too: `python -m tests.course_texts` brings translations/en.po up.

Titles of assignments, headings of questions, titles of checks, what checks say where they fail. Translations already
made are kept; new texts are left empty, and named.
"""

from __future__ import annotations

import ast
import builtins
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from autograder.notebook.formats import read_course_notebook
from autograder.notebook.headings import last_heading
from autograder.notebook.metadata import role_of

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "translations" / "en.po"
DATED = tuple(b'"%s' % name for name in (b"Project", b"Report", b"POT", b"PO-", b"Last", b"Language-T", b"Generated"))
FILLED_IN = ("largeur", "hauteur")
"""Words that checks fill into others."""


def texts() -> Iterator[str]:
    """Yield what students read of the course's own: each text as it is written, its values as names in braces."""
    yield from FILLED_IN
    settings = yaml.safe_load((ROOT / "course.yaml").read_text(encoding="utf-8"))
    yield settings["title"]
    for name, assignment in settings["assignments"].items():
        folder = ROOT / "source" / name
        yield assignment["title"]
        yield from headings(next(path for path in (folder / f"{name}.md", folder / f"{name}.ipynb") if path.exists()))
        yield from said(ast.parse((folder / "checks.py").read_text(encoding="utf-8")))


def headings(path: Path) -> Iterator[str]:
    """Yield the headings under which something is graded."""
    heading = ""
    for cell in read_course_notebook(path, path).cells:
        if cell.cell_type == "markdown":
            heading = last_heading(cell.source) or heading
        if role_of(cell).grade or role_of(cell).task:
            yield heading


def said(checks: ast.Module) -> Iterator[str]:
    """Yield the titles of checks, the words of their asserts, and the hints that comparisons are given."""
    for node in ast.walk(checks):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield (ast.get_docstring(node) or "").splitlines()[0]
        if isinstance(node, ast.Assert) and node.msg is not None:
            yield _written(node.msg)
        if isinstance(node, ast.keyword) and node.arg == "hint":
            yield _written(node.value)


def _written(message: ast.expr) -> str:
    if isinstance(message, ast.Constant):
        return str(message.value)
    assert isinstance(message, ast.JoinedStr), ast.unparse(message)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else _name(part) for part in message.values)


def _name(value: ast.expr) -> str:
    names = [one.id for one in ast.walk(value) if isinstance(one, ast.Name) and not hasattr(builtins, one.id)]
    return f"{{{names[0]}}}"


def updated() -> Catalog:
    """Return the catalogue with the texts that there are, translated as they were."""
    with CATALOGUE.open("rb") as file:
        made = read_po(file)
    catalogue = Catalog(
        locale="en", charset="utf-8", fuzzy=False, header_comment="# The course's own texts, in English."
    )
    for text in texts():
        kept = made.get(text)
        catalogue.add(text, kept.string if kept else "")
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """Return the file, of whose head all that changes from day to day is left out."""
    file = io.BytesIO()
    write_po(file, catalogue, width=0)
    lines = file.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(DATED))


def untranslated(catalogue: Catalog) -> list[str]:
    return [str(one.id) for one in catalogue if one.id and not one.string]


def main() -> int:
    """Update the catalogue. Return 1 where texts are still to be translated."""
    catalogue = updated()
    CATALOGUE.write_bytes(written(catalogue))
    print(*(open_ones := untranslated(catalogue)), sep="\n")
    return bool(open_ones)


if __name__ == "__main__":
    sys.exit(main())
