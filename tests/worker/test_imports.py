"""What lies beside a notebook is imported as in a kernel, and nothing of the host's paths shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from autograder.evidence import Evidence
from autograder.records import Limits, Plan, Submission
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import Cell, Scalar, VariableProbe

LIMITS = Limits(cell_seconds=10, seconds=30, memory_mb=300, disk_mb=16)


def notebook(*sources: str) -> str:
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "metadata": {}, "source": source, "execution_count": None, "outputs": []}
        for source in sources
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells})


def hold(zygote: Zygote, folder: Path, files: Mapping[str, str], *sources: str) -> Evidence:
    laid: dict[str, Path] = {}
    for number, (name, text) in enumerate(files.items()):
        laid[name] = folder / str(number)
        laid[name].write_text(text, encoding="utf-8")
    cells = tuple(Cell(index, "", source) for index, source in enumerate(sources))
    level = measure().level
    assert level is not None
    order = Order(
        "key", Submission("ada", "", cells, files=laid), Plan((), {"x": VariableProbe("x")}, ()), LIMITS, level
    )
    return examine(zygote, order)


LATE = """
import os
before = os.stat('.')
with open('late.py', 'w') as file:
    file.write('A = 4')
os.utime('.', ns=(before.st_atime_ns, before.st_mtime_ns))  # as if within one tick of the clock
"""
BESIDE: dict[str, tuple[dict[str, str], list[str]]] = {
    "a module": ({"utils.py": "def f(): return 4"}, ["from utils import f\nx = f()"]),
    "packages in packages": (
        {
            "outils/__init__.py": "from .un import UN",
            "outils/un.py": "UN = 1",
            "outils/plus/__init__.py": "",
            "outils/plus/deux.py": "from ..un import UN\nDEUX = UN + 2",
        },
        ["from outils.plus.deux import DEUX\nfrom outils import UN\nx = DEUX + UN"],
    ),
    "a folder without __init__": ({"src/tools.py": "A = 4"}, ["import src.tools\nx = src.tools.A"]),
    "a folder put on the path": (
        {"src/tools.py": "A = 4"},
        ["import sys\nsys.path.append('src')\nimport tools\nx = tools.A"],
    ),
    "data beside a module": (
        {
            "lib/reader.py": "from pathlib import Path\nN = int((Path(__file__).parent / 'data/n.txt').read_text())",
            "lib/data/n.txt": "4",
        },
        ["from lib.reader import N\nx = N"],
    ),
    "a module that a cell writes": (
        {"other.py": ""},
        ["import other", LATE, "from late import A\nx = A"],
    ),
    "a module that a cell changes": (
        {"late.py": "A = 1"},
        ["import late", "%%writefile late.py\nA = 4", "import importlib\nx = importlib.reload(late).A"],
    ),
    "one of the name of our own package": (
        {"autograder.py": "def grade(): return 4"},
        ["import autograder\nx = autograder.grade()"],
    ),
    "one of the name of a library that is loaded": (
        {"decorator.py": "A = 4", "wcwidth/__init__.py": "A = 0"},
        ["import decorator, wcwidth\nx = decorator.A + wcwidth.A"],
    ),
    "none of the name of Python's own": ({"random.py": "A = 5"}, ["import random\nx = 4 * hasattr(random, 'randint')"]),
    "a script": ({"a/script.py": "y = 4"}, ["%run a/script.py\nx = y"]),
    "a notebook": (
        {"aide.ipynb": notebook("import math", "def aide(n):\n    return n * n")},
        ["%run aide.ipynb\nx = aide(2)"],
    ),
    "a notebook in a folder": ({"a/b.ipynb": notebook("y = 4")}, ["%run ./a/b.ipynb\nx = y"]),
    "the folder it is in": ({"a/m.py": "A = 4"}, ["%cd -q a\nfrom m import A\nx = A"]),
}


@pytest.mark.parametrize("case", BESIDE)
def test_what_lies_beside_is_imported(light_zygote: Zygote, tmp_path: Path, case: str) -> None:
    files, sources = BESIDE[case]
    evidence = hold(light_zygote, tmp_path, files, *sources)
    assert [cell.run.fault for cell in evidence.exam.cells if cell.run] == [None] * len(sources)
    assert evidence.answers()["x"][0] == Scalar("int", "4")


def test_an_error_in_a_notebook_beside_is_not_one_of_the_cells_lines(light_zygote: Zygote, tmp_path: Path) -> None:
    files = {"aide.ipynb": notebook("# one\n# two\ndef aide():\n    return 1 / 0")}
    evidence = hold(light_zygote, tmp_path, files, "%run aide.ipynb", "x = 1\naide()")
    run = evidence.exam.cells[1].run
    assert run is not None
    assert run.fault is not None
    assert [(frame.cell, frame.line, frame.code) for frame in run.fault.frames] == [(1, 2, "aide()")]


def test_no_path_of_the_host_is_left(light_zygote: Zygote, tmp_path: Path) -> None:
    source = """
    import os, sys
    x = len([entry for entry in sys.path if entry and not os.path.exists(entry)])
    x += any(entry.endswith('zygote.py') for entry in sys.argv) + (sys.path.count('') != 1)
    """
    evidence = hold(light_zygote, tmp_path, {}, source)
    assert evidence.answers()["x"][0] == Scalar("int", "0")


DOWNLOADS = """
import io, urllib.request
path, _ = urllib.request.urlretrieve("https://host/raw/n.txt?download=1")
with urllib.request.urlopen("https://host/a/n.txt") as answer:
    x = int(open(path).read()) * int(answer.read()) // 4
urllib.request.urlretrieve("https://host/raw/n.txt", "into/other.txt")
assert open("into/other.txt").read() == "4"
assert urllib.request.urlretrieve("https://host/renamed.txt", "n.txt")[0] == "n.txt"
try:
    urllib.request.urlopen("https://host/absent.txt")
except OSError as error:
    assert "no file 'absent.txt' lies beside" in str(error)
"""


def test_what_is_downloaded_is_what_lies_beside(light_zygote: Zygote, tmp_path: Path) -> None:
    evidence = hold(light_zygote, tmp_path, {"n.txt": "4"}, DOWNLOADS)
    assert [cell.run.fault for cell in evidence.exam.cells if cell.run] == [None]
    assert evidence.answers()["x"][0] == Scalar("int", "4")


def test_other_platforms_modules_stop_no_cell(light_zygote: Zygote, tmp_path: Path) -> None:
    idioms = """
import autograder.worker.away as micropip
await micropip.install("numpy")
from autograder.worker.away import files, drive, userdata
name = next(iter(files.upload()))
drive.mount("/content/drive")
import os
os.environ["KEY"] = userdata.get("KEY")
x = int(input("how many? ")) * 4
"""
    evidence = hold(light_zygote, tmp_path, {}, idioms)
    assert [cell.run.fault for cell in evidence.exam.cells if cell.run] == [None]
    assert evidence.answers()["x"][0] == Scalar("int", "4")
