"""The checks that a solution's answers make, question by question: first what is asked, then what is required of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from autograder.authoring.draft.asked import RANDOM, TRAINS, DraftQuestion
from autograder.authoring.draft.described import Described
from autograder.authoring.draft.drawn import drawings_by, figures_of, may_plot, plots, plots_itself, require_drawings
from autograder.authoring.draft.expected import (
    Unsayable,
    assertions,
    compiled,
    in_order,
    is_finite,
    kept_whole,
    layer_by_layer,
    quoted,
)
from autograder.authoring.draft.inputs import Loose, fresh, size_of
from autograder.authoring.draft.observe import Observed, Seen
from autograder.authoring.draft.proposal import Names, Probe, Proposal, ProposedCheck
from autograder.authoring.points import question_id
from autograder.judge.figures import Drawing
from autograder.judge.trainings import History
from autograder.judge.values import Model, Unreadable
from autograder.locale import Phrase, phrase, phrases

CALLS_TRIED = 3
"""Of a function's calls in the notebook, those that inputs are made like."""
_SORTED = re.compile(
    r"\bsort|\border|\brank|scending|\b(?:largest|highest|smallest|lowest|biggest) first|\btri(?:é|er)|croissant"
    r"|\bdu plus\b[^.\n]*\bau plus\b",
    re.IGNORECASE,
)
_CHOSEN = re.compile(
    r"\byour (?:own )?choos|\byour (?:own )?choice|\byou (?:choose|like|want)\b|\bany values?\b"
    r"|\b(?:de|à) votre choix|\bau choix|\bvous choisi|\bvaleurs? quelconques?",
    re.IGNORECASE,
)
# --- What is asked ----------------------------------------------------------------------------------------------------


def ask(asked: Sequence[DraftQuestion], seen: Seen) -> list[Proposal]:
    """Return what each question is to be asked; of calls, more than will be kept."""
    names = Names()
    found = [Proposal(one) for one in asked]
    for proposal in found:
        one = proposal.asked
        for name in one.variables:
            proposal.probes += _of_variable(name, names, seen)
        for name in one.functions:
            proposal.probes += _of_function(name, one, names, seen)
        if one.prints:
            proposal.probes += _of_print(one, names)
        proposal.probes += figures_of(one, names)
    return found


def _of_variable(name: str, names: Names, seen: Seen) -> Iterator[Probe]:
    value = seen.answers.values.get(name)
    called, quoted_name = names.claim(name), quoted(name)
    if isinstance(value, Model):
        shape = value.record.input_shapes[0] if len(value.record.input_shapes) == 1 else None
        given = () if shape is None or None in shape[1:] else (f"input_shape={tuple(shape[1:])}",)
        yield Probe(called, "model", (quoted_name, *given), phrase("the network, as it is"), name)
    elif isinstance(value, Unreadable) and isinstance(seen.answers.values.get(f"history of {name}"), History):
        yield Probe(called, "history", (quoted_name,), phrase("its curves"), name)
    else:
        yield Probe(called, "variable", (quoted_name,), phrase("its value after the last cell"), name)


REASONS = {
    "hidden": phrase("as in a hidden test: students have not seen it"),
    "values": phrase("other values than the notebook's, sizes of its own"),
    "sizes": phrase("other sizes and numbers again: nothing is to hang on those of the notebook"),
    "small": phrase("smaller numbers: what is over them has to go"),
    "rows": phrase("more examples"),
    "same sizes": phrase("other values, of the notebook's sizes: it takes no others"),
    "same": phrase("what the notebook itself gives it: write it another where you can"),
}


def _of_function(name: str, asked: DraftQuestion, names: Names, seen: Seen) -> Iterator[Probe]:
    if TRAINS.search(asked.code_of(name)) and f"def {name}" in asked.code_of(name):
        return
    calls = sorted(
        seen.calls.get(name, ()), key=lambda call: (not call.get("hidden"), "'one-hot'" in str(call), -size_of(call))
    )
    found = list(_calls_of(name, asked, names, islice(calls, CALLS_TRIED)))
    yield from found
    if may_plot(name, asked):
        yield from drawings_by(name, found, names)


