"""Conversations as no room of ours holds them, made from a seed, and the host's whole way with them.

Run as a program, it holds some in this process, under a limit on memory: `malformed_frames.py FOLDER FIRST LAST`.
"""

from __future__ import annotations

import contextlib
import copy
import json
import random
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import networks
from autograder.evidence import Evidence, load_evidence
from autograder.judge.channel import Case
from autograder.judge.process import Judge
from autograder.networks.signature import signature
from autograder.records import Limits, Plan, Submission
from autograder.remarks import cut_short
from autograder.sandbox import exam
from autograder.sandbox.exam import Order, examine
from autograder.sandbox.room import Room
from autograder.sandbox.rooms import Zygote
from autograder.wire import codec, limits
from autograder.wire.messages import (
    Answered,
    Array,
    CappedFit,
    Cell,
    CellRun,
    CellsDone,
    CellStarted,
    Compiled,
    Curves,
    Dictionary,
    Ended,
    Fault,
    Frame,
    FromRoom,
    Items,
    Network,
    Opaque,
    Output,
    PredictionsProbe,
    Probe,
    Record,
    Scalar,
    Steps,
    Table,
    Text,
    TrainedProbe,
    Warm,
)
from autograder.wire.messages import Column as ColumnRecord

MEMORY_MB = 900
"""What hearing a room may take beyond the interpreter and its libraries, of addresses."""
SECONDS = 20
"""Of one conversation, at most, on the host's side and in the judge."""

CHECKS = """
import numpy as np
from autograder import *
from autograder.asserts import *

value = variable("value")
pairs = variable("pairs")
frame = variable("frame")
doubled = call("double", np.array([1.0, 2.0]))
made = instance("Made", 1, then=[method("grow", 2), attribute("size")])
net = model("net")
curves = history("curves")

@question("q")
def test_value(value):
    assert_equal(value, [1, 2.5, "three", None])

@question("q")
def test_pairs(pairs):
    assert pairs["a"] == 1

@question("q")
def test_frame(frame):
    assert_table(frame, columns=["a", "b"], dtypes={"a": "int"}, rows=2, values={"a": [1, 2], "b": ["x", "y"]})

@question("q")
def test_doubled(doubled):
    assert_close(doubled, [2.0, 4.0])

@question("q")
def test_shape(doubled):
    assert_shape(doubled, (2,))

@question("q")
def test_made(made):
    assert_equal(made[0], 3)
    assert_equal(made[1], 3)

@question("q")
def test_params(net):
    assert_params(net, 12)

@question("q")
def test_network(net):
    assert_same_network(net)

@question("q")
def test_layers(net):
    assert_layers(net, ["Conv2D", "Dense"])
    assert_output_shape(net, (None, 10))

@question("q")
def test_compiled(net):
    assert_compiled(net, loss="categorical_crossentropy", optimizer="adam")

@question("q")
def test_curves(curves):
    assert curves.epochs
"""

Message = tuple[Record, list[bytes]]
"""With its blobs."""


def _layers() -> Network:
    net = networks.chain(
        networks.conv(8, 3, activation="relu"),
        networks.pool(),
        networks.call("BatchNormalization"),
        networks.call("Bidirectional", layer={"class_name": "LSTM", "config": {"units": 4}}),
        networks.call("TimeDistributed", layer={"class_name": "Dense", "config": {"units": 3}}),
        networks.operation("Multiply"),
        networks.call("Lambda"),
        networks.call("Flatten"),
        networks.dense(10, activation="softmax", kernel_regularizer={"class_name": "L2", "config": {"l2": 0.01}}),
    )
    layers = list(net.layers)
    layers[6] = msgspec.structs.replace(
        layers[6], arguments={"x1": {"tensor": 0}, "x2": 255.0}, slots=[0], within="Block", training=True
    )
    graph = networks_graph(net)
    layers[7] = msgspec.structs.replace(
        layers[7], functions={"function": graph}, unreadable="", config={"function": "f"}
    )
    adam: dict[str, object] = {"class_name": "Adam", "config": {"learning_rate": 0.001}}
    compiled = Compiled("categorical_crossentropy", adam, ["accuracy"], loss_weights=[1.0], rates=[0.001, 0.0001])
    return msgspec.structs.replace(net, layers=layers, compiled=compiled, inference=graph, losses=[1], slots=[0])


def networks_graph(net: Network) -> Any:
    from autograder.wire.messages import Graph

    return Graph(net.layers[:3], [2], [0], [1])


