"""What works on another computer only, made to work here: text surgery on student code, which is never run for it.

A cell is read statement by statement. What stands in a string or a comment is never touched, but for a string that is
nothing but a path of another computer; nor is the body of a cell in another language (`%%bash`). Lines keep their
number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import PurePosixPath

from autograder.records import RepairKind

STANDIN = "autograder.worker.away"
"""The module rooms have in place of those that exist elsewhere only."""
AWAY_MODULES = (
    "google.colab",
    "kaggle_secrets",
    "kaggle_datasets",
    "kaggle",
    "kagglehub",
    "opendatasets",
    "gdown",
    "wget",
    "google_drive_downloader",
    "micropip",
    "piplite",
    "pyodide",
    "pyodide_js",
    "js",
    "skillsnetwork",
)
"""Of a platform's own, or of use with a network alone."""
OPTIONAL_MODULES = ("ipywidgets",)
"""Replaced where they are not installed: a widget shows something and computes nothing."""
DETAIL_CHARS = 120
COMMAND_CHARS, PATH_PARTS = 2000, 12
"""How much of a command, and how many of a path's last folders, are looked at."""

_PROGRAMS = (
    r"pip[\d.]*|conda|mamba|micromamba|uv|apt|apt-get|aptitude|brew|npm|yum|dnf|wget|curl|gdown|kaggle|nvidia-smi"
    r"|git\s+(?:clone|pull|lfs)"
)
_AWAY_COMMAND = re.compile(
    rf"(?:^|&&|\|\|?|;)\s*(?:sudo\s+)?(?:-q\s+)?(?:(?:\S*python[\d.]*|\{{sys\.executable\}})\s+-m\s+)?(?:{_PROGRAMS})(?:\s|$)"
)
_AWAY_MAGIC = re.compile(
    r"(?:pip|conda|mamba|micromamba|uv|tensorflow_version|tensorboard)\b"
    r"|load_ext\s+(?:google\.colab|tensorboard)|cd\s+[\"']?(?:/|~|[A-Za-z]:)"
)
_BARE_COMMAND = re.compile(r"[ \t]*(?:pip3?|conda|mamba)[ \t]+(?:install|uninstall|download|list|show|freeze)\b[^\n]*")
_IPYTHON_LINE = re.compile(r"(?P<indent>[ \t]*)(?:(?P<target>[A-Za-z_][\w.\[\]]*)[ \t]*=[ \t]*)?(?P<mark>!!?|%(?!%))")
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_PYTHON_MAGICS = ("capture", "time", "timeit", "prun")
"""Cell magics whose body is Python."""
_CONTINUED = re.compile(r"(?:[^\n]*\\\n)*[^\n]*\n?")

_NOTHING = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)+")
"""Blank lines and comments."""
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<string>(?P<prefix>[rRbBuUfF]{0,2})(?P<quote>\"\"\"|'''|\"|'))
    |(?P<input>(?<![\w.])(?<!def\ )input[ ]*(?=\())
    |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<join>\\\n)|(?P<newline>\n)|(?P<other>\w+|.)""",
    re.VERBOSE,
)
_BODIES = {
    quote: re.compile(rf"(?:\\.|(?!{quote}){character})*+(?P<end>{quote})?", re.DOTALL)
    for quote, character in (('"""', "."), ("'''", "."), ('"', r"[^\n]"), ("'", r"[^\n]"))
}

_HERE = ("tmp", "usr", "dev", "proc", "etc", "var", "bin", "lib", "lib64", "sys", "opt", "run", "sbin")
"""Folders of a root that this machine has too."""
_NOWHERE = ("content", "kaggle")
"""Folders of a root that only Colab and Kaggle have: no path in them leads anywhere here."""
_ABSOLUTE = re.compile(r"(?:file://)?(?:/|~/|[A-Za-z]:[\\/])[^\n*?\"'<>|{}]{0,1000}\Z")
_MOUNTS = ("/content/drive", "/content/gdrive")


@dataclass(frozen=True)
class Portable:
    """A cell that runs here, and what was done to it: kind and detail."""

    source: str
    repairs: tuple[tuple[RepairKind, str], ...]


@dataclass(frozen=True)
class _Literal:
    """A string in the source: from its prefix to behind its last quote."""

    start: int
    end: int
    prefix: str
    quote: str


@dataclass(frozen=True)
class _Statement:
    """One logical line of a cell."""

    start: int
    end: int
    ipython: bool
    """Whether it is a command or a magic, not Python."""
    literals: tuple[_Literal, ...] = ()
    asks: bool = False
    """Whether it calls input."""


