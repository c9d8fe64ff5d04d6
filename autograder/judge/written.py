"""Objects of Keras as one writes them: `"he_uniform"`, `"l2(0.01)"`, `"Adam(learning_rate=0.001)"`.

A check names a class, its function or its short name (`MeanSquaredError`, `mean_squared_error`, `mse`), with settings
or without; a record has a name, or a class name with its configuration. Both become a `Written`, and what a check does
not write is not compared. Nothing is evaluated: the text is parsed, its values are literals.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MAX_TEXT = 100
"""Characters of a name or a value of a record that are kept: nothing forces a room to send a name."""
MAX_DEPTH = 8

_ALIASES: Mapping[str, str] = {
    "mse": "meansquarederror",
    "mae": "meanabsoluteerror",
    "mape": "meanabsolutepercentageerror",
    "msle": "meansquaredlogarithmicerror",
    "bce": "binarycrossentropy",
    "kld": "kldivergence",
    "kullbackleiblerdivergence": "kldivergence",
    "huberloss": "huber",
    "logcosherror": "logcosh",
    "cosineproximity": "cosinesimilarity",
    "acc": "accuracy",
    "binaryacc": "binaryaccuracy",
    "ce": "crossentropy",
    "rmse": "rootmeansquarederror",
    "normal": "randomnormal",
    "uniform": "randomuniform",
    "zero": "zeros",
    "one": "ones",
    "orthogonalinitializer": "orthogonal",
    "identityinitializer": "identity",
    "swish": "silu",
    "hardswish": "hardsilu",
    "none": "linear",
}
"""Names of one thing, lower case and without underscores."""

_POSITIONAL: Mapping[str, tuple[str, ...]] = {
    "l1": ("l1",),
    "l2": ("l2",),
    "l1l2": ("l1", "l2"),
    "maxnorm": ("max_value",),
    "constant": ("value",),
    "randomnormal": ("mean", "stddev"),
    "truncatednormal": ("mean", "stddev"),
    "randomuniform": ("minval", "maxval"),
    "variancescaling": ("scale", "mode", "distribution"),
    "relu": ("max_value", "negative_slope", "threshold"),
    "leakyrelu": ("negative_slope",),
    "elu": ("alpha",),
    "softmax": ("axis",),
    "huber": ("delta",),
    "sparsecategoricalcrossentropy": ("from_logits",),
    "categoricalcrossentropy": ("from_logits", "label_smoothing"),
    "binarycrossentropy": ("from_logits", "label_smoothing"),
    "topkcategoricalaccuracy": ("k",),
    "sparsetopkcategoricalaccuracy": ("k",),
    "sgd": ("learning_rate", "momentum", "nesterov"),
    "rmsprop": ("learning_rate", "rho", "momentum"),
    **dict.fromkeys(("adam", "nadam", "adamax"), ("learning_rate", "beta_1", "beta_2")),
    **dict.fromkeys(("adamw", "adagrad", "adadelta", "lion", "adafactor", "ftrl", "muon"), ("learning_rate",)),
    "dense": ("units", "activation"),
    "activation": ("activation",),
    "reshape": ("target_shape",),
    "embedding": ("input_dim", "output_dim"),
    **dict.fromkeys(("dropout", "spatialdropout1d", "spatialdropout2d", "gaussiandropout"), ("rate",)),
    **dict.fromkeys(("simplernn", "lstm", "gru"), ("units",)),
    **{f"conv{axes}d": ("filters", "kernel_size", "strides", "padding") for axes in "123"},
    **{f"{kind}{axes}d": ("pool_size",) for axes in "123" for kind in ("maxpool", "maxpooling", "averagepooling")},
    "exponentialdecay": ("initial_learning_rate", "decay_steps", "decay_rate", "staircase"),
    "inversetimedecay": ("initial_learning_rate", "decay_steps", "decay_rate", "staircase"),
    "polynomialdecay": ("initial_learning_rate", "decay_steps", "end_learning_rate", "power"),
    "cosinedecay": ("initial_learning_rate", "decay_steps", "alpha"),
    "piecewiseconstantdecay": ("boundaries", "values"),
}
"""What arguments without a name are, in Keras's order."""

