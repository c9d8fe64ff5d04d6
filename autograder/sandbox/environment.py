"""The Python that rooms run in, the course's own or the grader's: it is asked what it holds, nothing is imported."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import msgspec

import autograder
from autograder.sandbox import leftovers
from autograder.wire.ready import ready

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""The system's programs and libraries, shown where they are."""
ENVIRONMENT_PLACE, PYTHON_PLACE, LIBRARIES_PLACE = "/environment", "/python", "/libraries"
"""Where rooms find their Python's environment, the Python it was made from, and folders of libraries beside them."""
SITE = ("site-packages", "dist-packages")
INTERPRETERS = ("bin/python", "bin/python3")
OLDEST = (3, 10)
"""Of the Pythons that what runs in rooms can be loaded in."""
NEEDED = {"msgspec": "msgspec", "numpy": "numpy", "IPython": "ipython"}
"""What rooms cannot do without, by module: what pip installs it as."""
OF_OURS = ("__init__.py", "worker", "wire")
"""What of this package a room's Python is shown, and can load: nothing of the judge's."""
ANSWER_SECONDS = 60.0
LARGEST_ANSWER, CHUNK = 16 * 2**20, 2**16
"""Bytes of what is kept of a Python that describes itself, whose answer is its last line, and of one look at it."""
PASSED_ON = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_LIBRARY_PATH")
"""Variables of the host a room keeps: how this machine's libraries are found and made to work. No other crosses."""


class UnfitPython(Exception):
    """No room can run in what was named as a Python: why, and what to do about it."""


@dataclass(frozen=True)
class Environment:
    """A Python as it describes itself: see `autograder.worker.installed`."""

    implementation: str
    versions: Mapping[str, str]
    """Its own, and those of the libraries that evidence and trainings depend on."""
    python: str
    """Its interpreter."""
    prefix: str
    base: str
    """Folder of the Python it was made from; `prefix` where it is none's environment."""
    path: tuple[str, ...]
    """Where it looks for modules."""
    standard: frozenset[str]
    """Modules of the standard library."""
    modules: Mapping[str, Sequence[str]]
    """Other modules at the top, by the folder of `path` they lie in."""

    @cached_property
    def folders(self) -> tuple[tuple[str, str], ...]:
        """Its folders outside the system's, each with the place rooms see it at."""
        found: list[tuple[str, str]] = []
        base, environment = os.path.abspath(self.base), os.path.abspath(self.prefix)
        places = [(environment, PYTHON_PLACE if environment == base else ENVIRONMENT_PLACE), (base, PYTHON_PLACE)]
        places += [(folder, f"{LIBRARIES_PLACE}/{number}") for number, folder in enumerate(self.site)]
        for folder, place in places:
            if os.path.isdir(folder) and not _lies_in(folder, [*SYSTEM, *(one for one, _ in found)]):
                found.append((folder, place))
        return tuple(found)

    @cached_property
    def site(self) -> tuple[str, ...]:
        """Folders of libraries that it finds beside its own, those of PYTHONPATH among them.

        A folder is one of libraries by its name, or by what an installer left in it (`pip install --target`): any other
        may hold a course, or whatever else a lecturer imports from where they work.
        """
        folders = [path for path in self.path if os.path.basename(path) in SITE or _is_installed_to(path)]
        own = [*SYSTEM, self.prefix, self.base]
        return tuple(path for path in dict.fromkeys(folders) if not _lies_in(path, own))

    @cached_property
    def visible(self) -> tuple[str, ...]:
        """Paths of the host that its rooms can read."""
        return (*system_paths(), *(folder for folder, _ in self.folders))

    @cached_property
    def importable(self) -> frozenset[str]:
        """Modules at the top that its rooms can import: those of folders they do not see are none."""
        seen = [names for folder, names in self.modules.items() if _lies_in(folder, self.visible)]
        return self.standard.union(*seen)

    @cached_property
    def unseen(self) -> dict[str, Sequence[str]]:
        """Modules that it can import and its rooms cannot, by folder: what was installed to be worked on."""
        return {folder: names for folder, names in self.modules.items() if names and not _lies_in(folder, self.visible)}

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """What rooms cannot do without and is not here, as pip calls it."""
        return tuple(package for module, package in NEEDED.items() if module not in self.importable)

    @property
    def install(self) -> str:
        """The beginning of a command that installs packages here."""
        return f"{self.python} -m pip install"

    def require_rooms(self) -> None:
        """Raise UnfitPython where no room can run here."""
        named = f"{self.python} is {self.implementation} {self.versions.get('python', 'of no version')}"
        if self.implementation != "cpython":
            raise UnfitPython(f"{named}: rooms need CPython")
        if _release(self.versions.get("python", "")) < OLDEST:
            raise UnfitPython(f"{named}: rooms need {'.'.join(map(str, OLDEST))} or later")
        if self.missing:
            listed = " ".join(self.missing)
            raise UnfitPython(f"{self.python} lacks {', '.join(self.missing)}: run `{self.install} {listed}`")


