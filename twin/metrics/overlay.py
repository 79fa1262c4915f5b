"""Columns of train and twin as binned shares, ready to be drawn.

Nothing in here is a value of real rows alone: levels and exact numbers are named only where the twin holds
them, edges are round numbers, and what fewer than k people share is merged with its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Floats, Ints
from twin.metrics.case import Case
from twin.metrics.score import short
from twin.metrics.table_view import TableView, ViewColumn
from twin.privacy.suppression.guard import count_subjects

BARS = 10
"""Most bars of one column, beside "other" and "missing"."""
NUMBERS = 16
"""Most distinct numbers that get a bar each."""
HEAP = 0.25
"""Share of rows from which one exact number gets a bar of its own."""
_SKEWED = 20.0  # how many times the median the 99.5 % quantile must be for a logarithmic axis
OTHER, MISSING = "(others)", "(missing)"


@dataclass(frozen=True)
class OverlayBar:
    """A share of rows that has a name.

    Args:
        label: The name.
        train: Share of the rows of train.
        synthetic: Share of the twin's rows.
    """

    label: str
    train: float
    synthetic: float


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """One column of train and of the twin.

    Args:
        column: Name of the column.
        kind: Its kind.
        bars: Levels, heaps and missing values.
        places: Where the edges of the bins stand, 0 … 1, shape (b + 1,); empty without bins.
        labels: What is written at each edge.
        train: Share of the rows of train in each bin, shape (b,).
        synthetic: Share of the twin's rows in each bin, shape (b,).
    """

    column: str
    kind: str
    bars: tuple[OverlayBar, ...]
    places: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    train: tuple[float, ...] = ()
    synthetic: tuple[float, ...] = ()


def overlays(case: Case) -> tuple[Overlay, ...]:
    """Binned shares of each column, at most `limits.overlays` columns, in the order of the table.

    Args:
        case: The tables.

    Returns:
        One per column.
    """
    rows = case.limits.rows
    train, synthetic = case.views.train.sample(rows), case.views.synthetic.sample(rows)
    return tuple(
        _overlay(column, train, synthetic, j, case.k)
        for j, column in enumerate(train.columns[: case.limits.overlays])
    )


def _overlay(column: ViewColumn, train: TableView, synthetic: TableView, j: int, k: int) -> Overlay:
    x, y = train.values[:, j], synthetic.values[:, j]
    met, counts = np.unique(y[~np.isnan(y)], return_counts=True)
    if column.nominal or met.size <= NUMBERS:
        named = met[np.argsort(-counts, kind="stable")][:BARS] if column.nominal else met
        return Overlay(
            column=column.name, kind=column.kind, bars=_bars(column, x, y, named, units=train.units, k=k)
        )
    heap = met[[int(np.argmax(counts))]] if counts.max() > HEAP * y.size else met[:0]
    bars = _bars(column, x, y, heap, units=train.units, k=k, rest=False)
    if heap.size and not (bars and bars[0].label == label_of(column, float(heap[0]))):
        heap = met[:0]  # too few people hold it in train for a bar of its own
    scale = scale_of(column, x[~np.isin(x, heap)], y[~np.isin(y, heap)], k)
    first, second = _bins(scale, x, heap), _bins(scale, y, heap)
    size = scale.edges.size - 1
    held, in_train, _ = count_subjects(first, size, train.units)
    in_twin = np.bincount(second[second >= 0], minlength=size)
    kept = merged(held, k)
    return Overlay(
        column=column.name,
        kind=column.kind,
        bars=bars,
        places=tuple(round(float(v), 4) for v in scale.places[kept]),
        labels=tuple(scale.labels[i] for i in kept),
        train=_shares(np.add.reduceat(in_train, kept[:-1]), x.size),
        synthetic=_shares(np.add.reduceat(in_twin, kept[:-1]), y.size),
    )


def _shares(counts: Ints, n: int) -> tuple[float, ...]:
    return tuple(round(float(c) / n, 4) for c in counts)


def label_of(column: ViewColumn, value: float) -> str:
    """A value of the twin, as people read it.

    Args:
        column: The column.
        value: The value, as the view holds it.
    """
    if column.nominal:
        return short(column.levels[int(value)])
    if column.kind == "datetime":
        return datetime_label(value, "D" if value % 86_400 == 0 else "s")
    return number_label(value)


def _bars(
    column: ViewColumn,
    x: Floats,
    y: Floats,
    named: Floats,
    *,
    units: Ints,
    k: int,
    rest: bool = True,
) -> tuple[OverlayBar, ...]:
    """Bars of the named values, of the others where `rest`, and of missing ones."""

    def codes(v: Floats) -> Ints:
        code = np.full(v.size, named.size, np.int64)
        for i, value in enumerate(named):
            code[v == value] = i
        return np.where(np.isnan(v), named.size + 1, code)

    first, second = codes(x), codes(y)
    held, in_train, _ = count_subjects(first, named.size + 2, units)
    in_twin = np.bincount(second, minlength=named.size + 2)
    few = (held > 0) & (held < k)
    few[named.size] = False
    first[few[first]] = second[few[second]] = named.size  # what few people share goes to the others
    in_train, in_twin = (np.bincount(c, minlength=named.size + 2) for c in (first, second))
    labels = [*(label_of(column, v) for v in named), OTHER, MISSING]
    order = [i for i in range(named.size + 2) if (in_train[i] or in_twin[i]) and (rest or i != named.size)]
    return tuple(
        OverlayBar(labels[i], round(float(in_train[i]) / x.size, 4), round(float(in_twin[i]) / y.size, 4))
        for i in order
    )


def scale_of(column: ViewColumn, x: Floats, y: Floats, k: int) -> Scale:
    """Round edges for numbers or datetimes x of train and y of the twin; y must hold some.

    Args:
        column: The column.
        x: Values, shape (n,) or (n, terms).
        y: Other values of the same sort, or what is predicted, shape (m,).
        k: Fewest subjects that a fact may be about, ≥ 1.
    """
    x, y = x[~np.isnan(x)], y[~np.isnan(y)]
    ends = [np.quantile(y, [0.005, 0.5, 0.995])]
    if x.size >= 200 * k:  # enough people lie beyond its ends
        ends.append(np.quantile(x, [0.005, 0.5, 0.995]))
    low, high = float(min(e[0] for e in ends)), float(max(e[2] for e in ends))
    if column.kind == "datetime":
        return calendar(low, high)
    middle = float(min(e[1] for e in ends))
    if low > 0 and middle > 0 and high / middle > _SKEWED:
        return logarithmic(low, high)
    return linear(low, high, whole=bool((y == np.round(y)).all()))


def _bins(scale: Scale, x: Floats, heap: Floats) -> Ints:
    """The bin of each value, -1 for heaps and missing ones; the end bins hold all that lies beyond."""
    place = np.clip(np.searchsorted(scale.edges, x, side="right") - 1, 0, scale.edges.size - 2)
    return np.where(np.isnan(x) | np.isin(x, heap), -1, place).astype(np.int64)


def merged(held: Ints, k: int) -> Ints:
    """Edges that remain when bins that fewer than k people share join the next one, shape (b' + 1,).

    Args:
        held: How many people each bin holds, shape (bins,).
        k: Fewest subjects that a fact may be about, ≥ 1.

    Example:
        >>> merged(np.array([5, 3, 9, 12, 1]), 8).tolist()
        [0, 2, 3, 5]
    """
    kept, waiting = [0], 0
    for i, people in enumerate(held):
        waiting += int(people)
        if waiting == 0 or waiting >= k:
            kept.append(i + 1)
            waiting = 0
    if kept[-1] != held.size:  # the last ones are too few: they join those before
        while len(kept) > 1 and held[kept[-1] :].sum() < k:
            kept.pop()
        kept.append(held.size)
    return np.array(kept, dtype=np.int64)


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

    edges: Floats
    places: Floats
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


def datetime_label(value: float, unit: str = "s") -> str:
    """Seconds since 1970 as a date, as fine as the unit asks for ("Y", "M", "D" or finer).

    Args:
        value: The value, as the view holds it.
        unit: Unit of the dates.

    Example:
        >>> datetime_label(0.0, "D"), datetime_label(0.0, "Y")
        ('1970-01-01', '1970')
    """
    grain = {"Y": "Y", "M": "M", "D": "D"}.get(unit, "s" if unit == "s" else "m")
    text = str(np.datetime64(int(value), "s").astype(f"datetime64[{grain}]"))
    return text.replace("T", " ")


def linear(low: float, high: float, *, whole: bool) -> Scale:
    """Equal bins of a round width (1, 2 or 5 times a power of ten), at least 1 for whole numbers.

    Args:
        low: Lower end.
        high: Upper end.
        whole: Whether the numbers are whole.

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

    Args:
        low: Lower end.
        high: Upper end.

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

    Args:
        low: Lower end.
        high: Upper end.

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
    labels = tuple(datetime_label(e, unit) for e in edges)
    if low >= 0 and high <= DAY:
        labels = tuple(f"{int(e) // 3600:02d}:{int(e) % 3600 // 60:02d}" for e in edges)
    return Scale(edges, (edges - edges[0]) / (edges[-1] - edges[0]), labels)
