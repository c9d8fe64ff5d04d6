"""Pages in a real browser, without a window."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


def browsed(address: str, profile: Path) -> str:
    """Return what a browser makes of a page once its scripts have run."""
    return _run(address, profile).stdout


def complaints(address: str, profile: Path) -> list[str]:
    """Return what a page's console says: errors, and what its content policy refused."""
    return [line for line in _run(address, profile).stderr.splitlines() if re.search(r"CONSOLE[:(]", line)]


def _run(address: str, profile: Path) -> subprocess.CompletedProcess[str]:
    loud = ("--virtual-time-budget=30000", "--enable-logging=stderr", "--v=0")
    command = [_browser(), *FLAGS, *loud, f"--user-data-dir={profile}", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def _browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("NOT TESTED: pages are opened in a browser; install chromium")
    return found


class Tab:
    """One page in a browser that is driven: seen at any width, in light or dark, printed, by keyboard or by ear."""

    def __init__(self, socket: Any, session: str) -> None:
        self._socket, self._session = socket, session
        self._asked = 0
        self.said: list[str] = []
        """What its console said, and what went wrong in its scripts."""

    def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something, and return what it answers."""
        self._asked += 1
        asked = {"id": self._asked, "method": method, "params": parameters, "sessionId": self._session}
        self._socket.send(json.dumps(asked))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
                self.said.append(json.dumps(answer["params"])[:500])
            if answer.get("id") == self._asked and answer.get("sessionId") == self._session:
                assert "error" not in answer, answer
                found: dict[str, Any] = answer["result"]
                return found

    def show(self, address: str, width: int = 1100, *, dark: bool = False, medium: str = "screen") -> None:
        """Open a page, or see it otherwise."""
        for domain in ("Page", "Runtime", "Log", "Accessibility"):
            self.do(f"{domain}.enable")
        self.do("Page.setBypassCSP", enabled=True)  # for what a test adds: the policy itself is looked at elsewhere
        self.do("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.do("Emulation.setEmulatedMedia", media=medium, features=[scheme])
        self.do("Page.navigate", url=address)
        while self.run("document.readyState") != "complete" or self.run("location.href") != address:
            pass

    def run(self, script: str) -> Any:
        """Return what a script comes to, once it has."""
        done = self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def press_tab(self) -> None:
        """Go on to what is next for who has no mouse."""
        for kind in ("rawKeyDown", "keyUp"):
            self.do("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)

    def heard(self) -> list[tuple[str, str]]:
        """What a screen reader is told, in order: roles and names."""
        nodes = [one for one in self.do("Accessibility.getFullAXTree")["nodes"] if not one["ignored"]]
        return [(one["role"]["value"], str(one.get("name", {}).get("value", ""))) for one in nodes]

    def printed(self) -> bytes:
        """The page as PDF."""
        return base64.b64decode(self.do("Page.printToPDF")["data"])


@contextlib.contextmanager
def driven(profile: Path) -> Iterator[Tab]:
    """Open a browser that is driven, with one empty page; it ends with the block."""
    websocket = pytest.importorskip("websocket", reason="NOT TESTED: pages are looked at; install websocket-client")
    command = [_browser(), *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = next(line for line in process.stderr if line.startswith("DevTools listening on "))
            socket = websocket.create_connection(line.split()[-1], suppress_origin=True, timeout=120)
            try:
                yield Tab(socket, _attached(socket))
            finally:
                socket.close()
        finally:
            process.kill()


def _attached(socket: Any) -> str:
    """A session of a new page's."""
    answers = iter(lambda: json.loads(socket.recv()), None)
    socket.send(json.dumps({"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank"}}))
    target = next(one for one in answers if one.get("id") == 1)["result"]["targetId"]
    asked = {"targetId": target, "flatten": True}
    socket.send(json.dumps({"id": 2, "method": "Target.attachToTarget", "params": asked}))
    return str(next(one for one in answers if one.get("id") == 2)["result"]["sessionId"])


def axe() -> str:
    """The script of axe-core, which looks for what keeps people out, of a package that is asked for nothing else."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("NOT TESTED: pages are looked at by axe-core; `pip install --no-deps axe-playwright-python`")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")
