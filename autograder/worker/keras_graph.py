"""Follows a Keras graph from its outputs back to its inputs, and records every call of a layer on the way.

Keras keeps, on each symbolic tensor, the call that made it (`_keras_history`) and on each call its arguments: that is
all this module reads. Models nested in the graph are unfolded where they stand. Layers of the student's own, Lambdas,
and functions given as activations are called again on symbolic tensors (`keras_following`), and what they compute is
recorded in their place; what cannot be followed is recorded as a call of code that could not.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograder.wire.messages import Graph, Layer, Shape
from autograder.worker import keras_following
from autograder.worker.errors import told
from autograder.worker.keras_following import (
    BATCH,
    followed,
    is_live,
    is_variable,
    plain_function,
    stand_in,
    training_told,
)
from autograder.worker.keras_functions import code_digest, is_framework, is_keras_own
from autograder.worker.keras_pristine import ORIGINAL
from autograder.worker.keras_records import (
    MAX_NAME,
    class_name,
    constant_record,
    input_record,
    is_symbolic,
    keras_class,
    layer_record,
    origin,
    plain,
    variable_record,
    weights,
)
from autograder.worker.keras_tensorflow import keras_words, signature_of, symbolic_function

MAX_LAYERS = 2000
"""Calls recorded of one network."""
MAX_REASON = 200
"""Characters kept of why code could not be followed."""
MAX_INSIDE = 40
"""Layers of the student's own within one another."""
UNTOLD = ("training", "name")
"""Arguments of a call that are no part of its inputs: the one is recorded apart, the other says nothing."""
ACTIVATED = ("Dense", "EinsumDense", "Activation", "Conv", "DepthwiseConv", "SeparableConv")
"""Layers, by how their names begin, whose last step is their activation."""

Source = tuple[int, int]
"""A call by its position, and which of its outputs."""
Known = dict[int, Source]
"""What made each tensor, by the tensor's id."""


class TooManyLayers(Exception):
    """The network has more than MAX_LAYERS calls."""


