"""What a check says when an answer is wrong: whole messages, in both languages, shown and hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

import msgspec
import numpy as np
import pytest

from autograder import asserts
from autograder.asserts import (
    assert_bars,
    assert_close,
    assert_compiled,
    assert_contains,
    assert_curve,
    assert_dtype,
    assert_equal,
    assert_figure,
    assert_frozen,
    assert_image,
    assert_images,
    assert_layer,
    assert_layers,
    assert_output_shape,
    assert_params,
    assert_points,
    assert_printed,
    assert_same_network,
    assert_shape,
    assert_table,
    assert_trainable_params,
)
from autograder.judge.frames import DataColumn, DataTable
from autograder.judge.message import CheckFailed, Mismatch, compose
from autograder.judge.values import Model, Unreadable
from autograder.wire.messages import Network, Opaque
from networks import Call, call, chain, conv, dense, operation, pool, unbuilt

Check = Callable[[], None]


def mismatch_of(check: Check) -> Mismatch:
    with pytest.raises(CheckFailed) as raised:
        check()
    return raised.value.mismatch


def message_of(check: Check, language: str = "en", *, hidden: bool = False) -> str:
    """The message, spaces that do not break read as spaces: `test_locale` is strict about those."""
    said = compose(mismatch_of(check), language, hidden=hidden)
    return said.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


# --- Networks to compare ----------------------------------------------------------------------------------------------


def vgg(*, padding: str = "same", params: int = 2_209_098) -> Network:
    """The network of the course's exercise; `padding` is that of its fourth convolution."""
    blocks = [
        conv(32, padding="same", activation="relu"),
        conv(64, padding="same", activation="relu"),
        pool(),
        conv(128, padding=padding, activation="relu"),
        conv(128, padding="same", activation="relu"),
        pool(),
        call("Flatten"),
        dense(256, activation="relu"),
        dense(10, activation="softmax"),
    ]
    return msgspec.structs.replace(chain(*blocks), params=params)


WRONG = Model(vgg(padding="valid", params=1_750_346), reference=vgg())
ALONE = Model(vgg(padding="valid", params=1_750_346))
SMALL = Model(chain(conv(8, 5, strides=[2, 2]), call("ReLU"), Call("MaxPooling2D", name="shrink"), dense(3)))
NEVER_BUILT = Model(unbuilt(dense(3)))
NUMBER: Any = 3
SLICE = Unreadable(Opaque("builtins.slice", "slice(None, 3, None)"))


@dataclass(frozen=True)
class Golden:
    check: Check
    english: str
    french: str


