"""`autograder check`: for students, before they hand in: their notebook run in their own Python."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from autograder.check.form import form_of, read, released
from autograder.check.run import own_python, run
from autograder.check.tell import lines_of
from autograder.commands._options import Language, command_app, command_help
from autograder.commands._terminal import SHORT, WRONG, err, out
from autograder.errors import SubmissionError
from autograder.locale import phrase, render
from autograder.notebook.formats import REASONS
from autograder.notebook.spoken_in import language_of
from autograder.report.terminal import shown

app = command_app()


@app.command(
    **command_help(
        "For students: run a notebook and its visible tests.", "check tp1.ipynb", "check tp1.ipynb --language fr"
    )
)
def check(
    notebook: Annotated[Path, typer.Argument(metavar="NOTEBOOK", show_default=False)],
    release: Annotated[
        Path | None,
        typer.Option(
            metavar="NOTEBOOK", help="As it was handed out; left out, release/*/ of this folder is looked in."
        ),
    ] = None,
    python: Annotated[
        str | None, typer.Option(metavar="PATH", help="The Python to run it in; left out, that of this command.")
    ] = None,
    language: Annotated[Language | None, typer.Option(help="Of what is said; left out, the notebook's.")] = None,
) -> None:
    """For students: run a notebook from the top and its visible tests, and say what a grader would mend.

    Nothing is handed in or graded. The notebook runs in your own Python, with all that it may do there: run
    nobody else's so.
    """
    said: Literal["fr", "en"] | str = language.value if language else "en"
    try:
        own = read(notebook)
        said = language.value if language else language_of([own])
        handed_out = released(release, notebook, Path.cwd())
        form = form_of(own, handed_out, notebook.resolve().parent)
    except SubmissionError as error:
        why = render(REASONS.get(str(error), phrase("this is no notebook")), said)
        err.print(f"{notebook}: {why}")
        raise typer.Exit(WRONG) from None
    with err.status(render(phrase("running {n} cells", n=len(form.cells)), said)):
        done = run(form, python or own_python(), notebook.resolve().parent)
    for line in lines_of(form, done, said, compared=handed_out is not None):
        out.print(shown(line, kept=" "))
    raise typer.Exit(0 if done.is_fine else SHORT)
