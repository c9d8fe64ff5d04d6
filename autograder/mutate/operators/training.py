"""A training that goes wrong: no step, labels out of order, sets in each other's place, another seed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from autograder.mutate.code import Code, SourceEdit, called
from autograder.mutate.operators.base import integer

STEPS = frozenset(("step", "zero_grad", "backward", "apply_gradients", "eval", "train", "fit"))


def step_missing(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """A loop that never steps, never forgets its gradients, or has none; a network that is never trained."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name))) if name in STEPS:
            yield code.replace(node, "pass")


def labels_shuffled(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """Labels in another order than their examples."""
    match node:
        case ast.Call(func=ast.Attribute(attr="fit"), args=[_, labels, *_]):
            yield code.replace(labels, f"{code.text(labels)}[::-1]")


def validation_on_training_set(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """What is validated on is what is trained on."""
    match node:
        case ast.Call(func=ast.Attribute(attr="fit"), args=[examples, labels, *_]):
            given = f"validation_data=({code.text(examples)}, {code.text(labels)})"
            for keyword in node.keywords:
                if keyword.arg in ("validation_data", "validation_split"):
                    yield code.replace(keyword, given)


SPLITS = (("train", "test"), ("train", "valid"), ("train", "val"), ("entrainement", "essai"), ("entrainement", "test"))


def sets_swapped(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """The training set in place of the test set, or the other way, where both have a name."""
    if not isinstance(node, ast.Name):
        return
    known = {other.id for other in ast.walk(code.tree) if isinstance(other, ast.Name)}
    for pair in SPLITS:
        for one, other in (pair, pair[::-1]):
            name = re.sub(rf"(?<![a-z]){one}(?![a-z])", other, node.id)
            if name != node.id and name in known:
                yield code.replace(node, name)


SEEDED = frozenset(("set_random_seed", "manual_seed", "default_rng", "RandomState", "seed", "set_seed"))


def seed(node: ast.AST, code: Code) -> Iterator[SourceEdit]:
    """Another seed, or none."""
    if not (isinstance(node, ast.Constant) and is_seed(node, code)):
        return
    yield code.replace(node, str(node.value + 1))  # type: ignore[operator]
    if called(getattr(code.parent(node), "func", node)) in ("default_rng", "RandomState"):
        yield code.replace(node, "None")


def is_seed(node: ast.AST, code: Code) -> bool:
    match code.parent(node):
        case ast.Call(func=function, args=[given, *_]) if given is node and called(function) in SEEDED:
            return integer(node) is not None
        case ast.keyword(arg="seed" | "random_state"):
            return integer(node) is not None
    return False
