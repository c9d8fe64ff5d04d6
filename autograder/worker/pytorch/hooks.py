"""Calls of a module with what its author hung on it: forward hooks, which may change what it takes and what it gives.

A module of the student's runs its own hooks. One of PyTorch's is recorded as one call instead, and what hangs on it is
called here, around the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Call = Callable[[tuple[Any, ...], dict[str, Any]], Any]


def hooked(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], call: Call) -> Any:
    """Return what `call` makes of its arguments, the hooks of `module` called before and after."""
    for hook, told in _hooks(module, "_forward_pre_hooks"):
        found = hook(module, args, kwargs) if told else hook(module, args)
        if found is not None and told:
            args, kwargs = found
        elif found is not None:
            args = found if isinstance(found, tuple) else (found,)
    result = call(args, kwargs)
    for hook, told in _hooks(module, "_forward_hooks"):
        found = hook(module, args, kwargs, result) if told else hook(module, args, result)
        result = result if found is None else found
    return result


def _hooks(module: Any, kind: str) -> Iterator[tuple[Any, bool]]:
    """Yield hooks in order, with whether each takes keyword arguments too.

    `weight_norm` and its like are hooks as well: what they make of parameters is among a module's settings.
    """
    told = getattr(module, f"{kind}_with_kwargs", {})
    for key, hook in getattr(module, kind).items():
        if not type(hook).__name__.endswith("Norm"):
            yield hook, bool(told.get(key))
