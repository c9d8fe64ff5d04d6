"""Notebooks of other tools, and of none, made an assignment: what is an answer, what a test, what it is worth."""

from __future__ import annotations

import math
import re

import pytest

from autograder.authoring.convert import Converted, convert
from autograder.authoring.finding import Guesses
from autograder.authoring.parts import is_unwritten, marked, whole, written
from autograder.authoring.points import points_in, question_id
from autograder.authoring.visible import split
from autograder.notebook.between import regions, without_regions
from autograder.notebook.formats import Notebook, NotebookCell


def notebook(*cells: str) -> Notebook:
    """A notebook of texts: « md: … », « raw: … », code."""
    kinds = {"md": "markdown", "raw": "raw"}
    found = []
    for cell in cells:
        kind, colon, rest = cell.partition(": ")
        known = colon and kind in kinds
        found.append(NotebookCell(kinds[kind] if known else "code", rest if known else cell))
    return Notebook(tuple(found))


def converted(*cells: str, language: str = "en") -> Converted:
    return convert(notebook(*cells), language, Guesses())


def roles(found: Converted) -> list[tuple[str, str, float | None]]:
    """Kind, id and points of the cells that have a role."""
    kinds = {(True, False): "tests", (False, True): "answer", (True, True): "graded answer"}
    return [
        (kinds[one.role["grade"], one.role["solution"]], one.role["grade_id"], one.role.get("points"))
        for one in found.cells
        if one.role
    ]


def student_lines(source: str) -> list[str]:
    """The lines that are given, by nbgrader's markers."""
    given, inside = [], False
    for line in source.split("\n"):
        if "BEGIN SOLUTION" in line or "END SOLUTION" in line:
            inside = "BEGIN" in line
        elif not inside:
            given.append(line)
    return given


# --- Marks of other tools ---------------------------------------------------------------------------------------------

COURSERA = (
    "def f(x):\n    # (one line)\n    ### START CODE HERE ###\n    y = x + 1\n    ### END CODE HERE ###\n    return y"
)


@pytest.mark.parametrize(
    ("source", "given"),
    [
        (COURSERA, ["def f(x):", "    # (one line)", "    return y"]),
        ("def f(x):\n    # BEGIN SOLUTION NO PROMPT\n    return x\n    # END SOLUTION", ["def f(x):"]),
        ("def f(x):\n    y = x  # SOLUTION\n    return y", ["def f(x):", "    return y"]),
        ("def f(x):\n    return sum(  # SOLUTION\n        x\n    )\nz = 1", ["def f(x):", "z = 1"]),
        ("def f(x):\n    # YOUR CODE HERE\n    y = x\n    return y\n\nz = 1", ["def f(x):", "", "z = 1"]),
        ("def f(x):\n    # VOTRE CODE ICI\n    return x", ["def f(x):"]),
        ("# À compléter\nx = 3", []),
        ("# *****START OF YOUR CODE (KEEP THIS)*****\nx = 1\n# *****END OF YOUR CODE*****\ny = 2", ["y = 2"]),
        ("a = 1\n# YOUR CODE STARTS HERE\nb = 2\n# YOUR CODE ENDS HERE", ["a = 1"]),
        ('""" # BEGIN PROMPT\nx = ...\n"""; # END PROMPT\n# BEGIN SOLUTION\nx = 1\n# END SOLUTION', []),
        ("# TODO: write it\nx = 1", []),
        ("def f(x):\n    # START CODE HERE\n    return x\n", ["def f(x):"]),  # never closed
    ],
)  # fmt: skip
def test_marks_are_written_anew(source: str, given: list[str]) -> None:
    parts = marked(source, weak=True)
    assert parts is not None
    text = written(parts)
    assert [line for line in student_lines(text) if line or line in given] == given
    assert text.count("BEGIN SOLUTION") == text.count("END SOLUTION") == 1
    assert not is_unwritten(parts)


@pytest.mark.parametrize(
    "source", ["x = 1", "# the start of training\nx = 1", "print('YOUR CODE HERE')", "solution = 2"]
)
def test_what_marks_nothing(source: str) -> None:
    assert marked(source) is None


