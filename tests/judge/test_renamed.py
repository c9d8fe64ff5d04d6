"""What libraries call by another name now: the hint is true of the versions that are here."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest

from autograder.judge.causes import Causes
from autograder.judge.faults import explain_fault
from autograder.judge.message import compose
from autograder.judge.renamed import ARGUMENTS, NAMES, SESSIONS, hint_of_renamed, old_name
from autograder.locale import render
from autograder.wire.messages import Fault, Frame
from exams import exam

VERSIONS = {"keras": "3.15.1", "tensorflow": "2.21.0", "numpy": "2.4.6"}
DOTTED = re.compile(r"(?:keras|tf|np)(?:\.\w+)+")
THERE = ("numpy.bool", "keras.optimizers.legacy")
"""NumPy 2 has the first again, as its own; Keras has a module that refuses whatever it is asked for."""
KERAS, NUMPY = "Keras 3.15.1 calls this", "NumPy 2.4.6 calls this"


def said(error: str, message: str, code: str = "", language: str = "en", **versions: str) -> str:
    fault = Fault("raised", error, message, [Frame(0, 1, "<module>", code)])
    found = hint_of_renamed(fault, {**VERSIONS, **versions})
    return "" if found is None else render(found, language)


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        ("ValueError", "Argument(s) not recognized: {'lr': 0.1}", f"{KERAS} `learning_rate`."),
        ("AttributeError", "'Adam' object has no attribute 'lr'", f"{KERAS} `learning_rate`."),
        ("AttributeError", "'Sequential' object has no attribute 'fit_generator'", f"{KERAS} `fit`."),
        ("AttributeError", "'MyNet' object has no attribute 'fit_generator'", f"{KERAS} `fit`."),
        (
            "AttributeError",
            "'Sequential' object has no attribute 'predict_classes'",
            "Keras 3.15.1 has this no longer: `np.argmax(model.predict(x), axis=1)` does it.",
        ),
        ("AttributeError", "'Sequential' object has no attribute 'predict_proba'", f"{KERAS} `predict`."),
        ("ModuleNotFoundError", "No module named 'keras.utils.np_utils'", f"{KERAS} `keras.utils`."),
        ("ImportError", "cannot import name 'np_utils' from 'keras.utils' (/x/__init__.py)", f"{KERAS} `keras.utils`."),
        ("ImportError", "cannot import name 'np_utils' from 'tensorflow.keras.utils' (/x)", f"{KERAS} `keras.utils`."),
        ("AttributeError", "module 'keras._tf_keras.keras.layers' has no attribute 'experimental'",
         f"{KERAS} `keras.layers`."),
        ("ModuleNotFoundError", "No module named 'tensorflow.keras.layers.normalization'", f"{KERAS} `keras.layers`."),
        ("ModuleNotFoundError", "No module named 'keras.layers.merge'", f"{KERAS} `keras.layers`."),
        ("ImportError", "cannot import name 'ImageDataGenerator' from 'keras.preprocessing.image' (/x)",
         f"{KERAS} `tf.keras.preprocessing.image.ImageDataGenerator`."),
        ("ImportError", "`keras.optimizers.legacy` is not supported in Keras 3. When", f"{KERAS} `keras.optimizers`."),
        ("ValueError", "Unrecognized keyword arguments passed to Dense: {'init': 'uniform'}",
         f"{KERAS} `kernel_initializer`."),
        ("TypeError", "TensorFlowTrainer.fit() got an unexpected keyword argument 'nb_epoch'", f"{KERAS} `epochs`."),
        ("AttributeError", "module 'tensorflow' has no attribute 'ConfigProto'",
         "TensorFlow 2.21.0 calls this `tf.compat.v1.ConfigProto`."),
        ("AttributeError", "module 'tensorflow._api.v2.train' has no attribute 'AdamOptimizer'",
         "TensorFlow 2.21.0 calls this `tf.keras.optimizers.Adam`."),
        ("AttributeError", "module 'numpy' has no attribute 'float'.\n`np.float` was a", f"{NUMPY} `float`."),
        ("AttributeError", "`np.Inf` was removed in the NumPy 2.0 release. Use `np.inf`", f"{NUMPY} `np.inf`."),
        ("AttributeError", "'DataFrame' object has no attribute 'append'",
         "pandas has this no longer: `pd.concat([df, other])` does it."),
        ("OSError", "'seaborn-whitegrid' is not a valid package style, path", "Matplotlib calls this "
         "`seaborn-v0_8-whitegrid`."),
        ("ValueError", "The filename must end in `.weights.h5`. Received: filepath=w.h5",
         "the name of a file of weights ends in `.weights.h5`."),
        ("ValueError", "The filepath provided must end in `.keras` (Keras model format).",
         "the name of a file that holds a network ends in `.keras`."),
    ],
)  # fmt: skip
def test_what_an_old_name_is_called_now_is_said(error: str, message: str, hint: str) -> None:
    assert said(error, message) == hint


@pytest.mark.parametrize("name", ["Session()", "placeholder", "global_variables_initializer"])
def test_what_graphs_were_run_with_is_not_needed(name: str) -> None:
    message = f"module 'tensorflow' has no attribute '{name.removesuffix('()')}'"
    assert said("AttributeError", message).startswith("TensorFlow 2 computes as soon as it is asked")


@pytest.mark.parametrize("key", ["acc", "val_acc"])
def test_curves_are_called_after_metrics(key: str) -> None:
    assert said("KeyError", repr(key), f"plt.plot(history.history['{key}'])").startswith("curves are called after")
    assert said("KeyError", repr(key), f"accounts['{key}']") == ""


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("AttributeError", "'Config' object has no attribute 'lr'"),
        ("AttributeError", "'SVC' object has no attribute 'predict_proba'"),
        ("AttributeError", "'tuple' object has no attribute 'append'"),
        ("TypeError", "train() got an unexpected keyword argument 'lr'"),
        ("TypeError", "MyLayer.__init__() got an unexpected keyword argument 'init'"),
        ("ModuleNotFoundError", "No module named 'np_utils'"),
        ("ValueError", "lr must be positive"),
        ("KeyError", "'lr'"),
        ("NameError", "name 'np_utils' is not defined"),
        ("AttributeError", "module 'utils' has no attribute 'np_utils'"),
        ("AttributeError", "module 'numpy' has no attribute 'zeors'"),
    ],
)
def test_nothing_is_said_of_what_is_no_old_name(error: str, message: str) -> None:
    assert said(error, message) == ""


def test_nothing_is_said_of_a_room_with_an_older_library() -> None:
    message = "Argument(s) not recognized: {'lr': 0.1}"
    assert said("ValueError", message, keras="2.15.0") == said("ValueError", message, keras="") == ""


def test_the_hint_is_in_the_message_in_both_languages() -> None:
    fault = Fault("raised", "ValueError", "Argument(s) not recognized: {'lr': 0.1}")
    causes = Causes(exam(versions=VERSIONS))
    english, french = (compose(explain_fault(fault, causes), one, hidden=True) for one in ("en", "fr"))
    assert english.endswith("hint      Keras 3.15.1 calls this `learning_rate`.")
    assert french.endswith("piste  Keras 3.15.1 appelle cela `learning_rate`.")


# --- As the libraries have it -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def libraries() -> dict[str, Any]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    keras, tf = pytest.importorskip("keras"), pytest.importorskip("tensorflow")
    return {"keras": keras, "tf": tf, "np": importlib.import_module("numpy")}


@pytest.mark.tensorflow
def test_what_is_told_is_there_and_what_is_gone_is_not(libraries: dict[str, Any]) -> None:
    keras = libraries["keras"]
    objects = {"network": keras.Sequential(), "optimizer": keras.optimizers.Adam()}
    for old, now in NAMES.items():
        owner, _, name = old.rpartition(".")
        if owner in objects:
            assert not hasattr(objects[owner], name), old
            assert not now.renamed or hasattr(objects[owner], now.text), now.text
        elif owner != "table":
            assert old in THERE or not _is_there(old), old
            for dotted in DOTTED.findall(now.text):
                eval(dotted, dict(libraries))
    for old in SESSIONS:
        assert not _is_there(old), old


def _is_there(dotted: str) -> bool:
    owner, _, name = dotted.rpartition(".")
    if importlib.util.find_spec(owner.partition(".")[0]) is None:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy says of some what they will be
        try:
            return hasattr(importlib.import_module(owner), name)
        except ImportError:
            return False


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "old",
    [
        lambda keras, tf, np: keras.optimizers.Adam(lr=0.1),
        lambda keras, tf, np: keras.layers.Dense(3, init="uniform"),
        lambda keras, tf, np: keras.layers.Conv2D(3, 3, border_mode="same"),
        lambda keras, tf, np: keras.Sequential([keras.layers.Dense(1)]).fit(np.zeros((1, 1)), nb_epoch=1),
        lambda keras, tf, np: keras.Sequential([keras.layers.Dense(1)]).save_weights("w.h5"),
        lambda keras, tf, np: keras.callbacks.ModelCheckpoint("w.keras", period=2),
        lambda keras, tf, np: keras.Sequential().fit_generator(None),
        lambda keras, tf, np: keras.utils.np_utils,
        lambda keras, tf, np: importlib.import_module("keras.layers.normalization"),
        lambda keras, tf, np: tf.keras.layers.experimental.preprocessing,
        lambda keras, tf, np: tf.Session(),
        lambda keras, tf, np: np.float,
        lambda keras, tf, np: keras.backend.mean,
    ],
)
def test_what_libraries_raise_is_known(old: Callable[..., Any], libraries: dict[str, Any]) -> None:
    with pytest.raises(Exception) as raised:
        old(*libraries.values())
    fault = Fault("raised", raised.typename, str(raised.value))
    found = hint_of_renamed(fault, {name: version(name) for name in ("keras", "tensorflow", "numpy")})
    assert found is not None, (raised.typename, old_name(fault), str(raised.value))


@pytest.mark.tensorflow
def test_arguments_are_called_so_now(libraries: dict[str, Any]) -> None:
    keras = libraries["keras"]
    parts = (keras.layers.Dense, keras.layers.Conv2D, keras.layers.LSTM, keras.optimizers.Adam, keras.Model.fit)
    known = {name for part in (*parts, keras.callbacks.ModelCheckpoint) for name in _parameters(part)}
    assert {now.text for now in ARGUMENTS.values() if DOTTED.match(now.text) is None and "(" not in now.text} <= known


def _parameters(part: Any) -> set[str]:
    import inspect

    return set(inspect.signature(part).parameters)
