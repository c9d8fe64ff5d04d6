"""What an error of Keras or TensorFlow says, without where they were when it was raised."""

from __future__ import annotations

import re

MAX_DETAIL = 300
"""Characters kept of a message."""
MAX_REASON = 200
"""Characters kept of why code could not be followed."""

_COLOURS = re.compile(r"\x1b\[\d*m")
_PREAMBLES = (
    "Exception encountered when calling",
    "Graph execution error",
    "Detected at node",
    'File "',
    "<stack traces",
)
"""How lines begin that say where Keras or TensorFlow was, not what was wrong."""


def message_of(error: Exception) -> str:
    """Return the first line of an error's message that says anything."""
    lines = (line.strip() for line in _COLOURS.sub("", str(error)).splitlines())
    said = (line for line in lines if line and not line.startswith(_PREAMBLES))
    return next(said, type(error).__name__)[:MAX_DETAIL]


def reason(error: Exception) -> str:
    """Return the kind of an error, and the start of what it says."""
    return f"{type(error).__name__}: {message_of(error)}"[:MAX_REASON]
