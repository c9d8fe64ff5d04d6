"""No call of the kernel and no place of the host is in a room's reach; which layer keeps it so is known."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from autograder.evidence import Evidence
from autograder.records import Plan, Submission
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import Cell, Items, Scalar, VariableProbe
from hostile.escapes import ESCAPES, PRELUDE
from hostile.table import WITHOUT, table, tried
from sandbox.test_exam import LIMITS, hold

pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64", reason="calls are named by their numbers on x86-64")


def through(zygote: Zygote) -> set[str]:
    """Return the names of the escapes that succeed in a room of this zygote."""
    tries = ", ".join(f"attempt(lambda: {expression})" for expression in ESCAPES.values())
    level = measure().level
    assert level is not None
    cells = (Cell(0, "", f"PRELUDE = b''\n{PRELUDE}"), Cell(1, "", f"x = [{tries}]"))
    limits = msgspec.structs.replace(LIMITS, cell_seconds=10)
    order = Order("k", Submission("s", "d", cells), Plan((), {"x": VariableProbe("x")}, ()), limits, level)
    return _names(examine(zygote, order))


def _names(evidence: Evidence) -> set[str]:
    found = evidence.answers()["x"][0]
    assert isinstance(found, Items), (evidence.exam.fault, evidence.exam.cells[-1].run)
    assert len(found.items) == len(ESCAPES)
    return {name for name, one in zip(ESCAPES, found.items, strict=True) if one == Scalar("bool", "True")}


def test_no_escape(light_zygote: Zygote) -> None:
    assert through(light_zygote) == set()


def test_the_filter_alone_stops_what_the_kernel_would_do_for_anybody(tmp_path: Path) -> None:
    with Zygote([], tmp_path, unsafe_without=["system call filter"]) as zygote:
        assert {"io_uring", "calls-of-32-bits", "join-a-keyring", "watch-files-of-all"} <= through(zygote)


@pytest.mark.whole
def test_the_docs_say_what_each_layer_stops(tmp_path: Path, repository: Path) -> None:
    found = {}
    for column, layers in WITHOUT.items():
        with Zygote([], tmp_path, unsafe_without=layers) as zygote:
            found[column] = through(zygote)
    assert table(found, ESCAPES) in (repository / "docs" / "wall.md").read_text(encoding="utf-8")


def test_the_docs_name_what_is_tried(repository: Path) -> None:
    assert tried() in (repository / "docs" / "wall.md").read_text(encoding="utf-8")


def test_libraries_still_work_behind_the_filter(light_zygote: Zygote) -> None:
    source = """
import asyncio, multiprocessing, subprocess, tempfile, threading, sqlite3
from concurrent.futures import ThreadPoolExecutor
with multiprocessing.get_context('spawn').Pool(2) as pool:
    x = [pool.map(abs, [-1, 2])]
with multiprocessing.get_context('fork').Pool(2) as pool:
    x.append(pool.map(abs, [-1, 2]))
x.append(subprocess.run('cat /etc/passwd > copy; cat copy | wc -l', shell=True, capture_output=True).stdout.decode())
async def echo(): return (await asyncio.create_subprocess_exec('true')) is not None
x.append(await echo())
with ThreadPoolExecutor(2) as pool: x.append(list(pool.map(abs, [-3])))
base = sqlite3.connect('a.db'); base.execute('create table a (b)'); base.commit()
x.append(tempfile.NamedTemporaryFile().name.startswith('/tmp'))
"""
    limits = msgspec.structs.replace(LIMITS, cell_seconds=15, seconds=30)
    evidence = hold(light_zygote, source, limits=limits)
    run = evidence.exam.cells[0].run
    assert run is not None
    assert run.fault is None, run.fault
    found = evidence.answers()["x"][0]
    assert isinstance(found, Items)
    assert len(found.items) == 6
