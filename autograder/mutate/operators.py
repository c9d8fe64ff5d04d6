"""Mutation operators: how those who write networks get them wrong. Each makes one change in one place of a cell.

What it changes is found in the cell's syntax tree; the change is made in its text. A mutant is a solution that somebody
could have handed in: no operator makes code that no one would write, and none is of this course alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograder.mutate.code import Code, Edit, called

Changes = Callable[[ast.AST, Code], Iterator[Edit | None]]


@dataclass(frozen=True)
class Operator:
    """One way to get it wrong."""

    name: str
    changes: Changes
    """Yields what it would write in place of a node, or of a part of it; nothing where it does not apply."""
    luck: bool = False
    """Whether it changes what is drawn at random alone: no mistake where nothing asks for one draw."""


# --- What is called, and with what ------------------------------------------------------------------------------------

CONVOLUTION = re.compile(r"(?:Separable)?Conv(?:olution)?[123]D(?:Transpose)?")
TORCH_CONVOLUTION = re.compile(r"Conv(?:Transpose)?[123]d")
POOLING = re.compile(r"(?:Max|Average|Avg)Pool(?:ing)?[123]D")
TORCH_POOLING = re.compile(r"(?:Max|Avg)Pool[123]d|(?:max|avg)_pool[123]d")
RECURRENT = re.compile(r"LSTM|GRU|SimpleRNN|RNN")
PARAMETERS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (CONVOLUTION, ("filters", "kernel_size", "strides", "padding")),
    (TORCH_CONVOLUTION, ("in_channels", "out_channels", "kernel_size", "stride", "padding")),
    (re.compile(r"DepthwiseConv[12]D"), ("kernel_size", "strides", "padding")),
    (POOLING, ("pool_size", "strides", "padding")),
    (re.compile(r"(?:Max|Avg)Pool[123]d"), ("pool_size", "stride", "padding")),
    (re.compile(r"(?:max|avg)_pool[123]d"), ("input", "pool_size", "stride", "padding")),
    (re.compile(r"Dense"), ("units", "activation")),
    (re.compile(r"Linear"), ("in_features", "out_features")),
    (re.compile(r"Embedding"), ("input_dim", "output_dim")),
    (RECURRENT, ("units",)),
    (re.compile(r"\w*Dropout\w*"), ("rate",)),
)
"""Names of layers' positional parameters, in order, Keras's and PyTorch's."""
WIDTHS = ("filters", "units", "out_channels", "out_features", "output_dim")
WEIGHTED = re.compile(r"(?:Separable|Depthwise)?Conv[123][Dd](?:Transpose)?|Dense|Linear")
LIBRARIES = frozenset(("np", "numpy", "tf", "tensorflow", "keras", "layers", "torch", "nn", "F", "K", "ops", "jnp"))


def parameter(call: ast.Call, name: str) -> ast.expr | None:
    """Return what a layer's call gives for one of its parameters; None where it leaves it out."""
    for keyword in call.keywords:
        if keyword.arg == name or (name == "pool_size" and keyword.arg == "kernel_size" and _is_pooling(call)):
            return keyword.value
    for kind, names in PARAMETERS:
        if kind.fullmatch(called(call.func)) and name in names[: len(call.args)]:
            found = call.args[names.index(name)]
            return None if isinstance(found, ast.Starred) else found
    return None


def _is_pooling(call: ast.Call) -> bool:
    return bool(POOLING.fullmatch(called(call.func)) or TORCH_POOLING.fullmatch(called(call.func)))


def _is_convolution(call: ast.Call) -> bool:
    return bool(CONVOLUTION.fullmatch(called(call.func)) or TORCH_CONVOLUTION.fullmatch(called(call.func)))


def _integer(node: ast.AST | None) -> int | None:
    """The integer that is written, a sign before it read too; None for anything else, truth values too."""
    match node:
        case ast.Constant(value=value) if type(value) is int:
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)) if type(value) is int:
            return -value
    return None


