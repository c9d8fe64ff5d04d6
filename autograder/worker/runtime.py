"""What a room asks of a framework: what of it is a network or a tensor, how it is read, seeded, trained and answered.

Nothing here imports the framework: the zygote has, or student code does, or nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from autograder.wire.frameworks import FrameworkName, TensorLibrary
from autograder.wire.messages import Network, Shape
from autograder.worker.training.trainer import Trainer


@dataclass(frozen=True)
class Runtime:
    """One framework, as rooms use it."""

    name: FrameworkName
    models: Callable[[], tuple[type, ...]]
    """The classes of its networks; none where it is not loaded."""
    is_model: Callable[[object], bool]
    """Whether a value is a network of its, and of no other."""
    read: Callable[[Any, Shape | None], Network]
    """The record of a network, on an example of this shape, batch left out, where one is given."""
    predict: Callable[[Any, Any], Any]
    """What a network says of an array of N examples: a row, or a class, for each."""
    tensors: tuple[str, ...]
    """The packages that the types of its tensors are of."""
    array: Callable[[Any], Any]
    """The NumPy array of a value of such a type; None for one that holds no numbers."""
    library: TensorLibrary
    """Whose tensors a check gives to functions that take its own."""
    tensor: Callable[[Any], Any]
    """A tensor of that library, of an array."""
    operations: Mapping[str, str]
    """By the package of what they are given, the module that holds the functions of `autograder.wire.functions`."""
    reseed: Callable[[int], None]
    """Start its generators of random numbers from a seed, where it is loaded."""
    trainer: Callable[[], Trainer]
    """What trains its networks anew, in a training room."""
    first_uses: Mapping[str, tuple[str, ...]]
    """By library, what its first use loads: loaded before rooms are forked, where the library is."""
    ahead: tuple[str, ...]
    """Modules of ours that import it, and that every room with it asks for: the same."""
    wrap_for: Callable[[str], Callable[[ModuleType], None] | None]
    """What to do to one of its modules, by name, once it has run: what it would download is the shelf's to give."""
