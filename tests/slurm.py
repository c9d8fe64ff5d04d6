"""A whole Slurm of several nodes on this machine: its own authentication, controller and daemons, in one folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "sinfo", "squeue")
SECONDS = 60.0


@dataclass(frozen=True)
class Slurm:
    """A running one."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *command: str) -> str:
        """Run one of Slurm's programs and return what it says."""
        done = subprocess.run(
            command, env=self.environment, cwd=self.folder, capture_output=True, text=True, check=True, timeout=SECONDS
        )
        return done.stdout.strip()


@contextlib.contextmanager
def slurm(folder: Path, nodes: int = 2) -> Iterator[Slurm]:
    """Start one, and end it. Skips the test, loudly, where Slurm is not installed or this user may not run it."""
    if os.geteuid() != 0 or not all(shutil.which(name, path=_path()) for name in PROGRAMS):
        pytest.skip("NOT TESTED: Slurm; on Debian, as root: apt-get install slurmd slurmctld slurm-client munge")
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    environment = {**os.environ, "PATH": _path(), "SLURM_CONF": str(_configure(folder, nodes))}
    with contextlib.ExitStack() as stack:
        munge = ["--foreground", "--force", f"--key-file={folder}/munge.key", f"--socket={folder}/munge.socket"]
        munge += [f"--{name}-file={folder}/munged.{name}" for name in ("pid", "log", "seed")]
        stack.enter_context(_daemon(folder, environment, "munged", *munge))
        _wait_until(lambda: (folder / "munge.socket").exists())
        stack.enter_context(_daemon(folder, environment, "slurmctld", "-D", "-i"))
        for number in range(1, nodes + 1):
            stack.enter_context(_daemon(folder, environment, "slurmd", "-D", "-N", f"n{number}"))
        found = Slurm(folder, environment)
        _wait_until(lambda: _idle(found) == nodes)
        yield found


def _configure(folder: Path, nodes: int) -> Path:
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    ports = [_free_port() for _ in range(nodes + 1)]
    cores = len(os.sched_getaffinity(0))
    lines = [
        "ClusterName=tests",
        f"SlurmctldHost={socket.gethostname()}(127.0.0.1)",
        "SlurmUser=root",
        f"SlurmctldPort={ports[0]}",
        f"AuthInfo=socket={folder}/munge.socket",
        "CredType=cred/munge",
        f"StateSaveLocation={folder}/state",
        f"SlurmdSpoolDir={folder}/spool.%n",
        f"SlurmctldPidFile={folder}/slurmctld.pid",
        f"SlurmdPidFile={folder}/slurmd.%n.pid",
        "ProctrackType=proctrack/linuxproc",
        "TaskPlugin=task/none",
        "SwitchType=switch/none",
        "MpiDefault=none",
        "ReturnToService=2",
        "SelectType=select/cons_tres",
        "SelectTypeParameters=CR_Core",
        *(
            f"NodeName=n{at} NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1 Port={ports[at]} CPUs={cores} "
            "State=UNKNOWN"
            for at in range(1, nodes + 1)
        ),
        f"PartitionName=all Nodes=n[1-{nodes}] Default=YES State=UP",
    ]
    path = folder / "slurm.conf"
    path.write_text("\n".join(lines) + "\n")
    return path


@contextlib.contextmanager
def _daemon(folder: Path, environment: Mapping[str, str], name: str, *arguments: str) -> Iterator[None]:
    with (folder / f"{name}.said").open("ab") as said:
        process = subprocess.Popen([name, *arguments], env=environment, cwd=folder, stdout=said, stderr=said)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _idle(found: Slurm) -> int:
    with contextlib.suppress(subprocess.CalledProcessError):
        return found.run("sinfo", "--noheader", "--Node", "--format=%T").split().count("idle")
    return 0


def _wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not holds():
        if time.monotonic() > until:
            pytest.fail(f"Slurm did not come up within {SECONDS:.0f} s")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
