"""Regions: where, in words, a twin has too many rows or too few. Groups of people, never rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.metrics.case import Case
from twin.metrics.intervals import difference, share
from twin.metrics.parts import RANGES, Parts, between, parts, told
from twin.metrics.score import Cell, Head, Table, short
from twin.metrics.view import View

DEPTH = 3
SHOWN = 8
_MOST = 20  # parts of a column
_LEAST = 0.005  # share of the rows of both sides that a region must hold
_COLUMNS = 50  # most columns to cut by
TITLE = "Where it is given away"

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Feature:
    """What a region may be cut by: the range of a number, or whether a value is one level.

    Args:
        parts: The column.
        part: The level, or None for the place of the range; missing values stand below all ranges.
        gaps: Whether enough people's values are missing for a word on it.
    """

    parts: Parts
    part: int | None
    gaps: bool

    def of(self, view: View) -> FloatArray:
        """Its value for each row, shape (n,)."""
        codes = self.parts.codes(view)
        if self.part is not None:
            return np.asarray(codes == self.part, np.float64)
        return np.asarray(np.where(codes == self.parts.n, -1, codes), np.float64)


def features(train: View, synthetic: View, columns: IntArray, k: int) -> list[Feature]:
    """What regions of these columns may be cut by."""
    found = []
    for j in columns[:_COLUMNS]:
        cut = parts(train, synthetic, int(j), k=k, most=_MOST)
        levels = list(range(cut.n)) if train.columns[j].nominal else []
        gaps = np.unique(train.units[np.isnan(train.values[:, j])]).size >= k
        found += [Feature(cut, i, gaps) for i in (*levels, *((cut.n,) if gaps else ()))]
        if not train.columns[j].nominal and cut.n > 1:
            found.append(Feature(cut, None, gaps))
    return found


def regions(case: Case, holdout: View, synthetic: View, columns: IntArray) -> Table | None:
    """The regions in which the shares of real and synthetic rows differ, by a tree of depth 3.

    The tree is grown on half of the subjects and its regions are counted among the others, so that a
    difference is no work of the search.

    Args:
        case: The tables.
        holdout: Real rows that the twin never saw.
        synthetic: As many synthetic rows.
        columns: Positions of the columns to cut by, the most telling first, shape (q,).

    Returns:
        Regions that at least k people of the holdout share and that differ by more than chance brings
        about, largest difference first; None where nothing can be cut.

    Source:
        Breiman, Friedman, Olshen & Stone 1984, Classification and Regression Trees.
    """
    from sklearn.tree import DecisionTreeClassifier

    cuts = features(case.views.train, synthetic, columns, case.k)
    if not cuts:
        return None
    x = np.vstack([np.column_stack([f.of(v) for f in cuts]) for v in (holdout, synthetic)])
    y = np.r_[np.zeros(holdout.n), np.ones(synthetic.n)]
    half = np.r_[holdout.units % 2, synthetic.units % 2]
    fewest = max(2 * case.k, int(_LEAST * y.size / 2))
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=fewest, random_state=0)
    tree.fit(x[half == 0], y[half == 0])
    leaf, other = tree.apply(x), half == 1
    real, twin = other & (y == 0), other & (y == 1)
    if not real.any() or not twin.any():
        return None
    leaves = np.unique(leaf)
    place = np.searchsorted(leaves, leaf)
    units = holdout.units[holdout.units % 2 == 1]
    fine = told(place[real], leaves.size, units, case.k)
    words = _paths(tree.tree_, cuts)
    rows: list[tuple[float, tuple[Cell, ...]]] = []
    for i in np.flatnonzero(fine):
        a = share(place[real] == i, units)
        b = share(place[twin] == i, synthetic.units[synthetic.units % 2 == 1])
        gap = difference(b, a)
        if gap.low is None or gap.high is None or gap.low <= 0 <= gap.high or not words[leaves[i]]:
            continue
        rows.append((-abs(gap.value), (words[leaves[i]], a.value, b.value, gap.value, gap.low, gap.high)))
    rows.sort(key=lambda row: row[0])
    heads = (Head("region"), Head("real", "share"), Head("twin", "share"), Head("difference", "share"))
    nothing = "" if rows else " No region differs by more than chance brings about."
    return Table(
        title=TITLE,
        heads=(*heads, Head("low", "share"), Head("high", "share")),
        rows=tuple(row for _, row in rows[:SHOWN]),
        note=f"Groups of at least {case.k} real people, found on one half of the rows and counted on the "
        f"other. {RANGES}{nothing}",
    )


def _paths(tree: object, cuts: list[Feature]) -> dict[int, str]:
    """The region of each leaf, in words."""
    left, right = tree.children_left, tree.children_right  # type: ignore[attr-defined]
    by, at = tree.feature, tree.threshold  # type: ignore[attr-defined]
    words: dict[int, str] = {}
    waiting: list[tuple[int, list[tuple[Feature, float, bool]]]] = [(0, [])]
    while waiting:
        node, path = waiting.pop()
        if left[node] < 0:
            words[node] = _words(path)
            continue
        step = (cuts[by[node]], float(at[node]))
        waiting.append((int(left[node]), [*path, (*step, False)]))
        waiting.append((int(right[node]), [*path, (*step, True)]))
    return words


def _words(path: list[tuple[Feature, float, bool]]) -> str:
    """A region: what holds on the way to it, column by column."""
    said = []
    for cut in {f.parts.column: f.parts for f, _, _ in path}.values():
        name = short(cut.labels[-1].removesuffix(" missing"), 40)
        steps = [(f, at, up) for f, at, up in path if f.parts.column == cut.column]
        is_ = [cut.labels[f.part] for f, _, up in steps if f.part is not None and up]
        if is_:
            said += is_[:1]
            continue
        not_ = [cut.labels[f.part] for f, _, up in steps if f.part is not None and not up]
        said += [label.replace(" = ", " other than ", 1).replace(" missing", " known") for label in not_]
        ranges = [(at, up) for f, at, up in steps if f.part is None]
        low = max((int(np.ceil(at)) for at, up in ranges if up), default=-1)
        high = min((int(np.ceil(at)) for at, up in ranges if not up), default=cut.n)
        said += [f"{name} {text}"] if (text := _range(cut, low, high, steps[0][0].gaps)) else []
    return " and ".join(said)


def _range(cut: Parts, low: int, high: int, gaps: bool) -> str:
    """Parts `low` … `high` - 1 in words; -1 stands for missing values."""
    if (low, high) == (-1, cut.n):
        return ""
    if high == 0:
        return "missing" if gaps else ""
    if low == 0 and high == cut.n:
        return "known" if gaps else ""
    texts = cut.texts if cut.edges is not None else tuple(v.split(" = ", 1)[1] for v in cut.labels[1:-1])
    start, end = texts[low - 1] if low > 0 else "", texts[high - 1] if high < cut.n else ""
    return between(start, end) + (" or missing" if low < 0 and gaps else "")
