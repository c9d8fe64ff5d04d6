"""Which data sets a notebook's code loads by a library's own loader: the names that the shelf has them under."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from autograder.data.shelf import FETCHED

_PATTERNS = (
    re.compile(r"\bkeras\.datasets\.(\w+)"),
    re.compile(r"\bdatasets\.(\w+)\.load_data"),
    re.compile(r"\bkeras\.datasets[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)"),
    re.compile(r"\btorchvision\.datasets[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)"),
    re.compile(r"\bdatasets\.(\w+)[ \t]*\("),
    re.compile(r"\bload_dataset\([ \t\n]*[\"'](?:[\w-]+/)?([\w-]+)[\"']"),
)
"""Of Keras, whatever it is called; of torchvision; of the Hugging Face hub."""
_NAME = re.compile(r"\w+")
_OTHERS = {"fashionmnist": "fashion_mnist"}
"""Names that differ by more than capitals: torchvision's."""


def sets_loaded(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the sets that code loads, in its order. scikit-learn's `datasets` are its own business."""
    return tuple(dict.fromkeys(name for code in codes for name in _loaded(code)))


def _loaded(code: str) -> Iterator[str]:
    found = sorted((one.start(), one[1]) for pattern in _PATTERNS for one in pattern.finditer(code))
    names = (name.lower() for _, text in found for name in _NAME.findall(text))
    yield from (known for name in names if (known := _OTHERS.get(name, name)) in FETCHED)
