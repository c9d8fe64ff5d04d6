"""What a fault of student code is to the checks it cost: a status, and what the student reads about it."""

from __future__ import annotations

from autograder.judge.message import Mismatch, Said
from autograder.judge.trainings import curve
from autograder.locale import Phrase, phrase
from autograder.notebook.formats import REASONS
from autograder.records import CheckStatus, TrainingRun
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


def explain_training(run: TrainingRun) -> Mismatch:
    """Return what to tell the student of a training that gave no score."""
    assert run.fault is not None
    if run.fault.kind == "untrainable":
        return explain_fault(run.fault)
    received = (
        phrase("the training was stopped: it was still running after {n} seconds", n=round(run.seconds))
        if run.fault.kind == "time"
        else phrase("the training was stopped: it took more memory than allowed")
    )
    hint = phrase("look at the size of the network: layers far wider than asked for cost time and memory.")
    return Mismatch(received=received, place=curve(run), hint=hint)


def _received(fault: Fault) -> Said:
    error = f"{fault.error}: {fault.message}" if fault.message else fault.error
    match fault.kind:
        case "missing" if fault.step:
            return phrase('nothing is called "{name}" in the object made', name=fault.error)
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
        case "untrainable":
            return _untrainable(fault)


def _untrainable(fault: Fault) -> Said:
    given, wanted = (*fault.names, "", "")[:2]
    match fault.error:
        case "custom":
            return phrase("a network with a layer of your own class, which cannot be trained: {layer}", layer=given)
        case "code":
            return phrase("a network with a Lambda layer, whose code is not run in training: {layer}", layer=given)
        case "unfinished":
            return phrase("a network that was never built, or whose layers cannot be followed")
        case "ends":
            return phrase("a network of several inputs or outputs ({given}): one of each is expected", given=given)
        case "input shape":
            return phrase(
                "a network that takes inputs of shape {given}; the data have {wanted}", given=given, wanted=wanted
            )
        case "output shape":
            return phrase("a network whose output has shape {given}: {wanted} is expected", given=given, wanted=wanted)
        case _:
            return phrase("a network that cannot be trained: {how}", how=fault.message)


def _place(fault: Fault) -> Said | None:
    place = _line(fault)
    if not fault.step:
        return place
    return fault.step if place is None else phrase("{step}, {place}", step=fault.step, place=place)


def _line(fault: Fault) -> Phrase | None:
    if fault.frames:
        last = fault.frames[-1]
        return phrase("cell {n}, line {line}: {code}", n=last.cell + 1, line=last.line, code=last.code)
    return None if fault.cell is None else cell_label(fault.cell)


def _hint(fault: Fault) -> Said | None:
    match fault.kind:
        case "missing" if fault.names:
            return phrase('is it the one you called "{name}"? Keep the name asked for.', name=fault.names[0])
        case "missing" if fault.step:
            return phrase("keep the names asked for, of the class, its methods and its attributes.")
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
