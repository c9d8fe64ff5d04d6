"""The table of docs/fairness.md is what its command prints, and keeps what the page promises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fairness.__main__ import SETTINGS, UNITS, Setting, row, table

PRINTED_BY = re.compile(r"`python -m tests\.fairness --calibrations (\d+) --gradings (\d+)`")
ROW = re.compile(r"^\| (?:normal|skewed|heavy) \|.*\|$", re.MULTILINE)


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "fairness.md").read_text(encoding="utf-8")


def drawn(page: str) -> tuple[int, int]:
    """Return how many calibrations and gradings the page says its table is of."""
    said = PRINTED_BY.search(page)
    assert said is not None
    return int(said[1]), int(said[2])


def test_every_setting_has_its_row(page: str) -> None:
    assert len(ROW.findall(page)) == len(SETTINGS) == len(UNITS) * 18


@pytest.mark.parametrize("kind", UNITS)
def test_a_row_is_found_again(page: str, kind: str) -> None:
    assert row(Setting(kind, 20, 5, 0.05), *drawn(page)) in page


@pytest.mark.whole
def test_the_whole_table_is_found_again(page: str) -> None:
    assert [line for line in table(*drawn(page)) if line not in page] == []


EXCEPTED = ("skewed", "3", "5 %")
"""Scores, seeds and collapses of the one exception to the promise."""


def test_correct_work_fails_less_than_once_in_a_thousand_but_where_the_page_says(page: str) -> None:
    rows = [[cell.strip() for cell in one.strip("|").split("|")] for one in ROW.findall(page)]
    failing = {tuple(cells[:4]): float(cells[4].rstrip(" %")) for cells in rows}
    more = {setting: share for setting, share in failing.items() if share >= 0.1}
    assert {(kind, seeds, collapses) for kind, _, seeds, collapses in more} == {EXCEPTED}
    most = max(more.values())
    assert f"correct work fails {most:.2f} % of the time at most" in page
    assert f"up to {10 * most:.1f} in 1000" in " ".join(page.split())
