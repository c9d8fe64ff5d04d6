"""What serves a course on a machine that lacks its sets: nothing, or what the course allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autograder.data.course_shelf import CourseShelf, add_stand_in
from autograder.data.shelf import Shelf
from autograder.errors import DataError


def test_a_course_takes_real_sets_alone_where_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="data set mnist: it is not on the shelf"):
        CourseShelf(Shelf(tmp_path / "machine"), None).verify("mnist")


def test_stand_ins_are_made_in_the_course_and_said_to_be_such(tmp_path: Path) -> None:
    shelf = CourseShelf(Shelf(tmp_path / "machine"), Shelf(tmp_path / "course"))
    assert shelf.verify("mnist").stand_in
    assert shelf.verify("mnist-hidden").hidden
    assert shelf.open("mnist")["x_train"].shape == (1200, 28, 28)
    assert not (tmp_path / "machine").exists()
    assert sorted(path.name for path in (tmp_path / "course").iterdir()) == ["mnist", "mnist-hidden"]


def test_the_real_set_goes_before_its_stand_in(tmp_path: Path) -> None:
    shelf = CourseShelf(Shelf(tmp_path / "machine"), Shelf(tmp_path / "course"))
    assert shelf.verify("mnist").stand_in
    images, labels = np.zeros((2, 4, 4), np.uint8), np.arange(2)
    arrays: dict[str, NDArray[Any]] = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    shelf.machine.add("mnist", arrays, origin="real")
    assert not shelf.verify("mnist").stand_in


def test_a_set_without_a_stand_in_is_asked_for(tmp_path: Path) -> None:
    shelf = CourseShelf(Shelf(tmp_path / "machine"), Shelf(tmp_path / "course"))
    with pytest.raises(DataError, match="data set cifar100: it is not on the shelf"):
        shelf.verify("cifar100")


def test_an_altered_stand_in_is_not_used(tmp_path: Path) -> None:
    shelf = CourseShelf(Shelf(tmp_path / "machine"), Shelf(tmp_path / "course"))
    folder = add_stand_in(Shelf(tmp_path / "course"), "mnist").folder
    path = folder / "y_test.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x09")
    with pytest.raises(DataError, match=r"y_test\.npy is altered"):
        shelf.verify("mnist")
