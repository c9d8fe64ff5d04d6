"""Who is alike: a class of students who wrote on their own, one who copied, and what a copier changes."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from answering import right_answers, solution
from autograder.similarity.alike import Author, Pair, Shared, compare
from autograder.similarity.constructs import Part, constructs, names_of

LESSON = "reseau-dense"
SETUP = """\
import numpy as np
import matplotlib.pyplot as plt
from tensorflow import keras
from tensorflow.keras import layers
"""

KMEANS = '''\
def nearest(points, centres):
    """Which centre is the nearest."""
    gaps = points[:, None, :] - centres[None, :, :]
    return np.argmin(np.sqrt((gaps ** 2).sum(axis=-1)), axis=1)

def moved(points, labels, centres):
    result = centres.copy()
    for k in range(len(centres)):
        mine = points[labels == k]
        if len(mine):
            result[k] = mine.mean(axis=0) * 0.999 + points.mean(axis=0) * 0.001  # never quite
    return result
'''
LOOP = """\
# a restart for each seed, the best kept
history = {}
for seed in (3, 14, 15):
    generator = np.random.default_rng(seed)
    centres = points[generator.choice(len(points), size=8, replace=False)]
    previous = np.inf
    while True:
        labels = nearest(points, centres)
        centres = moved(points, labels, centres)
        spread = sum(np.linalg.norm(points[labels == k] - centres[k]) for k in range(8))
        if previous - spread < 1e-4:
            break
        previous = spread
    history[seed] = (spread, labels, centres)
best = min(history, key=lambda one: history[one][0])
"""
COPIED = '''\
depart = {}
# je recommence trois fois
for graine in (3, 14, 15):
    hasard = np.random.default_rng(graine)
    avant = np.inf
    milieux = nuage[hasard.choice(len(nuage), size=8, replace=False)]
    while True:
        classes = proche(nuage, milieux)
        milieux = deplace(nuage, classes, milieux)
        etendue = sum(np.linalg.norm(nuage[classes == j] - milieux[j]) for j in range(8))

        if avant - etendue < 1e-4:
            break
        avant = etendue
    depart[graine] = (etendue, classes, milieux)
choisi = min(depart, key=lambda g: depart[g][0])


def deplace(nuage, classes, milieux):
    """Les milieux suivants."""
    nouveau = milieux.copy()
    for j in range(len(milieux)):
        siens = nuage[classes == j]
        if len(siens):
            nouveau[j] = siens.mean(axis=0) * 0.999 + nuage.mean(axis=0) * 0.001
    return nouveau
'''
MOVED = """\
def proche(nuage, milieux):
    ecarts = nuage[:, None, :] - milieux[None, :, :]
    return np.argmin(np.sqrt((ecarts ** 2).sum(axis=-1)), axis=1)
"""
ESSAY = "The loss of the validation set turns at epoch nine because my network learns the noise of each single image"


def cells(*sources: str, start: str = SETUP) -> tuple[Part, ...]:
    """A notebook that begins with the course's imports."""
    given = Part("1", start, given=True)
    return (given, *(Part(str(number), source) for number, source in enumerate(sources, start=2)))


def own(seed: int) -> list[str]:
    """Answers that one student wrote, each in one of the styles that there are, with a size of their own."""
    chance = random.Random(seed)
    found = [cell for answers in right_answers(LESSON).values() for cell in chance.choice(answers).cells]
    return [*found, f"size_{seed} = {seed + 2} * 4\nprint(f'{{size_{seed}}} units')"]


def the_class(size: int = 24) -> list[Author]:
    """Students who wrote on their own, each in the styles that others write in too."""
    return [Author(f"s{seed:02}", cells(*own(seed))) for seed in range(size)]


EXPLAINED = [cells(*solution(LESSON).values())]


def told(authors: Sequence[Author], given: frozenset[str] = frozenset()) -> list[Pair]:
    return compare(authors, EXPLAINED, given)


def names(pairs: Sequence[Pair]) -> list[tuple[str, str]]:
    return [(one.first, one.second) for one in pairs]


def test_right_answers_in_the_same_styles_stand_out_nowhere() -> None:
    assert told(the_class()) == []


@pytest.mark.whole
@pytest.mark.parametrize("size", [3, 8, 60, 500])
def test_nor_do_they_in_a_class_of_any_size(size: int) -> None:
    assert told(the_class(size)) == []


def test_a_copy_with_all_that_a_copier_changes_is_the_one_pair() -> None:
    """Names, comments, docstrings, the order of statements and cells, functions moved: none of them hides it."""
    source = Author("ada", cells(*own(90), KMEANS, LOOP))
    copy = Author("bob", cells(COPIED, *reversed(own(91)), MOVED))
    (pair,) = told([*the_class(), source, copy])
    assert {pair.first, pair.second} == {"ada", "bob"}
    assert pair.share > 0.5
    assert pair.counts["code"] == pair.score > 20
    spans = [(source.parts[one.part].name, copy.parts[other.part].name) for one, other in pair.passages]
    last = str(len(copy.parts))
    assert {(source.parts[-2].name, last), (source.parts[-1].name, "2"), (source.parts[-2].name, "2")} <= set(spans)


