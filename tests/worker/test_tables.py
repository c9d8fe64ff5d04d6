"""Real DataFrames and Series, read into records, sent over the wire and seen by a check."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asked import Class
from autograder.asserts import assert_close, assert_equal, assert_shape, assert_table
from autograder.judge.frames import DataTable
from autograder.judge.message import CheckFailed
from autograder.judge.values import to_value
from autograder.sandbox.rooms import Zygote
from autograder.wire import codec
from autograder.wire.messages import Answered, Array, Column, FromRoom, Scalar, Text
from autograder.wire.messages import Table as TableRecord
from autograder.worker.encode import Encoder, TooLarge

pd = pytest.importorskip("pandas")


def seen(value: Any, array_bytes: int = 2**20) -> Any:
    """What a check sees of a value of the student's."""
    blobs: list[bytes] = []
    record = Encoder(blobs, array_bytes).encode(value)
    answered, back = codec.unpack(codec.pack(Answered("x", 0.0, record), blobs), FromRoom)
    return to_value(answered.answer, back)


WHOLE = pd.DataFrame(
    {
        "count": [1, 2, 3],
        "ratio": [0.5, None, 2.0],
        "name": ["ada", None, "joan"],
        "born": pd.to_datetime(["1815-12-10", None, "1926-01-01"]),
        "group": pd.Categorical(["u", "v", "u"]),
        "right": [True, False, True],
        "mixed": [1, "x", None],
        "whole": pd.array([1, None, 3], dtype="Int64"),
        "maybe": pd.array([True, None, False], dtype="boolean"),
        "took": pd.to_timedelta([1, 2, 3], unit="D"),
        "paris": pd.date_range("2020-06-01", periods=3, tz="Europe/Paris"),
        "month": pd.period_range("2020-01", periods=3, freq="M"),
        "codes": pd.Categorical([3, 1, 3]),
        "nothing": [None, None, None],
    },
    index=["a", "b", "c"],
)
EXPECTED: dict[str, list[Any]] = {
    "count": [1, 2, 3],
    "ratio": [0.5, None, 2],
    "name": ["ada", None, "joan"],
    "born": ["1815-12-10", None, datetime.date(1926, 1, 1)],
    "group": ["u", "v", "u"],
    "right": [True, False, True],
    "mixed": [1, "x", None],
    "whole": [1, float("nan"), 3],
    "maybe": [True, None, False],
    "took": [np.timedelta64(day, "D") for day in (1, 2, 3)],
    "paris": ["2020-05-31T22:00", "2020-06-01T22:00", "2020-06-02T22:00"],
    "month": ["2020-01", "2020-02", "2020-03"],
    "codes": [3, 1, 3],
    "nothing": [None, None, None],
}


def test_every_type_of_column_crosses() -> None:
    table = seen(WHOLE)
    assert isinstance(table, DataTable)
    assert_table(table, columns=list(EXPECTED), rows=3, index=["a", "b", "c"], values=EXPECTED)
    assert_table(
        table,
        dtypes={
            "count": "int64", "ratio": "float", "name": "text", "born": "datetime", "group": "category",
            "right": "bool", "mixed": "object", "whole": "Int64", "maybe": "bool",
            "took": "timedelta", "paris": "datetime",
        },
    )  # fmt: skip
    assert_table(table, dtypes={"born": "datetime64[ns]", "paris": "datetime64[ns, Europe/Paris]", "whole": "int"})
    assert_equal(table, EXPECTED)
    assert_shape(table["count"], (3,))
    assert table["count"].mean() == 2
    assert "count" in table
    assert len(table) == 3
    assert table.shape == (3, 14)


@pytest.mark.parametrize("label", EXPECTED)
def test_each_column_alone_is_a_series(label: str) -> None:
    series = seen(WHOLE[label])
    assert series.name == label
    assert_equal(series, EXPECTED[label])
    assert_equal(series, dict(zip("abc", EXPECTED[label], strict=True)))
    assert_table(series, columns=[label], rows=3, index="abc", values={})


@pytest.mark.parametrize("label", [label for label in EXPECTED if label != "nothing"])
def test_one_value_changed_is_seen(label: str) -> None:
    wrong = [*EXPECTED[label]]
    wrong[2] = {"mixed": 0, "right": False, "maybe": True, "name": "jo"}.get(label, "2021-01-01")
    with pytest.raises(CheckFailed):
        assert_equal(seen(WHOLE), {**EXPECTED, label: wrong})
    with pytest.raises(CheckFailed):
        assert_table(seen(WHOLE), values={label: EXPECTED[label][:2]})


def test_what_groups_and_pivots_make() -> None:
    grouped = WHOLE.groupby("group", observed=True)[["count", "ratio"]].agg(["mean", "sum"])
    table = seen(grouped)
    assert table.columns == [("count", "mean"), ("count", "sum"), ("ratio", "mean"), ("ratio", "sum")]
    assert_equal(table["count", "mean"], [2, 2])
    assert_equal(table.index, ["u", "v"])
    several = seen(WHOLE.set_index(["group", "name"])[["count"]])
    assert several.index_column.label == ("group", "name")
    assert_table(several, index=[("u", "ada"), ("v", None), ("u", "joan")])
    counts = seen(WHOLE["group"].value_counts())
    assert_equal(counts, {"u": 2, "v": 1})
    assert counts["u"] == 2


