"""What a draft requires of what came back, beyond equal values: what stays together, what is cut, layer by layer."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from autograder.asserts import assert_equal
from autograder.authoring.draft.expected import kept_whole
from autograder.authoring.draft.inputs import fresh
from autograder.judge.message import CheckFailed

ROWS, LABELS = np.arange(24.0).reshape(8, 3), np.arange(8.0) + 100
ORDER = np.array([5, 0, 7, 2, 1, 6, 3, 4])
TOGETHER = (ROWS[ORDER[:6]], ROWS[ORDER[6:]], LABELS[ORDER[:6]], LABELS[ORDER[6:]])
APART = (*TOGETHER[:2], LABELS[:6], LABELS[6:])
LOST = (TOGETHER[0][:5], TOGETHER[1], *TOGETHER[2:])


def run(lines: list[str], parts: tuple[object, ...]) -> None:
    exec("\n".join(lines), {"np": np, "assert_equal": assert_equal, "dealt": parts, "GIVEN": (ROWS, LABELS, 0.25)})


def test_what_is_dealt_out_is_all_there_and_rows_stay_with_their_labels() -> None:
    lines = [
        line.replace("in GIVEN", "in GIVEN[:2]") for line in kept_whole("dealt", "GIVEN", TOGETHER, [ROWS, LABELS])
    ]
    run(lines, TOGETHER)
    run(lines, (TOGETHER[0][::-1], TOGETHER[1], TOGETHER[2][::-1], TOGETHER[3]))
    for wrong in (APART, LOST):
        with pytest.raises(CheckFailed):
            run(lines, wrong)


@pytest.mark.parametrize(
    ("parts", "given"),
    [
        ((ROWS[:6], ROWS[6:]), [ROWS]),
        ((ROWS[:6], ROWS[6:], ROWS[:6], ROWS[6:]), [ROWS, ROWS]),  # which is whose nothing tells
        ((ROWS[:6], LABELS[:6], LABELS[6:]), [ROWS, LABELS]),
    ],
)
def test_where_it_is_not_plain_what_goes_with_what_it_is_not_asked(
    parts: tuple[object, ...], given: list[object]
) -> None:
    assert len(kept_whole("dealt", "GIVEN", parts, given)) == 2


def test_whole_numbers_are_smaller_once_so_that_what_is_over_them_shows() -> None:
    call = {"args": [{"kind": "plain", "value": "a b c"}, {"kind": "plain", "value": 8}], "kwargs": {}}
    found = {one.reason: one.positional for one in fresh(call, count(1))}
    assert found["small"] == ('"C B A"', "2")
    assert "small" not in {
        one.reason for one in fresh({"args": [{"kind": "plain", "value": 5}], "kwargs": {}}, count(1))
    }
