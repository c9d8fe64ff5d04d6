"""Every generator of random numbers a notebook may draw from, started anew from one seed."""

from __future__ import annotations

import random

import numpy as np

from autograder.worker.frameworks import RUNTIMES


def reseed(seed: int) -> None:
    """Start Python's, NumPy's and each loaded framework's generator from `seed`: what is drawn next hangs on it alone.

    Frameworks are found among the loaded modules: one that a notebook never imported is not imported here.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)
    for framework in RUNTIMES.values():
        framework.reseed(seed)
