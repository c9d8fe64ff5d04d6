"""What torchvision and PyTorch's hub would download, from the shelf: see `worker/datasets.py`, `worker/weights.py`."""

from __future__ import annotations

import functools
import importlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograder.worker.datasets import CIFAR10_CLASSES, SHELF, Array, Wrap, load
from autograder.worker.weights import NotOnShelf, find, name_in

TORCHVISION_SETS = {
    "MNIST": "mnist",
    "FashionMNIST": "fashion_mnist",
    "KMNIST": "kmnist",
    "CIFAR10": "cifar10",
    "CIFAR100": "cifar100",
}


def wrap_for(name: str, shelf: Path = Path(SHELF)) -> Wrap | None:
    """Return what to do to the module `name` once it has run; None: nothing."""
    wrap = {
        "torchvision.datasets.mnist": _answer_mnist,
        "torchvision.datasets.cifar": _answer_cifar,
        "torch.hub": _answer_hub,
    }.get(name)
    return functools.partial(wrap, shelf) if wrap else None


def _answer_mnist(shelf: Path, module: ModuleType) -> None:
    def fill(dataset: Any, images: Array, labels: Array) -> None:
        torch: Any = sys.modules["torch"]
        dataset.data = torch.from_numpy(images)
        dataset.targets = torch.from_numpy(labels.reshape(-1).astype(np.int64))

    _answer_torchvision(shelf, getattr(module, "MNIST", None), fill)


def _answer_cifar(shelf: Path, module: ModuleType) -> None:
    def fill(dataset: Any, images: Array, labels: Array) -> None:
        dataset.data = images
        dataset.targets = labels.reshape(-1).tolist()
        if type(dataset).__name__ != "CIFAR100" and max(dataset.targets) < len(CIFAR10_CLASSES):
            dataset.classes = list(CIFAR10_CLASSES)
        else:
            dataset.classes = [str(label) for label in range(max(dataset.targets) + 1)]
        dataset.class_to_idx = {name: label for label, name in enumerate(dataset.classes)}

    _answer_torchvision(shelf, getattr(module, "CIFAR10", None), fill)


def _answer_torchvision(shelf: Path, cls: Any, fill: Callable[[Any, Array, Array], None]) -> None:
    """Have `cls`, which others derive from, take its examples from the shelf; all else stays torchvision's."""
    if cls is None:
        return

    @functools.wraps(cls.__init__)
    def build(
        self: Any,
        root: Any = None,
        train: bool = True,
        transform: Any = None,
        target_transform: Any = None,
        download: bool = False,
    ) -> None:
        base: Any = sys.modules["torchvision.datasets"]
        base.VisionDataset.__init__(self, root, transform=transform, target_transform=target_transform)
        self.train = train
        fill(self, *load(shelf, _torchvision_set(type(self)), "train" if train else "test"))

    cls.__init__ = build


def _torchvision_set(cls: type) -> str:
    """The shelf's name for a set: that of the library's own class that `cls` is or derives from."""
    own = next(one.__name__ for one in cls.__mro__ if one.__module__.startswith("torchvision."))
    return TORCHVISION_SETS.get(own, own.lower())


def _answer_hub(shelf: Path, module: Any) -> None:
    load = getattr(module, "load", None)
    if load is None or not hasattr(module, "download_url_to_file"):  # a module of the student's own, of that name
        return

    def download_url_to_file(url: str, dst: str, *_: Any, **__: Any) -> None:
        shutil.copyfile(find(shelf, name_in(url)), dst)

    @functools.wraps(load)
    def load_model(repo_or_dir: str, model: str, *args: Any, source: str = "github", **kwargs: Any) -> Any:
        if source != "github":
            return load(repo_or_dir, model, *args, source=source, **kwargs)
        if not repo_or_dir.startswith("pytorch/vision"):
            raise NotOnShelf(f"no network while grading: torch.hub cannot bring https://github.com/{repo_or_dir}")
        for known in ("force_reload", "verbose", "skip_validation", "trust_repo"):
            kwargs.pop(known, None)
        return getattr(importlib.import_module("torchvision.models"), model)(*args, **kwargs)

    module.download_url_to_file = download_url_to_file
    module.load = load_model
