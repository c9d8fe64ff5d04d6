"""Rooms on the workers of a Dask cluster, whatever started them: a shell, Slurm or PBS, Kubernetes, SSH.

Each worker owns what its rooms are forked from, raises its own wall and leases its own GPUs. Orders, jobs, evidence
and runs travel as bytes of `_packed`, never as pickles of ours; checks, labels and the store stay with whoever grades.
Paths in orders mean the same on every worker: the course, its data and its Python lie on a file system that all share.

The scheduler is Dask's to name: `DASK_SCHEDULER_ADDRESS`, or `scheduler-address` in its configuration. Where it names
none, a cluster is made as course.yaml says, and ends with the engine.
"""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from autograder.engine import Result, RoomSetup, Trained
from autograder.engine._cluster import make_cluster
from autograder.engine._host import Host, in_doubt, share_gpus, share_rooms
from autograder.engine._packed import pack, unpack
from autograder.errors import CourseError, GraderError, IsolationError, Problem
from autograder.evidence import Evidence, TrainingRun
from autograder.sandbox.environment import Environment
from autograder.sandbox.exam import Order
from autograder.sandbox.gpus import GpuPool, survey
from autograder.sandbox.isolation import measure
from autograder.training.job import Job
from autograder.wire.messages import Warm
from autograder.wire.ready import ready

try:
    import dask
    import distributed
except ImportError as error:
    text = "the engine « dask » needs Dask's scheduler: run `pip install 'keras-autograder[dask]'`"
    raise CourseError([Problem("--engine dask", 0, "", text)]) from error

WAIT_SECONDS = 60.0
"""For the first worker to connect."""
NO_SCHEDULER = (
    "no scheduler is named: start one with `dask scheduler`, workers with `dask worker ADDRESS --nthreads 4`, and set "
    "DASK_SCHEDULER_ADDRESS to its address; or say in course.yaml which `cluster` to make (docs/clusters.md)"
)

MESSAGE_CHARS = 2000
"""Of what a worker says is wrong."""

Given = TypeVar("Given", Order, tuple[Job, ...])
Made = TypeVar("Made")


class Setup(msgspec.Struct, frozen=True):
    """What a worker's rooms are opened with."""

    preload: tuple[str, ...]
    isolation: str
    environment: Environment | None
    on_gpu: bool
    variables: dict[str, str]


class Delivered(msgspec.Struct, frozen=True):
    """What came of one order on a worker."""

    made: bytes = b""
    """Evidence, or what came of each training, packed; empty: there is none."""
    error: str = ""
    doubt: str = ""
    """Why what cut an exam short may not be the student's doing. Not in the evidence's own bytes."""
    refused: str = ""
    """Why this worker must not open such a room: another may."""


class Ran(msgspec.Struct, frozen=True):
    """What came of one training on a worker: a run, or why there is none."""

    run: TrainingRun | None
    error: str


class WorkerRooms(distributed.WorkerPlugin):  # type: ignore[misc, unused-ignore]
    """The rooms of one worker: opened when something is asked of them, ended with the engine or the worker."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed

    def setup(self, worker: Any) -> None:
        """Called by Dask as a worker starts, or when the engine does."""
        given = msgspec.json.decode(self._packed, type=ready(Setup))
        gpus = survey().gpus if given.on_gpu else ()
        cache = Path(worker.local_directory) / "libraries"
        cache.mkdir(parents=True, exist_ok=True)
        self._threads = max(len(os.sched_getaffinity(0)) // worker.state.nthreads, 1)
        self._at_once = worker.state.nthreads
        self._gpus: GpuPool | None = None
        self.host = Host(
            RoomSetup(given.preload, cache, given.isolation, given.environment, gpus, variables=given.variables)
        )

    def teardown(self, worker: Any) -> None:  # Dask's
        """Called by Dask as a worker stops, or when the engine does: ends every room."""
        self.host.__exit__()

    def examine(self, order: Order) -> Delivered:
        """Hold one exam."""
        try:
            measure().require(order.isolation)
        except IsolationError as error:
            return Delivered(refused=str(error))
        result = self.host.hold(order)
        if result.evidence is None:
            return Delivered(error=str(result.error))
        return Delivered(pack(result.evidence), doubt=result.evidence.doubt)

    def train(self, jobs: Sequence[Job]) -> Delivered:
        """Run trainings that share rooms, on a part of one of this worker's GPUs where they are to have one."""
        if self.host.setup.gpus and self._gpus is None:
            self._gpus = share_gpus(self.host.setup, jobs, self._at_once)
        trained = self.host.train(jobs, self._threads, self._gpus)
        return Delivered(pack([Ran(one.run, str(one.error or "")) for one in trained]))


