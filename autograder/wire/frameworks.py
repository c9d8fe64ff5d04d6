"""The frameworks that networks are written in, as both sides of the wall know them before they load any of them.

What is asked of one on the trusted side is in `networks/NAME/dialect.py`, and in a room in `worker/NAME/runtime.py`.
Only the standard library is used here: a Python is looked at with it before anybody knows what that Python holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

FrameworkName = Literal["keras", "torch"]
"""In records: what a notebook imports."""
TensorLibrary = Literal["tensorflow", "torch"]
"""Whose tensors a check may give: of each framework its own, and of Keras TensorFlow's."""


class Framework(NamedTuple):
    """One framework, by what must be known of it to find out whether it is there, and to load it well."""

    name: FrameworkName
    folder: str
    """Of `networks/` and of `worker/`."""
    distributions: tuple[str, ...]
    """What brings it, by the names that packages are installed under."""
    modules: tuple[str, ...]
    """What is imported of it, and takes seconds: rooms have it loaded before they are forked."""
    environment: Mapping[str, str] = {}
    """Variables that are set before it is loaded."""


FRAMEWORKS = (
    Framework("keras", "keras", ("keras", "keras-nightly"), ("tensorflow", "keras", "tf_keras")),
    # A room has seconds, and a compilation takes minutes: `torch.compile` gives back what it is given.
    Framework("torch", "pytorch", ("torch",), ("torch", "torchvision"), {"TORCHDYNAMO_DISABLE": "1"}),
)
"""Keras first: networks are compared in its words, and what it is trained on is for a recipe to say."""
