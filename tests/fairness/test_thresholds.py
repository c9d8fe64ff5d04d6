"""Thresholds go into course.yaml, and every other byte of it stays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from autograder.course_yaml import load_course
from autograder.errors import CourseError
from autograder.fairness.thresholds import edit, write_thresholds
from autograder.recipes import MetricName, Threshold

Thresholds = Mapping[str, Mapping[MetricName, Threshold]]

ACCURACY: MetricName = "accuracy"
PLACE = ["assignments", "cnn", "recipes", "short", "cpu"]
NEW = Threshold(bar=0.714, mean=0.72154, spread=0.004012, runs=20, fails=3.2e-07, of="0123456789abcdef")
OLD = Threshold(bar=0.5, mean=0.6, spread=0.01, runs=3, fails=0.001, of="old")
NEW_LINE = "accuracy: {bar: 0.714, mean: 0.72154, spread: 0.004012, runs: 20, fails: 3.2e-07, of: 0123456789abcdef}"
OLD_LINE = "accuracy: {bar: 0.5, mean: 0.6, spread: 0.01, runs: 3, fails: 0.001, of: old}"
REACHED = {"reached": {ACCURACY: NEW}}

HEAD = """\
course: vision
title: "Vision: é"   # a title
assignments:
  cnn:
    title: Networks
    recipes:
      # trained like this
      short:
        data: mnist
"""
TAIL = """\

# --- the next one
  rnn:
    title:   Other networks
    recipes: {short: {data: mnist}}
"""


def written(root: Path, text: str, thresholds: Thresholds = REACHED, place: list[str] = PLACE) -> str:
    """Write thresholds into a course of this text, check that it says them, and return what it is then."""
    path = root / "course.yaml"
    path.write_bytes(text.encode())
    write_thresholds(path, Path("course.yaml"), place, thresholds)
    profile: Any = load_course(root).assignments[place[1]].recipes[place[3]]
    found = getattr(profile, place[4]).thresholds
    assert {name: found[name] for name in thresholds} == thresholds
    return path.read_bytes().decode()


def refused(root: Path, text: str, place: list[str] = PLACE) -> str:
    """Return what is said of a course that cannot be edited, and check that it was not."""
    path = root / "course.yaml"
    path.write_bytes(text.encode())
    with pytest.raises(CourseError) as raised:
        write_thresholds(path, Path("course.yaml"), place, REACHED)
    assert path.read_bytes() == text.encode()
    return str(raised.value)


# --- Where there are none yet -----------------------------------------------------------------------------------------


def test_a_profile_in_lines_is_given_one_line_a_metric(tmp_path: Path) -> None:
    profile = "        cpu:\n          epochs: 3  # few\n"
    assert written(tmp_path, HEAD + profile + TAIL) == (
        f"{HEAD}{profile}          thresholds:\n            reached:\n              {NEW_LINE}\n{TAIL}"
    )


def test_a_profile_in_braces_is_written_out(tmp_path: Path) -> None:
    given = HEAD + "        cpu: {epochs: 3, optimizer: {name: sgd}}  # few\n        seeds: 3\n" + TAIL
    assert written(tmp_path, given) == (
        f"{HEAD}        cpu:\n          epochs: 3\n          optimizer: {{name: sgd}}\n          thresholds:\n"
        f"            reached:\n              {NEW_LINE}  # few\n        seeds: 3\n{TAIL}"
    )


def test_a_profile_of_several_lines_in_braces_is_written_out(tmp_path: Path) -> None:
    given = HEAD + "        cpu: {\n          epochs: 3,\n        }\n        seeds: 3\n"
    assert written(tmp_path, given) == (
        f"{HEAD}        cpu:\n          epochs: 3\n          thresholds:\n            reached:\n"
        f"              {NEW_LINE}\n        seeds: 3\n"
    )


def test_an_empty_profile_is_written_out(tmp_path: Path) -> None:
    assert written(tmp_path, HEAD + "        cpu: {}\n") == (
        f"{HEAD}        cpu:\n          thresholds:\n            reached:\n              {NEW_LINE}\n"
    )


def test_a_profile_that_is_not_there_comes_last_in_its_recipe(tmp_path: Path) -> None:
    gpu = [*PLACE[:-1], "gpu"]
    given = HEAD + "        cpu:\n          epochs: 3\n\n        # of the last line\n" + TAIL
    assert written(tmp_path, given, place=gpu) == (
        f"{HEAD}        cpu:\n          epochs: 3\n        gpu:\n          thresholds:\n            reached:\n"
        f"              {NEW_LINE}\n\n        # of the last line\n{TAIL}"
    )


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n# the end", "\n...\n"])
def test_the_last_line_may_lack_its_end(tmp_path: Path, end: str) -> None:
    lines = f"        cpu:\n          thresholds:\n            reached:\n              {NEW_LINE}\n"
    assert written(tmp_path, HEAD.rstrip("\n") + end) == HEAD + lines + end.removeprefix("\n")


def test_a_probe_is_written_as_it_is_called(tmp_path: Path) -> None:
    text = written(tmp_path, HEAD, {"entraîné": {ACCURACY: NEW}, "yes": {ACCURACY: NEW}})
    assert "\n            entraîné:\n" in text
    assert "\n            'yes':\n" in text


# --- Where there are some ---------------------------------------------------------------------------------------------

BOTH = f"""\
        cpu:
          thresholds:
            reached:
              {OLD_LINE}
            other:
              {OLD_LINE}
