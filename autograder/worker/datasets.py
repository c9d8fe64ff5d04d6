"""Answer the libraries' own data loaders from the shelf: no network, no download, pages shared between rooms.

A room finds its assignment's sets under `/data`, a folder each, read-only. Arrays are mapped copy-on-write: every room
reads the same pages, and one that writes in place gets pages of its own while the file stays as it is.

Loaders are replaced where they are defined, in the modules that are loaded and in those that student code imports
later; any other module is left alone. A set that is not on the shelf is an OSError that says so.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import itertools
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # this file is tried alone, in other Pythons
    from autograder.wire.messages import Repeated

SHELF = "/data"

Array = NDArray[Any]
_repeated: dict[str, Repeated] = {}
"""Sets that are given at another length than theirs."""
Wrap = Callable[[ModuleType], None]

KERAS_LOADER = re.compile(r"(?:keras|tf_keras|tensorflow\.keras)\.(?:.+\.)?datasets\.(\w+)")
"""Modules that hold a `load_data`: where it is defined, `keras.datasets`, and TensorFlow's two names for that."""
OOV, _UNKNOWN = 2, -(2**40)
"""An unknown word's number on the shelf, and one that no word has."""
WORD_OPTIONS: dict[str, Any] = {
    "num_words": None,
    "skip_top": 0,
    "maxlen": None,
    "start_char": 1,
    "oov_char": OOV,
    "index_from": 3,
}
"""What Keras's loaders of sequences of words do where nothing is said, and what the shelf holds."""
HUB_SETS = {
    "mnist": "mnist",
    "ylecun/mnist": "mnist",
    "fashion_mnist": "fashion_mnist",
    "zalando-datasets/fashion_mnist": "fashion_mnist",
    "cifar10": "cifar10",
    "uoft-cs/cifar10": "cifar10",
}
"""Names on the Hugging Face hub, former ones too."""
CIFAR10_CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
FASHION_CLASSES = [
    "T - shirt / top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
]  # fmt: skip
HUB_CLASSES = {
    "mnist": [str(digit) for digit in range(10)],
    "fashion_mnist": FASHION_CLASSES,
    "cifar10": CIFAR10_CLASSES,
}


def install(shelf: str = SHELF, more: Callable[[str], Wrap | None] = lambda _: None) -> None:
    """Answer the loaders from the folder `shelf`, which is first looked at when student code asks for a set.

    `more` says of other modules, by name, what is to be done to them once they have run.
    """
    hook = _Hook(Path(shelf), more)
    for name, module in list(sys.modules.items()):
        if wrap := hook.wrap_for(name):
            wrap(module)
    sys.meta_path.insert(0, hook)


def repeat(sets: Mapping[str, Repeated]) -> None:
    """Have loaders give these sets, by name, at their true length from now on: what there is, over and over."""
    _repeated.update(sets)


def repeated() -> Mapping[str, Repeated]:
    """Return the sets that loaders give so."""
    return _repeated


class _Hook(importlib.abc.MetaPathFinder):
    """Lets the other finders find a module, and wraps what it defines once it has run."""

    def __init__(self, shelf: Path, more: Callable[[str], Wrap | None]) -> None:
        self._shelf = shelf
        self._more = more

    def wrap_for(self, name: str) -> Wrap | None:
        if found := KERAS_LOADER.fullmatch(name):
            return functools.partial(_answer_keras, self._shelf, found[1])
        return functools.partial(_answer_hub, self._shelf) if name == "datasets" else self._more(name)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        wrap = self.wrap_for(name)
        others = [finder for finder in sys.meta_path if finder is not self] if wrap else []
        for finder in others:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return _then(spec, wrap) if wrap else spec
        return None


def _then(spec: importlib.machinery.ModuleSpec, wrap: Wrap) -> importlib.machinery.ModuleSpec:
    """Have the module of `spec` wrapped once it has run."""
    loader: Any = spec.loader
    if loader is None:  # a folder without __init__.py
        return spec
    execute = loader.exec_module

    def execute_and_wrap(module: ModuleType) -> None:
        execute(module)
        wrap(module)

    loader.exec_module = execute_and_wrap
    return spec


# --- The shelf --------------------------------------------------------------------------------------------------------


