"""What students read of their networks in PyTorch, in both languages, as a golden file.

No PyTorch is needed: the records of the networks are kept beside it, as a room brought them. `AUTOGRADER_REWRITE=1`
writes the golden file anew, and the records too where there is a PyTorch (see test_reading.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from autograder.judge.compiled import assert_compiled
from autograder.judge.layers import with_place
from autograder.judge.message import CannotTell, compose
from autograder.judge.values import Model
from autograder.locale import LANGUAGES
from autograder.networks.explain import explain
from autograder.wire.messages import Network

GOLDEN = Path(__file__).parent / "explanations.txt"
RECORDS = Path(__file__).parent / "records.json"


def records() -> dict[str, tuple[Network, Network]]:
    return msgspec.json.decode(RECORDS.read_bytes(), type=dict[str, tuple[Network, Network]])


def written() -> Iterator[str]:
    for name, (given, wanted) in records().items():
        yield f"=== {name}"
        found = explain(given, wanted)
        assert found is not None, name
        for language in LANGUAGES:
            yield compose(with_place(None, None, found), language, hidden=False)
        if found.discreet is not None:
            yield f"hidden: {compose(with_place(None, None, found), 'en', hidden=True)}"


def test_explanations_are_those_of_the_golden_file() -> None:
    said = "\n".join(written()) + "\n"
    if os.environ.get("AUTOGRADER_REWRITE"):
        GOLDEN.write_text(said, encoding="utf-8")
    assert said == GOLDEN.read_text(encoding="utf-8")


def test_what_is_for_keras_alone_costs_nobody_a_point() -> None:
    network = next(iter(records().values()))[0]
    with pytest.raises(CannotTell, match="not compiled"):
        assert_compiled(Model(network), optimizer="adam")


def test_explanations_speak_of_pytorch() -> None:
    said = "\n".join(written())
    assert len(records()) >= 25
    for word in ("Conv2D", "Dense", "keras", "MaxPooling", "model.summary", "filters", "channels_first"):
        assert word not in said, word
    assert not any(mark in said for mark in ("(('", "',)", "<", "class_name"))
