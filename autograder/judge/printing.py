"""What a cell printed, read by value: its numbers, whatever stands between them."""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autograder.judge.message import CheckFailed, Mismatch
from autograder.judge.shown import cut, shown
from autograder.locale import phrase
from autograder.notebook.names import names_read, parse

NUMBER = re.compile(r"(?:(?<![\w.)\]])-)?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")
THOUSANDS = re.compile(r"(?<=\d)[,_'\u00a0\u202f](?=\d{3}(?!\d))")
BUILT_IN = frozenset(dir(builtins))
LEAST_DIGITS = Decimal("0.01")
"""A number printed with few digits is right to this part of itself at worst: 0.9 does not show 0.873, 0.87 does."""


def assert_printed(text: Any, value: ArrayLike, *, code: Any = "") -> None:
    """Require the numbers of `value` in `text`, one after the other, to the digits that are printed.

    What stands between them does not count: `(4, 4)`, `[4 4]`, `4 x 4` and `height 4, width 4` all show `(4, 4)`. Where
    the text of the cell is given as `code`, what it has `print` say word for word does not count: a number has to be
    computed. Both texts come from probes, `printed` and `source`.
    """
    mismatch = printed_mismatch(text, value, code)
    if mismatch is not None:
        raise CheckFailed(mismatch)


def printed_mismatch(text: Any, value: ArrayLike, code: Any) -> Mismatch | None:
    """Return why `text` does not show the numbers of `value`; None where it does."""
    if not isinstance(text, str):
        return Mismatch(received=shown(text), expected=phrase("text"))
    wanted = [Decimal(repr(number)) for number in np.ravel(value).tolist()]
    if _shows(_without_constants(text, code), wanted):
        return None
    word_for_word = _shows(text, wanted)
    return Mismatch(
        received=cut(text.strip()) if text.strip() else phrase("nothing"),
        expected=phrase("{value} printed", value=shown_numbers(value)),
        hint=phrase("let print show the value itself, not a text that holds it.") if word_for_word else None,
    )


def shown_numbers(value: ArrayLike) -> str:
    """Return the numbers of a value as one writes them."""
    return str(value.tolist() if isinstance(value, np.ndarray) else value)


def _shows(text: str, wanted: list[Decimal]) -> bool:
    return any(_holds(NUMBER.findall(read), wanted) for read in (text, THOUSANDS.sub("", text)))


def _holds(printed: list[str], wanted: list[Decimal]) -> bool:
    starts = range(len(printed) - len(wanted) + 1)
    return any(all(map(_is_shown, printed[start:], wanted)) for start in starts)


def _is_shown(printed: str, wanted: Decimal) -> bool:
    number = Decimal(printed)
    last_digit = Decimal((0, (1,), int(number.as_tuple().exponent)))
    return abs(number - wanted) <= min(last_digit / 2, abs(wanted) * LEAST_DIGITS)


def _without_constants(text: str, code: Any) -> str:
    """Return what was printed without what the code has `print` say word for word, once each."""
    for constant in _printed_constants(code if isinstance(code, str) else ""):
        start, end = (r"(?<!\d)" if constant[0].isdigit() else ""), (r"(?!\d)" if constant[-1].isdigit() else "")
        text = re.sub(f"{start}{re.escape(constant)}{end}", " ", text, count=1)
    return text


def _printed_constants(code: str) -> Iterator[str]:
    """Yield the texts with digits, and the numbers, that calls of `print` hold.

    A number beside a name may be an index or a size: it is no text of its own. A name that stands for nothing but
    constants, `shape = (4, 4)`, is read as those.
    """
    tree = parse(code)
    if tree is None:
        return
    bound = _constants_by_name(tree)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print":
            for argument in call.args:
                names = names_read(argument) - BUILT_IN
                kinds = (str, int, float) if names <= bound.keys() else str
                found = [*_constants(argument), *(one for name in names for one in bound.get(name, []))]
                yield from (str(one) for one in found if isinstance(one, kinds) and any(map(str.isdigit, str(one))))


def _constants_by_name(tree: ast.AST) -> dict[str, list[object]]:
    """Return the names that are bound once, to constants alone, each with those."""
    times = Counter(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    return {
        target.id: _constants(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and not names_read(node.value) - BUILT_IN
        for whole in node.targets
        for target in (whole.elts if isinstance(whole, ast.Tuple) else [whole])
        if isinstance(target, ast.Name) and times[target.id] == 1
    }


def _constants(node: ast.AST) -> list[object]:
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
