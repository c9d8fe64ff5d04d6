"""A checks file written down: what is asked, each line with its reason, then the checks, question by question."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from autograder.authoring.draft.expected import RULE, filled, quoted
from autograder.authoring.draft.proposal import Probe, Proposal, ProposedCheck
from autograder.locale import phrase, render

ASSERTS = re.compile(r"\bassert_\w+(?=\()")


def checks_file(title: str, proposals: Sequence[Proposal], language: str, *, asking: bool = False) -> str:
    """Return a checks file. `asking`: with its probes alone, to see what they answer."""
    body = "\n\n\n".join(part for one in proposals for part in _question(one, language, asking=asking))
    names = {name for one in proposals for probe in one.probes for name in probe.uses} | {"question"}
    named = phrase("Checks of « {title} ».", title=title)
    asserts = sorted(set(ASSERTS.findall(body)))
    head = [
        _docstring(render(named, language)),
        "",
        *(f"# {line}" for line in textwrap.wrap(render(ABOUT, language), RULE - 2)),
        "",
        *(["import numpy as np", ""] if "np." in body or "seeded(" in body else []),
        f"from autograder import {', '.join(sorted(names))}",
    ]
    if asserts:
        one = f"from autograder.asserts import {', '.join(asserts)}"
        several = ["from autograder.asserts import (", *(f"    {name}," for name in asserts), ")"]
        head += [one] if len(one) <= RULE else several
    seeded = (
        f"def seeded(number):\n    {_docstring(render(SEEDED, language))}\n    return np.random.default_rng(number)"
    )
    if asking and proposals:
        body += f"\n\n\n@question({quoted(proposals[0].asked.id)})\ndef test_nothing_yet():\n    pass"
    return "\n\n\n".join(["\n".join(head), *([seeded] if "seeded(" in body else []), f"{body}\n"])


ABOUT = phrase(
    "Drafted from what the solution makes: read it, change it, it is yours. What is expected was written down from the "
    "solution's own answers; inputs are like the notebook's, and students have not seen them."
)


SEEDED = phrase("A generator of its own for each input: one can be changed, or left out, alone.")


def _question(proposal: Proposal, language: str, *, asking: bool) -> Iterator[str]:
    name = proposal.asked.id
    lines = [f"{_comment(f'--- {name}')} {'-' * max(RULE - len(name) - 7, 3)}", ""]
    for remark in proposal.remarks:
        lines += [
            f"# {line}" for line in textwrap.wrap(f"{render(TO_WRITE, language)} {render(remark, language)}", 110)
        ]
    lines += [line for probe in proposal.probes for line in _probe(probe, language)]
    yield "\n".join(lines)
    if not asking:
        yield from (_check(check, language) for check in proposal.checks)


TO_WRITE = phrase("TO WRITE:")


def _probe(probe: Probe, language: str) -> Iterator[str]:
    reason = render(probe.reason, language)
    if probe.constant and probe.inputs:
        yield _wrapped(f"{probe.constant} = (", probe.inputs.positional, ")", comma=True)
    line = _wrapped(f"{probe.name} = {probe.asks}(", probe.given, ")")
    if "\n" not in line and len(line) + len(reason) + 4 <= RULE:
        yield f"{line}  {_comment(reason)}"
        return
    yield _comment(reason)
    yield line


def _wrapped(opening: str, parts: Sequence[str], closing: str, *, comma: bool = False) -> str:
    """Parts between brackets, on one line or, where that is too long, on one each; `comma`: behind a lone one too."""
    line = f"{opening}{', '.join(parts)}{',' * (comma and len(parts) == 1)}{closing}"
    return line if len(line) <= RULE else "\n".join([opening, *(f"    {filled(one)}," for one in parts), closing])


def _check(check: ProposedCheck, language: str) -> str:
    reason = "" if check.reason is None else f"  {_comment(render(check.reason, language))}"
    lines = [*check.lines[:-1], check.lines[-1]]
    if reason and len(lines[0]) + len(reason) + 4 <= RULE:
        lines[0] += reason
    elif reason:
        lines.insert(0, reason.strip())
    return "\n".join(
        [
            f"@question({quoted(check.question)})",
            f"def {check.name}({', '.join(check.probes)}):",
            f"    {_docstring(render(check.title, language))}",
            *(textwrap.indent(line, "    ") for line in lines),
        ]
    )


# --- A text of the notebook's is one token of the file, whatever stands in it: the file is run outside rooms ----------


def _docstring(text: str) -> str:
    escaped = _printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"""{escaped}"""'


def _comment(text: str) -> str:
    return f"# {_printable(text)}"


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)
