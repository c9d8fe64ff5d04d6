"""No figure gains a point by what it makes its reader do, or becomes a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.sandbox.rooms import Zygote
from hostile.answers import DRAWN, FIGURES, QUICK_FIGURES
from hostile.reading import read


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    with Zygote(["numpy", "matplotlib.pyplot"], tmp_path_factory.mktemp("cache")) as found:
        yield found


def test_one_of_each_kind(zygote: Zygote, tmp_path: Path) -> None:
    read(zygote, tmp_path, DRAWN, FIGURES, QUICK_FIGURES)


@pytest.mark.whole
def test_all_of_them(zygote: Zygote, tmp_path: Path) -> None:
    read(zygote, tmp_path, DRAWN, FIGURES, FIGURES)
