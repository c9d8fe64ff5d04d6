"""A Keras layer, or a bare operation, as plain data: its class, configuration and weights.

Runs inside the room. Nothing here runs an operation or imports Keras before it is loaded, and of weights only those of
frozen layers are read, where a network is to be trained: a layer is asked for its `get_config()`, which a student's
class may have made raise, lie or return anything at all.
"""

from __future__ import annotations

import inspect
import math
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import msgspec
import numpy as np

from autograder.wire import codec
from autograder.wire.messages import Array, Layer, Shape, Weight
from autograder.worker.keras.functions import array_digest, code_digest, is_framework, is_keras_own
from autograder.worker.keras.serialised import plainly

MAX_REPR = 200
"""Characters kept of a value that is not JSON."""
MAX_ITEMS = 1000
"""Items kept of one list or dict of a configuration."""
MAX_NAME = 500
"""Characters a name may have on the wire."""
MAX_DEPTH = 12
TENSOR = "<tensor>"
"""What stands in a configuration for a tensor: the graph says which."""

MAX_NUMBERS = 4096
"""Numbers of an array that are written out; of a larger one, there is its digest alone."""
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_CODE = frozenset(("call", "__call__", "build", "compute_mask", "__getattr__", "__getattribute__", "add_weight"))
"""What a class must leave as it is for its instances to compute what its base does."""
_MEMBERS = ("initializer", "regularizer", "constraint")

Identity = Callable[[object], int]


def layer_record(operation: Any, *, identity: Identity, **fields: Any) -> Layer:
    """Return the record of one call of `operation`; `fields` are those that the call decides."""
    layer = getattr(operation, "autograder_layer", operation)
    known = keras_class(operation)
    return Layer(
        name=str(operation.name)[:MAX_NAME],
        cls=class_name(operation, known)[:MAX_NAME],
        origin=origin(operation, known),
        config=configuration(operation, known),
        weights=weights(layer, identity),
        trainable=bool(getattr(layer, "trainable", True)),
        identity=identity(layer),
        **fields,
    )


def variable_record(variable: Any, identity: Identity) -> Layer:
    """Return the record of a weight that an operation takes, as a call without inputs."""
    sizes = tuple(int(size) for size in variable.shape)
    return Layer(
        name=str(variable.name)[:MAX_NAME],
        cls="Variable",
        origin="operation",
        config={"initializer": initializer(variable), **_asked_of(variable)},
        inputs=[],
        input_shapes=[],
        output_shapes=[sizes],
        weights=[_weight(variable, bool(getattr(variable, "trainable", True)), identity)],
        trainable=bool(getattr(variable, "trainable", True)),
        identity=identity(variable),
    )


def constant_record(array: Any, identity: int) -> Layer:
    """Return the record of numbers that an operation takes, as a call without inputs."""
    return Layer(
        name="constant",
        cls="Constant",
        origin="operation",
        config={"value": plain(array)},
        inputs=[],
        input_shapes=[],
        output_shapes=[tuple(array.shape)],
        weights=[],
        trainable=True,
        identity=identity,
    )


def input_record(name: str, shape: Shape, identity: int) -> Layer:
    """Return the record of an input that no InputLayer stands for."""
    return Layer(
        name=name[:MAX_NAME],
        cls="InputLayer",
        origin="keras",
        config={"batch_shape": list(shape)},
        inputs=[],
        input_shapes=[],
        output_shapes=[shape],
        weights=[],
        trainable=True,
        identity=identity,
    )


def class_name(operation: Any, known: type | None = None) -> str:
    """Return the class name of `operation`: Keras's, where a student's class computes what its base does.

    Its `keras_class`, where that is `known`, is not looked for again.
    """
    called = getattr(operation, "autograder_class_name", None)
    return str(called or (keras_class(operation) if known is None else known).__name__)


def keras_class(operation: Any) -> type:
    """Return the class that says what `operation` computes: its own, or that of Keras which it only sets up."""
    cls = type(operation)
    if is_framework(cls) or "call" in vars(operation):
        return cls
    base = next((one for one in cls.__mro__ if is_framework(one)), cls)
    own = {name for one in cls.__mro__[: cls.__mro__.index(base)] for name in vars(one)}
    abstract = base.__name__ in ("Layer", "Model", "Operation")
    return cls if abstract or own & _CODE else base


