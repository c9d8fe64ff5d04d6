"""The command and its page: what evidence holds is compared, shown side by side, and steers nothing."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import toy
from autograder.cli import app
from autograder.course import load_parts
from autograder.errors import AutograderError
from autograder.evidence import CellRecord, Evidence, Exam
from autograder.paths import Paths
from autograder.records import Grade, TextCell
from autograder.roster import load_roster
from autograder.similarity.alike import Author
from autograder.similarity.constructs import Part
from autograder.similarity.gather import Alike, anonymous, find_alike
from autograder.similarity.page import similarity_page
from autograder.store import Keys, Store
from autograder.wire import codec
from autograder.wire.messages import Answered, Cell, Network
from browser import browsed, complaints
from graded import grade
from networks import chain, dense

HOSTILE = "</pre><script>document.title = 'hacked'</script>"
CLASS = [f"s{number:02}" for number in range(14)]
COPIED = f"""\
def double(x):
    # {HOSTILE} by ada
    total, parts = 0.0, sorted(enumerate(np.ravel(x)), key=lambda one: -one[0])
    for at, value in parts:
        total += np.float64(value) ** 3 - at * np.sqrt(abs(value) + 1)
        while total > 10_000:
            total = np.log1p(total) + np.cos(at / 7)
    return np.array([2 * value for _, value in reversed(parts)]).reshape(np.shape(x))
