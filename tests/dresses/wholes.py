"""The ways in which a list of steps becomes a model."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dresses import KerasLayer, KerasModel, Own, Part, Step, Wardrobe, tracked
from dresses.steps import in_a_row

IMAGE = (12, 12, 3)


def dressed(w: Wardrobe, steps: tuple[Step, ...]) -> Any:
    """Return the model of `steps`, called or built, in a dress drawn at random."""
    parts = in_a_row(w, steps, IMAGE[-1])
    whole = w.one(sequential, functional, subclassed, traced, by_attributes, nested, lazily, applied)
    return whole(w, parts)


def as_layer(part: Part) -> Any:
    part = tracked(part)
    return part if isinstance(part, keras.layers.Layer) else keras.layers.Lambda(part)


def run(parts: list[Part], x: Any) -> Any:
    for part in parts:
        x = part(x)
    return x


def symbolic(part: Part) -> Part:
    """A function of Keras's operations as it is; one of TensorFlow's, which Keras hands no symbol, in a layer."""

    def applied(x: Any) -> Any:
        try:
            return part(x)
        except ValueError as error:
            if "KerasTensor" not in str(error):
                raise
            return as_layer(part)(x)

    return applied


def called(model: Any) -> Any:
    model(np.zeros((2, *IMAGE), "float32"))
    return model


def sequential(w: Wardrobe, parts: list[Part]) -> Any:
    layers = [w.one(as_layer, Own)(part) for part in parts]
    if w.one(True, False):
        return keras.Sequential([keras.Input(IMAGE), *layers])
    model = keras.Sequential()
    model.add(keras.Input(shape=IMAGE))
    for layer in layers:
        model.add(layer)
    return model


def functional(_: Wardrobe, parts: list[Part]) -> Any:
    x = keras.Input(IMAGE)
    return keras.Model(x, run([symbolic(part) for part in parts], x))


def subclassed(_: Wardrobe, parts: list[Part]) -> Any:
    class Net(KerasModel):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.steps = [as_layer(part) for part in parts]

        def call(self, inputs: Any, training: Any = None) -> Any:
            return run(self.steps, inputs)

    return called(Net())


def traced(_: Wardrobe, parts: list[Part]) -> Any:
    class Net(KerasModel):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.first, self.rest = as_layer(parts[0]), [Own(part) for part in parts[1:]]

        @tf.function  # type: ignore[untyped-decorator]
        def call(self, x: Any) -> Any:
            return run(self.rest, self.first(x))

    return called(Net())


def by_attributes(_: Wardrobe, parts: list[Part]) -> Any:
    """Layers under names of their own, looked up by them."""

    class Net(KerasModel):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            for number, part in enumerate(parts):
                setattr(self, f"step{number}", as_layer(part))

        def call(self, x: Any) -> Any:
            for number in range(len(parts)):
                x = getattr(self, f"step{number}")(x)
            return x

    return called(Net())


def nested(w: Wardrobe, parts: list[Part]) -> Any:
    """Models within a model."""
    cut = w.draw.randrange(len(parts)) or 1
    head = functional(w, parts[:cut])
    tail = keras.Sequential([as_layer(part) for part in parts[cut:]] or [keras.layers.Identity()])
    return keras.Sequential([keras.Input(IMAGE), head, tail])


def lazily(_: Wardrobe, parts: list[Part]) -> Any:
    """One layer of the student's own, its sublayers taken up in `build`."""

    class Body(KerasLayer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.blocks = {f"b{number}": as_layer(part) for number, part in enumerate(parts)}
            self.built = True

        def call(self, x: Any) -> Any:
            return run(list(self.blocks.values()), x)

    x = keras.Input(IMAGE)
    return keras.Model(inputs=x, outputs=Body()(x))


def applied(_: Wardrobe, parts: list[Part]) -> Any:
    """A function of everything, called by a partial."""
    x = keras.Input(IMAGE)
    return keras.Model(x, partial(run, [Own(part) for part in parts])(x))
