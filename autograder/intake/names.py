"""Names as they come, in whatever bytes and form: read as text, compared, made folders' names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

NAME_BYTES = 200
LEGACY = ("cp437", "cp850", "cp1252", "cp932")
"""What programs write names in that say nothing and are not UTF-8; the first wins where two read equally well."""
COMMON = frozenset("àáâäåæçèéêëíîïñóôöøùúûüßœÀÁÂÄÅÆÇÈÉÊËÍÎÏÑÓÔÖØÙÚÛÜŒ")
"""Letters beyond ASCII that names have more often than others."""
IMPOSSIBLE = -2.0
VOTERS = 1000
_WORD = re.compile(r"\w+")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]+")


def folded(name: str) -> str:
    """Return `name` such that two names that look the same but for case are equal."""
    return unicodedata.normalize("NFC", name).casefold()


def spellings(name: str) -> frozenset[str]:
    """Return what a person's name may be written as by a program that drops spaces and puts the last name first.

    « Ada Lovelace » is `adalovelace` and `lovelaceada`.
    """
    words = _WORD.findall(folded(name).replace("_", " "))
    return frozenset("".join((*words[at:], *words[:at])) for at in range(len(words)))


def student_name(raw: str) -> str:
    """Return a student's name as a folder's: composed, printable, without `/`, not hidden. Empty where none is left."""
    text = " ".join(unicodedata.normalize("NFC", raw).split())
    kept = "".join(character for character in text if character.isprintable() and character not in "/\\")
    return kept.lstrip(". ").encode(errors="ignore")[:NAME_BYTES].decode(errors="ignore").rstrip()


def read_names(raw: Sequence[str | bytes]) -> list[str]:
    """Return the names of an archive's entries as text; those given as bytes say nothing of how they are encoded.

    UTF-8 where they are that. The others are read in one encoding, since one program wrote them: the one in which the
    most names look like names. Each folder or file at the top has one vote, so that no student decides for the others.
    """
    foreign = [name for name in raw if isinstance(name, bytes) and _utf8(name) is None]
    tops = {name.lstrip(b"/").partition(b"/")[0] for name in foreign}  # not of `\`: half a character in Japanese
    voters = {top for top in tops if _utf8(top) is None} or set(foreign[:VOTERS])
    votes = {encoding: sum(_likeness(name, encoding) for name in voters) for encoding in LEGACY}
    ranked = sorted(LEGACY, key=lambda encoding: -votes[encoding])
    return [name if isinstance(name, str) else _decoded(name, ("utf-8", *ranked)) for name in raw]


def on_disk(name: str) -> str:
    """Return the name of one file on disk as text, whatever its bytes."""
    return read_names([name.encode(errors="surrogateescape")])[0] if not _is_text(name) else name


def _is_text(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _utf8(name: bytes) -> str | None:
    try:
        return name.decode()
    except UnicodeDecodeError:
        return None


def _decoded(name: bytes, encodings: Sequence[str]) -> str:
    for encoding in encodings:
        try:
            return name.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name.decode(LEGACY[0])  # every byte is a character of cp437


def _likeness(name: bytes, encoding: str) -> float:
    """How much like a name the bytes look in an encoding: what each character beyond ASCII adds or takes, on average.

    Kana and ideographs come in runs. Letters of the Latin alphabet have the case of their neighbours; Greek ones and
    signs are what accents become in the wrong encoding.
    """
    try:
        text = name.decode(encoding)
    except UnicodeDecodeError:
        return IMPOSSIBLE
    odd = [index for index, character in enumerate(text) if not character.isascii()]
    if encoding == "cp932":
        runs = _JAPANESE.findall(text)
        whole = sum(map(len, runs)) == len(odd) and all(len(run) > 1 for run in runs)
        return 1.5 if whole and runs else IMPOSSIBLE
    return sum(_likely(text, index) for index in odd) / max(len(odd), 1)


def _likely(text: str, index: int) -> float:
    character = text[index]
    if not unicodedata.name(character, "").startswith("LATIN ") or not character.isalpha():
        return -1.0
    near = [one for one in (text[index - 1 : index], text[index + 1 : index + 2]) if one.isascii() and one.isalpha()]
    if character.isupper() and any(one.islower() for one in near[:1] if index):
        return -0.5
    fits = not near or any(one.isupper() == character.isupper() for one in near)
    return (1.0 if fits else 0.5) + (0.2 if character in COMMON else 0.0)
