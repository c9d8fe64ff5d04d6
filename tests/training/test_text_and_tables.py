"""Hidden sets of texts and of tables: student functions are given them, and what they predict is scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import scorers
import toy
from autograder.data.shelf import About, Shelf
from autograder.errors import CourseError
from autograder.judge.channel import Case
from autograder.judge.process import Judge
from autograder.records import Submission
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.training.scorer import Scorer
from autograder.wire import codec, examples
from autograder.wire.messages import Cell
from loading import load_assignment

COURSE = """\
course: tests
title: A course for tests
language: en
assignments:
  toy:
    title: Toy assignment
    data: [reviews, houses]
    recipes:
      words: {data: reviews, train: 4}
      prices: {data: houses}
"""
CHECKS = """\
import numpy as np
from autograder import predictions, question, trained_by

learned = trained_by("learn", recipe="words", hidden="reviews-exam")
guessed = predictions("guess", recipe="words", hidden="reviews-exam")
priced = predictions("price", recipe="prices", hidden="houses-exam")
fitted = trained_by("fit_price", recipe="prices", hidden="houses-exam")


@question("double")
def test_learned(learned, guessed):
    assert learned.accuracy == 1 and guessed.accuracy == 0.5


@question("double")
def test_priced(priced, fitted):
    assert np.abs(priced.values - priced.labels).max() < 1e-3
    assert np.abs(fitted.values - fitted.labels).max() < 1e-3
"""
CELL = """
import os
import numpy as np
seen = sorted(os.listdir("/data/reviews"))
text = open("/data/houses/train.csv").read()
raw = np.load("/data/reviews/x_train.npy")

def learn(texts, labels):
    assert texts.dtype.kind == "U" and texts.shape == (4,), (texts.dtype, texts.shape)
    good = labels[[("good" in one) for one in texts]][0]
    bad = labels[[("bad" in one) for one in texts]][0]
    return lambda inputs: np.where(["good" in one for one in inputs], good, bad)

def guess(texts):
    return np.zeros(len(texts), int)

def price(table):
    return 100 * table[:, 0]

def fit_price(table, prices):
    assert prices.dtype == np.float32
    weight = float(np.mean(prices / table[:, 0]))
    return lambda inputs: weight * inputs[:, 0]
"""


def fill(shelf: Shelf, *, classes: tuple[str, ...] = ("neg", "pos")) -> None:
    """Reviews and houses, and a hidden set of either; `classes` are the hidden reviews'."""
    texts, labels = np.array(["a bad film", "good!", "bad", "so good"]), np.array([0, 1, 0, 1])
    table, prices = np.array([[1.0, 5], [2, 6]], np.float32), np.array([100, 200], np.float32)
    csv = shelf.folder.parent / "houses.csv"
    csv.write_text("size,age,price\n1,5,100\n2,6,200\n")
    both = {"x_train": texts, "y_train": labels, "x_test": texts[:2], "y_test": labels[:2]}
    shelf.add("reviews", both, origin="", about=About(("neg", "pos")))
    hidden = {"x": np.array(["good, very good indeed", "too bad"]), "y": np.array([1, 0])}
    shelf.add("reviews-exam", hidden, hidden=True, origin="", about=About(classes))
    both = {"x_train": table, "y_train": prices, "x_test": table, "y_test": prices}
    about = About(columns=("size", "age"), files={"train.csv": csv})
    shelf.add("houses", both, origin="", about=about)
    shelf.add(
        "houses-exam",
        {"x": table[::-1], "y": prices[::-1]},
        hidden=True,
        origin="",
        about=About(columns=("size", "age")),
    )


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    toy.write_source(tmp_path / "course", checks=CHECKS)
    (tmp_path / "course/course.yaml").write_text(COURSE)
    monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path / "shelf"))
    return tmp_path / "course"


def open_scorer(course: Path, *, calibrating: bool = True) -> Scorer:
    assignment = load_assignment(course, toy.NAME)
    with Judge(assignment.source.checks) as judge:
        return scorers.open_scorer(assignment, judge.plan(), calibrating=calibrating)


