"""A stock Debian 12 in a virtual machine, made by image.sh: what it needs, and what is run in it.

It shares this tree and the libraries of its environment, read-only, and nothing else: no network. What it writes is
gone with it. Where the processor is not lent to it, it is emulated, and takes ten times as long.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shlex
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
IMAGE = REPOSITORY / ".vm"
PYTHON = (3, 11)
"""Debian 12's, whose libraries it takes from here."""
BOOT_SECONDS = 900.0
RUN_SECONDS = 6000.0
MEMORY = "6G"
OPTIONS = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes", "LogLevel=ERROR")


def missing() -> str:
    """Return the empty string where a machine can be started here, or what is not here."""
    if platform.machine() != "x86_64":
        return "its kernel is for x86-64"
    if sys.version_info[:2] != PYTHON:
        return f"Debian 12 has Python 3.11, and this environment's libraries are for {platform.python_version()}"
    for command, package in (("qemu-system-x86_64", "qemu-system-x86"), ("ssh", "openssh-client")):
        if not shutil.which(command):
            return f"{command} is not installed: `apt install {package}`"
    return "" if (IMAGE / "disk").exists() else f"{IMAGE}/disk is not there: `make .vm/disk`"


class Machine:
    """A machine that runs. Use as a context manager: leaving it ends it, and forgets what it wrote."""

    def __init__(self, *parameters: str) -> None:
        """Start it, with `parameters` for its kernel beside our own. Raise TimeoutError where it does not answer."""
        self._port = _free_port()
        self._key = IMAGE / "key"
        self._console = Path(tempfile.mkstemp(prefix="machine-", suffix=".log")[1])
        with self._console.open("wb") as log:
            self._process = subprocess.Popen(
                self._command(parameters), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self._wait()
        except BaseException:
            self._end()
            raise

    def _command(self, parameters: tuple[str, ...]) -> list[str]:
        shares = (("checkout", REPOSITORY), ("libraries", sysconfig.get_path("purelib")))
        words = ["root=/dev/vda", "rw", "console=ttyS0", "systemd.show_status=0", *parameters]
        command = [
            *("qemu-system-x86_64", "-M", "q35", *_processor(), "-smp", "2", "-m", MEMORY, "-no-reboot"),
            *("-kernel", str(IMAGE / "vmlinuz"), "-initrd", str(IMAGE / "initrd"), "-append", " ".join(words)),
            *("-drive", f"file={IMAGE / 'disk'},if=virtio,format=raw,snapshot=on"),
            *("-nic", f"user,restrict=on,hostfwd=tcp:127.0.0.1:{self._port}-:22"),
            *("-display", "none", "-serial", "stdio"),
        ]
        for tag, path in shares:
            command += ["-virtfs", f"local,path={path},mount_tag={tag},security_model=none,readonly=on"]
        return command

    def _wait(self) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(subprocess.TimeoutExpired):
                if self.run("root", "true", seconds=30).returncode == 0:
                    return
            time.sleep(1)
        raise TimeoutError(f"the machine does not answer: {self._console.read_text(errors='replace')[-2000:]}")

    def run(self, user: str, command: str, *, seconds: float = RUN_SECONDS) -> subprocess.CompletedProcess[str]:
        """Log in as `user` and run a shell's `command`. Its output and errors come together, as `stdout`."""
        options = [part for option in OPTIONS for part in ("-o", option)]
        login = ["ssh", *options, "-i", str(self._key), "-p", str(self._port), f"{user}@127.0.0.1"]
        return subprocess.run(
            [*login, command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._console.unlink(missing_ok=True)

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()


def quoted(*words: str) -> str:
    """Return the words as a shell reads them."""
    return shlex.join(words)


def _processor() -> list[str]:
    """This machine's processor, where it has what lends it and may be had; else an emulated one.

    A /dev/kvm that answers says little: within some clouds' machines it runs no kernel but their own.
    """
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    if {"vmx", "svm"} & set(flags) and os.access("/dev/kvm", os.R_OK | os.W_OK):
        return ["-accel", "kvm", "-cpu", "host"]
    return ["-accel", "tcg,thread=multi", "-cpu", "max"]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port
