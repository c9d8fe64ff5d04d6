"""A frozen layer starts from the weights that the course's own network has, and from no others."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

import msgspec
import numpy as np
import pytest

from autograder.training.frozen import keep_frozen, known_weights
from autograder.wire.messages import Array, Layer, Network, Weight

ONES, TWOS = np.ones((2, 2), "float32").tobytes(), np.full((2, 2), 2, "float32").tobytes()
IMAGE = (4, 4, 1)


def layer(*blobs: int | None, trainable: bool = False, identity: int = 0, dtype: str = "float32") -> Layer:
    """A layer with a weight of two by two for each blob; None: without values."""
    values = [None if blob is None else Array(dtype, (2, 2), blob) for blob in blobs]
    weights = [Weight((2, 2), "float32", trainable=trainable, values=one) for one in values]
    return Layer("a", "Dense", "keras", {}, [], [], [], weights, trainable, identity)


def network(*layers: Layer) -> Network:
    return Network("net", "keras", "Sequential", list(layers), [0], [], [], 0, 0)


def kept_places(found: Network) -> list[list[int | None]]:
    return [[one.values.blob if one.values else None for one in layer.weights] for layer in found.layers]


KNOWN = known_weights(network(layer(0)), [ONES])


@pytest.mark.parametrize(
    ("layers", "known", "places", "kept", "redrawn"),
    [
        ([layer(0)], KNOWN, [[0]], [ONES], False),
        ([layer(1)], KNOWN, [[None]], [], True),
        ([layer(0, 1)], KNOWN, [[None, None]], [], True),
        ([layer(1), layer(0)], KNOWN, [[None], [0]], [ONES], True),
        ([layer(1), layer(0), layer(1)], None, [[0], [1], [0]], [TWOS, ONES], False),
        ([layer(None)], None, [[None]], [], True),
        ([layer(0, trainable=True)], None, [[None]], [], False),
        ([layer()], KNOWN, [[]], [], False),
        ([layer(7)], None, [[None]], [], True),
        ([layer(0, dtype="float64")], None, [[None]], [], True),
        ([layer(0, dtype="int32")], KNOWN, [[None]], [], True),
    ],
)
def test_what_is_kept(
    layers: list[Layer], known: Collection[str] | None, places: list[object], kept: list[bytes], redrawn: bool
) -> None:
    found = keep_frozen(network(*layers), [ONES, TWOS], frozenset(known) if known is not None else None)
    assert (kept_places(found.network), list(found.blobs), found.redrawn) == (places, kept, redrawn)
    assert bool(found.digest) is bool(kept)


def test_other_weights_are_another_training() -> None:
    one, other = (keep_frozen(network(layer(0)), [blob]) for blob in (ONES, TWOS))
    assert one.digest != other.digest
    assert one.digest == keep_frozen(network(layer(1)), [TWOS, ONES]).digest


# --- Out of a room, and into another ----------------------------------------------------------------------------------


def transfer() -> Any:
    """A frozen base with a layer of each kind that has weights of its own way, and a head that is trained."""
    import keras

    base = keras.Sequential(
        [
            keras.Input(IMAGE),
            keras.layers.Conv2D(2, 3),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="relu"),
        ],
        name="base",
    )
    base.set_weights([np.full(one.shape, 0.25) for one in base.get_weights()])
    base.trainable = False
    inputs = keras.Input(IMAGE)
    x = keras.layers.BatchNormalization()(inputs)
    return keras.Model(inputs, keras.layers.Dense(2)(base(x)))


@pytest.mark.tensorflow
def test_a_frozen_base_is_there_again() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    keras = pytest.importorskip("keras")
    from autograder.worker.keras import reader as keras_reader
    from autograder.worker.keras import records as keras_records
    from autograder.worker.keras.rebuild import rebuild

    model, blobs = transfer(), list[bytes]()
    with keras_records.keeping(blobs, 2**20):
        record = msgspec.json.decode(msgspec.json.encode(keras_reader.read_model(model)), type=Network)
    assert [len(layer.weights) for layer in record.layers if any(one.values for one in layer.weights)] == [2, 4, 2]
    assert not any(layer.trainable for layer in record.layers if any(one.values for one in layer.weights))
    found = keep_frozen(record, blobs)
    assert not found.redrawn
    made = rebuild(found.network, list(found.blobs))
    frozen = [one for layer in made.layers if not layer.trainable for one in layer.get_weights()]
    assert len(frozen) == 8
    assert all((one == 0.25).all() for one in frozen)
    head = made.layers[-1]
    head.set_weights(model.layers[-1].get_weights())
    x = np.random.default_rng(0).random((3, *IMAGE), "float32")
    np.testing.assert_allclose(made.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5)
    fresh = rebuild(record if not blobs else keep_frozen(record, blobs, frozenset()).network)
    assert not all((one == 0.25).all() for layer in fresh.layers for one in layer.get_weights())
    keras.backend.clear_session()


@pytest.mark.tensorflow
def test_no_more_goes_with_a_record_than_is_allowed() -> None:
    from autograder.worker.keras import reader as keras_reader
    from autograder.worker.keras import records as keras_records

    model, blobs = transfer(), list[bytes]()
    with keras_records.keeping(blobs, 100):
        record = keras_reader.read_model(model)
    assert sum(map(len, blobs)) <= 100
    assert keep_frozen(record, blobs).redrawn
    again: list[bytes] = []
    record = keras_reader.read_model(model)
    assert not any(one.values for layer in record.layers for one in layer.weights), "nothing goes with others"
    assert again == []
