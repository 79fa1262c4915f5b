"""Fairness: does the twin treat groups of people as differently as the source does, no more and no less?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.columns.pii.detect.words import quasi_identifier_phrases, words_of
from twin.metrics.case import Case
from twin.metrics.design import UNNAMED, Design, design, independent, positive_class
from twin.metrics.intervals import difference, groups_of, jackknife
from twin.metrics.learner import usable_columns, with_value
from twin.metrics.overlay import label_of
from twin.metrics.parts import ColumnParts, parts
from twin.metrics.regression import probability, solve
from twin.metrics.score import Cell, Head, Interval, Score, ScoreTable, short
from twin.metrics.table_view import TableView

TOPICS = ("sex", "origin")
"""What a column's name must speak of to be looked at unasked; an age only where it is a band."""
MOST = 3
PARTS = 8
FEWEST = 30
"""Fewest people of a group that is compared."""
LEVELS = 30


@dataclass(frozen=True)
class Pair:
    """Two groups of one column: where a yes is commonest in train, and where it is rarest.

    Args:
        parts: The column.
        more: The part with most.
        less: The part with least.
    """

    parts: ColumnParts
    more: int
    less: int

    @property
    def words(self) -> str:
        """The two groups."""
        return f"{self.parts.labels[self.more]} against {self.parts.labels[self.less].split(' = ', 1)[-1]}"

    def sides(self, view: TableView) -> tuple[Bools, Bools]:
        """The rows of the two groups."""
        codes = self.parts.codes(view)
        return codes == self.more, codes == self.less


@dataclass(frozen=True)
class FairnessGap:
    """How differently two groups fare.

    Args:
        value: The difference.
        without: The same without each group of subjects, shape (G,).
    """

    value: float
    without: Floats

    def interval(self) -> Interval:
        """With its interval, -1 … 1."""
        return jackknife(self.value, self.without, low=-1.0)


def fairness(case: Case) -> tuple[Score, ...]:
    """Statistical parity of the data, and equalised odds of models trained on them, in twin and source.

    Args:
        case: The tables; `sensitive` names the columns, or their names do.

    Returns:
        Two scores: "fairness", how far the twin's parity differences are from those of train, and
        "fairness_model", how unequal the errors of a model trained on the twin are, beside one trained on
        train; none without a target of two classes or a sensitive column.

    Source:
        Statistical parity: Dwork et al. 2012, ITCS. Equalised odds: Hardt, Price & Srebro 2016, arXiv
        1610.02413.
    """
    if case.target is None:
        return ()
    views = case.views
    names = [c.name for c in views.train.columns]
    j = names.index(case.target)
    train, synthetic = with_value(views.train, j), with_value(views.synthetic, j)
    holdout = None if views.holdout is None else with_value(views.holdout, j)
    yes = positive_class(train, j) if train.n and np.unique(train.values[:, j]).size == 2 else None
    if yes is None or not synthetic.n or (holdout is not None and not holdout.n):
        return ()
    pairs = [p for c in _sensitive(case, j) if (p := _pair(train, holdout, synthetic, c, j, yes, case.k))]
    if not pairs:
        return ()
    column = train.columns[j]
    named = bool((synthetic.values[:, j] == yes).any())
    what = f"{short(column.name, 40)} = {label_of(column, yes) if named else UNNAMED}"
    scores = [_of_data(pairs, train, holdout, synthetic, j, yes, what)]
    if holdout is not None:
        scores += _of_models(case, pairs, train, holdout, synthetic, j, yes, what)
    return tuple(scores)


def _sensitive(case: Case, target: int) -> list[int]:
    columns = case.views.train.columns
    if case.sensitive:
        return [j for j, c in enumerate(columns) if c.name in case.sensitive and j != target]
    phrases = {topic: quasi_identifier_phrases()[topic][1] for topic in (*TOPICS, "age")}
    named = {topic: {" ".join(words_of(p)) for p in of_topic} for topic, of_topic in phrases.items()}
    found = []
    for j, column in enumerate(columns):
        words = " ".join(words_of(column.name))
        topics = TOPICS if not column.nominal else (*TOPICS, "age")
        if j != target and any(words in named[topic] for topic in topics):
            found.append(j)
    return found[:MOST]


def _pair(
    train: TableView, holdout: TableView | None, synthetic: TableView, column: int, j: int, yes: float, k: int
) -> Pair | None:
    """The two groups to compare, of those that enough people hold in each real table."""
    cut = parts(train, synthetic, column, k=max(k, FEWEST), most=PARTS)
    rates = []
    for part in range(cut.n):
        sides = [v for v in (train, holdout) if v is not None]
        held = [np.unique(v.units[cut.codes(v) == part]).size for v in sides]
        if min(held) >= max(k, FEWEST) and (cut.codes(synthetic) == part).any():
            rates.append((float((train.values[cut.codes(train) == part, j] == yes).mean()), part))
    if len(rates) < 2:
        return None
    return Pair(cut, max(rates)[1], min(rates)[1])


def _gap(hits: Bools, first: Bools, second: Bools, units: Ints) -> FairnessGap:
    """Share of hits in the first group less that in the second."""
    group = groups_of(units)
    size = int(group.max()) + 1
    rates = []
    for side in (first, second):
        rows = np.bincount(group[side], minlength=size)
        hit = np.bincount(group[side & hits], minlength=size)
        with np.errstate(invalid="ignore", divide="ignore"):
            rates.append((hit.sum() / rows.sum(), (hit.sum() - hit) / (rows.sum() - rows)))
    value = float(rates[0][0] - rates[1][0])
    return FairnessGap(value, rates[0][1] - rates[1][1] if size > 1 else np.zeros(0))


