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


class Column(Record, frozen=True):
    """One column of a table, or its index. What it holds is in one of the four, missing values set apart."""

    label: Artifact
    """Text, a number, None, or a tuple of such: of several levels."""
    dtype: Name
    """The library's name of its type: `int64`, `category`, `datetime64[ns, Europe/Paris]`."""
    numbers: Array | None = None
    """Numbers or truth values; 0 where one is missing and the type has no NaN."""
    moments: Array | None = None
    """Nanoseconds, int64: since 1970 in universal time, or, of a duration, in all."""
    texts: list[str | None] | None = None
    """None where one is missing."""
    cells: list[Artifact] | None = None
    """Anything else, value by value."""
    missing: Array | None = None
    """bool: where numbers or moments are missing; None: nowhere."""
    duration: bool = False
    """Whether moments are durations."""


class Table(Record, tag="table", frozen=True):
    """A DataFrame or a Series, of pandas or polars, as columns of one length."""

    library: Name
    """`pandas.DataFrame`."""
    rows: Size
    columns: list[Column]
    """Of a Series, the one."""
    index: Column | None = None
    """Of pandas, its several levels as tuples."""
    series: bool = False


class Weight(Record, frozen=True):
    """One weight variable of a layer."""

    shape: tuple[Size, ...]
    dtype: Name
    trainable: bool
    identity: Size | None = None
    """Equal for one variable met twice, in another layer too; None: it is its layer's alone."""
    values: Array | None = None
    """Of a layer that is frozen, where the network is to be trained: what it starts from."""


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
    slots: Annotated[list[Size], Meta(max_length=10_000)] = []
    """Which output of each of `inputs` is taken, from 0; empty: of each its first."""
    arguments: Annotated[dict[Name, object], Meta(max_length=1000)] = {}
    """The call's arguments by parameter, each tensor as {"tensor": place in `inputs`}; empty where the parameters take
    one tensor each, in order, or the only one a list of them."""
    training: bool | None = None
    """Whether it is called as in training, whatever the network is called for; None: as the network is."""
    functions: Annotated[dict[Name, Graph], Meta(max_length=20)] = {}
    """What settings that are functions of the student's own compute, where they could be followed."""
    unreadable: Annotated[str, Meta(max_length=1000)] = ""
    """Why what it computes could not be followed: then `config` holds the digest of its code."""
    within: Name = ""
    """The student's own layer that it was called in, by its class; empty for one called by the network itself."""


class Graph(Record, frozen=True):
    """Calls and what comes out of them: a network's, where it computes another thing than in training; a function's."""

    layers: Annotated[list[Layer], Meta(max_length=10_000)]
    outputs: Annotated[list[Size], Meta(max_length=10_000)]
    slots: Annotated[list[Size], Meta(max_length=10_000)] = []
    losses: Annotated[list[Size], Meta(max_length=10_000)] = []


class Compiled(Record, frozen=True):
    """What `compile` was given, as class names and configurations; a dict or a list of them for several outputs."""

    loss: object
    optimizer: dict[str, object] | None
    metrics: list[object]
    weighted_metrics: list[object] = []
    loss_weights: object = None
    rates: list[float] = []
    """The learning rates with which calls of `fit` began: the optimizer's own is the last that a callback set."""


class Network(Record, tag="network", frozen=True):
    """A model as a record: its layer calls in order, nested models unfolded."""

    name: Name
    framework: Literal["keras", "torch"]
    dress: Name
    """How it was written: `Sequential`, `Functional`, or the name of the student's own class where its `call` runs."""
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
    slots: Annotated[list[Size], Meta(max_length=10_000)] = []
    """Which output of each of `outputs` is the model's, from 0; empty: of each its first."""
    losses: Annotated[list[Size], Meta(max_length=10_000)] = []
    """The calls that give what `add_loss` was handed."""
    inference: Graph | None = None
    """What it computes when it is not trained, where that is more than its layers' own way of not being trained."""
    problem: Literal["", "unbuilt", "raised", "unreadable"] = ""
    """Where the record is less than whole: no input shape is known; the student's code raised, and `note` says what;
    or it could not be followed, and `note` says why."""
    code: Annotated[str, Meta(max_length=100)] = ""
    """Digest of the code of a network that could not be followed."""
    nested: Annotated[list[Name], Meta(max_length=1000)] = []
    """How the models called in it were written, each way once: their layers stand among its own."""


