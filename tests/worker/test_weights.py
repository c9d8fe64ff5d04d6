"""Pretrained weights come from the shelf: for Keras's networks, for a course's own file; what is missing is named.

PyTorch is no dependency of ours: its hub is a small one here, with the functions that torchvision's weights go through.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.data.shelf import Shelf
from autograder.data.weights import Weights, add_weights
from autograder.evidence import Evidence
from autograder.records import Limits, Plan, Submission
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.wire import codec
from autograder.wire.messages import Array, Cell, VariableProbe

MADE = """
import sys, keras
keras.utils.set_random_seed(3)
make = keras.applications.MobileNet
folder = sys.argv[1]
make(weights=None, include_top=False, input_shape=(32, 32, 3), alpha=0.25).save(folder + "/a.h5")
make(weights=None, alpha=0.25).save(folder + "/b.h5")
keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(folder + "/course.keras")
"""
LIMITS = Limits(cell_seconds=60, seconds=120, memory_mb=2048, disk_mb=16)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> tuple[Weights, ...]:
    """A MobileNet's random weights, without and with its top, as Keras calls them; and a course's model."""
    folder = tmp_path_factory.mktemp("made")
    subprocess.run([sys.executable, "-c", MADE, str(folder)], check=True, capture_output=True)
    (folder / "a.h5").rename(folder / "mobilenet_2_5_224_tf_no_top.h5")
    (folder / "b.h5").rename(folder / "mobilenet_2_5_224_tf.h5")
    found = Shelf(tmp_path_factory.mktemp("shelf"))
    return tuple(add_weights(found, f"w{number}", path) for number, path in enumerate(sorted(folder.iterdir())))


def hold(zygote: Zygote, shelf: tuple[Weights, ...], *sources: str) -> Evidence:
    cells = tuple(Cell(index, "", source) for index, source in enumerate(sources))
    level = measure().level
    assert level is not None
    order = Order("key", Submission("ada", "", cells), Plan((), {"x": VariableProbe("x")}, ()), LIMITS, level, shelf)
    return examine(zygote, order)


def faults(evidence: Evidence) -> list[str]:
    runs = [cell.run for cell in evidence.exam.cells]
    return [f"{run.fault.error}: {run.fault.message}" for run in runs if run is not None and run.fault is not None]


TRANSFER = """
import keras, numpy as np
keras.utils.set_random_seed(9)
base = keras.applications.MobileNet(weights="imagenet", include_top=False, input_shape=(32, 32, 3), alpha=0.25)
base.trainable = False
x = np.array(base.layers[1].get_weights()[0])
"""
WITH_TOP = """
import keras
x = keras.applications.mobilenet.MobileNet(alpha=0.25).layers[-1].name
import tensorflow as tf
path = tf.keras.utils.get_file("course.keras", "https://host/models/course.keras")
a = tf.keras.models.load_model(path).get_weights()
b = keras.models.load_model("course.keras").get_weights()
c = keras.models.load_model(keras.utils.get_file(origin="https://host/course.keras?raw=true")).get_weights()
assert all((one == two).all() and (one == three).all() for one, two, three in zip(a, b, c))
"""
MISSING = "import keras\nkeras.applications.VGG16(include_top=False)"


@pytest.mark.tensorflow
def test_transfer_learning_starts_from_the_shelf(keras_zygote: Zygote, shelf: tuple[Weights, ...]) -> None:
    evidence = hold(keras_zygote, shelf, TRANSFER)
    assert faults(evidence) == []
    answer, blobs = evidence.answers()["x"]
    assert isinstance(answer, Array)
    given = codec.array_value(answer, blobs)
    plain = hold(keras_zygote, (), TRANSFER.replace('weights="imagenet"', "weights=None")).answers()["x"]
    assert isinstance(plain[0], Array)
    assert given.shape == codec.array_value(*plain).shape  # type: ignore[arg-type]
    assert not np.array_equal(given, codec.array_value(*plain))  # type: ignore[arg-type]


@pytest.mark.tensorflow
def test_a_whole_network_and_a_courses_own_file_are_loaded(keras_zygote: Zygote, shelf: tuple[Weights, ...]) -> None:
    assert faults(hold(keras_zygote, shelf, WITH_TOP)) == []


@pytest.mark.tensorflow
def test_weights_that_are_nowhere_are_named(keras_zygote: Zygote, shelf: tuple[Weights, ...]) -> None:
    (said,) = faults(hold(keras_zygote, shelf[:1], MISSING))
    assert said == (
        "NotOnShelf: the weights vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 are not among this assignment's "
        "data, and there is no network here to download them from; its weights: course.keras"
    )


HUB = '''
import os, sys, types
torch, hub = types.ModuleType("torch"), types.ModuleType("torch.hub")
exec("""
import os
def download_url_to_file(url, dst, hash_prefix=None, progress=True):
    raise RuntimeError("the network was asked")
def load_state_dict_from_url(url, model_dir="checkpoints", check_hash=False):
    os.makedirs(model_dir, exist_ok=True)
    cached = os.path.join(model_dir, os.path.basename(url))
    if not os.path.exists(cached):
        download_url_to_file(url, cached, "0123" if check_hash else None)
    return open(cached, "rb").read()
def load(repo_or_dir, model, *args, source="github", **kwargs):
    return "local" if source == "local" else download_url_to_file("https://github.com", "x")
""", vars(hub))
'''


def in_a_hub(tmp_path: Path, script: str) -> str:
    (tmp_path / "shelf" / "resnet").mkdir(parents=True)
    (tmp_path / "shelf" / "resnet" / "weights.json").write_text("{}")
    (tmp_path / "shelf" / "resnet" / "resnet18-f37072fd.pth").write_bytes(b"weights")
    set_up = "from pathlib import Path\nfrom autograder.worker.pytorch import downloads\n"
    wrap = "downloads.wrap_for('torch.hub', Path('shelf'))(hub)\n"
    command = [sys.executable, "-c", set_up + HUB + wrap + script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_weights_of_torchvision_are_the_shelfs(tmp_path: Path) -> None:
    url = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    assert in_a_hub(tmp_path, f"print(hub.load_state_dict_from_url({url!r}, check_hash=True))") == "b'weights'"


def test_weights_of_torchvision_that_are_nowhere_are_named(tmp_path: Path) -> None:
    said = in_a_hub(tmp_path, "hub.load_state_dict_from_url('https://host/vgg16-397923af.pth')")
    assert "NotOnShelf: the weights vgg16-397923af.pth are not among this assignment's data" in said
    assert said.endswith("its weights: resnet18-f37072fd.pth")


def test_the_hub_gives_torchvisions_own_models(tmp_path: Path) -> None:
    models = "tv, m = types.ModuleType('torchvision'), types.ModuleType('torchvision.models')\ntv.models = m\n"
    models += "sys.modules |= {'torchvision': tv, 'torchvision.models': m}\nm.resnet18 = lambda **named: named\n"
    asked = "print(hub.load('pytorch/vision:v0.10.0', 'resnet18', weights='DEFAULT', trust_repo=True))"
    assert in_a_hub(tmp_path, models + asked) == "{'weights': 'DEFAULT'}"


def test_the_hub_still_loads_what_lies_here(tmp_path: Path) -> None:
    said = in_a_hub(tmp_path, "print(hub.load('.', 'm', source='local'))")
    assert said == "local"


def test_a_repository_that_is_not_here_is_named(tmp_path: Path) -> None:
    said = in_a_hub(tmp_path, "hub.load('ultralytics/yolov5', 'yolov5s')")
    assert "no network while grading: torch.hub cannot bring https://github.com/ultralytics/yolov5" in said
