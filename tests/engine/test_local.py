"""How trainings share the cores of this machine."""

from __future__ import annotations

import pytest

from autograder.engine.local import threads_of


@pytest.mark.parametrize(
    ("rooms", "side_by_side", "cores", "expected"),
    [
        (0, 1, 2, []),
        (1, 1, 2, [2]),
        (4, 2, 2, [1, 1, 1, 1]),
        (5, 2, 2, [1, 1, 1, 1, 2]),
        (6, 4, 8, [2, 2, 2, 2, 4, 4]),
        (3, 3, 2, [1, 1, 1]),
        (2, 1, 4, [4, 4]),
    ],
)
def test_the_last_trainings_share_the_cores_that_would_stand_idle(
    rooms: int, side_by_side: int, cores: int, expected: list[int]
) -> None:
    assert threads_of(rooms, side_by_side, cores) == expected
