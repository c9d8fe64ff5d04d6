"""The zygote: forked from one thread or not at all, and rooms with TensorFlow in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.errors import GraderError
from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import ModelProbe, Network, Scalar
from sandbox.test_exam import answer, hold


@pytest.mark.tensorflow
def test_one_thread_after_every_import(keras_zygote: Zygote) -> None:
    warm = keras_zygote.warm()
    assert warm.problem == ""
    assert {"python", "numpy", "tensorflow", "keras", "ipython"} == set(warm.versions)
    assert len(os.listdir(f"/proc/{keras_zygote.pid}/task")) == 1


def test_a_library_that_starts_threads_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = "concurrent.futures.thread"  # a module of ours cannot be on the path of a clean environment
    with Zygote([module], tmp_path) as zygote:
        assert zygote.warm().problem == ""
    with Zygote(["antigravity_of_threads"], tmp_path) as zygote:
        assert zygote.warm().problem == "", "a module that is not there fails in the student's cell, not before"


def test_a_zygote_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.sandbox.rooms.sys.executable", "/bin/false")
    with Zygote(["numpy"], tmp_path) as zygote, pytest.raises(GraderError, match="ended before it was ready"):
        zygote.warm()


@pytest.mark.tensorflow
def test_tensorflow_works_in_a_room(keras_zygote: Zygote) -> None:
    source = "import tensorflow as tf\nx = float(tf.reduce_sum(tf.ones((3, 4))))"
    assert answer(hold(keras_zygote, source)) == Scalar("float", "12.0")


@pytest.mark.tensorflow
def test_a_network_comes_back_as_a_record(keras_zygote: Zygote) -> None:
    source = "import keras\nx = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation='relu')])"
    found = answer(hold(keras_zygote, source, probes={"x": ModelProbe("x")}))
    assert isinstance(found, Network)
    assert (found.dress, found.params) == ("Sequential", 15)
    assert [layer.cls for layer in found.layers] == ["InputLayer", "Dense"]


@pytest.mark.tensorflow
def test_a_network_can_be_trained_in_a_room(keras_zygote: Zygote) -> None:
    source = (
        "import keras, numpy as np\n"
        "net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])\n"
        "net.compile('sgd', 'mse')\n"
        "x = len(net.fit(np.ones((8, 4)), np.ones(8), epochs=2, verbose=0).history['loss'])"
    )
    from sandbox.test_exam import LIMITS
    import msgspec

    generous = msgspec.structs.replace(LIMITS, cell_seconds=30, seconds=60, memory_mb=1000)
    assert answer(hold(keras_zygote, source, limits=generous)) == Scalar("int", "2")
