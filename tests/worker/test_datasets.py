"""The libraries' loaders, answered from the shelf: each library real, in a process of its own.

torchvision and Hugging Face's datasets are large and no dependency of ours: their tests run where they are installed,
in this environment or in that of the Python named by AUTOGRADER_TORCHVISION_PYTHON or AUTOGRADER_DATASETS_PYTHON.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.data import standin
from autograder.data.arrays import Arrays
from autograder.data.shelf import Shelf

# The module is loaded from its file: another Python, which has the library, need not have this project's dependencies.
INSTALL = """
import importlib.util, pathlib, sys
import numpy as np
spec = importlib.util.spec_from_file_location("room_datasets", sys.argv[2])
room_datasets = importlib.util.module_from_spec(spec)
spec.loader.exec_module(room_datasets)
shelf = pathlib.Path(sys.argv[1])

def refusal(function, *arguments, **options):
    try:
        function(*arguments, **options)
    except OSError as error:
        return str(error)
    raise AssertionError("not refused")
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MNIST, and CIFAR-10 with the labels' shape that Keras gives them; small."""
    found = Shelf(tmp_path_factory.mktemp("data"))
    for name, make in (("mnist", standin.mnist), ("cifar10", standin.cifar10)):
        arrays = {key: array[: 500 if "train" in key else 100] for key, array in make().items()}
        found.add(name, arrays, stand_in=True, origin="")
    return found.folder


def run(repository: Path, shelf: Path, script: str, python: str = sys.executable, **variables: str) -> None:
    """Run `script` after `INSTALL`, and require that it came to its end."""
    module = repository / "autograder/worker/datasets.py"
    command = [python, "-c", INSTALL + script + "\nprint('done')", str(shelf), str(module)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **variables})
    assert done.stdout.splitlines()[-1:] == ["done"], done.stderr[-3000:]


SAME = """
def check(loaded, name):
    assert type(loaded) is tuple and [type(part) for part in loaded] == [tuple, tuple]
    for part, (images, labels) in zip(("train", "test"), loaded):
        for kind, array in (("x", images), ("y", labels)):
            expected = np.load(shelf / name / f"{kind}_{part}.npy")
            assert type(array) is np.ndarray, type(array)
            assert (array.dtype, array.shape) == (expected.dtype, expected.shape)
            assert (array == expected).all()
"""


@pytest.mark.tensorflow
@pytest.mark.parametrize("loaded_before", [True, False], ids=["loaded before", "loaded after"])
def test_every_name_of_keras_loader(repository: Path, shelf: Path, loaded_before: bool) -> None:
    imports = "import keras, tensorflow\nkeras.datasets.mnist, tensorflow.keras.datasets.mnist\n"
    script = """
room_datasets.install(str(shelf))
import keras, tensorflow as tf
check(keras.datasets.mnist.load_data(), "mnist")
check(keras.datasets.mnist.load_data(path="mnist.npz"), "mnist")
check(keras.datasets.cifar10.load_data(), "cifar10")
check(tf.keras.datasets.mnist.load_data(), "mnist")
check(tf.keras.datasets.cifar10.load_data(), "cifar10")
from keras.datasets import cifar10
check(cifar10.load_data(), "cifar10")
from tensorflow.keras.datasets import mnist
check(mnist.load_data(), "mnist")
from tensorflow.keras.datasets.mnist import load_data
check(load_data("mnist.npz"), "mnist")
from tensorflow import keras as other
check(other.datasets.mnist.load_data(), "mnist")
for name in ("fashion_mnist", "cifar100", "imdb", "boston_housing"):
    for library in (keras, tf.keras):
        assert refusal(getattr(library.datasets, name).load_data) == (
            f"the data set {name} is not among this assignment's data, and there is no network here to download it "
            "from; its data: cifar10, mnist"
        )
assert keras.datasets.mnist.load_data.__doc__.startswith("Loads the MNIST dataset.")
keras.config.set_image_data_format("channels_first")
assert keras.datasets.cifar10.load_data()[0][0].shape == (500, 3, 32, 32)
assert keras.datasets.mnist.load_data()[0][0].shape == (500, 28, 28)
"""
    run(repository, shelf, SAME + (imports if loaded_before else "") + script)


