"""Where a set comes from: an `.npz`, a folder of images or texts, `keras.datasets`, or an embedded stand-in.

Each returns the arrays that `Shelf.add` takes, or raises DataError. Nothing here loads TensorFlow. Tables are read in
`autograder.data.tables`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from autograder.data import standin
from autograder.data.arrays import ENDS, HIDDEN, MAX_TEXT, PUBLIC
from autograder.data.shelf import FETCHED, STAND_INS, About, remedy
from autograder.errors import DataError

Arrays = dict[str, NDArray[Any]]

SUFFIXES = (".png", ".jpg", ".jpeg")
TEXT_SUFFIX = ".txt"
WORDS = "word_index.json"
"""The file of a set's index of words, in its folder."""
MAX_TEXT_BYTES = 4 * 10**9
_NAMED = 5
"""How many of many files a message names."""
NO_KERAS = re.compile(r"No module named '(keras|tensorflow)'")

# Keras comes with TensorFlow, which the command line does not load.
_FETCH = """
import json
import sys
import numpy as np
from keras import datasets

def flat(part, xs):
    if xs.dtype != object:
        return {"x_" + part: xs}
    ends = np.cumsum([len(x) for x in xs])
    return {"x_" + part: np.concatenate([np.asarray(x, np.int32) for x in xs]), "x_" + part + "_ends": ends}

module = getattr(datasets, sys.argv[1])
(x_train, y_train), (x_test, y_test) = module.load_data()
np.savez(sys.argv[2], y_train=y_train, y_test=y_test, **flat("train", x_train), **flat("test", x_test))
if hasattr(module, "get_word_index"):
    with open(sys.argv[3], "w") as file:
        json.dump(module.get_word_index(), file)
"""


def from_npz(path: Path, hidden: bool) -> Arrays:
    """Return the arrays of an `.npz`: `x_train y_train x_test y_test`, or `x y` of a hidden set. Others are left."""
    names = HIDDEN if hidden else PUBLIC
    try:
        with path.open("rb") as stream:  # NumPy would leave a file open that is not whole
            archive = np.load(stream, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise DataError(f"{path}: it holds a bare array, expected an .npz of {', '.join(names)}")
            if missing := [name for name in names if name not in archive.files]:
                raise DataError(_lacking(path, missing, archive.files, hidden))
            ends = () if hidden else [name for name in ENDS if name in archive.files]
            return {name: archive[name] for name in (*names, *ends)}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path}: cannot be read as an .npz of numbers or texts: {error}; write it with "
            f"numpy.savez, {', '.join(names)}, then `autograder data add NAME {path}` again"
        ) from error


def as_columns(arrays: Arrays) -> tuple[Arrays, list[str]]:
    """Return structured inputs, one field a column, as plain float32[N, columns], and the columns' names.

    Other arrays are returned as they are. Raises DataError where a field holds anything but numbers.
    """
    fields = {key: array.dtype.names for key, array in arrays.items() if array.dtype.names}
    if not fields:
        return arrays, []
    names = list(next(iter(fields.values())) or ())
    for key, own in fields.items():
        kinds = [arrays[key].dtype[name] for name in own or ()]
        if list(own or ()) != names or any(kind.kind not in "biuf" or kind.shape for kind in kinds):
            raise DataError(
                f"{key} has the fields {arrays[key].dtype}; expected numbers, one field a column, the same in each part"
            )
    plain = {
        key: np.stack([array[name].astype(np.float32) for name in names], axis=1) if key in fields else array
        for key, array in arrays.items()
    }
    return plain, names


