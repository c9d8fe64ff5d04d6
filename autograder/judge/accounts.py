"""What a check that says no tells a student, in whatever words it says it: a plain `assert`, pytest's, NumPy's.

An exception is the check's « no » where the course's own line raised it, or called a function that was made to raise it
(`np.testing.assert_allclose`, `unittest`'s, `pytest.fail`, `pytest.raises`). The author's own words are the student's
to read; a library's account of what it compared tells the expectation, and is said where the course shows it alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from dis import get_instructions
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from autograder.judge.asserts import value_mismatch
from autograder.judge.message import Mismatch
from autograder.judge.shown import shown
from autograder.judge.sources import is_installed
from autograder.locale import phrase

Raised = pytest.ExceptionInfo[BaseException]
REFUSES = re.compile(r"(assert|fail|raises|warns|__exit__)")
"""How the functions are called that a check calls to say no."""
EQUALS = re.compile(r"assert_?(?!not)\w*(equal|close|ulp)", re.IGNORECASE)
"""How those are called whose first two arguments should have been equal."""
OWN_WORDS = ("err_msg", "msg", "reason")
"""The argument by which an author says why."""
TRUTHS = ("assertTrue", "assertFalse", "assertIsNone", "assertIsNotNone")
"""What compares with nothing that the author gave."""
FUNCTION = re.compile(r"<(?:built-in |bound )?(?:function|method) ([\w.]+)(?: at 0x\w+| of .*?)?>")
GENERATOR = re.compile(r"<generator object .*? at 0x\w+>")
ADVICE = "Use -v to get more diff"
NAMED = re.compile(r"\n[ \t]*\+[ \t]+where (\w+) = [\w.]*\b\1$", re.MULTILINE)
"""What pytest says of a function's name, when that is all there is to say."""
ACCOUNT_LINES, ACCOUNT_CHARS = 12, 1500


def refusal(raised: Raised, answers: Collection[Any], *, hidden: bool) -> Mismatch | None:
    """Return what to tell the student; None where what was raised is no verdict of the check's.

    `answers` are the values the check was given, told from what it expects by being the same objects.
    """
    frames = _library_frames(raised)
    if frames is None or not isinstance(raised.value, AssertionError | pytest.fail.Exception):
        return None
    if not frames:
        return _plain(str(raised.value), hidden=hidden)
    if isinstance(raised.value, pytest.fail.Exception) and _module(frames[0]) == pytest.fail.__module__:
        return _with_hint(Mismatch(), raised.value.msg or "")
    if not any(REFUSES.match(frame.f_code.co_name) for frame in frames) or _is_ours(frames[-1]):
        return None
    if isinstance(raised.value, pytest.fail.Exception):
        return _missed(raised.value.msg or "", hidden=hidden)
    mismatch = next((found for frame in frames if (found := _compared(frame, answers, hidden=hidden))), Mismatch())
    own = _own_words(frames[0], hidden=hidden)
    if not (own or hidden or mismatch.received):
        mismatch = replace(mismatch, received=_tidy(str(raised.value)) or None)
    return _with_hint(mismatch, own)


def place_of(raised: Raised) -> str:
    """Return where the course's own code raised, or what it called: `checks.py:12`."""
    entries = list(raised.traceback)
    own = [entry for entry in entries if _is_the_courses(Path(entry.path))]
    entry = own[-1] if own else entries[-1]
    return f"{Path(entry.path).name}:{entry.lineno + 1}"


def _library_frames(raised: Raised) -> list[FrameType] | None:
    """The calls between the course's last line and the exception; None where no line of the course's led there."""
    entries = list(raised.traceback)
    own = [place for place, entry in enumerate(entries) if _is_the_courses(Path(entry.path))]
    return [entry.frame.raw for entry in entries[own[-1] + 1 :]] if own else None


def _is_the_courses(path: Path) -> bool:
    """Whether a line of this file is the course's own. Compiled code names a source that is not there."""
    return path.is_file() and not is_installed(path)


