"""GPUs as nvidia-smi lists them, and leased to threads. No GPU is needed: a `Gpu` is plain data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from autograder.sandbox.gpus import Gpu, GpuPool, GpuRow, Lease, Ledger, device_nodes, parse_rows, survey, visible_rows
from autograder.sandbox.rooms import RoomLimits, RoomView, Zygote
from autograder.wire.messages import Cell, CellRun, Cells

SECONDS = 60.0
"""What a broken pool has to wake those who wait, or a room to answer, before its test is red."""

ONE = "0, GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77, Tesla T4, 15360, 00000000:00:1E.0, [N/A]\n"
EIGHT = "".join(
    f"{index}, GPU-{index}0000000-aaaa-bbbb-cccc-dddddddddddd, NVIDIA H100 80GB HBM3, 81559, "
    f"00000000:{bus}:00.0, Disabled\n"
    for index, bus in enumerate(("1B", "43", "52", "61", "9D", "C3", "D1", "DF"))
)
MIG = (
    "0, GPU-aaaa0000-0000-0000-0000-000000000000, NVIDIA A100-SXM4-40GB, 40960, 00000000:07:00.0, Enabled\n"
    "1, GPU-bbbb0000-0000-0000-0000-000000000000, NVIDIA A100-SXM4-40GB, 40960, 00000000:0F:00.0, Disabled\n"
)
SHARED_MEMORY = "0, GPU-cccc0000-0000-0000-0000-000000000000, NVIDIA GB10, [N/A], 0000000F:01:00.0, [N/A]\n"
LOST = "Unable to determine the device handle for GPU 0000:52:00.0: GPU is lost.  Reboot the system to recover this GPU"


def fakes(count: int = 1, memory_mb: int = 24_000) -> tuple[Gpu, ...]:
    return tuple(Gpu(index, f"GPU-{index}", "Fake", memory_mb, (f"/dev/nvidia{index}",)) for index in range(count))


# --- Listing ----------------------------------------------------------------------------------------------------------


def test_one_gpu_is_read() -> None:
    assert parse_rows(ONE) == (
        (GpuRow(0, "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77", "Tesla T4", 15360, "00000000:00:1E.0", mig=False),),
        (),
    )


def test_eight_gpus_are_read_in_order() -> None:
    rows, problems = parse_rows(EIGHT)
    assert [row.index for row in rows] == list(range(8))
    assert {(row.name, row.memory_mb, row.mig) for row in rows} == {("NVIDIA H100 80GB HBM3", 81559, False)}
    assert problems == ()


def test_mig_mode_and_memory_that_is_not_known_are_read_as_such() -> None:
    assert [row.mig for row in parse_rows(MIG)[0]] == [True, False]
    assert parse_rows(SHARED_MEMORY)[0][0].memory_mb is None


@pytest.mark.parametrize(
    "line",
    [
        "No devices were found",
        LOST,
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
        "  MIG 1g.5gb      Device  0: (UUID: MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f)",
        "0, MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f, A100, 4864, 00000000:07:00.0, Enabled",
        "[N/A], [N/A], [N/A], [N/A], [N/A], [N/A]",
        "-1, GPU-1, A100, 40960, 00000000:07:00.0, Disabled",
        "²,GPU-1,A100,1,b,Disabled",
        ",,,,,",
        "0, GPU-1, A100",
    ],
)
def test_a_line_that_is_no_gpu_is_a_problem_and_hides_no_other(line: str) -> None:
    rows, problems = parse_rows(f"{line}\n\n{ONE}")
    assert [row.name for row in rows] == ["Tesla T4"]
    assert problems == (f"nvidia-smi: {line.strip()}",)


@pytest.mark.parametrize(
    ("visible", "indices"),
    [
        (None, [0, 1, 2, 3, 4, 5, 6, 7]),
        ("3", [3]),
        ("2,1", [2, 1]),
        (" 2 , 1 ", [2, 1]),
        ("GPU-50000000-aaaa-bbbb-cccc-dddddddddddd", [5]),
        ("GPU-5,0", [5, 0]),
        ("1,1", [1]),
        ("", []),
        ("-1", []),
        ("0,2,-1,1", [0, 2]),
        ("0,8,1", [0]),
        ("GPU-,1", []),
        ("MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f", []),
        ("NoDevFiles", []),
    ],
)
def test_cuda_visible_devices_is_read_as_cuda_reads_it(visible: str | None, indices: list[int]) -> None:
    rows, problems = visible_rows(parse_rows(EIGHT)[0], visible)
    assert [row.index for row in rows] == indices
    assert all(f"CUDA_VISIBLE_DEVICES={visible}" in problem for problem in problems)
    assert indices or problems


def test_a_gpu_has_the_nodes_that_are_there(tmp_path: Path) -> None:
    row = parse_rows(EIGHT)[0][1]
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "nvidia-caps"):
        (tmp_path / name).touch()
    assert device_nodes(row, tmp_path, tmp_path) == tuple(
        str(tmp_path / name) for name in ("nvidia1", "nvidiactl", "nvidia-uvm")
    )
    (tmp_path / "nvidia1").unlink()
    assert device_nodes(row, tmp_path, tmp_path) == ()


def test_the_number_of_a_node_is_the_drivers_where_that_is_known(tmp_path: Path) -> None:
    row = parse_rows(EIGHT)[0][0]
    (tmp_path / "nvidia3").touch()
    (tmp_path / "0000:1b:00.0").mkdir()
    (tmp_path / "0000:1b:00.0" / "information").write_text("Model: \t\t NVIDIA H100\nDevice Minor: \t 3\n")
    assert device_nodes(row, tmp_path, tmp_path) == (str(tmp_path / "nvidia3"),)


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Put a program of that name on the path, which writes a text and exits."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def install(text: str, code: int) -> None:
        (tmp_path / "said").write_text(text)
        program = tmp_path / "nvidia-smi"
        program.write_text(f'#!/bin/sh\ncat "{tmp_path}/said"\nexit {code}\n')
        program.chmod(0o755)

    return install


def test_where_there_is_no_driver_the_survey_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert survey().gpus == ()
    assert survey().problems == ("no NVIDIA driver: nvidia-smi is not installed",)


@pytest.mark.parametrize(
    ("text", "code", "problem"),
    [
        ("No devices were found\n", 6, "nvidia-smi: No devices were found"),
        ("", 18, "nvidia-smi: exit code 18"),
        ("", 0, "nvidia-smi lists no GPU"),
        (MIG.splitlines()[0], 0, "GPU 0, NVIDIA A100-SXM4-40GB: it is in MIG mode"),
        (SHARED_MEMORY, 0, "GPU 0, NVIDIA GB10: how much memory it has is not known"),
        (ONE.replace("0, GPU", "77, GPU"), 0, "GPU 77, Tesla T4: its device node is not in /dev"),
    ],
)
def test_the_survey_says_why_a_gpu_cannot_be_given(
    nvidia_smi: Callable[[str, int], None], text: str, code: int, problem: str
) -> None:
    nvidia_smi(text, code)
    found = survey()
    assert found.gpus == ()
    assert len(found.problems) == 1
    assert found.problems[0].startswith(problem)


def test_a_scheduler_may_leave_us_none(nvidia_smi: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    nvidia_smi(EIGHT, 0)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert survey().problems == ("CUDA_VISIBLE_DEVICES= hides the GPUs from here on",)


def test_the_script_for_machines_with_a_gpu_says_where_there_is_none(repository: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(repository / "tests" / "gpu_check.py")]
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (
        2,
        "no GPU to check: no NVIDIA driver: nvidia-smi is not installed\n",
    )


# --- Leases, one thread -----------------------------------------------------------------------------------------------


class LedgerMachine(RuleBasedStateMachine):
    """Takes, waits and gives back in any order, and holds after every step what must hold."""

    leases = Bundle("leases")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(fakes(3), rooms=2, reserve_mb=1000)
        self.held: list[Lease] = []
        self.claimed: list[int] = []

    def on(self, gpu: Gpu) -> list[Lease]:
        return [lease for lease in self.held if lease.gpu == gpu]

    @rule(target=leases)
    def share(self) -> Lease | None:
        lease = self.ledger.try_lease()
        if lease is None:
            full = [gpu for gpu in self.ledger.gpus if len(self.on(gpu)) == 2 or any(x.alone for x in self.on(gpu))]
            assert len(full) + len(self.claimed) >= 3, "a share was free and not given"
            return None
        assert not lease.alone
        assert all(len(self.on(lease.gpu)) <= len(self.on(gpu)) for gpu in self.ledger.gpus) or self.claimed
        self.held.append(lease)
        return lease

    @rule(target=claims)
    def claim(self) -> int:
        number = self.ledger.claim()
        self.claimed.append(number)
        return number

    @rule(target=leases, claim=claims)
    def take_alone(self, claim: int) -> Lease | None:
        if claim not in self.claimed:
            return None
        lease = self.ledger.try_lease_alone(claim)
        if lease is None:
            idle = [gpu for gpu in self.ledger.gpus if not self.on(gpu)]
            assert len(idle) < len(self.claimed), "a GPU was free for each who waits, and not given"
            return None
        assert lease.alone
        assert not self.on(lease.gpu)
        self.claimed.remove(claim)
        self.held.append(lease)
        return lease

    @rule(claim=consumes(claims))
    def withdraw(self, claim: int) -> None:
        self.ledger.withdraw(claim)
        if claim in self.claimed:
            self.claimed.remove(claim)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.held) - 1))
        self.ledger.release(self.held.pop(place))

    @invariant()
    def no_gpu_is_overbooked(self) -> None:
        for gpu in self.ledger.gpus:
            leases = self.on(gpu)
            assert len(leases) <= (1 if any(lease.alone for lease in leases) else 2)
            assert sum(lease.memory_mb + 1000 for lease in leases) <= gpu.memory_mb

    def teardown(self) -> None:
        """Once everyone has left, everything can be had again."""
        for lease in self.held:
            self.ledger.release(lease)
        for claim in self.claimed:
            self.ledger.withdraw(claim)
        assert sum(self.ledger.try_lease() is not None for _ in range(7)) == 6


TestLedger = LedgerMachine.TestCase


def test_rooms_spread_over_the_gpus() -> None:
    ledger = Ledger(fakes(3), rooms=2, reserve_mb=0)
    given = [ledger.try_lease() for _ in range(7)]
    assert [lease.gpu.index if lease else None for lease in given] == [0, 1, 2, 0, 1, 2, None]


def test_a_claimed_gpu_empties_and_goes_to_who_claimed_it_first() -> None:
    ledger = Ledger(fakes(1), rooms=2, reserve_mb=0)
    share = ledger.try_lease()
    assert share is not None
    first, second = ledger.claim(), ledger.claim()
    assert ledger.try_lease() is None
    assert ledger.try_lease_alone(first) is None
    ledger.release(share)
    assert ledger.try_lease() is None
    assert ledger.try_lease_alone(second) is None
    assert ledger.try_lease_alone(first) is not None


def test_claims_spread_and_leave_the_other_gpus_to_shares() -> None:
    ledger = Ledger(fakes(3), rooms=1, reserve_mb=0)
    ledger.claim()
    ledger.claim()
    lease = ledger.try_lease()
    assert lease is not None
    assert lease.gpu.index == 2
    assert ledger.try_lease() is None


def seen_in_a_room(zygote: Zygote, lease: Lease | None) -> dict[str, object]:
    """What a room is shown of a GPU."""
    source = (
        "import os\n"
        "def named():\n"
        "    try:\n"
        "        return open('/proc/self/task/1/comm', 'w').write('x') == 1\n"
        "    except OSError:\n"
        "        return False\n"
        "print(os.environ['CUDA_VISIBLE_DEVICES'], os.path.exists('/dev/tty'), os.path.exists('/sys'), named())"
    )
    room = zygote.open_room(RoomLimits(2**29, 64, 2**24), RoomView(gpu=lease), grouped=False)
    deadline = time.monotonic() + SECONDS
    room.send(Cells([Cell(0, "", source)], output_chars=1000), deadline=deadline)
    while not isinstance(message := room.receive(deadline)[0], CellRun):
        pass
    room.close()
    visible, *rest = message.stdout.rstrip("\n").split(" ")
    return {"visible": visible} | {name: one == "True" for name, one in zip(SHOWN, rest, strict=True)}


SHOWN = ("node", "system", "thread named")
"""CUDA names its threads in /proc, and says « no GPU » where it cannot."""


def test_what_a_gpus_driver_needs_is_in_the_leased_room_alone(light_zygote: Zygote) -> None:
    lease = Lease(Gpu(0, "GPU-1234", "Fake", 24_000, ("/dev/tty",)), 1000)  # any node that a host has will do
    assert seen_in_a_room(light_zygote, lease) == {"visible": "GPU-1234"} | dict.fromkeys(SHOWN, True)
    assert seen_in_a_room(light_zygote, None) == {"visible": ""} | dict.fromkeys(SHOWN, False)


# --- Leases, many threads ---------------------------------------------------------------------------------------------


class Watched(threading.Condition):
    """A condition that says when somebody begins to wait: he is counted before he lets go of the lock."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = threading.Semaphore(0)

    def wait(self, timeout: float | None = None) -> bool:
        self._waiting.release()
        assert super().wait(SECONDS), "nobody woke this thread"
        return True

    def wait_for_waiter(self) -> None:
        """Return once one more thread has begun to wait, and has let go of the lock."""
        assert self._waiting.acquire(timeout=SECONDS), "nobody waits"
        with self:
            pass


