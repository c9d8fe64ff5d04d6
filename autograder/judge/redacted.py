"""What a page may say of an error under a question: its class, its line and our own words.

What a function was called with must not come out again in the text of its own error: a student's page would hold it,
and a second attempt answer it. So of what a room says of such an error only what can be checked is kept: a class that
is known or stands in the notebook, lines of the notebook as it was handed in, and messages of Python's own making, word
for word.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from autograder.evidence import CellRecord
from autograder.wire.messages import (
    PROBES_WITHOUT_INPUTS,
    Attribute,
    CallProbe,
    Fault,
    Frame,
    Method,
    Named,
    ObjectProbe,
    PredictionsProbe,
    Probe,
    TrainedByProbe,
)

ANY_CLASS = "Exception"
MAKING = "(…)"
"""After the name of a class, where a step says that an object is made."""
MESSAGE_CHARS = 200
CODE_CHARS = 160
"""Of a line, as a room cuts it."""
KNOWN = {name for name, value in vars(builtins).items() if isinstance(value, type)} | {
    "AxisError",
    "FailedPreconditionError",
    "InvalidArgumentError",
    "LinAlgError",
    "NotFittedError",
    "ResourceExhaustedError",
    "UnimplementedError",
    "NoneType",
    "ndarray",
}
"""Classes of Python, NumPy and the frameworks."""
_OWN_WORDS = tuple(
    re.compile(template.replace("NAMES", r"(?:'\w+'(?:, | and |, and )?){1,3}").replace("NAME", r"[\w.<>]+"))
    for template in (
        r"NAME\(\) missing \d required (?:positional|keyword-only) arguments?: NAMES",
        r"NAME\(\) takes (?:from )?\d(?: to \d)? positional arguments? but \d (?:was|were) given",
        r"NAME\(\) takes no (?:arguments|keyword arguments)",
        r"NAME\(\) got an unexpected keyword argument NAMES",
        r"NAME\(\) got multiple values for argument NAMES",
        r"name NAMES is not defined",
        r"cannot access local variable NAMES where it is not associated with a value",
        r"NAMES object is not (?:subscriptable|callable|iterable)",
        r"NAMES object has no attribute NAMES",
        r"unsupported operand type\(s\) for [-+*/%@&|^<>]{1,3}=?: NAMES",
        r"(?:list|tuple|string) index out of range",
        r"(?:float )?division by zero",
        r"maximum recursion depth exceeded(?: in comparison| in __instancecheck__)?",
        r"maximum recursion depth exceeded while (?:calling a Python|pickling an|encoding a JSON) object",
        r"only integer scalar arrays can be converted to a scalar index",
    )
)


def redacted(fault: Fault, probe: Probe, cells: Sequence[CellRecord]) -> Fault:
    """Return what may be said of a fault that came as the answer to `probe`."""
    if isinstance(probe, PROBES_WITHOUT_INPUTS):
        return fault
    sources = {record.cell.index: record.cell.source for record in cells}
    written = set(re.findall(r"\w+", "\n".join(sources.values()))) | KNOWN
    asked = set(_asked_for(probe))
    step = fault.step if set(fault.step.removesuffix(MAKING).split(".")) <= asked | {""} else "…"
    if fault.kind == "missing":
        error = fault.error if set(fault.error.split(".")) <= asked else "…"
        return Fault("missing", error, names=[name for name in fault.names if name in written], step=step)
    frames = [kept for frame in fault.frames if (kept := _frame(frame, sources, written))]
    return msgspec.structs.replace(
        fault,
        error=fault.error if not fault.error or fault.error in written else ANY_CLASS,
        message=fault.message if _is_pythons(fault.message, written) else "" if fault.kind == "raised" else "…",
        frames=frames,
        values=[],
        names=[],
        step=step,
        cell=fault.cell if fault.cell in sources else None,
    )


def _asked_for(value: object) -> Iterator[str]:
    """Yield the names that a probe speaks of: of the notebook's, and of what its objects are asked; never an input."""
    if isinstance(value, Named | Attribute | Method | CallProbe | TrainedByProbe | ObjectProbe | PredictionsProbe):
        yield from str(getattr(value, "name", "") or getattr(value, "function", "")).split(".")
    parts: Iterable[object] = ()
    if isinstance(value, msgspec.Struct):
        parts = (getattr(value, field) for field in value.__struct_fields__)
    elif isinstance(value, dict):
        parts = (*value.keys(), *value.values())
    elif isinstance(value, list | tuple):
        parts = value
    for part in parts:
        yield from _asked_for(part)


def _frame(frame: Frame, sources: dict[int, str], written: set[str]) -> Frame | None:
    """The frame with the line as the notebook has it; None where there is no such line."""
    lines = sources.get(frame.cell, "").splitlines()
    if not 1 <= frame.line <= len(lines):
        return None
    code = lines[frame.line - 1].strip()[:CODE_CHARS]
    return msgspec.structs.replace(
        frame, code=code, function=frame.function if frame.function in written else "<function>"
    )


def _is_pythons(message: str, written: set[str]) -> bool:
    """Whether a message is one that Python composes, of names that stand in the notebook."""
    if len(message) > MESSAGE_CHARS or not any(pattern.fullmatch(message) for pattern in _OWN_WORDS):
        return False
    names = re.findall(r"'(\w+)'", message) + re.findall(r"^([\w.<>]+)\(\)", message)
    return all(part in written or part == "<locals>" for name in names for part in name.split("."))
