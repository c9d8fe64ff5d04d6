"""Give the zygote a file system of its own, in which the environment lies at a neutral place, then become it.

Run as `python -m autograder.worker.sysroot SETUP`, SETUP a JSON object. A Python's own path stands everywhere in it: in
`sys.path`, in each traceback, in what the kernel says of mounts. Where it lies under /home, it tells a room who grades,
and how the host's folders are called. So the zygote runs where the environment is `/environment`, and its base
`/python`, and rooms see them there. The rest of the host is where it was, for the zygote; rooms see none of it.

The environment is shown through a read-only overlay, whose layers are named relative to a folder: the kernel shows the
names of layers to whoever asks for the list of mounts. Where that cannot be made, the zygote runs from the
environment's own path, and says so.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from autograder.worker import namespaces

PACKAGE, CACHE = "/grader", "/cache"
"""Where the zygote finds this package, and the libraries their caches. No room sees either."""
LOADER = "/loader"
"""Folder beside this Python's own shared library, where it has one."""
SCRIPT_BYTES = 2**16
"""No script that an installer writes is larger."""
PTH = "lib/python*/site-packages/*.pth"
"""Files of an environment that name folders of libraries beside its own."""
START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); from autograder.worker import zygote; "
    "zygote.main(sys.argv[1])"
)
"""Libraries are looked for where rooms see them, from the first import on: a module remembers where it was found."""

Folders = Sequence[tuple[str, str]]


def main(setup: dict[str, Any]) -> NoReturn:
    """Build the file system, enter it, and run the zygote there. `setup`: see `Zygote`, who sends it."""
    folders = [(str(source), str(target)) for source, target in setup.pop("folders")]
    package, cache, base = (setup.pop(name) for name in ("package", "cache", "base"))
    libraries = setup.pop("path")
    environment, python, setup["note"] = dict(os.environ), sys.executable, ""
    try:
        _leave_host_mounts()
        _build(base, folders, package, cache)
        package, cache, python = PACKAGE, CACHE, moved(python, folders)
        environment.update(_loader_path(folders))
        shown = [target for _, target in folders]
        libraries = [moved(path, folders) for path in libraries]
    except (namespaces.WallError, OSError) as error:
        setup["note"] = f"rooms see this Python at its own path: {error}"
        shown = [source for source, _ in folders]
    setup["visible"] = [*setup.pop("system"), *shown]
    environment |= {"HOME": cache, "MPLCONFIGDIR": f"{cache}/matplotlib"}
    # A library in a folder that rooms do not see would be there where they are forked from, and gone where they import.
    path = [package, *(one for one in libraries if any(_lies_in(one, place) for place in setup["visible"]))]
    os.execve(python, [python, "-c", START, json.dumps(setup), json.dumps(path)], environment)


def moved(path: str, folders: Folders) -> str:
    """Return where `path` lies in the new file system."""
    for source, target in folders:
        if _lies_in(path, source):
            return target + path[len(source) :]
    return path


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _leave_host_mounts() -> None:
    """Enter a mount namespace of one's own. An ordinary user may in a user namespace alone, and stays who they are."""
    if os.geteuid() == 0:
        namespaces.unshare(namespaces.CLONE_NEWNS)
    else:
        user, group = os.geteuid(), os.getegid()
        namespaces.unshare(namespaces.CLONE_NEWUSER | namespaces.CLONE_NEWNS)
        namespaces.write_maps("self", f"{user} {user} 1", f"{group} {group} 1")
    namespaces.mount("none", "/", None, namespaces.MS_REC | namespaces.MS_PRIVATE)


def _build(base: str, folders: Folders, package: str, cache: str) -> None:
    """Make, on the empty folder `base`, a root of the host's entries and of `folders`, and enter it."""
    for source, _ in folders:
        if below := _mounted_below(source):
            raise namespaces.WallError(f"{below} is mounted inside it")  # an overlay does not show what is
    # Danger: what is not kept here is gone for all rooms; what is, each room's builder still chooses from.
    namespaces.mount("sysroot", base, "tmpfs", namespaces.MS_NOSUID | namespaces.MS_NODEV, "size=64m,mode=755")
    ours = {path.split("/")[1] for path in (PACKAGE, CACHE, *(target for _, target in folders))}
    holder = Path(base).parts[1]
    for name in sorted(os.listdir("/"), key=lambda name: name != holder):  # while `base` is still empty
        if name not in ours:
            _keep(f"/{name}", f"{base}/{name}")
    for number, (source, target) in enumerate(folders):
        _overlay(source, base + target, f"{base}/.layers/{number}", folders)
    for entry in _entries(f"{package}/autograder"):  # a folder of links
        namespaces.bind(os.path.realpath(entry), f"{base}{PACKAGE}/autograder/{os.path.basename(entry)}")
    os.makedirs(base + CACHE)
    namespaces.mount(cache, base + CACHE, None, namespaces.MS_BIND | namespaces.MS_REC)
    namespaces.enter_root(base)


