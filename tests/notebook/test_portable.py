"""What works on another computer only is mended; strings, comments and everything else stay as they are."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.notebook.portable import STANDIN, make_portable

BESIDE = frozenset({"x.csv", "data/train.csv", "data/labels/y.npy"})


def mended(source: str) -> str:
    return make_portable(source, BESIDE).source


def said(text: str) -> str:
    return repr(f"not run while grading: {text}")


# --- Commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        "!pip install keras",
        "!pip3 install -q keras==3",
        "!python -m pip install keras",
        "!{sys.executable} -m pip install keras",
        "!cd data && wget http://example.org/a.zip",
        "!sudo apt-get install graphviz",
        "!apt install graphviz",
        "!curl -O http://example.org/a.zip",
        "!git clone http://example.org/a",
        "!gdown 123",
        "!kaggle datasets download a/b",
        "!nvidia-smi",
        "!!nvidia-smi",
        "%pip install keras",
        "%conda install keras",
        "%tensorflow_version 2.x",
        "%load_ext tensorboard",
        "%tensorboard --logdir logs",
        "%cd /content/drive/MyDrive/TP",
        "pip install keras",
        "conda install -y keras",
    ],
)
def test_a_command_that_needs_another_computer_says_that_it_is_not_run(command: str) -> None:
    found = make_portable(command, BESIDE)
    assert found.source == f"print({said(command)})"
    assert found.repairs == (("command", command),)


@pytest.mark.parametrize(
    "source",
    [
        "!ls data",
        "!cat wget.txt",
        "!unzip a.zip",
        "!git status",
        "%matplotlib inline",
        "%cd data",
        "%time f()",
        "%load_ext autoreload",
        "pip = 3",
        "conda(install)",
        "x = 5 % pip",
        "y %= conda",
        "x = (5\n%pip\n)",
        "x = [\n!pip\n]",
        "x = 5 \\\n%pip",
        "# !pip install keras",
        "x = 1  # !pip install keras",
        '"""\n!pip install keras\n%pip install keras\npip install keras\n"""',
        "r'''\n!pip install keras\n'''",
        "s = '\\\n!pip install keras'",
        "%%bash\npip install keras",
        "%%writefile a.py\nfrom google.colab import drive\nopen('/content/x.csv')",
        "%%html\n<a href='/content/x.csv'>",
    ],
)
def test_everything_else_stays_as_it_is(source: str) -> None:
    found = make_portable(source, BESIDE)
    assert (found.source, found.repairs) == (source, ())


def test_the_value_of_a_command_is_a_list_of_lines() -> None:
    assert mended("gpu = !nvidia-smi") == f"gpu = [{said('!nvidia-smi')}]"


def test_a_commands_indentation_and_the_number_of_lines_stay() -> None:
    source = "if True:\n    !pip install \\\n        keras\n    x = 1\n%%time"
    expected = f"if True:\n    print({said('!pip install keras')})\n\n    x = 1\n%%time"
    assert mended(source) == expected


def test_the_body_of_a_magic_in_python_is_read() -> None:
    assert mended("%%capture\n!pip install keras") == f"%%capture\nprint({said('!pip install keras')})"


# --- Modules ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from google.colab import drive", f"from {STANDIN} import drive"),
        ("from google.colab import drive as d, files\nd.x()", f"from {STANDIN} import drive as d, files\nd.x()"),
        ("from google.colab import (\n  drive,\n)", f"from {STANDIN} import (\n  drive,\n)"),
        ("from google.colab.patches import cv2_imshow", f"from {STANDIN} import cv2_imshow"),
        ("from google import colab", f"from {STANDIN} import colab"),
        ("import google.colab", f"import {STANDIN} as google"),
        ("import google.colab.files as f; f.upload()", f"import {STANDIN} as f; f.upload()"),
        ("from kaggle_secrets import UserSecretsClient", f"from {STANDIN} import UserSecretsClient"),
        ("import micropip\nawait micropip.install('a')", f"import {STANDIN} as micropip\nawait micropip.install('a')"),
        ("from pyodide.http import open_url", f"from {STANDIN} import open_url"),
        ("import os, gdown as g , numpy", f"import os, {STANDIN} as g , numpy"),
        ("import gdown; gdown.download('x')  # now", f"import {STANDIN} as gdown; gdown.download('x')  # now"),
        ("import pyodide.http", f"import {STANDIN} as pyodide"),
        ("def keep():\n  from google.colab import files\n  f()", f"def keep():\n  from {STANDIN} import files\n  f()"),
        ("class A:\n    def f(self):\n\timport gdown", f"class A:\n    def f(self):\n\timport {STANDIN} as gdown"),
        (
            'async def f():\n    """a\nif"""\n# b\n    import js',
            f'async def f():\n    """a\nif"""\n# b\n    import {STANDIN} as js',
        ),
        ("if a:\n    b\ndef f():\n    import gdown", f"if a:\n    b\ndef f():\n    import {STANDIN} as gdown"),
        ("def f():\n  if a:\n    b\n  import gdown", f"def f():\n  if a:\n    b\n  import {STANDIN} as gdown"),
    ],
)
def test_a_module_of_another_platform_is_stood_in_for(source: str, expected: str) -> None:
    found = make_portable(source, BESIDE)
    assert found.source == expected
    assert [kind for kind, _ in found.repairs] == ["module"]


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import google.colab\n    here = False\nexcept ImportError:\n    here = True",
        "if False:\n    from google.colab import drive",
        "def here():\n    try:\n        import google.colab\n    except ImportError:\n        return True",
        "if far:\n    def mount():\n        from google.colab import drive",
        "with suppress(ImportError):\n\n    # perhaps\n    import google.colab",
        "from google.protobuf import message",
        "import google.colaboratory",
        "import json, jsonschema, wgets",
        "from js_tools import x",
        "from google import auth",
        "'from google.colab import drive'",
    ],
)
def test_a_guarded_import_still_finds_out_where_it_runs(source: str) -> None:
    assert mended(source) == source


@pytest.mark.parametrize("source", ["import wget", "import os, wget as w", "from wget import download", "import js.x"])
def test_a_module_of_ones_own_that_has_the_name_of_another_platforms_is_imported(source: str) -> None:
    assert make_portable(source, frozenset({"wget.py", "js/__init__.py"})).source == source
    assert make_portable(source, BESIDE).source != source


def test_of_two_files_of_a_name_none_is_guessed() -> None:
    beside = frozenset({"a/x.csv", "b/x.csv"})
    assert make_portable("'/content/x.csv'", beside).source == "'x.csv'"
    assert make_portable("'/home/ada/x.csv'", beside).source == "'/home/ada/x.csv'"
    assert make_portable("'/home/ada/b/x.csv'", beside).source == "'b/x.csv'"


# --- Paths ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("'/content/x.csv'", "'x.csv'"),
        ('"/content/drive/MyDrive/Colab Notebooks/TP 3/x.csv"', '"x.csv"'),
        ("'/home/ada/tp/data/train.csv'", "'data/train.csv'"),
        ("'/Users/ada/tp/data/labels'", "'data/labels'"),
        ("'/Users/ada/tp/data/'", "'data/'"),
        ("'~/tp/x.csv'", "'x.csv'"),
        ("'file:///home/ada/x.csv'", "'x.csv'"),
        ("r'C:\\Users\\ada\\x.csv'", "'x.csv'"),
        ("'C:\\\\Users\\\\ada\\\\data\\\\train.csv'", "'data/train.csv'"),
        ("'D:/tp/x.csv'", "'x.csv'"),
        ("'/content/drive/MyDrive/TP/'", "'./'"),
        ("'/content/drive/MyDrive/TP'", "'.'"),
        ("'/content/model.keras'", "'model.keras'"),
        ("'/content/drive/MyDrive/TP4/train.csv'", "'data/train.csv'"),
        ("r'C:\\Downloads\\y.npy'", "'data/labels/y.npy'"),
        ("'/kaggle/input/set/labels'", "'data/labels'"),
        ("'/kaggle/input/set/labels/'", "'data/labels/'"),
        ("'/kaggle/working/out.csv'", "'out.csv'"),
    ],
)
def test_a_path_of_another_computer_leads_beside_the_notebook(literal: str, expected: str) -> None:
    found = make_portable(f"read({literal}, 1)", BESIDE)
    assert found.source == f"read({expected}, 1)"
    assert [kind for kind, _ in found.repairs] == ["path"]


@pytest.mark.parametrize(
    "literal",
    [
        "'x.csv'",
        "'/tmp/x.csv'",
        "'/usr/share/x.csv'",
        "'/home/ada/other.csv'",
        "'/'",
        "'/predict'",
        "'read /content/x.csv first'",
        "'/content/drive'",
        "f'/content/{x}.csv'",
        "b'/content/x.csv'",
        "'https://example.org/content/x.csv'",
        "'''/content/x.csv\nand more'''",
        "x  # '/content/x.csv'",
    ],
)
def test_other_strings_stay_as_they_are(literal: str) -> None:
    assert mended(f"y = {literal}") == f"y = {literal}"


# --- Input ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "asks"),
    [
        ("n = int(input('n? '))", True),
        ("x = [input ()]", True),
        ("keras.Input(3)", False),
        ("model.input(3)", False),
        ("def input(x): pass", False),
        ("inputs = my_input(3)", False),
        ("'input(3)'  # input(3)", False),
    ],
)
def test_a_question_to_the_keyboard_is_noted(source: str, asks: bool) -> None:
    found = make_portable(source, BESIDE)
    assert found.source == source
    assert found.repairs == ((("input", ""),) if asks else ())


# --- Anything ---------------------------------------------------------------------------------------------------------

PIECES = (
    "'",
    '"',
    '"""',
    "'''",
    "\\",
    "\n",
    "(",
    ")",
    "#",
    "!pip install a",
    "%pip",
    "x = 1",
    " ",
    "/content/x.csv",
    "r",
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_lines_keep_their_number_and_what_parses_still_parses(source: str) -> None:
    found = mended(source)
    assert found.count("\n") == source.count("\n")
    if _is_python(source):
        assert _is_python(found)
        assert [*map(type, ast.walk(ast.parse(found)))] == [*map(type, ast.walk(ast.parse(source)))]


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True
