"""The page of a class: its figures, its mistakes, its networks, and that it works in a browser."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from autograder.evidence import CellRecord, Evidence, Exam, TrainingRun
from autograder.judge.message import Mismatch, Said, compose
from autograder.locale import phrase
from autograder.paths import Paths
from autograder.records import CheckStatus, Grade, Outcome, QuestionGrade, Repair, TrainingUse
from autograder.report import architectures, drawing, items, misses
from autograder.report.class_page import class_page
from autograder.report.class_report import ClassReport, ReportInputs, anonymous, gather
from autograder.report.curves import chart
from autograder.wire import codec
from autograder.wire.messages import Answered, Cell, CellRun, Network
from browser import browsed, complaints
from networks import Graph, call, chain, conv, dense, operation, pool

HOSTILE = "<script>alert(1)</script>"
NAME = "vision"
CURVES: list[dict[str, float | None]] = [
    {"accuracy": 0.5, "val_accuracy": 0.4, "loss": 1.0},
    {"accuracy": 0.9, "val_accuracy": 0.8, "loss": 0.5},
]
WANTED = chain(conv(8, padding="same"), call("Activation", activation="relu"), pool(), call("Flatten"), dense(10))
NARROW = chain(conv(8, padding="valid"), call("Activation", activation="relu"), pool(), call("Flatten"), dense(10))


def outcome(status: CheckStatus = "passed", message: str = "", name: str = "test_it", question: str = "one") -> Outcome:
    return Outcome(name, question, f"{name} holds.", status, 1.0, message)


def said(received: Said | None = None, language: str = "en", **fields: Said) -> str:
    return compose(Mismatch(received=received, **fields), language, hidden=False)


def grade(student: str, one: float, two: float, *outcomes: Outcome, trainings: tuple[TrainingUse, ...] = ()) -> Grade:
    questions = (QuestionGrade("one", one, 2.0, outcomes), QuestionGrade("two", two, 3.0, ()))
    return Grade(student, NAME, "graded", questions, trainings=trainings)


# --- Items ------------------------------------------------------------------------------------------------------------


def test_a_question_tells_strong_from_weak() -> None:
    grades = [
        grade(f"s{at}", float(at >= 3) * 2, at / 2, outcome("passed" if at >= 3 else "failed")) for at in range(6)
    ]
    one, two = items.analyse(grades, {})
    assert (one.success, one.full, one.none, one.graded) == (0.5, 3, 3, 6)
    assert one.discrimination == pytest.approx(0.878, abs=1e-3)  # Pearson's of 0,0,0,2,2,2 and 0,.5,1,1.5,2,2.5
    assert one.checks[0].passed == 3
    assert one.checks[0].discrimination == one.discrimination  # the question is worth what the check says
    assert two.seconds is None


def test_a_question_that_all_have_tells_nothing() -> None:
    one, _ = items.analyse([grade(f"s{at}", 2.0, at / 2) for at in range(6)], {})
    assert one.discrimination is None


def test_four_students_are_too_few() -> None:
    one, _ = items.analyse([grade(f"s{at}", float(at), at / 2) for at in range(4)], {})
    assert one.discrimination is None


def test_what_could_not_be_judged_is_not_counted() -> None:
    one, _ = items.analyse([grade("a", 2, 3, outcome("ungraded")), grade("b", 2, 3, outcome("passed"))], {})
    assert (one.checks[0].asked, one.checks[0].passed) == (1, 1)


def test_a_question_takes_the_time_of_its_answer_and_its_tests() -> None:
    cells = [("", 9.0), ("answer", 1.0), ("one", 0.5), ("", 4.0), ("two", 0.25)]
    held = exam(*(record(at, name, seconds) for at, (name, seconds) in enumerate(cells)), sources={"answer": "x = 1"})
    one, two = items.analyse([grade("a", 1, 1)], {"a": held})
    assert (one.seconds, two.seconds) == (1.5, 0.25)


def record(index: int, name: str, seconds: float) -> CellRecord:
    return CellRecord(Cell(index, name, "pass"), CellRun(index, seconds, "", "", 0, ""))


def exam(*cells: CellRecord, sources: dict[str, str] | None = None, repairs: tuple[Repair, ...] = ()) -> Exam:
    return Exam(
        "key", "plan", "sha256:1", "strict", "cpu", 1.0, 1.0, 0, {}, list(cells), sources or {}, list(repairs), None
    )


# --- Mistakes ---------------------------------------------------------------------------------------------------------

PADDING = "layer 3, Conv2D(64): padding 'valid', expected 'same'"


def grouped(*grades: Grade, language: str = "en") -> list[tuple[int, tuple[str, ...]]]:
    return [(len(one.students), one.said) for one in misses.group(grades, language)]


def wrong(**received: str) -> list[Grade]:
    """A student each, whose one check received this."""
    return [grade(name, 0, 0, outcome("failed", said(value))) for name, value in received.items()]


def test_one_place_is_one_mistake_whatever_follows_it() -> None:
    more = said(where=f"{PADDING}; and 2 other differences")
    found = grouped(grade("a", 0, 0, outcome("failed", said(where=PADDING))), grade("b", 0, 0, outcome("failed", more)))
    assert found == [(2, (PADDING,))]


def test_the_number_of_parameters_and_the_layers_tell_one_mistake() -> None:
    astray = said("72 parameters", where=phrase("the count goes astray here: {where}", where=PADDING))
    layers = outcome("failed", said(where=PADDING), "test_layers")
    found = misses.group([grade("a", 0, 0, outcome("failed", astray, "test_count"), layers)], "en")
    assert [one.said for one in found] == [(PADDING,)]
    assert found[0].checks == ("test_count holds.", "test_layers holds.")


def test_a_place_on_a_drawing_is_told_with_what_it_was_to_show() -> None:
    grades = [
        grade(name, 0, 0, outcome("failed", said(value, where="curve, number 1")))
        for name, value in (("a", "3"), ("b", "4"))
    ]
    assert grouped(*grades) == [(2, ("test_it holds: curve, number 1",))]


def test_equal_wrong_values_are_one_mistake_and_others_another() -> None:
    grades = [
        grade(name, 0, 0, outcome("failed", said(value))) for name, value in (("a", "504"), ("b", "504"), ("c", "9"))
    ]
    assert grouped(*grades) == [(2, ("test_it holds: 504",)), (1, ("test_it holds: 9",))]


def test_two_that_learn_too_little_are_alike() -> None:
    grades = [
        grade(name, 0, 0, outcome("failed", said(f"{share} % of 300"))) for name, share in (("a", "10"), ("b", "13"))
    ]
    assert grouped(*grades) == [(2, ("test_it holds",))]


def test_an_error_that_stops_everything_is_one_mistake() -> None:
    error = said("NameError: name 'x' is not defined", where="your cell 3")
    ones = [outcome("errored", error, f"test_{n}") for n in range(9)]
    assert grouped(grade("a", 0, 0, *ones)) == [(1, ("NameError: name 'x' is not defined",))]


def test_what_the_same_students_were_told_of_a_question_is_one_mistake() -> None:
    both = [outcome("failed", said("1"), "test_a"), outcome("failed", said("2"), "test_b")]
    assert grouped(grade("a", 0, 0, *both)) == [(1, ("test_a holds: 1", "test_b holds: 2"))]


def test_messages_are_read_in_french_too() -> None:
    where = "couche 1, Dense(8) : pas d'activation, attendu « relu »"
    ones = [
        grade(name, 0, 0, outcome("failed", said(value, "fr", where=where))) for name, value in (("a", "1"), ("b", "2"))
    ]
    assert grouped(*ones, language="fr") == [(2, (where,))]


@pytest.mark.parametrize("status", ["passed", "skipped", "ungraded"])
def test_nothing_else_is_a_mistake(status: CheckStatus) -> None:
    assert grouped(grade("a", 0, 0, outcome(status, said("1")))) == []


# --- Networks ---------------------------------------------------------------------------------------------------------


def test_networks_that_compute_the_same_are_one() -> None:
    renamed = chain(conv(8, padding="same"), operation("relu"), pool(), call("Flatten"), dense(10))
    found = {"a": {"model": WANTED}, "b": {"model": renamed}, "c": {"model": NARROW}}
    (model,) = architectures.group(found, {"model": WANTED}, {}, "en")
    assert [one.students for one in model.groups] == [("a", "b"), ("c",)]
    assert [one.is_reference for one in model.groups] == [True, False]
    assert "padding" in model.groups[1].difference


def test_probes_of_the_same_networks_are_told_together() -> None:
    (both,) = architectures.group({"a": {"model": WANTED, "learnt": WANTED}}, {}, {}, "en")
    assert both.probes == ("model", "learnt")


def test_networks_that_could_not_be_read_are_each_its_own() -> None:
    unread = msgspec.structs.replace(WANTED, problem="unreadable")
    (model,) = architectures.group({"a": {"model": unread}, "b": {"model": unread}}, {"model": WANTED}, {}, "en")
    assert [one.students for one in model.groups] == [("a",), ("b",)]


def test_a_drawing_marks_what_differs_on_both_sides() -> None:
    mine, theirs = drawing.compare(NARROW, WANTED)
    assert [row.text for row in mine.rows if row.marked] == ["Conv2D(8) · relu"]
    assert [row.text for row in theirs.rows if row.marked] == ["Conv2D(8) · relu"]


def test_a_layer_that_is_missing_is_marked_where_it_is_missed() -> None:
    without = chain(conv(8, padding="same"), call("Activation", activation="relu"), call("Flatten"), dense(10))
    mine, theirs = drawing.compare(without, WANTED)
    assert [row.text for row in theirs.rows if row.marked] == ["MaxPooling2D"]
    assert [row.text for row in mine.rows if row.marked] == ["Conv2D(8) · relu"]


def test_branches_run_in_lanes_of_their_own() -> None:
    graph = Graph((8, 8, 4))
    start = graph(conv(4, padding="same"))
    inner = graph(conv(4, padding="same"))
    last = graph(conv(4, padding="same"))
    graph(call("Add"), graph(call("Add"), inner, last), start)
    found = drawing.draw(graph.network())
    lanes = [arc.lane for arc in found.arcs if arc.lane]
    assert len(lanes) == len(set(lanes)) == 2
    assert found.left > max(lanes) * drawing.LANE


def test_the_middle_of_a_deep_network_is_left_out() -> None:
    found = drawing.draw(chain(*(dense(8, name=f"d{n}") for n in range(200)), input_shape=(8,)))
    assert len(found.rows) == drawing.MOST_ROWS
    assert "…" in [row.text for row in found.rows]


def test_curves_reach_from_the_first_epoch_to_the_last_and_show_the_bar() -> None:
    found = chart([run(0), run(1)], "accuracy", 0.7)
    assert found is not None
    assert found.name == "val_accuracy"
    assert [line.dots[0][0] for line in found.lines] == [found.left, found.left]
    assert found.lines[0].dots[-1][0] == found.right
    assert found.bar is not None
    assert found.lines[0].dots[-1][1] < found.bar < found.lines[0].dots[0][1]  # y grows downwards


def test_without_figures_there_are_no_curves() -> None:
    assert chart([msgspec.structs.replace(run(0), epochs=[{"val_accuracy": None}])], "accuracy", 0.7) is None


def run(seed: int) -> TrainingRun:
    where = (f"sha256:{seed}", "sha256:net", "short", seed, "digits", "sha256:data")
    return TrainingRun(*where, False, "cpu", {}, 2.0, 2, list(CURVES), {"accuracy": 0.8})


# --- The page ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A class of seven: three as the solution, three narrow, one with nothing, one that could not be graded."""
    paths = Paths(tmp_path)
    evidence(WANTED).save(paths.reference(NAME))
    for student in ("ada", "bob", "cy"):
        evidence(WANTED).save(paths.evidence(NAME, student))
    for student in ("dan", "eve", HOSTILE):
        evidence(NARROW, Repair("reset", "one", 0)).save(paths.evidence(NAME, student.replace("/", "")))
    for seed in (0, 1):
        run(seed).save(paths.training(f"sha256:{seed}"))
    return paths


