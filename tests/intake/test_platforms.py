"""Names as platforms and lecturers write them, read one at a time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from autograder.intake import platforms
from autograder.intake.platforms import Aside, Place, pattern_reader


@pytest.mark.parametrize(
    ("name", "student", "number", "path"),
    [
        ("lovelaceada_12_34_toy-1.ipynb", "lovelaceada", "12", "toy-1.ipynb"),
        ("lovelaceada_LATE_12_34_5_6_toy.ipynb", "lovelaceada", "12", "5_6_toy.ipynb"),
        ("groupe_a_12_34_toy.ipynb", "groupe_a", "12", "toy.ipynb"),
        ("山田太郎_12_34_x", "山田太郎", "12", "x"),
        ("anon_Ab3dE_34_toy.ipynb", "anon_Ab3dE", "anon_Ab3dE", "toy.ipynb"),
    ],
)
def test_canvas(name: str, student: str, number: str, path: str) -> None:
    found = platforms.canvas((name,))
    assert isinstance(found, Place)
    assert (found.student, found.id, found.path) == (student, number, (path,))


@pytest.mark.parametrize(
    "name", ["toy.ipynb", "tp_1.ipynb", "tp_1_final.ipynb", "12_34_toy.ipynb", "a b_1_2_toy.ipynb"]
)
def test_names_that_canvas_does_not_write(name: str) -> None:
    assert platforms.canvas((name,)) is None


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        (("Ada L_7_assignsubmission_file", "a", "b.ipynb"), Place("Ada L", "Ada L_7", ("a", "b.ipynb"), id="7")),
        (("Ada L_7_assignsubmission_file_", "b.ipynb"), Place("Ada L", "Ada L_7", ("b.ipynb",), id="7")),
        (("Ada L_7_assignsubmission_file_b_c.ipynb",), Place("Ada L", "Ada L_7", ("b_c.ipynb",), id="7")),
        (("Default group_assignsubmission_file", "b.ipynb"), Place("Default group", "Default group", ("b.ipynb",))),
        (("Ada L_7_assignsubmission_onlinetext", "onlinetext.html"), Aside("not a file that was handed in")),
        (("Ada L_7_assignsubmission_onlinetext_onlinetext.html",), Aside("not a file that was handed in")),
        (("Ada L_7_assignsubmission_file",), None),
        (("_7_assignsubmission_file", "b.ipynb"), None),
        (("Ada L_7", "b.ipynb"), None),
    ],
)
def test_moodle(parts: tuple[str, ...], found: object) -> None:
    assert platforms.moodle(parts) == found


@pytest.mark.parametrize(
    ("clock", "hour"), [("Nov 20, 2026 1201 AM", 0), ("Nov 20, 2026 904 AM", 9), ("Nov. 20, 2026 208 PM", 14)]
)
def test_brightspaces_clock(clock: str, hour: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    found = platforms.brightspace((f"1-2 - Ada - {clock}", "toy.ipynb"))
    assert isinstance(found, Place)
    assert found.time is not None
    assert found.time.astimezone().hour == hour


def test_a_blackboard_attempt_that_is_no_moment_is_none() -> None:
    assert platforms.blackboard(("T_ada_attempt_2026-99-20-10-30-00_a.ipynb",)) is None
    found = platforms.blackboard(("T_ada_attempt_2026-11-20-10-30-00.ipynb",))
    assert isinstance(found, Place)
    assert (found.student, found.path) == ("ada", ("ada.ipynb",))
    assert found.time == datetime(2026, 11, 20, 10, 30).astimezone(UTC)


@pytest.mark.parametrize(
    ("pattern", "parts", "student", "number", "path"),
    [
        ("{student}_{id}_{rest}", ("ada_p210_toy.ipynb",), "ada", "p210", ("ada_p210_toy.ipynb",)),
        ("{student}_{id}_{rest}", ("de_la_cruz_12_x_y.ipynb",), "de_la_cruz", "12", ("de_la_cruz_12_x_y.ipynb",)),
        ("{student}_{id}_{rest}", ("ada_12_tp", "a.ipynb"), "ada", "12", ("a.ipynb",)),
        ("TP1-{student}", ("tp1-ada.ipynb",), "ada", "", ("tp1-ada.ipynb",)),
        ("{student}.ipynb", ("ada.ipynb",), "ada", "", ("ada.ipynb",)),
        ("{rest}/{id} {student}/", ("group 1", "12 Ada L", "b", "c.ipynb"), "Ada L", "12", ("b", "c.ipynb")),
    ],
)
def test_a_pattern_of_ones_own(
    pattern: str, parts: tuple[str, ...], student: str, number: str, path: tuple[str, ...]
) -> None:
    found = pattern_reader(pattern)(parts)
    assert isinstance(found, Place)
    assert (found.student, found.id, found.path) == (student, number, path)


@pytest.mark.parametrize("parts", [("ada_toy.ipynb",), ("ada",), ("_12_",)])
def test_a_name_that_does_not_fit_a_pattern(parts: tuple[str, ...]) -> None:
    assert pattern_reader("{student}_{id}_{rest}")(parts) is None


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{name}", "no {name} is known; {student}, {id}, {rest} are"),
        ("{id}", "{student} stands in it once"),
        ("{student}_{student}", "{student} stands in it once"),
        ("{student}{id}", "something must stand between two fields"),
    ],
)
def test_a_pattern_that_makes_no_sense_is_said(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("{", "\\{")):
        pattern_reader(pattern)
