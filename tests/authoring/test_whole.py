"""What of a plain cell students are given, beside the functions that they write."""

from __future__ import annotations

import pytest

from autograder.authoring.parts import whole, written


@pytest.mark.parametrize(
    ("after", "text", "given"),
    [
        ("clean = f(df)", "Write `f(df)`, which cleans it.", True),
        ("X, y = f(df)", "Write `f`: it gives `(X, y)`, and `X` is an array.", True),
        ("print(f(3))", "Write `f`.", True),
        ("print(f(3))", "Write `f` and print its result for 3.", False),
        ("total = f(3)", "2. Put in `total` what comes of it.", False),
        ("net = f()", "Then make an instance of it, called `net`.", False),
        ("total = f(3) + f(4)", "Write `f`.", False),
        ("total = 3", "Write `f`.", False),
    ],
)
def test_what_only_calls_the_function_of_an_answer_is_given(after: str, text: str, given: bool) -> None:
    source = f"def f(*x):\n    return x\n\n{after}\nz = 2"
    lines = written(whole(source, text)).split("\n")
    inside = {n for n in range(len(lines)) if _opened(lines[:n]) > 0}
    left = [line for n, line in enumerate(lines) if n not in inside]
    assert (after in left, "z = 2" in left) == (given, False)


def _opened(lines: list[str]) -> int:
    """Solutions that are begun in lines, and not ended."""
    return sum("BEGIN SOLUTION" in line for line in lines) - sum("END SOLUTION" in line for line in lines)


CELL = '''\
class Stop(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs):
        text = """
over
"""
        self.model.stop_training = bool(text)

mnist = tf.keras.datasets.mnist
(x, y), _ = mnist.load_data()

x = x / 255.0
stop = Stop()
'''


def test_data_are_given_and_each_block_is_a_solution_of_its_own() -> None:
    text = written(whole(CELL))
    compile(text, "cell", "exec")
    given, inside, solutions = [], False, list[str]()
    for line in text.split("\n"):
        if "SOLUTION" in line:
            inside = "BEGIN" in line
            solutions += [""] * inside
        elif inside:
            solutions[-1] += f"{line}\n"
        elif line:
            given.append(line)
    assert given == [
        "class Stop(tf.keras.callbacks.Callback):",
        "    def on_epoch_end(self, epoch, logs):",
        "mnist = tf.keras.datasets.mnist",
        "(x, y), _ = mnist.load_data()",
        "stop = Stop()",
    ]
    body = CELL.split("\n")
    assert solutions == ["\n".join(body[2:6]) + "\n", "x = x / 255.0\n"]


def test_a_function_and_what_stands_below_it_are_two_solutions() -> None:
    assert written(whole("def f(x):\n    return x\n\n\nz = 2 * f(3) + 1")).count("BEGIN SOLUTION") == 2
