"""Networks that are not what they say: one of each kind of lie. What they compute is read, or what they do is told."""

# The code here is what a student would write to deceive: no types, no docstrings.

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")
keras: Any = pytest.importorskip("keras")

from keras import layers as L  # noqa: E402, N812

from autograder.networks.sampled import contradicts  # noqa: E402
from autograder.networks.signature import signature  # noqa: E402
from autograder.wire.messages import Network  # noqa: E402
from autograder.worker.keras import pristine as keras_pristine  # noqa: E402
from autograder.worker.keras import running as keras_running  # noqa: E402
from autograder.worker.keras import told as keras_told  # noqa: E402
from autograder.worker.keras.reader import read_model, read_symbolic  # noqa: E402

pytestmark = pytest.mark.tensorflow
Made = dict[str, Callable[[], Any]]
TRUE: Made = {}
"""Networks that lie and yet compute what they should."""
FALSE: Made = {}
"""Networks that compute something else, which reading finds out."""
TWO_FACED: Made = {}
"""Networks that compute one thing while they are read and another when they are run."""


@pytest.fixture(scope="module", autouse=True)
def remembered() -> None:
    keras_told.install()


def true(function: Callable[[], Any]) -> Callable[[], Any]:
    return TRUE.setdefault(function.__name__, function)


def false(function: Callable[[], Any]) -> Callable[[], Any]:
    return FALSE.setdefault(function.__name__, function)


def two_faced(function: Callable[[], Any]) -> Callable[[], Any]:
    return TWO_FACED.setdefault(function.__name__, function)


class Honest(keras.Model):
    def __init__(self):
        super().__init__()
        self.a, self.b = L.Dense(8, activation="relu"), L.Dense(3)

    def call(self, x):
        return self.b(self.a(x))


def called(model):
    model(np.zeros((2, 6), "float32"))
    return model


def functional(activation="relu"):
    given = keras.Input((6,))
    return keras.Model(given, L.Dense(3)(L.Dense(8, activation=activation)(given)))


def sequential(activation="relu"):
    return keras.Sequential([keras.Input((6,)), L.Dense(8, activation=activation), L.Dense(3)])


def nothing(x):
    return keras.ops.zeros_like(x)[:, :3]


def disguised(cls, like):
    cls.__module__, cls.__name__, cls.__qualname__ = like.__module__, like.__name__, like.__qualname__
    return cls


# --- What is said -----------------------------------------------------------------------------------------------------


@true
def a_count_of_its_own():
    model = sequential()
    model.count_params = lambda: 7
    return model


@true
def weights_layers_and_class_of_its_own():
    class Lying(Honest):
        weights = property(lambda self: [])
        trainable_weights = property(lambda self: [])
        layers = property(lambda self: [L.Dense(100)])
        __class__ = property(lambda self: keras.Sequential)

    return called(Lying())


@true
def a_list_of_layers_cut_short():
    model = functional()
    object.__setattr__(model, "_layers", model._layers[:2])
    return model


@true
def a_call_that_python_does_not_look_up():
    model = functional()
    model.__call__ = nothing
    return model


# --- What is computed -------------------------------------------------------------------------------------------------


@false
def a_call_on_the_model():
    model = sequential()
    model.call = lambda x, **_: nothing(x)
    return model


@false
def a_dunder_call_of_a_class_put_over_a_model():
    class Lying(keras.Sequential):
        def __call__(self, x, *args, **kwargs):
            return nothing(x)

    model = sequential()
    model.__class__ = disguised(Lying, keras.Sequential)
    return model


@false
def a_dunder_call_around_keras_s_own():
    class Lying(Honest):
        def __call__(self, x, *args, **kwargs):
            return super().__call__(x, *args, **kwargs) * 0

    return called(Lying())


@false
def a_dunder_call_of_a_class_put_over_a_layer():
    class Lying(L.Dense):
        def __call__(self, x, *args, **kwargs):
            return super().__call__(x) * 0

    model = functional()
    model.layers[1].__class__ = Lying
    return model


