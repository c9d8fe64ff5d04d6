"""Submissions as they come: one case each, what was done to it, and what is expected of its grading.

All are the toy assignment, answered rightly where nothing else is said: 8 points. The shapes of metadata are those that
the platforms named write.
"""

from __future__ import annotations

import codecs
import copy
import io
import json
import unicodedata
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import toy

Cell = toy.Cell
IMPORTS, DOUBLE, DOUBLE_TEST, NAMES, NAMES_TEST, GREET, GREET_TEST = range(1, 8)
FILE = f"{toy.NAME}.ipynb"
IDS = ("imports", "double-answer", "double", "names-answer", "names", "greet-answer", "greet")
FULL = 8.0
NO_GREET = 6.0
"""Points without an answer to the last question: its visible test asks for the names alone, and pays with a check."""


@dataclass(frozen=True)
class Case:
    """One submission."""

    name: str
    done: str
    """What was done to it."""
    files: Mapping[str, bytes]
    """In the student's folder for the assignment."""
    repairs: tuple[tuple[str, str], ...] = ()
    """Kind and grade id, in order."""
    score: float = FULL
    fault: str = ""
    """How the instructor's remark begins."""
    missing: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    """Code that ran, in part, by grade id."""


CASES: list[Case] = []


def case(name: str, done: str, content: bytes | Sequence[Cell] | Mapping[str, bytes], **expected: Any) -> None:
    """Add a case: a notebook's bytes, its cells, or several files."""
    if isinstance(content, bytes):
        files: Mapping[str, bytes] = {FILE: content}
    elif isinstance(content, Mapping):
        files = content
    else:
        files = {FILE: toy.notebook(content)}
    CASES.append(Case(name, done, files, **expected))


def right() -> list[Cell]:
    """The notebook answered rightly."""
    return toy.answered({})


def without(*places: int) -> list[Cell]:
    return [cell for place, cell in enumerate(right()) if place not in places]


def changed(place: int, **parts: Any) -> list[Cell]:
    cells = right()
    cells[place] = {**cells[place], **parts}
    return cells


def between(place: int, *more: Cell) -> list[Cell]:
    cells = right()
    return [*cells[:place], *more, *cells[place:]]


def each(change: Callable[[Cell], Cell], cells: Sequence[Cell] | None = None) -> list[Cell]:
    return [change(copy.deepcopy(cell)) for cell in (right() if cells is None else cells)]


def whole(cells: Sequence[Cell], *, minor: int = 5, **metadata: Any) -> bytes:
    """A notebook with metadata of its own."""
    found = {"nbformat": 4, "nbformat_minor": minor, "metadata": metadata, "cells": list(cells)}
    return json.dumps(found, ensure_ascii=False).encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def bare(cell: Cell) -> Cell:
    """Without metadata and without an id."""
    return {**{key: value for key, value in cell.items() if key != "id"}, "metadata": {}}


def both(*kinds: str, ids: Sequence[str] = IDS) -> tuple[tuple[str, str], ...]:
    return tuple((kind, name) for name in ids for kind in kinds)


GOOD = toy.notebook(right())
SOURCE = {name: cell["source"] for name, cell in zip(("title", *IDS), right(), strict=True)}
KNOWN = both("recognised")

# --- Nothing wrong ----------------------------------------------------------------------------------------------------

case("plain", "nothing", GOOD)
case("own-cells", "cells of their own between the course's", between(DOUBLE_TEST, toy.code("mine", "double([3])")))
case("own-text", "Markdown of their own", between(NAMES, toy.text("mine", "Je réponds ici.")))
case("spaces", "spaces after a test", changed(DOUBLE_TEST, source=f"{SOURCE['double']}\n\n"))
case("untouched", "handed in without an answer", toy.notebook(toy.released()), score=0.0)

# --- Cells of the course deleted, edited, moved, turned into text -----------------------------------------------------

