"""The records that cross the wall. Every one is plain data: no code, no pickle, no object array.

A room is untrusted: whatever it sends is decoded into these types, within the limits of `codec`, or refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Name = Annotated[str, Meta(max_length=500)]
Size = Annotated[int, Meta(ge=0)]
Shape = tuple[int | None, ...]
"""A shape; None stands for a dimension left open, such as the batch."""


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen record that refuses fields it does not know."""


# --- Artifacts: one answer as data ------------------------------------------------------------------------------------


class Array(Record, tag="array", frozen=True):
    """An array, NumPy's or a framework's. Its bytes, C-ordered and little-endian, are blob number `blob`."""

    dtype: Name
    """NumPy's name of a boolean, integer, float or complex type: `float32`."""
    shape: tuple[Size, ...]
    blob: Size


class Scalar(Record, tag="scalar", frozen=True):
    """A Python number, truth value or None, written out: JSON has neither NaN nor integers of any size."""

    kind: Literal["none", "bool", "int", "float", "complex"]
    text: Annotated[str, Meta(max_length=5000)]


class Text(Record, tag="text", frozen=True):
    """A string; `length` is its full length in characters where `value` had to be cut."""

    value: str
    length: Size


class Items(Record, tag="items", frozen=True):
    """A list, tuple or set, in order (a set: in sorted order where its elements compare)."""

    kind: Literal["list", "tuple", "set"]
    items: list[Artifact]


class Mapping(Record, tag="mapping", frozen=True):
    """A dict, as pairs in insertion order."""

    pairs: list[tuple[Artifact, Artifact]]


class Opaque(Record, tag="opaque", frozen=True):
    """Anything else: its class's qualified name and the start of its repr."""

    cls: Name
    repr: str


class Weight(Record, frozen=True):
    """One weight variable of a layer."""

    shape: tuple[Size, ...]
    dtype: Name
    trainable: bool


class Layer(Record, frozen=True):
    """One call of one layer (or of a bare operation, such as `keras.ops.relu`), in call order."""

    name: Name
    cls: Name
    """Class name without its module: `Conv2D`."""
    origin: Literal["keras", "operation", "torch", "custom"]
    """Whose class it is: the framework's layer, one of its bare operations, or a class the student wrote."""
    config: dict[str, object]
    """The configuration as JSON values: numbers, strings, lists, dicts; anything else is left as its repr."""
    inputs: list[Size]
    """The calls whose outputs this one takes: positions in `Network.layers`."""
    input_shapes: list[Shape]
    output_shapes: list[Shape]
    weights: list[Weight]
    trainable: bool
    identity: Size
    """Equal for two calls of one layer object: shared weights."""


class Compiled(Record, frozen=True):
    """What `compile` was given, as class names and configurations."""

    loss: object
    optimizer: dict[str, object] | None
    metrics: list[object]


class Network(Record, tag="network", frozen=True):
    """A model as a record: its layer calls in order, nested models unfolded."""

    name: Name
    framework: Literal["keras", "torch"]
    dress: Name
    """How it was written: `Sequential`, `Functional`, or the name of the student's own class."""
    layers: list[Layer]
    outputs: list[Size]
    """The calls that give the model's outputs: positions in `layers`."""
    input_shapes: list[Shape]
    output_shapes: list[Shape]
    params: Size
    trainable_params: Size
    compiled: Compiled | None = None
    note: str = ""
    """Why the record is less than whole: a model never built, a call that could not be followed."""


Artifact = Array | Scalar | Text | Items | Mapping | Opaque | Network


class Frame(Record, frozen=True):
    """One line of the student's own code on the way to an error."""

    cell: Size
    """Position of its cell in the notebook, from 0."""
    line: Size
    """In the cell, from 1."""
    function: Name
    code: str


class Fault(Record, tag="fault", frozen=True):
    """Why there is no artifact, or why a cell stopped: the student's side of the wall. Data, and it costs points."""

    kind: Literal["missing", "raised", "time", "memory", "died", "size", "unread", "unreadable"]
    """missing: no such name · raised: an exception · time, memory, size: a limit · died: the process ended
    · unread: this value could not be turned into data · unreadable: the notebook itself could not be read."""
    error: Name = ""
    """Class name of the exception, where there is one."""
    message: str = ""
    frames: list[Frame] = []
    """Of the student's own code, innermost last."""
    cell: int | None = None
    """Position in the notebook of the cell it happened in, from 0."""
    names: list[Name] = []
    """For `missing`: names that do exist and look alike."""


