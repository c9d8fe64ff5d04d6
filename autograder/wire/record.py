"""What every record on the wire is made of."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Name = Annotated[str, Meta(max_length=500)]
Size = Annotated[int, Meta(ge=0)]
Shape = tuple[int | None, ...]
"""A shape; None stands for a dimension left open, such as the batch."""
Figure = float | None
"""One measured number; None where it is not finite, which JSON cannot write."""


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen record that refuses fields it does not know."""


class Array(Record, tag="array", frozen=True):
    """An array, NumPy's or a framework's. Its bytes, C-ordered and little-endian, are blob number `blob`."""

    dtype: Name
    """NumPy's name of a boolean, integer, float or complex type: `float32`."""
    shape: tuple[Size, ...]
    blob: Size
