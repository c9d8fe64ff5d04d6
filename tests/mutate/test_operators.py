"""Each operator, on a line of the kind it is for: what it writes in its place."""

from __future__ import annotations

import pytest

from autograder.mutate.code import read
from autograder.mutate.operators import OPERATORS

CASES: list[tuple[str, str, str]] = [
    ("width", "x = layers.Dense(64)(x)", "x = layers.Dense(32)(x)"),
    ("width", "c = nn.Conv2d(3, 16, 5)", "c = nn.Conv2d(3, 32, 5)"),
    ("kernel size", "c = Conv2D(8, (3, 3))", "c = Conv2D(8, (5, 5))"),
    ("kernel size", "c = Conv2D(8, kernel_size=3)", "c = Conv2D(8, kernel_size=1)"),
    ("padding", 'c = Conv2D(8, 3, padding="same")', 'c = Conv2D(8, 3, padding="valid")'),
    ("padding", 'y = tf.nn.conv2d(x, k, 1, "SAME")', 'y = tf.nn.conv2d(x, k, 1, "VALID")'),
    ("padding", "c = nn.Conv2d(3, 8, 3, padding=1)", "c = nn.Conv2d(3, 8, 3, padding=0)"),
    ("stride", "c = Conv2D(8, 3)", "c = Conv2D(8, 3, strides=2)"),
    ("pooling kind", "p = layers.MaxPooling2D(2)", "p = layers.AveragePooling2D(2)"),
    ("pooling kind", "y = F.max_pool2d(x, 2)", "y = F.avg_pool2d(x, 2)"),
    ("pooling size", "p = MaxPooling2D((2, 2))", "p = MaxPooling2D((3, 3))"),
    ("activation", "d = Dense(8, activation='relu')", "d = Dense(8, activation='tanh')"),
    ("activation layer", "y = F.relu(x)", "y = F.tanh(x)"),
    ("flattening", "m.add(layers.Flatten())", "m.add(layers.GlobalAveragePooling2D())"),
    ("layer missing", "x = Dense(8)(x)", "pass"),
    ("layer missing", "m = Sequential([Input((4,)), Dense(8), Dense(2)])", "m = Sequential([Input((4,)), Dense(2)])"),
    ("layer doubled", "m.add(Dense(8))", "m.add(Dense(8))\nm.add(Dense(8))"),
    ("order of layers", "m.add(A())\nm.add(B())  # last", "m.add(B())\nm.add(A())  # last"),
    ("bias missing", "c = nn.Linear(3, 2)", "c = nn.Linear(3, 2, bias=False)"),
    ("frozen layer", "d = Dense(3)", "d = Dense(3, trainable=False)"),
    ("loss", 'm.compile(loss="mse")', 'm.compile(loss="mae")'),
    ("loss function", "loss = nn.CrossEntropyLoss()", "loss = nn.MSELoss()"),
    ("optimizer", 'm.compile("adam")', 'm.compile("sgd")'),
    ("optimizer class", "o = torch.optim.Adam(p)", "o = torch.optim.SGD(p)"),
    (
        "step missing",
        "for x in data:\n    loss.backward()\n    o.step()",
        "for x in data:\n    loss.backward()\n    pass",
    ),
    ("labels shuffled", "m.fit(x, y, epochs=2)", "m.fit(x, y[::-1], epochs=2)"),
    (
        "validation on training set",
        "m.fit(x, y, validation_data=(u, v))",
        "m.fit(x, y, validation_data=(x, y))",
    ),
    ("sets swapped", "a = f(x_train)\nb = f(x_test)", "a = f(x_test)\nb = f(x_test)"),
    ("seed", "r = np.random.default_rng(42)", "r = np.random.default_rng(43)"),
    ("dtype", "x = x.astype(np.float32)", "x = x.astype(np.float64)"),
    ("axis", "c = p.argmax(axis=1)", "c = p.argmax(axis=0)"),
    ("axis", "c = np.argmax(p, -1)", "c = np.argmax(p, 0)"),
    ("scaling", "x = x / 255", "x = x"),
    ("operand missing", "n = (a * b + 1) * c", "n = (a * b + 1)"),
    ("reduction", "m = np.mean(x)", "m = np.sum(x)"),
    ("slice", "x = x[1:]", "x = x[:]"),
    ("index missing", "x = x[..., None]", "x = x"),
    ("conversion missing", "x = (a @ b).astype(int)", "x = (a @ b)"),
    ("conversion missing", "x = np.asarray(a)", "x = (a)"),
    ("comparison", "ok = a == b", "ok = a != b"),
    ("arithmetic", "n = (a + 1) * b", "n = (a + 1) / b"),
    ("flag", "layer.trainable = False", "layer.trainable = True"),
    ("condition", "y = a if ok else b", "y = a if not (ok) else b"),
    ("argument missing", "d = Dense(3, activation='relu', name='é')", "d = Dense(3, name='é')"),
    ("arguments swapped", "d = f(a, b)", "d = f(b, a)"),
    ("results swapped", "def f(a, b):\n    return a, b", "def f(a, b):\n    return b, a"),
    ("result missing", "def f(a, b):\n    return a, b", "def f(a, b):\n    return a"),
    ("element missing", "sizes = [32, 64, 128]", "sizes = [32, 128]"),
    ("order of elements", "k = {'h': 3, 'w': 5}", "k = {'h': 5, 'w': 3}"),
    ("key misspelt", "k['blur'] = 1", "k['blurs'] = 1"),
    ("another argument", "def f(a, b):\n    return a + 1", "def f(a, b):\n    return b + 1"),
    ("another function", "def f(a): pass\ndef g(a): pass\nx = f(1)", "def f(a): pass\ndef g(a): pass\nx = g(1)"),
    ("statement missing", "k['blur'] = 1", "pass"),
    ("off by one", "for _ in range(n):\n    pass", "for _ in range(n - 1):\n    pass"),
    ("off by one", "x = np.eye(10)", "x = np.eye(9)"),
    ("number", "w = 0.2989", "w = 0.3"),
]


