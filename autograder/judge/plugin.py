"""The pytest plugin that makes a checks file work: probes answer from evidence, and one session judges many cases.

Two ways in. The pipeline runs `python -m autograder.judge`: the session collects once, says what it found, then judges
each case it is sent until the pipeline hangs up. By hand, `pytest checks.py --evidence FILE` judges one
stored evidence file and reports as pytest does.
"""

from __future__ import annotations

import gc
import inspect
import os
import socket
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, Literal

import pytest
from _pytest.runner import runtestprotocol  # what plugins that run a test again call

from autograder.evidence import Evidence, load_evidence
from autograder.judge.accounts import place_of, refusal
from autograder.judge.casefile import CaseFile, Unasked
from autograder.judge.causes import Causes
from autograder.judge.channel import (
    Case,
    CheckRecord,
    CollectedChecks,
    Complaint,
    Judged,
    Running,
    Verdicts,
)
from autograder.judge.faults import NO_CAUSES, explain_fault, explain_lack, explain_training, say_first, status_of
from autograder.judge.lacks import Lack, say_lack
from autograder.judge.message import CheckFailed, CompiledOtherwise, Mismatch, Said, compose
from autograder.judge.plain import MARK, declared, plain_checks, run_plain
from autograder.judge.sources import Sources
from autograder.judge.trainings import NeedsTraining, TrainingFailed
from autograder.judge.values import NoAnswer, describe
from autograder.locale.own import OwnTexts
from autograder.records import CheckStatus, Outcome
from autograder.wire import codec
from autograder.wire.frameworks import FRAMEWORKS
from autograder.wire.messages import (
    Artifact,
    Probe,
)

FORBIDDEN = ("tensorflow", "jax", *(one.name for one in FRAMEWORKS))
"""Never imported beside evidence: they are slow to load, and their readers execute what they read."""


OBJECTS_OF_A_CASE = 3000
"""About how many lists, records and the like one case leaves: those of the sample class, of thirty checks."""
EVIDENCE = "evidence"
"""What probes are answered from, as a fixture."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("autograder", "judging evidence of student notebooks")
    group.addoption("--evidence", type=Path, help="evidence file that the probes of a checks file answer from")
    group.addoption("--reference", type=Path, help="evidence file of the solution, for explanations")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "question(id, weight, needs): the question a check counts for")


@pytest.fixture(name=EVIDENCE)
def evidence(request: pytest.FixtureRequest) -> CaseFile:
    """The evidence of the submission being judged. Probes ask it; a check may read its `exam` too."""
    judge = request.config.stash.get(_SESSION, None)
    if judge is not None and judge.case is not None:
        return judge.case
    path = request.config.getoption("--evidence")
    if path is None:
        pytest.skip("no evidence to judge: give --evidence FILE, or run `autograder judge`")
    reference = request.config.getoption("--reference")
    return CaseFile(load_evidence(path), load_evidence(reference) if reference else None, {}, [])


class _Forbid(MetaPathFinder):
    """Refuses the libraries the judge never loads, with the reason."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        if fullname.partition(".")[0] in FORBIDDEN:
            raise ImportError(f"a checks file cannot import {fullname}: it judges plain data; build arrays with NumPy")


