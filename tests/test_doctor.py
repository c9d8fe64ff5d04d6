"""What `autograder doctor` says of GPUs. That it says the rest is in test_cli.py."""

from __future__ import annotations

from pathlib import Path

import pytest

import digits
from autograder.doctor import Finding, data_findings, examine_machine, gpu_findings
from autograder.sandbox.gpus import Gpu, Survey

T4 = Gpu(1, "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77", "Tesla T4", 15360, ("/dev/nvidia1",))


def test_each_gpu_has_its_line() -> None:
    assert list(gpu_findings(Survey((T4,)))) == [Finding("GPU 1", "Tesla T4, 15360 MB, GPU-5d5ba0d6…")]


def test_no_gpu_is_said_with_its_reason() -> None:
    assert list(gpu_findings(Survey(problems=("no NVIDIA driver",)))) == [Finding("GPUs", "none: no NVIDIA driver")]


def test_a_gpu_left_out_is_said_beside_the_others() -> None:
    findings = list(gpu_findings(Survey((T4,), ("GPU 0: it is in MIG mode",))))
    assert [finding.name for finding in findings] == ["GPU 1", "GPUs"]
    assert findings[1].text == "GPU 0: it is in MIG mode"


def test_a_machine_without_a_gpu_is_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    gpus = [finding for finding in examine_machine() if finding.name.startswith("GPU")]
    assert gpus == [Finding("GPUs", "none: no NVIDIA driver: nvidia-smi is not installed", sound=True)]


def test_the_sets_of_the_shelf_are_listed_and_a_broken_one_is_said(tmp_path: Path) -> None:
    shelf = digits.fill_shelf(tmp_path)
    assert [finding.name for finding in data_findings(shelf)] == ["data", "  mnist", "  secret"]
    (tmp_path / "mnist/y_test.npy").unlink()
    broken = [finding for finding in data_findings(shelf) if not finding.sound]
    assert [finding.name for finding in broken] == ["  mnist"]
    assert broken[0].text.startswith("data set mnist: y_test.npy is missing")
