"""What libraries call by another name now: old tutorials are where students find `Adam(lr=…)` and `fit_generator`.

The error itself says that the old name is not there. The new one is told where the room's own version has it: the table
is for Keras 3, TensorFlow 2, and whatever NumPy, pandas and Matplotlib raise such an error; a test asks the libraries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.judge.message import Said
from autograder.locale import phrase
from autograder.wire.messages import Fault

LIBRARIES: Mapping[str, tuple[str, int]] = {
    "keras": ("Keras", 3),
    "tensorflow": ("TensorFlow", 2),
    "numpy": ("NumPy", 1),
    "pandas": ("pandas", 0),
    "matplotlib": ("Matplotlib", 0),
}
"""What each is called, and the first major version that the table is true of; 0: of any."""


@dataclass(frozen=True)
class Now:
    """What something that is gone is called now."""

    text: str
    renamed: bool = True
    """Whether it is the same by another name; else another way to it."""


def _all_in(new: str, old: str, names: str) -> dict[str, Now]:
    return {f"{old}.{name}": Now(f"{new}.{name}") for name in names.split()}


NAMES: Mapping[str, Now] = {
    **dict.fromkeys(
        (
            *("keras.layers.normalization", "keras.layers.merge", "keras.layers.core", "keras.layers.convolutional"),
            *("keras.layers.recurrent", "keras.layers.embeddings", "keras.layers.advanced_activations"),
            *("keras.layers.pooling", "keras.layers.noise", "keras.layers.wrappers", "keras.layers.local"),
            *("keras.layers.experimental", "keras.layers.experimental.preprocessing", "keras.engine"),
        ),
        Now("keras.layers"),
    ),
    **dict.fromkeys(
        ("keras.utils.np_utils", "keras.utils.vis_utils", "keras.utils.visualize_util", "keras.utils.generic_utils"),
        Now("keras.utils"),
    ),
    "keras.layers.Merge": Now("keras.layers.Concatenate", renamed=False),
    "keras.layers.merge.merge": Now("keras.layers.concatenate", renamed=False),
    "keras.layers.CuDNNLSTM": Now("keras.layers.LSTM"),
    "keras.layers.CuDNNGRU": Now("keras.layers.GRU"),
    "keras.utils.multi_gpu_model": Now("tf.distribute.MirroredStrategy", renamed=False),
    "keras.preprocessing.image.ImageDataGenerator": Now("tf.keras.preprocessing.image.ImageDataGenerator"),
    "keras.preprocessing.text": Now("keras.layers.TextVectorization", renamed=False),
    "keras.optimizers.adam": Now("keras.optimizers.Adam"),
    "keras.optimizers.sgd": Now("keras.optimizers.SGD"),
    "keras.optimizers.rmsprop": Now("keras.optimizers.RMSprop"),
    "keras.optimizers.adam_v2": Now("keras.optimizers"),
    "keras.optimizers.gradient_descent_v2": Now("keras.optimizers"),
    "keras.optimizers.experimental": Now("keras.optimizers"),
    "keras.optimizers.legacy": Now("keras.optimizers"),
    "keras.losses.Reduction": Now('reduction="sum"', renamed=False),
    **_all_in("keras.ops", "keras.backend", "abs argmax concatenate cos dot exp log max maximum mean min minimum"),
    **_all_in("keras.ops", "keras.backend", "reshape round sign sin sqrt square stack std sum transpose var clip"),
    "keras.backend.pow": Now("keras.ops.power"),
    "tensorflow.ConfigProto": Now("tf.compat.v1.ConfigProto"),
    "tensorflow.GPUOptions": Now("tf.compat.v1.GPUOptions"),
    "tensorflow.set_random_seed": Now("tf.random.set_seed"),
    "tensorflow.random_normal": Now("tf.random.normal"),
    "tensorflow.random_uniform": Now("tf.random.uniform"),
    "tensorflow.truncated_normal": Now("tf.random.truncated_normal"),
    "tensorflow.log": Now("tf.math.log"),
    "tensorflow.to_float": Now("tf.cast", renamed=False),
    "tensorflow.to_int32": Now("tf.cast", renamed=False),
    "tensorflow.div": Now("tf.divide", renamed=False),
    "tensorflow.mul": Now("tf.multiply"),
    "tensorflow.sub": Now("tf.subtract"),
    "tensorflow.get_variable": Now("tf.Variable", renamed=False),
    "tensorflow.layers": Now("tf.keras.layers"),
    "tensorflow.logging": Now("tf.compat.v1.logging"),
    "tensorflow.train.AdamOptimizer": Now("tf.keras.optimizers.Adam"),
    "tensorflow.train.GradientDescentOptimizer": Now("tf.keras.optimizers.SGD"),
    "tensorflow.examples": Now("tf.keras.datasets.mnist", renamed=False),
    "numpy.float": Now("float"),
    "numpy.int": Now("int"),
    "numpy.object": Now("object"),
    "numpy.str": Now("str"),
    "numpy.complex": Now("complex"),
    "numpy.bool": Now("bool"),
    "numpy.product": Now("np.prod"),
    "numpy.cumproduct": Now("np.cumprod"),
    "numpy.sometrue": Now("np.any"),
    "numpy.alltrue": Now("np.all"),
    "numpy.Inf": Now("np.inf"),
    "numpy.NaN": Now("np.nan"),
    "numpy.float_": Now("np.float64"),
    "numpy.in1d": Now("np.isin"),
    "numpy.trapz": Now("np.trapezoid"),
    "network.fit_generator": Now("fit"),
    "network.predict_generator": Now("predict"),
    "network.evaluate_generator": Now("evaluate"),
    "network.predict_proba": Now("predict"),
    "network.predict_classes": Now("np.argmax(model.predict(x), axis=1)", renamed=False),
    "optimizer.lr": Now("learning_rate"),
    "table.append": Now("pd.concat([df, other])", renamed=False),
    "table.ix": Now("df.loc[…]", renamed=False),
    "table.as_matrix": Now("to_numpy"),
    "table.iteritems": Now("items"),
}
"""What is found in modules and in objects, by where it was."""
ARGUMENTS: Mapping[str, Now] = {
    "lr": Now("learning_rate"),
    "init": Now("kernel_initializer"),
    "border_mode": Now("padding"),
    "subsample": Now("strides"),
    "nb_filter": Now("filters"),
    "dim_ordering": Now("data_format"),
    "W_regularizer": Now("kernel_regularizer"),
    "b_regularizer": Now("bias_regularizer"),
    "W_constraint": Now("kernel_constraint"),
    "inner_init": Now("recurrent_initializer"),
    "inner_activation": Now("recurrent_activation"),
    "batch_input_shape": Now("keras.Input(batch_shape=…)", renamed=False),
    "input_length": Now("keras.Input(shape=…)", renamed=False),
    "weights": Now("layer.set_weights(…)", renamed=False),
    "nb_epoch": Now("epochs"),
    "samples_per_epoch": Now("steps_per_epoch"),
    "nb_val_samples": Now("validation_steps"),
    "nb_worker": Now("keras.utils.PyDataset(workers=…)", renamed=False),
    "workers": Now("keras.utils.PyDataset(workers=…)", renamed=False),
    "use_multiprocessing": Now("keras.utils.PyDataset(use_multiprocessing=…)", renamed=False),
    "period": Now("save_freq", renamed=False),
}
"""Arguments of Keras's layers, optimizers, callbacks and of `fit`."""
SESSIONS = frozenset(
    (
        *("tensorflow.Session", "tensorflow.InteractiveSession", "tensorflow.placeholder"),
        *("tensorflow.global_variables_initializer", "tensorflow.initialize_all_variables"),
        *("tensorflow.reset_default_graph", "tensorflow.get_default_session", "keras.backend.set_session"),
        *("keras.backend.get_session", "keras.backend.tensorflow_backend"),
    )
)
"""What TensorFlow 1 built graphs and ran them with."""
OBJECTS: Mapping[str, str] = {
    **dict.fromkeys(("Sequential", "Functional", "Model"), "network"),
    **dict.fromkeys("SGD RMSprop Adam AdamW Adagrad Adadelta Adamax Nadam Ftrl Lion".split(), "optimizer"),  # noqa: SIM905
    **dict.fromkeys(("DataFrame", "Series"), "table"),
}
"""By the class whose object is asked; a class of a student's own may have its own reasons."""
OF_NETWORKS = frozenset(("fit_generator", "predict_generator", "evaluate_generator", "predict_classes"))
"""Names that nothing but a network has, be its class a student's own."""
_FROM = {"network": "keras", "optimizer": "keras", "table": "pandas"}

