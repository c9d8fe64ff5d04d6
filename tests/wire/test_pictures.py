"""What passes for a picture: whole PNG files of a size a browser can hold, without what rides along."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from autograder.wire.pictures import NO_PICTURE, plain_picture, plain_png


def png(mode: str = "RGB", size: tuple[int, int] = (3, 2), **options: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, "png", **options)  # type: ignore[arg-type]
    return file.getvalue()


def resized(width: int, height: int) -> bytes:
    """A PNG whose header says another size, its sum made right."""
    data = png()
    header = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
    return data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_what_draws_a_png_is_kept_as_it_is(mode: str) -> None:
    assert plain_png(png(mode)) == png(mode)


def test_text_and_what_follows_the_end_are_left_out() -> None:
    said = PngImagePlugin.PngInfo()
    said.add_text("Author", "<script>alert(1)</script>")
    assert plain_png(png(pnginfo=said)) == png()
    assert plain_png(png() + b"PK\x03\x04 an archive behind it") == png()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        png()[:-5],
        png()[:40] + b"\x00" + png()[41:],
        resized(0, 1),
        resized(10_001, 1),
        resized(10_000, 10_000),
        resized(2**32 - 1, 2**32 - 1),
        png().replace(b"IDAT", b"IDOT"),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
    ],
)
def test_what_is_no_png_is_no_picture(data: bytes) -> None:
    assert plain_png(data) is None
    assert plain_picture(data) is None


def test_photographs_are_pictures_too() -> None:
    assert plain_picture(b"\xff\xd8\xff\xe0 and so on") == ("image/jpeg", b"\xff\xd8\xff\xe0 and so on")
    assert plain_picture(b"GIF89a and so on") == ("image/gif", b"GIF89a and so on")
    assert plain_picture(NO_PICTURE) == ("image/png", NO_PICTURE)


def test_what_stands_for_no_picture_can_be_drawn() -> None:
    assert Image.open(io.BytesIO(NO_PICTURE)).convert("RGB").getpixel((3, 3)) == (204, 204, 204)
