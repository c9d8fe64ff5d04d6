"""Sets that are tables or texts: how they are read, and what is said where they cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.data import sources, tables
from autograder.data.shelf import About, Shelf
from autograder.errors import DataError

HOUSES = "rooms,age,price\n3,10,100.5\n4,,120.0\n"
FLOWERS = "petal;sepal;class\n1.5;2;rose\n3;4;lily\n2;1;rose\n"
REVIEWS = '{"text": "très bien", "label": 1}\n\n{"text": "not \\"good\\"", "label": 0}\n'
PASSENGERS = 'name,age,survived\n"Ada, Lovelace",36,1\nJoan,,0\n'


def folder(path: Path, text: str, suffix: str = ".csv") -> Path:
    """A public set whose two parts are the same table."""
    path.mkdir()
    for part in ("train", "test"):
        (path / f"{part}{suffix}").write_text(text, encoding="utf-8-sig")
    return path


def test_a_table_of_numbers(tmp_path: Path) -> None:
    arrays, about = tables.from_table(folder(tmp_path / "set", HOUSES), hidden=False)
    np.testing.assert_array_equal(arrays["x_train"], np.array([[3, 10], [4, np.nan]], "float32"))
    assert arrays["x_train"].dtype == np.float32
    np.testing.assert_array_equal(arrays["y_test"], np.array([100.5, 120], np.float32))
    assert (about.columns, about.class_names) == (["rooms", "age"], [])
    found = Shelf(tmp_path / "shelf").add("houses", arrays, origin="", about=about)
    assert (found.kind, found.classified, found.examples, found.columns) == ("rows", False, 4, ("rooms", "age"))
    assert (found.folder / "train.csv").read_text(encoding="utf-8-sig") == HOUSES
    assert Shelf(tmp_path / "shelf").verify("houses") == found


def test_named_classes(tmp_path: Path) -> None:
    arrays, about = tables.from_table(folder(tmp_path / "set", FLOWERS), hidden=False)
    assert arrays["y_train"].tolist() == [1, 0, 1]
    assert about.class_names == ["lily", "rose"]
    hidden, named = tables.from_table(tmp_path / "set/train.csv", hidden=True, label="petal", quantities=True)
    assert hidden["y"].tolist() == [1.5, 3, 2]
    assert hidden["x"].tolist() == [["2", "rose"], ["4", "lily"], ["1", "rose"]]
    assert named.files == {}


def test_texts_of_json_lines(tmp_path: Path) -> None:
    arrays, about = tables.from_table(folder(tmp_path / "set", REVIEWS, ".jsonl"), hidden=False)
    assert arrays["x_train"].tolist() == ["très bien", 'not "good"']
    assert (arrays["x_train"].dtype, arrays["y_train"].tolist()) == (np.dtype("U10"), [1, 0])
    found = Shelf(tmp_path / "shelf").add("reviews", arrays, origin="", about=about)
    assert (found.kind, found.classes, set(found.files)) == ("texts", 2, {"train.jsonl", "test.jsonl"})
    assert Shelf(tmp_path / "shelf").open("reviews")["x_test"].tolist() == arrays["x_test"].tolist()


def test_columns_of_both_kinds_are_texts(tmp_path: Path) -> None:
    arrays, about = tables.from_table(folder(tmp_path / "set", PASSENGERS), hidden=False)
    assert arrays["x_train"].tolist() == [["Ada, Lovelace", "36"], ["Joan", ""]]
    found = Shelf(tmp_path / "shelf").add("titanic", arrays, origin="", about=about)
    assert (found.kind, found.classes) == ("rows", 2)


@pytest.mark.parametrize(
    ("text", "dtype"),
    [
        ("x,y\n1,0\n2,3\n", np.int64),
        ("x,y\n1,0.5\n2,3\n", np.float32),
        ("x,y\n1,-1\n2,3\n", np.float32),
        ("x,y\n1,250000\n2,300000\n", np.float32),
        ("y\tx\n0\t1\n1\t2\n", np.int64),
    ],
)
def test_whole_numbers_are_classes_unless_they_are_large(tmp_path: Path, text: str, dtype: type) -> None:
    path = tmp_path / ("set.tsv" if "\t" in text else "set.csv")
    path.write_text(text)
    arrays, _ = tables.from_table(path, hidden=True)
    assert arrays["y"].dtype == dtype
    assert arrays["x"].tolist() == [[1], [2]]
    assert tables.from_table(path, hidden=True, quantities=True)[0]["y"].dtype == np.float32


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a table without a row"),
        ("a,label\n", "a table without a row"),
        ("a,a\n1,2\n", "names columns twice"),
        ("a,label\n1\n", "line 2 has 1 cells, the first 2"),
        ('a,label\n"1,2\n', "cannot be read as a table"),
        ("label\n1\n", "one column, label"),
        ("a,label\n1,\n", "a row has no label in column 'label'"),
        ("a,b\n1,2\n", "no column 'price'; given: a, b"),
    ],
)
def test_what_is_no_table(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "set.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        tables.from_table(tmp_path / "set.csv", hidden=True, label="price" if "price" in said else None)


@pytest.mark.parametrize("line", ["[1]", "{", '{"text": ["a"], "label": 1}', '{"text": "a"}\n{"label": 1}'])
def test_what_is_no_json_lines(tmp_path: Path, line: str) -> None:
    (tmp_path / "set.jsonl").write_text(line)
    with pytest.raises(DataError, match="cannot be read as a table"):
        tables.from_table(tmp_path / "set.jsonl", hidden=True)


def test_parts_with_other_columns(tmp_path: Path) -> None:
    path = folder(tmp_path / "set", HOUSES)
    (path / "test.csv").write_text("rooms,price\n3,1\n")
    with pytest.raises(DataError, match="its columns are rooms, price; expected rooms, age, price"):
        tables.from_table(path, hidden=False)
    (path / "test.csv").unlink()
    with pytest.raises(DataError, match=r"no test.csv here; expected a folder with train.csv and test.csv"):
        tables.from_table(path, hidden=False)


def test_a_table_that_is_not_in_utf_8(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_bytes("a,label\né,1\n".encode("cp1252"))
    with pytest.raises(DataError, match="cannot be read as a table in UTF-8"):
        tables.from_table(tmp_path / "set.csv", hidden=True)


def test_folders_of_texts(tmp_path: Path) -> None:
    for part, count in (("train", 3), ("test", 1)):
        for name in ("neg", "pos"):
            (tmp_path / part / name).mkdir(parents=True)
            for index in range(count):
                (tmp_path / part / name / f"{index}.txt").write_text(f"{name} {index} é", encoding="utf-8")
    arrays = sources.from_folder(tmp_path, None, hidden=False)
    assert arrays["x_train"].tolist() == ["neg 0 é", "neg 1 é", "neg 2 é", "pos 0 é", "pos 1 é", "pos 2 é"]
    assert arrays["y_train"].tolist() == [0, 0, 0, 1, 1, 1]
    assert sources.class_names(tmp_path, hidden=False) == ["neg", "pos"]
    assert sources.from_folder(tmp_path / "test", None, hidden=True)["x"].tolist() == ["neg 0 é", "pos 0 é"]
    (tmp_path / "test/pos/0.txt").write_bytes(b"\xff")
    with pytest.raises(DataError, match=r"pos/0.txt .*cannot be read as texts in UTF-8"):
        sources.from_folder(tmp_path, None, hidden=False)


def test_structured_arrays_are_tables() -> None:
    rows = np.array([(3, 1.5), (4, np.nan)], [("rooms", "i4"), ("age", "f8")])
    arrays, names = sources.as_columns({"x": rows, "y": np.array([1, 0])})
    np.testing.assert_array_equal(arrays["x"], np.array([[3, 1.5], [4, np.nan]], np.float32))
    assert (names, arrays["y"].tolist()) == (["rooms", "age"], [1, 0])
    assert sources.as_columns(arrays) == (arrays, [])
    with pytest.raises(DataError, match=r"x has the fields .*expected numbers, one field a column"):
        sources.as_columns({"x": np.array([("a", 1)], [("name", "U3"), ("age", "i4")])})


def test_one_long_text_does_not_take_all_memory() -> None:
    with pytest.raises(DataError, match="the longest of 200000 characters"):
        sources.as_texts(["a" * 200_000], "here")


def test_sequences_of_unequal_length(tmp_path: Path) -> None:
    arrays = {f"y_{part}": np.array([0, 1]) for part in ("train", "test")}
    flat = {f"x_{part}": np.array([1, 4, 5, 1, 9], "int32") for part in ("train", "test")}
    ends = {f"x_{part}_ends": np.array([3, 5]) for part in ("train", "test")}
    found = Shelf(tmp_path).add("imdb", {**arrays, **flat, **ends}, origin="")
    assert (found.kind, found.examples) == ("texts", 4)
    assert Shelf(tmp_path).get("imdb") == found
    for wrong in ({"x_train_ends": np.array([3, 6])}, {"x_train_ends": np.array([3, 2])}, {"x_train": np.zeros(5)}):
        with pytest.raises(DataError, match="x_train"):
            Shelf(tmp_path).add("other", {**arrays, **flat, **ends, **wrong}, origin="")


def test_a_file_that_is_altered_is_found(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    (tmp_path / "train.csv").write_text(HOUSES)
    arrays = {
        f"{kind}_{part}": np.zeros((2, 2) if kind == "x" else 2, int) for kind in "xy" for part in ("train", "test")
    }
    shelf.add("houses", arrays, origin="", about=About(columns=["a", "b"], files={"train.csv": tmp_path / "train.csv"}))
    (shelf.folder / "houses/train.csv").write_text("other")
    with pytest.raises(DataError, match=r"train.csv is altered"):
        shelf.verify("houses")
    (shelf.folder / "houses/train.csv").unlink()
    with pytest.raises(DataError, match=r"train.csv is missing"):
        shelf.get("houses")