def load(shelf: Path, name: str, part: str) -> tuple[Array, Array]:
    """Return the images and the labels of `part`, train or test, as plain arrays over copy-on-write maps."""
    folder = shelf / name
    if not folder.is_dir():
        there = ", ".join(sorted(path.name for path in shelf.iterdir())) if shelf.is_dir() else ""
        raise OSError(
            f"the data set {name} is not among this assignment's data, and there is no network here to download it "
            f"from; its data: {there or 'none'}"
        )
    inputs, labels = _inputs(folder, part), _map(folder / f"y_{part}.npy")
    if one := _repeated.get(name):
        length = one.true[part == "test"]
        return np.resize(inputs, (length, *inputs.shape[1:])), np.resize(labels, (length, *labels.shape[1:]))
    return inputs, labels


def _inputs(folder: Path, part: str) -> Array:
    """Return the examples of a part; sequences of unequal length as an array of lists, as Keras does."""
    values, ends = _map(folder / f"x_{part}.npy"), folder / f"x_{part}_ends.npy"
    if not ends.exists():
        return values
    starts = [0, *_map(ends).tolist()]
    numbers = values.tolist()
    sequences = np.empty(len(starts) - 1, object)
    sequences[:] = [numbers[start:end] for start, end in itertools.pairwise(starts)]
    return sequences


def _map(path: Path) -> Array:
    return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))


# --- Keras ------------------------------------------------------------------------------------------------------------


def _answer_keras(shelf: Path, name: str, module: ModuleType) -> None:
    loader = getattr(module, "load_data", None)
    if loader is None or hasattr(loader, "__wrapped__"):  # done already, where the loader is defined
        return

    @functools.wraps(loader)
    def load_data(*args: Any, **kwargs: Any) -> Any:
        if (args or kwargs) and "coarse" in (*args, *kwargs.values()):
            raise OSError(f"the data set {name} is among this assignment's data with its fine labels alone")
        parts = _load_images(shelf, name, "train"), _load_images(shelf, name, "test")
        if parts[0][0].dtype != object:
            return parts
        asked = {**WORD_OPTIONS, **inspect.signature(loader).bind(*args, **kwargs).arguments}
        return _with_words(asked, *parts)

    module.load_data = load_data  # type: ignore[attr-defined]
    if hasattr(module, "get_word_index"):
        module.get_word_index = lambda *_, **__: _word_index(shelf, name)  # type: ignore[attr-defined]


def _with_words(asked: dict[str, Any], *parts: tuple[Array, Array]) -> Any:
    """Return sequences of words under the options of Keras's loader. Their order and division stay the shelf's."""
    shift, limit = (asked["index_from"] or 0) - WORD_OPTIONS["index_from"], asked["maxlen"]
    made = []
    for sequences, labels in parts:
        # The first marks the start; the words that Keras left out of its count stay unknown.
        words = [[_UNKNOWN if word == OOV else word + shift for word in sequence[1:]] for sequence in sequences]
        if asked["start_char"] is not None:
            words = [[asked["start_char"], *sequence] for sequence in words]
        kept = [place for place, sequence in enumerate(words) if not limit or len(sequence) < limit]
        made.append(([words[place] for place in kept], labels[kept]))
    if not all(words for words, _ in made):
        raise ValueError(f"After filtering for sequences shorter than maxlen={limit}, no sequence was kept.")
    top = asked["num_words"] or 1 + max(map(max, (words for part, _ in made for words in part if words)))
    return tuple((_as_objects([_known(words, asked, top) for words in part]), labels) for part, labels in made)


def _known(words: list[int], asked: dict[str, Any], top: int) -> list[int]:
    """Return a sequence whose unknown, rare and most frequent words are replaced, or left out, as asked."""
    low, unknown = max(asked["skip_top"], _UNKNOWN + 1), asked["oov_char"]
    if unknown is None:
        return [word for word in words if low <= word < top]
    return [word if low <= word < top else unknown for word in words]


def _as_objects(sequences: list[list[int]]) -> Array:
    found = np.empty(len(sequences), object)
    found[:] = sequences
    return found


