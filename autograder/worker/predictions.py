"""Inside a room: what a model, a module, an object or a function of the student's predicts."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from autograder.worker.encode import is_keras_model
from autograder.worker.pytorch.reader import is_module

TOGETHER = 512
"""Examples that a module is given at once: all of them may be more than a room's memory."""


def predict(trained: Any, inputs: Any) -> Any:
    """Return what `trained` says of `inputs`, an array of N examples: a row, or a class, for each."""
    if is_keras_model(trained):
        return trained.predict(inputs, verbose=0)
    if is_module(trained) and not callable(getattr(trained, "predict", None)):
        return _of_module(trained, inputs)
    return getattr(trained, "predict", trained)(inputs)


def _of_module(module: Any, inputs: Any) -> Any:
    """Ask a PyTorch module, out of training, in the type of numbers that its parameters have."""
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
