"""Files that a student has put in a folder and that are not theirs to hand in: links to what lies elsewhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def is_handed_in(path: Path) -> bool:
    """Whether a file is one that was put there: no link of either kind to what is another's."""
    try:
        file, folder = path.lstat(), path.parent.stat()
    except OSError:
        return False
    return not oddity(file, folder)


def oddity(file: os.stat_result, folder: os.stat_result) -> str:
    """Say what a file is that is none, or a hard link to another user's, put there by the owner of its folder.

    Who grades may read what a student may not: a key, another's work. Where the kernel protects hard links
    (`fs.protected_hardlinks`, as systems come) only who may write a file makes one. Several names of one's own file are
    nobody's harm: tools that save space make them.
    """
    if (kind := kind_of(file.st_mode)) or file.st_nlink == 1 or file.st_uid == folder.st_uid:
        return kind
    return "a hard link to another user's file"


def kind_of(mode: int) -> str:
    """Say what is no file; empty for one."""
    if stat.S_ISLNK(mode):
        return "a link"
    if stat.S_ISDIR(mode):
        return "folder"
    return "" if stat.S_ISREG(mode) else "a device"
