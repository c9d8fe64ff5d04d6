"""The zygote: forked from one thread or not at all, and rooms with TensorFlow in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from autograder.errors import GraderError
from autograder.sandbox.environment import own_environment
from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import Items, ModelProbe, Network, Scalar, Text
from sandbox.test_exam import LIMITS, answer, fault_of, hold


@pytest.mark.tensorflow
def test_one_thread_after_every_import(keras_zygote: Zygote) -> None:
    warm = keras_zygote.warm()
    assert warm.problem == ""
    assert {"python", "numpy", "tensorflow", "keras", "ipython"} == set(warm.versions)
    assert len(list(Path(f"/proc/{keras_zygote.pid}/task").iterdir())) == 1


def test_a_library_that_starts_threads_is_left_to_the_rooms(tmp_path: Path) -> None:
    libraries = tmp_path / "site-packages"
    libraries.mkdir()
    (libraries / "starts_a_thread.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    (libraries / "imports_it.py").write_text("import starts_a_thread\n")
    (libraries / "ends_its_thread.py").write_text("import threading\nthreading.Thread(target=print).start()\n")
    own = own_environment()
    preload = ["json", "starts_a_thread", "ends_its_thread", "imports_it", "numpy"]
    with Zygote(preload, tmp_path / "cache", replace(own, path=(str(libraries), *own.path))) as zygote:
        warm = zygote.warm()
        assert (warm.problem, warm.note, warm.threaded) == ("", "", ["starts_a_thread", "imports_it"])
        assert len(list(Path(f"/proc/{zygote.pid}/task").iterdir())) == 1
        source = (
            "import sys\nbefore = 'ends_its_thread' in sys.modules, 'imports_it' in sys.modules\nimport imports_it\n"
        )
        found = answer(hold(zygote, source + "x = [*before, imports_it.__file__]"))
    assert isinstance(found, Items)
    assert found.items == [Scalar("bool", "True"), Scalar("bool", "False"), Text("/libraries/0/imports_it.py", 26)]


def test_a_library_that_is_not_there_is_left_to_the_cell_that_imports_it(light_zygote: Zygote, tmp_path: Path) -> None:
    with Zygote(["no_such_library"], tmp_path) as zygote:
        assert zygote.warm().problem == ""
    assert fault_of(hold(light_zygote, "import no_such_library")).error == "ModuleNotFoundError"


def test_a_zygote_that_cannot_start_says_why(tmp_path: Path) -> None:
    with (
        Zygote(["numpy"], tmp_path, replace(own_environment(), python="/bin/false")) as zygote,
        pytest.raises(GraderError, match="ended before it was ready"),
    ):
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


FIRST_USES = """
import sys
before = set(sys.modules)
import io, keras, numpy as np, PIL.Image
file = io.BytesIO()
PIL.Image.fromarray(np.zeros((4, 4), "uint8")).save(file, "jpeg")
PIL.Image.open(file).load()
network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
network.summary()
network.compile("sgd", "mse")
network.fit(np.zeros((8, 4)), np.zeros((8, 1)), epochs=1, validation_split=0.25, verbose=0)
libraries = ("IPython", "PIL", "rich", "tensorflow")
x = sorted(name for name in set(sys.modules) - before if name.partition(".")[0] in libraries)
"""


@pytest.mark.tensorflow
def test_no_room_loads_what_a_first_use_loads_anew(keras_zygote: Zygote) -> None:
    generous = msgspec.structs.replace(LIMITS, cell_seconds=30, seconds=60, memory_mb=1000)
    found = answer(hold(keras_zygote, FIRST_USES, limits=generous))
    assert isinstance(found, Items)
    assert found.items == []


def test_a_program_replaced_while_it_is_at_work_opens_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.sandbox.rooms.CONTRACT", "what the host had read before")
    with Zygote(["numpy"], tmp_path) as zygote, pytest.raises(GraderError, match="start it again"):
        zygote.warm()
