"""The judge's process: `python -m autograder.judge FD SHARED CHECKS ROOT TEXTS`.

FD is one end of a socket to the pipeline, SHARED the file of `channel.Running`."""

from __future__ import annotations

import os
import resource
import socket
import sys
from pathlib import Path

import pytest

from autograder.judge import plugin
from autograder.judge.channel import Running
from autograder.judge.sources import Sources
from autograder.locale.own import own_texts

MEMORY_BYTES = 4 * 2**30
"""Evidence is half a gigabyte at most. A check that takes more than this fails, and the machine does not."""


def main(channel_fd: int, shared_fd: int, checks: str, root: str, texts: str) -> None:
    """Collect `checks` of the course in `root`, judge what is sent, end when the other end of the channel closes.

    What the checks say is said as the catalogue `texts` has it.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    plugin.forbid_frameworks()
    sources = Sources(Path(root), Path(checks))
    session = plugin.JudgeSession(socket.socket(fileno=channel_fd), Running(shared_fd), sources, own_texts(Path(texts)))
    # pytest's own account of a failure, which reads the checks file again each time, is never shown: native is cheap.
    # Nothing of the folder the checks lie in, nor of this machine's plugins, changes how they are judged.
    # What is printed is read by nobody, so that nothing of it is caught.
    options = ["-qq", "-s", "-p", "no:cacheprovider", "-c", os.devnull, "--import-mode=importlib", "--tb=native"]
    options += ["-W", "error::pytest.PytestReturnNotNoneWarning"]  # a check that returns what it found asserts nothing
    options += ["-p", "autograder.judge.plugin", "--rootdir", str(Path(checks).resolve().parent), checks]
    pytest.main(options, plugins=[session])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
