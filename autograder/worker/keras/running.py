"""Runs a network once, to see whether it does what was read of it: on fixed numbers, its weights fixed numbers too.

Student code that is read is called on symbolic tensors, and could do another thing on numbers: ask whether a tensor is
symbolic, who is calling, how often it was called. Two networks that are read alike must make the same of the same
example, where each weight is a function of its shape alone, in whatever dress and order they were made.

The weights are put in the place of the network's own for the time of one call, and nothing of it is kept: those that
were never drawn are not, a moving mean does not move. Networks whose code is plain are not run, but where others are
compared with them; nor are those that would take long.
"""

from __future__ import annotations

import math
import operator
import re
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from autograder.wire.by_hand import is_by_hand
from autograder.wire.messages import Layer, Network, Sample, Shape
from autograder.worker.errors import message_of
from autograder.worker.keras import pristine as keras_pristine
from autograder.worker.keras import two_faced as keras_two_faced
from autograder.worker.keras.symbols import suspended
from autograder.worker.keras.version import weight_class

MOST_PARAMS = 4_000_000
MOST_PRODUCTS = 150_000_000
"""Multiplications for one example: some 40 ms on one core."""
MOST_MADE = 8_000_000
"""Numbers that all calls make of one example."""
EXAMPLES = 2
OPEN_SIZE = 16
"""Of an axis that is open."""
SHOWN = 64
"""Numbers of the outputs that are told."""
FEW = 8
"""Positive numbers whose sum does not saturate what takes it."""

Calling = Callable[[Callable[[Shape], Any]], Callable[[], Any]]
"""Returns a call of a network, to be made; its inputs are made from the shapes of one example each."""

Weigh = Callable[[Any], Any]
"""Returns numbers for a variable."""
_HEADS = re.compile(r"/(query|key|value)/kernel$")
"""Weights of an attention of Keras's, of which the last two dimensions are what it makes."""

_asked: bool | None = None
"""Whether networks are run; None: those that need it."""


@contextmanager
def always() -> Iterator[None]:
    """Run every network that is read meanwhile, but for the large ones."""
    with _asking(True):
        yield


@contextmanager
def never() -> Iterator[None]:
    """Run no network that is read meanwhile: what was read of it is all that is asked."""
    with _asking(False):
        yield


@contextmanager
def _asking(asked: bool) -> Iterator[None]:
    global _asked
    before, _asked = _asked, asked
    try:
        yield
    finally:
        _asked = before


def is_due(network: Network, code: Sequence[Callable[..., Any]]) -> bool:
    """Whether a network is to be run, and it would not take long.

    It is where the student's `code` in it may be two-faced, and where operations are written by hand: one that is read
    as another than the one expected may compute the same in a way that is not known.
    """
    if _asked is False or network.problem or network.note or not network.outputs:
        return False
    if not (_asked or is_by_hand(network) or keras_two_faced.may_be(code) or keras_pristine.is_altered()):
        return False
    made = sum(math.prod(_sizes(shape)) for layer in network.layers for shape in layer.output_shapes)
    products = sum(_products(layer) for layer in network.layers)
    called = network.layers if network.inference is None else network.inference.layers
    draws = any(layer.unreadable or layer.cls.startswith("Random") for layer in called)
    return not draws and network.params <= MOST_PARAMS and products <= MOST_PRODUCTS and made <= MOST_MADE


def _products(layer: Layer) -> int:
    """About how many multiplications a call needs for one example: its weights serve at each place of the image."""
    places = [math.prod(_sizes(shape)[:-1]) for shape in (*layer.input_shapes, *layer.output_shapes) if len(shape) > 2]
    return sum(math.prod(weight.shape) for weight in layer.weights) * max(places, default=1)


def _sizes(shape: Shape) -> list[int]:
    return [OPEN_SIZE if size is None else size for size in shape[1:]]


def sample(calling: Calling, variables: Sequence[Any]) -> Sample | None:
    """Return what a network makes of fixed examples; None where not all of its weights can be put aside."""

    weight = weight_class()
    if not all(isinstance(one, weight) for one in variables):
        return None
    for kind in ("float32", "int32"):  # a table of words may be asked for by whole numbers alone
        try:
            values = _made(calling, Example(kind), _weight, spaced)
        except Exception as error:
            raised = error
        else:
            return Sample(
                values,
                signed=_unless_raised(calling, Signed(kind), partial(_weight, salt=1)),
                regrouped=_unless_raised(calling, Signed(kind), _regrouped),
            )
    return Sample([], raised=f"{type(raised).__name__}: {message_of(raised)}"[:1000])


def _unless_raised(calling: Calling, example: Example, weigh: Weigh) -> list[float | None]:
    try:
        return _made(calling, example, weigh, scattered)
    except Exception:
        return []


def _made(calling: Calling, example: Example, weigh: Weigh, chosen: Callable[[int], Any]) -> list[float | None]:
    """Return the `chosen` numbers of what a network makes of an example, each weight what `weigh` makes of it."""
    import keras

    with suspended(), warnings.catch_warnings(), _as_written():
        warnings.simplefilter("ignore")
        return _shown(keras.tree.flatten(_alone(calling(example), weigh)), chosen)