def conversation() -> list[Message]:
    """What an honest room says once student code runs: two cells, the answers to CHECKS and to two of a recipe."""
    array: list[bytes] = []
    doubled = codec.array_record(np.array([2.0, 4.0]), array)
    numbers: list[bytes] = []
    column = ColumnRecord(Text("a", 1), "int64", codec.array_record(np.array([1, 2]), numbers))
    texts = ColumnRecord(Text("b", 1), "object", texts=["x", None])
    index = ColumnRecord(Scalar("none", "None"), "int64", codec.array_record(np.arange(2), numbers))
    table = Table("pandas.DataFrame", 2, [column, texts], index)
    guessed: list[bytes] = []
    guess = codec.array_record(np.eye(3, dtype=np.float32), guessed)
    one = Scalar("int", "1")
    fault = Fault("raised", "ValueError", "no", [Frame(1, 1, "f", "f()")], 1, values=[("x", "3")])
    answers: dict[str, tuple[Any, list[bytes]]] = {
        "value": (Items("list", [one, Scalar("float", "2.5"), Text("three", 5), Scalar("none", "None")]), []),
        "pairs": (Dictionary([(Text("a", 1), one), (one, Opaque("m.C", "<C>"))]), []),
        "frame": (table, numbers),
        "net": (_layers(), []),
        "curves": (Curves({"loss": [1.0, 0.5], "accuracy": [0.5, None]}, 2), []),
        "trainable": (_layers(), []),
        "doubled": (doubled, array),
        "made": (Steps("Made", [Scalar("int", "3"), Scalar("int", "3")]), []),
        "guess": (guess, guessed),
    }
    ran = CellRun(1, 0.1, "Hello\n", "", 6, "3", fault, [CappedFit(5, 1, 3, "epochs")], [Output("stdout", "", 1)])
    return [
        (CellRun(0, 0.1, "", "", 0, ""), []),
        (CellStarted(1), []),
        (ran, []),
        (CellsDone(), []),
        *((Answered(name, 0.1, answer), blobs) for name, (answer, blobs) in answers.items()),
    ]


def plan_of(judge: Judge) -> Plan:
    """The plan of CHECKS, with two probes that a judge is told of by the host."""
    from autograder.wire.messages import Examples, Preparation

    plan = judge.plan()
    blobs = [*plan.blobs, bytes(12)]
    hidden = Examples(Array("uint8", (3, 4), len(blobs) - 1), Preparation(3))
    more: dict[str, Probe] = {
        "trainable": TrainedProbe("net", "r"),
        "guess": PredictionsProbe("net", "r", "h", hidden=hidden),
    }
    return Plan(plan.checks, {**plan.probes, **more}, tuple(blobs), plan.code)


# --- Damage -----------------------------------------------------------------------------------------------------------

NAMES = (
    "Dense", "Conv2D", "LSTM", "Bidirectional", "TimeDistributed", "Lambda", "Add", "Concatenate", "Dropout", "Reshape",
    "MultiHeadAttention", "BatchNormalization", "GlobalAveragePooling2D", "Rescaling", "Softmax", "Matmul", "Einsum",
    "Mean", "Getitem", "Cond", "While", "relu", "keras", "operation", "custom", "float32", "object", "O", "U9", "x\0",
    "datetime64[ns]", "category", "\u202e", "\x1b[2J", "<script>", "{}", "%s", "{n}", "raised", "missing", "array",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 7, 255, 2**31, 2**63 - 1, 2**63, 2**64, 10**40, -(10**40), 1e308, -0.0, 5e-324, 0.5,
    "", "nan", "inf", "-inf", "1e999", "1j", "x" * 600, "9" * 4900, [], {}, [[]], [None], [-1], [0, 0], {"": None},
    {"tensor": 99}, {"tensor": -1}, {"class_name": "Dense", "config": None},
    {"type": "scalar", "kind": "int", "text": "1"},
    float("nan"), float("inf"), *NAMES,
)  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a JSON value, as what holds it and its key."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            yield one, key
            waiting.append(one[key])


