"""What Gradescope says of submissions is read without building what the file could become."""

from __future__ import annotations

import contextlib
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.intake import gradescope
from autograder.intake.gradescope import HandedInBy, NoMetadata, Submitter, read_metadata

EXPORT = b"""\
---
submission_11:
  :submitters:
  - :name: &1 Ada Lovelace
    :sid: '1'
    :email: ada@example.org
  :created_at: 2026-11-20 10:30:00.500000000 Z
  :score: 3.0
  :results:
    tests: [{name: a, score: 1}, [2, {b: c}]]
submission_12:
  :created_at: &2 2026-11-20 10:30:00 +01:00
  :submitters:
  - :name: Bob
  - :name: *1
submission_13:
  :created_at: *2
"""


def test_who_and_when() -> None:
    found = read_metadata(EXPORT)
    assert found["submission_11"] == HandedInBy(
        (Submitter("Ada Lovelace", "1", "ada@example.org"),), datetime(2026, 11, 20, 10, 30, 0, 500000, tzinfo=UTC)
    )
    assert [one.name for one in found["submission_12"].submitters] == ["Bob", "Ada Lovelace"]
    assert found["submission_13"].created == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def test_an_alias_stands_for_a_text_alone() -> None:
    lines = ["a: &a [x, x]"] + [f"k{n}: &k{n} [{', '.join([f'*k{n - 1}' if n else '*a'] * 9)}]" for n in range(20)]
    bomb = "\n".join([*lines, "submission_1:", "  :submitters:", "  - :name: *k19", "    :sid: '7'"]).encode()
    tracemalloc.start()
    found = read_metadata(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found["submission_1"].submitters == (Submitter("7", "7", ""),)
    assert peak < 2**20


@pytest.mark.parametrize("data", [b"[" * 1000, b"- '", b"\xff\xfe\0", b"a: b: c"])
def test_what_gradescope_does_not_write_is_not_believed(data: bytes) -> None:
    with pytest.raises(NoMetadata):
        read_metadata(data)


def test_too_much_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradescope, "LARGEST_BYTES", 2**20)
    with pytest.raises(NoMetadata, match="over 1 MB"):
        read_metadata(b"#" * (2**20 + 1))


@given(st.text(alphabet="submision_1:- &*[]{}\n'\"!|>?%#x\t", max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(NoMetadata):
        read_metadata(text.encode())