@pytest.mark.parametrize(
    "source",
    [
        "# YOUR CODE HERE\nraise NotImplementedError()",
        "def f(x):\n    # START CODE HERE\n    y = None\n    # END CODE HERE\n    return y",
        "def f(x):\n    # YOUR CODE HERE\n    pass",
        "# START CODE HERE ### (≈ 2 lines)\n\n# END CODE HERE",
        "def f(x):\n    # TODO\n    a, b = None, None",
    ],
)
def test_a_place_without_a_solution_is_known_and_stays_python(source: str) -> None:
    parts = marked(source, weak=True)
    assert parts is not None
    assert is_unwritten(parts)
    compile(written(parts), "cell", "exec")


def test_a_plain_cell_keeps_what_names_it() -> None:
    source = (
        "# given\nimport math\n\n@cache\ndef f(\n    x,\n):\n    '''Doc.'''\n    # how\n    return x\n\nclass A:\n"
        "    size = 3\n    def g(self):\n        return 1\n\ny = f(2)\n"
    )
    text = written(whole(source), note="a guess")
    given = [line for line in student_lines(text) if line.strip()]
    assert given == ["# given", "import math", "@cache", "def f(", "    x,", "):", "    '''Doc.'''", "class A:",
                     "    def g(self):", "y = f(2)"]  # fmt: skip
    assert text.count("# a guess") == 1
    assert "    ### BEGIN SOLUTION\n    # a guess\n    # how\n    return x" in text


def test_a_cell_that_is_no_python_is_a_solution_as_a_whole() -> None:
    assert student_lines(written(whole("%%bash\nls |"))) == []


# --- Visible tests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "known", "code", "tests"),
    [
        ("def f(x): return x\n\nassert f(1) == 1", set(), "def f(x): return x", "assert f(1) == 1"),
        ("def f(x): pass\n# looks\ny = f(1)\nassert y", set(), "def f(x): pass", "# looks\ny = f(1)\nassert y"),
        ("y = f(1)\nassert y == 1", {"f"}, "", "y = f(1)\nassert y == 1"),
        ("y = 3\nassert y == 3", set(), "y = 3", "assert y == 3"),
        ("import a\na.testing.assert_equal(y, 2)", set(), "", "import a\na.testing.assert_equal(y, 2)"),
        ("zero_pad_test(zero_pad)", set(), "", "zero_pad_test(zero_pad)"),
        ("for n in range(3):\n    assert f(n)", set(), "", "for n in range(3):\n    assert f(n)"),
        ("assert x\ndef f(): pass", set(), "assert x\ndef f(): pass", ""),  # a guard, not a test
        ("def f(x):\n    assert x\n    return x", set(), "def f(x):\n    assert x\n    return x", ""),
    ],
)  # fmt: skip
def test_tests_are_told_from_code(source: str, known: set[str], code: str, tests: str) -> None:
    assert split(source, known) == (code, tests)


# --- Points and names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("### Exercice 1 (2 points)", 2),
        ("## Q1 [1.5 pts]", 1.5),
        ("Un texte (sur 3,5 points, bonus compris).", 3.5),
        ("**4 points**", 4),
        ("Points: 3", 3),
        ("**Barème :** 2", 2),
        ("### Exercise 2: a network - 5 marks", 5),
        ("### Question 3 /4", 4),
        ("Draw 100 points from a Gaussian.", None),
        ("### A cloud of 100 points", None),
        ("points", None),
        ("(see figure 2)", None),
    ],
)
def test_points_are_read_where_they_are_said(text: str, points: float | None) -> None:
    assert points_in(text) == points


def test_ids_are_plain_and_of_their_own() -> None:
    assert question_id("Écart_type", ()) == "ecart-type"
    assert question_id("f", {"f", "f-2"}) == "f-3"
    assert question_id("卷积", ()) == "question"


# --- Whole notebooks --------------------------------------------------------------------------------------------------


