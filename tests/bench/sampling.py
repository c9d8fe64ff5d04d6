"""What running a network in its room adds to reading it, in milliseconds: `python -m tests.bench.sampling`.

Networks of Keras's layers alone are not run. Each network here is read as its author wrote it, with layers alone, and
once more with an operation written by hand at its end, for which it is run.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROUNDS = 7


def networks() -> dict[str, Callable[[bool], Any]]:
    """Return networks of the course's first assignments by name, each with an operation by hand or not."""
    import keras
    from keras import layers, ops

    def whole(shape: tuple[int, ...], body: Callable[[Any], Any]) -> Callable[[bool], Any]:
        def make(by_hand: bool) -> Any:
            x = keras.Input(shape)
            y = body(x)
            return keras.Model(x, ops.roll(y, 1, axis=-1) if by_hand else y)

        return make

    def convolutions(*stages: tuple[int, ...], hidden: tuple[int, ...] = (256, 128)) -> Callable[[Any], Any]:
        def body(x: Any) -> Any:
            for stage in stages:
                for filters in stage:
                    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
                x = layers.MaxPooling2D()(x)
            x = layers.Flatten()(x)
            for units in hidden:
                x = layers.Dense(units, activation="relu")(x)
            return layers.Dense(10, activation="softmax")(x)

        return body

    vgg = ((64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3)
    return {
        "dense 784": whole((784,), convolutions(hidden=(784,))),
        "four convolutions": whole((32, 32, 3), convolutions((32,), (64,), (128,), (128,), hidden=())),
        "six convolutions": whole((32, 32, 3), convolutions((32, 64), (128, 128), (256, 256))),
        "VGG16 of 32 pixels": whole((32, 32, 3), convolutions(*vgg)),
    }


def main() -> None:
    """Print, for each network, the processor time of reading it, and what running it adds."""
    from autograder.worker.keras import lazy_weights, told
    from autograder.worker.keras.reader import read_model

    lazy_weights.install()
    told.install()
    for name, make in networks().items():
        taken: dict[bool, list[float]] = {False: [], True: []}
        ran = False
        for _ in range(ROUNDS + 1):
            for by_hand in (False, True):
                model = make(by_hand)
                started = time.process_time()
                ran = read_model(model).sample is not None
                taken[by_hand].append(1000 * (time.process_time() - started))
        plain, other = (taken[by_hand][1:] for by_hand in (False, True))
        worst = max(other) - median(plain)
        said = (
            f"run: {median(other) - median(plain):.0f} ms more, {worst:.0f} at worst" if ran else "not run: too large"
        )
        print(f"{name}: read in {median(plain):.1f} ms; with an operation by hand {said}", flush=True)


if __name__ == "__main__":
    main()
