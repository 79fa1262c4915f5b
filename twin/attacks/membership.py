"""A4: can it be told from the twin who was learned from?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from twin.arrays import Floats
from twin.attacks.base import Attack, AttackInfo, Detail, Reading, normal_p
from twin.attacks.data import AttackData
from twin.attacks.hits import ahead, clopper_pearson
from twin.attacks.points import nearest, shuffled, space_of, targets
from twin.attacks.run import attack_alone, check_choice
from twin.columns.schema import Name, Schema
from twin.errors import InputError
from twin.metrics.intervals import Z95
from twin.metrics.ranking import auc
from twin.metrics.score import Cell, Head, ScoreTable
from twin.metrics.table_view import TableView

Scorer = Callable[[AttackData, TableView], Floats]

FALSE_POSITIVES = (0.01, 0.001)
"""Shares of others that are taken for learned from, at which the share found is told and tested."""
NEIGHBOURS = 20
"""Real rows of others that tell how densely people lie about a person."""
_CLOSE = 1e-3  # in columns: keeps the ratio finite for copies

_QUESTION = (
    "Somebody holds the twin and a person's full record, and asks whether that person was among those it "
    "learned from. "
)
_FIGURE = "area under the ROC curve of telling people learned from apart from others; one half is chance"


@dataclass(frozen=True, kw_only=True)
class Membership:
    """People score high who look as if they had been learned from.

    Args:
        about: What it is.
        scorer: Scores of the people attacked, those learned from first, shape (2n,).
        needs_others: Whether real rows of further people are needed.
    """

    about: AttackInfo
    scorer: Scorer
    needs_others: bool = False

    def read(self, data: AttackData, synthetic: TableView) -> Reading | None:
        """How far it gets; None where it needs real rows of others and there are too few.

        Args:
            data: The people to attack.
            synthetic: The table that the attacker holds.
        """
        if self.needs_others and data.others is None:
            return None
        scores = self.scorer(data, synthetic)
        return reading(scores[: data.n], scores[data.n :])

    def detail(self, data: AttackData, synthetic: TableView, reading: Reading | None) -> Detail:
        """What to say besides.

        Args:
            data: The people that were attacked.
            synthetic: The twin's rows.
            reading: How far it got.
        """
        if reading is None:
            return Detail()
        scores = self.scorer(data, synthetic)
        note = (
            "DeLong interval. The p-value is the least of three, times three: of the area, and of how many "
            "people learned from come before all but 1% and 0.1% of the others (exact), since a few copies "
            "hardly move an area."
        )
        return Detail(note=note, tables=(_found(scores[: data.n], scores[data.n :]),))


def by_distance(data: AttackData, synthetic: TableView) -> Floats:
    """Scores of people: the nearer the twin's nearest row, the higher.

    Args:
        data: The people, those learned from first.
        synthetic: The table that the attacker holds.
    """
    space = space_of(data.train, data.holdout)
    near, _ = nearest(space.points(targets(data)), space.points(shuffled(data, synthetic)), 1)[0]
    return -near[:, 0]


def by_density(data: AttackData, synthetic: TableView) -> Floats:
    """Scores of people: how much denser the twin lies about them than real people who were never seen.

    A density falls with the distance to neighbours; the logarithm of the ratio of two densities is that of
    the ratio of the distances, up to a factor and a constant. In the twin one neighbour counts, so that a
    single copy shows.

    Args:
        data: The people, those learned from first, and others.
        synthetic: The table that the attacker holds.

    Source:
        van Breugel et al. 2023, DOMIAS, arXiv 2302.12580, equation 2.
    """
    if data.others is None:
        raise InputError(
            "data: needs real rows of further people, and there are too few; leave this score out"
        )
    space = space_of(data.train, data.holdout)
    people = space.points(targets(data))
    here, _ = nearest(people, space.points(shuffled(data, synthetic)), 1)[0]
    there, _ = nearest(people, space.points(shuffled(data, data.others)), NEIGHBOURS)[0]
    return _log_radius(there) - _log_radius(here)


def _log_radius(near: Floats) -> Floats:
    """Mean logarithm of the distances to the neighbours, shape (t,)."""
    mean: Floats = np.log(near + _CLOSE).mean(axis=1)
    return mean


def reading(train: Floats, holdout: Floats) -> Reading:
    """The reading of scores that should be alike on both sides.

    Args:
        train: Scores of people learned from, shape (n,), n ≥ 2.
        holdout: Scores of as many others, shape (n,).

    Returns:
        The area; its p-value also looks at the highest scores, where a few copies show.
    """
    area = auc(train, holdout)
    assert area.low is not None and area.high is not None
    error = max(area.high - area.value, area.value - area.low) / Z95
    tests = [normal_p(area.value, error, 0.5)]
    tests += [ahead(train, holdout, _rank(share, holdout.size)) for share in FALSE_POSITIVES]
    return Reading(
        value=area.value,
        low=area.low,
        high=area.high,
        error=error,
        p=min(1.0, len(tests) * min(tests)),
        n=train.size,
    )


def _rank(share: float, n: int) -> int:
    return max(1, int(share * n))


def _found(train: Floats, holdout: Floats) -> ScoreTable:
    rows: list[tuple[Cell, ...]] = []
    for share in FALSE_POSITIVES:
        most = _rank(share, holdout.size)
        threshold = np.sort(holdout)[holdout.size - most - 1]  # above it stand at most so many others
        found = clopper_pearson(int((train > threshold).sum()), train.size)
        false = clopper_pearson(int((holdout > threshold).sum()), holdout.size)
        rows.append((f"at most {share:.1%} of others", found.value, found.low, found.high, false.value))
    return ScoreTable(
        title="People found, where few others are taken for learned from",
        heads=(
            Head("taken for learned from"),
            Head("learned from and found", "share"),
            Head("low", "share"),
            Head("high", "share"),
            Head("others taken for it", "share"),
        ),
        rows=tuple(rows),
        note="Clopper-Pearson intervals.",
    )


DISTANCE = Membership(
    about=AttackInfo(
        name="membership_distance",
        code="A4",
        title="Telling who was learned from, by distance",
        question=_QUESTION + "The nearer the twin's nearest row, the likelier it is thought.",
        figure=_FIGURE,
        scale="area",
        source="Chen et al. 2020, GAN-Leaks, CCS, arXiv 1909.03935",
    ),
    scorer=by_distance,
)
"""Membership by the distance to the twin's nearest row."""