def own_environment() -> Environment:
    """Return the environment that the grader itself runs in."""
    return _described(sys.executable)


def find_environment(python: Path) -> Environment:
    """Return the environment of an interpreter, or of a folder made by venv, conda or their like.

    Raises UnfitPython where there is none, or one that does not answer.
    """
    python = Path(os.path.abspath(python))  # its links not followed: an environment's interpreter is one
    if not python.is_dir():
        if not python.exists():
            raise UnfitPython(f"there is no {python}: name an interpreter, or the folder of an environment")
        return _described(str(python))
    for name in INTERPRETERS:
        if (python / name).exists():
            return _described(str(python / name))
    made = f"make one with `python3 -m venv {python}`" if not any(python.iterdir()) else "name one that does"
    raise UnfitPython(f"{python} holds no {INTERPRETERS[0]}: {made}")


@cache
def _described(python: str) -> Environment:
    own = python == sys.executable
    kept = (*PASSED_ON, "PYTHONPATH") if own else PASSED_ON  # the grader's own modules are no other Python's
    try:
        with leftovers.folder() as folder:
            link_package(Path(folder))
            variables = {name: os.environ[name] for name in kept if name in os.environ}
            done = subprocess.Popen(
                [python, "-m", "autograder.worker.installed"],
                cwd=folder,
                env={"PYTHONDONTWRITEBYTECODE": "1"} | variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            answer, said = _heard(done)
        if done.returncode:
            last = said.decode(errors="replace").strip().splitlines() or [f"exit status {done.returncode}"]
            raise UnfitPython(f"{python} does not run: {last[-1]}")
        return msgspec.json.decode(answer.splitlines()[-1], type=ready(Environment))
    except OSError as error:
        raise UnfitPython(f"{python} does not run: {error.strerror}") from error
    except (IndexError, msgspec.MsgspecError, subprocess.TimeoutExpired) as error:
        raise UnfitPython(f"{python} does not answer as a Python does") from error


def _heard(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Return what a process said last on either stream: no more is kept, however much it says.

    One that does not end in time is ended, with all it started.
    """
    assert process.stdout is not None
    assert process.stderr is not None
    ends = time.monotonic() + ANSWER_SECONDS
    answer, said = bytearray(), bytearray()
    with process, selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ, answer)
        waiting.register(process.stderr, selectors.EVENT_READ, said)
        try:
            while waiting.get_map():
                ready = waiting.select(ends - time.monotonic())
                if not ready or time.monotonic() > ends:
                    raise subprocess.TimeoutExpired(process.args, ANSWER_SECONDS)
                for key, _ in ready:
                    if chunk := os.read(key.fd, CHUNK):
                        key.data.extend(chunk)
                        del key.data[:-LARGEST_ANSWER]
                    else:
                        waiting.unregister(key.fileobj)
            process.wait(max(ends - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return bytes(answer), bytes(said)


def link_package(folder: Path) -> None:
    """Make in `folder`, empty, what another Python is to load of this package, and nothing beside it.

    Where this package lies, the grader's own libraries often lie too: made for another Python, and found before that
    one's own.
    """
    ours = Path(autograder.__file__).parent
    (folder / ours.name).mkdir(parents=True)
    for name in OF_OURS:
        (folder / ours.name / name).symlink_to(ours / name)


def system_paths() -> list[str]:
    """Return the folders of the system's programs and libraries there are."""
    return [name for name in SYSTEM if os.path.lexists(name)]


def _is_installed_to(folder: str) -> bool:
    return next(Path(folder).glob("*.dist-info"), None) is not None


def _release(version: str) -> tuple[int, ...]:
    """The first two numbers of a version; nothing where it has none."""
    found = re.match(r"(\d{1,9})\.(\d{1,9})", version)
    return tuple(map(int, found.groups())) if found else ()


def _lies_in(folder: str, places: Iterable[str]) -> bool:
    return any(Path(folder).is_relative_to(place) for place in places)