_FORMER_SETTINGS = {"lr": "learning_rate"}
_FORMER_SETTINGS_OF = {"leakyrelu": {"alpha": "negative_slope"}}
"""Settings by the name that earlier versions of Keras gave them: of any class, of one."""

_INITIALIZERS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "zeros": ("Constant", {"value": 0.0}),
    "ones": ("Constant", {"value": 1.0}),
    **{
        f"{name}{drawn}": ("VarianceScaling", {"scale": scale, "mode": mode, "distribution": distribution})
        for name, scale, mode in (("glorot", 1.0, "fan_avg"), ("he", 2.0, "fan_in"), ("lecun", 1.0, "fan_in"))
        for drawn, distribution in (("uniform", "uniform"), ("normal", "truncated_normal"))
    },
}
"""Initializers that are another one with settings: `Ones()` and `Constant(1)` begin alike."""

_DEFAULTS: Mapping[str, object] = {
    "from_logits": False,
    "label_smoothing": 0.0,
    "reduction": "sum_over_batch_size",
    "ignore_class": None,
    "axis": -1,
    "delta": 1.0,
    "gamma": 2.0,
    "apply_class_balancing": False,
    "k": 5,
    "threshold": 0.5,
    "thresholds": None,
    "l1": 0.01,
    "l2": 0.01,
}
"""Keras's defaults of what a bare name leaves out."""
UNKNOWN = object()


@dataclass(frozen=True)
class Written:
    """A name, as Keras or a student says it, and the settings that were said with it."""

    name: str
    settings: Mapping[str, object] = field(default_factory=dict)
    """Numbers, texts, lists, None; a `Written` for an object in an object."""

    @property
    def key(self) -> str:
        """Equal for the names of one thing."""
        return same_name(self.name)

    def setting(self, name: str) -> object:
        """Return a setting, Keras's default where it was not said; UNKNOWN where there is none."""
        return self.settings.get(name, _DEFAULTS.get(name, UNKNOWN))

    def with_only(self, names: Iterable[str]) -> str:
        """Return it as one writes it, with these of its settings alone: what was not said, by Keras's default."""
        values = ((name, self.setting(name)) for name in names)
        said = [f"{name}={shown(value)}" for name, value in values if value is not UNKNOWN]
        return f"{self.name}({', '.join(said)})" if said else self.name


def same_name(name: str) -> str:
    """Return a key that is equal for the names of one thing: MeanSquaredError, mean_squared_error, mse."""
    key = name.replace("_", "").replace(" ", "").lower()
    return _ALIASES.get(key, key)


def as_written(value: object) -> Written:
    """Return what a check writes. Raise ValueError, for its author, where it is no name, call or Keras record."""
    if isinstance(value, Written):
        return value
    if value is None:
        return Written("None")
    if isinstance(value, Mapping):
        if isinstance(value.get("class_name"), str):
            return as_recorded({"class_name": value["class_name"], "config": value.get("config") or {}})
        raise ValueError(f'{value!r} names no class: {{"class_name": …, "config": {{…}}}} is expected')
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is not how an object of Keras is written: "Adam(learning_rate=0.01)", "mse"')
    return _parsed(value)


def as_recorded(value: object, depth: int = 0) -> Written:
    """Return what a room says: a name, or a class name and its configuration. Never raises."""
    if isinstance(value, Mapping) and isinstance(value.get("class_name"), str) and depth < MAX_DEPTH:
        name = value["class_name"][:MAX_TEXT]
        config = value.get("config")
        if isinstance(config, str) and name == "function":
            return Written(config[:MAX_TEXT])
        given = config if isinstance(config, Mapping) else {}
        if name == "MeanMetricWrapper" and "fn" in given:
            return as_recorded(given["fn"], depth + 1)
        inner = {str(key)[:MAX_TEXT]: _recorded(item, depth) for key, item in given.items()}
        return _one_regularizer(Written(name, _renamed(name, inner)))
    return Written("None" if value is None else str(value)[:MAX_TEXT])


def _recorded(value: object, depth: int) -> object:
    return as_recorded(value, depth + 1) if isinstance(value, Mapping) and "class_name" in value else value


def differing(given: Written, wanted: Written) -> list[str]:
    """Return the settings that `wanted` says and that are another in `given`."""
    return [name for name, value in wanted.settings.items() if not same_value(given.setting(name), value)]


