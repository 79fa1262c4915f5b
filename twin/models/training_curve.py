"""The training curve of a network: what was learned when."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from math import isfinite

import numpy as np

from twin.codes import Json
from twin.errors import FileFormatError, MissingExtra

_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Losses along a training.

    Args:
        unit: What the losses are, with their unit, in words.
        steps: Steps done at each point, rising.
        seconds: Seconds since the start at each point.
        losses: Mean loss of the rows since the point before.
        ended: Why it ended where it did, in words.

    Example:
        >>> print(Curve(unit="nats a row", steps=(10, 20), seconds=(.1, .2), losses=(9.0, 7.5), ended="done"))
        nats a row 9.00 → 7.50 in 20 steps, 0.2 s (done) █▁
    """

    unit: str
    steps: tuple[int, ...] = ()
    seconds: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    ended: str = "all steps done"

    def __str__(self) -> str:
        if not self.steps:
            return f"no steps ({self.ended})"
        span = f"{self.unit} {self.losses[0]:.2f} → {self.losses[-1]:.2f}"
        took = f"in {self.steps[-1]:,} steps, {self.seconds[-1]:.1f} s ({self.ended})"
        return f"{span} {took} {self._bars()}"

    def _bars(self, width: int = 16) -> str:
        """The curve in a few characters."""
        at = np.unique(np.linspace(0, len(self.losses) - 1, width).astype(int))
        heights = np.array(self.losses)[at]
        low, high = heights.min(), heights.max()
        levels = (heights - low) / (high - low) * (len(_BARS) - 1) if high > low else heights * 0
        return "".join(_BARS[round(p)] for p in levels.tolist())

    def to_json(self) -> dict[str, Json]:
        """JSON-ready values."""
        return {
            "unit": self.unit,
            "steps": list(self.steps),
            "seconds": [round(s, 3) for s in self.seconds],
            "losses": [float(f"{x:.6g}") for x in self.losses],
            "ended": self.ended,
        }

    @classmethod
    def from_json(cls, value: Json) -> Curve:
        """The curve from what `to_json` gave.

        Raises:
            FileFormatError: If it cannot be read.
        """
        match value:
            case {
                "unit": str(unit),
                "ended": str(ended),
                "steps": list(steps),
                "seconds": list(seconds),
                "losses": list(losses),
            } if len(steps) == len(seconds) == len(losses):
                numbers = [*steps, *seconds, *losses]
                if all(type(x) in (int, float) and isfinite(x) for x in numbers):
                    lines = {"steps": tuple(steps), "seconds": tuple(seconds), "losses": tuple(losses)}
                    return cls(unit=unit, ended=ended, **lines)
        raise FileFormatError("file: its training curve cannot be read")


def need_torch(purpose: str) -> None:
    """Refuse work that needs torch where it is not installed.

    Raises:
        MissingExtra: If it is not.
    """
    if find_spec("torch") is None:
        raise MissingExtra("torch", "neural", purpose)