def made(name: str, source: str) -> list[str]:
    """What one operator makes of a cell."""
    code = read(source)
    assert code is not None
    (operator,) = (one for one in OPERATORS if one.name == name)
    nodes = code.nodes(frozenset(range(1, source.count("\n") + 2)))
    return [edit.apply(source) for node in nodes for edit in operator.changes(node, code) if edit is not None]


@pytest.mark.parametrize(("name", "before", "after"), CASES)
def test_what_an_operator_writes(name: str, before: str, after: str) -> None:
    assert after in made(name, before)


def test_every_operator_has_a_case() -> None:
    assert {name for name, _, _ in CASES} == {one.name for one in OPERATORS}


def test_one_place_changes_and_the_rest_stays() -> None:
    before = "é = (  # à garder\n    x   @  w\n)  # ceci aussi"
    assert made("arithmetic", before) == ["é = (  # à garder\n    x   *  w\n)  # ceci aussi"]


@pytest.mark.parametrize(
    "source", ["import numpy as np", '"""Dense(64), 10."""', "print(f'{10} {x + 1}')", "ok = True == x"]
)
def test_what_nobody_gets_wrong_is_left(source: str) -> None:
    assert made("off by one", source) == []


@pytest.mark.parametrize("name", sorted({one.name for one in OPERATORS}))
def test_what_a_training_prints_is_no_mistake(name: str) -> None:
    assert not any("verbose=0" not in text for text in made(name, "s = m.evaluate(x, y, verbose=0)"))


def test_a_seed_is_luck_and_no_number() -> None:
    assert made("off by one", "r = np.random.default_rng(42)") == []
    assert [one.name for one in OPERATORS if one.luck] == ["seed"]
