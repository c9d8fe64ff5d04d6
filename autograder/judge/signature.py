"""`autograder.network.signature` under its former name, which harnesses outside this repository import."""

from autograder.network.signature import canonical, signature

__all__ = ["canonical", "signature"]
