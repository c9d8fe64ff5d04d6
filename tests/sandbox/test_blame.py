"""A fault of ours in a room costs nobody a point, and nobody can pretend to one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from autograder.engine import Result, RoomSetup
from autograder.engine._host import Host
from autograder.records import Limits, Plan, Submission
from autograder.sandbox.blame import EXAMPLES, claims
from autograder.sandbox.environment import Environment, own_environment
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.wire.messages import Cell, Fault, Probe, VariableProbe
from hostile.pretended import PRETENDED

LIMITS = Limits(cell_seconds=10, seconds=30, memory_mb=500)
X = {"x": VariableProbe("x")}

OTHER_TORCH = '''
"""Of another edition than ours knows: it has no `torch.overrides`."""

class Tensor:
    device = type("Device", (), {"type": "cpu"})

    def detach(self):
        return self


def ones(*shape):
    return Tensor()


def manual_seed(seed):
    pass


class nn:
    class Module:
        pass

    class Linear(Module):
        def __init__(self, *sizes): pass

    class Sequential(Module):
        def __init__(self, *parts): pass

    class ReLU(Module):
        pass
'''


def order(source: str, probes: Mapping[str, Probe] = X, limits: Limits = LIMITS) -> Order:
    submission = Submission("student", "digest", (Cell(0, "", source),))
    return Order("key", submission, Plan((), probes, ()), limits, str(measure().level))


@pytest.fixture(scope="module")
def other_torch(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """This environment, with a PyTorch that our readers do not fit."""
    folder = tmp_path_factory.mktemp("libraries")
    (folder / "torch.py").write_text(OTHER_TORCH)
    (folder / "torch-99.dist-info").mkdir()
    own = own_environment()
    return replace(own, path=(str(folder), *own.path), modules={**own.modules, str(folder): ["torch"]})


@pytest.fixture(scope="module", params=["left to rooms", "loaded before"])
def host(
    request: pytest.FixtureRequest, other_torch: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    preload = ("numpy",) if request.param == "left to rooms" else ("numpy", "torch")
    with Host(RoomSetup(preload, tmp_path_factory.mktemp("cache"), str(measure().level), other_torch)) as host:
        yield host


def test_what_no_clean_room_reads_either_is_ours(host: Host) -> None:
    result = host.hold(order("import torch\nx = torch.ones(2)"))
    assert result.evidence is None
    assert "does not fit the torch of the rooms' environment" in str(result.error)
    assert "torch.overrides" in str(result.error)
    assert_whole(host.hold(order("x = 1")))


def assert_whole(result: Result) -> None:
    assert result.evidence is not None, result.error


def test_a_room_without_the_memory_to_begin_costs_nobody_a_point(sound: Host) -> None:
    result = sound.hold(order("x = 1", limits=Limits(memory_mb=1)))
    assert result.evidence is None, result.evidence


HARMLESS = ("forget-a-module", "a-library-of-its-own")
"""What is read all the same."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with Host(RoomSetup(("numpy",), tmp_path_factory.mktemp("cache"), str(measure().level))) as host:
        yield host


@pytest.mark.parametrize("name", PRETENDED)
def test_what_a_clean_room_does_not_meet_is_the_students(sound: Host, name: str) -> None:
    result = sound.hold(order(PRETENDED[name]))
    assert_whole(result)
    assert result.evidence is not None
    answers = [answer for answer, _ in result.evidence.answers().values()]
    assert name in HARMLESS or result.evidence.exam.fault or all(isinstance(one, Fault) for one in answers), answers


@pytest.mark.parametrize("library", ["numpy", "pandas", "matplotlib"])
def test_our_examples_are_read(sound: Host, library: str) -> None:
    assert_read(sound.hold(order(*EXAMPLES[library])))


@pytest.mark.tensorflow
def test_our_examples_of_keras_are_read(keras_zygote: Zygote) -> None:
    held = order(*EXAMPLES["keras"], Limits())
    assert_read(Result(held, examine(keras_zygote, held)))


def assert_read(result: Result) -> None:
    assert_whole(result)
    assert result.evidence is not None
    assert result.evidence.exam.cells[0].run is not None
    assert result.evidence.exam.cells[0].run.fault is None
    assert not list(claims(result.evidence))
    assert not any(isinstance(answer, Fault) for answer, _ in result.evidence.answers().values())
