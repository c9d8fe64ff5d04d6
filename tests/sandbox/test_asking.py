"""What a room can learn of what it is asked."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.records import Plan, Submission
from autograder.sandbox.asking import alone, frame_to_keep, in_order
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.isolation import measure
from autograder.sandbox.rooms import Zygote
from autograder.wire import codec
from autograder.wire.messages import (
    Answered,
    Array,
    Artifact,
    CallProbe,
    Cell,
    Examples,
    Fault,
    Items,
    Layer,
    ModelProbe,
    Network,
    Opaque,
    PredictionsProbe,
    Preparation,
    Probe,
    SourceProbe,
    Text,
    VariableProbe,
    Weight,
)
from sandbox.test_exam import LIMITS

LOOKS = """
import gc, sys

def seen():
    found, frame = set(), sys._getframe()
    while frame:
        for value in [*frame.f_locals.values(), *gc.get_objects()]:
            probes = getattr(value, 'probes', None)
            if isinstance(probes, dict):
                found |= set(probes)
        frame = frame.f_back
    return sorted(found)

class Wide:
    def predict(self, inputs): raise ValueError(''.join(chr(65 + int(n) % 26) for n in inputs.ravel()))

class Odd:
    def predict(self, inputs): return __import__('numpy').zeros((0, 3, 9, 27))

wide, odd, first = Wide(), Odd(), 1
"""


def plan() -> Plan:
    blobs: list[bytes] = []
    secret = codec.array_record(np.arange(12, dtype="uint8").reshape(3, 4), blobs)
    argument = codec.array_record(np.arange(3.0), blobs)
    hidden = Examples(secret, Preparation(2))
    probes: dict[str, Probe] = {
        "wide": PredictionsProbe("wide", "recipe", "set", None, hidden),
        "odd": PredictionsProbe("odd", "recipe", "set", None, hidden),
        "call": CallProbe("seen", [], {}),
        "given": CallProbe("list", [argument], {}),
        "source": SourceProbe("a"),
        "first": VariableProbe("first"),
    }
    return Plan((), probes, tuple(blobs))


def test_hidden_inputs_come_last_and_what_hands_nothing_over_first() -> None:
    assert in_order(plan()) == ["first", "call", "given", "wide", "odd"]


def test_a_question_brings_its_own_arrays_alone() -> None:
    question, blobs = alone("given", plan(), LIMITS)
    assert list(question.probes) == ["given"]
    assert blobs == [plan().blobs[1]]
    (argument,) = question.probes["given"].args  # type: ignore[union-attr]
    assert isinstance(argument, Array)
    assert codec.array_value(argument, blobs).tolist() == [0, 1, 2]


def test_a_function_finds_its_own_question_alone(light_zygote: Zygote) -> None:
    order = Order("k", Submission("s", "d", (Cell(0, "", LOOKS),)), plan(), LIMITS, measure().level or "")
    answers = examine(light_zygote, order).answers()
    assert answers["call"][0] == Items("list", [Text("call", 4)])
    odd = answers["odd"][0]
    assert isinstance(odd, Fault)
    assert odd.kind == "unread"


def test_a_number_of_parameters_is_counted_and_not_believed() -> None:
    shared = Weight((8, 4), "float32", trainable=True, identity=1)
    layers = [
        Layer("a", "Dense", "keras", {}, [], [], [], [shared, Weight((4,), "float32", trainable=True)], True, 0),
        Layer("b", "Dense", "keras", {}, [0], [], [], [shared, Weight((4,), "float32", trainable=False)], True, 1),
    ]
    network = Network("", "keras", "Sequential", layers, [1], [], [], 2_209_098, 2_209_098)
    asked = Plan((), {"net": ModelProbe("net")}, ())
    kept, _ = codec.unpack(
        frame_to_keep(answered := Answered("net", 0.1, network), codec.pack(answered), asked), Answered
    )
    assert isinstance(kept.answer, Network)
    assert (kept.answer.params, kept.answer.trainable_params) == (40, 36)


@pytest.mark.parametrize(
    ("answer", "blobs"),
    [
        (Text("what was asked", 14), []),
        (Opaque("what.was.asked", "it"), []),
        (Array("what was asked", (3,), 0), [bytes(12)]),
        (Array("float32", (2**60, 3), 0), [bytes(12)]),
        (Array("float32", (3,), 9), [bytes(12)]),
        (Array("float32", (), 0), [bytes(4)]),
    ],
)
def test_of_hidden_inputs_predictions_come_back_or_nothing(answer: Artifact, blobs: list[bytes]) -> None:
    answered = Answered("wide", 0.1, answer)
    kept, _ = codec.unpack(frame_to_keep(answered, codec.pack(answered, blobs), plan()), Answered)
    assert kept.answer == Fault(kind="unread", message="no predictions")
    right = Answered("wide", 0.1, Array("float32", (3,), 0))
    assert frame_to_keep(right, frame := codec.pack(right, [bytes(12)]), plan()) == frame
