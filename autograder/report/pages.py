"""What all pages share: their templates' environment, titles and numbers as their language writes them."""

from __future__ import annotations

import re
from typing import Any

from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.locale import translations


def page_environment(language: str) -> Environment:
    """Return a new environment for the templates of this folder, everything escaped."""
    environment = Environment(
        loader=PackageLoader("autograder", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["typeset"] = lambda text: typeset(text, language)
    environment.filters["points"] = lambda value: points(value, language)
    return environment


def typeset(text: str, language: str) -> Markup:
    """Return a title as HTML: `code` set as such, French punctuation and thousands kept on one line with their word."""
    if language == "fr":
        text = re.sub(r" (?=[:;?!»])|(?<=«) ", "\N{NO-BREAK SPACE}", text)
        text = re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "\N{NARROW NO-BREAK SPACE}", text)
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def points(value: Any, language: str) -> str:
    """Return a number to the hundredth, as `language` writes it."""
    return str(format_decimal(value, format="0.##", locale=language))
