"""Texts that students write, as a marker's browser may show them: what is HTML in them runs nothing.

Markdown lets HTML through, and formgrader shows it as a page of its own, from which whatever runs may set marks. Tags
that lay out a text stay, with attributes that do no more; in all others the `<` is followed by a character that nobody
sees, and what follows is read as text.
"""

from __future__ import annotations

import re

UNSEEN = "\N{ZERO WIDTH SPACE}"

_TAGS = """
    a b big blockquote br caption center code dd del details div dl dt em figcaption figure font h1 h2 h3 h4 h5 h6 hr i
    img ins kbd li mark ol p pre s samp small span strike strong sub summary sup table tbody td tfoot th thead tr tt u
    ul var
""".split()  # noqa: SIM905
_PLAIN = r"(?:alt|align|border|cellpadding|cellspacing|color|colspan|face|height|open|rowspan|size|title|valign|width)"
_STYLE = r"(?:background|background-color|border|color|font-(?:family|size|style|weight)|height|text-align|width)"
_QUOTED = r"""(?>"{0}"|'{0}')"""
_ATTRIBUTES = (
    _PLAIN + r"\s*+=\s*+" + r"""(?>"[^"<>]*+"|'[^'<>]*+'|[\w%#.-]++)""",
    r"style\s*+=\s*+" + _QUOTED.format(rf"(?:\s*+{_STYLE}\s*+:[\w\s#.,%-]++;?)*+\s*+"),
    r"href\s*+=\s*+" + _QUOTED.format(r"""(?:https?://|mailto:|\#)[^"'<>\s]*+"""),
    r"src\s*+=\s*+"
    + _QUOTED.format(r"""(?:https?://|attachment:|data:image/(?:png|jpeg|gif);base64,|[\w.%-])[^"'<>:\s]*+"""),
)
_TAG = re.compile(rf"</?(?:{'|'.join(_TAGS)})(?:\s++(?:{'|'.join(_ATTRIBUTES)}))*+\s*+/?>", re.IGNORECASE)
_OPENS = re.compile(r"<(?=[A-Za-z/!?])")
_ADDRESS = re.compile(r"<(?:https?://|mailto:)[^\s<>\"']*+>")
"""A link as Markdown writes it."""
_TARGET = re.compile(r"(\](?:\(|:)\s*+)(?!<|(?:https?://|mailto:|attachment:|data:image/)|[\w.%-]*+(?:[/?#)\s]|\Z))")
"""Where Markdown names what a link leads to, unless that is an address of the web or a file."""


def inert(text: str) -> str:
    """Return a Markdown text of a student's with no HTML but what lays it out, and no link that is code."""
    text = _OPENS.sub(lambda found: _opened(text, found.start()), text)
    return _TARGET.sub(rf"\1{UNSEEN}", text)


def _opened(text: str, at: int) -> str:
    return "<" if _TAG.match(text, at) or _ADDRESS.match(text, at) else f"<{UNSEEN}"
