"""What is written of settings without Keras's serialiser is what it would have written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest

pytest.importorskip("tensorflow")
keras: Any = pytest.importorskip("keras")

from keras import constraints, initializers, layers, regularizers  # noqa: E402

from autograder.worker.keras import records as keras_records  # noqa: E402

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore")]


class Penalty(regularizers.Regularizer):  # type: ignore[misc]
    def __call__(self, x: Any) -> Any:
        return 0.1 * x

    def get_config(self) -> dict[str, object]:
        return {"factor": 0.1}


class Square(initializers.GlorotUniform):  # type: ignore[misc]
    pass


def relu(x: Any) -> Any:
    return 0 * x


def with_a_lie() -> Any:
    layer = layers.Dense(3)
    layer.kernel_initializer.get_config = lambda: {"seed": 7, "more": [1, 2]}
    return layer


LAYERS: dict[str, Callable[[], Any]] = {
    "defaults": lambda: layers.Conv2D(4, 3),
    **{
        name: partial(layers.Dense, 3, kernel_initializer=name)
        for name in ("glorot_normal", "he_uniform", "lecun_normal", "orthogonal", "zeros", "random_uniform", "identity")
    },
    "settings of initializers": lambda: layers.Dense(
        3, kernel_initializer=initializers.VarianceScaling(2.0, "fan_out")
    ),
    "an array": lambda: layers.Dense(3, bias_initializer=initializers.Constant([1.0, 2.0, 3.0])),
    "a seed that is shared": lambda: layers.Dense(
        3, kernel_initializer=initializers.GlorotUniform(keras.random.SeedGenerator(1))
    ),
    "one's own": lambda: layers.Dense(3, kernel_initializer=Square(), kernel_regularizer=Penalty()),
    "regularizers": lambda: layers.Dense(
        3,
        kernel_regularizer=regularizers.L1L2(0.1, 0.2),
        bias_regularizer="l2",
        activity_regularizer=regularizers.OrthogonalRegularizer(),
    ),
    "constraints": lambda: layers.Dense(
        3, kernel_constraint=constraints.MaxNorm(2), bias_constraint=constraints.NonNeg()
    ),
    "types": lambda: layers.Dense(3, dtype="mixed_float16"),
    "activations": lambda: layers.Dense(3, activation="leaky_relu"),
    "an activation of one's own": lambda: layers.Dense(3, activation=relu),
    "a layer as activation": lambda: layers.Dense(3, activation=layers.LeakyReLU(0.3)),
    "layers in layers": lambda: layers.Bidirectional(layers.LSTM(3, recurrent_regularizer="l2")),
    "cells": lambda: layers.RNN([layers.GRUCell(2), layers.LSTMCell(3)]),
    "normalization": lambda: layers.BatchNormalization(beta_initializer="ones"),
    "attention": lambda: layers.MultiHeadAttention(2, 3, kernel_initializer="he_normal"),
    "embedding": lambda: layers.Embedding(5, 2, embeddings_constraint="unit_norm"),
    "a lie": with_a_lie,
}


@pytest.mark.parametrize("name", LAYERS)
def test_it_is_what_keras_writes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = LAYERS[name]()
    written = keras_records.configuration(layer)
    monkeypatch.setattr(keras_records, "plainly", nullcontext)
    assert written == keras_records.configuration(layer)