_NO_ATTRIBUTE = re.compile(r"module '([\w.]+)' has no attribute '(\w+)'")
_OBJECTS = re.compile(r"'(\w+)' object has no attribute '(\w+)'")
_NO_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_REMOVED = re.compile(r"`(?:np|keras)\.[\w.]+` (?:was removed|is not supported)")
_ARGUMENT = re.compile(
    r"(?:Argument\(s\) not recognized: |Unrecognized keyword arguments passed to \w+: )\{'(\w+)'"
    r"|(?:\w*Trainer\.\w+|ModelCheckpoint\.__init__)\(\) got an unexpected keyword argument '(\w+)'"
)
_STYLE = re.compile(r"'seaborn(-[\w-]+)?' is not a valid package style")
_ALIASES = (
    ("np.", "numpy."),
    ("tf.", "tensorflow."),
    ("keras._tf_keras.keras", "keras"),
    ("tensorflow.keras", "keras"),
)
_CURVES = frozenset(("'acc'", "'val_acc'", "'accuracy'", "'val_accuracy'"))


def hint_of_renamed(fault: Fault, versions: Mapping[str, str]) -> Said | None:
    """Return what the room's version calls what a fault asks for by an older name; None: nothing is known of it."""
    if fault.kind != "raised":
        return None
    return _of_files(fault) or _of_curves(fault) or _of_names(fault, versions)


