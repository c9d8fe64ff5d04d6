"""Follows student code through PyTorch: what it calls, and what each call takes, becomes a list of records.

The code runs once on a tensor that has a shape and no numbers (the device `meta`). A mode of PyTorch's sees each
function that is called, of `torch`, of `torch.nn.functional` or of a tensor; modules of PyTorch's own are a call.
Nothing of the student's is changed: parameters and buffers stand aside for empty ones of their shapes, and what the
modules held before is put back afterwards.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_flatten, tree_map

from autograder.wire.messages import Layer, Shape
from autograder.worker.keras.records import MAX_NAME, constant_record, input_record, plain
from autograder.worker.pytorch.hooks import hooked
from autograder.worker.pytorch.records import (
    function_name,
    function_record,
    leaf_class,
    module_record,
    named_arguments,
    parameter_record,
)

BATCH = 113
"""Examples in the batch that student code is followed on: a size nobody writes, so that it is seen again in a shape."""
MAX_LAYERS = 2000
"""Calls recorded of one network."""

Source = tuple[int, int]
"""A call, and which of its outputs."""

_NUMBERS = frozenset(
    (
        *("__bool__", "__int__", "__float__", "__index__", "__complex__", "__array__", "__contains__"),
        *("item", "tolist", "numpy", "nonzero", "equal", "allclose", "unique", "masked_select"),
    )
)
"""What asks a tensor for its numbers."""
_MOVES = frozenset(("cpu", "cuda", ".data", "requires_grad", "requires_grad_"))
"""What gives the same numbers."""
_COPIES = frozenset(("contiguous", "clone"))
"""What gives them in another place: `view` and what writes in place tell the difference."""
_TENSORS_OF = (".T", ".mT", ".H", ".mH", ".real", ".imag", ".data")
"""Attributes of a tensor that are tensors; the others are sizes and kinds."""
_DRAWN = ("randn", "rand")
"""What draws numbers from a distribution of its own."""
_MADE_LIKE = {"zeros_like": "zeros", "ones_like": "ones", "new_zeros": "zeros", "new_ones": "ones"}


class Unfollowed(Exception):
    """Student code does what no record can say; the message says what."""


class ModuleTrail:
    """The calls that student code made, in order."""

    def __init__(self, model: Any, identities: dict[int, int]) -> None:
        self.layers: list[Layer] = []
        self.nested: list[str] = []
        self._identities = identities
        self._names = {id(one): name for name, one in model.named_modules()}
        self._parameters = {id(one): name for name, one in model.named_parameters()}
        self._owned = {id(one) for one in itertools.chain(model.parameters(), model.buffers())}
        self._known: dict[int, tuple[Source, int, Any]] = {}
        self._empty: dict[int, tuple[int, Any, Any]] = {}
        self._within: list[str] = []
        self._numbers = itertools.count(10**6)

    def identity(self, thing: object) -> int:
        """Return the number of an object, the same for the same one."""
        return self._identities.setdefault(id(thing), len(self._identities))

    # --- Tensors ------------------------------------------------------------------------------------------------------

    def start(self, tensor: Any, name: str) -> None:
        """Record an input of the network."""
        self._bind(tensor, (self._add(input_record(name, shape_of(tensor), next(self._numbers))), 0))

    def source(self, tensor: Any) -> Source:
        """Return the call that made a tensor; of a parameter or of numbers, one is recorded now."""
        found = self._known.get(id(tensor))
        if found is not None:
            if found[1] != tensor._version:
                raise Unfollowed("a tensor was changed in place, and used by another name")
            return found[0]
        if isinstance(tensor, torch.nn.Parameter):
            name = self._parameters.get(id(tensor), "parameter")
            record = parameter_record(tensor, name, self.identity)
        elif tensor.device.type == "meta":
            raise Unfollowed("it keeps a tensor of an earlier call")
        else:
            record = constant_record(_shortest(numbers(tensor)), next(self._numbers))
        source = (self._add(record), 0)
        self._bind(tensor, source)
        return source

    def is_followed(self, tensor: Any) -> bool:
        return id(tensor) in self._known or isinstance(tensor, torch.nn.Parameter)

    def _bind(self, tensor: Any, source: Source) -> None:
        self._known[id(tensor)] = (source, tensor._version, tensor)

    def emptied(self, value: Any) -> Any:
        """Return `value` with a tensor without numbers for each tensor that has some."""
        return tree_map(self._emptied, value)

    def _emptied(self, value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or value.device.type == "meta":
            return value
        found = self._empty.get(id(value))
        if found is None or found[0] != value._version:
            found = self._empty[id(value)] = (value._version, torch.empty_like(value, device="meta"), value)
        return found[1]

    # --- Calls --------------------------------------------------------------------------------------------------------

    def function(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of PyTorch's, and record the call where the input or a parameter is in it."""
        name, written = function_name(function)
        tensors = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, torch.Tensor)]
        if name.removesuffix("_like") in _DRAWN and not written:
            return self._drawn(name.removesuffix("_like"), function(*args, **kwargs))
        if not any(self.is_followed(one) for one in tensors):
            return self._aside(function, written, args, kwargs)
        if name in _NUMBERS:
            raise Unfollowed("what it does next depends on the numbers of a tensor")
        if name in ("setitem", "set") or kwargs.get("out") is not None:
            raise Unfollowed("it writes into a tensor")
        if name == ".device":
            return torch.device("cpu")
        if name.startswith(".") and name not in _TENSORS_OF:
            return function(*args)
        if name in _MADE_LIKE:
            return _made_like(_MADE_LIKE[name], args, kwargs)
        if name in _MOVES | _COPIES or (name in ("to", "type") and _dtype_in(args, kwargs) is None):
            return self._copied(args[0], function) if name in _COPIES else args[0]
        if name in ("to", "type", "type_as"):
            args, kwargs = (args[0],), {"dtype": _dtype_in(args, kwargs)}
            function, name = torch.Tensor.to, "to"
        arguments = named_arguments(name, args, kwargs)
        told = None
        if "dropout" in name:  # unlike the others, F.alpha_dropout does nothing unless it is told to
            told = bool(arguments.pop("training", "alpha" not in name))
        inputs: list[Source] = []  # known before the call, which may write into them
        said = {key[:MAX_NAME]: self._argument(value, inputs) for key, value in arguments.items()}
        result = function(*self.emptied(args), **self.emptied(kwargs))
        made = [one for one in tree_flatten(result)[0] if isinstance(one, torch.Tensor)]
        if not made:
            return result
        fields = self._places(inputs, made)
        position = self._made(function_record(name, next(self._numbers), arguments=said, training=told, **fields), made)
        if written and args[0] is not result:  # numbers that the input was added to
            self._bind(args[0], (position, 0))
        return result

    def _copied(self, tensor: Any, function: Any) -> Any:
        source, copy = self.source(tensor), function(self._emptied(tensor))
        if copy is not tensor:
            self._bind(copy, source)
        return copy

    def _drawn(self, name: str, made: Any) -> Any:
        """Record random numbers, which are others at each call: what is known of them is their shape."""
        empty = self._emptied(made)
        fields = self._places([], [empty])
        self._made(function_record(name, next(self._numbers), arguments={}, training=None, **fields), [empty])
        return empty

    def _argument(self, value: Any, inputs: list[Source]) -> object:
        if isinstance(value, torch.Tensor):
            inputs.append(self.source(value))
            return {"tensor": len(inputs) - 1}
        if isinstance(value, (list, tuple)):
            return [self._argument(one, inputs) for one in value]
        if isinstance(value, torch.dtype):
            return str(value).removeprefix("torch.")
        return plain(value)

    def module(self, module: Any, cls: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a module of PyTorch's own, and record it as one call."""
        inputs: list[Source] = []
        with torch._C.DisableTorchFunction():
            said = self._module_arguments(module, args, kwargs, inputs)
            empty = self.emptied((args, kwargs))
        with _aside_only(self):
            result = module.forward(*empty[0], **empty[1])
        told = bool(module.training) if "Dropout" in cls else None
        name = self._names.get(id(module), cls)
        with torch._C.DisableTorchFunction():
            made = [one for one in tree_flatten(result)[0] if isinstance(one, torch.Tensor)]
            fields = {"arguments": said, "training": told, **self._places(inputs, made)}
            self._made(module_record(module, cls, name, self.identity, **fields), made)
        return result

    def _module_arguments(
        self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], inputs: list[Source]
    ) -> dict[str, object]:
        if len(args) == 1 and not kwargs and isinstance(args[0], torch.Tensor):
            inputs.append(self.source(args[0]))
            return {}
        bound = inspect.signature(module.forward).bind(*args, **kwargs).arguments
        return {key: self._argument(value, inputs) for key, value in bound.items() if value is not None}

    def _places(self, inputs: list[Source], made: list[Any]) -> dict[str, Any]:
        records = [self.layers[position] for position, _ in inputs]
        shapes = [
            one.output_shapes[slot] if slot < len(one.output_shapes) else ()
            for one, (_, slot) in zip(records, inputs, strict=True)
        ]
        slots = [slot for _, slot in inputs]
        return {
            "inputs": [position for position, _ in inputs],
            "slots": slots if any(slots) else [],
            "input_shapes": shapes,
            "output_shapes": [shape_of(one) for one in made],
            "within": self._within[-1] if self._within else "",
        }

    def _made(self, record: Layer, made: list[Any]) -> int:
        position = self._add(record)
        for slot, tensor in enumerate(made):
            self._bind(tensor, (position, slot))
        return position

    def _add(self, record: Layer) -> int:
        if len(self.layers) >= MAX_LAYERS:
            raise Unfollowed(f"it makes more than {MAX_LAYERS} calls")
        self.layers.append(record)
        return len(self.layers) - 1

    def aside(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of which nothing is to be recorded; numbers stay out of it."""
        written = function_name(function)[1]
        tensors = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, torch.Tensor)]
        if any(one.device.type == "meta" for one in tensors):
            return function(*self.emptied(args), **self.emptied(kwargs))
        return self._aside(function, written, args, kwargs)

    def _aside(self, function: Any, written: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function on numbers that are not the input's. What is the model's own is not written into."""
        if written and args and id(args[0]) in self._owned:
            args = (args[0].clone(), *args[1:])
        return function(*args, **kwargs)

    @contextmanager
    def inside(self, module: Any) -> Iterator[None]:
        """Note that what is called inside is called by a module of the student's."""
        cls = type(module).__name__[:MAX_NAME]
        container = type(module).__module__.startswith("torch.nn.")
        if self._names.get(id(module)) != "":
            if cls not in self.nested:
                self.nested.append(cls)
            if not container:
                self._within.append(cls)
                try:
                    yield
                finally:
                    self._within.pop()
                return
        yield


class _Mode(TorchFunctionMode):  # type: ignore[misc]
    """Hands each function of PyTorch's that is called to a trail."""

    def __init__(self, trail: ModuleTrail) -> None:
        super().__init__()
        self.trail = trail
        self.quiet = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        call = self.trail.aside if self.quiet else self.trail.function
        return call(func, args, kwargs or {})


_current: list[_Mode] = []


@contextmanager
def _aside_only(trail: ModuleTrail) -> Iterator[None]:
    mode = _current[-1]
    assert mode.trail is trail
    before, mode.quiet = mode.quiet, True
    try:
        yield
    finally:
        mode.quiet = before


@contextmanager
def followed(trail: ModuleTrail) -> Iterator[None]:
    """Record in `trail` what is called inside."""
    original = torch.nn.Module.__call__

    def call(module: Any, *args: Any, **kwargs: Any) -> Any:
        if _current[-1].quiet:
            return module.forward(*args, **kwargs)
        cls = leaf_class(module)
        if cls:
            return hooked(module, args, kwargs, lambda args, kwargs: trail.module(module, cls, args, kwargs))
        with trail.inside(module):
            return original(module, *args, **kwargs)

    mode = _Mode(trail)
    _current.append(mode)
    torch.nn.Module.__call__ = call
    fast = torch.backends.mha.get_fastpath_enabled()  # another way to the same numbers, out of training
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad(), mode:
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        torch.nn.Module.__call__ = original
        _current.pop()


@contextmanager
def unchanged(model: Any) -> Iterator[None]:
    """Put back afterwards what `model` and the modules in it held before."""
    held = [(one, dict(vars(one))) for one in model.modules()]
    members = [(group, dict(group)) for _, before in held for group in before.values() if isinstance(group, dict)]
    try:
        yield
    finally:
        for group, before in members:
            group.clear()
            group.update(before)
        for one, before in held:
            vars(one).clear()
            vars(one).update(before)


def shape_of(tensor: Any) -> Shape:
    """Return the shape of a tensor; the batch that student code is followed on is open."""
    return tuple(None if size and size % BATCH == 0 else int(size) for size in tensor.shape)


def numbers(tensor: Any) -> Any:
    """Return the numbers of a tensor as an array, whatever it is stored as."""
    tensor = tensor.detach()
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    tensor = tensor.cpu().resolve_conj().resolve_neg()
    if tensor.dtype in (torch.bfloat16, *(one for one in _narrow() if tensor.dtype == one)):
        tensor = tensor.float()
    return tensor.numpy()


def _shortest(array: Any) -> Any:
    """Return one number for an array that holds nothing else."""
    alike = array.size > 1 and array.dtype.kind in "fiub" and bool((array == array.flat[0]).all())
    return array.reshape(-1)[0].reshape(()) if alike else array


def _narrow() -> list[Any]:
    names = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")
    return [getattr(torch, name) for name in names if hasattr(torch, name)]


def _dtype_in(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the type of numbers that `to` is asked for, None where it is asked for a device alone."""
    for one in (*args[1:], *kwargs.values()):
        if isinstance(one, torch.dtype):
            return None if one == args[0].dtype else one
        if isinstance(one, torch.Tensor):
            return None if one.dtype == args[0].dtype else one.dtype
    return None


def _made_like(maker: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    like, *rest = args
    given = kwargs.get("size", rest) or tuple(like.shape)
    sizes = given[0] if len(given) == 1 and isinstance(given[0], (tuple, list)) else given
    make: Callable[..., Any] = getattr(torch, maker)
    return make(tuple(sizes), dtype=kwargs.get("dtype") or like.dtype)
