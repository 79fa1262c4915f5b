"""Layers of the nets: codes to vectors, a linear map with a mask, and many small linear maps at once.

They never mix rows, so a row's gradient is its own, and its length follows from what goes in and what comes
back (`ghost.py`). Weights start from a generator that is passed in, never from torch's own. What is
fixed (masks, offsets) is a buffer that is not saved: it follows from the arguments.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from twin.arrays import AnyArray

__all__ = ["CodeEmbedding", "GroupedLinear", "MaskedLinear"]


class CodeEmbedding(nn.Module):
    """A vector for each code of each field, in one table.

    Args:
        sizes: Number of codes of each of the d fields.
        width: Length e of a vector.
        rng: Draws the first vectors, N(0, scale²).
        scale: Standard deviation of the first vectors.

    Example:
        >>> layer = CodeEmbedding((2, 3), 4, rng=np.random.default_rng(0))
        >>> layer.table.shape, layer(torch.tensor([[1, 2]], dtype=torch.int32)).shape
        (torch.Size([5, 4]), torch.Size([1, 2, 4]))
    """

    offsets: Tensor

    def __init__(self, sizes: Sequence[int], width: int, *, rng: Generator, scale: float = 1.0) -> None:
        super().__init__()
        starts = np.cumsum([0, *sizes[:-1]])[: len(sizes)]
        self.table = _normal((sum(sizes), width), scale, rng)  # (V, e)
        self.register_buffer("offsets", torch.from_numpy(starts.astype(np.int64)), persistent=False)

    def forward(self, codes: Tensor) -> Tensor:
        """Vectors of codes.

        Args:
            codes: Whole numbers, shape (b, d), each within its field's size.

        Returns:
            Shape (b, d, e).
        """
        return nn.functional.embedding(codes + self.offsets, self.table)


class MaskedLinear(nn.Module):
    """y = x (W · M) + b, where M holds which input may reach which output.

    Args:
        inputs: Length i of x.
        outputs: Length o of y.
        mask: M, zeros and ones, shape (i, o). `mask` may be set anew between batches, never per row.
        rng: Draws the first weights, N(0, scale² / number of inputs that reach the output).
        scale: 1 keeps the variance; √2 does so behind a ReLU.

    Example:
        >>> layer = MaskedLinear(2, 3, np.ones((2, 3)), rng=np.random.default_rng(0))
        >>> layer(torch.zeros(5, 2)).shape
        torch.Size([5, 3])
    """

    mask: Tensor

    def __init__(
        self, inputs: int, outputs: int, mask: AnyArray, *, rng: Generator, scale: float = 1.0
    ) -> None:
        super().__init__()
        ones = np.array(mask, np.float32).reshape(inputs, outputs)
        reached = np.maximum(1.0, ones.sum(axis=0))  # (o,)
        self.weight = _normal((inputs, outputs), scale / np.sqrt(reached), rng)  # (i, o)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("mask", torch.from_numpy(ones), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map rows.

        Args:
            x: Shape (b, i).

        Returns:
            Shape (b, o).
        """
        return torch.addmm(self.bias, x, self.weight * self.mask)


class GroupedLinear(nn.Module):
    """A linear map of its own for each group, all at once.

    Args:
        groups: Number G of maps.
        inputs: Length i of what goes into each.
        outputs: Length o of what comes out of each.
        rng: Draws the first weights, N(0, scale² / i).
        scale: 1 keeps the variance.

    Example:
        >>> layer = GroupedLinear(4, 2, 3, rng=np.random.default_rng(0))
        >>> layer(torch.zeros(5, 4, 2)).shape
        torch.Size([5, 4, 3])
    """

    def __init__(self, groups: int, inputs: int, outputs: int, *, rng: Generator, scale: float = 1.0) -> None:
        super().__init__()
        self.weight = _normal((groups, inputs, outputs), scale / math.sqrt(max(1, inputs)), rng)  # (G, i, o)
        self.bias = nn.Parameter(torch.zeros(groups, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map each group of each row.

        Args:
            x: Shape (b, G, i).

        Returns:
            Shape (b, G, o).
        """
        return torch.einsum("bgi,gio->bgo", x, self.weight) + self.bias


def _normal(shape: tuple[int, ...], scale: float | NDArray[np.floating], rng: Generator) -> nn.Parameter:
    """Weights N(0, scale²), in single precision, that depend on nothing but rng."""
    drawn = rng.standard_normal(shape, dtype=np.float32) * np.asarray(scale, np.float32)
    return nn.Parameter(torch.from_numpy(drawn))
