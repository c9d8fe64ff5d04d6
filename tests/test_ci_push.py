"""The templates that grade a student's push: run here, step by step, as a runner does, on a student's repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import toy
from autograder.export._remarks import Remark, Spot
from autograder.export.github import _annotation, _plain
from autograder.notebook.lines import source_lines
from autograder.records import Outcome

CI = Path("docs/ci")
WRONG = {
    "double-answer": "def double(values):\n    # twice\n    return values",
    "greet-answer": "print('::error::mine%0A')",
}


@dataclass(frozen=True)
class Ran:
    """What a runner made of a job."""

    status: int
    said: str
    summary: str
    results: Path

    @property
    def annotations(self) -> list[str]:
        return [line for line in self.said.splitlines() if line.startswith("::error ")]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """The course on the runner's disk, with another student's work in it."""
    root = toy.make_course(tmp_path_factory.mktemp("srv"))
    toy.hand_in(root, "other", b"secret")
    shutil.copy(repository / CI / "grade-push.sh", root)
    return root


def push(folder: Path, cells: list[Any] | bytes) -> Path:
    """A student's repository, its notebook in a folder of its own and ids dropped, as Colab leaves it."""
    path = folder / "work" / "my notebook, v2.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(cells if isinstance(cells, bytes) else toy.notebook(cells))
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("token")
    return folder


def environment(course: Path, **more: str) -> dict[str, str]:
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "AUTOGRADER_COURSE": str(course), "ASSIGNMENT": "toy", **more}


def on_github(repository: Path, course: Path, workspace: Path) -> Ran:
    """Run the steps of the job that are shell, each as GitHub does: `bash -e`, later ones for their condition."""
    job = yaml.safe_load((repository / CI / "github-push.yml").read_text())["jobs"]["grade"]
    known = {"github.repository_owner": "org", "github.event.repository.name": "toy-ada"}
    given = {name: expanded(str(value), known) for name, value in job["env"].items()} | {"ASSIGNMENT": "toy"}
    summary = workspace / "summary"
    own = environment(course, **given) | {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    status, said = 0, ""
    for step in (one for one in job["steps"] if "run" in one):
        if status and "cancelled()" not in step.get("if", ""):
            continue
        done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=workspace, env=own, capture_output=True, text=True)
        status, said = status or done.returncode, said + done.stdout + done.stderr
    return Ran(status, said, summary.read_text() if summary.exists() else "", workspace / "results")


def expanded(text: str, known: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ *([\w.]+) *\}\}", lambda found: known[found[1]], text)


def test_a_push_is_graded_shown_and_told_by_the_status(repository: Path, course: Path, tmp_path: Path) -> None:
    notebook = toy.notebook([{**cell, "metadata": {}} for cell in toy.answered(WRONG)])
    push(tmp_path / "submission", notebook)
    ran = on_github(repository, course, tmp_path)
    assert ran.status == 1, ran.said
    answer = next(at for at, line in enumerate(notebook.decode().splitlines(), 1) if "return values" in line)
    double = ran.annotations[0]
    assert double.startswith(
        f"::error file=work/my notebook%2C v2.ipynb,line={answer},endLine={answer},title=A toy (double)%3A "
    )
    assert "received" in double
    assert "%0A" in double
    assert ran.summary.startswith("# Toy assignment: 2")
    assert "- ❌ A toy (double): 0.8 / 4" in ran.summary
    assert "- ✅ A toy (names): 2 / 2" in ran.summary
    assert json.loads((ran.results / "results.json").read_text())["student"] == "org-toy-ada"
    assert ET.parse(ran.results / "junit.xml").getroot().attrib["failures"] >= "1"
    assert list((ran.results / "feedback").rglob("*.html"))


def test_nothing_of_the_course_or_of_others_is_left_in_what_a_student_gets(
    repository: Path, course: Path, tmp_path: Path
) -> None:
    push(tmp_path / "submission", toy.notebook(toy.answered({})))
    before = sorted(path.relative_to(course) for path in course.rglob("*"))
    ran = on_github(repository, course, tmp_path)
    assert (ran.status, ran.annotations) == (0, []), ran.said
    assert ran.summary.startswith("# Toy assignment: 8 / 8")
    assert sorted(path.relative_to(course) for path in course.rglob("*")) == before
    given = "".join(path.read_text() for path in ran.results.rglob("*") if path.is_file())
    assert "assert_close" not in given
    assert "secret" not in given
    assert "token" not in given