class Trail:
    """The calls recorded so far, in call order.

    The tensors of `Known` dictionaries are kept for as long as the trail, so that no id is used twice.
    """

    def __init__(self, identities: dict[int, int], *, training: bool = True, seed: int = 0) -> None:
        """`identities` numbers objects, and may be shared by trails of one model.

        `training` is what student code is told, and `seed` that of the numbers it is shown if it asks for some.
        """
        self.layers: list[Layer] = []
        self.losses: list[int] = []
        self.notes: list[str] = []
        self.nested: list[str] = []
        """How the models met on it were written, each way once."""
        self.code: list[Callable[..., Any]] = []
        """The student's functions and methods that were followed."""
        self._identities = identities
        self.training, self._seed = training, seed
        self._forced: bool | None = None
        self._within = ""
        self._depth = 0
        self._variables: dict[int, int] = {}
        self._kept: list[object] = []

    def start(self, tensors: Sequence[Any], known: Known) -> None:
        """Record `tensors` as inputs of the network."""
        for tensor in tensors:
            call = call_of(tensor)
            if call is not None and call.is_input:
                self.follow([tensor], known)
                continue
            name = str(getattr(tensor, "name", "input"))
            position = self.add(input_record(name, shape(tensor), self.identity(tensor)))
            self.learn([tensor], [(position, 0)], known)

    def follow(self, outputs: Sequence[Any], known: Known) -> list[Source]:
        """Record the calls between tensors in `known` and `outputs`; return what makes `outputs`."""
        for call in calls_between(known, outputs):
            self._record_call(call, known)
        return [source for tensor in outputs if (source := self._source(tensor, known)) is not None]

    def run(self, function: Callable[..., Any], args: Any, kwargs: Any, known: Known) -> list[Source]:
        """Record what student code computes of tensors in `known`; return what makes its outputs.

        Raises whatever the code raises, and ValueError where it returns anything but symbolic tensors.
        """
        import keras

        function = plain_function(function)
        self.code.append(function)
        with followed(self._seed) as seen:
            outputs = keras.tree.flatten(function(*args, **kwargs))
        self._kept.append(seen)
        if not outputs or not all(is_symbolic(tensor) or is_variable(tensor) for tensor in outputs):
            raise ValueError("its outputs are not symbolic tensors")
        sources = self.follow(outputs, known)
        self.losses.extend(position for position, _ in self.follow(seen.losses, known))
        return sources

    def add(self, record: Layer) -> int:
        """Append `record` and return its position. Raise TooManyLayers where it would be one too many."""
        if len(self.layers) >= MAX_LAYERS:
            raise TooManyLayers
        self.layers.append(record)
        return len(self.layers) - 1

    def identity(self, operation: object) -> int:
        """Return the number that stands for this very object."""
        self._kept.append(operation)
        return self._identities.setdefault(id(operation), len(self._identities))

    @property
    def variables(self) -> list[Any]:
        """Every weight that was met."""
        found = {id(one): one for one in self._kept if is_variable(one)}
        return list(found.values())

    def learn(self, tensors: Sequence[Any], sources: Sequence[Source], known: Known) -> None:
        """Remember what made `tensors`."""
        self._kept.extend(tensors)
        known.update((id(tensor), source) for tensor, source in zip(tensors, sources, strict=False))

    # --- One call ---

    def _record_call(self, call: Any, known: Known) -> None:
        import keras

        operation = call.operation
        if isinstance(operation, (keras.Model, keras.Function)):
            sources = self._unfolded(call, known)
        elif class_name(operation) == "Lambda" or origin(operation) == "custom":
            sources = self._opened(call, known)
        else:
            sources = self._layer(call, known)
        self.learn(call.outputs, sources, known)

    def _layer(self, call: Any, known: Known) -> list[Source]:
        """Record a call of Keras's own; a function of the student's as its activation is followed after it."""
        layer = getattr(call.operation, "autograder_layer", call.operation)
        activation = _students_activation(layer)
        if activation is None or not class_name(call.operation).startswith(ACTIVATED):
            return self._plainly(call, known, functions=self._functions(layer, call))
        with _without_activation(layer):
            (made, *_) = self._plainly(call, known)
        tensor = call.outputs[0]
        try:
            between = stand_in(tensor)
            self.learn([between], [made], known)
            with self._inside(None):
                return self.run(activation, (between,), {}, known)[:1]
        except TooManyLayers:
            raise
        except Exception as error:
            code: dict[str, object] = {"code": code_digest(activation)}
            position = self.add(self._unread(activation, code, [made], [shape(tensor)], call, error))
            return [(position, 0)]

    def _plainly(self, call: Any, known: Known, **fields: Any) -> list[Source]:
        inputs, arguments = self._taken(call, known)
        record = layer_record(
            call.operation,
            identity=self.identity,
            inputs=[position for position, _ in inputs],
            slots=_slots(inputs),
            arguments=arguments,
            input_shapes=[self.shape_of(source) for source in inputs],
            output_shapes=[shape(tensor) for tensor in call.outputs],
            training=self._training_of(call),
            within=self._within,
            **fields,
        )
        position = self.add(record)
        return [(position, slot) for slot in range(len(call.outputs))]

    def _functions(self, layer: Any, call: Any) -> dict[str, Graph]:
        """Return what the student's functions inside a layer compute: the activations of an LSTM."""
        import keras

        found: dict[str, Graph] = {}
        cell = getattr(layer, "cell", layer)
        for name in ("activation", "recurrent_activation"):
            function = vars(cell).get(name)
            if _is_students(function) and origin(layer) == "keras":
                self._learn_function(found, name, function, keras.KerasTensor((BATCH, 7)))
        inner = getattr(layer, "layer", None)
        opaque = isinstance(inner, keras.Model) or not is_framework(type(inner)) or class_name(inner) == "Lambda"
        if class_name(layer) == "TimeDistributed" and opaque:
            sizes = call.input_tensors[0].shape[2:] if call.input_tensors else ()
            self._learn_function(found, "layer", inner, keras.KerasTensor((BATCH, *sizes)))
        return found

    def _learn_function(self, found: dict[str, Graph], name: str, function: Any, tensor: Any) -> None:
        """Record what a function computes of one tensor; where it cannot be followed, its code's digest has to do."""
        trail = Trail(self._identities, training=self.training, seed=self._seed)
        known: Known = {}
        try:
            trail.start([tensor], known)
            ends = trail.run(function, (tensor,), {}, known)
        except Exception:
            return
        self._kept.append(trail)
        self.code.extend(trail.code)
        found[name] = Graph(trail.layers, [position for position, _ in ends])

    # --- Models and layers that hold others ---

    def _unfolded(self, call: Any, known: Known) -> list[Source]:
        """Record what happens inside a model that was called."""
        if (written := dress(call.operation)) not in self.nested:
            self.nested.append(written)
        ends = graph_ends(call.operation)
        if ends is None:
            return self._opened(call, known)
        inputs, outputs = ends
        tensors = call.input_tensors
        inside = {
            id(inner): known[id(outer)] for inner, outer in zip(inputs, tensors, strict=False) if id(outer) in known
        }
        with self._inside(self._training_of(call)):
            return self.follow(outputs, inside)

    def _opened(self, call: Any, known: Known) -> list[Source]:
        """Record what the code of a layer of the student's own computes; that it cannot be read, where it cannot."""
        layer = call.operation
        code = layer.call if is_live(call) else entry(layer)
        start, losses = len(self.layers), len(self.losses)
        error: Exception | None = None
        for stand in (stand_in, None):
            try:
                args, kwargs = self._standing(call.arguments.args, call.arguments.kwargs, stand, known)
                training = self._training_of(call)
                told = self.training if training is None else training
                with self._inside(training, class_name(layer)), _bases_recorded(layer):
                    sources = self.run(code, args, accepted(code, kwargs, args, training=told), known)
                if len(sources) == len(call.outputs):
                    return sources
                error = ValueError("its outputs are not those it had when it was called")
            except TooManyLayers:
                raise
            except Exception as raised:
                error = raised
            del self.layers[start:], self.losses[losses:]
            self._variables = {key: value for key, value in self._variables.items() if value < start}
        assert error is not None
        function = getattr(layer, "function", code)
        said: dict[str, object] = {"code": code_digest([function, getattr(layer, "arguments", None), _state(layer)])}
        inputs, _ = self._taken(call, known)
        position = self.add(self._unread(layer, said, inputs, [shape(one) for one in call.outputs], call, error))
        return [(position, slot) for slot in range(len(call.outputs))]

    def _unread(
        self, what: Any, code: dict[str, object], inputs: list[Source], made: list[Shape], call: Any, error: Exception
    ) -> Layer:
        return Layer(
            name=str(getattr(what, "name", ""))[:MAX_NAME],
            cls=(class_name(what) if hasattr(what, "call") else getattr(what, "__name__", type(what).__name__))[
                :MAX_NAME
            ],
            origin="custom",
            config=code,
            inputs=[position for position, _ in inputs],
            slots=_slots(inputs),
            input_shapes=[self.shape_of(source) for source in inputs],
            output_shapes=made,
            weights=weights(what, self.identity),
            trainable=bool(getattr(what, "trainable", True)),
            identity=self.identity(what),
            training=self._training_of(call),
            within=self._within,
            unreadable=reason(error),
        )

    @contextmanager
    def _inside(self, forced: bool | None, within: str = "") -> Iterator[None]:
        """What is called meanwhile is called inside another, which is trained or not."""
        before = self._forced, self._within
        self._depth += 1
        if self._depth > MAX_INSIDE:
            raise TooManyLayers
        if forced is not None:
            self._forced = forced
        self._within = within[:MAX_NAME] or self._within
        try:
            yield
        finally:
            self._depth -= 1
            self._forced, self._within = before

    def _training_of(self, call: Any) -> bool | None:
        given = training_told(call)
        if given is None or isinstance(given, (bool, int)):
            return self._forced if given is None else bool(given)
        return None

    # --- What a call takes ---

    def _taken(self, call: Any, known: Known) -> tuple[list[Source], dict[str, object]]:
        """Return what a call takes, in the order of its parameters, and its arguments where that does not say all."""
        inputs: list[Source] = []

        def said_of(value: Any) -> object:
            if is_symbolic(value) or is_variable(value):
                source = self._source(value, known)
                if source is None:
                    return plain(value)
                inputs.append(source)
                return {"tensor": len(inputs) - 1}
            if isinstance(value, (list, tuple)) and any(_has_tensor(one) for one in value):
                return [said_of(one) for one in value]
            if isinstance(value, dict) and any(_has_tensor(one) for one in value.values()):
                return {str(key): said_of(one) for key, one in value.items()}
            return plain(value)

        arguments, names = _bound(call)
        said = {str(key)[:MAX_NAME]: said_of(value) for key, value in arguments.items()}
        return inputs, {} if _is_ordinary(said, names) else said

    def _source(self, tensor: Any, known: Known) -> Source | None:
        if id(tensor) in known:
            return known[id(tensor)]
        if is_variable(tensor):
            if id(tensor) not in self._variables:
                self._variables[id(tensor)] = self.add(variable_record(tensor, self.identity))
            return self._variables[id(tensor)], 0
        array = getattr(tensor, "autograder_constant", None)
        if array is None:
            return None
        source = self.add(constant_record(array, self.identity(tensor))), 0
        self.learn([tensor], [source], known)
        return source

    def shape_of(self, source: Source) -> Shape:
        """Return the shape of one output of a call."""
        position, slot = source
        shapes = self.layers[position].output_shapes
        return shapes[slot] if slot < len(shapes) else ()

    def _standing(self, args: Any, kwargs: Any, stand: Callable[[Any], Any] | None, known: Known) -> tuple[Any, Any]:
        """Return arguments whose tensors are stand-ins with a batch of known size, made by the same calls."""
        import keras

        def standing(value: Any) -> Any:
            if stand is None or not is_symbolic(value) or id(value) not in known:
                return value
            mask = getattr(value, "_keras_mask", None)
            other = stand(value)
            self.learn([other], [known[id(value)]], known)
            if mask is not None:
                self.follow([mask], known)
                other._keras_mask = standing(mask)
            return other

        return keras.tree.map_structure(standing, (args, kwargs))  # type: ignore[no-any-return]


