"""How the critic of a GAN learns under a budget: by noisy gradients, beside a noisy copula's rows.

Real rows meet nothing but the critic's loss, row by row, clipped and with noise. What it loses on drawn rows
and which rows are chosen in the end follow from noisy answers alone. No condition is drawn from real rows,
nothing is packed, and no slope is taken at a real row (rules P7 to P11).

The generator stays as it starts: on Adult at epsilon 8, one that learns from so noisy a critic moves the rows
away from the table (mean accuracy .90 and not .95). The critic's choice among the copula's rows does pay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, softplus

from twin.arrays import Floats32
from twin.models.copula.copula import FittedCopula
from twin.models.gan.layout import GanLayout
from twin.models.gan.nets import SLOPE, Critic, Tables, weights_of
from twin.models.network.dp_training import descend
from twin.models.network.training import Average
from twin.privacy.dp.dp_sgd import DpSgd, noise_for
from twin.privacy.dp.queryable import Queryable
from twin.progress import Progress

_AVERAGE = 0.98
_REPORTS = 10
_MOST_RATE = 0.5
_MOST_POOL = 200_000


@dataclass(frozen=True, kw_only=True)
class GanPlan:
    """A training under a budget, all of it public or noisy.

    Args:
        steps: Steps of the critic.
        batch: Subjects that enter a step on average; drawn rows of a step.
        rate: Highest learning rate.
        width: Length of hidden vectors.
        device: Of the critic.
    """

    steps: int
    batch: int
    rate: float
    width: int
    device: torch.device


def train_dp(
    queryable: Queryable,
    base: FittedCopula,
    layout: GanLayout,
    plan: GanPlan,
    *,
    rng: Generator,
    progress: Progress | None = None,
) -> dict[str, Floats32]:
    """Train the critic with all that the queryable's ledger has left.

    Args:
        queryable: Holds the table.
        base: The noisy copula.
        layout: Of its fields.
        plan: How long and how fast.
        rng: All but the noise on gradients and the real rows of batches.
        progress: Told at fixed shares of the steps.

    Returns:
        Weights by name: the running average of the critic's, which follows from noisy ones.

    Raises:
        BudgetExceeded: If no noise is wide enough for what is left.
    """
    subjects = max(1.0, float(base.counts[0].sum()) / queryable.cap)
    rate = min(_MOST_RATE, plan.batch / subjects)
    noise = noise_for(queryable.mechanism.ledger, rate=rate, steps=plan.steps)
    descent = DpSgd(rate=rate, steps=plan.steps, clip=float(queryable.cap), noise_multiplier=noise)
    training = _CriticTraining(base, layout, plan, rng)
    outputs = sum(p.numel() for p in training.learns)
    batches = queryable.minibatches(descent, name="critic of a GAN", outputs=outputs)
    report = progress or (lambda done, what: None)

    def after(done: int) -> None:
        training.average.update()
        share = done * _REPORTS // plan.steps  # at shares that no data decide
        if share > (done - 1) * _REPORTS // plan.steps:
            report(share / _REPORTS, "training")

    descend(
        training.critic,
        training.optimizer,
        training.on_real,
        batches,
        expected=rate * subjects * queryable.cap,
        extra=training.on_drawn,
        after=after,
    )
    training.average.keep()
    return weights_of("critic", training.critic)


class _CriticTraining:
    """The critic, its losses and its average."""

    def __init__(self, base: FittedCopula, layout: GanLayout, plan: GanPlan, rng: Generator) -> None:
        self._layout, self._plan, self._rng = layout, plan, rng
        tables = Tables(layout, layout.offset_tables(base.counts))
        self.critic = Critic(tables, layout.parts.widths, plan.width, rng=rng).to(plan.device)
        self.critic.entry.fixed.requires_grad_(False)  # nothing is drawn under a condition
        self.learns = [p for p in self.critic.parameters() if p.requires_grad]
        self.optimizer = torch.optim.Adam(self.learns, plan.rate, betas=(0.9, 0.99))
        self.average = Average(self.learns, _AVERAGE)
        self._encode = _encoder(base, layout, tables, plan.device)
        pool = base.sample(min(_MOST_POOL, 100 * plan.batch), rng=rng).values
        self._pool = torch.from_numpy(layout.parts.encode(pool, base.counts, rng)).to(plan.device)
        self._scale = 1.0
        self._scale = 1 / float(self._norms(self._pool[: plan.batch].long()).mean())  # to the clip at first

    def _free(self, rows: Tensor) -> Tensor:
        """Flags that no field is fixed, shape (b, d)."""
        return torch.zeros(len(rows), len(self._layout.sizes), device=rows.device)

    def on_real(self, net: nn.Module, codes: Tensor) -> Tensor:
        """The critic's loss on each real row, shape (b,)."""
        loss: Tensor = softplus(-net(self._encode(codes), self._free(codes)))
        return loss * self._scale

    def on_drawn(self, step: int) -> None:
        """Add to the critic's gradients those of its loss on drawn rows, clipped as real ones are."""
        at = torch.from_numpy(self._rng.integers(0, len(self._pool), self._plan.batch))
        rows = self._pool[at.to(self._pool.device)].long()
        weights = (1.0 / self._norms(rows)).clamp(max=1.0)
        loss = softplus(self.critic(rows, self._free(rows))) * self._scale
        (loss * weights).mean().backward()  # type: ignore[no-untyped-call]

    def _norms(self, rows: Tensor) -> Tensor:
        """Norm of the gradient of each drawn row's loss by all of the critic's parameters, shape (b,).

        Source:
            Goodfellow 2015 (arXiv:1510.01799): a linear layer's is the product of what went in and came back.
        """
        critic, entry = self.critic, self.critic.entry
        with torch.enable_grad():
            first = entry(rows, self._free(rows)).detach().requires_grad_()
            x = leaky_relu(first, SLOPE)
            second = critic.hidden(x)
            y = leaky_relu(second, SLOPE)
            last = critic.last(y)
            a, b, c = torch.autograd.grad(softplus(last).sum() * self._scale, (first, second, last))
        into = torch.full_like(a[:, 0], rows.shape[1])
        if entry.scores is not None:
            into = into + 1 + entry.tables.numbers(rows).square().sum(1)
        squares = a.square().sum(1) * into
        squares = squares + b.square().sum(1) * (1 + x.detach().square().sum(1))
        return (squares + c.square().sum(1) * (1 + y.detach().square().sum(1))).sqrt()


def _encoder(
    base: FittedCopula, layout: GanLayout, tables: Tables, device: torch.device
) -> Callable[[Tensor], Tensor]:
    """From codes to parts; a code that is never drawn becomes its field's most frequent one."""
    cells, offsets = [], []
    for s, counts in zip(layout.parts.splits, base.counts, strict=True):
        chosen = np.where(s.cell < 0, int(np.argmax(counts)), np.arange(s.size))
        cells.append(s.cell[chosen])
        offsets.append(s.offset[chosen])
    cell, offset = (torch.from_numpy(np.concatenate(x)).to(device) for x in (cells, offsets))
    sizes = np.array(base.domain.sizes, np.int64)
    starts = torch.from_numpy(np.cumsum(sizes) - sizes).to(device)
    wide, parts = list(layout.wide), len(layout.parts.widths)

    def encode(codes: Tensor) -> Tensor:
        at = codes.long() + starts  # (b, d)
        rows = at.new_empty(len(at), parts)
        rows[:, tables.first] = cell[at]
        rows[:, tables.offsets] = offset[at[:, wide]]
        return rows

    return encode
