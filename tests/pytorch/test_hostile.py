"""No module of PyTorch's gains a point by what it makes its reader do, or becomes a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.sandbox.rooms import Zygote
from hostile.answers import CHECKS, MODULES
from hostile.reading import read

pytest.importorskip("torch", reason="no PyTorch here: `make test-all` runs these in .venv-torch")


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    with Zygote(["numpy", "torch"], tmp_path_factory.mktemp("cache")) as found:
        yield found


def test_modules(zygote: Zygote, tmp_path: Path) -> None:
    read(zygote, tmp_path, CHECKS, MODULES, MODULES)
