"""`autograder.networks.explain` under its former name, which harnesses outside this repository import."""

from autograder.networks.explain import explain

__all__ = ["explain"]
