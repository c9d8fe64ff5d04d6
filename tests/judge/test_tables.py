"""What is said of tables that differ: whole messages, in both languages, and what is hidden. No pandas."""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc

import numpy as np
import pytest

from autograder.asserts import assert_close, assert_equal, assert_table
from autograder.judge.frames import DataColumn, DataTable
from autograder.judge.message import CheckFailed, compose
from autograder.judge.tables import same_dtype

Check = Callable[[], None]

PEOPLE = DataTable(
    3,
    (
        DataColumn("name", "object", ["Ada", None, "Joan"]),
        DataColumn("age", "int64", np.array([36, 85, 91])),
        DataColumn("born", "datetime64[ns]", np.array(["1815-12-10", "1906-12-09", "NaT"], "M8[ns]")),
    ),
    DataColumn(None, "int64", np.arange(3)),
)
MEANS = DataTable(
    2, (DataColumn("age", "float64", np.array([36.5, 88.0])),), DataColumn("g", "str", ["u", "v"]), series=True
)
MANY = DataTable(1, tuple(DataColumn(place, "int64", np.array([place])) for place in range(20)))

GOLDEN: dict[str, tuple[Check, str, str, str]] = {
    "columns": (
        lambda: assert_table(PEOPLE, columns=["name", "age", "city"]),
        """
        received  columns name, age, born
        expected  columns name, age, city
        where     lacking: city · not asked for: born
        """,
        """
        reçu     colonnes name, age, born
        attendu  colonnes name, age, city
        où       absentes : city · en trop : born
        """,
        "received  columns name, age, born\nwhere     not asked for: born",
    ),
    "their order": (
        lambda: assert_table(PEOPLE, columns=["age", "name", "born"]),
        """
        received  columns name, age, born
        expected  columns age, name, born
        hint      the columns are those asked for, in another order.
        """,
        """
        reçu     colonnes name, age, born
        attendu  colonnes age, name, born
        piste    ce sont les colonnes demandées, dans un autre ordre.
        """,
        "received  columns name, age, born\nhint      the columns are those asked for, in another order.",
    ),
    "rows": (
        lambda: assert_table(PEOPLE, rows=4),
        """
        received  3 rows
        expected  4 rows
        """,
        """
        reçu     3 lignes
        attendu  4 lignes
        """,
        "received  3 rows",
    ),
    "types": (
        lambda: assert_table(PEOPLE, dtypes={"name": "text", "age": "float64", "born": "datetime"}),
        """
        received  age: int64
        expected  age: float64
        hint      `.astype(…)` converts a column.
        """,
        """
        reçu     age: int64
        attendu  age: float64
        piste    `.astype(…)` convertit une colonne.
        """,
        "received  age: int64\nhint      `.astype(…)` converts a column.",
    ),
    "dates left as texts": (
        lambda: assert_table(PEOPLE, dtypes={"name": "datetime64[ns]"}),
        """
        received  name: object
        expected  name: datetime64[ns]
        hint      `pd.to_datetime(…)` reads dates.
        """,
        """
        reçu     name: object
        attendu  name: datetime64[ns]
        piste    `pd.to_datetime(…)` lit les dates.
        """,
        "received  name: object\nhint      `pd.to_datetime(…)` reads dates.",
    ),
    "a value": (
        lambda: assert_table(PEOPLE, values={"age": [36, 86, 92]}),
        """
        received  85
        expected  86
        where     column "age", row 1: 2 values of 3 differ
        """,
        """
        reçu     85
        attendu  86
        où       colonne « age », ligne 1 : 2 valeurs sur 3 diffèrent
        """,
        'received  85\nwhere     column "age", row 1: 2 values of 3 differ',
    ),
    "a missing value": (
        lambda: assert_equal(PEOPLE, {"name": ["Ada", "Grace", "Joan"], "age": [36, 85, 91], "born": [0, 0, 0]}),
        """
        received  –
        expected  'Grace'
        where     column "name", row 1: 1 value of 3 differs
        """,
        """
        reçu     –
        attendu  'Grace'
        où       colonne « name », ligne 1 : 1 valeur sur 3 diffère
        """,
        'received  –\nwhere     column "name", row 1: 1 value of 3 differs',
    ),
    "a date": (
        lambda: assert_table(PEOPLE, values={"born": ["1815-12-10", "1906-12-10", None]}),
        """
        received  1906-12-09
        expected  '1906-12-10'
        where     column "born", row 1: 1 value of 3 differs
        """,
        """
        reçu     1906-12-09
        attendu  '1906-12-10'
        où       colonne « born », ligne 1 : 1 valeur sur 3 diffère
        """,
        'received  1906-12-09\nwhere     column "born", row 1: 1 value of 3 differs',
    ),
    "the index": (
        lambda: assert_table(PEOPLE, index=["a", "b", "c"]),
        """
        received  0
        expected  'a'
        where     the index, row 0: 3 values of 3 differ
        """,
        """
        reçu     0
        attendu  'a'
        où       l'index, ligne 0 : 3 valeurs sur 3 diffèrent
        """,
        "received  0\nwhere     the index, row 0: 3 values of 3 differ",
    ),
    "a column that is not there": (
        lambda: assert_table(PEOPLE, dtypes={"city": "text"}),
        """
        received  columns name, age, born
        expected  a column "city"
        """,
        """
        reçu     colonnes name, age, born
        attendu  une colonne « city »
        """,
        "received  columns name, age, born",
    ),
    "a row that is not there": (
        lambda: MEANS["w"],
        """
        received  rows u, v
        expected  a row "w"
        """,
        """
        reçu     lignes u, v
        attendu  une ligne « w »
        """,
        "received  rows u, v",
    ),
    "a series": (
        lambda: assert_close(MEANS, {"u": 36.5, "v": 89.0}),
        """
        received  88
        expected  89
        where     the values, row v: 1 value of 2 differs
        """,
        """
        reçu     88
        attendu  89
        où       les valeurs, ligne v : 1 valeur sur 2 diffère
        """,
        "received  88\nwhere     the values, row v: 1 value of 2 differs",
    ),
    "no table": (
        lambda: assert_table([1, 2], rows=2),
        """
        received  int64[2]
        expected  a table
        """,
        """
        reçu     int64[2]
        attendu  une table
        """,
        "received  int64[2]",
    ),
    "a table for an array": (
        lambda: assert_close(PEOPLE, [[1, 2]]),
        """
        received  a table of 3 rows and 3 columns
        expected  a table
        """,
        """
        reçu     une table de 3 lignes et 3 colonnes
        attendu  une table
        """,
        "received  a table of 3 rows and 3 columns",
    ),
    "many columns": (
        lambda: assert_table(MANY, columns=[0]),
        """
        received  columns 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11…
        expected  columns 0
        where     not asked for: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12…
        """,
        """
        reçu     colonnes 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11…
        attendu  colonnes 0
        où       en trop : 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12…
        """,
        "received  columns 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11…\n"
        "where     not asked for: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12…",
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_what_differs_is_told_in_both_languages(name: str) -> None:
    check, english, french, hidden = GOLDEN[name]
    with pytest.raises(CheckFailed) as raised:
        check()
    plain: dict[str, str | int | None] = {"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " "}
    said = [
        compose(raised.value.mismatch, language, hidden=secret).translate(str.maketrans(plain))
        for language, secret in (("en", False), ("fr", False), ("en", True))
    ]
    assert said == [cleandoc(english), cleandoc(french), hidden]


@pytest.mark.parametrize(
    ("given", "wanted", "same"),
    [
        ("int64", "int64", True),
        ("int32", "int64", False),
        ("Int64", "int", True),
        ("UInt8", "int", True),
        ("int64[pyarrow]", "int", True),
        ("float32", "number", True),
        ("bool", "number", False),
        ("object", "str", True),
        ("str", "object", True),
        ("string[pyarrow]", "text", True),
        ("String", "text", True),
        ("datetime64[us]", "datetime64[ns]", True),
        ("datetime64[us, UTC]", "datetime64[ns]", False),
        ("Datetime(time_unit='us', time_zone=None)", "datetime", True),
        ("category", "category", True),
        ("category", "text", False),
        ("boolean", "bool", True),
        ("float64", "int", False),
    ],
)
def test_types_are_named_exactly_or_by_kind(given: str, wanted: str, same: bool) -> None:
    assert same_dtype(given, wanted) is same


def test_right_tables_pass() -> None:
    assert_table(PEOPLE, columns=["born", "age", "name"], ordered=False, rows=3, index=range(3))
    assert_table(
        PEOPLE, values={"age": (36, 85.0000001, 91), "born": ["1815-12-10", np.datetime64("1906-12-09"), None]}
    )
    assert_close(MEANS, [36.5, 88])
    assert_equal(MEANS, {"u": 36.5, "v": 88})
    assert_table(MEANS, values={})