def _slots(inputs: Sequence[Source]) -> list[int]:
    return [slot for _, slot in inputs] if any(slot for _, slot in inputs) else []


def _has_tensor(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_has_tensor(one) for one in value)
    return is_symbolic(value) or is_variable(value)


def _bound(call: Any) -> tuple[dict[str, Any], list[str]]:
    """Return a call's arguments by parameter, those left out that say nothing, and the names of the parameters."""
    args, kwargs = call.arguments.args, call.arguments.kwargs
    signature = signature_of(call.operation)
    try:
        assert signature is not None
        arguments = dict(signature.bind(*args, **kwargs).arguments)
        defaults = {key: one.default for key, one in signature.parameters.items()}
        names = list(signature.parameters)
        for one in signature.parameters.values():
            if one.kind is inspect.Parameter.VAR_KEYWORD:
                arguments.update(arguments.pop(one.name, {}))
    except (TypeError, AssertionError):
        arguments, defaults, names = {**{str(n): one for n, one in enumerate(args)}, **kwargs}, {}, []
    told = {key: value for key, value in arguments.items() if key not in UNTOLD and value is not None}
    told = {
        key: value for key, value in told.items() if _has_tensor(value) or not _is_default(value, defaults.get(key))
    }
    if hasattr(call.operation, "function") and hasattr(call.operation, "autograder_class_name"):
        told = keras_words(class_name(call.operation), told)
        names = ["x"] if "x" in told else [f"x{number}" for number in range(1, len(told) + 1)]
    return told, names