NETWORK = "model = keras.Sequential([keras.layers.Dense(1)])\nmodel.compile('sgd', 'mse')\nys = np.array([1.0, 1.5])"
CALLBACK = "class Stop(keras.callbacks.Callback):\n    def on_epoch_end(self, epoch, logs):\n        pass\n"
OWN = "class Net(nn.Module):\n    def forward(self, x):\n        return x\n"


@pytest.mark.parametrize(
    ("told", "answer", "name"),
    [
        ("## The house", NETWORK, "model"),
        ("## The digits", f"{CALLBACK}stop = Stop()\n{NETWORK}", "model"),
        ("## A module", f"{OWN}reseau = Net()\nlr = 0.1", "net"),
        (
            "## A loop\n\nStore the total in `total`.",
            "total = 0\nfor i in range(3):\n    total += i\nlast = i",
            "total",
        ),
        ("## A function", f"def f(x):\n    return x\n{NETWORK}", "f"),
        ("## Stopping early", f"{CALLBACK}stop = Stop()", "stop"),
        ("## Two values", "a = 1\nb = 2", "b"),
    ],
)
def test_a_question_has_the_likeliest_name_of_its_answer(told: str, answer: str, name: str) -> None:
    found = converted(f"md: {told}", f"{answer}  # SOLUTION" if "\n" not in answer else f"# Solution\n{answer}")
    assert found.questions == [name]


def test_paragraphs_that_call_themselves_exercises_begin_one_each() -> None:
    asked = "md: Now the output.\n\n> **Exercise**: Calculate it.", "md: > **Exercise:** With `tf.matmul`."
    found = converted("md: # A network", asked[0], "## Solution\ny = f(x)", asked[1], "## Solution\ny = f(x @ w)")
    assert found.questions == ["y", "y-2"]
    assert [one for one in found.guesses if "taken for an answer" in one] == []
    assert all("Solution" not in line for cell in found.cells for line in student_lines(cell.source))


def test_a_plain_notebook_with_asserts() -> None:
    found = converted(
        "md: # TP\nBarème : 5 points",
        "import numpy as np",
        "md: ## Exercice 1 (2 points)",
        "def double(x):\n    return 2 * x\n\nassert double(1) == 2",
        "md: ## Exercice 2 (3 points)",
        "total = double(4)",
        "md: Vérifiez :",
        "assert total == 8",
        "md: ## Fin",
        "print(total)",
        language="fr",
    )
    assert roles(found) == [
        ("answer", "double-reponse", None),
        ("tests", "double", 2),
        ("answer", "total-reponse", None),
        ("tests", "total", 3),
    ]
    assert (found.guesses, found.to_do, found.untested) == ([], [], [])


def test_what_nothing_says_is_guessed_marked_and_told() -> None:
    found = converted("md: ## Exercise 1", "def f(x):\n    return x", "md: ## Exercise 2", "y = f(3)", language="fr")
    assert roles(found) == [("graded answer", "f", 1), ("graded answer", "y", 1)]
    assert len(found.guesses) == 4
    assert found.untested == ["f", "y"]
    assert "# À VÉRIFIER\N{NO-BREAK SPACE}:" in found.cells[1].source
    assert all("VÉRIFIER" not in line for line in student_lines(found.cells[1].source))


NUMBERED = (
    "md: ### 1. Make a tensor.",
    "x = [1, 2]",
    "md: ### 2) Its size",
    "print(len(x))",
    "md: ### 3. Sum",
    "s = sum(x)",
)


@pytest.mark.parametrize(
    ("title", "questions", "nameless"),
    [
        ("# Chapter one\n\n## Exercises on tensors", ["x", "s"], ["cell 5"]),
        ("# Exercices", ["x", "s"], ["cell 5"]),
        ("# An introduction\n\nNo questions asked.", [], ["no answer was found"]),
    ],
)
def test_numbered_headings_of_a_notebook_of_exercises_ask(
    title: str, questions: list[str], nameless: list[str]
) -> None:
    found = converted(f"md: {title}", *NUMBERED)
    assert found.questions == questions
    assert [one.partition(": ")[0].partition(" stands")[0] for one in found.to_do] == nameless


