"""What code sees of initial weights: everything here runs twice in one process, weights drawn at once, then late.

Run as a program with the names of what to run; prints the names of what saw a difference. A function returns numbers,
arrays or texts, or raises: all of it is compared.
"""

from __future__ import annotations

import copy
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from autograder.worker.keras import lazy_weights

X = tf.constant(np.linspace(0, 1, 12).reshape(4, 3), tf.float32)
Y = tf.ones((4, 1))


def net(units: int = 2) -> Any:
    return keras.Sequential([keras.Input((3,)), layers.Dense(units), layers.Dense(1)])


# --- Functions that are traced ----------------------------------------------------------------------------------------


def a_second_model() -> Any:
    @tf.function
    def predict(model: Any, x: Any) -> Any:
        return model(x)

    return predict(net(2), X).numpy(), predict(net(4), X).numpy()


def how_often_it_is_traced() -> Any:
    seen = []
    model = net()

    @tf.function
    def predict(x: Any) -> Any:
        seen.append(x)
        return model(x)

    return predict(X).numpy(), predict(X).numpy(), len(seen), predict.experimental_get_tracing_count()


def _steps(build_first: bool) -> Any:
    model, optimizer, seen = net(), keras.optimizers.Adam(0.1), []
    if build_first:
        optimizer.build(model.trainable_variables)

    @tf.function
    def step(x: Any, y: Any) -> Any:
        seen.append(x)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x) - y) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return [float(step(X, Y)) for _ in range(3)], len(seen)


def a_training_step() -> Any:
    return _steps(build_first=False)


def a_training_step_with_a_built_optimizer() -> Any:
    return _steps(build_first=True)


def two_networks_trained_in_one_step() -> Any:
    one, two = keras.Sequential([keras.Input((3,)), layers.Dense(3), layers.BatchNormalization()]), net(2)
    optimizers = keras.optimizers.Adam(), keras.optimizers.SGD()

    @tf.function
    def step(x: Any) -> Any:
        with tf.GradientTape() as first, tf.GradientTape() as second:
            made = tf.reduce_mean(two(one(x, training=True)))
            told = tf.reduce_mean(two(x)) - made
        optimizers[0].apply_gradients(
            zip(first.gradient(made, one.trainable_variables), one.trainable_variables, strict=True)
        )
        optimizers[1].apply_gradients(
            zip(second.gradient(told, two.trainable_variables), two.trainable_variables, strict=True)
        )
        return made, told

    return [[float(one) for one in step(X)] for _ in range(2)]


def a_model_built_in_the_first_trace() -> Any:
    model = keras.Sequential([layers.Dense(2), layers.Dense(1)])
    predict = tf.function(lambda x: model(x))
    return predict(X).numpy(), predict(X).numpy(), predict.experimental_get_tracing_count()


def a_model_built_in_each_trace() -> Any:
    kept = []

    @tf.function
    def predict(x: Any, units: int) -> Any:
        kept.append(keras.Sequential([layers.Dense(units)]))
        return kept[-1](x)

    return predict(X, 1).numpy(), predict(X, 2).numpy()


def a_layer_made_in_the_function() -> Any:
    return tf.function(lambda x: layers.Dense(2)(x))(X).numpy()


def a_model_as_a_function() -> Any:
    return tf.function(net())(X).numpy()


def a_compiled_function() -> Any:
    return tf.function(net(), jit_compile=True)(X).numpy()


def a_branch() -> Any:
    model = net()
    return tf.function(lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: model(x), lambda: tf.zeros((4, 1))))(X).numpy()


def a_loop() -> Any:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(3)])

    @tf.function
    def repeat(x: Any) -> Any:
        for _ in tf.range(3):
            x = model(x)
        return x

    return repeat(X).numpy()