def test_on_gitlab_violations_stand_at_the_answers_lines(repository: Path, course: Path, tmp_path: Path) -> None:
    job = yaml.safe_load((repository / CI / "gitlab-push.yml").read_text())["grade"]
    workspace = push(tmp_path / "project", toy.answered({"names-answer": "names = []"}))
    own = environment(course, STUDENT="group-ada", FORGE=job["variables"]["FORGE"], CI_JOB_ID="7")
    script = "\n".join(job["script"])
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=workspace, env=own, capture_output=True)
    assert done.returncode == 1, done.stderr
    found = json.loads((workspace / job["artifacts"]["reports"]["codequality"]).read_text())
    jsonschema.validate(found, CODE_QUALITY)
    assert found[0]["check_name"] == "names.test_cell"
    assert found[0]["location"]["path"] == "work/my notebook, v2.ipynb"
    assert len({one["fingerprint"] for one in found}) == len(found)
    assert (workspace / job["artifacts"]["reports"]["junit"]).is_file()


CODE_QUALITY = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {"required": ["path", "lines"], "properties": {"lines": {"required": ["begin"]}}},
        },
    },
}


def test_in_classroom_50_the_result_is_left_in_the_workspace(repository: Path, course: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(course, bundle / "course")
    shutil.copy(repository / CI / "classroom50-autograder.py", bundle / "autograder.py")
    workspace = push(tmp_path / "checkout", toy.answered({"names-answer": "names = ['Ada', 'Grace']"}))
    runner = {
        "CLASSROOM": "cs50",
        "USERNAME": "ada",
        "SUBMISSION_TAG": "submit/1",
        "COMMIT_URL": "https://example.org/1",
        "RELEASE_URL": "https://example.org/2",
        "RUNNER_TEMP": str(tmp_path),
    }
    command = [sys.executable, str(bundle / "autograder.py")]
    done = subprocess.run(command, cwd=workspace, env=environment(course, **runner), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads((workspace / "result.json").read_text())
    schema = json.loads((repository / "tests/export/schemas/classroom50.json").read_text())
    jsonschema.validate(result, schema)
    assert (result["owner"], result["score"], result["max-score"]) == ("ada", 4, 8)
    assert (workspace / "release-body.md").read_text().startswith("# Toy assignment: 4 / 8")


def test_a_broken_course_is_no_grade(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "srv").mkdir()
    shutil.copy(repository / CI / "grade-push.sh", tmp_path / "srv")
    push(tmp_path / "submission", toy.answered({}))
    ran = on_github(repository, tmp_path / "srv", tmp_path)
    assert (ran.status, ran.summary, (tmp_path / "results" / "junit.xml").exists()) == (2, "", False)


def test_what_a_student_wrote_is_no_command_and_no_markup() -> None:
    outcome = Outcome("test", "q", "t", "failed", 1.0)
    remark = Remark("q", outcome, "q: a,b\n::set-env::", "100%\r\n::error::x", Spot("a,b:c.ipynb", 3, 4))
    assert _annotation(remark) == (
        "::error file=a%2Cb%3Ac.ipynb,line=3,endLine=4,title=q%3A a%2Cb%0A%3A%3Aset-env%3A%3A::100%25%0D%0A::error::x"
    )
    assert _plain("<img src=x> [a](b)\n# *x* `y`") == "\\<img src=x\\> \\[a\\](b) \\# \\*x\\* `y`"


@pytest.mark.parametrize("indent", [1, 2, None])
def test_lines_of_cells_are_those_of_the_file(indent: int | None) -> None:
    cells = [{"outputs": [{"text": ['"source": [', "\\"]}], "source": ["a\n", "é]}"]}, {"source": "b\n"}, {"id": "x"}]
    text = json.dumps({"metadata": {"source": ["no"]}, "cells": cells, "nbformat": 4}, indent=indent)
    lines = text.splitlines()
    spots = source_lines(text)
    assert len(spots) == 3
    assert [
        "a\\n" in lines[spots[0][0] - 1],
        "\\u00e9]}" in lines[spots[0][1] - 1],
        '"b' in lines[spots[1][0] - 1],
    ] == [True] * 3


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [3]}', '{"worksheets": []}', "[" * 100_000])
def test_what_is_no_notebook_has_no_lines(text: str) -> None:
    assert source_lines(text) == []
