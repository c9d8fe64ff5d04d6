"""Inside a room: turn what student code holds or returns into artifacts, plain data that may cross the wall."""

from __future__ import annotations

import difflib
import math
import time
from collections.abc import Callable, Container
from contextlib import AbstractContextManager, nullcontext
from types import FunctionType
from typing import Any, Protocol

import msgspec

from autograder.wire import codec, examples
from autograder.wire.messages import (
    Answer,
    Answered,
    Artifact,
    CallProbe,
    CappedFit,
    Curves,
    Examples,
    Fault,
    FigureProbe,
    FitCap,
    HistoryProbe,
    ModelProbe,
    ObjectProbe,
    Plots,
    PredictionsProbe,
    Probe,
    Questions,
    Shape,
    Steps,
    TrainedByProbe,
    TrainedProbe,
    VariableProbe,
)
from autograder.worker import plots
from autograder.worker.arguments import Arguments, NotThere, named_in
from autograder.worker.encode import Encoder, TooLarge, is_model, read_model
from autograder.worker.figures import as_plots, figures
from autograder.worker.frameworks import RUNTIMES
from autograder.worker.keras import fit_cap
from autograder.worker.keras import records as keras_records
from autograder.worker.keras import running as keras_running
from autograder.worker.plots import TooMuch
from autograder.worker.predictions import predict
from autograder.worker.seeds import reseed
from autograder.worker.steps import NAME_CHARS, Lacking, describe, encode_result, take

LOOKALIKES = 8
CURVE_NAME = 200
"""Characters kept of a curve's name."""
CLOSE_LIKENESS, ANY_LIKENESS = 0.6, 0.0
"""difflib's ratio from which a name may be the one asked for: of any kind of value; of the very kind asked for."""


class Interrupts(Protocol):
    """What lets the host stop student code."""

    def armed(self) -> AbstractContextManager[None]:
        """Let interrupts through."""
        ...

    def seen(self) -> bool:
        """Whether one came."""
        ...


ExplainError = Callable[[BaseException, int | None, bool], Fault]


