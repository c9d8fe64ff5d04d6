"""`assert_reaches` as students read it: a real judge, networks and trainings made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autograder.evidence import Evidence, TrainingRun
from autograder.judge.channel import Case, Judged, TrainingCase
from autograder.judge.process import Judge
from autograder.recipes import MetricName, Threshold
from autograder.wire import codec
from autograder.wire.messages import Answer, Answered, Array, Fault, Figure, Scalar
from exams import exam, training_run
from networks import chain, dense

CHECKS = """
from autograder import predictions, question, trained, trained_by, variable
from autograder.asserts import assert_reaches

reached = trained("network", recipe="short")
guessed = predictions("predictor", recipe="short", hidden="secret")
learned = trained_by("learn", recipe="short", hidden="secret")
plain = variable("plain")


@question("q")
def test_reached(reached):
    "The network is good."
    assert_reaches(reached)


@question("q")
def test_reached_top(reached):
    "The network is nearly good."
    assert_reaches(reached, "top_5_accuracy")


@question("q")
def test_both(reached):
    "The network is good, and nearly good."
    assert_reaches(reached)
    assert_reaches(reached, "top_5_accuracy")


@question("q")
def test_accuracy(reached):
    "The network has some accuracy."
    assert reached.accuracy > 0.5


@question("q")
def test_guessed(guessed):
    "The predictions are good."
    assert_reaches(guessed)


@question("q")
def test_guessed_top(guessed):
    "The predictions are nearly good."
    assert_reaches(guessed, "top_5_accuracy")


@question("q")
def test_learned(learned):
    "The function trains well."
    assert_reaches(learned)


@question("q")
def test_plain(plain):
    "A number reaches nothing."
    assert_reaches(plain)
