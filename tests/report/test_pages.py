"""Every page that people read, as they meet it: by eye and by ear, by keyboard, on a phone, in the dark, on paper."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import toy
from autograder.evidence import CellRecord, Evidence, Exam, TrainingRun
from autograder.judge.message import Mismatch, compose
from autograder.networks.explain import explain
from autograder.paths import Paths
from autograder.records import Grade, Outcome, QuestionGrade, Repair, TrainingUse
from autograder.report.class_page import class_page
from autograder.report.class_report import ReportInputs, gather
from autograder.report.feedback import feedback_page
from autograder.report.illustrations import illustrate
from autograder.report.runs import StoredRuns
from autograder.similarity.alike import Author, Pair, Shared, Span
from autograder.similarity.constructs import Part
from autograder.similarity.gather import Alike
from autograder.similarity.page import similarity_page
from autograder.wire import codec
from autograder.wire.messages import Answered, Cell, CellRun, Fault, Frame, Network
from browser import Tab, axe, driven
from loading import load_assignment
from networks import call, chain, conv, dense, pool

LONG = "un_nom_de_variable_que_rien_ne_coupe_" * 4
END = pool(), call("GlobalAveragePooling2D"), dense(10)
"""Its drawing is wider than a phone."""
MINE = chain(conv(8, padding="valid"), call("Activation", activation="relu"), *END)
WANTED = chain(conv(8, padding="same"), call("Activation", activation="relu"), *END)
USE = TrainingUse("model", "short", "sha256:net", [0], "cpu", "digits", "sha256:data", True, {})
CURVES: list[dict[str, float | None]] = [{"accuracy": 0.5, "val_accuracy": 0.4}, {"accuracy": 0.9, "val_accuracy": 0.8}]
RUN = TrainingRun(
    *("sha256:0", "sha256:net", "short", 0, "digits", "sha256:data"), True, "cpu", {}, 2.0, 2, CURVES, {"accuracy": 0.8}
)
BARS = {("short", "model", "cpu"): {"accuracy": 0.7}}


def exam() -> Exam:
    """One that stopped in a cell of its own, with something mended."""
    fault = Fault("raised", "ValueError", f"no {LONG}", [Frame(1, 2, "f", "raise ValueError")], cell=1)
    cell = CellRecord(Cell(1, "double-answer", f"x = 1\n{LONG} = 2"), CellRun(1, 0.1, "", "", 0, "", fault))
    repairs = [Repair("returned", "a", 2), Repair("reset", "b", 4)]
    return Exam("key", "plan", "sha256:1", "strict", "cpu", 1.0, 1.0, 0, {}, [cell], {}, repairs, None)


def the_grade(student: str, score: float = 2.5) -> Grade:
    """One of every verdict, marked and commented by hand, on its third attempt."""
    found = explain(MINE, WANTED)
    assert found is not None
    where = compose(Mismatch(where=found.where), "en", hidden=False)
    outcomes = (
        Outcome("test_a", "double", "Every number is doubled.", "passed", 1.0),
        Outcome("test_b", "double", "The network is it.", "failed", 1.0, where),
        Outcome("test_c", "double", f"`{LONG}` is quick.", "errored", 1.0, f"received  {LONG}"),
        Outcome("test_d", "double", "It follows.", "skipped", 1.0),
    )
    questions = (
        QuestionGrade("double", score, 4.0, outcomes, by_hand=True, extra_credit=0.5, comment=f"Well begun. {LONG}"),
        QuestionGrade("names", 1.0, 2.0, ()),
    )
    more: dict[str, Any] = {"submission": "sha256:1", "attempt": 3, "trainings": (USE,), "stand_ins": ("digits",)}
    return Grade(student, toy.NAME, "graded", questions, **more)


def feedback(root: Path, language: str) -> str:
    one = load_assignment(root, toy.NAME)
    grade = the_grade("zoé")
    drawn = illustrate(grade, {"model": MINE}, {"model": WANTED}, StoredRuns([RUN]), BARS, language, hidden=False)
    return feedback_page(one.source, one.course, grade, exam(), 0.25, illustrations=drawn)


def the_class(root: Path, language: str) -> str:
    paths = Paths(root)
    grades = [the_grade(f"student_{number}", number % 5) for number in range(12)]
    RUN.save(paths.training(RUN.key))
    for number, grade in enumerate(grades):
        answer = codec.pack(Answered("model", 0.1, WANTED if number % 2 else MINE))
        Evidence(exam(), (answer,)).save(paths.evidence(toy.NAME, grade.student))
    Evidence(exam(), (codec.pack(Answered("model", 0.1, WANTED)),)).save(paths.reference(toy.NAME))
    others = [
        Grade("flo", toy.NAME, "ungraded", (), fault="a worker was lost"),
        Grade(LONG, toy.NAME, "missing", ()),
    ]
    asked = ReportInputs(paths, toy.NAME, {toy.NAME: "toy"}, language, BARS)
    found = gather(asked, [*grades, *others], {"student_1": 0.5}, {"student_1": timedelta(days=1, hours=2)})
    return class_page(found, course="Vision", title="Toy", titles={"double": "Exercise 1"}, language=language)


def similar(root: Path, language: str) -> str:
    text = f"def f(x):\n    {LONG} = x * x\n    return {LONG} + 1\n"
    network: dict[str, Network] = {"network 1": MINE}
    marks = (Shared("networks", "network 1", "model"), Shared("answers", "answer 1", f"504 {LONG}", "The size."))
    authors = {
        name: Author(name, (Part("3: answer", text), Part("essay", f"My {LONG} word", code=False)))
        for name in ("ada", LONG, "cy")
    }
    passages = ((Span(0, 1, 3), Span(0, 2, 3)), (Span(1, 1, 1), Span(1, 1, 1)))
    counts = {"code": 21.5, "words": 3.0, "networks": 12.0, "answers": 12.0}
    pairs = tuple(Pair("ada", other, 48.5, 0.71, counts, passages, marks) for other in (LONG, "cy"))
    return similarity_page(Alike(pairs, authors, network, ("flo",)), course="Vision", title="Toy", language=language)


PAGES = {"feedback": feedback, "class": the_class, "similarity": similar}
LANDMARKS = {
    "feedback": {"banner", "main", "navigation"},
    "class": {"banner", "main", "navigation"},
    "similarity": {"banner", "main"},
}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with driven(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    found = {}
    for name, make in PAGES.items():
        root = tmp_path_factory.mktemp(name)
        toy.write_source(root, language="en")
        path = root / f"{name}.html"
        path.write_text(make(root, "en"), encoding="utf-8")
        found[name] = path.as_uri()
    return found


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, addresses: dict[str, str]) -> str:
    return addresses[request.param]


OPEN = "document.querySelectorAll('details').forEach(one => one.open = true)"
SEEN = "[...document.querySelectorAll('body *')].filter(one => one.checkVisibility())"
TOO_WIDE = f"""
{SEEN}.filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll, figure'))
  .map(one => one.outerHTML.slice(0, 200))