"""


def test_a_threshold_takes_the_place_of_its_former_one_and_others_stay(tmp_path: Path) -> None:
    after = "          batch: 8   # small\n"
    found = written(tmp_path, HEAD + BOTH + after + TAIL)
    assert found == HEAD + BOTH.replace(OLD_LINE, NEW_LINE, 1) + after + TAIL


def test_thresholds_in_braces_are_replaced(tmp_path: Path) -> None:
    old = f"        cpu:\n          thresholds: {{other: {{{OLD_LINE}}}}}\n          batch: 8\n"
    assert written(tmp_path, HEAD + old + TAIL) == (
        f"{HEAD}        cpu:\n          thresholds:\n            other:\n              {OLD_LINE}\n"
        f"            reached:\n              {NEW_LINE}\n          batch: 8\n{TAIL}"
    )


def test_thresholds_in_braces_over_several_lines_are_replaced(tmp_path: Path) -> None:
    old = f"        cpu:\n          thresholds: {{\n            reached: {{{OLD_LINE}}}\n          }}\n"
    assert written(tmp_path, HEAD + old + TAIL) == (
        f"{HEAD}        cpu:\n          thresholds:\n            reached:\n              {NEW_LINE}\n{TAIL}"
    )


def test_the_other_profile_keeps_its_own(tmp_path: Path) -> None:
    gpu = BOTH.replace("cpu:", "gpu:")
    text = written(tmp_path, HEAD + gpu + BOTH)
    assert text == HEAD + gpu + BOTH.replace(OLD_LINE, NEW_LINE, 1)


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    once = written(tmp_path, HEAD + BOTH + TAIL)
    assert written(tmp_path, once) == once


def test_lines_that_end_as_on_windows_still_do(tmp_path: Path) -> None:
    given = (HEAD + BOTH + TAIL).replace("\n", "\r\n")
    assert written(tmp_path, given) == given.replace(OLD_LINE, NEW_LINE, 1)
    braces = (HEAD + "        cpu: {}\n" + TAIL).replace("\n", "\r\n")
    assert "\n" not in written(tmp_path, braces).replace("\r\n", "")


def test_an_assignment_may_be_called_by_a_number(tmp_path: Path) -> None:
    place = ["assignments", "2026", *PLACE[2:]]
    text = HEAD.replace("cnn:", "2026:")
    assert written(tmp_path, text, place=place).startswith(text)


# --- Where it cannot be done ------------------------------------------------------------------------------------------

SNIPPET = f"    thresholds:\n      reached:\n        {NEW_LINE}\n"
UNEDITED = [
    # gpu is the same mapping as cpu: a threshold of the one would be the other's too.
    pytest.param(HEAD + "        cpu: &fast\n          epochs: 3\n        gpu: *fast\n", id="an anchored block"),
    pytest.param(HEAD + "        cpu: &fast {epochs: 3}\n        gpu: *fast\n", id="anchored braces"),
    pytest.param(HEAD + "        gpu: &fast\n          epochs: 3\n        cpu: *fast\n", id="an alias"),
    pytest.param(
        HEAD + "        cpu: {optimizer: &own {name: sgd}}\n        gpu: {optimizer: *own}\n", id="an anchor within"
    ),
    pytest.param(HEAD + "        cpu: {\n          epochs: 3,  # few\n        }\n", id="a comment within braces"),
    pytest.param(HEAD.partition("      #")[0].rstrip() + " {short: {data: mnist}}\n", id="a recipe in braces"),
    pytest.param(HEAD.replace("short:", "long:"), id="no such recipe"),
    pytest.param(HEAD + "        cpu: [1]\n", id="a list in its place"),
]


@pytest.mark.parametrize("text", UNEDITED)
def test_what_cannot_be_edited_is_left_and_the_lines_to_paste_are_given(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text) == (
        "course.yaml: could not be edited (an anchor, or a comment or the recipe itself within braces): "
        f"paste this under assignments.cnn.recipes.short.cpu:\n{SNIPPET}"
    )


def test_an_anchor_that_nothing_uses_is_no_obstacle(tmp_path: Path) -> None:
    given = HEAD + "        cpu: &fast\n          epochs: 3\n"
    assert written(tmp_path, given).startswith(given)


# --- Whatever the layout ----------------------------------------------------------------------------------------------

comments = st.sampled_from(("", "\n", "   \n", "# a comment\n", "            # deep in\n", "\n# two\n\n"))
profiles = st.sampled_from(
    (
        "",
        "cpu: {}\n",
        "cpu: {epochs: 3, batch: 8}   # few\n",
        "cpu:\n  epochs: 3\n",
        "cpu:\n    epochs: 3\n    metrics:\n    - accuracy\n    - top_5_accuracy\n",
        f"cpu:\n  thresholds:\n    other:\n      {OLD_LINE}\n",
        f"cpu:\n  thresholds: {{reached: {{{OLD_LINE}}}, other: {{{OLD_LINE}}}}}\n  epochs: 3\n",
        f"cpu:\n   thresholds:\n      reached:\n         {OLD_LINE}\n   # said of it\n   epochs: 3\n",
    )
)
others = st.sampled_from(("", "seeds: 3\n", "gpu: {epochs: 9}\n", "mistakes:\n- no_relu\n- 'a # b'\n"))


@st.composite
def courses(draw: st.DrawFn) -> str:
    """A course in some layout."""
    recipe = ["data: mnist\n", draw(comments), draw(profiles), draw(comments), draw(others), draw(comments)]
    indented = "".join(f"        {line}" for part in recipe for line in part.splitlines(keepends=True))
    text = HEAD.removesuffix("        data: mnist\n") + indented + draw(st.sampled_from(("", TAIL)))
    return text.rstrip("\n") if draw(st.booleans()) else text


@given(courses(), st.booleans())
def test_nothing_else_is_lost_whatever_the_layout(text: str, windows: bool) -> None:
    text = text.replace("\n", "\r\n") if windows else text
    edited = edit(text, PLACE, REACHED)
    assert edited is not None
    before, after = (yaml.safe_load(one)["assignments"] for one in (text, edited))
    old = before["cnn"]["recipes"]["short"].setdefault("cpu", {}).pop("thresholds", {})
    new = after["cnn"]["recipes"]["short"]["cpu"].pop("thresholds")
    assert after == before
    assert new == {**old, "reached": {"accuracy": {name: getattr(NEW, name) for name in NEW.__struct_fields__}}}
    kept = [line for line in text.splitlines(keepends=True) if not _may_change(line)]
    assert _in_order(kept, edited)


def _may_change(line: str) -> bool:
    """Whether a line is the profile's in braces, or its thresholds', or had no end."""
    return "cpu: {" in line or "bar:" in line or "thresholds" in line or "reached:" in line or not line.endswith("\n")


def _in_order(lines: list[str], text: str) -> bool:
    rest = iter(text.splitlines(keepends=True))
    return all(line in rest for line in lines)
