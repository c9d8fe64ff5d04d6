"""Reading, signing and explaining one VGG16, beside Keras building it: `python -m tests.bench.signing`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

ROUNDS = 7


def measure() -> float:
    """Return the ratio, taken in a process of its own: the benchmark's imports no framework."""
    command = [sys.executable, "-m", __name__ if __name__ != "__main__" else "tests.bench.signing"]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    ran = subprocess.run(command, env=quiet, capture_output=True, text=True, check=True)
    return float(ran.stdout.split()[-1])


def main() -> None:
    """Print the ratio to what building costs in a room: its weights are drawn when they are read, if ever."""
    import keras

    from autograder.networks.explain import explain
    from autograder.networks.signature import signature
    from autograder.worker.keras import lazy_weights
    from autograder.worker.keras import told as keras_told
    from autograder.worker.keras.reader import read_model

    lazy_weights.install()
    keras_told.install()

    def build() -> Any:
        return keras.applications.VGG16(weights=None)

    model = build()
    other = read_model(model)

    def compare() -> None:
        network = read_model(model)
        signature(network)
        explain(network, other)

    print(round(_seconds(compare) / _seconds(build), 3))


def _seconds(action: Callable[[], object]) -> float:
    action()
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        action()
        taken.append(time.perf_counter() - started)
    return median(taken)


if __name__ == "__main__":
    main()
