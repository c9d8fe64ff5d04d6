"""Bring the message catalogues up to the code: `make catalogue`.

Translations already made are kept; new messages are left empty in the French catalogue, and named.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parent.parent / "autograder"
LOCALE = PACKAGE / "locale"
KEYWORDS = {"phrase": None, "phrases": (1, 2), "_": None, "gettext": None, "ngettext": (1, 2)}
MAPPINGS = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["babel"]["mappings"]
METHODS = [(one["pattern"], one["method"]) for one in MAPPINGS]
OPTIONS = {one["pattern"]: {key: one[key] for key in one.keys() - {"pattern", "method"}} for one in MAPPINGS}


def extracted() -> Catalog:
    """Return the messages in the code, untranslated."""
    catalogue = Catalog(project="keras-autograder", charset="utf-8")
    found = extract_from_dir(PACKAGE, METHODS, OPTIONS, KEYWORDS)
    for name, line, message, comments, context in found:
        catalogue.add(message, None, [(f"autograder/{name}", line)], auto_comments=comments, context=context)
    return catalogue


def french() -> Catalog:
    """Return the French catalogue as it lies on disk."""
    with po_path().open("rb") as file:
        return read_po(file, locale="fr")


def po_path() -> Path:
    return LOCALE / "fr" / "LC_MESSAGES" / "autograder.po"


def untranslated(catalogue: Catalog) -> Iterator[Message]:
    """Yield the messages without a translation."""
    for message in catalogue:
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(texts)):
            yield message


def main() -> int:
    """Update and compile the French catalogue. Return 1 where messages are still to be translated."""
    catalogue = french()
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with po_path().open("wb") as file:
        write_po(file, catalogue, width=0, sort_by_file=True, no_location=True)
    with po_path().with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)
    missing = list(untranslated(catalogue))
    for message in missing:
        print(f"to translate in {po_path()}: {message.id!r}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
