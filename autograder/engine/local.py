"""Several rooms at once on this machine."""

from __future__ import annotations

import itertools
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from autograder.engine import Result, RoomSetup, Trained
from autograder.engine._host import Host, in_doubt, share_gpus, share_rooms
from autograder.sandbox.exam import Order
from autograder.training.job import Job
from autograder.wire.messages import Warm

Item = TypeVar("Item")
Made = TypeVar("Made")


class LocalEngine:
    """`jobs` rooms at a time: one thread each, which sleeps while its room works."""

    def __init__(self, host: Host, jobs: int) -> None:
        self._host = host
        self._jobs = jobs

    def start(self) -> None:
        self._host.start()

    def warm(self) -> Warm:
        return self._host.warm()

    def examine(self, orders: Iterable[Order]) -> Iterator[Result]:
        doubtful = []
        for result in _in_parallel(lambda order: [self._host.hold(order)], orders, self._jobs):
            if in_doubt(result):
                doubtful.append(result)
            else:
                yield result
        yield from map(self._host.hold_again, doubtful)

    def train(self, jobs: Iterable[Job]) -> Iterator[Trained]:
        """Two trainings side by side, on a core each, end sooner than one after the other on both."""
        waiting = list(jobs)
        gpus = share_gpus(self._host.setup, waiting, self._jobs)
        side_by_side = max(min(gpus.count if gpus else self._jobs, len(waiting)), 1)
        shared = share_rooms(waiting, side_by_side)
        threads = threads_of(len(shared), side_by_side, len(os.sched_getaffinity(0)))
        pairs = zip(shared, threads, strict=True)
        return _in_parallel(lambda pair: self._host.train(*pair, gpus), pairs, side_by_side)

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self._host.__exit__()


def open_engine(setup: RoomSetup, jobs: int) -> LocalEngine:
    """Return the engine, `jobs` rooms at once."""
    return LocalEngine(Host(setup), jobs)


def threads_of(rooms: int, side_by_side: int, cores: int) -> list[int]:
    """Return how many threads each room of trainings is given. The last ones, too few to fill the cores, share them."""
    last = rooms % side_by_side
    together = [side_by_side] * (rooms - last) + [last] * last
    return [max(cores // one, 1) for one in together]


def _in_parallel(work: Callable[[Item], Iterable[Made]], items: Iterable[Item], at_once: int) -> Iterator[Made]:
    """Yield what comes of each item, as it comes."""
    waiting = iter(items)
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="room")
    came: queue.SimpleQueue[tuple[Made] | Future[None]] = queue.SimpleQueue()
    running: set[Future[None]] = set()
    over = threading.Event()

    def tell(item: Item) -> None:
        for made in work(item):
            came.put((made,))
            if over.is_set():
                return

    try:
        while True:
            # Twice as many as run at once: no room waits while the caller marks the last one.
            for item in itertools.islice(waiting, 2 * at_once - len(running)):
                future = pool.submit(tell, item)
                running.add(future)
                future.add_done_callback(came.put)
            if not running:
                return
            told = came.get()
            if isinstance(told, Future):
                running.discard(told)
                told.result()
            else:
                yield told[0]
    finally:  # whoever interrupts does not wait for rooms: the zygote ends them
        over.set()
        pool.shutdown(wait=False, cancel_futures=True)
