"""No room uses up what its neighbours need."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from autograder.evidence import Evidence
from autograder.sandbox.rooms import Zygote
from autograder.worker.namespaces import is_known
from autograder.worker.wall import FIRST_STUDENT
from hostile.shared import SHARED
from sandbox.test_exam import LIMITS, answer, hold

LONG = msgspec.structs.replace(LIMITS, cell_seconds=20, seconds=40)


@pytest.mark.skipif(os.geteuid() != 0, reason="rooms of an ordinary user are all that user's: see docs/wall.md")
@pytest.mark.parametrize("name", SHARED)
def test_a_neighbour_has_what_it_has_in_quiet(light_zygote: Zygote, name: str) -> None:
    fills, needs = SHARED[name]
    quiet = answer(hold(light_zygote, needs, limits=LONG))
    assert quiet is not None
    with ThreadPoolExecutor(1) as pool:
        filling = pool.submit(hold, light_zygote, fills, limits=LONG)
        beside: list[Evidence] = []
        while not filling.done():
            beside.append(hold(light_zygote, needs, limits=LONG))
        run = filling.result().exam.cells[0].run
    assert run is not None
    assert [answer(one) for one in beside] == [quiet] * len(beside)


@pytest.mark.parametrize("name", SHARED)
def test_rooms_still_open(light_zygote: Zygote, name: str) -> None:
    """Whoever they are run by: what is sent to open one is counted too."""
    with ThreadPoolExecutor(1) as pool:
        filling = pool.submit(hold, light_zygote, SHARED[name][0], limits=LONG)
        while not filling.done():
            assert hold(light_zygote, "x = 1", limits=LONG).exam.fault is None


def test_a_user_is_known_where_the_machine_has_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container that has few, rooms are `nobody`, as they were."""
    few = "         0     100000      65536\n"
    monkeypatch.setattr(Path, "read_text", lambda _: few)
    assert is_known(65534)
    assert not is_known(FIRST_STUDENT + 7)
