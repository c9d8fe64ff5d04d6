"""`autograder data …`: what is on the shelf, and how it comes there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from autograder.commands._options import command_app, command_help
from autograder.commands._terminal import SHORT, err, out
from autograder.data.arrays import Arrays
from autograder.data.course_shelf import add_stand_in
from autograder.data.shelf import About, DataSet, Shelf, check_name, shelf_folder
from autograder.data.weights import add_weights, get_weights, is_weights, verify_weights
from autograder.errors import DataError

app = command_app(
    "The data shelf: the sets and the weights that rooms read.",
    "data add cifar10 cifar10.npz",
    "data add faces faces/ --size 64",
    "data list",
)

SetName = Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits, _ and -.", show_default=False)]
Replace = Annotated[bool, typer.Option("--replace", help="Put it in the place of the set of this name.")]
DIGITS = 12
"""How much of a digest a table shows."""


@app.command(
    **command_help("Add a set, or a file of weights.", "data add cifar10 cifar10.npz", "data add cifar10 --stand-in")
)
def add(
    name: SetName,
    path: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help="An .npz, a table, a folder, a file of weights.", show_default=False),
    ] = None,
    hidden: Annotated[bool, typer.Option("--hidden", help="Its folder is never shown to a room.")] = False,
    stand_in: Annotated[bool, typer.Option("--stand-in", help="The small embedded set of this name.")] = False,
    size: Annotated[int | None, typer.Option(min=1, help="Resize images to N × N.", show_default=False)] = None,
    label: Annotated[str | None, typer.Option(metavar="COLUMN", help="A table's labels.", show_default=False)] = None,
    quantities: Annotated[bool, typer.Option("--quantities", help="A table's labels are no classes.")] = False,
    weights: Annotated[bool, typer.Option("--weights", help="A file of weights, by the name it is asked for.")] = False,
    replace: Replace = False,
) -> None:
    """Add a set: an .npz, a table, images or texts, or a stand-in; or a file of weights."""
    check_name(name)
    if weights:
        _add_weights(name, path, hidden or stand_in or quantities or bool(size or label), replace)
        return
    if (path is None) != stand_in:
        raise DataError(f"data set {name}: give either a PATH or --stand-in: `autograder data add {name} PATH`")
    if path is None:
        _add_stand_in(name, hidden or size is not None, replace)
        return
    with err.status(f"{name}: reading {path}"):
        arrays, about = _brought(name, path, size, hidden, label, quantities)
        found = Shelf(shelf_folder()).add(
            name, arrays, hidden=hidden, origin=f"Added from {path.name}.", replace=replace, about=about
        )
    _say(found)


@app.command(**command_help("Bring a set from keras.datasets.", "data fetch mnist"))
def fetch(name: SetName, replace: Replace = False) -> None:
    """Bring a set from keras.datasets; needs the network."""
    from autograder.data import sources

    check_name(name)
    with err.status(f"{name}: keras.datasets is fetching it"), sources.from_keras(name) as (arrays, about):
        found = Shelf(shelf_folder()).add(
            name, arrays, origin=f"Fetched by keras.datasets.{name}.", replace=replace, about=about
        )
    _say(found)


@app.command(name="list", **command_help("Show what is on the shelf.", "data list"))
def list_sets() -> None:
    """Show what is on the shelf."""
    shelf = Shelf(shelf_folder())
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("name", overflow="fold")
    for column in ("examples", "classes", "size"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("")
    table.add_column("digest", no_wrap=True)
    for name in shelf.names():
        table.add_row(*_row(shelf, name))
    if table.row_count:
        Console(highlight=False, markup=False).print(table)
    else:
        ways = "`autograder data fetch NAME`, or `autograder data add NAME PATH`"
        out.print(f"nothing on the shelf ({shelf.folder}): {ways}")


@app.command(**command_help("Read every byte again.", "data verify", "data verify mnist"))
def verify(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="All sets where left out.")] = None,
) -> None:
    """Read every byte again and say which sets are whole. Exit 1 where one is not."""
    shelf = Shelf(shelf_folder())
    sound = True
    for one in [name] if name else shelf.names():
        try:
            if is_weights(shelf, one):
                verify_weights(shelf, one)
            else:
                shelf.verify(one)
            out.print(f"{one}: ok")
        except DataError as error:
            sound = False
            err.print(str(error))
    raise typer.Exit(0 if sound else SHORT)


def _add_stand_in(name: str, refused: bool, replace: bool) -> None:
    if refused:
        raise DataError(f"data set {name}: a stand-in takes neither --hidden nor --size")
    _say(add_stand_in(Shelf(shelf_folder()), name, replace=replace))


def _add_weights(name: str, path: Path | None, refused: bool, replace: bool) -> None:
    if path is None or refused:
        raise DataError(
            f"weights {name}: they take a FILE, and no option but --replace: "
            f"`autograder data add {name} FILE --weights`"
        )
    with err.status(f"{name}: reading {path}"):
        found = add_weights(Shelf(shelf_folder()), name, path, replace=replace)
    out.print(f"{found.name}: weights, {found.file}, {_size(found.size)}, in {found.folder}")


def _brought(
    name: str, path: Path, size: int | None, hidden: bool, label: str | None, quantities: bool
) -> tuple[Arrays, About]:
    from autograder.data import sources, tables

    if not path.exists():
        raise DataError(f"data set {name}: {path} is not there; expected an .npz file, a table or a folder")
    table = tables.is_table(path)
    if (label is not None or quantities) and not table:
        raise DataError(f"data set {name}: --label and --quantities speak of a table; {path} is none: leave them out")
    if size is not None and (table or not path.is_dir()):
        raise DataError(f"data set {name}: --size resizes the images of a folder; {path} is a file: leave it out")
    if table:
        return tables.from_table(path, hidden, label, quantities=quantities)
    if path.is_dir():
        return sources.from_folder(path, size, hidden), About(sources.class_names(path, hidden))
    arrays, columns = sources.as_columns(sources.from_npz(path, hidden))
    return arrays, About(columns=columns)


def _row(shelf: Shelf, name: str) -> tuple[str, ...]:
    try:
        if is_weights(shelf, name):
            weights = get_weights(shelf, name)
            return name, "", "", _size(weights.size), f"weights: {weights.file}", _short(weights.digest)
        found = shelf.get(name)
    except DataError:
        return name, "", "", "", "broken: see verify", ""
    kinds = [kind for kind, holds in (("hidden", found.hidden), ("stand-in", found.stand_in)) if holds]
    kinds += [found.kind] if found.kind != "images" else []
    classes = str(found.classes) if found.classified else "–"
    return name, str(found.examples), classes, _size(found.size), ", ".join(kinds), _short(found.digest)


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:DIGITS]


def _say(found: DataSet) -> None:
    """One line on a set that was added."""
    kind = "hidden, " if found.hidden else ""
    kind += "stand-in, " if found.stand_in else ""
    classes = f"{found.classes} classes, " if found.classified else ""
    counts = f"{found.examples} {found.kind}, {classes}{_size(found.size)}"
    out.print(f"{found.name}: {kind}{counts}, in {found.folder}")


def _size(count: int) -> str:
    """Return a number of bytes in decimal units, as disks and `ls --si` count."""
    if count < 10**3:
        return f"{count} B"
    if count < 10**6:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.1f} MB" if count < 10**9 else f"{count / 1e9:.1f} GB"
