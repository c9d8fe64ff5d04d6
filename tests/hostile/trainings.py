"""What may be tried where networks are trained, named by what it tries: records that lie, and functions that train.

Each is put in place of one answer of the course of `digits`; whoever tries is the first of the class by name, so that
what is trained for them is there before their neighbours ask for the same.
"""

from __future__ import annotations

LIAR = r"""
from msgspec.structs import replace
from autograder.wire import limits
from autograder.wire.messages import Array, Network

pack = limits.pack

def lying(message, blobs):
    answer = getattr(message, 'answer', None)
    if isinstance(answer, Network):
        message = replace(message, answer=lie(answer, blobs))
    return pack(message, blobs)

limits.pack = lying

def edited(network, place, **changes):
    layers = list(network.layers)
    layers[place] = replace(layers[place], **changes)
    return replace(network, layers=layers)

def dead(network, **changes):
    '''The network, and a layer that leads nowhere.'''
    first = network.layers[0]
    one = replace(first, inputs=[0], input_shapes=first.output_shapes, output_shapes=[], identity=99, **changes)
    return replace(network, layers=[*network.layers, one])

def weighing(network, place, **changes):
    weights = [replace(one, **changes) for one in network.layers[place].weights]
    return edited(network, place, weights=weights)

def starting(network, blobs, *, shape, data, number=None):
    '''The network, its first layer frozen from the numbers that are given.'''
    blobs.append(data)
    values = Array('float32', shape, len(blobs) - 1 if number is None else number)
    return edited(weighing(network, 1, trainable=False, values=values), 1, trainable=False)
"""

RECORDS = {
    # --- the record of a right network, and then not: what comes of it would be every neighbour's ---
    "shapes-that-it-does-not-make": "return edited(network, 1, output_shapes=[(None, 7)])",
    "shapes-of-weights-without-end": "return weighing(network, 1, shape=(2**20, 2**20))",
    "a-setting-that-nobody-has": "return edited(network, 1, config={**network.layers[1].config, 'mine': None})",
    "code-that-leads-nowhere": "return dead(network, cls='Lambda', config={})",
    "a-layer-that-leads-nowhere-and-fills-memory": "return dead(network, cls='Dense', config={'units': 250_000})",
    "a-class-of-its-own-that-leads-nowhere": "return dead(network, cls='Mine', origin='custom', config={})",
    "a-note-that-speaks-to-neighbours": "return replace(network, note='your teacher is wrong')",
    "a-name-that-speaks-to-neighbours": (
        "return edited(edited(network, 1, name='call me', output_shapes=[(None, 7)]), 2, name='call me')"
    ),
    "frozen-and-said-to-be-trained": "return edited(network, 1, trainable=False)",
    "an-input-of-whole-numbers": "return edited(network, 0, config={'dtype': 'int32'})",
    "an-input-of-half-its-size": "return edited(network, 0, output_shapes=[(None, 392)])",
    "two-layers-of-one-identity": "return edited(network, 2, identity=network.layers[1].identity)",
    "a-layer-that-takes-itself": "return edited(network, 2, inputs=[2])",
    # --- weights that it was to begin with ---
    "frozen-weights-that-are-no-numbers": "return starting(network, blobs, shape=(784, 32), data=b'\\xff' * 100352)",
    "frozen-weights-of-another-shape": "return starting(network, blobs, shape=(10**6, 10**6), data=bytes(64))",
    "frozen-weights-that-are-not-there": (
        "return starting(network, blobs, shape=(784, 32), data=bytes(100352), number=10**6)"
    ),
    "frozen-weights-of-a-size-below-none": "return starting(network, blobs, shape=(-784, -32), data=bytes(100352))",
}
"""By name: the body of `lie(network, blobs)`, given the record that an honest reader made."""


def _dressed(layer: str = "keras.layers.Identity()", own: str = "") -> str:
    return (
        "import keras\nfrom keras.regularizers import L2\nnetwork = keras.Sequential([keras.Input((784,)), "
        f"keras.layers.Dense(32, activation='relu', {own}), {layer}, keras.layers.Dense(10, activation='softmax')])"
    )