def _is_default(value: Any, default: Any) -> bool:
    return type(value) is type(default) and isinstance(value, (bool, int, float, str)) and value == default


def _is_ordinary(arguments: dict[str, object], names: Sequence[str]) -> bool:
    """Whether the first parameters take a tensor each, in order, or the only one a list of them."""
    values = list(arguments.values())
    if list(arguments) != list(names[: len(values)]):
        return False
    if len(values) == 1 and isinstance(values[0], list):
        return [one for one in values[0] if _place(one) is None] == []
    return all(_place(one) is not None for one in values)


def _place(value: object) -> object:
    return value.get("tensor") if isinstance(value, dict) and set(value) == {"tensor"} else None


def _state(layer: Any) -> object:
    """What plain values the code of a layer may read from it."""
    plainly = (bool, int, float, str, tuple, list)
    return {
        key: value
        for key, value in vars(layer).items()
        if not key.startswith("_") and key not in ("name", "built", "trainable") and isinstance(value, plainly)
    }


def _students_activation(layer: Any) -> Any:
    function = getattr(layer, "__dict__", {}).get("activation")
    return function if _is_students(function) else None


def _is_students(function: Any) -> bool:
    """Whether it is a function that Keras does not know by its name: a student's, TensorFlow's, a layer of weights."""
    import keras

    if function is None or not callable(function) or is_keras_own(function):
        return False
    return not isinstance(function, keras.layers.Layer) or bool(function.weights) or not is_framework(type(function))


@contextmanager
def _without_activation(layer: Any) -> Iterator[None]:
    """A function that Keras cannot serialise would cost the whole configuration."""
    import keras

    before = layer.activation
    object.__setattr__(layer, "activation", keras.activations.linear)
    try:
        yield
    finally:
        object.__setattr__(layer, "activation", before)


@contextmanager
def _bases_recorded(layer: Any) -> Iterator[None]:
    """While the code of a subclass of a Keras layer runs, `super().call(x)` is a call of that Keras layer."""
    base = next((one for one in type(layer).__mro__ if is_framework(one) and "call" in vars(one)), None)
    if base is None or base.__name__ in ("Layer", "Lambda", "Model", "Sequential", "Functional", "Operation"):
        yield
        return
    original = vars(base)["call"]

    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self is not layer or not keras_following.is_open():
            return original(self, *args, **kwargs)
        operation = symbolic_function(original.__get__(self), base.__name__)
        operation.autograder_layer, operation.autograder_base = layer, base
        return operation.symbolic_call(*args, **kwargs)

    setattr(recorded, ORIGINAL, original)
    base.call = recorded  # type: ignore[attr-defined]
    try:
        yield
    finally:
        base.call = original  # type: ignore[attr-defined]