def _calls_of(name: str, asked: DraftQuestion, names: Names, calls: Iterable[Described]) -> Iterator[Probe]:
    for call in calls:
        for inputs in fresh(call, names.seeds):
            probe = names.claim(f"{name}_{question_id(inputs.reason, ()).replace('-', '_')}")
            constant = probe.upper() if RANDOM.search(asked.code_of(name)) else ""
            constant = constant if inputs.positional else ""
            given = (quoted(name), *inputs.given(constant))
            yield Probe(probe, "call", given, REASONS[inputs.reason], name, inputs, constant)


def _of_print(asked: DraftQuestion, names: Names) -> Iterator[Probe]:
    plain, given = question_id(asked.id, ()).replace("-", "_"), (quoted(asked.prints),)
    yield Probe(names.claim(f"{plain}_printed"), "printed", given, phrase("what the cell prints"))
    yield Probe(names.claim(f"{plain}_source"), "source", given, phrase("and how it is written"))


# --- What is required -------------------------------------------------------------------------------------------------


def require(proposals: Sequence[Proposal], answers: Observed) -> None:
    """Give each question its checks, and leave out what the solution cannot answer, and more of the same."""
    names = Names()
    networks = {one.dress for one in answers.values.values() if isinstance(one, Model)}
    for proposal in proposals:
        untold = frozenset(proposal.asked.untold)
        drawn = untold if plots_itself(proposal, answers) else frozenset()
        proposal.probes = [one for one in proposal.probes if one.about not in drawn]
        for name in sorted(untold - drawn):
            proposal.remarks.append(phrase("students are not told the name {name}: say it in their text", name=name))
        for name in () if proposal.probes else proposal.asked.anew:
            text = phrase("a later question makes {name} anew: give one of the two another name", name=name)
            proposal.remarks.append(text)
        for name in proposal.asked.functions:
            _require_function(proposal, name, answers, names)
        for probe in [one for one in proposal.probes if one.about in proposal.asked.variables]:
            _require_variable(proposal, probe, answers, names)
        _require_printed(proposal, answers, names)
        _require_compiled(proposal, proposals, answers, names)
        for name in [one for one in proposal.asked.classes if one not in networks]:
            proposal.remarks.append(phrase("{name} is a class: ask for it with `instance` (docs/checks.md)", name=name))
    require_drawings(proposals, answers, names)
    used = {name for proposal in proposals for check in proposal.checks for name in check.probes}
    for proposal in proposals:
        proposal.probes = [one for one in proposal.probes if one.name in used]


def _require_function(proposal: Proposal, name: str, answers: Observed, names: Names) -> None:
    found: dict[str, Probe] = {}
    called = [one for one in proposal.probes if one.about == name and one.asks == "call"]
    for probe in called:
        if probe.inputs and is_finite(answers.values.get(probe.name, np.nan)):
            found.setdefault(probe.inputs.reason, probe)
    luck = any(one.constant for one in found.values())
    reasons = (
        ("rows",) if luck else ("hidden", "values", "sizes", "small", "rows")
    )  # a share of five examples is anyone's guess
    kept = [found[reason] for reason in reasons if reason in found] or list(found.values())[:1]
    if kept and all(answers.values[probe.name] is None for probe in kept):
        if plots(proposal.probes, name, answers):
            return
        proposal.remarks.append(
            phrase("{name} gives nothing back: ask for what it prints or draws (`printed`, `figure`)", name=name)
        )
        return
    for probe in kept:
        _require_call(proposal, name, probe, answers, names)
    if not kept:
        code = proposal.asked.code_of(name)
        trains = TRAINS.search(code)
        proposal.remarks.append(
            phrase("{name} trains: ask for it with `trained_by` and a recipe (docs/training.md)", name=name)
            if trains
            else phrase("{name} is never called with what can be written here: give it inputs of your own", name=name)
        )


TITLES = {
    "hidden": phrase("`{name}` is right for other values."),
    "values": phrase("`{name}` is right for other values."),
    "sizes": phrase("`{name}` is right for other sizes."),
    "small": phrase("`{name}` is right for smaller numbers."),
    "rows": phrase("`{name}` is right for more examples."),
    "same sizes": phrase("`{name}` is right for other values."),
    "same": phrase("`{name}` is right for what the notebook gives it."),
}


