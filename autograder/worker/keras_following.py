"""Lets student code run on symbolic tensors, so that all it computes becomes a graph of Keras operations.

Keras 3 follows its own operations on its own symbolic tensors. Student code does more: it calls TensorFlow's functions,
computes with weights before any tensor is there, calls layers on constants, draws random numbers, asks tensors for
their shape as TensorFlow writes it, or for their numbers. While `followed()` is open, all of that is symbolic too; what
Keras and TensorFlow do among themselves, inside a graph they trace, is left alone.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from autograder.worker.keras_pristine import ORIGINAL, remember
from autograder.worker.keras_tensorflow import register_dispatcher, symbolic_function
from autograder.worker.keras_version import keras_3

BATCH = 113
"""Examples in the batch that student code is followed on: a size nobody writes, so that it is known again in a shape,
and a number, so that `tf.shape(x)[0]` is one."""

_ABSENT = object()
_OPERATORS = {
    "__add__": "add",
    "__sub__": "subtract",
    "__mul__": "multiply",
    "__truediv__": "divide",
    "__floordiv__": "floor_divide",
    "__mod__": "mod",
    "__pow__": "power",
    "__matmul__": "matmul",
}
_RANDOM = ("normal", "uniform", "randint", "truncated_normal", "gamma", "beta", "binomial")


@dataclass
class Following:
    """What student code did while it was followed, that no graph shows."""

    seed: int = 0
    """Of the numbers shown to code that asks for some."""
    losses: list[Any] = field(default_factory=list)
    """Symbolic tensors handed to `add_loss`."""
    asked_numbers: bool = False
    """Whether it asked a tensor for its numbers: then what it does next may depend on them."""
    values: dict[int, Any] = field(default_factory=dict)
    """Numbers that were shown, by the id of their tensor."""
    kept: list[Any] = field(default_factory=list)
    """Those tensors, so that no id is used twice."""


@dataclass(frozen=True)
class Given:
    """A tensor that a model was called with."""

    shape: tuple[int | None, ...]
    dtype: str
    batched: bool = True
    """Whether it has one entry for each example."""


_current: list[Following] = []


class Shape(tuple[Any, ...]):
    """A shape that may also be asked as TensorFlow's is."""

    def as_list(self) -> list[Any]:
        return list(self)

    @property
    def rank(self) -> int:
        return len(self)

    ndims = rank


class Dtype(str):
    """A type of numbers that may also be asked as TensorFlow's is."""

    @property
    def base_dtype(self) -> Dtype:
        return self

    @property
    def name(self) -> str:
        return str(self)

    @property
    def is_floating(self) -> bool:
        return "float" in self

    @property
    def as_numpy_dtype(self) -> Any:
        return np.dtype(str(self)).type


def is_open() -> bool:
    """Whether code is followed now, and not inside a graph that Keras or TensorFlow trace by themselves."""
    return bool(_current) and not _inside_graph()


def _inside_graph() -> bool:
    tf = sys.modules.get("tensorflow")
    return tf is not None and bool(tf.inside_function())


def is_variable(value: object) -> bool:
    """Whether `value` is a weight, Keras's or TensorFlow's."""
    keras, tf = sys.modules["keras"], sys.modules.get("tensorflow")
    return isinstance(value, keras.Variable) or (tf is not None and isinstance(value, tf.Variable))


def is_followable(value: object) -> bool:
    """Whether an operation on `value` is to be symbolic."""
    keras = sys.modules["keras"]
    return isinstance(value, (keras.KerasTensor, keras.Variable))


def stand_in(tensor: Any) -> Any:
    """Return a symbolic tensor like `tensor` that comes from nowhere, its open batch a number."""
    keras = sys.modules["keras"]
    sizes = tuple(tensor.shape)
    batch = BATCH if sizes and sizes[0] is None else sizes[0] if sizes else None
    return keras.KerasTensor((batch, *sizes[1:]) if sizes else (), dtype=tensor.dtype)


def constant(array: Any) -> Any:
    """Return a symbolic tensor that stands for these numbers."""
    keras = sys.modules["keras"]
    array = np.asarray(array)
    tensor = keras.KerasTensor(array.shape, dtype=keras.backend.standardize_dtype(array.dtype))
    tensor.autograder_constant = array
    return tensor


@contextmanager
def followed(seed: int = 0) -> Iterator[Following]:
    """Make what student code computes symbolic, and say afterwards what else it did."""
    keras = sys.modules["keras"]
    following = Following(seed)
    with ExitStack() as stack:
        if not _current:
            register_dispatcher(is_open, is_followable)
            for owner, name, value in _patches(keras):
                _patch(stack, owner, name, value)
        _current.append(following)
        try:
            yield following
        finally:
            _current.pop()


