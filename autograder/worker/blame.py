"""Inside a room: whether an error was raised by our own code, on no account of the student's. A claim, as all here."""

from __future__ import annotations

import traceback
from pathlib import Path

OURS = f"{Path(__file__).parent.parent}/"
PYTHON = f"{Path(traceback.__file__).parent}/"
LIBRARIES = ("/site-packages/", "/dist-packages/")
CALLING = ("answer", "arguments", "predictions", "run", "steps")
"""Modules that call what the student made: what is raised there is what that call was given."""
REFUSING = ("away", "datasets", "kernel", "stand_ins", "version", "weights")
"""Modules that stand where student code may ask for something: what they raise, they mean to."""
MISSING = (ImportError, AttributeError)
"""What code meets in a library that it does not fit."""
TOO_MUCH = (RecursionError, MemoryError)
"""What is too deep or too large for our code is the student's."""


def place_of_ours(error: BaseException) -> str:
    """Return where in our code `error` was raised, by the path below this package's; empty where it was not.

    What a library raises that we called is ours too, where no code of the student's is on the way. Where there is some,
    as in a method of Keras's that we put ours around, only what our own line does not find is.
    """
    steps = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [number for number, (file, _) in enumerate(steps) if file.startswith(OURS)]
    if not ours or isinstance(error, TOO_MUCH):
        return ""
    file, line = steps[ours[-1]]
    if Path(file).stem in (*CALLING, *REFUSING):
        return ""
    own_line = ours[-1] == len(steps) - 1 and isinstance(error, MISSING)
    if not own_line and any(_is_the_students(one) for one, _ in steps):
        return ""
    return f"{file.removeprefix(OURS)}:{line}"


def _is_the_students(file: str) -> bool:
    """A cell, a file beside the notebook, code made from text: whatever is not of a library, of Python or ours."""
    known = file.startswith((OURS, PYTHON, "<frozen "))
    return not known and not any(folder in file for folder in LIBRARIES)
