"""Networks of PyTorch rebuilt from their records and trained: what they compute, what is refused, what comes of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from autograder.wire.messages import (
    Augmentation,
    EarlyStopping,
    Fault,
    Fit,
    Network,
    Optimizer,
    Preparation,
    Record,
    TrainingData,
)

torch = pytest.importorskip("torch", reason="no PyTorch here: `make test-all` runs these in .venv-torch")

import torch.nn.functional as F  # noqa: E402, N812
from torch import nn  # noqa: E402

from autograder.data.shelf import Shelf  # noqa: E402
from autograder.engine import RoomSetup, open_engine  # noqa: E402
from autograder.networks.frameworks import dialect_of  # noqa: E402
from autograder.networks.mistakes import MISTAKES  # noqa: E402
from autograder.recipes import Recipe  # noqa: E402
from autograder.sandbox.environment import own_environment  # noqa: E402
from autograder.sandbox.isolation import measure  # noqa: E402
from autograder.training.frozen import Frozen, keep_frozen, known_weights  # noqa: E402
from autograder.training.job import make_jobs  # noqa: E402
from autograder.worker.keras import records as keras_records  # noqa: E402
from autograder.worker.pytorch import training as pytorch_training  # noqa: E402
from autograder.worker.pytorch.reader import read_module  # noqa: E402
from autograder.worker.pytorch.rebuild import rebuild  # noqa: E402
from autograder.worker.training.faults import Faulty, NotRebuilt  # noqa: E402
from pytorch.pairs import EQUAL, IMAGE, ROW, Make, Shape, conv, lin, of, own, seq  # noqa: E402

CLASSES, SIDE = 4, 8
REFUSED = ("spectral", "weight norm")
"""Families of which some network is made of what is not rebuilt."""


def crossed(network: Network) -> Network:
    return msgspec.json.decode(msgspec.json.encode(network), type=Network)


def filled(module: Any) -> Any:
    """Give every parameter of one shape the same numbers, in whatever module."""
    with torch.no_grad():
        for one in module.parameters():
            one.copy_(torch.linspace(-1, 1, one.numel()).sin().reshape(one.shape) / math.sqrt(one.numel()))
    return module.eval()


@pytest.mark.filterwarnings("ignore:dropout option adds dropout")  # PyTorch's, of one layer: students write it
@pytest.mark.parametrize("family", EQUAL)
def test_what_is_rebuilt_computes_what_was_read(family: str) -> None:
    shape, makes = EQUAL[family]
    if family in ("batch normalization", "words as numbers") or any(word in family for word in REFUSED):
        pytest.skip("reading a lazy one is a step of its average; words are no numbers between words")
    for place, make in enumerate(makes):
        torch.manual_seed(0)
        module = make()
        network = crossed(read_module(module, shape))
        if network.inference is not None:
            continue
        rebuilt = rebuild(network)
        example = torch.randn(5, *(network.input_shapes[0][1:]))
        example = example if rebuilt.dtype == torch.float32 else torch.arange(5)[:, None].expand(example.shape) % 3
        with torch.no_grad():
            found, wanted = filled(rebuilt)(example), filled(module)(example)
        wanted = wanted if isinstance(wanted, torch.Tensor) else wanted[0]
        torch.testing.assert_close(found, wanted, msg=lambda text, place=place: f"{family} {place}: {text}")


def refused(make: Make, shape: Shape) -> NotRebuilt:
    with pytest.raises(NotRebuilt) as caught:
        rebuild(crossed(read_module(make(), shape)))
    return caught.value


def test_what_is_not_rebuilt_is_said() -> None:
    class Branching(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x if x.mean() > 0 else -x

    class Apart(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x if self.training else 2 * x

    assert refused(Branching, ROW).reason == "unfinished"
    assert "another computation" in refused(Apart, ROW).detail
    normed = seq(lambda: torch.nn.utils.parametrizations.spectral_norm(nn.Linear(6, 2)))
    assert refused(normed, ROW).reason == "unknown"
    weights = np.random.default_rng(0).normal(size=(6, 40)).astype("float32")
    hidden = own(lambda s, x: x @ torch.from_numpy(weights), a=lin())
    assert refused(hidden, ROW).reason in ("large", "refused")


def edited(network: Network, position: int, **changes: Any) -> Network:
    layers = list(network.layers)
    layers[position] = msgspec.structs.replace(layers[position], **changes)
    return msgspec.structs.replace(network, layers=layers)


def test_a_record_that_lies_is_refused() -> None:
    honest = read_module(seq(conv(), of(nn.ReLU), of(nn.Flatten), lin(4 * 36, 4))(), IMAGE)
    lies = [
        edited(honest, 1, cls="Sequential"),
        edited(honest, 1, cls="Module"),
        edited(honest, 1, config={**honest.layers[1].config, "out_channels": 10**9}),
        edited(honest, 1, config={**honest.layers[1].config, "padding_mode": {"class_name": "os.system"}}),
        edited(honest, 1, output_shapes=[(None, 5, 6, 6)]),
        edited(honest, 1, inputs=[3]),
        edited(honest, 2, cls="torch.load", origin="operation", arguments={"input": {"tensor": 0}}),
        edited(honest, 2, cls="torch.relu", origin="operation", arguments={"input": {"tensor": 7}}),
        edited(honest, 1, weights=honest.layers[1].weights[:1]),
    ]
    for lie in lies:
        with pytest.raises(NotRebuilt):
            rebuild(lie)


# --- Trainings --------------------------------------------------------------------------------------------------------


def bars(count: int, seed: int, channels: int = 3) -> tuple[Any, Any]:
    """Return noisy images uint8[count, 8, 8, channels], each with a bright bar in one of four places, and which one."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, CLASSES, count)
    images = random.integers(0, 120, (count, SIDE, SIDE, channels))
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] += 100
    return images.astype(np.uint8), labels.astype(np.uint8)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    for part, count, seed in (("train", 241, 1), ("test", 120, 2)):
        images, labels = bars(count, seed)
        np.save(folder / f"x_{part}.npy", images)
        np.save(folder / f"y_{part}.npy", labels)
    return folder