def _rooms(engine: str) -> WorkerRooms:
    found = distributed.get_worker().plugins[engine]
    assert isinstance(found, WorkerRooms)
    return found


def examine_there(engine: str, order: bytes) -> bytes:
    """Run by a worker: hold an exam."""
    return msgspec.msgpack.encode(_rooms(engine).examine(unpack(order, Order)))


def train_there(engine: str, jobs: bytes) -> bytes:
    """Run by a worker: train a network, from one seed or several."""
    return msgspec.msgpack.encode(_rooms(engine).train(unpack(jobs, list[Job])))


def warm_there(engine: str) -> bytes:
    """Run by a worker: warm up."""
    try:
        return pack(_rooms(engine).host.warm())
    except GraderError as error:
        return pack(Warm(0.0, {}, str(error)))


class DaskEngine:
    """As many rooms at once as the cluster's workers have threads."""

    def __init__(self, setup: RoomSetup, jobs: int) -> None:
        self._setup = Setup(setup.preload, setup.isolation, setup.environment, bool(setup.gpus), dict(setup.variables))
        self._jobs = jobs
        self._name = f"autograder-{uuid.uuid4().hex}"
        self._wanted = setup.cluster
        self._cluster: Any = None
        self._client: Any = None
        self._closed = False

    def start(self) -> None:
        client = self._connected()
        self._warming = client.map(warm_there, [self._name] * len(client.nthreads()), pure=False)

    def warm(self) -> Warm:
        client = self._connected()
        warm = unpack(self._awaited(client.submit(warm_there, self._name, pure=False)), Warm)
        if warm.problem:
            raise GraderError(warm.problem)
        return warm

    def examine(self, orders: Iterable[Order]) -> Iterator[Result]:
        doubtful = []
        for order, answer in self._sent(examine_there, orders):
            result = _result(order, answer)
            if in_doubt(result):
                doubtful.append(order)
            else:
                yield result
        for order in doubtful:  # alone: what comes now is the student's
            yield from (_result(order, answer) for _, answer in self._sent(examine_there, [order]))

    def train(self, jobs: Iterable[Job]) -> Iterator[Trained]:
        waiting = list(jobs)
        if not waiting:
            return
        for shared, answer in self._sent(train_there, share_rooms(waiting, self._at_once)):
            yield from _trained(shared, answer)

    def _sent(self, work: Callable[[str, bytes], bytes], given: Iterable[Given]) -> Iterator[tuple[Given, Delivered]]:
        """Yield what came of each order, in any order. Twice as many are under way as run at once."""
        waiting = iter(given)
        running: dict[Any, Given] = {}
        try:
            while True:
                for item in itertools.islice(waiting, max(2 * self._at_once - len(running), 0)):
                    future = self._submit(work, item)
                    if isinstance(future, Delivered):
                        yield item, future
                    else:
                        running[future] = item
                if not running:
                    return
                done = distributed.wait(list(running), return_when="FIRST_COMPLETED").done
                for future in done:
                    item = running.pop(future)
                    yield item, self._settled(work, item, future)
        finally:
            if running and not self._closed:
                self._client.cancel(list(running))

    def _submit(self, work: Callable[[str, bytes], bytes], item: Given, workers: Sequence[str] = ()) -> Any:
        try:
            client = self._connected()
            packed = pack(item)
        except GraderError as error:
            return Delivered(error=str(error))
        except (ValueError, OverflowError, RecursionError) as error:  # a name that is no text, say: this one item's
            return Delivered(error=f"it cannot be sent to a worker: {error}")
        return client.submit(work, self._name, packed, pure=False, workers=list(workers) or None)

    def _settled(self, work: Callable[[str, bytes], bytes], item: Given, future: Any) -> Delivered:
        """What came of one order, tried on the other workers where one refuses."""
        refusing: set[str] = set()
        while True:
            answer = self._answer(future)
            if not answer.refused:
                return answer
            refusing |= set(self._client.who_has(future).get(future.key, ()))
            others = [worker for worker in self._client.nthreads() if worker not in refusing]
            if not others or not refusing:
                return Delivered(error=f"no worker of the cluster may open its room: {answer.refused}")
            future = self._submit(work, item, others)

    def _answer(self, future: Any) -> Delivered:
        try:
            return unpack(self._awaited(future), Delivered)
        except GraderError as error:
            return Delivered(error=str(error))

    def _awaited(self, future: Any) -> bytes:
        """Wait for bytes from a worker. Raise GraderError where every worker that tried was lost, or Dask fails."""
        try:
            found = future.result()
        except distributed.KilledWorker as error:
            raise GraderError(f"the workers that it was given to were lost: {error}") from error
        except Exception as error:  # whatever it is, it is ours, and this one item's
            raise GraderError(f"the cluster: {type(error).__name__}: {error}") from error
        if not isinstance(found, bytes):
            raise GraderError(f"a worker brought back a {type(found).__name__}: it runs another program")
        return found

    @property
    def _at_once(self) -> int:
        if self._client is None or self._closed:
            return self._jobs
        threads: Mapping[str, int] = self._client.nthreads()
        return max(self._jobs, sum(threads.values()))

    def _connected(self) -> Any:
        """The client, its workers ready. Raise GraderError where there is no scheduler, or no worker."""
        if self._closed:
            raise GraderError("the rooms are closed")
        if self._client is None:
            self._client = self._connect()
            self._client.register_plugin(WorkerRooms(msgspec.json.encode(self._setup)), name=self._name)
        return self._client

    def _connect(self) -> Any:
        address, seconds = dask.config.get("scheduler-address", None), WAIT_SECONDS
        if not address and self._wanted is not None:
            if self._cluster is None:
                self._cluster = make_cluster(self._wanted)
            address, seconds = self._cluster, 60 * self._wanted.wait_minutes
        if not address:
            raise CourseError([Problem("--engine dask", 0, "", NO_SCHEDULER)])
        return _client(address, seconds)

    def __enter__(self) -> DaskEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        if self._client is not None:
            self._client.unregister_worker_plugin(self._name)  # each worker ends its rooms
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def open_engine(setup: RoomSetup, jobs: int) -> DaskEngine:
    """Return the engine; it connects to the scheduler once something is asked of it."""
    return DaskEngine(setup, jobs)


