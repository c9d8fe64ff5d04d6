"""Where sets come from, and what is said where they cannot."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autograder.data import sources
from autograder.data.shelf import STAND_INS, Shelf
from autograder.errors import DataError
from data_sets import hidden, public, write_npz


def _draw(path: Path, value: int | tuple[int, int, int], size: tuple[int, int] = (10, 8)) -> None:
    """Write an image of one colour, `size` wide and high."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L" if isinstance(value, int) else "RGB", size, value).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, three images of each to train on, one to test on; brightness says which is which."""
    for label, name in enumerate(("cats", "dogs")):
        for index in range(3):
            _draw(tmp_path / "set/train" / name / f"{index}.png", 100 * label + index)
        _draw(tmp_path / "set/test" / name / "0.PNG", 100 * label + 9)
    return tmp_path / "set"


# --- npz --------------------------------------------------------------------------------------------------------------


def test_an_npz(tmp_path: Path) -> None:
    write_npz(tmp_path / "set.npz", {**public(), "names": np.array(["a", "b"])})
    arrays = sources.from_npz(tmp_path / "set.npz", hidden=False)
    for name, array in public().items():
        np.testing.assert_array_equal(arrays[name], array)
    assert set(arrays) == set(public())


def test_a_compressed_npz_of_a_hidden_set(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "set.npz", x=hidden()["x"], y=hidden()["y"])
    arrays = sources.from_npz(tmp_path / "set.npz", hidden=True)
    np.testing.assert_array_equal(arrays["x"], hidden()["x"])
    assert set(arrays) == {"x", "y"}


def test_an_npz_without_an_array(tmp_path: Path) -> None:
    arrays = public()
    np.savez(tmp_path / "set.npz", x_train=arrays["x_train"], x_test=arrays["x_test"])
    with pytest.raises(DataError) as raised:
        sources.from_npz(tmp_path / "set.npz", hidden=False)
    assert str(raised.value) == (
        f"{tmp_path}/set.npz: no array y_train, y_test; given: x_train, x_test, expected: x_train, y_train, x_test, "
        f"y_test; then `autograder data add NAME {tmp_path}/set.npz` again"
    )


def test_an_npz_of_the_other_kind(tmp_path: Path) -> None:
    write_npz(tmp_path / "hidden.npz", hidden())
    write_npz(tmp_path / "public.npz", public())
    with pytest.raises(DataError, match=r"it is a hidden set: add --hidden$"):
        sources.from_npz(tmp_path / "hidden.npz", hidden=False)
    with pytest.raises(DataError, match=r"it is a public set: leave out --hidden$"):
        sources.from_npz(tmp_path / "public.npz", hidden=True)


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("executed"),)  # type: ignore[return-value]


def test_no_pickle_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_npz(Path("set.npz"), {**public(), "y_train": np.array([_Evil()], object)})
    with pytest.raises(DataError, match=r"cannot be read as an .npz of numbers or texts: Object arrays cannot be"):
        sources.from_npz(Path("set.npz"), hidden=False)
    assert not Path("executed").exists()


@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_npz(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "set.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"set.npz: cannot be read as an .npz of numbers"):
        sources.from_npz(tmp_path / "set.npz", hidden=False)


def test_a_bare_array(tmp_path: Path) -> None:
    np.save(tmp_path / "set.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"it holds a bare array, expected an .npz of x, y"):
        sources.from_npz(tmp_path / "set.npy", hidden=True)


# --- Folder -----------------------------------------------------------------------------------------------------------


def test_a_folder(folder: Path) -> None:
    (folder / "train/cats/notes.txt").touch()
    (folder / "train/.cache").mkdir()
    arrays = sources.from_folder(folder, None, hidden=False)
    assert arrays["x_train"].shape == (6, 8, 10)
    assert arrays["x_train"].dtype == np.uint8
    assert arrays["x_train"][:, 0, 0].tolist() == [0, 1, 2, 100, 101, 102]
    assert arrays["y_train"].tolist() == [0, 0, 0, 1, 1, 1]
    assert arrays["x_test"][:, 0, 0].tolist() == [9, 109]
    assert arrays["y_test"].tolist() == [0, 1]


def test_a_folder_of_a_hidden_set(folder: Path, tmp_path: Path) -> None:
    arrays = sources.from_folder(folder / "train", None, hidden=True)
    assert arrays["y"].tolist() == [0, 0, 0, 1, 1, 1]
    assert Shelf(tmp_path / "shelf").add("exam", arrays, hidden=True, origin="").classes == 2


def test_one_image_in_colour_makes_all_so(folder: Path) -> None:
    _draw(folder / "test/dogs/1.png", (10, 20, 30))
    arrays = sources.from_folder(folder, None, hidden=False)
    assert arrays["x_train"].shape == (6, 8, 10, 3)
    assert arrays["x_test"][:, 0, 0].tolist() == [[9, 9, 9], [109, 109, 109], [10, 20, 30]]


def test_jpeg_palette_and_alpha(tmp_path: Path) -> None:
    _draw(tmp_path / "a/0.jpg", (200, 100, 50))
    Image.new("RGBA", (10, 8), (1, 2, 3, 0)).save(tmp_path / "a/1.png")
    Image.new("RGB", (10, 8), (4, 5, 6)).convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "a/2.png")
    pixels = sources.from_folder(tmp_path, None, hidden=True)["x"][:, 0, 0]
    np.testing.assert_allclose(pixels[0], (200, 100, 50), atol=3)
    assert pixels[1:].tolist() == [[1, 2, 3], [4, 5, 6]]


def test_sixteen_bits_are_not_cut_to_eight(folder: Path) -> None:
    Image.fromarray(np.full((8, 10), 300, np.uint16)).save(folder / "test/cats/0.PNG")
    with pytest.raises(DataError, match=r"test/cats/0.PNG \(more than 8 bits a pixel: bring such images as an .npz\)"):
        sources.from_folder(folder, None, hidden=False)


def test_images_are_resized(folder: Path) -> None:
    _draw(folder / "train/cats/9.png", 50, size=(33, 17))
    arrays = sources.from_folder(folder, 16, hidden=False)
    assert arrays["x_train"].shape == (7, 16, 16)
    assert arrays["x_train"][3].tolist() == [[50] * 16] * 16


def test_a_photograph_stands_upright(tmp_path: Path) -> None:
    image = Image.new("L", (10, 8))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    (tmp_path / "a").mkdir()
    image.save(tmp_path / "a/0.jpg", exif=exif)
    assert sources.from_folder(tmp_path, None, hidden=True)["x"].shape == (1, 10, 8)


def test_an_image_of_another_size_is_named(folder: Path) -> None:
    _draw(folder / "train/dogs/5.png", 50, size=(11, 8))
    said = f"{folder}/train/dogs/5.png: 11 × 8 pixels, where {folder}/train/cats/0.png has 10 × 8; expected all of one"
    with pytest.raises(DataError, match=f"^{re.escape(said)} size: add --size N"):
        sources.from_folder(folder, None, hidden=False)


def test_files_that_are_no_images_are_named(folder: Path) -> None:
    (folder / "train/dogs/5.png").write_text("not an image")
    whole = (folder / "train/dogs/0.png").read_bytes()
    (folder / "test/dogs/6.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cannot be read as images; mend or remove them") as raised:
        sources.from_folder(folder, None, hidden=False)
    assert f"{folder}/train/dogs/5.png (" in str(raised.value)
    assert f"{folder}/test/dogs/6.jpg (" in str(raised.value)


def test_of_many_bad_files_the_first_are_named(folder: Path) -> None:
    for index in range(8):
        (folder / f"train/dogs/bad{index}.png").touch()
    with pytest.raises(DataError, match=r"bad4.png \(.*\) and 3 more: cannot be read"):
        sources.from_folder(folder, None, hidden=False)


def test_classes_that_differ_between_train_and_test(folder: Path) -> None:
    (folder / "test/dogs").rename(folder / "test/horses")
    said = f"{folder}: train has the classes cats, dogs, test cats, horses; expected the same folders in both"
    with pytest.raises(DataError, match=f"^{re.escape(said)}$"):
        sources.from_folder(folder, None, hidden=False)


def test_a_class_without_images(folder: Path) -> None:
    (folder / "train/birds").mkdir()
    (folder / "test/birds").mkdir()
    with pytest.raises(
        DataError, match=r"train/birds: no image or text of this class; expected files ending in .png, .jpg"
    ):
        sources.from_folder(folder, None, hidden=False)


def test_a_folder_laid_out_otherwise(folder: Path) -> None:
    with pytest.raises(DataError, match="cats/train: no folder of a class here; expected train/CLASS"):
        sources.from_folder(folder / "train/cats", None, hidden=False)


# --- keras.datasets and stand-ins -------------------------------------------------------------------------------------


@pytest.mark.tensorflow
def test_without_network_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    with pytest.raises(DataError) as raised, sources.from_keras("mnist"):
        pass
    assert re.match(
        r"data set mnist: keras.datasets.mnist.load_data\(\) could not bring it: .*https://\S+/mnist.npz.*; is this "
        r"machine connected\? On one that is not: `autograder data add mnist FILE.npz`, or `autograder data add mnist "
        r"--stand-in` for a demo$",
        str(raised.value),
    )


def test_a_set_that_keras_does_not_have() -> None:
    with (
        pytest.raises(DataError, match="given: imagenet, expected one of boston_housing, "),
        sources.from_keras("imagenet"),
    ):
        pass


@pytest.mark.parametrize("name", STAND_INS)
def test_every_stand_in_is_a_set(tmp_path: Path, name: str) -> None:
    arrays = sources.stand_in(name)
    added = Shelf(tmp_path).add(name, arrays, hidden="x" in arrays, stand_in=True, origin="")
    assert (added.classes, added.stand_in, added.hidden) == (10, True, name.endswith("-hidden"))


def test_a_set_without_a_stand_in() -> None:
    with pytest.raises(DataError, match="data set cifar100: it has no embedded stand-in; given: cifar100, expected"):
        sources.stand_in("cifar100")