case("test-deleted", "a test cell deleted", without(DOUBLE_TEST), repairs=(("returned", "double"),))
case(
    "tests-deleted",
    "every test cell deleted",
    without(DOUBLE_TEST, NAMES_TEST, GREET_TEST),
    repairs=(("returned", "double"), ("returned", "names"), ("returned", "greet")),
)
case("imports-deleted", "the locked imports deleted", without(IMPORTS), repairs=(("returned", "imports"),))
case(
    "test-edited",
    "a test made to pass",
    [
        *toy.answered({"names-answer": "names = []"})[:NAMES_TEST],
        *changed(NAMES_TEST, source="assert True")[NAMES_TEST:],
    ],
    repairs=(("reset", "names"),),
    score=4.0,
)
case(
    "imports-edited",
    "more imports in the locked cell",
    changed(IMPORTS, source="import os"),
    repairs=(("reset", "imports"),),
)
case(
    "test-to-text",
    "a test cell turned into Markdown",
    changed(GREET_TEST, cell_type="markdown"),
    repairs=(("reset", "greet"),),
)
case(
    "test-moved-up",
    "a test moved before its answer",
    [right()[0], right()[DOUBLE_TEST], *without(0, DOUBLE_TEST)],
    repairs=(("moved", "double"),),
)
case(
    "tests-at-the-end",
    "all tests moved to the end",
    [
        *without(DOUBLE_TEST, NAMES_TEST, GREET_TEST),
        *(right()[place] for place in (DOUBLE_TEST, NAMES_TEST, GREET_TEST)),
    ],
    repairs=(("moved", "double"), ("moved", "names")),
)
case("answer-deleted", "an answer deleted", without(GREET), repairs=(("returned", "greet-answer"),), score=NO_GREET)
case(
    "questions-swapped",
    "a question answered before the one above",
    [*right()[:2], *right()[4:6], *right()[2:4], *right()[6:]],
)

# --- Copies -----------------------------------------------------------------------------------------------------------

COPY = right()[DOUBLE]
STUB = next(cell for cell in toy.released() if cell["id"] == "double-answer")["source"]
case(
    "copied-same",
    "an answer copied and left as it is",
    between(DOUBLE_TEST, COPY),
    repairs=(("copied", "double-answer"),),
)
case(
    "copied-above",
    "a copy of the stub kept above the answer",
    between(DOUBLE, {**COPY, "source": STUB}),
    repairs=(("copied", "double-answer"),),
    texts={"double-answer": "return 2"},
)
case(
    "copied-below",
    "a copy of the stub kept below the answer",
    between(DOUBLE_TEST, {**COPY, "source": STUB}),
    repairs=(("copied", "double-answer"),),
)
case(
    "copied-changed",
    "a first try kept above the answer",
    between(DOUBLE, {**COPY, "source": "def double(values):\n    return values"}),
    repairs=(("copied", "double-answer"),),
    texts={"double-answer": "return 2"},
)
case(
    "copied-far",
    "a copy of an answer as the next question's",
    [*right()[:NAMES], {**COPY, "source": SOURCE["names-answer"]}, *right()[NAMES_TEST:]],
    repairs=(("recognised", "names-answer"),),
)
case("copied-test", "a test cell copied", between(NAMES, right()[DOUBLE_TEST]), repairs=(("copied", "double"),))
case(
    "copied-test-changed",
    "a test cell copied to try things",
    between(NAMES, {**right()[DOUBLE_TEST], "source": "double([5])"}),
    repairs=(("copied", "double"),),
)
case("pasted-twice", "the whole notebook pasted below itself", [*right(), *right()], repairs=both("copied"))

# --- Answers in other cells -------------------------------------------------------------------------------------------