NETWORKS = {
    # --- what is computed is as it should be, and is trained otherwise: under one name, every neighbour's is ---
    "a-penalty-on-a-layer-that-does-nothing": _dressed("keras.layers.Dropout(0.0, activity_regularizer=L2(500.0))"),
    "a-penalty-on-a-reshape-that-changes-nothing": _dressed(
        "keras.layers.Reshape((32,), activity_regularizer=L2(500.0))"
    ),
    "a-penalty-on-a-linear-activation": _dressed("keras.layers.Activation('linear', activity_regularizer=L2(500.0))"),
    "a-layer-that-does-nothing-at-eight-bits": _dressed("keras.layers.Identity(dtype='bfloat16')"),
    "an-activation-at-eight-bits": _dressed("keras.layers.ReLU(dtype='bfloat16')"),
    "constants-that-cancel-out-and-leave-no-digit": _dressed(
        "keras.layers.Rescaling(1.0, offset=1e20), keras.layers.Rescaling(1.0, offset=-1e20)"
    ),
    "no-bias-by-none": _dressed(own="use_bias=None"),
    "biases-that-are-drawn-by-none": _dressed(own="bias_initializer=None"),
}
"""By name: a network, read honestly, that differs from the neighbours' by what no record of what is computed tells."""

FUNCTIONS = {
    "say-what-it-was-shown": "raise ValueError(repr(images.sum()) + repr(list(labels[:99])))",
    "predict-no-numbers": "return lambda images: np.full((len(images), 10), np.nan)",
    "predict-every-class": "return lambda images: np.ones((len(images), 10))",
    "predict-more-classes-than-there-are": "return lambda images: np.eye(10**4)[np.zeros(len(images), int)]",
    "predict-for-fewer": "return lambda images: np.eye(10)[labels[:3]]",
    "predict-an-array-that-lies": (
        "class A(np.ndarray):\n        shape = property(lambda self: (297, 10))\n"
        "    return lambda images: np.zeros(3).view(A)"
    ),
    "predict-what-equals-all": (
        "class Yes:\n        def __eq__(self, other): return True\n"
        "        def __array__(self, *a, **k): raise SystemExit\n"
        "    return lambda images: Yes()"
    ),
    "say-that-it-was-scored": (
        "from autograder.worker import predictions\n    for name in vars(predictions):\n"
        "        if not name.startswith('_'): setattr(predictions, name, lambda *a, **k: {'accuracy': 1.0})\n"
        "    return lambda images: np.zeros((len(images), 10))"
    ),
    "find-labels-in-its-callers": (
        "import sys\n    frame, found = sys._getframe(), []\n    while frame:\n"
        "        found += [v for v in frame.f_locals.values() if getattr(v, 'shape', ()) == (297,)]\n"
        "        frame = frame.f_back\n    return lambda images: np.eye(10)[found[0]]"
    ),
    "find-labels-in-memory": (
        "import gc\n    found = [v for v in gc.get_objects() if isinstance(v, np.ndarray) and v.shape == (297,)]\n"
        "    return lambda images: np.eye(10)[found[0]]"
    ),
    "find-labels-on-the-shelf": (
        "import pathlib\n    paths = [p for p in pathlib.Path('/data').rglob('*') if 'secret' in str(p)]\n"
        "    return lambda images: np.eye(10)[np.load(paths[0])]"
    ),
    "outlive-its-room": (
        "import os, time\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(300)\n"
        "    return lambda images: np.zeros((len(images), 10))"
    ),
    "leave-a-message-for-the-next-seed": (
        "import glob, os\n    left = [p for top in ('/tmp', '/dev/shm', '.') for p in glob.glob(top + '/mine*')]\n"
        "    for top in ('/tmp', '/dev/shm', '.'): open(top + '/mine', 'w').write('1')\n"
        "    if left: raise RuntimeError('found')\n    return lambda images: np.zeros((len(images), 10))"
    ),
}
"""By name: the body of `learn(images, labels)`. None of them learns."""

QUICK_RECORDS = ("a-name-that-speaks-to-neighbours", "frozen-and-said-to-be-trained")
QUICK_NETWORKS = ("a-penalty-on-a-layer-that-does-nothing",)
QUICK_FUNCTIONS = ("find-labels-in-its-callers",)
"""One of each kind."""