DENSITY = Membership(
    about=AttackInfo(
        name="membership_density",
        code="A4",
        title="Telling who was learned from, by density",
        question=_QUESTION + "It is thought the likelier, the denser the twin's rows lie about the record, "
        "beside those of real people whom the twin never saw.",
        figure=_FIGURE,
        scale="area",
        source="van Breugel et al. 2023, DOMIAS, AISTATS, arXiv 2302.12580",
    ),
    scorer=by_density,
    needs_others=True,
)
"""Membership by how dense the twin lies about a person, beside real people."""


def membership_inference(
    original: Any,
    synthetic: Any,
    control: Any,
    *,
    method: Literal["distance", "density"] = "distance",
    subject: Name | None = None,
    schema: Schema | None = None,
    seed: int = 0,
) -> Attack:
    """Whether it can be told from the synthetic table who was learned from.

    Args:
        original: The rows that were learned from, of 500 people or more, in any frame that `twin.fit` takes.
        synthetic: The synthetic rows, ≥ 1, with the same columns.
        control: Rows of 500 other people or more, kept away from the fit.
        method: "distance": how near the nearest synthetic row is; "density": how much denser synthetic
            rows lie about a person than real rows of others.
        subject: Column that names the person, or None where each row is one.
        schema: Kinds of the columns; None infers them from `original`.
        seed: Of every random choice, ≥ 0.

    Returns:
        The attack's result; its figure is the area under the ROC curve, one half where nothing is told.

    Raises:
        InputError: If a table is empty or lacks a column, people are in both real tables, one of them has too
            few people, or `method` is neither word.
        SchemaError: If the columns of the tables differ.

    Source:
        Chen et al. 2020, GAN-Leaks, arXiv 1909.03935; van Breugel et al. 2023, DOMIAS, arXiv 2302.12580.

    Example:
        >>> import twin
        >>> people = twin.datasets.make_clinic(1_200, seed=1).patients
        >>> original, control = people.iloc[:600], people.iloc[600:]
        >>> twin.attacks.membership_inference(original, original, control, subject="patient_id").power
        0.01
    """
    check_choice("method", method, ("distance", "density"))
    return attack_alone(
        DISTANCE if method == "distance" else DENSITY,
        original,
        synthetic,
        control,
        subject=subject,
        schema=schema,
        seed=seed,
    )