def same(given: Written, wanted: Written) -> bool:
    """Say whether `given` is what `wanted` names, with the settings it says."""
    given, wanted = general(given), general(wanted)
    return given.key == wanted.key and not differing(given, wanted)


def general(written: Written) -> Written:
    """Return an initializer as the one it is a case of: `ones` as Constant(value=1.0); anything else as it is."""
    name, settings = _INITIALIZERS.get(written.key, (written.name, {}))
    return Written(name, {**settings, **written.settings})


def same_value(given: object, wanted: object) -> bool:
    """Compare settings: numbers by value, lists and tuples alike, one number for many equal ones, objects as such."""
    if isinstance(wanted, Written):
        return isinstance(given, Written) and same(given, wanted)
    if isinstance(given, Written):
        return isinstance(wanted, str) and same(given, as_written(wanted))
    if isinstance(given, list | tuple) or isinstance(wanted, list | tuple):
        return _same_items(given, wanted)
    if _is_number(given) and _is_number(wanted):
        return math.isclose(given, wanted, rel_tol=1e-6, abs_tol=1e-12)  # type: ignore[arg-type]
    return type(given) is type(wanted) and given == wanted


def _same_items(given: object, wanted: object) -> bool:
    if isinstance(given, list | tuple) and isinstance(wanted, list | tuple):
        return len(given) == len(wanted) and all(map(same_value, given, wanted))
    many, one = (given, wanted) if isinstance(given, list | tuple) else (wanted, given)
    assert isinstance(many, list | tuple)
    return _is_number(one) and bool(many) and all(same_value(item, one) for item in many)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def shown(value: object) -> str:
    """Return a setting as one writes it."""
    if isinstance(value, Written):
        return value.with_only(value.settings)
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def as_json(value: object) -> object:
    """Return a setting as Keras serialises it."""
    if isinstance(value, Written):
        settings = {name: as_json(one) for name, one in value.settings.items()}
        return {"class_name": value.name, "config": settings} if settings else value.name
    return [as_json(one) for one in value] if isinstance(value, list | tuple) else value


# --- Reading what a check writes --------------------------------------------------------------------------------------


def _parsed(text: str) -> Written:
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{text!r} is not how an object of Keras is written: {error.msg}") from error
    return _one_regularizer(_object(node, text))


def _object(node: ast.expr, text: str) -> Written:
    match node:
        case ast.Constant(None):
            return Written("None")
        case ast.Name(name) | ast.Attribute(attr=name):
            return Written(name)
        case ast.Call(ast.Name(name) | ast.Attribute(attr=name), arguments, keywords):
            settings = {_positional(name, place): _value(one, text) for place, one in enumerate(arguments)}
            settings |= {str(keyword.arg): _value(keyword.value, text) for keyword in keywords}
            return Written(name, _renamed(name, settings))
    raise ValueError(f'{text!r} is not how an object of Keras is written: "Adam(learning_rate=0.01)", "mse"')


def _value(node: ast.expr, text: str) -> object:
    match node:
        case ast.Name() | ast.Attribute() | ast.Call():
            return _object(node, text)
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise ValueError(f"{text!r}: {ast.unparse(node)} is no number, text or list") from error


def _positional(name: str, place: int) -> str:
    known = _POSITIONAL.get(same_name(name), ())
    if place >= len(known):
        raise ValueError(f"{name}: write its argument number {place + 1} with its name: {name}(…=…)")
    return known[place]


def setting_name(name: str) -> str:
    """Return the name that Keras now gives a setting of an optimizer."""
    return _FORMER_SETTINGS.get(name, name)


def _renamed(name: str, settings: Mapping[str, object]) -> dict[str, object]:
    former = {**_FORMER_SETTINGS, **_FORMER_SETTINGS_OF.get(same_name(name), {})}
    return {former.get(key, key): value for key, value in settings.items()}


def _one_regularizer(written: Written) -> Written:
    """L1 and L2 are L1L2 with the other at 0."""
    if written.key not in ("l1", "l2"):
        return written
    other = "l2" if written.key == "l1" else "l1"
    return Written("L1L2", {written.key: written.setting(written.key), other: 0.0})
