"""A PostgreSQL server of the tests' own: a temporary cluster on a socket in its folder, run by an ordinary user."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

SECONDS = 60.0
MISSING = "NOT TESTED: results in PostgreSQL; on Debian, as root: apt-get install postgresql"


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Start one, yield the address of its database, and end it. Skips the test, loudly, where it is not installed."""
    programs = _programs()
    if programs is None or find_spec("psycopg") is None:
        pytest.skip(f"{MISSING}; and `pip install 'psycopg[binary]'`")
    with tempfile.TemporaryDirectory(prefix="autograder-postgres-") as name:
        folder = Path(name)
        user = _ordinary_user()
        shutil.chown(folder, user)
        run: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        if os.geteuid() == 0:
            run |= {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
        initial: list[str] = [
            str(programs / "initdb"),
            "--pgdata=data",
            "--username=grader",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
        ]
        subprocess.run(initial, check=True, timeout=SECONDS, **run)
        quick = [f"-c{one}" for one in ("listen_addresses=", "fsync=off", f"unix_socket_directories={folder}")]
        server = subprocess.Popen([str(programs / "postgres"), "-D", "data", *quick], **run)
        try:
            _wait_until_there(folder / ".s.PGSQL.5432", server)
            yield f"postgresql://grader@/postgres?host={folder}"
        finally:
            server.terminate()
            server.communicate(timeout=SECONDS)


def _programs() -> Path | None:
    """The folder of the newest server: Debian has it off the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = [str(debian[-1])] if debian else [shutil.which("initdb") or ""]
    return Path(found[0]).parent if found[0] else None


def _ordinary_user() -> str:
    """Who runs it: a server refuses to be root's."""
    if os.geteuid():
        return pwd.getpwuid(os.geteuid()).pw_name
    known = {one.pw_name for one in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _wait_until_there(socket: Path, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS
    while not socket.exists():
        if server.poll() is not None or time.monotonic() > until:
            server.kill()
            pytest.fail(f"PostgreSQL did not start: {server.communicate()[1].decode(errors='replace')[-2000:]}")
        time.sleep(0.05)
    time.sleep(0.1)
