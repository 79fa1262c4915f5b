"""How long the gradient of each row is, layer by layer, without writing it out (ghost clipping).

The gradient of a linear map for one row is the outer product of what went in, a, and what came back, g. Its
length is |a| |g|, so no gradient of single rows is ever stored. Opacus asks here for the layers of
`twin.models.network.layers`; its own layers it knows.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from twin.models.network.layers import CodeEmbedding, GroupedLinear, MaskedLinear

Each = dict[nn.Parameter, Tensor]
"""For each parameter the norms of all rows' gradients, shape (b,), or the gradients, shape (b, …)."""


def embedding_norms(layer: CodeEmbedding, activations: list[Tensor], back: Tensor) -> Each:
    """Norms of a `CodeEmbedding`: the d codes of a row lie at d places of the table, so squares add up.

    Args:
        layer: The layer.
        activations: What went in: codes, shape (b, d).
        back: Gradient of what came out, shape (b, d, e).

    Returns:
        Norms, shape (b,).
    """
    return {layer.table: back.flatten(1).norm(dim=1)}


def masked_norms(layer: MaskedLinear, activations: list[Tensor], back: Tensor) -> Each:
    """Norms of a `MaskedLinear`: the sum of a_i² M_ij g_j² over all i, j, outputs with equal masks at once.

    Args:
        layer: The layer.
        activations: What went in, shape (b, i).
        back: Gradient of what came out, shape (b, o).

    Returns:
        Norms, shape (b,), of weights and bias.

    Source:
        Goodfellow 2015 (arXiv:1510.01799), with zeros and ones in M, which are their own squares.
    """
    masks, kind = distinct_masks(layer.mask)
    squares = back.square()  # (b, o)
    alike = squares.new_zeros(len(back), masks.shape[1]).index_add(1, kind, squares)  # (b, u)
    reached = activations[0].square() @ masks  # (b, u)
    return {layer.weight: (reached * alike).sum(1).sqrt(), layer.bias: squares.sum(1).sqrt()}


def distinct_masks(mask: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct columns of a mask: a net over d fields has about d of them, however wide it is.

    Args:
        mask: Shape (i, o).

    Returns:
        The columns, shape (i, u), and which of them each output has, shape (o,).

    Example:
        >>> columns, kind = distinct_masks(torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]))
        >>> columns.shape, bool((columns[:, kind] == torch.tensor([[1, 0, 1], [1, 1, 1]])).all())
        (torch.Size([2, 2]), True)
    """
    weights = torch.linspace(1.0, 2.0, len(mask), device=mask.device).sqrt()  # sums of roots rarely agree
    keys, kind = torch.unique(weights @ mask, return_inverse=True)
    first = torch.zeros(len(keys), dtype=torch.int64, device=mask.device)
    first[kind] = torch.arange(mask.shape[1], device=mask.device)
    columns = mask[:, first]
    if torch.equal(columns[:, kind], mask):
        return columns, kind
    return mask, torch.arange(mask.shape[1], device=mask.device)


def grouped_norms(layer: GroupedLinear, activations: list[Tensor], back: Tensor) -> Each:
    """Norms of a `GroupedLinear`: the sum of |a_g|² |g_g|² over its groups.

    Args:
        layer: The layer.
        activations: What went in, shape (b, G, i).
        back: Gradient of what came out, shape (b, G, o).

    Returns:
        Norms, shape (b,), of weights and bias.
    """
    squares = back.square().sum(2)  # (b, G)
    into = activations[0].square().sum(2)  # (b, G)
    return {layer.weight: (into * squares).sum(1).sqrt(), layer.bias: squares.sum(1).sqrt()}


def embedding_gradients(layer: CodeEmbedding, activations: list[Tensor], back: Tensor) -> Each:
    """Gradients of single rows of a `CodeEmbedding`, shape (b, V, e)."""
    places = activations[0] + layer.offsets  # (b, d)
    each = back.new_zeros(len(back), *layer.table.shape)  # (b, V, e)
    return {layer.table: each.index_put((torch.arange(len(back))[:, None].to(places), places), back)}


def masked_gradients(layer: MaskedLinear, activations: list[Tensor], back: Tensor) -> Each:
    """Gradients of single rows of a `MaskedLinear`, shapes (b, i, o) and (b, o)."""
    return {layer.weight: activations[0][:, :, None] * back[:, None, :] * layer.mask, layer.bias: back}


def grouped_gradients(layer: GroupedLinear, activations: list[Tensor], back: Tensor) -> Each:
    """Gradients of single rows of a `GroupedLinear`, shapes (b, G, i, o) and (b, G, o)."""
    return {layer.weight: activations[0][..., None] * back[:, :, None, :], layer.bias: back}


_NORMS: dict[type[nn.Module], Callable[..., Each]] = {
    CodeEmbedding: embedding_norms,
    MaskedLinear: masked_norms,
    GroupedLinear: grouped_norms,
}
_GRADIENTS: dict[type[nn.Module], Callable[..., Each]] = {
    CodeEmbedding: embedding_gradients,
    MaskedLinear: masked_gradients,
    GroupedLinear: grouped_gradients,
}


def register() -> None:
    """Tell Opacus of the layers; may be done again and again."""
    from opacus.grad_sample import register_grad_sampler, register_norm_sampler

    for layer, norms in _NORMS.items():
        register_norm_sampler(layer)(norms)
        register_grad_sampler(layer)(_GRADIENTS[layer])
