"""What this machine allows, and the name of the wall it makes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache

from autograder.errors import IsolationError
from autograder.sandbox import cgroups, leftovers
from autograder.sandbox.environment import own_environment
from autograder.sandbox.remedies import remedy

LEVELS = ("standard", "strict")
"""From the weakest to the strongest. standard: own user, mount, pid, net, ipc and uts namespaces, a private root of
listed folders, no capability, kernel limits for each process, and those of OPTIONAL that the kernel has. strict: all of
them, of which control groups limit memory, processes and processor for the room as a whole."""
OPTIONAL = ("Landlock", "system call filter", "control groups")
"""Layers without which a room can still be made."""

TRY_SECONDS = 60.0


@dataclass(frozen=True)
class WallStep:
    """One step of the wall, why it fails here (empty: it holds), and what to do then."""

    name: str
    error: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Isolation:
    """What was tried on this machine, and what came of it."""

    steps: tuple[WallStep, ...]

    @property
    def level(self) -> str | None:
        """The strongest level of LEVELS this machine makes; None where it makes none."""
        failed = {step.name for step in self.steps if step.error}
        if failed - set(OPTIONAL):
            return None
        return "standard" if failed else "strict"

    def require(self, minimum: str) -> str:
        """Return the level, or raise IsolationError with what is missing where it is below `minimum`."""
        if self.level is not None and suffices(self.level, minimum):
            return self.level
        missing = [step for step in self.steps if step.error]
        lines = [f"this machine cannot raise a wall of level « {minimum} », and nothing was run"]
        for step in missing:
            lines.append(f"  missing  {step.name}: {step.error}")
            if step.remedy:
                lines.append(f"  remedy   {step.remedy}")
        raise IsolationError("\n".join(lines))


def suffices(level: str, minimum: str) -> bool:
    """Whether a wall of this level is one of the minimum, or a stronger one."""
    return LEVELS.index(level) >= LEVELS.index(minimum)


@cache
def measure() -> Isolation:
    """Try every step of the wall, in a process of its own, and return what held. Takes about a tenth of a second."""
    steps = (*_try_wall(), WallStep("control groups", cgroups.available()))
    return Isolation(tuple(replace(step, remedy=remedy(step.name)) if step.error else step for step in steps))


def _try_wall() -> list[WallStep]:
    try:
        with leftovers.folder() as root:
            command = [sys.executable, "-m", "autograder.worker.wall", root, *own_environment().visible]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TRY_SECONDS)
        return [WallStep(step["step"], step.get("error", "")) for step in json.loads(done.stdout)]
    except subprocess.TimeoutExpired:
        return [WallStep("namespaces", f"no answer within {TRY_SECONDS:.0f} s")]
    except OSError as error:
        return [WallStep("namespaces", f"{error.filename}: {error.strerror}")]
    except (ValueError, KeyError):
        return [WallStep("namespaces", (done.stderr.strip().splitlines() or ["no answer"])[-1])]
