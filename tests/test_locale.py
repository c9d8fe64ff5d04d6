"""The French catalogue: complete, exact, set as French is; and how phrases are filled."""

from __future__ import annotations

import io
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from autograder.locale import LANGUAGES, Phrase, phrase, phrases, render

NARROW, WIDE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
SPACES = NARROW + WIDE
BADLY_SET = re.compile(rf"(?<![{SPACES}])[;?!»]|(?<![{SPACES}]):(?=\s|$)| :|«(?![{SPACES}])")
"""French sets off its double marks and guillemets with spaces that do not break."""


def forms(message: Message) -> tuple[str, ...]:
    """The msgid, and its plural if it has one."""
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def translated(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def messages_of(catalogue: Catalog) -> list[Message]:
    """The catalogue's messages, without its header."""
    return [message for message in catalogue if message.id]


def placeholders(text: str) -> set[str]:
    """`{name}` of a phrase, or `%(name)s` of a page, whichever the text has."""
    named = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    return named | set(re.findall(r"%\((\w+)\)s", text))


@pytest.fixture(scope="module")
def french(repository: Path) -> Catalog:
    with (repository / "autograder/locale/fr/LC_MESSAGES/autograder.po").open("rb") as file:
        return read_po(file)


@pytest.fixture(scope="module")
def in_the_code(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, ...]]:
    template = tmp_path_factory.mktemp("catalogue") / "autograder.pot"
    options: list[str | Path] = [
        "-F",
        repository / "pyproject.toml",
        "-k",
        "phrase",
        "-k",
        "phrases:1,2",
        "-o",
        template,
    ]
    program = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract"]
    subprocess.run([*program, *options, repository / "autograder"], check=True)
    with template.open("rb") as file:
        return {forms(message) for message in messages_of(read_po(file))}


# --- The catalogue ----------------------------------------------------------------------------------------------------


def test_the_catalogue_holds_the_messages_of_the_code_and_nothing_more(
    french: Catalog, in_the_code: set[tuple[str, ...]]
) -> None:
    assert len(in_the_code) > 100
    assert {forms(message) for message in messages_of(french)} == in_the_code
    assert not french.obsolete


def test_every_message_is_translated(french: Catalog) -> None:
    for message in messages_of(french):
        assert len(translated(message)) == len(forms(message)), message.id
        assert all(translated(message)), message.id
        assert not message.fuzzy, message.id


def test_placeholders_are_those_of_the_message(french: Catalog) -> None:
    for message in messages_of(french):
        wanted = placeholders(forms(message)[-1])
        assert all(placeholders(text) == wanted for text in (*forms(message), *translated(message))), message.id


def test_french_is_set_as_french_is(french: Catalog) -> None:
    badly = [text for message in messages_of(french) for text in translated(message) if BADLY_SET.search(text)]
    assert badly == []


@pytest.mark.parametrize("text", ["reçu : 1", "quoi?", "quoi ?", "« x »", f"«{WIDE}x »", "reçu: 1", "fin:"])
def test_a_plain_space_or_none_is_badly_set(text: str) -> None:
    assert BADLY_SET.search(text)


def test_what_is_installed_is_what_was_translated(french: Catalog, repository: Path) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, french)
    assert (repository / "autograder/locale/fr/LC_MESSAGES/autograder.mo").read_bytes() == compiled.getvalue()


# --- Phrases ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "english", "french"),
    [
        ("the course's own text {as it is}", "the course's own text {as it is}", "the course's own text {as it is}"),
        (phrase("received"), "received", "reçu"),
        (phrase("layer {n}", n=4), "layer 4", "couche 4"),
        (phrase("layer {n}", n=phrase("none")), "layer none", "couche aucun"),
        (phrase("layer {n}", n="{n}"), "layer {n}", "couche {n}"),
        (phrase("layer {n}", n=2209098), "layer 2,209,098", f"couche 2{NARROW}209{NARROW}098"),
        (phrase("layer {n}", n=-1234.5), "layer -1,234.5", f"couche -1{NARROW}234,5"),
        (phrase("layer {n}", n=True), "layer True", "couche True"),
        (phrase("layer {n}", n=(None, 3)), "layer (None, 3)", "couche (None, 3)"),
        (phrase("no such message {n}", n=1), "no such message 1", "no such message 1"),
    ],
)
def test_a_phrase_is_said_in_each_language(said: Phrase | str, english: str, french: str) -> None:
    assert [render(said, language) for language in ("en", "fr")] == [english, french]
    assert set(LANGUAGES) == {"en", "fr"}


@pytest.mark.parametrize(
    ("count", "english", "french"),
    [
        (0, "0 parameters", "0 paramètre"),
        (1, "1 parameter", "1 paramètre"),
        (2, "2 parameters", "2 paramètres"),
        (2209098, "2,209,098 parameters", f"2{NARROW}209{NARROW}098 paramètres"),
    ],
)
def test_a_phrase_agrees_with_its_number(count: int, english: str, french: str) -> None:
    said = phrases("{n} parameter", "{n} parameters", count)
    assert [render(said, language) for language in ("en", "fr")] == [english, french]


def test_a_number_beside_the_count_does_not_decide_the_plural() -> None:
    said = phrases("{n} value of {total} differs", "{n} values of {total} differ", 1, total=9000)
    assert render(said, "en") == "1 value of 9,000 differs"
    assert render(said, "fr") == f"1 valeur sur 9{NARROW}000 diffère"
