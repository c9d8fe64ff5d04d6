"""Pictures as plain bytes: what may cross as one. Nothing is decoded here.

A picture is shown by a marker's browser. Its bytes are a student's: they are recognised by their signature, bounded in
size and dimensions, and of a PNG only what draws it is kept, so that nothing rides along.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Literal

PictureKind = Literal["image/png", "image/jpeg", "image/gif"]

PICTURE_BYTES = 2 * 2**20
"""Of one picture that a cell puts out, at most."""
CELL_PICTURES, EXAM_PICTURES = 20, 60
"""How many a cell, and a whole notebook, may put out."""
EXAM_BYTES = 24 * 2**20
SIDE, PIXELS = 10_000, 40 * 10**6
"""A browser holds four bytes a pixel, whatever the file's size."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SIGNATURES: dict[PictureKind, tuple[bytes, ...]] = {
    "image/png": (PNG_SIGNATURE,),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
}
_DRAWS = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"pHYs", b"IDAT", b"IEND")
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Bits a sample may have, by type of colour."""
_CHUNK = struct.Struct(">I4s")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG's headers that say its size."""


def picture_kind(data: bytes) -> PictureKind | None:
    """Return what a file is by how it begins; None where it is no picture that is shown."""
    return next((kind for kind, starts in _SIGNATURES.items() if data.startswith(starts)), None)


def plain_picture(data: bytes) -> tuple[PictureKind, bytes] | None:
    """Return a picture's kind and what of its bytes is kept; None where it is none that is shown."""
    kind = picture_kind(data)
    if kind == "image/png":
        plain = plain_png(data)
        return None if plain is None else (kind, plain)
    size = _gif_size(data) if kind == "image/gif" else _jpeg_size(data) if kind else None
    return (kind, data) if kind and size and _is_of_a_size(*size) else None


def _gif_size(data: bytes) -> tuple[int, int] | None:
    return struct.unpack_from("<HH", data, 6) if len(data) >= 10 else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height, as the first frame's header says; None where none comes before the picture itself."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length, _, height, width = struct.unpack_from(">xBHBHH", data, at)
        if marker in _FRAMES:
            return width, height
        if marker == 0xDA or length < 2:
            return None
        at += 2 + length
    return None


def plain_png(data: bytes) -> bytes | None:
    """Return a PNG with no chunk but those that draw it; None where `data` is no PNG, or one of too many pixels.

    The chunks' lengths and sums are checked, and the header's fields. What the compressed data hold is not looked at:
    a browser draws as many pixels as the header says, whatever comes.
    """
    try:
        chunks = list(_chunks(data))
    except ValueError:
        return None
    names = [name for name, _ in chunks]
    if names[:1] != [b"IHDR"] or names[-1:] != [b"IEND"] or b"IDAT" not in names or names.count(b"IHDR") > 1:
        return None
    if not _is_drawable(chunks[0][1]):
        return None
    return PNG_SIGNATURE + b"".join(_written(name, body) for name, body in chunks if name in _DRAWS)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk of a PNG to its end. Raise ValueError where they do not add up."""
    if not data.startswith(PNG_SIGNATURE):
        raise ValueError("no PNG")
    at, name = len(PNG_SIGNATURE), b""
    while name != b"IEND":
        head = data[at : at + _CHUNK.size]
        if len(head) < _CHUNK.size:
            raise ValueError("cut short")
        length, name = _CHUNK.unpack(head)
        at += _CHUNK.size
        body, check = data[at : at + length], data[at + length : at + length + 4]
        if zlib.crc32(name + body).to_bytes(4, "big") != check:
            raise ValueError("cut short, or changed")
        yield name, body
        at += length + 4


def _is_drawable(header: bytes) -> bool:
    if len(header) != 13:
        return False
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", header)
    return (
        _is_of_a_size(width, height)
        and depth in _DEPTHS.get(colour, ())
        and (compression, filtering) == (0, 0)
        and interlace in (0, 1)
    )


def _is_of_a_size(width: int, height: int) -> bool:
    return 0 < width <= SIDE and 0 < height <= SIDE and width * height <= PIXELS


def _written(name: bytes, body: bytes) -> bytes:
    return _CHUNK.pack(len(body), name) + body + zlib.crc32(name + body).to_bytes(4, "big")


def _drawn(width: int, height: int, rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return PNG_SIGNATURE + b"".join(_written(name, body) for name, body in parts)


NO_PICTURE = _drawn(16, 16, (b"\x00" + b"\xcc" * 16) * 16)
"""A grey square: what stands where a picture is asked for that is not there."""