def watched(pool: GpuPool) -> Watched:
    pool._changed = condition = Watched()
    return condition


class Room:
    """A thread that takes a lease, says so, and holds it until it is let go."""

    def __init__(self, executor: ThreadPoolExecutor, pool: GpuPool, alone: bool) -> None:
        self._opened, self.leave = threading.Event(), threading.Event()
        self.future: Future[Lease] = executor.submit(self._hold, pool, alone)

    def _hold(self, pool: GpuPool, alone: bool) -> Lease:
        with pool.lease(alone=alone) as lease:
            self._opened.set()
            self.leave.wait()
            return lease

    @property
    def is_open(self) -> bool:
        return self._opened.is_set()

    def opened(self) -> Room:
        """Return this room once it is open."""
        assert self._opened.wait(SECONDS), "the room did not open"
        return self

    def end(self) -> Lease:
        self.leave.set()
        return self.future.result(SECONDS)


@contextmanager
def rooms_of(pool: GpuPool) -> Iterator[Callable[[bool], Room]]:
    """Give what opens a room, alone or not, in a thread; all are let go at the end, however the test ends."""
    rooms: list[Room] = []

    def open_room(alone: bool) -> Room:
        rooms.append(Room(executor, pool, alone))
        return rooms[-1]

    with ThreadPoolExecutor(8) as executor:
        try:
            yield open_room
        finally:
            for room in rooms:
                room.leave.set()


