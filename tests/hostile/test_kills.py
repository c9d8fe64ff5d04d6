"""Whoever of a run is killed, and whenever: the next run's results are those of a quiet one, and nothing is left."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.evidence import load_exam
from autograder.records import Grade
from autograder.store import Store
from left_groups import left_groups
from loading import load_assignment
from toy import NAME, answered, hand_in, make_course

GRADE = [sys.executable, "-c", "from autograder.cli import main; main()", "grade", NAME, "--jobs", "2"]
END_SECONDS = 120
"""A run that lost one of its processes comes to its end long before."""
MARK = f"30{os.getpid()}"
"""Known again among all the processes and files of this machine: rooms' children sleep for so long."""
SLOW = "import time\ntime.sleep(0.3)\nnames = ['Ada', 'Grace', 'Joan']"
STAYS = f"""
import subprocess
open('/dev/shm/left-{MARK}', 'w').write('x')
for _ in range(2): subprocess.Popen(['sleep', '{MARK}'], start_new_session=True)
names = ['Ada']
"""
CLASS: dict[str, Sequence[Any] | bytes] = {
    "ada": answered({"names-answer": SLOW}),
    "bob": answered({"names-answer": STAYS}),
    "cyd": b"no notebook",
    "dan": answered({"greet-answer": "import os\nos._exit(3)"}),
    "eve": answered({"names-answer": SLOW, "double-answer": "def double(values):\n    raise ValueError('no')"}),
    "zoe": answered({"names-answer": SLOW}),
}


class Course:
    """A class to grade, with folders of its own for what runs leave."""

    def __init__(self, root: Path) -> None:
        self.root = make_course(root / "course")
        self.temporary = root / "temporary"
        self.temporary.mkdir()
        for name, content in CLASS.items():
            hand_in(self.root, name, content)

    def start(self) -> subprocess.Popen[str]:
        environment = {**os.environ, "TMPDIR": str(self.temporary)}
        return subprocess.Popen(
            GRADE, cwd=self.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def rows(self) -> dict[str, Grade]:
        """What is stored, less how long it took."""
        path = self.root / ".autograder" / "results.db"
        if not path.exists():
            return {}
        with Store(path) as store:
            return {one.student: replace(one, seconds=0.0) for one in store.grades(NAME)}

    def ends(self) -> dict[str, object]:
        """How each exam ended early, or None: for whom a test has to tell what fell."""
        found = {name: load_exam(load_assignment(self.root, NAME).paths.evidence(NAME, name)) for name in CLASS}
        return {name: exam and exam.fault for name, exam in found.items()}

    def left(self, *killed: int) -> list[str]:
        """What is left on this machine of runs that have ended, `killed` or not."""
        marks = (str(self.temporary), str(self.root), MARK, *(f"autograder-{pid}." for pid in killed))
        lines = {
            pid: line for pid, line in processes().items() if pid != os.getpid() and any(one in line for one in marks)
        }
        groups = [path.name for pid in killed for path in left_groups(f"{pid}.")]
        mounts = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(self.temporary) in line]
        shared = list(Path("/dev/shm").glob(f"*{MARK}*"))
        return [*lines.values(), *groups, *mounts, *map(str, shared), *map(str, self.temporary.iterdir())]


def processes() -> dict[int, str]:
    """Every process's command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
    return found


def children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            yield from map(int, (task / "children").read_text().split())
        except OSError:
            continue


def victims(kind: str, pid: int) -> list[int]:
    """The processes of a run, `pid`, that are its zygote, its judge or a room's supervisor."""
    if kind == "grade":
        return [pid]
    lines = processes()
    words = {"judge": ("autograder.judge",), "zygote": ("autograder.worker.sysroot", "zygote.main")}
    if kind == "supervisor":
        return [one for zygote in victims("zygote", pid) for one in children(zygote)]
    return [one for one in children(pid) if any(word in lines.get(one, "") for word in words[kind])]


def kill(kind: str, run: subprocess.Popen[str], rng: random.Random, seconds: float) -> bool:
    """Kill one of a run, at a moment of a run of so many seconds, or as soon as there is one; whether there was."""
    time.sleep(rng.uniform(0, seconds))
    while run.poll() is None:
        if found := victims(kind, run.pid):
            os.kill(rng.choice(found), signal.SIGKILL)
            return True
        time.sleep(0.005)
    return False


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Grade], float]:
    """The rows of a run that nobody disturbs, and how many seconds it took."""
    course = Course(tmp_path_factory.mktemp("quiet"))
    started = time.monotonic()
    with course.start() as run:
        said, _ = run.communicate()
    assert run.returncode == 0, said
    rows = course.rows()
    assert [rows[name].score for name in CLASS] == [8.0, 4.0, 0.0, 0.0, 4.0, 8.0], rows
    assert course.left(run.pid) == []
    return rows, time.monotonic() - started


def disturb(root: Path, kind: str, times: int, quiet: tuple[dict[str, Grade], float]) -> None:
    """Kill so many of one kind, and see after each that the next run has the rows of a quiet one."""
    rows, seconds = quiet
    rng = random.Random(f"{kind} {times}")
    done = 0
    for number in itertools.count():
        if done >= times:
            return
        course = Course(root / str(number))
        killed = []
        for _ in range(rng.randint(1, min(3, times - done))):
            with course.start() as run:
                killed.append(run.pid)
                hit = kill(kind, run, rng, seconds)
                said, _ = run.communicate(timeout=END_SECONDS)
            done += hit
            assert "Traceback" not in said, said
            assert not hit or kind == "grade" or run.returncode in (0, 3), said
            for name, row in course.rows().items():
                assert row == rows[name] or row.status == "ungraded", (row, said)
        with course.start() as run:
            said, _ = run.communicate(timeout=END_SECONDS)
        assert run.returncode == 0, said
        assert course.rows() == rows, (said, course.ends())
        assert course.left(run.pid, *killed) == []


@pytest.mark.parametrize("kind", ["grade", "zygote", "judge", "supervisor"])
def test_after_one_is_killed(tmp_path: Path, kind: str, quiet: tuple[dict[str, Grade], float]) -> None:
    disturb(tmp_path, kind, 1, quiet)


@pytest.mark.whole
@pytest.mark.parametrize(("kind", "times"), [("grade", 100), ("zygote", 20), ("judge", 20), ("supervisor", 20)])
def test_after_many_are_killed(tmp_path: Path, kind: str, times: int, quiet: tuple[dict[str, Grade], float]) -> None:
    disturb(tmp_path, kind, times, quiet)
