"""What a check asserts of an answer, as lines of code: written from what the solution answered."""

from __future__ import annotations

import ast
import pprint
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.judge.frames import DataTable
from autograder.judge.layers import counted
from autograder.judge.trainings import History
from autograder.judge.values import Model, Unreadable
from autograder.judge.written import as_recorded

WRITTEN_OUT = 60
"""Numbers of an array that are written in a check; of a larger one, some are."""
SAMPLED = 12
DIGITS = 6
WIDTH = 100
RULE = 118
"""How long a line of a drafted file gets."""


class Unsayable(Exception):
    """Nothing can be asserted of it."""


def assertions(name: str, value: Any, *, luck: bool = False) -> list[str]:
    """Return lines that require `name` to be as `value`; in its form alone where its values are luck.

    Raises Unsayable.
    """
    lines = list(_assertions(name, value, luck))
    if not lines:
        raise Unsayable
    return lines


def _assertions(name: str, value: Any, luck: bool) -> Iterator[str]:
    match value:
        case Model():
            yield f"assert_same_network({name}, trainable=True)"
        case History() | Unreadable():
            raise Unsayable
        case DataTable():
            yield from (_of_series if value.series else _of_table)(name, value, luck)
        case np.ndarray() | np.generic():
            yield from _of_array(name, np.asarray(value), luck)
        case dict() if _is_plain(value) and not luck:
            yield _required(name, value)
        case dict() if all(isinstance(key, str | int) for key in value):
            for key, one in value.items():
                yield from _assertions(f"{name}[{quoted(key)}]", one, luck)
        case list() | tuple() if _is_plain(value) and not luck:
            yield _required(name, value)
        case list() | tuple():
            yield f"assert len({name}) == {len(value)}"
            for place, one in enumerate(value[:8]):
                yield from _assertions(f"{name}[{place}]", one, luck)
        case bool() | int() | float() | str() | None if not luck:
            yield _required(name, value)


def _of_array(name: str, array: Any, luck: bool) -> Iterator[str]:
    if luck or array.size > WRITTEN_OUT:
        yield f"assert_shape({name}, {array.shape})"
    if luck:
        return
    if array.size <= WRITTEN_OUT:
        yield _required(name, array.tolist())
        return
    step = array.size // SAMPLED | 1
    yield _required(f"np.ravel({name})[::{step}]", array.ravel()[::step].tolist())


SETTINGS = ("units", "filters", "kernel_size", "pool_size", "strides", "padding", "rate", "activation")
"""Of a layer, those that a check asks for where it asks for each layer by itself."""


def layer_by_layer(name: str, model: Model) -> list[str]:
    """Return lines that require a network's layers in order, and of each its plain settings."""
    layers = counted(model)
    lines = [f"assert_layers({name}, {quoted([layer.cls for layer in layers])})"]
    for place, layer in enumerate(layers, start=1):
        said = ((key, layer.config[key]) for key in SETTINGS if key in layer.config)
        given = [f"{key}={quoted(value)}" for key, value in said if isinstance(value, str | int | float | list)]
        if given:
            lines.append(f'assert_layer({name}, {place}, "{layer.cls}", {", ".join(given)})')
    return lines


def kept_whole(name: str, constant: str, parts: Sequence[Any], given: Sequence[Any]) -> list[str]:
    """Return lines that require what a function deals out at random to be all that it was given; where it was given two
    arrays that go together row by row, that they still do."""
    arrays = [(place, one) for place, one in enumerate(given) if isinstance(one, np.ndarray)]
    held = ", ".join(f"np.ravel({constant}[{place}])" for place, _ in arrays)
    lines = [
        f"parts = np.sort(np.concatenate([np.ravel(part) for part in {name}]))",
        f"assert_equal(parts, np.sort(np.concatenate([{held}])))",
    ]
    if len(arrays) != 2 or len(arrays[0][1]) != len(arrays[1][1]) or arrays[0][1].shape == arrays[1][1].shape:
        return lines
    sides = [[n for n, part in enumerate(parts) if part.shape[1:] == one.shape[1:]] for _, one in arrays]
    lengths = [[len(parts[n]) for n in side] for side in sides]
    if lengths[0] != lengths[1] or sum(lengths[0]) != len(arrays[0][1]) or len(parts) != sum(map(len, sides)):
        return lines
    flat = f".reshape({len(arrays[0][1])}, -1)"
    rows = ", ".join(f"np.concatenate([{', '.join(f'{name}[{n}]' for n in side)}]){flat}" for side in sides)
    whole = ", ".join(f"{constant}[{place}]{flat}" for place, _ in arrays)
    return [
        *lines,
        f"rows = np.column_stack([{rows}]).tolist()",
        f"assert_equal(sorted(rows), sorted(np.column_stack([{whole}]).tolist()))",
    ]


def _of_table(name: str, table: DataTable, luck: bool) -> Iterator[str]:
    yield f"assert_table({name}, columns={quoted(list(table.columns))}, rows={table.rows})"
    for column in () if luck else table.columns:
        if table.columns.count(column) == 1:
            yield from _of_column(f"{name}[{quoted(column)}]", table[column])