# --- Graphs -----------------------------------------------------------------------------------------------------------


def calls_between(known: Container[int], outputs: Sequence[Any]) -> Iterator[Any]:
    """Yield the calls that lead from tensors in `known` to `outputs`, each after those it depends on.

    `known` may grow between two calls. Without recursion, so that depth is no limit.
    """
    seen: set[int] = set()
    waiting = [(tensor, False) for tensor in reversed(outputs)]
    while waiting:
        tensor, parents_done = waiting.pop()
        call = call_of(tensor)
        if parents_done:
            yield call
        elif call is not None and id(tensor) not in known and id(call) not in seen:
            seen.add(id(call))
            waiting.append((tensor, True))
            waiting.extend((parent, False) for parent in reversed(call.input_tensors))


def call_of(tensor: Any) -> Any:
    """Return the call (Keras: the node) that made a symbolic tensor; None for one that comes from nowhere."""
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        return None
    return history.operation._inbound_nodes[history.node_index]


def graph_ends(model: Any) -> tuple[list[Any], list[Any]] | None:
    """Return the symbolic inputs and outputs of a functional or built Sequential model, None for any other."""
    import keras

    if not isinstance(model, (keras.Function, keras.Sequential)):
        return None
    if not _runs_its_graph(model):  # a student's own `call` is what would run
        return None
    try:
        inputs, outputs = list(model.inputs), list(model.outputs)
        levels = getattr(model, "_functional", model)._nodes_by_depth.values()
    except AttributeError:  # a Sequential that has no input shape yet
        return None
    run = {id(call) for level in levels for call in level}
    if all(id(call) in run for call in calls_between({id(one) for one in inputs}, outputs)):
        return inputs, outputs
    return None  # its outputs are another's: what it runs is something else


def dress(model: Any) -> str:
    """Return how a model was written: what runs is a list of layers, a graph, or the `call` of a class of its own."""
    import keras

    if _runs_its_graph(model):
        if isinstance(model, keras.Sequential):
            return "Sequential"
        if isinstance(model, keras.Function):
            return "Functional"
    return type(model).__name__[:MAX_NAME]


def _runs_its_graph(model: Any) -> bool:
    if {"call", "__call__"} & set(vars(model)):
        return False
    base = keras_class(model)
    return is_framework(base) or all(
        is_framework(next(one for one in type(model).__mro__ if name in vars(one))) for name in ("call", "__call__")
    )


def entry(operation: Any) -> Callable[..., Any]:
    """Return what runs when a layer or a model is called: its `call`, or the `__call__` of a class of the student's."""
    owner = next(one for one in type(operation).__mro__ if "__call__" in vars(one))
    if is_framework(owner):
        return operation.call  # type: ignore[no-any-return]
    return vars(owner)["__call__"].__get__(operation)  # type: ignore[no-any-return]


def accepted(function: Callable[..., Any], kwargs: dict[str, Any], args: Any, *, training: bool) -> dict[str, Any]:
    """Return the named arguments that `function` takes, `training` set where it is one of them.

    Keras drops a `training` or `mask` that a call does not take, so students pass them on anyway; some write
    `training` without a default, and some apply Dropout only `if training`.
    """
    taken = inspect.signature(plain_function(function)).parameters
    passed = {key: value for key, value in kwargs.items() if key in taken or key not in ("training", "mask", "name")}
    positional = [one for one in taken.values() if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD][: len(args)]
    given = {one.name for one in positional}
    if "training" in taken and "training" not in given:
        passed["training"] = training
    mask = getattr(args[0], "_keras_mask", None) if args else None
    if "mask" in taken and "mask" not in passed and "mask" not in given and mask is not None:
        passed["mask"] = mask
    return passed


def reason(error: Exception) -> str:
    """Return the kind of an error, and the start of what it says."""
    return f"{type(error).__name__}: {told(error)}"[:MAX_REASON]


def shape(tensor: Any) -> Shape:
    """Return the shape of a tensor, open dimensions None. The batch that student code is followed on is open."""
    sizes = tuple(None if size is None else int(size) for size in tensor.shape)
    if sizes and sizes[0] is not None and sizes[0] % BATCH == 0 and sizes[0]:
        return (None, *sizes[1:])
    return sizes if is_symbolic(tensor) else (None, *sizes[1:])