DRAWN = phrase("it draws at random: form alone is required, and that nothing is lost")
LOOSE: dict[Loose, Phrase] = {
    "weights": phrase("it is given a network, whose weights are drawn: form alone is required"),
    "generator": phrase("right answers may draw from its generator in another order: form alone is required"),
    "picture": phrase("libraries decode and resize images each in its way: form alone is required"),
}


def _require_call(proposal: Proposal, name: str, probe: Probe, answers: Observed, names: Names) -> None:
    assert probe.inputs is not None
    value, reason = answers.values[probe.name], probe.inputs.reason
    luck, loose = bool(probe.constant) or probe.name in answers.luck, probe.inputs.loose
    try:
        lines = assertions(probe.name, value, luck=luck or bool(loose))
    except Unsayable:
        free = phrase("the value of {name} is free: say what is to be asked of it", name=name)
        proposal.remarks += [free] if loose and free not in proposal.remarks else []
        return
    title = Phrase(TITLES[reason].msgid, {"name": name})
    why = LOOSE[loose] if loose else DRAWN if luck else None
    check = ProposedCheck(
        proposal.asked.id, names.check(proposal.asked.id, f"{name} {reason}"), title, lines, [probe.name], why
    )
    if probe.constant and isinstance(value, list | tuple) and all(isinstance(one, np.ndarray) for one in value):
        check.lines += kept_whole(probe.name, probe.constant, value, answers.given(probe.name))
    proposal.checks.append(check)
    if isinstance(value, Model):
        _require_compiled_by(proposal, name, probe, value, names)
    if reason in ("values", "same sizes", "same"):
        _require_dtype(proposal, name, probe.name, value, names)


def _require_compiled_by(proposal: Proposal, name: str, probe: Probe, value: Model, names: Names) -> None:
    """How a function compiles the networks it makes, asked of the first."""
    code = proposal.asked.code_of(name)
    line = compiled(probe.name, value, code) if ".compile(" in code else None
    title = phrase("What `{name}` makes is compiled as asked.", name=name)
    if line and not any(one.title == title for one in proposal.checks):
        check = names.check(proposal.asked.id, f"{name} compiled")
        proposal.checks.append(ProposedCheck(proposal.asked.id, check, title, [line], [probe.name]))


def _require_dtype(proposal: Proposal, name: str, probe: str, value: object, names: Names) -> None:
    """The type of an array, where the texts ask for it by name."""
    dtype = value.dtype.name if isinstance(value, np.ndarray) else ""
    if dtype and re.search(rf"\b{dtype}\b", proposal.asked.about(name)):
        title = phrase("`{name}` gives the type asked for, {dtype}.", name=name, dtype=dtype)
        check = names.check(proposal.asked.id, f"{name} type")
        proposal.checks.append(
            ProposedCheck(proposal.asked.id, check, title, [f'assert_dtype({probe}, "{dtype}")'], [probe])
        )


def _require_variable(proposal: Proposal, probe: Probe, answers: Observed, names: Names) -> None:
    value, name = answers.values.get(probe.name), probe.about
    if probe.name not in answers.values or not is_finite(value):
        return
    if isinstance(value, Model):
        _require_network(proposal, probe, value, answers, names)
        return
    if isinstance(value, History):
        _require_history(proposal, probe, value, names)
        return
    luck, chosen = probe.name in answers.luck, bool(_CHOSEN.search(proposal.asked.text))
    try:
        lines = assertions(probe.name, value, luck=luck or chosen)
    except Unsayable:
        if isinstance(value, Drawing):  # asked for with what is plotted
            return
        free = phrase("the value of {name} is free: say what is to be asked of it", name=name)
        unread = phrase("{name} cannot be read as data: say what is to be asked of it", name=name)
        proposal.remarks.append(free if luck or chosen else unread)
        return
    if not (luck or chosen) and _SORTED.search(proposal.asked.about(name)):
        lines += in_order(probe.name, value)
    why = phrase("it hangs on what is drawn at random, so form alone is required; say what else has to hold")
    if chosen and not luck:
        why = phrase("students choose its values, so form alone is required; say what else has to hold")
    title = phrase("`{name}` is what is asked for.", name=name)
    check = names.check(proposal.asked.id, name)
    proposal.checks.append(
        ProposedCheck(proposal.asked.id, check, title, lines, [probe.name], why if luck or chosen else None)
    )
    _require_dtype(proposal, name, probe.name, value, names)


