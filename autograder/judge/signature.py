"""`autograder.networks.signature` under its former name, which harnesses outside this repository import."""

from autograder.networks.signature import canonical, signature

__all__ = ["canonical", "signature"]
