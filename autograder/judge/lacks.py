"""What a machine lacks that a notebook asked for: told from what a student got wrong.

A missing package, data set, weight file or download is ours to mend, and costs nobody a point. A misspelt import, and
a module of the student's own that was not handed in, are the student's. What an error looks like is read here; whether
the environment really lacks a package is asked of it by who has one at hand (`truly_absent`).
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from autograder.judge.libraries import IMPORTED_AS, KNOWN
from autograder.wire.messages import Fault

LackKind = Literal["library", "system library", "version", "data set", "weights", "download"]


@dataclass(frozen=True, order=True)
class Lack:
    """One thing that was asked for and is not here."""

    kind: LackKind
    name: str


REMEDIES: dict[LackKind, str] = {
    "library": "not in the rooms' environment: install it there",
    "system library": "not on this machine: install it",
    "version": "needed to read networks, the rooms' environment has an older one: install it there",
    "data set": "not among the assignment's data: name it in course.yaml, and see `autograder data --help`",
    "weights": "bring them with `autograder data add NAME FILE --weights`, and name them in the assignment's data",
    "download": "rooms have no network: hand the file out beside the notebook, or put it on the data shelf",
}
NOT_FOUND = re.compile(r"No module named '([^'.]+)'")
"""With a dot in the name the library is there, of another version."""
_WANTED = (
    re.compile(r"[Mm]issing optional dependency '([\w.-]+)'"),
    re.compile(r"[Cc]ould not import (\w+)"),
    re.compile(r"requires? (?:the )?[`'\"]?(\w+)[`'\"]? (?:module|package|library|to be installed)"),
    re.compile(r"(?:pip|conda) install (?:-\S+ )*[`'\"]?([\w-]+)"),
    re.compile(r"[Yy]ou must install (\w+)"),
)
"""How libraries say that another one is missing, in an ImportError of their own."""
_VERSION = re.compile(r"(Keras 3) is needed to read networks")
_SHARED_OBJECT = re.compile(r"(\S+\.so[\w.]*): cannot open shared object file")
_DATA_SET = re.compile(r"the data set (\S+) is not among this assignment's data")
_WEIGHTS = re.compile(r"the weights (\S+) are not among this assignment's data")
_FILE = re.compile(r"no network while grading: the file (\S+) is neither on the data shelf")
_NO_NETWORK = re.compile(
    r"name resolution|Name or service not known|Network is unreachable|No address associated|Failed to resolve"
    r"|URL fetch failure|Max retries exceeded|couldn't connect to|Connection refused|No route to host"
    r"|offline mode|getaddrinfo failed|no network while grading"
)
_ADDRESS = re.compile(r"https?://[^\s'\"<>()]+|host='([\w.-]+)'")
ADDRESS_CHARS = 200
LIKENESS, MOST_LONGER = 0.8, 2
"""difflib's ratio, and the letters more or less, within which one module's name is another's misspelt."""


def lack_of(fault: Fault) -> Lack | None:
    """Return what was missing where `fault` looks like the lack of it."""
    if fault.kind != "raised":
        return None
    if fault.error == "ImportError" and (found := _VERSION.match(fault.message)):
        return Lack("version", found[1])
    if fault.error in ("ModuleNotFoundError", "ImportError") and (library := _library(fault.message)):
        return library
    if found := _DATA_SET.search(fault.message):
        return Lack("data set", found[1])
    if found := _WEIGHTS.search(fault.message):
        return Lack("weights", found[1])
    if found := _FILE.search(fault.message):
        return Lack("download", found[1])
    if fault.error not in ("AssertionError", "NameError", "TypeError") and _NO_NETWORK.search(fault.message):
        address = _ADDRESS.search(" ".join([fault.message, *(frame.code for frame in reversed(fault.frames))]))
        return Lack("download", (address[1] or address[0]).rstrip(":.,;")[:ADDRESS_CHARS] if address else fault.error)
    return None


def _library(message: str) -> Lack | None:
    if found := NOT_FOUND.search(message):
        return Lack("library", found[1])
    if found := _SHARED_OBJECT.search(message):
        return Lack("system library", found[1])
    wanted = next((found[1] for pattern in _WANTED if (found := pattern.search(message))), None)
    return Lack("library", IMPORTED_AS.get(wanted.lower(), wanted).partition(".")[0]) if wanted else None


def say_lack(lack: Lack) -> str:
    """Say to the instructor what is not here, and what brings it."""
    return f"{lack.kind} {lack.name}: {REMEDIES[lack.kind]}"


def missing_module(fault: Fault) -> str:
    """Return the top-level module that an import did not find; empty where `fault` is another."""
    found = NOT_FOUND.search(fault.message) if fault.error == "ModuleNotFoundError" else None
    return found[1] if found else ""


def truly_absent(lack: Lack, installed: Collection[str], course: Collection[str], beside: Collection[str]) -> bool:
    """Whether a lack is ours, and not a misspelling or a file that was not handed in.

    `installed` are the modules of the rooms' environment, `course` those that the course's own notebook imports,
    `beside` the modules that lie beside the notebook.
    """
    if lack.kind != "library":
        return True
    if lack.name in installed or lack.name in beside:
        return False
    return lack.name in course or lack.name in KNOWN or not (meant(lack.name, installed) or looks_own(lack.name))


def meant(name: str, installed: Collection[str] = ()) -> str:
    """Return the module that `name` is a misspelling of; empty where it is like none."""
    if name in KNOWN or looks_own(name):
        return ""
    if name.lower() in IMPORTED_AS:
        return IMPORTED_AS[name.lower()]
    for known in (KNOWN, sys.stdlib_module_names, installed):
        plain = {_plain(one): one for one in sorted(known) if not one.startswith("_")}
        near = [one for one in plain if abs(len(one) - len(_plain(name))) <= MOST_LONGER]
        if close := difflib.get_close_matches(_plain(name), near, 1, LIKENESS):
            return plain[close[0]]
    return ""


def looks_own(name: str) -> bool:
    """Whether a module has a name that people give to files of their own, and that no library has."""
    return bool(_OWN.fullmatch(name))


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


_OWN = re.compile(
    r"(?:my|mon|mes|ma)_\w+|my[A-Z]\w*|\w*_(?:utils?|helpers?|outils?|fonctions?|functions?|tools)\d*"
    r"|(?:utils?|helpers?|outils?|fonctions?|functions?|tools)\d*"
    r"|(?:tp|td|lab|hw|ex|exo|exercise|homework|projet|project|devoir|question|q|part|week|assignment)_?\d+\w{0,3}"
    r"|models?|modeles?|layers?|train(?:ing)?|tests?|testing|public_tests|data|dataset|dataloader|data_loader"
    r"|config|settings|main|metrics|losses|networks?|reseaux?|solutions?|notebook|preprocess(?:ing)?|plots?|plotting"
)