def _mounted_below(folder: str) -> str:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = (line.split()[4].encode().decode("unicode_escape") for line in lines)  # a space is written \040
    return next((point for point in points if point.startswith(f"{os.path.realpath(folder)}/")), "")


def _keep(path: str, target: str) -> None:
    """Show one entry of the host's root where it was, with all that is mounted below it."""
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
        return
    namespaces.make_place(path, target)
    with contextlib.suppress(namespaces.WallError):  # a folder that nobody may enter: nor could the zygote before
        namespaces.mount(path, target, None, namespaces.MS_BIND | namespaces.MS_REC)


def _overlay(source: str, target: str, layers: str, folders: Folders) -> None:
    """Show `source` at `target` with those of its files mended that name their own place."""
    os.makedirs(f"{layers}/mended")
    os.symlink(source, f"{layers}/own")
    for path in (f"{source}/pyvenv.cfg", *_entries(f"{source}/bin"), *glob.iglob(f"{glob.escape(source)}/{PTH}")):
        mended = f"{layers}/mended/{os.path.relpath(path, source)}"
        os.makedirs(os.path.dirname(mended), exist_ok=True)
        _mend(path, mended, folders)
    if (library := _library(folders)) and library.startswith(f"{source}/"):
        loader = f"{layers}/mended/{os.path.relpath(os.path.dirname(library), source)}{LOADER}"
        os.makedirs(loader)
        os.symlink(f"../{os.path.basename(library)}", f"{loader}/{os.path.basename(library)}")
    os.makedirs(target, exist_ok=True)
    before = os.getcwd()
    os.chdir(layers)  # the kernel repeats these names to whoever reads the list of mounts: no path of the host in them
    try:
        flags = namespaces.MS_RDONLY | namespaces.MS_NOSUID | namespaces.MS_NODEV
        namespaces.mount("environment", target, "overlay", flags, "lowerdir=mended:own")
    finally:
        os.chdir(before)


def _library(folders: Folders) -> str:
    """Return where this Python's own shared library lies; empty where it has none, or none that is shown elsewhere.

    Its interpreter looks for it at the path it was built for, which no room has.
    """
    folder, name = (str(sysconfig.get_config_var(variable) or "") for variable in ("LIBDIR", "INSTSONAME"))
    path = os.path.join(folder, name)
    shared = sysconfig.get_config_var("Py_ENABLE_SHARED") and os.path.isfile(path)
    return path if shared and moved(path, folders) != path else ""


def _loader_path(folders: Folders) -> dict[str, str]:
    """Return the variable that lets the interpreter find its library: in a folder that holds nothing else."""
    if not (library := _library(folders)):
        return {}
    before = os.environ.get("LD_LIBRARY_PATH")
    return {"LD_LIBRARY_PATH": ":".join(filter(None, (os.path.dirname(moved(library, folders)) + LOADER, before)))}


def _entries(folder: str) -> Iterable[str]:
    return (entry.path for entry in os.scandir(folder)) if os.path.isdir(folder) else ()


def _mend(path: str, target: str, folders: Folders) -> None:
    """Write `path` anew at `target` where it is a link or a script that names a folder which is shown elsewhere."""
    if os.path.islink(path):
        link = os.readlink(path)
        if moved(link, folders) != link:
            os.symlink(moved(link, folders), target)
        return
    if not os.path.isfile(path) or os.path.getsize(path) > SCRIPT_BYTES:
        return
    text = Path(path).read_bytes()
    new = text
    for source, place in sorted(folders, reverse=True):  # the longer first: an environment may lie in its base
        new = new.replace(source.encode(), place.encode())
    if new != text and b"\0" not in text:
        Path(target).write_bytes(new)
        os.chmod(target, os.stat(path).st_mode & 0o777)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
