"""Networks are read in an older Keras 3 as in the one that is pinned: courses have the one they have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

OLD = "3.4.1"
"""The oldest that is tried: it has weights, masks and shapes of tensors in other places than today's."""


@pytest.mark.tensorflow
def test_networks_of_weights_of_their_own_are_read_in_an_older_keras(repository: Path) -> None:
    folder = repository / f".keras-{OLD}"
    if not (folder / "ready").exists():
        pytest.skip(f"NO OLDER KERAS: `make {folder.name}/ready`, which `make check` does")
    script = Path(__file__).with_name("older_keras.py")
    paths = os.pathsep.join(map(str, (folder, repository, repository / "tests")))
    done = subprocess.run(
        [sys.executable, str(script), "third", "fourth", "fifth"],
        env={**os.environ, "PYTHONPATH": paths, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["version"], found["wrong"]) == (OLD, [])
    assert found["read"] > 100
