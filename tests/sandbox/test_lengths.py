"""Cells written for as many examples as MNIST has, in rooms where 1200 digits stand in for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from autograder.data.course_shelf import add_stand_in
from autograder.data.lengths import repeated, spoken_of
from autograder.data.shelf import DataSet, Shelf
from autograder.evidence import Evidence
from autograder.records import Plan, Repair, Submission
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.wire.codec import array_value
from autograder.wire.messages import Array, Cell, Fault, Probe, Repeated, VariableProbe
from autograder.worker import datasets, once
from sandbox.test_exam import LIMITS, answer

LOAD = "from keras.datasets import mnist\n(x, y), (x_test, y_test) = mnist.load_data()"
MNIST = {"mnist": Repeated((1200, 297), (60_000, 10_000))}


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return add_stand_in(Shelf(tmp_path_factory.mktemp("shelf")), "mnist")


def held(zygote: Zygote, digits: DataSet, *cells: str, given: bool = False) -> Evidence:
    codes = tuple(Cell(index, "", code, given=given) for index, code in enumerate((LOAD, *cells)))
    probes: dict[str, Probe] = {name: VariableProbe(name) for name in ("flat", "scores", "losses")}
    limits = msgspec.structs.replace(LIMITS, cell_seconds=60, seconds=200, memory_mb=2048, array_mb=16)
    order = Order("key", Submission("student", "digest", codes), Plan((), probes, ()), limits, measure().level or "")
    return examine(zygote, replace(order, sets=(digits,)))


def stopped(found: Evidence) -> list[int]:
    return [record.cell.index for record in found.exam.cells if record.run is None or record.run.fault]


def array(found: Evidence, name: str) -> Any:
    record = answer(found, name)
    assert isinstance(record, Array)
    return array_value(record, found.answers()[name][1])


# --- In a room --------------------------------------------------------------------------------------------------------

TRAIN = """import keras
keras.utils.set_random_seed(3)
net = keras.Sequential([keras.layers.Dense(10, activation="softmax")])
net.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
losses = np.array(net.fit(flat, y, epochs=2, verbose=0, validation_data=(tests, y_test)).history["val_loss"])
scores = np.array(net.evaluate(tests, y_test, verbose=0))
assert len(net.predict(tests, verbose=0)) == len(y_test)"""
FLAT = "import numpy as np\nflat = x.reshape({}, 784).astype('float32') / 255\ntests = x_test.reshape({}, 784) / 255"


@pytest.mark.tensorflow
def test_what_is_written_for_the_whole_set_gives_what_is_written_for_any(keras_zygote: Zygote, digits: DataSet) -> None:
    named = held(keras_zygote, digits, FLAT.format(60_000, 10_000), TRAIN)
    unnamed = held(keras_zygote, digits, FLAT.format("len(x)", -1), TRAIN)
    assert (stopped(named), stopped(unnamed)) == ([], [])
    assert (named.exam.at_length, unnamed.exam.at_length) == (True, False)
    assert named.exam.repairs == [
        Repair("sample", "", 1, "60000 → 1200"),
        Repair("sample", "", 1, "10000 → 297"),
    ]
    assert unnamed.exam.repairs == []
    for name in ("flat", "losses", "scores"):
        np.testing.assert_allclose(array(named, name), array(unnamed, name), rtol=1e-4)


@pytest.mark.tensorflow
def test_a_mistake_below_the_length_is_the_only_one(keras_zygote: Zygote, digits: DataSet) -> None:
    code = f"{FLAT.format(60_000, 10_000)}\nscores = flat.sum(axis=7)"
    found = held(keras_zygote, digits, code)
    fault = found.exam.cells[1].run.fault if found.exam.cells[1].run else None
    assert fault is not None
    assert (found.exam.at_length, fault.error, fault.frames[0].line) == (True, "AxisError", 4)
    assert [repair.detail for repair in found.exam.repairs] == ["60000 → 1200", "10000 → 297"]
    assert array(found, "flat").shape == (1200, 784)


@pytest.mark.tensorflow
@pytest.mark.parametrize("code", ["flat = x.reshape(60000, 700)", "flat = x[60_000]", "assert len(x) == 50000"])
def test_what_stops_on_the_whole_set_too_is_the_students(keras_zygote: Zygote, digits: DataSet, code: str) -> None:
    found = held(keras_zygote, digits, code)
    assert stopped(found) == [1]
    assert not found.exam.at_length
    assert found.exam.repairs == []
    assert isinstance(answer(found, "flat"), Fault)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "code",
    [
        "assert x.shape == (60000, 28, 28)",
        "first, rest = x[:10000], x[10000:]\nflat = rest[0]",
        "import numpy as np\nflat = x[np.random.permutation(60_000)]",
    ],
)
def test_slices_asserts_and_indices_are_heard_as_well(keras_zygote: Zygote, digits: DataSet, code: str) -> None:
    found = held(keras_zygote, digits, code)
    assert (stopped(found), found.exam.at_length) == ([], True)


@pytest.mark.tensorflow
def test_a_cell_of_the_courses_own_is_asked_once_of_all(keras_zygote: Zygote, digits: DataSet) -> None:
    opened = []
    open_room = keras_zygote.open_room

    def watched(*args: Any, **kwargs: Any) -> Any:
        opened.append(args)
        return open_room(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras_zygote, "open_room", watched)
        patch.setattr(keras_zygote, "for_length", set())
        for rooms in (2, 3):
            found = held(keras_zygote, digits, "flat = x.reshape(60000, 784)", given=True)
            assert (stopped(found), found.exam.at_length, found.exam.repairs) == ([], True, [])
            assert len(opened) == rooms


# --- Numbers and arrays -----------------------------------------------------------------------------------------------


def test_numbers_of_examples_are_read_from_code(digits: DataSet) -> None:
    assert repeated([digits]) == MNIST
    code = "x.reshape(60000, 28*28)\nx[:55_000]\nDense(512)\ny = 3.60000\nname60000 = 600000000000000000000"
    assert list(spoken_of(code, MNIST)) == [(60_000, 1200), (55_000, 1200)]
    assert list(spoken_of("x_test.reshape(10000, -1)", MNIST)) == [(10_000, 297)]
    assert list(spoken_of("x.reshape(60000, -1)", {})) == []


@pytest.fixture
def _repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "_repeated", MNIST)


@pytest.mark.usefixtures("_repeats")
def test_an_array_is_told_once_where_it_repeats_itself() -> None:
    rng = np.random.default_rng(0)
    rows, labels = rng.random((1200, 3)), rng.integers(0, 10, 297)
    assert once.shortened(np.resize(rows, (60_000, 3))).shape == (1200, 3)
    assert once.shortened(np.resize(rows, (60_000, 3))[10_000:]).shape == (1200, 3)
    assert once.shortened(np.resize(labels, (10_000,))).shape == (297,)
    for own in (rng.random((60_000, 3)), np.zeros((60_000, 3)), rows, np.float32(3), None, "text", [1, 2]):
        assert once.shortened(own) is own