CNN = seq(conv(), of(nn.ReLU), of(nn.Flatten), lin(4 * 36, CLASSES))
FLAT = seq(of(nn.Flatten), lin(SIDE * SIDE * 3, CLASSES))
FIT = Fit(
    network=read_module(CNN(), (3, SIDE, SIDE)),
    seed=0,
    data=TrainingData("bars", Preparation(CLASSES)),
    optimizer=Optimizer("adam", learning_rate=0.01),
    loss="sparse_categorical_crossentropy",
    from_logits=True,
    metrics=["accuracy"],
    batch=16,
    epochs=4,
    augmentation=None,
    early_stopping=None,
    deterministic=True,
    threads=1,
)


@pytest.fixture
def train(shelf: Path) -> Callable[..., tuple[list[Any], dict[str, Any]]]:
    def trained(make: Make = CNN, shape: Shape = (3, SIDE, SIDE), **changes: Any) -> tuple[list[Any], dict[str, Any]]:
        torch.manual_seed(0)
        network = changes.pop("network", None) or crossed(read_module(make(), shape))
        changes.setdefault("from_logits", dialect_of(network).gives_logits(network))
        fit = msgspec.structs.replace(FIT, network=network, **changes)
        said: list[Record] = []
        training = pytorch_training.open_training(fit, [], shelf)
        for seed in (*fit.more, fit.seed):  # the last one counts, whatever came before
            said.clear()
            scores = training.scores(seed, said.append)
        return [one.values for one in said], scores  # type: ignore[attr-defined]

    return trained


def test_a_network_learns_from_images_on_the_shelf_whose_channels_come_last(train: Any) -> None:
    epochs, scores = train()
    assert [sorted(one) for one in epochs] == [["accuracy", "loss"]] * 4
    assert epochs[-1]["loss"] < epochs[0]["loss"]
    assert scores["accuracy"] > 0.9


def test_one_seed_is_one_score_and_another_is_another(train: Any) -> None:
    assert train() == train()
    assert train()[0] != train(seed=1)[0]