GOLDEN = {
    "shape": Golden(
        lambda: assert_shape(np.zeros((32, 10)), (None, 3)),
        """
        received  (32, 10)
        expected  (None, 3)
        """,
        """
        reçu     (32, 10)
        attendu  (None, 3)
        """,
    ),
    "number of axes": Golden(
        lambda: assert_shape([1, 2], (2, None)),
        """
        received  (2,)
        expected  (2, None)
        """,
        """
        reçu     (2,)
        attendu  (2, None)
        """,
    ),
    "shape of a text": Golden(
        lambda: assert_shape("ten", (10,)),
        """
        received  'ten'
        expected  an array of shape (10,)
        """,
        """
        reçu     'ten'
        attendu  un tableau de forme (10,)
        """,
    ),
    "dtype": Golden(
        lambda: assert_dtype(np.zeros(3), "float32"),
        """
        received  float64
        expected  float32
        hint      `.astype(…)` converts an array.
        """,
        """
        reçu     float64
        attendu  float32
        piste    `.astype(…)` convertit un tableau.
        """,
    ),
    "dtype of a network": Golden(
        lambda: assert_dtype(SMALL, "float32"),
        """
        received  a network of 0 parameters
        expected  float32
        """,
        """
        reçu     un réseau de 0 paramètre
        attendu  float32
        """,
    ),
    "one number": Golden(
        lambda: assert_close(0.5, 0.25),
        """
        received  0.5
        expected  0.25
        """,
        """
        reçu     0.5
        attendu  0.25
        """,
    ),
    "a complex number": Golden(
        lambda: assert_equal(1j, 2),
        """
        received  1j
        expected  2
        """,
        """
        reçu     1j
        attendu  2
        """,
    ),
    "some values": Golden(
        lambda: assert_close([[1, 2], [3, 4]], [[1.0, 2.5], [3.5, 4.5]]),
        """
        received  int64[2, 2], [0, 1] = 2, [1, 0] = 3, [1, 1] = 4
        expected  float64[2, 2], [0, 1] = 2.5, [1, 0] = 3.5, [1, 1] = 4.5
        where     3 values of 4 differ
        """,
        """
        reçu     int64[2, 2], [0, 1] = 2, [1, 0] = 3, [1, 1] = 4
        attendu  float64[2, 2], [0, 1] = 2.5, [1, 0] = 3.5, [1, 1] = 4.5
        où       3 valeurs sur 4 diffèrent
        """,
    ),
    "the first of many values": Golden(
        lambda: assert_equal(np.zeros(2000), np.ones(2000)),
        """
        received  float64[2000], [0] = 0, [1] = 0, [2] = 0
        expected  float64[2000], [0] = 1, [1] = 1, [2] = 1
        where     2,000 values of 2,000 differ
        """,
        """
        reçu     float64[2000], [0] = 0, [1] = 0, [2] = 0
        attendu  float64[2000], [0] = 1, [1] = 1, [2] = 1
        où       2 000 valeurs sur 2 000 diffèrent
        """,
    ),
    "one value of many": Golden(
        lambda: assert_equal(np.arange(2000), np.maximum(np.arange(2000), 1)),
        """
        received  int64[2000], [0] = 0
        expected  int64[2000], [0] = 1
        where     1 value of 2,000 differs
        """,
        """
        reçu     int64[2000], [0] = 0
        attendu  int64[2000], [0] = 1
        où       1 valeur sur 2 000 diffère
        """,
    ),
    "another shape": Golden(
        lambda: assert_equal(np.zeros(3, "float32"), np.zeros((3, 1))),
        """
        received  float32[3]
        expected  float64[3, 1]
        """,
        """
        reçu     float32[3]
        attendu  float64[3, 1]
        """,
    ),
    "no array": Golden(
        lambda: assert_close({"a": 1}, [1.0]),
        """
        received  {'a': 1}
        expected  float64[1]
        """,
        """
        reçu     {'a': 1}
        attendu  float64[1]
        """,
    ),
    "a list": Golden(
        lambda: assert_equal(["Ada", "Grace"], ["Ada", "Joan"]),
        """
        received  ['Ada', 'Grace']
        expected  ['Ada', 'Joan']
        """,
        """
        reçu     ['Ada', 'Grace']
        attendu  ['Ada', 'Joan']
        """,
    ),
    "dictionaries of arrays": Golden(
        lambda: assert_equal({"poids": np.zeros(2)}, {"poids": np.ones(2)}),
        """
        received  {'poids': array([0., 0.])}
        expected  {'poids': array([1., 1.])}
        """,
        """
        reçu     {'poids': array([0., 0.])}
        attendu  {'poids': array([1., 1.])}
        """,
    ),
    "numbers that look alike": Golden(
        lambda: assert_equal(0.1 + 0.2, 0.3),
        """
        received  0.30000000000000004
        expected  0.3
        """,
        """
        reçu     0.30000000000000004
        attendu  0.3
        """,
    ),
    "nothing": Golden(
        lambda: assert_equal(None, "Ada"),
        """
        received  None
        expected  'Ada'
        """,
        """
        reçu     None
        attendu  'Ada'
        """,
    ),
    "a long repr": Golden(
        lambda: assert_equal("a" * 140, "Ada"),
        """
        received  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
        expected  'Ada'
        """,
        """
        reçu     'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
        attendu  'Ada'
        """,
    ),
    "an object": Golden(
        lambda: assert_equal(SLICE, [1]),
        """
        received  an object of type builtins.slice
        expected  int64[1]
        """,
        """
        reçu     un objet de type builtins.slice
        attendu  int64[1]
        """,
    ),
    "a list with an object": Golden(
        lambda: assert_equal([1.0, SLICE], [1]),
        """
        received  [1.0, slice(None, 3, None)]
        expected  int64[1]
        """,
        """
        reçu     [1.0, slice(None, 3, None)]
        attendu  int64[1]
        """,
    ),
    "a network for an array": Golden(
        lambda: assert_close(WRONG, [1]),
        """
        received  a network of 1,750,346 parameters
        expected  int64[1]
        """,
        """
        reçu     un réseau de 1 750 346 paramètres
        attendu  int64[1]
        """,
    ),
    "text": Golden(
        lambda: assert_contains("Goodbye\n", "Hello Ada"),
        """
        received  Goodbye
        expected  text containing "Hello Ada"
        """,
        """
        reçu     Goodbye
        attendu  un texte contenant « Hello Ada »
        """,
    ),
    "no text": Golden(
        lambda: assert_contains(" \n", "Hello Ada"),
        """
        received  nothing
        expected  text containing "Hello Ada"
        """,
        """
        reçu     rien
        attendu  un texte contenant « Hello Ada »
        """,
    ),
    "what is printed": Golden(
        lambda: assert_printed("(8, 8)\n", (4, 4), code="print(eight.shape)"),
        """
        received  (8, 8)
        expected  (4, 4) printed
        """,
        """
        reçu     (8, 8)
        attendu  (4, 4) affiché
        """,
    ),
    "what is printed word for word": Golden(
        lambda: assert_printed("shape (4, 4)\n", (4, 4), code="print('shape (4, 4)')"),
        """
        received  shape (4, 4)
        expected  (4, 4) printed
        hint      let print show the value itself, not a text that holds it.
        """,
        """
        reçu     shape (4, 4)
        attendu  (4, 4) affiché
        piste    donnez à print la valeur elle-même, et non un texte où elle est écrite.
        """,
    ),
    "text of a number": Golden(
        lambda: assert_contains(NUMBER, "3"),
        """
        received  3
        expected  text
        """,
        """
        reçu     3
        attendu  un texte
        """,
    ),
    "parameters without a solution": Golden(
        lambda: assert_params(ALONE, 2_209_098),
        """
        received  1,750,346 parameters
        expected  2,209,098 parameters
        """,
        """
        reçu     1 750 346 paramètres
        attendu  2 209 098 paramètres
        """,
    ),
    "parameters of an array": Golden(
        lambda: assert_params(np.zeros(3), 3),
        """
        received  float64[3]
        expected  a network
        """,
        """
        reçu     float64[3]
        attendu  un réseau
        """,
    ),
    "layers": Golden(
        lambda: assert_layers(SMALL, ["Conv2D", "Flatten", "Dense"]),
        """
        received  Conv2D, MaxPooling2D, Dense
        expected  Conv2D, Flatten, Dense
        """,
        """
        reçu     Conv2D, MaxPooling2D, Dense
        attendu  Conv2D, Flatten, Dense
        """,
    ),
    "no layers": Golden(
        lambda: assert_layers(Model(chain()), ["Dense"]),
        """
        received  []
        expected  Dense
        """,
        """
        reçu     []
        attendu  Dense
        """,
    ),
    "output shape": Golden(
        lambda: assert_output_shape(SMALL, (None, 10)),
        """
        received  (None, 7, 7, 3)
        expected  (None, 10)
        """,
        """
        reçu     (None, 7, 7, 3)
        attendu  (None, 10)
        """,
    ),
    "output shape of what was never built": Golden(
        lambda: assert_output_shape(NEVER_BUILT, (None, 3)),
        """
        received  a network never built
        expected  (None, 3)
        """,
        """
        reçu     un réseau qui n'a jamais été construit
        attendu  (None, 3)
        """,
    ),
    "class of a layer": Golden(
        lambda: assert_layer(SMALL, 2, "AveragePooling2D"),
        """
        received  MaxPooling2D
        expected  AveragePooling2D
        where     layer 2
        """,
        """
        reçu     MaxPooling2D
        attendu  AveragePooling2D
        où       couche 2
        """,
    ),
    "settings of a layer": Golden(
        lambda: assert_layer(SMALL, 1, "Conv2D", filters=8, kernel_size=(3, 3), strides=1, padding="same"),
        """
        received  kernel_size=5, strides=[2, 2], padding=None
        expected  kernel_size=(3, 3), strides=1, padding='same'
        where     layer 1
        """,
        """
        reçu     kernel_size=5, strides=[2, 2], padding=None
        attendu  kernel_size=(3, 3), strides=1, padding='same'
        où       couche 1
        """,
    ),
    "settings of a layer by name": Golden(
        lambda: assert_layer(SMALL, "shrink", pool_size=3),
        """
        received  pool_size=None
        expected  pool_size=3
        where     layer shrink
        """,
        """
        reçu     pool_size=None
        attendu  pool_size=3
        où       couche shrink
        """,
    ),
    "a layer that is not there": Golden(
        lambda: assert_layer(SMALL, 4),
        """
        received  3 layers: 1 Conv2D, 2 MaxPooling2D, 3 Dense
        expected  a layer "4"
        """,
        """
        reçu     3 couches : 1 Conv2D, 2 MaxPooling2D, 3 Dense
        attendu  une couche « 4 »
        """,
    ),
    "a name that is not there": Golden(
        lambda: assert_layer(Model(chain(Call("Flatten", name="first"), Call("ReLU", name="bend"))), "head"),
        """
        received  2 layers: first (Flatten), bend (ReLU)
        expected  a layer "head"
        """,
        """
        reçu     2 couches : first (Flatten), bend (ReLU)
        attendu  une couche « head »
        """,
    ),
    "a layer too many from the end": Golden(
        lambda: assert_layer(Model(chain()), -1),
        """
        received  0 layers: none
        expected  a layer "-1"
        """,
        """
        reçu     0 couche : aucun
        attendu  une couche « -1 »
        """,
    ),
    "same network as an array": Golden(
        lambda: assert_same_network(ALONE, np.zeros(3)),
        """
        received  float64[3]
        expected  a network
        """,
        """
        reçu     float64[3]
        attendu  un réseau
        """,
    ),
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("Ada",), ["Ada"]),
        ({"a": np.ones(2), "b": "x"}, {"a": [1, 1], "b": "x"}),
        ([np.ones(2), np.ones(3)], [[1, 1], [1, 1, 1]]),
        ([np.int64(3)], np.array([3.0])),
    ],
)
def test_equal_values_in_other_containers_are_equal(given: object, expected: object) -> None:
    assert_equal(given, expected)


