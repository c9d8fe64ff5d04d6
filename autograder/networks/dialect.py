"""What the trusted side asks of a framework: how it says what networks compute, and in which words its authors think.

The common language is Keras's: its classes and settings are those of the normal form, of signatures, of explanations. A
dialect puts its own calls into it, and speaks to the author of a network in the words that the network is written in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from autograder.locale import Phrase
from autograder.networks.nodes import Builder
from autograder.networks.steps import Step
from autograder.recipes import BackendName
from autograder.wire.frameworks import FrameworkName
from autograder.wire.messages import Layer, Network, Probe


@dataclass(frozen=True)
class Words:
    """What is said to the author of a network about where it differs."""

    setting: Callable[[Step, str], str]
    """What a step's author calls one of its settings, given by Keras's name."""
    value: Callable[[str, object], object]
    """A value of a setting, given by Keras's name, as an author writes it."""
    hint: Callable[[str, Step], Phrase]
    """What to try next where a setting that is not an activation differs."""
    missing: Phrase
    """Where a layer is not there."""
    twice: Phrase
    """Where one that is expected once is there again."""
    branches: Phrase
    """Where the layers are the right ones, and take other inputs."""
    training: Phrase
    """Where the network is another one out of training."""
    outputs: Phrase
    """Where what it gives is not what is expected."""
    layout: Phrase | None
    """Where one of two networks is written in the common words; None of those."""


@dataclass(frozen=True)
class Edits:
    """How typical mistakes are made in a record: found by what Keras calls a layer, written as the framework does."""

    kind: Callable[[Layer], str]
    """What Keras would call a layer, Identity for what computes nothing; its own name where that is nothing of its."""
    settings: Callable[[Mapping[str, object]], dict[str, object]]
    """Settings, in Keras's words, as a layer of this framework has them."""
    layer: Callable[[str, Mapping[str, object]], tuple[str, dict[str, object]]]
    """Class and settings of a new layer, given in Keras's words."""
    uncounted: Callable[[Layer], Layer]
    """A call without the sizes that it need not say: those of its input, where only examples are put in a row."""
    widths: tuple[str, ...]
    """Settings that say how many values a layer makes."""
    own_activations: bool
    """Whether a layer may have an activation of its own."""
    sizes_known: bool
    """Whether images are followed from layer to layer before a mistaken network is trained; else it is tried."""


@dataclass(frozen=True)
class Dialect:
    """One framework, as networks written in it are read, compared, spoken of and trained."""

    name: FrameworkName
    shown: str
    """What people call it."""
    prefix: str
    """How records begin the names of its bare operations; empty of Keras, whose operations are the common ones."""
    applied: Callable[[Builder, Layer, list[int], int], list[int]]
    """The nodes of a call, one for each of its outputs: of the call, the nodes it takes and its place in the record."""
    words: Words
    edits: Edits
    is_activation: Callable[[Layer], bool]
    """Whether a layer is an activation by its class; what both call the same is known without asking."""
    plain: Callable[[Layer, str, object], object]
    """A setting's value as checks compare it, where the framework has two ways of saying one thing."""
    gives_logits: Callable[[Network], bool]
    """Whether a network gives logits and not probabilities, for the loss that it is trained with."""
    backend: BackendName | None
    """What its networks are trained on; None: what a recipe says that Keras runs on."""
    uncompiled: str
    """Why it cannot be told what a network was compiled with; empty where networks are compiled."""
    comparable: bool
    """Whether equal networks make equal numbers with the weights that samples are made with, whatever their dress."""
    listed: bool
    """Whether the layers of a Sequential say more than the error that calling it raises."""
    example: tuple[str, Mapping[str, Probe]]
    """A cell that makes some of what rooms read of it, and what is asked of that."""