def a_jacobian() -> Any:
    model = net()

    @tf.function
    def differentiate(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = model(x)
        return tape.batch_jacobian(y, x)

    return differentiate(X).numpy()


def a_metric() -> Any:
    metric = keras.metrics.MeanSquaredError()

    @tf.function
    def update(y: Any, predicted: Any) -> Any:
        metric.update_state(y, predicted)
        return metric.result()

    return float(update(Y, 2 * Y)), float(update(Y, Y))


def a_module() -> Any:
    class Module(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = net()

        @tf.function
        def __call__(self, x: Any) -> Any:
            return self.model(x)

    one, two = Module(), Module()
    return one(X).numpy(), two(X).numpy(), len(one.variables), len(one.trainable_variables)


def what_a_function_captures() -> Any:
    function = tf.function(net()).get_concrete_function(tf.TensorSpec((None, 3)))
    return len(function.variables), len(function.trainable_variables), len(function.captured_inputs)


def a_train_step_of_ones_own() -> Any:
    class Model(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense, self.mean = layers.Dense(1), keras.metrics.Mean(name="mean")

        def call(self, x: Any) -> Any:
            return self.dense(x)

        def train_step(self, data: Any) -> Any:
            x, y = data
            with tf.GradientTape() as tape:
                loss = keras.ops.mean(keras.ops.square(self(x, training=True) - y))
            self.optimizer.apply(tape.gradient(loss, self.trainable_weights), self.trainable_weights)
            self.mean.update_state(loss)
            return {"mean": self.mean.result()}

    model = Model()
    model.compile("sgd")
    return model.fit(X, Y, epochs=2, verbose=0, shuffle=False).history["mean"]


# --- Data, threads, tapes, places -------------------------------------------------------------------------------------


def a_data_set_mapped() -> Any:
    model = net()
    return [one.numpy() for one in tf.data.Dataset.from_tensor_slices(X).batch(2).map(lambda x: model(x))]


def a_data_set_mapped_by_threads() -> Any:
    model = net()
    rows = tf.data.Dataset.from_tensor_slices(X).batch(1)
    return [one.numpy() for one in rows.map(lambda x: tf.py_function(model, [x], tf.float32), num_parallel_calls=4)]


def rows_mapped() -> Any:
    model = net()
    return tf.map_fn(lambda row: model(row[None])[0], X).numpy()


def a_frozen_layer_under_a_tape() -> Any:
    model = net()
    model.layers[0].trainable = False
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(X))
    gradients = tape.gradient(total, model.variables)
    trainable = [one.value.trainable for one in model.variables]
    return [one is None for one in gradients], len(tape.watched_variables()), trainable


def a_persistent_tape() -> Any:
    model = net()
    with tf.GradientTape(persistent=True) as tape:
        total = tf.reduce_sum(model(X))
        square = total * total
    return [one.numpy() for one in tape.gradient(square, model.trainable_variables)], len(tape.watched_variables())


def a_strategy() -> Any:
    with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
        model = net()
    return type(model.variables[0].value).__name__, model(X).numpy()


def a_graph() -> Any:
    with tf.Graph().as_default():
        dense = layers.Dense(2)
        dense.build((None, 3))
        return type(dense.kernel.value).__name__


def names_of_variables() -> Any:
    model = net()
    return [one.path for one in model.variables], [one.value.name for one in model.variables]


def a_call_without_state() -> Any:
    model = net()
    return model.stateless_call(model.trainable_variables, model.non_trainable_variables, X)[0].numpy()


# --- Weights that are kept, given and copied --------------------------------------------------------------------------


def weights_saved_and_loaded() -> Any:
    path = f"{tempfile.mkdtemp()}/a.weights.h5"
    net().save_weights(path)
    other = net()
    other.load_weights(path)
    return other.get_weights()


def a_model_saved_and_loaded() -> Any:
    path = f"{tempfile.mkdtemp()}/a.keras"
    net().save(path)
    return keras.models.load_model(path).get_weights()


def a_checkpoint() -> Any:
    path = tf.train.Checkpoint(model=net()).save(f"{tempfile.mkdtemp()}/c")
    other = net()
    tf.train.Checkpoint(model=other).restore(path)
    return other.get_weights()


def weights_given() -> Any:
    other = net()
    other.set_weights(net().get_weights())
    return other.get_weights()


def a_clone_and_a_copy() -> Any:
    model = net()
    return keras.models.clone_model(model)(X).numpy(), copy.deepcopy(model).get_weights()


def a_constant_that_changes() -> Any:
    values = np.ones((3, 2))
    dense = layers.Dense(2, kernel_initializer=keras.initializers.Constant(values))
    dense.build((None, 3))
    values[:] = 5
    return dense.get_weights()[0]


# --- Twice ------------------------------------------------------------------------------------------------------------


def outcome(function: Callable[[], Any]) -> Any:
    keras.utils.set_random_seed(7)
    keras.backend.clear_session()
    try:
        return function()
    except Exception as error:
        return type(error).__name__  # the text names the files of the trace


def same(one: Any, other: Any) -> bool:
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray | float):
        return np.shape(one) == np.shape(other) and bool(np.allclose(one, other, rtol=1e-5, atol=1e-7))
    return bool(one == other)


if __name__ == "__main__":
    chosen = [globals()[name] for name in sys.argv[1:]]
    at_once = [outcome(function) for function in chosen]
    assert lazy_weights.install()
    differing = [one.__name__ for one, before in zip(chosen, at_once, strict=True) if not same(before, outcome(one))]
    sys.stdout.write(f"differing: {differing}\n")