"""

NETWORK = chain(dense(10), input_shape=(4,))
NBSP = "\N{NO-BREAK SPACE}"
EPOCHS: tuple[Figure, ...] = (2.25, 1.5, 0.75)
LABELS = np.arange(20) % 10
BUDGET = 3
NEAR, GOOD, WEAK = 0.69, 0.83, 0.6
"""Scores around the bar of 0.7."""


def threshold(bar: float, spread: float = 0.01) -> Threshold:
    return Threshold(bar=bar, mean=bar, spread=spread, runs=20, fails=0.001, of="of")


THRESHOLDS: dict[MetricName, Threshold] = {"accuracy": threshold(0.7), "top_5_accuracy": threshold(0.9)}


def run(accuracy: Figure = None, *, losses: Sequence[Figure] = EPOCHS, fault: Fault | None = None) -> TrainingRun:
    """A training of five epochs at most, that ended with these losses and this accuracy."""
    return training_run(
        seconds=61.3,
        asked=5,
        epochs=[{"loss": loss} for loss in losses],
        scores={} if fault else {"accuracy": accuracy},
        fault=fault,
    )


def case(*runs: TrainingRun, labels: NDArray[Any] | None = None, **changes: Any) -> TrainingCase:
    """A case of these trainings, or of hidden labels, which will be blob 0."""
    fields: dict[str, Any] = {
        "recipe": "short",
        "profile": "cpu",
        "budget": BUDGET,
        "thresholds": THRESHOLDS,
        "data": "mnist",
        "stand_in": False,
        "runs": runs,
        "labels": None if labels is None else Array("int64", labels.shape, 0),
    }
    return TrainingCase(**{**fields, **changes})


class Court:
    """One judge, which hears case after case."""

    def __init__(self, judge: Judge, folder: Path) -> None:
        self._judge = judge
        self._path = folder / "student.evidence"

    def hear(
        self,
        check: str,
        answers: Mapping[str, Answer | NDArray[Any]],
        trainings: Mapping[str, TrainingCase],
        *,
        language: str = "en",
        hidden: bool = False,
    ) -> Judged:
        """Return the verdict of one check."""
        frames = []
        for name, answer in answers.items():
            blobs: list[bytes] = []
            artifact = codec.array_record(answer, blobs) if isinstance(answer, np.ndarray) else answer
            frames.append(codec.pack(Answered(name, 0.0, artifact), blobs))
        Evidence(exam(), tuple(frames)).save(self._path)
        request = Case(str(self._path), "", language, hidden, dict(trainings))
        judged = self._judge.judge(request, [LABELS.astype("<i8").tobytes()])
        return next(one for one in judged if one.outcome.name == check)

    def network(self, *runs: TrainingRun, check: str = "test_reached", **options: Any) -> Judged:
        """Judge a network that was trained so."""
        changes = {name: options.pop(name) for name in ("thresholds", "stand_in", "budget") if name in options}
        return self.hear(check, {"reached": NETWORK}, {"reached": case(*runs, **changes)}, **options)

    def predictions(self, values: Answer | NDArray[Any], *, check: str = "test_guessed", **options: Any) -> Judged:
        """Judge predictions of the hidden labels."""
        changes = {name: options.pop(name) for name in ("thresholds", "stand_in") if name in options}
        probe = "learned" if check == "test_learned" else "guessed"
        return self.hear(check, {probe: values}, {probe: case(labels=LABELS, **changes)}, **options)


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp("court")
    checks = folder / "checks.py"
    checks.write_text(CHECKS)
    with Judge(checks) as judge:
        yield Court(judge, folder)


def said(judged: Judged) -> tuple[str, str]:
    """The status, and what the student reads; nothing else is to be known."""
    assert (judged.ours, judged.wants) == ("", "")
    return judged.outcome.status, judged.outcome.message


# --- A network, trained by us -----------------------------------------------------------------------------------------


IN_ONE = "expected  at least 70 %, in one of 3 trainings"
IN_ONE_FR = f"attendu  au moins 70{NBSP}%, lors d'un entraînement sur 3"
THRICE = "received  60 % on the test examples, the best of 3 trainings (60 · 60 · 60)"
THRICE_FR = f"reçu     60{NBSP}% sur les exemples de test, au mieux des 3 entraînements (60 · 60 · 60)"
TOO_LITTLE = "every student's network is trained the same way: it is this architecture that learns too little."


def test_a_good_network_passes_and_is_told_its_score(court: Court) -> None:
    assert said(court.network(run(GOOD))) == (
        "passed",
        f"received  83 % on the test examples, in 1 training\n{IN_ONE}",
    )
    assert said(court.network(run(GOOD), language="fr")) == (
        "passed",
        f"reçu     83{NBSP}% sur les exemples de test, en 1 entraînement\n{IN_ONE_FR}",
    )


def test_one_training_of_several_is_enough(court: Court) -> None:
    assert said(court.network(run(0.1), run(0.7421))) == (
        "passed",
        f"received  74.2 % on the test examples, the best of 2 trainings (10 · 74.2)\n{IN_ONE}",
    )
    assert said(court.network(run(None), run(0.69), run(0.7), language="fr")) == (
        "passed",
        f"reçu     70{NBSP}% sur les exemples de test, au mieux des 3 entraînements (nan · 69 · 70)\n{IN_ONE_FR}",
    )


@pytest.mark.parametrize("runs", [(), (run(WEAK),), (run(NEAR), run(0.1)), (run(None),)])
def test_one_low_score_asks_for_another(court: Court, runs: tuple[TrainingRun, ...]) -> None:
    judged = court.network(*runs)
    assert (judged.outcome.status, judged.outcome.message, judged.ours) == ("ungraded", "", "")
    assert judged.wants == "reached"


def test_a_check_of_its_own_asks_for_a_training_too(court: Court) -> None:
    assert court.network(check="test_accuracy").wants == "reached"
    assert said(court.network(run(0.51), check="test_accuracy")) == ("passed", "")


def test_trainings_beyond_those_that_tell_are_not_looked_at(court: Court) -> None:
    alone = said(court.network(run(GOOD)))
    assert said(court.network(run(GOOD), run(WEAK), run(WEAK))) == alone
    assert said(court.network(run(GOOD), run(fault=Fault(kind="time")))) == alone


def test_a_weak_network_fails_with_its_curve(court: Court) -> None:
    assert said(court.network(*[run(WEAK)] * BUDGET)) == (
        "failed",
        f"{THRICE}\n{IN_ONE}\nwhere     loss over 3 of 5 epochs: █▅▁ 2.25 → 0.75\nhint      {TOO_LITTLE}",
    )
    assert said(court.network(*[run(WEAK)] * BUDGET, language="fr")) == (
        "failed",
        f"{THRICE_FR}\n{IN_ONE_FR}\n"
        f"où       perte, 3 époques sur 5{NBSP}: █▅▁ 2,25 → 0,75\n"
        f"piste    tous les réseaux sont entraînés de la même façon{NBSP}: "
        "c'est cette architecture qui apprend trop peu.",
    )


def test_what_learns_its_examples_by_heart_is_told_so(court: Court) -> None:
    learned = training_run(
        asked=2, epochs=[{"loss": 0.9, "accuracy": 0.6}, {"loss": 0.05, "accuracy": 0.988}], scores={"accuracy": 0.61}
    )
    message = court.network(*[learned] * BUDGET).outcome.message
    assert message.splitlines()[-1] == (
        "hint      it learns the training examples (98.8 %) and does not carry over to others: it over-fits. Fewer "
        "weights, Dropout or pooling help."
    )
    assert court.network(*[learned] * BUDGET, language="fr").outcome.message.splitlines()[-1] == (
        f"piste    il apprend les exemples d'entraînement (98,8{NBSP}%) mais ne généralise pas aux autres{NBSP}: il "
        "sur-apprend. Moins de poids, du Dropout ou du pooling l'éviteraient."
    )


def test_the_curve_is_that_of_the_best_training(court: Court) -> None:
    message = court.network(run(0.1, losses=[9.0, 9.0]), run(WEAK, losses=[4.0, 3.0]), run(0.1)).outcome.message
    assert message.splitlines()[0] == "received  60 % on the test examples, the best of 3 trainings (10 · 60 · 10)"
    assert message.splitlines()[2] == "where     loss over 2 of 5 epochs: █▁ 4 → 3"


def test_a_hidden_expectation_is_not_said(court: Court) -> None:
    assert said(court.network(run(GOOD), hidden=True)) == (
        "passed",
        "received  83 % on the test examples, in 1 training",
    )
    assert said(court.network(*[run(WEAK)] * BUDGET, hidden=True)) == (
        "failed",
        f"{THRICE}\nwhere     loss over 3 of 5 epochs: █▅▁ 2.25 → 0.75\nhint      {TOO_LITTLE}",
    )


def test_a_training_that_diverged_says_when(court: Court) -> None:
    assert said(court.network(*[run(None, losses=[2.5, 9.0, None])] * BUDGET)) == (
        "failed",
        "received  0 % on the test examples, the best of 3 trainings (nan · nan · nan)\n"
        f"{IN_ONE}\n"
        "where     loss over 3 of 5 epochs: ▁█✗ 2.5 → nan\n"
        "hint      the training diverged: at epoch 3 the loss was no longer a number. "
        "Look at the last layer's activation.",
    )
    assert said(court.network(*[run(0.1, losses=[None])] * BUDGET, language="fr")) == (
        "failed",
        f"reçu     10{NBSP}% sur les exemples de test, au mieux des 3 entraînements (10 · 10 · 10)\n"
        f"{IN_ONE_FR}\n"
        f"où       perte, 1 époques sur 5{NBSP}: ✗ nan → nan\n"
        f"piste    l'entraînement a divergé{NBSP}: à l'époque 1, la perte n'était plus un nombre. "
        "Regardez l'activation de la dernière couche.",
    )


STAND_IN = "measured on stand-in data, not on the real mnist"


def test_stand_in_data_are_said_whatever_the_verdict(court: Court) -> None:
    passed, failed = (said(court.network(*runs, stand_in=True))[1] for runs in ([run(GOOD)], [run(WEAK)] * BUDGET))
    assert passed.endswith(f"{IN_ONE}\nhint      {STAND_IN}")
    assert failed.endswith(f"architecture that learns too little.\n          {STAND_IN}")
    assert said(court.network(run(GOOD), stand_in=True, language="fr"))[1].endswith(
        "\npiste    mesuré sur des données de remplacement, et non sur les vraies données de mnist"
    )


HINT = "hint      look at the size of the network: layers far wider than asked for cost time and memory."
FRENCH_HINT = (
    f"piste  regardez la taille du réseau{NBSP}: des couches bien plus larges que demandé coûtent du temps et de la "
    "mémoire."
)


@pytest.mark.parametrize(
    ("fault", "english", "french"),
    [
        (
            Fault(kind="time"),
            "received  the training was stopped: it was still running after 61 seconds\n"
            f"where     loss over 3 of 5 epochs: █▅▁ 2.25 → 0.75\n{HINT}",
            f"reçu   l'entraînement a été arrêté{NBSP}: il durait encore après 61 secondes\n"
            f"où     perte, 3 époques sur 5{NBSP}: █▅▁ 2,25 → 0,75\n{FRENCH_HINT}",
        ),
        (
            Fault(kind="memory"),
            "received  the training was stopped: it took more memory than allowed\n"
            f"where     loss over 3 of 5 epochs: █▅▁ 2.25 → 0.75\n{HINT}",
            f"reçu   l'entraînement a été arrêté{NBSP}: il prenait plus de mémoire que permis\n"
            f"où     perte, 3 époques sur 5{NBSP}: █▅▁ 2,25 → 0,75\n{FRENCH_HINT}",
        ),
        (
            Fault(kind="untrainable", error="code", message="f (Lambda): its code", names=["f (Lambda)"]),
            "received  a network with a Lambda layer, whose code is not run in training: f (Lambda)",
            "reçu  un réseau avec une couche Lambda, dont le code n'est pas exécuté à l'entraînement"
            f"{NBSP}: f (Lambda)",
        ),
        (
            Fault(kind="untrainable", error="output shape", names=["(None, 3)", "(None, 10)"]),
            "received  a network whose output has shape (None, 3): (None, 10) is expected",
            f"reçu  un réseau dont la sortie est de forme (None, 3){NBSP}: (None, 10) est attendu",
        ),
    ],
    ids=["time", "memory", "a Lambda layer", "another shape"],
)
def test_a_training_that_gave_no_score_says_why(court: Court, fault: Fault, english: str, french: str) -> None:
    failed = run(fault=fault)
    assert said(court.network(failed)) == ("errored", english)
    assert said(court.network(run(WEAK), failed, language="fr")) == ("errored", french)
    assert said(court.network(failed, check="test_accuracy")) == ("errored", english)


def test_every_score_a_check_asks_for_is_told(court: Court) -> None:
    both = run(GOOD)
    both.scores["top_5_accuracy"] = 0.99
    assert said(court.network(both, check="test_both")) == (
        "passed",
        f"received  83 % on the test examples, in 1 training\n{IN_ONE}\n"
        "received  99 % on the test examples, in 1 training\nexpected  at least 90 %, in one of 3 trainings",
    )


def test_an_answer_that_is_no_network_fails(court: Court) -> None:
    judged = court.hear("test_reached", {"reached": Scalar("int", "3")}, {"reached": case()})
    assert said(judged) == ("failed", "received  a number\nexpected  a network")


# --- What is the instructor's to mend ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "thresholds", "advice"),
    [
        (
            "test_reached",
            {},
            "checks.py:14: LookupError: recipe 'short' has no calibrated threshold for 'accuracy' under profile 'cpu': "
            "run `autograder calibrate`",
        ),
        (
            "test_reached_top",
            {"accuracy": threshold(0.7)},
            "checks.py:20: LookupError: recipe 'short' has no calibrated threshold for 'top_5_accuracy' under profile "
            "'cpu': run `autograder calibrate`",
        ),
        (
            "test_reached_top",
            THRESHOLDS,
            "checks.py:20: LookupError: recipe 'short' does not measure 'top_5_accuracy'; it measures accuracy",
        ),
    ],
)
def test_a_bar_that_is_not_calibrated_is_ours(
    court: Court, check: str, thresholds: Mapping[MetricName, Threshold], advice: str
) -> None:
    judged = court.network(run(WEAK), check=check, thresholds=thresholds)
    assert (judged.outcome.status, judged.outcome.message, judged.wants) == ("ungraded", "", "")
    assert judged.ours == advice


def test_predictions_without_a_calibrated_bar_are_ours(court: Court) -> None:
    judged = court.predictions(LABELS, thresholds={})
    assert judged.outcome.status == "ungraded"
    assert judged.ours.endswith(
        "no calibrated threshold for 'accuracy' under profile 'cpu': run `autograder calibrate`"
    )


def test_only_what_was_trained_or_predicted_reaches(court: Court) -> None:
    judged = court.hear("test_plain", {"plain": Scalar("int", "3")}, {})
    assert judged.outcome.status == "ungraded"
    assert judged.ours == ("checks.py:57: TypeError: assert_reaches takes a trained network or predictions, not a int")


def test_a_probe_of_which_nothing_is_known_is_ours(court: Court) -> None:
    judged = court.hear("test_reached", {"reached": NETWORK}, {})
    assert judged.outcome.status == "ungraded"
    assert judged.ours.endswith("LookupError: nothing is known of the recipe 'short': judge with `autograder judge`")


# --- Predictions of what is hidden ------------------------------------------------------------------------------------


def scores(right: int) -> NDArray[Any]:
    """One row of scores for each hidden example, the first `right` of them right, the class before it second."""
    found = np.eye(10)[LABELS] + 0.5 * np.eye(10)[LABELS - 1]
    found[right:] = np.roll(found[right:], 1, axis=1)
    return found


@pytest.mark.parametrize("check", ["test_guessed", "test_learned"])
def test_good_predictions_pass_and_are_told_their_score(court: Court, check: str) -> None:
    assert said(court.predictions(scores(19), check=check)) == (
        "passed",
        "received  95 % of 20 hidden examples are right\nexpected  at least 70 %",
    )
    assert said(court.predictions(LABELS, check=check, language="fr")) == (
        "passed",
        f"reçu     100{NBSP}% de réponses justes sur 20 exemples cachés\nattendu  au moins 70{NBSP}%",
    )


def test_weak_predictions_fail(court: Court) -> None:
    assert said(court.predictions(scores(7))) == (
        "failed",
        "received  35 % of 20 hidden examples are right\nexpected  at least 70 %",
    )
    assert said(court.predictions(scores(7), language="fr", hidden=True)) == (
        "failed",
        f"reçu  35{NBSP}% de réponses justes sur 20 exemples cachés",
    )


def test_predictions_at_the_bar_pass(court: Court) -> None:
    assert said(court.predictions(scores(14))) == (
        "passed",
        "received  70 % of 20 hidden examples are right\nexpected  at least 70 %",
    )
    assert said(court.predictions(scores(13)))[0] == "failed"


def test_predictions_say_that_data_are_stand_ins(court: Court) -> None:
    for right in (19, 7):
        assert said(court.predictions(scores(right), stand_in=True))[1].endswith(f"\nhint      {STAND_IN}")


def test_the_five_best_predictions_are_counted(court: Court) -> None:
    assert said(court.predictions(scores(0), check="test_guessed_top")) == (
        "passed",
        "received  100 % of 20 hidden examples are right\nexpected  at least 90 %",
    )
    assert said(court.predictions(scores(0)))[0] == "failed"
    assert said(court.predictions(np.tile(np.arange(10.0), (20, 1)), check="test_guessed_top")) == (
        "failed",
        "received  50 % of 20 hidden examples are right\nexpected  at least 90 %",
    )


@pytest.mark.parametrize(
    ("values", "check"),
    [
        (np.zeros((19, 10)), "test_guessed"),
        (np.zeros((20, 0)), "test_guessed"),
        (np.zeros((20, 10, 1)), "test_guessed"),
        (np.zeros(()), "test_guessed"),
        (np.zeros(20), "test_guessed_top"),
        (np.zeros((20, 5)), "test_guessed_top"),
    ],
)
def test_predictions_of_another_shape_are_the_students(court: Court, values: NDArray[Any], check: str) -> None:
    assert said(court.predictions(values, check=check)) == (
        "failed",
        f"received  predictions of shape {values.shape}\n"
        "expected  one row of scores, or one class, for each of 20 inputs",
    )
    assert said(court.predictions(values, check=check, language="fr")) == (
        "failed",
        f"reçu     des prédictions de forme {values.shape}\n"
        "attendu  une ligne de scores, ou une classe, pour chacune des 20 entrées",
    )


def test_predictions_that_do_not_fit_their_bytes_are_the_students(court: Court) -> None:
    assert said(court.predictions(Array("float32", (20, 10), 7))) == (
        "failed",
        "received  an answer that cannot be read: an array of float32[20, 10] does not fit its bytes",
    )


def test_an_answer_that_is_no_array_fails(court: Court) -> None:
    assert said(court.predictions(Scalar("none", "None"))) == (
        "failed",
        "received  nothing (None)\nexpected  an array of predictions",
    )


def test_a_function_that_raised_gives_no_predictions(court: Court) -> None:
    assert said(court.predictions(Fault(kind="time"), check="test_learned")) == (
        "errored",
        "received  the code was stopped: it was still running at the end of its time\n"
        "hint      look for a loop that never ends, or a computation far larger than the one asked for.",
    )
