"""Objects of students' classes, asked step by step, and what checks give student code: whole, from check to verdict."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from asked import LIMITS, Class
from autograder.records import Limits
from autograder.sandbox.rooms import Zygote

CHECKS = '''
x = np.arange(6.0).reshape(2, 3)
scale = instance("Scale", 2.0, shift=1, then=[method("__call__", x), attribute("factor"), method("total", [1, 2])])
rows = instance("Rows", x, then=[method("__len__"), method("__getitem__", 1), first(2)])
batches = instance("batches", x, 2, then=[first(3)])
counter = variable("counter", then=[method("add", 3), method("add", 4), attribute("seen.last")])
bare = instance("Rows", x)


@question("scale")
def test_scale(scale):
    """Everything is scaled and shifted."""
    y, factor, total = scale
    assert_close(y, 2 * np.arange(6.0).reshape(2, 3) + 1)
    assert factor == 2 and total == 3


@question("scale")
def test_factor(scale):
    """The factor is kept."""
    assert_equal(scale["factor"], 2.0)


@question("rows")
def test_rows(rows):
    """Rows come one by one."""
    assert_equal(rows["__len__"], 2)
    assert_equal(rows[1], [3, 4, 5])
    assert_equal(rows["first"], [[0, 1, 2], [3, 4, 5]])


@question("rows")
def test_batches(batches):
    """Batches come in order."""
    assert_equal(batches[0], [[[0, 1, 2], [3, 4, 5]]])


@question("counter")
def test_counter(counter):
    """The counter remembers."""
    assert_equal(counter[:2], [3, 7])
    assert_equal(counter[-1], 4)


@question("rows")
def test_bare(bare):
    """It is an object."""
    assert "Rows" in bare[0].cls and bare.cls == "Rows"
'''

CLASSES = """class Scale:
    def __init__(self, factor, shift=0):
        self.factor, self.shift = factor, shift
    def __call__(self, x):
        x *= self.factor
        return x + self.shift
    def total(self, values):
        return sum(values)

class Rows:
    def __init__(self, table):
        self.table = table
    def __len__(self):
        return len(self.table)
    def __getitem__(self, index):
        return self.table[index]

def batches(table, size):
    for start in range(0, len(table), size):
        yield table[start:start + size]

class Seen: last = 0
class Counter:
    def __init__(self):
        self.count, self.seen = 0, Seen()
    def add(self, n):
        self.count += n
        self.seen.last = n
        return self.count
