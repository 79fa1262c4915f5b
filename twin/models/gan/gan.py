"""A GAN over codes, `model="ctgan"`: a generator that redraws a copula's rows, and a critic.

What it has of CTGAN: a generator that learns from a critic alone, training by sampling, and conditions. What
it does otherwise: codes in place of mixtures of normals; a copula's rows in place of noise alone, so that the
nets learn what the copula lacks and no more; and no gradient runs through a choice of codes. A critic that
tells real from drawn rows knows the ratio of their densities: the generator makes each row that it drew as
much more likely as that ratio says; and of the rows that are sampled, the critic chooses by the ratio. It
judges single rows, so nothing is packed: that a generator forgets a level shows in the ratio itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.random import Generator

from twin.arrays import Floats32, Ints32
from twin.codes import Codes, Domain, State
from twin.errors import InputError
from twin.models.base import Fitted
from twin.models.consistency import spendable
from twin.models.copula.copula import Copula, FittedCopula
from twin.models.gan.fitted import FittedGAN
from twin.models.gan.layout import GanLayout, RowIndex, layout_of
from twin.models.network.field_split import WIDEST
from twin.models.training_curve import Curve, need_torch
from twin.privacy.dp.queryable import Queryable
from twin.privacy.suppression.guard import Guard
from twin.progress import Progress

if TYPE_CHECKING:
    from twin.models.network.training import Schedule

_UNIT = "critic's loss, nats (1.39 where it cannot tell)"
_LEAST_ROWS = 100
_MOST_ROWS = 400_000
_MOST_POOL = 200_000
_MOST_STEPS = 4000
_LEAST_BATCH = 64
_MAIN = 2 / 3
_ALONE = 0.15
_LEAST_MU = 0.45
"""With less than this (epsilon 2 at delta 1e-6) the copula gets all. On Adult a critic pays at epsilon 3 and
8; at 1 it takes from the copula more than it gives."""

_PRIVATE_RATE = 0.005
_PRIVATE_WIDTH = 64
_LEAST_STEPS = 20


@dataclass(frozen=True, kw_only=True)
class CTGAN:
    """Settings of the GAN.

    Args:
        epochs: How often each row is seen, on average, > 0; at most 4,000 steps are taken.
        batch: Most rows of a step, ≥ 8; smaller tables take smaller steps.
        rate: Highest learning rate, > 0.
        width: Length of hidden vectors, 8 … 4,096.
        noise: Length of the generator's noise, 1 … 4,096.
        conditions: Share of a batch that is drawn under the condition of a level, 0 … 0.9.
        decay: Weight decay of the critic, ≥ 0: keeps it from learning single rows.
        penalty: Weight of the critic's squared slope, ≥ 0: likewise.
        candidates: Rows that are drawn for each that the critic chooses, 1 … 64; 1 leaves the critic out.
        share: Share of a privacy budget, as mu², that the copula leaves to the nets, above 0 and below 1.
        dp_steps: Steps under a budget, ≥ 10.
        dp_batch: Most subjects of a step under a budget, on average, ≥ 8; of small tables fewer.
        seconds: Most seconds of training, > 0, or None; with it results depend on the machine.
        device: "auto", "cpu", "cuda" or "mps".

    Raises:
        InputError: If a setting is out of range.

    Example:
        >>> CTGAN(epochs=5).epochs, CTGAN.fast().epochs < CTGAN.careful().epochs
        (5, True)
    """

    name: ClassVar[str] = "ctgan"
    """Key in `MODELS`."""

    epochs: float = 20
    batch: int = 512
    rate: float = 0.002
    width: int = 128
    noise: int = 32
    conditions: float = 0.2
    decay: float = 0.1
    penalty: float = 0.02
    candidates: int = 4
    share: float = 0.6
    dp_steps: int = 500
    dp_batch: int = 2048
    seconds: float | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        limits = {
            "batch": (self.batch, 8, None),
            "width": (self.width, 8, 4096),
            "noise": (self.noise, 1, 4096),
            "conditions": (self.conditions, 0, 0.9),
            "decay": (self.decay, 0, None),
            "penalty": (self.penalty, 0, None),
            "candidates": (self.candidates, 1, 64),
            "dp_steps": (self.dp_steps, 10, None),
            "dp_batch": (self.dp_batch, 8, None),
        }
        for name, (value, low, high) in limits.items():
            if not value >= low or (high is not None and value > high):
                span = f"at least {low}" if high is None else f"between {low} and {high}"
                raise InputError(f"CTGAN({name}=): must be {span}")
        if not 0 < self.share < 1:
            raise InputError("CTGAN(share=): must lie between 0 and 1")
        for name, positive in {"epochs": self.epochs, "rate": self.rate, "seconds": self.seconds}.items():
            if positive is not None and not positive > 0:
                raise InputError(f"CTGAN({name}=): must be above 0")

    @classmethod
    def fast(cls) -> CTGAN:
        """Half the training."""
        return cls(epochs=10)

    @classmethod
    def careful(cls) -> CTGAN:
        """Three times the training, of wider nets, and more rows to choose from."""
        return cls(epochs=60, width=256, candidates=8)

    def fit(self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn a copula, then the nets.

        Args:
            codes: Codes of the rows, shape (n, fields).
            guard: The guard that every fact passes.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.

        Raises:
            MissingExtra: If torch is not installed.
            TrainingError: If the loss is not finite.
        """
        need_torch("model='ctgan'")
        base = Copula().fit(codes, guard=guard, rng=rng)
        subjects = codes.n if guard.subjects is None else int(guard.subjects.max(initial=-1)) + 1
        if subjects < _LEAST_ROWS or len(codes.domain) < 2:
            why = f"fewer than {_LEAST_ROWS} subjects" if len(codes.domain) > 1 else "one field"
            return FittedGAN(base, {}, Curve(unit=_UNIT, ended=why), self.candidates, WIDEST)
        chosen = codes.values
        if codes.n > _MOST_ROWS:
            chosen = chosen[np.sort(rng.choice(codes.n, _MOST_ROWS, replace=False))]
        layout = layout_of(codes.domain, base.counts, base.orders)
        drawn = base.sample(min(4 * len(chosen), _MOST_POOL), rng=rng).values
        rows = [layout.parts.encode(values, base.counts, rng) for values in (chosen, drawn)]
        arrays, curve = self._train(layout, base, rows, rng, progress)
        return FittedGAN(base, arrays, curve, self.candidates, WIDEST).calibrated(rng)

    def _train(
        self,
        layout: GanLayout,
        base: FittedCopula,
        rows: Sequence[Ints32],
        rng: Generator,
        progress: Progress | None,
    ) -> tuple[dict[str, Floats32], Curve]:
        """Train both nets, then the critic alone against the generator that is kept."""
        from twin.models.gan.nets import Duel, Verdicts, arrays_of, make
        from twin.models.network.training import device_of, train

        device = device_of(self.device)
        gen, critic = make(layout, base.counts, width=self.width, noise=self.noise, rng=rng, device=device)
        index = RowIndex(layout, rows[0], rows[1], share=self.conditions)
        n = len(rows[0])
        first, second = self._schedules(n)
        shared = {"rate": self.rate, "decay": self.decay, "penalty": self.penalty}
        duel = Duel((gen, critic), index, warmup=int(_ALONE * first.steps), rng=rng, **shared)
        report = None if progress is None else _Part(progress, 0.0, _MAIN)
        curve = train(duel, n, first, device=device, rng=rng, unit=_UNIT, progress=report)
        if curve.ended != "interrupted":
            report = None if progress is None else _Part(progress, _MAIN, 1.0)
            last = Verdicts((gen, critic), index, warmup=0, rng=rng, **shared)
            more = train(last, n, second, device=device, rng=rng, unit=_UNIT, progress=report)
            curve = _joined(curve, more)
        return arrays_of(gen, critic), curve

    def fit_dp(self, queryable: Queryable, *, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn a noisy copula, then a critic of its rows by noisy gradients.

        Args:
            queryable: The door to the codes under a budget; it charges for each answer.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.

        Raises:
            MissingExtra: If torch or Opacus is not installed.
            BudgetExceeded: If nothing is left.
        """
        need_torch("model='ctgan'")
        if spendable(queryable) < _LEAST_MU or len(queryable.domain) < 2:
            base = Copula().fit_dp_share(queryable, 1.0, rng=rng, progress=progress)
            return FittedGAN(base, {}, Curve(unit=_UNIT, ended="the copula alone"), self.candidates, WIDEST)
        from twin.models.gan.dp_gan import GanPlan, train_dp
        from twin.models.network.training import device_of

        report = None if progress is None else _Part(progress, 0.0, 0.1)
        base = Copula().fit_dp_share(queryable, 1 - self.share, rng=rng, progress=report)
        layout = layout_of(queryable.domain, base.counts, base.orders)
        rows = float(base.counts[0].sum())
        steps = max(_LEAST_STEPS, min(self.dp_steps, round(rows / 20)))
        plan = GanPlan(
            steps=steps,
            batch=max(_LEAST_BATCH, min(self.dp_batch, round(rows / 8))),
            rate=_PRIVATE_RATE,
            width=min(self.width, _PRIVATE_WIDTH),
            device=device_of(self.device),
        )
        report = None if progress is None else _Part(progress, 0.1, 1.0)
        arrays = train_dp(queryable, base, layout, plan, rng=rng, progress=report)
        curve = Curve(unit=_UNIT, ended=f"{steps:,} private steps")
        return FittedGAN(base, arrays, curve, self.candidates, WIDEST).calibrated(rng)

    def _schedules(self, n: int) -> tuple[Schedule, Schedule]:
        """How long both nets learn, and how long the critic alone does."""
        from twin.models.network.training import Schedule

        batch = min(self.batch, max(_LEAST_BATCH, n // 12), n)
        steps = max(1, min(_MOST_STEPS, round(self.epochs * n / batch)))
        limit = None if self.seconds is None else self.seconds * _MAIN
        main = Schedule(steps=round(steps * _MAIN), batch=batch, rate=self.rate, seconds=limit)
        rest = None if limit is None or self.seconds is None else self.seconds - limit
        return main, replace(main, steps=steps - main.steps, warmup=0.0, seconds=rest)

    def load(self, domain: Domain, state: State) -> Fitted:
        """The fitted model from its domain and state; needs no torch.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.
        """
        return FittedGAN.from_state(domain, state)


def _joined(first: Curve, second: Curve) -> Curve:
    """Two trainings, one after the other."""
    steps, seconds = (first.steps or (0,))[-1], (first.seconds or (0.0,))[-1]
    return Curve(
        unit=first.unit,
        steps=first.steps + tuple(s + steps for s in second.steps),
        seconds=first.seconds + tuple(s + seconds for s in second.seconds),
        losses=first.losses + second.losses,
        ended=second.ended,
    )


@dataclass(frozen=True)
class _Part:
    """Passes on progress as a part of a whole."""

    progress: Progress
    low: float
    high: float

    def __call__(self, done: float, what: str) -> None:
        """Report a share of the part."""
        self.progress(self.low + done * (self.high - self.low), what)