case(
    "answer-text",
    "an answer turned into Markdown",
    changed(NAMES, cell_type="markdown"),
    repairs=(("retyped", "names-answer"),),
)
case(
    "answer-raw",
    "an answer turned into a raw cell",
    changed(NAMES, cell_type="raw"),
    repairs=(("retyped", "names-answer"),),
)
case(
    "answer-fenced",
    "an answer as a block of code in Markdown",
    changed(NAMES, cell_type="markdown", source=f"```python\n{SOURCE['names-answer']}\n```"),
    repairs=(("retyped", "names-answer"),),
)
case(
    "split-ids",
    "an answer split, both halves with its id",
    [
        *right()[:NAMES],
        *({**right()[NAMES], "source": one} for one in ('first = "Ada"', 'names = [first, "Grace", "Joan"]')),
        *right()[NAMES_TEST:],
    ],
    repairs=(("split", "names-answer"),),
    texts={"names-answer": 'first = "Ada"\nnames ='},
)
case(
    "split-function",
    "a function split before its return",
    [
        *right()[:DOUBLE],
        {**right()[DOUBLE], "source": "def double(values):\n    found = 2 * np.asarray(values)"},
        toy.code("x", "    return found"),
        *right()[DOUBLE_TEST:],
    ],
    repairs=(("split", "double-answer"),),
)
case(
    "split-statements",
    "an answer split between statements, the rest without an id",
    [
        *right()[:NAMES],
        {**right()[NAMES], "source": 'first = "Ada"'},
        toy.code("x", 'names = [first, "Grace", "Joan"]'),
        *right()[NAMES_TEST:],
    ],
)
case(
    "merged-with-test",
    "an answer merged with its test",
    [
        *right()[:DOUBLE],
        {**right()[DOUBLE], "source": f"{SOURCE['double-answer']}\n\n{SOURCE['double']}"},
        *right()[NAMES:],
    ],
    repairs=(("merged", "double-answer"),),
)
case(
    "merged-three",
    "an answer, its test and the next answer merged",
    [
        *right()[:NAMES],
        {**right()[NAMES], "source": "\n\n".join(SOURCE[one] for one in ("names-answer", "names", "greet-answer"))},
        right()[GREET_TEST],
    ],
    repairs=(("merged", "names-answer"),),
)
case(
    "merged-after-test",
    "a test merged with the answer below",
    [
        *right()[:NAMES_TEST],
        {**right()[NAMES_TEST], "source": f"{SOURCE['names']}\n\n{SOURCE['greet-answer']}"},
        right()[GREET_TEST],
    ],
    repairs=(("merged", "names"),),
)
case(
    "answered-below",
    "an answer deleted and written in a new cell",
    [*right()[:NAMES], toy.code("new", SOURCE["names-answer"]), *right()[NAMES_TEST:]],
    repairs=(("recognised", "names-answer"),),
)

# --- Metadata ---------------------------------------------------------------------------------------------------------

case("no-metadata", "all metadata gone", whole(each(bare), minor=4), repairs=KNOWN)
case("ids-only", "metadata gone, the format's ids kept", each(lambda cell: {**cell, "metadata": {}}), repairs=KNOWN)
case(
    "no-metadata-test-gone",
    "all metadata gone, a test deleted",
    whole(each(bare, without(NAMES_TEST)), minor=4),
    repairs=tuple(("returned" if name == "names" else "recognised", name) for name in IDS),
)
case(
    "no-metadata-test-edited",
    "all metadata gone, a test edited",
    whole(each(bare, changed(NAMES_TEST, source="assert len(names) == 4")), minor=4),
    repairs=tuple(
        (kind, name) for name in IDS for kind in (("recognised", "reset") if name == "names" else ("recognised",))
    ),
)
case(
    "no-metadata-own-cells",
    "all metadata gone, cells of their own",
    whole(each(bare, between(DOUBLE_TEST, toy.code("mine", "double([3])"), toy.text("t", "Voilà."))), minor=4),
    repairs=KNOWN,
)
case(
    "half-metadata",
    "metadata of the answers gone",
    each(lambda cell: bare(cell) if cell["id"].endswith("-answer") else cell),
    repairs=both("recognised", ids=("double-answer", "names-answer", "greet-answer")),
)
case(
    "role-changed",
    "an answer marked as ordinary by a formatter",
    changed(NAMES, metadata={"nbgrader": {"grade_id": "names-answer", "schema_version": 3}}),
)
case(
    "odd-role",
    "nbgrader's metadata made nonsense",
    between(1, {**toy.code("m", "mine = 1"), "metadata": {"nbgrader": [3]}}),
)