def _alone(call: Callable[[], Any], weigh: Weigh) -> Any:
    """Return what a call gives where nothing of ours is on the stack, so that code cannot ask who is calling.

    It is called in a thread of its own and from C: what is Python there is the student's, Keras's or the library's.
    """
    scope = _weights_aside(weigh)
    steps = [scope.__enter__, call, partial(scope.__exit__, None, None, None)]
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(list, map(operator.call, steps)).result()[1]


class Example:
    """Makes one input after the other, of other numbers: from 1 to 2, words of any table, none of them masked."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._made = 0

    def __call__(self, sizes: Shape) -> Any:
        import keras

        return keras.ops.convert_to_tensor(self.numbers(sizes))

    def numbers(self, sizes: Shape) -> Any:
        """Return the next input as an array."""
        draw = np.random.default_rng(self._made)
        self._made += 1
        return self._drawn(draw, (EXAMPLES, *_sizes((None, *sizes)))).astype(self._kind)

    def _drawn(self, draw: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return draw.uniform(1.0, 2.0, shape)


class Signed(Example):
    """Makes inputs of either sign, that end in zeros: a different number of them in each example, as padding does."""

    def _drawn(self, draw: np.random.Generator, shape: tuple[int, ...]) -> Any:
        numbers = draw.integers(0, 2, shape) if self._kind.startswith("int") else 1.5 * draw.normal(size=shape)
        for example in range(EXAMPLES if len(shape) > 1 and shape[1] > EXAMPLES else 0):
            numbers[example, shape[1] - example - 1 :] = 0
        return numbers


def _weights_aside(weigh: Weigh) -> Any:
    """Return a scope in which each weight, the model's own or another, has the numbers that it is given here."""
    import keras

    class Aside(keras.StatelessScope):  # type: ignore[misc]
        def get_current_value(self, variable: Any) -> Any:
            value = super().get_current_value(variable)
            if value is None and "float" in str(variable.dtype):
                value = keras.ops.convert_to_tensor(weigh(variable))
                self.add_update((variable, value))
            return value

    return Aside()


def _weight(variable: Any, salt: int = 0) -> Any:
    shape = tuple(variable.shape)
    return numbers_of(shape, _taken(shape), salt).astype(str(variable.dtype))


def _taken(shape: tuple[int, ...]) -> int:
    """How many numbers a weight takes for each that it makes: one, of a vector, though it be kept with more axes."""
    return 1 if len(shape) != 2 and len(axes(shape)) < 2 else math.prod(shape[:-1])


def numbers_of(shape: tuple[int, ...], taken: int, salt: int = 0) -> Any:
    """Return float32 numbers for a weight of a shape that takes so many numbers: by its shape, axes of one left out.

    One that takes one number alone scales or shifts: its numbers are positive, for variances are among them. Another
    `salt`, other numbers: units that are all dead with some may live with others.
    """
    core = axes(shape)
    numbers = np.random.default_rng([zlib.crc32(repr(core).encode()), salt]).random(core, dtype=np.float32)
    signed = reach(taken) * (2 * numbers - 1)
    positive = (0.1 + 0.4 * numbers) * min(1, FEW / max(math.prod(core), 1))  # many may be summed all the same
    return np.asarray(positive if taken == 1 else signed, dtype=np.float32).reshape(shape)


def axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without its axes of one: a vector is often kept with some, to be broadcast."""
    return tuple(size for size in shape if size != 1)


def reach(taken: int) -> float:
    """How far numbers go to either side, so that what a weight makes is about as large as what it takes."""
    return math.sqrt(6 / max(taken, 1))


def _regrouped(variable: Any) -> Any:
    """Return numbers for a weight that depend on what it takes alone: all that it makes is weighed alike."""
    shape, name = tuple(variable.shape), str(getattr(variable, "path", ""))
    if _taken(shape) == 1 or name.endswith("bias"):
        return np.full(shape, 0.3, str(variable.dtype))
    taken = 1 if _HEADS.search(name) else len(shape) - 1
    size = math.prod(shape[:taken])
    numbers = np.random.default_rng(size).uniform(-1, 1, size) * reach(size)
    spread = numbers.reshape(*shape[:taken], *[1] * (len(shape) - taken))
    return np.broadcast_to(spread, shape).astype(str(variable.dtype))


@contextmanager
def _as_written() -> Iterator[None]:
    """Call what was made with `tf.function` as the Python it is: a trace would keep the weights of this one call."""
    tf = sys.modules.get("tensorflow")
    if tf is None:
        yield
        return
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def _shown(outputs: Sequence[Any], chosen: Callable[[int], Any]) -> list[float | None]:
    import keras

    return told([np.asarray(keras.ops.convert_to_numpy(one)) for one in outputs], chosen)


def told(outputs: Sequence[Any], chosen: Callable[[int], Any]) -> list[float | None]:
    """Return the `chosen` numbers of arrays, None for one that is not finite."""
    flat = np.concatenate([one.astype(np.float64).ravel() for one in outputs])
    return [float(one) if math.isfinite(one) else None for one in flat[chosen(len(flat))]]


def spaced(size: int) -> Any:
    return slice(None, None, max(-(-size // SHOWN), 1))


def scattered(size: int) -> Any:
    """Return places that are even along no axis: numbers of one channel alone would not tell channels apart."""
    return np.sort(np.random.default_rng(size).permutation(size)[:SHOWN])