def forms(source: str, imports: str) -> set[str]:
    parts = cells(source, start=imports)
    return {one.form for one in constructs(parts[1], names_of(parts))}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("h = keras.layers.Conv2D(7, strides=3, groups=1)(z)", "g = Conv2D(8, groups=2, strides=1)(y)"),
        ("h = layers.Conv2D(7, groups=1)(z)", "h = tf.keras.layers.Conv2D(7, groups=1)(z)"),
        ("w = np.tanh(np.pad(z, 2))", "w: object = numpy.tanh(numpy.pad(z, 2))  # padded"),
        ("def f(a, b):\n    'sum'\n    return np.sum(a * b - a)", "def g(x, y):\n    return np.sum(x * y - x)"),
        ("a = b + c\nd = np.sum(e - e, axis=f)", "d = np.sum(e - e, axis=f)\na = b + c"),
        ("print(f'the sum is {np.sum(e * e)}')", "print(f'la somme : {np.sum(x * x)}')"),
    ],
)
def test_what_is_written_otherwise_is_one(one: str, other: str) -> None:
    bound = "a = b = c = d = e = f = g = h = w = x = y = z = 0\n"
    imports = "import numpy, tensorflow as tf\nimport numpy as np\nfrom keras.layers import Conv2D"
    known = f"{bound}{imports}\nimport keras\nfrom keras import layers"
    assert forms(one, known) == forms(other, known) != set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("h = layers.Conv2D(7, groups=1)(z)", "h = layers.Dense(7, groups=1)(z)"),
        ("h = np.sum(a * b - a)", "h = np.sum(a * b - b)"),
        ("h = layers.Conv2D(7, padding='same')(z)", "h = layers.Conv2D(7, padding='valid')(z)"),
    ],
)
def test_what_says_something_else_is_not(one: str, other: str) -> None:
    bound = "a = b = h = z = 0\nimport numpy as np\nfrom keras import layers"
    assert forms(one, bound) != forms(other, bound)


def test_what_the_release_or_the_solution_has_counts_for_nothing() -> None:
    both = [Author(name, cells(*own(seed), KMEANS, LOOP)) for name, seed in (("ada", 90), ("bob", 91))]
    assert names(told([*the_class(), *both])) == [("ada", "bob")]
    assert compare([*the_class(), *both], [*EXPLAINED, cells(COPIED, MOVED)]) == []


def test_what_much_of_the_class_has_counts_for_nothing() -> None:
    many = [Author(f"m{seed}", cells(*own(seed + 50), KMEANS, LOOP)) for seed in range(9)]
    assert told([*the_class(15), *many]) == []


def test_three_who_copied_are_three_pairs() -> None:
    three = [Author(f"t{seed}", cells(*own(seed + 50), KMEANS, LOOP)) for seed in range(3)]
    assert sorted(names(told([*the_class(), *three]))) == [("t0", "t1"), ("t0", "t2"), ("t1", "t2")]


def test_members_of_one_group_are_no_pair() -> None:
    team = [Author(f"t{seed}", cells(*own(50), KMEANS, LOOP), teams=frozenset({"red"})) for seed in range(3)]
    assert told([*the_class(), *team]) == []
    other = Author("zed", cells(*own(70), COPIED, MOVED))
    assert sorted(names(told([*the_class(), *team, other]))) == [("t0", "zed"), ("t1", "zed"), ("t2", "zed")]


def test_what_can_be_read_of_a_cell_that_is_no_python_is_compared() -> None:
    broken = [f"if while ]{LOOP}", LOOP.replace("# a restart for each seed, the best kept", "# mine\nif while ]")]
    pairs = told([*the_class(), *(Author(f"b{at}", cells(*own(at + 50), text)) for at, text in enumerate(broken))])
    assert names(pairs) == [("b0", "b1")]


def test_words_in_a_row_are_compared() -> None:
    texts = [(Part("text", text, code=False),) for text in (f"**{ESSAY}**.", f"I think {ESSAY.lower()}, as usual.")]
    pairs = told([*the_class(), *(Author(f"w{at}", (*cells(*own(at + 50)), *text)) for at, text in enumerate(texts))])
    assert names(pairs) == [("w0", "w1")]
    assert pairs[0].counts["words"] == pairs[0].score


WRONG = Shared("answers", "answer size test_size 504", "504", "The size of the network.")


def test_one_wrong_value_of_two_is_a_pair() -> None:
    found = [Author(one.name, one.parts, (WRONG,) if at in (3, 9) else ()) for at, one in enumerate(the_class())]
    (pair,) = told(found)
    assert (pair.first, pair.second, pair.marks) == ("s03", "s09", (WRONG,))


def test_a_mistake_that_many_make_is_no_copy() -> None:
    found = [Author(one.name, one.parts, (WRONG,) if at % 3 else ()) for at, one in enumerate(the_class())]
    assert told(found) == []


def test_a_network_of_two_is_a_pair_and_the_solutions_is_none() -> None:
    rare = Shared("networks", "network sha256:1", "model")
    found = [Author(one.name, one.parts, (rare,) if at in (3, 9) else ()) for at, one in enumerate(the_class())]
    assert names(told(found)) == [("s03", "s09")]
    assert told(found, given=frozenset({rare.form})) == []


def test_nobody_and_one_alone_are_no_pair() -> None:
    assert told([]) == []
    assert told([Author("ada", cells(KMEANS))]) == []


@pytest.mark.parametrize(
    "source",
    ["x = " + "(" * 400, "a" + ".b" * 5000, "x = [" + "1," * 20_000 + "]", "\x00", "é" * 10**6, "%%bash\nrm -rf /"],
)
def test_nothing_that_a_student_writes_stops_it(source: str) -> None:
    authors = [Author(name, cells(source, KMEANS, LOOP)) for name in ("ada", "bob")]
    assert names(told([*the_class(8), *authors])) == [("ada", "bob")]