def origin(operation: Any, known: type | None = None) -> Literal["keras", "operation", "custom"]:
    """Say whose class `operation` is: a layer of Keras, one of its bare operations, or the student's own."""
    import keras

    if hasattr(operation, "autograder_layer"):
        return "keras"
    if hasattr(operation, "autograder_class_name"):
        return "operation"
    if "call" in vars(operation) or not is_framework(keras_class(operation) if known is None else known):
        return "custom"
    return "keras" if isinstance(operation, keras.layers.Layer) else "operation"


def configuration(operation: Any, known: type | None = None) -> dict[str, object]:
    """Return `operation.get_config()` as JSON values; where it raises, what its constructor's names say of it."""
    layer = getattr(operation, "autograder_layer", operation)
    base: Any = getattr(operation, "autograder_base", None)
    base = base or (keras_class(operation) if known is None else known)
    try:
        with warnings.catch_warnings(), plainly():
            warnings.simplefilter("ignore")  # Keras warns of lambdas, and the student would read it as their output.
            given = base.get_config(layer) if is_framework(base) else layer.get_config()
        config = {str(key): plain(value) for key, value in _first(dict(given).items())}
    except Exception:
        config = _by_attributes(layer, base)
    return {**config, **_learned(layer), **_own_members(layer)}


def _by_attributes(layer: Any, base: type) -> dict[str, object]:
    if not is_framework(base):
        return {}
    names = [name for name in inspect.signature(base).parameters if name not in ("args", "kwargs")]
    return {name: plain(getattr(layer, name)) for name in names if hasattr(layer, name)}


def _learned(layer: Any) -> dict[str, object]:
    """What `adapt` learned from data, which is not in the configuration: means, a vocabulary."""
    try:
        if class_name(layer) == "Normalization" and layer.input_mean is None and layer.built:
            layer.finalize_state()
            return {"mean": _squeezed(layer.mean), "variance": _squeezed(layer.variance)}
        if hasattr(layer, "get_vocabulary"):
            return {"vocabulary": code_digest([str(word) for word in layer.get_vocabulary()])}
    except Exception:
        return {}
    return {}


def _squeezed(array: Any) -> object:
    """Keras keeps them with an axis for each of the input's; it takes them with those alone that they vary along."""
    numbers = np.asarray(array)
    while numbers.ndim > 1 and numbers.shape[0] == 1:
        numbers = numbers[0]
    return plain(numbers)


def _own_members(layer: Any) -> dict[str, object]:
    """Initializers, regularizers and constraints that are not Keras's: a name says nothing of them, their code does."""
    said = getattr(layer, "__dict__", {})
    named = [(name, said[name]) for name in said if name.endswith(_MEMBERS)]
    return {
        name.lstrip("_"): plain(value) for name, value in named if value is not None and not is_framework(type(value))
    }


def _asked_of(variable: Any) -> dict[str, object]:
    """What `add_weight` was told to ask of a weight, where it was: its penalty and its constraint."""
    import keras

    found: dict[str, object] = {}
    for name, module in (("regularizer", keras.regularizers), ("constraint", keras.constraints)):
        value = getattr(variable, name, None)
        if value is None:
            continue
        try:
            found[name] = plain(module.serialize(value)) if is_framework(type(value)) else plain(value)
        except Exception:
            found[name] = plain(value)
    return found


def initializer(variable: Any) -> object:
    """Return the initializer a weight was drawn with, as JSON values; None where it is not known."""
    import keras

    drawn_by = getattr(variable, "__dict__", {}).get("_drawn_by")
    try:
        return plain(keras.initializers.serialize(drawn_by)) if drawn_by is not None else None
    except Exception:
        return None


class _Keeping:
    """The values of frozen weights that go with a record, up to a number of bytes."""

    def __init__(self, blobs: list[bytes], most_bytes: int) -> None:
        self._blobs, self._left = blobs, most_bytes
        self._known: dict[int, Array] = {}

    def values(self, variable: Any) -> Array | None:
        """Return a variable's values as an array of the blobs; None where there is no room for it."""
        if id(variable) not in self._known:
            array = np.asarray(variable)
            if array.nbytes > self._left or array.dtype.kind not in codec.NUMERIC_KINDS:
                return None
            self._left -= array.nbytes
            self._known[id(variable)] = codec.array_record(array, self._blobs)
        return self._known[id(variable)]


_keeping: _Keeping | None = None


@contextmanager
def keeping(blobs: list[bytes], most_bytes: int) -> Iterator[None]:
    """Have records of frozen layers hold the values of their weights, whose bytes are appended to `blobs`."""
    global _keeping
    _keeping = _Keeping(blobs, most_bytes)
    try:
        yield
    finally:
        _keeping = None


