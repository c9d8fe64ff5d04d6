"""One training to run, and the name it is stored under."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from autograder.data.shelf import DataSet
from autograder.evidence import TrainingRun
from autograder.networks.frameworks import dialect_of
from autograder.networks.signature import signature
from autograder.recipes import BACKENDS, BackendName, Recipe
from autograder.records import digest
from autograder.training.frozen import Frozen
from autograder.wire.messages import Fault, Figure, Network

OF_CHARS = 16
"""How much of a digest names what a threshold was calibrated for."""
FLOAT = "float32"


@dataclass(frozen=True)
class Job:
    """A network to train under a recipe, from the initial weights and in the order that a seed draws."""

    key: str
    """Digest of all that the scores depend on: equal jobs are one."""
    network: Network
    signature: str
    recipe: Recipe
    data: DataSet
    seed: int
    blobs: tuple[bytes, ...] = ()
    """Values of the weights that the network keeps."""
    own_key: str = ""
    """Digest of this very record too: what the run is stored under that says nothing of its like."""

    @property
    def backend(self) -> BackendName:
        """What the training runs on."""
        return dialect_of(self.network).backend or self.recipe.backend or BACKENDS[0]

    def run(
        self,
        *,
        versions: Mapping[str, str],
        seconds: float,
        epochs: list[dict[str, Figure]],
        scores: dict[str, Figure],
        fault: Fault | None,
        built: bool = True,
    ) -> TrainingRun:
        """Return the record of this training, given what came of it, and whether what was `built` is what it says."""
        # Danger: a record is a claim. One that says what a neighbour's does, and is not that, or cannot be trained,
        # would fail the neighbour: what comes of it is its author's alone.
        return TrainingRun(
            key=self.key if built and fault is None else self.own_key,
            signature=self.signature,
            recipe=self.recipe.name,
            seed=self.seed,
            data=self.data.name,
            data_digest=self.data.digest,
            stand_in=self.data.stand_in,
            device=self.recipe.profile,
            backend=self.backend,
            versions=dict(versions),
            seconds=seconds,
            asked=self.recipe.epochs,
            epochs=epochs,
            scores=scores,
            fault=fault,
        )


def make_jobs(frozen: Frozen, recipe: Recipe, data: DataSet, seeds: Iterable[int], libraries: str) -> Iterator[Job]:
    """Yield a network's job for each seed; its signature, which takes milliseconds, is taken once.

    `libraries` names the versions that compute it.
    """
    network, kept = frozen.network, [frozen.digest] if frozen.digest else []
    sign, own = signature(network, trainable=True, initializers=True), msgspec.json.encode(network)
    kept += _inputs(network)
    dialect = dialect_of(network)
    kept += [dialect.name] if dialect.backend else []  # its layers are drawn otherwise than Keras's
    for seed in seeds:  # danger: under one key the whole class has one training, for good
        key = digest(sign, recipe.content, str(dialect.gives_logits(network)), data.digest, str(seed), libraries, *kept)
        yield Job(key, network, sign, recipe, data, seed, frozen.blobs, digest(key, own))


def is_built(network: Network, built: Network) -> bool:
    """Whether what was built of a network, read anew, is trained as whatever has the network's signature is."""
    signs = [signature(one, trainable=True, initializers=True) for one in (network, built)]
    return signs[0] == signs[1] and _inputs(network) == _inputs(built)


def _inputs(network: Network) -> list[str]:
    """Return what a network takes its inputs as, where one of them is not taken as it is."""
    kinds = [str(one.config.get("dtype") or FLOAT) for one in network.layers if one.cls == "InputLayer"]
    return [] if set(kinds) <= {FLOAT} else kinds


def calibrated_for(recipe: Recipe, *sets: DataSet) -> str:
    """Return the name of what a threshold is calibrated for: a recipe's content and that of its sets, hidden or not.

    And the rule it is for: a bar that the mean of the runs had to clear is not one for the best of them.
    """
    return digest("best of the runs", recipe.content, *(one.digest for one in sets)).removeprefix("sha256:")[:OF_CHARS]
