"""What a checks file declares: probes, which are pytest fixtures, and the question each check belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from autograder.judge.written import as_json, as_written
from autograder.wire import codec, functions
from autograder.wire.frameworks import TensorLibrary
from autograder.wire.messages import (
    Argument,
    Attribute,
    Built,
    CallProbe,
    FigureProbe,
    First,
    Function,
    HistoryProbe,
    Itself,
    Method,
    ModelProbe,
    Named,
    ObjectProbe,
    Pairs,
    PlainLayer,
    PredictionsProbe,
    PrintedProbe,
    Probe,
    RandomGenerator,
    Several,
    SourceProbe,
    Step,
    Symbolic,
    Tensor,
    Text,
    TrainedByProbe,
    TrainedProbe,
    VariableProbe,
)

LARGEST_SEED = 2**63
"""Of a generator that nobody gave a seed it is larger: another each time that the checks are read."""

Check = TypeVar("Check", bound=Callable[..., None])


Encode = Callable[[list[bytes]], Probe]


@dataclass(frozen=True)
class Declared:
    """A probe as declared. Found on its fixture, as the attribute `declared`."""

    encode: Encode
    """Returns the probe; its arrays' bytes go into the list given."""


def question(name: str, *, weight: float = 1, needs: str | Sequence[str] = ()) -> Callable[[Check], Check]:
    """Make a check count for the question `name`, the id of its grade cell in the notebook.

    `weight` is its share of the question's points, relative to the question's other checks (a test cell in the notebook
    weighs 1). `needs` names questions without which the check means nothing: where one is not fully passed, this check
    is skipped and earns nothing.
    """
    if weight <= 0:
        raise ValueError(f"the weight of a check is above 0, not {weight}")
    needed = (needs,) if isinstance(needs, str) else tuple(needs)
    return pytest.mark.question(name, weight=weight, needs=needed)


def variable(name: str, *, then: Sequence[AskedStep] = ()) -> Any:
    """Ask for the value a name has after the last cell; with `then`, for what that object answers, as `instance`."""
    if not then:
        return _fixture(lambda _: VariableProbe(name))
    return _fixture(lambda blobs: ObjectProbe(name, [], {}, [one.encode(blobs) for one in then], made=False))


def call(function: str, *args: Any, **kwargs: Any) -> Any:
    """Ask for the result of the student's function on these arguments, which its cells never see.

    Arguments are numbers, strings, None, NumPy arrays, `symbolic(shape)`, `tensor(array)`, `network(…)`,
    `function("lambda x: …")`, `named(name)`, and lists, tuples, sets and dicts of such. Raises TypeError for any other.
    """
    return _fixture(lambda blobs: CallProbe(function, *_arguments(args, kwargs, blobs)))


def instance(cls: str, *args: Any, then: Sequence[AskedStep] = (), **kwargs: Any) -> Any:
    """Ask for what an object of the student's class answers: `instance("Scale", 2.0, then=[method("call", x)])`.

    The class, or anything else that makes an object when it is called (a generator function), is called with these
    arguments, which are as for `call`; then each step of `then` is asked in order, up to the first that fails. The
    check receives the answers in that order (see `autograder.judge.values.Answers`). Without `then`, the object itself.
    """
    steps = list(then) or [itself()]
    return _fixture(
        lambda blobs: ObjectProbe(cls, *_arguments(args, kwargs, blobs), [one.encode(blobs) for one in steps])
    )


@dataclass(frozen=True)
class AskedStep:
    """One step of `instance` or `variable`: `method`, `attribute`, `first`, `itself`."""

    encode: Callable[[list[bytes]], Step]


def method(name: str, *args: Any, **kwargs: Any) -> AskedStep:
    """A step: what the method returns on these arguments, which are as for `call`. `"__call__"` calls the object."""
    return AskedStep(lambda blobs: Method(name, *_arguments(args, kwargs, blobs)))


def attribute(name: str) -> AskedStep:
    """A step: the value of an attribute. Dots go on into it: `"model.stop_training"`."""
    return AskedStep(lambda _: Attribute(name))