def test_numbers_are_read_as_arrays() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4]})
    assert_close(seen(frame), [[1, 3], [2, 4]])
    assert_close(seen(frame["a"]), [1, 2])
    assert_shape(seen(frame), (2, 2))
    assert seen(frame).values.sum() == 10
    assert list(seen(frame)) == ["a", "b"]
    assert list(seen(frame["a"])) == [1, 2]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (pd.Index(["a", "b"]), ["a", "b"]),
        (pd.RangeIndex(3), [0, 1, 2]),
        (pd.Timestamp("2020-01-02"), "2020-01-02T00:00:00"),
        (pd.NaT, None),
        (pd.NA, None),
        (datetime.date(2020, 1, 2), "2020-01-02"),
        ({"a": [pd.NA]}, {"a": [None]}),
    ],
)
def test_what_comes_with_tables(value: Any, expected: object) -> None:
    assert seen(value) == expected


def test_odd_tables() -> None:
    assert_table(seen(pd.DataFrame()), columns=[], rows=0)
    assert_table(seen(pd.DataFrame(columns=["a"])), columns=["a"], rows=0, values={"a": []})
    twice = seen(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    assert twice.columns == ["a", "a"]
    with pytest.raises(CheckFailed):
        twice["a"]
    far = seen(pd.Series([datetime.datetime(1, 1, 1), datetime.datetime(9999, 1, 1)], dtype=object))
    assert far[1] == "9999-01-01T00:00:00"
    inside = seen([pd.DataFrame({0: [1]}), {"k": pd.Series([2])}])
    assert_equal(inside[0], {0: [1]})
    assert_equal(inside[1]["k"], [2])


def test_a_table_that_is_too_large_is_refused() -> None:
    for frame in (
        pd.DataFrame({"a": np.zeros(1000)}),
        pd.DataFrame({"a": ["text"] * 1000}),
        pd.DataFrame(np.zeros((1, 2000))),
    ):
        with pytest.raises(TooLarge):
            seen(frame, array_bytes=4000)


CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_infinity=False), st.text(max_size=5))


@settings(max_examples=60)
@given(st.dictionaries(st.text(max_size=5), st.lists(CELLS, min_size=3, max_size=3), max_size=4))
def test_any_objects_cross(columns: dict[str, list[Any]]) -> None:
    table = seen(pd.DataFrame({label: pd.Series(cells, dtype=object) for label, cells in columns.items()}))
    assert table.columns == list(columns)
    for label, cells in columns.items():
        numbers = all(cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool)) for cell in cells)
        expected = [float(cell) if isinstance(cell, int) else cell for cell in cells] if numbers else cells
        assert_table(table, values={label: expected})


def test_a_record_that_does_not_hold_together_is_refused() -> None:
    label = Text("a", 1)
    number = Array("int64", (2,), 0)
    for column in (
        Column(label, "int64"),
        Column(label, "int64", texts=["a"]),
        Column(label, "int64", numbers=Array("int64", (1, 2), 0)),
        Column(label, "int64", numbers=number, missing=number),
        Column(label, "int64", moments=Array("uint64", (2,), 0)),
        Column(label, "int64", cells=[Scalar("int", "x"), Scalar("int", "1")]),
    ):
        with pytest.raises(codec.WireError):
            to_value(TableRecord("pandas.DataFrame", 2, [column]), [bytes(16)])
    with pytest.raises(codec.WireError):
        to_value(TableRecord("pandas.Series", 0, [], series=True), [])


DOCUMENTED = """import pandas as pd
clean = pd.DataFrame({"name": ["Ada", "Joan", "Grace"], "born": pd.to_datetime(["1815-12-10", None, "1906-12-09"])})
clean["age"] = [36, 91, 85]
by_decade = clean.groupby(clean["born"].dt.year // 10 * 10)["age"].mean()
by_decade.index = by_decade.index.astype(int)
"""


def test_the_example_of_the_documentation(tmp_path: Path, light_zygote: Zygote, repository: Path) -> None:
    page = (repository / "docs/checks.md").read_text(encoding="utf-8")
    example = page.partition("### Tables\n")[2].partition("```python\n")[2].partition("```")[0]
    course = Class(tmp_path, light_zygote, example)
    assert course.verdicts(DOCUMENTED) == {"test_clean": ("passed", ""), "test_means": ("passed", "")}
    wrong = course.verdicts(DOCUMENTED.replace("36, 91, 85", "36, 91, 86"))
    assert wrong["test_clean"][1].endswith('where     column "age", row 2: 1 value of 3 differs')


def test_polars() -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {
            "count": [1, None, 3],
            "name": ["ada", None, "joan"],
            "born": [datetime.date(1815, 12, 10), None, datetime.date(1926, 1, 1)],
            "right": [True, False, True],
            "parts": [[1], [2, 3], []],
        }
    )
    table = seen(frame)
    assert_table(
        table,
        columns=["count", "name", "born", "right", "parts"],
        dtypes={"count": "int", "name": "text", "born": "datetime", "right": "bool"},
        values={"count": [1, None, 3], "name": ["ada", None, "joan"], "born": ["1815-12-10", None, "1926-01-01"]},
    )
    assert table["parts"] == [[1], [2, 3], []]
    assert_equal(seen(frame["count"]), [1, None, 3])
