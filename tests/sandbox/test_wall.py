"""What student code tries against its wall, one small program each. Every one reports in `x` how far it came."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from autograder.errors import IsolationError
from autograder.records import Limits, Plan, Submission
from autograder.sandbox import cgroups
from autograder.sandbox.exam import Order, _Exam, examine
from autograder.sandbox.isolation import Isolation, WallStep, measure
from autograder.sandbox.rooms import RoomLimits, Zygote
from autograder.wire.messages import Cell, CellStarted, Fault, Items, Scalar, Text
from autograder.worker.sysroot import moved
from left_groups import left_groups
from sandbox.test_exam import LIMITS, X, answer, hold

TRY = """
def attempt(action):
    try:
        return str(action() or "done")
    except BaseException as error:
        return type(error).__name__
"""


def tried(zygote: Zygote, *actions: str, limits: Limits = LIMITS) -> list[str]:
    """Run each expression in one room; return what came of it: its value, or the name of what it raised."""
    tries = ", ".join(f"attempt(lambda: {action})" for action in actions)
    evidence = hold(zygote, TRY, f"x = [{tries}]", limits=limits)
    found = answer(evidence)
    assert isinstance(found, Items), evidence.exam
    return [item.value for item in found.items if isinstance(item, Text)]


def test_cant_read_the_host(light_zygote: Zygote, repository: Path, tmp_path: Path) -> None:
    secret = tmp_path / "labels"
    secret.write_text("secret")
    paths = (secret, repository / "course.yaml", Path("/etc/shadow"), Path("/root/.bashrc"), Path("/var/log"))
    outcomes = tried(light_zygote, *(f"open({str(path)!r}).read()" for path in paths))
    assert set(outcomes) <= {"FileNotFoundError", "PermissionError"}


def test_cant_list_other_folders(light_zygote: Zygote) -> None:
    assert tried(light_zygote, "sorted(__import__('os').listdir('/home'))", "__import__('os').listdir('/tmp')") == [
        "['student']",
        "['.ipython']",
    ]


def test_cant_see_where_this_python_lies(light_zygote: Zygote) -> None:
    """Wherever a clone lies, and whoever's it is: the room's Python is at a place that says nothing of it."""
    assert light_zygote.warm().note == ""
    outcomes = tried(
        light_zygote,
        "(__import__('sys').prefix, __import__('sys').base_prefix, __import__('sys').executable)",
        "__import__('sys').path",
        "open('/proc/self/mountinfo').read()",
        "[open(f'/proc/self/{name}').read() for name in ('environ', 'cmdline', 'maps')]",
        "[str(getattr(module, '__file__', '')) for module in list(__import__('sys').modules.values())]",
        "__import__('subprocess').getoutput('/environment/bin/python -c \"import numpy; print(numpy.__file__)\"')",
        "__import__('subprocess').getoutput('/environment/bin/pip --version')",
        limits=msgspec.structs.replace(LIMITS, cell_seconds=30, seconds=60),  # it starts Python twice
    )
    assert outcomes[0].startswith("('/environment', '/")
    assert outcomes[5].startswith(("/environment/lib/", "/libraries/"))
    assert outcomes[6].startswith("pip ")
    hosts = {sys.prefix, os.path.realpath(sys.prefix), str(Path(__file__).parent.parent.parent)}
    hosts |= set() if sys.base_prefix.startswith("/usr") else {sys.base_prefix}
    assert not [(host, text) for host in hosts for text in outcomes if host in text]


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/home/ada/.venv/bin/python", "/environment/bin/python"),
        ("/home/ada/.venv", "/environment"),
        ("/home/ada/.venv2/bin", "/home/ada/.venv2/bin"),
        ("/home/ada/.pyenv/bin/python3.11", "/python/bin/python3.11"),
    ],
)
def test_where_a_path_is_seen(path: str, where: str) -> None:
    assert moved(path, [("/home/ada/.venv", "/environment"), ("/home/ada/.pyenv", "/python")]) == where


def test_cant_write_what_it_reads(light_zygote: Zygote) -> None:
    paths = ("/usr/x", "/x", "/etc/passwd", "/python/x", "/environment/x", "/dev/x", "/proc/sys/kernel/hostname")
    outcomes = tried(light_zygote, *(f"open({path!r}, 'w').write('x')" for path in paths))
    assert "done" not in outcomes
    assert not any(outcome.isdigit() for outcome in outcomes)


def test_can_write_at_home(light_zygote: Zygote) -> None:
    assert tried(
        light_zygote, "open('model.txt', 'w').write('abc')", "open('model.txt').read()", "__import__('os').getcwd()"
    ) == [
        "3",
        "abc",
        "/home/student",
    ]


def test_home_has_an_end(light_zygote: Zygote) -> None:
    assert tried(light_zygote, "open('big', 'wb').write(bytes(40 * 2**20))") == ["OSError"]


def test_rooms_share_nothing(light_zygote: Zygote) -> None:
    tried(light_zygote, "open('/tmp/left', 'w').write('x')", "open('/dev/shm/left', 'w').write('x')")
    assert tried(light_zygote, "open('/tmp/left').read()", "open('/dev/shm/left').read()") == ["FileNotFoundError"] * 2


def test_cant_use_network(light_zygote: Zygote) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        outcomes = tried(
            light_zygote,
            f"__import__('socket').create_connection(('127.0.0.1', {port}), 1)",
            "__import__('socket').create_connection(('192.0.2.1', 80), 1)",
            "__import__('os').listdir('/sys/class/net')",
        )
    assert outcomes == ["OSError", "OSError", "FileNotFoundError"]


def test_cant_see_other_processes(light_zygote: Zygote) -> None:
    seen = "[pid for pid in __import__('os').listdir('/proc') if pid.isdigit()]"
    assert tried(light_zygote, seen, f"__import__('os').kill({os.getpid()}, 0)") == ["['1']", "ProcessLookupError"]


def test_cant_regain_privileges(light_zygote: Zygote) -> None:
    libc = "__import__('ctypes').CDLL(None, use_errno=True)"
    outcomes = tried(
        light_zygote,
        "__import__('os').setuid(0)",
        f"{libc}.unshare(0x10000000)",  # a user namespace of its own
        f"{libc}.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
        f"{libc}.umount2(b'/proc', 2)",
        f"{libc}.sethostname(b'x', 1)",
        "[line for line in open('/proc/self/status') if line.startswith(('CapEff', 'CapBnd', 'NoNewPrivs'))]",
    )
    assert outcomes[0] in ("PermissionError", "OSError")  # no such user in there, where the grader is no root
    assert outcomes[1:5] == ["-1"] * 4
    assert outcomes[5] == str(["CapEff:\t0000000000000000\n", "CapBnd:\t0000000000000000\n", "NoNewPrivs:\t1\n"])


def test_cant_fork_without_end(light_zygote: Zygote) -> None:
    bomb = """
