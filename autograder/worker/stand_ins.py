"""What stands in, in a room, for what exists elsewhere only: platforms' modules, a network, someone at the keyboard.

The notebook's imports of such modules are pointed to `away` before it runs (see `notebook/portable.py`). Any name of it
is an Absent, whatever is asked of which does nothing and gives another, but for those that bring files and keys. What a
notebook downloads or uploads is what lies beside it under that name: a course hands out the files that it needs.
"""

from __future__ import annotations

import builtins
import email
import getpass
import io
import sys
import urllib.error
import urllib.request
import urllib.response
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import autograder.worker.away  # noqa: F401 (loaded now: no room finds our package)

MOST_ANSWERS = 100
"""Empty answers given before asking is an error: a loop that waits for a better one must end."""
_asked = 0


class Absent:
    """An object of another computer's. Used as a decorator it gives back the function."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # Python and IPython look for special methods that are not there
            raise AttributeError(name)
        return stand_in(name, of=self._name)

    def __await__(self) -> Generator[None, None, Absent]:
        return self
        yield

    def __call__(self, *args: Any, **_: Any) -> Any:
        return args[0] if args and callable(args[0]) else self

    def __getitem__(self, _: Any) -> Absent:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        return

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __enter__(self) -> Absent:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def __repr__(self) -> str:
        return f"<{self._name}: not here while grading>"


# --- Files ------------------------------------------------------------------------------------------------------------


def beside(address: object) -> Path | None:
    """Return the file beside the notebook that has an address's last name; None where none has."""
    name = Path(unquote(urlsplit(str(address)).path)).name
    found = Path(name)
    return found if name and found.is_file() else None


def download(address: object = "", output: object = None, *_: Any, **named: Any) -> Any:
    """As gdown's and wget's: return the name of the file that would be there now, and may be."""
    return output or named.get("out") or Path(urlsplit(str(address)).path).name


def download_folder(*_: Any, path: str = "", **__: Any) -> str:
    """As kagglehub's: the folder, or the file in it, that would be there now. What was handed out is beside."""
    return path or "."


def upload(*_: Any, **__: Any) -> dict[str, bytes]:
    """As Colab's `files.upload`: what lies beside, data first; an empty file where nothing does, as cells take one."""
    files = [path for path in Path().iterdir() if path.is_file() and not path.name.startswith(".")]
    files = [path for path in files if not path.is_symlink()]  # the shelf's, which are large
    files.sort(key=lambda path: (path.suffix in (".py", ".ipynb"), path.name))
    return {path.name: path.read_bytes() for path in files} or {"nothing": b""}


def secret(*_: Any, **__: Any) -> str:
    """As Colab's `userdata.get`: nobody's key is here."""
    return ""


def open_url(address: object, *_: Any, **__: Any) -> io.StringIO:
    """As pyodide's: the text of the file."""
    return io.StringIO(_brought(address).read_text(encoding="utf-8", errors="replace"))


class Fetched:
    """As pyodide's response: the file beside the notebook, or a 404."""

    def __init__(self, address: object) -> None:
        self._path = beside(address)
        self.ok = self._path is not None
        self.status = 200 if self.ok else 404

    async def bytes(self) -> builtins.bytes:
        return self._path.read_bytes() if self._path else b""

    async def string(self) -> str:
        return (await self.bytes()).decode(errors="replace")

    text = string


async def fetch(address: object, *_: Any, **__: Any) -> Fetched:
    """As pyodide's `pyfetch` and the browser's `fetch`."""
    return Fetched(address)


def _brought(address: object) -> Path:
    path = beside(address)
    if path is None:
        name = Path(urlsplit(str(address)).path).name
        raise urllib.error.URLError(
            f"no network while grading: {address}; and no file {name!r} lies beside the notebook"
        )
    return path


KNOWN: dict[str, Any] = {
    "upload": upload,
    "download": download,
    "cached_download": download,
    "dataset_download": download_folder,
    "model_download": download_folder,
    "competition_download": download_folder,
    "get_secret": secret,
    "open_url": open_url,
    "pyfetch": fetch,
    "fetch": fetch,
}
"""What does something, by the name it has on any of the platforms."""


class Secrets(Absent):
    """Colab's `userdata`."""

    get = staticmethod(secret)


KNOWN["userdata"] = Secrets("userdata")


def stand_in(name: str, of: str = "") -> Any:
    """Return what has this name: on a platform, or as part of what stands in for `of`."""
    return KNOWN[name] if name in KNOWN else Absent(f"{of}.{name}" if of else name)


# --- The keyboard -----------------------------------------------------------------------------------------------------


class Unanswered(str):
    """An empty text, as someone who only presses Enter gives. Where a number is asked for, it is one."""

    __slots__ = ()

    def __int__(self) -> int:
        return 1

    def __float__(self) -> float:
        return 1.0


def empty_answer(prompt: object = "", stream: object = None) -> str:
    """Return an empty text, as someone who only presses Enter; raise EOFError when asked too often."""
    global _asked
    _asked += 1
    sys.stdout.write(f"{prompt}\n")
    if _asked > MOST_ANSWERS:
        raise EOFError("nobody is there to answer while a notebook is graded")
    return Unanswered()


# --- In a room --------------------------------------------------------------------------------------------------------


def install() -> None:
    """Answer for the one who is not there, and for the network."""
    builtins.input = empty_answer
    getpass.getpass = empty_answer
    urllib.request.urlopen = _opening(urllib.request.urlopen)
    urllib.request.urlretrieve = _retrieve


def _opening(opens: Callable[..., Any]) -> Callable[..., Any]:
    def urlopen(url: Any, *args: Any, **kwargs: Any) -> Any:
        address = getattr(url, "full_url", url)
        if not str(address).startswith(("http://", "https://", "ftp://")):
            return opens(url, *args, **kwargs)
        path = _brought(address)
        headers = email.message_from_string(f"Content-Length: {path.stat().st_size}\n\n")
        return urllib.response.addinfourl(path.open("rb"), headers, str(address), 200)

    return urlopen


def _retrieve(url: str, filename: Any = None, *_: Any, **__: Any) -> tuple[Any, Any]:
    """As `urlretrieve`: the file is beside under the name it is to have, or under its address's."""
    target = Path(filename) if filename is not None else _brought(url)
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_brought(url).read_bytes())
    return str(target), email.message_from_string("")
