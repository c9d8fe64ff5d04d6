"""Survivors that a lecturer marks as harmless: named by their change alone, kept beside the checks, counted apart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

import toy
from autograder.assignment import SourceNotebook
from autograder.cli import app
from autograder.errors import CourseError
from autograder.given_files import release_files
from autograder.mutate.harmless import mark_harmless, read_harmless
from autograder.mutate.places import Mutant, derive
from autograder.mutate.report import as_json, tallies
from autograder.mutate.run import MutantVerdict
from loading import load_assignment

CELLS = (
    toy.answer("double-answer", "### BEGIN SOLUTION\nnumber = 2 * 3\nlimit = 2 * 3\n### END SOLUTION"),
    toy.test_cell("double", 1, "assert number == 6"),
)
CHECKS = """
from autograder import question, variable

number = variable("number")


@question("double")
def test_double(number):
    assert number == 6
"""


@pytest.fixture
def source(tmp_path: Path) -> SourceNotebook:
    return load_assignment(toy.make_course(tmp_path, cells=CELLS, checks=CHECKS), toy.NAME).source


def edited(source: SourceNotebook, old: str, new: str) -> SourceNotebook:
    cells = list(source.notebook.cells)
    assert old in cells[0].source
    cells[0] = msgspec.structs.replace(cells[0], source=cells[0].source.replace(old, new))
    return replace(source, notebook=msgspec.structs.replace(source.notebook, cells=tuple(cells)))


def ids(source: SourceNotebook) -> list[str]:
    return [mutant.id for mutant in derive(source)]


def first(source: SourceNotebook) -> Mutant:
    return next(mutant for mutant in derive(source) if "number" in "".join(mutant.change(source)))


def test_no_two_mutants_have_one_id(source: SourceNotebook) -> None:
    alike = edited(source, "limit = 2 * 3", "number = 2 * 3")
    assert len(set(ids(alike))) == len(ids(alike)) > 2


def test_an_id_holds_when_other_lines_are_edited_and_not_when_its_own_is(source: SourceNotebook) -> None:
    one = first(source).id
    assert one in ids(edited(source, "limit = 2 * 3", "# the most there may be\nlimit = 7"))
    assert one not in ids(edited(source, "number = 2 * 3", "number = 3 * 2"))


def test_a_mark_is_kept_beside_the_checks_with_its_reason_and_is_never_released(source: SourceNotebook) -> None:
    mark_harmless(source, derive(source), first(source).id, "  asked nowhere ")
    mark_harmless(source, derive(source), first(source).id, "it is asked « nowhere »: so what")
    assert read_harmless(source).reasons == {first(source).id: "it is asked « nowhere »: so what"}
    assert source.harmless.parent == source.checks.parent
    assert source.harmless not in [file.source for file in release_files(source)]


def test_a_mark_whose_mutant_is_no_more_is_known(source: SourceNotebook) -> None:
    mark_harmless(source, derive(source), first(source).id, "asked nowhere")
    assert read_harmless(source).lost(derive(source)) == []
    gone = edited(source, "number = 2 * 3", "number = 6")
    assert read_harmless(source).lost(derive(gone)) == [first(source).id]


@pytest.mark.parametrize(("name", "because", "said"), [("m0", "why", "no mutant"), ("", "", "expected the reason")])
def test_a_mark_needs_a_mutant_and_a_reason(source: SourceNotebook, name: str, because: str, said: str) -> None:
    with pytest.raises(CourseError, match=said):
        mark_harmless(source, derive(source), name or first(source).id, because)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("m1: why", "Expected `array`"),
        ("- {id: m1}", "because"),
        ("- {id: m1, because: ' '}", "no reason"),
        ("- [", "not YAML"),
        ("- {id: m1, because: x, reason: y}", "reason"),
    ],
)
def test_a_file_of_another_form_is_the_lecturers_to_mend(source: SourceNotebook, text: str, said: str) -> None:
    source.harmless.write_text(text)
    with pytest.raises(CourseError, match=said):
        read_harmless(source)


def test_harmless_ones_are_counted_apart(source: SourceNotebook) -> None:
    one, other = derive(source)[:2]
    verdicts = [MutantVerdict(one, "killed"), MutantVerdict(other, "harmless", "asked nowhere")]
    told = as_json(source, verdicts, 1.0, ["m1"])
    assert tallies(source, verdicts)[-1].score == 1
    assert (told["mutants"], told["killed"], told["harmless"], told["survived"]) == (2, 1, 1, 0)
    assert [(each["id"], each["why"]) for each in told["harmless_survivors"]] == [(other.id, "asked nowhere")]
    assert told["harmless_lost"] == ["m1"]


def test_by_the_command(source: SourceNotebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(source.paths.root)
    runner, name = CliRunner(), first(source).id
    marked = runner.invoke(app, ["mutate", toy.NAME, "--harmless", name, "--because", "asked nowhere"])
    assert marked.exit_code == 0, marked.output
    assert f"source/toy/harmless.yaml: {name} is harmless: asked nowhere" in marked.output
    for wrong in (["--because", "asked nowhere"], ["--harmless", name]):
        assert isinstance(runner.invoke(app, ["mutate", toy.NAME, *wrong]).exception, CourseError)


@pytest.mark.tensorflow
def test_a_run_says_its_marks(source: SourceNotebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(source.paths.root)
    survivor = next(mutant for mutant in derive(source) if "limit" in "".join(mutant.change(source)))
    mark_harmless(source, derive(source), survivor.id, "asked nowhere")
    source.harmless.write_text(source.harmless.read_text() + "- {id: mgone, because: it was}\n")
    runner = CliRunner()
    told = json.loads(runner.invoke(app, ["mutate", toy.NAME, "--json", "--fresh"]).stdout)
    assert [one["id"] for one in told["harmless_survivors"]] == [survivor.id]
    assert told["harmless_lost"] == ["mgone"]
    assert survivor.id not in [one["id"] for one in told["survivors"]]