@pytest.mark.parametrize("name", GOLDEN)
def test_a_wrong_answer_is_told_in_both_languages(name: str) -> None:
    golden = GOLDEN[name]
    assert message_of(golden.check, "en") == cleandoc(golden.english)
    assert message_of(golden.check, "fr") == cleandoc(golden.french)


HIDDEN = {
    "shape": "received  (32, 10)",
    "one number": "received  0.5",
    "some values": "received  int64[2, 2], [0, 1] = 2, [1, 0] = 3, [1, 1] = 4\nwhere     3 values of 4 differ",
    "another shape": "received  float32[3]",
    "a list": "received  ['Ada', 'Grace']",
    "text": "received  Goodbye",
    "parameters without a solution": "received  1,750,346 parameters",
    "layers": "received  Conv2D, MaxPooling2D, Dense",
    "output shape": "received  (None, 7, 7, 3)",
    "class of a layer": "received  MaxPooling2D\nwhere     layer 2",
    "settings of a layer": "received  kernel_size=5, strides=[2, 2], padding=None\nwhere     layer 1",
    "a name that is not there": "received  2 layers: first (Flatten), bend (ReLU)",
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_a_course_hides_is_left_out(name: str) -> None:
    assert message_of(GOLDEN[name].check, hidden=True) == HIDDEN[name]


# --- The smallest edit that would mend a network ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "check",
    [
        lambda: assert_same_network(WRONG),
        lambda: assert_same_network(ALONE, Model(vgg())),
    ],
    ids=["same network as the solution's", "same network as another"],
)
def test_a_wrong_padding_is_told_from_a_number_of_parameters(check: Check) -> None:
    hint = 'without padding "same", each 3 × 3 convolution takes 2 pixels off the height and the width of the image.'
    assert message_of(check) == (
        "received  1,750,346 parameters\n"
        "expected  2,209,098 parameters\n"
        'where     layer 4, Conv2D(128): padding "valid", expected "same"\n'
        f"hint      {hint}"
    )
    assert message_of(check, hidden=True) == (
        'received  1,750,346 parameters\nwhere     layer 4, Conv2D(128): padding "valid"\n'
        "hint      look at the padding of this layer: what size does its output have?"
    )
    piste = "sans padding « same », chaque convolution 3 × 3 retire 2 pixels en hauteur comme en largeur."
    assert message_of(check, "fr") == (
        "reçu     1 750 346 paramètres\n"
        "attendu  2 209 098 paramètres\n"
        "où       couche 4, Conv2D(128) : padding « valid », attendu « same »\n"
        f"piste    {piste}"
    )
    assert message_of(check, "fr", hidden=True) == (
        "reçu   1 750 346 paramètres\noù     couche 4, Conv2D(128) : padding « valid »\n"
        "piste  regardez le padding de cette couche : quelle taille a sa sortie ?"
    )


