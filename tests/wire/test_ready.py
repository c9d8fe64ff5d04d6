"""Records that two threads meet at once."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

DECODED = ("decode", "convert", "Decoder")
MET_AT_ONCE = '''
import threading

import msgspec

from autograder.wire.ready import ready

inside, met = threading.Event(), threading.Event()

def while_it_is_read():
    """What an annotation is, said while msgspec has read half of what holds it."""
    inside.set()
    met.wait(1)
    return int

class Inner(msgspec.Struct):
    one: "while_it_is_read()"

class Outer(msgspec.Struct):
    inner: Inner
    last: str

def decoded():
    return msgspec.json.decode(b\'{"inner": {"one": 1}, "last": "a"}\', type=TYPE)

def other():
    inside.wait()
    found.append(decoded())
    met.set()

found = []
threads = [threading.Thread(target=lambda: found.append(decoded())), threading.Thread(target=other)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert found == [Outer(Inner(1), "a")] * 2
'''


def status_of(kind: str) -> int:
    return subprocess.run([sys.executable, "-c", MET_AT_ONCE.replace("TYPE", kind)]).returncode


def test_a_record_is_read_by_one_thread_at_a_time() -> None:
    assert status_of("ready(Outer)") == 0


def test_msgspec_alone_does_not_see_to_it() -> None:
    """Where this fails, msgspec was mended: `ready` can go."""
    assert status_of("Outer") < 0


def test_what_msgspec_cannot_decode_is_refused_each_time() -> None:
    from autograder.wire.ready import ready

    for _ in range(2):
        with pytest.raises(TypeError):
            ready(dict[list[int] | set[int], int])


def test_no_type_is_decoded_that_was_not_made_ready(repository: Path) -> None:
    found, bare = 0, []
    for path in (repository / "autograder").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in DECODED):
                continue
            if not ast.unparse(call.func).startswith("msgspec.") or path.name == "ready.py":
                continue
            kinds = [one.value for one in call.keywords if one.arg == "type"] + call.args[1:]
            found += len(kinds)
            bare += [f"{path}:{call.lineno}" for kind in kinds if not ast.unparse(kind).startswith("ready(")]
    assert found > 15
    assert bare == []
