"""`assert_compiled`: what a network was compiled with, however it was written.

What a check does not write is not compared, but for `from_logits`, which has to fit the network's own output.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeGuard

from autograder.judge.message import CannotTell, CompiledOtherwise, Mismatch, Said
from autograder.judge.shown import network_of
from autograder.judge.written import Written, as_recorded, as_written, differing, same, same_value, setting_name, shown
from autograder.locale import Phrase, phrase
from autograder.networks.frameworks import COMMON, dialect_of, dialect_of_call
from autograder.networks.normal import parts
from autograder.wire.messages import Compiled, Network

CROSSENTROPIES = {
    "sparsecategoricalcrossentropy": "SparseCategorical",
    "categoricalcrossentropy": "Categorical",
    "binarycrossentropy": "Binary",
}
ACCURACIES = {f"{kind.lower()}accuracy": kind for kind in CROSSENTROPIES.values()}
PROBABILITIES = ("softmax", "sigmoid")

Part = tuple[Said, Said, Said | None]
"""What is received, what is expected, what to try."""


def assert_compiled(
    given: Any,
    *,
    optimizer: Any = None,
    loss: Any = None,
    metrics: Any = (),
    weighted_metrics: Any = (),
    loss_weights: Any = None,
    **settings: Any,
) -> None:
    """Require that a network was compiled, and with what is said here: `optimizer="adam", learning_rate=0.001`.

    Each is a name, in any of Keras's forms (`"mse"`, `"MeanSquaredError"`), or is written with settings,
    `"CategoricalCrossentropy(label_smoothing=0.1)"`, `"SGD(ExponentialDecay(0.1, decay_steps=100))"`, or is a dict as
    Keras serialises an object. `loss` and `metrics` may be a dict or a list, by output. `metrics` are in any order, and
    there may be more; `"accuracy"` is the one that Keras takes for that loss. Other `settings` are the optimizer's:
    `learning_rate`, `momentum`, … What is left out is not compared, except that `from_logits` must fit the network.

    Raises ValueError for what is not written so, CannotTell for a network of a framework that compiles none.
    """
    network = network_of(given).record
    if uncompiled := dialect_of(network).uncompiled:
        raise CannotTell(uncompiled)
    settings = {setting_name(name): value for name, value in settings.items()}
    wanted, compiled = _wanted_optimizer(optimizer, settings), network.compiled
    if compiled is None:
        raise CompiledOtherwise(_not_compiled(_joined(_all_wanted(wanted, loss, metrics))))
    reading = _Reading(network, compiled)
    wrong = [
        *reading.optimizer(wanted),
        *reading.loss(loss),
        *reading.metrics(phrase("metrics"), metrics, compiled.metrics),
        *reading.metrics(phrase("weighted metrics"), weighted_metrics, compiled.weighted_metrics),
        *reading.loss_weights(loss_weights),
    ]
    if wrong:
        received, expected, hints = zip(*wrong, strict=True)
        where = phrase("what `compile` was given")
        hint = next((one for one in hints if one), None)
        raise CompiledOtherwise(Mismatch(_joined(received), _joined(expected), where, where, hint))


def _not_compiled(expected: Phrase | str) -> Mismatch:
    received = phrase("a network that was not compiled")
    hint = phrase("call `compile` on this network, in the cell where it is made.")
    return Mismatch(received=received, expected=expected, hint=hint)


@dataclass(frozen=True)
class _Reading:
    """One network, and what it was compiled with."""

    network: Network
    compiled: Compiled

    def optimizer(self, wanted: Written | None) -> Iterator[Part]:
        """Compare the optimizer: its class first, else the settings that were asked for."""
        if wanted is None:
            return
        given = self._optimizer()
        if wanted.name and given.key != wanted.key:
            names = wanted.settings
            yield _part(phrase("optimizer"), given.with_only(names), wanted.with_only(names))
            return
        wrong = [name for name in differing(given, wanted) if not self._began_with(name, wanted.settings[name])]
        if wrong:
            named = wanted if wanted.name else Written(given.name, wanted.settings)
            yield _part(phrase("optimizer"), given.with_only(wrong), named.with_only(wrong), _said_where(given, wrong))

    def _optimizer(self) -> Written:
        """The optimizer as it was when training began: callbacks change its rate later."""
        given = as_recorded(self.compiled.optimizer)
        began = {"learning_rate": self.compiled.rates[0]} if self.compiled.rates else {}
        return Written(given.name, {**given.settings, **began})

    def _began_with(self, setting: str, wanted: object) -> bool:
        return setting == "learning_rate" and any(same_value(rate, wanted) for rate in self.compiled.rates)

    def loss(self, wanted: Any) -> Iterator[Part]:
        """Compare the loss, of each output where there are several."""
        if wanted is None:
            return
        for name, given, expected in self._by_output(self.compiled.loss, wanted):
            label = phrase("loss of {output}", output=name) if name else phrase("loss")
            yield from self._one_loss(label, as_recorded(given), as_written(expected), name)

    def _one_loss(self, label: Phrase, given: Written, wanted: Written, output: str) -> Iterator[Part]:
        if given.key == "crossentropy" and wanted.key in CROSSENTROPIES:
            given = Written(wanted.name, given.settings)  # Keras chooses among the three by the labels
        if given.key != wanted.key:
            yield _part(label, given.name, wanted.with_only(wanted.settings), _kind_of_labels(given, wanted))
        elif wrong := differing(given, wanted):
            yield _part(label, given.with_only(wrong), wanted.with_only(wrong))
        elif given.key in CROSSENTROPIES and "from_logits" not in wanted.settings:
            yield from self._logits(label, given, output)

    def _logits(self, label: Phrase, given: Written, output: str) -> Iterator[Part]:
        """A loss that takes logits and a network that gives probabilities, or the reverse."""
        end = self._end(output)
        if end is None or (end == "") == bool(given.setting("from_logits")):
            return
        hint = (
            phrase("without an activation at its end, the network gives logits: tell the loss `from_logits=True`.")
            if end == ""
            else phrase("the network ends with {activation}: it gives probabilities, not logits.", activation=end)
        )
        yield _part(label, given.with_only(["from_logits"]), f"{given.name}(from_logits={end == ''})", hint)

    def _end(self, output: str) -> str | None:
        """Return the activation that an output ends with: empty for none, None where it cannot be told."""
        ends = [self.network.layers[place] for place in self.network.outputs if place < len(self.network.layers)]
        layer = ends[0] if len(ends) == 1 else next((one for one in ends if output and one.name == output), None)
        if layer is None or layer.origin == "custom" or self.network.note or dialect_of_call(layer) is not COMMON:
            return None
        done = parts(layer)
        if done and done[-1].cls == "Activation":
            return done[-1].label if done[-1].label in PROBABILITIES else None
        return "" if layer.cls in ("Dense", "Conv2D") else None

    def metrics(self, label: Phrase, wanted: Any, given: list[object]) -> Iterator[Part]:
        """Require the metrics asked for: of one output where they are said by output, of any otherwise."""
        if not wanted:
            return
        if _is_by_name(wanted):
            found = dict(_outputs_of(_unwrapped(given), self._names()))
            for name, asked in wanted.items():
                said = phrase("{what} of {output}", what=label, output=str(name))
                yield from self._some_metrics(
                    said, list(_flat(asked)), list(_flat(found.get(str(name), []))), str(name)
                )
            return
        yield from self._some_metrics(label, list(_flat(wanted)), list(_flat(given)), "")

    def _some_metrics(self, label: Phrase, wanted: list[Any], given: list[Any], output: str) -> Iterator[Part]:
        asked, there = [as_written(one) for one in wanted], [as_recorded(one) for one in given]
        lacking = [one for one in asked if not any(self._same_metric(other, one, output) for other in there)]
        if lacking:
            kinds = {one.key for one in there}
            bare = "accuracy" in kinds and any(one.key in ("accuracy", *ACCURACIES) for one in lacking)
            names = [one.with_only([]) for one in there]
            hint = _accuracy_hint() if bare else self._misplaced()
            yield _part(label, ", ".join(names) or "[]", ", ".join(map(shown, lacking)), hint)

    def _misplaced(self) -> Said | None:
        """Whether metrics were given where Keras takes the weights of losses: third, without a name."""
        if any(isinstance(one, str) for one in _flat(self.compiled.loss_weights)):
            return phrase("the third argument of `compile` is `loss_weights`: write `metrics=[…]`.")
        return None

    def _same_metric(self, given: Written, wanted: Written, output: str) -> bool:
        if _is_bare_accuracy(given) and (wanted.key in ACCURACIES or wanted.key == "accuracy"):
            return wanted.key == "accuracy" or ACCURACIES[wanted.key] in self._accuracies(output)
        if _is_bare_accuracy(wanted) and given.key in ACCURACIES:
            return ACCURACIES[given.key] in self._accuracies(output)
        if given.key == "accuracy" and wanted.key == "accuracy":
            return False  # the class `Accuracy()`, which is none of those that "accuracy" stands for
        return same(given, wanted)

    def _accuracies(self, output: str) -> tuple[str, ...]:
        """Return what `"accuracy"` may stand for, by the loss and the size of the output, as Keras chooses."""
        shapes = self.network.output_shapes
        index = self._names().index(output) if output in self._names() else 0
        if (len(shapes) == 1 or output) and index < len(shapes) and shapes[index] and shapes[index][-1] == 1:
            return ("Binary",)
        losses = dict(_outputs_of(self.compiled.loss, self._names()))
        loss = as_recorded(losses.get(output, self.compiled.loss if not output else None))
        kind = CROSSENTROPIES.get(loss.key)
        # Labels that are one-hot rows, or one number an output: the accuracy is categorical whatever the loss.
        return {"SparseCategorical": ("SparseCategorical",), "Categorical": ("Categorical",)}.get(
            kind or "", tuple(CROSSENTROPIES.values())
        )

    def loss_weights(self, wanted: Any) -> Iterator[Part]:
        """Compare the weights of the outputs' losses."""
        if wanted is None:
            return
        pairs = list(self._by_output(self.compiled.loss_weights, wanted))
        if any(not same_value(given, expected) for _, given, expected in pairs):
            yield _part(phrase("loss weights"), shown(self.compiled.loss_weights), shown(wanted))

    def _by_output(self, given: object, wanted: Any) -> Iterator[tuple[str, object, Any]]:
        """Pair what was given with what is wanted, output by output; no name where there is one output."""
        if not isinstance(wanted, list | tuple) and not _is_by_name(wanted):
            values = [value for _, value in _outputs_of(given, self._names())]
            yield from (("", value, wanted) for value in values or [given])
            return
        names = self._names()
        said = [str(name) for one in (wanted, given) if _is_by_name(one) for name in one]
        if not set(said) <= set(names):  # a dict of outputs, whose keys are no layers' names
            names = list(dict.fromkeys(said))
        found = dict(_outputs_of(given, names))
        for name, value in _outputs_of(wanted, names):
            yield name, found.get(name), value

    def _names(self) -> list[str]:
        """The outputs' names: those of the layers that give them."""
        layers = self.network.layers
        return [layers[place].name if place < len(layers) else "" for place in self.network.outputs]


