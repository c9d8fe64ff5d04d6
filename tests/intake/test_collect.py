"""Downloads of every platform land in `submitted/`; what would do harm is refused; nothing is lost."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import tempfile
import unicodedata
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

import toy
from autograder.assignment import Assignment
from autograder.errors import CourseError, GraderError
from autograder.intake import archive, read_submission
from autograder.intake.collect import Collected, collect
from autograder.intake.platforms import Reader
from autograder.release import read_release
from downloads import NOTEBOOK, OTHER, empty_course, here, laid_out, tarred, zipped


def collected(assignment: Assignment, path: Path, reader: Reader | None = None, *, anyway: bool = False) -> Collected:
    return collect(assignment.source, assignment.course, path, reader, anyway=anyway)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.make_course(tmp_path_factory.mktemp("course"))


@pytest.fixture
def assignment(root: Path, tmp_path: Path) -> Assignment:
    """The toy assignment, with nothing handed in."""
    return empty_course(root, tmp_path / "course")


def left_over(assignment: Assignment) -> list[str]:
    """What a collection leaves where it worked, and hidden beside submissions."""
    staged = [path.name for path in assignment.paths.staging.iterdir() if path.name != "lock"]
    return staged + [path.name for path in assignment.paths.submitted.glob("*/.*")]


def problem(assignment: Assignment, path: Path) -> str:
    with pytest.raises(CourseError) as raised:
        collected(assignment, path)
    assert here(assignment) == []
    assert left_over(assignment) == []
    return str(raised.value).removeprefix(f"{path}: ")


# --- Platforms --------------------------------------------------------------------------------------------------------

GRADESCOPE = b"""\
submission_11:
  :submitters:
  - :name: Ada Lovelace
    :sid: '1'
  :created_at: 2026-11-20 10:30:00.500000000 Z
submission_12:
  :submitters:
  - :name: Bob
  - :name: Cleo
