"""Keras as a dialect: little is left to say, for its words are the common ones."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.networks.dialect import Dialect, Edits, Words
from autograder.networks.keras import words
from autograder.networks.layers import applied
from autograder.networks.normal import parts
from autograder.wire.messages import HistoryProbe, Layer, ModelProbe, Network, VariableProbe

_EXAMPLE = """\
import keras
class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = keras.layers.Dense(2)
    def call(self, inputs):
        return keras.ops.relu(self.inner(inputs))
own = Own()
network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])
network.compile("sgd", "mse")
ones = keras.ops.ones((4, 4))
history = network.fit(ones, ones[:, :1], verbose=0)"""


def _kind(layer: Layer) -> str:
    done = parts(layer)
    return done[0].cls if done else "Identity"


def _layer(cls: str, config: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    return cls, dict(config)


def _gives_logits(network: Network) -> bool:
    """Whether it was compiled with a loss that takes them. All else it was compiled with is ignored."""
    loss = network.compiled.loss if network.compiled else None
    config = loss.get("config") if isinstance(loss, dict) else None
    return isinstance(config, dict) and config.get("from_logits") is True


DIALECT = Dialect(
    name="keras",
    shown="Keras",
    prefix="",
    applied=applied,
    words=Words(
        setting=lambda step, setting: setting,  # noqa: ARG005 - given by its name
        value=lambda setting, value: value,  # noqa: ARG005 - as it is
        hint=words.hint,
        missing=words.MISSING,
        twice=words.TWICE,
        branches=words.BRANCHES,
        training=words.TRAINING,
        outputs=words.OUTPUTS,
        layout=None,
    ),
    edits=Edits(
        kind=_kind,
        settings=dict,
        layer=_layer,
        uncounted=lambda layer: layer,
        widths=("filters", "units"),
        own_activations=True,
        sizes_known=True,
    ),
    is_activation=lambda layer: False,  # noqa: ARG005 - whichever it is, its name is among the common ones
    plain=lambda layer, name, value: value,  # noqa: ARG005 - it has one way of saying a thing
    gives_logits=_gives_logits,
    backend=None,
    uncompiled="",
    comparable=True,
    listed=True,
    example=(
        _EXAMPLE,
        {
            "network": ModelProbe("network"),
            "own": ModelProbe("own", (4,)),
            "ones": VariableProbe("ones"),
            "history": HistoryProbe("history"),
        },
    ),
)
