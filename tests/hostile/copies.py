"""Code that two students share, written such that whoever compares a class stumbles on it, named by how.

SHARED stands beside each, and is what they are alike by.
"""

from __future__ import annotations

SHARED = "".join(
    f"if alpha{one} > {one}:\n    beta{one} = gamma{one % 7}(alpha{one} - {one * 13}, key={one % 3})\n"
    f"    while beta{one}: beta{one} -= delta[{one}]\n"
    for one in range(60)
)

COPIES = {
    "ends-of-lines-that-python-has-not": "x = 1\f\n\v# a\u2028b\x85c\x1cd\n",
    "ends-of-lines-of-old-machines": "x = 1\ry = 2\r",
    "ends-of-lines-of-every-kind": "x = 1\r\ny = 2\n\r\f\n",
    "brackets-deeper-than-python-reads": f"x = {'(' * 5000}1{')' * 5000}\n",
    "brackets-as-deep-as-python-reads": f"x = {'[' * 90}{']' * 90}\n",
    "a-character-that-is-none": "x = '\0'\n",
    "a-text-that-is-markup": "# <script>alert(1)</script> --> ]]> {{ 7 * 7 }}\n",
    "a-text-that-turns-around": "# \u202e\u2066 x\n",
    "a-comment-longer-than-a-cell-that-is-read": "# what nobody reads to its end\n" * 2000,
    "blank-lines-longer-than-a-cell-that-is-read": "\n" * 60_000,
    "a-line-of-three-megabytes": f"x = '{'a' * 3_000_000}'\n",
    "a-comment-of-three-megabytes": f"# {'a ' * 1_500_000}\n",
    "a-statement-of-three-megabytes": "x = [\n" + "    1,\n" * 400_000 + "]\n",
    "a-text-without-an-end": "x = '''",
    "steps-in-without-end": "".join(f"{' ' * one}if x:\n" for one in range(99)),
}
"""By name: what stands before SHARED."""