def evidence(network: Network, *repairs: Repair) -> Evidence:
    frame = codec.pack(Answered("model", 0.1, network))
    return Evidence(exam(record(0, "one", 0.5), repairs=repairs), (frame,))


USE = TrainingUse("model", "short", "sha256:net", [0, 1], "cpu", "digits", "sha256:data", False, {})


def report(paths: Paths, language: str = "en") -> ClassReport:
    wrong = outcome("failed", said(where=PADDING))
    student = HOSTILE.replace("/", "")
    grades = [
        *(
            grade(name, 2.0, score, outcome(), trainings=(USE,))
            for name, score in (("ada", 3.0), ("bob", 2.5), ("cy", 2.0))
        ),
        *(grade(name, 0.0, score, wrong) for name, score in (("dan", 1.0), ("eve", 0.5), (student, 0.0))),
        Grade("flo", NAME, "ungraded", (), fault="a worker was lost; flo is named"),
        Grade("gus", NAME, "missing", ()),
    ]
    asked = ReportInputs(paths, NAME, {NAME: "notebook"}, language, {("short", "model", "cpu"): {"accuracy": 0.7}})
    return gather(asked, grades, {"bob": 0.5}, {"bob": timedelta(days=1)})


def page(found: ClassReport, language: str = "en") -> str:
    return class_page(
        found, course="Vision", title=f"Networks {HOSTILE}", titles={"one": "Exercise 1"}, language=language
    )


