"""Notebooks as nobody should hand them in, made from a seed, read, marked and shown: all that happens out of rooms.

Run as a program, it takes some through here, under a limit on memory: `malformed_notebooks.py COURSE FIRST LAST`.
"""

from __future__ import annotations

import base64
import copy
import io
import json
import random
import resource
import shutil
import sys
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import toy
from autograder.engine import Result
from autograder.evidence import CellRecord, Evidence, Exam
from autograder.marking import Marker
from autograder.marks import Settled
from autograder.records import Grade, Submission
from autograder.report.feedback import write_feedback
from autograder.sandbox.exam import Order
from autograder.session import GradingOptions, Session
from autograder.wire import codec
from autograder.wire.messages import Answered, Cell, CellRun, Fault, Frame, Items, Scalar, Text
from loading import load_assignment
from scripted import Scripted

MEMORY_MB = 700
"""What reading one may take beyond the interpreter and its libraries, of addresses."""
PICTURE = base64.b64encode(bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(40)).decode()

SOURCES = (
    "", "\0", "x = 1\0", "\ud800", "(" * 50_000, "-" * 30_000 + "1", "not " * 30_000 + "1", "a" + ".a" * 30_000,
    "x = " + "[" * 180 + "]" * 180, "f(" * 90 + ")" * 90,
    "x" + "(1)" * 1500, "x" + ".a" * 1500, "-" * 1500 + "1", "x = 1 " + "+ x" * 2000,
    "if x:\n pass\n" + "elif x:\n pass\n" * 1500, "lambda: " * 3000 + "1", "if 1:\n" * 99,
    "a = " * 20_000 + "1", "'" * 60_001, '"""' * 20_001, "\\\n" * 30_000, " " * 200_000 + "x", "\t" * 9000 + "x",
    "#" * 300_000, "\x0c" * 500, "%" * 60_000, "!" * 60_000, "?" * 60_000, "%%" + "bash " * 20_000, "%%time\n" * 5000,
    "! ls {" + "{" * 9000, "!pip install " + "x " * 50_000, "from google.colab import " + "a, " * 20_000 + "b",
    "import " + "a." * 20_000 + "b", "import a as b, " * 9000, "from . import *", "from __future__ import braces",
    "await x", "async for x in y: pass", "match x:\n case {**a, **b}: pass", "x: int: int", "\ufeffimport x",
    "\u202e= 1", "\x85x\u2028y\u2029z", "é́" * 9000, "### BEGIN SOLUTION\n" * 9000, "### END SOLUTION",
    "### BEGIN HIDDEN TESTS\n" * 99, "1" * 99_999, "1e" + "9" * 9000, "f'{" * 300, "f'{x!r:{'", "b'é'", "'\\N{no}'",
    "x = '\\", "get_ipython()." + "a(" * 90, "raise " * 9000, "=" * 99_999,
    "def double(values):\n" + "    x = 1\n" * 60_000,
    "class A:\n" + "".join(f"{' ' * n}class A:\n" for n in range(1, 110)), "$$" * 30_000, "![](" * 20_000,
    "![](attachment:" + "a" * 9000 + ")", "[" * 50_000, "<" * 50_000, "`" * 50_000, "# " * 9000, "> " * 20_000,
    "- " * 20_000, "|" * 50_000, "*" * 50_000, "_" * 50_000, "&" + "#" * 50_000, "\\(" * 9000,
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 3, 4, 5, 10**30, 1e308, 0.5, "", "x", "code", "markdown", "raw", "heading", "x" * 5000, [], {},
    [[]], [None], [1], ["a", 2], {"": None}, {"a": {"b": []}}, float("nan"), float("inf"), "\u202e", "\ud800",
    "double", "names",
    {"grade_id": "double", "grade": True, "points": 10**9, "locked": False, "solution": True, "schema_version": 99},
    {"grade_id": ["double"], "points": "many"}, {"nbgrader": None}, {"attachment": {"image/png": PICTURE}},
)  # fmt: skip