counter = Counter()
"""


@pytest.fixture
def plain(tmp_path: Path, light_zygote: Zygote) -> Class:
    return Class(tmp_path, light_zygote, CHECKS)


def test_objects_answer_step_by_step(plain: Class) -> None:
    found = plain.verdicts("import numpy as np", CLASSES)
    assert set(found.values()) == {("passed", "")}
    assert len(found) == 6


@pytest.mark.parametrize(
    ("written", "instead", "check", "status", "english", "french"),
    [
        (
            "return x + self.shift",
            "return x + self.offset",
            "test_scale",
            "errored",
            "received  AttributeError: 'Scale' object has no attribute 'offset'\n"
            "where     Scale.__call__, cell 2, line 6: return x + self.offset",
            "reçu  AttributeError: 'Scale' object has no attribute 'offset'\n"
            "où    Scale.__call__, cellule 2, ligne 6 : return x + self.offset",
        ),
        (
            "def __init__(self, factor, shift=0):",
            "def __init__(self, factor):",
            "test_scale",
            "errored",
            "received  TypeError: Scale.__init__() got an unexpected keyword argument 'shift'\nwhere     Scale(…)",
            "reçu  TypeError: Scale.__init__() got an unexpected keyword argument 'shift'\noù    Scale(…)",
        ),
        (
            "def total(",
            "def totals(",
            "test_scale",
            "failed",
            'received  nothing is called "total" in the object made\nwhere     Scale.total\n'
            'hint      is it the one you called "totals"? Keep the name asked for.',
            "reçu   aucune méthode ni attribut « total » dans l'objet créé\noù     Scale.total\n"
            "piste  est-ce ce que vous avez appelé « totals » ? Gardez le nom demandé.",
        ),
        (
            "return sum(values)",
            "raise NotImplementedError",
            "test_scale",
            "errored",
            "received  nothing yet: the answer is still to be written\nwhere     Scale.total, cell 2",
            "reçu  rien encore : la réponse reste à écrire\noù    Scale.total, cellule 2",
        ),
        (
            "class Scale:",
            "class Scaling:",
            "test_scale",
            "failed",
            'received  nothing is called "Scale" after the last cell\n'
            'hint      is it the one you called "Scaling"? Keep the name asked for.',
            "reçu   aucune variable ni fonction « Scale » après la dernière cellule\n"
            "piste  est-ce ce que vous avez appelé « Scaling » ? Gardez le nom demandé.",
        ),
    ],
)
def test_what_goes_wrong_names_class_method_and_line(
    plain: Class, written: str, instead: str, check: str, status: str, english: str, french: str
) -> None:
    cells = "import numpy as np", CLASSES.replace(written, instead)
    assert plain.verdicts(*cells)[check] == (status, english)
    found, message = plain.verdicts(*cells, language="fr")[check]
    assert (found, message.replace("\N{NARROW NO-BREAK SPACE}", " ")) == (status, french)


def test_a_step_that_fails_costs_those_after_it_alone(plain: Class) -> None:
    found = plain.verdicts("import numpy as np", CLASSES.replace("return sum(values)", "return 1 / 0"))
    assert found["test_factor"] == ("passed", "")
    assert found["test_scale"][0] == "errored"
    assert found["test_rows"] == ("passed", "")


def test_an_answer_of_another_form_than_the_solutions_is_the_students(plain: Class) -> None:
    checks = plain.checks + '\n\n@question("rows")\ndef test_form(rows):\n    assert rows[1].sum() == 12\n'
    course = Class(plain.folder, plain.zygote, checks)
    solution = course.evidence("import numpy as np", CLASSES, name="solution")
    cells = "import numpy as np", CLASSES.replace("return self.table[index]", "return 'row'")
    found = course.verdicts(*cells, solution=solution)["test_form"]
    assert found == ("failed", "received  text\nexpected  an array of shape (3,)")


def test_an_endless_method_costs_its_probe(tmp_path: Path, light_zygote: Zygote) -> None:
    limits = Limits(**{name: getattr(LIMITS, name) for name in LIMITS.__struct_fields__} | {"cell_seconds": 1.0})
    found = Class(tmp_path, light_zygote, CHECKS, limits).verdicts(
        "import numpy as np", CLASSES.replace("return sum(values)", "while True: pass")
    )
    assert found["test_scale"][0] == "errored"
    assert "where     Scale.total, cell 2, line 8: while True: pass" in found["test_scale"][1]
    assert found["test_rows"] == ("passed", "")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def __len__(self): return -1", "ValueError: __len__() should return >= 0"),
        ("def __len__(self): import os; os._exit(3)", "the code ended the Python process (exit code 3)"),
        ("def __len__(self): return list(range(10**6))", "an answer too large to be read"),
        ("__len__ = 3", "TypeError: 'int' object is not callable"),
        ("@property\n    def __len__(self): return {}.size", "AttributeError: 'dict' object has no attribute 'size'"),
    ],
)
def test_a_class_that_breaks_is_a_fault(plain: Class, source: str, said: str) -> None:
    cells = CLASSES.replace("def __len__(self):\n        return len(self.table)", source)
    status, message = plain.verdicts("import numpy as np", cells)["test_rows"]
    if "should return" in said:  # __len__ is called as any method is
        assert (status, message) == ("failed", "received  -1\nexpected  2")
    else:
        assert status == "errored"
        assert said in message


DOCUMENTED = """class MyDense:
    def __init__(self, units):
        self.units = units
    def __call__(self, x):
        return x.sum(axis=1, keepdims=True).repeat(self.units, axis=1)

class Rows:
    def __init__(self, table): self.table = table
    def __len__(self): return len(self.table)
    def __getitem__(self, index): return self.table[index]
"""


def test_the_example_of_the_documentation(tmp_path: Path, light_zygote: Zygote, repository: Path) -> None:
    page = (repository / "docs/checks.md").read_text(encoding="utf-8")
    example = page.partition("### Objects\n")[2].partition("```python\n")[2].partition("```")[0]
    found = Class(tmp_path, light_zygote, example).verdicts(DOCUMENTED)
    assert found == {"test_dense": ("passed", ""), "test_rows": ("passed", "")}


def test_evidence_of_objects_is_judged_by_hand(plain: Class) -> None:
    path = plain.evidence("import numpy as np", CLASSES)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "checks.py"]
    done = subprocess.run([*command, "--evidence", str(path)], cwd=plain.folder, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1].startswith("6 passed"), done.stdout + done.stderr


# --- What a check gives -----------------------------------------------------------------------------------------------

GIVEN = '''
applied = call("apply_twice", function("lambda x: x ** 2 + sin(0 * x)"), np.array([1.0, 2.0]))
composed = call("apply_twice", named("double"), 3)
listed = call("apply_all", [named("double"), function("lambda x: -x")], {"x": 4})
lacking = call("apply_twice", named("triple"), 3)


@question("q")
def test_applied(applied):
    """A function of the course's."""
    assert_close(applied, [1, 16])


@question("q")
def test_composed(composed, listed):
    """A function of the student's."""
    assert_equal(composed, 12)
    assert_equal(listed, [8, -4])


