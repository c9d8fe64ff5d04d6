"""Names in any encoding and form come out as who wrote them wrote them."""

from __future__ import annotations

import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.intake.archive import list_source, open_source
from autograder.intake.names import on_disk, read_names, spellings, student_name

WESTERN = (
    "Zoé Lefèvre", "Hélène Dûpré", "François Ünal", "Renée", "créée Éric", "Martín Núñez", "Jesús", "ÉLODIE",
    "Björn Åse", "Gaël Noël", "données.csv", "Çelik",
)  # fmt: skip
JAPANESE = ("山田太郎", "さくら", "田中 花子_123", "ヤマダ", "表計算 ソフト")


def encodings(name: str) -> list[bytes]:
    found = []
    for encoding in ("utf-8", "cp437", "cp850", "cp1252"):
        try:
            found.append(name.encode(encoding))
        except UnicodeEncodeError:
            continue
    return found


@pytest.mark.parametrize("name", WESTERN)
def test_western_names_in_the_encodings_of_windows_and_dos(name: str) -> None:
    assert {read_names([raw])[0] for raw in encodings(name)} == {name}


@pytest.mark.parametrize("name", JAPANESE)
def test_japanese_names_in_windows_encoding(name: str) -> None:
    assert read_names([name.encode("cp932"), name.encode()]) == [name, name]


def test_one_encoding_is_read_for_all_and_one_folder_has_one_vote() -> None:
    names = ["Zoé/a", "Éva", "Noël/b"]
    odd = [f"Renée/{number}-é".encode("cp437") for number in range(100)]
    assert read_names([name.encode("cp1252") for name in names] + odd)[: len(names)] == names


@given(st.lists(st.one_of(st.binary(max_size=40), st.text(max_size=40)), max_size=5))
def test_any_bytes_are_some_text(raw: list[bytes | str]) -> None:
    found = read_names(raw)
    assert len(found) == len(raw)
    assert all(text == name for text, name in zip(found, raw, strict=True) if isinstance(name, str))


@given(st.text())
def test_a_students_name_is_a_folders(raw: str) -> None:
    name = student_name(raw)
    assert name == unicodedata.normalize("NFC", name)
    assert "/" not in name
    assert not name.startswith(".")
    assert name.isprintable()
    assert len(name.encode()) <= 200


def test_a_name_on_disk_that_is_not_utf_8() -> None:
    assert on_disk("donn\udce9es.csv") == "données.csv"


def test_names_without_spaces_and_the_last_name_first() -> None:
    assert {"adadelacruz", "delacruzada"} <= spellings("Ada de la Cruz")


def test_a_zip_may_say_a_name_in_utf_8_beside_another(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    info = zipfile.ZipInfo("Zo_.ipynb")
    field = struct.pack("<BL", 1, zlib.crc32(b"Zo_.ipynb")) + "Zoé.ipynb".encode()
    info.extra = struct.pack("<HH", 0x7075, len(field)) + field
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(info, "{}")
    assert [entry.parts for entry in list_source(open_source(path), 0).entries] == [("Zoé.ipynb",)]
