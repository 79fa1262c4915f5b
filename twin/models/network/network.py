"""The autoregressive net: any order of the fields, density of rows, training under a budget. Needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.random import Generator

from twin.codes import Codes, Domain, State
from twin.errors import InputError
from twin.models.base import Fitted
from twin.models.guarded_counts import code_orders, guarded_counts
from twin.models.network.fitted import FittedNetwork
from twin.models.network.layout import NetworkLayout
from twin.models.training_curve import need_torch
from twin.privacy.dp.queryable import Queryable
from twin.privacy.suppression.guard import Guard
from twin.progress import Progress

if TYPE_CHECKING:
    from twin.models.network.dp_network import DpSettings

_STEPS = 700
_MOST_STEPS = 2_000
_LEAST_STEPS = 250
_MANY_PARTS, _WIDE = 20, 100

_NOISY_STEPS = 400
_NOISY_BATCH = 600


@dataclass(frozen=True, kw_only=True)
class Network:
    """Settings of the autoregressive net. What is None is chosen by the size of the table.

    Under a budget the net is smaller, its steps are larger and fewer.

    Args:
        epochs: Times that each row is seen, > 0.
        batch: Rows of a step, ≥ 1.
        rate: Highest learning rate, > 0.
        decay: Weight decay, ≥ 0.
        any_order: Share of steps in a random order of the fields, 0 … 1, so that any of them may be `given`;
            0.5 unless given, with a budget 0.2, since there each step is dear.
        vector: Length of a code's vector, ≥ 1.
        context: Length of the running sum that all parts of a row see, ≥ 1.
        hidden: Length of the two hidden layers of each part, ≥ 1.
        clip: With a budget: L2 norm that one subject's gradient is held to, > 0.
        seconds: Without one: most seconds to train, > 0, or None; the result then depends on the machine.
        device: "auto", "cpu", "cuda" or "mps".

    Raises:
        InputError: If a setting is out of range.

    Example:
        >>> Network(epochs=3).epochs, Network().name
        (3, 'network')
    """

    name: ClassVar[str] = "network"
    """Key in `MODELS`."""

    epochs: float | None = None
    batch: int | None = None
    rate: float | None = None
    decay: float = 0.5
    any_order: float | None = None
    vector: int | None = None
    context: int | None = None
    hidden: int | None = None
    clip: float = 1.0
    seconds: float | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        for name in ("epochs", "rate", "clip", "seconds"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError(f"Network({name}=): must be above 0")
        for name in ("batch", "vector", "context", "hidden"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"Network({name}=): must be at least 1")
        if self.decay < 0 or not 0 <= (self.any_order or 0.0) <= 1:
            raise InputError("Network: decay must be at least 0, any_order between 0 and 1")

    def fit(self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn the codes by their likelihood.

        Args:
            codes: Codes of the rows, shape (n, fields).
            guard: The guard that every fact passes.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.

        Raises:
            MissingExtra: If torch is not installed.
            TrainingError: If the loss is no longer finite.
        """
        need_torch("model='network'")
        from twin.models.network.net import Net, NetLearner, weights_of
        from twin.models.network.training import Schedule, device_of, train

        device = device_of(self.device)
        counts = guarded_counts(codes, guard)
        layout = NetworkLayout.of(codes.domain, counts, code_orders(codes, counts))
        many = len(layout.parts.widths)
        context = self.context or (128 if many <= _MANY_PARTS else 256 if many <= _WIDE else 64)
        vector, hidden = self.vector or 16, self.hidden or (64 if many <= _WIDE else 32)
        net = Net(layout, counts, vector=vector, context=context, hidden=hidden, rng=rng).to(device)
        parts = layout.parts.encode(codes.values, counts, rng)
        mixed = 0.5 if self.any_order is None else self.any_order
        learner = NetLearner(net, layout, parts, decay=self.decay, any_order=mixed, rng=rng)
        steps, batch = self._steps(codes.n, many)
        schedule = Schedule(steps=steps, batch=batch, rate=self.rate or 0.005, seconds=self.seconds)
        unit = "loss, nats a row,"
        curve = train(learner, codes.n, schedule, device=device, rng=rng, unit=unit, progress=progress)
        return FittedNetwork(codes.domain, layout, tuple(counts), weights_of(net), curve)

    def fit_dp(self, queryable: Queryable, *, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn from noisy gradients, with all that the queryable's ledger has left.

        Args:
            queryable: The door to the codes under a budget; it charges for each answer.
            rng: Source of randomness.
            progress: Hears of the work done; None where nobody listens.

        Raises:
            BudgetExceeded: If nothing is left.
            MissingExtra: If torch or Opacus is not installed.
        """
        need_torch("model='network'")
        from twin.models.network.dp_network import fit_dp

        return fit_dp(self.dp_settings, queryable, device=self.device, rng=rng, progress=progress)

    def load(self, domain: Domain, state: State) -> Fitted:
        """The fitted net from its domain and state; needs no torch.

        Args:
            domain: The fields.
            state: What `state` gave, as it came from a file.
        """
        return FittedNetwork.from_state(domain, state)

    def dp_settings(self, rows: float) -> DpSettings:
        """The settings of a training under a budget.

        Args:
            rows: Number of rows, with noise, ≥ 1.
        """
        from twin.models.network.dp_network import DpSettings

        batch = self.batch or int(max(_NOISY_BATCH, min(4096, rows / 60)))
        steps = min(_NOISY_STEPS, max(60, rows / 20))
        if self.epochs is not None:
            steps = self.epochs * max(1.0, rows / batch)
        return DpSettings(
            steps=max(1, round(steps)),
            batch=batch,
            rate=self.rate or 0.01,
            clip=self.clip,
            any_order=0.2 if self.any_order is None else self.any_order,
            vector=self.vector or 8,
            context=self.context or 64,
            hidden=self.hidden or 32,
        )

    def _steps(self, n: int, parts: int) -> tuple[int, int]:
        """Steps, and rows of each: about as many steps for any table, but no row is seen too often."""
        grown = 256 * np.sqrt(max(1.0, n / 50_000))
        batch = self.batch or int(min(1024, grown, max(32, n // 32)))
        batch = max(1, min(batch, n))
        each = max(1, n // batch)  # steps of an epoch
        if not n:
            return 0, batch
        if self.epochs is not None:
            return max(1, round(self.epochs * each)), batch
        wanted = max(_LEAST_STEPS, _STEPS * min(1.0, _WIDE / parts))
        return int(min(_MOST_STEPS, each * min(15.0, max(3.0, wanted / each)))), batch
