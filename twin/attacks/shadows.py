"""A5: does a twin give away the people least like others? It is fitted again, with and without them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Protocol

import numpy as np
import pandas as pd

from twin.arrays import Bools, Floats, Ints
from twin.attacks.base import Attack, AttackInfo, Reading, normal_p
from twin.attacks.points import PointSpace, nearest, space_of
from twin.columns.arrays.reading import subject_ids, to_pandas
from twin.columns.schema import Name, Number, Schema
from twin.columns.table import infer_schema
from twin.metrics.intervals import Z95
from twin.metrics.score import Cell, Head, Interval, ScoreTable
from twin.metrics.table_view import TableView, check_columns, read_views
from twin.randomness import Stream, generator

PEOPLE = 10
"""How many of the most isolated people are attacked."""
_NEAR = 3  # neighbours whose mean distance tells how isolated a row is
_SAMPLE = 5_000  # rows among which neighbours are sought first
_OWN = 7  # more neighbours, since some may be rows of the same person
_LOOKED_AT = 200  # rows whose neighbours are then sought among all

ABOUT = AttackInfo(
    name="outliers",
    code="A5",
    title="Giving away the most isolated people",
    question="Somebody suspects that one of the people least like all others was learned from. They know the "
    "rest of the table and fit twins to it with and without that person, to see whether a twin's rows come "
    "nearer with them.",
    figure="area under the ROC curve of telling twins with a person from twins without, for the person most "
    "exposed; one half is chance",
    scale="area",
    source="Stadler et al. 2022, USENIX Security, arXiv 2011.07018; Meeus et al. 2023, arXiv 2306.10308",
)
"""What the attack is, in words."""


class Refit(Protocol):
    """Fits a twin anew."""

    def __call__(self, rows: pd.DataFrame, seed: int) -> pd.DataFrame:
        """A sample of a twin that learned from these rows alone, fitted and drawn by the seed."""
        ...


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How often a twin is fitted again.

    Args:
        shadows: Most fits, ≥ 2; an even number.
        seconds: After so many, no further pair of fits is begun, so that their number depends on the machine.
    """

    shadows: int = 16
    seconds: float = float("inf")


def outliers(
    original: Any,
    refit: Refit,
    *,
    subject: Name | None = None,
    schema: Schema | None = None,
    seed: int = 0,
    effort: Effort | None = None,
) -> Attack:
    """What twins of a table give away of its most isolated people.

    Each of the ten is in one twin of every pair, by lot; everybody else is in all of them.

    Args:
        original: The rows that were learned from, in any frame that `twin.fit` takes.
        refit: Fits a generator to rows, a pandas frame, by a seed, and gives a sample of it.
        subject: Column that names the person, or None where each row is one.
        schema: Kinds of the columns; None infers them from `original`.
        seed: Of the lots, and of the fits, ≥ 0.
        effort: How many fits; None for 16.

    Returns:
        The attack; its reading is of the most exposed person, None where there are too few people.

    Source:
        Shadow models: Stadler et al. 2022, section 4; one person's rows in or out of many fits, Meeus et al.
        2023. The mean over people is told too, since that of the most exposed of ten is high by chance.

    Raises:
        InputError: If the table is empty or lacks a column.

    Example:
        >>> import pandas as pd
        >>> outliers(pd.DataFrame({"x": range(9)}), lambda rows, seed: rows)
        Giving away the most isolated people: not run, there are too few people to fit a twin without some
    """
    effort, start, frame = effort or Effort(), time.monotonic(), to_pandas(original).frame
    schema = schema or infer_schema(frame, subject=subject)
    check_columns(frame, schema, subject, "original")
    owner = isolated(frame, schema, subject=subject, seed=seed)
    if int(owner.max(initial=-1)) < PEOPLE - 1:
        return Attack(about=ABOUT, reading=None, weak="there are too few people to fit a twin without some")
    rng = generator(seed, Stream.OUTLIERS)
    ten = owner >= 0
    space = space_of(_views(frame, frame.head(1), schema, subject)[0])
    inside: list[Bools] = []
    scores: list[Floats] = []
    while len(inside) + 2 <= effort.shadows:
        if inside and time.monotonic() - start > effort.seconds:
            break
        lot = rng.permutation(PEOPLE) < PEOPLE // 2
        for chosen in (lot, ~lot):
            used = ~np.isin(owner, np.flatnonzero(~chosen))
            shadow = refit(frame.loc[used], seed * 1_000 + len(inside))
            people, rows, index = _views(frame.loc[ten], shadow, schema, subject)
            scores.append(_nearness(space, people, rows, owner[ten][index]))
            inside.append(chosen)
    return _attack(np.array(scores), np.array(inside))


