"""Whether the sets of a course fit each other and what is trained on them: forms, classes, labels."""

from __future__ import annotations

from autograder.data.shelf import DataSet

SHOWN_CLASSES = 20


def form(data: DataSet, inputs: str) -> str:
    """Say what one example of a set is."""
    info = data.arrays[inputs]
    shape = info.shape[1:]
    if info.dtype.startswith("U") or not shape:
        return f"texts of shape {shape}" if shape else "texts"
    return f"of shape {shape}"


def classes_differ(known: DataSet, hidden: DataSet) -> str:
    """Say how the classes of two sets differ, where their names are known; empty where they do not.

    Labels are places in a sorted list of names: one name more or less, and a right model is wrong half of the time.
    """
    if known.classified != hidden.classified:
        kinds = ["classes" if one.classified else "quantities" for one in (hidden, known)]
        return f"labels of the hidden set {hidden.name!r} are {kinds[0]}, those of {known.name!r} {kinds[1]}"
    ours, theirs = list(known.class_names), list(hidden.class_names)
    if not ours or not theirs or ours[: len(theirs)] == theirs:
        return ""
    return (
        f"the classes of the hidden set {hidden.name!r} are {_numbered(theirs)}; those of {known.name!r} are "
        f"{_numbered(ours)}: give both the same names, then add the hidden set again"
    )


def _numbered(names: list[str]) -> str:
    shown = ", ".join(f"{label} {name}" for label, name in enumerate(names[:SHOWN_CLASSES]))
    return f"{shown}, …" if len(names) > SHOWN_CLASSES else shown


def untrainable(data: DataSet) -> str:
    """Say why no network is trained on a set by us; empty where one can be."""
    if data.hidden:
        return ""  # said of the recipe
    if not data.classified:
        return f"labels of {data.name!r} are quantities: networks are trained for classes; ask `trained_by` instead"
    if data.arrays["x_train"].dtype.startswith("U") or len(data.arrays["x_train"].shape) == 1:
        return f"examples of {data.name!r} are texts: networks are trained on numbers; ask `trained_by` instead"
    return ""
