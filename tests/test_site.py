"""The site of docs/: it is built without a warning, and its pages keep nobody out."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import Tab, axe, driven

SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def site(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    builder = repository / ".venv-docs/bin/zensical"
    if not builder.exists():
        pytest.skip("NOT TESTED: the site is built; `make docs` brings what builds it, and `make check` does")
    root = tmp_path_factory.mktemp("site")
    shutil.copyfile(repository / "zensical.toml", root / "zensical.toml")
    shutil.copytree(repository / "docs", root / "docs")
    done = subprocess.run([builder, "build", "--strict", "--clean"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout + done.stderr
    return root / "site"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with driven(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.mark.parametrize(
    ("name", "width", "dark"),
    [("index", 1100, False), ("tutorial", 360, False), ("exports", 1100, True), ("pour-les-etudiants", 360, True)],
)
def test_axe_finds_nothing_serious(site: Path, tab: Tab, name: str, width: int, dark: bool) -> None:
    script = axe()
    tab.show((site / f"{name}.html").as_uri(), width, dark=dark)
    tab.run(f"{script}; 0")
    found = json.loads(tab.run("axe.run().then(found => JSON.stringify(found.violations))"))
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS] == []
    assert tab.run("document.documentElement.scrollWidth") <= width
