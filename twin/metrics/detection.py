"""C2ST: can a classifier tell real rows from synthetic ones, and by which columns?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Floats, Ints
from twin.metrics.case import NEEDS_HOLDOUT, Case
from twin.metrics.intervals import difference, share
from twin.metrics.learner import classifier, few_enough, one_thread, usable_columns
from twin.metrics.parts import RANGES, ColumnParts, between, parts, reportable
from twin.metrics.ranking import auc
from twin.metrics.score import Cell, Head, Interval, Score, ScoreTable, short
from twin.metrics.table_view import TableView
from twin.randomness import Stream

FOLDS = 3
FEWEST = 30
"""Fewest subjects on each side."""
_SHUFFLED_ROWS = 3_000
_SHOWN = 10
TITLE = "Telling apart (C2ST)"


@dataclass(frozen=True)
class Separation:
    """How well two tables were told apart.

    Args:
        area: Area under the ROC curve.
        drops: How far it falls when one column is shuffled, shape (p,).
        spread: Standard deviation of the drops over folds, shape (p,).
    """

    area: Interval
    drops: Floats
    spread: Floats


def tell_apart(
    first: TableView, second: TableView, columns: Ints, *, rng: np.random.Generator | None
) -> Separation:
    """Train on two thirds of the subjects, tell the rest; three times.

    Args:
        first: Rows of the first kind.
        second: Rows of the second kind; no subject may be in both.
        columns: Positions of the columns to look at, shape (q,).
        rng: Shuffles columns to see which ones gave the second away; None to skip that.

    Returns:
        The area under the ROC curve, and the drops where asked for.

    Source:
        Lopez-Paz & Oquab 2017, ICLR (classifier two-sample test); Breiman 2001, Mach. Learn. 45, section 10
        (shuffling), here on rows that were not trained on.
    """
    x = np.vstack([first.values[:, columns], second.values[:, columns]])  # (m + n, q)
    y = np.r_[np.zeros(first.n), np.ones(second.n)]
    fold = np.r_[first.units % FOLDS, second.units % FOLDS]  # a subject's rows stay in one fold
    scores = np.empty(y.size)
    drops = []
    for f in range(FOLDS):
        test = np.flatnonzero(fold == f)
        model = classifier().fit(x[fold != f], y[fold != f])
        scores[test] = model.predict_proba(x[test])[:, 1]
        if rng is not None:
            some = rng.permutation(test)[:_SHUFFLED_ROWS]
            drops.append(_drops(model, x[some], y[some], rng))
    area = _area(scores, y, first, second)
    table = np.array(drops) if drops else np.zeros((1, columns.size))  # (folds, q)
    return Separation(area, table.mean(axis=0), table.std(axis=0))


def _area(scores: Floats, y: Floats, first: TableView, second: TableView) -> Interval:
    area = auc(scores[y == 1], scores[y == 0], positive_units=second.units, negative_units=first.units)
    if area.low is None or area.high is None:
        return area
    # Models of different folds share half of what they learned from, so their figures vary together: the
    # variance is raised by 1 + J · n_test / n_train (Nadeau & Bengio 2003, Mach. Learn. 52, section 3).
    # Without it the interval of two samples of one population holds .5 in 80% of cases only.
    wider = np.sqrt(1 + FOLDS / (FOLDS - 1))
    low, high = area.value - wider * (area.value - area.low), area.value + wider * (area.high - area.value)
    return Interval(area.value, max(0.0, float(low)), min(1.0, float(high)))


def _drops(model: object, x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    predict = model.predict_proba  # type: ignore[attr-defined]
    chances = predict(x)[:, 1]
    area = auc(chances[y == 1], chances[y == 0]).value
    drops = np.empty(x.shape[1])
    for j in range(x.shape[1]):
        shuffled = x.copy()
        shuffled[:, j] = rng.permutation(shuffled[:, j])
        scores = predict(shuffled)[:, 1]
        drops[j] = area - auc(scores[y == 1], scores[y == 0]).value
    return drops


def c2st(case: Case) -> tuple[Score, ...]:
    """Whether a classifier can tell holdout from synthetic rows, beside train from holdout.

    Args:
        case: The tables.

    Returns:
        One score, .5 where nothing tells them apart.
    """
    train, holdout, synthetic = case.views.train, case.views.holdout, case.views.synthetic
    if holdout is None:
        return (_none(NEEDS_HOLDOUT),)
    columns = usable_columns([train, holdout, synthetic], case)
    n = few_enough(case.limits.learner_rows, columns.size)
    n = min(n, train.n, holdout.n, synthetic.n)
    train, holdout, synthetic = train.sample(n), holdout.sample(n), synthetic.sample(n)
    if min(train.n_units, holdout.n_units, synthetic.n_units) < FEWEST:
        return (_none(f"needs at least {FEWEST} subjects on each side"),)
    if not columns.size:
        return (_none("no column varies"),)
    with one_thread():
        twin = tell_apart(holdout, synthetic, columns, rng=case.rng(Stream.DETECTION))
        real = tell_apart(holdout, train, columns, rng=None)
        where = regions(case, holdout, synthetic, columns[np.argsort(-twin.drops, kind="stable")])
    area, reference = twin.area, real.area
    names = [train.columns[j].name for j in columns]
    caught = [short(names[i]) for i in np.argsort(-twin.drops, kind="stable")[:3] if _clear(twin, int(i))]
    gave = f" What gives it away most: {', '.join(caught)}." if caught else ""
    return (
        Score(
            name="c2st",
            title=TITLE,
            sentence=f"Shown one real and one synthetic row, a trained classifier picks the synthetic one "
            f"{area.value:.1%} of the time; guessing gets 50%, and between two samples of real people "
            f"it gets {reference.value:.1%}." + gave,
            value=area.value,
            low=area.low,
            high=area.high,
            reference=reference.value,
            reference_low=reference.low,
            reference_high=reference.high,
            reference_label="train told from holdout",
            n=n,
            better="half",
            note=f"Area under the ROC curve of gradient boosting, {FOLDS}-fold, {n:,} rows a side, all rows "
            "of a subject in one fold; interval after DeLong by subject, widened for cross-validation."
            + _drawn(columns.size, case, [train, holdout, synthetic]),
            tables=(_table(names, twin),) if where is None else (_table(names, twin), where),
        ),
    )


def _clear(separation: Separation, i: int) -> bool:
    """Whether the tables are told apart better than by guessing, and the column has a clear part in it."""
    above = separation.area.low is not None and separation.area.low > 0.5
    return above and bool(separation.drops[i] > max(0.005, 2 * separation.spread[i] / np.sqrt(FOLDS)))


def _drawn(used: int, case: Case, views: list[TableView]) -> str:
    if used < case.limits.learner_columns:
        return ""
    return f" {used:,} of {len(views[0].columns):,} columns, drawn at random."


def _none(why: str) -> Score:
    return Score(
        name="c2st",
        title=TITLE,
        sentence=f"Not available: {why}.",
        note=why,
        better="half",
        reference_label="train told from holdout",
    )


def _table(names: list[str], separation: Separation) -> ScoreTable:
    order = np.argsort(-separation.drops, kind="stable")[:_SHOWN]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (names[i], float(separation.drops[i]), float(separation.spread[i] / np.sqrt(FOLDS))) for i in order
    )
    return ScoreTable(
        title="What gives it away",
        heads=(Head("column"), Head("loss when shuffled", "score"), Head("standard error", "score")),
        rows=rows,
        note="How far the classifier's area falls when the column's values are shuffled: near 0 where the "
        "column does not help to tell the twin from real rows.",
    )


DEPTH = 3
SHOWN = 8
_MOST = 20  # parts of a column
_LEAST = 0.005  # share of the rows of both sides that a region must hold
_COLUMNS = 50  # most columns to cut by
REGIONS_TITLE = "Where it is given away"


@dataclass(frozen=True)
class Feature:
    """What a region may be cut by: the range of a number, or whether a value is one level.

    Args:
        parts: The column.
        part: The level, or None for the place of the range; missing values stand below all ranges.
        gaps: Whether enough people's values are missing for a word on it.
    """

    parts: ColumnParts
    part: int | None
    gaps: bool

    def of(self, view: TableView) -> Floats:
        """Its value for each row, shape (n,)."""
        codes = self.parts.codes(view)
        if self.part is not None:
            return np.asarray(codes == self.part, np.float64)
        return np.asarray(np.where(codes == self.parts.n, -1, codes), np.float64)


def features(train: TableView, synthetic: TableView, columns: Ints, k: int) -> list[Feature]:
    """What regions of these columns may be cut by.

    Args:
        train: The real rows that were learned from.
        synthetic: The synthetic table.
        columns: Positions of the columns.
        k: Fewest subjects that a fact may be about, ≥ 1.
    """
    found = []
    for j in columns[:_COLUMNS]:
        cut = parts(train, synthetic, int(j), k=k, most=_MOST)
        levels = list(range(cut.n)) if train.columns[j].nominal else []
        gaps = np.unique(train.units[np.isnan(train.values[:, j])]).size >= k
        found += [Feature(cut, i, gaps) for i in (*levels, *((cut.n,) if gaps else ()))]
        if not train.columns[j].nominal and cut.n > 1:
            found.append(Feature(cut, None, gaps))
    return found


def regions(case: Case, holdout: TableView, synthetic: TableView, columns: Ints) -> ScoreTable | None:
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
    index = np.searchsorted(leaves, leaf)
    units = holdout.units[holdout.units % 2 == 1]
    fine = reportable(index[real], leaves.size, units, case.k)
    words = _paths(tree.tree_, cuts)
    rows: list[tuple[float, tuple[Cell, ...]]] = []
    for i in np.flatnonzero(fine):
        a = share(index[real] == i, units)
        b = share(index[twin] == i, synthetic.units[synthetic.units % 2 == 1])
        gap = difference(b, a)
        if gap.low is None or gap.high is None or gap.low <= 0 <= gap.high or not words[leaves[i]]:
            continue
        rows.append((-abs(gap.value), (words[leaves[i]], a.value, b.value, gap.value, gap.low, gap.high)))
    rows.sort(key=lambda row: row[0])
    heads = (Head("region"), Head("real", "share"), Head("twin", "share"), Head("difference", "share"))
    nothing = "" if rows else " No region differs by more than chance brings about."
    return ScoreTable(
        title=REGIONS_TITLE,
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


def _range(cut: ColumnParts, low: int, high: int, gaps: bool) -> str:
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