@false
def a_class_put_over_a_layer_under_keras_s_name():
    class Lying(L.Dense):
        def call(self, x, training=None):
            return super().call(x) * 0

    model = functional()
    model.layers[1].__class__ = disguised(Lying, L.Dense)
    return model


@false
def an_activation_and_a_configuration_that_hides_it():
    model = functional()
    layer = model.layers[1]
    layer.activation = keras.activations.tanh
    layer.get_config = lambda: {"name": layer.name, "units": 8, "activation": "relu"}
    return model


@false
def outputs_of_another_model():
    model, other = functional("tanh"), functional()
    model._outputs, model._inputs = other._outputs, other._inputs
    return model


@false
def another_layer_in_a_node():
    model = functional()
    other = L.Dense(8, activation="tanh")
    other.build((None, 6))
    for node in (one for level in model._nodes_by_depth.values() for one in level):
        if isinstance(node.operation, L.Dense) and node.operation.units == 8:
            node.operation = other
    return model


@false
def the_graph_of_another_sequential():
    model = sequential()
    object.__setattr__(model, "_functional", sequential("tanh")._functional)
    return model


# --- Otherwise when it is run -----------------------------------------------------------------------------------------


@two_faced
def symbols_told_from_numbers():
    class Lying(Honest):
        def call(self, x):
            made = super().call(x)
            return made if isinstance(x, keras.KerasTensor) else made * 0

    return called(Lying())


@two_faced
def the_stack_looked_at():
    class Lying(Honest):
        def call(self, x):
            frame = sys._getframe()
            while frame and "keras/reader" not in frame.f_code.co_filename:
                frame = frame.f_back  # type: ignore[assignment]
            return super().call(x) * (1 if frame else 0)

    return called(Lying())


@two_faced
def an_error_where_there_are_numbers():
    class Lying(Honest):
        def call(self, x):
            if not isinstance(x, keras.KerasTensor) and bool(x.shape) and np.asarray(x).any():
                raise ValueError("not today")
            return super().call(x)

    return called(Lying())


@two_faced
def a_layer_inside_a_functional_model():
    class Lying(L.Layer):
        def call(self, x):
            return x if isinstance(x, keras.KerasTensor) else x * 0

    given = keras.Input((6,))
    return keras.Model(given, L.Dense(3)(Lying()(L.Dense(8, activation="relu")(given))))


# --- Tests ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def solution() -> Network:
    with keras_running.always():
        return read_model(functional())


def test_nothing_is_run_where_numbers_are_not_asked() -> None:
    by_hand = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: keras.ops.flip(x, 1))])
    with keras_running.never():
        assert read_model(by_hand).sample is None
    assert read_model(by_hand).sample is not None


@pytest.mark.parametrize("name", TRUE)
def test_what_is_said_changes_nothing(name: str, solution: Network) -> None:
    network = read_model(TRUE[name]())
    assert signature(network) == signature(solution)
    assert (network.params, network.trainable_params) == (83, 83)
    assert not contradicts(network, solution)


@pytest.mark.parametrize("name", FALSE)
def test_what_is_computed_is_read(name: str, solution: Network) -> None:
    assert signature(read_model(FALSE[name]())) != signature(solution)


@pytest.mark.parametrize("name", TWO_FACED)
def test_what_runs_otherwise_than_it_reads_is_told(name: str, solution: Network) -> None:
    network = read_model(TWO_FACED[name]())
    assert signature(network) == signature(solution)
    assert contradicts(network, solution)