Figure = float | None
"""One measured number; None where it is not finite, which JSON cannot write."""


class Curves(Record, tag="curves", frozen=True):
    """What a training recorded, epoch by epoch: Keras's `History`."""

    values: dict[Name, list[Figure]]
    """One list a quantity, one number an epoch: `loss`, `val_accuracy`."""
    asked: int | None
    """Epochs that `fit` was asked for, where it is known."""


class Steps(Record, tag="steps", frozen=True):
    """What an object of the student's answered, step by step. Where a step failed it is the last there is."""

    cls: Name
    """Of the object, as its class calls itself."""
    results: list[Artifact | Fault]


Artifact = Array | Scalar | Text | Items | Mapping | Opaque | Table | Network | Curves | Steps


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

    kind: Literal["missing", "raised", "time", "memory", "died", "size", "unread", "unreadable", "untrainable"]
    """missing: no such name · raised: an exception · time, memory, size: a limit · died: the process ended
    · unread: this value could not be turned into data · unreadable: the notebook itself could not be read
    · untrainable: a network that cannot be built again from its record, or does not fit the data."""
    error: Name = ""
    """Class name of the exception, where there is one."""
    message: str = ""
    frames: list[Frame] = []
    """Of the student's own code, innermost last."""
    cell: int | None = None
    """Position in the notebook of the cell it happened in, from 0."""
    names: list[Name] = []
    """For `missing`: names that do exist, of the kind asked for, those that look alike first."""
    values: list[tuple[Name, Name]] = []
    """For an assert of the course's that failed: its operands as written, and what they were."""
    step: Name = ""
    """Of an object of a class of the student's: what it was asked when this happened, `Dense.call`."""


Answer = Artifact | Fault


# --- Examples of a data set -------------------------------------------------------------------------------------------


class Preparation(Record, frozen=True):
    """How raw examples become what a network takes; `autograder.wire.examples` does it, on either side."""

    classes: Annotated[int, Meta(ge=1, le=10**6)]
    scale: tuple[float, float] = (0.0, 1.0)
    """The range that the bytes 0 to 255 are mapped to, as float32. Inputs that are not bytes are left as they are."""
    one_hot: bool = False
    """Whether labels are rows of zeros with a single one, float32[N, classes]."""


# --- Probes: what is asked --------------------------------------------------------------------------------------------


class Symbolic(Record, tag="symbolic", frozen=True):
    """An argument that stands for a network input of this shape, batch left out: the room makes a `keras.Input`."""

    shape: Shape


class Named(Record, tag="named", frozen=True):
    """An argument that stands for what the notebook calls so: a model, a function, any value of the student's."""

    name: Name


class Function(Record, tag="function", frozen=True):
    """An argument that is a function of the course's: see `autograder.wire.functions`."""

    source: Annotated[str, Meta(max_length=500)]


class Tensor(Record, tag="tensor", frozen=True):
    """An argument that the room turns into a tensor of a framework."""

    framework: Literal["tensorflow", "torch"]
    array: Array


class PlainLayer(Record, frozen=True):
    """A layer of Keras to make: its class, from a closed list, and its settings as JSON values."""

    cls: Name
    config: dict[str, object]


class Built(Record, tag="built", frozen=True):
    """An argument that is a Keras network, made in the room: these layers one after the other."""

    input_shape: Shape
    """Of one example, batch left out."""
    layers: list[PlainLayer]
    optimizer: Name = ""
    """Compiled where there is one."""
    loss: Name = ""
    metrics: list[Name] = []


class Several(Record, tag="several", frozen=True):
    """An argument that is a list, tuple or set of arguments."""

    kind: Literal["list", "tuple", "set"]
    items: list[Argument]


class Pairs(Record, tag="pairs", frozen=True):
    """An argument that is a dict of arguments."""

    pairs: list[tuple[Argument, Argument]]


Argument = Array | Scalar | Text | Symbolic | Named | Function | Tensor | Built | Several | Pairs


class Method(Record, tag="method", frozen=True):
    """Ask an object for what one of its methods returns."""

    name: Name
    args: list[Argument]
    kwargs: dict[str, Argument]


class Attribute(Record, tag="attribute", frozen=True):
    """Ask an object for one of its attributes; dots go on into it: `model.stop_training`."""

    name: Name