def isolated(frame: pd.DataFrame, schema: Schema, *, subject: Name | None = None, seed: int = 0) -> Ints:
    """Who of a table is least like all others, whatever the order of its rows.

    Args:
        frame: Real rows.
        schema: Kinds of its columns.
        subject: The column that names the person, or None where each row is one.
        seed: Of the rows among which neighbours are sought first.

    Returns:
        For each row of the frame which of the ten it belongs to, most isolated first, or -1, shape (n,).
    """
    view, _, index = _views(frame, frame.head(1), schema, subject)
    person = np.arange(view.n) if subject is None else subject_ids(frame, subject, missing="drop")
    person = person[index]  # (n,) as the view's rows
    space = space_of(view)
    order = generator(seed, Stream.OUTLIER_ORDER).permutation(view.n)
    everybody = np.flatnonzero(person >= 0)
    apart = _apart(space, view, person, everybody, order[:_SAMPLE])
    far = everybody[np.argsort(-apart, kind="stable")[:_LOOKED_AT]]
    apart = _apart(space, view, person, far, order)
    ranked = person[far[np.argsort(-apart, kind="stable")]]
    _, first = np.unique(ranked, return_index=True)
    owner = np.full(view.n, -1, np.int64)
    for which, one in enumerate(ranked[np.sort(first)][:PEOPLE]):
        owner[index[person == one]] = which
    return owner


def _views(
    frame: pd.DataFrame, other: pd.DataFrame, schema: Schema, subject: Name | None
) -> tuple[TableView, TableView, Ints]:
    """A frame and another one as views, and where in the frame each row of the first view stands.

    The first view is ordered by content alone, so that the place in the frame does not matter.
    """
    name = "place"
    while name in frame.columns or name in schema.names:
        name += "_"
    columns = (*(column for column in schema if column.name != subject), Number(name=name))
    numbered, alike = frame.copy(), other.copy()
    numbered[name], alike[name] = np.arange(len(frame)), 0
    views = read_views(numbered, None, alike, Schema(columns=columns))
    values = views.train.values
    order = np.lexsort(values[:, :-1].T)
    first, second = (
        TableView(v.columns[:-1], v.values[:, :-1], v.units, v.hashes) for v in (views.train, views.synthetic)
    )
    return first.rows(order), second, values[order, -1].astype(np.int64)


def _apart(space: PointSpace, view: TableView, person: Ints, rows: Ints, among: Ints) -> Floats:
    """Mean distance of rows to the nearest rows of other people, shape of `rows`."""
    near, which = nearest(space.points(view.rows(rows)), space.points(view.rows(among)), _NEAR + _OWN)[0]
    near = np.where(person[among][which] == person[rows, None], np.inf, near)
    near = np.sort(near, axis=1)[:, :_NEAR]
    found = np.isfinite(near)
    mean: Floats = np.where(found, near, 0.0).sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    return mean


def _nearness(space: PointSpace, people: TableView, rows: TableView, owner: Ints) -> Floats:
    """Minus the distance from the nearest row of each of the ten to the twin's nearest row, shape (10,)."""
    near, _ = nearest(space.points(people), space.points(rows), 1)[0]
    return np.array([-near[owner == which, 0].min() for which in range(PEOPLE)])


