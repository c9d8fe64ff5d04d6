"""Follows a Keras graph from its outputs back to its inputs, and records every call of a layer on the way.

Keras keeps, on each symbolic tensor, the call that made it (`_keras_history`) and on each call its arguments: that is
all this module reads. Models nested in the graph are unfolded where they stand. Layers of the student's own, Lambdas,
and functions given as activations are called again on symbolic tensors (`keras_following`), and what they compute is
recorded in their place; what cannot be followed is recorded as a call of code that could not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from autograder.wire.messages import Graph
from autograder.worker.keras.arguments import accepted
from autograder.worker.keras.calls import call_of, calls_between, dress, entry, graph_ends, shape
from autograder.worker.keras.following import followed
from autograder.worker.keras.functions import code_digest, is_framework, plain_function
from autograder.worker.keras.own import (
    bases_recorded,
    holds_own_code,
    is_students,
    own_cell,
    students_activation,
    without_activation,
)
from autograder.worker.keras.recorded import Known, Recorded, Source, TooManyLayers
from autograder.worker.keras.records import (
    class_name,
    configuration,
    input_record,
    is_symbolic,
    keras_class,
    layer_record,
    origin,
)
from autograder.worker.keras.symbols import BATCH, is_variable, stand_in
from autograder.worker.keras.told import is_live
from autograder.worker.readings import slots

ACTIVATED = ("Dense", "EinsumDense", "Activation", "Conv", "DepthwiseConv", "SeparableConv")
"""Layers, by how their names begin, whose last step is their activation."""


class Trail(Recorded):
    """Follows graphs and student code, and records the calls it meets, in call order."""

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
        return [source for tensor in outputs if (source := self.source(tensor, known)) is not None]

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

    # --- One call ---

    def _record_call(self, call: Any, known: Known) -> None:
        import keras

        operation = call.operation
        if isinstance(operation, (keras.Model, keras.Function)):
            sources = self._unfolded(call, known)
        elif _is_opened(operation):
            sources = self._opened(call, known)
        else:
            sources = self._layer(call, known)
        self.learn(call.outputs, sources, known)

    def _layer(self, call: Any, known: Known) -> list[Source]:
        """Record a call of Keras's own; a function of the student's as its activation is followed after it."""
        layer = getattr(call.operation, "autograder_layer", call.operation)
        cell = own_cell(layer)
        if cell is not None:
            return self._recurrent(layer, cell, call, known)
        if holds_own_code(layer):
            return self._closed(layer, call, known, ValueError("a layer in it is not Keras's"))
        activation = students_activation(layer)
        if activation is None or not class_name(call.operation).startswith(ACTIVATED):
            return self._plainly(call, known, functions=self._functions(layer, call))
        with without_activation(layer):
            (made, *_) = self._plainly(call, known)
        tensor = call.outputs[0]
        try:
            between = stand_in(tensor)
            self.learn([between], [made], known)
            with self.inside(None):
                return self.run(activation, (between,), {}, known)[:1]
        except TooManyLayers:
            raise
        except Exception as error:
            code: dict[str, object] = {"code": code_digest(activation)}
            position = self.add(self.unread(activation, code, [made], [shape(tensor)], call, error))
            return [(position, 0)]

    def _recurrent(self, layer: Any, cell: Any, call: Any, known: Known) -> list[Source]:
        """Record a recurrent layer by what its cell computes at each step; that it cannot be read, where it cannot."""
        import keras

        sizes = call.input_tensors[0].shape[2:] if call.input_tensors else ()
        of_sizes = lambda size: keras.KerasTensor((BATCH, *(size if isinstance(size, tuple) else (size,))))  # noqa: E731
        states = keras.tree.map_structure(of_sizes, list(keras.tree.flatten(cell.state_size)))
        given = keras.tree.pack_sequence_as(_listed(cell.state_size), states)
        found: dict[str, Graph] = {}
        tensor = keras.KerasTensor((BATCH, *sizes))
        failed = self._learn_function(found, "cell", cell, tensor, *states, args=(tensor, given))
        return (
            self._plainly(call, known, functions=found) if failed is None else self._closed(layer, call, known, failed)
        )

    def _closed(self, layer: Any, call: Any, known: Known, why: Exception) -> list[Source]:
        """Record a layer of Keras's around code of the student's that cannot be read: equal to one of the same code."""
        inside = [(type(one), _state(one)) for one in layer._flatten_layers(include_self=False)]
        said = [class_name(layer), _nameless(configuration(layer)), inside]
        code: dict[str, object] = {"code": code_digest(said)}
        inputs, _ = self.taken(call, known)
        position = self.add(self.unread(layer, code, inputs, [shape(one) for one in call.outputs], call, why))
        return [(position, slot) for slot in range(len(call.outputs))]

    def _plainly(self, call: Any, known: Known, **fields: Any) -> list[Source]:
        inputs, arguments = self.taken(call, known)
        record = layer_record(
            call.operation,
            identity=self.identity,
            inputs=[position for position, _ in inputs],
            slots=slots(inputs),
            arguments=arguments,
            input_shapes=[self.shape_of(source) for source in inputs],
            output_shapes=[shape(tensor) for tensor in call.outputs],
            training=self.training_of(call),
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
            if is_students(function) and origin(layer) == "keras":
                self._learn_function(found, name, function, keras.KerasTensor((BATCH, 7)))
        inner = getattr(layer, "layer", None)
        if inner is None:
            return found
        opaque = isinstance(inner, keras.Model) or not is_framework(type(inner)) or class_name(inner) == "Lambda"
        if class_name(layer) == "TimeDistributed" and opaque:
            sizes = call.input_tensors[0].shape[2:] if call.input_tensors else ()
            self._learn_function(found, "layer", inner, keras.KerasTensor((BATCH, *sizes)))
        return found

    def _learn_function(
        self, found: dict[str, Graph], name: str, function: Any, *tensors: Any, args: tuple[Any, ...] = ()
    ) -> Exception | None:
        """Record what a function computes of tensors; where it cannot be followed, its code's digest has to do.

        `args` are what it is called with, where that is not the tensors one by one. Returns why it cannot be followed.
        """
        trail = Trail(self._identities, training=self.training, seed=self._seed)
        known: Known = {}
        try:
            trail.start(tensors, known)
            with bases_recorded(function) if args else nullcontext():
                ends = trail.run(getattr(function, "call", function) if args else function, args or tensors, {}, known)
        except Exception as error:
            return error
        self._kept.append(trail)
        self.code.extend(trail.code)
        found[name] = Graph(trail.layers, [position for position, _ in ends], slots(ends))
        return None

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
        with self.inside(self.training_of(call)):
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
                training = self.training_of(call)
                told = self.training if training is None else training
                with self.inside(training, class_name(layer)), bases_recorded(layer):
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
        inputs, _ = self.taken(call, known)
        position = self.add(self.unread(layer, said, inputs, [shape(one) for one in call.outputs], call, error))
        return [(position, slot) for slot in range(len(call.outputs))]

    # --- What a call takes ---

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


def _nameless(config: Any) -> Any:
    """Return a configuration without the names that Keras numbers."""
    if isinstance(config, dict):
        return {key: _nameless(value) for key, value in config.items() if key != "name"}
    return [_nameless(one) for one in config] if isinstance(config, list) else config


def _is_opened(operation: Any) -> bool:
    """Whether what an operation computes is its author's: of a layer of one's own, and of a Lambda."""
    cls = keras_class(operation)
    return class_name(operation, cls) == "Lambda" or origin(operation, cls) == "custom"


def _listed(sizes: Any) -> Any:
    """Return what a cell says of its states as the list of them that it is called with."""
    return (
        [_listed(one) if isinstance(one, (list, tuple)) else one for one in sizes]
        if isinstance(sizes, (list, tuple))
        else [sizes]
    )


def _state(layer: Any) -> object:
    """What plain values the code of a layer may read from it."""
    plainly = (bool, int, float, str, tuple, list)
    return {
        key: value
        for key, value in vars(layer).items()
        if not key.startswith("_") and key not in ("name", "built", "trainable") and isinstance(value, plainly)
    }