"""
RENAMED = COPIED.replace("total", "somme").replace("parts", "morceaux").replace("value", "v").replace("by ada", "")
RARE, COMMON = chain(dense(7), dense(5)), chain(dense(10))
WRONG = "received  17.25\nexpected  2"


def evidence(source: str, network: Network, text: str = "") -> Evidence:
    given = CellRecord(Cell(0, "setup", "import numpy as np", given=True), None)
    cells = [given, CellRecord(Cell(1, "double-answer", source), None)]
    texts = (TextCell(2, "essay", text),) if text else ()
    exam = Exam("key", "plan", "sha256:1", "strict", "cpu", 1.0, 1.0, 0, {}, cells, {}, [], None, texts)
    return Evidence(exam, (codec.pack(Answered("net", 0.1, network)),))


def own(number: int) -> str:
    return f"def double(x):\n    return x * 2 if x is not None else {number}\n"


def write_class(root: Path) -> None:
    """A class of seventeen: two alike in all, a third of their group, and fourteen on their own."""
    toy.write_source(root)
    paths = Paths(root)
    grades: list[Grade] = []
    for number, student in enumerate(CLASS):
        evidence(own(number), COMMON).save(paths.evidence("toy", student))
        grades.append(grade(student))
    for student, source in (("ada", COPIED), ("bob", RENAMED), ("cy", COPIED)):
        evidence(source, RARE).save(paths.evidence("toy", student))
        grades.append(grade(student, double=0, message=WRONG))
    grades.append(grade("lost"))
    (root / "students.csv").write_text("student,group\nada,red\ncy,red\n", encoding="utf-8")
    with Store(paths.store) as store:
        for one in grades:
            store.save(one, Keys("", ""))


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("course")
    write_class(root)
    return root


@pytest.fixture
def found(course: Path) -> Alike:
    parts = load_parts(course, "toy")
    with Store(parts[0].paths.store) as store:
        grades = store.grades("toy")
    return find_alike([part.source for part in parts], (), grades, load_roster(parts[0].paths), 50)


def test_code_networks_and_wrong_values_are_found_and_a_group_is_no_pair(found: Alike) -> None:
    assert {(one.first, one.second) for one in found.pairs} == {("ada", "bob"), ("bob", "cy")}
    for pair in found.pairs:
        assert [mark.said for mark in pair.marks] == ["net", "17.25"]
        assert min(pair.counts[kind] for kind in ("code", "networks", "answers")) > 5
    assert found.unread == ("lost",)


def test_the_solutions_network_is_nobodys(course: Path, tmp_path: Path) -> None:
    shutil.copytree(course, tmp_path / "c")
    evidence("", RARE).save(Paths(tmp_path / "c").reference("toy"))
    parts = load_parts(tmp_path / "c", "toy")
    with Store(parts[0].paths.store) as store:
        grades = store.grades("toy")
    pairs = find_alike([part.source for part in parts], (), grades, load_roster(parts[0].paths), 50).pairs
    assert {pair.counts["networks"] for pair in pairs} == {0.0}


def test_files_that_students_complete_are_compared(course: Path, tmp_path: Path) -> None:
    root = tmp_path / "c"
    shutil.copytree(course, root)
    for student, text in (("s01", COPIED), ("s02", RENAMED)):
        folder = Paths(root).submission(student, "toy")
        folder.mkdir(parents=True)
        (folder / "tools.py").write_text(text, encoding="utf-8")
        (folder / "link.py").symlink_to("/etc/passwd")
    parts = load_parts(root, "toy")
    grades = [replace(grade(student), questions=()) for student in CLASS]
    found = find_alike([part.source for part in parts], ("*.py",), grades, load_roster(parts[0].paths), 50)
    (pair,) = found.pairs
    assert [found.authors["s01"].parts[span.part].name for span, _ in pair.passages] == ["tools.py"]
    assert "link.py" not in {part.name for one in found.authors.values() for part in one.parts}


def page(found: Alike, language: str = "en") -> str:
    return similarity_page(found, course="A course", title="Toy", language=language)


def test_the_page_escapes_all_that_students_wrote_and_works(found: Alike, tmp_path: Path) -> None:
    text = page(found)
    assert HOSTILE not in text
    path = tmp_path / "page.html"
    path.write_text(text, encoding="utf-8")
    shown = browsed(path.as_uri(), tmp_path / "profile")
    assert "<title>Toy – submissions alike</title>" in shown
    assert complaints(path.as_uri(), tmp_path / "profile") == []


def test_the_page_is_in_the_courses_language(found: Alike) -> None:
    assert "un ordre dans lequel regarder" in page(found, "fr").lower()
    assert "no pair stands out" in page(replace(found, pairs=()))


def test_nobody_is_named_where_names_are_left_out(found: Alike) -> None:
    hidden = anonymous(found)
    text = page(hidden)
    assert not [name for name in ("ada", "bob", "lost") if name in text]
    assert {one.first for one in hidden.pairs} <= set(hidden.authors)


@pytest.fixture
def told(course: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(course)
    return CliRunner()


def test_the_table_fits_eighty_columns(told: CliRunner) -> None:
    done = told.invoke(app, ["similarity", "toy"])
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split()[:2] == ["student", "and"]
    assert lines[-2:] == [
        "17 submissions, 2 pairs: an order in which to look, not a verdict",
        "reports/toy-similarity.html",
    ]
    assert max(map(len, lines)) <= 80
    assert "lost" in done.stderr


def test_results_are_those_of_the_database_that_the_course_names(
    told: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGRADER_STORE", "postgresql://ada@127.0.0.1:1/results")
    done = told.invoke(app, ["similarity", "toy"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert isinstance(done.exception, AutograderError)
    assert "PostgreSQL" in str(done.exception) or "postgresql://ada@127.0.0.1:1/results" in str(done.exception)


def test_json_is_a_line_a_pair_and_writes_no_page(told: CliRunner, course: Path) -> None:
    Paths(course).similarity("toy").unlink(missing_ok=True)
    done = told.invoke(app, ["similarity", "toy", "--json", "--most", "1"])
    (line,) = done.stdout.splitlines()
    pair = json.loads(line)
    assert list(pair) == [
        *("assignment", "rank", "students", "score", "share", "code", "words", "networks", "answers", "passages")
    ]
    assert pair["answers"] == [{"check": "Doubler, « vite »", "value": "17.25"}]
    assert {"cell", "first", "last"} == set(pair["passages"][0][0])
    assert not Paths(course).similarity("toy").exists()


def test_before_anything_is_graded_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.write_source(tmp_path)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["similarity", "toy"])
    assert "run `autograder grade toy`" in done.stdout


HIDDEN_NAMES = ("Ada (1)", "J. Doe Jr.", "zoe\u0301", "(.*)", "=x", "$", "Eve")


def test_no_name_stands_on_a_page_without_names() -> None:
    said = "# Ada (1), ADA (1) and ada (1) | J. Doe Jr. | zo\u00e9 | (.*) | =x | $ | with EVE, not with evening"
    authors = {name: Author(name, (Part(f"1: of {name}", said),)) for name in HIDDEN_NAMES}
    shown = anonymous(Alike((), authors, {}, ()))
    assert len(shown.authors) == len(HIDDEN_NAMES)
    for one in shown.authors.values():
        text = "\n".join((one.name, *(line for part in one.parts for line in (part.name, part.source)))).casefold()
        assert not [name for name in ("ada", "doe", "zo", "(.*)", "=x", "$") if name in text], text
        assert "not with evening" in text


def test_who_is_compared_in_part_is_named_and_still_compared(course: Path) -> None:
    """A text of megabytes beside what was copied exempts nobody, and neither does it in silence."""
    parts = load_parts(course, "toy")
    path = parts[0].paths.evidence("toy", "bob")
    before = path.read_bytes()
    try:
        evidence(f"x = '{'a' * 3_000_000}'\n{RENAMED}", RARE).save(path)
        with Store(parts[0].paths.store) as store:
            grades = store.grades("toy")
        found = find_alike([part.source for part in parts], (), grades, load_roster(parts[0].paths), 50)
    finally:
        path.write_bytes(before)
    assert found.cut == ("bob",)
    assert {(one.first, one.second) for one in found.pairs} == {("ada", "bob"), ("bob", "cy")}
    assert {one.name for one in found.authors.values()} >= {"ada", "bob", "cy"}