@contextmanager
def suspended() -> Iterator[None]:
    """Compute what is computed inside, instead of following it."""
    open_now = _current[:]
    _current.clear()
    try:
        yield
    finally:
        _current.extend(open_now)


def _patch(stack: ExitStack, owner: Any, name: str, value: Any) -> None:
    before = vars(owner).get(name, _ABSENT)
    setattr(owner, name, value)
    stack.callback(delattr, owner, name) if before is _ABSENT else stack.callback(setattr, owner, name, before)


def _patches(keras: Any) -> Iterator[tuple[Any, str, Any]]:
    yield from _symbolic_weights(keras)
    yield from _symbolic_calls(keras)
    yield from _numbers(keras)
    yield from _random(keras)
    yield from _tensorflow()


# --- Weights and constants --------------------------------------------------------------------------------------------


def _symbolic_weights(keras: Any) -> Iterator[tuple[Any, str, Any]]:
    """Operations on weights alone, `transpose(self.kernel)`, are symbolic."""
    tensors = sys.modules["keras.src.backend.common.keras_tensor"]
    original = tensors.any_symbolic_tensors

    def any_symbolic(args: Any = None, kwargs: Any = None) -> bool:
        if original(args, kwargs):
            return True
        return is_open() and any(isinstance(one, keras.Variable) for one in keras.tree.flatten((args, kwargs)))

    for module in [one for name, one in sys.modules.items() if name.startswith("keras.src.")]:
        if vars(module).get("any_symbolic_tensors") is original:
            yield module, "any_symbolic_tensors", any_symbolic
    conversion = sys.modules["keras.src.ops.core"].ConvertToTensor
    specify = conversion.compute_output_spec

    def converted(self: Any, x: Any) -> Any:
        return keras.KerasTensor(tuple(x.shape), dtype=x.dtype) if isinstance(x, keras.Variable) else specify(self, x)

    yield conversion, "compute_output_spec", converted
    for name, operation in _OPERATORS.items():
        function = getattr(keras.ops, operation)
        yield keras.Variable, name, _operator(keras, name, function, reflected=False)
        yield keras.Variable, f"__r{name[2:]}", _operator(keras, f"__r{name[2:]}", function, reflected=True)
    convert = keras.Variable.__tf_tensor__ if hasattr(keras.Variable, "__tf_tensor__") else None

    def refuse(self: Any, *args: Any, **kwargs: Any) -> Any:
        if is_open():
            raise TypeError("followed: the dispatcher makes this an operation")
        return convert(self, *args, **kwargs)  # type: ignore[misc]

    if convert is not None:
        yield keras.Variable, "__tf_tensor__", refuse
    yield keras.Variable, "__neg__", _operator(keras, "__neg__", keras.ops.negative, reflected=False)
    yield keras.Variable, "__getitem__", _operator(keras, "__getitem__", _item, reflected=False)
    for owner in (keras.Variable, keras.KerasTensor):
        dtype = getattr(owner, "dtype", None)
        if isinstance(dtype, property):
            yield owner, "dtype", property(partial(_dtype, dtype.fget))


def _dtype(original: Any, tensor: Any) -> Dtype:
    return Dtype(original(tensor))


def _item(variable: Any, key: Any) -> Any:
    """A slice of a weight. Of `weight[None]`, Keras takes the key in a tuple alone."""
    return sys.modules["keras"].ops.get_item(variable, key if isinstance(key, tuple) else (key,))


def _operator(keras: Any, name: str, function: Callable[..., Any], *, reflected: bool) -> Callable[..., Any]:
    original = getattr(keras.Variable, name)

    def apply(self: Any, *others: Any) -> Any:
        if not is_open():
            return original(self, *others)
        return function(*others, self) if reflected else function(self, *others)

    return apply


def install() -> bool:
    """From now on, remember of each symbolic call whether it was told to be trained. Return whether there is a Keras.

    Keras writes the default of a layer's `training` where the caller's own would be: afterwards, a Dropout called with
    `training=False` and one called without are the same.
    """
    layers = getattr(keras_3(), "layers", None)
    if layers is None or hasattr(layers.Layer.__call__, ORIGINAL):
        return layers is not None
    layers.Layer.__call__ = _remembering(layers.Layer.__call__)
    remember()
    return True


