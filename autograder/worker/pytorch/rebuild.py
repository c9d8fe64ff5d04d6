"""Builds a network of PyTorch anew, with fresh weights, from the record that an exam room sent.

The record is untrusted: modules and functions come from closed lists (`pytorch_allowed`), sizes are bounded before
there is memory behind them, and what comes out is compared with what the record says. The network that is made calls
what the record lists, in its order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_flatten

from autograder.wire import codec
from autograder.wire.messages import Layer, Network, Shape
from autograder.worker.errors import message_of
from autograder.worker.keras.allowed_layers import NotAllowed, array, numbers
from autograder.worker.pytorch.allowed import call_function, make_module, placed
from autograder.worker.training.backends import BACKENDS
from autograder.worker.training.bounds import MAX_PARAMS, check_outputs, check_size, check_whole, described
from autograder.worker.training.faults import NotRebuilt

TRIED_ON = 3
"""Examples that a network is tried on once it is made."""
_TAKES_INDICES = ("Embedding", "torch.embedding", "torch.one_hot")

Call = Callable[[Sequence[Any], int, bool], Any]
"""Makes what a call of the record makes of the tensors it takes, of so many examples, in training or not."""


class RebuiltModule(nn.Module):  # type: ignore[misc]
    """The network of a record: its calls, one after the other. Takes one tensor and returns one."""

    def __init__(self, network: Network, calls: Sequence[Call | None], parts: Sequence[nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.input_shape: Shape = tuple(network.input_shapes[0][1:])
        """Of one example."""
        self.output_shape: Shape = ()
        """Of a batch, once it was tried."""
        self.dtype = torch.int64 if _takes_indices(network.layers) else torch.float32
        self._layers, self._calls = network.layers, calls
        self._end = (network.outputs[0], network.slots[0] if network.slots else 0)
        uses = enumerate([*(one.inputs for one in network.layers), network.outputs])
        last = {source: position for position, sources in uses for source in sources}
        self._done = [[one for one, use in last.items() if use == at] for at in range(len(network.layers))]

    def forward(self, x: torch.Tensor, outputs: Callable[[Layer, list[Any]], None] | None = None) -> torch.Tensor:
        """Return what the network makes of a batch; `outputs` hears what each call made."""
        made: list[list[Any]] = []
        for position, (record, call) in enumerate(zip(self._layers, self._calls, strict=True)):
            if call is None:
                made.append([x])
                continue
            with _refusals(described(record)):
                found = call(_taken(record.inputs, record.slots, made), len(x), self.training)
                made.append([one for one in tree_flatten(found)[0] if isinstance(one, torch.Tensor)])
                if outputs is not None:
                    outputs(record, made[-1])
            for finished in self._done[position]:
                made[finished] = []  # nobody takes it any more: memory is for what is still needed
        return made[self._end[0]][self._end[1]]


def rebuild(network: Network, blobs: list[bytes] | None = None) -> RebuiltModule:
    """Return a module equal to the recorded network, its weights drawn from PyTorch's generator, as PyTorch draws them.

    But for those of frozen layers whose values the record has: their bytes are `blobs`, from the host.

    Raises NotRebuilt for whatever is wrong with the record, MemoryError or OutOfMemoryError where there is no room.
    """
    check_whole(network)
    if len(network.input_shapes) != 1 or len(network.outputs) != 1:
        raise NotRebuilt("unknown", "", f"{len(network.input_shapes)} inputs and {len(network.outputs)} outputs")
    made = _Making(blobs or [])
    calls: list[Call | None] = []
    for position, record in enumerate(network.layers):
        with _refusals(described(record)):
            _check_places(record, position)
            calls.append(made.call(record))
    rebuilt = RebuiltModule(network, calls, made.parts)
    _try(rebuilt)
    with _refusals(""):
        for record in network.layers:
            made.settle(record)
    return rebuilt


def _takes_indices(layers: Sequence[Layer]) -> bool:
    inputs = {position for position, one in enumerate(layers) if one.cls == "InputLayer"}
    return any(one.cls in _TAKES_INDICES and inputs.intersection(one.inputs[:1]) for one in layers)


def _taken(sources: Sequence[int], slots: Sequence[int], made: Sequence[Sequence[Any]]) -> list[Any]:
    places = zip(sources, [*slots, *[0] * len(sources)], strict=False)
    try:
        return [made[source][slot] for source, slot in places]
    except IndexError:
        raise NotAllowed("refused", "it takes an output that a layer does not have") from None


def _check_places(record: Layer, position: int) -> None:
    if any(source >= position for source in record.inputs):
        raise NotAllowed("refused", "it takes the output of a layer that does not come before it")
    for shape in record.output_shapes:
        check_size(shape)


# --- One call ---------------------------------------------------------------------------------------------------------


class _Making:
    """The parts of a network as they are made: a module that is called twice is one."""

    def __init__(self, blobs: list[bytes]) -> None:
        self.parts: list[nn.Module] = []
        self._blobs = blobs
        self._modules: dict[int, tuple[Layer, nn.Module]] = {}
        self._weights: dict[int, nn.Parameter] = {}
        self._left = MAX_PARAMS

    def call(self, record: Layer) -> Call | None:
        """Return what makes the call of a record; None: the input. Raise NotAllowed, or what a constructor raises."""
        if record.cls == "InputLayer":
            return None
        if record.origin == "operation" and record.cls == "Constant":
            held = _Held(torch.as_tensor(array(record.config.get("value"))) if _is_array(record) else _number(record))
            self.parts.append(held)
            return lambda tensors, batch, training: held.value
        if record.origin == "operation" and record.cls == "Variable":
            return self._variable(record)
        if record.origin == "operation":
            return partial(_function, record)
        if record.origin != "torch":
            raise NotAllowed("custom", record.unreadable or "a class of the student's own")
        return partial(_module, record, self._module(record))

    def _module(self, record: Layer) -> nn.Module:
        first, module = self._modules.get(record.identity, (None, None))
        if first is None or module is None:
            module = self._new(record)
            self._modules[record.identity] = record, module
        elif (first.cls, first.config) != (record.cls, record.config):
            raise NotAllowed("refused", "it has the weights of a layer that is another")
        return module

    def _new(self, record: Layer) -> nn.Module:
        lazy = not record.input_shapes  # an edit of a record leaves shapes open
        if not lazy:
            with torch.device("meta"):  # no memory yet
                self._spend(make_module(record.cls, record.config).parameters())
        module = make_module(record.cls, record.config, lazy=lazy)
        self.parts.append(module)
        return module

    def _spend(self, parameters: Iterator[nn.Parameter]) -> None:
        self._left -= sum(one.numel() for one in parameters)
        if self._left < 0:
            raise NotAllowed("large", f"more than {MAX_PARAMS} parameters")

    def _variable(self, record: Layer) -> Call:
        if len(record.weights) != 1:
            raise NotAllowed("refused", "a weight that is not one")
        (weight,) = record.weights
        held = self._weights.get(weight.identity) if weight.identity is not None else None
        if held is None:
            self._left -= numbers(weight.shape)
            if self._left < 0:
                raise NotAllowed("large", f"more than {MAX_PARAMS} parameters")
            held = nn.Parameter(_drawn(weight.shape, record.config.get("initializer")))
            part = nn.Module()
            part.register_parameter("weight", held)
            self.parts.append(part)
            if weight.identity is not None:
                self._weights[weight.identity] = held
        return lambda tensors, batch, training: held

    def settle(self, record: Layer) -> None:
        """Give the weights of a layer what the record says of them: which are shared, frozen, and begin with values."""
        _, module = self._modules.get(record.identity, (None, None))
        if module is None:
            for weight in record.weights:
                if weight.identity in self._weights:
                    self._known(weight, self._weights[weight.identity])
            return
        found = list(module.named_parameters())
        if record.input_shapes and [tuple(one.shape) for _, one in found] != [one.shape for one in record.weights]:
            raise NotAllowed("refused", f"{described(record)}: its weights are not of the shapes that the record says")
        for (name, parameter), weight in zip(found, record.weights, strict=False):
            shared = self._weights.setdefault(weight.identity, parameter) if weight.identity is not None else parameter
            if shared is not parameter:
                _assign(module, name, shared)
            self._known(weight, shared)

    def _known(self, weight: Any, parameter: nn.Parameter) -> None:
        parameter.requires_grad_(weight.trainable)
        if weight.values is not None and tuple(weight.values.shape) == tuple(parameter.shape):
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(codec.array_value(weight.values, self._blobs).copy()))


class _Held(nn.Module):  # type: ignore[misc]
    """Numbers that a function takes: they go where the network goes, and are not trained."""

    def __init__(self, value: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("value", value, persistent=False)


def _is_array(record: Layer) -> bool:
    return isinstance(record.config.get("value"), dict)


def _number(record: Layer) -> torch.Tensor:
    return torch.as_tensor(placed(record.config.get("value"), []))


def _drawn(shape: Sequence[int], drawn_by: object) -> torch.Tensor:
    """Return first values of a parameter of the author's own: as many as it had that are alike, or spread alike."""
    config = drawn_by.get("config") if isinstance(drawn_by, dict) else None
    said: Mapping[str, object] = config if isinstance(config, dict) else {}
    mean, deviation = (said.get(key, 0.0) for key in ("mean", "stddev"))
    if not isinstance(mean, (int, float)) or not isinstance(deviation, (int, float)):
        raise NotAllowed("refused", "its initializer is none")
    return torch.randn(*shape) * float(deviation) + float(mean)


