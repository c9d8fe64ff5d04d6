"""The pages: every link leads somewhere, every page can be found, and what is said of the project is said once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("README.md")])
LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6} +(.+?)(?: +#+)?$", re.MULTILINE)
ELSEWHERE = ("https:", "http:", "mailto:")


def prose(text: str) -> str:
    """A page without its code, in which brackets are no links."""
    text = re.sub(r"^( *)(```+).*?^\1?\2`*$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", text)


@cache
def anchors(path: Path) -> frozenset[str]:
    """What a page's headings are called in links, as forges and the site's generator call them."""
    text = re.sub(r"^( *)(```+).*?^\1?\2`*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    names = [re.sub(r"[^\w\- ]", "", found.replace("`", "").lower()).strip() for found in HEADING.findall(text)]
    return frozenset(name.replace(" ", "-") for name in names)


def broken(path: Path, text: str) -> Iterator[str]:
    """Yield each link of a page that leads nowhere."""
    for link in LINK.findall(prose(text)):
        if link.startswith(ELSEWHERE):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists():
            yield f"{link}: there is no such file"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{link}: there is no such heading"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    assert list(broken(path, path.read_text(encoding="utf-8"))) == []


def test_a_broken_link_is_found() -> None:
    page = ROOT / "docs" / "index.md"
    text = "[a](none.md) [b](checks.md#none) [c](#none) `[d](none.md)` [e](checks.md) [f](https://example.org/none)"
    assert list(broken(page, text)) == [
        "none.md: there is no such file",
        "checks.md#none: there is no such heading",
        "#none: there is no such heading",
    ]


def pages_of(navigation: list[Any]) -> Iterator[str]:
    """The pages of a navigation, at whatever depth."""
    for one in navigation:
        for place in one.values():
            if isinstance(place, str):
                yield place
            else:
                yield from pages_of(place)


def test_every_page_is_in_the_navigation_once() -> None:
    site = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    pages = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
    assert sorted(pages_of(site["nav"])) == pages, "the navigation is in zensical.toml"


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation.keys() >= {"cff-version", "message", "title", "authors"}
    assert (citation["title"], citation["version"], citation["license"]) == (
        project["name"],
        project["version"],
        project["license"],
    )


def test_both_pages_for_students_say_the_same_things() -> None:
    english, french = ((ROOT / "docs" / name).read_text() for name in ("for-students.md", "pour-les-etudiants.md"))
    assert len(re.findall(r"^\*\*", english, re.MULTILINE)) == len(re.findall(r"^\*\*", french, re.MULTILINE)) > 3
