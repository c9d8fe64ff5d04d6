"""Pages in a real browser, without a window."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest


def browsed(address: str, profile: Path) -> str:
    """Return what a browser makes of a page once its scripts have run."""
    return _run(address, profile).stdout


def complaints(address: str, profile: Path) -> list[str]:
    """Return what a page's console says: errors, and what its content policy refused."""
    return [line for line in _run(address, profile).stderr.splitlines() if re.search(r"CONSOLE[:(]", line)]


def _run(address: str, profile: Path) -> subprocess.CompletedProcess[str]:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("NOT TESTED: pages are opened in a browser; install chromium")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=30000")
    loud = ("--enable-logging=stderr", "--v=0")
    command = [browser, *flags, *loud, f"--user-data-dir={profile}", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, check=True)