class Answerer:
    """Answers probes from the names the cells left behind."""

    def __init__(
        self,
        names: dict[str, Any],
        initial: Container[str],
        questions: Questions,
        blobs: list[bytes],
        explain: ExplainError,
        seed: int = 0,
        fit: FitCap | None = None,
    ) -> None:
        """`names` is the notebook's namespace, `initial` those of its names that were there before the first cell.

        `blobs` are the arrays of the questions' arguments, `seed` what a training function starts from, `fit` what any
        other function may train.
        """
        self._seed = seed
        self._fit = fit or FitCap()
        self._names = names
        self._initial = initial
        self._arguments = Arguments(names, blobs)
        self._array_bytes = questions.array_bytes
        self._sampled = questions.sampled
        self._asked = {name for probe in questions.probes.values() for name in _names_in(probe)}
        self._explain_error = explain

    def answer(self, name: str, probe: Probe, interrupts: Interrupts) -> tuple[Answered, list[bytes]]:
        """Return the answer to `probe` and its blobs. Never raises: what goes wrong is a fault, and the student's."""
        started = time.perf_counter()
        blobs: list[bytes] = []
        answer: Answer
        capped: list[CappedFit] = []
        cap = FitCap() if isinstance(probe, TrainedByProbe) else self._fit
        try:
            running = keras_running.always() if self._sampled else nullcontext()
            with running, fit_cap.armed(cap) as capped, interrupts.armed():
                answer = self._ask(probe, blobs, interrupts)
        except BaseException as error:
            answer = self._fault(error, interrupts)
        if isinstance(answer, Fault):
            blobs = []
        return Answered(name, time.perf_counter() - started, answer, capped), blobs

    def _fault(self, error: BaseException, interrupts: Interrupts, step: str = "") -> Fault:
        match error:
            case TooLarge() | TooMuch():
                return Fault(kind="size", message=str(error), step=step)
            case NotThere():
                return self._missing(error.name, object)
            case Lacking():
                return Fault(kind="missing", error=error.name, names=error.lookalikes, step=step)
        return msgspec.structs.replace(self._explain_error(error, None, interrupts.seen()), step=step)

    def _ask(self, probe: Probe, blobs: list[bytes], interrupts: Interrupts) -> Answer:
        encoder = Encoder(blobs, self._array_bytes)
        if isinstance(probe, FigureProbe):
            return figures.of_cell(probe.cell, encoder)
        name, kind = _asked_for(probe)
        if name not in self._names:
            return self._missing(name, kind)
        value = self._names[name]
        match probe:
            case VariableProbe():
                return encoder.encode(value)
            case TrainedProbe(input_shape=input_shape) if is_model(value):
                with keras_records.keeping(blobs, self._array_bytes):
                    return read_model(value, input_shape)
            case ModelProbe(input_shape=input_shape) | TrainedProbe(input_shape=input_shape):
                return read_model(value, input_shape) if is_model(value) else encoder.encode(value)
            case CallProbe(drawn=True):
                return self._drawn_by(value, probe, encoder)
            case CallProbe(args=args, kwargs=kwargs):
                return encode_result(encoder, *self._arguments.call(value, args, kwargs))
            case ObjectProbe():
                return self._question(value, probe, encoder, interrupts)
            case HistoryProbe():
                return _curves(value) or encoder.encode(value)
            case TrainedByProbe(given=given, hidden=hidden, shape=shape) if given and hidden:
                trained = self._train(value, probe, given)
                return encoder.encode(predict(trained, self._inputs(hidden, shape)))
            case PredictionsProbe(hidden=hidden, shape=shape) if hidden:
                return encoder.encode(predict(value, self._inputs(hidden, shape)))
        raise TypeError(f"a {type(probe).__name__} is not for a room to answer")

    def _question(self, value: Any, probe: ObjectProbe, encoder: Encoder, interrupts: Interrupts) -> Answer:
        """Make the object where it is to be made, and ask it step by step, up to the first that fails."""
        if probe.made:
            try:
                value = self._arguments.call(value, probe.args, probe.kwargs)[0]
            except BaseException as error:
                return self._fault(error, interrupts, f"{probe.name}(…)")
        results: list[Artifact | Fault] = []
        for step in probe.then:
            try:
                results.append(take(step, value, self._arguments, encoder))
            except BaseException as error:
                results.append(self._fault(error, interrupts, describe(step, probe.name)))
                break
        return Steps(codec.plain_text(type(value).__name__)[:NAME_CHARS], results)

    def _drawn_by(self, function: Any, probe: CallProbe, encoder: Encoder) -> Plots:
        """Call a function of the student's, and return what it draws: shown, closed, left open or returned."""
        with figures.watching() as drawn:
            returned = plots.figure_of(self._arguments.call(function, probe.args, probe.kwargs)[0])
            if returned is not None:
                figures.take(returned)
        return as_plots([drawn], encoder)

    def _train(self, function: Any, probe: TrainedByProbe, given: Examples) -> Any:
        """Call the student's training function on the examples it is given."""
        assert given.labels is not None
        labels = examples.prepare_labels(self._arguments.array(given.labels), given.preparation)
        reseed(self._seed)  # whatever the notebook set before: another run is to have another start
        return self._arguments.call(function, probe.args, probe.kwargs, self._inputs(given, probe.shape), labels)[0]

    def _inputs(self, given: Examples, shape: Shape | None) -> Any:
        raw = self._arguments.array(given.inputs)
        inputs = examples.prepare_inputs(examples.texts(raw) if given.texts else raw, given.preparation, shape)
        return inputs if inputs.flags.writeable else inputs.copy()  # the student's function may write into it

    def _missing(self, name: str, kind: type | tuple[type, ...]) -> Fault:
        """No such name. Those that might be meant: of the kind asked for, asked for by no other probe."""
        known = [
            other
            for other, value in self._names.items()
            if isinstance(value, kind) and other not in self._initial and other not in self._asked
        ]
        cutoff = CLOSE_LIKENESS if kind is object else ANY_LIKENESS
        return Fault(kind="missing", error=name, names=difflib.get_close_matches(name, known, LOOKALIKES, cutoff))


def _curves(value: Any) -> Curves | None:
    """Return the curves of a Keras `History`, of a dict of lists of numbers, or of one list, which is the loss.

    None for anything else.
    """
    recorded = getattr(value, "history", value)
    if isinstance(recorded, (list, tuple)) and recorded:
        recorded = {"loss": recorded}
    if not isinstance(recorded, dict) or not recorded:
        return None
    try:
        values = {str(name)[:CURVE_NAME]: [_figure(one) for one in list(found)] for name, found in recorded.items()}
    except (TypeError, ValueError):
        return None
    asked = getattr(value, "params", None)
    epochs = asked.get("epochs") if isinstance(asked, dict) else None
    return Curves(values, epochs if type(epochs) is int else None)


def _figure(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _names_in(probe: Probe) -> list[str]:
    """Every name of the notebook that a probe speaks of."""
    given = (*probe.args, *probe.kwargs.values()) if isinstance(probe, CallProbe | ObjectProbe | TrainedByProbe) else ()
    return [_asked_for(probe)[0], *(name for argument in given for name in named_in(argument))]


def _asked_for(probe: Probe) -> tuple[str, type | tuple[type, ...]]:
    """The name a probe asks for, and the kind of value it should be bound to."""
    match probe:
        case CallProbe(function) | TrainedByProbe(function):
            return function, FunctionType
        case ObjectProbe(name, made=True):
            return name, type
        case ModelProbe(name) | TrainedProbe(name):
            return name, tuple(cls for framework in RUNTIMES.values() for cls in framework.models())
        case VariableProbe(name) | HistoryProbe(name) | PredictionsProbe(name) | ObjectProbe(name):
            return name, object
    return "", object