def from_folder(path: Path, size: int | None, hidden: bool) -> Arrays:
    """Return the images, or the texts, under `train/CLASS/` and `test/CLASS/`, or under `CLASS/` for a hidden set.

    Texts are `.txt` files in UTF-8, U[N]. The classes, in sorted order, are the labels 0, 1, …; images are
    uint8[N, H, W], or uint8[N, H, W, 3] where one of them is in colour. `size`: resize every image to `size` × `size`
    pixels; without it they are all of one size.
    """
    parts = _parts(path, hidden)
    classes = {suffix: _class_folders(folder) for suffix, folder in parts.items()}
    for suffix, found in classes.items():
        if [one.name for one in found] != [one.name for one in next(iter(classes.values()))]:
            raise DataError(
                f"{path}: train has the classes {_listed([one.name for one in classes['_train']])}, "
                f"{suffix[1:]} {_listed([one.name for one in found])}; expected the same folders in both"
            )
    files = [
        (suffix, label, file)
        for suffix in parts
        for label, one in enumerate(classes[suffix])
        for file in _examples(one)
    ]
    paths = [file for _, _, file in files]
    examples = _read_texts(paths) if all(file.suffix.lower() == TEXT_SUFFIX for file in paths) else _read(paths, size)
    arrays: Arrays = {}
    for suffix in parts:
        chosen = [index for index, (part, _, _) in enumerate(files) if part == suffix]
        arrays[f"x{suffix}"] = np.stack([examples[index] for index in chosen])
        arrays[f"y{suffix}"] = np.array([files[index][1] for index in chosen], _label_dtype(len(classes[suffix])))
    return arrays


def class_names(path: Path, hidden: bool) -> list[str]:
    """Return the names of a folder's classes, by label."""
    return [one.name for one in _class_folders(next(iter(_parts(path, hidden).values())))]


def _parts(path: Path, hidden: bool) -> dict[str, Path]:
    """Return the folders of a set's parts, by what its arrays are called after x and y."""
    return {"": path} if hidden else {"_train": path / "train", "_test": path / "test"}


@contextmanager
def from_keras(name: str) -> Iterator[tuple[Arrays, About]]:
    """Give what `keras.datasets.NAME.load_data()` brings to a connected machine, with its index of words."""
    if name not in FETCHED:
        raise DataError(
            f"data set {name}: keras.datasets has no such set; given: {name}, expected one of "
            f"{', '.join(FETCHED)}; a set of your own: `autograder data add {name} PATH`"
        )
    with tempfile.TemporaryDirectory() as folder:
        target, words = Path(folder) / f"{name}.npz", Path(folder) / WORDS
        command = [sys.executable, "-c", _FETCH, name, str(target), str(words)]
        done = subprocess.run(command, capture_output=True, text=True)
        if missing := NO_KERAS.search(done.stderr):
            raise DataError(
                f"data set {name}: keras.datasets brings it, and {sys.executable} has no {missing[1]}: "
                f"run `{sys.executable} -m pip install keras tensorflow`"
            )
        if done.returncode:
            raise DataError(
                f"data set {name}: keras.datasets.{name}.load_data() could not bring it: {_last_line(done.stderr)}; "
                f"is this machine connected? On one that is not: `autograder data add {name} FILE.npz`"
                + (f", or `autograder data add {name} --stand-in` for a demo" if name in STAND_INS else "")
            )
        yield from_npz(target, hidden=False), About(files={WORDS: words} if words.exists() else {})


def stand_in(name: str) -> Arrays:
    """Return the embedded set that takes the place of `name`: small, and the same on every machine.

    Its arrays are those of a public set, or `x y` where it is a hidden one.
    """
    if name not in STAND_INS:
        raise DataError(
            f"data set {name}: it has no embedded stand-in; given: {name}, expected one of {', '.join(STAND_INS)}; "
            f"{remedy(name)}"
        )
    make = {
        "cifar10": standin.cifar10,
        "cifar10-hidden": standin.cifar10_hidden,
        "fashion_mnist": standin.fashion_mnist,
        "mnist": standin.mnist,
        "mnist-hidden": standin.mnist_hidden,
    }
    return make[name]()


def _lacking(path: Path, missing: Sequence[str], found: Sequence[str], hidden: bool) -> str:
    names = HIDDEN if hidden else PUBLIC
    other = PUBLIC if hidden else HIDDEN
    hint = f"; it is a {'public' if hidden else 'hidden'} set: {'leave out' if hidden else 'add'} --hidden"
    return (
        f"{path}: no array {', '.join(missing)}; given: {', '.join(found) or 'none'}, expected: {', '.join(names)}"
        + (hint if set(other) <= set(found) else f"; then `autograder data add NAME {path}` again")
    )