def _word_index(shelf: Path, name: str) -> dict[str, int]:
    path = shelf / name / "word_index.json"
    if not path.exists():
        raise OSError(f"the data set {name} is among this assignment's data without an index of its words")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _load_images(shelf: Path, name: str, part: str) -> tuple[Array, Array]:
    """As Keras does, colours before or after the two axes of an image."""
    images, labels = load(shelf, name, part)
    keras: Any = sys.modules.get("keras") or sys.modules["tf_keras"]
    if images.ndim == 4 and keras.backend.image_data_format() == "channels_first":
        images = images.transpose(0, 3, 1, 2)
    return images, labels


# --- Hugging Face -----------------------------------------------------------------------------------------------------


def _answer_hub(shelf: Path, module: Any) -> None:
    loader = getattr(module, "load_dataset", None)
    if loader is None or not hasattr(module, "DatasetDict"):  # a module of the student's own, of that name
        return

    @functools.wraps(loader)
    def load_dataset(path: Any, *args: Any, split: Any = None, streaming: bool = False, **kwargs: Any) -> Any:
        name = HUB_SETS.get(str(path))
        if name is None:
            return loader(path, *args, split=split, streaming=streaming, **kwargs)
        parts = ("train", "test") if split is None else (str(split),)
        found = {part: _hub_split(shelf, module, name, part) for part in parts}
        if streaming:
            found = {part: dataset.to_iterable_dataset() for part, dataset in found.items()}
        if split is not None:
            return found[str(split)]
        return (module.IterableDatasetDict if streaming else module.DatasetDict)(found)

    module.load_dataset = load_dataset
    module.load.load_dataset = load_dataset


def _hub_split(shelf: Path, module: Any, name: str, split: str) -> Any:
    """Return the rows of a split as the hub has them. `split`: train, test, or a slice such as `train[:10%]`."""
    whole = {part: load(shelf, name, part) for part in ("train", "test")}
    sizes = {part: len(labels) for part, (_, labels) in whole.items()}
    chosen = module.ReadInstruction.from_spec(split).to_absolute(sizes)
    pieces = [
        _rows(module, name, one.splitname, images[one.from_ : one.to], labels[one.from_ : one.to])
        for one in chosen
        for images, labels in (whole[one.splitname],)
    ]
    return pieces[0] if len(pieces) == 1 else module.concatenate_datasets(pieces)


def _rows(module: Any, name: str, split: str, images: Array, labels: Array) -> Any:
    """Return a `Dataset` of images and labels, each image as PIL once it is read."""
    import pyarrow  # the library's own, which is loaded by now

    column = "img" if name == "cifar10" else "image"
    flat = labels.reshape(-1).astype(np.int64)
    bytes_of_images = _netpbm(pyarrow, images)
    nothing = pyarrow.nulls(len(images), pyarrow.string())
    cells = pyarrow.StructArray.from_arrays([bytes_of_images, nothing], names=["bytes", "path"])
    features = module.Features({column: module.Image(), "label": _label_feature(module, name, flat)})
    part = getattr(module.Split, split.upper())
    return module.Dataset.from_dict({column: cells, "label": flat}, features=features, split=part)


def _label_feature(module: Any, name: str, labels: Array) -> Any:
    names = HUB_CLASSES[name]
    return module.ClassLabel(names=names) if labels.max(initial=0) < len(names) else module.Value("int64")


def _netpbm(pyarrow: Any, images: Array) -> Any:
    """Return the images as a column of Netpbm files: a line of text before the pixels as they are, nothing encoded."""
    colour = images.ndim == 4 and images.shape[3] == 3
    if images.dtype != np.uint8 or not (colour or images.ndim == 3):
        raise OSError(f"images of shape {images.shape[1:]} and dtype {images.dtype} cannot be given as PIL images")
    header = f"P{6 if colour else 5} {images.shape[2]} {images.shape[1]} 255\n".encode()
    pixels = images.reshape(len(images), -1)
    files = np.empty((len(images), len(header) + pixels.shape[1]), np.uint8)
    files[:, : len(header)] = np.frombuffer(header, np.uint8)
    files[:, len(header) :] = pixels
    offsets = np.arange(len(images) + 1, dtype=np.int64) * files.shape[1]
    buffers = [None, pyarrow.py_buffer(offsets), pyarrow.py_buffer(files)]
    return pyarrow.Array.from_buffers(pyarrow.large_binary(), len(images), buffers).cast(pyarrow.binary())
