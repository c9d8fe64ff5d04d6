"""No message of a room is larger, deeper or longer than one that a room of ours sends."""

from __future__ import annotations

import pytest

from autograder.wire import limits
from autograder.wire.codec import WireError
from autograder.wire.messages import (
    Answered,
    Artifact,
    CellRun,
    Curves,
    Dictionary,
    Fault,
    Items,
    Layer,
    Network,
    Opaque,
    Scalar,
    Text,
)

ONE = Scalar("int", "1")


def nested(depth: int) -> Artifact:
    made: Artifact = ONE
    for _ in range(depth):
        made = Items("list", [made])
    return made


def network(layers: int, config: dict[str, object] | None = None) -> Network:
    made = [
        Layer("", "Add", "keras", config or {}, [max(n - 1, 0)], [], [], [], trainable=True, identity=n)
        for n in range(layers)
    ]
    return Network("", "keras", "", made, [layers - 1], [], [], 1, 1)


def deep_config(depth: int) -> dict[str, object]:
    made: dict[str, object] = {}
    for _ in range(depth):
        made = {"a": made}
    return made


@pytest.mark.parametrize(
    "answer",
    [
        ONE,
        nested(8),
        Items("list", [ONE] * 10_000),
        Dictionary([(Text(str(n), 1), ONE) for n in range(5000)]),
        network(2000),
        network(3, deep_config(12)),
        Curves({"loss": [0.5] * 10_000}, None),
        Fault("raised", "ValueError", "a" * 4000),
    ],
)
def test_what_a_room_sends_is_within_them(answer: Artifact | Fault) -> None:
    limits.check(Answered("x", 0.1, answer))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (nested(490), "nested over 64 deep"),
        (Items("set", [Scalar("int", str(n * (2**61 - 1))) for n in range(60_000)]), "a list of 60000 values"),
        (Items("list", [Items("list", [ONE] * 9000) for _ in range(20)]), "over 300000 values"),
        (Dictionary([(ONE, ONE)] * 20_000), "a list of 20000 values"),
        (network(400_000), "a network of 400000 layers"),
        (network(2, deep_config(100)), "nested over 64 deep"),
        (network(2, {"initializer": [0.5] * 10_001}), "a list of 10001 values"),
        (network(2, {str(n): 0 for n in range(10_001)}), "a list of 10001 values"),
        (Curves({"a": [0.0] * 25_000}, None), "a list of 25000 values"),
        (Fault("raised", "E", "<b>&" * 50_000), "a text of 200000 characters"),
        (Opaque("a", "b" * 100_001), "a text of 100001 characters"),
    ],
)
def test_what_was_made_by_hand_is_not(answer: Artifact | Fault, said: str) -> None:
    with pytest.raises(WireError, match=said):
        limits.check(Answered("x", 0.1, answer))


def test_what_a_course_lets_a_cell_print_may_be_longer() -> None:
    run = CellRun(0, 0.1, "a" * 200_000, "", 200_000, "")
    limits.check(run, most_chars=200_000)
    with pytest.raises(WireError):
        limits.check(run)
