"""Phrases a student reads, translated when they are shown: French and English, through gettext.

`phrase("layer {n}", n=4)` is what a check says; `render` says it in the course's language. Placeholders are filled
after the translation: numbers are grouped as the language groups them, shapes are written as Python writes them.
"""

from __future__ import annotations

import gettext
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel.numbers import format_decimal

LANGUAGES = ("fr", "en")
DOMAIN = "autograder"
SMALLEST_WRITTEN_OUT = 1e-6
"""Below this a number is written 1e-07, not 0.0000001."""
LARGEST_WRITTEN_OUT = 1e21
"""From this on a number is written 1e+21: Babel refuses those of more than 28 digits."""
SHORT = Context(prec=6)


@dataclass(frozen=True)
class Phrase:
    """A sentence not yet said in any language: an English msgid, its plural if it has one, and what fills it."""

    msgid: str
    args: Mapping[str, object] = field(default_factory=dict)
    plural: str | None = None
    n: int = 0


def phrase(msgid: str, /, **args: object) -> Phrase:
    """A phrase with `{placeholders}`."""
    return Phrase(msgid, args)


def phrases(singular: str, plural: str, count: int, /, **args: object) -> Phrase:
    """A phrase whose form depends on `count`, which fills `{n}`."""
    return Phrase(singular, {"n": count, **args}, plural, count)


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of `language`, one of LANGUAGES. English is the language of the msgids."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, Path(__file__).parent, [language])


def render(said: Phrase | str, language: str) -> str:
    """Return `said` in `language`. A plain string is the course's own text and stays as it is."""
    if isinstance(said, str):
        return said
    catalogue = translations(language)
    text = catalogue.gettext(said.msgid) if said.plural is None else catalogue.ngettext(said.msgid, said.plural, said.n)
    return text.format(**{name: _filled(value, language) for name, value in said.args.items()})


def _filled(value: Any, language: str) -> str:
    if isinstance(value, Phrase):
        return render(value, language)
    if isinstance(value, list):
        return " · ".join(_filled(one, language) for one in value)
    if isinstance(value, int | float) and LARGEST_WRITTEN_OUT <= abs(value) < math.inf:
        return f"{Decimal(value).normalize(SHORT):g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(format_decimal(value, locale=language))
    if isinstance(value, float) and 0 < abs(value) < SMALLEST_WRITTEN_OUT:
        return f"{value:g}"
    if isinstance(value, float):
        return str(format_decimal(value, format="#,##0.######", locale=language))
    return str(value)