def colab(cell: Cell) -> Cell:
    extra = {"id": "WjS5kFz9_q1c", "colab": {"base_uri": "https://localhost:8080/", "height": 35}, "outputId": "3c2b"}
    return {**bare(cell), "metadata": {**cell["metadata"], **extra}}


COLAB = {
    "colab": {"provenance": [], "gpuType": "T4", "toc_visible": True},
    "kernelspec": {"name": "python3", "display_name": "Python 3"},
    "language_info": {"name": "python"},
    "accelerator": "GPU",
}
case("colab", "saved by Colab", whole(each(colab), minor=0, **COLAB))
case(
    "colab-bare",
    "exported by Colab without nbgrader's marks",
    whole(each(colab, each(bare)), minor=0, **COLAB),
    repairs=KNOWN,
)
case(
    "colab-form",
    "a Colab form above the answer's code",
    whole(
        each(colab, changed(NAMES, source=f'#@title Names {{ display-mode: "form" }}\n{SOURCE["names-answer"]}')),
        minor=0,
        **COLAB,
    ),
)
case(
    "vscode",
    "saved by VS Code",
    whole(
        each(lambda cell: {**cell, "metadata": {**cell["metadata"], "vscode": {"languageId": "python"}}}),
        minor=2,
        kernelspec={"display_name": ".venv (3.12.3)", "language": "python", "name": "python3"},
        language_info={"name": "python", "version": "3.12.3", "codemirror_mode": {"name": "ipython", "version": 3}},
        vscode={"interpreter": {"hash": "31f2"}},
    ),
)
case(
    "kaggle",
    "saved by Kaggle",
    whole(
        each(
            lambda cell: {
                **bare(cell),
                "metadata": {**cell["metadata"], "_uuid": "8f28", "_cell_guid": "b1", "trusted": True},
            }
        ),
        minor=4,
        kernelspec={"language": "python", "display_name": "Python 3", "name": "python3"},
        kaggle={"accelerator": "nvidiaTeslaT4", "dataSources": [], "isInternetEnabled": True, "language": "python"},
    ),
)
case(
    "kaggle-bare",
    "saved by Kaggle, nbgrader's marks gone",
    whole(each(lambda cell: {**bare(cell), "metadata": {"_uuid": "8f28", "trusted": True}}), minor=4, kaggle={}),
    repairs=KNOWN,
)
case(
    "deepnote",
    "saved by Deepnote, its own metadata in place of nbgrader's",
    whole(
        each(
            lambda cell: {
                **bare(cell),
                "metadata": {
                    "cell_id": "0a1b",
                    "deepnote_cell_type": "code" if cell["cell_type"] == "code" else "text-cell-h1",
                    "source_hash": "9e",
                    "execution_start": 1732000000000,
                    "deepnote_to_be_reexecuted": False,
                },
            }
        ),
        minor=0,
        deepnote={},
        deepnote_notebook_id="7f",
        deepnote_execution_queue=[],
    ),
    repairs=KNOWN,
)
case(
    "pycharm",
    "saved by PyCharm",
    whole(
        each(
            lambda cell: {**cell, "metadata": {**cell["metadata"], "pycharm": {"name": "#%%\n", "is_executing": False}}}
        )
    ),
)
case(
    "databricks",
    "exported by Databricks",
    whole(
        each(
            lambda cell: {**bare(cell), "metadata": {"application/vnd.databricks.v1+cell": {"nuid": "6e", "title": ""}}}
        ),
        minor=0,
        **{"application/vnd.databricks.v1+notebook": {"language": "python"}},
    ),
    repairs=KNOWN,
)
case(
    "kernel-other",
    "another kernel of Python",
    whole(right(), kernelspec={"name": "conda-tf", "display_name": "tf", "language": "python"}),
)
case(
    "kernel-r",
    "saved with an R kernel",
    whole(right(), kernelspec={"name": "ir", "display_name": "R", "language": "R"}),
    repairs=(("kernel", ""),),
)

# --- Formats and encodings --------------------------------------------------------------------------------------------