class First(Record, tag="first", frozen=True):
    """Iterate over an object: its first items."""

    count: Annotated[int, Meta(ge=1, le=10_000)]


class Itself(Record, tag="itself", frozen=True):
    """Ask for the object as such: a network as its record, anything else as a variable would be."""

    input_shape: Shape | None = None
    """Shape of one example, to follow a network that was never built."""


Step = Method | Attribute | First | Itself


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


class ObjectProbe(Record, tag="object", frozen=True):
    """What an object answers, step by step: one of the student's class, made with given arguments, or a variable."""

    name: Name
    """Of the class (anything that makes an object when it is called), or of the object where it is not to be made."""
    args: list[Argument]
    kwargs: dict[str, Argument]
    then: list[Step]
    made: bool = True
    """Whether the name is called first."""


class SourceProbe(Record, tag="source", frozen=True):
    """The text of an answer cell. Read from the submission: no room is asked."""

    cell: Name


class PrintedProbe(Record, tag="printed", frozen=True):
    """What an answer cell printed. Read from the record of the cells: no room is asked."""

    cell: Name


class HistoryProbe(Record, tag="history", frozen=True):
    """The curves of a training the student ran: a Keras `History`, or a dict of lists."""

    name: Name


class TrainedProbe(Record, tag="trained", frozen=True):
    """The network a name is bound to, trained from fresh weights by us. The room gives its record alone."""

    name: Name
    recipe: Name
    input_shape: Shape | None = None


class Examples(Record, frozen=True):
    """Inputs of a data set on the wire, and how they are prepared before student code sees them."""

    inputs: Array
    preparation: Preparation
    labels: Array | None = None
    """Integers from 0, or quantities; None for a hidden set, whose labels never enter an exam room."""
    texts: bool = False
    """Whether inputs are texts: numbers of their characters, along one more axis."""


class TrainedByProbe(Record, tag="trained-by", frozen=True):
    """What the model that the student's own training function returns predicts for inputs it has never seen.

    The function is called as `function(inputs, labels, *args, **kwargs)`. `given` and `hidden` are filled in by the
    host, from the data shelf; a checks file names only the recipe and the hidden set.
    """

    function: Name
    recipe: Name
    data: Name
    """The hidden set."""
    args: list[Argument]
    kwargs: dict[str, Argument]
    shape: Shape | None = None
    """Of one example as the function takes it; None: as the set has it."""
    given: Examples | None = None
    hidden: Examples | None = None


class PredictionsProbe(Record, tag="predictions", frozen=True):
    """What the student's own trained network, or prediction function, predicts for inputs it has never seen."""

    name: Name
    recipe: Name
    data: Name
    """The hidden set."""
    shape: Shape | None = None
    hidden: Examples | None = None
    """Filled in by the host."""


Probe = (
    VariableProbe
    | CallProbe
    | ObjectProbe
    | ModelProbe
    | SourceProbe
    | PrintedProbe
    | HistoryProbe
    | TrainedProbe
    | TrainedByProbe
    | PredictionsProbe
)


# --- The conversation with a room -------------------------------------------------------------------------------------


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
    seconds: Annotated[float, Meta(gt=0)] | None = None


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


class Questions(Record, tag="questions", frozen=True):
    """Host to room, once the cells have run, so that no cell can see what will be asked; one at a time."""

    probes: dict[str, Probe]
    array_bytes: Size
    """The most bytes one artifact's arrays may have."""


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


# --- The conversation with a training room ----------------------------------------------------------------------------


class Augmentation(Record, frozen=True):
    """Random changes of the training images, as Keras's preprocessing layers make them; 0 or False: none."""

    flip: Literal["horizontal", "vertical", "both"] | None = None
    shift: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """Of the side, at most, in either direction."""
    rotation: Annotated[float, Meta(ge=0, le=180)] = 0.0
    """Degrees, at most, in either direction."""
    zoom: Annotated[float, Meta(ge=0, lt=1)] = 0.0


class EarlyStopping(Record, frozen=True):
    """Stop once a quantity has not improved for `patience` epochs, and take back the best weights."""

    monitor: Name = "val_loss"
    patience: Size = 2


OptimizerName = Literal["adam", "adamw", "sgd", "rmsprop", "adagrad", "adadelta", "nadam", "adamax"]


