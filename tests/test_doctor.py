"""What `autograder doctor` says of GPUs. That it says the rest is in test_cli.py."""

from __future__ import annotations

from pathlib import Path

import pytest

import digits
import toy
from autograder.course import load_assignment
from autograder.doctor import Finding, assignment_findings, data_findings, examine_machine, gpu_findings
from autograder.sandbox.gpus import Gpu, Survey

INSTALL = "not in the rooms' environment: install it there"
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


def test_what_an_assignment_imports_and_is_not_here_is_listed(tmp_path: Path) -> None:
    source = toy.answer("lib", "### BEGIN SOLUTION\nimport no_such_library.part\n### END SOLUTION")
    root = toy.make_course(tmp_path, cells=(*toy.SOLUTION, source))
    assignment = load_assignment(root, toy.NAME)
    mine = "%matplotlib inline\nimport lightgbm, numppy\nfrom utils import load\nfrom beside import x"
    toy.hand_in(root, "ada", toy.answered({"double-answer": mine}))
    path = toy.hand_in(root, "bob", toy.answered({"double-answer": "def f():\n    import lightgbm as lgb"}))
    (path.parent / "beside.py").write_text("x = 1")
    (tmp_path / "submitted/ada/toy/beside.py").write_text("x = 1")
    assert [(one.name, one.text, one.sound) for one in assignment_findings(assignment)] == [
        ("lightgbm", f"{INSTALL}; imported by 2 of 2 submissions (ada, bob)", False),
        ("no_such_library", f"{INSTALL}; imported by the source", False),
        ("numppy", "no library: numpy, misspelt?; imported by 1 of 2 submissions (ada)", True),
        ("utils", "no library: a file that was not handed in?; imported by 1 of 2 submissions (ada)", True),
    ]


def test_an_assignment_that_lacks_nothing_says_so(tmp_path: Path) -> None:
    assignment = load_assignment(toy.make_course(tmp_path), toy.NAME)
    assert list(assignment_findings(assignment)) == [
        Finding("imports", "all there, of the source and of 0 submissions")
    ]
