"""PyTorch in a room."""

from __future__ import annotations

import importlib
import sys
from typing import Any, cast

import numpy as np

from autograder.worker.pytorch import downloads
from autograder.worker.pytorch.reader import is_module, modules, read_module
from autograder.worker.runtime import Runtime
from autograder.worker.training.trainer import Trainer

TOGETHER = 512
"""Examples that a module is given at once: all of them may be more than a room's memory."""
TRAINING = "autograder.worker.pytorch.training"
"""It imports PyTorch, and so is loaded where that is, or by the room that needs it (`later`)."""


def _predict(module: Any, inputs: Any) -> Any:
    """Ask a module, out of training, in the type of numbers that its parameters have; one with a `predict`, that."""
    if callable(getattr(module, "predict", None)):
        return module.predict(inputs)
    torch = sys.modules["torch"]
    kinds = [one.dtype for one in module.parameters() if one.is_floating_point()]
    device = next((one.device for one in module.parameters()), "cpu")
    before = module.training
    module.eval()
    try:
        with torch.no_grad():
            made = []
            for start in range(0, len(inputs), TOGETHER):
                given = torch.as_tensor(np.asarray(inputs[start : start + TOGETHER]), device=device)
                made.append(module(given.to(kinds[0]) if kinds and given.is_floating_point() else given))
            return torch.cat(made)
    finally:
        module.train(before)


def _array(value: Any) -> Any:
    if not hasattr(value, "detach"):
        return None
    from autograder.worker.pytorch.following import numbers

    return None if value.device.type == "meta" else numbers(value)


def _tensor(array: Any) -> Any:
    return importlib.import_module("torch").from_numpy(array)


def _reseed(seed: int) -> None:
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)


def _trainer() -> Trainer:
    return cast("Trainer", importlib.import_module(TRAINING))


RUNTIME = Runtime(
    name="torch",
    models=modules,
    is_model=is_module,
    read=read_module,
    predict=_predict,
    tensors=("torch",),
    array=_array,
    library="torch",
    tensor=_tensor,
    operations={"torch": "torch"},
    reseed=_reseed,
    trainer=_trainer,
    first_uses={
        # A first step of an optimizer, or a first tensor without numbers: SymPy and more, for 5 s of each room.
        "torch": ("torch._dynamo", "torch.fx.experimental.symbolic_shapes", "torch._decomp.decompositions_for_rng"),
    },
    ahead=tuple(f"autograder.worker.pytorch.{name}" for name in ("following", "running", "training")),
    wrap_for=downloads.wrap_for,
)