def damage(rng: random.Random, value: Any) -> None:
    """Change one place of a JSON value."""
    holder, key = rng.choice(list(places(value)))
    one = holder[key]
    match rng.randrange(8):
        case 0 | 1:
            holder[key] = copy.deepcopy(rng.choice(ODD))
        case 2:
            other, at = rng.choice(list(places(value)))
            holder[key] = copy.deepcopy(other[at])
        case 3 if isinstance(one, list):
            holder[key] = rng.choice((one[::-1], one * rng.choice((2, 50, 3000)), one[1:], one[:-1], [one, one]))
        case 3 if isinstance(one, dict):
            holder[key] = (
                {**one, rng.choice(("more", *NAMES)): 1} if rng.random() < 0.5 else dict(list(one.items())[1:])
            )
        case 4 if isinstance(one, int):
            holder[key] = one + rng.choice((-2, -1, 1, 2, 10**9, 10**25))
        case 5:
            for _ in range(rng.choice((2, 30, 70, 600))):
                one = (
                    rng.choice(([one], {"a": one}))
                    if rng.random() < 0.5
                    else {"type": "items", "kind": "list", "items": [one]}
                )
            holder[key] = one
        case 6 if isinstance(one, str):
            holder[key] = rng.choice((*NAMES, one * 3000, one[:1], one.upper(), one + "\u0000"))
        case _:
            if isinstance(holder, dict):
                holder.pop(key)
            else:
                holder.insert(key, copy.deepcopy(rng.choice(ODD)))


def framed(text: bytes, blobs: list[bytes]) -> bytes:
    lengths = b"".join(len(one).to_bytes(8, "little") for one in blobs)
    rest = lengths + text + b"".join(blobs)
    head = (len(rest) + 8).to_bytes(8, "little") + len(blobs).to_bytes(4, "little") + len(text).to_bytes(4, "little")
    return head + rest


def damaged(rng: random.Random, message: Record, times: int) -> bytes:
    """The JSON of a message with so many places changed; most often it can still be read as one of a room's."""
    text = msgspec.json.encode(message)
    strict = rng.random() < 0.8
    for _ in range(times * 12):
        value = [json.loads(text)]
        with contextlib.suppress(RecursionError, IndexError, codec.WireError):
            damage(rng, value)
            other = json.dumps(value[0]).encode()
            if strict:
                limits.check(codec.unpack(framed(other, []), FromRoom)[0])
            text, times = other, times - 1
        if not times:
            break
    return text


def other_values(rng: random.Random, said: list[Message]) -> list[bytes]:
    """One message, or two, of other values."""
    found = [codec.pack(*one) for one in said]
    for at in rng.sample(range(len(said)), rng.choice((1, 1, 2))):
        found[at] = framed(damaged(rng, said[at][0], rng.choice((1, 1, 2, 5))), said[at][1])
    return found


def network_of_other_values(rng: random.Random, said: list[Message]) -> list[bytes]:
    """Networks that hold together badly, alike for both probes."""
    found = [codec.pack(*one) for one in said]
    text = damaged(rng, said[NET][0], rng.choice((1, 2, 3, 8)))
    found[NET], found[TRAINABLE] = framed(text, []), framed(text.replace(b'"net"', b'"trainable"', 1), [])
    return found


def other_blobs(rng: random.Random, said: list[Message]) -> list[bytes]:
    """Arrays of other bytes than their records say."""
    found = []
    for message, blobs in said:
        odd = [rng.choice((one, one, one, one[:-1], one + b"x", b"", rng.randbytes(len(one)))) for one in blobs]
        if blobs:
            odd += [bytes(rng.choice((0, 1, 10**6)))] * rng.choice((0, 0, 1, 9))
        found.append(framed(msgspec.json.encode(message), odd[rng.choice((0, 0, 1)) :]))
    return found


def other_order(rng: random.Random, said: list[Message]) -> list[bytes]:
    """Messages left out, doubled, in each other's place."""
    found = [codec.pack(*one) for one in said]
    for _ in range(rng.choice((1, 2, 4))):
        at, to = rng.randrange(len(found)), rng.randrange(len(found))
        match rng.randrange(4):
            case 0:
                found[at], found[to] = found[to], found[at]
            case 1:
                found.insert(to, found[at])
            case 2 if len(found) > 1:
                found.pop(at)
            case _:
                found[at] = found[to]
    return found


def other_bytes(rng: random.Random, said: list[Message]) -> list[bytes]:
    """Bytes of a frame are others."""
    found = [bytearray(codec.pack(*one)) for one in said]
    one = rng.choice(found)
    for _ in range(rng.choice((1, 1, 4, 40))):
        one[rng.randrange(len(one))] = rng.choice((0, 255, rng.randrange(256)))
    return [bytes(one) for one in found]


def heads_that_lie(rng: random.Random, said: list[Message]) -> list[bytes]:
    found = [bytearray(codec.pack(*one)) for one in said]
    one = rng.choice(found)
    start, size = rng.choice(((0, 8), (8, 4), (12, 4), (16, 8)))
    one[start : start + size] = rng.choice((0, 1, 8, 2**8, 2**20, 2**31, 2**32 - 1, 2**63, 2**64 - 1)).to_bytes(
        8, "little"
    )[:size]
    return [bytes(one) for one in found]