def _integers(node: ast.AST | None) -> list[int]:
    """The integers of a number or of a tuple of numbers; none for anything else."""
    parts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
    found = [_integer(part) for part in parts]
    return [] if None in found else [one for one in found if one is not None]


def _other_size(node: ast.AST, code: Code, by: int) -> Iterator[Edit]:
    """Write a size larger or smaller by `by`, in each of its dimensions; of a name, the sum."""
    sizes = [one + by for one in _integers(node)]
    if sizes and min(sizes) > 0:
        yield code.replace(node, f"({', '.join(map(str, sizes))})" if isinstance(node, ast.Tuple) else str(sizes[0]))
    elif isinstance(node, ast.Name) and by > 0:
        yield code.replace(node, f"{node.id} + {by}")


def width(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A layer twice as wide, or half as wide."""
    for name in WIDTHS if isinstance(node, ast.Call) else ():
        given = parameter(node, name)  # type: ignore[arg-type]
        number = _integer(given)
        if given is not None and number:
            yield code.replace(given, str(2 * number))
            if number > 1:
                yield code.replace(given, str(number // 2))
        elif isinstance(given, ast.Name):
            yield code.replace(given, f"2 * {given.id}")


def kernel_size(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A larger kernel, or a smaller one."""
    if isinstance(node, ast.Call) and (given := parameter(node, "kernel_size")) is not None and not _is_pooling(node):
        for by in (2, -2, 1):
            yield from _other_size(given, code, by)


def pooling_size(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A larger window, or one that pools nothing."""
    if isinstance(node, ast.Call) and _is_pooling(node) and (given := parameter(node, "pool_size")) is not None:
        for by in (1, -1):
            yield from _other_size(given, code, by)


def stride(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another stride than the one that is written, or than the default."""
    if not isinstance(node, ast.Call):
        return
    given = parameter(node, "strides") or parameter(node, "stride")
    if given is not None:
        yield from _other_size(given, code, 1)
        yield from _other_size(given, code, -1)
    elif _is_convolution(node) or (_is_pooling(node) and parameter(node, "pool_size") is not None):
        name = "stride" if called(node.func).endswith("d") else "strides"
        yield code.insert(node, f"{name}={2 if _is_convolution(node) else 1}")


def padding(node: ast.AST, code: Code) -> Iterator[Edit]:
    """« valid » in place of « same », or the other way; in PyTorch one pixel less, or more."""
    match node:
        case ast.Constant(value=str(said)) if (other := PADDINGS.get(said.lower())) is not None:
            yield code.replace(node, repr(other.upper() if said.isupper() else other).replace("'", '"'))
        case ast.Call() if TORCH_CONVOLUTION.fullmatch(called(node.func)):
            given = parameter(node, "padding")
            number = _integer(given)
            if given is not None and number is not None:
                yield code.replace(given, str(number - 1 if number else 1))


PADDINGS = {"same": "valid", "valid": "same"}


def _renamed(names: Mapping[str, Sequence[str]]) -> Changes:
    """An operator that calls something else by a closed list of names."""

    def changes(node: ast.AST, code: Code) -> Iterator[Edit]:
        if isinstance(node, ast.Call):
            for other in names.get(called(node.func), ()):
                yield code.rename(node.func, other)

    return changes


def _pooling_kinds() -> dict[str, list[str]]:
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


def _said(words: Mapping[str, Sequence[str]]) -> Callable[[ast.AST, Code], Iterator[Edit]]:
    """An operator that says something else by a closed list of words: `activation="relu"`, `"mse"`."""

    def changes(node: ast.AST, code: Code) -> Iterator[Edit]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            quote = code.text(node)[-1]
            for other in words.get(node.value, ()):
                yield code.replace(node, f"{quote}{other}{quote}")

    return changes


def dtype(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another type of number: an attribute of a library, or its name."""
    yield from _said(DTYPES)(node, code)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in LIBRARIES:
        for other in DTYPES.get(node.attr, ()):
            yield code.rename(node, other)


# --- Layers, one after the other --------------------------------------------------------------------------------------


def _is_layer_statement(node: ast.AST) -> bool:
    """`model.add(…)`, or what hands one name on: `x = layer(…)(x)`."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="add" | "append"))):
            return True
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value):
            return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(value))
    return False


def _body_of(node: ast.AST, code: Code) -> list[ast.stmt]:
    """The statements that a statement stands among."""
    parent = code.parent(node)
    for name in ("body", "orelse", "finalbody"):
        body = getattr(parent, name, [])
        if isinstance(body, list) and node in body:
            return body
    return []


def _stack_of(node: ast.AST) -> list[ast.expr]:
    """The layers that `Sequential` is given, in a list or as its arguments."""
    if not (isinstance(node, ast.Call) and called(node.func) == "Sequential"):
        return []
    given = node.args[0].elts if node.args and isinstance(node.args[0], ast.List) else node.args
    return [one for one in given if isinstance(one, ast.Call)]


def layer_missing(node: ast.AST, code: Code) -> Iterator[Edit]:
    """One layer is left out."""
    if _is_layer_statement(node):
        yield code.replace(node, "pass")
    for layer in _stack_of(node):
        parent = code.parent(layer)
        among = parent.elts if isinstance(parent, ast.List) else parent.args  # type: ignore[union-attr]
        yield code.remove(layer, among)


def layer_doubled(node: ast.AST, code: Code) -> Iterator[Edit]:
    """One layer is there twice."""
    if _is_layer_statement(node):
        indent = " " * node.col_offset  # type: ignore[attr-defined]
        yield code.replace(node, f"{code.text(node)}\n{indent}{code.text(node)}")
    for layer in _stack_of(node):
        yield code.double(layer)


def layer_order(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Two layers that follow each other are in the other order."""
    if _is_layer_statement(node):
        body = _body_of(node, code)
        after = body[body.index(node) + 1 :][:1] if node in body else []
        if after and _is_layer_statement(after[0]):
            yield from code.swaps([node, after[0]])
    yield from code.swaps(_stack_of(node))


def bias_missing(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A layer with weights has no bias."""
    if isinstance(node, ast.Call) and WEIGHTED.fullmatch(called(node.func)):
        name = "bias" if called(node.func).endswith("d") or called(node.func) == "Linear" else "use_bias"
        if all(keyword.arg != name for keyword in node.keywords):
            yield code.insert(node, f"{name}=False")


def frozen_layer(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A layer that should learn does not. PyTorch's take no such argument."""
    if isinstance(node, ast.Call) and WEIGHTED.fullmatch(called(node.func)):
        torch = called(node.func).endswith("d") or called(node.func) == "Linear"
        if not torch and all(keyword.arg != "trainable" for keyword in node.keywords):
            yield code.insert(node, "trainable=False")


# --- Training ---------------------------------------------------------------------------------------------------------

STEPS = frozenset(("step", "zero_grad", "backward", "apply_gradients", "eval", "train", "fit"))


def step_missing(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A loop that never steps, never forgets its gradients, or has none; a network that is never trained."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name))) if name in STEPS:
            yield code.replace(node, "pass")


def labels_shuffled(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Labels in another order than their examples."""
    match node:
        case ast.Call(func=ast.Attribute(attr="fit"), args=[_, labels, *_]):
            yield code.replace(labels, f"{code.text(labels)}[::-1]")


def validation_on_training_set(node: ast.AST, code: Code) -> Iterator[Edit]:
    """What is validated on is what is trained on."""
    match node:
        case ast.Call(func=ast.Attribute(attr="fit"), args=[examples, labels, *_]):
            given = f"validation_data=({code.text(examples)}, {code.text(labels)})"
            for keyword in node.keywords:
                if keyword.arg in ("validation_data", "validation_split"):
                    yield code.replace(keyword, given)


SPLITS = (("train", "test"), ("train", "valid"), ("train", "val"), ("entrainement", "essai"), ("entrainement", "test"))


def sets_swapped(node: ast.AST, code: Code) -> Iterator[Edit]:
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


def seed(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another seed, or none."""
    if not (isinstance(node, ast.Constant) and _is_seed(node, code)):
        return
    yield code.replace(node, str(node.value + 1))  # type: ignore[operator]
    if called(getattr(code.parent(node), "func", node)) in ("default_rng", "RandomState"):
        yield code.replace(node, "None")


def _is_seed(node: ast.AST, code: Code) -> bool:
    match code.parent(node):
        case ast.Call(func=function, args=[given, *_]) if given is node and called(function) in SEEDED:
            return _integer(node) is not None
        case ast.keyword(arg="seed" | "random_state"):
            return _integer(node) is not None
    return False


# --- Arrays -----------------------------------------------------------------------------------------------------------

OTHER_AXIS = {0: (1, -1), 1: (0,), -1: (0,), 2: (1,), 3: (2, 1), -2: (-1,)}
ALONG = frozenset("argmax argmin argsort cat concatenate max mean min softmax stack sum".split())  # noqa: SIM905


def axis(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Along another axis."""
    if not isinstance(node, ast.Call):
        return
    given = [keyword.value for keyword in node.keywords if keyword.arg in ("axis", "dim")]
    if called(node.func) in ALONG and len(node.args) == 2:
        given.append(node.args[1])
    for one in given:
        if (number := _integer(one)) is not None:
            yield from (code.replace(one, str(other)) for other in OTHER_AXIS.get(number, ()))


def scaling(node: ast.AST, code: Code) -> Iterator[Edit]:
    """No division, or product, or shift, by a number."""
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant):
        yield code.replace(node, _wrapped(node, node.left, code))


def operand_missing(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Half of a sum, of a product."""
    if isinstance(node, ast.BinOp):
        if not isinstance(node.right, ast.Constant):
            yield code.replace(node, _wrapped(node, node.left, code))
        if not isinstance(node.op, ast.Sub | ast.Div | ast.FloorDiv):
            yield code.replace(node, _wrapped(node, node.right, code))


def _wrapped(whole: ast.BinOp, part: ast.expr, code: Code) -> str:
    """A part of an expression as it stands alone in the whole's place: in brackets where others bind more tightly."""
    start, end = code.span(whole)
    bracketed = code.source[:start].endswith("(") and code.source[end:].startswith(")")
    loose = isinstance(part, ast.BinOp | ast.IfExp | ast.Compare | ast.Lambda)
    return f"({code.text(part)})" if loose and not bracketed else code.text(part)


def slice_bound(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A slice that begins or ends elsewhere."""
    if isinstance(node, ast.Slice):
        for bound in (node.lower, node.upper):
            if bound is not None:
                yield code.replace(bound, "")
                if _integer(bound) is None:
                    yield code.replace(bound, f"{code.text(bound)} + 1")


def index_missing(node: ast.AST, code: Code) -> Iterator[Edit]:
    """What is indexed, whole."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield code.replace(node, code.text(node.value))


CONVERSIONS = frozenset(
    """
    abs array asarray astype cast copy detach expand_dims flatten float int item list log mean numpy permute ravel
    reshape round sqrt square squeeze sum swapaxes to transpose tuple unsqueeze view
    """.split()  # noqa: SIM905
)


def conversion_missing(node: ast.AST, code: Code) -> Iterator[Edit]:
    """An array, or a number, as it was before: no other type, shape or mean."""
    if not (isinstance(node, ast.Call) and called(node.func) in CONVERSIONS):
        return
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if owner is None or (isinstance(owner, ast.Name) and owner.id in LIBRARIES):
        if node.args and not isinstance(node.args[0], ast.Starred):
            yield code.replace(node, f"({code.text(node.args[0])})")
    else:
        assert isinstance(node.func, ast.Attribute)
        start, end = code.span(node)
        before = code.source[start : code.span(node.func)[1] - len(node.func.attr)]
        yield Edit(start, end, before.rstrip().removesuffix(".").rstrip())


# --- Numbers and operators --------------------------------------------------------------------------------------------


def off_by_one(node: ast.AST, code: Code) -> Iterator[Edit]:
    """One more, or one less: of a number, of a length, of the end of a range."""
    number = _integer(node)
    if number is not None:
        if not isinstance(code.parent(node), ast.UnaryOp) and not _is_seed(node, code):
            yield code.replace(node, str(number + 1))
            yield code.replace(node, str(number - 1))
        return
    ends = node.args[-1:] if isinstance(node, ast.Call) and called(node.func) == "range" else []
    for end in [*ends, *([node] if isinstance(node, ast.Call) and called(node.func) == "len" else [])]:
        if _integer(end) is None:
            yield code.replace(end, f"{code.text(end)} + 1")
            yield code.replace(end, f"{code.text(end)} - 1")


def number(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A number twice as large, or rounded."""
    if _is_seed(node, code):
        return
    match node:
        case ast.Constant(value=float(value)):
            yield code.replace(node, repr(2 * value))
            if round(value, 2) != value:
                yield code.replace(node, repr(round(value, 2)))
        case ast.Constant(value=value) if type(value) is int and value > 9:
            yield code.replace(node, str(2 * value))


COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Lt: ("<", ("<=", ">")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<")),
    ast.GtE: (">=", (">", "<")),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
ARITHMETIC: dict[type[ast.operator], tuple[str, tuple[str, ...]]] = {
    ast.Add: ("+", ("-", "*")),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("+", "/")),
    ast.Div: ("/", ("*", "//")),
    ast.FloorDiv: ("//", ("/", "*")),
    ast.Mod: ("%", ("//",)),
    ast.Pow: ("**", ("*",)),
    ast.MatMult: ("@", ("*",)),
}


def comparison(node: ast.AST, code: Code) -> Iterator[Edit | None]:
    """The other way round, or with the bound, or without."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        old, others = COMPARISONS.get(type(node.ops[0]), ("", ()))
        for new in others:
            yield code.operator(node.left, node.comparators[0], old, new)


def arithmetic(node: ast.AST, code: Code) -> Iterator[Edit | None]:
    """Another operation."""
    if isinstance(node, ast.BinOp):
        old, others = ARITHMETIC.get(type(node.op), ("", ()))
        for new in others:
            yield code.operator(node.left, node.right, old, new)


def flag(node: ast.AST, code: Code) -> Iterator[Edit]:
    """True in place of False, or the other way: `trainable`, `shuffle`, `from_logits`, `return_sequences`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield code.replace(node, str(not node.value))


def condition(node: ast.AST, code: Code) -> Iterator[Edit]:
    """The other branch."""
    if isinstance(node, ast.If | ast.IfExp):
        yield code.replace(node.test, f"not ({code.text(node.test)})")


# --- Names, arguments, statements -------------------------------------------------------------------------------------


def argument_missing(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A setting is left to its default."""
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            yield code.remove(keyword, sorted([*node.args, *node.keywords], key=code.span))


def arguments_swapped(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Two arguments in each other's place."""
    if isinstance(node, ast.Call) and not _stack_of(node):
        yield from code.swaps([one for one in node.args if not isinstance(one, ast.Starred)])


def results_swapped(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Two of the results in each other's place."""
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        yield from code.swaps(node.value.elts)


def result_missing(node: ast.AST, code: Code) -> Iterator[Edit]:
    """One of the results is not returned."""
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) > 1:
        for one in node.value.elts:
            yield code.remove(one, node.value.elts)


def _elements(node: ast.AST, code: Code) -> list[ast.expr]:
    """The elements of a list or tuple of values that is written out, but for layers and results."""
    if not isinstance(node, ast.List | ast.Tuple) or not isinstance(node.ctx, ast.Load) or len(node.elts) < 2:
        return []
    parent = code.parent(node)
    if isinstance(parent, ast.Return | ast.Subscript) or (parent is not None and _stack_of(parent)):
        return []
    return [] if any(isinstance(one, ast.Starred) for one in node.elts) else node.elts


def element_missing(node: ast.AST, code: Code) -> Iterator[Edit]:
    """One element of a list is left out: one turn less of a loop that builds layers."""
    for one in _elements(node, code):
        if len(_elements(node, code)) > 2 or isinstance(node, ast.List):
            yield code.remove(one, _elements(node, code))


def element_order(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Two elements of a list, or two values of a dict, in each other's place."""
    yield from code.swaps(_elements(node, code))
    if isinstance(node, ast.Dict):
        for first, second in zip(node.values, node.values[1:], strict=False):
            if code.text(first) != code.text(second):
                yield code.swap(first, second)


def key_misspelt(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A key of a dict by another name."""
    keys = node.keys if isinstance(node, ast.Dict) else [node.slice] if isinstance(node, ast.Subscript) else []
    for key in keys:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            quote = code.text(key)[-1]
            yield code.replace(key, f"{quote}{key.value}s{quote}")


def another_argument(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A function uses another of its arguments than it should."""
    if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
        return
    for outer in code.around(node):
        if isinstance(outer, ast.FunctionDef):
            names = [one.arg for one in outer.args.args if one.arg != "self"]
            if node.id in names and len(names) > 1:
                yield code.replace(node, names[(names.index(node.id) + 1) % len(names)])
            return


def another_function(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another of the cell's own functions, of as many arguments, is called."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return
    own = {one.name: len(one.args.args) for one in ast.walk(code.tree) if isinstance(one, ast.FunctionDef)}
    for name, arguments in own.items():
        if name != node.func.id and own.get(node.func.id) == arguments:
            yield code.rename(node.func, name)


def statement_missing(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A part of something is never set, a flag never given, a sum never added to."""
    match node:
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]) | ast.AugAssign():
            yield code.replace(node, "pass")


OPERATORS: tuple[Operator, ...] = (
    Operator("width", width),
    Operator("kernel size", kernel_size),
    Operator("padding", padding),
    Operator("stride", stride),
    Operator("pooling kind", _renamed(_pooling_kinds())),
    Operator("pooling size", pooling_size),
    Operator("activation", _said(ACTIVATIONS)),
    Operator("activation layer", _renamed(ACTIVATION_CALLS)),
    Operator("flattening", _renamed(FLATTENING)),
    Operator("layer missing", layer_missing),
    Operator("layer doubled", layer_doubled),
    Operator("order of layers", layer_order),
    Operator("bias missing", bias_missing),
    Operator("frozen layer", frozen_layer),
    Operator("loss", _said(LOSSES)),
    Operator("loss function", _renamed(LOSS_CALLS)),
    Operator("optimizer", _said(OPTIMIZERS)),
    Operator("optimizer class", _renamed(OPTIMIZER_CALLS)),
    Operator("step missing", step_missing),
    Operator("labels shuffled", labels_shuffled),
    Operator("validation on training set", validation_on_training_set),
    Operator("sets swapped", sets_swapped),
    Operator("seed", seed, luck=True),
    Operator("dtype", dtype),
    Operator("axis", axis),
    Operator("scaling", scaling),
    Operator("operand missing", operand_missing),
    Operator("reduction", _renamed(REDUCTIONS)),
    Operator("slice", slice_bound),
    Operator("index missing", index_missing),
    Operator("conversion missing", conversion_missing),
    Operator("comparison", comparison),
    Operator("arithmetic", arithmetic),
    Operator("flag", flag),
    Operator("condition", condition),
    Operator("argument missing", argument_missing),
    Operator("arguments swapped", arguments_swapped),
    Operator("results swapped", results_swapped),
    Operator("result missing", result_missing),
    Operator("element missing", element_missing),
    Operator("order of elements", element_order),
    Operator("key misspelt", key_misspelt),
    Operator("another argument", another_argument),
    Operator("another function", another_function),
    Operator("statement missing", statement_missing),
    Operator("off by one", off_by_one),
    Operator("number", number),
)
"""Where two make the same text, the mutant is the first one's."""
