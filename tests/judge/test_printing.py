"""Printed numbers are read by value, in whatever form, and those that the code says word for word do not count."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.judge.message import CheckFailed
from autograder.judge.printing import assert_printed

COMPUTED = [
    ("(4, 4)", "print(x.shape)"),
    ("[4, 4]", "print(list(x.shape))"),
    ("[4 4]", "print(np.array(x.shape))"),
    ("tf.Tensor([4 4], shape=(2,), dtype=int32)", "print(tf.shape(x))"),
    ("4 4", "print(x.shape[0], x.shape[1])"),
    ("4x4", "print(f'{h}x{w}')"),
    ("4\n4\n", "for side in x.shape: print(side)"),
    ("4.0 × 4.0", "print(float(h), '×', float(w))"),
    ("shape of the 8 by 2 : (4, 4)", "print('shape of the 8 by 2 :', x.shape)"),
    ("axis 0: 4, axis 1: 4", "print(f'axis 0: {h}, axis 1: {w}')"),
    ("axis 0: 4, axis 1: 4", "print('axis 0:', h, end=', '); print('axis 1:', w)"),
    ("(8, 8) -> (4, 4)", "print(eight.shape, '->', x.shape)"),
    ("wanted (4, 4), found (4, 4)", "print('wanted (4, 4), found', x.shape)"),
    ("by 4 (4, 4)", "print('by', 4, x.shape)"),
    ("by 4 (4, 4)", "size = 4\nprint('by', size, x.shape)"),
    ("4 4", "h = w = 0\nh, w = x.shape\nprint(h, w)"),
    ("(4, 4)", "wanted = (4, 4)\nassert x.shape == wanted\nprint(x.shape)"),
    ("(4, 4) (4, 4)", "wanted = (4, 4)\nprint(wanted, x.shape)"),
    ("(4, 4)", "assert x.shape == (4, 4), 'not (4, 4)'\nprint(x.shape)"),
    ("(4, 4)", "%matplotlib inline\nprint(x.shape)"),
    ("(4, 4)", "not Python at all ("),
    ("(4, 4)", ""),
]
NOT_SHOWN = [
    ("", "x.shape"),
    ("(8, 8)", "print(eight.shape)"),
    ("(4,)", "print(x.shape[:1])"),
    ("44", "print(h * 10 + w)"),
    ("14 4", "print(h + 10, w)"),
    ("4 and then 2, 4", "print(h, 'and then', k, w)"),
    ("[[0. 1. 1. 0.]]", "print(x)"),
    ("pool of (4, 4) ?", "print('pool of (4, 4) ?')"),
    ("(4, 4)", "print((4, 4))"),
    ("(4, 4)", "print(str((4, 4)))"),
    ("4 4", "print(4, 4)"),
    ("(4, 4)", "print(f'({4}, {4})')"),
    ("4 4", "print('4', '4')"),
    ("(4, 4)", "shape = (4, 4)\nprint(shape)"),
    ("4 x 4", "h, w = 4, 4\nprint(f'{h} x {w}')"),
]


@pytest.mark.parametrize(("text", "code"), COMPUTED)
def test_a_shape_in_any_form(text: str, code: str) -> None:
    assert_printed(text, (4, 4), code=code)


@pytest.mark.parametrize(("text", "code"), NOT_SHOWN)
def test_what_does_not_show_it(text: str, code: str) -> None:
    with pytest.raises(CheckFailed):
        assert_printed(text, (4, 4), code=code)


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("accuracy 0.87", 0.8734, True),
        ("accuracy 0.9", 0.8734, False),
        ("accuracy 0.88", 0.8734, False),
        ("1.23e-05", 1.2345e-5, True),
        ("-3", -3, True),
        ("5-3", -3, False),
        ("0.0", 0, True),
        ("2,209,098 parameters", 2_209_098, True),
        ("2\u202f209\u202f098 parameters", 2_209_098, True),
        ("2,209,099", 2_209_098, False),
        ("1 2 3 4", [[1, 2], [3, 4]], True),
        ("1 2 4 3", [[1, 2], [3, 4]], False),
    ],
)
def test_numbers_to_the_digits_that_are_printed(text: str, value: Any, shown: bool) -> None:
    if shown:
        assert_printed(text, value)
    else:
        with pytest.raises(CheckFailed):
            assert_printed(text, value)