def _assign(module: nn.Module, name: str, parameter: nn.Parameter) -> None:
    owner, _, last = name.rpartition(".")
    setattr(module.get_submodule(owner), last, parameter)


def _function(record: Layer, tensors: Sequence[Any], batch: int, training: bool) -> Any:
    dropping = training if record.training is None else record.training
    name = record.cls.removeprefix("torch.")
    if name in ("randn", "rand"):
        sizes = [batch if size is None else size for size in record.output_shapes[0]]
        return getattr(torch, name)(sizes)
    return call_function(name, record.arguments, tensors, batch=batch, dropping=dropping)


def _module(record: Layer, module: nn.Module, tensors: Sequence[Any], batch: int, training: bool) -> Any:
    arguments = {key: placed(value, tensors) for key, value in record.arguments.items()}
    if all(one.ndim == 0 and not one for one in tree_flatten(arguments.get("hx", ()))[0]):
        arguments.pop("hx", None)  # a first state of zeros, of which the record keeps one: PyTorch's own
    before = module.training
    try:
        if record.training is not None:  # called as in training, or as not, whatever the network is called for
            module.train(record.training)
        return module(**arguments) if arguments else module(*tensors)
    finally:
        module.train(before)


# --- Whether it is what the record says -------------------------------------------------------------------------------