"""
CUT = f"""
{SEEN}.filter(one => !(one instanceof SVGElement) && getComputedStyle(one).overflowX !== 'visible'
  && one.scrollWidth > one.clientWidth + 1).map(one => one.outerHTML.slice(0, 200))
"""
TABBED = f"{SEEN}.filter(one => one.matches('a[href], button, summary, input, select, [tabindex=\"0\"]'))"


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1100, True)], ids=["phone", "dark"])
def test_axe_finds_nothing(tab: Tab, page: str, width: int, dark: bool) -> None:
    script = axe()
    tab.show(page, width, dark=dark)
    tab.run(OPEN)
    tab.run(f"{script}; 0")
    found: list[Any] = json.loads(tab.run("axe.run().then(found => JSON.stringify(found.violations))"))
    assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found] == []
    paper = "rgb(20, 25, 30)" if dark else "rgb(255, 255, 255)"
    assert tab.run("getComputedStyle(document.body).backgroundColor") == paper


def test_the_console_says_nothing(tab: Tab, page: str) -> None:
    tab.said.clear()
    tab.show(page)
    tab.run(OPEN)
    assert tab.said == []


def test_a_phone_shows_it_all_without_a_move_to_the_side(tab: Tab, page: str) -> None:
    tab.show(page, 360)
    tab.run(OPEN)
    assert tab.run(TOO_WIDE) == []
    assert tab.run("document.documentElement.scrollWidth") <= 360


def test_the_keyboard_reaches_all_in_the_order_of_the_page(tab: Tab, page: str) -> None:
    tab.show(page)
    count = tab.run(f"window.all = {TABBED}; all.length")
    assert count > 1
    reached = []
    for _ in range(count):
        tab.press_tab()
        reached.append(tab.run("all.indexOf(document.activeElement)"))
        assert tab.run("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert reached == list(range(count))


def test_who_listens_hears_one_title_and_headings_in_order(tab: Tab, page: str) -> None:
    tab.show(page)
    tab.run(OPEN)
    levels = tab.run("[...document.querySelectorAll('h1, h2, h3, h4')].map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    heard = tab.heard()
    assert {role for role, _ in heard} >= LANDMARKS[Path(page).stem]
    assert all(name for role, name in heard if role in ("link", "button", "textbox", "combobox", "image", "navigation"))
    headings = [name for role, name in heard if role == "heading"]
    assert len(headings) == len(levels)


def test_paper_has_it_all(tab: Tab, page: str) -> None:
    tab.show(page, 718, medium="print")  # A4 between margins of 1 cm
    closed = "[...document.querySelectorAll('details > :not(summary)')]"
    assert tab.run(f"{closed}.filter(one => !one.checkVisibility({{contentVisibilityAuto: true}})).length") == 0
    assert tab.run(f"{closed}.every(one => one.getBoundingClientRect().height > 0)")
    assert tab.run(CUT) == []
    assert tab.run("document.documentElement.scrollWidth") <= 718
    assert tab.printed().startswith(b"%PDF")


def test_what_is_looked_for_is_found(tab: Tab, tmp_path: Path) -> None:
    """A page with all that is wrong: what says nothing of it would say nothing of ours."""
    path = tmp_path / "bad.html"
    path.write_text(
        "<html><body><h1>a</h1><h3>b</h3><img src='data:,'><p style='color: #ccc; background: #fff'>pale</p>"
        "<p style='width: 900px'>wide</p><p style='overflow: hidden; width: 5px; white-space: pre'>what is cut</p>"
        "<script>console.error('no')</script>",
        encoding="utf-8",
    )
    tab.said.clear()
    tab.show(path.as_uri(), 360)
    assert len(tab.said) == 1
    assert tab.run(TOO_WIDE) != []
    assert tab.run(CUT) != []
    tab.run(f"{axe()}; 0")
    found = json.loads(tab.run("axe.run().then(found => JSON.stringify(found.violations.map(one => one.id)))"))
    assert {"image-alt", "color-contrast", "html-has-lang"} <= set(found)
