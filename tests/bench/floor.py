"""The floor: what the same cells take with nothing around them but a fork from a warm process."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from autograder.sandbox.environment import PASSED_ON
from autograder.sandbox.rooms import ENVIRONMENT
from autograder.session import GradingOptions

from .sample import REPOSITORY, Sample


def time_floor(sample: Sample, *, tuned: bool) -> float:
    """Return the seconds the class takes from warm: imports are not counted.

    `tuned`: warmed as our zygote is, not by imports alone.
    """
    assignment = sample.assignment()
    job = {
        "preload": assignment.preload,
        "submissions": [[cell.source for cell in submission.cells] for submission in sample.submissions()],
        "jobs": GradingOptions().jobs,
        "tuned": tuned,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.forked"],
        cwd=REPOSITORY,
        env=zygote_environment(str(assignment.paths.cache)),
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"the floor: status {done.returncode}\n{done.stderr[-2000:]}")
    return float(done.stdout)


def zygote_environment(cache: str) -> dict[str, str]:
    """Return the environment that the zygote runs in, its libraries' own caches in the folder `cache`."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**ENVIRONMENT, **kept, "HOME": cache, "MPLCONFIGDIR": f"{cache}/matplotlib"}