def _try(rebuilt: RebuiltModule) -> None:
    """Call the network on a few examples, and compare what each call makes with the record."""
    if any(size is None for size in rebuilt.input_shape):
        raise NotRebuilt("unfinished", "", "its input has a size that is open")
    example = torch.zeros((TRIED_ON, *rebuilt.input_shape), dtype=rebuilt.dtype)
    rebuilt.eval()
    with torch.no_grad(), torch.random.fork_rng(devices=[]), _refusals(""):
        made = rebuilt(example, _compare)
    rebuilt.output_shape = (None, *made.shape[1:])


def _compare(record: Layer, made: list[Any]) -> None:
    if record.cls not in ("Constant", "Variable"):
        shapes = [(None, *one.shape[1:]) if one.ndim else () for one in made]
        check_outputs(record, shapes[: len(record.output_shapes)] if record.output_shapes else [])


@contextmanager
def _refusals(layer: str) -> Iterator[None]:
    """Turn what goes wrong inside into NotRebuilt; want of memory, which is no fault of the record, passes."""
    try:
        yield
    except NotAllowed as refused:
        raise NotRebuilt(refused.reason, layer, refused.detail) from None
    except (NotRebuilt, MemoryError):
        raise
    except Exception as error:
        if BACKENDS["torch"].cause(error) in ("memory", "start"):
            raise
        raise NotRebuilt(
            "large" if isinstance(error, RecursionError) else "refused", layer, message_of(error)
        ) from error
