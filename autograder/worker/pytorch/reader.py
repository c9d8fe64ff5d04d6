"""Reads a `torch.nn.Module`, however it was written, into a `Network`, as `keras.reader` does a Keras model.

A module says nothing of the shape it takes: its code is followed on an example of the shape that the check gives, once
as in training and once as not. What cannot be followed is listed, module by module, and `Network.problem` and
`Network.note` say why. Importing this module imports no PyTorch, and reading needs no Keras.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from autograder.wire.messages import Graph, Layer, Network, Sample, Shape
from autograder.worker.errors import reason
from autograder.worker.keras.functions import code_digest
from autograder.worker.keras.records import MAX_NAME
from autograder.worker.keras.running import is_due
from autograder.worker.pytorch.records import dtype_name, is_lazy, leaf_class, module_record
from autograder.worker.readings import merged, slots, unless

RUN_ON = 2
"""Examples that a module is tried on where its code cannot be followed, to tell whose fault that is."""
NO_SHAPE = "a PyTorch module is read on an example: the check has to give its shape, input_shape=(…)"
SEVERAL = (
    "it takes {count} inputs, and a check gives the shape of one: ask for what it returns, with `call` or `instance`"
)
Problem = Literal["", "raised", "unreadable"]


@dataclass
class ModuleReading:
    """What one way of reading has found."""

    layers: list[Layer]
    ends: list[tuple[int, int]] = field(default_factory=list)
    """What gives the outputs: a call, and which of its outputs."""
    inputs: list[Shape] = field(default_factory=list)
    outputs: list[Shape] = field(default_factory=list)
    nested: list[str] = field(default_factory=list)
    inference: Graph | None = None
    problem: Problem = ""
    note: str = ""
    code: str = ""

    def graph(self) -> Graph:
        return Graph(self.layers, [position for position, _ in self.ends], slots(self.ends))


def modules() -> tuple[type, ...]:
    """Return the class of PyTorch's modules; nothing where PyTorch is not loaded."""
    torch = sys.modules.get("torch")
    return () if torch is None else (torch.nn.Module,)


def is_module(value: object) -> bool:
    """Whether `value` is a module of PyTorch's. Keras's layers are modules too, where PyTorch is what it runs on."""
    return isinstance(value, modules()) and all(
        one.__module__.partition(".")[0] != "keras" for one in type(value).__mro__
    )


def read_module(module: Any, input_shape: Sequence[int | None] | None = None) -> Network:
    """Return the record of a `torch.nn.Module`.

    `input_shape` is the shape of one example, batch left out, channels first. Without one, a network that begins with a
    Linear is read on what that takes, and any other is listed. An odd module is no error: the record says less, and
    `problem` and `note` say why. The module is left as it was, but for lazy modules that a call gives their shape.
    """
    module = getattr(module, "_orig_mod", module)  # what torch.compile wraps
    reading = _read(module, input_shape)
    held = [one for one in module.parameters() if not is_lazy(one)]
    network = Network(
        name="",
        framework="torch",
        dress=type(module).__name__[:MAX_NAME],
        nested=reading.nested,
        layers=reading.layers,
        outputs=[position for position, _ in reading.ends],
        slots=slots(reading.ends),
        inference=reading.inference,
        input_shapes=reading.inputs,
        output_shapes=reading.outputs,
        params=sum(one.numel() for one in held),
        trainable_params=sum(one.numel() for one in held if one.requires_grad),
        problem=reading.problem,
        code=reading.code,
        note=reading.note,
    )
    return msgspec.structs.replace(network, sample=_sample(module, network))


def _sample(module: Any, network: Network) -> Sample | None:
    """Return what a module that was followed makes of the fixed examples, where it is to be run."""
    if not is_due(network, ()):
        return None
    from autograder.worker.pytorch.running import sample

    return sample(module, tuple(size or 1 for size in network.input_shapes[0][1:]))


def _read(module: Any, input_shape: Sequence[int | None] | None) -> ModuleReading:
    from autograder.worker.pytorch.following import unchanged

    if (count := _taken(module)) > 1:
        return _listed(module, "unreadable", SEVERAL.format(count=count))
    sizes = _example_shape(module) if input_shape is None else tuple(size or 1 for size in input_shape)
    if sizes is None:
        return _listed(module, "unreadable", NO_SHAPE)
    _give_shapes(module, sizes)
    failures: list[Exception] = []
    with unchanged(module):
        for dtype in _dtypes(module):
            try:
                return _steadily(module, sizes, dtype)
            except Exception as error:
                failures.append(error)
        raised = _raised(module, sizes)
    if raised is not None:
        return _listed(module, "raised", reason(raised))
    first = failures[0]
    return _listed(module, "unreadable", str(first) if type(first).__name__ == "Unfollowed" else reason(first))