PRIVATE = """
import os
room_datasets.install(str(shelf))
from keras.datasets import mnist

def copied_kilobytes():
    found, inside = 0, False
    for line in open("/proc/self/smaps"):
        if "-" in line.split()[0]:
            inside = line.rstrip().endswith("mnist/x_train.npy")
        elif inside and line.startswith("Anonymous:"):
            found += int(line.split()[1])
    return found

before = (shelf / "mnist/x_train.npy").read_bytes()
(images, labels), _ = mnist.load_data()
total = int(images.sum())
assert copied_kilobytes() == 0, "read, and nothing is copied"
child = os.fork()
if child == 0:
    images[0] = 255
    assert 0 < copied_kilobytes() < 20, "the pages written, and no other"
    assert (mnist.load_data()[0][0][0] != 255).any(), "loaded again, it is as it was"
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert int(images.sum()) == total, "what another process writes is not seen here"
images[:] = 0
assert (shelf / "mnist/x_train.npy").read_bytes() == before
"""


@pytest.mark.tensorflow
def test_pages_are_shared_until_they_are_written_and_the_file_stays(repository: Path, shelf: Path) -> None:
    run(repository, shelf, PRIVATE)


@pytest.mark.tensorflow
def test_what_is_not_on_the_shelf(repository: Path, tmp_path: Path) -> None:
    """The zygote installs, and a room's shelf is mounted later. Labels that a set does not have are not made up."""
    images, labels = np.zeros((10, 32, 32, 3), np.uint8), np.arange(10)
    arrays: Arrays = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    Shelf(tmp_path / "shelf").add("cifar100", arrays, origin="")
    script = """
room_datasets.install(str(shelf / "room"))
from keras.datasets import cifar100
assert refusal(cifar100.load_data).endswith("its data: none")
(shelf / "room").symlink_to(shelf / "shelf")
assert cifar100.load_data(label_mode="fine")[0][1].tolist() == list(range(10))
assert "fine labels alone" in refusal(cifar100.load_data, "coarse")
assert "fine labels alone" in refusal(cifar100.load_data, label_mode="coarse")
"""
    run(repository, tmp_path, script)


def test_other_modules_are_left_alone(repository: Path, shelf: Path, tmp_path: Path) -> None:
    """A student's own datasets.py, and everything that has nothing to do with data."""
    (tmp_path / "datasets.py").write_text("def load_dataset(name):\n    return 'mine'\n")
    script = f"""
before = set(sys.modules)
room_datasets.install(str(shelf))
assert set(sys.modules) == before, "nothing is imported"
assert sys.meta_path[0].find_spec("json", None) is None
assert sys.meta_path[0].find_spec("keras", None) is None
sys.path.insert(0, {str(tmp_path)!r})
import datasets, inspect, importlib.util
assert datasets.load_dataset("mnist") == "mine"
assert "return 'mine'" in inspect.getsource(datasets)
assert importlib.util.find_spec("no_such_module") is None
try:
    import torchvision.datasets.nothing
except ImportError:
    pass
"""
    run(repository, shelf, script)


def python_with(module: str, variable: str) -> str:
    """Return a Python that has `module`; skip the test, loudly, where there is none."""
    python = os.environ.get(variable, sys.executable)
    script = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    if subprocess.run([python, "-c", script]).returncode:
        pytest.skip(f"NOT TESTED: {module} is not installed for {python}; name a Python that has it in {variable}")
    return python


