"""Types made ready to be decoded, one thread at a time.

msgspec reads what a record's fields are when it first meets the record, keeps what it has read on the class from the
start, and runs Python in between: another thread that meets the same record then follows a pointer that is not there
yet, and the whole process ends by a segmentation fault (msgspec 0.22, `StructInfo_Convert_lock_held` in `_core.c`).
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_LOCK = threading.Lock()
_READY: set[Any] = set()


def ready(kind: type[T]) -> type[T]:
    """Return `kind`, which any thread may then decode or convert to. Raise TypeError for what msgspec cannot.

    `kind` is whatever msgspec takes for a type. Nothing else in this project hands it one: a test sees to that.
    """
    if kind not in _READY:
        with _LOCK:
            msgspec.msgpack.Decoder(kind)  # the format that refuses no kind of key; what is read serves all of them
            _READY.add(kind)
    return kind
