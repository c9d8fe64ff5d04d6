"""No text of a student's is a formula, a command or markup for whoever reads it elsewhere."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import toy
from autograder.errors import CourseError
from autograder.export import Exported, ExportOptions, export_names, load_export
from autograder.report.terminal import json_line, shown
from autograder.roster import Student
from autograder.sheets import Sheet
from graded import entry, grade, of_class
from hostile.texts import TEXTS

COMMAND = re.compile(r"\s*::[A-Za-z][\w-]*( [^:]*)?::|.*##(\w*)\[")
"""What GitHub's runner takes for one, its older form anywhere in a line; Azure's and TeamCity's alike."""
RUNNER = dict.fromkeys(("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL"), "x")


@pytest.fixture(params=TEXTS)
def text(request: pytest.FixtureRequest) -> str:
    return TEXTS[request.param]


def commands(log: str) -> list[str]:
    return [line for line in re.split(r"[\r\n\u2028\u2029\x85]", log) if COMMAND.match(line)]


def formulas(data: str) -> list[str]:
    """What a spreadsheet takes for one, whichever separator is its country's."""
    cells = (
        cell
        for separator in ",;\t"
        for row in csv.reader(io.StringIO(data, newline=""), delimiter=separator)
        for cell in row
    )
    bare = (re.sub("^[\ufeff\u00a0 ]+", "", cell) for cell in cells)
    return [cell for cell in bare if cell[:1] in tuple("=+-@＝＋－＠") and not re.fullmatch(r"[-+]?[\d.,]*", cell)]


def exported(name: str, text: str) -> Exported | None:
    """A class in which somebody is called so, and a message says so; None where this export takes no class."""
    kind = {"moodle": "Moodle", "canvas": "Canvas"}.get(name, "")
    person = Student("ada", text, f"{text}@example.org", "", (text,))
    one = entry(grade("ada", 1.5, message=text), kind, "12", person=person)
    try:
        return load_export(name).export(of_class((one,)), ExportOptions(single=True, environment=RUNNER))
    except CourseError:  # it asks for a platform
        assert name == "ags"
        return None


@pytest.mark.parametrize("name", export_names())
def test_no_export_hands_on_more_than_a_text(name: str, text: str) -> None:
    made = exported(name, text)
    for file, content in made.files.items() if made else ():
        if file.endswith(".csv"):
            assert not formulas(content.decode())
        elif file.endswith(".json"):
            json.loads(content)
        elif file.endswith(".xml"):
            assert len(list(ET.fromstring(content).iter("testcase"))) == 2
        elif file == "annotations.txt":
            (line,) = content.decode().rstrip("\n").split("\n")
            assert line.startswith("::error ")
            assert line.count("::") == 2 + text.count("::")
        elif file == "summary.md":
            outside = re.sub(r"(?ms)^(`{3,})text$.*?^\1$", "", content.decode())
            assert "<" not in outside.replace("\\<", "")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_of_a_sheet_is_a_formula_with_any_separator(text: str, delimiter: str) -> None:
    rows = (("student", "name"), (text, "1"), ("ada", text), ("bob", f"{text}{text}"))
    assert not formulas(Sheet(rows, delimiter=delimiter).encode().decode())


def test_no_line_of_a_log_is_a_command(text: str) -> None:
    for said in (text, f"✗ cell 1: {text}", " " * 80 + text):
        assert not commands(shown(said, "\n\t"))
    line = json_line({"message": text, "students": [text]})
    assert not commands(line)
    assert json.loads(line)["message"] == text


@pytest.mark.parametrize("name", ["an-error-that-github-shows", "a-command-of-azures", "a-section-of-gitlabs"])
def test_no_notebook_commands_through_check(name: str, tmp_path: Path) -> None:
    """As a title, as a line that is no Python, as an error's class and message."""
    text = TEXTS[name]
    raising = f"raise type({text!r}, (Exception,), {{}})({text!r})"
    cells = [toy.text("t", f"# {text}"), toy.code("a", text), toy.code("b", raising)]
    (tmp_path / "toy.ipynb").write_bytes(toy.notebook(cells))
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "check", "toy.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 1, done.stderr
    assert not commands(done.stdout + done.stderr), done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(("name", "file"), [("moodle", "grades.csv"), ("canvas", "gradebook.csv")])
def test_two_of_one_number_have_no_row(name: str, file: str) -> None:
    """A row of either would be written over the other's grade."""
    kind = name.capitalize()
    ones = [entry(grade("ada", 4.0), kind, "12"), entry(grade("eve", 1.5), kind, "12"), entry(grade("zoe"), kind, "13")]
    made = load_export(name).export(of_class(ones), ExportOptions())
    assert set(made.unplaced) == {"ada", "eve"}
    told = made.files[file].decode()
    assert "zoe" in told
    assert "ada" not in told
    assert "eve" not in told
