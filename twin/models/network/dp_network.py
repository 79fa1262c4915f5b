"""The autoregressive net under a budget: noisy margins to start from, then noisy gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from twin.arrays import Ints
from twin.errors import BudgetExceeded
from twin.models.consistency import cleaned, deviations, integer_counts, margins, spendable
from twin.models.network.dp_training import descend
from twin.models.network.fitted import FittedNetwork
from twin.models.network.layout import NetworkLayout
from twin.models.network.net import Net, OrderTensors, loss_of_rows, weights_of
from twin.models.network.training import Average, device_of
from twin.privacy.dp.dp_sgd import DpSgd, noise_for
from twin.privacy.dp.queryable import Queryable
from twin.progress import Progress
from twin.randomness import fresh

_MARGINS = 0.15
"""Part of mu² that goes to the margins."""
_AVERAGE = 0.98
"""Weight of what was before in the running average of parameters: it takes noise out, and costs nothing."""


@dataclass(frozen=True, kw_only=True)
class DpSettings:
    """Settings of a training under a budget, as they follow from a noisy number of rows.

    Args:
        steps: Steps, ≥ 1; the noise is what the budget asks for so many.
        batch: Rows that a step is expected to have, ≥ 1.
        rate: Highest learning rate, > 0.
        clip: L2 norm that a subject's gradient is held to, > 0.
        any_order: Share of steps in a random order of the fields, 0 … 1.
        vector: Length of a code's vector.
        context: Length of the running sum.
        hidden: Length of the hidden layers.
    """

    steps: int
    batch: int
    rate: float
    clip: float
    any_order: float
    vector: int
    context: int
    hidden: int


def fit_dp(
    settings: Callable[[float], DpSettings],
    queryable: Queryable,
    *,
    device: str,
    rng: Generator,
    progress: Progress | None,
) -> FittedNetwork:
    """Learn a net from a queryable, with all that its ledger has left.

    Args:
        settings: Sizes, steps and rates from a noisy number of rows; nothing else may come from the data.
        queryable: Holds the table.
        device: Where to train.
        rng: Draws first weights and orders of fields.
        progress: Told what was done.

    Returns:
        The net, without a curve: losses are not for release.

    Raises:
        BudgetExceeded: If nothing is left.
    """
    where = device_of(device)
    if not len(queryable.domain):
        return FittedNetwork(queryable.domain, NetworkLayout.of(queryable.domain, (), ()), (), {})
    sigmas = deviations(queryable, spendable(queryable) * math.sqrt(_MARGINS))
    clean = cleaned(margins(queryable, sigmas), sigmas=sigmas, domain=queryable.domain)
    chosen = settings(clean.total)
    counts = tuple(integer_counts(c, rng=rng) for c in clean.counts)
    layout = NetworkLayout.of(queryable.domain, counts, [np.arange(f.size) for f in queryable.domain])
    sizes = {"vector": chosen.vector, "context": chosen.context, "hidden": chosen.hidden}
    net = Net(layout, counts, **sizes, rng=rng).to(where)
    rate = min(1.0, chosen.batch / max(1.0, clean.total))
    try:
        noise = noise_for(queryable.mechanism.ledger, rate=rate, steps=chosen.steps)
    except BudgetExceeded:
        # What Gaussian releases left is composed less tightly with a training, and may then be nothing: the
        # margins, which are paid for, are all that can be released.
        with torch.no_grad():
            net.head.weight.zero_()
        return FittedNetwork(queryable.domain, layout, counts, weights_of(net))
    plan = DpSgd(rate=rate, steps=chosen.steps, clip=chosen.clip, noise_multiplier=noise)
    optimizer = torch.optim.Adam(net.parameters(), lr=chosen.rate, betas=(0.9, 0.99))
    average = Average(list(net.parameters()), _AVERAGE)
    loss = _DpLoss(layout, counts, chosen, where, rng)

    def after(done: int) -> None:
        loss.step = done
        average.update()
        if progress is not None:
            progress(done / chosen.steps, f"training, step {done:,} of {chosen.steps:,}")

    descend(
        net,
        optimizer,
        loss,
        queryable.minibatches(plan, name="network", outputs=sum(p.numel() for p in net.parameters())),
        expected=max(1.0, rate * clean.total),
        after=after,
    )
    average.keep()
    return FittedNetwork(queryable.domain, layout, counts, weights_of(net))


class _DpLoss:
    """The loss of rows of codes; in a share of the steps they are set in a random order of the fields.

    Which order a step has is drawn beforehand: were it drawn when a batch is looked at, an empty batch would
    shift all orders after it, and so show that it was empty.

    Args:
        layout: Parts and tokens.
        counts: Noisy counts.
        settings: Steps, and share of them in a random order.
        device: Where the net is.
        rng: Draws the orders.
    """

    def __init__(
        self,
        layout: NetworkLayout,
        counts: Sequence[Ints],
        settings: DpSettings,
        device: torch.device,
        rng: Generator,
    ) -> None:
        self.step = 0
        self._layout, self._counts, self._device = layout, counts, device
        self._natural = OrderTensors(layout, layout.natural, device)
        mixed = rng.random(settings.steps) < settings.any_order
        d = len(layout.parts.splits)
        self._orders = [rng.permutation(d) if m else None for m in mixed]

    def __call__(self, net: nn.Module, rows: Tensor) -> Tensor:
        """Loss of each row, shape (b,)."""
        assert isinstance(net, Net)
        # A code that stands nowhere is drawn anew from fresh entropy: under a seed one row would move others.
        parts = self._layout.parts.encode(rows.cpu().numpy(), self._counts, fresh())
        tokens = torch.from_numpy(self._layout.tokens(parts).astype(np.int64)).to(self._device)
        targets = torch.from_numpy(parts.astype(np.int64)).to(self._device)
        return loss_of_rows(net, tokens, targets, self.order())

    def order(self) -> OrderTensors:
        """The order of this step."""
        fields = self._orders[self.step]
        if fields is None:
            return self._natural
        return OrderTensors(self._layout, self._layout.order(fields), self._device)
