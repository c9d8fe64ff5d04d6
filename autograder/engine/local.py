"""Several rooms at once on this machine."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from typing import TypeVar

from autograder.engine import Result, Trained, Workshop, hold, hold_again, in_doubt, run_training
from autograder.sandbox.exam import Order
from autograder.training.job import Job

Item = TypeVar("Item")
Made = TypeVar("Made")


class LocalEngine:
    """`jobs` rooms at a time: one thread each, which sleeps while its room works."""

    def __init__(self, workshop: Workshop, jobs: int) -> None:
        self._workshop = workshop
        self._jobs = jobs

    def examine(self, orders: Iterable[Order]) -> Iterator[Result]:
        doubtful = []
        for result in _in_parallel(partial(hold, self._workshop.zygote), orders, self._jobs):
            if in_doubt(result):
                doubtful.append(result)
            else:
                yield result
        yield from (hold_again(self._workshop.zygote, result) for result in doubtful)

    def train(self, jobs: Iterable[Job]) -> Iterator[Trained]:
        """Two trainings side by side, on a core each, end sooner than one after the other on both."""
        waiting = list(jobs)
        rooms = self._workshop.gpus.count if self._workshop.gpus else self._jobs
        side_by_side = max(min(rooms, len(waiting)), 1)
        threads = threads_of(len(waiting), side_by_side, len(os.sched_getaffinity(0)))
        train = partial(run_training, self._workshop)
        return _in_parallel(lambda pair: train(*pair), zip(threads, waiting, strict=True), side_by_side)


def threads_of(trainings: int, side_by_side: int, cores: int) -> list[int]:
    """Return how many threads each training is given. The last ones, too few to fill the cores, share them all."""
    last = trainings % side_by_side
    together = [side_by_side] * (trainings - last) + [last] * last
    return [max(cores // rooms, 1) for rooms in together]


def _in_parallel(work: Callable[[Item], Made], items: Iterable[Item], at_once: int) -> Iterator[Made]:
    waiting = iter(items)
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="room")
    running: set[Future[Made]] = set()
    try:
        while True:
            # Twice as many as run at once: no room waits while the caller marks the last one.
            for item in itertools.islice(waiting, 2 * at_once - len(running)):
                running.add(pool.submit(work, item))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    finally:  # whoever interrupts does not wait for rooms: the zygote ends them
        pool.shutdown(wait=False, cancel_futures=True)
