"""What a fault of student code is to the checks it cost: a status, and what the student reads about it."""

from __future__ import annotations

import re

from autograder.evidence import TrainingRun
from autograder.judge.causes import Causes
from autograder.judge.lacks import Lack, LackKind, looks_own, meant, missing_module
from autograder.judge.message import Mismatch, Said
from autograder.judge.renamed import hint_of_renamed
from autograder.judge.trainings import curve
from autograder.judge.unwritten import is_unwritten, is_unwritten_beside, undefined_name
from autograder.locale import Phrase, phrase
from autograder.notebook.formats import REASONS
from autograder.records import CheckStatus
from autograder.wire.messages import Fault


def status_of(fault: Fault) -> CheckStatus:
    """`failed` where there is simply no answer, `errored` where code raised or a limit was reached."""
    return "failed" if fault.kind in ("missing", "unread") else "errored"


def explain_fault(fault: Fault, causes: Causes | None = None, at: int | None = None) -> Mismatch:
    """Return what to tell the student: the cause, where it is to be mended, and what to try.

    `at` is the cell that `fault` stopped, None where it is that of an answer. Without `causes`, of its exam, a fault
    is its own cause.
    """
    known = causes or NO_CAUSES
    root = known.root(fault, at)
    led_here = known.is_the_courses(root) or known.in_the_courses(root)
    first = say_first(known.behind_fault(root), known) if led_here else None
    failing = known.failing_source(root) if known.is_the_students(root) else None
    if first is None and failing is not None:
        first = phrase("look at {cell}: its own tests fail", cell=known.places.cell(failing))
    return Mismatch(
        received=_received(root),
        place=_place(root, known),
        hint=_hint(root, known, at if root == fault else known.stopped_at(root)),
        first=first,
    )


def explain_assert(fault: Fault, causes: Causes | None = None) -> Mismatch:
    """Return what to tell of a visible test that does not hold: the test, what its operands were, its own message."""
    known = causes or NO_CAUSES
    values = [f"{name} = {value}" for name, value in fault.values]
    test = fault.frames[-1].code if fault.frames else ""
    received = phrase("this test fails: {test}", test=test)
    if values:
        received = phrase("this test fails: {test}\n{values}", test=test, values="\n".join(values))
    return Mismatch(
        received=received,
        place=None if fault.cell is None else known.places.cell(fault.cell),
        hint=fault.message or None,
        first=say_first(known.behind_fault(fault), known),
    )


def explain_lack(lack: Lack) -> Mismatch:
    """Return what to tell a student who asked for what is not here."""
    return Mismatch(
        received=phrase("{what} is not where notebooks are graded", what=phrase(LACKS[lack.kind], name=lack.name)),
        hint=phrase("this is no mistake of yours and costs you nothing; your teacher has been told."),
    )


def say_first(behind: Fault | None, causes: Causes) -> Said | None:
    """Say which error is to be mended before what may follow from it is looked at."""
    cell = causes.cell(behind) if behind is not None else None
    if behind is None or cell is None or is_unwritten(behind) or not causes.is_students_cell(cell):
        return None
    return phrase("mend {cell}: this may follow from its error", cell=causes.places.cell(cell))


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
    message = core(fault.message)
    error = f"{fault.error}: {message}" if message else fault.error
    match fault.kind:
        case "missing" if fault.step:
            return phrase('nothing is called "{name}" in the object made', name=fault.error)
        case "missing" if fault.cell is not None:
            return phrase('the answer makes nothing called "{name}"', name=fault.error)
        case "missing":
            return phrase('nothing is called "{name}" after the last cell', name=fault.error)
        case "raised" if is_unwritten(fault):
            return _unwritten(fault)
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


def _unwritten(fault: Fault) -> Phrase:
    if is_unwritten_beside(fault):
        return phrase("code in a file beside the notebook that is still to be written")
    return phrase("nothing yet: the answer is still to be written")


