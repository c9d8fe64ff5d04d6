"""What exams and trainings brought back: plain records, and the files they are kept in."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from autograder.paths import write_beside
from autograder.records import Picture, Repair, TextCell
from autograder.wire import codec
from autograder.wire.messages import (
    Answer,
    Answered,
    Cell,
    CellRun,
    Fault,
    Figure,
    Record,
)
from autograder.wire.ready import ready

OURS = "keras-autograder"
PICTURE = b'{"type":"picture"'
"""How a picture's frame begins, where nobody made it another way."""


def libraries(versions: Mapping[str, str]) -> str:
    """Name the versions that evidence and trainings depend on: a room's, and ours, whose code runs there."""
    own = {}
    with contextlib.suppress(PackageNotFoundError):  # run from a clone
        own[OURS] = version(OURS)
    return " ".join(f"{name} {one}" for name, one in sorted({**versions, **own}.items()))


class CellRecord(Record, frozen=True):
    """One cell of an exam, and what came of it (None: the room ended before it)."""

    cell: Cell
    run: CellRun | None


class Exam(Record, tag="exam", frozen=True):
    """What one exam brought back, but for the answers."""

    key: str
    """Digest of all that the evidence depends on."""
    plan: str
    """Digest of what was asked."""
    submission: str
    isolation: str
    device: str
    seconds: float
    """Wall-clock, from the room's opening to its end."""
    cpu_seconds: float
    peak_bytes: int
    """Memory of its own the room held at most; 0 where it was not measured."""
    versions: dict[str, str]
    cells: list[CellRecord]
    sources: dict[str, str]
    repairs: list[Repair]
    fault: Fault | None
    """What ended the room early, or why nothing was run."""
    texts: tuple[TextCell, ...] = ()
    """The cells that are not code, by the place they have between the others."""
    asked: dict[str, str] = msgspec.field(default_factory=dict)
    """Digest of each probe, as `Plan.asked` has it."""
    sampled: list[str] = msgspec.field(default_factory=list)
    """Probes whose networks were to be run as well as read."""
    at_length: bool = False
    """Whether sets had their true length, what their stand-ins hold over and over."""


@dataclass(frozen=True)
class Evidence:
    """Everything that came back from one exam. One file: the exam's frame, then those of answers and pictures."""

    exam: Exam
    frames: tuple[bytes, ...]
    doubt: str = ""
    """Why what cut the exam short may not be the student's doing: it is to be held again, alone. Not in the file."""

    def answers(self, wanted: Callable[[bytes], bool] = lambda _: True) -> dict[str, tuple[Answer, list[bytes]]]:
        """Return each probe's answer with the blobs its arrays refer to; only those whose bytes are `wanted`.

        To read an answer takes longer than to see that it is not what is looked for.
        """
        frames = (frame for frame in self.frames if not codec.starts(frame, PICTURE) and wanted(frame))
        opened = [codec.unpack(frame, Answered | Picture) for frame in frames]
        return {one.probe: (one.answer, blobs) for one, blobs in opened if isinstance(one, Answered)}

    def pictures(self) -> list[tuple[Picture, bytes]]:
        """Return the pictures, in order."""
        opened = [codec.unpack(frame, Answered | Picture) for frame in self.frames]
        return [(one, blobs[0]) for one, blobs in opened if isinstance(one, Picture) and blobs]

    def save(self, path: Path) -> None:
        """Write the file beside, then rename it: a file that is there is whole."""
        write_beside(path, b"".join([codec.pack(self.exam), *self.frames]))


def load_exam(path: Path) -> Exam | None:
    """Return the exam of an evidence file, answers unread; None where there is no such file or it is another format."""
    try:
        with path.open("rb") as stream:
            return codec.unpack(codec.read_frame(stream.read), Exam)[0]
    except (OSError, EOFError, codec.WireError):
        return None


def find_evidence(path: Path) -> Evidence | None:
    """Return the evidence in a file; None where there is no such file, or it cannot be read as one."""
    try:
        return load_evidence(path)
    except (OSError, codec.WireError):
        return None


def load_evidence(path: Path) -> Evidence:
    """Return the evidence in a file. Raise WireError where it is not one, OSError where it cannot be read."""
    stream = io.BytesIO(path.read_bytes())
    frames = []
    while True:
        try:
            frames.append(codec.read_frame(stream.read))
        except EOFError:
            break
    if not frames:
        raise codec.WireError("the file is empty")
    return Evidence(codec.unpack(frames[0], Exam)[0], tuple(frames[1:]))


class TrainingRun(Record, tag="training-run", frozen=True):
    """One training of a network under a recipe and one seed. One small file, shared by all who submitted its like."""

    key: str
    """Digest of all that its scores depend on."""
    signature: str
    """Of the network."""
    recipe: str
    seed: int
    data: str
    data_digest: str
    stand_in: bool
    """Whether the data stand in for the set of that name."""
    device: str
    """Kind of device: `cpu` or `gpu`."""
    versions: dict[str, str]
    seconds: float
    asked: int
    """Epochs asked for."""
    epochs: list[dict[str, Figure]]
    """What Keras logged, epoch by epoch."""
    scores: dict[str, Figure]
    """On the test examples, by metric; None: not a finite number."""
    fault: Fault | None = None
    """Why there are no scores."""
    backend: str = "tensorflow"
    """What Keras ran on, by its name."""
    form: str = ""
    """Digest of how the network was written that was trained: another's may be equal to it."""

    def save(self, path: Path) -> None:
        """Store it at `path`."""
        write_beside(path, msgspec.json.encode(self))


def load_training_run(path: Path) -> TrainingRun | None:
    """Return the run stored at `path`; None where there is none, or it is of another format."""
    try:
        data = path.read_bytes()
        return msgspec.json.decode(data, type=ready(TrainingRun))  # ours, but a room measured what it holds
    except (OSError, msgspec.MsgspecError):
        return None
