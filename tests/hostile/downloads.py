"""Entries of a class's download that go for others' work or for whoever collects it, named by what they try.

Each is what Eve can have written in an archive beside the notebooks of Ada, Bob and Zoé; `THEIRS` is Eve's notebook.
"""

from __future__ import annotations

import stat
import unicodedata
import zipfile
from collections.abc import Sequence

from downloads import OTHER

THEIRS = OTHER
Entry = tuple[str | zipfile.ZipInfo, bytes]


def _link(name: str, target: bytes) -> Entry:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info, target


DOWNLOADS: dict[str, Sequence[Entry]] = {
    "a-file-and-a-folder-of-one-name": [("eve", b"x"), ("eve/toy.ipynb", THEIRS)],
    "a-file-in-a-file": [("eve/toy.ipynb", THEIRS), ("eve/toy.ipynb/x", b"1")],
    "a-name-in-other-letters": [("Ada/toy.ipynb", THEIRS)],
    "a-name-in-wide-letters": [("\uff41da/toy.ipynb", THEIRS)],
    "a-name-in-another-form": [(f"{unicodedata.normalize('NFD', 'zoé')}/toy.ipynb", THEIRS)],
    "a-folder-above": [("../submitted/ada/toy/toy.ipynb", THEIRS)],
    "a-folder-above-as-windows-writes-it": [("eve\\..\\ada\\toy.ipynb", THEIRS)],
    "a-drive": [("C:\\ada\\toy.ipynb", THEIRS)],
    "another-machine": [("\\\\server\\share\\ada\\toy.ipynb", THEIRS)],
    "a-stream-of-a-file": [("ada/toy.ipynb:more", THEIRS)],
    "a-link-to-anothers-notebook": [_link("eve/toy.ipynb", b"../ada/toy.ipynb")],
    "a-link-to-anothers-folder": [_link("eve", b"ada"), ("eve/toy.ipynb", THEIRS)],
    "what-is-set-aside": [(".toy.replaced/toy.ipynb", THEIRS), ("eve/.toy.replaced/toy.ipynb", THEIRS)],
    "what-is-coming": [(".toy.coming/toy.ipynb", THEIRS), ("eve/.toy.coming", THEIRS)],
    "a-time-of-its-own": [("eve/toy.ipynb", THEIRS), ("eve/timestamp.txt", b"9999-12-31 00:00:00 UTC\n" * 1000)],
    "a-platforms-list": [("eve/submission_metadata.yml", b"submission_1:\n  :submitters:\n  - :name: ada\n")],
    "a-repository-with-a-program": [("eve/.git/config", b"[core]\nfsmonitor = touch /tmp/owned\n")],
    "a-file-that-python-runs": [("eve/x.pth", b"import os"), ("eve/conftest.py", b"1 / 0"), ("eve/toy.ipynb", THEIRS)],
    "a-name-of-two-lines": [("ev\ne/toy.ipynb", THEIRS)],
    "a-name-with-an-end": [("eve\0/toy.ipynb", THEIRS)],
    "a-name-that-is-an-option": [("--again/toy.ipynb", THEIRS)],
    "a-name-that-is-a-pattern": [("*[a-z]?/toy.ipynb", THEIRS)],
    "a-name-that-is-a-format": [("{student}%s%n/toy.ipynb", THEIRS)],
    "a-name-that-is-a-question-to-a-database": [("'; DROP TABLE grades; --/toy.ipynb", THEIRS)],
    "a-name-that-is-markup": [("<img src=x onerror=alert(1)>/toy.ipynb", THEIRS)],
    "a-name-that-is-a-formula": [("=cmd|' !A0/toy.ipynb", THEIRS)],
    "a-name-that-is-too-long": [(f"{'e' * 250}/toy.ipynb", THEIRS), (f"{'e' * 249}f/toy.ipynb", THEIRS)],
    "folders-without-end": [(f"eve/{'a/' * 480}toy.ipynb", THEIRS)],
}
"""By name: entries of the archive, beside those of others."""

NAMES_TAKEN: dict[str, Sequence[Entry]] = {
    "a-name-with-a-space-before": [(" ada/toy.ipynb", THEIRS)],
    "a-hidden-name": [(".ada/toy.ipynb", THEIRS)],
    "a-name-with-what-is-not-seen": [("a\u200bda/toy.ipynb", THEIRS)],
    "a-name-that-turns-text-around": [("\u202eada/toy.ipynb", THEIRS)],
}
"""By name: what would be a folder of another student's name. Neither is taken, and the lecturer is told of both."""


PLATFORMS: dict[str, str] = {
    "moodle": "{name} L_{number}_assignsubmission_file_{file}",
    "canvas": "{name}_{number}_678910_{file}",
    "blackboard": "TP 1_{name}_attempt_2026-10-05-10-30-00_{file}",
    "brightspace": "{number}-77 - {name} L - Oct 5, 2026 1030 AM - {file}",
}
"""How each writes the name of a file, of which a student chooses the end alone."""
FILE_NAMES = {
    "a-file-named-as-anothers-on-moodle": ("moodle", "ada L_11_assignsubmission_file_toy.ipynb"),
    "a-file-named-as-anothers-on-moodle-below-ones-own": ("moodle", "_ada L_11_assignsubmission_file_toy.ipynb"),
    "a-file-named-as-anothers-on-canvas": ("canvas", "ada_11_678910_toy.ipynb"),
    "a-file-named-as-a-late-one-on-canvas": ("canvas", "LATE_11_678910_toy.ipynb"),
    "a-file-named-as-anothers-on-blackboard": ("blackboard", "TP 1_ada_attempt_2030-01-01-00-00-00_toy.ipynb"),
    "a-file-named-as-anothers-earlier-one-on-blackboard": (
        "blackboard",
        "x_ada_attempt_2020-01-01-00-00-00_toy.ipynb",
    ),
    "a-file-named-as-an-account-on-blackboard": ("blackboard", "x_ada_attempt_2030-01-01-00-00-00.txt.ipynb"),
    "a-file-named-as-anothers-on-brightspace": ("brightspace", "11-77 - ada L - Oct 6, 2030 1030 AM - toy.ipynb"),
    "a-file-named-as-one-of-a-time-on-brightspace": ("brightspace", "x - Oct 6, 2020 1030 AM - toy.ipynb"),
}
"""By name: what one student calls the file that they hand in, and where."""
