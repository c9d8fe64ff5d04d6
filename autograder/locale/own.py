"""A course's own texts in another language than they were written in: titles, headings, what checks say in own words.

A gettext catalogue beside course.yaml has them, under the text as it was written. Where a check fills its words in,
`f"{count} missing"`, the catalogue has a name in braces for each value: `{count} missing`. A value that it has a
translation of is translated too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.pofile import PoFileError, read_po

LONGEST = 2000
"""Characters of a text that is compared with those that have values in them: what a student wrote may be one."""
_NAME = re.compile(r"\{([^\W\d]\w*)\}")


@dataclass(frozen=True)
class OwnTexts:
    """What a catalogue says of the course's texts; one that it lacks stays as it was written."""

    whole: Mapping[str, str]
    filled: tuple[tuple[re.Pattern[str], str], ...] = ()
    """Patterns of those with values in them, and what they are filled into."""

    def said(self, text: str) -> str:
        """Return a text of the course's in the catalogue's language."""
        if text in self.whole:
            return self.whole[text]
        for pattern, said in self.filled if len(text) <= LONGEST else ():
            if found := pattern.fullmatch(text):
                return _NAME.sub(lambda name: self.whole.get(found[name[1]], found[name[1]]), said)
        return text


NO_CATALOGUE = Path(os.devnull)
"""Texts stay as they are written."""


def own_texts(path: Path) -> OwnTexts:
    """Return what the catalogue at `path` says; where there is none, nothing is translated.

    Raises ValueError, with the line, for a file that is no catalogue, or a text that names a value its msgid has not.
    """
    return _read(path, path.stat().st_mtime_ns) if path.exists() else OwnTexts({})


@cache
def _read(path: Path, _changed: int) -> OwnTexts:
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError) as error:
        raise ValueError(f"not a gettext catalogue: {error}") from None
    messages = [(one.id, one.string, one.lineno) for one in catalogue if isinstance(one.id, str) and one.id]
    whole = {text: said for text, said, _ in messages if isinstance(said, str) and said}
    for text, said, line in messages:
        if strange := set(_NAME.findall(str(said))) - set(_NAME.findall(text)):
            raise ValueError(f"line {line}: {{{min(strange)}}} is not in the text that is translated")
    return OwnTexts(whole, tuple((_pattern(text), said) for text, said in whole.items() if _NAME.search(text)))


def _pattern(text: str) -> re.Pattern[str]:
    """What a text is once its names in braces are filled; a name that comes again stands for the same."""
    parts, seen = [], set[str]()
    for place, part in enumerate(_NAME.split(text)):
        if place % 2 == 0:
            parts.append(re.escape(part))
        else:
            parts.append(f"(?P={part})" if part in seen else f"(?P<{part}>.*?)")
            seen.add(part)
    return re.compile("".join(parts), re.DOTALL)
