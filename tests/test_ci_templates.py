"""The CI templates that docs/gpus.md hands out: well-formed, and they run commands that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from autograder.cli import app

FOLDER = Path("docs/ci")
TEMPLATES = ("github-gpu.yml", "gitlab-gpu.yml")


def text_of(repository: Path, name: str) -> str:
    return (repository / FOLDER / name).read_text(encoding="utf-8")


def github(repository: Path) -> Any:
    return yaml.safe_load(text_of(repository, "github-gpu.yml"))


def gitlab(repository: Path) -> Any:
    return yaml.safe_load(text_of(repository, "gitlab-gpu.yml"))


def commands_of(text: str) -> list[str]:
    """The subcommands of autograder that a template runs."""
    return re.findall(r"autograder (\w+) ", re.sub(r"#.*", "", text).replace("doctor\n", "doctor \n"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_runs_commands_that_exist(repository: Path, name: str) -> None:
    commands = commands_of(text_of(repository, name))
    assert {"doctor", "data", "grade", "results", "feedback"} == set(commands)
    known = getattr(get_command(app), "commands")  # noqa: B009 - a group, which mypy takes for a command
    assert set(commands) <= set(known)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_grades_after_it_has_examined_the_machine(repository: Path, name: str) -> None:
    commands = commands_of(text_of(repository, name))
    assert commands.index("doctor") < commands.index("data") < commands.index("grade")
    assert 'autograder grade "$ASSIGNMENT" --profile gpu' in text_of(repository, name)
    assert 'keras-autograder "tensorflow[and-cuda]"' in text_of(repository, name)


def test_on_github_one_grading_runs_at_a_time_on_a_machine_with_a_gpu(repository: Path) -> None:
    workflow = github(repository)
    job = workflow["jobs"]["grade"]
    assert job["runs-on"] == ["self-hosted", "linux", "gpu"]
    assert workflow["concurrency"] == {"group": "grade-on-a-gpu", "cancel-in-progress": False}
    assert {"ASSIGNMENT", "DATA_SETS", "AUTOGRADER_DATA"} == set(job["env"])


def test_on_github_data_are_kept_and_grades_handed_back(repository: Path) -> None:
    steps = {
        step["uses"].split("@")[0]: step for step in github(repository)["jobs"]["grade"]["steps"] if "uses" in step
    }
    caches = [step for step in github(repository)["jobs"]["grade"]["steps"] if "cache@" in step.get("uses", "")]
    assert [step["with"]["path"] for step in caches] == ["${{ env.AUTOGRADER_DATA }}", ".autograder/trainings"]
    upload = steps["actions/upload-artifact"]
    assert upload["with"]["path"].split() == ["results.jsonl", "feedback/"]
    assert "cancelled" in upload["if"]


def test_on_gitlab_one_grading_runs_at_a_time_on_a_machine_with_a_gpu(repository: Path) -> None:
    job = gitlab(repository)["grade"]
    assert job["tags"] == ["gpu"]
    assert job["resource_group"] == "grade-on-a-gpu"
    assert {"ASSIGNMENT", "DATA_SETS", "AUTOGRADER_DATA"} == set(job["variables"])


def test_on_gitlab_data_are_kept_and_grades_handed_back(repository: Path) -> None:
    job = gitlab(repository)["grade"]
    assert [path for cache in job["cache"] for path in cache["paths"]] == [".data/", ".autograder/trainings/"]
    assert job["variables"]["AUTOGRADER_DATA"] == "$CI_PROJECT_DIR/.data"
    assert job["artifacts"]["paths"] == ["results.jsonl", "feedback/"]
    assert job["artifacts"]["when"] == "always"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_line_of_a_script_is_a_command(repository: Path, name: str) -> None:
    """In YAML, « word: word » in an unquoted line makes it a mapping, which no shell runs."""
    job: Any = gitlab(repository)["grade"]
    lines = job["before_script"] + job["script"]
    if name == "github-gpu.yml":
        lines = [step["run"] for step in github(repository)["jobs"]["grade"]["steps"] if "run" in step]
    assert lines
    assert all(isinstance(line, str) for line in lines)
