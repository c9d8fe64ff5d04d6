"""What stands in for another computer does nothing, quietly, and never for ever."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from autograder.worker import away, stand_ins


@pytest.fixture(autouse=True)
def _unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_ins, "_asked", 0)


def test_any_name_can_be_imported_and_does_nothing() -> None:
    space: dict[str, object] = {}
    exec("from autograder.worker.away import drive, files as f\nimport autograder.worker.away as google", space)
    exec("drive.mount('/content/drive', force_remount=True)\nf.view('a.csv')", space)
    exec("empty = [*drive], len(drive), drive['a.csv'].decode\ngoogle.colab.output.x['y'] = 1", space)
    assert repr(space["drive"]) == "<drive: not here while grading>"


def test_a_decorated_function_survives() -> None:
    interact = stand_ins.Absent("interact")
    assert interact(len, x=(0, 10)) is len
    assert interact(x=(0, 10))(len) is len


def test_special_methods_are_not_made_up() -> None:
    assert not hasattr(away, "__path__")
    assert not hasattr(stand_ins.Absent("x"), "_repr_html_")
    assert [name for name in vars(away) if not name.startswith("__")] == []  # any name may be asked for


def test_nobody_answers_and_a_loop_that_waits_ends(capsys: pytest.CaptureFixture[str]) -> None:
    assert stand_ins.empty_answer("How many? ") == ""
    assert capsys.readouterr().out == "How many? \n"
    with pytest.raises(EOFError, match="nobody is there to answer"):
        while not stand_ins.empty_answer():
            pass


def test_a_number_is_made_of_no_answer() -> None:
    answer = stand_ins.empty_answer()
    assert (int(answer), float(answer), answer.split(), answer or "none") == (1, 1.0, [], "none")


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebook's folder, with a file in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a b.csv").write_text("1,2")
    (tmp_path / "aide.py").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from STANDIN import files\nx = next(iter(files.upload()))", "a b.csv"),
        ("import STANDIN as google\nx = google.colab.files.upload()['a b.csv']", b"1,2"),
        ("from STANDIN import userdata\nimport os\nos.environ['KEY'] = x = userdata.get('KEY')", ""),
        ("from STANDIN import UserSecretsClient\nx = UserSecretsClient().get_secret('KEY')", ""),
        (
            "import STANDIN as gdown\nx = gdown.download('https://drive.google.com/uc?id=1', 'd.csv', quiet=True)",
            "d.csv",
        ),
        ("import STANDIN as gdown\nx = gdown.download(id='1', output='d.csv')", "d.csv"),
        ("import STANDIN as wget\nx = wget.download('https://host/a/d.csv?raw=1')", "d.csv"),
        ("import STANDIN as kagglehub\nx = kagglehub.dataset_download('a/b')", "."),
        ("import STANDIN as kagglehub\nx = kagglehub.dataset_download('a/b', path='d.csv')", "d.csv"),
        ("from STANDIN import open_url\nx = open_url('https://host/a%20b.csv').read()", "1,2"),
    ],
)
def test_what_brings_files_and_keys_gives_what_is_here(beside: Path, source: str, expected: object) -> None:
    space: dict[str, object] = {}
    exec(source.replace("STANDIN", "autograder.worker.away"), space)
    assert space["x"] == expected


def test_where_nothing_lies_beside_a_cell_that_takes_an_upload_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert stand_ins.upload() == {"nothing": b""}


def test_what_is_awaited_comes_at_once(beside: Path) -> None:
    async def cell() -> tuple[object, ...]:
        install: Any = away.install
        await install(["numpy"])
        there, missing = await stand_ins.fetch("https://host/a b.csv"), await stand_ins.fetch("https://host/c.csv")
        return (
            there.status,
            await there.bytes(),
            await there.string(),
            missing.status,
            missing.ok,
            await missing.bytes(),
        )

    assert asyncio.run(cell()) == (200, b"1,2", "1,2", 404, False, b"")
