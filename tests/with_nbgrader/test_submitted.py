"""nbgrader's files beside a submission, read as what they are: a student's."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.nbgrader.submitted import (
    complete_exchanged,
    late_by,
    parse_moment,
    read_exchanged,
    submitted_at,
    write_exchanged,
)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-01 21:59:00.000000 UTC", datetime(2026, 10, 1, 21, 59, tzinfo=UTC)),
        ("2026-10-01 23:59:00 Europe/Paris", datetime(2026, 10, 1, 21, 59, tzinfo=UTC)),
        ("2026-10-01 23:59:00 +0200", datetime(2026, 10, 1, 21, 59, tzinfo=UTC)),
        ("2026-10-01T23:59:00+02:00", datetime(2026, 10, 1, 21, 59, tzinfo=UTC)),
        ("2026-10-01 21:59", datetime(2026, 10, 1, 21, 59, tzinfo=UTC)),
        ("2026-10-01", datetime(2026, 10, 1, tzinfo=UTC)),
        ("", None),
        ("yesterday", None),
        ("2026-10-01 21:59:00 Nowhere/Land", None),
        ("2026-10-01 21:59:00 ../../etc/passwd", None),
        ("0001-01-01 00:00:00 +1400", None),
    ],
)
def test_moments(text: str, moment: datetime | None) -> None:
    assert parse_moment(text) == moment


def test_what_nbgrader_put_there_is_copied(tmp_path: Path) -> None:
    handed_in, feedback = tmp_path / "handed-in", tmp_path / "feedback"
    handed_in.mkdir()
    for name, content in (("timestamp.txt", "2026-10-01 21:59:00 UTC"), ("submission_secret.txt", "ab" * 64)):
        (handed_in / name).write_text(content)
    (handed_in / "notes.txt").write_text("the student's own")
    write_exchanged(handed_in, feedback)
    assert sorted(path.name for path in feedback.iterdir()) == ["submission_secret.txt", "timestamp.txt"]
    assert (feedback / "submission_secret.txt").read_text() == "ab" * 64
    assert submitted_at(handed_in) == datetime(2026, 10, 1, 21, 59, tzinfo=UTC)


def test_links_pipes_folders_and_floods_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("labels")
    for make in (
        lambda path: path.symlink_to(tmp_path / "secret"),
        os.mkfifo,
        Path.mkdir,
        lambda path: path.write_bytes(bytes(10**5)),
    ):
        folder = tmp_path / f"handed-in-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        make(folder / "timestamp.txt")
        assert read_exchanged(folder) == {}


def test_what_is_not_there_is_made_up_so_that_nbgrader_goes_on(tmp_path: Path) -> None:
    (tmp_path / "timestamp.txt").write_text("2026-10-01")
    complete_exchanged(tmp_path)
    secret = (tmp_path / "submission_secret.txt").read_text()
    assert len(secret) == 128
    complete_exchanged(tmp_path)
    assert (tmp_path / "submission_secret.txt").read_text() == secret
    assert (tmp_path / "timestamp.txt").read_text() == "2026-10-01"


@pytest.mark.parametrize("linked", ["eve", "eve/toy"])
def test_a_students_folder_that_is_a_link_gives_nothing_of_anothers(tmp_path: Path, linked: str) -> None:
    (tmp_path / "ada" / "toy").mkdir(parents=True)
    (tmp_path / "ada" / "toy" / "submission_secret.txt").write_text("ab" * 64)
    (tmp_path / linked).parent.mkdir(exist_ok=True)
    (tmp_path / linked).symlink_to(tmp_path / linked.replace("eve", "ada"))
    assert read_exchanged(tmp_path / "eve" / "toy") == {}
    assert read_exchanged(tmp_path / "ada" / "toy") != {}


@pytest.mark.parametrize(
    ("moment", "late"),
    [("23:59:58", 0), ("23:59:59.999999", 0), ("00:00:00", 1), ("00:01:00", 61)],
)
def test_lateness_is_counted_in_whole_seconds(tmp_path: Path, moment: str, late: int) -> None:
    folder = tmp_path / "ada" / "toy"
    folder.mkdir(parents=True)
    day = "2026-10-01" if moment.startswith("23") else "2026-10-02"
    (folder / "timestamp.txt").write_text(f"{day} {moment} UTC")
    due = datetime(2026, 10, 1, 23, 59, 59, tzinfo=UTC)
    assert late_by(folder, due).total_seconds() == late
    assert late_by(folder, None).total_seconds() == 0