def test_texts_and_tables_are_given_and_scored(course: Path, tmp_path: Path, light_zygote: Zygote) -> None:
    fill(Shelf(tmp_path / "shelf"))
    scorer = open_scorer(course)
    submission = Submission("student", "digest", (Cell(0, "cell", CELL),))
    order = Order(
        "key",
        submission,
        scorer.plan,
        load_assignment(course, toy.NAME).settings.limits,
        measure().level or "",
        scorer.sets,
    )
    evidence = examine(light_zygote, order)
    assert evidence.exam.cells[0].run is not None
    assert evidence.exam.cells[0].run.fault is None
    path = tmp_path / "student.evidence"
    evidence.save(path)
    scores = scorer.scores(evidence)
    with Judge(course / "source/toy/checks.py") as judge:
        judged = judge.judge(Case(str(path), "", "en", False, scores.cases), scores.blobs)
    assert [(one.outcome.status, one.outcome.message or one.ours) for one in judged] == [("passed", "")] * 2


def test_labels_of_a_hidden_table_do_not_enter_a_room(course: Path, tmp_path: Path) -> None:
    fill(Shelf(tmp_path / "shelf"))
    scorer = open_scorer(course)
    for labels in (np.array([1, 0]), np.array([200.0, 100.0]), np.array([200, 100], np.float32)):
        assert not any(labels.tobytes() == blob for blob in scorer.plan.blobs)


@pytest.mark.parametrize(
    ("classes", "text"),
    [
        (("pos", "neg"), "0 pos, 1 neg"),
        (("pos",), "0 pos"),
        (("Neg", "Pos"), "0 Neg, 1 Pos"),
    ],
)
def test_classes_in_another_order_are_refused(
    course: Path, tmp_path: Path, classes: tuple[str, ...], text: str
) -> None:
    fill(Shelf(tmp_path / "shelf"), classes=classes)
    with pytest.raises(CourseError) as raised:
        open_scorer(course)
    assert str(raised.value).splitlines() == [
        f"source/toy/checks.py: {name}: the classes of the hidden set 'reviews-exam' are {text}; those of 'reviews' "
        "are 0 neg, 1 pos: give both the same names, then add the hidden set again"
        for name in ("learned", "guessed")
    ]


def test_classes_of_which_the_last_are_not_asked_are_right(course: Path, tmp_path: Path) -> None:
    fill(Shelf(tmp_path / "shelf"), classes=("neg",))
    assert open_scorer(course).probes.keys() == {"learned", "guessed", "priced", "fitted"}


def test_networks_are_not_trained_on_texts_or_for_quantities(course: Path, tmp_path: Path) -> None:
    fill(Shelf(tmp_path / "shelf"))
    (course / "source/toy/checks.py").write_text(
        "from autograder import question, trained\nread = trained('net', recipe='words')\n"
        "priced = trained('net', recipe='prices')\n\n\n@question('double')\ndef test_it(read, priced):\n    pass\n"
    )
    with pytest.raises(CourseError) as raised:
        open_scorer(course)
    assert [line.partition(": ")[2] for line in str(raised.value).splitlines()] == [
        "read: examples of 'reviews' are texts: networks are trained on numbers; ask `trained_by` instead",
        "priced: labels of 'houses' are quantities: networks are trained for classes; ask `trained_by` instead",
    ]


def test_quantities_need_no_threshold(course: Path, tmp_path: Path) -> None:
    fill(Shelf(tmp_path / "shelf"))
    with pytest.raises(CourseError) as raised:
        open_scorer(course, calibrating=False)
    told = str(raised.value)
    assert "thresholds.learned" in told
    assert "priced" not in told


@pytest.mark.parametrize("texts", [["a", "héé", ""], [["ab", ""], ["", "c"]], ["x\0y", "\U0001f600"]])
def test_texts_cross_as_numbers(texts: object) -> None:
    array = np.array(texts)
    blobs: list[bytes] = []
    record = codec.array_record(examples.characters(array), blobs)
    np.testing.assert_array_equal(examples.texts(codec.array_value(record, blobs)), array)


def test_numbers_that_are_no_texts_are_refused() -> None:
    for numbers in (np.zeros((2, 0), np.uint32), np.zeros(3, np.uint32), np.zeros((2, 2), np.int64)):
        with pytest.raises(ValueError, match="are not the characters of texts"):
            examples.texts(numbers)