@pytest.mark.parametrize("shown", ["x", "1", "x: int", "import re"])
def test_what_an_exercise_only_shows_is_not_to_do(shown: str) -> None:
    assert converted("md: # Exercise 1", "x = 1", "md: # Exercise 2", shown).to_do == []


def test_points_in_the_plane_are_no_points() -> None:
    found = converted(
        "md: **Two classes of random points in a plane**", "x = [1, 2]", "md: # Then", "def f():\n    pass"
    )
    assert found.questions == ["f"]


def test_what_is_asked_is_neither_marked_nor_told() -> None:
    class Author:
        certain = True

        def is_answer(self, number: int, source: str) -> bool:
            return number == 1

        def points(self, title: str, guess: float) -> float:
            return 7

    found = convert(notebook("def f(x):\n    return x", "def given(x):\n    return x"), "en", Author())
    assert roles(found) == [("graded answer", "f", 7)]
    assert found.guesses == []
    assert "TO CHECK" not in found.cells[0].source
    assert "SOLUTION" not in found.cells[1].source


def test_otters_cells() -> None:
    found = converted(
        "raw: # ASSIGNMENT CONFIG\ninit_cell: true",
        "import otter\ngrader = otter.Notebook()",
        "raw: # BEGIN QUESTION\nname: q1\npoints: 3",
        "md: Square it.",
        "raw: # BEGIN SOLUTION",
        "def square(x):\n    return x ** 2",
        "raw: # END SOLUTION",
        "raw: # BEGIN TESTS",
        '""" # BEGIN TEST CONFIG\npoints: 1\n""" # END TEST CONFIG\nassert square(2) == 4',
        "# HIDDEN TEST\nassert square(5) == 25",
        "raw: # END TESTS",
        "raw: # END QUESTION",
        "raw: # BEGIN QUESTION\nname: why\nmanual: true\npoints: 2",
        "raw: # BEGIN SOLUTION",
        "md: Because.",
        "raw: # END SOLUTION",
        "raw: # END QUESTION",
        "grader.check_all()",
    )
    assert roles(found) == [("answer", "q1-answer", None), ("tests", "q1", 3), ("graded answer", "why", 2)]
    assert found.hidden == [("q1", "assert square(5) == 25")]
    assert found.by_hand == ["why"]
    assert [one.source for one in found.cells if not one.role] == ["Square it."]


def test_courseras_names_and_its_students_version() -> None:
    found = converted("md: ## Exercise 1 (5 pts)", f"# UNQ_C1\n# GRADED FUNCTION: the_f\n{COURSERA}", "f_test(f)")
    assert roles(found) == [("answer", "the-f-answer", None), ("tests", "the-f", 5)]
    unwritten = COURSERA.replace("x + 1", "None")
    assert converted("md: ## Exercise 1 (5 pts)", unwritten, "assert f(1) == 2").to_do == [
        "cell 2 (f-answer): its solution is still to be written"
    ]


def test_nbgraders_roles_stay_and_hidden_tests_go_out() -> None:
    role = {"grade": True, "solution": False, "locked": True, "points": 4, "grade_id": "f", "schema_version": 1}
    answer = {"grade": False, "solution": True, "locked": False, "grade_id": "f-a", "schema_version": 1}
    tests = "assert f(1) == 2\n### BEGIN HIDDEN TESTS\nassert f(4) == 5\n### END HIDDEN TESTS"
    cells = (
        NotebookCell("code", COURSERA, {"nbgrader": answer}),
        NotebookCell("code", tests, {"nbgrader": role, "tags": ["a"]}),
    )
    found = convert(Notebook(cells), "en", Guesses())
    assert roles(found) == [("answer", "f-a", None), ("tests", "f", 4)]
    assert (found.cells[1].source, found.hidden) == ("assert f(1) == 2", [("f", "assert f(4) == 5")])
    assert found.cells[1].metadata == {"tags": ["a"]}


def test_answers_in_words_are_for_somebody_to_mark() -> None:
    found = converted(
        "md: ## Question 1 : pourquoi ? (2 points)", "md: *Votre réponse ici*", "md: ## Fin", language="fr"
    )
    assert roles(found) == [("graded answer", "question-1-pourquoi", 2)]
    assert found.by_hand == ["question-1-pourquoi"]


