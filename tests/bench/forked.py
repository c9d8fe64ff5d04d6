"""The floor's own program: import once, fork, run the cells, nothing else. No wall, no IPython, no probes, no limit.

`python -m tests.bench.forked`, with a JSON object on standard input: `preload` (modules to import), `submissions` (for
each, the sources of its cells), `jobs` (children at once), `tuned` (warm up as the zygote does, beyond the imports).
Prints the wall-clock seconds from the first fork to the last exit.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import sys
import time
from typing import Any, NoReturn


def main() -> None:
    job = json.load(sys.stdin)
    for name in job["preload"]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if job["tuned"]:
        _tune()
    started = time.perf_counter()
    running: set[int] = set()
    for sources in job["submissions"]:
        if len(running) == job["jobs"]:
            running.discard(os.wait()[0])
        running.add(_fork(sources))
    while running:
        running.discard(os.wait()[0])
    print(time.perf_counter() - started)


def _tune() -> None:
    """What the zygote does once more than import: draws a figure, makes initial weights lazy, freezes its objects."""
    from autograder.worker import zygote
    from autograder.worker.keras import lazy_weights

    if not lazy_weights.install():
        sys.exit("the weights of this Keras cannot be made lazy")
    zygote._warm_matplotlib()
    gc.collect()
    gc.freeze()


def _fork(sources: list[str]) -> int:
    return os.fork() or _run(sources)


def _run(sources: list[str]) -> NoReturn:
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    names: dict[str, Any] = {"__name__": "__main__"}
    for source in sources:
        with contextlib.suppress(BaseException):
            exec(compile(source, "<cell>", "exec"), names)
    os._exit(0)


if __name__ == "__main__":
    main()