Answer = Artifact | Fault


# --- Probes: what is asked --------------------------------------------------------------------------------------------


class Symbolic(Record, tag="symbolic", frozen=True):
    """An argument that stands for a network input of this shape, batch left out: the room makes a `keras.Input`."""

    shape: Shape


Argument = Array | Scalar | Text | Items | Mapping | Symbolic


class VariableProbe(Record, tag="variable", frozen=True):
    """The value a name has after the last cell."""

    name: Name


class CallProbe(Record, tag="call", frozen=True):
    """The result of the student's function on given arguments."""

    function: Name
    args: list[Argument]
    kwargs: dict[str, Argument]


class ModelProbe(Record, tag="model", frozen=True):
    """The record of the network a name is bound to."""

    name: Name
    input_shape: Shape | None = None
    """Shape of one example, to follow a model that was never built."""


class SourceProbe(Record, tag="source", frozen=True):
    """The text of an answer cell. Read from the submission: no room is asked."""

    cell: Name


class PrintedProbe(Record, tag="printed", frozen=True):
    """What an answer cell printed. Read from the record of the cells: no room is asked."""

    cell: Name


Probe = VariableProbe | CallProbe | ModelProbe | SourceProbe | PrintedProbe


# --- The conversation with a room -------------------------------------------------------------------------------------


class Cell(Record, frozen=True):
    """One code cell to run."""

    index: Size
    """Position in the notebook as run, from 0, text cells counted."""
    id: Name
    """nbgrader's grade_id, or empty."""
    source: str


class Cells(Record, tag="cells", frozen=True):
    """Host to room, first: run these."""

    cells: list[Cell]
    output_chars: Size
    """How much of a cell's output is kept."""


class Questions(Record, tag="questions", frozen=True):
    """Host to room, once the cells have run, so that no cell can see what will be asked."""

    probes: dict[str, Probe]
    array_bytes: Size
    """The most bytes one artifact's arrays may have."""


class CellStarted(Record, tag="cell-started", frozen=True):
    index: Size


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


class CellsDone(Record, tag="cells-done", frozen=True):
    """Room to host: every cell has run; ask."""


class AnswerStarted(Record, tag="answer-started", frozen=True):
    probe: Name


class Answered(Record, tag="answered", frozen=True):
    """Room to host: the answer to one probe."""

    probe: Name
    seconds: float
    answer: Answer


class Done(Record, tag="done", frozen=True):
    """Room to host: every probe is answered."""


class Broken(Record, tag="broken", frozen=True):
    """Room to host: the room's own code failed, and how. It ends after saying so."""

    reason: str


ROOM_BROKEN, ROOM_STARVED = 70, 71
"""Exit codes of a room whose own code failed: for another reason, and for want of memory."""

FromRoom = CellStarted | CellRun | CellsDone | AnswerStarted | Answered | Done | Broken
ToRoom = Cells | Questions


# --- Host and zygote --------------------------------------------------------------------------------------------------


class Warm(Record, tag="warm", frozen=True):
    """Zygote to host, once: ready to fork rooms."""

    seconds: float
    versions: dict[str, str]
    """Of the libraries it holds, by distribution name."""
    problem: str = ""
    """Why it cannot fork rooms safely; it ends after saying so."""


class Spawn(Record, tag="spawn", frozen=True):
    """Host to zygote, with two descriptors, the room's conversation and its supervision: fork a room."""

    memory_bytes: Size
    processes: Size
    disk_bytes: Size
    cgroups: list[str]
    """`cgroup.procs` files the room joins before it starts."""


class Entered(Record, tag="entered", frozen=True):
    """Supervisor to host: the wall stands (`problem` empty), or why it does not."""

    problem: str = ""


class Ended(Record, tag="ended", frozen=True):
    """Supervisor to host: every process of the room is gone."""

    exit_code: int | None
    """None where a signal ended it."""
    signal: int | None
    cpu_seconds: float


FromSupervisor = Entered | Ended
