"""All scores of a twin at once, and the binned shares for its charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pandas as pd

from twin.attacks.base import Attack
from twin.attacks.data import attack_data, refusal
from twin.attacks.registry import ATTACKS
from twin.attacks.run import run
from twin.attacks.shadows import Effort, Refit, outliers
from twin.columns.schema import Name, Schema
from twin.errors import InputError
from twin.metrics.association import Associations, associations
from twin.metrics.case import Case, Limits, target_of
from twin.metrics.overlay import Overlay, overlays
from twin.metrics.registry import METRICS, OPTIONAL
from twin.metrics.score import Score
from twin.metrics.sdmetrics_adapter import installed
from twin.metrics.table_view import Views, read_views
from twin.progress import Progress

_SCORED, _ATTACKED = 0.4, 0.5
"""Share of the work that is done with the scores; with the attacks, where the model is then fitted again."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How an evaluation is run.

    Args:
        metrics: Names in `METRICS` to run; None for all whose packages are installed.
        k: Counts of fewer people than this are not told, ≥ 1.
        limits: Caps that keep it quick.
        attacks: Whether attacks are run too.
        suppressed: Whether values of few people were suppressed, so that none may be left. Under a privacy
            budget one may be met by chance within noisy or declared bounds, and is then not looked for.
        refit: Fits another twin to real rows, with a seed, and samples it, for the attack on outliers; None
            leaves that attack out.
        effort: How often it is called; None for the usual.
        sensitive: Names of columns whose groups should be treated alike, as text; none for those whose name
            says so.
        progress: Told what is being done, or None.

    Raises:
        InputError: If a metric is unknown or k is below 1.

    Example:
        >>> Options(metrics=("c2st",)).k
        11
    """

    metrics: tuple[str, ...] | None = None
    k: int = 11
    limits: Limits = field(default_factory=Limits)
    attacks: bool = True
    suppressed: bool = True
    refit: Refit | None = None
    effort: Effort | None = None
    sensitive: tuple[str, ...] = ()
    progress: Progress | None = None

    def __post_init__(self) -> None:
        unknown = sorted(set(self.metrics or ()) - set(METRICS))
        if unknown:
            raise InputError(f"metrics: there is no metric {unknown[0]!r}; choose from {', '.join(METRICS)}")
        if self.k < 1:
            raise InputError("k: must be at least 1")


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much was compared.

    Args:
        train: Rows of train.
        holdout: Rows of the holdout, 0 without one.
        synthetic: Synthetic rows.
        columns: Columns that were compared.
        train_subjects: Subjects of train.
        holdout_subjects: Subjects of the holdout, 0 without one.
    """

    train: int
    holdout: int
    synthetic: int
    columns: int
    train_subjects: int
    holdout_subjects: int


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """All that a report says about how a twin compares with its source.

    Args:
        scores: The scores by name, in the order of a report.
        overlays: Columns ready to be drawn.
        associations: How strongly columns go together, in source and twin.
        sizes: How much was compared.
        left_out: Columns that no score looks at, with the reason.
        notes: What was not done, and why.
        by_subject: Whether persons were counted and not rows.
        target: The column that was predicted, or None.
        seed: Of every random choice.
        k: Counts of fewer people than this are not told.
        attacks: What attacks got out of the twin, in the order of a report.
        refused: Why no attack could be run, in words; empty where they were, or none was asked for.
    """

    scores: Mapping[str, Score]
    overlays: tuple[Overlay, ...]
    associations: Associations
    sizes: Sizes
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    by_subject: bool
    target: str | None
    seed: int
    k: int
    attacks: tuple[Attack, ...] = ()
    refused: str = ""