class JudgeSession:
    """One pytest session that judges cases as the pipeline sends them."""

    def __init__(self, channel: socket.socket, running: Running, sources: Sources, texts: OwnTexts) -> None:
        self._channel = channel
        self._running = running
        self._texts = texts
        self._sources = sources
        self._stream = channel.makefile("rb")
        self.case: CaseFile | None = None
        self._request: Case | None = None
        self._outcome: Judged | None = None
        self._reference: tuple[str, Evidence] | None = None
        self._complaints: list[Complaint] = []
        self._records: dict[pytest.Item, CheckRecord] = {}
        self._plain: dict[pytest.Item, Mapping[str, Probe]] = {}

    # --- collecting ---

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[_SESSION] = self

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Any:
        report = yield
        if not report.passed:
            self._complaints.append(_complaint(report))
        return report

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        modules = {item.getparent(pytest.Module).obj for item in session.items if isinstance(item, pytest.Function)}  # type: ignore[union-attr]
        blobs: list[bytes] = []
        probes = {name: one.encode(blobs) for module in modules for name, one in declared(module).items()}
        self._records = {item: record for item in session.items if (record := self._check(item))}
        checks = list(self._records.values())
        for name, count in Counter(check.name for check in checks).items():
            if count > 1:
                self._complaints.append(Complaint(0, name, f"{count} checks have this name: give each its own"))
        if EVIDENCE in probes:
            text = "probes are answered from what has this name already: give the probe another"
            self._complaints.append(Complaint(0, EVIDENCE, text))
        if not checks and not self._complaints:
            self._complaints.append(Complaint(0, "", "no check: write functions named test_… with @question"))
        self._send(CollectedChecks(checks, probes, self._complaints, self._sources.digest()), blobs)
        if not self._complaints:
            self._plain = plain_checks(session)
            warnings.simplefilter("error", pytest.PytestReturnNotNoneWarning)  # as pytest does around the others
            _spare_what_stays()
            with Path(os.devnull).open("wb") as nowhere:  # a class's worth of what checks print is kept by nobody
                os.dup2(nowhere.fileno(), 2)
            for case, labels in self._cases():
                self._judge(session.items, case, labels)
        return True

    def _check(self, item: pytest.Item) -> CheckRecord | None:
        mark = item.get_closest_marker(MARK)
        line = (item.location[1] or 0) + 1
        if mark is None:
            text = 'names no question: put @question("…") above it, with the id of a grade cell'
            self._complaints.append(Complaint(line, item.name, text))
            return None
        title = (inspect.getdoc(getattr(item, "obj", None)) or item.name).splitlines()[0]
        return CheckRecord(
            name=item.name,
            question=mark.args[0],
            title=self._texts.said(title),
            weight=float(mark.kwargs["weight"]),
            needs=list(mark.kwargs["needs"]),
            line=line,
        )

    # --- judging ---

    def _cases(self) -> Iterator[tuple[Case, list[bytes]]]:
        while True:
            try:
                yield codec.unpack(codec.read_frame(self._stream.read), Case)
            except (EOFError, ConnectionError):
                return

    def _judge(self, items: list[pytest.Item], request: Case, blobs: list[bytes]) -> None:
        self._request = request
        evidence, reference = load_evidence(Path(request.evidence)), self._load_reference(request.reference)
        self.case = CaseFile(evidence, reference, request.trainings, blobs, request.unasked, request.absent)
        found: list[Judged] = []
        for number, item in enumerate(items, 1):
            if item.name in request.skip:
                continue
            self.case.start()
            self._outcome = None
            self._running.say(number)
            self._run(item)
            found.append(self._outcome or self._judged(item, "ungraded", "", "pytest gave no verdict"))
        self._running.say(Running.NONE)
        self._send(Verdicts(found))

    def _load_reference(self, path: str) -> Evidence | None:
        if not path:
            return None
        if self._reference is None or self._reference[0] != path:
            self._reference = (path, load_evidence(Path(path)))
        return self._reference[1]

    def _run(self, item: pytest.Item) -> None:
        """Run a check and tell nobody: who listens keeps each report, and a class has thousands.

        No next item: everything is torn down, and the same items run again for the next case.
        """
        if item in self._plain and self.case is not None:
            assert isinstance(item, pytest.Function)
            with warnings.catch_warnings():  # what a check does to them is gone when the next runs
                self._outcome = self._verdict(item, run_plain(item, self._plain[item], self.case.value))
        else:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool:
        runtestprotocol(item, log=False, nextitem=None)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Find the verdict. pytest's own account of a failure is never shown, and takes longer than the check."""
        assert call.when != "collect"
        settled = self._outcome is not None and self._outcome.outcome.status != "passed"
        if call.when != "teardown" and not settled and (call.when == "call" or call.excinfo):
            self._outcome = self._verdict(item, call.excinfo)
        how: Literal["passed", "failed"] = "failed" if call.excinfo else "passed"
        return pytest.TestReport(item.nodeid, item.location, {}, how, None, call.when)

    def _verdict(self, item: pytest.Item, raised: pytest.ExceptionInfo[BaseException] | None) -> Judged:
        assert self._request is not None
        error = raised.value if raised else None
        if lack := self._lack(error):
            return self._judged(item, "ungraded", self._say(explain_lack(self._told(lack))), say_lack(lack))
        if error is None:
            remarks = self.case.remarks if self.case else []
            return self._judged(item, "passed", "\n".join(self._say(remark) for remark in remarks))
        causes, first = self._causes, self._first()
        match error:
            case NoAnswer(fault=fault):
                at = causes.stopped_at(fault)
                status = status_of(causes.root(fault, at))
                return self._judged(item, status, self._say(explain_fault(fault, causes, at)))
            case NeedsTraining(probe=probe):
                return self._judged(item, "ungraded", "", wants=probe)
            case Unasked(probe=probe):
                return self._judged(item, "ungraded", "", unasked=probe)
            case TrainingFailed(run=run):
                return self._judged(item, "errored", self._say(explain_training(run)))
            case _ if self.case and self.case.borrowed:
                return self._judged(item, "ungraded", "", alone=self.case.borrowed)
            case CheckFailed(mismatch=mismatch):
                return self._judged(item, "failed", self._say(replace(mismatch, first=first)))
        assert raised is not None
        if isinstance(error, pytest.skip.Exception | pytest.xfail.Exception):  # it cannot tell, and nobody pays for it
            return self._judged(item, "ungraded", "", f"{place_of(raised)}: the check gives itself up: {error}")
        if refused := refusal(raised, self.case.given if self.case else (), hidden=self._request.hidden):
            return self._judged(item, "failed", self._say(replace(refused, first=first)))
        if self.case and self.case.odd:  # the check reads the solution's form of answer, and this is another
            return self._judged(item, "failed", self._say(replace(_other_form(*self.case.odd[0]), first=first)))
        return self._judged(item, "ungraded", "", f"{place_of(raised)}: {raised.typename}: {raised.value}")

    @property
    def _causes(self) -> Causes:
        return self.case.causes if self.case else NO_CAUSES

    def _lack(self, error: BaseException | None) -> Lack | None:
        """What this machine lacks, where that is why a check does not pass."""
        if self.case is None or not isinstance(error, NoAnswer | AssertionError | pytest.fail.Exception):
            return None
        if self.case.lack:
            return self.case.lack
        asked = self.case.asked
        if isinstance(error, NoAnswer):  # for want of the last that was asked for: the others have come
            return self._causes.lack_behind(list(asked)[-1:])
        if not isinstance(error, CheckFailed) or isinstance(error, CompiledOtherwise):
            return self._causes.lack_behind(asked)
        making, values = ([name for name, one in asked.items() if one is kind] for kind in (True, False))
        return self._causes.lack_behind(values) or self._causes.lack_behind(making, whole=True)

    def _told(self, lack: Lack) -> Lack:
        return self.case.lack_told if self.case and self.case.lack_told else lack

    def _first(self) -> Said | None:
        """Which error to mend before the answers of the check in hand are looked at."""
        return say_first(self._causes.behind(self.case.asked if self.case else ()), self._causes)

    def _say(self, mismatch: Mismatch) -> str:
        assert self._request is not None
        own = self._texts.said(mismatch.hint) if isinstance(mismatch.hint, str) else mismatch.hint
        return compose(replace(mismatch, hint=own), self._request.language, hidden=self._request.hidden)

    def _judged(
        self,
        item: pytest.Item,
        status: CheckStatus,
        message: str,
        ours: str = "",
        wants: str = "",
        unasked: str = "",
        alone: str = "",
    ) -> Judged:
        record = self._records[item]
        outcome = Outcome(item.name, record.question, record.title, status, record.weight, message)
        return Judged(outcome, ours, wants, alone, unasked)

    def _send(self, message: Any, blobs: list[bytes] | None = None) -> None:
        self._channel.sendall(codec.pack(message, blobs))


def _spare_what_stays() -> None:
    """Let the garbage collector walk through what a case makes, and no more through all that was loaded before it.

    A fifth of a case's time went there. Cycles of a case are still collected within one or two: they may hold arrays
    of its evidence, of which a judge's memory has room for few.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS_OF_A_CASE)


_SESSION = pytest.StashKey[JudgeSession]()


def _complaint(report: pytest.CollectReport) -> Complaint:
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return Complaint(max(crash.lineno, 0), Path(crash.path).name, crash.message)
    lines = [line for line in report.longreprtext.splitlines() if line.strip()]
    return Complaint(0, "", "\n".join(lines[-6:]))


def _other_form(given: Artifact, wanted: Artifact) -> Mismatch:
    return Mismatch(received=describe(given), expected=describe(wanted))


def forbid_frameworks() -> None:
    """From here on, importing a deep-learning framework in this process fails, with the reason."""
    sys.meta_path.insert(0, _Forbid())
