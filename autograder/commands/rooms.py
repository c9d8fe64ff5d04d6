"""`autograder rooms`: the rooms that are kept warm between commands."""

from __future__ import annotations

from rich.table import Table

from autograder.commands._options import command_app, command_help
from autograder.commands._terminal import count, out
from autograder.report.terminal import shown
from autograder.sandbox.kept import keepers, stop_keepers

app = command_app("Rooms that are kept warm between commands.", "rooms list", "rooms stop")


@app.command(name="list", **command_help("Show what is kept warm.", "rooms list"))
def show() -> None:
    """Show the processes that rooms are forked from, which course each is for, and since when nobody needs it."""
    found = keepers()
    if not found:
        out.print("no rooms are kept warm")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("process", justify="right")
    table.add_column("MB", justify="right")
    table.add_column("state")
    table.add_column("course", overflow="fold")
    table.add_column("holds", overflow="fold")
    for one in found:
        state = "at work" if one.lent else f"ends in {max(one.ends_after - one.idle_seconds, 0) / 60:.0f} min"
        course = shown(one.course)
        table.add_row(str(one.pid), f"{one.resident_bytes / 2**20:.0f}", state, course, ", ".join(one.preload))
    out.print(table)


@app.command(**command_help("End it.", "rooms stop"))
def stop() -> None:
    """End them; one that a command is using, once that is done."""
    stopped = stop_keepers()
    out.print(f"{count(stopped, 'keeper')} of warm rooms stopped" if stopped else "no rooms are kept warm")