def _of_series(name: str, series: DataTable, luck: bool) -> Iterator[str]:
    """Its values by the labels of their rows, whose order is anyone's guess; of many rows, what they come to."""
    labels = [one.item() if isinstance(one, np.generic) else one for one in series.index]
    values = np.asarray(series.values).tolist()
    if luck or len(labels) > WRITTEN_OUT or not _is_plain([labels, values]) or len(set(labels)) < len(labels):
        yield f"assert len({name}) == {len(labels)}"
        yield from () if luck else _of_column(f"{name}.values", series.values)
        return
    pairs = ", ".join(f"{quoted(label)}: {quoted(_rounded(one))}" for label, one in zip(labels, values, strict=True))
    yield f"{'assert_close' if _has_floats(values) else 'assert_equal'}({name}, {{{pairs}}})"


def in_order(name: str, value: Any) -> list[str]:
    """Return what requires the rows of a Series in their order, where its values rise or fall all along."""
    if not (isinstance(value, DataTable) and value.series and 1 < value.rows <= WRITTEN_OUT):
        return []
    steps = np.diff(value.values) if isinstance(value.values, np.ndarray) else np.zeros(1)
    labels = np.asarray(value.index).tolist()
    return [f"assert_equal(list({name}.index), {quoted(labels)})"] if (steps > 0).all() or (steps < 0).all() else []


def _of_column(name: str, values: Any) -> Iterator[str]:
    """What the numbers of a column come to, and which texts it holds: rows may be in another order."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        if np.isfinite(values).any():
            yield _required(f"np.nanmean({name})", float(np.nanmean(values)))
        if np.isnan(values).any():
            yield _required(f"np.isnan({name}).sum()", int(np.isnan(values).sum()))
    elif isinstance(values, list) and all(isinstance(one, str) for one in values) and len(set(values)) <= SAMPLED:
        yield _required(f"sorted(set({name}))", sorted(set(values)))


def filled(part: str) -> str:
    """Return code; a list, tuple or dict that is too long for a line has as many elements on each as there is room."""
    tree = ast.parse(part, mode="eval").body
    if len(part) + 5 <= RULE or not isinstance(tree, ast.List | ast.Tuple | ast.Dict):
        return part
    if isinstance(tree, ast.Dict):
        pairs = zip(filter(None, tree.keys), tree.values, strict=True)
        elements = [": ".join(str(ast.get_source_segment(part, one)) for one in pair) for pair in pairs]
    else:
        elements = [str(ast.get_source_segment(part, one)) for one in tree.elts]
    lines = [""]
    for element in elements:
        if len(lines[-1]) + len(element) + 10 > RULE and lines[-1]:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{element},"
    return "\n".join([part[0], *(f"        {line}" for line in lines), f"    {part[-1]}"])


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return len(value) <= WRITTEN_OUT and all(map(_is_plain, (*value.keys(), *value.values())))
    if isinstance(value, list | tuple):
        return len(value) <= WRITTEN_OUT and all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _required(name: str, value: Any) -> str:
    return compared("assert_close" if _has_floats(value) else "assert_equal", name, value)


def compared(function: str, name: str, value: Any) -> str:
    """Return the call of an assert that takes what came back and what is due: numbers, texts, lists of them."""
    if isinstance(value, dict):
        literal = filled(quoted(_rounded(value)))
        one_line = len(function) + len(name) + len(literal) < WIDTH and "\n" not in literal
        return f"{function}({name}, {literal})" if one_line else f"{function}(\n    {name},\n    {literal},\n)"
    literal = pprint.pformat(_rounded(value), width=WIDTH - len(name), compact=True, sort_dicts=False)
    literal = quoted(literal, written=True)
    if "\n" not in literal:
        return f"{function}({name}, {literal})"
    return f"{function}(\n    {name},\n{textwrap.indent(literal, '    ')},\n)"


def quoted(value: Any, *, written: bool = False) -> str:
    """Return a value as code, its texts between double quotes; `written`, where it is code already."""
    code = value if written else repr(value)
    return code if '"' in code else code.replace("'", '"')


def _has_floats(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_floats, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_floats, value))
    return isinstance(value, float)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_rounded, value))
    if isinstance(value, float) and np.isfinite(value):
        return float(f"{value:.{DIGITS}g}")
    return value


def is_finite(value: Any) -> bool:
    """Whether its numbers can be written down."""
    if isinstance(value, dict):
        return all(map(is_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_finite, value))
    return not isinstance(value, float | np.ndarray | np.generic) or _finite(np.asarray(value))


def _finite(array: Any) -> bool:
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def compiled(name: str, model: Model, code: str) -> str | None:
    """Return the line that requires a network compiled as it is; None where it is not, or not as one writes it."""
    found = model.record.compiled
    if found is None or found.optimizer is None or not isinstance(found.loss, str | dict):
        return None
    optimizer = as_recorded(found.optimizer)
    said = [f"optimizer={quoted(optimizer.name)}"]
    if "learning_rate" in code or re.search(rf"\b{re.escape(optimizer.name)}\(\s*[\d.]", code, re.IGNORECASE):
        rate = found.rates[0] if found.rates else optimizer.settings.get("learning_rate")
        said += [f"learning_rate={float(f'{rate:.6g}')}"] if isinstance(rate, float) else []
    said.append(f"loss={quoted(as_recorded(found.loss).name)}")
    metrics = [as_recorded(one).name for one in found.metrics if isinstance(one, str | dict)]
    if metrics and len(metrics) == len(found.metrics):
        said.append(f"metrics={quoted(metrics)}")
    return f"assert_compiled({name}, {', '.join(said)})"