def test_a_number_of_parameters_says_where_the_count_goes_astray() -> None:
    """Without the hint that a check of the network gives beside it."""
    assert message_of(lambda: assert_params(WRONG, 2_209_098)) == (
        "received  1,750,346 parameters\n"
        "expected  2,209,098 parameters\n"
        'where     the count goes astray here: layer 4, Conv2D(128): padding "valid", expected "same"'
    )
    assert message_of(lambda: assert_params(WRONG, 2_209_098), "fr", hidden=True) == (
        "reçu  1 750 346 paramètres\noù    couche 4, Conv2D(128) : padding « valid »"
    )


def activated(name: str) -> Network:
    return chain(dense(8, activation=name), dense(3))


def test_networks_of_one_size_are_told_apart_without_their_size() -> None:
    given = Model(activated("tanh"), reference=activated("relu"))
    assert message_of(lambda: assert_same_network(given)) == (
        'where  layer 1, Dense(8): activation "tanh", expected "relu"\n'
        "hint   read again which activation is asked for here."
    )
    assert message_of(lambda: assert_same_network(given), "fr", hidden=True) == (
        "où     couche 1, Dense(8) : activation « tanh »\npiste  relisez quelle activation est demandée ici."
    )


@pytest.mark.parametrize(
    "check",
    [
        lambda: assert_layers(WRONG, ["Dense"]),
        lambda: assert_output_shape(WRONG, (None, 1)),
        lambda: assert_layer(WRONG, 20),
    ],
    ids=["layers", "output shape", "layer"],
)
def test_whatever_is_asked_of_a_network_its_first_difference_is_told(check: Check) -> None:
    assert 'where     layer 4, Conv2D(128): padding "valid", expected "same"' in message_of(check).splitlines()


