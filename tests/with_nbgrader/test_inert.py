"""What students write in texts runs nothing in a marker's browser, and is still laid out."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder.nbgrader.inert import UNSEEN, inert

HARMLESS = {
    "blockquote",
    "a",
    "b",
    "br",
    "center",
    "code",
    "div",
    "em",
    "font",
    "h1",
    "img",
    "p",
    "pre",
    "span",
    "strong",
    "sub",
    "table",
}
ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT\n>alert(1)</SCRIPT\n>",
    "<script/src=//evil></script>",
    "`a` <script>alert(1)</script>",
    "$x <script>alert(1)</script> y$",
    "$$x$$<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)'>",
    "<img/onerror=alert(1) src=x>",
    '<img alt="a" onerror="alert(1)" src="x">',
    '<img alt=">" onerror="alert(1)" src="x">',
    "<img alt='a'onerror=alert(1) src=x>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href=" javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JavaScript&#58;alert(1))",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n[x]",
    "[x]\n\n[x]:\n  javascript:alert(1)",
    "> [x]\n>\n> [x]: javascript:alert(1)",
    "[x](\njavascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](javascript\\:alert(1))",
    "[x](data:text/html,<b>)",
    "![x](javascript:alert(1))",
    '![x](attachment:a.png"onerror="alert(1))',
    '![x" onerror="alert(1)](y)',
    '[x](y "t" onclick="alert(1)")',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='x'></object><embed src='x'>",
    "<form action='/formgrader/api'><input type=submit></form>",
    "<style>body{display:none}</style>",
    "<link rel=stylesheet href=//evil>",
    "<meta http-equiv=refresh content='0;url=//evil'>",
    "<base href=//evil>",
    "<div style='position:fixed;top:0;width:100%;height:100%'>20 / 20</div>",
    "<div style='background:url(//evil)'>x</div>",
    "<p\nonclick=alert(1)>x",
    "<p onclick\n=alert(1)>x",
    "<b <script>alert(1)</script>>",
    "<<script>alert(1)</script>",
    "<scr<b>ipt>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?x <script>alert(1)</script>?>",
    "</p><script>alert(1)</script>",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "    </code></pre><script>alert(1)</script>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "<details open ontoggle=alert(1)>x</details>",
    "<a id=x name=y href='https://a.example'>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\\<script>alert(1)</script>",
    "<\u0000script>alert(1)</script>",
    "<script\u0000>alert(1)</script>",
    "# x <script>alert(1)</script>",
    "| a |\n|---|\n| <script>alert(1)</script> |",
]
LAID_OUT = [
    "<center><b>x</b><br/></center>",
    '<span style="color: red; font-size: 12px">x</span>',
    "<font color=red size=+1>x</font>".replace("+1", "4"),
    '<img src="attachment:a.png" width="300" alt="a curve">',
    "<img src='figure.png'>",
    '<a href="https://a.example/b?c=d#e">x</a>',
    "<table border=1><tr><td align='center'>x</td></tr></table>",
    "<https://a.example>",
    "x<sub>i</sub> < 3 and y > 4",
    "$a < b$",
    '[x](https://a.example) ![y](attachment:b.png) [z](lesson.ipynb#part) ![](plots/a.png "t")',
    "[x]: https://a.example\n\nx[0]: the first",
]


class Page(HTMLParser):
    """The elements of a page's cells that are not nbconvert's own, and their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def shown(text: str) -> list[tuple[str, dict[str, str | None]]]:
    """What a browser would make of a text, beside what it makes of none."""
    given = {name: {"image/png": "iVBORw0KGgo="} for name in ("a.png", "a.png%22onerror=%22alert(1)")}
    cell = new_markdown_cell(f"before\n\n{text}\n\nafter", attachments=given)
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(new_notebook(cells=[cell]))
    return Page(page[page.index("<main") :]).found


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_of_it_runs(text: str) -> None:
    own = {"main", "div", "p", "pre", "code", "span", "h1", "a", "table", "thead", "tbody", "tr", "th", "td"}
    for tag, attributes in shown(inert(text)):
        assert tag in own | HARMLESS, (tag, attributes)
        assert not [name for name in attributes if name.startswith("on") or name in ("srcdoc", "action")], attributes
        leads = str(attributes.get("href") or attributes.get("src") or "").strip().lower()
        assert not leads.startswith(("javascript", "data:text")), attributes
        assert "position" not in str(attributes.get("style")), attributes
        assert "url" not in str(attributes.get("style")), attributes


def test_these_would_run() -> None:
    assert ("script", {}) in shown(ATTACKS[0])
    assert any("onerror" in attributes for _, attributes in shown(ATTACKS[6]))


@pytest.mark.parametrize("text", LAID_OUT)
def test_what_lays_a_text_out_stays(text: str) -> None:
    assert inert(text) == text


def test_what_is_kept_from_running_reads_as_before() -> None:
    assert inert("<script>a</script>").replace(UNSEEN, "") == "<script>a</script>"


@pytest.mark.parametrize(
    "part", ["<", "<a ", "<img src=", "<a href='", "<p " + " " * 50, "<span style='color:red;", "</"]
)
def test_it_takes_as_long_as_the_text_is(part: str) -> None:
    """Nothing is looked at twice: a million characters take no time that anybody waits for."""
    started = time.process_time()
    inert(part * (10**6 // len(part)))
    assert time.process_time() - started < 60
