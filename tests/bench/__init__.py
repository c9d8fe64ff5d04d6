"""The benchmark: `python -m tests.bench` from the repository's root. It measures; it asserts nothing."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where the tests keep the small courses they share
