"""The one loop that trains networks on minibatches of rows."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from twin.errors import InputError, TrainingError, TwinWarning
from twin.models.training_curve import Curve
from twin.progress import Progress

_POINTS = 60
"""Points of a curve; the loss is looked at (which waits for a GPU) that often and no more."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast to train.

    Args:
        steps: Steps, ≥ 0.
        batch: Rows of a step, ≥ 1.
        rate: Highest learning rate, > 0: reached after the warm-up, then it falls along a cosine to 0.
        warmup: Share of the steps in which it rises, 0 … 1.
        average: Weight of what was before in the running average of parameters, 0 … 1; 0 keeps the last.
        seconds: Most seconds; the cosine then follows the clock where that is ahead of the steps, and the
            result depends on the machine. None for no limit.
    """

    steps: int
    batch: int
    rate: float
    warmup: float = 0.05
    average: float = 0.99
    seconds: float | None = None

    def share(self, step: int, elapsed: float) -> float:
        """How much of the training is done, 0 … 1.

        Args:
            step: Steps that are done, ≥ 0.
            elapsed: Seconds since the training began.
        """
        by_clock = 0.0 if self.seconds is None else elapsed / self.seconds
        return min(1.0, max(step / max(1, self.steps), by_clock))

    def rate_at(self, share: float) -> float:
        """The learning rate when a share of the training is done."""
        if share < self.warmup:
            return self.rate * max(share / self.warmup, 0.01)
        return self.rate * cosine((share - self.warmup) / (1 - self.warmup))


def cosine(share: float) -> float:
    """The factor of learning rates when a share of the steps is done: from 1 to 0 along a cosine.

    Args:
        share: 0 … 1.

    Source:
        Loshchilov and Hutter, SGDR (2017), equation 5, without restarts.

    Example:
        >>> cosine(0.0), round(cosine(0.5), 6), cosine(1.0)
        (1.0, 0.5, 0.0)
    """
    return 0.5 * (1 + math.cos(math.pi * share))


class MinibatchLearner(Protocol):
    """Something that learns step by step."""

    @property
    def averaged(self) -> Sequence[Tensor]:
        """The parameters of which a running average is what is kept."""
        ...

    def step(self, rows: Tensor, rate: float) -> Tensor:
        """Learn from the rows at some positions, shape (batch,), int64 on the device; the mean loss.

        Args:
            rows: Rows as the net sees them, batch first.
            rate: Learning rate, > 0.
        """
        ...


def train(
    learner: MinibatchLearner,
    n: int,
    schedule: Schedule,
    *,
    device: torch.device,
    rng: Generator,
    unit: str,
    progress: Progress | None = None,
) -> Curve:
    """Train on n rows, in epochs of shuffled batches; the average of the parameters is left in their place.

    A keyboard interrupt ends the training and keeps what was learned; a second one stops for good.

    Args:
        learner: What learns.
        n: Rows that there are, ≥ 1.
        schedule: How long and how fast.
        device: Where the learner's parameters are.
        rng: Shuffles the rows.
        unit: Of the loss, for the curve.
        progress: Told what was done.

    Returns:
        The curve.

    Raises:
        TrainingError: If the loss is not finite: the net then holds nothing of use.
    """
    log, mean = _Log(unit, schedule), Average(learner.averaged, schedule.average)
    ended = "all steps done"
    try:
        for step, rows in enumerate(_batches(n, schedule, rng)):
            share = schedule.share(step, log.elapsed())
            if share >= 1.0:
                ended = "time was up"
                break
            loss = learner.step(torch.from_numpy(rows).to(device), schedule.rate_at(share))
            mean.update()
            log.add(step + 1, loss)
            if progress is not None:
                progress(share, f"training, step {step + 1:,} of {schedule.steps:,}")
    except KeyboardInterrupt:
        ended = "interrupted"
        warnings.warn(
            "training was interrupted: what was learned so far is kept, the twin is less faithful",
            TwinWarning,
            stacklevel=2,
        )
    mean.keep()
    return log.curve(ended)


def _batches(
    n: int, schedule: Schedule, rng: Generator
) -> Iterator[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Positions of rows, epoch after epoch, each row once in an epoch; the last, small batch is left out."""
    size = min(schedule.batch, n)
    left = schedule.steps
    while left > 0:
        order = rng.permutation(n)
        steps = min(left, n // size)
        for start in range(steps):
            yield order[start * size : (start + 1) * size]
        left -= steps


class _Log:
    """Collects losses without waiting for each of them."""

    def __init__(self, unit: str, schedule: Schedule) -> None:
        self._unit = unit
        self._every = max(1, schedule.steps // _POINTS)
        self._steps = schedule.steps
        self._start = time.perf_counter()
        self._open: list[Tensor] = []
        self._points: list[tuple[int, float, float]] = []
        self._last = 0

    def elapsed(self) -> float:
        return time.perf_counter() - self._start

    def add(self, step: int, loss: Tensor) -> None:
        self._open.append(loss.detach())
        self._last = step
        if len(self._open) >= self._every or step == self._steps:
            self._close()

    def _close(self) -> None:
        value = float(torch.stack(self._open).mean())
        self._open.clear()
        if not math.isfinite(value):
            raise TrainingError(
                "training: the loss is no longer a finite number, so nothing was learned; "
                "set a smaller rate= in its settings, as in Network(rate=0.001), or another seed"
            )
        self._points.append((self._last, self.elapsed(), value))

    def curve(self, ended: str) -> Curve:
        if self._open:
            self._close()
        steps, seconds, losses = zip(*self._points, strict=True) if self._points else ((), (), ())
        return Curve(unit=self._unit, steps=steps, seconds=seconds, losses=losses, ended=ended)


class Average:
    """A running average of parameters, which weighs early steps less.

    Source:
        Polyak and Juditsky 1992 (averaging); the weights of early steps as in Adam's bias correction,
        Kingma and Ba (2015), section 3.

    Args:
        parameters: What is averaged, in place.
        decay: Weight of what was before, 0 … 1; 0 keeps the last.
    """

    def __init__(self, parameters: Sequence[Tensor], decay: float) -> None:
        self._now = [p.detach() for p in parameters]
        self._mean = [p.clone() for p in self._now] if decay > 0 else []
        self._decay = decay
        self._steps = 0

    def update(self) -> None:
        """Add the parameters as they are now."""
        if not self._mean:
            return
        self._steps += 1
        decay = min(self._decay, self._steps / (self._steps + 9))
        torch._foreach_lerp_(self._mean, self._now, 1 - decay)

    def keep(self) -> None:
        """Leave the average in the place of the parameters."""
        for now, mean in zip(self._now, self._mean, strict=False):
            now.copy_(mean)


def device_of(name: str) -> torch.device:
    """The device of a setting.

    Args:
        name: "auto" for a GPU where there is one, or "cpu", "cuda", "cuda:1", "mps", as torch names it.

    Returns:
        The device.

    Raises:
        InputError: If there is no such device here.

    Example:
        >>> device_of("cpu").type
        'cpu'
    """
    has_mps = torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if has_mps else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"device: {name!r} is not a device; choose 'auto', 'cpu', 'cuda' or 'mps'") from None
    able = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": has_mps}
    if not able.get(device.type, False):
        raise InputError(f"device: torch finds no {device.type!r} on this machine; choose 'auto' or 'cpu'")
    return device
