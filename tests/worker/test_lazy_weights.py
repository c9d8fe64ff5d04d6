"""Weights drawn late are the weights drawn at once: compared in one process, before and after."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from autograder.worker import lazy_weights

def build():
    keras.utils.set_random_seed(7)
    model = keras.Sequential([
        keras.Input((8, 8, 3)),
        layers.Conv2D(4, 3, kernel_initializer="he_normal"),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(5, kernel_initializer=keras.initializers.RandomNormal(seed=3)),
        layers.Dense(2, kernel_initializer=keras.initializers.GlorotUniform(seed=keras.random.SeedGenerator(4))),
    ])
    model.compile("adam", "mse")
    return model

def losses(model):
    x = np.linspace(0, 1, 16 * 192).reshape(16, 8, 8, 3)
    return model.fit(x, np.zeros((16, 2)), epochs=2, verbose=0).history["loss"]

at_once = build().get_weights()
trained_at_once = losses(build())

assert lazy_weights.install()
model = build()
pending = [variable for variable in model.variables if "_pending_initializer" in vars(variable)]
assert len(pending) > 5, "nothing was put off"
assert model.count_params() == sum(weight.size for weight in at_once)
assert len([v for v in model.variables if "_pending_initializer" in vars(v)]) == len(pending), "counting drew weights"
backwards = [variable.numpy() for variable in reversed(model.weights)][::-1]
for early, late in zip(at_once, backwards):
    np.testing.assert_array_equal(early, late)
np.testing.assert_allclose(losses(build()), trained_at_once, rtol=1e-6)

model = build()
first = tf.function(lambda x: model(x))(tf.zeros((1, 8, 8, 3)))
np.testing.assert_array_equal(first, model(tf.zeros((1, 8, 8, 3))))

model = build()
model.save_weights(sys.argv[1])
other = build()
other.load_weights(sys.argv[1])
for one, two in zip(model.get_weights(), other.get_weights()):
    np.testing.assert_array_equal(one, two)

model = build()
model.layers[0].kernel.assign(np.ones((3, 3, 3, 4)))
assert (model.layers[0].kernel.numpy() == 1).all()

drawn = []
def own(shape, dtype=None):
    drawn.append(shape)
    return np.zeros(shape)
layers.Dense(2, kernel_initializer=own).build((None, 3))
assert drawn == [(3, 2)], "an initializer of the student's own draws at once"

assert not lazy_weights.install(), "once is enough"
print("same")
"""


TRACED = Path(__file__).with_name("traced.py")
ALL = re.findall(r"^def ([a-z]\w+)\(\) -> Any:", TRACED.read_text(encoding="utf-8"), re.MULTILINE)
ONE_OF_EACH = [
    "a_second_model",
    "how_often_it_is_traced",
    "a_training_step",
    "a_model_built_in_each_trace",
    "a_data_set_mapped",
    "a_frozen_layer_under_a_tape",
    "a_strategy",
    "names_of_variables",
    "a_constant_that_changes",
]


def differing(names: list[str]) -> str:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([sys.executable, TRACED, *names], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


@pytest.mark.tensorflow
def test_no_code_sees_that_weights_are_drawn_late() -> None:
    assert differing(ONE_OF_EACH) == "differing: []"


@pytest.mark.whole
@pytest.mark.tensorflow
def test_nor_does_any_other() -> None:
    assert len(ALL) > 30
    assert differing([name for name in ALL if name not in ONE_OF_EACH]) == "differing: []"


@pytest.mark.tensorflow
def test_drawn_late_is_drawn_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "model.weights.h5")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.strip() == "same", done.stderr[-3000:]


def test_without_keras_nothing_is_changed() -> None:
    script = "from autograder.worker import lazy_weights; print(lazy_weights.install())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
