"""What the course hands out beside a notebook: copied into each room by whoever builds it, never sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from autograder.errors import GraderError
from autograder.evidence import Evidence
from autograder.records import Limits, Plan, Submission
from autograder.sandbox import exam
from autograder.sandbox.exam import Order, examine, laid_out, sent
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import Cell, Probe, Text, VariableProbe

X: dict[str, Probe] = {"x": VariableProbe("x")}


def submission(files: Mapping[str, Path], *given: str, cells: tuple[str, ...] = ()) -> Submission:
    numbered = tuple(Cell(index, f"cell-{index}", source) for index, source in enumerate(cells))
    return Submission("ada", "digest", numbered, files=files, given=frozenset(given))


def hold(zygote: Zygote, one: Submission, disk_mb: int = 200) -> Evidence:
    limits = Limits(seconds=60, disk_mb=disk_mb)
    return examine(zygote, Order("key", one, Plan((), X, ()), limits, measure().level or ""))


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("given", [True, False], ids=["given", "sent"])
def test_it_is_the_students_to_write(light_zygote: Zygote, tmp_path: Path, given: bool) -> None:
    """However it came there: read, imported, written over, added to, moved and removed, its folders too."""
    names = ("utils.py", "data/deep/a.csv", "data/b.csv")
    files = {name: write(tmp_path / name, b"v = 1\n") for name in names}
    cells = (
        "import utils, os, shutil\nx = [utils.v]",
        "open('utils.py', 'w').write('v = 2'); open('data/b.csv', 'a').write('more'); open('data/new', 'w')",
        "x += [open('utils.py').read(), open('data/b.csv').read()]",
        "os.rename('data/deep/a.csv', 'data/deep/c.csv'); shutil.rmtree('data/deep'); os.remove('data/b.csv')",
        "x += [sorted(os.listdir('data')), os.access('data', os.W_OK), oct(os.stat('utils.py').st_mode & 0o777)]",
        "x = repr(x)",
    )
    evidence = hold(light_zygote, submission(files, *(names if given else ()), cells=cells))
    assert [record.run.fault for record in evidence.exam.cells if record.run] == [None] * len(cells)
    seen = repr([1, "v = 2", "v = 1\nmore", ["new"], True, "0o644"])
    assert evidence.answers()["x"][0] == Text(seen, len(seen))
    assert {name: path.read_bytes() for name, path in files.items()} == dict.fromkeys(names, b"v = 1\n")


def test_no_bytes_of_it_are_sent(light_zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"a.csv": write(tmp_path / "a.csv", b"given"), "mine.py": write(tmp_path / "mine.py", b"own")}
    read: list[str] = []
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or read_bytes(path))  # type: ignore[func-returns-value]
    hold(light_zygote, submission(files, "a.csv", cells=("x = 1",)))
    assert [name for name in read if name in files] == ["mine.py"]


def test_what_one_request_cannot_name_is_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = {f"images/{number}.png": tmp_path / f"{number}.png" for number in range(40)}
    one = submission(files, *files)
    assert (laid_out(one), sent(one)) == (files, {})
    monkeypatch.setattr(exam, "NAMED_BYTES", 1000)
    assert (laid_out(one), sent(one)) == ({}, files)


def test_a_students_file_is_never_opened_by_whoever_builds_the_room(tmp_path: Path) -> None:
    one = submission({"a": tmp_path / "a", "b": tmp_path / "b"}, "b")
    assert (list(laid_out(one)), list(sent(one))) == (["b"], ["a"])


def test_one_that_is_gone_is_nobodys_fault(light_zygote: Zygote, tmp_path: Path) -> None:
    one = submission({"gone.csv": tmp_path / "gone.csv"}, "gone.csv", cells=("x = 1",))
    with pytest.raises(GraderError, match=r"read gone\.csv, which the course hands out: No such file or directory"):
        hold(light_zygote, one)


def test_one_that_does_not_fit_is_left_out(light_zygote: Zygote, tmp_path: Path) -> None:
    files = {"big.bin": write(tmp_path / "big.bin", bytes(3 * 2**20)), "small": write(tmp_path / "small", b"1")}
    one = submission(files, *files, cells=("x = open('small').read()",))
    evidence = hold(light_zygote, one, disk_mb=2)
    assert evidence.exam.fault is None


def test_what_only_its_owner_may_read_is_there(light_zygote: Zygote, tmp_path: Path) -> None:
    path = write(tmp_path / "private.csv", b"1")
    path.chmod(0o600)
    one = submission({"private.csv": path}, "private.csv", cells=("x = open('private.csv').read()",))
    evidence = hold(light_zygote, one)
    assert [record.run.fault for record in evidence.exam.cells if record.run] == [None]
