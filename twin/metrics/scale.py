"""Round edges for charts: bins that anyone would have chosen, so that no edge is a value of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
MOST_BINS = 24
DAY = 86_400.0
_MONTH, _YEAR = 30.4375 * DAY, 365.25 * DAY
_CALENDAR = (
    *((n, "s", 1.0) for n in (1, 5, 15, 30)),
    *((n, "m", 60.0) for n in (1, 5, 15, 30)),
    *((n, "h", 3600.0) for n in (1, 2, 6, 12)),
    *((n, "D", DAY) for n in (1, 2, 7, 14)),
    *((n, "M", _MONTH) for n in (1, 3, 6)),
    *((n * 10**e, "Y", _YEAR) for e in range(4) for n in (1, 2, 5)),
)


@dataclass(frozen=True)
class Scale:
    """Edges of bins and where they stand on an axis.

    Args:
        edges: Edges in the units of the data, ascending, shape (b + 1,).
        places: Where the edges stand, 0 … 1, shape (b + 1,).
        labels: What is written at each edge.
    """

    edges: FloatArray
    places: FloatArray
    labels: tuple[str, ...]


def number_label(value: float) -> str:
    """A number, short.

    Example:
        >>> number_label(1500000.0), number_label(0.25), number_label(40000.0), number_label(1994.0)
        ('1.5M', '0.25', '40k', '1994')
    """
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / min(size, 1e3 if sign == 'k' else size):,.4g}{sign}"
    return f"{value:.6g}"


def moment_label(value: float, unit: str = "s") -> str:
    """Seconds since 1970 as a date, as fine as the unit asks for ("Y", "M", "D" or finer).

    Example:
        >>> moment_label(0.0, "D"), moment_label(0.0, "Y")
        ('1970-01-01', '1970')
    """
    grain = {"Y": "Y", "M": "M", "D": "D"}.get(unit, "s" if unit == "s" else "m")
    text = str(np.datetime64(int(value), "s").astype(f"datetime64[{grain}]"))
    return text.replace("T", " ")


def linear(low: float, high: float, *, whole: bool) -> Scale:
    """Equal bins of a round width (1, 2 or 5 times a power of ten), at least 1 for whole numbers.

    Example:
        >>> linear(3.0, 97.0, whole=True).edges[[0, 1, -1]].tolist()
        [0.0, 5.0, 100.0]
    """
    rough = (high - low) / MOST_BINS or 1.0
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
    step = max(step, 1.0) if whole else step
    first, last = np.floor(low / step), np.floor(high / step) + 1
    edges = np.arange(first, last + 1) * step
    return Scale(edges, (edges - edges[0]) / (edges[-1] - edges[0]), tuple(number_label(e) for e in edges))


def logarithmic(low: float, high: float) -> Scale:
    """Bins between 1, 2 and 5 times powers of ten, equal in the logarithm to the eye; low > 0.

    Example:
        >>> logarithmic(3.0, 90.0).edges.tolist()
        [2.0, 5.0, 10.0, 20.0, 50.0, 100.0]
    """
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    marks = np.array([m * 10.0**e for e in powers for m in (1, 2, 5)])
    start = max(0, int(np.searchsorted(marks, low, side="right")) - 1)
    stop = int(np.searchsorted(marks, high, side="left")) + 1
    edges = marks[start : max(stop, start + 2)]
    logs = np.log(edges)
    return Scale(edges, (logs - logs[0]) / (logs[-1] - logs[0]), tuple(number_label(e) for e in edges))


def calendar(low: float, high: float) -> Scale:
    """Bins of whole years, months, days, hours, minutes or seconds; times of day where all lie in one.

    Example:
        >>> calendar(0.0, 20 * 365 * DAY).labels[:2]
        ('1970', '1971')
    """
    span = high - low
    count, unit, _ = next((c for c in _CALENDAR if span / (c[0] * c[2]) <= MOST_BINS), _CALENDAR[-1])
    grid = f"datetime64[{unit}]"
    first = int(np.datetime64(int(np.floor(low)), "s").astype(grid).astype(np.int64)) // count
    last = int(np.datetime64(int(np.floor(high)), "s").astype(grid).astype(np.int64)) // count + 1
    ticks = (np.arange(first, last + 1) * count).astype(grid)
    edges = ticks.astype("datetime64[s]").astype(np.int64).astype(np.float64)
    labels = tuple(moment_label(e, unit) for e in edges)
    if low >= 0 and high <= DAY:
        labels = tuple(f"{int(e) // 3600:02d}:{int(e) % 3600 // 60:02d}" for e in edges)
    return Scale(edges, (edges - edges[0]) / (edges[-1] - edges[0]), labels)
