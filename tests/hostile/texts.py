"""Texts of a student's (a name, a message, a line of code) for whoever reads them elsewhere, named by what they try.

Elsewhere: a spreadsheet, the log of a CI system, a platform, a page.
"""

from __future__ import annotations

TEXTS = {
    # --- a spreadsheet, which takes its own country's separator, whatever the file has ---
    "a-formula-behind-a-semicolon": "x;=cmd|' /C calc'!A0",
    "a-formula-behind-a-comma": "x,=1+1",
    "a-formula-behind-a-tab": "x\t@SUM(1)",
    "a-formula-behind-a-quote-and-a-semicolon": 'x";="1"+1',
    "a-formula-on-a-line-of-its-own": "x\n=1+1",
    "a-formula-behind-a-space-that-is-none": "\N{NO-BREAK SPACE}=1+1",
    "a-formula-behind-a-mark-of-byte-order": "\N{ZERO WIDTH NO-BREAK SPACE}=1+1",
    "a-formula-in-wide-signs": "x;＝1+1",
    "a-number-that-goes-on": "x;-1+cmd|' /C calc'!A0",
    # --- the log of a CI system, where lines are commands ---
    "an-error-that-github-shows": "::error file=tp1.ipynb,line=1::your teacher is wrong",
    "an-end-of-all-commands": "  ::stop-commands::mine",
    "a-word-to-be-hidden-from-logs": "::add-mask::0 / 20",
    "a-command-of-an-older-form": "a ##[error]b",
    "a-command-of-azures": "##vso[task.complete result=Succeeded;]",
    "a-command-of-teamcitys": "##teamcity[testFinished name='all']",
    "a-section-of-gitlabs": "section_start:1:all[collapsed=true]\r\x1b[0Kpassed",
    "a-command-behind-a-lines-end": "a\n::warning::b",
    "a-command-behind-another-lines-end": "a\u2028::warning::b",
    # --- whatever reads it ---
    "half-a-character": "a\udcffb",
    "markup-that-ends-a-fence": "```\n````\n<img src=x onerror=alert(1)>",
    "markup-that-ends-data": "]]></system-out><testcase name='x'/>",
    "a-comment-that-goes-on": "--> <script>alert(1)</script> <!--",
}
