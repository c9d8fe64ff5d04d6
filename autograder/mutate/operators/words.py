"""Something else by a closed list of names: poolings, activations, losses, optimizers, reductions, types."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence

from autograder.mutate.code import Code, SourceEdit, called
from autograder.mutate.operators.base import LIBRARIES, Changes


def renamed(names: Mapping[str, Sequence[str]]) -> Changes:
    """An operator that calls something else by a closed list of names."""

    def changes(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
        if isinstance(node, ast.Call):
            for other in names.get(called(node.func), ()):
                yield code.rename(node.func, other)

    return changes


def pooling_kinds() -> dict[str, list[str]]:
    pairs = [("MaxPooling{n}D", "AveragePooling{n}D"), ("MaxPool{n}D", "AveragePooling{n}D")]
    pairs += [("MaxPool{n}d", "AvgPool{n}d"), ("max_pool{n}d", "avg_pool{n}d"), ("AvgPool{n}D", "MaxPool{n}D")]
    pairs += [("GlobalMaxPooling{n}D", "GlobalAveragePooling{n}D"), ("AdaptiveMaxPool{n}d", "AdaptiveAvgPool{n}d")]
    found: dict[str, list[str]] = {}
    for n in "123":
        for first, second in pairs:
            found.setdefault(first.format(n=n), []).append(second.format(n=n))
            found.setdefault(second.format(n=n), [first.format(n=n)])
    return found


FLATTENING = {
    "Flatten": ("GlobalAveragePooling2D", "GlobalMaxPooling2D"),
    "GlobalAveragePooling2D": ("Flatten",),
    "GlobalMaxPooling2D": ("Flatten",),
}
REDUCTIONS = {
    "mean": ("sum", "max"),
    "sum": ("mean",),
    "max": ("min", "mean"),
    "min": ("max",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
    "zeros": ("ones",),
    "ones": ("zeros",),
    "std": ("var",),
    "var": ("std",),
    "concatenate": ("stack",),
    "exp": ("square",),
    "log": ("sqrt",),
    "Add": ("Multiply", "Concatenate"),
    "Concatenate": ("Add",),
    "reduce_mean": ("reduce_sum",),
    "reduce_sum": ("reduce_mean",),
}
ACTIVATIONS = {
    "relu": ("linear", "tanh"),
    "softmax": ("sigmoid", "linear"),
    "sigmoid": ("softmax", "linear"),
    "tanh": ("relu", "sigmoid"),
    "linear": ("relu",),
    "elu": ("relu",),
    "gelu": ("relu",),
    "selu": ("relu",),
    "swish": ("relu",),
}
ACTIVATION_CALLS = {
    "ReLU": ("LeakyReLU", "ELU"),
    "LeakyReLU": ("ReLU",),
    "Sigmoid": ("Tanh",),
    "Tanh": ("ReLU",),
    "GELU": ("ReLU",),
    "relu": ("tanh", "sigmoid"),
    "sigmoid": ("tanh",),
    "tanh": ("relu",),
    "softmax": ("sigmoid",),
    "log_softmax": ("softmax",),
}
LOSSES = {
    "categorical_crossentropy": ("sparse_categorical_crossentropy", "mse", "binary_crossentropy"),
    "sparse_categorical_crossentropy": ("categorical_crossentropy", "mse"),
    "binary_crossentropy": ("mse", "categorical_crossentropy"),
    "mse": ("mae",),
    "mean_squared_error": ("mean_absolute_error",),
    "mae": ("mse",),
    "mean_absolute_error": ("mean_squared_error",),
}
LOSS_CALLS = {
    "CategoricalCrossentropy": ("SparseCategoricalCrossentropy", "MeanSquaredError"),
    "SparseCategoricalCrossentropy": ("CategoricalCrossentropy",),
    "BinaryCrossentropy": ("MeanSquaredError",),
    "MeanSquaredError": ("MeanAbsoluteError",),
    "MeanAbsoluteError": ("MeanSquaredError",),
    "CrossEntropyLoss": ("MSELoss", "NLLLoss"),
    "NLLLoss": ("CrossEntropyLoss",),
    "MSELoss": ("L1Loss",),
    "L1Loss": ("MSELoss",),
    "BCELoss": ("MSELoss",),
    "BCEWithLogitsLoss": ("BCELoss", "MSELoss"),
    "cross_entropy": ("nll_loss",),
    "mse_loss": ("l1_loss",),
}
OPTIMIZERS = {"adam": ("sgd",), "sgd": ("adam",), "rmsprop": ("sgd",)}
OPTIMIZER_CALLS = {"Adam": ("SGD",), "SGD": ("Adam",), "RMSprop": ("SGD",), "AdamW": ("SGD",)}
DTYPES = {
    "float32": ("float64", "int32"),
    "float64": ("float32", "int64"),
    "float16": ("float32",),
    "uint8": ("float32", "int8"),
    "int32": ("float32",),
    "int64": ("float32",),
    "bool": ("int64",),
    "long": ("float",),
}


def said(words: Mapping[str, Sequence[str]]) -> Callable[[ast.AST, Code], Iterator[SourceEdit]]:
    """An operator that says something else by a closed list of words: `activation="relu"`, `"mse"`."""

    def changes(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            quote = code.text(node)[-1]
            for other in words.get(node.value, ()):
                yield code.replace(node, f"{quote}{other}{quote}")

    return changes


def dtype(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """Another type of number: an attribute of a library, or its name."""
    yield from said(DTYPES)(node, code)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in LIBRARIES:
        for other in DTYPES.get(node.attr, ()):
            yield code.rename(node, other)
