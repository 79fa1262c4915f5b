"""The autoregressive net in torch: a masked autoencoder over parts of fields, with one running sum for all.

Each token adds its vector to a sum. A part sees the sum of the tokens before it in the order of the fields,
and has two small layers of its own on top. So any order of the fields is a choice of which tokens are summed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from twin.arrays import Floats, Floats32, Ints, Ints32
from twin.models.network.layers import CodeEmbedding, GroupedLinear
from twin.models.network.layout import FieldOrder, NetworkLayout

_NEVER = -1e9
_MOST_BY_MATRIX = 20_000
"""Parts times tokens up to which a matrix sums faster than running sums do."""


class Net(nn.Module):
    """The net.

    Args:
        layout: Parts and tokens.
        counts: Rows per code and field, from which the shares start.
        vector: Length e of a token's vector.
        context: Length H of the running sum.
        hidden: Length h of a part's hidden layers.
        rng: Draws the first weights.

    Source:
        Germain et al. 2015 (MADE, arXiv:1502.03509); Uria, Murray and Larochelle 2014 (any order,
        arXiv:1310.1757); the sum as in Larochelle and Murray 2011 (NADE).
    """

    limits: Tensor
    start: Tensor
    token: Tensor

    def __init__(
        self,
        layout: NetworkLayout,
        counts: Sequence[Ints | Floats],
        *,
        vector: int,
        context: int,
        hidden: int,
        rng: Generator,
    ) -> None:
        super().__init__()
        widths = layout.parts.widths
        parts, widest = len(widths), max(widths)
        self.embed = CodeEmbedding(layout.sizes, vector, rng=rng)
        self.lift = GroupedLinear(len(layout.sizes), vector, context, rng=rng, scale=0.5)
        self.first = GroupedLinear(parts, context, hidden, rng=rng, scale=2**0.5)
        self.second = GroupedLinear(parts, hidden, hidden, rng=rng)
        self.head = GroupedLinear(parts, hidden, widest, rng=rng, scale=0.3)
        with torch.no_grad():
            self.embed.table.copy_(torch.from_numpy(layout.vectors(vector, rng)))
            self.head.bias.copy_(torch.from_numpy(layout.start(counts)))
        limits, start, token = _limits(layout)
        self.register_buffer("limits", torch.from_numpy(limits), persistent=False)  # (rows, W)
        self.register_buffer("start", torch.from_numpy(start), persistent=False)  # (P,)
        self.register_buffer("token", torch.from_numpy(token), persistent=False)  # (P,)

    def forward(self, tokens: Tensor, order: OrderTensors) -> Tensor:
        """Scores of the codes of each part, given what the order lets it see.

        Args:
            tokens: Shape (b, T).
            order: Which tokens are summed for which part.

        Returns:
            Shape (b, P, W); softmax over the last axis gives chances.
        """
        lifted = self.lift(self.embed(tokens))  # (b, T, H)
        first = torch.relu(self.first(order.sums(lifted)))  # (b, P, h)
        second = first + torch.relu(self.second(first))
        cells = tokens[:, self.token.clamp_min(0)] * (self.token >= 0)  # (b, P)
        scores: Tensor = self.head(second) + nn.functional.embedding(self.start + cells, self.limits)
        return scores


def _limits(layout: NetworkLayout) -> tuple[Floats32, Ints, Ints]:
    """What is added to scores so that no code is drawn that is not there.

    Returns:
        Zeros, and a very low score where a part has no code; one row for each part, or one for each cell
        where the part holds the offset in it. Shape (rows, W).
        First row of each part, shape (P,).
        The token that holds the cell, shape (P,), or -1.
    """
    widths = layout.parts.widths
    token = np.full(len(widths), -1, np.int64)
    token[layout.inner[1]] = layout.inner[0]
    invalid = layout.invalid()
    rows = []
    for p, width in enumerate(widths):
        gone = invalid.get(p, np.zeros((1, width), bool))  # (cells or 1, width)
        row = np.full((gone.shape[0], max(widths)), _NEVER, np.float32)
        row[:, :width] = np.where(gone, _NEVER, 0.0)
        rows.append(row)
    start = np.cumsum([0, *(len(r) for r in rows)])[:-1].astype(np.int64)
    return np.concatenate(rows), start, token


class OrderTensors:
    """An order on a device: sums what each part may see.

    Args:
        layout: Parts and tokens.
        order: The order of the fields.
        device: The device.
    """

    def __init__(self, layout: NetworkLayout, order: FieldOrder, device: torch.device) -> None:
        tokens, offsets = layout.inner
        self._matrix: Tensor | None = None
        if len(layout.sizes) * order.seen.size <= _MOST_BY_MATRIX:
            matrix = np.zeros((order.seen.size, len(layout.sizes)), np.float32)  # (P, T)
            matrix[:, order.tokens] = np.arange(order.tokens.size) < order.seen[:, None]
            matrix[offsets, tokens] = 1.0
            self._matrix = torch.from_numpy(matrix).to(device)
            return
        self._tokens = torch.from_numpy(order.tokens).to(device)
        self._seen = torch.from_numpy(order.seen).to(device)
        self._cells, self._offsets = (torch.from_numpy(x).to(device) for x in (tokens, offsets))

    def sums(self, lifted: Tensor) -> Tensor:
        """The sum of the vectors that each part sees, shape (b, P, H), from all of them, (b, T, H)."""
        if self._matrix is not None:
            return torch.einsum("pt,bth->bph", self._matrix, lifted)
        sums = torch.cumsum(lifted[:, self._tokens], dim=1)  # (b, t, H)
        sums = nn.functional.pad(sums, (0, 0, 1, 0))[:, self._seen]  # (b, P, H), nothing first
        return sums.index_add(1, self._offsets, lifted[:, self._cells])


def loss_of_rows(net: Net, tokens: Tensor, parts: Tensor, order: OrderTensors) -> Tensor:
    """Negative log-likelihood of each row in nats, shape (b,).

    Args:
        net: The net.
        tokens: Shape (b, T).
        parts: Shape (b, P), int64.
        order: The order in which the fields are set.
    """
    scores = net(tokens, order)  # (b, P, W)
    flat = nn.functional.cross_entropy(scores.flatten(0, 1), parts.flatten(), reduction="none")
    return flat.view(parts.shape).sum(dim=1)


class NetLearner:
    """Learns rows by the net's likelihood, a share of the batches in a random order of the fields.

    Args:
        net: The net, on its device.
        layout: Its layout.
        parts: The rows, shape (n, P).
        decay: Weight decay.
        any_order: Share of batches in a random order, 0 … 1.
        rng: Draws the orders.
    """

    def __init__(
        self,
        net: Net,
        layout: NetworkLayout,
        parts: Ints32,
        *,
        decay: float,
        any_order: float,
        rng: Generator,
    ) -> None:
        self._net, self._layout, self._rng, self._any = net, layout, rng, any_order
        self._device = net.limits.device
        self._parts = torch.from_numpy(parts.astype(np.int64)).to(self._device)
        self._tokens = torch.from_numpy(layout.tokens(parts).astype(np.int64)).to(self._device)
        self._natural = OrderTensors(layout, layout.natural, self._device)
        self._optimizer = torch.optim.AdamW(
            net.parameters(), lr=1.0, betas=(0.9, 0.99), weight_decay=decay, foreach=True
        )

    @property
    def averaged(self) -> Sequence[Tensor]:
        """All parameters."""
        return list(self._net.parameters())

    def step(self, rows: Tensor, rate: float) -> Tensor:
        """One step on the rows at some positions.

        Args:
            rows: Rows as the net sees them, batch first.
            rate: Learning rate, > 0.
        """
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        loss = loss_of_rows(self._net, self._tokens[rows], self._parts[rows], self._order()).mean()
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        return loss.detach()

    def _order(self) -> OrderTensors:
        if self._rng.random() >= self._any:
            return self._natural
        fields = self._rng.permutation(len(self._layout.parts.splits))
        return OrderTensors(self._layout, self._layout.order(fields), self._device)


def weights_of(net: Net) -> dict[str, Floats32]:
    """The weights as arrays, by name."""
    return {
        name.replace(".", "_"): p.detach().to("cpu", torch.float32).numpy().copy()
        for name, p in net.named_parameters()
    }
