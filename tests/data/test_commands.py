"""`autograder data` as a lecturer meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_sets import hidden, public, write_npz


class Shell:
    """The command line with a shelf and a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shelf = folder / "shelf"

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from autograder.cli import main; main()", "data", *arguments]
        environment = {**os.environ, "AUTOGRADER_DATA": str(self.shelf), "COLUMNS": "80"}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        assert "Traceback" not in done.stdout + done.stderr
        return done


@pytest.fixture
def data(tmp_path: Path) -> Shell:
    write_npz(tmp_path / "digits.npz", public())
    write_npz(tmp_path / "exam.npz", hidden())
    return Shell(tmp_path)


def test_texts_and_tables(data: Shell) -> None:
    (data.folder / "tables").mkdir()
    for part in ("train", "test"):
        (data.folder / "tables" / f"{part}.csv").write_text("size,age,price\n1,2,100.5\n3,,200\n")
    (data.folder / "exam.jsonl").write_text('{"text": "good", "label": "pos"}\n{"text": "bad", "label": "neg"}\n')
    texts = {"x_train": np.array(["a", "bc"]), "y_train": np.array([0, 1])}
    write_npz(data.folder / "texts.npz", {**texts, "x_test": texts["x_train"], "y_test": texts["y_train"]})
    for command, said in (
        (("houses", "tables"), "houses: 4 rows, 48 B, in"),
        (("exam", "exam.jsonl", "--hidden"), "exam: hidden, 2 texts, 2 classes, 48 B, in"),
        (("words", "texts.npz"), "words: 4 texts, 2 classes, 64 B, in"),
    ):
        added = data("add", *command)
        assert (added.returncode, added.stderr) == (0, "")
        assert added.stdout.startswith(said)
    listed = [line.split() for line in data("list").stdout.splitlines()[1:]]
    assert [line[:-1] for line in listed] == [
        ["exam", "2", "2", "48", "B", "hidden,", "texts"],
        ["houses", "4", "–", "48", "B", "rows"],
        ["words", "4", "2", "64", "B", "texts"],
    ]
    assert data("verify").returncode == 0
    assert "--label and --quantities speak of a table" in data("add", "x", "digits.npz", "--label", "y").stderr
    assert "no column 'cost'" in data("add", "x", "tables", "--label", "cost").stderr


def test_add_list_verify(data: Shell) -> None:
    added = data("add", "digits", "digits.npz")
    assert (added.returncode, added.stdout) == (
        0,
        f"digits: 26 images, 3 classes, 20 kB, in {data.shelf}/digits\n",
    )
    assert data("add", "exam-2025", "exam.npz", "--hidden").returncode == 0
    assert data("add", "cifar10", "--stand-in").returncode == 0
    digests = [
        json.loads((data.shelf / name / "set.json").read_text())["digest"][7:19]
        for name in ("cifar10", "digits", "exam-2025")
    ]
    listed = data("list")
    assert listed.returncode == 0
    assert [line.split() for line in listed.stdout.splitlines()] == [
        ["name", "examples", "classes", "size", "digest"],
        ["cifar10", "2500", "10", "7.7", "MB", "stand-in", digests[0]],
        ["digits", "26", "3", "20", "kB", digests[1]],
        ["exam-2025", "8", "4", "25", "kB", "hidden", digests[2]],
    ]
    verified = data("verify")
    assert (verified.returncode, verified.stdout) == (0, "cifar10: ok\ndigits: ok\nexam-2025: ok\n")


def test_the_hidden_stand_in_is_hidden(data: Shell) -> None:
    added = data("add", "mnist-hidden", "--stand-in")
    assert (added.returncode, added.stdout) == (
        0,
        f"mnist-hidden: hidden, stand-in, 300 images, 10 classes, 236 kB, in {data.shelf}/mnist-hidden\n",
    )
    assert (data.shelf / "mnist-hidden").stat().st_mode & 0o777 == 0o700
    assert data("verify").returncode == 0


def test_the_table_fits_eighty_columns_whatever_the_name(data: Shell) -> None:
    assert data("add", "a" * 64, "digits.npz").returncode == 0
    assert data("add", "mnist", "--stand-in").returncode == 0
    lines = data("list").stdout.splitlines()
    assert max(len(line) for line in lines) <= 80
    assert "".join(line.split()[0] for line in lines[1:-1]) == "a" * 64


def test_verify_says_what_is_wrong_of_each(data: Shell) -> None:
    data("add", "digits", "digits.npz")
    data("add", "other", "digits.npz")
    (data.shelf / "digits/x_train.npy").write_bytes(_flipped(data.shelf / "digits/x_train.npy"))
    done = data("verify")
    assert (done.returncode, done.stdout) == (1, "other: ok\n")
    assert done.stderr == (
        "data set digits: x_train.npy is altered: its bytes are not those that were added; bring it with `autograder "
        "data add digits PATH` from an .npz file, a table or a folder, with --replace; `autograder data verify "
        "digits` then says whether it is whole\n"
    )
    assert data("verify", "other").returncode == 0
    (data.shelf / "digits/x_train.npy").unlink()
    assert "broken: see verify" in data("list").stdout


def _flipped(path: Path) -> bytes:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    return bytes(data)