def _class_folders(folder: Path) -> list[Path]:
    found = (
        sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
        if folder.is_dir()
        else []
    )
    if not found:
        raise DataError(
            f"{folder}: no folder of a class here; expected train/CLASS/*.png and test/CLASS/*.png, or, with --hidden, "
            "CLASS/*.png (or .jpg, or texts in .txt)"
        )
    return found


def _examples(folder: Path) -> list[Path]:
    """Return the images of a class; its texts, where there are none."""
    files = sorted(folder.iterdir())
    images = [path for path in files if path.suffix.lower() in SUFFIXES]
    found = images or [path for path in files if path.suffix.lower() == TEXT_SUFFIX]
    if not found:
        endings = ", ".join((*SUFFIXES, TEXT_SUFFIX))
        raise DataError(f"{folder}: no image or text of this class; expected files ending in {endings}")
    return found


def _read_texts(files: Sequence[Path]) -> list[NDArray[np.str_]]:
    """Return each file's text. Raise DataError with those that are not in UTF-8, or too long."""
    texts, unreadable = [], []
    for path in files:
        try:
            texts.append(path.read_text(encoding="utf-8-sig").strip("\0"))
        except (OSError, UnicodeDecodeError) as error:
            unreadable.append(f"{path} ({error})")
    if unreadable:
        raise DataError(f"{_listed(unreadable)}: cannot be read as texts in UTF-8; mend them, then add the set again")
    return list(as_texts(texts, str(files[0].parent.parent)))


def as_texts(texts: Sequence[str], where: str) -> NDArray[np.str_]:
    """Return texts as one array, U[N]. Raise DataError where one is too long, and where a few long ones take it all."""
    longest = max(map(len, texts), default=0)
    if longest > MAX_TEXT or 4 * longest * len(texts) > MAX_TEXT_BYTES:
        raise DataError(
            f"{where}: {len(texts)} texts, the longest of {longest} characters; expected at most {MAX_TEXT}, and "
            f"{MAX_TEXT_BYTES // 10**9} GB for all of them, each with room for the longest: cut the long ones"
        )
    return np.array(texts, np.str_) if texts else np.empty(0, "U1")


def _read(files: Sequence[Path], size: int | None) -> list[NDArray[np.uint8]]:
    """Read every image, all grey or all in colour. Raise DataError with the files that are no images, or not alike."""
    images: list[Image.Image] = []
    unreadable = []
    for path in files:
        try:
            images.append(_open(path, size))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            unreadable.append(f"{path} ({error})")
    if unreadable:
        raise DataError(f"{_listed(unreadable)}: cannot be read as images; mend or remove them, then add the set again")
    for path, image in zip(files, images, strict=True):
        if image.size != images[0].size:
            raise DataError(
                f"{path}: {image.width} × {image.height} pixels, where {files[0]} has {images[0].width} × "
                f"{images[0].height}; expected all of one size: add --size N to resize every image to N × N"
            )
    mode = "L" if all(image.mode == "L" for image in images) else "RGB"
    return [np.asarray(image.convert(mode)) for image in images]


def _open(path: Path, size: int | None) -> Image.Image:
    """Return the image, upright, as grey (L) where it has no colour and as RGB where it has, without alpha."""
    with Image.open(path) as opened:
        upright = ImageOps.exif_transpose(opened)
        if upright.mode[0] in "IF":  # converting would cut them at 255
            raise ValueError("more than 8 bits a pixel: bring such images as an .npz")
        image = upright.convert("L" if upright.mode in ("1", "L", "LA") else "RGB")
    return image.resize((size, size), Image.Resampling.BILINEAR) if size else image


def _label_dtype(classes: int) -> type[np.uint8 | np.int64]:
    return np.uint8 if classes <= 256 else np.int64


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:500] if lines else "it said nothing"
