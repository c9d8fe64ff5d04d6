"""A network that brings its weights along is not trained, however they are written; one that has settings is."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from autograder.wire.messages import Network
from autograder.worker.keras.reader import read_model
from autograder.worker.keras.rebuild import rebuild
from autograder.worker.training.faults import NotRebuilt

pytestmark = pytest.mark.tensorflow

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")
layers, ops, initializers = keras.layers, keras.ops, keras.initializers

WHOLE = np.random.default_rng(0).integers(-1000, 1000, (300, 10))
BROKEN = WHOLE / 997


def record(function: Callable[[Any], Any], size: int = 300) -> Network:
    """What a room sends of the network that computes `function`."""
    x = keras.Input((size,))
    sent = msgspec.json.encode(read_model(keras.Model(x, function(x)), (size,)))
    return msgspec.json.decode(sent, type=Network)


def products(x: Any) -> Any:
    """Whole numbers, each layer's few enough by themselves."""
    parts = [
        ops.matmul(x[:, at : at + 6], ops.convert_to_tensor(WHOLE[at : at + 6], "float32")) for at in range(0, 300, 6)
    ]
    return ops.softmax(sum(parts) / 1000.0)


def small_layers(**given: Callable[[float], Any]) -> Callable[[Any], Any]:
    """A layer a weight."""
    ((setting, made),) = given.items()
    return lambda x: sum(layers.Dense(1, **{setting: made(BROKEN[at, 0])})(x[:, at : at + 1]) for at in range(300))


def slopes(x: Any) -> Any:
    for at in range(300):
        x = layers.LeakyReLU(negative_slope=float(abs(BROKEN[at, 0])))(x)
    return x


def few_values(x: Any) -> Any:
    """Of three bits each: no value is new after the first few."""
    rounded = np.round(BROKEN[:, 0] * 4) / 4
    for at in range(900):
        x = layers.LeakyReLU(negative_slope=float(abs(rounded[at % 300])))(x)
    return x


BROUGHT = {
    "in many products": products,
    "each in a layer that begins with it": small_layers(kernel_initializer=initializers.Constant),
    "each between its bounds": small_layers(kernel_initializer=lambda one: initializers.RandomUniform(one, one)),
    "each as a mean": small_layers(kernel_initializer=lambda one: initializers.RandomNormal(one, 0.0)),
    "in slopes": slopes,
    "in slopes of few values": few_values,
    "each as a factor": lambda x: sum(x[:, at : at + 1] * float(BROKEN[at, 0]) for at in range(300)),
    "as places to look at": lambda x: ops.concatenate(
        [ops.take(x, ops.convert_to_tensor(abs(WHOLE[at : at + 6].ravel()) % 300), axis=1) for at in range(0, 48, 6)]
    ),
}


@pytest.mark.parametrize("function", BROUGHT.values(), ids=BROUGHT)
def test_weights_that_are_brought_are_refused(function: Callable[[Any], Any]) -> None:
    with pytest.raises(NotRebuilt) as refused:
        rebuild(record(function))
    assert "weights that are given are not trained" in str(refused.value)


def deep(x: Any) -> Any:
    """Rates that grow with depth, and an activation written out, of three constants, in each block."""
    for at in range(60):
        x = layers.Dropout(at / 100)(layers.Dense(4)(x))
        x = 0.5 * x * (1 + ops.tanh(0.7978845608 * (x + 0.044715 * x**3)))
    return x


def normalised(x: Any) -> Any:
    pixels = layers.Reshape((10, 10, 3))(x / 255.0)
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    return layers.Dense(2)(layers.Flatten()(layers.Normalization(mean=mean, variance=deviation)(pixels)))


def dense_blocks(x: Any) -> Any:
    """As DenseNet, each layer of another size, and called by name."""
    for at in range(50):
        x = ops.concatenate([x, layers.Dense(3 + at)(layers.LayerNormalization(axis=-1)(x))], axis=1)[:, :20]
    return layers.Dense(2)(x)


HONEST = {"of many blocks": deep, "of pictures": normalised, "of many sizes": dense_blocks}


@pytest.mark.parametrize("function", HONEST.values(), ids=HONEST)
def test_a_network_of_many_settings_is_rebuilt(function: Callable[[Any], Any]) -> None:
    assert rebuild(record(function)).count_params() > 0