def test_layers_are_counted_from_1() -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        assert_layer(SMALL, 0)


def test_without_a_solution_there_is_nothing_to_compare_with() -> None:
    with pytest.raises(LookupError, match="there is no solution to compare with"):
        assert_same_network(ALONE)


# --- Right answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "check",
    [
        lambda: assert_shape(np.zeros((32, 10)), (None, 10)),
        lambda: assert_shape(3, ()),
        lambda: assert_dtype(np.zeros(3, "float32"), "float32"),
        lambda: assert_equal(np.float32(2), 2),
        lambda: assert_equal([1, 2], np.array([1.0, 2.0])),
        lambda: assert_equal([True, False], [1, 0]),
        lambda: assert_equal([np.nan, np.inf], [np.nan, np.inf]),
        lambda: assert_equal([], []),
        lambda: assert_equal(None, None),
        lambda: assert_equal({"a": (1, "b")}, {"a": (1, "b")}),
        lambda: assert_equal([2**70], [2**70]),
        lambda: assert_close(1.00009, 1),
        lambda: assert_close(1.5, 1, atol=0.5),
        lambda: assert_contains("Hello \n   Ada!", "HelloAda"),
        lambda: assert_params(WRONG, 1_750_346),
        lambda: assert_layers(SMALL, ("Conv2D", "MaxPooling2D", "Dense")),
        lambda: assert_layers(Model(chain(dense(3), operation("relu"))), ["Dense"]),
        lambda: assert_layer(SMALL, 1, filters=8, kernel_size=5, strides=2),
        lambda: assert_layer(SMALL, 1, strides=(2, 2)),
        lambda: assert_layer(SMALL, -1, "Dense", units=3),
        lambda: assert_layer(SMALL, -2, "MaxPool2D"),
        lambda: assert_layers(SMALL, ("Conv2D", "MaxPool2D", "Dense")),
        lambda: assert_layer(SMALL, "shrink", "MaxPooling2D"),
        lambda: assert_output_shape(SMALL, [None, 7, 7, 3]),
        lambda: assert_same_network(Model(activated("relu"), chain(dense(8), call("ReLU"), dense(3)))),
        lambda: assert_same_network(Model(activated("relu")), Model(activated("relu"))),
    ],
)
def test_a_right_answer_passes(check: Check) -> None:
    check()


@pytest.mark.parametrize(
    "check",
    [
        lambda: assert_equal(1.00001, 1),
        lambda: assert_close(1.001, 1),
        lambda: assert_close(1.5, 1, atol=0.4),
        lambda: assert_equal(np.nan, 0),
        lambda: assert_equal("1", 1),
        lambda: assert_equal(1, "1"),
        lambda: assert_equal(None, 0),
        lambda: assert_layer(SMALL, -4),
        lambda: assert_layer(SMALL, 1, kernel_size=(5, 3)),
    ],
)
def test_a_wrong_answer_does_not(check: Check) -> None:
    mismatch_of(check)


