from __future__ import annotations

import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.wire import codec
from autograder.wire.messages import Answered, Array, CellStarted, Fault, FromRoom, Items, Scalar

NUMERIC = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?"),
    hnp.complex_number_dtypes(endianness="?", sizes=(64, 128)),
)


@given(hnp.arrays(NUMERIC, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)))
def test_arrays_cross_whole(array: np.ndarray) -> None:
    blobs: list[bytes] = []
    record = codec.array_record(array, blobs)
    sent = codec.pack(Answered("probe", 0.1, record), blobs)
    answered, received = codec.unpack(sent, FromRoom)
    value = codec.array_value(answered.answer, received)
    np.testing.assert_array_equal(value, array)
    assert value.shape == array.shape
    assert value.dtype == array.dtype.newbyteorder("=")


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers()))
def test_scalars_cross_whole(value: complex | None) -> None:
    back = codec.scalar_value(codec.scalar_record(value))
    assert type(back) is type(value)
    assert repr(back) == repr(value)


@pytest.mark.parametrize("array", [np.array([object()]), np.array(["text"]), np.array([b"bytes"])])
def test_objects_do_not_cross(array: np.ndarray) -> None:
    with pytest.raises(codec.WireError, match="do not cross the wall"):
        codec.array_record(array, [])


@pytest.mark.parametrize(
    ("record", "blobs"),
    [
        (Array("float32", (2, 2), 0), [b"too short"]),
        (Array("float32", (1,), 3), [b"1234"]),
        (Array("object", (1,), 0), [b"12345678"]),
        (Array("no such type", (1,), 0), [b"12345678"]),
        (Array("U4", (1,), 0), [b"1" * 16]),
        (Array("float32", (2**62, 4), 0), [b""]),
    ],
)
def test_records_that_do_not_fit_their_bytes_are_refused(record: Array, blobs: list[bytes]) -> None:
    with pytest.raises(codec.WireError):
        codec.array_value(record, blobs)


@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises((codec.WireError, EOFError)):
        codec.unpack(codec.read_frame(io.BytesIO(noise).read), FromRoom)


@given(st.data())
def test_a_changed_frame_is_refused_or_still_typed(data: st.DataObject) -> None:
    frame = bytearray(codec.pack(Answered("probe", 0.5, Items("list", [Scalar("int", "3")])), [b"blob"]))
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] = data.draw(st.integers(0, 255))
    try:
        message, _ = codec.unpack(bytes(frame), FromRoom)
    except codec.WireError:
        return
    assert isinstance(message, FromRoom)


def test_a_length_is_not_believed() -> None:
    claimed = (2**62).to_bytes(8, "little") + bytes(8)
    with pytest.raises(codec.WireError, match="over the limit"):
        codec.read_frame(io.BytesIO(claimed).read)


def test_deep_nesting_is_refused() -> None:
    text = b'{"type":"answered","probe":"p","seconds":0.0,"answer":'
    deep = b'{"type":"items","kind":"list","items":[' * 100_000
    body = text + deep
    frame = (len(body) + 8).to_bytes(8, "little") + bytes(4) + len(body).to_bytes(4, "little") + body
    with pytest.raises(codec.WireError):
        codec.unpack(frame, FromRoom)


def test_unknown_fields_are_refused() -> None:
    frame = codec.pack(CellStarted(3)).replace(b'"index":3', b'"index":3,"more":1')
    frame = (len(frame) - 8).to_bytes(8, "little") + frame[8:12] + (len(frame) - 16).to_bytes(4, "little") + frame[16:]
    with pytest.raises(codec.WireError, match="unknown field"):
        codec.unpack(frame, FromRoom)


def test_a_scalar_must_be_what_it_says() -> None:
    for record in (Scalar("int", "3.5"), Scalar("bool", "yes"), Scalar("float", "__import__('os')")):
        with pytest.raises(codec.WireError):
            codec.scalar_value(record)
    nan = codec.scalar_value(Scalar("float", "nan"))
    assert isinstance(nan, float)
    assert math.isnan(nan)


def test_faults_are_answers() -> None:
    message, _ = codec.unpack(codec.pack(Answered("p", 0.0, Fault(kind="time", cell=3))), FromRoom)
    assert message.answer == Fault(kind="time", cell=3)