import os, time
x = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
        x += 1
except OSError as error:
    reason = error
"""
    patient = msgspec.structs.replace(LIMITS, cell_seconds=14)  # where a processor is emulated, a fork takes long
    started = answer(hold(light_zygote, bomb, limits=patient))
    assert isinstance(started, Scalar)
    assert 0 < int(started.text) < 64


def test_children_die_with_the_room(light_zygote: Zygote) -> None:
    marker = f"marker-{os.getpid()}-{time.monotonic_ns()}"
    hold(light_zygote, f"import subprocess\nsubprocess.Popen(['sleep', '300', '{marker}'], start_new_session=True)")
    assert marker not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_holds_no_descriptor_of_the_host(light_zygote: Zygote) -> None:
    link = "__import__('os').readlink(f'/proc/self/fd/{fd}').partition(':')[0]"
    listing = f"[{link} for fd in __import__('os').listdir('/proc/self/fd')[:-1]]"
    (found,) = tried(light_zygote, listing)
    own = {name for name in eval(found) if re.fullmatch(r"/tmp/#\d+ \(deleted\)", name)}  # what commands write, kept
    loop = ["anon_inode", "socket", "socket"]  # of the room's own event loop: what it waits with, what wakes it
    assert set(eval(found)) - own <= {"/dev/null", *loop}
    assert found.count("socket") == 1 + loop.count("socket")
    assert found.count("anon_inode") == loop.count("anon_inode")


def test_sees_no_variable_of_the_host(light_zygote: Zygote, monkeypatch: pytest.MonkeyPatch) -> None:
    (names,) = tried(light_zygote, "sorted(__import__('os').environ)")
    assert not {"SSH_AUTH_SOCK", "PYTHONPATH", "VIRTUAL_ENV", "CI", "GITHUB_TOKEN"} & set(eval(names))


def test_cannot_find_what_will_be_asked(light_zygote: Zygote) -> None:
    modules = "[name for name in __import__('sys').modules if name.startswith('autograder')]"
    (found,) = tried(light_zygote, modules)
    assert "'autograder.worker.run'" in found
    assert "autograder.judge" not in found
    assert "autograder.records" not in found


def test_the_strongest_wall_is_named() -> None:
    held = tuple(WallStep(name) for name in ("namespaces", "private file system"))
    assert Isolation((*held, WallStep("control groups"))).level == "strict"
    assert Isolation((*held, WallStep("control groups", "Permission denied"))).level == "standard"
    assert (
        Isolation((*held, WallStep("Landlock", "Operation not supported"), WallStep("control groups"))).level
        == "standard"
    )
    assert Isolation((WallStep("namespaces", "No space left on device"), WallStep("control groups"))).level is None


def test_below_the_minimum_is_refused_with_reason_and_remedy() -> None:
    weak = Isolation(
        (WallStep("namespaces"), WallStep("control groups", "Permission denied: /sys/fs/cgroup", "be root"))
    )
    assert weak.require("standard") == "standard"
    with pytest.raises(IsolationError) as refused:
        weak.require("strict")
    assert str(refused.value) == (
        "this machine cannot raise a wall of level « strict », and nothing was run\n"
        "  missing  control groups: Permission denied: /sys/fs/cgroup\n"
        "  remedy   be root"
    )


def test_no_group_is_left_behind(light_zygote: Zygote) -> None:
    if cgroups.available():
        pytest.skip(f"no control groups here: {cgroups.available()}")
    hold(light_zygote, "x = 3")
    assert left_groups() == set()


def test_a_room_whose_supervisor_is_killed_is_ended_all_the_same(light_zygote: Zygote) -> None:
    limits = RoomLimits(2**28, 64, 2**24)
    room = light_zygote.open_room(limits, grouped=not cgroups.available())
    supervisors = subprocess.run(
        ["pgrep", "-P", str(light_zygote.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    (inmate,) = subprocess.run(
        ["pgrep", "-P", supervisors[-1]], capture_output=True, text=True, check=True
    ).stdout.split()
    os.kill(int(supervisors[-1]), signal.SIGKILL)
    end = room.close()
    assert end.lost
    assert not Path(f"/proc/{inmate}/exe").exists()


def test_a_supervisor_lost_once_student_code_has_run_is_the_students(
    light_zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear = _Exam._hear_cell

    def hear_and_kill(exam: _Exam, message: object, frame: bytes) -> None:
        hear(exam, message, frame)
        if isinstance(message, CellStarted):
            subprocess.run(["pkill", "-KILL", "-P", str(light_zygote.pid)], check=True)

    monkeypatch.setattr(_Exam, "_hear_cell", hear_and_kill)
    evidence = hold(light_zygote, "import time\ntime.sleep(60)")
    assert evidence.exam.fault == Fault(kind="died", message="the room's supervisor was lost", cell=0)


def test_a_machine_without_user_namespaces_is_measured_as_such() -> None:
    script = "from autograder.sandbox.isolation import measure; print(measure().level, measure().steps[0].error)"
    command = f"echo 0 > /proc/sys/user/max_user_namespaces && exec {shlex.quote(sys.executable)} -c '{script}'"
    done = subprocess.run(["unshare", "--user", "--map-root-user", "sh", "-c", command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("None unshare user, mount, pid, net, ipc and uts namespaces:")


def test_this_machine_raises_the_wall() -> None:
    assert measure().level in ("standard", "strict")


@pytest.mark.parametrize(
    "source",
    [
        "import mmap, time\nkept = []\nwhile True:\n    kept.append(mmap.mmap(-1, 2**24))\n"
        "    kept[-1].write(b'x' * 2**24)\n    time.sleep(0.05)",
        "import os, socket, time\nkept = []\nfor _ in range(4):\n    if os.fork() == 0: break\nfor _ in range(400):\n"
        "    kept.append(socket.socketpair())\n    kept[-1][0].setblocking(False)\n    try:\n"
        "        while True: kept[-1][0].send(bytes(2**16))\n    except BlockingIOError: pass\ntime.sleep(60)",
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        kept = bytearray(b'x') * (60 * 2**20)\n"
        "        time.sleep(300)\ntime.sleep(300)",
    ],
    ids=["shared", "of its sockets", "of its children"],
)
def test_memory_has_an_end_where_no_control_group_binds_it(light_zygote: Zygote, source: str) -> None:
    limits = msgspec.structs.replace(LIMITS, cell_seconds=20, seconds=40)
    order = Order("k", Submission("s", "d", (Cell(0, "", source),)), Plan((), {}, ()), limits, "standard")
    assert examine(light_zygote, order).exam.fault == Fault(kind="memory", cell=0)


def test_a_room_that_no_control_group_binds_gives_way_and_stays_so(light_zygote: Zygote) -> None:
    """Hundreds of its processes would else keep the grader from ending it for minutes."""
    source = """
import os
x = [os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)]
try:
    os.setpriority(os.PRIO_PROCESS, 0, 0)
except OSError as error:
    x.append(type(error).__name__)
if os.fork() == 0:
    os._exit(os.getpriority(os.PRIO_PROCESS, 0))
x.append(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    order = Order("k", Submission("s", "d", (Cell(0, "", source),)), Plan((), X, ()), LIMITS, "standard")
    least = Scalar("int", "19")
    refused = Text("PermissionError", len("PermissionError"))
    assert answer(examine(light_zygote, order)) == Items("list", [least, Scalar("int", "0"), refused, least])