def _of_files(fault: Fault) -> Said | None:
    if fault.error != "ValueError":
        return None
    if "must end in `.weights.h5`" in fault.message:
        return phrase("the name of a file of weights ends in `.weights.h5`.")
    if "must end in `.keras`" in fault.message or fault.message.startswith("Invalid filepath extension for saving"):
        return phrase("the name of a file that holds a network ends in `.keras`.")
    return None


def _of_curves(fault: Fault) -> Said | None:
    """A curve that is not there, in a line that reads some."""
    code = fault.frames[-1].code if fault.frames else ""
    if fault.error != "KeyError" or fault.message not in _CURVES or "hist" not in code.lower():
        return None
    return phrase(
        'curves are called after the metrics given to `compile`: `metrics=["accuracy"]` gives "accuracy", and '
        '"val_accuracy" where `fit` has validation data.'
    )


def _of_names(fault: Fault, versions: Mapping[str, str]) -> Said | None:
    if found := _STYLE.search(fault.message):
        return _say("matplotlib", Now(f"seaborn-v0_8{found[1] or ''}"), versions)
    if fault.error in ("ValueError", "TypeError"):
        argument = _ARGUMENT.search(fault.message)
        now = ARGUMENTS.get(argument[1] or argument[2]) if argument else None
        return _say("keras", now, versions) if now else None
    name = old_name(fault)
    if name in SESSIONS and _version("tensorflow", versions) is not None:
        return phrase(
            "TensorFlow 2 computes as soon as it is asked: it needs no sessions, placeholders or initializers of "
            "variables."
        )
    now, root = NAMES.get(name), name.partition(".")[0]
    return _say(_FROM.get(root, root), now, versions) if now else None


def old_name(fault: Fault) -> str:
    """Return what was asked for and is not there, with where: `keras.utils.np_utils`; empty where that is not it."""
    if fault.error not in ("AttributeError", "ImportError", "ModuleNotFoundError"):
        return ""
    if found := _OBJECTS.search(fault.message):
        return f"{'network' if found[2] in OF_NETWORKS else OBJECTS.get(found[1], '?')}.{found[2]}"
    if found := _NO_ATTRIBUTE.search(fault.message):
        name = f"{found[1].replace('tensorflow._api.v2', 'tensorflow')}.{found[2]}"
    elif found := _NO_NAME.search(fault.message):
        name = f"{found[2]}.{found[1]}"
    elif found := _NO_MODULE.search(fault.message):
        name = found[1]
    elif found := _REMOVED.search(fault.message):
        name = found[0].split("`")[1]
    else:
        return ""
    for alias, own in _ALIASES:
        name = own + name.removeprefix(alias) if name.startswith(alias) else name
    return name


def _say(library: str, now: Now, versions: Mapping[str, str]) -> Said | None:
    version = _version(library, versions)
    if version is None:
        return None
    named = f"{LIBRARIES[library][0]} {version}".strip()
    if now.renamed:
        return phrase("{library} calls this `{now}`.", library=named, now=now.text)
    return phrase("{library} has this no longer: `{now}` does it.", library=named, now=now.text)


def _version(library: str, versions: Mapping[str, str]) -> str | None:
    """The room's version; None where it is not known, or is not one that the table is true of."""
    version, first = versions.get(library, ""), LIBRARIES[library][1]
    major = version.partition(".")[0]
    return version if not first or (major.isdecimal() and int(major) >= first) else None