def evaluate(
    train: pd.DataFrame,
    holdout: pd.DataFrame | None,
    synthetic: pd.DataFrame,
    schema: Schema,
    *,
    target: Name | None = None,
    subject: Name | None = None,
    seed: int = 0,
    options: Options | None = None,
) -> Evaluation:
    """Score a synthetic table against the table it was learned from.

    Args:
        train: Real rows that the twin learned from, ≥ 1.
        holdout: Real rows of people that it never saw, or None; scores that need it then say so.
        synthetic: The twin's sample, ≥ 1 row.
        schema: Kinds of the columns; keys, texts and the subject are left out.
        target: Column that a model trained on the twin should predict, or None.
        subject: Column that names the person, or None where each row is a person.
        seed: Of every random choice, ≥ 0; the same seed gives the same scores, whatever the order of rows.
        options: Which metrics, k, caps and progress.

    Returns:
        The scores and what charts need.

    Raises:
        InputError: If a frame is empty or lacks a column, or the target cannot be used.
        MissingExtra: If a metric was asked for by name whose package is not installed.

    Example:
        >>> from twin.columns.schema import Number
        >>> frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]})
        >>> result = evaluate(frame, None, frame, Schema(columns=(Number(name="x"),)))
        >>> result.scores["accuracy"].value
        1.0
    """
    options = options or Options()
    tell: Progress = options.progress or (lambda done, what: None)
    tell(0.0, "reading the tables")
    views = read_views(train, holdout, synthetic, schema, subject=subject, seed=seed)
    case = Case(
        views=views,
        target=target_of(views, target),
        sensitive=_groups(options.sensitive, views),
        seed=seed,
        k=options.k,
        limits=options.limits,
    )
    names, notes = _chosen(options)
    scores: dict[str, Score] = {}
    for i, name in enumerate(names):
        tell(_SCORED * (i + 1) / (len(names) + 2), f"scoring: {name}")
        scores.update({score.name: score for score in METRICS[name](case)})
    tell(_SCORED * (len(names) + 1) / (len(names) + 2), "binning for charts")
    refused = (refusal(case) or "") if options.attacks else ""
    attacked = options.attacks and not refused
    return Evaluation(
        scores=MappingProxyType(scores),
        overlays=overlays(case),
        associations=associations(case),
        sizes=_sizes(views),
        left_out=views.left_out,
        notes=notes + _capped(case),
        by_subject=views.by_subject,
        target=case.target,
        seed=seed,
        k=options.k,
        attacks=_attacks(case, train, schema, subject, options) if attacked else (),
        refused=refused,
    )


def _attacks(
    case: Case, train: pd.DataFrame, schema: Schema, subject: Name | None, options: Options
) -> tuple[Attack, ...]:
    """All attacks of the register, and the one that fits again where it is asked for."""
    data = attack_data(case, train, schema, suppressed=options.suppressed)
    tell: Progress = options.progress or (lambda done, what: None)
    last = 1.0 if options.refit is None else _ATTACKED
    found = run(ATTACKS.values(), data, lambda done, what: tell(_SCORED + (last - _SCORED) * done, what))
    if options.refit is None:
        return found
    tell(last, "attacking: fitting again, with and without those who stand alone")
    seed, effort = case.seed, options.effort
    return (*found, outliers(train, options.refit, schema=schema, subject=subject, seed=seed, effort=effort))


def _groups(names: tuple[str, ...], views: Views) -> tuple[str, ...]:
    absent = next((n for n in names if n not in [c.name for c in views.train.columns]), None)
    if absent is not None:
        raise InputError(f"sensitive: {absent!r} is no column that is compared; name a category or flag")
    return names


def _chosen(options: Options) -> tuple[list[str], tuple[str, ...]]:
    if options.metrics is not None:
        return [name for name in METRICS if name in options.metrics], ()
    absent = [name for name in METRICS if name in OPTIONAL and not installed()]
    notes = tuple(
        f"The score of {name} was left out, because the package is not installed "
        f"(pip install 'twin[{OPTIONAL[name]}]')."
        for name in absent
    )
    return [name for name in METRICS if name not in absent], notes


def _sizes(views: Views) -> Sizes:
    holdout = views.holdout
    return Sizes(
        train=views.train.n,
        holdout=0 if holdout is None else holdout.n,
        synthetic=views.synthetic.n,
        columns=len(views.train.columns),
        train_subjects=views.train.n_units,
        holdout_subjects=0 if holdout is None else holdout.n_units,
    )


def _capped(case: Case) -> tuple[str, ...]:
    views, limits = case.views, case.limits
    notes = []
    if max(views.train.n, views.synthetic.n) > limits.rows:
        notes.append(f"Accuracy, associations and charts use {limits.rows:,} random rows of a table.")
    if len(views.train.columns) > limits.overlays:
        notes.append(f"The first {limits.overlays} of {len(views.train.columns):,} columns are drawn.")
    return tuple(notes)
