"""Random changes of training images in front of a network of PyTorch, as Keras's preprocessing layers make them."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from autograder.wire.messages import Augmentation, Shape
from autograder.worker.pytorch.rebuild import RebuiltModule


class Augmented(nn.Module):  # type: ignore[misc]
    """`network` behind random changes of its images, in training alone.

    `images` is (height, width, channels); the network takes them in its own shape, channels first or last.
    """

    def __init__(self, network: RebuiltModule, asked: Augmentation, images: Shape, *, channels_first: bool) -> None:
        super().__init__()
        self.network = network
        self._asked = asked
        self._images = [int(size or 1) for size in images]
        self._first = channels_first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return what the network makes of a batch, of its images changed where it is in training."""
        return self.network(self._changed(x) if self.training else x)

    def _changed(self, x: torch.Tensor) -> torch.Tensor:
        height, width, channels = self._images
        given = x.shape
        if self._first:
            images = x.reshape(-1, channels, height, width)
        else:
            images = x.reshape(-1, height, width, channels).permute(0, 3, 1, 2)
        grid = F.affine_grid(self._moves(len(x), x.device, height / width), list(images.shape), align_corners=False)
        images = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
        return (images if self._first else images.permute(0, 2, 3, 1)).reshape(given)

    def _moves(self, count: int, device: torch.device, ratio: float) -> torch.Tensor:
        """Return where each pixel comes from, an affine map an image: (count, 2, 3). `ratio` is height by width."""
        asked = self._asked

        def drawn(most: float) -> torch.Tensor:
            return (torch.rand(count, device=device) * 2 - 1) * most

        angle, zoom = drawn(asked.rotation * math.pi / 180), 1 + drawn(asked.zoom)
        across = self._flip(count, device, ("horizontal", "both"))
        down = self._flip(count, device, ("vertical", "both"))
        cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
        rows = [
            torch.stack([cos * across, -sin * ratio * across, drawn(2 * asked.shift)], dim=1),
            torch.stack([sin / ratio * down, cos * down, drawn(2 * asked.shift)], dim=1),
        ]
        return torch.stack(rows, dim=1)

    def _flip(self, count: int, device: torch.device, kinds: tuple[str, ...]) -> torch.Tensor:
        if self._asked.flip not in kinds:
            return torch.ones(count, device=device)
        return torch.randint(0, 2, (count,), device=device) * 2.0 - 1