def plain() -> dict[str, Any]:
    """An honest notebook, with a little of everything."""
    whole: dict[str, Any] = json.loads(toy.notebook(toy.answered({})))
    cells = whole["cells"]
    cells.append(
        toy.text("essay", "![x](attachment:x.png) and $a^2$ [here](http://a.b)\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    )
    cells[-1]["attachments"] = {"x.png": {"image/png": PICTURE}}
    cells.append(
        toy.code("own", "!pip install x\nfrom google.colab import drive\ndrive.mount('/content')\n%matplotlib inline")
    )
    cells[-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["a\n"]}]
    whole["metadata"]["language_info"] = {"name": "python"}
    return whole


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            yield one, key
            waiting.append(one[key])


def other_values(rng: random.Random) -> bytes:
    """A notebook some of whose values are others, of other types, gone, doubled or nested."""
    whole = plain()
    for _ in range(rng.choice((1, 1, 2, 5))):
        holder, key = rng.choice(list(places(whole)) or [({}, "a")])
        one = holder.get(key) if isinstance(holder, dict) else holder[key]
        match rng.randrange(6):
            case 0 | 1:
                holder[key] = copy.deepcopy(rng.choice(ODD))
            case 2 if isinstance(one, list):
                holder[key] = rng.choice((one[::-1], one * rng.choice((2, 40, 900)), one[1:], [one]))
            case 3:
                holder[key] = rng.choice(([one], {"a": one}, [one, one]))
            case 4 if isinstance(one, str):
                holder[key] = rng.choice((one * 900, one.upper(), list(one), [one, "\n", one], rng.choice(SOURCES)))
            case _ if isinstance(holder, dict):
                holder.pop(key, None)
    return dumped(whole)


def other_sources(rng: random.Random) -> bytes:
    """Cells of other texts, as code and as text."""
    whole = plain()
    for cell in rng.sample(whole["cells"], rng.choice((1, 2, 4))):
        source = rng.choice(SOURCES)
        if rng.random() < 0.3:
            source = cell["source"] + "\n" + source
        if rng.random() < 0.2:
            at = rng.randrange(len(source) + 1)
            source = source[:at] + rng.choice(SOURCES)[:20_000] + source[at:]
        cell["source"] = rng.choice((source, source.splitlines(keepends=True)))
        if rng.random() < 0.3:
            cell["cell_type"] = rng.choice(("code", "markdown", "raw", "heading", "x"))
    return dumped(whole)


def other_cells(rng: random.Random) -> bytes:
    """Cells gone, doubled, in another order, with each other's names, and very many of them."""
    whole = plain()
    cells = whole["cells"]
    for _ in range(rng.choice((1, 3, 9))):
        match rng.randrange(5):
            case 0:
                rng.shuffle(cells)
            case 1:
                cells.append(copy.deepcopy(rng.choice(cells)))
            case 2 if len(cells) > 1:
                cells.pop(rng.randrange(len(cells)))
            case 3:
                one, other = rng.choice(cells), rng.choice(cells)
                one["metadata"], one["id"] = copy.deepcopy(other["metadata"]), other["id"]
            case _:
                rng.choice(cells)["metadata"] = {}
    if rng.random() < 0.1:
        whole["cells"] = cells * rng.choice((100, 1000))
    return dumped(whole)


def bytes_that_differ(rng: random.Random) -> bytes:
    data = bytearray(dumped(plain()))
    for _ in range(rng.choice((1, 3, 30))):
        data[rng.randrange(len(data))] = rng.choice((0, 34, 92, 123, 255, rng.randrange(256)))
    return bytes(data)


def cut(rng: random.Random) -> bytes:
    data = dumped(plain())
    return data[: rng.randrange(len(data))] if rng.random() < 0.7 else data[rng.randrange(len(data)) :]


def encodings(rng: random.Random) -> bytes:
    text = json.dumps(plain(), ensure_ascii=False)
    coding = rng.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037", "utf-8-sig", "latin-1"))
    return (
        rng.choice((b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\0"))
        + text.encode(coding)[rng.choice((0, 0, 1)) :]
    )


def nesting(rng: random.Random) -> bytes:
    many = rng.choice((100, 900, 50_000, 10**6))
    start = rng.choice((b'{"nbformat":4,"metadata":', b'{"nbformat":4,"cells":', b'{"nbformat":3,"worksheets":', b""))
    return start + rng.choice((b"[" * many + b"]" * many, b'{"a":' * many + b"1" + b"}" * many, b"[" * many)) + b"}"


def older(rng: random.Random) -> bytes:
    """Formats of long ago, which nbformat is asked to bring up to date, and of no time."""
    whole = plain()
    cells = [{**one, "input": one["source"], "language": "python", "collapsed": False} for one in whole["cells"]]
    made: dict[str, Any] = {
        "nbformat": rng.choice((1, 2, 3, 3, 3, 0, 5, -1)),
        "nbformat_minor": rng.choice((0, 99, None)),
    }
    made |= {"metadata": rng.choice(({"name": "x"}, {}, None)), "worksheets": [{"cells": cells}], "cells": cells}
    holder, key = rng.choice(list(places(made)))
    holder[key] = copy.deepcopy(rng.choice(ODD)) if rng.random() < 0.7 else holder[key]
    return dumped(made)


def archives(rng: random.Random) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for number in range(rng.choice((0, 1, 1, 2, 1100))):
            content = rng.choice((dumped(plain()), bytes(60 * 2**20) if number == 0 else b"", cut(rng)))
            archive.writestr(
                rng.choice(("toy.ipynb", f"{number}.ipynb", "../toy.ipynb", "__MACOSX/toy.ipynb")), content
            )
    data = bytearray(out.getvalue())
    for _ in range(rng.choice((0, 1, 10))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def garbage(rng: random.Random) -> bytes:
    start = rng.choice((b"", b"<html>", b"import x\n", b"%PDF-1.7", b"PK\x03\x04", b"\x89PNG", b"{", b'{"nbformat": 4'))
    return start + rng.choice((rng.randbytes(rng.randrange(5000)), bytes(rng.randrange(20_000)), b"", b" " * 10**6))


def dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=random.Random(len(str(value))).random() < 0.5).encode(errors="surrogatepass")


Make = Callable[[random.Random], bytes]
KINDS: tuple[Make, ...] = (
    other_values, other_values, other_sources, other_sources, other_cells, bytes_that_differ, cut, encodings, nesting,
    older, archives, garbage,
)  # fmt: skip
FILES = (
    "toy.ipynb",
    "toy.ipynb",
    "toy.ipynb",
    "TOY.IPYNB",
    "a b/toy (1).ipynb",
    "toy.ipynb.txt",
    "toy.zip",
    "\u202etoy.ipynb",
)


ERRORS = (
    ("NameError", "name 'np' is not defined"), ("NameError", "name 'double' is not defined"),
    ("NameError", "name '' is"),
    ("ModuleNotFoundError", "No module named 'numpy'"), ("ModuleNotFoundError", "No module named 'a.b'"),
    ("ImportError", "cannot import name 'x' from 'y'"), ("AssertionError", "one doubled is two"),
    ("AssertionError", ""),
    ("AttributeError", "module 'keras' has no attribute 'layer'"), ("FileNotFoundError", "No such file: 'a.csv'"),
    ("SyntaxError", "invalid syntax"), ("KeyboardInterrupt", ""), ("URLError", "<urlopen error>"), ("", ""),
    ("E" * 200, "%s {} {n} \u202e\x1b[2J<script>"), ("ValueError", "(" * 4000), ("OSError", "http://" * 500),
)  # fmt: skip


def faults(rng: random.Random, submission: Submission) -> Fault:
    """An error as a room tells of it, in lines that are there or not."""
    cells = submission.cells or (Cell(0, "", ""),)
    told = [rng.choice(cells) for _ in range(rng.choice((0, 1, 1, 3, 12)))]
    frames = []
    for cell in told:
        line = rng.choice((0, 1, 1, 2, rng.randrange(cell.source.count("\n") + 3), 10**9))
        index = rng.choice((cell.index, cell.index, cell.index, 10**6))
        frames.append(
            Frame(index, line, rng.choice(("<module>", "double", "f", "")), rng.choice(("", "x = 1", "(" * 160)))
        )
    error, message = rng.choice(ERRORS)
    kind = rng.choice(("raised", "raised", "raised", "missing", "time", "memory", "size", "unread"))
    names = rng.choice(([], ["doubles", "names_"], ["x"] * 8))
    values = rng.choice(([], [("double([1])", "[2]"), ("{}", "%s")]))
    return Fault(
        kind,  # type: ignore[arg-type]
        error,
        message,
        frames,
        rng.choice((None, *(cell.index for cell in told))),
        names,
        values,
    )


def held(order: Order, rng: random.Random | None) -> Evidence:
    """Evidence of an exam, as a room might have given it; None: one without a fault."""
    submission = order.submission
    records = []
    for cell in submission.cells[:2000]:
        fault = faults(rng, submission) if rng and rng.random() < 0.3 else None
        run = CellRun(cell.index, 0.1, "Hello Ada\n", "", 10, rng.choice(("", "3", "x" * 900)) if rng else "", fault)
        records.append(CellRecord(cell, run if not rng or rng.random() < 0.9 else None))
    answers: dict[str, Any] = {
        "doubled": Items("list", [Scalar("float", "3.0"), Scalar("float", "-4.0")]),
        "names": Items("list", [Text(name, len(name)) for name in ("Ada", "Grace", "Joan")]),
    }
    if rng:
        answers |= {name: faults(rng, submission) for name in answers if rng.random() < 0.5}
    fault = submission.fault
    if rng and not fault and rng.random() < 0.1:
        fault = Fault(rng.choice(("time", "memory", "died", "size")), message="how", cell=rng.choice((None, 3, 10**6)))
    exam = Exam(
        order.key, order.plan.digest, submission.digest, "strict", "cpu", 0.1, 0.1, 0, {}, records,
        dict(submission.sources), list(submission.repairs), fault, submission.texts, order.plan.asked,
    )  # fmt: skip
    frames = [] if fault else [codec.pack(Answered(name, 0.1, answer)) for name, answer in answers.items()]
    return Evidence(exam, tuple(frames))


def take_some(root: Path, first: int, last: int) -> None:
    """Take those of the seeds through, and print one JSON object a line: the kind, what came, seconds, megabytes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    assignment = load_assignment(root, toy.NAME)
    folder = assignment.paths.submission("eve", toy.NAME)
    with Session(assignment, GradingOptions()) as session:
        marker = Marker(session.assessor, session.store)
        solution = marker.order_solution()
        assert solution is not None
        marker.keep_solution(Result(solution, held(solution, None)), Scripted())
        addresses = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (addresses + MEMORY_MB * 2**20,) * 2)
        for seed in range(first, last):
            make, rng = KINDS[seed % len(KINDS)], random.Random(seed)
            shutil.rmtree(folder, ignore_errors=True)
            path = folder / rng.choice(FILES)
            path.parent.mkdir(parents=True)
            path.write_bytes(make(rng))
            started = time.monotonic()
            grade, kept = mark(marker, rng)
            pages = sum(len(page.read_bytes()) for page in write_feedback(assignment.source, assignment.course))
            seconds = round(time.monotonic() - started, 2)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            told = {
                "status": f"kept: {kept}" if kept else grade.status,
                "came": grade.fault,
                "seconds": seconds,
                "mb": peak,
                "page": pages,
            }
            print(json.dumps({"seed": seed, "kind": make.__name__, **told}), flush=True)


def mark(marker: Marker, rng: random.Random) -> tuple[Grade, str]:
    """Receive what was handed in, hold no exam but say that one was, and mark it; say why an earlier grade stands."""
    received = marker.receive("eve")
    if isinstance(received, Settled):
        return received.grade, received.marked.kept if received.marked else ""
    (order,) = received
    marked = marker.mark(Result(order, held(order, rng)))
    return marked.grade, marked.kept


if __name__ == "__main__":
    take_some(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