def _require_network(proposal: Proposal, probe: Probe, value: Model, answers: Observed, names: Names) -> None:
    name, question = probe.about, proposal.asked.id
    total = phrases("`{name}` has {n} parameter.", "`{name}` has {n} parameters.", value.params, name=name)
    lines = [f"assert_params({probe.name}, {value.params:_})"]
    proposal.checks.append(
        ProposedCheck(question, names.check(question, f"{name} parameters"), total, lines, [probe.name])
    )
    title = phrase("`{name}` is the network that is asked for.", name=name)
    why = phrase("the solution's, whatever its dress; where students choose theirs, require its output's shape instead")
    lines = [f"assert_same_network({probe.name}, trainable=True)"]
    if probe.name in answers.luck:
        why = phrase("what it learned of the data (`adapt`) hangs on luck, so its layers are asked for one by one")
        lines = layer_by_layer(probe.name, value)
    proposal.checks.append(
        ProposedCheck(question, names.check(question, f"{name} layers"), title, lines, [probe.name], why)
    )
    given = [layer.name for layer in value.layers if layer.weights]
    told = set(re.findall(r"`([^`\n]+)`", proposal.asked.text))
    if given and set(given) <= told:
        title = phrase("The layers of `{name}` have the names asked for.", name=name)
        lines = [f"assert_equal([layer.name for layer in {probe.name}.layers if layer.weights], {quoted(given)})"]
        proposal.checks.append(
            ProposedCheck(question, names.check(question, f"{name} names"), title, lines, [probe.name])
        )


def _require_history(proposal: Proposal, probe: Probe, value: History, names: Names) -> None:
    name, question = probe.about, proposal.asked.id
    title = phrase("`{name}` holds the curves asked for.", name=name)
    curves = ", ".join(map(quoted, sorted(value))) + "," * (len(set(value)) == 1)
    lines = [f"assert all({probe.name}[curve] for curve in ({curves}))"]
    proposal.checks.append(ProposedCheck(question, names.check(question, f"{name} curves"), title, lines, [probe.name]))
    if value.asked is not None:
        epochs = phrases("{n} epoch is asked for.", "{n} epochs are asked for.", value.asked)
        lines = [f"assert_equal({probe.name}.asked, {value.asked})"]
        proposal.checks.append(
            ProposedCheck(question, names.check(question, f"{name} epochs"), epochs, lines, [probe.name])
        )


def _require_printed(proposal: Proposal, answers: Observed, names: Names) -> None:
    if not proposal.asked.prints:
        return
    text, code = (next(one.name for one in proposal.probes if one.asks == asks) for asks in ("printed", "source"))
    numbers = re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", answers.printed(proposal.asked.prints))
    if 0 < len(numbers) <= 6:
        title = phrase("What is asked for is printed.")
        expected = f"({', '.join(numbers)},)" if len(numbers) == 1 else f"({', '.join(numbers)})"
        lines = [f"assert_printed({text}, {expected}, code={code})"]
        check = names.check(proposal.asked.id, "printed")
        proposal.checks.append(ProposedCheck(proposal.asked.id, check, title, lines, [text, code]))


def _require_compiled(proposal: Proposal, every: Sequence[Proposal], answers: Observed, names: Names) -> None:
    """How a network is compiled, in the question whose answer does it."""
    own = [name for name in proposal.asked.variables if ".compile(" in proposal.asked.code_of(name)]
    probes = {probe.about: probe.name for one in every for probe in one.probes}
    code = "\n".join(cell.source for cell in proposal.asked.answers)
    for name in dict.fromkeys([*own, *proposal.asked.changed]):
        value = answers.values.get(probes.get(name, ""))
        line = compiled(probes[name], value, code) if isinstance(value, Model) and ".compile(" in code else None
        if line:
            title = phrase("`{name}` is compiled as asked.", name=name)
            check = names.check(proposal.asked.id, f"{name} compiled")
            proposal.checks.append(ProposedCheck(proposal.asked.id, check, title, [line], [probes[name]]))
