"""Where each exercise of the course is asked: `python -m tests.course_table` writes docs/course.md.

`tests/exercises/ASSIGNMENT.yaml` holds the exercises of one assignment, each with the ids of the questions that ask it,
none where it is still to be written; what it teaches, how long it takes, and what to watch for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

EXERCISES = Path(__file__).parent / "exercises"
PAGE = Path(__file__).parent.parent / "docs" / "course.md"
OPEN = "*to be written*"
HEAD = """# The course

Five lessons on vision with neural networks, each a notebook in `source/`; the fourth is two, each of its own. For
each exercise, the questions that ask it, by the id of their graded cells. This page is written by
`python -m tests.course_table`.
"""


@dataclass(frozen=True)
class Lesson:
    """One assignment, and its exercises."""

    name: str
    section: int
    title: str
    exercises: list[tuple[str, list[str]]]
    """Each with the questions that ask it."""
    teaches: str = ""
    hours: float = 0
    watch: str = ""
    """For the lecturer."""
    part: int = 1
    """Of a section whose exercises are asked in several assignments."""

    @property
    def open(self) -> list[str]:
        """Exercises that no question asks yet."""
        return [exercise for exercise, questions in self.exercises if not questions]

    @property
    def asked(self) -> set[str]:
        """All questions that are named."""
        return {question for _, questions in self.exercises for question in questions}


def lessons() -> list[Lesson]:
    """Return the assignments in the course's order."""
    found = [Lesson(path.stem, **yaml.safe_load(path.read_text(encoding="utf-8"))) for path in EXERCISES.glob("*.yaml")]
    return sorted(found, key=lambda lesson: (lesson.section, lesson.part))


def page() -> str:
    """Return the text of docs/course.md."""
    return "\n".join([HEAD, *(line for lesson in lessons() for line in _lines(lesson))]).rstrip() + "\n"


def _lines(lesson: Lesson) -> Iterator[str]:
    number = lesson.section if lesson.part == 1 else f"{lesson.section}, continued"
    yield f"## {number} · `{lesson.name}`: {lesson.title}\n"
    if lesson.teaches:
        yield f"**Teaches** {lesson.teaches}. **Takes** about {lesson.hours:g} hours.\n"
    if lesson.watch:
        yield f"**Watch for.** {lesson.watch}\n"
    yield "| exercise | questions |\n|---|---|"
    for exercise, questions in lesson.exercises:
        yield f"| {exercise} | {', '.join(f'`{one}`' for one in questions) or OPEN} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
