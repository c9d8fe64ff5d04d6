"""What a page may say of an error under a question: its class, its line and our own words.

What a function was called with must not come out again in the text of its own error: a student's page would hold it,
and a second attempt answer it. So of what a room says of such an error only what can be checked is kept: a class that
is known or stands in the notebook, lines of the notebook as it was handed in, and messages of Python's own making, word
for word.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence

import msgspec

from autograder.records import CellRecord
from autograder.wire.messages import Fault, Frame, HistoryProbe, ModelProbe, Probe, TrainedProbe, VariableProbe

GIVES_NOTHING = (VariableProbe, ModelProbe, HistoryProbe, TrainedProbe)
"""Questions that hand student code nothing, and are asked before those that do."""
ANY_CLASS = "Exception"
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
    re.compile(template.replace("NAMES", r"(?:'\w+'(?:, | and |, and )?)+").replace("NAME", r"[\w.<>]+"))
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
        r"maximum recursion depth exceeded(?: [\w ]{0,60})?",
        r"only integer scalar arrays can be converted to a scalar index",
    )
)


def quiet(fault: Fault, probe: Probe, cells: Sequence[CellRecord]) -> Fault:
    """Return what may be said of a fault that came as the answer to `probe`."""
    if isinstance(probe, GIVES_NOTHING) or fault.kind == "missing":
        return fault
    sources = {record.cell.index: record.cell.source for record in cells}
    written = set(re.findall(r"\w+", "\n".join(sources.values()))) | KNOWN
    frames = [kept for frame in fault.frames if (kept := _frame(frame, sources, written))]
    return msgspec.structs.replace(
        fault,
        error=fault.error if not fault.error or fault.error in written else ANY_CLASS,
        message=fault.message if _is_pythons(fault.message, written) else "" if fault.kind == "raised" else "…",
        frames=frames,
        values=[],
    )


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