def v3(cells: Sequence[Cell]) -> bytes:
    """The same cells in version 3 of the format."""
    old = [
        {
            "cell_type": "code",
            "language": "python",
            "input": cell["source"],
            "metadata": cell["metadata"],
            "outputs": [],
        }
        if cell["cell_type"] == "code"
        else {"cell_type": cell["cell_type"], "source": cell["source"], "metadata": {}}
        for cell in cells
    ]
    sheets = [{"cells": old, "metadata": {}}]
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": sheets}).encode()


case("format-3", "version 3 of the format", v3(right()))
for minor in range(5):
    case(
        f"format-4.{minor}",
        f"version 4.{minor} of the format, without ids",
        whole(each(lambda cell: {k: v for k, v in cell.items() if k != "id"}), minor=minor),
    )
case("ids-invalid", "cell ids that are no ids", each(lambda cell: {**cell, "id": 3}))
case("ids-same", "one id for all cells", each(lambda cell: {**cell, "id": "cell"}))
case(
    "lines",
    "sources as lists of lines",
    each(lambda cell: {**cell, "source": cell["source"].splitlines(keepends=True)}),
)
case("windows-lines", "Windows line ends", each(lambda cell: {**cell, "source": cell["source"].replace("\n", "\r\n")}))
case("bom", "a byte order mark", codecs.BOM_UTF8 + GOOD)
case("utf-16", "UTF-16 by Notepad", GOOD.decode().encode("utf-16"))
case(
    "outputs",
    "5 MB of outputs",
    changed(DOUBLE, outputs=[{"output_type": "stream", "name": "stdout", "text": "x" * 5 * 2**20}]),
)
case(
    "nan",
    "Python's NaN in an output",
    changed(DOUBLE, outputs=[{"output_type": "execute_result", "data": {"application/json": float("nan")}}]),
)

case(
    "half-emoji",
    "half an emoji in an output and a comment, as an editor cuts them",
    toy.notebook(
        changed(
            DOUBLE,
            outputs=[{"output_type": "stream", "name": "stdout", "text": "HALF"}],
            source=right()[DOUBLE]["source"] + "\n    # HALF",
        )
    ).replace(b"HALF", b"\\ud83d"),
)

# --- Files ------------------------------------------------------------------------------------------------------------

EMPTY_ONE = toy.notebook([toy.text("t", "brouillon")])
case("renamed", "renamed", {"Mon TP (1) FINAL.ipynb": GOOD})
case("sub-folder", "in a sub-folder", {"TP 1/rendu/toy.ipynb": GOOD})
case(
    "nfd",
    "an accented name, decomposed",
    {unicodedata.normalize("NFD", "été") + "/" + unicodedata.normalize("NFD", "réseaux.ipynb"): GOOD},
)
case("checkpoint", "Jupyter's checkpoint beside it", {FILE: GOOD, f".ipynb_checkpoints/{FILE}": EMPTY_ONE})
case("two", "a draft beside it", {FILE: EMPTY_ONE, "toy (1).ipynb": GOOD}, repairs=(("chosen", ""),))
case("two-broken", "a broken copy beside it", {FILE: b"{", "copy.ipynb": GOOD}, repairs=(("chosen", ""),))
case(
    "release-too",
    "the untouched release beside it",
    {FILE: toy.notebook(toy.released()), "mine.ipynb": GOOD},
    repairs=(("chosen", ""),),
)
case("zip", "a zip of the notebook", {"rendu.zip": zipped({f"rendu/{FILE}": GOOD, f"__MACOSX/rendu/._{FILE}": b"x"})})
case("zip-renamed", "a zip renamed .ipynb", zipped({FILE: GOOD}))
case("suffix", "saved as .ipynb.txt by a browser", {f"{FILE}.txt": GOOD})
case("nothing", "no notebook", {"report.pdf": b"%PDF"}, score=0.0, fault="no notebook handed in", missing=True)
NO = {"score": 0.0}
case("empty", "an empty file", b"", **NO, fault="no notebook: the file is empty")
case("html", "the page of the notebook saved", b"<!DOCTYPE html>\n<html>", **NO, fault="no notebook: it is a web page")
case("truncated", "cut short", GOOD[:-200], **NO, fault="no notebook: it is cut short")
case("python", "a Python file renamed", b"import numpy as np\n", **NO, fault="no notebook: it is a Python file")
case("png", "a picture renamed", b"\x89PNG\r\n\x1a\n", **NO, fault="no notebook: its content is not that of a notebook")
case(
    "zip-two",
    "a zip of two notebooks",
    zipped({"a.ipynb": GOOD, "b.ipynb": GOOD}),
    **NO,
    fault="no notebook: it is an archive",
)
case("json", "other JSON", b'{"a": 1}', **NO, fault="no notebook: Object missing required field `nbformat`")
case("format-5", "a format to come", b'{"nbformat": 5, "cells": []}', **NO, fault="no notebook: Unsupported nbformat")
case(
    "other",
    "another assignment's notebook",
    [toy.code(f"c{n}", f"y{n} = {n}") for n in range(9)],
    repairs=(("edition", ""), *both("returned")),
    score=0.0,
    fault="another edition of the assignment?",
)

