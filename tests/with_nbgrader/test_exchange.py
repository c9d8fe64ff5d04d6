"""nbgrader's exchange from end to end, with its own commands, our grading between, and formgrader in a browser."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import get_username

import toy
from autograder.release import write_release
from browser import browsed
from loading import load_assignment

SCRIPTS = sysconfig.get_path("scripts")
COURSE = toy.COURSE.format(language="en", expected="shown").replace("title: Toy", "due: 2020-01-01\n    title: Toy")
SECOND = "\n  second:\n    title: Second assignment\n    limits: {memory_mb: 300}\n"
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "tests"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "checks.py", ".autograder"]
c.Exchange.root = "{root}/exchange"
c.Exchange.cache = "{root}/cache"
c.LateSubmissionPlugin.penalty_method = "none"
c.FileNameCollectorPlugin.named_regexp = r".*/(?P<student_id>\\w+)_(?P<timestamp>[0-9-]+)_(?P<file_id>\\w+)\\.ipynb$"
"""
ANSWERS = {
    "double-answer": "def double(values):\n    return 2 * np.asarray(values)",
    "names-answer": 'names = ["Ada", "Grace"]',
    "greet-answer": "print(f'Hello {names[0]}')",
}
RIGHT = {**ANSWERS, "names-answer": 'names = ["Ada", "Grace", "Joan"]'}
DOUBLED_NOT = {"double-answer": "def double(values):\n    return list(values)"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of two assignments, a student's folder, an exchange: everything below one folder."""
    root = tmp_path_factory.mktemp("exchange")
    toy.write_source(root / "course")
    (root / "course/course.yaml").write_text(COURSE + SECOND)
    second = root / "course/source/second"
    shutil.copytree(root / "course/source/toy", second)
    (second / "toy.ipynb").rename(second / "second.ipynb")
    (root / "student").mkdir()
    for folder in ("course", "student"):
        (root / folder / "nbgrader_config.py").write_text(CONFIG.format(root=root))
    for name in ("toy", "second"):
        write_release(load_assignment(root / "course", name).source)
    return root


@pytest.fixture(scope="module")
def student() -> str:
    """Who this is to nbgrader: whoever runs the tests."""
    return str(get_username())


@pytest.fixture(scope="module")
def collected(root: Path) -> Path:
    """One assignment through the exchange, the other from a zip of whatever students sent."""
    nbgrader(root / "course", "release_assignment", "toy")
    nbgrader(root / "student", "fetch_assignment", "toy")
    solve(root / "student/toy/toy.ipynb", ANSWERS)
    nbgrader(root / "student", "submit", "toy")
    nbgrader(root / "course", "collect", "toy")
    archive = root / "course/downloaded/second/archive"
    archive.mkdir(parents=True)
    released = root / "course/release/second/second.ipynb"
    with zipfile.ZipFile(archive / "all.zip", "w") as file:
        for name, answers in (
            ("ada", {**ANSWERS, "names-answer": 'names = ["Ada", "Grace", "Joan"]'}),
            ("bob", DOUBLED_NOT),
        ):
            own = shutil.copy(released, root / f"{name}.ipynb")
            solve(Path(own), answers)
            file.write(own, f"{name}_2026-10-01-10-00-00_second.ipynb")
    nbgrader(root / "course", "zip_collect", "second")
    return root


@pytest.fixture(scope="module")
def graded(collected: Path) -> Path:
    """Both assignments graded, and feedback written: one by us, the other by nbgrader."""
    for name, kept in (("toy", "1 submission"), ("second", "2 submissions")):
        assert f"gradebook: {kept} up to date" in autograder(collected / "course", "grade", name)
    autograder(collected / "course", "feedback", "toy")
    nbgrader(collected / "course", "generate_feedback", "second")
    return collected


def nbgrader(folder: Path, *arguments: str) -> str:
    return ran(folder, f"{SCRIPTS}/nbgrader", *arguments)


def autograder(folder: Path, *arguments: str) -> str:
    return ran(folder, sys.executable, "-c", "from autograder.cli import main; main()", *arguments)


def ran(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment(folder.parent))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment(root: Path) -> dict[str, str]:
    """nbgrader's programs are found, and nothing of the machine's own Jupyter."""
    path, home = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}", root / "home"
    return {**os.environ, "PATH": path, "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "jupyter")}


def solve(path: Path, answers: dict[str, str]) -> None:
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        cell["source"] = answers.get(cell["metadata"].get("nbgrader", {}).get("grade_id", ""), cell["source"])
    path.write_text(json.dumps(notebook))


def results(folder: Path, name: str) -> dict[str, Any]:
    lines = autograder(folder, "results", name, "--json").splitlines()
    return {line["student"]: line for line in map(json.loads, lines) if line["status"] == "graded"}


def test_grades_of_what_went_through_the_exchange(graded: Path, student: str) -> None:
    points = {one["id"]: one["score"] for one in results(graded / "course", "toy")[student]["questions"]}
    assert points == {"double": 4.0, "names": 0.0, "greet": 0.0}
    assert {name: one["score"] for name, one in results(graded / "course", "second").items()} == {
        "ada": 8.0,
        "bob": 0.8,
    }


def test_nbgraders_export_says_what_our_results_say(graded: Path) -> None:
    nbgrader(graded / "course", "export")
    with (graded / "course/grades.csv").open() as file:
        rows = list(csv.DictReader(file))
    for name in ("toy", "second"):
        exported = {
            row["student_id"]: (float(row["score"]), float(row["max_score"]))
            for row in rows
            if row["assignment"] == name and row["timestamp"]
        }
        found = results(graded / "course", name)
        assert exported == {who: (one["score"], one["max_score"]) for who, one in found.items()}


def test_feedback_goes_back_to_the_student(graded: Path) -> None:
    nbgrader(graded / "course", "release_feedback", "toy")
    nbgrader(graded / "student", "fetch_feedback", "toy")
    (page,) = (graded / "student/toy/feedback").rglob("*.html")
    assert "The three names, in order." in page.read_text()


def test_nbgraders_own_feedback_has_our_scores_and_messages(graded: Path) -> None:
    page = (graded / "course/feedback/bob/second/second.html").read_text()
    assert "(Score: 0.8 / 8.0)" in page
    assert "double: Every number is doubled." in page
    assert "NotImplementedError" in page


@pytest.fixture(scope="module")
def formgrader(graded: Path) -> Iterator[str]:
    """Address of a Jupyter server over the course, with nbgrader's formgrader in it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    open_to_all = ("--ServerApp.token=", "--ServerApp.password=", "--allow-root")
    server = subprocess.Popen(
        [f"{SCRIPTS}/jupyter-server", f"--ServerApp.port={port}", "--no-browser", *open_to_all],
        cwd=graded / "course",
        stderr=subprocess.PIPE,
        text=True,
        env=environment(graded),
    )
    said: list[str] = []
    ready = threading.Event()
    reader = threading.Thread(target=listen, args=(server.stderr, said, ready))
    reader.start()
    try:
        ready.wait()
        assert server.poll() is None, "".join(said)
        yield address
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=20)
        server.kill()
        server.wait()
        reader.join()


def listen(stream: IO[str], said: list[str], ready: threading.Event) -> None:
    """Read what a server says to its end, so that it is never kept waiting; say when it serves, or has ended."""
    with stream:
        for line in stream:
            said.append(line)
            if "is running at" in line:
                ready.set()
    ready.set()


def test_formgrader_shows_scores_in_a_browser(formgrader: str, graded: Path, tmp_path: Path) -> None:
    page = browsed(f"{formgrader}/formgrader/manage_submissions/second", tmp_path)
    for who, score in (("ada", "8"), ("bob", "0.8")):
        row = next(row for row in page.split("<tr") if f'data-order="{who}"' in row or f">{who}<" in row)
        assert "graded" in row
        assert f"{score} / 8" in row


def test_formgrader_shows_the_executed_notebook(formgrader: str, graded: Path, tmp_path: Path) -> None:
    with Gradebook(f"sqlite:///{graded}/course/gradebook.db", "tests") as book:
        submission = book.find_submission_notebook("second", "second", "bob").id
    page = browsed(f"{formgrader}/formgrader/submissions/{submission}/", tmp_path)
    assert "NotImplementedError" in page
    assert 'placeholder="0.8"' in page
    assert "double: Every number is doubled." in page