def kept(array: Any) -> Array | None:
    """Return the values of a frozen weight of another framework; None where they are not to be kept, or have no room.

    `array` is the weight's own, as its framework gives it: the same each time it is asked for.
    """
    try:
        return None if _keeping is None else _keeping.values(array)
    except (TypeError, RuntimeError):  # numbers that NumPy has no type for, or that lie on a device
        return None


def weights(operation: Any, identity: Identity) -> list[Weight]:
    """Return the weights of a layer, in Keras's order; none for a bare operation, or where Keras cannot say."""
    try:
        trainable = {id(variable) for variable in getattr(operation, "trainable_weights", ())}
        found = getattr(operation, "weights", ())
        records = [_weight(variable, id(variable) in trainable, identity) for variable in found]
        if _keeping is None or getattr(operation, "trainable", True):
            return records
        kept = zip(records, map(_keeping.values, found), strict=True)
        return [msgspec.structs.replace(record, values=values) for record, values in kept]
    except Exception:
        return []


def _weight(variable: Any, trainable: bool, identity: Identity) -> Weight:
    sizes = tuple(int(size) for size in variable.shape)
    return Weight(shape=sizes, dtype=_dtype(variable), trainable=trainable, identity=identity(variable))


def _dtype(variable: Any) -> str:
    dtype = variable.dtype
    return str(getattr(dtype, "name", dtype))[:MAX_NAME]


def count(variables: Iterable[Any]) -> int:
    """Return how many numbers `variables` hold, each variable counted once."""
    return sum(math.prod(variable.shape) for variable in {id(variable): variable for variable in variables}.values())


def plain(value: Any, depth: int = 0) -> object:
    """Return `value` as JSON values.

    Objects that Keras serialised keep their class name and configuration, arrays their numbers or a digest of them,
    functions a digest of their code, and anything else is the start of its repr, without the address in memory that
    would differ at every run.
    """
    if value is None or type(value) is str or type(value) is bool:  # what most settings are
        return value
    if isinstance(value, np.generic) or (hasattr(value, "__array__") and getattr(value, "shape", None) == ()):
        value = _item(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)  # and not a subclass of it, such as the types of numbers that student code is shown
    if isinstance(value, int) and abs(value) < 2**63:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if depth < MAX_DEPTH and isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in _first(value)]
    if depth < MAX_DEPTH and isinstance(value, dict):
        return _plain_dict(value, depth)
    return TENSOR if is_symbolic(value) else _object(value)


def _item(value: Any) -> Any:
    try:
        return np.asarray(value).item()
    except Exception:
        return value


def _object(value: Any) -> object:
    if hasattr(value, "__array__") and hasattr(value, "shape"):
        return _array(value)
    if callable(value) and not is_framework(type(value)):
        return _function(value)
    name = getattr(value, "name", None)
    if type(value).__module__.startswith("tensorflow") and type(value).__name__ == "DType":
        return str(name)
    return _cut_repr(value)


def _function(value: Any) -> object:
    if is_keras_own(value):
        return str(value.__name__)
    return {"class_name": "__function__", "config": {"code": code_digest(value)}}


def _array(value: Any) -> object:
    try:
        array = np.asarray(value)
    except Exception:
        return _cut_repr(value)
    config: dict[str, object] = {"shape": list(array.shape), "digest": array_digest(array)}
    if array.size <= MAX_NUMBERS and array.dtype.kind in "fiub":
        config["numbers"] = [plain(one) for one in array.ravel().tolist()]
    return {"class_name": "__array__", "config": config}


def is_symbolic(value: object) -> bool:
    """Say whether `value` is a KerasTensor, without importing Keras for it."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.KerasTensor)


def _plain_dict(value: dict[Any, Any], depth: int) -> object:
    name = value.get("class_name")
    if name == "function":
        return plain(value.get("config"), depth + 1)
    if name == "DTypePolicy":
        return plain(value["config"].get("name"))
    if "class_name" in value and "config" in value:
        value = {"class_name": name, "config": value["config"]}
    return {str(key): plain(item, depth + 1) for key, item in _first(value.items())}


def _cut_repr(value: object) -> str:
    try:
        return _ADDRESS.sub("", repr(value))[:MAX_REPR]
    except Exception:
        return f"<{type(value).__name__}>"


def _first(items: Iterable[Any]) -> list[Any]:
    return list(items)[:MAX_ITEMS]