def make_portable(source: str, beside: frozenset[str]) -> Portable:
    """Return a student's cell as it can run without network, other computers' files and people at the keyboard.

    `beside` names the files that lie beside the notebook, with `/` between folders.
    """
    parts: list[str] = []
    repairs: list[tuple[RepairKind, str]] = []
    blocks = _Blocks()
    for statement in _statements(source):
        text = source[statement.start : statement.end]
        if statement.ipython:
            done = _without_command(text)
        else:
            done = None if blocks.guard(text) else _without_module(text, beside)
        if done is not None:
            kind, text, detail = done
            repairs.append((kind, detail[:DETAIL_CHARS]))
        elif statement.literals:
            text, paths = _with_near_paths(source, statement, beside)
            repairs += [("path", path[:DETAIL_CHARS]) for path in paths]
        if statement.asks:
            repairs.append(("input", ""))
        parts.append(text)
    return Portable("".join(parts), tuple(dict.fromkeys(repairs)))


# --- Statements -------------------------------------------------------------------------------------------------------


def _statements(source: str) -> Iterator[_Statement]:
    """Yield the logical lines of a cell: together they are the whole of it."""
    at = 0
    if magic := _CELL_MAGIC.match(source):
        end = source.find("\n", magic.end()) + 1 if magic[1] in _PYTHON_MAGICS else 0
        yield _Statement(0, end or len(source), ipython=False)
        at = end or len(source)
    while at < len(source):
        if nothing := _NOTHING.match(source, at):
            statement = _Statement(at, nothing.end(), ipython=False)
        elif _IPYTHON_LINE.match(source, at) or _BARE_COMMAND.match(source, at):
            continued = _CONTINUED.match(source, at)
            assert continued is not None
            statement = _Statement(at, continued.end(), ipython=True)
        else:
            statement = _python_statement(source, at)
        yield statement
        at = statement.end


def _python_statement(source: str, start: int) -> _Statement:
    """Read to the end of the line on which no bracket, string or backslash leaves the statement open."""
    literals: list[_Literal] = []
    depth, at, asks = 0, start, False
    while token := _TOKEN.match(source, at):
        at = token.end()
        if token["string"]:
            body = _BODIES[token["quote"]].match(source, at)
            assert body is not None
            at = body.end()
            if body["end"]:
                literals.append(_Literal(token.start(), at, token["prefix"], token["quote"]))
        elif token["newline"] and depth <= 0:
            break
        depth += bool(token["open"]) - bool(token["close"])
        asks = asks or bool(token["input"])
    return _Statement(start, at, ipython=False, literals=tuple(literals), asks=asks)


# --- Commands and modules ---------------------------------------------------------------------------------------------


def _without_command(text: str) -> tuple[RepairKind, str, str] | None:
    """A command that needs the network, an installer or a graphics card: a line that says it is not run."""
    found = _IPYTHON_LINE.match(text)
    command = text[found.end() :].strip() if found else text.strip()
    if found:
        away = _AWAY_MAGIC.match(command) if found["mark"] == "%" else _AWAY_COMMAND.search(command[:COMMAND_CHARS])
        if not away:
            return None
    detail = " ".join(f"{found['mark'] if found else ''}{command}".replace("\\\n", " ").split())
    said = repr(f"not run while grading: {detail}")
    indent = found["indent"] if found else text[: len(text) - len(text.lstrip())]
    instead = f"{found['target']} = [{said}]" if found and found["target"] else f"print({said})"
    return "command", f"{indent}{instead}" + "\n" * text.count("\n"), detail


@dataclass
class _Blocks:
    """The blocks that a statement stands in, as far as its indentation tells."""

    open: list[tuple[int, bool]] = field(default_factory=list)
    """Indentation of each one's first line, and whether what it holds runs on a condition."""

    def guard(self, text: str) -> bool:
        """Say whether a statement runs on a condition, of `try`, `if` and their like; what it begins is then open."""
        if _NOTHING.fullmatch(f"{text}\n"):
            return False
        line = text.lstrip(" \t")
        width = len(text[: len(text) - len(line)].expandtabs())
        self.open = [block for block in self.open if block[0] < width]
        guarded = any(conditional for _, conditional in self.open)
        if found := _OPENS.match(line):
            self.open.append((width, not found["body"]))
        return guarded


_OPENS = re.compile(
    r"(?:async[ \t]+)?(?:(?P<body>def|class)|try|if|elif|else|except|finally|with|for|while|match|case)\b"
)


def _without_module(text: str, beside: frozenset[str]) -> tuple[RepairKind, str, str] | None:
    """An import that nothing guards, of a module that exists elsewhere only: an import of what stands in for it.

    One of a module that lies beside the notebook is left.
    """
    indent = text[: len(text) - len(text.lstrip(" \t"))]
    done = _stood_in(text[len(indent) :], beside)
    return (done[0], indent + done[1], done[2]) if done else None