def _attack(scores: Floats, inside: Bools) -> Attack:
    """The reading of scores and of who was in, both of shape (twins, 10)."""
    from scipy.stats import mannwhitneyu

    z = -NormalDist().inv_cdf(0.025 / (PEOPLE + 1))  # Bonferroni: all intervals hold at once, the mean too
    m = inside.shape[0] // 2
    areas, tests = [], []
    for score, with_person in zip(scores.T, inside.T, strict=True):
        test = mannwhitneyu(score[with_person], score[~with_person], alternative="greater")
        areas.append(area_interval(float(test.statistic) / m**2, m, m, z))
        tests.append(float(test.pvalue))
    mean = area_interval(float(np.mean([a.value for a in areas])), PEOPLE * m, PEOPLE * m, z)
    low = max(a.low or 0.0 for a in (*areas, mean))  # the largest area is no less than the mean
    high = max(a.high or 1.0 for a in areas)
    spread = (2 * m + 1) / (12 * m**2 * PEOPLE)  # of the mean, where scores do not tell
    tests.append(normal_p(mean.value, float(np.sqrt(spread)), 0.5))
    reading = Reading(
        value=max(a.value for a in areas),
        low=low,
        high=high,
        error=(high - low) / (2 * Z95),
        p=min(1.0, len(tests) * min(tests)),
        n=PEOPLE,
    )
    blank = area_interval(0.5, m, m, z).high or 1.0
    note = (
        f"{2 * m} twins were fitted again, each person being in half of them. The figure is that of the most "
        f"exposed of {PEOPLE} people; the interval is of the largest true area, for which "
        "the mean is a lower bound (Newcombe's method 5, Bonferroni). The largest of ten is above one half "
        f"by chance alone; the mean is not. With so many fits even a twin that gives nothing away has an "
        f"interval up to {blank:.2f}; more of them make it narrower."
    )
    return Attack(
        about=ABOUT,
        reading=reading,
        note=note,
        tables=(_table(areas, mean),),
    )


def area_interval(area: float, m: int, n: int, z: float = Z95) -> Interval:
    """An area under the ROC curve with an interval that holds for few scores, and at 0 and 1.

    Args:
        area: In [0, 1].
        m: Scores of the one kind, ≥ 1.
        n: Scores of the other kind, ≥ 1.
        z: Quantile of the normal law, > 0.

    Returns:
        The area and the areas from which it lies z standard errors away, taken at those areas.

    Source:
        Newcombe 2006, Stat. Med. 25, 559–573, method 5; the variance after Hanley & McNeil 1982.

    Example:
        >>> ends = area_interval(1.0, 8, 8)
        >>> round(ends.low, 3), ends.high
        (0.756, 1.0)
    """
    from scipy.optimize import brentq

    half = (m + n) / 2 - 1

    def away(truth: float) -> float:
        spread = 1 + half * ((1 - truth) / (2 - truth) + truth / (1 + truth))
        return (area - truth) ** 2 - z**2 * truth * (1 - truth) * spread / (m * n)

    low = 0.0 if area == 0 else float(brentq(away, 0.0, area - 1e-12))
    high = 1.0 if area == 1 else float(brentq(away, area + 1e-12, 1.0))
    return Interval(area, low, high)


def _table(areas: list[Interval], mean: Interval) -> ScoreTable:
    rows: list[tuple[Cell, ...]] = [(f"person {i + 1}", a.value, a.low, a.high) for i, a in enumerate(areas)]
    rows.append(("mean of all", mean.value, mean.low, mean.high))
    return ScoreTable(
        title="Telling twins with a person from twins without, most isolated first",
        heads=(Head("who"), Head("area", "score"), Head("low", "score"), Head("high", "score")),
        rows=tuple(rows),
        note="The intervals hold for all rows at once.",
    )