def first(count: int) -> AskedStep:
    """A step: the first `count` items of iterating over the object, as a list."""
    return AskedStep(lambda _: First(count))


def itself(*, input_shape: Sequence[int | None] | None = None) -> AskedStep:
    """A step: the object as such. A network is a record; `input_shape`, of one example, serves one never built."""
    return AskedStep(lambda _: Itself(_shape(input_shape)))


def step_name(step: Step) -> str:
    """Return what a check may call the answer to a step."""
    return step.name if isinstance(step, Method | Attribute) else "first" if isinstance(step, First) else "itself"


def model(name: str, *, input_shape: Sequence[int | None] | None = None) -> Any:
    """Ask for the network a name is bound to, as a record.

    `input_shape` is the shape of one example, batch left out, for a network that may not have been built yet.
    """
    return _fixture(lambda _: ModelProbe(name, _shape(input_shape)))


def source(cell: str) -> Any:
    """Ask for the text of the answer cell with this id."""
    return _fixture(lambda _: SourceProbe(cell))


def printed(cell: str) -> Any:
    """Ask for what the answer cell with this id printed, as text."""
    return _fixture(lambda _: PrintedProbe(cell))


def figure(cell: str) -> Any:
    """Ask for what the answer cell with this id plotted with Matplotlib, and with what draws by it: seaborn, pandas.

    Figures count whether they are shown, closed or left open; where it plots none, those of a student's own cells right
    before and after it. The check receives `autograder.judge.figures.Drawing`.
    """
    return _fixture(lambda _: FigureProbe(cell))


def drawn_by(function: str, *args: Any, **kwargs: Any) -> Any:
    """Ask for what the student's function plots when it is called with these arguments, which are as for `call`."""
    return _fixture(lambda blobs: CallProbe(function, *_arguments(args, kwargs, blobs), drawn=True))


def history(name: str) -> Any:
    """Ask for the curves a training left behind: what `fit` returned, or a dict of lists."""
    return _fixture(lambda _: HistoryProbe(name))


def trained(name: str, *, recipe: str, input_shape: Sequence[int | None] | None = None) -> Any:
    """Ask for the network a name is bound to, trained by us: from fresh weights, under a recipe of course.yaml.

    Students who submit equal networks share their trainings. `input_shape` is as for `model`.
    """
    return _fixture(lambda _: TrainedProbe(name, recipe, _shape(input_shape)))


def trained_by(
    function: str, *args: Any, recipe: str, hidden: str, shape: Sequence[int | None] | None = None, **kwargs: Any
) -> Any:
    """Ask the student's own training function for a trained model, and that model for predictions.

    It is called as `function(inputs, labels, *args, **kwargs)` with the recipe's training examples, prepared as the
    recipe says, each of `shape` (left out: as the set has it). The classes are renumbered by a secret permutation:
    stored answers, and models trained elsewhere, do not know it. What it returns, a Keras model, an object with
    `predict` or a function, then predicts the inputs of the hidden set; its labels never enter the room. `args` are as
    for `call`.
    """

    def encode(blobs: list[bytes]) -> Probe:
        return TrainedByProbe(function, recipe, hidden, *_arguments(args, kwargs, blobs), _shape(shape))

    return _fixture(encode)


def predictions(name: str, *, recipe: str, hidden: str, shape: Sequence[int | None] | None = None) -> Any:
    """Ask what a network the student trained, or loaded the weights of, predicts for the inputs of a hidden set.

    A Keras model, an object with `predict`, or a function of the inputs. They are prepared as the recipe says, each of
    `shape` (left out: as the set has it).
    """
    return _fixture(lambda _: PredictionsProbe(name, recipe, hidden, _shape(shape)))


# --- Arguments --------------------------------------------------------------------------------------------------------


def symbolic(shape: Sequence[int | None]) -> Symbolic:
    """An argument: a `keras.Input` of this shape, batch left out. The answer is then a network."""
    return Symbolic(tuple(shape))