def _remembering(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        told = kwargs.get("training")
        outputs = original(self, *args, **kwargs)
        nodes = vars(self).get("_inbound_nodes")
        if nodes:
            vars(nodes[-1]).setdefault("autograder_training", told)
            vars(nodes[-1]).setdefault("autograder_live", bool(_current))
        if not _current and isinstance(self, sys.modules["keras"].Model):
            _remember_arguments(self, args, kwargs)
        return outputs

    setattr(called, ORIGINAL, original)
    return called


def _remember_arguments(model: Any, args: Any, kwargs: dict[str, Any]) -> None:
    """Keep what a model was called with: of several tensors, Keras keeps the first one's shape alone."""
    keras = sys.modules["keras"]
    kwargs = {key: value for key, value in kwargs.items() if key not in ("training", "mask", "name")}
    try:
        given = keras.tree.map_structure(_given, (args, kwargs))
    except Exception:  # tensors without a rank, in a graph that TensorFlow traces
        return
    tensors = [one for one in keras.tree.flatten(given) if isinstance(one, Given)]
    if len(tensors) > 1:
        batch = tensors[0].shape[0]
        vars(model).setdefault("autograder_arguments", keras.tree.map_structure(partial(_in_batch, batch), given))


def _in_batch(size: int | None, value: Any) -> Any:
    return replace(value, batched=value.shape[0] == size) if isinstance(value, Given) else value


def _given(value: Any) -> Any:
    if not hasattr(value, "shape") or not hasattr(value, "dtype") or not len(value.shape):
        return value
    kind = sys.modules["keras"].backend.standardize_dtype(value.dtype)
    return Given(tuple(value.shape), "float32" if kind.startswith("float") else kind)


def is_live(node: Any) -> bool:
    """Whether a call was made by code that was followed: what leads to it was followed as well."""
    return bool(vars(node).get("autograder_live"))


def training_told(node: Any) -> Any:
    """Return what a call was told of training, None where it was told nothing, or may have been told the default."""
    if "autograder_training" in vars(node):
        return node.autograder_training
    given = node.arguments.kwargs.get("training")
    taken = parameters(type(node.operation).call) or {}
    default = taken["training"].default if "training" in taken else None
    return None if isinstance(default, bool) and given is default else given


def _symbolic_calls(keras: Any) -> Iterator[tuple[Any, str, Any]]:
    """Layers called on constants alone are symbolic, and so are losses."""
    layer = keras.layers.Layer
    call, add_loss = layer.__call__, layer.add_loss
    for owner, name in ((layer, "_maybe_build"), (keras.Variable, "_initialize")):
        yield owner, name, _aside(getattr(owner, name))

    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        flat = keras.tree.flatten((args, kwargs)) if is_open() else []
        if any(_is_array(one) for one in flat) and not any(is_followable(one) for one in flat):
            args, kwargs = keras.tree.map_structure(
                lambda one: constant(one) if _is_array(one) else one, (args, kwargs)
            )
        return remembering(self, *args, **kwargs)

    remembering = call if hasattr(call, ORIGINAL) else _remembering(call)

    def loss_added(self: Any, loss: Any) -> None:
        symbols = [one for one in keras.tree.flatten(loss) if isinstance(one, keras.KerasTensor)]
        if is_open() and symbols:
            _current[-1].losses.extend(symbols)
        else:
            add_loss(self, loss)

    yield layer, "__call__", called
    yield layer, "add_loss", loss_added


def _aside(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is not followed: what builds a layer and draws its weights computes numbers."""

    @functools.wraps(original)
    def run(*args: Any, **kwargs: Any) -> Any:
        with suspended():
            return original(*args, **kwargs)

    return run


def _is_array(value: object) -> bool:
    return hasattr(value, "__array__") and not is_followable(value) and not isinstance(value, np.generic)


# --- Numbers that code asks for ---------------------------------------------------------------------------------------


def _numbers(keras: Any) -> Iterator[tuple[Any, str, Any]]:
    """Show numbers drawn at random to code that wants some. Followed twice on other numbers, it should do the same."""
    symbol = keras.KerasTensor
    shape = symbol.shape

    def read(convert: Callable[[Any], Any], name: str) -> Callable[..., Any]:
        original = getattr(symbol, name, None)

        def asked(self: Any, *args: Any, **kwargs: Any) -> Any:
            if not is_open():
                if original is None:
                    raise AttributeError(name)
                return original(self, *args, **kwargs)
            _current[-1].asked_numbers = True
            return convert(_value(self, _current[-1]))

        return asked

    yield symbol, "__float__", read(float, "__float__")
    yield symbol, "__int__", read(int, "__int__")
    yield symbol, "__index__", read(int, "__index__")
    yield symbol, "__bool__", read(bool, "__bool__")
    yield symbol, "__array__", read(np.asarray, "__array__")
    yield symbol, "numpy", read(np.asarray, "numpy")
    yield symbol, "__array_ufunc__", _ufunc
    yield symbol, "item", read(lambda value: value.item(), "item")
    yield symbol, "shape", property(lambda self: Shape(shape.fget(self)))
    yield symbol, "get_shape", lambda self: Shape(shape.fget(self))


def _ufunc(self: Any, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
    """NumPy's arithmetic on symbolic tensors is Keras's: `mean * x` where the mean is an array."""
    keras = sys.modules["keras"]
    operation = getattr(keras.ops, ufunc.__name__, None)
    if method != "__call__" or kwargs or operation is None:
        return NotImplemented
    return operation(*args)


def _value(tensor: Any, following: Following) -> Any:
    """Return numbers for a symbolic tensor: those its calls make of numbers drawn at random."""
    keras = sys.modules["keras"]
    with suspended():
        waiting = [tensor]
        while waiting:
            one = waiting[-1]
            node = _node(one)
            missing = [] if node is None else [t for t in node.input_tensors if id(t) not in following.values]
            if missing:
                waiting.extend(missing)
                continue
            waiting.pop()
            made = [(one, _drawn(one, following))] if node is None else _computed(node, following)
            following.kept.extend(made_one for made_one, _ in made)
            following.values.update((id(made_one), value) for made_one, value in made)
        return np.asarray(keras.ops.convert_to_numpy(following.values[id(tensor)]))


def _computed(node: Any, following: Following) -> list[tuple[Any, Any]]:
    keras = sys.modules["keras"]
    args, kwargs = node.arguments.fill_in(following.values)
    return list(zip(node.outputs, keras.tree.flatten(node.operation(*args, **kwargs)), strict=False))


def _node(tensor: Any) -> Any:
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        return None
    node = history.operation._inbound_nodes[history.node_index]
    return None if type(history.operation).__name__ == "InputLayer" else node


def _drawn(tensor: Any, following: Following) -> Any:
    keras = sys.modules["keras"]
    array = getattr(tensor, "autograder_constant", None)
    if array is None:
        draw = np.random.default_rng(following.seed)
        sizes = [BATCH if size is None else size for size in tensor.shape]
        array = draw.integers(0, 2, sizes) if "int" in str(tensor.dtype) else draw.normal(size=sizes)
    return keras.ops.convert_to_tensor(array, dtype=tensor.dtype)


# --- Random numbers, and TensorFlow -----------------------------------------------------------------------------------


def _random(keras: Any) -> Iterator[tuple[Any, str, Any]]:
    """Random numbers drawn by student code are an operation without input, not the numbers drawn this time."""
    backend = getattr(sys.modules["keras.src.backend"], "random", None)
    for name in _RANDOM:
        original = getattr(backend, name, None)
        if original is not None:
            yield backend, name, _symbolic_draw(f"Random{name.title().replace('_', '')}", original)
    tf = sys.modules.get("tensorflow")
    if tf is not None:
        for name in ("normal", "uniform", "truncated_normal"):
            drawn = getattr(tf.random, name)
            yield tf.random, name, _symbolic_draw(f"Random{name.title().replace('_', '')}", drawn)


def _symbolic_draw(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def drawn(*args: Any, **kwargs: Any) -> Any:
        if not is_open():
            return original(*args, **kwargs)
        kwargs.pop("seed", None)
        return symbolic_function(original, name).symbolic_call(*args, **kwargs)

    return drawn


def _tensorflow() -> Iterator[tuple[Any, str, Any]]:
    """A function made with `tf.function` is the function it was made of."""
    tf = sys.modules.get("tensorflow")
    if tf is None:
        return
    compiled = type(tf.function(_nothing))
    original = compiled.__call__

    def called(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self.python_function(*args, **kwargs) if is_open() else original(self, *args, **kwargs)

    yield compiled, "__call__", called


def _nothing() -> None:
    """Any function, to ask TensorFlow for the class of what it makes of one."""


def plain_function(function: Any) -> Any:
    """Return the Python function behind what `tf.function` made of it; any other as it is."""
    inner = getattr(function, "python_function", None)
    return inner if inner is not None and callable(inner) else function


def parameters(function: Any) -> dict[str, inspect.Parameter] | None:
    """Return the parameters of a function, None where it has no signature."""
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return None
