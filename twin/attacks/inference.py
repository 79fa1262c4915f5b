"""A3: can what others do not know of a person be guessed from what they know, by means of the twin?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.attacks.base import Attack, AttackInfo, Detail, Reading
from twin.attacks.data import AttackData
from twin.attacks.hits import even_split, rates
from twin.attacks.points import nearest, shuffled, space_of, targets
from twin.attacks.run import attack_alone, check_choice
from twin.columns.schema import Name, Schema
from twin.metrics.intervals import Z95, wilson
from twin.metrics.learner import categorical_places, one_thread, usable_columns
from twin.metrics.score import Cell, Head, Interval, ScoreTable, short
from twin.metrics.table_view import TableView, ViewColumn
from twin.randomness import Stream

SECRETS = 4
"""Most columns that are guessed."""
CLOSE = 0.05
"""A number is right within this part of the span from the 5th to the 95th percentile of real people."""
SUREST = 0.01
"""The share of the guesses, both sides together, that count as the surest."""
_TIED = 5  # rows that may be equally near
_ROWS = 20_000
_CLASSES = 10
_ROUNDS = 30
_KNOWN = 60  # columns that trees learn from; more take long and tell little


@dataclass(frozen=True)
class SensitiveColumn:
    """A column to guess.

    Args:
        index: Position of the column.
        tolerance: How far off a guess may be, ≥ 0; 0 where it must be equal.
        start: The 5th percentile of real people, 0 where the column is nominal.
    """

    index: int
    tolerance: float = 0.0
    start: float = 0.0

    def agree(self, a: Floats, b: Floats) -> Bools:
        """Whether one is a right guess of the other; missing agrees with missing alone.

        Args:
            a: Values, shape (n,).
            b: Other values of the same people, shape (n,).
        """
        right: Bools = (np.abs(a - b) <= self.tolerance) | (np.isnan(a) & np.isnan(b))
        return right


@dataclass(frozen=True)
class Guesses:
    """Guesses of one column, of people learned from first.

    Args:
        values: What was guessed, shape (2n,).
        sureness: The higher, the surer, shape (2n,).
    """

    values: Floats
    sureness: Floats


Guesser = Callable[[AttackData, TableView, Sequence[SensitiveColumn]], list[Guesses]]


@dataclass(frozen=True)
class Outcome:
    """How often guesses of one column were right.

    Args:
        name: Of the column.
        reading: Of all guesses, 95% for this column alone.
        p: Of all guesses, exact.
        sure: Of the surest guesses, exact.
    """

    name: str
    reading: Reading
    p: float
    sure: float


@dataclass(frozen=True, kw_only=True)
class Inference:
    """The attacker knows all columns of a person but one, and guesses that one.

    Args:
        about: What it is.
        guesser: Guesses columns of the people attacked, by a table.
    """

    about: AttackInfo
    guesser: Guesser

    def read(self, data: AttackData, synthetic: TableView) -> Reading | None:
        """How far it gets with the column where it gets farthest; None where there is nothing to guess.

        Args:
            data: The people to attack.
            synthetic: The table that the attacker holds.
        """
        secrets = find_secrets(data)
        if not secrets or len(synthetic.columns) < 2:
            return None
        return worst(outcomes(data, secrets, self.guesser(data, synthetic, secrets)))

    def detail(self, data: AttackData, synthetic: TableView, reading: Reading | None) -> Detail:
        """What to say besides.

        Args:
            data: The people that were attacked.
            synthetic: The twin's rows.
            reading: How far it got.
        """
        secrets = find_secrets(data)
        if reading is None or not secrets:
            return Detail()
        found = outcomes(data, secrets, self.guesser(data, synthetic, secrets))
        anyone: list[Outcome | None] = [None] * len(secrets)
        if data.others is not None:
            anyone = [*outcomes(data, secrets, self.guesser(data, data.others, secrets))]
        able = telling(found)
        most = max(able or found, key=lambda o: o.reading.value)
        note = (
            f"The figure is that of {short(most.name)!r}, the column with the largest difference of the "
            f"{len(able)} of {len(found)} that it guesses as well as the commonest value would; interval and "
            f"p-value allow for the choice. A number is right within {CLOSE:.0%} of the span from the "
            f"5th to the 95th percentile. The p-value also looks at the surest {SUREST:.0%} of the guesses "
            "alone, where a few copies show."
        )
        weak = "" if able else "it guesses no column as well as the commonest value alone would"
        return Detail(weak=weak, note=note, tables=(_table(found, anyone),))


def find_secrets(data: AttackData) -> tuple[SensitiveColumn, ...]:
    """Columns to guess: the target first, then others that nobody is supposed to know, at random.

    Args:
        data: The people; columns that others may know of a person are left out, and those that do not vary.
    """
    columns = data.train.columns
    real = np.vstack([data.train.values, data.holdout.values])
    varied = [j for j in range(len(columns)) if _varies(real[:, j]) and j not in data.quasi]
    order = [varied[i] for i in data.rng(Stream.INFERENCE).permutation(len(varied))]
    order.sort(key=lambda j: columns[j].name != data.case.target)
    return tuple(_secret(j, columns[j], real[:, j]) for j in order[:SECRETS])


def _varies(x: Floats) -> bool:
    return bool((x != x[0]).any()) and not bool(np.isnan(x).all())


def _secret(index: int, column: ViewColumn, real: Floats) -> SensitiveColumn:
    if column.nominal:
        return SensitiveColumn(index)
    low, high = np.nanquantile(real, [0.05, 0.95])
    return SensitiveColumn(index, float(CLOSE * (high - low)), float(low))


# Two ways to guess -----------------------------------------------------------------------------------------


def by_nearest(data: AttackData, table: TableView, secrets: Sequence[SensitiveColumn]) -> list[Guesses]:
    """The value of the row nearest in all other columns; of equally near rows, the commonest value.

    Args:
        data: The people.
        table: The rows to guess from.
        secrets: The columns to guess.
    """
    space, rows = space_of(data.train, data.holdout), shuffled(data, table)
    indices = [secret.index for secret in secrets]
    found = nearest(space.points(targets(data)), space.points(rows), _TIED, without=indices)
    guesses = []
    for secret, (distance, which) in zip(secrets, found, strict=True):
        values = rows.values[which, secret.index]  # (2n, k)
        tied = distance <= distance[:, :1]
        votes = (secret.agree(values[:, :, None], values[:, None, :]) & tied[:, None, :]).sum(axis=2)
        chosen = np.where(tied, votes, 0).argmax(axis=1)
        guess = np.take_along_axis(values, chosen[:, None], axis=1)[:, 0]
        guesses.append(Guesses(guess, -distance[:, 0]))
    return guesses


def by_trees(data: AttackData, table: TableView, secrets: Sequence[SensitiveColumn]) -> list[Guesses]:
    """The value that gradient boosting learns from the table, given all other columns.

    Args:
        data: The people.
        table: The rows to learn from.
        secrets: The columns to guess.
    """
    rows, people = shuffled(data, table), targets(data)
    with one_thread():
        return [_learned(data, rows, people, secret) for secret in secrets]


def _learned(data: AttackData, rows: TableView, people: TableView, secret: SensitiveColumn) -> Guesses:
    from sklearn.ensemble import HistGradientBoostingClassifier

    column = rows.columns[secret.index]
    labelled = np.flatnonzero(~np.isnan(rows.values[:, secret.index]))[:_ROWS]
    if not labelled.size:
        return Guesses(np.full(people.n, np.nan), np.zeros(people.n))
    classes, stands = _classes(secret, column, rows.values[labelled, secret.index])
    used = usable_columns([data.train, data.holdout], data.case, but=column.name)
    used = np.sort(data.rng(Stream.PREDICTORS).permutation(used)[:_KNOWN])
    if stands.size == 1 or not used.size:  # the commonest, which is the first
        return Guesses(np.full(people.n, stands[0]), np.zeros(people.n))
    learner = HistGradientBoostingClassifier(
        max_iter=_ROUNDS,
        learning_rate=0.2,
        max_leaf_nodes=15,
        early_stopping=False,
        categorical_features=categorical_places(rows, used) or None,
        random_state=0,
    ).fit(rows.values[np.ix_(labelled, used)], classes)
    chances = learner.predict_proba(people.values[:, used])  # (2n, c)
    return Guesses(stands[chances.argmax(axis=1)], chances.max(axis=1))


def _classes(secret: SensitiveColumn, column: ViewColumn, values: Floats) -> tuple[Ints, Floats]:
    """A class per row, and the value that stands for each class.

    Levels beyond the commonest ones share a class; numbers are cut as wide as a right guess.
    """
    if column.nominal:
        labels = values
    else:
        bins = np.rint((values - secret.start) / (2 * secret.tolerance or 1.0))
        labels = np.clip(bins, -1, 1 / (2 * CLOSE) + 1)
    _, label, counts = np.unique(labels, return_inverse=True, return_counts=True)
    rank = np.argsort(np.argsort(-counts, kind="stable"), kind="stable")
    classes = np.minimum(rank, _CLASSES)[label]
    stands = [
        float(np.quantile(values[classes == c], 0.5, method="nearest")) for c in range(classes.max() + 1)
    ]
    return classes.astype(np.int64), np.array(stands)


# From guesses to readings ----------------------------------------------------------------------------------


def outcomes(
    data: AttackData, secrets: Sequence[SensitiveColumn], guesses: Sequence[Guesses]
) -> list[Outcome]:
    """How often guesses were right, for each column.

    Args:
        data: The people.
        secrets: The columns.
        guesses: For each column.
    """
    people, n = targets(data), data.n
    done = []
    for secret, guess in zip(secrets, guesses, strict=True):
        truth = people.values[:, secret.index]
        right = secret.agree(guess.values, truth)
        least = np.sort(guess.sureness)[-max(1, round(SUREST * 2 * n))]
        sure = right & (guess.sureness >= least)
        naive = wilson(_commonest(secret, truth), 2 * n)
        done.append(
            Outcome(
                people.columns[secret.index].name,
                rates(int(right[:n].sum()), int(right[n:].sum()), n, naive=naive),
                even_split(int(right[:n].sum()), int(right[n:].sum()), n),
                even_split(int(sure[:n].sum()), int(sure[n:].sum()), n),
            )
        )
    return done


def _commonest(secret: SensitiveColumn, truth: Floats) -> int:
    """How many people the best single guess would be right of."""
    known = np.sort(truth[~np.isnan(truth)])
    above = np.searchsorted(known, known + secret.tolerance, "right")
    inside = above - np.searchsorted(known, known - secret.tolerance, "left")
    return max(int(inside.max(initial=0)), truth.size - known.size)


def telling(found: Sequence[Outcome]) -> list[Outcome]:
    """The columns that are guessed, of both sides together, as well as the commonest value would be.

    On the others the attack has learned nothing, so that a small difference there would mean nothing.
    """
    return [
        o for o in found if _value(o.reading.train) + _value(o.reading.holdout) >= 2 * _value(o.reading.naive)
    ]


def worst(found: Sequence[Outcome]) -> Reading:
    """The reading of the column with the largest difference, its interval and p-value made for the choice.

    The choice is among the columns that tell, where there are any.

    Args:
        found: One per column, ≥ 1.

    Source:
        Bonferroni: each of m columns at the level 5% / m. Dunn 1961, J. Am. Stat. Assoc. 56, 52–64.
    """
    reading = max(telling(found) or found, key=lambda o: o.reading.value).reading
    wider = -NormalDist().inv_cdf(0.025 / len(found)) / Z95
    least = min(min(o.p, o.sure) for o in found)
    return replace(
        reading,
        low=max(-1.0, reading.value - wider * (reading.value - reading.low)),
        high=min(1.0, reading.value + wider * (reading.high - reading.value)),
        error=wider * reading.error,
        p=min(1.0, 2 * len(found) * least),
    )


def _value(share: Interval | None) -> float:
    return share.value if share is not None else 0.0


def _table(found: Sequence[Outcome], anyone: Sequence[Outcome | None]) -> ScoreTable:
    rows: list[tuple[Cell, ...]] = []
    for outcome, real in zip(found, anyone, strict=True):
        r = outcome.reading
        rows.append(
            (
                short(outcome.name),
                _value(r.train),
                _value(r.holdout),
                r.value,
                r.low,
                r.high,
                _value(r.naive),
                None if real is None else _value(real.reading.holdout),
            )
        )
    return ScoreTable(
        title="Right guesses, by column",
        heads=(
            Head("column"),
            Head("people learned from", "share"),
            Head("others", "share"),
            Head("difference", "share"),
            Head("low", "share"),
            Head("high", "share"),
            Head("the commonest value", "share"),
            Head("others, from real rows", "share"),
        ),
        rows=tuple(rows),
        note="Newcombe's intervals, each for its column alone. The last column guesses others in the same "
        "way from real rows of further people: what can be inferred of anyone.",
    )


NEAREST = Inference(
    about=AttackInfo(
        name="inference_nearest",
        code="A3",
        title="Guessing a column, by the nearest row",
        question="Somebody knows all of a person but one column, looks for the twin's row that is nearest to "
        "what they know, and takes its value for the person's.",
        figure="share of people learned from whose value was guessed, less that of others, in the column "
        "where it is largest",
        source="Giomi et al. 2023, PoPETs 2023(2), 312–328 (Anonymeter, attribute inference)",
    ),
    guesser=by_nearest,
)
"""Guesses by the nearest row of the twin."""

TREES = Inference(
    about=AttackInfo(
        name="inference_trees",
        code="A3",
        title="Guessing a column, by a model",
        question="Somebody knows all of a person but one column, trains a model on the twin that predicts it "
        "from the others, and takes the prediction for the person's value.",
        figure="share of people learned from whose value was guessed, less that of others, in the column "
        "where it is largest",
        source="Stadler et al. 2022, USENIX Security, arXiv 2011.07018 (attribute inference)",
    ),
    guesser=by_trees,
)
"""Guesses by gradient boosting trained on the twin."""


def attribute_inference(
    original: Any,
    synthetic: Any,
    control: Any,
    *,
    method: Literal["nearest", "trees"] = "nearest",
    target: Name | None = None,
    quasi_identifiers: Sequence[Name] | None = None,
    subject: Name | None = None,
    schema: Schema | None = None,
    seed: int = 0,
) -> Attack:
    """Whether a column can be guessed of people learned from better than of others.

    The attacker knows all of a person but that one column; quasi-identifiers are never guessed.

    Args:
        original: The rows that were learned from, of 500 people or more, in any frame that `twin.fit` takes.
        synthetic: The synthetic rows, ≥ 1, with the same columns.
        control: Rows of 500 other people or more, kept away from the fit.
        method: "nearest": the value of the nearest row; "trees": gradient boosting on the synthetic rows.
        target: The secret that is guessed first; None leaves the choice to the seed.
        quasi_identifiers: Columns that others may know of a person; None for those that the schema declares,
            or that a scan would suggest.
        subject: Column that names the person, or None where each row is one.
        schema: Kinds of the columns; None infers them from `original`.
        seed: Of every random choice, ≥ 0.

    Returns:
        The attack's result, of the column where the difference between both sides is largest.

    Raises:
        InputError: If a table is empty or lacks a column, people are in both real tables, one of them has too
            few people, or an argument says nothing known.
        SchemaError: If the columns of the tables differ.

    Source:
        Giomi et al. 2023, PoPETs 2023(2), 312–328; Stadler et al. 2022, USENIX Security, arXiv 2011.07018.

    Example:
        >>> import twin
        >>> people = twin.datasets.make_clinic(1_200, seed=1).patients
        >>> original, control = people.iloc[:600], people.iloc[600:]
        >>> twin.attacks.attribute_inference(original, original, control, subject="patient_id").power
        0.01
    """
    check_choice("method", method, ("nearest", "trees"))
    return attack_alone(
        NEAREST if method == "nearest" else TREES,
        original,
        synthetic,
        control,
        subject=subject,
        schema=schema,
        target=target,
        quasi_identifiers=quasi_identifiers,
        seed=seed,
    )
