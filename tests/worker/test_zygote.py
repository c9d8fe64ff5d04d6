"""The zygote: forked from one thread or not at all, and rooms with TensorFlow in them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from autograder.errors import GraderError
from autograder.sandbox.rooms import ENVIRONMENT, Zygote
from autograder.wire.messages import ModelProbe, Network, Scalar
from sandbox.test_exam import LIMITS, answer, fault_of, hold


@pytest.mark.tensorflow
def test_one_thread_after_every_import(keras_zygote: Zygote) -> None:
    warm = keras_zygote.warm()
    assert warm.problem == ""
    assert {"python", "numpy", "tensorflow", "keras", "ipython"} == set(warm.versions)
    assert len(list(Path(f"/proc/{keras_zygote.pid}/task").iterdir())) == 1


def test_a_library_that_starts_threads_is_refused(tmp_path: Path) -> None:
    module = tmp_path / "starts_a_thread.py"
    module.write_text("import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n")
    script = "import sys; from autograder.worker.zygote import _preload; sys.path.insert(0, sys.argv[1]); "
    script += "print(_preload(sys.argv[2:]))"
    command = [sys.executable, "-c", script, str(tmp_path), "json", "starts_a_thread", "numpy"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(ENVIRONMENT))
    assert done.stdout == ("importing starts_a_thread left 2 threads running; rooms cannot be forked from them\n")


def test_a_library_that_is_not_there_is_left_to_the_cell_that_imports_it(light_zygote: Zygote, tmp_path: Path) -> None:
    with Zygote(["no_such_library"], tmp_path) as zygote:
        assert zygote.warm().problem == ""
    assert fault_of(hold(light_zygote, "import no_such_library")).error == "ModuleNotFoundError"


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
    generous = msgspec.structs.replace(LIMITS, cell_seconds=30, seconds=60, memory_mb=1000)
    assert answer(hold(keras_zygote, source, limits=generous)) == Scalar("int", "2")
