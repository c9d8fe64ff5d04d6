"""What may cross the wall between a room and the host: plain records (`messages`) and their bytes (`codec`).

This package imports NumPy and msgspec and nothing of the project: both sides of the wall load it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path


def _contract() -> str:
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]


CONTRACT = _contract()
"""Of what both sides of the wall say to each other, as it was when this process began.

A package that is replaced while a run goes on would answer an old host with new words, and the student would pay.
"""
