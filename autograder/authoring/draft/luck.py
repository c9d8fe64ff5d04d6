"""A solution that draws other numbers: the seeds that it sets, and that students are not told, are others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from autograder.mutate.operators.training import SEEDED
from autograder.notebook.formats import Notebook, NotebookCell
from autograder.notebook.metadata import role_of
from autograder.notebook.names import parse
from autograder.notebook.regions import solution_line_numbers

_SEEDERS = SEEDED | {"from_seed", "SeedGenerator", "PRNGKey"}
_KEYWORDS = frozenset(["seed", "random_state"])
_SPOKEN = re.compile(r"\b(?:seeds?|graines?|random_state)\b", re.IGNORECASE)


def told_seeds(notebook: Notebook) -> frozenset[int]:
    """Return the numbers in texts that speak of a seed: what is drawn with one of them is the same for everybody."""
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown" and not role_of(cell).solution)
    return frozenset(int(one) for text in texts if _SPOKEN.search(text) for one in re.findall(r"\b\d{1,9}\b", text))


def with_other_seeds(cell: NotebookCell, told: frozenset[int]) -> str:
    """Return an answer cell's source whose solution sets other seeds, those in `told` left as they are."""
    lines, own, tree = cell.source.split("\n"), solution_line_numbers(cell), parse(cell.source)
    for seed in sorted(_seeds(tree) if tree else (), key=lambda one: (-one.lineno, -one.col_offset)):
        if seed.lineno in own and isinstance(seed.value, int) and seed.value not in told:
            line = lines[seed.lineno - 1].encode()  # columns are counted in bytes
            other = str(seed.value + 1).encode()
            lines[seed.lineno - 1] = (line[: seed.col_offset] + other + line[seed.end_col_offset :]).decode()
    return "\n".join(lines)


def _seeds(tree: ast.Module) -> Iterator[ast.Constant]:
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = [*call.args[:1]] if name in _SEEDERS else []
        given += (one.value for one in call.keywords if one.arg in _KEYWORDS)
        yield from (one for one in given if isinstance(one, ast.Constant) and type(one.value) is int)
