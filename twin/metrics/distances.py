"""Distances: do synthetic rows lie nearer to the people that were learned from than to others?

These describe and do not judge: a twin can leak with distances that look safe (Yao et al. 2025, arXiv
2505.01524), and distances of a safe twin may differ by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats, Floats32, Ints
from twin.metrics.case import NEEDS_HOLDOUT, Case
from twin.metrics.intervals import newcombe_paired, wilson
from twin.metrics.learner import few_enough
from twin.metrics.score import Cell, Head, Interval, Score, ScoreTable
from twin.metrics.table_view import TableView, Views

DESCRIBES = "A description, not a verdict: distances cannot show that a twin is safe."
WORK = 8_000_000_000
"""Most differences (rows × real rows × columns, both sides) that are computed."""
_FEWEST_ROWS = 500
_TIE = 1e-6
_BLOCK = 256
_MANY = 64  # levels beyond which indicators would take too much memory


@dataclass(frozen=True)
class DistanceSpace:
    """One table as points: city-block coordinates and codes that agree or not.

    Args:
        ordered: Ranks of numbers and datetimes among real rows, .5 where missing, shape (n, q).
        onehot: Levels and missing marks as indicator columns, shape (n, r).
        codes: The same as codes, where a column has many levels, shape (n, s).
    """

    ordered: Floats32
    onehot: Floats32
    codes: Floats32


def spaces(
    train: TableView, holdout: TableView, synthetic: TableView
) -> tuple[DistanceSpace, DistanceSpace, DistanceSpace]:
    """The three tables as points of one space.

    Numbers become mid-ranks among all real rows, 0 … 1, so that a step counts for the share of the people
    it passes; levels agree (0) or not (1); a missing number stands in the middle and is a level of its own.

    Args:
        train: Rows of train.
        holdout: As many rows of the holdout.
        synthetic: Synthetic rows.

    Returns:
        One space per table, columns alike.
    """
    views = (train, holdout, synthetic)
    ordered: list[list[Floats32]] = [[], [], []]
    onehot: list[list[Floats32]] = [[], [], []]
    many: list[list[Floats32]] = [[], [], []]
    for j, column in enumerate(train.columns):
        parts = [v.values[:, j] for v in views]
        gone = [np.isnan(x) for x in parts]
        if not column.nominal:
            real = np.sort(np.concatenate([parts[0][~gone[0]], parts[1][~gone[1]]]))
            for out, x, none in zip(ordered, parts, gone, strict=True):
                rank = np.searchsorted(real, x, "left") + np.searchsorted(real, x, "right")
                out.append(np.where(none, 0.5, rank / (2 * max(real.size, 1))).astype(np.float32))
            parts = [none.astype(np.float64) for none in gone]
        met, dense = np.unique(np.concatenate(parts), return_inverse=True)
        split = np.split(dense, np.cumsum([x.size for x in parts])[:-1])
        for index, mine in enumerate(split):
            if met.size > _MANY:
                many[index].append(mine.astype(np.float32)[:, None])
            elif met.size > 1:
                onehot[index].append((mine[:, None] == np.arange(met.size)).astype(np.float32))
    one, two, three = (
        DistanceSpace(
            _stack([a[:, None] for a in ordered[i]], v.n), _stack(onehot[i], v.n), _stack(many[i], v.n)
        )
        for i, v in enumerate(views)
    )
    return one, two, three


def _stack(parts: list[Floats32], n: int) -> Floats32:
    return np.hstack(parts) if parts else np.zeros((n, 0), np.float32)


def nearest(points: DistanceSpace, real: DistanceSpace) -> tuple[Floats, Ints]:
    """Distance of each point to its nearest real row, and which row that is, shapes (n,).

    Args:
        points: Rows whose nearest neighbours are sought.
        real: Rows among which they are sought.

    Source:
        City-block distance over columns (Gower 1971, Biometrics 27, 857–871), ranks in place of ranges.
    """
    from scipy.spatial.distance import cdist

    n = points.ordered.shape[0]
    out, which = np.empty(n), np.empty(n, np.int64)
    levels = float(points.onehot[0].sum()) if n else 0.0  # one indicator per nominal column
    for start in range(0, n, _BLOCK):
        block = slice(start, start + _BLOCK)
        distance = levels - points.onehot[block] @ real.onehot.T  # (b, m) columns that do not agree
        if points.ordered.shape[1]:
            distance = distance + cdist(points.ordered[block], real.ordered, "cityblock")
        for j in range(points.codes.shape[1]):
            distance += points.codes[block, j, None] != real.codes[:, j]
        which[block] = distance.argmin(axis=1)
        out[block] = np.take_along_axis(distance, which[block, None], axis=1)[:, 0]
    return out, which


def distances(case: Case) -> tuple[Score, ...]:
    """Share of synthetic rows nearer to train than to the holdout, and of rows equal to real ones.

    Args:
        case: The tables.

    Returns:
        Two scores that describe: "dcr" and "identical".

    Source:
        Distance to the closest record against a holdout: Platzer & Reutterer 2021, Front. Big Data 4, 679939.
    """
    return (_dcr(case), _identical(case))


def _dcr(case: Case) -> Score:
    views, limits = case.views, case.limits
    title = "Nearer to train than to others (DCR share)"
    if views.holdout is None:
        return Score(
            name="dcr",
            title=title,
            sentence=f"Not available: {NEEDS_HOLDOUT}.",
            note=NEEDS_HOLDOUT,
            better="half",
            verdict=False,
        )
    n = min(views.train.n, views.holdout.n, few_enough(limits.distance_real, len(views.train.columns)))
    affordable = WORK // max(1, 2 * n * len(views.train.columns))
    synthetic = views.synthetic.sample(min(limits.distance_rows, max(_FEWEST_ROWS, affordable)))
    learned, other = views.train.sample(n), views.holdout.sample(n)
    train, holdout, points = spaces(learned, other, synthetic)
    to_train, near_train = nearest(points, train)
    to_holdout, near_holdout = nearest(points, holdout)
    tie = np.abs(to_train - to_holdout) < _TIE
    nearer = (to_train < to_holdout) & ~tie
    share = float(nearer.mean() + 0.5 * tie.mean())
    owner = np.where(nearer, learned.units[near_train], -1 - other.units[near_holdout])
    interval = _share_of_owned(share, owner, learned.n_units + other.n_units)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (label, float(np.quantile(to_train, q)), float(np.quantile(to_holdout, q)))
        for label, q in (("nearest 5%", 0.05), ("median", 0.5), ("farthest 5%", 0.95))
    )
    return Score(
        name="dcr",
        title=title,
        sentence=f"{share:.1%} of the twin's rows lie nearer to a row it learned from than to any of "
        f"as many rows it never saw; rows that belong to nobody would be split half and half. {DESCRIBES}",
        value=share,
        low=interval.low,
        high=interval.high,
        reference=0.5,
        reference_label="rows that belong to nobody",
        n=synthetic.n,
        better="half",
        verdict=False,
        note=f"{synthetic.n:,} synthetic rows against {n:,} of train and {n:,} of the holdout; ties count "
        "half; Wilson interval, with rows nearest to the same person counted together.",
        tables=(
            ScoreTable(
                title="Distance to the closest real row, in columns that differ",
                heads=(
                    Head("of the twin's rows"),
                    Head("to train", "score"),
                    Head("to the holdout", "score"),
                ),
                rows=rows,
            ),
        ),
    )


def _share_of_owned(share: float, owner: Ints, people: int) -> Interval:
    """Wilson's interval of a share whose rows go together where the same person is the nearest.

    Whether that person was learned from or kept away decides all of them at once. Were it drawn by lot, half
    of the N people each, the share would vary by ¼ (Σ m² - 1/N), m being the part of the rows that is nearest
    to each person: as that of so many independent rows (Kish 1965, Survey Sampling, section 8.2).
    """
    _, rows = np.unique(owner, return_counts=True)
    spread = float(((rows / rows.sum()) ** 2).sum()) - 1 / people
    size = min(float(rows.sum()), 1 / spread) if spread > 0 else float(rows.sum())
    return wilson(share * size, size)


def _equal(views: Views, n: int) -> tuple[Bools, Bools]:
    rows = views.synthetic.hashes
    return np.isin(rows, views.train.sample(n).hashes), np.isin(rows, views.control.sample(n).hashes)


def _identical(case: Case) -> Score:
    views = case.views
    synthetic, train, holdout = views.synthetic, views.train, views.holdout
    title = "Identical rows"
    if holdout is None:
        hits = int(np.isin(synthetic.hashes, train.hashes).sum())
        share = wilson(hits, synthetic.n)
        return Score(
            name="identical",
            title=title,
            sentence=f"{share.value:.2%} of the twin's rows equal a training row in every column. Whether "
            f"that is more than chance only a holdout could say. {DESCRIBES}",
            value=share.value,
            low=share.low,
            high=share.high,
            n=synthetic.n,
            better="lower",
            verdict=False,
            note="Wilson interval. Without a holdout there is nothing to compare with.",
        )
    n = min(train.n, holdout.n)
    learned, other = _equal(views, n)
    both, a, b = int((learned & other).sum()), int((learned & ~other).sum()), int((other & ~learned).sum())
    gap = newcombe_paired(both, a, b, synthetic.n - both - a - b)
    first, second = wilson(both + a, synthetic.n), wilson(both + b, synthetic.n)
    people = wilson(int(np.isin(holdout.sample(n).hashes, train.sample(n).hashes).sum()), n)
    excess = gap.low is not None and gap.low > 0
    reading = "more than chance brings about" if excess else "no more than chance brings about"
    rows: tuple[tuple[Cell, ...], ...] = (
        ("twin's rows equal to a training row", first.value, first.low, first.high),
        ("twin's rows equal to a holdout row", second.value, second.low, second.high),
        ("difference", gap.value, gap.low, gap.high),
        ("holdout rows equal to a training row", people.value, people.low, people.high),
    )
    return Score(
        name="identical",
        title=title,
        sentence=f"{first.value:.2%} of the twin's rows equal a training row in every column, and "
        f"{second.value:.2%} equal one of as many rows it never saw: {reading}. {DESCRIBES}",
        value=first.value,
        low=first.low,
        high=first.high,
        reference=second.value,
        reference_low=second.low,
        reference_high=second.high,
        reference_label="equal to a holdout row",
        n=synthetic.n,
        better="lower",
        verdict=False,
        note=f"Against {n:,} rows of train and {n:,} of the holdout. Wilson intervals; of the difference, "
        "Newcombe's for paired shares.",
        tables=(
            ScoreTable(
                title="Equal rows",
                heads=(Head("share of"), Head("share", "share"), Head("low", "share"), Head("high", "share")),
                rows=rows,
            ),
        ),
    )
