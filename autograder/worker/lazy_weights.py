"""The name by which programs beside this one have Keras draw weights when they are read."""

from autograder.worker.keras.lazy_weights import install

__all__ = ["install"]
