"""What a fault says by itself: an answer that is still to be written, a name that is not there."""

from __future__ import annotations

import re

from autograder.wire.messages import Fault

_UNDEFINED = re.compile(r"name '(\w+)' is not defined")
STUB = "raise NotImplementedError"
"""What students are given in place of an answer raises."""


def is_unwritten(fault: Fault) -> bool:
    """Whether what raised is the stub students are given in place of an answer, whatever it was called through."""
    if fault.kind != "raised" or fault.error != "NotImplementedError":
        return False
    return not fault.message or STUB in fault.message or any(STUB in frame.code for frame in fault.frames[-1:])


def is_unwritten_beside(fault: Fault) -> bool:
    """Whether the stub is in no cell: it is in a file beside the notebook, which may not be the student's own."""
    return is_unwritten(fault) and bool(fault.frames) and "NotImplementedError" not in fault.frames[-1].code


def undefined_name(fault: Fault) -> str:
    """Return the name whose absence `fault` is; empty where it is another fault."""
    if fault.kind == "missing":
        return "" if fault.step else fault.error
    found = _UNDEFINED.match(fault.message) if fault.kind == "raised" and fault.error == "NameError" else None
    return found[1] if found else ""
