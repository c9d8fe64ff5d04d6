"""One step of a network in canonical form."""

from __future__ import annotations

import msgspec

from autograder.networks.values import Settings
from autograder.wire.frameworks import FrameworkName
from autograder.wire.messages import Shape


class Step(msgspec.Struct, frozen=True):
    """One thing the network does: a layer without its activation, an activation, a bare operation."""

    cls: str
    settings: Settings
    inputs: tuple[int, ...]
    """Positions of steps; -1 stands for the network's first input, -2 for its second."""
    output_shape: Shape
    """Batch left out; empty where it is not known."""
    layer: int
    """Position, from 1, of the layer it came from, as its author counts: the InputLayer is not one."""
    label: str
    """Short name for a message: `Conv2D(128)`, `MaxPooling2D`, `relu`."""
    shared: tuple[int, ...] = ()
    """For each weight, the number, from 1, of one that another step holds too, 0 for its own; empty where all are."""
    within: str = ""
    """Class of the layer of the student's own that it is in."""
    unreadable: str = ""
    """Why what it computes could not be followed: it is equal to what has the same code."""
    written: str = ""
    """What its author's framework calls it: `Conv2d`; empty for Keras, whose words the classes and settings are."""
    framework: FrameworkName = "keras"
    """Whose word `written` is."""