@pytest.fixture
def patched(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Keras as a notebook may leave it; as it was afterwards."""
    yield monkeypatch
    monkeypatch.undo()
    assert not keras_pristine.is_altered()


def test_a_layer_of_keras_that_was_replaced_is_the_student_s(patched: pytest.MonkeyPatch, solution: Network) -> None:
    before = L.Dense.call
    patched.setattr(L.Dense, "call", lambda self, x, training=None: before(self, x) * 0)
    assert signature(read_model(functional())) != signature(solution)


def test_a_layer_of_keras_that_was_wrapped_computes_what_it_did(patched: pytest.MonkeyPatch, solution: Network) -> None:
    before = L.Dense.call
    patched.setattr(L.Dense, "call", lambda self, x, training=None: before(self, x))
    network = read_model(functional())
    assert signature(network) == signature(solution)
    assert not contradicts(network, solution)


def test_an_activation_of_keras_that_was_replaced_is_the_student_s(
    patched: pytest.MonkeyPatch, solution: Network
) -> None:
    def relu(x):
        return 0 * x

    patched.setattr(keras.activations, "relu", relu)
    assert signature(read_model(functional(relu))) != signature(solution)


def test_how_keras_calls_layers_replaced_is_told(patched: pytest.MonkeyPatch, solution: Network) -> None:
    before = L.Layer.__call__

    def call(self, *args, **kwargs):
        made = before(self, *args, **kwargs)
        return made if isinstance(made, keras.KerasTensor) else made * 0

    model = functional()
    patched.setattr(L.Layer, "__call__", call)
    network = read_model(model)
    assert contradicts(network, solution)


def test_nothing_of_a_run_is_kept() -> None:
    class Counting(Honest):
        def __init__(self):
            super().__init__()
            self.norm = L.BatchNormalization()

        def call(self, x, training=None):
            return self.norm(super().call(x), training=training)

    model = called(Counting())
    before = [np.asarray(one) for one in model.weights]
    outputs = np.asarray(model(np.ones((2, 6), "float32")))
    with keras_running.always():
        assert read_model(model).sample is not None
    for one, kept in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(np.asarray(one), kept)
    np.testing.assert_array_equal(np.asarray(model(np.ones((2, 6), "float32"))), outputs)


REMEMBERED = [0]


class Plain(Honest):
    """With a loop, a setting, a helper and what training says: nothing that could tell a symbol from numbers."""

    def __init__(self):
        super().__init__()
        self.more = [L.Dense(3) for _ in range(2)]
        self.skip = True

    def call(self, x, training=None):
        x = super().call(x)
        for place, one in enumerate(self.more):
            x = shifted(one(x), by=place) if self.skip else keras.ops.relu(one(x))
        return x * 2 if training else x


def shifted(x, by):
    return x + by


def counting(x):
    REMEMBERED[0] += 1
    return x


def catching(x):
    try:
        return 0 * x.where_it_lies
    except AttributeError:
        return x


def asking(x):
    return x if type(x).__name__ == "KerasTensor" else 0 * x


def asking_through_a_helper(x):
    return asking(x)


def looking(x):
    return x * (sys._getframe().f_back is not None)


def borrowing(x):
    return asking(x)


borrowing.__module__ = "keras.src.ops"


def asking_where_it_is_stored():
    seen = 0

    def call(x):
        nonlocal seen
        seen += 1
        return x

    return call


@pytest.mark.parametrize(
    "function",
    [counting, catching, asking, asking_through_a_helper, looking, borrowing, asking_where_it_is_stored()],
    ids=lambda function: str(function.__name__),
)
def test_code_that_could_tell_is_run(function: Callable[[Any], Any]) -> None:
    given = keras.Input((6,))
    assert read_model(keras.Model(given, L.Lambda(function, output_shape=(6,))(given))).sample is not None


def test_code_that_could_not_is_not_run() -> None:
    assert read_model(called(Plain())).sample is None


def test_what_no_student_code_is_in_is_not_run() -> None:
    assert read_model(functional()).sample is None
    with keras_running.always():
        assert read_model(functional()).sample is not None
        assert read_model(keras.applications.MobileNetV2(weights=None)).sample is None


def test_what_a_function_returns_is_run_too(solution: Network) -> None:
    class Lying(L.Layer):
        def call(self, x):
            return x if isinstance(x, keras.KerasTensor) else x * 0

    given = keras.Input((6,))
    network = read_symbolic(L.Dense(3)(Lying()(L.Dense(8, activation="relu")(given))), [given])
    assert contradicts(network, solution)
