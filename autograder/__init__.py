"""Grade deep-learning notebooks.

A checks file declares what is asked of student code with the names below, and judges the answers with plain pytest
functions and `autograder.asserts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.judge.declare import (
        attribute,
        call,
        drawn_by,
        figure,
        first,
        function,
        history,
        instance,
        itself,
        method,
        model,
        named,
        network,
        predictions,
        printed,
        question,
        source,
        symbolic,
        tensor,
        trained,
        trained_by,
        variable,
    )

__all__ = [
    "attribute",
    "call",
    "drawn_by",
    "figure",
    "first",
    "function",
    "history",
    "instance",
    "itself",
    "method",
    "model",
    "named",
    "network",
    "predictions",
    "printed",
    "question",
    "source",
    "symbolic",
    "tensor",
    "trained",
    "trained_by",
    "variable",
]


def __getattr__(name: str) -> Any:
    # Looked up late: the rooms load this package too, and must not load the judge with it.
    if name in __all__:
        from autograder.judge import declare

        return getattr(declare, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
