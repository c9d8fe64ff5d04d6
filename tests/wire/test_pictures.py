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
    Image.new(mode, size).save(file, "png", **options)
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


def drawn(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (3, 2)).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 5, "comment": b"\xff\xc0" * 40}])
def test_photographs_are_pictures_too(options: dict[str, object]) -> None:
    photo = drawn("JPEG", **options)
    assert plain_picture(photo) == ("image/jpeg", photo)


def test_drawings_are_pictures_too() -> None:
    assert plain_picture(drawn("GIF")) == ("image/gif", drawn("GIF"))
    assert plain_picture(NO_PICTURE) == ("image/png", NO_PICTURE)


@pytest.mark.parametrize("width", [0, 10_001, 65_535])
def test_no_picture_is_larger_than_a_browser_can_hold(width: int) -> None:
    """A few hundred bytes may say of themselves that they are four thousand million pixels."""
    photo, drawing = drawn("JPEG"), drawn("GIF")
    header = struct.pack(">BHHB", 8, 2, 3, 3)
    assert photo.count(header) == 1
    assert plain_picture(photo.replace(header, struct.pack(">BHHB", 8, width, width, 3))) is None
    assert plain_picture(drawing[:6] + struct.pack("<HH", width, width) + drawing[10:]) is None


@pytest.mark.parametrize("data", [b"GIF89a", b"\xff\xd8\xff\xe0 no more", b"\xff\xd8\xff\xda" + b"\0" * 20])
def test_a_photograph_that_says_no_size_is_none(data: bytes) -> None:
    assert plain_picture(data) is None


def test_what_stands_for_no_picture_can_be_drawn() -> None:
    assert Image.open(io.BytesIO(NO_PICTURE)).convert("RGB").getpixel((3, 3)) == (204, 204, 204)
