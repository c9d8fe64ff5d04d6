"""Rooms that are kept warm between commands: lent to one at a time, to this user alone, and gone when nobody asks."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.errors import GraderError
from autograder.sandbox import kept
from autograder.sandbox.environment import own_environment
from autograder.sandbox.kept import keepers, kept_zygote, stop_keepers
from autograder.sandbox.room import Room
from autograder.sandbox.rooms import RoomLimits, WarmRooms

OTHER_USER = 65534
SIZES = RoomLimits(memory_bytes=2**29, processes=64, disk_bytes=2**24)


@pytest.fixture(autouse=True)
def _folder_of_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    yield
    stop_keepers()


def borrowed(cache: Path, *preload: str) -> WarmRooms | None:
    return kept_zygote(preload or ("numpy",), cache, None, {})


def lent(cache: Path, *preload: str) -> WarmRooms:
    found = borrowed(cache, *preload)
    assert found is not None
    found.warm()
    return found


def room_of(zygote: WarmRooms) -> Room:
    return zygote.open_room(SIZES, grouped=False)


def test_the_next_command_finds_the_same_process(tmp_path: Path) -> None:
    with lent(tmp_path) as first, room_of(first):
        process = first.pid
    with lent(tmp_path) as second, room_of(second) as room:
        assert second.pid == process
        room.close()


def test_it_is_lent_to_one_command_at_a_time(tmp_path: Path) -> None:
    with lent(tmp_path):
        assert borrowed(tmp_path) is None
        (told,) = keepers()
        assert told.lent
        assert told.preload == ("numpy",)
    (told,) = keepers()
    assert not told.lent


def test_rooms_end_with_the_command_that_opened_them(tmp_path: Path) -> None:
    zygote = lent(tmp_path)
    room = room_of(zygote)
    inmate = os.dup(room._inmate)  # type: ignore[arg-type]  # nobody else has a handle of it
    zygote.close()
    assert select.select([inmate], [], [], 0)[0]
    os.close(inmate)


@pytest.mark.parametrize("change", ["preload", "cache", "package", "library"])
def test_whatever_it_would_hold_otherwise_is_another(
    tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    environment = replace(own_environment(), path=(str(libraries),))

    def name(preload: str = "numpy", cache: str = "cache") -> str:
        return kept._name(kept.Wanted((preload,), cache, environment, {}, {}))

    before = name()
    assert name() == before
    if change == "package":
        monkeypatch.setattr(kept, "CONTRACT", "another")
    elif change == "library":
        (libraries / "new-1.0.dist-info").mkdir()
    assert name(**{change: "other"} if change in ("preload", "cache") else {}) != before


def test_the_name_is_the_same_in_every_process() -> None:
    code = (
        "from autograder.sandbox import kept; from autograder.sandbox.environment import own_environment; "
        "print(kept._name(kept.Wanted(('numpy',), 'cache', own_environment(), {}, {})))"
    )
    names = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(names) == 1


def test_a_keeper_that_was_killed_is_replaced(tmp_path: Path) -> None:
    with lent(tmp_path) as first:
        process = first.pid
    os.kill(keepers()[0].pid, signal.SIGKILL)
    _wait_until(lambda: not _runs(process))  # its zygote goes with it
    with lent(tmp_path) as second, room_of(second):
        assert second.pid != process


def test_a_lost_zygote_is_noticed_and_its_keeper_goes(tmp_path: Path) -> None:
    with lent(tmp_path) as zygote:
        assert not zygote.lost
        os.kill(zygote.pid, signal.SIGKILL)
        _wait_until(lambda: zygote.lost)
        with pytest.raises(GraderError):
            room_of(zygote)
    _wait_until(lambda: not keepers())


def test_stop_ends_what_nobody_uses_at_once_and_the_rest_when_it_is_given_back(tmp_path: Path) -> None:
    with lent(tmp_path) as zygote:
        assert stop_keepers() == 1
        with room_of(zygote) as room:
            room.close()
        assert keepers()
    _wait_until(lambda: not keepers())
    assert stop_keepers() == 0


def test_it_ends_by_itself_once_idle(tmp_path: Path) -> None:
    zygote = kept_zygote(("numpy",), tmp_path, None, {}, idle_seconds=0.5)
    assert zygote is not None
    with zygote:
        zygote.warm()
        process = zygote.pid
        time.sleep(1.0)  # while it is lent it stays
        with room_of(zygote) as room:
            room.close()
    _wait_until(lambda: not _runs(process))
    assert keepers() == []


def test_there_are_never_many(tmp_path: Path) -> None:
    for number in range(kept.MOST_KEPT + 2):
        lent(tmp_path / str(number)).close()
    _wait_until(lambda: len(keepers()) <= kept.MOST_KEPT)
    assert str(tmp_path / str(kept.MOST_KEPT + 1)) not in {one.course for one in keepers()}  # two above its cache


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o707])
def test_a_folder_that_others_can_enter_is_not_used(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / f"keras-autograder-{os.geteuid()}"
    folder.mkdir()
    folder.chmod(mode)
    assert borrowed(tmp_path) is None
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o757])
def test_a_place_in_which_others_may_rename_it_is_not_used(tmp_path: Path, mode: int) -> None:
    """Once it was looked at, another could stand there. Where only owners rename, as in /tmp, it is used."""
    tmp_path.chmod(mode)
    assert borrowed(tmp_path) is None
    assert not list(tmp_path.glob("keras-autograder-*"))
    tmp_path.chmod(mode | stat.S_ISVTX)
    lent(tmp_path).close()


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user for a while")


@needs_root
def test_a_place_of_another_users_is_not_used(tmp_path: Path) -> None:
    """`su` leaves the variables of whoever was there before."""
    os.chown(tmp_path, OTHER_USER, OTHER_USER)
    assert borrowed(tmp_path) is None


@needs_root
def test_a_socket_that_another_user_answers_on_is_nobodys(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as other:
        other.bind(str(path))
        os.seteuid(OTHER_USER)
        try:
            other.listen()
        finally:
            os.seteuid(0)
        assert kept._connect(path) is None
        other.listen()
        mine = kept._connect(path)
        assert mine is not None
        mine.close()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / f"keras-autograder-{os.geteuid()}").symlink_to(tmp_path / "elsewhere")
    assert borrowed(tmp_path) is None


def _own_lock(tmp_path: Path) -> Path:
    lock = tmp_path / f"keras-autograder-{os.geteuid()}" / "lock"
    lock.parent.mkdir(mode=0o700)
    return lock


def test_a_command_that_was_stopped_while_it_looked_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "LOCK_SECONDS", 0.1)
    with _own_lock(tmp_path).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert borrowed(tmp_path) is None


@pytest.mark.parametrize("make", [lambda lock: lock.symlink_to("victim"), os.mkfifo, Path.mkdir])
def test_what_stands_in_the_locks_place_is_neither_emptied_nor_waited_for(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    lock = _own_lock(tmp_path)
    (lock.parent / "victim").write_text("kept")
    make(lock)
    if found := borrowed(tmp_path):
        found.close()
    assert (lock.parent / "victim").read_text() == "kept"


def test_the_folder_is_this_users_alone(tmp_path: Path) -> None:
    with lent(tmp_path):
        (folder,) = tmp_path.glob("keras-autograder-*")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_stream_of_the_command_stays_open_in_it(tmp_path: Path) -> None:
    """Whoever reads a command's output to its end is not kept waiting."""
    code = (
        "from pathlib import Path; from autograder.sandbox.kept import kept_zygote; "
        f"z = kept_zygote(('numpy',), Path({str(tmp_path)!r}), None, {{}}); z.warm(); z.close(); print('done')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "done\n"
    assert done.stderr == ""
    assert keepers()


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    pytest.fail("it did not come to that within 30 s")
