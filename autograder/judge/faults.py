"""What a fault of student code is to the checks it cost: a status, and what the student reads about it."""

from __future__ import annotations

from autograder.judge.message import Mismatch, Said
from autograder.locale import Phrase, phrase
from autograder.notebook.formats import REASONS
from autograder.records import CheckStatus
from autograder.wire.messages import Fault


def is_unwritten(fault: Fault) -> bool:
    """Whether what raised is the stub students are given in place of an answer."""
    return fault.kind == "raised" and fault.error == "NotImplementedError" and not fault.message


def status_of(fault: Fault) -> CheckStatus:
    """`failed` where there is simply no answer, `errored` where code raised or a limit was reached."""
    return "failed" if fault.kind in ("missing", "unread") else "errored"


def explain_fault(fault: Fault) -> Mismatch:
    """Return what to tell the student."""
    return Mismatch(received=_received(fault), place=_place(fault), hint=_hint(fault))


def _received(fault: Fault) -> Said:
    error = f"{fault.error}: {fault.message}" if fault.message else fault.error
    match fault.kind:
        case "missing":
            return phrase('nothing is called "{name}" after the last cell', name=fault.error)
        case "raised" if is_unwritten(fault):
            return phrase("nothing yet: the answer is still to be written")
        case "raised":
            return error
        case "time":
            return phrase("the code was stopped: it was still running at the end of its time")
        case "memory":
            return phrase("the code was stopped: it took more memory than allowed")
        case "died":
            return phrase("the code ended the Python process ({how})", how=fault.message)
        case "size":
            return phrase("an answer too large to be read: {how}", how=fault.message)
        case "unread":
            return phrase("an answer that cannot be read: {how}", how=fault.message)
        case "unreadable":
            return phrase("a file that is not a notebook: {how}", how=REASONS.get(fault.message, fault.message))


def _place(fault: Fault) -> Said | None:
    if fault.frames:
        last = fault.frames[-1]
        return phrase("cell {n}, line {line}: {code}", n=last.cell + 1, line=last.line, code=last.code)
    return None if fault.cell is None else cell_label(fault.cell)


def _hint(fault: Fault) -> Said | None:
    match fault.kind:
        case "missing" if fault.names:
            return phrase('is it the one you called "{name}"? Keep the name asked for.', name=fault.names[0])
        case "missing":
            return phrase("keep the names asked for; before handing it in, run the whole notebook from top to bottom.")
        case "time":
            return phrase("look for a loop that never ends, or a computation far larger than the one asked for.")
        case "died":
            return phrase("take out whatever ends the process: exit, quit, os._exit.")
        case "unreadable":
            return phrase("open the file in Jupyter, save it, and hand it in again.")
        case "raised" if fault.error == "NameError":
            return phrase("the name is misspelt, or comes from a cell that did not run or failed: look above.")
        case _:
            return None


def cell_label(index: int) -> Phrase:
    """« cell 12 »: cells are counted from 1, texts included, as one counts them in the notebook."""
    return phrase("cell {n}", n=index + 1)
