"""The benchmark: `python -m tests.bench` from the repository's root. It measures; it asserts nothing."""