def _client(address: Any, seconds: float) -> Any:
    """A client of the scheduler at an address, or of a cluster, once it has a worker."""
    shown = address if isinstance(address, str) else address.scheduler_address
    try:
        client = distributed.Client(address, name="keras-autograder")
    except (OSError, TimeoutError) as error:
        raise GraderError(f"no worker is to be had of the scheduler at {shown}: {error}") from error
    try:
        client.wait_for_workers(1, timeout=seconds)
    except (OSError, TimeoutError) as error:
        client.close()
        raise GraderError(f"no worker is to be had of the scheduler at {shown}: {error}") from error
    return client


def _result(order: Order, answer: Delivered) -> Result:
    evidence, error = _made(answer, Evidence)
    if evidence is None:
        return Result(order, None, error)
    exam = evidence.exam
    if (exam.key, exam.submission, exam.plan) != (order.key, order.submission.digest, order.plan.digest):
        return Result(order, None, GraderError("a worker brought back another submission's evidence"))
    if exam.isolation != order.isolation:
        return Result(order, None, GraderError("a worker held an exam behind another wall than was asked for"))
    return Result(order, replace(evidence, doubt=answer.doubt))


def _trained(jobs: Sequence[Job], answer: Delivered) -> Iterator[Trained]:
    """What came of the trainings that shared a room, each its own run or none."""
    ran, error = _made(answer, list[Ran])
    found = ran or []
    if error is None and len(found) != len(jobs):
        error = GraderError(f"a worker brought back {len(found)} of {len(jobs)} trainings")
    for job, one in zip(jobs, found if error is None else [Ran(None, str(error))] * len(jobs), strict=True):
        own = one.run is not None and _is_of(one.run, job)
        wrong = one.error[:MESSAGE_CHARS] if one.run is None else "a worker brought back another network's training"
        yield Trained(job, one.run if own else None, None if own else GraderError(wrong))


def _is_of(run: TrainingRun, job: Job) -> bool:
    """Whether a run says of itself what a training of this job would."""
    own = job.run(versions=run.versions, seconds=run.seconds, epochs=run.epochs, scores=run.scores, fault=run.fault)
    return run.key in (job.key, job.own_key) and msgspec.structs.replace(run, key=own.key) == own


def _made(answer: Delivered, kind: type[Made]) -> tuple[Made | None, GraderError | None]:
    """What a worker made, or why there is nothing. It is another machine: what it says is looked at."""
    if not answer.made:
        return None, GraderError(answer.error[:MESSAGE_CHARS])
    try:
        return unpack(answer.made, kind), None
    except GraderError as error:
        return None, error