def test_a_folder_of_images(data: Shell) -> None:
    for part in ("train", "test"):
        for label, name in enumerate(("cats", "dogs")):
            folder = data.folder / "pets" / part / name
            folder.mkdir(parents=True)
            Image.new("RGB", (40 + label, 30), (label, 0, 0)).save(folder / "0.jpg")
    refused = data("add", "pets", "pets")
    assert refused.returncode == 2
    assert "add --size N to resize every image to N × N" in refused.stderr
    added = data("add", "pets", "pets", "--size", "24")
    assert (added.returncode, added.stdout) == (
        0,
        f"pets: 4 images, 2 classes, 7 kB, in {data.shelf}/pets\n",
    )


def test_replace(data: Shell) -> None:
    data("add", "mnist", "--stand-in")
    refused = data("add", "mnist", "digits.npz")
    assert (refused.returncode, refused.stderr) == (
        2,
        f"data set mnist: it is on the shelf already ({data.shelf}/mnist): look at it with `autograder data verify "
        "mnist`, or add --replace to put this one in its place\n",
    )
    assert data("add", "mnist", "digits.npz", "--replace").returncode == 0
    assert "stand-in" not in data("list").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "digits"], "data set digits: give either a PATH or --stand-in"),
        (["add", "mnist", "digits.npz", "--stand-in"], "data set mnist: give either a PATH or --stand-in"),
        (["add", "mnist", "--stand-in", "--hidden"], "a stand-in takes neither --hidden nor --size"),
        (
            ["add", "digits", "nowhere.npz"],
            "nowhere.npz is not there; expected an .npz file, a table or",
        ),
        (["add", "digits", "digits.npz", "--size", "3"], "--size resizes the images of a folder"),
        (["add", "digits", "exam.npz"], "it is a hidden set: add --hidden"),
        (["add", "../digits", "digits.npz"], "data set '../digits': not a name"),
        (["fetch", "../mnist"], "data set '../mnist': not a name"),
        (["fetch", "imagenet"], "keras.datasets has no such set;"),
        (["add", "pets", "--stand-in"], "data set pets: it has no embedded stand-in"),
    ],
)
def test_wrong_use(data: Shell, arguments: list[str], said: str) -> None:
    done = data(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert not data.shelf.exists()


def test_verify_of_a_set_that_is_not_there(data: Shell) -> None:
    done = data("verify", "mnist")
    assert done.returncode == 1
    assert done.stderr.startswith(f"data set mnist: it is not on the shelf ({data.shelf}): bring it with")


def test_an_empty_shelf(data: Shell) -> None:
    done = data("list")
    assert (done.returncode, done.stdout) == (
        0,
        f"nothing on the shelf ({data.shelf}): `autograder data fetch NAME`, or `autograder data add NAME PATH`\n",
    )
    assert data("verify").returncode == 0


def test_the_command_line_does_not_load_what_sets_need() -> None:
    script = (
        "import sys, autograder.commands.data; print([n for n in ('tensorflow', 'sklearn', 'PIL') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_weights_are_added_listed_and_verified(data: Shell) -> None:
    (data.folder / "vgg16_notop.h5").write_bytes(b"weights" * 1000)
    added = data("add", "vgg16", "vgg16_notop.h5", "--weights")
    assert added.stdout == f"vgg16: weights, vgg16_notop.h5, 7 kB, in {data.shelf}/vgg16\n"
    digest = json.loads((data.shelf / "vgg16/weights.json").read_text())["digest"][7:19]
    assert data("list").stdout.splitlines()[1].split() == ["vgg16", "7", "kB", "weights:", "vgg16_notop.h5", digest]
    assert data("verify").stdout == "vgg16: ok\n"
    assert (data.shelf / "vgg16").stat().st_mode & 0o777 == 0o755
    assert (data.shelf / "vgg16/vgg16_notop.h5").stat().st_mode & 0o777 == 0o644
    assert data("add", "vgg16", "vgg16_notop.h5", "--weights", "--replace").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["vgg16", "absent.h5", "--weights"], "absent.h5 is not a file with content"),
        (["vgg16", "empty.h5", "--weights"], "empty.h5 is not a file with content"),
        (["vgg16", "--weights"], "they take a FILE"),
        (["vgg16", "a.h5", "--weights", "--hidden"], "they take a FILE, and no option but --replace"),
        (["vgg16", ".hidden", "--weights"], "'.hidden' is no name for a file of weights: rename it"),
        (["there", "a.h5", "--weights"], "there is on the shelf already: add --replace"),
        (["../x", "a.h5", "--weights"], "not a name"),
    ],
)
def test_what_is_no_file_of_weights_is_refused(data: Shell, arguments: list[str], said: str) -> None:
    for name, content in (("a.h5", b"a"), ("empty.h5", b""), (".hidden", b"a")):
        (data.folder / name).write_bytes(content)
    assert data("add", "there", "a.h5", "--weights").returncode == 0
    refused = data("add", *arguments)
    assert refused.returncode == 2
    assert said in " ".join(refused.stderr.split())


def test_altered_weights_are_found(data: Shell) -> None:
    (data.folder / "a.h5").write_bytes(b"weights")
    assert data("add", "a", "a.h5", "--weights").returncode == 0
    (data.shelf / "a/a.h5").write_bytes(b"Weights")
    altered = data("verify")
    assert (altered.returncode, "a.h5 is altered" in altered.stderr) == (1, True)
    (data.shelf / "a/a.h5").write_bytes(b"w")
    assert "truncated or altered: 1 bytes, expected 7" in " ".join(data("verify").stderr.split())
    assert "broken: see verify" in data("list").stdout
