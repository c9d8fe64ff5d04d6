"""How large a message may be once it is decoded, whatever its kind: one rule for every string and list of every record.

A frame within its bytes can still hold what takes minutes to hash, to compare or to draw, or what breaks a program that
follows it to its end. A room keeps to these limits by itself: what is over them was made by hand.
"""

from __future__ import annotations

import msgspec

from autograder.wire import codec
from autograder.wire.codec import WireError
from autograder.wire.messages import Network

TEXT_BYTES = 8 * 2**20
"""Of one message, as JSON, beside what its course lets a cell print."""
BYTES_A_CHAR = 12
"""As JSON at most: a character beyond the basic plane, escaped."""
STRING_CHARS = 100_000
ITEMS = 10_000
"""Of one list or dict."""
VALUES = 300_000
"""Of a message in all, each field of each record counted."""
DEPTH = 64
LAYERS = 2000
"""Of a network."""


def check(message: msgspec.Struct, *, most_chars: int = STRING_CHARS) -> None:
    """Raise WireError where a message is larger than any that a room sends. `most_chars`: of a string."""
    waiting: list[tuple[object, int]] = [(message, 0)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if seen + len(waiting) > VALUES or depth > DEPTH:
            raise WireError(f"a message of over {VALUES} values, or nested over {DEPTH} deep")
        if isinstance(value, str) and len(value) > most_chars:
            raise WireError(f"a text of {len(value)} characters, where at most {most_chars} are sent")
        if isinstance(value, Network) and len(value.layers) > LAYERS:
            raise WireError(f"a network of {len(value.layers)} layers, where at most {LAYERS} are read")
        parts = _parts(value)
        if len(parts) > ITEMS:
            raise WireError(f"a list of {len(parts)} values, where at most {ITEMS} are sent")
        waiting += [(part, depth + 1) for part in parts]


def pack(message: msgspec.Struct, blobs: list[bytes]) -> bytes:
    """Return the frame of a message, for a room to send. Raise WireError where the other side would refuse it."""
    check(message)
    frame = codec.pack(message, blobs)
    if codec.text_bytes(frame) > TEXT_BYTES:
        raise WireError(f"a message of over {TEXT_BYTES // 2**20} MB")
    return frame


def _parts(value: object) -> list[object]:
    if isinstance(value, msgspec.Struct):
        return [getattr(value, name) for name in value.__struct_fields__]
    if isinstance(value, dict):
        return [*value.keys(), *value.values()] if len(value) <= ITEMS else [None] * len(value)
    return list(value) if isinstance(value, list | tuple) else []