# --- Answers of another kind ------------------------------------------------------------------------------------------

KINDS: dict[str, Any] = {
    "an object": SLICE,
    "a list of objects": [1.0, SLICE],
    "a network": SMALL,
    "a list of networks": [SMALL],
    "None": None,
    "a text": "ten",
    "a list of texts": ["ten"],
    "a mixture": (1, "ten", None),
    "a dict": {"ten": 10},
    "a dict of arrays": {"ten": np.zeros(10)},
    "a set": {10},
    "a ragged list": [[1], [1, 2]],
    "a list of arrays": [np.zeros(1), np.zeros(2)],
    "an empty list": [],
    "a deep list": [[[[[[[[10]]]]]]]],
    "a large integer": 10**1000,
    "a list of large integers": [10**1000],
    "a truth value": True,
    "NaN": float("nan"),
    "infinity": float("-inf"),
    "a complex number": 1j,
    "an array": np.zeros((2, 3), "uint8"),
    "an empty array": np.zeros((0, 3)),
    "a table": DataTable(1, (DataColumn("a", "object", ["x"]),)),
    "a table of numbers": DataTable(1, (DataColumn("a", "int64", np.array([7])),)),
}
CHECKS: dict[str, Callable[[Any], None]] = {
    "assert_equal": lambda given: assert_equal(given, [3, 4]),
    "assert_equal, to texts": lambda given: assert_equal(given, ["three", "four"]),
    "assert_equal, to arrays": lambda given: assert_equal(given, {"ten": np.ones(10)}),
    "assert_equal, to a number": lambda given: assert_equal(given, 3),
    "assert_close": lambda given: assert_close(given, [[3.5]]),
    "assert_shape": lambda given: assert_shape(given, (4, None, 4)),
    "assert_dtype": lambda given: assert_dtype(given, "int8"),
    "assert_contains": lambda given: assert_contains(given, "three"),
    "assert_params": lambda given: assert_params(given, 3),
    "assert_trainable_params": lambda given: assert_trainable_params(given, 3),
    "assert_frozen": assert_frozen,
    "assert_printed": lambda given: assert_printed(given, (3, 7)),
    "assert_layers": lambda given: assert_layers(given, ["Flatten"]),
    "assert_layer": lambda given: assert_layer(given, 1, "Flatten", units=3),
    "assert_compiled": lambda given: assert_compiled(given, optimizer="adam", loss="mse"),
    "assert_output_shape": lambda given: assert_output_shape(given, (None, 4)),
    "assert_table": lambda given: assert_table(given, rows=3),
    "assert_same_network": lambda given: assert_same_network(given, WRONG),
    "assert_figure": lambda given: assert_figure(given, lines=7, title=True),
    "assert_curve": lambda given: assert_curve(given, [3.0, 4.0, 7.0]),
    "assert_bars": lambda given: assert_bars(given, [3.0, 4.0, 7.0]),
    "assert_points": lambda given: assert_points(given, [3.0, 4.0], [7.0, 8.0]),
    "assert_image": lambda given: assert_image(given, np.eye(7)),
    "assert_images": lambda given: assert_images(given, [np.eye(7), np.eye(9)]),
}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_of_another_kind_fails_with_a_message(check: str, kind: str) -> None:
    for language in ("en", "fr"):
        shown = message_of(lambda: CHECKS[check](KINDS[kind]), language)
        assert 0 < len(shown) < 600


def test_every_assert_is_tried_on_every_kind() -> None:
    tried = {name.partition(",")[0] for name in CHECKS}
    assert tried == set(asserts.__all__) - {"assert_reaches"}  # its probes give nothing but trainings and predictions


@pytest.mark.parametrize("check", [assert_equal, assert_close])
def test_a_hint_of_the_checks_is_told_where_nothing_more_precise_is_known(check: Callable[..., None]) -> None:
    said = mismatch_of(lambda: check(2, 3, hint="epochs are counted from 1"))
    assert said.hint == "epochs are counted from 1"
    assert compose(said, "en", hidden=True) == "received  2\nhint      epochs are counted from 1"
    check(3, 3, hint="epochs are counted from 1")
    precise = mismatch_of(lambda: check([1.0], "text")).hint
    assert mismatch_of(lambda: check([1.0], "text", hint="another")).hint == (precise or "another")
