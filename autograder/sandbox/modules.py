"""What the rooms' Python can import, by name. Nothing is imported to find out."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

LIST_SECONDS = 60.0
SCRIPT = """
import json, pkgutil, sys
found = {*sys.builtin_module_names, *sys.stdlib_module_names, *(one.name for one in pkgutil.iter_modules())}
json.dump(sorted(found), sys.stdout)
"""


@cache
def importable(python: str = sys.executable) -> frozenset[str]:
    """Return the top-level modules of a Python's environment; none where it does not say."""
    command = [python, "-P", "-c", SCRIPT]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LIST_SECONDS, check=True, stdin=subprocess.DEVNULL)
        return frozenset(json.loads(done.stdout))
    except (OSError, ValueError, subprocess.SubprocessError):
        return frozenset()
