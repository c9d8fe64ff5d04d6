"""Where everything lies. The only module that knows a file name.

`source/`, `release/`, `submitted/` and `feedback/` are laid out as nbgrader lays them out; what is this project's own
lies in `.autograder/`, which can be deleted: it is made again from the rest.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

COURSE = "course.yaml"
CHECKS = "checks.py"
HARMLESS = "harmless.yaml"
"""Mutants that cost no point and should not."""
STATE = ".autograder"
TIMESTAMP = "timestamp.txt"
"""When a submission was handed in, beside it, as nbgrader writes it."""
PRIVATE = (CHECKS, HARMLESS, f"*_{HARMLESS}", STATE, "__pycache__", "*.pyc", ".ipynb_checkpoints")
"""Names never copied into a release, as patterns."""
PLATFORM = ".platform.json"
LITTER = (
    ".*",
    "*~",
    "#*#",
    "*.bak",
    "*.orig",
    "*.tmp",
    "*.pyo",
    "*-checkpoint.ipynb",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "icon\r",
    "__macosx",
)
"""What editors, systems and version control leave in a folder, as patterns of names in lower case."""
EXCHANGED = (TIMESTAMP, "submission_secret.txt")
"""What nbgrader's exchange puts beside a submission, and asks for beside its feedback."""


def write_beside(path: Path, content: bytes) -> None:
    """Write a file beside its place, then rename it: a file that is there is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)


def sqlite_address(path: Path) -> str:
    """Return the address of an SQLite database for SQLAlchemy and nbgrader, whatever characters are in its path."""
    return f"sqlite:///{quote(str(path))}"


@dataclass(frozen=True)
class Paths:
    """The tree of one course, from the folder that holds course.yaml."""

    root: Path

    @property
    def course(self) -> Path:
        return self.root / COURSE

    @property
    def nbgrader_config(self) -> Path:
        return self.root / "nbgrader_config.py"

    @property
    def gradebook(self) -> Path:
        """nbgrader's, where its configuration names no other."""
        return self.root / "gradebook.db"

    @property
    def roster(self) -> Path:
        """Who takes the course, and in which groups, where the lecturer says it."""
        return self.root / "students.csv"

    def translation(self, language: str) -> Path:
        """The catalogue of the course's own texts in a language that they are not written in."""
        return self.root / "translations" / f"{language}.po"

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    @property
    def store(self) -> Path:
        return self.root / STATE / "results.db"

    @property
    def cache(self) -> Path:
        """For the libraries' own caches."""
        return self.root / STATE / "cache"

    @property
    def stand_ins(self) -> Path:
        """For the small sets that stand in for those this machine has not, where the course allows it."""
        return self.root / STATE / "stand-ins"

    @property
    def staging(self) -> Path:
        """For what is being collected."""
        return self.root / STATE / "collecting"

    @property
    def guarded(self) -> tuple[Path, ...]:
        """Folders with what students must not see, or have written themselves."""
        made = ("autograded", "feedback", "reports", "exports", "solution", "draft")
        names = ("source", "release", "submitted", *made, STATE)
        return tuple(self.root / name for name in names)

    def source(self, assignment: str) -> Path:
        return self.root / "source" / assignment

    def checks(self, assignment: str, notebook: str = "") -> Path:
        """The assignment's checks; of one of its several notebooks, where that is named."""
        return self.source(assignment) / (f"{notebook}_{CHECKS}" if notebook else CHECKS)

    def harmless(self, assignment: str, notebook: str = "") -> Path:
        """Mutants found harmless, beside the checks."""
        return self.source(assignment) / (f"{notebook}_{HARMLESS}" if notebook else HARMLESS)

    def draft(self, assignment: str, name: str = CHECKS) -> Path:
        """What is proposed for an assignment and is not yet its own: outside its source, which students are handed."""
        return self.root / "draft" / assignment / name

    def release(self, assignment: str) -> Path:
        return self.root / "release" / assignment

    def solution(self, assignment: str) -> Path:
        """What is handed out once everybody has handed in, where nbgrader has it too."""
        return self.root / "solution" / assignment

    def submission(self, student: str, assignment: str) -> Path:
        return self.submitted / student / assignment

    def identity(self, student: str, assignment: str) -> Path:
        """What a platform knows a student by: beside the folder of what they hand in, where they cannot write."""
        return self.submitted / student / f".{assignment}{PLATFORM}"

    @staticmethod
    def assignment_of(identity: Path) -> str:
        """Return the assignment whose identity a file holds."""
        return identity.name.removeprefix(".").removesuffix(PLATFORM)

    def evidence(self, assignment: str, student: str) -> Path:
        return self.root / STATE / "evidence" / assignment / "submitted" / f"{student}.evidence"

    def reference(self, assignment: str) -> Path:
        """Evidence of the solution."""
        return self.root / STATE / "evidence" / assignment / "solution.evidence"

    def untouched(self, assignment: str) -> Path:
        """Evidence of the release as it is handed out."""
        return self.root / STATE / "evidence" / assignment / "release.evidence"

    def mutant(self, assignment: str, name: str) -> Path:
        """Evidence of one wrong solution, there only while it is judged: their folder goes when all are."""
        return self.root / STATE / "evidence" / assignment / "mutants" / f"{name}.evidence"

    def compat_evidence(self, assignment: str, student: str, notebook: str) -> Path:
        """Evidence of one notebook run as nbgrader runs it."""
        return self.root / STATE / "evidence" / assignment / "compat" / student / f"{notebook}.evidence"

    def master(self, assignment: str) -> Path:
        """What nbgrader knows of an assignment's sources: a gradebook of our own, never the course's."""
        return self.root / STATE / "compat" / f"{assignment}.db"

    def training(self, key: str) -> Path:
        """One training run, by its key's digest."""
        return self.trainings / f"{key.removeprefix('sha256:')}.run"

    @property
    def trainings(self) -> Path:
        """Folder of every training run."""
        return self.root / STATE / "trainings"

    def calibration(self, assignment: str, recipe: str, profile: str) -> Path:
        """Folder of what a calibration measured."""
        return self.root / STATE / "calibration" / assignment / f"{recipe}-{profile}"

    def feedback(self, assignment: str, student: str, notebook: str) -> Path:
        return self.root / "feedback" / student / assignment / f"{notebook}.html"

    def class_report(self, assignment: str) -> Path:
        """The instructor's page of a class."""
        return self.root / "reports" / f"{assignment}.html"

    def similarity(self, assignment: str) -> Path:
        """The page of the pairs of a class that are alike."""
        return self.root / "reports" / f"{assignment}-similarity.html"

    def export(self, assignment: str, system: str) -> Path:
        """Folder of an assignment's grades as another system takes them."""
        return self.root / "exports" / assignment / system

    def shown(self, path: Path) -> Path:
        """Return `path` as a user in the course's folder would write it."""
        return path.relative_to(self.root) if path.is_relative_to(self.root) else path
