"""Orders, evidence, jobs and runs as bytes: what an engine sends to, and hears from, rooms that are elsewhere.

MessagePack, decoded into the types asked for: nothing is executed by reading it. Paths stay paths: they must mean the
same on both sides, as on a cluster's shared file system.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from autograder.errors import GraderError
from autograder.wire.ready import ready

T = TypeVar("T")


def pack(record: Any) -> bytes:
    """Return an order, an evidence, a job or a run as bytes."""
    return msgspec.msgpack.encode(record, enc_hook=_plain)


def unpack(packed: bytes, kind: type[T]) -> T:
    """Return the record of `kind` that `pack` made bytes of. Raise GraderError for other bytes."""
    try:
        return msgspec.msgpack.decode(packed, type=ready(kind), dec_hook=_typed)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:  # deeper than anybody reads, no UTF-8
        raise GraderError(f"no {kind.__name__} came back from another machine: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} does not cross")


def _typed(kind: Any, value: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Path):
        return kind(value)
    if kind is object:  # what the wire says no more of, such as a layer's configuration
        return value
    raise NotImplementedError(f"{kind} does not cross")
