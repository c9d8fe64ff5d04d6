"""What of a solution is found in a release, whatever file it hides in."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

import toy
from autograder.leaks import leaks, unread
from loading import load_assignment

LINES = (
    "    weights = rng.normal(size=(3, 4))",
    "    hidden = relu(weights @ values)",
    "    return hidden.sum(axis=0)",
)
ANSWER = "\n".join(("def forward(values):", "    ### BEGIN SOLUTION", *LINES, "    ### END SOLUTION"))
CODE = "\n".join(LINES)
ONE = "names = [" + '"Ada", "Grace", "Joan"]'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made")
    return toy.make_course(root, cells=[*toy.SOLUTION, toy.answer("forward-answer", ANSWER)])


@pytest.fixture
def course(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "course")


def found(course: Path, name: str, content: bytes | str) -> list[str]:
    """Whose lines a file of the release gives away."""
    path = course / "release/toy" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    start = f"release/toy/{name}: gives away "
    told = [str(problem) for problem in leaks(load_assignment(course, toy.NAME).source)]
    assert all(one.startswith(start) for one in told), told
    return [one.removeprefix(start).partition(": ")[0] for one in told]


def zipped(name: str, content: bytes | str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def tarred(content: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo("a.py")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content.encode()))
    return file.getvalue()


def exported(code: str) -> str:
    """As nbconvert writes code on a page."""
    lines = (
        '<span class="w">    </span><span class="n">' + html.escape(line.strip()) + "</span>"
        for line in code.splitlines()
    )
    return '<html><body><div class="highlight"><pre><span></span>' + "\n".join(lines) + "</pre></div></body></html>"


OUTPUT = {"output_type": "stream", "name": "stdout", "text": [f"{line}\n" for line in LINES]}
WORD = "<w:document>" + "".join(
    f"<w:p><w:r><w:t>{line[:9]}</w:t></w:r><w:r><w:t>{line[9:]}</w:t></w:r></w:p>" for line in LINES
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("old.py", CODE),
        ("old.txt", CODE.encode("utf-16")),
        ("latin.txt", f"# é\n{CODE}".encode("latin-1")),
        ("windows.txt", CODE.replace("\n", "\r\n")),
        ("export.html", exported(CODE)),
        ("other.ipynb", toy.notebook([toy.code("a", CODE)])),
        ("ran.ipynb", toy.notebook([{**toy.code("a", "run()"), "outputs": [OUTPUT]}])),
        ("meta.json", json.dumps({"a": [{"b": CODE}]})),
        ("rich.json", json.dumps({"text/html": exported(CODE)})),
        ("all.zip", zipped("inner.ipynb", toy.notebook([toy.code("a", CODE)]))),
        ("nested.zip", zipped("inner.zip", zipped("a.py", CODE))),
        ("word.docx", zipped("word/document.xml", WORD)),
        ("a.tar", tarred(CODE)),
        ("a.tar.gz", gzip.compress(tarred(CODE))),
        ("a.gz", gzip.compress(CODE.encode())),
    ],
)
def test_a_solution_is_found_in_any_file(course: Path, name: str, content: bytes | str) -> None:
    assert found(course, name, content) == ["the solution in forward-answer"]


def test_an_answer_of_one_line_is_found_too(course: Path) -> None:
    assert found(course, "names.txt", f"In [3]:\n{ONE}\n") == ["the solution in names-answer"]


def test_a_copy_of_the_checks_is_found(course: Path) -> None:
    assert "checks.py" in found(course, "checks_old.py", toy.CHECKS)


@pytest.mark.parametrize(
    "content",
    [
        LINES[0],
        "import numpy as np\nplt.show()\nreturn x\nfor i in range(3):",
        "x,y\n1,2\n",
        b"\x89PNG\r\n\x1a\n\x00\xff",
        b"PK\x03\x04 an archive cut short",
        b"\x1f\x8b no archive",
        b"{" * 100_000,
        b"",
    ],
)
def test_what_a_course_may_share_is_no_leak(course: Path, content: bytes | str) -> None:
    assert found(course, "utils.py", content) == []


def test_what_cannot_be_read_is_named(course: Path) -> None:
    (course / "release/toy/statement.PDF").write_bytes(base64.b64decode("JVBERi0="))
    assert [path.name for path in unread(load_assignment(course, toy.NAME).source)] == ["statement.PDF"]