def cut_short_(rng: random.Random, said: list[Message]) -> list[bytes]:
    whole = b"".join(codec.pack(*one) for one in said)
    return [whole[: rng.randrange(len(whole))]]


def noise(rng: random.Random, said: list[Message]) -> list[bytes]:
    """Bytes that are nothing, or far too much, between the frames."""
    found = [codec.pack(*one) for one in said]
    more = rng.choice((b"\0" * 16, rng.randbytes(rng.choice((1, 15, 16, 200))), b"{}", b"[" * 100_000, bytes(2**20)))
    if rng.random() < 0.5:
        more = framed(
            rng.choice((b"[" * 10**6, b'{"a":' * 10**5, b'"' + b"x" * 10**6 + b'"', b"1" * 10**6, b"\xff" * 99, b"")),
            [],
        )
    found.insert(rng.randrange(len(found) + 1), more)
    return found


Damage = Callable[[random.Random, list[Message]], list[bytes]]
KINDS: tuple[Damage, ...] = (
    other_values, other_values, network_of_other_values, network_of_other_values, other_blobs, other_order, other_bytes,
    heads_that_lie, cut_short_, noise,
)  # fmt: skip
NET, TRAINABLE = 7, 9
"""Places of two answers in what a room says."""


# --- The host ---------------------------------------------------------------------------------------------------------


class Rooms:
    """Stands for a zygote: a room of it says what it is given, whatever it is asked, and hangs up."""

    def __init__(self, said: list[bytes]) -> None:
        self._said = b"".join([codec.pack(CellStarted(0)), *said])

    def warm(self) -> Warm:
        return Warm(0.0, {})

    @contextmanager
    def open_room(self, *_: object, **__: object) -> Iterator[Room]:
        talk, their_talk = socket.socketpair()
        status, their_status = socket.socketpair()
        their_status.sendall(codec.pack(Ended(0, None, 0.1)))
        speaker = threading.Thread(target=self._speak, args=(their_talk,))
        speaker.start()
        try:
            with Room(talk, status, None, 2**30) as room:
                yield room
        finally:
            speaker.join()
            their_talk.close()
            their_status.close()

    def _speak(self, talk: socket.socket) -> None:
        try:
            talk.sendall(self._said)
            talk.shutdown(socket.SHUT_WR)
        except OSError:
            return  # it was hung up on


def hear(said: list[bytes], plan: Plan) -> Evidence:
    """Return the evidence of a room that says this."""
    cells = (Cell(0, "imports", "x = 1"), Cell(1, "value-answer", "f()\n"))
    most = Limits(cell_seconds=SECONDS, seconds=SECONDS)
    rooms: Any = Rooms(said)
    zygote: Zygote = rooms
    return examine(zygote, Order("k", Submission("eve", "d", cells), plan, most, "standard"))


def hear_some(folder: Path, first: int, last: int) -> None:
    """Hear those of the seeds, and print one JSON object a line: the kind, what came of it, seconds, megabytes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    exam.GRACE_SECONDS = 1.0
    checks = folder / f"checks_{first}.py"
    checks.write_text(CHECKS)
    said = conversation()
    with Judge(checks) as judge:
        plan = plan_of(judge)
        reference = folder / f"reference_{first}"
        hear([codec.pack(*one) for one in said], plan).save(reference)
        addresses = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (addresses + MEMORY_MB * 2**20,) * 2)
        for seed in range(first, last):
            make = KINDS[seed % len(KINDS)]
            sent = make(random.Random(seed), said)
            started = time.monotonic()
            came, ours = judged(sent, plan, judge, folder / f"evidence_{first}", reference)
            taken = time.monotonic() - started
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            line = {
                "seed": seed,
                "kind": make.__name__,
                "came": came,
                "ours": ours,
                "seconds": round(taken, 2),
                "mb": peak,
            }
            print(json.dumps(line), flush=True)


def judged(sent: list[bytes], plan: Plan, judge: Judge, path: Path, reference: Path) -> tuple[str, list[str]]:
    """Hear a room, keep its evidence, judge it; return how it ended, and what of it could not be judged."""
    hear(sent, plan).save(path)
    evidence = load_evidence(path)
    cut_short(evidence)
    for answer, _ in evidence.answers().values():
        if isinstance(answer, Network):
            signature(answer, trainable=True, initializers=True)
    outcomes = judge.judge(Case(str(path), str(reference), "en", hidden=True))
    fault = evidence.exam.fault
    return f"{fault.kind}: {fault.message}" if fault else "whole", [
        f"{one.outcome.name}: {one.ours}" for one in outcomes if one.ours
    ]


if __name__ == "__main__":
    hear_some(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