def everything() -> nn.Module:
    """Weights, buffers and draws: all that a seed decides."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(4 * 36, CLASSES),
    )


@pytest.mark.parametrize("make", [CNN, everything])
def test_a_seed_after_others_is_as_in_a_room_of_its_own(train: Any, make: Make) -> None:
    changes: dict[str, Any] = {"augmentation": Augmentation(flip="horizontal", rotation=5), "epochs": 2}
    alone = train(make, seed=3, **changes)
    assert train(make, seed=3, more=[1, 2], **changes) == alone
    assert train(make, seed=2, **changes) != alone


@pytest.mark.parametrize(
    ("make", "changes"),
    [
        (seq(conv(), of(nn.ReLU), of(nn.Flatten), lin(4 * 36, CLASSES), of(nn.Softmax, 1)), {}),
        (seq(conv(), of(nn.ReLU), of(nn.Flatten), lin(4 * 36, CLASSES), of(nn.LogSoftmax, 1)), {}),
        (own(lambda s, x: s.a(x.permute(0, 2, 3, 1).flatten(1)), a=lin(192, CLASSES)), {}),
        (CNN, {"loss": "categorical_crossentropy"}),
        (CNN, {"loss": "binary_crossentropy"}),
        (CNN, {"loss": "mean_squared_error", "epochs": 8}),
        (CNN, {"optimizer": Optimizer("sgd", learning_rate=0.1, momentum=0.9, nesterov=True)}),
        (CNN, {"optimizer": Optimizer("rmsprop", learning_rate=0.003)}),
        (seq(conv(), of(nn.BatchNorm2d, 4), of(nn.ReLU), of(nn.Flatten), lin(4 * 36, CLASSES)), {"batch": 60}),
        (CNN, {"augmentation": Augmentation(flip="horizontal", shift=0.02, rotation=2, zoom=0.02)}),
    ],
)
def test_what_a_recipe_asks_is_learnt(train: Any, make: Make, changes: dict[str, Any]) -> None:
    assert train(make, **changes)[1]["accuracy"] > 0.85


def test_a_flat_network_takes_the_images_in_a_row(train: Any) -> None:
    assert train(seq(lin(192, CLASSES)), (192,))[1]["accuracy"] > 0.9


def test_a_network_that_does_not_learn_is_measured_all_the_same(train: Any) -> None:
    frozen = lambda: CNN().requires_grad_(False)  # noqa: E731
    epochs, _ = train(frozen)
    assert len({one["loss"] for one in epochs}) == 1 or max(e["loss"] for e in epochs) < 1.01 * min(
        e["loss"] for e in epochs
    )


def test_a_loss_that_is_no_number_ends_the_training(train: Any) -> None:
    epochs, _ = train(optimizer=Optimizer("sgd", learning_rate=1e38), epochs=50)
    assert epochs[-1]["loss"] is None
    assert len(epochs) < 50


def test_early_stopping_takes_back_the_best_weights(train: Any) -> None:
    data = replace_data(validation=0.2)
    epochs, scores = train(data=data, epochs=40, early_stopping=EarlyStopping("val_accuracy", 2))
    reached = [one["val_accuracy"] for one in epochs]
    assert len(reached) < 40
    assert reached.index(max(reached)) == len(reached) - 3
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} == set(epochs[0])
    assert scores["accuracy"] > 0.9


def replace_data(**changes: Any) -> TrainingData:
    return msgspec.structs.replace(FIT.data, **changes)


def test_what_does_not_fit_is_its_authors(train: Any) -> None:
    def fault(make: Make, shape: Shape = (3, SIDE, SIDE)) -> Fault:
        with pytest.raises(Faulty) as caught:
            train(make, shape)
        return caught.value.fault

    assert fault(seq(of(nn.Flatten), lin(192, 3))).error == "output shape"
    assert fault(seq(of(nn.Flatten), lin(48, CLASSES)), (3, 4, 4)).error == "input shape"
    assert fault(seq(conv(), of(nn.ReLU))).error == "output shape"


def test_a_batch_of_one_goes_with_those_before_it() -> None:
    assert list(pytorch_training.batches(7, 3)) == [slice(0, 3), slice(3, 7)]
    assert list(pytorch_training.batches(6, 3)) == [slice(0, 3), slice(3, 6)]
    assert list(pytorch_training.batches(1, 3)) == [slice(0, 1)]


def test_frozen_weights_that_the_solution_has_are_kept(shelf: Path) -> None:
    def made(seed: int) -> Any:
        torch.manual_seed(seed)
        module = CNN()
        module[0].requires_grad_(False)
        return module

    def given(module: Any) -> tuple[Network, list[bytes]]:
        blobs: list[bytes] = []
        with keras_records.keeping(blobs, 10**6):
            return crossed(read_module(module, (3, SIDE, SIDE))), blobs

    base = made(0)
    known = known_weights(*given(base))
    kept, other = keep_frozen(*given(base), known), keep_frozen(*given(made(1)), known)
    assert not kept.redrawn
    assert other.redrawn
    rebuilt = rebuild(kept.network, list(kept.blobs))
    torch.testing.assert_close(rebuilt.parts[0].weight, base[0].weight)
    assert [one.requires_grad for one in rebuilt.parameters()] == [False, False, True, True]


def test_a_network_of_keras_of_the_same_signature_is_another_training() -> None:
    network = FIT.network
    recipe = Recipe("short", "cpu", "bars")
    data: Any = type("Data", (), {"digest": "d", "classes": CLASSES, "name": "bars", "stand_in": True})()
    (job,) = make_jobs(Frozen(network), recipe, data, [0], "")
    keras_like = msgspec.structs.replace(network, framework="keras")
    (other,) = make_jobs(Frozen(keras_like), replace(recipe, backend="torch"), data, [0], "")
    assert job.key != other.key
    assert job.backend == "torch"


def test_a_room_trains_it(tmp_path: Path) -> None:
    arrays = {f"{one}_{part}": data for part, count in (("train", 240), ("test", 120)) for one, data in zip(
        "xy", bars(count, count), strict=True)}  # fmt: skip
    data = Shelf(tmp_path / "shelf").add("bars", arrays, origin="made up")
    recipe = Recipe("short", "cpu", "bars", optimizer=FIT.optimizer, batch=16, epochs=4)
    setup = RoomSetup(("numpy", "torch"), tmp_path / "cache", measure().require("standard"), own_environment())
    jobs = [
        next(make_jobs(Frozen(one), recipe, data, [1], "")) for one in (FIT.network, read_module(FLAT(), (3, 8, 8)))
    ]
    with open_engine("inline", setup, 1) as engine:
        trained = list(engine.train(jobs))
    for one in trained:
        assert one.run is not None, one
        assert one.run.fault is None, one
        assert (one.run.scores["accuracy"] or 0) > 0.9
        assert len(one.run.epochs) == 4
        assert one.run.backend == "torch"


# --- Mistakes of the reference ----------------------------------------------------------------------------------------


class Course(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 16, 3)
        self.pool = nn.MaxPool2d(2)
        self.fc1, self.fc2 = nn.Linear(16, 32), nn.Linear(32, CLASSES)

    def forward(self, x: Any) -> Any:
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2(x))
        x = F.relu(self.fc1(x.view(x.size(0), 16)))
        return self.fc2(x)


def test_typical_mistakes_are_made_and_can_be_trained(train: Any) -> None:
    network = crossed(read_module(Course(), (3, SIDE, SIDE)))
    made = {one.name: edited for one in MISTAKES if (edited := one.apply(network)) is not None}
    assert {*made} == {one.name for one in MISTAKES}
    for name in ("wide-pooling", "long-strides", "one-output"):  # nothing is left of images so small; one class alone
        with pytest.raises(Faulty):
            train(network=made.pop(name), epochs=1)
    for name, one in made.items():
        epochs, scores = train(network=one, epochs=1)
        assert math.isfinite(epochs[0]["loss"] or math.nan), name
        assert 0 <= scores["accuracy"] <= 1
