"""What a training needs of the backend that Keras runs on: how it is set up, and what an error of its comes to.

A process has one backend, chosen before Keras is imported. Keras hides which, but for threads, a GPU's memory,
determinism, and the errors of operations: they are here, a class each.
"""

from __future__ import annotations

import os
import re
from typing import Literal, Protocol

from autograder.wire.messages import Fit

Cause = Literal["memory", "untrainable", "start"]
"""What an error says: the network needs more memory than there is · it cannot be trained · a GPU did not start."""

_FAILED_START = re.compile(
    r"no blas support|cu(blas|dnn|solver|fft)\w*_STATUS_(NOT_INITIALIZED|ALLOC_FAILED)|"
    r"failed to create cu(blas|dnn|solver)|could not create cu(blas|dnn|solver)\w* handle|"
    r"DNN library (is not found|initialization failed)|CUDA error: out of memory",
    re.IGNORECASE,
)
"""CUDA and its libraries allocate when they are first used, beside what the framework holds: so they say it failed."""
_WANT_OF_MEMORY = re.compile(r"out of memory|ALLOC_FAILED|failed to allocate|can't allocate memory", re.IGNORECASE)
_DEVICE = re.compile(r"CUDA|cuDNN|cuBLAS|NCCL|device-side", re.IGNORECASE)
"""In a RuntimeError of PyTorch's: the machine's doing, not the network's."""
NO_GPU = "a GPU is leased to this room, and {name} sees none: is it installed with CUDA?"
"""A training that quietly ran on the CPU would be taken for the GPU's."""


class Backend(Protocol):
    """One backend of Keras."""

    def configure(self, fit: Fit) -> None:
        """Set what must be set before the first operation. Raise RuntimeError for a leased GPU that is not seen."""
        ...

    def cause(self, error: Exception) -> Cause | None:
        """Return what an error of an operation comes to; None: nothing that a network did."""
        ...


def of_keras() -> Backend:
    """Return the backend of the loaded Keras. Raise RuntimeError where it is not one that trainings are run on."""
    import keras

    name = keras.backend.backend()
    if name not in BACKENDS:
        raise RuntimeError(f"trainings run on {', '.join(BACKENDS)}; this Keras runs on {name}")
    return BACKENDS[name]


class _TensorFlow:
    def configure(self, fit: Fit) -> None:
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(fit.threads)
        tf.config.threading.set_inter_op_parallelism_threads(fit.threads)
        if fit.gpu is not None:
            gpus = tf.config.list_physical_devices("GPU")
            if not gpus:
                raise RuntimeError(NO_GPU.format(name="TensorFlow"))
            share = tf.config.LogicalDeviceConfiguration(memory_limit=fit.gpu.memory_mb)
            tf.config.set_logical_device_configuration(gpus[0], [share])
        if fit.deterministic:
            tf.config.experimental.enable_op_determinism()

    def cause(self, error: Exception) -> Cause | None:
        import tensorflow as tf

        if not isinstance(error, tf.errors.OpError):
            return None
        if _FAILED_START.search(str(error)):
            return "start"
        unknown = isinstance(error, (tf.errors.InternalError, tf.errors.UnknownError))
        if isinstance(error, tf.errors.ResourceExhaustedError) or (unknown and _WANT_OF_MEMORY.search(str(error))):
            return "memory"
        wrong = isinstance(error, (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError))
        return "untrainable" if wrong else None


class _PyTorch:
    def configure(self, fit: Fit) -> None:
        import torch

        torch.set_num_threads(fit.threads)
        if fit.deterministic:  # where an operation has no such form, correct work would fail for ours: it warns
            os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
            torch.use_deterministic_algorithms(True, warn_only=True)
        if fit.gpu is not None:
            if not torch.cuda.is_available():
                raise RuntimeError(NO_GPU.format(name="PyTorch"))
            torch.cuda.set_per_process_memory_fraction(min(fit.gpu.memory_mb / fit.gpu.whole_mb, 1.0))

    def cause(self, error: Exception) -> Cause | None:
        import torch

        said = str(error)
        if isinstance(error, torch.OutOfMemoryError):
            return "memory"
        if not isinstance(error, RuntimeError) or isinstance(error, NotImplementedError):
            return None
        if _FAILED_START.search(said):
            return "start"
        if _WANT_OF_MEMORY.search(said):
            return "memory"
        return None if _DEVICE.search(said) else "untrainable"


class _Jax:
    def configure(self, fit: Fit) -> None:
        flags = [os.environ.get("XLA_FLAGS", "")]
        if fit.deterministic:
            flags.append("--xla_gpu_deterministic_ops=true")
        os.environ["XLA_FLAGS"] = " ".join(flags).strip()
        if fit.gpu is None:
            return
        # Read when JAX first computes: before, nothing of the GPU is held.
        os.environ["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{min(fit.gpu.memory_mb / fit.gpu.whole_mb, 1.0):.4f}"
        import jax

        if not any(device.platform == "gpu" for device in jax.devices()):
            raise RuntimeError(NO_GPU.format(name="JAX"))

    def cause(self, error: Exception) -> Cause | None:
        import jax

        said = str(error)
        if not isinstance(error, jax.errors.JaxRuntimeError):
            return None
        if _FAILED_START.search(said):
            return "start"
        if said.startswith("RESOURCE_EXHAUSTED") or _WANT_OF_MEMORY.search(said):
            return "memory"
        return "untrainable" if said.startswith(("INVALID_ARGUMENT", "UNIMPLEMENTED")) else None


BACKENDS: dict[str, Backend] = {"tensorflow": _TensorFlow(), "torch": _PyTorch(), "jax": _Jax()}
"""By Keras's name for them."""