def test_the_class_is_told(paths: Paths) -> None:
    found = report(paths)
    counts = [(one.start, one.count) for one in found.distribution if one.count]
    assert counts == [(0.0, 1), (0.5, 1), (1.0, 1), (4.0, 2), (4.5, 1)]
    assert next(one.score for one in found.students if one.name == "bob") == 4.0
    assert [(one.said, len(one.students)) for one in found.misses] == [((PADDING,), 3)]
    (recipe,) = found.recipes
    assert (recipe.networks, recipe.submissions, recipe.trainings, recipe.seconds) == (1, 3, 2, 4.0)
    assert found.architectures[0].groups[0].trained[0].bars == {"accuracy": 0.7}


def test_evidence_that_is_gone_is_said_and_costs_no_figure_of_points(paths: Paths) -> None:
    paths.evidence(NAME, "ada").unlink()
    paths.evidence(NAME, "bob").write_bytes(b"no evidence")
    found = report(paths)
    assert found.unread == ("ada", "bob")
    assert found.questions[0].graded == 6


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_of_a_students_making_is_markup(paths: Paths, language: str) -> None:
    made = page(report(paths, language), language)
    assert HOSTILE not in made
    assert made.count("<script") == 1
    assert "http" not in made.replace("http-equiv", "")


def test_an_anonymous_page_names_nobody_and_keeps_no_order_of_names(paths: Paths) -> None:
    hidden = anonymous(report(paths))
    made = page(hidden)
    assert not [name for name in ("ada", "bob", "dan", "eve", "flo", "gus") if re.search(rf"\b{name}\b", made)]
    for group in hidden.architectures[0].groups:
        assert list(group.students) == sorted(group.students)
    orders = {tuple(one.score for one in anonymous(report(paths)).students) for _ in range(8)}
    assert len(orders) > 1


def test_a_browser_sorts_and_finds_nothing_to_complain_of(paths: Paths, tmp_path: Path) -> None:
    made = page(report(paths))
    file = tmp_path / "page.html"
    file.write_text(made, encoding="utf-8")
    assert complaints(file.as_uri(), tmp_path / "profile") == []
    click = 'onload=()=>{document.querySelector("#class th:nth-child(2) button").click()}'
    file.write_text(re.sub(r"<meta http-equiv[^>]*>", "", made).replace("</body>", f"<script>{click}</script></body>"))
    sorted_page = browsed(file.as_uri(), tmp_path / "profile")
    rows = re.findall(r'<tr data-status.*?<th scope="row">(.*?)</th>', sorted_page, re.DOTALL)
    assert rows[-1] == "ada"
    assert {"flo", "gus"} == set(rows[:2])
