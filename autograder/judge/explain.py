"""`autograder.network.explain` under its former name, which harnesses outside this repository import."""

from autograder.network.explain import explain

__all__ = ["explain"]
