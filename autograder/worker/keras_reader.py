"""The name by which programs beside this one ask for the reader of Keras networks.

What models are told when they are called is remembered from here on, as in a room, if Keras was imported before.
"""

from autograder.worker.keras.reader import read_model, read_symbolic
from autograder.worker.keras.told import install

__all__ = ["read_model", "read_symbolic"]

install()