def test_torchvision(repository: Path, shelf: Path) -> None:
    python = python_with("torchvision", "AUTOGRADER_TORCHVISION_PYTHON")
    script = """
sys.path.insert(0, str(pathlib.Path(sys.argv[2]).parents[2]))
from autograder.worker.pytorch import downloads
room_datasets.install(str(shelf), more=lambda name: downloads.wrap_for(name, shelf))
import torch, torchvision
from torchvision import datasets, transforms
from torchvision.datasets import CIFAR10, MNIST
from PIL import Image

train = MNIST("./nowhere", train=True, download=True, transform=transforms.ToTensor())
assert isinstance(train, torchvision.datasets.VisionDataset) and type(train) is datasets.mnist.MNIST
assert train.data.dtype == torch.uint8 and tuple(train.data.shape) == (500, 28, 28) and len(train) == 500
assert train.targets.dtype == torch.int64 and tuple(train.targets.shape) == (500,)
assert (train.data.numpy() == np.load(shelf / "mnist/x_train.npy")).all()
assert train.classes[3] == "3 - three" and train.train is True and "Split: Train" in repr(train)
image, label = train[4]
assert tuple(image.shape) == (1, 28, 28) and label == int(np.load(shelf / "mnist/y_train.npy")[4])
batch, labels = next(iter(torch.utils.data.DataLoader(train, batch_size=8)))
assert tuple(batch.shape) == (8, 1, 28, 28)

test = CIFAR10(root="./nowhere", train=False, target_transform=lambda label: -label)
assert type(test.data) is np.ndarray and test.data.shape == (100, 32, 32, 3)
assert type(test.targets) is list and test.targets == np.load(shelf / "cifar10/y_test.npy").ravel().tolist()
assert test.classes[:2] == ["airplane", "automobile"] and test.class_to_idx["truck"] == 9
image, label = test[1]
assert isinstance(image, Image.Image) and image.size == (32, 32) and label == -test.targets[1]

class Own(MNIST):
    pass

assert len(Own("x", False)) == 100
assert "the data set fashion_mnist is not among" in refusal(datasets.FashionMNIST, "x")
assert "the data set cifar100 is not among" in refusal(datasets.CIFAR100, "x", download=True)
assert "the data set emnist is not among" in refusal(datasets.EMNIST, "x", split="letters")
assert not pathlib.Path("nowhere").exists()
"""
    run(repository, shelf, script, python)


def test_hugging_face(repository: Path, shelf: Path, tmp_path: Path) -> None:
    python = python_with("datasets", "AUTOGRADER_DATASETS_PYTHON")
    script = """
room_datasets.install(str(shelf))
import datasets
from datasets import load_dataset
from PIL import Image

both = load_dataset("ylecun/mnist")
assert isinstance(both, datasets.DatasetDict) and {name: len(part) for name, part in both.items()} == {
    "train": 500, "test": 100}
assert both["train"].column_names == ["image", "label"] and both["train"].split == "train"
assert isinstance(both["train"].features["image"], datasets.Image)
assert both["train"].features["label"].names == [str(digit) for digit in range(10)]
row = both["train"][7]
assert isinstance(row["image"], Image.Image) and (row["image"].size, row["image"].mode) == ((28, 28), "L")
assert (np.asarray(row["image"]) == np.load(shelf / "mnist/x_train.npy")[7]).all()
assert row["label"] == int(np.load(shelf / "mnist/y_train.npy")[7]) and type(row["label"]) is int

train = load_dataset("cifar10", split="train")
assert isinstance(train, datasets.Dataset) and train.column_names == ["img", "label"]
assert (np.asarray(train[2]["img"]) == np.load(shelf / "cifar10/x_train.npy")[2]).all()
assert train.features["label"].int2str(0) == "airplane"
assert len(datasets.load_dataset("uoft-cs/cifar10", split="train[:10%]+test[:5]")) == 55
assert len(load_dataset("mnist", split=datasets.Split.TEST)) == 100
mapped = both["test"].select(range(8)).map(lambda row: {"bright": int(np.asarray(row["image"]).max())})
assert mapped[0]["bright"] > 100
assert both["train"].with_format("numpy")[0]["image"].shape == (28, 28)
stream = load_dataset("mnist", split="test", streaming=True)
assert isinstance(stream, datasets.IterableDataset) and next(iter(stream))["label"] in range(10)
assert isinstance(load_dataset("mnist", streaming=True), datasets.IterableDatasetDict)
assert "the data set fashion_mnist is not among" in refusal(load_dataset, "fashion_mnist")
(pathlib.Path(sys.argv[1]).parent / "rows.csv").write_text("a,b\\n1,2\\n")
rows = load_dataset("csv", data_files=str(pathlib.Path(sys.argv[1]).parent / "rows.csv"), split="train")
assert rows[0] == {"a": 1, "b": 2}, "files are loaded as ever"
"""
    run(repository, shelf, script, python, HF_HOME=str(tmp_path), HF_HUB_OFFLINE="1")


