"""Bytes of a message: JSON for structure, raw blobs for arrays, every length checked before it is believed.

A frame is, little-endian: total length of the rest (u64), number of blobs (u32), length of the JSON (u32), length of
each blob (u64), the JSON, the blobs. Nothing here evaluates, imports or unpickles what it reads.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any, TypeVar, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from autograder.wire.messages import Array, Scalar
from autograder.wire.ready import ready

MAX_FRAME = 256 * 2**20
"""Bytes. One answer is refused above it, whatever its sender says."""
MAX_BLOBS = 10_000
NUMERIC_KINDS = "biufc"
"""NumPy's kinds of boolean, integer, unsigned, float and complex types. Objects and strings never travel as bytes."""
DTYPES = {np.dtype(code).name for code in np.typecodes["All"] if np.dtype(code).kind in NUMERIC_KINDS}

T = TypeVar("T")
_HEAD = struct.Struct("<QII")
HEAD_BYTES = _HEAD.size
"""What must be read to know a frame's length."""


class WireError(Exception):
    """The bytes are not a frame, or not a frame this side accepts."""


def pack(message: msgspec.Struct, blobs: list[bytes] | None = None) -> bytes:
    """Return the frame of `message` and of the `blobs` its arrays refer to. Raise WireError when it is too large."""
    blobs = blobs or []
    text = msgspec.json.encode(message)
    lengths = struct.pack(f"<{len(blobs)}Q", *(len(blob) for blob in blobs))
    total = _HEAD.size - 8 + len(lengths) + len(text) + sum(len(blob) for blob in blobs)
    if total > MAX_FRAME or len(blobs) > MAX_BLOBS:
        raise WireError(f"a message of {total} bytes and {len(blobs)} blobs is over the limit")
    return b"".join([_HEAD.pack(total, len(blobs), len(text)), lengths, text, *blobs])


def read_frame(read: Callable[[int], bytes], *, most_text: int = MAX_FRAME, most_blobs: int = MAX_FRAME) -> bytes:
    """Read one frame with `read`, which returns exactly the number of bytes asked for, or fewer at the end.

    At most so many bytes of JSON, which take twenty times as many to hold once they are decoded, and of blobs. Raises
    EOFError at the end of the stream, WireError for a frame cut short or over a limit.
    """
    head = read(_HEAD.size)
    if not head:
        raise EOFError
    if len(head) < _HEAD.size:
        raise WireError("the stream ended inside a frame")
    total, count, text = _HEAD.unpack(head)
    rest = total - (_HEAD.size - 8)
    if not 0 <= rest <= MAX_FRAME or text > most_text or count > MAX_BLOBS or rest - text - 8 * count > most_blobs:
        raise WireError(f"a frame of {rest} bytes, {text} of them text, is over the limit")
    body = read(rest)
    if len(body) < rest:
        raise WireError("the stream ended inside a frame")
    return head + body


def starts(frame: bytes, text: bytes) -> bool:
    """Return whether the JSON of a whole frame starts so."""
    return frame.startswith(text, _HEAD.size + 8 * int(_HEAD.unpack_from(frame)[1]))


def text_bytes(frame: bytes) -> int:
    """Return how many bytes of a whole frame are JSON."""
    return int(_HEAD.unpack_from(frame)[2])


@overload
def unpack(frame: bytes, kind: type[T]) -> tuple[T, list[bytes]]: ...


@overload
def unpack(frame: bytes, kind: Any) -> tuple[Any, list[bytes]]: ...


def unpack(frame: bytes, kind: Any) -> tuple[Any, list[bytes]]:
    """Return the message of type `kind` in `frame`, and its blobs. Raise WireError for anything else."""
    try:
        total, count, text_length = _HEAD.unpack_from(frame)
        if total != len(frame) - 8 or count > MAX_BLOBS:
            raise WireError("the frame's length is not what it says")
        lengths = struct.unpack_from(f"<{count}Q", frame, _HEAD.size)
    except struct.error as error:
        raise WireError("the frame is cut short") from error
    start = _HEAD.size + 8 * count
    if start + text_length + sum(lengths) != len(frame):
        raise WireError("the frame's parts do not add up to its length")
    try:  # danger: these bytes may be a student's. They become records of `kind`, and nothing is called by their name
        message = msgspec.json.decode(frame[start : start + text_length], type=ready(kind))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise WireError(f"not a message of this project: {error}") from error
    return message, _split(frame, start + text_length, lengths)


def _split(frame: bytes, start: int, lengths: tuple[int, ...]) -> list[bytes]:
    blobs = []
    for length in lengths:
        blobs.append(frame[start : start + length])
        start += length
    return blobs


def array_record(array: NDArray[Any], blobs: list[bytes]) -> Array:
    """Append the bytes of `array` to `blobs` and return its record. Raise WireError for a dtype that is not numeric."""
    if array.dtype.kind not in NUMERIC_KINDS:
        raise WireError(f"arrays of {array.dtype} do not cross the wall")
    little = np.ascontiguousarray(array).reshape(array.shape).astype(array.dtype.newbyteorder("<"), copy=False)
    blobs.append(little.tobytes())
    return Array(dtype=little.dtype.name, shape=array.shape, blob=len(blobs) - 1)


def array_value(record: Array, blobs: list[bytes]) -> NDArray[Any]:
    """Return the array of `record`, read-only. Raise WireError where dtype, shape and bytes do not fit."""
    if record.dtype not in DTYPES:
        raise WireError(f"arrays of {record.dtype!r} do not cross the wall")
    dtype = np.dtype(record.dtype)
    if record.blob >= len(blobs) or len(blobs[record.blob]) != math.prod(record.shape) * dtype.itemsize:
        raise WireError(f"an array of {record.dtype}{list(record.shape)} does not fit its bytes")
    try:
        return np.frombuffer(blobs[record.blob], dtype=dtype.newbyteorder("<")).reshape(record.shape)
    except ValueError as error:
        raise WireError(f"no array has the shape {list(record.shape)}") from error


def scalar_record(value: bool | int | float | complex | None) -> Scalar:
    """Return the record of a Python number, truth value or None."""
    kind = "none" if value is None else type(value).__name__
    return Scalar(kind=kind, text=repr(value))  # type: ignore[arg-type]


def scalar_value(record: Scalar) -> bool | int | float | complex | None:
    """Return the value of `record`. Raise WireError where its text is no such value."""
    try:
        match record.kind:
            case "none":
                return None
            case "bool":
                return {"True": True, "False": False}[record.text]
            case "int":
                return int(record.text)
            case "float":
                return float(record.text)
            case "complex":
                return complex(record.text)
    except (KeyError, ValueError) as error:
        raise WireError(f"{record.text[:50]!r} is no {record.kind}") from error


def plain_text(text: str) -> str:
    """Return `text` with what no encoding can write (half a character, a broken emoji) replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")
