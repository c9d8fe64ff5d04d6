"""What a colleague's course.yaml may name a folder of the course by, named by where it leads."""

from __future__ import annotations

FOLDERS = {
    "a-folder-above-all": "../../../../tmp/mine",
    "a-folder-of-the-machines": "/tmp/mine",
    "a-folder-in-a-folder": "a/b",
    "a-folder-as-windows-writes-it": "a\\b",
    "the-folder-above": "..",
    "the-folder-itself": ".",
    "no-name": "",
    "a-name-that-is-hidden": ".mine",
    "a-name-that-ends-early": "mine\0",
    "a-name-of-several-lines": "mine\nmine",
    "a-name-that-steers-a-terminal": "mine\x1b[2J",
    "a-name-that-turns-around": "mine\u202e",
    "a-name-of-any-length": "m" * 300,
}
"""By name: that of an assignment, or of a recipe."""
