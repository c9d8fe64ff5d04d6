"""What a real Keras model was compiled with, in every dress, and what a check says of it."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from inspect import cleandoc
from typing import Any

import msgspec
import numpy as np
import pytest

from autograder.asserts import assert_compiled, assert_layer
from autograder.judge.message import CheckFailed, compose
from autograder.judge.values import Model
from autograder.judge.written import as_written
from autograder.wire.messages import Network
from autograder.worker.keras import fit_cap
from autograder.worker.keras.losses import CROSSENTROPIES, OTHERS, known_as
from autograder.worker.keras.reader import read_model

pytestmark = pytest.mark.tensorflow

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")
losses, metrics, optimizers = keras.losses, keras.metrics, keras.optimizers
schedules = optimizers.schedules

Given = Callable[[], Any]


def read(network: Any) -> Model:
    """Read a model, and send its record over the wire and back."""
    return Model(msgspec.json.decode(msgspec.json.encode(read_model(network)), type=Network))


def compiled(end: str | None = "softmax", units: int = 10, **given: Any) -> Model:
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation=end)])
    network.compile(**given)
    return read(network)


def two_outputs(**given: Any) -> Model:
    image = keras.Input((4,))
    ends = [keras.layers.Dense(10, "softmax", name="digit")(image), keras.layers.Dense(1, name="angle")(image)]
    network = keras.Model(image, ends)
    network.compile(**given)
    return read(network)


def said(language: str, given: Model, *, hidden: bool = False, **wanted: Any) -> str:
    with pytest.raises(CheckFailed) as raised:
        assert_compiled(given, **wanted)
    text = compose(raised.value.mismatch, language, hidden=hidden)
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def own_logits(true: Any, logits: Any) -> Any:
    return keras.ops.mean(losses.sparse_categorical_crossentropy(true, logits, from_logits=True))


def own_crossentropy(true: Any, given: Any) -> Any:
    return losses.sparse_categorical_crossentropy(true, given)


def own_and_other(true: Any, given: Any) -> Any:
    return 2 * losses.mean_squared_error(true, given)


class OwnLoss(losses.Loss):  # type: ignore[misc, name-defined]
    def call(self, true: Any, predicted: Any) -> Any:
        return keras.ops.mean(true - predicted)


class OwnSchedule(schedules.LearningRateSchedule):  # type: ignore[misc, name-defined]
    def __call__(self, step: Any) -> float:
        return 0.1


SPARSE: dict[str, Any] = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
DECAY = schedules.ExponentialDecay(0.1, decay_steps=100, decay_rate=0.9)

RIGHT: dict[str, tuple[Given, dict[str, Any]]] = {
    "names": (
        lambda: compiled(**SPARSE),
        {"optimizer": "Adam", "loss": "SparseCategoricalCrossentropy", "metrics": ["accuracy"]},
    ),
    "the default rate of a name": (lambda: compiled(**SPARSE), {"optimizer": "adam", "learning_rate": 0.001}),
    "a rate alone": (lambda: compiled(optimizer=optimizers.SGD(0.05), loss="mse"), {"lr": 0.05}),
    "settings of an optimizer": (
        lambda: compiled(optimizer=optimizers.SGD(0.1, momentum=0.9, nesterov=True), loss="mse"),
        {"optimizer": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
    ),
    "the same in one text": (
        lambda: compiled(optimizer=optimizers.SGD(0.1, momentum=0.9, nesterov=True), loss="mse"),
        {"optimizer": "keras.optimizers.SGD(0.1, 0.9, nesterov=True)"},
    ),
    "a schedule": (
        lambda: compiled(optimizer=optimizers.SGD(DECAY), loss="mse"),
        {"optimizer": "SGD", "learning_rate": "ExponentialDecay(0.1, decay_steps=100, decay_rate=0.9)"},
    ),
    "a schedule inside": (
        lambda: compiled(optimizer=optimizers.SGD(DECAY), loss="mse"),
        {"optimizer": "SGD(ExponentialDecay(0.1, 100))"},
    ),
    "a schedule as Keras serialises it": (
        lambda: compiled(optimizer=optimizers.SGD(DECAY), loss="mse"),
        {"learning_rate": {"class_name": "ExponentialDecay", "config": {"decay_rate": 0.9}}},
    ),
    "a function": (lambda: compiled(optimizer="adam", loss=losses.mean_squared_error), {"loss": "mse"}),
    "an instance": (lambda: compiled(optimizer="adam", loss=losses.MeanSquaredError()), {"loss": "MSE"}),
    "a class": (lambda: compiled(optimizer="adam", loss=losses.MeanSquaredError), {"loss": "mean_squared_error"}),
    "label smoothing": (
        lambda: compiled(optimizer="adam", loss=losses.CategoricalCrossentropy(label_smoothing=0.1)),
        {"loss": "CategoricalCrossentropy(label_smoothing=0.1)"},
    ),
    "no label smoothing": (
        lambda: compiled(optimizer="adam", loss="categorical_crossentropy"),
        {"loss": "CategoricalCrossentropy(label_smoothing=0)"},
    ),
    "a loss with settings nobody asked for": (
        lambda: compiled(optimizer="adam", loss=losses.CategoricalCrossentropy(label_smoothing=0.1)),
        {"loss": "categorical_crossentropy"},
    ),
    "logits": (
        lambda: compiled(None, optimizer="adam", loss=losses.SparseCategoricalCrossentropy(from_logits=True)),
        {"loss": "sparse_categorical_crossentropy"},
    ),
    "logits, by a partial": (
        lambda: compiled(
            None, optimizer="adam", loss=functools.partial(losses.sparse_categorical_crossentropy, from_logits=True)
        ),
        {"loss": "SparseCategoricalCrossentropy(from_logits=True)"},
    ),
    "the one of three that Keras takes": (
        lambda: compiled(optimizer="adam", loss="crossentropy"),
        {"loss": "sparse_categorical_crossentropy"},
    ),
    "a regression ends as it likes": (lambda: compiled(None, optimizer="adam", loss="mae"), {"loss": "mae"}),
    "metrics in any order, and one more": (
        lambda: compiled(optimizer="adam", loss="mse", metrics=["mae", metrics.RootMeanSquaredError(), "mse"]),
        {"metrics": ["MSE", "mean_absolute_error"]},
    ),
    "one metric, not listed": (lambda: compiled(**SPARSE), {"metrics": "acc"}),
    "the accuracy that Keras takes": (
        lambda: compiled(**{**SPARSE, "metrics": [metrics.SparseCategoricalAccuracy()]}),
        {"metrics": ["accuracy"]},
    ),
    "the same by its name": (lambda: compiled(**SPARSE), {"metrics": ["sparse_categorical_accuracy"]}),
    "the accuracy of one unit": (
        lambda: compiled("sigmoid", 1, optimizer="adam", loss="bce", metrics=[metrics.BinaryAccuracy()]),
        {"loss": "binary_crossentropy", "metrics": ["accuracy"]},
    ),
    "the accuracy under a loss of one's own": (
        lambda: compiled(optimizer="adam", loss=OwnLoss(), metrics=[metrics.CategoricalAccuracy()]),
        {"metrics": ["accuracy"]},
    ),
    "a metric's settings": (
        lambda: compiled(optimizer="adam", loss="mse", metrics=[metrics.Precision(thresholds=0.3)]),
        {"metrics": ["Precision(thresholds=0.3)"]},
    ),
    "weighted metrics": (
        lambda: compiled(optimizer="adam", loss="mse", weighted_metrics=["accuracy"]),
        {"weighted_metrics": ["accuracy"]},
    ),
    "outputs by name": (
        lambda: two_outputs(optimizer="adam", loss={"digit": "ce", "angle": losses.MeanSquaredError()}),
        {"loss": ["sparse_categorical_crossentropy", "mse"]},
    ),
    "outputs in order": (
        lambda: two_outputs(optimizer="adam", loss=["ce", "mse"], loss_weights=[1.0, 0.5]),
        {"loss": {"angle": "mse"}, "loss_weights": {"digit": 1, "angle": 0.5}},
    ),
    "metrics by output": (
        lambda: two_outputs(optimizer="adam", loss="mse", metrics={"digit": ["accuracy"], "angle": "mae"}),
        {"metrics": {"angle": ["mae"], "digit": "accuracy"}},
    ),
    "metrics of any output": (
        lambda: two_outputs(optimizer="adam", loss="mse", metrics=[["accuracy"], ["mae"]]),
        {"metrics": ["mae", "accuracy"]},
    ),
    "a schedule of one's own": (
        lambda: compiled(optimizer=optimizers.Adam(OwnSchedule()), loss="mse"),
        {"optimizer": "adam", "loss": "mse"},
    ),
    "a function of one's own around Keras's": (
        lambda: compiled(None, optimizer="adam", loss=own_logits),
        {"loss": "SparseCategoricalCrossentropy(from_logits=True)"},
    ),
    "a lambda": (
        lambda: compiled(optimizer="adam", loss=lambda true, given: keras.losses.categorical_crossentropy(true, given)),
        {"loss": "categorical_crossentropy"},
    ),
    "a squared error by hand": (
        lambda: compiled(None, 1, optimizer="adam", loss=lambda true, given: keras.ops.mean((true - given) ** 2)),
        {"loss": "mse"},
    ),
    "one output's by hand": (
        lambda: two_outputs(optimizer="adam", loss={"digit": own_crossentropy, "angle": "mse"}),
        {"loss": {"digit": "sparse_categorical_crossentropy"}},
    ),
    "nothing asked": (lambda: compiled(optimizer="adam", loss="mse"), {}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_was_asked_for_in_another_dress_passes(name: str) -> None:
    given, wanted = RIGHT[name]
    assert_compiled(given(), **wanted)


WRONG: dict[str, tuple[Given, dict[str, Any], str, str]] = {
    "not compiled": (
        lambda: read(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])),
        {"optimizer": "adam", "learning_rate": 0.01, "loss": "mse", "metrics": ["mae"]},
        """
        received  a network that was not compiled
        expected  optimizer adam(learning_rate=0.01) · loss mse · metrics mae
        hint      call `compile` on this network, in the cell where it is made.
        """,
        """
        reçu     un réseau qui n'a pas été compilé
        attendu  optimiseur adam(learning_rate=0.01) · perte mse · métriques mae
        piste    appelez `compile` sur ce réseau, dans la cellule où il est créé.
        """,
    ),
    "another optimizer": (
        lambda: compiled(optimizer=optimizers.SGD(0.1), loss="mse"),
        {"optimizer": "adam", "learning_rate": 0.01, "loss": "mae"},
        """
        received  optimizer SGD(learning_rate=0.1) · loss mse
        expected  optimizer adam(learning_rate=0.01) · loss mae
        where     what `compile` was given
        """,
        """
        reçu     optimiseur SGD(learning_rate=0.1) · perte mse
        attendu  optimiseur adam(learning_rate=0.01) · perte mae
        où       ce qui a été donné à `compile`
        """,
    ),
    "the default rate": (
        lambda: compiled(optimizer="adam", loss="mse"),
        {"optimizer": "adam", "learning_rate": 0.0005},
        """
        received  optimizer Adam(learning_rate=0.001)
        expected  optimizer adam(learning_rate=0.0005)
        where     what `compile` was given
        hint      a name alone takes Keras's default: write `Adam(learning_rate=…)`.
        """,
        """
        reçu     optimiseur Adam(learning_rate=0.001)
        attendu  optimiseur adam(learning_rate=0.0005)
        où       ce qui a été donné à `compile`
        piste    un nom seul prend la valeur par défaut de Keras : écrivez `Adam(learning_rate=…)`.
        """,
    ),
    "labels of another kind": (
        lambda: compiled(optimizer="adam", loss="categorical_crossentropy"),
        {"loss": "sparse_categorical_crossentropy"},
        """
        received  loss categorical_crossentropy
        expected  loss sparse_categorical_crossentropy
        where     what `compile` was given
        hint      with labels that are whole numbers it is the sparse one, with one-hot rows it is not.
        """,
        """
        reçu     perte categorical_crossentropy
        attendu  perte sparse_categorical_crossentropy
        où       ce qui a été donné à `compile`
        piste    pour des étiquettes entières, c'est la version « sparse » ; pour des lignes one-hot, non.
        """,
    ),
    "probabilities as logits": (
        lambda: compiled(optimizer="adam", loss=losses.SparseCategoricalCrossentropy(from_logits=True)),
        {"loss": "sparse_categorical_crossentropy"},
        """
        received  loss SparseCategoricalCrossentropy(from_logits=True)
        expected  loss SparseCategoricalCrossentropy(from_logits=False)
        where     what `compile` was given
        hint      the network ends with softmax: it gives probabilities, not logits.
        """,
        """
        reçu     perte SparseCategoricalCrossentropy(from_logits=True)
        attendu  perte SparseCategoricalCrossentropy(from_logits=False)
        où       ce qui a été donné à `compile`
        piste    le réseau finit par softmax : il donne des probabilités, et non des logits.
        """,
    ),
    "logits as probabilities": (
        lambda: compiled(None, optimizer="adam", loss="sparse_categorical_crossentropy"),
        {"loss": "sparse_categorical_crossentropy"},
        """
        received  loss sparse_categorical_crossentropy(from_logits=False)
        expected  loss sparse_categorical_crossentropy(from_logits=True)
        where     what `compile` was given
        hint      without an activation at its end, the network gives logits: tell the loss `from_logits=True`.
        """,
        """
        reçu     perte sparse_categorical_crossentropy(from_logits=False)
        attendu  perte sparse_categorical_crossentropy(from_logits=True)
        où       ce qui a été donné à `compile`
        piste    sans activation à la fin, le réseau donne des logits : dites `from_logits=True` à la perte.
        """,
    ),
    "metrics lacking": (
        lambda: compiled(optimizer="adam", loss="mse", metrics=["mse"]),
        {"metrics": ["mae", "Precision(thresholds=0.3)"]},
        """
        received  metrics mse
        expected  metrics mae, Precision(thresholds=0.3)
        where     what `compile` was given
        """,
        """
        reçu     métriques mse
        attendu  métriques mae, Precision(thresholds=0.3)
        où       ce qui a été donné à `compile`
        """,
    ),
    "metrics where weights go": (
        lambda: compiled(optimizer="adam", loss="mse", loss_weights=["mae"]),
        {"metrics": ["mae"]},
        """
        received  metrics []
        expected  metrics mae
        where     what `compile` was given
        hint      the third argument of `compile` is `loss_weights`: write `metrics=[…]`.
        """,
        """
        reçu     métriques []
        attendu  métriques mae
        où       ce qui a été donné à `compile`
        piste    le troisième argument de `compile` est `loss_weights` : écrivez `metrics=[…]`.
        """,
    ),
    "no metrics": (
        lambda: compiled(optimizer="adam", loss="mse"),
        {"metrics": ["mae"]},
        """
        received  metrics []
        expected  metrics mae
        where     what `compile` was given
        """,
        """
        reçu     métriques []
        attendu  métriques mae
        où       ce qui a été donné à `compile`
        """,
    ),
    "the class Accuracy": (
        lambda: compiled(**{**SPARSE, "metrics": [metrics.Accuracy()]}),
        {"metrics": ["accuracy"]},
        """
        received  metrics Accuracy
        expected  metrics accuracy
        where     what `compile` was given
        hint      `Accuracy()` counts predictions equal to labels; write "accuracy": Keras takes the one that fits.
        """,
        """
        reçu     métriques Accuracy
        attendu  métriques accuracy
        où       ce qui a été donné à `compile`
        piste    `Accuracy()` compte les prédictions égales aux étiquettes ; écrivez « accuracy », et Keras choisit.
        """,
    ),
    "an output": (
        lambda: two_outputs(optimizer="adam", loss={"digit": "mse", "angle": "mse"}, metrics={"angle": ["mae"]}),
        {"loss": {"digit": "mae", "angle": "mse"}, "metrics": {"angle": "mse"}},
        """
        received  loss of digit mse · metrics of angle mae
        expected  loss of digit mae · metrics of angle mse
        where     what `compile` was given
        """,
        """
        reçu     perte de digit mse · métriques de angle mae
        attendu  perte de digit mae · métriques de angle mse
        où       ce qui a été donné à `compile`
        """,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_in_both_languages(name: str) -> None:
    given, wanted, english, french = WRONG[name]
    model = given()
    assert said("en", model, **wanted) == cleandoc(english)
    assert said("fr", model, **wanted) == cleandoc(french)
    assert "expected" not in said("en", model, hidden=True, **wanted)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"metrics": ["accuracy"], "loss": "categorical_crossentropy"}, {"metrics": ["sparse_categorical_accuracy"]}),
        ({"metrics": ["top_k_categorical_accuracy"]}, {"metrics": ["TopKCategoricalAccuracy(k=3)"]}),
        ({"metrics": [metrics.CategoricalAccuracy()], "loss": "ce"}, {"loss": "mse"}),
        ({"loss": OwnLoss()}, {"loss": "mse"}),
        ({"loss": lambda true, predicted: true - predicted}, {"loss": "mse"}),
        ({"loss": own_and_other}, {"loss": "mse"}),
        ({"loss": own_logits}, {"loss": "sparse_categorical_crossentropy"}),
        ({"loss": lambda true, predicted: [][3]}, {"loss": "mse"}),
        ({"optimizer": optimizers.SGD(0.1)}, {"optimizer": "sgd", "momentum": 0.9}),
        ({"optimizer": optimizers.Adam(0.1)}, {"momentum": 0.9}),
        ({"optimizer": optimizers.SGD(DECAY)}, {"learning_rate": 0.1}),
        ({"optimizer": optimizers.SGD(0.1)}, {"learning_rate": "ExponentialDecay(0.1, 100)"}),
        ({"loss": losses.Huber(2.0)}, {"loss": "Huber(1.0)"}),
    ],
)
def test_what_is_another_thing_does_not_pass(given: dict[str, Any], wanted: dict[str, Any]) -> None:
    model = compiled(**{"optimizer": "adam", "loss": "mse", **given})
    for language in ("en", "fr"):
        assert said(language, model, **wanted)


@pytest.mark.parametrize("text", ["Adam(", "1 + 1", "SGD(0.1, 0.9, True, 3)", "Adam(learning_rate=open('x'))", 3, {}])
def test_what_a_check_writes_badly_is_the_checks_fault(text: Any) -> None:
    with pytest.raises(ValueError, match=r"written|class|name|number"):
        assert_compiled(compiled(**SPARSE), optimizer=text)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras's own, of NumPy
def test_a_callback_that_lowers_the_rate_is_no_fault() -> None:
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    network.compile(optimizer=optimizers.Adam(0.01), loss="mse")
    lowered = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 10)
    fit_cap.install()
    network.fit(np.zeros((4, 4)), np.zeros((4, 1)), epochs=2, verbose=0, callbacks=[lowered])
    given = read(network)
    assert_compiled(given, optimizer="adam", learning_rate=0.01)
    assert said("en", given, learning_rate=0.1).startswith("received  optimizer Adam(learning_rate=0.01)\n")
    network.optimizer.learning_rate = 0.5  # and one that is set for a second training
    network.fit(np.zeros((4, 4)), np.zeros((4, 1)), verbose=0)
    assert_compiled(read(network), learning_rate=0.5)


def test_every_loss_is_known_by_what_it_computes() -> None:
    for cls in (*CROSSENTROPIES, *OTHERS):
        for settings in ({"from_logits": False}, {"from_logits": True}) if cls in CROSSENTROPIES else ({},):
            kept: Any = getattr(losses, cls)(**settings)
            assert known_as(lambda true, given, kept=kept: kept(true, given)) == {"class_name": cls, "config": settings}


def own_classes(module: Any, base: str) -> list[str]:
    found = {name: one for name, one in vars(module).items() if inspect.isclass(one)}
    return sorted(name for name, one in found.items() if name != base and issubclass(one, found[base]))


LOSSES = own_classes(losses, "Loss")


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_of_keras_is_one_by_class_and_by_name(name: str) -> None:
    snake = losses.serialize(getattr(losses, name)())["config"]["name"]
    end = "sigmoid" if name.startswith("Binary") else "softmax"
    assert as_written(name).key == as_written(snake).key
    bare = {"loss": f"{name}(reduction='sum_over_batch_size')"}
    assert_compiled(compiled(end, optimizer="adam", loss=getattr(losses, name)()), **bare)


@pytest.mark.parametrize("name", own_classes(metrics, "Metric"))
def test_every_metric_of_keras_is_one_by_class_and_by_name(name: str) -> None:
    if name in ("Mean", "Sum", "Metric", "MeanMetricWrapper") or "At" in name or "IoU" in name:
        return  # they are made with arguments
    given = compiled(optimizer="adam", loss="mse", metrics=[getattr(metrics, name)()])
    if name != "Accuracy":  # "Accuracy" is the word for which Keras chooses
        assert_compiled(given, metrics=[name])


# --- Settings of layers, as one writes them ---------------------------------------------------------------------------


def layered() -> Model:
    layers = keras.layers
    return read(
        keras.Sequential(
            [
                keras.Input((16, 16, 3)),
                layers.Conv2D(
                    8,
                    3,
                    padding="same",
                    kernel_initializer="he_uniform",
                    kernel_regularizer=keras.regularizers.l2(0.01),
                ),
                layers.ReLU(),
                layers.MaxPooling2D(2),
                layers.Conv2D(8, (5, 3), strides=2, activation=keras.activations.tanh, bias_constraint="non_neg"),
                layers.Flatten(),
                layers.Dense(4, kernel_initializer=keras.initializers.RandomNormal(stddev=0.02)),
                layers.LeakyReLU(negative_slope=0.1),
                layers.Dense(3, activation="softmax", kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2)),
            ]
        )
    )


@pytest.mark.parametrize(
    ("which", "cls", "settings"),
    [
        (1, "Conv2D", {"kernel_size": 3, "strides": 1, "padding": "same", "use_bias": True}),
        (1, "Convolution2D", {"kernel_size": (3, 3), "kernel_initializer": "he_uniform"}),
        (1, None, {"kernel_initializer": "HeUniform", "bias_initializer": "zeros", "activation": "relu"}),
        (1, None, {"kernel_initializer": {"class_name": "HeUniform", "config": {}}, "activation": "ReLU"}),
        (1, None, {"kernel_regularizer": "l2(0.01)", "bias_regularizer": None}),
        (1, None, {"kernel_regularizer": "keras.regularizers.L2(l2=0.01)"}),
        (1, None, {"kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.01}}}),
        (1, None, {"kernel_regularizer": "l2", "filters": np.int64(8)}),
        (2, "MaxPool2D", {"pool_size": (2, 2), "strides": 2}),
        (3, None, {"kernel_size": [5, 3], "activation": "tanh", "bias_constraint": "NonNeg"}),
        (-2, "Dense", {"units": 4, "kernel_initializer": "RandomNormal(stddev=0.02)"}),
        (-2, None, {"activation": "LeakyReLU(negative_slope=0.1)", "kernel_regularizer": None}),
        (-2, None, {"activation": "leaky_relu(alpha=0.1)"}),
        (-1, "Dense", {"activation": "softmax", "kernel_regularizer": "L1L2(0.1, l2=0.2)"}),
        (-4, "Conv2D", {}),
    ],
)
def test_settings_as_one_writes_them(which: int, cls: str | None, settings: dict[str, Any]) -> None:
    assert_layer(layered(), which, cls, **settings)


@pytest.mark.parametrize(
    ("begun", "wanted"),
    [
        (keras.initializers.Constant(value=1), "ones"),
        (keras.initializers.Constant(1.0), "Constant(1)"),
        (keras.initializers.Constant(0.5), "Constant"),
        ("ones", "Constant(value=1)"),
        ("ones", "constant"),
        (keras.initializers.Constant(0), "zeros"),
        (keras.initializers.VarianceScaling(2.0, "fan_in", "uniform"), "he_uniform"),
        ("he_normal", "VarianceScaling(scale=2, mode='fan_in')"),
        ("glorot_normal", "VarianceScaling(1.0, 'fan_avg', 'truncated_normal')"),
        (keras.initializers.LecunNormal(seed=3), "lecun_normal"),
    ],
)
def test_an_initializer_is_known_by_what_it_draws(begun: object, wanted: str) -> None:
    dense = keras.layers.Dense(2, bias_initializer="zeros", kernel_initializer=begun)
    assert_layer(read(keras.Sequential([keras.Input((3,)), dense])), 1, kernel_initializer=wanted)


@pytest.mark.parametrize(
    ("begun", "wanted", "received"),
    [
        (keras.initializers.Constant(0.5), "ones", "Constant(value=0.5)"),
        ("zeros", "ones", "Zeros"),
        ("ones", "Constant(0.1)", "Ones"),
        (keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform"), "he_uniform", "VarianceScaling("),
        ("he_uniform", "he_normal", "HeUniform"),
        ("lecun_uniform", "VarianceScaling(scale=2.0)", "LecunUniform"),
    ],
)
def test_an_initializer_that_draws_otherwise_is_another(begun: object, wanted: str, received: str) -> None:
    dense = keras.layers.Dense(2, kernel_initializer=begun)
    with pytest.raises(CheckFailed) as raised:
        assert_layer(read(keras.Sequential([keras.Input((3,)), dense])), 1, kernel_initializer=wanted)
    assert f"received  kernel_initializer={received}" in compose(raised.value.mismatch, "en", hidden=False)


@pytest.mark.parametrize(
    ("which", "settings", "message"),
    [
        (1, {"kernel_size": (3, 5)}, "received  kernel_size=[3, 3]\nexpected  kernel_size=(3, 5)\nwhere     layer 1"),
        (
            1,
            {"kernel_regularizer": "l2(0.1)"},
            "received  kernel_regularizer=L1L2(l2=0.01, l1=0)\n"
            "expected  kernel_regularizer='l2(0.1)'\nwhere     layer 1",
        ),
        (
            1,
            {"kernel_initializer": "he_normal", "activation": "tanh"},
            "received  kernel_initializer=HeUniform, activation=relu\n"
            "expected  kernel_initializer='he_normal', activation='tanh'\nwhere     layer 1",
        ),
        (-1, {"activation": None}, "received  activation=softmax\nexpected  activation=None\nwhere     layer 6"),
        (
            -2,
            {"kernel_initializer": "RandomNormal(stddev=0.05)"},
            "received  kernel_initializer=RandomNormal(stddev=0.02)\n"
            "expected  kernel_initializer='RandomNormal(stddev=0.05)'\nwhere     layer 5",
        ),
    ],
)
def test_wrong_settings_are_shown_as_one_writes_them(which: int, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckFailed) as raised:
        assert_layer(layered(), which, **settings)
    assert compose(raised.value.mismatch, "en", hidden=False) == message
