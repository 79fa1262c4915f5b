"""How the nets of a GAN learn: the critic from real and drawn rows, the generator from the critic alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import softplus

from twin.models.gan.nets import Critic, Drawn, Gen, redraw
from twin.models.gan.rows import Draws, RowIndex

_FLOOR = 0.3
"""Share of its highest rate below which the critic's does not fall while the generator learns."""

_EVERY = 16
_STEEPEST = 3.0


def towards(drawn: Drawn, verdict: Tensor) -> Tensor:
    """The generator's loss: drawn rows are made as likely as the critic says that real ones are.

    Args:
        drawn: What the generator drew, b rows.
        verdict: The critic's logarithm of the ratio of densities, shape (b,).

    Returns:
        The loss, whose gradient is that of the divergence from the real law to the generator's.

    Source:
        Che et al., Maximum-likelihood augmented discrete GAN (2017, arXiv:1702.07983), equation 7.
    """
    weights = torch.exp(verdict.detach().clamp(max=_STEEPEST))
    return -((weights / weights.mean() - 1) * drawn.likelihood).mean()


class Duel:
    """Both nets learn, step by step: first the critic, then the generator from what the critic says.

    Args:
        nets: Generator and critic.
        index: Real rows and the copula's, by level.
        rate: Highest learning rate of both.
        warmup: Steps in which the critic alone learns.
        decay: Weight decay of the critic.
        penalty: Of a critic's squared slope.
        rng: All that is drawn.
    """

    def __init__(
        self,
        nets: tuple[Gen, Critic],
        index: RowIndex,
        *,
        rate: float,
        warmup: int,
        decay: float,
        penalty: float,
        rng: Generator,
    ) -> None:
        self.gen, self.critic = nets
        self._index, self._rng = index, rng
        self._rate, self._left, self._penalty = rate, warmup, penalty
        self._critics = torch.optim.AdamW(
            self.critic.parameters(), rate, betas=(0.5, 0.99), weight_decay=decay, foreach=True
        )
        self._gens = torch.optim.Adam(self.gen.parameters(), rate, betas=(0.5, 0.99), foreach=True)
        self._steps = 0

    @property
    def averaged(self) -> Sequence[Tensor]:
        """The generator's parameters."""
        return list(self.gen.parameters())

    def step(self, rows: Tensor, rate: float) -> Tensor:
        """Learn from the rows at some positions; the critic's loss."""
        self._left -= 1
        learn = self._left < 0
        with torch.set_grad_enabled(learn):
            batch, drawn, fixed = self._draw(rows)
        loss, verdict = self._judge(batch, drawn.rows, fixed, max(rate, _FLOOR * self._rate))
        if learn:
            _update(self._gens, towards(drawn, verdict), rate)
        return loss

    def _draw(self, rows: Tensor) -> tuple[Tensor, Drawn, Tensor]:
        """Real rows, rows drawn under the same conditions, and these."""
        device = rows.device
        real, before, fixed = self._index.batch(rows.cpu().numpy(), self._rng)
        known = torch.from_numpy(fixed).to(device)
        draws = Draws.of(len(real), self.gen.noise.in_features, real.shape[1], self._rng)
        drawn = redraw(self.gen, torch.from_numpy(before).to(device).long(), known, draws)
        return torch.from_numpy(real).to(device).long(), drawn, known

    def _judge(self, real: Tensor, drawn: Tensor, fixed: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """A step of the critic; its loss and what it said of drawn rows before the step."""
        both = self.critic(torch.cat([real, drawn]), torch.cat([fixed, fixed]))
        loss = softplus(-both[: len(real)]).mean() + softplus(both[len(real) :]).mean()
        total = loss
        if self._penalty and self._steps % _EVERY == 0:
            total = loss + _EVERY * self._penalty * steepness(self.critic, real, fixed)
        self._steps += 1
        _update(self._critics, total, rate)
        return loss.detach(), both[len(real) :].detach()


class Verdicts(Duel):
    """The critic alone learns on, to know the generator as it is kept."""

    @property
    def averaged(self) -> Sequence[Tensor]:
        """The critic's parameters."""
        return list(self.critic.parameters())

    def step(self, rows: Tensor, rate: float) -> Tensor:
        """Learn from the rows at some positions; the critic's loss."""
        with torch.no_grad():
            batch, drawn, fixed = self._draw(rows)
        return self._judge(batch, drawn.rows, fixed, rate)[0]


def steepness(critic: Critic, rows: Tensor, fixed: Tensor) -> Tensor:
    """Mean squared slope of the critic at real rows, as vectors behind its first layer.

    Source:
        Mescheder, Geiger, Nowozin, Which training methods for GANs do actually converge? (2018), R1; every
        16th step as in Karras et al., StyleGAN2 (2020), section 3.
    """
    at = critic.entry(rows, fixed).detach().requires_grad_()
    slope = torch.autograd.grad(critic.above(at).sum(), at, create_graph=True)[0]
    out: Tensor = slope.square().sum(1).mean()
    return out


def _update(optimizer: torch.optim.Optimizer, loss: Tensor, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
