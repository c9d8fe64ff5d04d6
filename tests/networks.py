"""`Network` records made by hand, as a reader would make them: no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from autograder.wire.messages import Layer, Network, Shape, Weight

IMAGE = (32, 32, 3)
WEIGHTED = ("Conv2D", "Dense", "BatchNormalization")


@dataclass(frozen=True)
class Call:
    """A layer before it is called: class, configuration and name."""

    cls: str
    config: dict[str, object] = field(default_factory=dict)
    name: str = ""
    origin: Literal["keras", "operation", "torch", "custom"] = "keras"
    trainable: bool = True


def call(cls: str, **config: object) -> Call:
    """Return a layer of Keras."""
    return Call(cls, config)


def operation(cls: str, **config: object) -> Call:
    """Return a bare operation, such as `keras.ops.relu`."""
    return Call(cls, config, origin="operation")


def conv(filters: int, kernel_size: object = 3, **config: object) -> Call:
    return call("Conv2D", filters=filters, kernel_size=kernel_size, **config)


def dense(units: int, **config: object) -> Call:
    return call("Dense", units=units, **config)


def pool(**config: object) -> Call:
    return call("MaxPooling2D", **config)


class Graph:
    """Calls layers one by one, with the shapes Keras would give them; -1 is the position of the first input."""

    def __init__(self, *input_shapes: Shape) -> None:
        self.input_shapes: list[Shape] = [(None, *shape) for shape in input_shapes or (IMAGE,)]
        self.layers: list[Layer] = []
        self._identities: list[Call] = []
        for shape in self.input_shapes:
            self._add(Call("InputLayer"), [], shape)

    @property
    def inputs(self) -> list[int]:
        return list(range(len(self.input_shapes)))

    def __call__(self, called: Call, *sources: int) -> int:
        """Call a layer on the outputs of earlier calls (the last one, if none is named); return its position."""
        taken = list(sources) or [len(self.layers) - 1]
        return self._add(called, taken, _output_shape(called, self.layers[taken[0]].output_shapes[0]))

    def network(self, *outputs: int) -> Network:
        """Return the network with these outputs: the last call, if none is named."""
        ends = list(outputs) or [len(self.layers) - 1]
        return Network(
            name="model",
            framework="keras",
            dress="Functional",
            layers=self.layers,
            outputs=ends,
            input_shapes=self.input_shapes,
            output_shapes=[self.layers[end].output_shapes[0] for end in ends],
            params=0,
            trainable_params=0,
        )

    def _add(self, called: Call, sources: list[int], shape: Shape) -> int:
        weights = [Weight(shape=(1,), dtype="float32", trainable=called.trainable)]
        self.layers.append(
            Layer(
                name=called.name,
                cls=called.cls,
                origin=called.origin,
                config=called.config,
                inputs=sources,
                input_shapes=[self.layers[source].output_shapes[0] for source in sources],
                output_shapes=[shape],
                weights=weights if called.cls in WEIGHTED else [],
                trainable=called.trainable,
                identity=self._identity(called),
            )
        )
        return len(self.layers) - 1

    def _identity(self, called: Call) -> int:
        """Number a layer by the object it is: the same `Call` called twice shares its weights."""
        for number, known in enumerate(self._identities):
            if known is called:
                return number
        self._identities.append(called)
        return len(self._identities) - 1


def chain(*calls: Call, input_shape: Shape = IMAGE) -> Network:
    """Return the network that applies `calls` one after the other."""
    graph = Graph(input_shape)
    for called in calls:
        graph(called)
    return graph.network()


def unbuilt(*calls: Call) -> Network:
    """Return the same network as read from a Sequential that has no input shape yet."""
    graph = Graph()
    graph.layers, graph.input_shapes = [], []
    for number, called in enumerate(calls):
        graph.layers.append(
            Layer(
                name=called.name,
                cls=called.cls,
                origin=called.origin,
                config=called.config,
                inputs=[number - 1] if number else [],
                input_shapes=[],
                output_shapes=[],
                weights=[],
                trainable=True,
                identity=number,
            )
        )
    return Network(
        name="model",
        framework="keras",
        dress="Sequential",
        layers=graph.layers,
        outputs=[len(calls) - 1],
        input_shapes=[],
        output_shapes=[],
        params=0,
        trainable_params=0,
        note="it was never built, and no input shape is known",
    )


def _output_shape(called: Call, shape: Shape) -> Shape:
    if called.cls == "Dense":
        return (*shape[:-1], _int(called.config["units"]))
    if called.cls in ("Flatten", "GlobalAveragePooling2D"):
        return (None, _product(shape[1:]) if called.cls == "Flatten" else shape[-1])
    if called.cls == "Reshape":
        return (None, *_target(called.config["target_shape"], shape))
    if called.cls in ("Conv2D", "MaxPooling2D", "AveragePooling2D", "MaxPool2D"):
        channels = _int(called.config["filters"]) if called.cls == "Conv2D" else shape[-1]
        return (shape[0], *(_windows(called, _int(size)) for size in shape[1:-1]), channels)
    return shape


def _windows(called: Call, size: int) -> int:
    convolution = called.cls == "Conv2D"
    window = _first(called.config.get("kernel_size" if convolution else "pool_size") or 2)
    stride = _first(called.config.get("strides") or (1 if convolution else window))
    if called.config.get("padding") == "same":
        return -(-size // stride)
    return (size - window) // stride + 1


def _target(target: object, shape: Shape) -> Shape:
    assert isinstance(target, (list, tuple))
    sizes = [_int(size) for size in target]
    rest = _product(shape[1:]) // abs(_product(sizes))
    return tuple(rest if size == -1 else size for size in sizes)


def _first(value: object) -> int:
    return _int(value[0]) if isinstance(value, (list, tuple)) else _int(value)


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _product(sizes: Sequence[int | None]) -> int:
    product = 1
    for size in sizes:
        product *= _int(size)
    return product