def test_eight_gpus_hold_three_rooms_each_and_no_more() -> None:
    pool = GpuPool(fakes(8), rooms_per_gpu=3, reserve_mb=500)
    watched(pool)
    assert pool.count == 24
    together = threading.Barrier(24)  # broken, and the test with it, unless 24 rooms are open at once
    lock = threading.Lock()
    now: dict[str, int] = {}
    most: dict[str, int] = {}

    def room(_: int) -> int:
        with pool.lease() as lease:
            with lock:
                now[lease.gpu.uuid] = now.get(lease.gpu.uuid, 0) + 1
                most[lease.gpu.uuid] = max(most.get(lease.gpu.uuid, 0), now[lease.gpu.uuid])
            together.wait(SECONDS)
            with lock:
                now[lease.gpu.uuid] -= 1
            return lease.memory_mb

    with ThreadPoolExecutor(48) as executor:
        caps = list(executor.map(room, range(96)))
    assert set(caps) == {24_000 // 3 - 500}
    assert most == dict.fromkeys((gpu.uuid for gpu in fakes(8)), 3)


def test_the_caps_of_a_gpus_rooms_and_what_cuda_needs_fit_its_memory() -> None:
    pool = GpuPool(fakes(1, 10_000), rooms_per_gpu=3, reserve_mb=700)
    with pool.lease() as one, pool.lease() as two, pool.lease() as three:
        assert one.memory_mb + two.memory_mb + three.memory_mb + 3 * 700 <= 10_000
    with pool.lease(alone=True) as whole:
        assert whole.memory_mb == 9_300


def test_alone_waits_for_a_whole_gpu_and_goes_before_new_shares() -> None:
    pool = GpuPool(fakes(1), rooms_per_gpu=2)
    condition = watched(pool)
    with rooms_of(pool) as open_room:
        first, second = open_room(False).opened(), open_room(False).opened()
        alone = open_room(True)
        condition.wait_for_waiter()
        first.end()
        condition.wait_for_waiter()  # it woke, saw the other room, and waits again
        late = open_room(False)
        condition.wait_for_waiter()  # a share is free, and is not given
        assert not late.is_open
        second.end()
        alone.opened()
        assert not late.is_open
        assert alone.end().alone
        assert not late.end().alone


def test_nobody_shares_a_gpu_with_a_room_that_is_alone() -> None:
    pool = GpuPool(fakes(2), rooms_per_gpu=2)
    condition = watched(pool)
    with rooms_of(pool) as open_room, pool.lease(alone=True) as whole:
        rooms = [open_room(False) for _ in range(3)]
        condition.wait_for_waiter()  # the third finds both shares of the other GPU taken
        for room in rooms:
            room.leave.set()
        assert whole.gpu not in [room.future.result(SECONDS).gpu for room in rooms]


def test_an_exception_gives_the_share_back() -> None:
    pool = GpuPool(fakes(1), rooms_per_gpu=1)
    for alone in (False, True, False):
        with pytest.raises(ZeroDivisionError), pool.lease(alone=alone):
            _ = 1 / 0
    with pool.lease():
        pass


@pytest.fixture
def interrupt() -> Iterator[Callable[[], None]]:
    """Give what interrupts this thread, once, from another."""
    main, heard = threading.get_ident(), threading.Event()

    def raise_once(*_: object) -> None:
        if not heard.is_set():
            heard.set()
            raise KeyboardInterrupt

    def send() -> None:
        while not heard.wait(0.01):  # a signal that comes just before the wait begins is heard with the next one
            signal.pthread_kill(main, signal.SIGINT)

    before = signal.signal(signal.SIGINT, raise_once)
    yield send
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("alone", [True, False])
def test_a_waiter_that_is_interrupted_leaves_no_trace(interrupt: Callable[[], None], alone: bool) -> None:
    pool = GpuPool(fakes(1), rooms_per_gpu=2)
    condition = watched(pool)

    def interrupt_waiter() -> None:
        condition.wait_for_waiter()
        interrupt()

    with rooms_of(pool) as open_room, ThreadPoolExecutor(1) as executor:
        first, _ = open_room(False).opened(), open_room(False).opened()
        executor.submit(interrupt_waiter)
        with pytest.raises(KeyboardInterrupt), pool.lease(alone=alone):
            pytest.fail("no share was free")
        first.end()
        open_room(False).opened()
    with pool.lease(alone=True) as whole:
        assert whole.alone


def test_who_waits_behind_a_claim_wakes_when_it_is_withdrawn(interrupt: Callable[[], None]) -> None:
    pool = GpuPool(fakes(1), rooms_per_gpu=2)
    condition = watched(pool)
    with rooms_of(pool) as open_room, ThreadPoolExecutor(1) as executor:
        first, _ = open_room(False).opened(), open_room(False).opened()

        def interrupt_the_claim() -> Room:
            condition.wait_for_waiter()
            first.end()
            condition.wait_for_waiter()
            late = open_room(False)
            condition.wait_for_waiter()
            interrupt()
            return late

        late = executor.submit(interrupt_the_claim)
        with pytest.raises(KeyboardInterrupt), pool.lease(alone=True):
            pytest.fail("the GPU was not free")
        late.result(SECONDS).opened()


def test_every_room_of_a_mixed_crowd_has_its_turn() -> None:
    pool = GpuPool(fakes(2), rooms_per_gpu=2)
    watched(pool)
    started = threading.Barrier(12)

    def room(number: int) -> bool:
        started.wait(SECONDS)
        for _ in range(20):
            with pool.lease(alone=number % 3 == 0) as lease:
                assert lease.alone == (number % 3 == 0)
        return True

    with ThreadPoolExecutor(12) as executor:
        assert all(executor.map(room, range(12)))


@pytest.mark.parametrize(
    ("gpus", "rooms", "message"),
    [
        ((), 1, "no GPU to lease"),
        (fakes(1), 0, "0 rooms a GPU: at least 1 is expected"),
        (
            fakes(1, 4096),
            4,
            "GPU 0, Fake: 4 rooms would share its 4096 MB, of which each needs 2048 MB for CUDA itself and 256 MB to "
            "train in: at most 1 fit",
        ),
        (
            fakes(1, 1000),
            1,
            "GPU 0, Fake: 1 rooms would share its 1000 MB, of which each needs 2048 MB for CUDA itself and 256 MB to "
            "train in: it is too small to train on",
        ),
    ],
)
def test_a_pool_that_could_lease_nothing_is_refused(gpus: tuple[Gpu, ...], rooms: int, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        GpuPool(gpus, rooms)
    assert str(raised.value) == message