ASKED = "md: ## Exercise 2: why does it need four gates? (2 points)\n\n*Your answer below.*"


@pytest.mark.parametrize(
    ("below", "answers"),
    [
        (["md: Because each gate has weights of its own."], 1),
        (["md: Because each gate has weights of its own.", "md: ## The end", "x = 1"], 1),
        (["md: Look at this cell first.", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"], 0),  # the answer is code
        (["md: ### A hint\n\nThink of the cell."], 0),  # another part
        (["x = 1", "md: This cell makes x."], 0),
        ([], 0),
    ],
)
def test_a_text_right_below_a_question_put_in_words_may_be_its_answer(below: list[str], answers: int) -> None:
    found = converted("md: ## Exercise 1 (1 point)", f"# START CODE HERE\n{COURSERA}\n# END CODE HERE", ASKED, *below)
    assert len(found.by_hand) == answers
    assert [one for one in found.guesses if "in words" in one] == [
        "cell 4: taken for an answer in words: nothing marks it"
    ] * answers


def test_without_any_answer_it_says_how_to_mark_one() -> None:
    found = converted("md: # Nothing", "print(1)")
    (said,) = found.to_do
    assert said.startswith("no answer was found: set one off with lines « ### BEGIN SOLUTION » and ")


def test_data_under_an_exercise_that_tests_tell_the_answer_of_are_given() -> None:
    found = converted("md: ## Exercise 1 (2 points)", "x = [1, 2]", "total = sum(x)", "assert total == 3")
    assert roles(found) == [("answer", "total-answer", None), ("tests", "total", 2)]


HEAD = "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        ([HEAD, "assert f(1)\n{}"], "### BEGIN HIDDEN TESTS\n"),
        (["raw: # BEGIN TESTS", "{}"], '""" # BEGIN TEST CONFIG\n\n'),
        (["{}"], '""" # BEGIN PROMPT\n\n'),
        (["md: {}"], "```x\n# BEGIN QUESTION\n"),
        (["md: ```{}\nBEGIN\n"], " "),
    ],
)
def test_marks_that_are_never_closed_are_read_once(cells: list[str], mark: str) -> None:
    # Where each of them is looked for to the end of the text, this does not end in minutes.
    assert converted(*(text.replace("{}", mark * 20_000) for text in cells)).questions is not None


def test_what_is_between_marks_goes_with_them() -> None:
    opens, closes = re.compile("<"), re.compile(">")
    assert [one.inside for one in regions("a<b>c<d<e>f>g<h", opens, closes)] == ["b", "d<e"]
    assert without_regions("a<b>c<d<e>f>g<h", opens, closes) == "acf>g<h"
    assert without_regions("", opens, closes) == ""


@pytest.mark.parametrize("points", [math.inf, -math.inf, math.nan, -3, pytest.param(10**400, id="huge"), 1e300])
def test_points_that_cannot_be_earned_are_to_be_written(points: float) -> None:
    role = {"grade": True, "solution": False, "locked": True, "points": points, "grade_id": "f", "schema_version": 1}
    found = convert(Notebook((NotebookCell("code", "assert f(1)", {"nbgrader": role}),)), "en", Guesses())
    assert roles(found) == [("tests", "f", 0)]
    assert [text for text in found.to_do if "points cannot be earned, 0 are written" in text]


@pytest.mark.parametrize("points", [".inf", ".nan", "-1", "1e999"])
def test_otters_points_that_cannot_be_earned_are_to_be_written(points: str) -> None:
    begin = f"raw: # BEGIN QUESTION\nname: q\npoints: {points}"
    found = converted(begin, "raw: # BEGIN SOLUTION", "x = 1", "raw: # END SOLUTION", "raw: # END QUESTION")
    assert [cell.role["points"] for cell in found.cells if cell.role] in ([0], [1.0])
    assert all(cell.role["points"] >= 0 for cell in found.cells if cell.role)