class Optimizer(Record, frozen=True):
    """A Keras optimizer by name, and what sets it apart from Keras's default."""

    name: OptimizerName
    learning_rate: Annotated[float, Meta(gt=0)] | None = None
    momentum: Annotated[float, Meta(ge=0, lt=1)] | None = None
    nesterov: bool | None = None
    weight_decay: Annotated[float, Meta(ge=0)] | None = None


class TrainingData(Record, frozen=True):
    """Which examples of a set on the data shelf."""

    name: Name
    """Its folder in the room's shelf."""
    preparation: Preparation
    train: Annotated[int, Meta(ge=1)] | None = None
    """How many training examples, drawn once and for all; None: all."""
    test: Annotated[int, Meta(ge=1)] | None = None
    validation: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """Share of the training examples held back for validation."""


class GpuPart(Record, frozen=True):
    """What a training room may take of the GPU leased to it."""

    memory_mb: Annotated[int, Meta(ge=1)]
    whole_mb: Annotated[int, Meta(ge=1)]
    """All the memory of that GPU: some frameworks are told a share."""


class Fit(Record, tag="fit", frozen=True):
    """Host to training room, alone: build this network anew, train it, say how it does."""

    network: Network
    seed: Size
    data: TrainingData
    optimizer: Optimizer
    loss: Name
    from_logits: bool
    """Whether the network's output is logits: what its author compiled it with."""
    metrics: list[Name]
    batch: Annotated[int, Meta(ge=1)]
    epochs: Annotated[int, Meta(ge=1)]
    augmentation: Augmentation | None
    early_stopping: EarlyStopping | None
    deterministic: bool
    threads: Annotated[int, Meta(ge=1)]
    gpu: GpuPart | None = None
    """None: the room has none."""


class EpochEnded(Record, tag="epoch-ended", frozen=True):
    """Training room to host, after each epoch: the curve so far survives whatever comes next."""

    values: dict[Name, Figure]


class Fitted(Record, tag="fitted", frozen=True):
    """Training room to host, last: how the network does on the test examples, or why it could not be trained."""

    scores: dict[Name, Figure]
    fault: Fault | None = None


FromTrainingRoom = EpochEnded | Fitted | Broken


# --- Host and zygote --------------------------------------------------------------------------------------------------


class Warm(Record, tag="warm", frozen=True):
    """Zygote to host, once: ready to fork rooms."""

    seconds: float
    versions: dict[str, str]
    """Of the libraries it holds, by distribution name."""
    problem: str = ""
    """Why it cannot fork rooms safely; it ends after saying so."""
    threaded: list[str] = []
    """Modules that leave threads running when they are imported: each room imports them itself."""
    note: str = ""
    """What is weaker than it could be, in a sentence."""
    contract: str = ""
    """Of the zygote's `autograder.wire`: the host's own, or this package was replaced meanwhile."""


class Mount(Record, frozen=True):
    """A folder of the host that a room sees, read-only."""

    source: str
    target: str
    """Absolute path in the room."""


class Spawn(Record, tag="spawn", frozen=True):
    """Host to zygote, with two descriptors, the room's conversation and its supervision: fork a room."""

    kind: Literal["exam", "training"]
    memory_bytes: Size
    processes: Size
    disk_bytes: Size
    mapped_bytes: Size
    """Address space beyond its memory: data sets mapped copy-on-write, and what it reserves without filling it."""
    cgroups: list[str]
    """`cgroup.procs` files that the room's first process joins before anything else."""
    mounts: list[Mount] = []
    gpu: str = ""
    """What CUDA calls the GPU leased to the room: its index or UUID; empty: it has none."""
    devices: list[str] = []
    """Device nodes of that GPU, shown in this room alone."""
    unsafe_without: list[str] = []
    """Layers of the wall left out, to see what the others stop."""


class Entered(Record, tag="entered", frozen=True):
    """Supervisor to host: the wall stands (`problem` empty), or why it does not.

    With it comes a descriptor, the kernel's handle of the room's first process.
    """

    problem: str = ""


class Ended(Record, tag="ended", frozen=True):
    """Supervisor to host: every process of the room is gone."""

    exit_code: int | None
    """None where a signal ended it."""
    signal: int | None
    cpu_seconds: float


FromSupervisor = Entered | Ended
