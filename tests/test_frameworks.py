"""One more framework is two folders and a line: a copy of the package is given one, reads, compares and explains it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

LINE = 'Framework("plain", "plainly", ("plain-networks",), ("plain",)),\n)\n"""Keras first'
DIALECT = '''
"""Networks of one kind of layer, Affine, whose size is its width."""
from dataclasses import replace

from autograder.locale import phrase
from autograder.networks.keras.dialect import DIALECT as KERAS
from autograder.networks.layers import applied
from msgspec.structs import replace as put

def _applied(b, layer, inputs, position):
    start = len(b.nodes)
    config = {"units": layer.config["width"], "use_bias": True}
    made = applied(b, put(layer, cls="Dense", origin="keras", config=config), inputs, position)
    for index in range(start, len(b.nodes)):
        b.nodes[index] = put(b.nodes[index], label="Affine", written="Affine", framework="plain")
    return made

WORDS = replace(
    KERAS.words,
    setting=lambda step, setting: {"units": "width"}.get(setting, setting),
    hint=lambda setting, step: phrase("read again how wide it is to be"),
)
DIALECT = replace(KERAS, name="plain", shown="Plain", prefix="plain.", applied=_applied, words=WORDS, backend="jax",
                  uncompiled="nothing is compiled")
'''
RUNTIME = '''
"""Plain networks in a room: instances of `plain.Network`, with `widths`."""
import sys
from dataclasses import replace

from autograder.wire.messages import Layer, Network
from autograder.worker.keras.runtime import RUNTIME as KERAS

def models():
    plain = sys.modules.get("plain")
    return (plain.Network,) if plain else ()

def read(value, shape):
    shapes = [(None, *shape)] + [(None, width) for width in value.widths]
    layers = [Layer("input", "InputLayer", "keras", {}, [], [], shapes[:1], [], True, 0)]
    for place, width in enumerate(value.widths):
        layers.append(Layer(f"a{place}", "Affine", "plain", {"width": width}, [place], shapes[place : place + 1],
                            shapes[place + 1 : place + 2], [], True, place + 1))
    return Network("", "plain", "Network", layers, [len(layers) - 1], shapes[:1], shapes[-1:], 0, 0)

RUNTIME = replace(KERAS, name="plain", models=models, is_model=lambda value: isinstance(value, models()), read=read,
                  predict=lambda network, inputs: inputs[:, : network.widths[-1]], tensors=("plain",),
                  array=lambda value: value.numbers, operations={}, reseed=lambda seed: None, first_uses={})
'''
USED = """
import sys, types
sys.path.insert(0, sys.argv[1])
import numpy as np
import autograder
assert autograder.__file__.startswith(sys.argv[1])

class Network:
    def __init__(self, *widths):
        self.widths = widths

class Tensor:
    numbers = np.arange(3.0)

Tensor.__module__ = "plain.tensors"
sys.modules["plain"] = plain = types.ModuleType("plain")
plain.Network = Network

# In a room
from autograder.wire import codec
from autograder.wire.messages import Layer, Network as Record
from autograder.worker.encode import Encoder, read_model
from autograder.worker.installed import INSTALLED_AS
from autograder.worker.predictions import predict
blobs = []
given = read_model(Network(8, 4), (5,))
assert codec.array_value(Encoder(blobs, 10**6).encode(Tensor()), blobs).tolist() == [0, 1, 2]
assert predict(Network(2), np.ones((3, 5))).shape == (3, 2)
assert INSTALLED_AS["plain"] == ("plain-networks",)

# On the trusted side, from its bytes
import msgspec
from autograder.judge.compiled import assert_compiled
from autograder.judge.message import CannotTell
from autograder.judge.values import Model
from autograder.locale import render
from autograder.networks.explain import explain
from autograder.networks.signature import signature
given = msgspec.json.decode(msgspec.json.encode(given), type=Record)
dense = lambda place, units: Layer(f"d{place}", "Dense", "keras", {"units": units, "use_bias": True}, [place],
                                   [], [], [], True, place + 1)
keras = msgspec.structs.replace(given, framework="keras", layers=[given.layers[0], dense(0, 8), dense(1, 4)])
assert signature(given) == signature(keras)
found = explain(read_model(Network(8, 3), (5,)), given)
assert render(found.where, "en") == "layer 2, Affine: width 3, expected 4", found.where
assert render(found.hint, "en") == "read again how wide it is to be", found.hint
other = explain(read_model(Network(9), (5,)), keras)
assert render(other.where, "en").startswith("the network is written in Plain, expected Keras")
try:
    assert_compiled(Model(given), loss="mse")
except CannotTell as said:
    assert str(said) == "nothing is compiled"
print("done")
"""


def test_one_more_is_a_folder_on_each_side_and_a_line(repository: Path, tmp_path: Path) -> None:
    package = tmp_path / "autograder"
    shutil.copytree(repository / "autograder", package, ignore=shutil.ignore_patterns("__pycache__"))
    known = package / "wire" / "frameworks.py"
    text = known.read_text().replace('FrameworkName = Literal["keras", ', 'FrameworkName = Literal["plain", "keras", ')
    known.write_text(text.replace(')\n"""Keras first', LINE))
    for side, name, source in (("networks", "dialect", DIALECT), ("worker", "runtime", RUNTIME)):
        folder = package / side / "plainly"
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / f"{name}.py").write_text(source)
    done = subprocess.run([sys.executable, "-c", USED, str(tmp_path)], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout == "done\n", done.stderr
