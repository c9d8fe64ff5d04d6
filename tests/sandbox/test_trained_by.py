"""A function that trains, asked in a room: what it draws hangs on the run's seed, whatever the notebook set before."""

from __future__ import annotations

import numpy as np

from autograder.records import Plan, Submission
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.wire import codec
from autograder.wire.messages import Array, Cell, Examples, Preparation, TrainedByProbe
from sandbox.test_exam import LIMITS

SEEDED = """
import random
import numpy as np

random.seed(1)
np.random.seed(1)


def learn(images, labels):
    return lambda inputs: np.random.rand(len(inputs), 2) + random.random()
"""


def predictions(zygote: Zygote, seed: int) -> bytes:
    blobs: list[bytes] = []
    images, labels = (codec.array_record(np.zeros(shape, np.uint8), blobs) for shape in ((3, 4), (3,)))
    preparation = Preparation(classes=2)
    given, hidden = Examples(images, preparation, labels), Examples(images, preparation)
    probe = TrainedByProbe("learn", "recipe", "hidden", [], {}, given=given, hidden=hidden)
    level = measure().level
    assert level is not None
    submission = Submission("student", "digest", (Cell(0, "cell-0", SEEDED),))
    evidence = examine(zygote, Order("key", submission, Plan((), {"x": probe}, tuple(blobs)), LIMITS, level, seed=seed))
    answer, data = evidence.answers()["x"]
    assert isinstance(answer, Array), answer
    return data[0]


def test_each_run_starts_from_its_own_seed_whatever_the_notebook_set(light_zygote: Zygote) -> None:
    first, again, other = (predictions(light_zygote, seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other
