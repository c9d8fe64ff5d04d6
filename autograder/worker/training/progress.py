"""What is said of a training while it runs, and what early stopping may watch: the same for every framework."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograder.wire.messages import EarlyStopping, Figure


def figures(logs: Mapping[str, Any]) -> dict[str, Figure]:
    """Return measured numbers as they cross the wall: one that is not finite is None."""
    values = {name: float(value) for name, value in logs.items()}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def check_watched(stopping: EarlyStopping, validation: float) -> None:
    """Raise ValueError where early stopping watches examples that nobody holds back."""
    if stopping.monitor.startswith("val_") and not validation:
        raise ValueError(f"early stopping watches {stopping.monitor}, but no example is held back for validation")
