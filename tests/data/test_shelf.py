"""A set that is there is whole, and one that is not says so."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from autograder.data.arrays import PUBLIC
from autograder.data.shelf import Shelf, shelf_folder
from autograder.errors import DataError
from data_sets import hidden, public

Arrays = dict[str, NDArray[Any]]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def test_what_is_added_is_there(shelf: Shelf) -> None:
    arrays = public()
    added = shelf.add("digits", arrays, origin="Drawn for a test.")
    assert shelf.get("digits") == added
    assert shelf.sets() == (added,)
    assert (added.name, added.classes, added.hidden, added.stand_in) == ("digits", 3, False, False)
    assert (added.examples, added.size) == (26, 26 * 784 + 26)
    assert added.origin == "Drawn for a test."
    assert {name: (info.dtype, info.shape) for name, info in added.arrays.items()} == {
        name: ("uint8", array.shape) for name, array in arrays.items()
    }
    for name, mapped in shelf.open("digits").items():
        np.testing.assert_array_equal(mapped, arrays[name])


def test_arrays_are_mapped_and_cannot_be_written(shelf: Shelf) -> None:
    shelf.add("digits", public(), origin="")
    mapped = shelf.open("digits")["x_train"]
    assert isinstance(mapped, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        mapped[0] = 0


def test_a_hidden_set(shelf: Shelf) -> None:
    added = shelf.add("exam", hidden(), hidden=True, origin="")
    assert added.hidden
    assert (added.examples, added.classes) == (8, 4)
    assert set(shelf.open("exam")) == {"x", "y"}


def test_everyone_can_read_a_public_set_whatever_the_umask(shelf: Shelf) -> None:
    before = os.umask(0o077)
    try:
        folder = shelf.add("digits", public(), origin="").folder
    finally:
        os.umask(before)
    assert _modes(folder) == (0o755, {0o644})


def test_a_hidden_set_is_its_owners_alone_to_read(shelf: Shelf) -> None:
    before = os.umask(0o022)
    try:
        folder = shelf.add("exam", hidden(), hidden=True, origin="").folder
    finally:
        os.umask(before)
    assert _modes(folder) == (0o700, {0o600})


def _modes(folder: Path) -> tuple[int, set[int]]:
    """Of the folder, and of its files."""
    return stat.S_IMODE(folder.stat().st_mode), {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_the_digest_is_of_names_dtypes_shapes_and_bytes(shelf: Shelf) -> None:
    def digest_of(name: str, arrays: Arrays) -> str:
        return shelf.add(name, arrays, origin=name).digest

    arrays = public()
    first = digest_of("first", arrays)
    assert digest_of("same", public()) == first
    assert digest_of("fortran", {**arrays, "x_train": np.asfortranarray(arrays["x_train"])}) == first
    darker = arrays["x_test"].copy()
    darker[0, 0, 0] ^= 1
    others = [
        {**arrays, "x_test": darker},
        {name: array.reshape(len(array), 784) if name.startswith("x") else array for name, array in arrays.items()},
        {**arrays, "y_train": arrays["y_train"].astype(np.int8)},
        {**arrays, "y_train": arrays["y_train"][::-1]},
    ]
    digests = [digest_of(f"other-{index}", other) for index, other in enumerate(others)]
    assert len({first, *digests}) == 5
    assert re.fullmatch("sha256:[0-9a-f]{64}", first)


def test_big_endian_numbers_come_back_as_they_were(shelf: Shelf) -> None:
    labels = (np.arange(20) % 3).astype(">i4")
    shelf.add("digits", {**public(), "y_train": labels}, origin="")
    found = shelf.open("digits")["y_train"]
    assert found.dtype == np.dtype("<i4")
    np.testing.assert_array_equal(found, labels)
    shelf.verify("digits")


def test_a_set_is_replaced_only_on_request(shelf: Shelf) -> None:
    shelf.add("digits", public(), origin="first")
    with pytest.raises(DataError, match=r"data set digits: it is on the shelf already .* add --replace"):
        shelf.add("digits", public(), origin="second")
    kept = shelf.open("digits")["x_train"]
    before = kept.copy()
    shelf.add("digits", public(train=30), origin="second", replace=True)
    assert shelf.get("digits").origin == "second"
    np.testing.assert_array_equal(kept, before)  # who has mapped the former set keeps it
    assert [path.name for path in shelf.folder.iterdir()] == ["digits"]


def test_nothing_is_left_of_a_set_that_is_refused(shelf: Shelf) -> None:
    shelf.folder.mkdir()
    with pytest.raises(DataError):
        shelf.add("digits", {**public(), "y_test": np.zeros(6)}, origin="")
    assert list(shelf.folder.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"data set digits: .*/file/shelf cannot be written: Not a directory; .*AUTOGR"):
        Shelf(tmp_path / "file" / "shelf").add("digits", public(), origin="")


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "a/b", "/etc", "A", "é", "-x", "_x", ".hidden", "a b", "a\n"])
def test_no_path_comes_out_of_a_name(shelf: Shelf, name: str) -> None:
    for use in (shelf.get, shelf.verify, shelf.open, lambda it: shelf.add(it, public(), origin="")):
        with pytest.raises(DataError, match="not a name: small letters, digits, _ and -"):
            use(name)
    assert not shelf.folder.exists()


@given(st.text(max_size=20))
def test_a_name_is_plain_or_refused(name: str) -> None:
    try:
        Shelf(Path("/nowhere")).get(name)
    except DataError as error:
        plain = re.fullmatch("[a-z0-9][a-z0-9_-]*", name) is not None
        assert ("it is not on the shelf" in str(error)) == plain


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"y_train": np.zeros(20)}, r"y_train is float64\[20\], expected integers: labels from 0"),
        ({"y_train": np.zeros(20, bool)}, r"y_train is bool\[20\], expected integers"),
        ({"y_train": np.full(20, -1)}, "y_train holds the label -1, expected integers from 0"),
        ({"y_train": np.zeros((20, 10), int)}, r"y_train is int64\[20, 10\], expected one label an example"),
        ({"y_train": np.array(3)}, r"y_train is int64\[\], expected one label an example"),
        ({"y_train": np.zeros(19, int)}, "x_train has 20 examples and y_train 19 labels"),
        ({"x_train": np.zeros(20)}, r"x_train is float64\[20\], expected images"),
        ({"x_train": np.zeros((0, 28, 28))}, r"x_train is float64\[0, 28, 28\], expected images"),
        ({"x_train": np.full((20, 28, 28), "a")}, "expected integers or floats"),
        ({"x_train": np.full((20, 28, 28), None)}, "expected integers or floats"),
        ({"x_train": np.full((20, 28, 28), np.nan)}, "x_train holds values that are not finite"),
        ({"x_test": np.zeros((6, 14, 14), np.uint8)}, r"not alike: uint8\[14, 14\] and uint8\[28, 28\]"),
    ],
)
def test_numbers_that_are_no_set(shelf: Shelf, change: Arrays, said: str) -> None:
    with pytest.raises(DataError, match=f"^data set digits: .*{said}.*autograder data add digits PATH"):
        shelf.add("digits", {**public(), **change}, origin="")


def test_an_array_left_out(shelf: Shelf) -> None:
    with pytest.raises(DataError, match=r"no array y; given: x, expected: x, y"):
        shelf.add("exam", {"x": hidden()["x"]}, hidden=True, origin="")


def test_a_set_that_is_missing(shelf: Shelf) -> None:
    with pytest.raises(DataError) as raised:
        shelf.get("mnist")
    assert str(raised.value) == (
        f"data set mnist: it is not on the shelf ({shelf.folder}): bring it with `autograder data fetch mnist` on a "
        "connected machine, or `autograder data add mnist PATH` from an .npz file, a table or a folder, or "
        "`autograder data add mnist --stand-in` for a demo or a test"
    )
    with pytest.raises(DataError, match="bring it with `autograder data add own PATH`") as raised:
        shelf.get("own")
    assert "fetch" not in str(raised.value)


def _truncate(folder: Path) -> None:
    with (folder / "x_train.npy").open("r+b") as file:
        file.truncate(1000)


def _empty(folder: Path) -> None:
    (folder / "x_train.npy").write_bytes(b"")


def _remove(folder: Path) -> None:
    (folder / "y_test.npy").unlink()


def _exchange(folder: Path) -> None:
    (folder / "x_test.npy").rename(folder / "x_train.npy")
    np.save(folder / "x_test.npy", np.zeros((6, 28, 28), np.uint8))


def _pickle(folder: Path) -> None:
    np.save(folder / "y_train.npy", np.full(20, None), allow_pickle=True)


def _garble(folder: Path) -> None:
    (folder / "set.json").write_text("{")


def _rename_inside(folder: Path) -> None:
    text = (folder / "set.json").read_text()
    (folder / "set.json").write_text(text.replace('"digits"', '"letters"'))


def _strange_dtype(folder: Path) -> None:
    text = (folder / "set.json").read_text()
    (folder / "set.json").write_text(text.replace('"uint8"', '"object"', 1))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_truncate, "x_train.npy is truncated or altered"),
        (_empty, "x_train.npy is truncated or altered"),
        (_remove, "y_test.npy is missing"),
        (_exchange, r"x_train.npy is altered: it holds \|u1\[6, 28, 28\], expected uint8\[20, 28, 28\]"),
        (_pickle, "y_train.npy is truncated or altered"),
        (_garble, "set.json cannot be read"),
        (_rename_inside, "set.json is altered: it describes another set"),
        (_strange_dtype, "set.json cannot be read: Expected `str` matching regex"),
    ],
)
def test_a_set_that_is_not_whole_is_seen_before_anything_is_read(shelf: Shelf, harm: Any, said: str) -> None:
    harm(shelf.add("digits", public(), origin="").folder)
    for use in (shelf.get, shelf.open, shelf.verify):
        with pytest.raises(DataError, match=f"^data set digits: {said}.*autograder data add digits PATH.*--replace"):
            use("digits")


@pytest.mark.parametrize("name", PUBLIC)
def test_one_bit_that_is_altered_is_found_by_verify(shelf: Shelf, name: str) -> None:
    path = shelf.add("digits", public(), origin="").folder / f"{name}.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    shelf.get("digits")
    with pytest.raises(DataError, match=rf"{name}.npy is altered: its bytes are not those that were added"):
        shelf.verify("digits")


def test_a_set_whose_description_was_made_to_fit_is_another_set(shelf: Shelf) -> None:
    """Whoever alters bytes and their digest alters the set's own digest, which evidence refers to."""
    folder = shelf.add("digits", public(), origin="").folder
    other = shelf.add("other", public(train=21), origin="")
    described = msgspec.json.decode((folder / "set.json").read_bytes())
    described["arrays"]["x_train"]["digest"] = other.arrays["x_train"].digest
    (folder / "set.json").write_bytes(msgspec.json.encode(described))
    (folder / "x_train.npy").write_bytes((other.folder / "x_train.npy").read_bytes())
    described["arrays"]["x_train"]["shape"] = [21, 28, 28]
    (folder / "set.json").write_bytes(msgspec.json.encode(described))
    with pytest.raises(DataError, match=r"set.json is altered: its digest is not that of its arrays"):
        shelf.verify("digits")


def test_a_set_half_written_is_no_set(shelf: Shelf) -> None:
    shelf.add("digits", public(), origin="")
    (shelf.folder / ".digits.abc").mkdir()
    (shelf.folder / "README").touch()
    assert shelf.names() == ("digits",)


def test_an_empty_shelf(shelf: Shelf) -> None:
    assert shelf.sets() == ()


def test_where_the_shelf_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("AUTOGRADER_DATA", raising=False)
    assert shelf_folder() == Path("/home/ada/.local/share/keras-autograder/data")
    monkeypatch.setenv("XDG_DATA_HOME", "/data/share")
    assert shelf_folder() == Path("/data/share/keras-autograder/data")
    monkeypatch.setenv("AUTOGRADER_DATA", "/srv/sets")
    assert shelf_folder() == Path("/srv/sets")
