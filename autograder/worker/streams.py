"""What a cell puts out, as a notebook would keep it: standard output and error, values, errors, in order.

A kernel has one object for each of the two streams as long as it lives: a handler of `logging` that one cell makes
writes in the next. So here. What libraries and programs write beneath Python, to descriptors 1 and 2, is heard too.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import sys
import tempfile
from typing import Literal

from autograder.wire import codec
from autograder.wire.messages import Output

Name = Literal["stdout", "stderr"]

FIGURE_WARNING = "FigureCanvasAgg is non-interactive"
"""Of a warning that the notebook's own backend does not give."""
DESCRIPTOR_BYTES = 2**20
"""Heard at once of what is written beneath Python."""
OUTPUTS = 100
"""Of one cell, at most. A score hangs on the first few."""


class Stream(io.TextIOBase):
    """A text stream that keeps the start and the end of what is written and counts the rest."""

    encoding = "UTF-8"

    def __init__(self, outputs: Outputs, name: Name, descriptor: int) -> None:
        self.name = name
        self._outputs = outputs
        self._descriptor = descriptor
        self.start(0)

    def start(self, limit: int) -> None:
        """Nothing was written yet; at most `limit` characters will be kept."""
        self._half = max(limit // 2, 1)
        self._head = ""
        self._tail: list[str] = []
        self._tail_length = 0
        self.length = 0

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        """The descriptor that a program started with this stream writes to: what it writes is heard."""
        return self._descriptor

    def close(self) -> None:
        """Nothing: a kernel's streams outlive the cell that closes them."""

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self.name == "stderr" and FIGURE_WARNING in text:
            return len(text)
        self._outputs.write(self.name, text)
        self._keep(text)
        return len(text)

    def _keep(self, text: str) -> None:
        self.length += len(text)
        room = self._half - len(self._head)
        if room > 0:
            self._head += text[:room]
            text = text[room:]
        if text:
            self._tail.append(text[-self._half :])
            self._tail_length += len(self._tail[-1])
        if self._tail_length > 8 * self._half:  # seldom, so that a flood of short lines costs little a line
            self._cut_tail()

    def _cut_tail(self) -> str:
        tail = "".join(self._tail)[-self._half :]
        self._tail, self._tail_length = [tail], len(tail)
        return tail

    def text(self) -> str:
        """Return what was written, the middle left out where it was too much."""
        tail = self._cut_tail()
        left_out = self.length - len(self._head) - len(tail)
        return codec.plain_text(f"{self._head}\n[… {left_out} …]\n{tail}" if left_out > 0 else self._head + tail)


class Outputs:
    """What the cell that runs puts out, in order: a stream's writes run together."""

    def __init__(self) -> None:
        self._kept: list[Output] = []
        self._clearing = False
        self._silent = False
        self.stdout, self.stderr = Stream(self, "stdout", 1), Stream(self, "stderr", 2)
        self._heard = [0, 0]

    def install(self) -> None:
        """Take the place of the process's streams, and let what is written beneath them go to files without a name.

        They fill the room's own disk alone.
        """
        for descriptor in (1, 2):
            with tempfile.TemporaryFile() as file:
                os.dup2(file.fileno(), descriptor)
                fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
        sys.stdout, sys.stderr = self.stdout, self.stderr

    def start(self, limit: int) -> None:
        """A cell starts: it has put out nothing. At most `limit` characters of each stream will be kept."""
        self._kept, self._clearing = [], False
        self.stdout.start(limit)
        self.stderr.start(limit)
        self._heard = [0, 0]
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)

    def all(self) -> list[Output]:
        """Return what there is: once the cell has run, before its streams' texts are looked at."""
        self._hear_descriptors()
        return list(self._kept)

    def write(self, stream: Name, text: str) -> None:
        """`text` was written to a stream."""
        if not text or self._silent:
            return
        self._make_room()
        if self._kept and self._kept[-1].kind == stream:
            self._kept[-1] = Output(stream, line_ends=self._kept[-1].line_ends + text.count("\n"))
        elif len(self._kept) < OUTPUTS:
            self._kept.append(Output(stream, line_ends=text.count("\n")))

    def show(self, text: str) -> None:
        """The value of an expression is displayed."""
        self._add(Output("result", text))

    def display(self, text: str) -> None:
        """A picture, a table, a text of its own is displayed: it is read with the printed text, and is no stream's."""
        self._make_room()
        self._silent = True
        try:
            self.stdout.write(f"{text}\n")
        finally:
            self._silent = False

    def fail(self) -> None:
        """A traceback is displayed."""
        if not self._kept or self._kept[-1].kind != "error":
            self._add(Output("error"))

    def _add(self, output: Output) -> None:
        self._hear_descriptors()
        self._make_room()
        if len(self._kept) < OUTPUTS:
            self._kept.append(output)

    def clear(self, wait: bool) -> None:
        """`clear_output`: now, or when there is something else to show."""
        self._hear_descriptors()
        self._clearing = True
        if not wait:
            self._make_room()

    def _make_room(self) -> None:
        if self._clearing:
            self._kept, self._clearing = [], False

    def _hear_descriptors(self) -> None:
        """Take in what was written beneath Python, by libraries and by programs that were started."""
        for own in (sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                own.flush()  # type: ignore[union-attr]
        for number, stream in enumerate((self.stdout, self.stderr)):
            before, now = self._heard[number], _size(number + 1)
            if now > before:
                self._heard[number] = now
                written = os.pread(number + 1, min(now - before, DESCRIPTOR_BYTES), before)
                stream.write(written.decode(errors="replace"))


def _size(descriptor: int) -> int:
    """Bytes written to a standard descriptor, which is a file here; 0 where student code has closed it."""
    with contextlib.suppress(OSError):
        return os.fstat(descriptor).st_size
    return 0


outputs = Outputs()
