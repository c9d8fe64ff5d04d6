"""The conversation with an exam room: the cells to run, then one question after another."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from autograder.wire.artifacts import Answer, Fault
from autograder.wire.probes import Probe
from autograder.wire.record import Name, Record, Size


class Cell(Record, frozen=True):
    """One code cell to run."""

    index: Size
    """Position in the notebook as run, from 0, text cells counted."""
    id: Name
    """nbgrader's grade_id, or empty."""
    source: str
    given: bool = False
    """Whether its text is the course's, as students were given it. Never where it holds hidden tests."""


class FitCap(Record, frozen=True):
    """The most that one call of `fit` may do in an exam room, but in a training function; None: no limit."""

    epochs: Annotated[int, Meta(ge=1)] | None = None
    steps: Annotated[int, Meta(ge=1)] | None = None
    """Batches, all epochs together."""
    epoch_steps: Annotated[int, Meta(ge=1)] | None = None
    """Batches of one epoch, and of the validation behind it: every epoch is there, and is short."""
    seconds: Annotated[float, Meta(gt=0)] | None = None


class Repeated(Record, frozen=True):
    """A set whose examples are repeated until there are as many as in the set that it stands in for."""

    held: tuple[Size, Size]
    """Examples that there are: to train on, to test on."""
    true: tuple[Size, Size]
    """Those that loaders give."""


class File(Record, frozen=True):
    """A file handed in beside the notebook. Its bytes are blob number `blob`; the room writes them into its home."""

    path: Name
    """Relative, with `/`, no `..`."""
    blob: Size


class Cells(Record, tag="cells", frozen=True):
    """Host to room, first: run these."""

    cells: list[Cell]
    output_chars: Size
    """How much of a cell's output is kept."""
    fit: FitCap = FitCap()
    files: list[File] = []
    seed: Size = 0
    """Of every generator, before the first cell."""
    environment: dict[str, str] = {}
    """Variables set before the first cell."""
    pictures: bool = False
    """Whether what the cells show as pictures is kept, for somebody who marks by hand."""
    as_kernel: bool = False
    """Whether the room behaves as a kernel that nbgrader starts: nothing stands in for what is not here."""
    repeated: dict[str, Repeated] = {}
    """By name, the sets that Keras's and torchvision's loaders give at another length than theirs."""


class Questions(Record, tag="questions", frozen=True):
    """Host to room, once the cells have run, so that no cell can see what will be asked; one at a time."""

    probes: dict[str, Probe]
    array_bytes: Size
    """The most bytes one artifact's arrays may have."""
    sampled: bool = False
    """Whether networks are run where there is no need: others are compared with them."""


class CellStarted(Record, tag="cell-started", frozen=True):
    index: Size


class CappedFit(Record, frozen=True):
    """A call of `fit` that the course's budget cut short: the exam looks at structure, and trains elsewhere."""

    asked_epochs: int | None
    epochs: Size
    """Begun."""
    steps: Size
    """Batches trained on."""
    limit: Literal["epochs", "steps", "seconds"]
    """The limit that was reached first."""


class Output(Record, frozen=True):
    """One output of a cell, of those that nbgrader's score depends on, as a notebook would keep it."""

    kind: Literal["stdout", "stderr", "result", "error"]
    text: str = ""
    """Of a result: its `text/plain`. Of a stream: nothing, `CellRun` has it."""
    line_ends: Size = 0
    """Of a stream: how many, in all that was written without another output in between."""


class CellRun(Record, tag="cell-run", frozen=True):
    """Room to host: a cell ended."""

    index: Size
    seconds: float
    stdout: str
    stderr: str
    output_length: Size
    """How many characters it wrote in all, kept or not."""
    result: str
    """`text/plain` of the value of its last expression, or empty."""
    fault: Fault | None = None
    capped: list[CappedFit] = []
    outputs: list[Output] = []
    """In order, those cleared left out."""


class Pictured(Record, tag="pictured", frozen=True):
    """Room to host, before the `CellRun` of its cell: what it showed, as PNG. Each blob is one picture, in order."""

    index: Size


class CellsDone(Record, tag="cells-done", frozen=True):
    """Room to host: every cell has run; ask."""


class Answered(Record, tag="answered", frozen=True):
    """Room to host: the answer to one probe."""

    probe: Name
    seconds: float
    answer: Answer
    capped: list[CappedFit] = []


class Broken(Record, tag="broken", frozen=True):
    """Room to host: the room's own code failed, and how. It ends after saying so."""

    reason: str
    starved: bool = False
    """Whether a GPU's libraries found no memory to start in, beside the part that the room's TensorFlow holds."""


ROOM_BROKEN, ROOM_STARVED = 70, 71
"""Exit codes of a room whose own code failed: for another reason, and for want of memory."""
FromRoom = CellStarted | Pictured | CellRun | CellsDone | Answered | Broken
