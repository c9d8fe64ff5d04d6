"""Programs in the place of a course's Python, named by how they answer who asks what they hold.

ANSWER is what an honest one says; each is a shell's script.
"""

from __future__ import annotations

import json

ANSWER = {
    "implementation": "cpython",
    "versions": {"python": "3.11.7"},
    "python": "/nowhere/python",
    "prefix": "/nowhere",
    "base": "/nowhere",
    "path": [],
    "standard": [],
    "modules": {},
}


def _saying(**changes: object) -> str:
    return f"cat <<'END'\n{json.dumps({**ANSWER, **changes})}\nEND"


PYTHONS = {
    "says-nothing": "exit 0",
    "fails-with-what-steers-a-terminal": r"printf '\033[2J\342\200\256boom' >&2; exit 3",
    "says-no-json": "echo hello",
    "says-another-kind": _saying(path=7),
    "says-lists-without-end": "printf '[%.0s' $(seq 1 100000)",
    "says-a-version-of-words": _saying(versions={"python": "three.eleven"}),
    "says-a-version-that-is-old": _saying(versions={"python": "3.9999999999999999999"}),
    "says-no-version": _saying(versions={}),
    "says-folders-above": _saying(prefix="../..", base="../..", path=["../../etc", "", "."]),
    "says-a-path-with-an-end": _saying(prefix="/nowhere\0", base="\0"),
    "says-gigabytes": "yes",
    "says-gigabytes-of-what-is-wrong": "yes >&2",
    "closes-what-it-says-and-goes-on": "exec >&- 2>&-; sleep 313",
    "never-answers-and-leaves-another-behind": "sleep 313 & sleep 314",
}
"""By name: the script. None of them is a Python that rooms can run in."""
