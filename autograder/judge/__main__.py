"""The judge's process: `python -m autograder.judge FD SHARED`.

FD is one end of a socket to the pipeline, which says there what to collect, SHARED the file of `channel.Running`."""

from __future__ import annotations

import os
import resource
import socket
import sys
from pathlib import Path

import pytest

from autograder.judge import plugin
from autograder.judge.channel import ChecksFile, Running
from autograder.judge.sources import Sources
from autograder.locale.own import own_texts
from autograder.wire import codec

MEMORY_BYTES = 4 * 2**30
"""Evidence is half a gigabyte at most. A check that takes more than this fails, and the machine does not."""


def main(channel_fd: int, shared_fd: int) -> None:
    """Collect the checks that one is told of, judge what is sent, end when the other end of the channel closes."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    plugin.forbid_frameworks()
    channel = socket.socket(fileno=channel_fd)
    try:
        told, _ = codec.unpack(codec.read_frame(lambda size: channel.recv(size, socket.MSG_WAITALL)), ChecksFile)
    except (EOFError, ConnectionError):
        return  # a command that was to judge ended before it came to it
    checks = Path(told.path)
    sources = Sources(Path(told.root), checks)
    session = plugin.JudgeSession(channel, Running(shared_fd), sources, own_texts(Path(told.texts)))
    # pytest's own account of a failure, which reads the checks file again each time, is never shown: native is cheap.
    # Nothing of the folder the checks lie in, nor of this machine's plugins, changes how they are judged.
    # What is printed is read by nobody, so that nothing of it is caught.
    options = ["-qq", "-s", "-p", "no:cacheprovider", "-c", os.devnull, "--import-mode=importlib", "--tb=native"]
    options += ["-W", "error::pytest.PytestReturnNotNoneWarning"]  # a check that returns what it found asserts nothing
    options += ["-p", "autograder.judge.plugin", "--rootdir", str(checks.resolve().parent), str(checks)]
    pytest.main(options, plugins=[session])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
