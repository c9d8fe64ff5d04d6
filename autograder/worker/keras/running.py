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
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from autograder.wire.messages import Layer, Network, Sample, Shape
from autograder.worker.errors import message_of
from autograder.worker.keras import pristine as keras_pristine
from autograder.worker.keras import two_faced as keras_two_faced
from autograder.worker.keras.symbols import suspended

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

Calling = Callable[[Callable[[Shape], Any]], Callable[[], Any]]
"""Returns a call of a network, to be made; its inputs are made from the shapes of one example each."""

_always = False


@contextmanager
def always() -> Iterator[None]:
    """Run every network that is read meanwhile, but for the large ones."""
    global _always
    _always = True
    try:
        yield
    finally:
        _always = False


def is_due(network: Network, code: Sequence[Callable[..., Any]]) -> bool:
    """Whether a network is to be run: the student's `code` in it may be two-faced, and it would not take long."""
    if network.problem or network.note or not network.outputs:
        return False
    if not (_always or keras_two_faced.may_be(code) or keras_pristine.is_altered()):
        return False
    made = sum(math.prod(_sizes(shape)) for layer in network.layers for shape in layer.output_shapes)
    products = sum(_products(layer) for layer in network.layers)
    draws = any(layer.unreadable or layer.cls.startswith("Random") for layer in network.layers)
    return not draws and network.params <= MOST_PARAMS and products <= MOST_PRODUCTS and made <= MOST_MADE


def _products(layer: Layer) -> int:
    """About how many multiplications a call needs for one example: its weights serve at each place of the image."""
    places = [math.prod(_sizes(shape)[:-1]) for shape in (*layer.input_shapes, *layer.output_shapes) if len(shape) > 2]
    return sum(math.prod(weight.shape) for weight in layer.weights) * max(places, default=1)


def _sizes(shape: Shape) -> list[int]:
    return [OPEN_SIZE if size is None else size for size in shape[1:]]


def sample(calling: Calling, variables: Sequence[Any]) -> Sample | None:
    """Return what a network makes of the fixed example; None where not all of its weights can be put aside."""
    import keras

    if not all(isinstance(one, keras.Variable) for one in variables):
        return None
    for kind in ("float32", "int32"):  # a table of words may be asked for by whole numbers alone
        try:
            with suspended(), warnings.catch_warnings(), _as_written():
                warnings.simplefilter("ignore")
                return Sample(_shown(keras.tree.flatten(_alone(calling(_Example(kind))))))
        except Exception as error:
            raised = error
    return Sample([], raised=f"{type(raised).__name__}: {message_of(raised)}"[:1000])


def _alone(call: Callable[[], Any]) -> Any:
    """Return what a call gives where nothing of ours is on the stack, so that code cannot ask who is calling.

    It is called in a thread of its own and from C: what is Python there is the student's, Keras's or the library's.
    """
    scope = _weights_aside()
    steps = [scope.__enter__, call, partial(scope.__exit__, None, None, None)]
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(list, map(operator.call, steps)).result()[1]


class _Example:
    """Makes one input after the other, of other numbers: from 1 to 2, words of any table, none of them masked."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._made = 0

    def __call__(self, sizes: Shape) -> Any:
        import keras

        draw = np.random.default_rng(self._made)
        self._made += 1
        numbers = draw.uniform(1.0, 2.0, (EXAMPLES, *_sizes((None, *sizes))))
        return keras.ops.convert_to_tensor(numbers.astype(self._kind))


def _weights_aside() -> Any:
    """Return a scope in which each weight, the model's own or another, has the numbers of its shape."""
    import keras

    class Aside(keras.StatelessScope):  # type: ignore[misc]
        def get_current_value(self, variable: Any) -> Any:
            value = super().get_current_value(variable)
            if value is None and "float" in str(variable.dtype):
                value = keras.ops.convert_to_tensor(_weight(variable))
                self.add_update((variable, value))
            return value

    return Aside()


def _weight(variable: Any) -> Any:
    """Return numbers for a weight. Vectors are positive: variances are among them."""
    shape = tuple(variable.shape)
    draw = np.random.default_rng(zlib.crc32(repr(shape).encode()))
    numbers = draw.random(shape, dtype=np.float32)
    if len(shape) < 2:
        return (0.1 + 0.4 * numbers).astype(str(variable.dtype))
    reach = math.sqrt(6 / max(math.prod(shape[:-1]), 1))
    return (reach * (2 * numbers - 1)).astype(str(variable.dtype))


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


def _shown(outputs: Sequence[Any]) -> list[float | None]:
    import keras

    flat = np.concatenate([np.asarray(keras.ops.convert_to_numpy(one), dtype=np.float64).ravel() for one in outputs])
    chosen = flat[:: max(-(-len(flat) // SHOWN), 1)]
    return [float(one) if math.isfinite(one) else None for one in chosen]