# --- Sequences of words -----------------------------------------------------------------------------------------------

WORDS = """
import json, tempfile
from keras.src.datasets import imdb, reuters

random = np.random.RandomState(1)
def sequences(count):
    found = np.empty(count, object)
    found[:] = [random.randint(1, 50, random.randint(2, 12)).tolist() for _ in range(count)]
    return found

folder = pathlib.Path(tempfile.mkdtemp())
parts = {"x_train": sequences(30), "y_train": np.arange(30) % 2, "x_test": sequences(20), "y_test": np.arange(20) % 2}
np.savez(folder / "imdb.npz", **parts)
np.savez(folder / "reuters.npz", x=sequences(40), y=np.arange(40) % 5)
for module in (imdb, reuters):
    module.get_file = lambda fname, **_: folder / fname
OPTIONS = [{}, {"num_words": 20}, {"num_words": 30, "skip_top": 5}, {"maxlen": 8, "num_words": 40},
           {"oov_char": None, "num_words": 20}, {"oov_char": None},
           {"index_from": 10}, {"oov_char": 7, "num_words": 15, "maxlen": 9}]
expected = {(module, number): module.load_data(**options) for module in (imdb, reuters)
            for number, options in enumerate(OPTIONS) if module is imdb or "maxlen" not in options}

for module, name in ((imdb, "imdb"), (reuters, "reuters")):
    (shelf / name).mkdir()
    (shelf / name / "word_index.json").write_text(json.dumps({"the": 1}))
    for part, (xs, ys) in zip(("train", "test"), expected[module, 0]):
        np.save(shelf / name / f"x_{part}.npy", np.concatenate([np.asarray(x, "int32") for x in xs]))
        np.save(shelf / name / f"x_{part}_ends.npy", np.cumsum([len(x) for x in xs]))
        np.save(shelf / name / f"y_{part}.npy", ys)
room_datasets.install(str(shelf))
import keras

for (module, number), wanted in expected.items():
    public = getattr(keras.datasets, module.__name__.rpartition(".")[2])
    for (xs, ys), (given, labels) in zip(wanted, public.load_data(**OPTIONS[number])):
        assert given.dtype == object and type(given[0]) is list
        assert list(given) == list(xs), (module, OPTIONS[number])
        assert (labels == ys).all()
bare = keras.datasets.imdb.load_data(start_char=None)[0][0]
assert [1] + bare[0] == list(expected[imdb, 0][0][0][0])
assert keras.datasets.imdb.get_word_index() == {"the": 1}
(shelf / "reuters" / "word_index.json").unlink()
assert "without an index of its words" in refusal(keras.datasets.reuters.get_word_index)
"""


@pytest.mark.tensorflow
def test_sequences_of_words_are_keras_own(repository: Path, tmp_path: Path) -> None:
    run(repository, tmp_path, WORDS)


HOUSING = """
for name, width in (("california_housing", 8), ("boston_housing", 13)):
    (shelf / name).mkdir()
    for part, count in (("train", 6), ("test", 2)):
        np.save(shelf / name / f"x_{part}.npy", np.ones((count, width), "float32"))
        np.save(shelf / name / f"y_{part}.npy", np.full(count, 0.5, "float32"))
room_datasets.install(str(shelf))
from keras.datasets import boston_housing, california_housing
for module, width in ((california_housing, 8), (boston_housing, 13)):
    (x, y), (x_test, y_test) = module.load_data()
    assert x.shape == (6, width) and x_test.shape == (2, width) and y.dtype == "float32"
"""


@pytest.mark.tensorflow
def test_tables_of_keras(repository: Path, tmp_path: Path) -> None:
    run(repository, tmp_path, HOUSING)