def _taken(module: Any) -> int:
    """Return how many inputs a module has to be given."""
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):
        return 1
    return sum(
        one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) for one in parameters
    )


def _example_shape(module: Any) -> tuple[int, ...] | None:
    """Return the shape of an example where a module's first layer says it; None where that needs more."""
    first = next((one for one in module.modules() if leaf_class(one) and any(True for _ in one.parameters())), None)
    return (first.in_features,) if first is not None and leaf_class(first) == "Linear" else None


def _dtypes(module: Any) -> tuple[str, ...]:
    kinds = [dtype_name(one.dtype) for one in module.parameters() if one.is_floating_point()]
    return (kinds[0] if kinds else "float32", "int64")


def _give_shapes(module: Any, sizes: tuple[int, ...]) -> None:
    """Let lazy modules have their shapes. What goes wrong goes wrong again, and is said, when it is followed."""
    if any(is_lazy(one) for one in (*module.parameters(), *module.buffers())):
        _raised(module, sizes)


def _raised(module: Any, sizes: tuple[int, ...]) -> Exception | None:
    """Run a module on examples; return what it raises by itself, None where it does not."""
    import torch

    first: Exception | None = None
    for dtype in _dtypes(module):
        try:
            with torch.no_grad(), torch.random.fork_rng(devices=[]):
                module(torch.zeros(RUN_ON, *sizes, dtype=getattr(torch, dtype)))
        except Exception as error:
            first = first or error
        else:
            return None
    return first


# --- The same, twice --------------------------------------------------------------------------------------------------


def _steadily(module: Any, sizes: tuple[int, ...], dtype: str) -> ModuleReading:
    """Follow a module as in training and as not, and say what depends on it."""
    from autograder.worker.pytorch.following import Unfollowed

    identities: dict[int, int] = {}
    reading = _followed(module, sizes, dtype, identities, training=True)
    other = _followed(module, sizes, dtype, identities, training=False)
    found = merged(reading.graph(), other.graph())
    if found is not None:
        reading.layers = found
        return reading
    again = merged(reading.graph(), _followed(module, sizes, dtype, identities, training=True).graph())
    if again is None:
        raise Unfollowed("its code does something else each time it is called")
    reading.layers = unless(reading.layers, told=True)
    other.layers = unless(other.layers, told=False)
    reading.inference = other.graph()
    return reading


def _followed(
    module: Any, sizes: tuple[int, ...], dtype: str, identities: dict[int, int], *, training: bool
) -> ModuleReading:
    """Record what a module makes of an example."""
    import torch
    from torch.utils._pytree import tree_flatten

    from autograder.worker.pytorch.following import BATCH, ModuleTrail, Unfollowed, followed, shape_of, unchanged

    trail = ModuleTrail(module, identities)
    with unchanged(module):
        for one in module.modules():
            one.training = training
        example = torch.empty((BATCH, *sizes), dtype=getattr(torch, dtype), device="meta")
        trail.start(example, "input")
        with followed(trail):
            result = module(example)
        made = [one for one in tree_flatten(result)[0] if isinstance(one, torch.Tensor)]
        if not made:
            raise Unfollowed("it returns no tensor")
        ends = [trail.source(one) for one in made]
    return ModuleReading(trail.layers, ends, [shape_of(example)], [shape_of(one) for one in made], trail.nested)


# --- Where it cannot be followed --------------------------------------------------------------------------------------


def _listed(module: Any, problem: Problem, note: str) -> ModuleReading:
    """List the modules of PyTorch's in a network, in the order they were written."""
    identities: dict[int, int] = {}
    layers: list[Layer] = []
    for name, cls, one in _leaves(module):
        previous = [len(layers) - 1] if layers else []
        layers.append(
            module_record(
                one, cls, name, lambda thing: identities.setdefault(id(thing), len(identities)),
                inputs=previous, input_shapes=[], output_shapes=[],
            )
        )  # fmt: skip
    ends = [(len(layers) - 1, 0)] if layers else []
    code = _code(module) if problem == "unreadable" else ""
    return ModuleReading(layers, ends, problem=problem, note=note, code=code)


def _leaves(module: Any) -> Iterator[tuple[str, str, Any]]:
    inside: tuple[str, ...] = ()
    for name, one in module.named_modules():
        if inside and name.startswith(inside):
            continue
        if cls := leaf_class(one):
            yield name or cls, cls, one
            inside = (*inside, f"{name}.")


def _code(module: Any) -> str:
    """Return the digest of all of the student's code in a network, and of its parts."""
    own = [type(one) for one in module.modules() if not type(one).__module__.startswith("torch.")]
    parts = [(name, cls) for name, cls, _ in _leaves(module)]
    return code_digest([list(dict.fromkeys(own)), parts])
