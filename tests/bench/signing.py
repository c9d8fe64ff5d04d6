"""Reading, signing and explaining one VGG16, beside Keras building it: `python -m tests.bench.signing`.

Each round is of networks that nothing is known of yet: what the judge remembers of a class is forgotten before it, and
the network is explained against another than itself, of which nothing is known either.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

ROUNDS = 9
PARTS = ("building", "reading", "signing", "explaining")


def measure() -> float:
    """Return the ratio, taken in a process of its own: the benchmark's imports no framework."""
    command = [sys.executable, "-m", __name__ if __name__ != "__main__" else "tests.bench.signing"]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    ran = subprocess.run(command, env=quiet, capture_output=True, text=True, check=True)
    return float(ran.stdout.split()[-1])


def main() -> None:
    """Print milliseconds by part, and last the ratio to what building costs in a room.

    There a network's weights are drawn when they are read, if ever.
    """
    import keras

    from autograder.networks import explain, signature
    from autograder.worker.keras import lazy_weights, reader
    from autograder.worker.keras import told as keras_told

    lazy_weights.install()
    keras_told.install()
    forgotten = (signature._signature, signature._canonical, explain._explained)
    rounds = []
    for _ in range(ROUNDS + 1):
        building, model = _taken(keras.applications.VGG16, weights=None)
        other = reader.read_model(keras.applications.VGG16(weights=None, classes=10))
        for kept in forgotten:
            kept.cache_clear()
        reading, network = _taken(reader.read_model, model)
        signing, _ = _taken(signature.signature, network)
        explaining, found = _taken(explain.explain, network, other)
        assert found is not None
        rounds.append((building, reading, signing, explaining))
    counted = rounds[1:]  # the first imports what is used
    for part, taken in zip(PARTS, zip(*counted, strict=True), strict=True):
        print(f"{part}: {1000 * median(taken):.1f} ms")
    print(round(median(sum(rest) / building for building, *rest in counted), 3))


def _taken(action: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[float, Any]:
    """Return the processor time that `action` takes, in seconds, and what it returns."""
    started = time.process_time()
    made = action(*args, **kwargs)
    return time.process_time() - started, made


if __name__ == "__main__":
    main()
