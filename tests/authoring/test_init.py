"""`autograder init`: a course that passes `validate` at once, and nothing of an existing one written over."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import toy
from autograder.authoring.course import add_notebooks, start_course
from autograder.authoring.finding import Guesses
from autograder.authoring.loaded import sets_loaded
from autograder.course_yaml import load_course
from autograder.errors import CourseError
from autograder.session import GradingOptions
from autograder.validate import findings
from loading import load_assignment

COMMAND = [sys.executable, "-c", "from autograder.cli import main; main()", "init"]
CELLS = (
    toy.text("t", "# Des nombres\n\nÉcrivez le code de la fonction, pour les étudiants."),
    toy.code("i", "import json\nimport tools\ntable = json.load(open('table.json'))"),
    toy.text("e", "## Exercice 1 (2 points)"),
    toy.code("d", "def double(x):\n    return tools.twice(x)\n\nassert double(1) == 2"),
    toy.text("f", "## Exercice 2"),
    toy.code("h", "total = double(4)"),
    toy.code("j", "assert total == 8"),
)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A plain notebook, with a file and a module beside it."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "Des nombres.ipynb").write_bytes(toy.notebook(CELLS))
    (folder / "table.json").write_text("{}")
    (folder / "tools.py").write_text("def twice(x):\n    return 2 * x\n")
    (folder / "secret.txt").write_text("not named in it")
    return folder / "Des nombres.ipynb"


def init(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*COMMAND, *arguments], cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.tensorflow
@pytest.mark.parametrize("language", ["fr", pytest.param("en", marks=pytest.mark.whole)])
def test_a_new_course_passes_at_once(tmp_path: Path, language: str) -> None:
    name = start_course(tmp_path / "course", language, None)
    found, _ = findings(load_assignment(tmp_path / "course", name), GradingOptions(jobs=1))
    assert found == []
    assert load_course(tmp_path / "course").language == language


def test_a_plain_notebook_passes_at_once_with_what_it_needs_beside_it(tmp_path: Path, plain: Path) -> None:
    root = tmp_path / "course"
    (made,) = add_notebooks(root, [plain], None, None, Guesses())
    assert (made.name, made.copied, made.absent) == ("des-nombres", ("table.json", "tools.py"), ())
    assert load_course(root).language == "fr"
    assert {path.name for path in (root / "source/des-nombres").iterdir()} == {
        "des-nombres.ipynb", "table.json", "tools.py",
    }  # fmt: skip
    found, trust = findings(load_assignment(root, made.name), GradingOptions(jobs=1))
    assert found == []
    assert trust.endswith("double, total")


def test_what_its_modules_need_is_taken_along_too(tmp_path: Path, plain: Path) -> None:
    """Coursera's `public_tests.py` begins with `from outputs import *`."""
    written = {
        "tools.py": "import more\nfrom parts.one import x\n\n\ndef twice(x):\n    return more.two() * x\n",
        "more.py": "import json\nimport tools\n\n\ndef two():\n    return json.load(open('two.json'))\n",
        "two.json": "2",
        "parts/__init__.py": "",
        "parts/one.py": "from . import other\nx = 1\n",
        "parts/other.py": "y = open('parts/names.txt')\n",
        "parts/names.txt": "a",
        "parts/unnamed.txt": "b",
        "unused.py": "",
    }
    for name, text in written.items():
        path = plain.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (made,) = add_notebooks(tmp_path / "course", [plain], None, None, Guesses())
    assert made.copied == (
        "more.py", "parts/__init__.py", "parts/names.txt", "parts/one.py", "parts/other.py", "table.json", "tools.py",
        "two.json",
    )  # fmt: skip