def _mean_off(gaps: list[FairnessGap], from_: list[FairnessGap]) -> Interval:
    """Mean absolute distance of gaps from those of train."""
    value = float(np.mean([abs(a.value - b.value) for a, b in zip(gaps, from_, strict=True)]))
    without = np.mean([np.abs(a.without - b.value) for a, b in zip(gaps, from_, strict=True)], axis=0)
    return jackknife(value, without)


def _of_data(
    pairs: list[Pair],
    train: TableView,
    holdout: TableView | None,
    synthetic: TableView,
    j: int,
    yes: float,
    what: str,
) -> Score:
    def gaps(view: TableView) -> list[FairnessGap]:
        return [_gap(view.values[:, j] == yes, *pair.sides(view), view.units) for pair in pairs]

    real, twin = gaps(train), gaps(synthetic)
    fresh = None if holdout is None else gaps(holdout)
    value = _mean_off(twin, real)
    reference = None if fresh is None else _mean_off(fresh, real)
    rows: list[tuple[Cell, ...]] = []
    for i, pair in enumerate(pairs):
        a, b = twin[i].interval(), real[i].interval()
        off = difference(a, b)
        held = None if fresh is None else fresh[i].value
        rows.append((pair.words, b.value, held, a.value, off.value, off.low, off.high))
    heads = [Head(t, "share") for t in ("train", "holdout", "twin", "twin less train", "low", "high")]
    sentence = (
        f"The difference between groups in the share of {what} is off by {value.value * 100:.1f} percentage "
        "points in the twin"
    )
    sentence += (
        "." if reference is None else f"; in a fresh sample of real people by {reference.value * 100:.1f}."
    )
    return Score(
        name="fairness",
        title="Differences between groups, in the data",
        sentence=sentence,
        n=synthetic.n,
        better="lower",
        note="Statistical parity difference: the share in the group where it is highest in train less that "
        "in the group where it is lowest; mean over columns.",
        tables=(
            ScoreTable(
                title="Statistical parity difference", heads=(Head("groups"), *heads), rows=tuple(rows)
            ),
        ),
    ).read(value, reference)


def _trained(
    case: Case, view: TableView, made: Design, keep: Ints, j: int, yes: float, test: TableView
) -> Bools:
    """Whom a model trained on some rows says yes to, shape (m,)."""
    view = view.sample(case.limits.analysis_rows)
    y = np.asarray(view.values[:, j] == yes, np.float64)
    theta = solve(made.matrix(view)[:, keep], y, logistic=True)[0]
    return probability(made.matrix(test)[:, keep], theta) > 0.5


def _odds(says: Bools, truth: Bools, pair: Pair, view: TableView) -> tuple[FairnessGap, FairnessGap]:
    """Differences of the rates of yes among those who are a yes, and among those who are none."""
    first, second = pair.sides(view)
    right = _gap(says, first & truth, second & truth, view.units)
    return right, _gap(says, first & ~truth, second & ~truth, view.units)


def _worse(gaps: tuple[FairnessGap, FairnessGap]) -> FairnessGap:
    return FairnessGap(
        max(abs(g.value) for g in gaps),
        np.max([np.abs(g.without) for g in gaps], axis=0),
    )


def _of_models(
    case: Case,
    pairs: list[Pair],
    train: TableView,
    holdout: TableView,
    synthetic: TableView,
    j: int,
    yes: float,
    what: str,
) -> list[Score]:
    truth = holdout.values[:, j] == yes
    enough = [
        pair
        for pair in pairs
        if all(
            np.unique(holdout.units[side & (truth == answer)]).size >= case.k
            for side in pair.sides(holdout)
            for answer in (True, False)
        )
    ]
    columns = usable_columns([train, synthetic], case, but=train.columns[j].name)
    made = design(train, synthetic, columns, k=case.k, most=LEVELS)
    keep = independent(made.matrix(train.sample(case.limits.analysis_rows)))
    if not enough or not keep.size:
        return []
    says = [_trained(case, v, made, keep, j, yes, holdout) for v in (synthetic, train)]
    odds = [[_worse(_odds(said, truth, pair, holdout)) for pair in enough] for said in says]
    parity = [[_gap(said, *pair.sides(holdout), holdout.units) for pair in enough] for said in says]
    zero = [FairnessGap(0.0, np.zeros(0)) for _ in enough]
    value, reference = _mean_off(odds[0], zero), _mean_off(odds[1], zero)
    rows: list[tuple[Cell, ...]] = []
    for i, pair in enumerate(enough):
        for label, (mine, real) in (("odds", [o[i] for o in odds]), ("parity", [p[i] for p in parity])):
            off = jackknife(mine.value - real.value, mine.without - real.without, low=-2.0, high=2.0)
            rows.append((pair.words, label, real.value, mine.value, off.value, off.low, off.high))
    heads = [Head(t, "share") for t in ("trained on real", "on the twin", "difference", "low", "high")]
    return [
        Score(
            name="fairness_model",
            title="Differences between groups, of a model",
            sentence=f"A model of {what} trained on the twin errs differently between groups by "
            f"{value.value * 100:.1f} percentage points; one trained on real rows by "
            f"{reference.value * 100:.1f}.",
            reference_label="trained on real rows",
            n=synthetic.n,
            better="lower",
            note="Equalised odds difference on the holdout: the larger of the differences of true and of "
            "false positive rates of a logistic regression; mean over columns.",
            tables=(
                ScoreTable(
                    title="Models, tested on the holdout",
                    heads=(Head("groups"), Head("of"), *heads),
                    rows=tuple(rows),
                    note="Odds: equalised odds difference. Parity: difference of shares of predicted yes.",
                ),
            ),
        ).read(value, reference)
    ]
