"""What a class is called by stands nowhere in what it wrote, once its names are hidden."""

from __future__ import annotations

import pytest

from autograder.report.unnamed import SOMEBODY, Unnamed, unnamed_network
from networks import chain, dense

CLASS = {
    "alovelace": ("Ada Lovelace", "ada.l@example.org", "20261234"),
    "zoe\u0301": ("Zoé Müller-Lüdenscheidt",),
    "Ada (1)": (),
    "x": ("山田 太郎", "7"),
    "(.*)": (),
    "bob": ("Bob", "b"),
}
WRITTEN = (
    "Ada Lovelace",
    "LOVELACE, Ada",
    "lovelace-ada",
    "ada_lovelace_net = 3",
    "class AdaLovelace: pass",
    "mailto:Ada.L@example.org",
    "nr 20261234.",
    "/home/alovelace/tp1",
    "ALOVELACE",
    "zoe\u0301",
    "zo\u00e9",
    "Zoe Muller Ludenscheidt",
    "Müller-Lüdenscheidt Zoé",
    "Ada (1)",
    "山田 太郎",
    "(.*)",
    "bob_2",
)


@pytest.mark.parametrize("text", WRITTEN)
def test_a_name_is_hidden_however_it_is_written(text: str) -> None:
    hidden = Unnamed(CLASS).hide(f"# {text}\n")
    plain = hidden.casefold()
    told = ("ada", "lovelace", "zo", "muller", "müller", "denscheidt", "2026", "山", "太", "(.*)", "bob")
    assert not [name for name in told if name in plain], hidden
    assert hidden.endswith("\n")


def test_what_is_no_name_stays() -> None:
    said = "x_train, adapter, alovelaces, zoo, b = 7\nboby = [1, 7] # evening and Bobsled\r\nAdam\u2028z\n"
    assert Unnamed(CLASS).hide(said) == said


def test_a_first_name_alone_is_somebodys_and_tells_no_number() -> None:
    assert Unnamed({"s1": ("Adam Smith",)}).hide("keras.optimizers.Adam | adam = SMITH") == (
        f"keras.optimizers.{SOMEBODY} | adam = {SOMEBODY}"
    )


def test_lines_are_as_many_as_they_were() -> None:
    said = "Ada\nLovelace\rAda \n Lovelace Ada\x0bLovelace\n\n"
    assert len(Unnamed(CLASS).hide(said).splitlines()) == len(said.splitlines())


def test_numbers_are_everybodys_own() -> None:
    class_ = Unnamed(CLASS)
    assert sorted(class_.alias) == sorted(CLASS)
    assert sorted(class_.alias.values()) == ["1", "2", "3", "4", "5", "6"]
    assert class_.hide("x") == class_.alias["x"]


def test_a_networks_words_are_hidden_and_its_classes_are_not() -> None:
    network = chain(dense(3), input_shape=(3,))
    hidden = unnamed_network(network, Unnamed({"Dense": (), "keras": ()}).hide)
    assert [one.cls for one in hidden.layers] == [one.cls for one in network.layers]