def _stood_in(text: str, beside: frozenset[str]) -> tuple[RepairKind, str, str] | None:
    if (found := _away_from().match(text)) and not _lies_beside(found["module"] or "google", beside):
        instead = f"from {STANDIN} import{found['single'] or ''}"
        return "module", instead + text[found.end() :], found["module"] or "google.colab"
    names = _IMPORT.match(text)
    if not names:
        return None
    items = [_instead(item, beside) for item in names[1].split(",")]
    away = [name for _, name in items if name]
    return ("module", f"import {','.join(item for item, _ in items)}{text[names.end() :]}", away[0]) if away else None


def _lies_beside(module: str, beside: frozenset[str]) -> bool:
    name = module.partition(".")[0]
    return f"{name}.py" in beside or f"{name}/__init__.py" in beside


def _instead(item: str, beside: frozenset[str]) -> tuple[str, str]:
    """One `name as other` of an import with the stand-in where it is away, and the module that was there."""
    found = _away_name().fullmatch(item.strip())
    if not found or _lies_beside(found["module"], beside):
        return item, ""
    own = found["named"] or f" as {found['module'].partition('.')[0]}"
    before = item[: len(item) - len(item.lstrip())]
    after = item[len(item.rstrip()) :]
    return f"{before}{STANDIN}{own}{after}", found["module"]


_IMPORT = re.compile(r"import[ \t]+([\w. \t]+(?:,[\w. \t]+)*)(?=[;#\n]|\Z)")


@cache
def _away() -> str:
    absent = [name for name in OPTIONAL_MODULES if find_spec(name) is None]
    names = "|".join(re.escape(name) for name in (*AWAY_MODULES, *absent))
    return rf"(?P<module>(?:{names})(?:\.\w+)*)"


@cache
def _away_from() -> re.Pattern[str]:
    single = r"from[ \t]+google[ \t]+import(?P<single>[ \t]+colab\b)"
    return re.compile(rf"from[ \t]+{_away()}[ \t]+import\b|{single}")


@cache
def _away_name() -> re.Pattern[str]:
    return re.compile(rf"{_away()}(?P<named>[ \t]+as[ \t]+\w+)?")


# --- Paths ------------------------------------------------------------------------------------------------------------


def _with_near_paths(source: str, statement: _Statement, beside: frozenset[str]) -> tuple[str, list[str]]:
    """The statement with each path of another computer made relative, and those paths."""
    parts: list[str] = []
    paths: list[str] = []
    at = statement.start
    for literal in statement.literals:
        width = len(literal.quote)
        body = source[literal.start + len(literal.prefix) + width : literal.end - width]
        path = body if "r" in literal.prefix.lower() else body.replace("\\\\", "\\")
        near = None if set(literal.prefix.lower()) & set("bf") else _near(path, beside)
        if near is not None:
            paths.append(path)
            parts += [source[at : literal.start], f"{literal.quote}{near}{literal.quote}"]
            at = literal.end
    return "".join([*parts, source[at : statement.end]]), paths


def _near(path: str, beside: frozenset[str]) -> str | None:
    """Where an absolute path leads here: a file or folder beside the notebook. None where it is to be left as it is."""
    if not _ABSOLUTE.match(path) or path.rstrip("/") in _MOUNTS:
        return None
    parts = [part for part in re.split(r"[\\/]+", path.removeprefix("file://")) if part]
    if not parts or (path.startswith("/") and parts[0] in _HERE):
        return None
    folder = "/" if path[-1] in "/\\" else ""
    for start in range(max(len(parts) - PATH_PARTS, 0), len(parts)):
        name = "/".join(parts[start:])
        if (name in beside and not folder) or name in _folders(beside):
            return name + folder
    if only := _only(parts[-1], _folders(beside) if folder else beside | _folders(beside)):
        return only + folder
    if path.startswith("/") and parts[0] in _NOWHERE:
        named = "." in parts[-1][1:] and not folder
        return parts[-1] if named else f".{folder}"
    return None


@lru_cache(maxsize=256)
def _only(name: str, beside: frozenset[str]) -> str:
    """The one of this name, whatever folder it was handed out in; empty where there is none, or several."""
    found = [file for file in beside if PurePosixPath(file).name == name]
    return found[0] if len(found) == 1 else ""


@lru_cache(maxsize=4)
def _folders(beside: frozenset[str]) -> frozenset[str]:
    parents = (PurePosixPath(name).parents for name in beside)
    return frozenset(str(parent) for each in parents for parent in each) - {"."}
