"""What was mended is said in the student's language: one sentence a kind, with its places."""

from __future__ import annotations

from typing import get_args

import pytest

from autograder.records import Repair, RepairKind
from autograder.report.repairs import MOST_PLACES, SENTENCES, repair_sentences

NARROW, WIDE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


def test_every_kind_has_a_sentence() -> None:
    assert list(SENTENCES) == list(get_args(RepairKind))


@pytest.mark.parametrize(
    ("repairs", "english", "french"),
    [
        (
            [Repair("returned", "double", 3), Repair("returned", "names", 5)],
            "Cells of the course were missing; they were put back: cell 4 (double), cell 6 (names).",
            f"Des cellules du cours manquaient{NARROW}; elles ont été remises{WIDE}: "
            "cellule 4 (double), cellule 6 (names).",
        ),
        (
            [Repair("command", "", 0, "!pip install keras")],
            "Installations and downloads are not run while grading; these lines were left out: "
            "cell 1 (!pip install keras).",
            f"Rien n'est installé ni téléchargé pendant la correction{NARROW}; ces lignes "
            f"ont été laissées de côté{WIDE}: cellule 1 (!pip install keras).",
        ),
        (
            [Repair("chosen", detail="toy (1).ipynb")],
            "Several notebooks were handed in; this one was graded: toy (1).ipynb.",
            f"Plusieurs notebooks ont été rendus{NARROW}; celui-ci a été corrigé{WIDE}: toy (1).ipynb.",
        ),
    ],
    ids=lambda value: "",
)
def test_a_sentence_in_each_language(repairs: list[Repair], english: str, french: str) -> None:
    assert repair_sentences(repairs, "en") == [english]
    assert repair_sentences(repairs, "fr") == [french]


def test_kinds_come_in_their_order_and_places_once() -> None:
    repairs = [Repair("input", "", 1), Repair("input", "", 1), Repair("reset", "a", 2), Repair("chosen", detail="b")]
    assert [sentence.partition(":")[2] for sentence in repair_sentences(repairs, "en")] == [
        " b.",
        " cell 3 (a).",
        " cell 2.",
    ]


def test_a_long_list_is_cut() -> None:
    (sentence,) = repair_sentences([Repair("input", "", index) for index in range(MOST_PLACES + 5)], "en")
    assert sentence.endswith(f"cell {MOST_PLACES}, ….")