# --- Other computers --------------------------------------------------------------------------------------------------


def first(source: str) -> list[Cell]:
    """The notebook with a cell of this code before the others."""
    return [toy.code("mine", source), *right()]


def inside(source: str, after: str = "") -> list[Cell]:
    """The notebook with this code in the answer of the last question, around what it asks for."""
    return changed(GREET, source=f"{source}\n{SOURCE['greet-answer']}{after}")


case("pip", "%pip install in an answer", inside("%pip install keras"), repairs=(("command", "greet-answer"),))
case("shell-pip", "!pip install", inside("!pip install -q keras==2.12"), repairs=(("command", "greet-answer"),))
case("bare-pip", "pip install, without a mark", inside("pip install keras"), repairs=(("command", "greet-answer"),))
case("conda", "%conda install", inside("%conda install numpy -y"), repairs=(("command", "greet-answer"),))
case(
    "wget",
    "!wget",
    inside("!wget -q https://example.org/data.zip && unzip data.zip"),
    repairs=(("command", "greet-answer"),),
)
case("apt", "!apt-get", inside("!apt-get install -y graphviz"), repairs=(("command", "greet-answer"),))
case(
    "nvidia",
    "Colab's look at the graphics card",
    inside("gpu = !nvidia-smi\nprint('\\n'.join(gpu))"),
    repairs=(("command", "greet-answer"),),
)
case(
    "tensorflow-version",
    "%tensorflow_version",
    inside("%tensorflow_version 2.x"),
    repairs=(("command", "greet-answer"),),
)
case(
    "drive",
    "Google Drive mounted",
    inside(
        "from google.colab import drive, files\ndrive.mount('/content/drive')\n"
        "%cd /content/drive/MyDrive/TP\nfiles.upload()"
    ),
    repairs=(("module", "greet-answer"), ("command", "greet-answer")),
)
case(
    "drive-guarded",
    "Colab looked for first",
    inside("try:\n    import google.colab\n    here = False\nexcept ImportError:\n    here = True\nassert here"),
)
case("in-a-string", "a command in a string", inside('text = """\n!pip install keras\n"""\nassert "!pip" in text'))
case(
    "input",
    "input()",
    inside('name = input("Your name? ") or "Ada"\nassert name == "Ada"'),
    repairs=(("input", "greet-answer"),),
)
case("input-loop", "a loop that waits for an answer", first("while not input(): pass"), repairs=(("input", ""),))
case(
    "widget",
    "a widget",
    inside("import ipywidgets as widgets\nfrom IPython.display import display\ndisplay(widgets.IntSlider(value=3))"),
)
case(
    "path-colab",
    "a path of Google Drive",
    {
        FILE: toy.notebook(
            first("import os\ncandidate = '/content/drive/MyDrive/TP/data.csv'\nassert not os.path.isabs(candidate)")
        ),
        "data.csv": b"1,2",
    },
    repairs=(("path", ""),),
)
case(
    "path-windows",
    "a path of Windows",
    {
        FILE: toy.notebook(inside("path = r'C:\\Users\\ada\\TP\\data.csv'\nassert path == 'data.csv'")),
        "data.csv": b"1,2",
    },
    repairs=(("path", "greet-answer"),),
)
