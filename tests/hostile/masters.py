"""Solutions that go for whoever drafts checks from them, named by what they try: a colleague's is a stranger's.

Each is a title and an answer in a notebook of its own. What `draft` writes runs outside rooms: MARK is a file that
only code out there can write. TOLD are what a room says that a function was called with.
"""

from __future__ import annotations

import json

MARK = "<mark>"
_WRITES = f"open('{MARK}', 'w')"
_CODE = f'open("{MARK}", "w")'
_TEXTS = [
    f'"""\n{_WRITES}\n"""', f'"]; {_CODE}; y["', f"']; {_CODE}; y['", "'", "\\", "{x}", "\u202e", "\0", "\r", "\u2028"
]  # fmt: skip
_MADE_UP = [{"args": [{"kind": "named", "name": f'x"); {_CODE}; ("'}], "kwargs": {}}]
_F = "def f(a, b=1):\n    return a"

SOLUTIONS = {
    "a-title-that-ends-a-docstring": (f'"""; {_WRITES} #', f"x = 3\n{_F}"),
    "a-title-that-escapes-the-end-of-one": ("\\", f"x = 3\n{_F}"),
    "a-title-of-several-lines": (f"a\x0b\x0c\x1c\u2028{_WRITES}\x85b", f"x = 3\n{_F}"),
    "values-that-are-code": ("A", f"x = {_TEXTS!r}\n{_F}"),
    "labels-that-are-code": (
        "A",
        "import pandas as pd\nx = pd.DataFrame({'a\\nb': [1], '\"]': [2], "
        f'"\');{MARK}#": [\'\\n\\"\\"\\"\']}})\n{_F}',
    ),
    "keys-that-are-code": ("A", f"x = {dict.fromkeys(_TEXTS, 1)!r}\n{_F}"),
    "classes-that-are-code": ("A", f"x = type('A\"); {MARK}; (\"', (), {{}})()\n{_F}"),
    "numbers-that-are-none": ("A", f"x = [float('nan'), float('inf'), 10**400, 1e308 * 10j]\n{_F}\nf(float('nan'))"),
    "calls-that-it-makes-up": (
        "A",
        f"x = 3\n{_F}\nf(2)\nif 'AUTOGRADER_CALLS' in globals():\n    AUTOGRADER_CALLS['f'] = {_MADE_UP!r}",
    ),
    "keywords-that-are-code": ("A", f'x = 3\ndef f(a=1, **k):\n    return a\nf(**{{"a=1); {_WRITES}; (b": 2}})'),
}
"""By name: the title of the assignment, and the text of an answer that makes `x` and `f`."""

QUICK_SOLUTIONS = ("a-title-that-ends-a-docstring", "calls-that-it-makes-up")


def _call(*given: object, **named: object) -> str:
    return json.dumps([{"args": given, "kwargs": named}])


TOLD = {
    "a-type-of-numbers-that-is-code": _call({"kind": "array", "shape": [2], "dtype": f"float32); {_WRITES}; (1"}),
    "a-shape-that-is-code": _call({"kind": "array", "shape": [f"{_WRITES}"], "dtype": "float32"}),
    "a-range-that-is-code": _call({"kind": "array", "shape": [2], "dtype": "float32", "low": _WRITES, "high": 1.0}),
    "a-name-that-is-code": _call({"kind": "named", "name": f'x"); {_WRITES}; ("'}),
    "a-keyword-that-is-code": json.dumps([{"args": [], "kwargs": {f"a=1); {_WRITES}; (b": {"kind": "other"}}}]),
    "a-keyword-of-pythons": _call(**{"import": {"kind": "plain", "value": 1}}),
    "a-symbol-whose-shape-is-code": _call({"kind": "symbolic", "shape": [None, _WRITES]}),
    "a-number-that-is-none": '[{"args": [{"kind": "plain", "value": NaN}], "kwargs": {}}]',
    "a-number-without-end": '[{"args": [{"kind": "plain", "value": Infinity}], "kwargs": {}}]',
    "pairs-that-are-none": _call({"kind": "dict", "pairs": [[{"kind": "plain", "value": 1}]]}),
    "a-kind-that-is-none": _call({"kind": ["list"], "items": [1]}),
    "lists-in-lists-without-end": "[" * 20_000 + "]" * 20_000,
    "no-json": "{",
    "no-list": "3",
    "no-call": "[3, null, {}]",
}
"""By name: what a room tells of the calls of `f`. Nothing of it is written down."""