def named(name: str) -> Named:
    """An argument: what the notebook calls so after its last cell, a model, a function, any value."""
    return Named(name)


def function(source: str) -> Function:
    """An argument: a function, written as a lambda: `function("lambda x: x ** 2 + sin(x)")`.

    Arithmetic and the functions of `autograder.wire.functions`, on numbers, arrays and tensors: gradients go through.
    Raises ValueError for anything else.
    """
    functions.parse(source)
    return Function(source)


@dataclass(frozen=True)
class GivenTensor:
    """An argument: see `tensor`."""

    framework: TensorLibrary
    array: NDArray[Any]


def tensor(array: ArrayLike, framework: TensorLibrary = "tensorflow") -> GivenTensor:
    """An argument: this array as a tensor of TensorFlow or PyTorch, of the same shape and dtype."""
    return GivenTensor(framework, np.asarray(array))


def network(
    input_shape: Sequence[int | None], *layers: str, optimizer: str = "", loss: str = "", metrics: Sequence[str] = ()
) -> Built:
    """An argument: a Keras network of these layers, one after the other, made in the room.

    `network((4,), "Dense(8, activation='relu')", "Dense(1)", optimizer="adam", loss="mse")`. `input_shape` is that of
    one example. Layers are Keras's own, of those that networks are rebuilt with. Raises ValueError for a text that is
    no layer as one writes it.
    """
    made = [as_written(layer) for layer in layers]
    plain = [PlainLayer(layer.name, {name: as_json(value) for name, value in layer.settings.items()}) for layer in made]
    return Built(tuple(input_shape), plain, optimizer, loss, list(metrics))


def _arguments(
    args: Sequence[Any], kwargs: Mapping[str, Any], blobs: list[bytes]
) -> tuple[list[Argument], dict[str, Argument]]:
    return [_argument(one, blobs) for one in args], {name: _argument(one, blobs) for name, one in kwargs.items()}


def _argument(value: Any, blobs: list[bytes]) -> Argument:
    match value:
        case Symbolic() | Named() | Function() | Built():
            return value
        case GivenTensor(framework, array):
            return Tensor(framework, codec.array_record(array, blobs))
        case np.random.Generator():
            return RandomGenerator(_seed_of(value))
        case np.ndarray() | np.generic():
            return codec.array_record(np.asarray(value), blobs)
        case str():
            return Text(value, len(value))
        case None | bool() | int() | float() | complex():
            return codec.scalar_record(value)
        case list() | tuple() | set():
            kind: Any = type(value).__name__
            return Several(kind, [_argument(item, blobs) for item in value])
        case dict():
            return Pairs([(_argument(key, blobs), _argument(item, blobs)) for key, item in value.items()])
    raise TypeError(f"a {type(value).__name__} cannot be sent to a room: numbers, text, arrays and lists of them can")


def _seed_of(generator: np.random.Generator) -> int:
    """Return the seed of a generator that is as `default_rng(seed)` makes it. Raise TypeError for any other."""
    seed = getattr(generator.bit_generator.seed_seq, "entropy", None)
    if isinstance(seed, int) and 0 <= seed < LARGEST_SEED and _are_alike(generator, np.random.default_rng(seed)):
        return seed
    text = "a random generator cannot be sent to a room but as new: write np.random.default_rng(0) in its place"
    raise TypeError(text)


def _are_alike(one: np.random.Generator, other: np.random.Generator) -> bool:
    return str(one.bit_generator.state) == str(other.bit_generator.state)


# --- Fixtures ---------------------------------------------------------------------------------------------------------


def _shape(shape: Sequence[int | None] | None) -> tuple[int | None, ...] | None:
    return None if shape is None else tuple(shape)


def _fixture(encode: Encode) -> Any:
    probe = encode([])

    def answer(evidence: Any, request: pytest.FixtureRequest) -> Any:
        return evidence.value(request.fixturename, probe)

    answer.declared = Declared(encode)  # type: ignore[attr-defined]
    return pytest.fixture(answer)