def _is_ours(frame: FrameType) -> bool:
    """Whether an assertion of this project's own failed: a mistake in it, and no verdict."""
    return _module(frame).split(".")[0] == __name__.split(".")[0]


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _plain(text: str, *, hidden: bool) -> Mismatch:
    """A plain `assert`: the author's own words, or pytest's account of what was compared."""
    own, _, account = text.rpartition("\nassert ")
    if not own and text.startswith("assert "):
        account = text.removeprefix("assert ")
    elif not own:
        own = text
    if own:
        return Mismatch(hint=own)
    return _with_hint(Mismatch(received=None if hidden else _tidy(account) or None), "")


def _missed(text: str, *, hidden: bool) -> Mismatch:
    """An error or a warning that was to come, and did not."""
    if missed := re.match(r"DID NOT RAISE (?:<class ')?([^'>]*)", text):
        return _with_hint(Mismatch(phrase("no error was raised"), missed[1].rpartition(".")[2] or missed[1]), "")
    return _with_hint(Mismatch(received=None if hidden else _tidy(text)), "")


def _with_hint(mismatch: Mismatch, own: str) -> Mismatch:
    """The mismatch with the author's own words; where there is nothing at all to say, with what the title says."""
    if own:
        return replace(mismatch, hint=own)
    silent = mismatch.expected is None
    return replace(mismatch, hint=phrase("what the title says does not hold.")) if silent else mismatch


def _own_words(frame: FrameType, *, hidden: bool) -> str:
    """What the author gave a library's function to say."""
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    given = {name: frame.f_locals.get(name) for name in OWN_WORDS if name in names}
    said = next((one for one in given.values() if isinstance(one, str) and one.strip()), "").strip()
    if said and any(one.opname.startswith("STORE_") and one.argval in given for one in get_instructions(code)):
        # the function has put its own account to it, as unittest's do before « : »: it may tell what was expected
        return said.partition(" : ")[2] if not hidden or code.co_name in TRUTHS else ""
    return said


def _compared(frame: FrameType, answers: Collection[Any], *, hidden: bool) -> Mismatch | None:
    """What a function that wants two values equal was given, as our own asserts say it."""
    if not EQUALS.fullmatch(frame.f_code.co_name):
        return None
    pair = list(_first_two(frame))
    if len(pair) < 2:
        return None
    given, expected = pair
    if _is_any(expected, answers) and not _is_any(given, answers):
        given, expected = expected, given
    rtol, atol = _tolerances(frame.f_locals)
    found = value_mismatch(given, expected, rtol=rtol, atol=atol) or Mismatch(shown(given), shown(expected))
    known = _is_any(given, answers)
    # which of the two is the student's is not known: neither is said where the other must not be
    return found if known or not hidden else Mismatch(place=found.place)


def _first_two(frame: FrameType) -> Iterator[Any]:
    code = frame.f_code
    names = [name for name in code.co_varnames[: code.co_argcount] if name != "self"]
    yield from (frame.f_locals[name] for name in names[:2] if name in frame.f_locals)


def _is_any(value: Any, answers: Collection[Any]) -> bool:
    return any(value is answer for answer in answers)


def _tolerances(given: Mapping[str, Any]) -> tuple[float, float]:
    """The relative and the absolute tolerance of a comparison, however its function calls them."""
    numbers = {name: value for name, value in given.items() if isinstance(value, int | float)}
    if "decimal" in numbers:
        return 0.0, 1.5 * 10.0 ** -numbers["decimal"]
    if "delta" in numbers or "places" in given:
        return 0.0, float(numbers.get("delta", 0.5 * 10.0 ** -numbers.get("places", 7)))
    return float(numbers.get("rtol", 0.0)), float(numbers.get("atol", 0.0))


def _tidy(account: str) -> str:
    """A library's account of what it compared, without blank lines and addresses, and not too long."""
    text = NAMED.sub("", FUNCTION.sub(r"\1", GENERATOR.sub("…", account.replace(ADVICE, ""))))
    lines = [line.rstrip() for line in text[:ACCOUNT_CHARS].splitlines() if line.strip()]
    return "\n".join([*lines[:ACCOUNT_LINES], *(["…"] if len(lines) > ACCOUNT_LINES else [])]).strip()
