"""What a check tells a student: received, expected, where, and what to try. Composed here, raised in one place."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.locale import Phrase, phrase, render

Said = Phrase | str


@dataclass(frozen=True)
class Mismatch:
    """Why an answer is not the one expected. Fields left None are not said.

    `expected` and `where` may tell the solution; they are left out where the course hides expectations. `place` is
    `where` without what is expected there, and is said in its stead. `first` is what to mend before: an error that
    this may follow from.
    """

    received: Said | None = None
    expected: Said | None = None
    where: Said | None = None
    place: Said | None = None
    hint: Said | None = None
    first: Said | None = None
    discreet: Said | None = None
    """What to try, said in place of `hint` where the course hides expectations and the hint would tell them."""


class CannotTell(Exception):
    """What was handed in is neither right nor wrong as far as can be read: it costs no point, and is the author's to
    look at.
    """


class CheckFailed(AssertionError):
    """A check's verdict is no, for the reason in `mismatch`."""

    def __init__(self, mismatch: Mismatch) -> None:
        super().__init__(compose(mismatch, "en", hidden=False))
        self.mismatch = mismatch


class CompiledOtherwise(CheckFailed):
    """The no of a check of how a network is trained, and not of its making."""


def compose(mismatch: Mismatch, language: str, *, hidden: bool) -> str:
    """Return the message in `language`, one labelled line a field, labels aligned.

    `hidden` leaves out whatever tells the expectation.
    """
    rows = [
        (phrase("received"), mismatch.received),
        (phrase("expected"), None if hidden else mismatch.expected),
        (phrase("where"), mismatch.place if hidden else (mismatch.where or mismatch.place)),
        (phrase("hint"), mismatch.discreet if hidden and mismatch.discreet is not None else mismatch.hint),
        (phrase("first"), mismatch.first),
    ]
    said = [(render(label, language), render(text, language)) for label, text in rows if text is not None]
    width = max((len(label) for label, _ in said), default=0)
    return "\n".join(f"{label:<{width}}  {_indented(text, width + 2)}" for label, text in said)


def _indented(text: str, width: int) -> str:
    return text.replace("\n", "\n" + " " * width)