@question("q")
def test_lacking(lacking):
    """A name that is not there."""
    assert_equal(lacking, 27)
'''


def test_functions_are_given_by_name_and_as_written(tmp_path: Path, light_zygote: Zygote) -> None:
    cell = (
        "def apply_twice(f, x): return f(f(x))\ndef apply_all(fs, given): return [f(given['x']) for f in fs]\n"
        "def double(x): return 2 * x\ndef tripled(x): return 3 * x"
    )
    found = Class(tmp_path, light_zygote, GIVEN).verdicts(cell)
    assert found["test_applied"] == ("passed", "")
    assert found["test_composed"] == ("passed", "")
    assert found["test_lacking"] == (
        "failed",
        'received  nothing is called "triple" after the last cell\n'
        'hint      is it the one you called "tripled"? Keep the name asked for.',
    )


NETWORKS = '''
x = np.ones((2, 3), "float32")
dense = instance("MyDense", 4, then=[method("__call__", x), attribute("units"), method("count_params")])
traced = instance("MyDense", 4, then=[method("__call__", symbolic((3,)))])
classifier = instance("Classifier", 5, then=[itself(input_shape=(3,))])
stop = instance("Stop", 0.5, then=[
    method("set_model", network((3,), "Dense(1)")), method("on_epoch_end", 0, {"loss": 0.1}),
    attribute("model.stop_training"),
])
head = call("with_head", network((3,), "Dense(8, activation='relu')"), 2)
own_head = call("with_head", named("base"), 2)
weighed = call("weigh", network((3,), "Dense(1, kernel_initializer='ones')", optimizer="sgd", loss="mse"), x)
slope = call("slope", function("lambda x: x ** 3"), tensor(np.float32([1.0, 2.0])))


@question("q")
def test_dense(dense, traced):
    """A layer of one's own."""
    y, units, params = dense
    assert_shape(y, (2, 4))
    assert (units, params) == (4, 16)
    assert_output_shape(traced[0], (None, 4))


@question("q")
def test_classifier(classifier):
    """A network of one's own class."""
    assert_layer(classifier[0], -1, "Dense", units=5, activation="softmax")


@question("q")
def test_stop(stop):
    """Training stops at the loss asked for."""
    assert stop["model.stop_training"] is True


@question("q")
def test_head(head, own_head):
    """A head is put on."""
    assert_layers(head, ["Dense", "Dense"])
    assert_params(own_head, 3 * 6 + 6 + 6 * 2 + 2)


@question("q")
def test_weighed(weighed):
    """The network given is one of Keras, compiled."""
    assert_close(weighed, [[[3.0], [3.0]], 9.0])


@question("q")
def test_slope(slope):
    """Gradients go through a function that is given."""
    assert_close(slope, [3, 12])
'''

KERAS_CELL = """import keras, tensorflow as tf
from keras import layers

class MyDense(layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], self.units))
        self.b = self.add_weight(shape=(self.units,), initializer="zeros")
    def call(self, x):
        return x @ self.w + self.b

class Classifier(keras.Model):
    def __init__(self, classes):
        super().__init__()
        self.hidden, self.out = layers.Dense(8), layers.Dense(classes, activation="softmax")
    def call(self, x):
        return self.out(self.hidden(x))

class Stop(keras.callbacks.Callback):
    def __init__(self, loss):
        super().__init__()
        self.loss = loss
    def on_epoch_end(self, epoch, logs=None):
        if logs["loss"] < self.loss:
            self.model.stop_training = True

start = keras.Input((3,))
base = keras.Model(start, layers.Dense(6)(start))

def with_head(model, classes):
    return keras.Model(model.inputs, layers.Dense(classes)(model.output))

def weigh(model, x):
    return model(x), model.evaluate(x, 0 * x[:, :1], verbose=0)

def slope(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)
"""


@pytest.mark.tensorflow
def test_layers_callbacks_and_networks(tmp_path: Path, keras_zygote: Zygote) -> None:
    found = Class(tmp_path, keras_zygote, NETWORKS).verdicts(KERAS_CELL)
    assert found == dict.fromkeys(found, ("passed", ""))
    assert len(found) == 6


TORCH = '''
net = instance("Net", 4, then=[method("__call__", tensor(np.ones((2, 3), "float32"), "torch")), attribute("width")])


@question("q")
def test_net(net):
    """A module of one's own."""
    assert_shape(net[0], (2, 4))
    assert_equal(net["width"], 4)
'''
TORCH_CELL = """import torch

class Net(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width
        self.layer = torch.nn.Linear(3, width)
    def forward(self, x):
        return self.layer(x)
"""


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_modules_of_torch(tmp_path: Path, light_zygote: Zygote) -> None:
    assert Class(tmp_path, light_zygote, TORCH).verdicts(TORCH_CELL) == {"test_net": ("passed", "")}