def test_a_link_that_leads_elsewhere_is_not_followed(tmp_path: Path, plain: Path) -> None:
    """What is taken along is handed out: a notebook from somebody else, with a link beside it, would publish a file."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "table.json").write_text("private")
    (plain.parent / "table.json").unlink()
    (plain.parent / "table.json").symlink_to(elsewhere / "table.json")
    (made,) = add_notebooks(tmp_path / "course", [plain], None, None, Guesses())
    assert (made.copied, made.absent) == (("tools.py",), ("table.json",))


def test_what_it_prints(tmp_path: Path, plain: Path) -> None:
    done = init(tmp_path, "course", "--from", str(plain))
    assert done.stdout == (
        "des-nombres: 2 questions, 3 points: double, total\n"
        "  taken along: table.json, tools.py\n"
        "  guessed: cell 6 (total): 1 point: no text says how many\n"
        "\n"
        "Next:\n"
        "  cd course\n"
        "  autograder draft des-nombres\n"
        "  autograder validate\n"
        "Students get release/des-nombres/; "
        "after a change of source/, `autograder release ASSIGNMENT` makes it again.\n"
    )
    assert done.returncode == 0


def test_in_a_course_it_adds_and_writes_nothing_over(tmp_path: Path, plain: Path) -> None:
    root = toy.make_course(tmp_path / "course")
    settings = root / "course.yaml"
    settings.write_text(f"# mine\n{settings.read_text()}# the end\n")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and path != settings}
    done = init(root, ".", "--from", str(plain))
    assert done.returncode == 0
    assert {path: path.read_bytes() for path in before} == before
    assert set(load_course(root).assignments) == {"toy", "des-nombres"}
    text = settings.read_text()
    assert text.startswith("# mine\n")
    assert text.endswith("# the end\n")
    again = init(root, ".", "--from", str(plain))
    assert (again.returncode, again.stderr) == (
        2,
        "source/des-nombres: it is there: give the notebook another name, or the folder\n",
    )
    assert settings.read_text() == text
    assert init(root, ".").returncode == 2


def test_a_course_yaml_that_cannot_be_edited_is_left_with_the_lines_to_write(tmp_path: Path, plain: Path) -> None:
    (tmp_path / "course.yaml").write_text("{course: c, title: t, assignments: {a: {title: A}}}\n")
    with pytest.raises(CourseError, match="write this under assignments") as raised:
        add_notebooks(tmp_path, [plain], None, None, Guesses())
    assert "    des-nombres:\n" in str(raised.value)
    assert not (tmp_path / "source").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello", "not a notebook"),
        (toy.notebook([toy.text("t", "# Nothing")]), "no code in it"),
        (toy.notebook([toy.code("c", "x")]).replace(b'"python"', b'"R"'), "a notebook in r: those in Python"),
    ],
)
def test_what_is_no_notebook_with_code_is_refused_before_anything_is_written(
    tmp_path: Path, plain: Path, content: bytes, said: str
) -> None:
    (tmp_path / "bad.ipynb").write_bytes(content)
    done = init(tmp_path, "course", "--from", str(plain), str(tmp_path / "bad.ipynb"))
    assert (done.returncode, said in done.stderr) == (2, True)
    assert not (tmp_path / "course").exists()


def test_on_a_terminal_what_is_not_clear_is_asked(tmp_path: Path) -> None:
    cells = [toy.text("t", "# One"), toy.code("f", "def f(x):\n    return x"), toy.code("g", "def g(x):\n    return x")]
    (tmp_path / "one.ipynb").write_bytes(toy.notebook(cells))
    parent, child = pty.openpty()
    command = [*COMMAND, "course", "--from", "one.ipynb"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=child, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        os.write(parent, b"y\nn\n2.5\n")
        said, asked = running.communicate()
    os.close(parent)
    os.close(child)
    assert b"one: 1 question, 2.5 points: f\n" in said
    assert b"guessed" not in said
    assert b"cell 3:\n    def g(x):" in asked


def test_the_configuration_is_this_repositorys(repository: Path, tmp_path: Path, plain: Path) -> None:
    add_notebooks(tmp_path / "course", [plain], None, None, Guesses())
    ours = (repository / "nbgrader_config.py").read_text()
    written = (tmp_path / "course" / "nbgrader_config.py").read_text()
    assert written == ours.replace('course_id = "vision"', 'course_id = "course"')


@pytest.mark.parametrize(
    ("code", "sets"),
    [
        ("from tensorflow.keras.datasets import mnist, cifar10 as c  # both", ["mnist", "cifar10"]),
        ("fashion = tf.keras.datasets.fashion_mnist\n(x, y), _ = fashion.load_data()", ["fashion_mnist"]),
        (
            "from keras import datasets\ndatasets.cifar100.load_data()\ndatasets.mnist.load_data()",
            ["cifar100", "mnist"],
        ),
        ("from keras.datasets import (\n    imdb,\n    reuters,\n)", ["imdb", "reuters"]),
        ("from torchvision import datasets\ntrain = datasets.FashionMNIST('.', train=True)", ["fashion_mnist"]),
        ("from torchvision.datasets import CIFAR10, ImageFolder", ["cifar10"]),
        ("from datasets import load_dataset\nload_dataset('ylecun/mnist')", ["mnist"]),
        ("from sklearn.datasets import make_moons, load_digits", []),
        ("from sklearn import datasets\ndatasets.make_moons(100)", []),
    ],
)
def test_sets_are_those_of_libraries_that_the_shelf_answers(code: str, sets: list[str]) -> None:
    assert list(sets_loaded([code])) == sets
