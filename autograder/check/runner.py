"""Run as a program, in the student's own Python: the cells of a notebook from the top, each as it would in a notebook.

`python runner.py CELLS RESULTS`: CELLS is a JSON list of texts, RESULTS gets one JSON object a line, as each cell ends:
`{"ok": true}`, or what it stopped with. The standard library is enough; IPython is used where it is there.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import json
import linecache
import os
import re
import sys
import traceback
from typing import Any

MESSAGE_CHARS = 1000
_MAGIC = re.compile(r"^[ \t]*[%!?].*$|^\s*[\w.]+\?{1,2}$", re.MULTILINE)


def main(cells_path: str, results_path: str) -> None:
    with open(cells_path, encoding="utf-8") as file:
        cells: list[str] = json.load(file)
    sys.path.insert(0, os.getcwd())
    sys.argv = ["notebook"]
    builtins.input = _no_input
    shell = _shell()
    space: dict[str, Any] = shell.user_ns if shell else {"__name__": "__main__", "display": print}
    with open(results_path, "a", encoding="utf-8") as results:
        for number, source in enumerate(cells):
            results.write(json.dumps(_run(number, source, space, shell)) + "\n")
            results.flush()


def _no_input(*_: object) -> str:
    return ""


def _shell() -> Any:
    try:
        from IPython.core.interactiveshell import InteractiveShell
    except ImportError:
        return None
    shell: Any = InteractiveShell.instance()
    shell.enable_gui = lambda *_: None  # `%matplotlib inline` asks for one: nobody looks at figures here
    return shell


def _run(number: int, source: str, space: dict[str, Any], shell: Any) -> dict[str, Any]:
    name = f"<cell {number}>"
    put_out = io.StringIO()
    try:
        text = shell.transform_cell(source) if shell else _MAGIC.sub("pass", source)
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        code = compile(text, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        with contextlib.redirect_stdout(put_out), contextlib.redirect_stderr(put_out):
            waiting = eval(code, space)  # noqa: S307  what a notebook is for: the student's own, on their own computer
            if waiting is not None and hasattr(waiting, "__await__"):
                _wait(waiting)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: a kernel goes on after it
        return _told(error, name)
    return {"ok": True}


def _wait(waiting: Any) -> None:
    import asyncio

    asyncio.run(waiting)


def _told(error: BaseException, name: str) -> dict[str, Any]:
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename.startswith("<cell ")]
    line, code = (error.lineno, error.text) if isinstance(error, SyntaxError) else (None, None)
    if frames:
        line, code = frames[-1].lineno, frames[-1].line
    here = frames[-1].filename if frames else name
    missing = getattr(error, "name", None) if isinstance(error, NameError | ImportError) else None
    return {
        "ok": False,
        "error": _text(type(error).__name__),
        "message": _message(error),
        "cell": int(here.removeprefix("<cell ").removesuffix(">")),
        "line": line if isinstance(line, int) else None,
        "code": _text(code or "").strip(),
        "missing": _text(missing) if isinstance(missing, str) else None,
    }


def _message(error: BaseException) -> str:
    try:
        return _text(error)
    except Exception:  # what cannot be said of itself
        return ""


def _text(value: object) -> str:
    """Return a value as text that can be written: halves of characters are none."""
    return str(value)[:MESSAGE_CHARS].encode("utf-8", "replace").decode()


if __name__ == "__main__":
    main(*sys.argv[1:])
