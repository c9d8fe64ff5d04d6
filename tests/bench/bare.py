"""A training's own program: the script one would write to train this one network, and nothing around it.

`python -m tests.bench.bare`, with a JSON object on standard input: `folder` (of a data set's arrays), `units` (of the
hidden layer), `seed`, `batch`, `epochs`, `threads`. Prints a JSON object: `seconds`, wall-clock, imports aside, and
`loss`, on the test examples.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def main() -> None:
    job = json.load(sys.stdin)
    started = time.perf_counter()
    loss = _train(**job)
    print(json.dumps({"seconds": time.perf_counter() - started, "loss": loss}))


def _train(folder: str, units: int, seed: int, batch: int, epochs: int, threads: int) -> float:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    keras.utils.set_random_seed(seed)
    network = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(*_examples(folder, "train"), batch_size=batch, epochs=epochs, verbose=0)
    return float(network.evaluate(*_examples(folder, "test"), batch_size=512, verbose=0)[0])


def _examples(folder: str, part: str) -> tuple[Any, Any]:
    images, labels = (np.load(Path(folder) / f"{kind}_{part}.npy") for kind in "xy")
    return images.reshape(-1, 784).astype(np.float32) / 255, labels


if __name__ == "__main__":
    main()
