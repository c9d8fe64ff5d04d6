"""Several rooms at once on this machine."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from autograder.engine import Result, hold
from autograder.sandbox.exam import Order
from autograder.sandbox.rooms import Zygote


class LocalEngine:
    """Holds `jobs` exams at a time: one thread each, which sleeps while its room works."""

    def __init__(self, zygote: Zygote, jobs: int) -> None:
        self._zygote = zygote
        self._jobs = jobs

    def examine(self, orders: Iterable[Order]) -> Iterator[Result]:
        waiting = iter(orders)
        pool = ThreadPoolExecutor(self._jobs, thread_name_prefix="room")
        running: set[Future[Result]] = set()
        try:
            while True:
                # Twice as many as run at once: no room waits while the caller marks the last one.
                for order in itertools.islice(waiting, 2 * self._jobs - len(running)):
                    running.add(pool.submit(hold, self._zygote, order))
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:  # whoever interrupts does not wait for rooms: the zygote ends them
            pool.shutdown(wait=False, cancel_futures=True)
