"""Pages without names: students are numbered, and what a class is called by stands nowhere in what they wrote either.

A name is looked for word by word, in whatever capitals, accents and order it is written, and with whatever stands
between its words: `Ada Lovelace`, `LOVELACE, Ada`, `ada_lovelace`, `AdaLovelace`, `ada.lovelace@example.org`.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from autograder.wire.messages import Network

_WORD = re.compile(r"[^\W_]+")
_BETWEEN = re.compile(r"[ \t\u00a0.,_@+'’()-]{0,3}")
"""What may stand between two words of a name: never a line's end, for lines are counted."""
_SHORTEST = 3
"""Letters of a first or last name that is hidden where it stands alone, written with a capital."""
_SHORTEST_NUMBER = 5
"""Digits of a number that somebody may be known by: a shorter one is any number."""
SOMEBODY = "…"
"""What stands for a first or a last name alone: a number would tell that somebody has it."""


class Unnamed:
    """The numbers of a class, in another order each time: one that could be computed again would tell the names."""

    def __init__(self, called: Mapping[str, Iterable[str]]) -> None:
        """`called` are the students, each with what else they are known by: names, addresses, numbers."""
        order = list(called)
        random.SystemRandom().shuffle(order)
        width = len(str(len(order)))
        self.alias = {name: f"{number:0{width}d}" for number, name in enumerate(order, 1)}
        """The number of each student."""
        self._names: defaultdict[str, list[tuple[Sequence[str], str]]] = defaultdict(list)
        """By its first word: the words of a name, and the number."""
        self._parts: set[str] = set()
        signs: dict[str, str] = {}
        for student, names in called.items():
            for name in dict.fromkeys((student, *names)):
                composed = unicodedata.normalize("NFC", name)
                words = [_plain(word) for word in _WORD.findall(composed)]
                if composed and not (composed[0].isalnum() and composed[-1].isalnum()):
                    signs[composed.casefold()] = self.alias[student]
                if name == student or not _is_any(words):
                    self._learn(words, self.alias[student], parted="@" not in name)
        for ones in self._names.values():
            ones.sort(key=lambda one: -len(one[0]))
        listed = "|".join(map(re.escape, sorted(signs, key=len, reverse=True)))
        self._signs = signs
        # Not at a word's end: a name may end in what is none, as « Ada (1) » does.
        self._signed = re.compile(rf"(?<!\w)(?:{listed})(?!\w)" if signs else r"(?!)", re.IGNORECASE)

    def _learn(self, words: Sequence[str], number: str, *, parted: bool) -> None:
        for at in range(len(words)):
            turned = [*words[at:], *words[:at]]
            self._names[turned[0]].append((turned, number))
            if len(words) > 1:
                self._names["".join(turned)].append((["".join(turned)], number))
        if parted and len(words) > 1:
            self._parts |= {word for word in words if len(word) >= _SHORTEST and word.isalpha()}

    def hide(self, text: str) -> str:
        """Return a text without the class's names. Its lines are as many as they were."""
        text = unicodedata.normalize("NFC", text)
        text = self._signed.sub(lambda match: self._signs.get(match[0].casefold(), SOMEBODY), text)
        words = list(_WORD.finditer(text))
        told, at, place = [], 0, 0
        while place < len(words):
            count, said = self._at(text, words, place)
            if count:
                told += [text[at : words[place].start()], said]
                at = words[place + count - 1].end()
            place += count or 1
        return "".join([*told, text[at:]])

    def hide_all(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Return texts without the class's names."""
        return tuple(map(self.hide, texts))

    def numbers(self, students: Iterable[str]) -> tuple[str, ...]:
        """Return the numbers of students, never in the order of their names."""
        return tuple(sorted(self.alias[name] for name in students))

    def _at(self, text: str, words: Sequence[re.Match[str]], place: int) -> tuple[int, str]:
        """How many words from this one on are a name, and what stands for it; 0 where none is."""
        first = _plain(words[place][0])
        for name, number in self._names.get(first, ()):
            here = words[place : place + len(name)]
            if len(name) == 1 and len(first) < _SHORTEST and _is_within(text, words[place]):
                continue
            if [_plain(one[0]) for one in here] == list(name) and _is_together(text, here):
                return len(name), number
        if first in self._parts and words[place][0][0].isupper():
            return 1, SOMEBODY
        return 0, ""


def unnamed_network(network: Network, hide: Callable[[str], str]) -> Network:
    """Return a network whose author's own words are hidden: what its layers and their classes are called."""
    layers = [
        replace(
            one,
            name=hide(one.name),
            within=hide(one.within),
            cls=hide(one.cls) if one.origin == "custom" else one.cls,
            unreadable=hide(one.unreadable),
        )
        for one in network.layers
    ]
    return replace(network, name=hide(network.name), dress=hide(network.dress), note=hide(network.note), layers=layers)


def _plain(word: str) -> str:
    """A word without case and accents."""
    apart = unicodedata.normalize("NFKD", word)
    return "".join(one for one in apart if not unicodedata.combining(one)).casefold()


def _is_any(words: Sequence[str]) -> bool:
    """Whether what somebody is known by is what anybody writes: a short number, a letter."""
    whole = "".join(words)
    return len(whole) < (_SHORTEST_NUMBER if whole.isdigit() else _SHORTEST)


def _is_within(text: str, word: re.Match[str]) -> bool:
    """Whether a word is a part of an identifier, as `x` of `x_train` is."""
    return "_" in (text[word.start() - 1 : word.start()], text[word.end() : word.end() + 1])


def _is_together(text: str, words: Sequence[re.Match[str]]) -> bool:
    between = (text[one.end() : other.start()] for one, other in pairwise(words))
    return all(map(_BETWEEN.fullmatch, between))
