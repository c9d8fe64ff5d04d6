"""One training to run, and the name it is stored under."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

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
_UNWRITTEN = frozenset(("name", "dress", "nested", "within", "note", "sample", "compiled", "seed"))
"""What two records that are trained alike may say otherwise: `compiled` gives no more than is part of the key."""


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
    form: str = ""
    """Digest of the record but for its names: equal for networks that were written alike."""

    def alone(self) -> Job:
        """Return the training of what was written like this, and of nothing that is merely equal to it."""
        return replace(self, key=self.form_key)

    @property
    def form_key(self) -> str:
        """What a run is stored under that is for networks written alike."""
        return digest(self.key, self.form)

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
            form=self.form,
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
    form = digest(json.dumps(_written(msgspec.to_builtins(network)), sort_keys=True))
    kept += _inputs(network)
    dialect = dialect_of(network)
    kept += [dialect.name] if dialect.backend else []  # its layers are drawn otherwise than Keras's
    for seed in seeds:  # danger: under one key the whole class has one training, for good
        key = digest(sign, recipe.content, str(dialect.gives_logits(network)), data.digest, str(seed), libraries, *kept)
        yield Job(key, network, sign, recipe, data, seed, frozen.blobs, digest(key, own), form)


def _written(value: object) -> object:
    """What a record holds, but for what its author calls things, and for what no training is given."""
    if isinstance(value, dict):
        named = value.get("class_name") == "DTypePolicy"  # its name says how many bits there are
        return value if named else {key: _written(one) for key, one in value.items() if key not in _UNWRITTEN}
    return [_written(one) for one in value] if isinstance(value, list) else value


def is_built(network: Network, built: Network) -> bool:
    """Whether what was built of a network, read anew, is trained as whatever has the network's signature is."""
    signs = [signature(one, trainable=True, initializers=True) for one in (network, built)]
    return signs[0] == signs[1] and _inputs(network) == _inputs(built)


def is_borrowed(run: TrainingRun, job: Job) -> bool:
    """Whether a run is of a network that is equal to the job's, and was written otherwise.

    What is equal by its signature computes the same, as real numbers do, and may be trained otherwise: by a penalty on
    a layer that does nothing, by constants that cancel out and leave no digit. Nobody fails by it, no bar rests on it.
    """
    return run.key not in (job.own_key, job.form_key) and run.form != job.form


def _inputs(network: Network) -> list[str]:
    """Return what a network takes its inputs as, where one of them is not taken as it is."""
    kinds = [str(one.config.get("dtype") or FLOAT) for one in network.layers if one.cls == "InputLayer"]
    return [] if set(kinds) <= {FLOAT} else kinds


def calibrated_for(recipe: Recipe, *sets: DataSet) -> str:
    """Return the name of what a threshold is calibrated for: a recipe's content and that of its sets, hidden or not.

    And the rule it is for: a bar that the mean of the runs had to clear is not one for the best of them.
    """
    return digest("best of the runs", recipe.content, *(one.digest for one in sets)).removeprefix("sha256:")[:OF_CHARS]