"""

DOWNLOADS = {
    "Moodle": (
        "Moodle",
        {
            "Ada Lovelace_123456_assignsubmission_file_/toy.ipynb": NOTEBOOK,
            "Ada Lovelace_123456_assignsubmission_file_/data/a.csv": b"1",
            "Zo\u0065\u0301 Martin_123457_assignsubmission_file/TP (1).ipynb": NOTEBOOK,
            "Zo\u0065\u0301 Martin_123457_assignsubmission_onlinetext/onlinetext.html": b"<p>",
        },
        ["Ada Lovelace/toy/data/a.csv", "Ada Lovelace/toy/toy.ipynb", "Zoé Martin/toy/TP (1).ipynb"],
    ),
    "Moodle, flat": (
        "Moodle",
        {
            "Ada Lovelace_123456_assignsubmission_file_my_toy.ipynb": NOTEBOOK,
            "Bob_7_assignsubmission_file_toy.zip": b"PK",
        },
        ["Ada Lovelace/toy/my_toy.ipynb", "Bob/toy/toy.zip"],
    ),
    "Canvas": (
        "Canvas",
        {
            "lovelaceada_12345_678910_toy-1.ipynb": NOTEBOOK,
            "bob_LATE_12346_678911_toy.ipynb": NOTEBOOK,
            "bob_LATE_12346_678912_data_set.csv": b"1",
        },
        ["bob/toy/data_set.csv", "bob/toy/toy.ipynb", "lovelaceada/toy/toy-1.ipynb"],
    ),
    "Gradescope": (
        "Gradescope",
        {
            "assignment_9_export/submission_metadata.yml": GRADESCOPE,
            "assignment_9_export/submission_11/toy.ipynb": NOTEBOOK,
            "assignment_9_export/submission_12/toy.ipynb": NOTEBOOK,
            "assignment_9_export/submission_13/toy.ipynb": NOTEBOOK,
        },
        ["Ada Lovelace/toy/toy.ipynb", "Bob/toy/toy.ipynb", "Cleo/toy/toy.ipynb", "submission_13/toy/toy.ipynb"],
    ),
    "Moodle, with online texts, without a number, in groups": (
        "Moodle",
        {
            "Group A_41_assignsubmission_file/toy.ipynb": NOTEBOOK,
            "Group A_41_assignsubmission_onlinetext/onlinetext.html": b"<p>",
            "Default group_assignsubmission_file/toy.ipynb": NOTEBOOK,
            "Default group_assignsubmission_onlinetext/onlinetext.html": b"<p>",
            "Cleo_43_assignsubmission_onlinetext/onlinetext.html": b"<p>",
            "README.md": b"",
        },
        ["Default group/toy/toy.ipynb", "Group A/toy/toy.ipynb"],
    ),
    "Canvas, with texts, links, groups and without names": (
        "Canvas",
        {
            "groupa_12345_678910_toy.ipynb": NOTEBOOK,
            "anon_Ab3dE_678911_toy.ipynb": NOTEBOOK,
            "LATE_anon_xY2zz_678912_toy.ipynb": NOTEBOOK,
            "bob_LATE_12346_text.html": b"<p>",
            "cleo_12347_link.html": b"<p>",
            "dan_12348_text.html": b"<p>",
            "notes.txt": b"",
        },
        ["anon_Ab3dE/toy/toy.ipynb", "anon_xY2zz/toy/toy.ipynb", "groupa/toy/toy.ipynb"],
    ),
    "Blackboard": (
        "Blackboard",
        {
            "gradebook/Toy 1_ada_attempt_2026-11-20-10-30-00_toy.ipynb": NOTEBOOK,
            "gradebook/Toy 1_ada_attempt_2026-11-20-10-30-00.txt": b"Name: Ada Lovelace (ada)",
            "gradebook/Toy 1_bob_b_attempt_2026-11-19-10-30-00_toy.ipynb": OTHER,
            "gradebook/Toy 1_bob_b_attempt_2026-11-19-10-30-00.txt": b"",
            "gradebook/Toy 1_bob_b_attempt_2026-11-20-10-30-00_my_toy.ipynb": NOTEBOOK,
            "gradebook/Toy 1_bob_b_attempt_2026-11-20-10-30-00.txt": b"",
        },
        ["ada/toy/toy.ipynb", "bob_b/toy/my_toy.ipynb"],
    ),
    "Brightspace": (
        "Brightspace",
        {
            "11-99 - Ada Lovelace - Nov 20, 2026 1030 AM/toy.ipynb": NOTEBOOK,
            "11-99 - Ada Lovelace - Nov 20, 2026 1030 AM/data/a.csv": b"1",
            "11-99 - Ada Lovelace - Nov 19, 2026 904 PM/old.ipynb": OTHER,
            "12-99 - Bob - B. - Nov 20, 2026 1201 AM/toy.ipynb": NOTEBOOK,
            "index.html": b"<html>",
        },
        ["Ada Lovelace/toy/data/a.csv", "Ada Lovelace/toy/toy.ipynb", "Bob - B./toy/toy.ipynb"],
    ),
    "Brightspace, flat": (
        "Brightspace",
        {
            "99-11 - Ada Lovelace - Nov 20, 2026 1030 AM - toy.ipynb": NOTEBOOK,
            "99-12 - Bob - Nov 20, 2026 208 PM.ipynb": NOTEBOOK,
        },
        ["Ada Lovelace/toy/toy.ipynb", "Bob/toy/Bob.ipynb"],
    ),
    "Teams": (
        "Teams",
        {
            "Student Work/Submitted files/Ada Lovelace/Toy assignment/Version 1/old.ipynb": OTHER,
            "Student Work/Submitted files/Ada Lovelace/Toy assignment/Version 2/toy.ipynb": NOTEBOOK,
            "Student Work/Submitted files/Ada Lovelace/Other/Version 1/other.ipynb": OTHER,
            "Student Work/Submitted files/Bob/Toy assignment/Version 1/toy.ipynb": NOTEBOOK,
            "Student Work/Working files/Bob/Toy assignment/draft.ipynb": OTHER,
        },
        ["Ada Lovelace/toy/toy.ipynb", "Bob/toy/toy.ipynb"],
    ),
    "Google Classroom": (
        "Google Classroom",
        {
            "Ada Lovelace - TP 3 - Networks.ipynb": NOTEBOOK,
            "Bob - B. - TP 3 - Networks.ipynb": NOTEBOOK,
            "Cleo - TP 3 - Networks (1).ipynb": NOTEBOOK,
        },
        [
            "Ada Lovelace/toy/Ada Lovelace - TP 3 - Networks.ipynb",
            "Bob - B./toy/Bob - B. - TP 3 - Networks.ipynb",
            "Cleo/toy/Cleo - TP 3 - Networks (1).ipynb",
        ],
    ),
    "repositories of the assignment": (
        "repositories",
        {
            "toy-submissions/toy-ada/toy.ipynb": NOTEBOOK,
            "toy-submissions/toy-ada/README.md": b"",
            "toy-submissions/toy-bob-b-main/work/toy.ipynb": NOTEBOOK,
        },
        ["ada/toy/README.md", "ada/toy/toy.ipynb", "bob-b/toy/work/toy.ipynb"],
    ),
    "repositories of another name": (
        "repositories",
        {
            "tp-3-ada/.git/HEAD": b"",
            "tp-3-ada/toy.ipynb": NOTEBOOK,
            "tp-3-alan-t/.git/HEAD": b"",
            "tp-3-alan-t/toy.ipynb": NOTEBOOK,
        },
        ["ada/toy/toy.ipynb", "alan-t/toy/toy.ipynb"],
    ),
    "nbgrader": (
        "nbgrader",
        {
            "submitted/ada/toy/toy.ipynb": NOTEBOOK,
            "submitted/ada/other/other.ipynb": NOTEBOOK,
            "submitted/bob/TOY/a/b.ipynb": NOTEBOOK,
        },
        ["ada/toy/toy.ipynb", "bob/toy/a/b.ipynb"],
    ),
    "folders": (
        "students' folders and notebooks",
        {"class/ada/toy.ipynb": NOTEBOOK, "class/bob/deep/x.ipynb": NOTEBOOK, "class/notes.txt": b""},
        ["ada/toy/toy.ipynb", "bob/toy/deep/x.ipynb"],
    ),
    "notebooks": (
        "students' folders and notebooks",
        {"class/ada.ipynb": NOTEBOOK, "class/Bob B. (1).IPYNB": NOTEBOOK, "class/cleo.zip": b"PK"},
        ["Bob B. (1)/toy/Bob B. (1).IPYNB", "ada/toy/ada.ipynb", "cleo/toy/cleo.zip"],
    ),
    "an only folder that holds the assignment's, and that the students'": (
        "students' folders and notebooks",
        {"download/toy/ada/toy.ipynb": NOTEBOOK, "download/toy/bob/toy.ipynb": NOTEBOOK},
        ["ada/toy/toy.ipynb", "bob/toy/toy.ipynb"],
    ),
    "one student": (
        "students' folders and notebooks",
        {"ada/toy.ipynb": NOTEBOOK, "ada/draft.ipynb": OTHER},
        ["ada/toy/draft.ipynb", "ada/toy/toy.ipynb"],
    ),
}


@pytest.mark.parametrize("kind", ["zip", "tar", "folder"])
@pytest.mark.parametrize("name", DOWNLOADS)
def test_a_download_is_recognised_and_sorted(assignment: Assignment, tmp_path: Path, name: str, kind: str) -> None:
    layout, files, expected = DOWNLOADS[name]
    make = {"zip": zipped, "tar": tarred, "folder": laid_out}[kind]
    found = collected(assignment, make(tmp_path / f"download.{kind}", files))
    assert found.layout == layout
    assert here(assignment) == expected
    assert sorted(found.new) == sorted({name.partition("/")[0] for name in expected})


def test_what_is_collected_is_read(assignment: Assignment, tmp_path: Path) -> None:
    collected(assignment, zipped(tmp_path / "a.zip", DOWNLOADS["Moodle"][1]))
    submission = read_submission(assignment.source, assignment.settings, read_release(assignment.source), "Zoé Martin")
    assert submission is not None
    assert (submission.fault, submission.repairs) == (None, ())


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("..ada", "ada"),
        (" Ada  L ", "Ada L"),
        ("A\u200bda\u00a0L", "Ada L"),
        ("e\u0301va", "éva"),
        ("é" * 110, "é" * 100),
    ],
)
def test_students_names_are_made_folders_names(assignment: Assignment, tmp_path: Path, raw: str, name: str) -> None:
    found = collected(
        assignment,
        zipped(tmp_path / "a.zip", {f"{raw}_12_assignsubmission_file_a.ipynb": NOTEBOOK}),
    )
    assert found.new == (name,)


def test_a_folder_and_a_notebook_of_one_student_are_a_clash_and_the_others_are_taken(
    assignment: Assignment, tmp_path: Path
) -> None:
    files = {"class/ada.ipynb": NOTEBOOK, "class/ada/toy.ipynb": NOTEBOOK, "class/bob/toy.ipynb": NOTEBOOK}
    found = collected(assignment, zipped(tmp_path / "a.zip", files))
    assert [(one.where, one.text) for one in found.problems] == [
        ("ada", "two submissions of one student: ada, ada.ipynb: rename one, or take one out")
    ]
    assert here(assignment) == ["bob/toy/toy.ipynb"]


# --- Again ------------------------------------------------------------------------------------------------------------


def outcome(found: Collected) -> tuple[tuple[str, ...], ...]:
    return found.new, found.changed, found.unchanged, found.older


def test_collecting_again_keeps_what_is_the_same_and_replaces_what_is_newer(
    assignment: Assignment, tmp_path: Path
) -> None:
    files = {"ada/toy.ipynb": NOTEBOOK, "ada/old.csv": b"", "bob/toy.ipynb": NOTEBOOK}
    assert outcome(collected(assignment, zipped(tmp_path / "a.zip", files))) == (
        ("ada", "bob"),
        (),
        (),
        (),
    )
    files = {"ada/toy.ipynb": OTHER, "bob/toy.ipynb": NOTEBOOK, "cleo/toy.ipynb": NOTEBOOK}
    later = zipped(tmp_path / "b.zip", files, (2026, 11, 21, 8, 0, 0))
    assert outcome(collected(assignment, later)) == (("cleo",), ("ada",), ("bob",), ())
    assert here(assignment) == ["ada/toy/toy.ipynb", "bob/toy/toy.ipynb", "cleo/toy/toy.ipynb"]
    assert (assignment.paths.submission("ada", toy.NAME) / "toy.ipynb").read_bytes() == OTHER
    assert outcome(collected(assignment, tmp_path / "a.zip")) == ((), (), ("bob",), ("ada",))
    assert (assignment.paths.submission("ada", toy.NAME) / "toy.ipynb").read_bytes() == OTHER


def test_an_earlier_submission_is_there_until_the_new_one_is(
    assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected(assignment, zipped(tmp_path / "first.zip", {"ada/toy.ipynb": NOTEBOOK}))
    later = zipped(tmp_path / "later.zip", {"ada/toy.ipynb": OTHER}, (2026, 11, 21, 0, 0, 0))
    place = assignment.paths.submission("ada", toy.NAME)
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if target == place and path.name.endswith(".coming"):
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "rename", interrupted)
        collected(assignment, later)
    assert (place / "toy.ipynb").read_bytes() == NOTEBOOK
    assert collected(assignment, later).changed == ("ada",)
    assert (place / "toy.ipynb").read_bytes() == OTHER
    assert left_over(assignment) == []


def test_what_a_killed_collection_had_set_aside_comes_back(assignment: Assignment, tmp_path: Path) -> None:
    collected(
        assignment,
        zipped(tmp_path / "first.zip", {"ada/toy.ipynb": NOTEBOOK, "bob/toy.ipynb": NOTEBOOK}),
    )
    place = assignment.paths.submission("ada", toy.NAME)
    place.rename(place.with_name(".toy.replaced"))
    laid_out(place.with_name(".toy.coming"), {"toy.ipynb": OTHER})
    laid_out(assignment.paths.staging / "of-the-dead", {"ada/toy.ipynb": OTHER})
    assert collected(assignment, zipped(tmp_path / "next.zip", {"bob/toy.ipynb": NOTEBOOK})).unchanged == ("bob",)
    assert (place / "toy.ipynb").read_bytes() == NOTEBOOK
    assert left_over(assignment) == []


def test_submissions_may_lie_on_another_file_system(
    assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    with tempfile.TemporaryDirectory(dir=elsewhere) as folder:
        assignment.paths.submitted.symlink_to(folder)
        collected(assignment, zipped(tmp_path / "first.zip", {"ada/toy.ipynb": NOTEBOOK}))
        later = zipped(tmp_path / "later.zip", {"ada/toy.ipynb": OTHER}, (2026, 11, 21, 0, 0, 0))
        assert collected(assignment, later).changed == ("ada",)
        assert here(assignment) == ["ada/toy/toy.ipynb"]
        assert (assignment.paths.submission("ada", toy.NAME) / "toy.ipynb").read_bytes() == OTHER
        assert left_over(assignment) == []


def test_two_collections_at_once_are_both_whole(assignment: Assignment, tmp_path: Path) -> None:
    paths = [
        zipped(tmp_path / f"{number}.zip", {f"{name}-{number}/toy.ipynb": NOTEBOOK for name in ("ada", "bob", "cleo")})
        for number in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(partial(collected, assignment), paths))
    assert [len(one.new) for one in found] == [3] * 4
    assert len(here(assignment)) == 12
    assert left_over(assignment) == []


def test_a_place_that_cannot_be_written_is_said(assignment: Assignment, tmp_path: Path) -> None:
    assignment.paths.submitted.write_text("no folder")
    with pytest.raises(GraderError, match=r"^the collection was cut short, whole students only are in place: .*ada"):
        collected(assignment, zipped(tmp_path / "first.zip", {"ada/toy.ipynb": NOTEBOOK}))


def test_a_students_folder_in_another_form_of_unicode_is_theirs(assignment: Assignment, tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "zoé")
    laid_out(assignment.paths.submitted, {f"{name}/toy/toy.ipynb": NOTEBOOK})
    found = collected(assignment, zipped(tmp_path / "a.zip", {"zoé.ipynb": OTHER, "ada.ipynb": OTHER}))
    assert outcome(found) == (("ada",), ("zoé",), (), ())
    assert here(assignment) == ["ada/toy/ada.ipynb", f"{name}/toy/zoé.ipynb"]


def test_the_time_is_the_archives_and_not_the_students(
    assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    forged = {"ada/toy.ipynb": NOTEBOOK, "ada/timestamp.txt": b"2000-01-01 00:00:00.000000 UTC"}
    collected(assignment, zipped(tmp_path / "a.zip", forged))
    text = (assignment.paths.submission("ada", toy.NAME) / "timestamp.txt").read_text()
    assert text == "2026-11-20 10:30:00.000000 UTC\n"


def test_gradescope_says_when(assignment: Assignment, tmp_path: Path) -> None:
    collected(assignment, laid_out(tmp_path / "a", DOWNLOADS["Gradescope"][1]))
    text = (assignment.paths.submission("Ada Lovelace", toy.NAME) / "timestamp.txt").read_text()
    assert text == "2026-11-20 10:30:00.500000 UTC\n"
    assert not (assignment.paths.submission("Bob", toy.NAME) / "timestamp.txt").exists()


def test_nbgraders_own_time_is_kept(assignment: Assignment, tmp_path: Path) -> None:
    stamp = b"2026-11-19 08:00:00.000000 UTC\n"
    files = {"ada/toy/toy.ipynb": NOTEBOOK, "ada/toy/timestamp.txt": stamp}
    collected(assignment, zipped(tmp_path / "a.zip", files))
    assert (assignment.paths.submission("ada", toy.NAME) / "timestamp.txt").read_bytes() == stamp


# --- What would do harm -----------------------------------------------------------------------------------------------

GOOD = {"ada/toy.ipynb": NOTEBOOK, "bob/toy.ipynb": NOTEBOOK}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ada/../../../evil.ipynb", "a name that leads out of its folder"),
        ("..\\evil.ipynb", "a name that leads out of its folder"),
        ("/tmp/evil.ipynb", "an absolute name"),
        ("C:\\evil.ipynb", "an absolute name"),
        ("ada/evil\n.ipynb", "a name that is not text"),
        ("ada/" + "x" * 300, "a name too long"),
        ("ada/" + "/".join(["x" * 50] * 30), "a name too long"),
    ],
)
@pytest.mark.parametrize("make", [zipped, tarred])
def test_a_name_that_leads_elsewhere_is_not_taken(
    assignment: Assignment,
    tmp_path: Path,
    make: object,
    name: str,
    reason: str,
) -> None:
    assert callable(make)
    found = collected(assignment, make(tmp_path / "archive", {**GOOD, name: b"evil"}))
    assert [one.reason for one in found.skipped] == [reason]
    assert here(assignment) == ["ada/toy/toy.ipynb", "bob/toy/toy.ipynb"]
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_of_a_zip_are_not_taken(assignment: Assignment, tmp_path: Path, mode: int) -> None:
    path = zipped(tmp_path / "a.zip", GOOD)
    with zipfile.ZipFile(path, "a") as out:
        info = zipfile.ZipInfo("ada/link")
        info.external_attr = (mode | 0o777) << 16
        out.writestr(info, "/etc/passwd")
    found = collected(assignment, path)
    assert [one.reason for one in found.skipped] == ["a link" if mode == stat.S_IFLNK else "a device"]
    assert here(assignment) == ["ada/toy/toy.ipynb", "bob/toy/toy.ipynb"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_of_a_tar_are_not_taken(assignment: Assignment, tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as out:
        for name, content in GOOD.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
        odd = tarfile.TarInfo("ada/link")
        odd.type, odd.linkname = kind, "bob/toy.ipynb"
        out.addfile(odd)
    found = collected(assignment, path)
    assert [one.reason for one in found.skipped] in (["a link"], ["a device"])
    assert here(assignment) == ["ada/toy/toy.ipynb", "bob/toy/toy.ipynb"]


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


@needs_root
@pytest.mark.parametrize("owner", [0, 65534])
def test_a_hard_link_to_another_users_file_is_not_taken(assignment: Assignment, tmp_path: Path, owner: int) -> None:
    """Several names of one's own file are one's own."""
    path = laid_out(tmp_path / "download", GOOD)
    (tmp_path / "secret").write_text("a key")
    os.chown(tmp_path / "secret", owner, owner)
    (path / "ada" / "notes").hardlink_to(tmp_path / "secret")
    found = collected(assignment, path)
    assert [(one.name, one.reason) for one in found.skipped] == (
        [("ada/notes", "a hard link to another user's file")] if owner else []
    )
    assert ("ada/toy/notes" in here(assignment)) == (not owner)


def test_links_of_a_folder_are_not_followed(assignment: Assignment, tmp_path: Path) -> None:
    path = laid_out(tmp_path / "download", GOOD)
    (path / "ada" / "secret").symlink_to("/etc/passwd")
    (path / "cleo").symlink_to(path / "bob")
    found = collected(assignment, path)
    assert sorted(one.name for one in found.skipped) == ["ada/secret", "cleo"]
    assert here(assignment) == ["ada/toy/toy.ipynb", "bob/toy/toy.ipynb"]


def test_what_programs_leave_behind_is_left_out(assignment: Assignment, tmp_path: Path) -> None:
    names = ("__MACOSX/ada/._toy.ipynb", "ada/.DS_Store", "ada/.git/config", "ada/.ipynb_checkpoints/toy.ipynb")
    found = collected(assignment, zipped(tmp_path / "a.zip", {**GOOD, **dict.fromkeys(names, b"")}))
    assert (found.system, found.skipped) == (4, ())
    assert here(assignment) == ["ada/toy/toy.ipynb", "bob/toy/toy.ipynb"]


def test_a_file_too_large_is_skipped_by_its_real_size(
    assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.intake.collect.LARGEST_FILE", 2**20)
    found = collected(assignment, zipped(tmp_path / "a.zip", {**GOOD, "cleo/toy.ipynb": b" " * 2**21}))
    assert [(one.name, one.reason) for one in found.skipped] == [("cleo/toy.ipynb", "over 1 MB")]
    assert here(assignment) == ["ada/toy/toy.ipynb", "bob/toy/toy.ipynb"]


def test_a_bomb_is_refused_before_it_goes_off(
    assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "RATIO_FROM", 2**20)
    bomb = {**GOOD, **{f"ada/{number}": b"\0" * 2**21 for number in range(5)}}
    text = "it unpacks to more than 200 times its size, as archives made to fill a disk do"
    assert problem(assignment, zipped(tmp_path / "a.zip", bomb)) == text
    assert problem(assignment, tarred(tmp_path / "a.tgz", bomb)) == text


def test_too_much_in_all_is_refused(assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_TOTAL", 100)
    assert problem(assignment, laid_out(tmp_path / "a", GOOD)).endswith("GB unpacked")


def test_too_many_entries_are_refused(assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_ENTRIES", 1)
    assert problem(assignment, zipped(tmp_path / "a.zip", GOOD)) == "more than 1 entries"
    monkeypatch.setattr(archive, "DIRECTORY_BYTES", 10)
    assert problem(assignment, tmp_path / "a.zip") == "more than 1 entries"


def test_entries_are_counted_before_they_are_held(
    assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "a.zip", GOOD)
    monkeypatch.setattr(archive, "MOST_ENTRIES", 1)
    monkeypatch.setattr(zipfile, "ZipFile", lambda path: pytest.fail("all of them are held"))
    assert problem(assignment, path) == "more than 1 entries"


def test_a_tar_header_as_long_as_memory_is_refused(assignment: Assignment, tmp_path: Path) -> None:
    path = tmp_path / "a.tgz"
    header = tarfile.TarInfo("ada/toy.ipynb")
    header.type, header.size = tarfile.XHDTYPE, 2**26
    path.write_bytes(gzip.compress(header.tobuf() + bytes(2**26 + 1024)))
    assert problem(assignment, path) == "neither a folder, nor a zip, nor a tar archive"
    info = tarfile.TarInfo("bob/toy.ipynb")
    info.size = len(NOTEBOOK)
    first = info.tobuf() + NOTEBOOK + bytes(-len(NOTEBOOK) % 512)
    path.write_bytes(gzip.compress(first + header.tobuf() + bytes(2**26 + 1024)))
    assert problem(assignment, path) == "a damaged tar archive: more than 8 MB that are no file"


def test_a_damaged_file_is_skipped_and_the_others_are_taken(assignment: Assignment, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", GOOD)
    data = bytearray(path.read_bytes())
    at = data.index(b"ada/toy.ipynb") + 13
    data[at : at + 40] = b"\xff" * 40
    path.write_bytes(data)
    found = collected(assignment, path)
    assert [one.reason for one in found.skipped] == ["damaged, or packed in a way that cannot be read"]
    assert here(assignment) == ["bob/toy/toy.ipynb"]


def test_an_encrypted_file_is_skipped(assignment: Assignment, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", GOOD)
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<H", data, at + 8, 1)
    path.write_bytes(data)
    assert [one.reason for one in collected(assignment, path).skipped] == ["encrypted"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "neither a folder, nor a zip, nor a tar archive"),
        (b"hello", "neither a folder, nor a zip, nor a tar archive"),
        (None, "there is no such file or folder"),
    ],
)
def test_what_is_no_archive_is_refused(
    assignment: Assignment, tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "a.zip"
    if content is not None:
        path.write_bytes(content)
    assert problem(assignment, path) == message


def test_a_tar_cut_short_is_refused(assignment: Assignment, tmp_path: Path) -> None:
    path = tarred(tmp_path / "a.tgz", {**GOOD, "cleo/random": os.urandom(2**16)})
    path.write_bytes(path.read_bytes()[:-1000])
    assert problem(assignment, path).startswith("a damaged tar archive: ")


def test_an_archive_without_submissions_is_said(assignment: Assignment, tmp_path: Path) -> None:
    text = "no submission in it: expected a folder or a notebook a student, or a platform's download"
    assert problem(assignment, zipped(tmp_path / "a.zip", {"notes.txt": b""})) == text
    assert problem(assignment, zipped(tmp_path / "b.zip", {})) == text
