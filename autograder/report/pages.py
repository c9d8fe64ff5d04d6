"""What all pages share: their templates' environment, titles and numbers as their language writes them."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib.resources import files
from typing import Any

from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.locale import phrases, render, translations
from autograder.report.table import largest_units

_STEERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""What HTML and XML may not hold, and what turns the words beside it around: a student's message would rewrite ours."""


def page_environment(language: str) -> Environment:
    """Return a new environment for the templates of this folder, everything escaped, and nothing that steers a text."""
    environment = Environment(
        loader=PackageLoader("autograder", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: printed(value) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["typeset"] = lambda text: typeset(text, language)
    environment.filters["points"] = lambda value: points(value, language)
    return environment


def packaged(name: str) -> str:
    """Return a file of this folder: a style sheet, a script."""
    return (files("autograder.report") / name).read_text(encoding="utf-8")


def printed(text: str) -> str:
    """Return a text of whatever kind with a mark in the place of each character that steers it, or that nobody sees."""
    return type(text)(_STEERS.sub("\N{REPLACEMENT CHARACTER}", text)) if _STEERS.search(text) else text


def typeset(text: str, language: str) -> Markup:
    """Return a title as HTML: `code` set as such, French punctuation and thousands kept on one line with their word."""
    if language == "fr":
        text = re.sub(r" (?=[:;?!»])|(?<=«) ", "\N{NO-BREAK SPACE}", text)
        text = re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "\N{NARROW NO-BREAK SPACE}", text)
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def points(value: Any, language: str) -> str:
    """Return a number to the hundredth, as `language` writes it."""
    return str(format_decimal(value, format="0.##", locale=language))


def spelled(late: timedelta, language: str) -> str:
    """Return how long something took, in its two largest units, as its language writes them; nothing for no time."""
    if not late:
        return ""
    words = {
        "d": lambda n: phrases("{n} day", "{n} days", n),
        "h": lambda n: phrases("{n} hour", "{n} hours", n),
        "min": lambda n: phrases("{n} minute", "{n} minutes", n),
    }
    shown = largest_units(max(late, timedelta(minutes=1)))
    return " ".join(render(words[unit](count), language) for count, unit in shown)
