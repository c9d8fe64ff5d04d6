"""What was recorded of a network so far: which call made each tensor, which number stands for an object."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograder.wire.messages import Layer, Shape
from autograder.worker.errors import reason
from autograder.worker.keras.arguments import bound, has_tensor, is_ordinary
from autograder.worker.keras.records import (
    MAX_NAME,
    class_name,
    constant_record,
    is_symbolic,
    origin,
    plain,
    variable_record,
    weights,
)
from autograder.worker.keras.symbols import is_variable
from autograder.worker.keras.told import training_told
from autograder.worker.readings import slots

_DRAWS = re.compile(r"Dropout|Random[A-Z][a-z]+")
MAX_LAYERS = 2000
"""Calls recorded of one network."""
MAX_INSIDE = 40
"""Layers of the student's own within one another."""

Source = tuple[int, int]
"""A call by its position, and which of its outputs."""
Known = dict[int, Source]
"""What made each tensor, by the tensor's id."""


class TooManyLayers(Exception):
    """The network has more than MAX_LAYERS calls."""


class Recorded:
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

    @contextmanager
    def inside(self, forced: bool | None, within: str = "") -> Iterator[None]:
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

    def training_of(self, call: Any) -> bool | None:
        """Return whether a call is trained for good, None where it is as the network is."""
        if _DRAWS.fullmatch(class_name(call.operation)) and origin(call.operation) == "operation":
            return True  # tf.nn.dropout drops whenever it is called, and numbers are drawn
        given = training_told(call)
        if given is None or isinstance(given, (bool, int)):
            return self._forced if given is None else bool(given)
        return None

    def taken(self, call: Any, known: Known) -> tuple[list[Source], dict[str, object]]:
        """Return what a call takes, in the order of its parameters, and its arguments where that does not say all."""
        inputs: list[Source] = []

        def said_of(value: Any) -> object:
            if is_symbolic(value) or is_variable(value):
                source = self.source(value, known)
                if source is None:
                    return plain(value)
                inputs.append(source)
                return {"tensor": len(inputs) - 1}
            if isinstance(value, (list, tuple)) and any(has_tensor(one) for one in value):
                return [said_of(one) for one in value]
            if isinstance(value, dict) and any(has_tensor(one) for one in value.values()):
                return {str(key): said_of(one) for key, one in value.items()}
            return plain(value)

        arguments, names = bound(call)
        said = {str(key)[:MAX_NAME]: said_of(value) for key, value in arguments.items()}
        return inputs, {} if is_ordinary(said, names) else said

    def source(self, tensor: Any, known: Known) -> Source | None:
        """Return what makes a tensor: a weight and a constant are recorded where they are first met."""
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

    def unread(
        self, what: Any, code: dict[str, object], inputs: list[Source], made: list[Shape], call: Any, error: Exception
    ) -> Layer:
        """Return the record of a call of student code that could not be followed, and why."""
        return Layer(
            name=str(getattr(what, "name", ""))[:MAX_NAME],
            cls=_called(what)[:MAX_NAME],
            origin="custom",
            config=code,
            inputs=[position for position, _ in inputs],
            slots=slots(inputs),
            input_shapes=[self.shape_of(source) for source in inputs],
            output_shapes=made,
            weights=weights(what, self.identity),
            trainable=bool(getattr(what, "trainable", True)),
            identity=self.identity(what),
            training=self.training_of(call),
            within=self._within,
            unreadable=reason(error),
        )


def _called(what: Any) -> str:
    return class_name(what) if hasattr(what, "call") else getattr(what, "__name__", type(what).__name__)