def _is_by_name(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether it says something of each output by its name, and is no object as Keras serialises one."""
    return isinstance(value, Mapping) and "class_name" not in value


def _outputs_of(value: object, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield what is said of each output: by name, or in order; one thing said of them all."""
    if _is_by_name(value):
        yield from ((str(name), one) for name, one in value.items())
    elif isinstance(value, list | tuple):
        yield from ((names[place] if place < len(names) else str(place), one) for place, one in enumerate(value))
    else:
        yield from ((name, value) for name in names)


def _unwrapped(given: list[object]) -> object:
    """Metrics by output are a dict, which the record holds as the one item of a list."""
    only = given[0] if len(given) == 1 else None
    return only if _is_by_name(only) else given


def _flat(value: Any) -> Iterator[Any]:
    if _is_by_name(value):
        yield from chain.from_iterable(map(_flat, value.values()))
    elif isinstance(value, list | tuple):
        yield from chain.from_iterable(map(_flat, value))
    elif value is not None:
        yield value


def _wanted_optimizer(optimizer: Any, settings: dict[str, Any]) -> Written | None:
    if optimizer is None and not settings:
        return None
    named = Written("") if optimizer is None else as_written(optimizer)
    said = {name: _setting(value) for name, value in settings.items()}
    return Written(named.name, {**named.settings, **said})


def _setting(value: Any) -> object:
    """A learning-rate schedule is an object, as it is written; anything else is a plain value."""
    if isinstance(value, Mapping) or (isinstance(value, str) and "(" in value):
        return as_written(value)
    return value


def _all_wanted(optimizer: Written | None, loss: Any, metrics: Any) -> Iterator[Said]:
    if optimizer is not None:
        yield _labelled(phrase("optimizer"), optimizer.with_only(optimizer.settings))
    if loss is not None:
        yield _labelled(phrase("loss"), ", ".join(str(one) for one in _flat(loss)))
    if metrics:
        yield _labelled(phrase("metrics"), ", ".join(str(one) for one in _flat(metrics)))


def _is_bare_accuracy(metric: Written) -> bool:
    """Whether it is the name `"accuracy"`, for which Keras chooses, and not the class `Accuracy`."""
    return metric.key == "accuracy" and metric.name in ("accuracy", "acc") and not metric.settings


def _accuracy_hint() -> Phrase:
    return phrase('`Accuracy()` counts predictions equal to labels; write "accuracy": Keras takes the one that fits.')


def _kind_of_labels(given: Written, wanted: Written) -> Said | None:
    kinds = {CROSSENTROPIES.get(given.key), CROSSENTROPIES.get(wanted.key)}
    if kinds == {"SparseCategorical", "Categorical"}:
        return phrase("with labels that are whole numbers it is the sparse one, with one-hot rows it is not.")
    return None


def _said_where(given: Written, wrong: list[str]) -> Said | None:
    if wrong != ["learning_rate"]:
        return None
    return phrase("a name alone takes Keras's default: write `{name}(learning_rate=…)`.", name=given.name)


def _part(label: Phrase, given: Said, wanted: Said, hint: Said | None = None) -> Part:
    return _labelled(label, given), _labelled(label, wanted), hint


def _labelled(label: Phrase, said: Said) -> Phrase:
    return Phrase("{label} {said}", {"label": label, "said": said})


def _joined(parts_said: Any) -> Said:
    return Phrase("{parts}", {"parts": list(parts_said)})
