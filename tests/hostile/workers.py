"""What a worker of a cluster may bring back in place of what it was asked for, named by what it tries.

A worker's machine is trusted with notebooks and hidden sets (docs/clusters.md): what is tried here is that of one that
is confused, old, or lets a student's room speak for it. None of it costs more than its own item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed

from msgspec.structs import replace

from autograder.engine._packed import pack
from autograder.evidence import Evidence, TrainingRun
from autograder.wire.messages import Fault


def _exam(**changes: object) -> Callable[[Evidence], bytes]:
    return lambda honest: pack(changed(honest, exam=replace(honest.exam, **changes)))


EVIDENCE: dict[str, Callable[[Evidence], bytes]] = {
    "evidence-of-another-order": _exam(key="other"),
    "evidence-of-another-notebook": _exam(submission="other"),
    "evidence-of-other-questions": _exam(plan="other"),
    "evidence-from-behind-a-lower-wall": _exam(isolation="standard"),
    "evidence-from-behind-a-higher-wall": _exam(isolation="microvm"),
    "evidence-of-no-length": lambda _: b"\x81\xa6frames\xdd\xff\xff\xff\xff",
    "evidence-deeper-than-anybody-reads": lambda _: b"\x81\xa1x" + b"\x91" * 200_000 + b"\xc0",
    "evidence-in-no-utf-8": lambda _: b"\x81\xa4exam\xa2\xff\xfe",
    "evidence-that-is-a-run": lambda _: pack([]),
}
"""By name: what comes, given honest evidence."""

RUNS: dict[str, Callable[[TrainingRun], TrainingRun]] = {
    "a-run-of-another-network": lambda run: replace(run, key="other"),
    "a-run-of-another-signature": lambda run: replace(run, signature="other"),
    "a-run-of-what-was-written-otherwise": lambda run: replace(run, form="other"),
    "a-run-under-another-recipe": lambda run: replace(run, recipe="easy"),
    "a-run-from-another-seed": lambda run: replace(run, seed=7),
    "a-run-on-other-data": lambda run: replace(run, data_digest="other"),
    "a-run-on-another-device": lambda run: replace(run, device="gpu"),
    "a-fault-in-everybodys-name": lambda run: replace(run, fault=Fault(kind="time"), form="other"),
}
"""By name: what comes, given an honest run."""