def core(message: str) -> str:
    """Return what an error says where Keras has wrapped it in an account of the call it came through."""
    found = WRAPPED.fullmatch(message)
    return found[1].strip() if found else message


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


def _place(fault: Fault, causes: Causes) -> Said | None:
    place = _line(fault, causes)
    if not fault.step:
        return place
    return fault.step if place is None else phrase("{step}, {place}", step=fault.step, place=place)


def _line(fault: Fault, causes: Causes) -> Phrase | None:
    frame = causes.frame(fault)
    if frame is not None and not is_unwritten(fault):
        return causes.places.line(frame)
    return None if fault.cell is None else causes.places.cell(fault.cell)


def _hint(fault: Fault, causes: Causes, at: int | None) -> Said | None:
    match fault.kind:
        case "missing" if len(fault.names) == 1:
            return phrase('is it the one you called "{name}"? Keep the name asked for.', name=fault.names[0])
        case "missing" if fault.names:
            return phrase("is it one of these: {names}? Keep the name asked for.", names=", ".join(fault.names[:3]))
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
        case "raised" if is_unwritten_beside(fault):
            return phrase("files that were handed out are used as they were: if you completed one, tell your teacher.")
        case "raised":
            return _hint_of_error(fault, causes, at)
        case _:
            return None


def _hint_of_error(fault: Fault, causes: Causes, at: int | None) -> Said | None:
    if fault.ours:
        return phrase("this happened where your answer is read: if you find nothing odd in it, tell your teacher.")
    if undefined_name(fault):
        return _hint_of_name(fault, causes, at)
    if renamed := hint_of_renamed(fault, causes.versions):
        return renamed
    if module := missing_module(fault):
        return _hint_of_module(module)
    return _hint_of_source(fault, causes)


def _hint_of_name(fault: Fault, causes: Causes, at: int | None) -> Said:
    name = undefined_name(fault)
    later = causes.made_later(fault, at)
    if later is not None:
        return phrase(
            '"{name}" is made further down, in {cell}: a notebook runs from top to bottom.',
            name=name,
            cell=causes.places.cell(later),
        )
    lookalike = causes.lookalike(fault)
    if lookalike == name:
        return phrase('"{name}" was made above and is gone: deleted, or made under a condition alone.', name=name)
    if lookalike:
        return phrase('did you mean "{name}"?', name=lookalike)
    return phrase("the name is misspelt, or comes from a cell that did not run or failed: look above.")


def _hint_of_module(module: str) -> Said | None:
    if looks_own(module):
        return phrase("if it is a file of yours, hand in {file} with the notebook.", file=f"{module}.py")
    return phrase('did you mean "{name}"?', name=name) if (name := meant(module)) else None


def _hint_of_source(fault: Fault, causes: Causes) -> Said | None:
    """A line of the course's stopped: what it works on is the student's."""
    sources = causes.sources(fault)
    if not sources:
        return None
    name, cell = sources[0]
    said = phrase(
        'this line is the course\'s; it works on "{name}": see {cell}.', name=name, cell=causes.places.cell(cell)
    )
    if "NoneType" in fault.message and causes.defines(name, cell):
        return phrase("{said} A function that ends without `return` gives None.", said=said)
    return said


NO_CAUSES = Causes(None)
WRAPPED = re.compile(
    r"Exception encountered when calling [^\n]+\n\n(?:\x1b?\[1m)?(.+?)(?:\x1b?\[0m)?\n\nArguments received by .*",
    re.DOTALL,
)
LACKS: dict[LackKind, str] = {
    "library": phrase('the package "{name}"').msgid,
    "system library": phrase('the system library "{name}"').msgid,
    "version": phrase("the Keras that networks are read with").msgid,
    "data set": phrase('the data set "{name}"').msgid,
    "weights": phrase('the weights "{name}"').msgid,
    "download": phrase('what is downloaded from "{name}"').msgid,
}
