"""Whether a course keeps nbgrader's gradebook, and where: read without nbgrader, which takes seconds to import."""

from __future__ import annotations

from autograder.paths import Paths, sqlite_address


def keeps_gradebook(paths: Paths) -> bool:
    """Whether the course keeps nbgrader's gradebook: it has one, or its nbgrader_config.py names one.

    One that has it can have answers without a check, which somebody marks in nbgrader's formgrader.
    """
    return gradebook_url(paths) is not None


def gradebook_url(paths: Paths) -> str | None:
    """Return the address of the course's gradebook, as nbgrader's configuration has it; None where there is none."""
    config = paths.nbgrader_config
    if config.exists() and "db_url" in config.read_text(encoding="utf-8", errors="replace"):
        from traitlets.config.loader import PyFileConfigLoader

        loaded = PyFileConfigLoader(config.name, str(config.parent)).load_config()
        if named := loaded.CourseDirectory.get("db_url"):
            return str(named)
    return sqlite_address(paths.gradebook.absolute()) if paths.gradebook.exists() else None
