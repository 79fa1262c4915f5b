"""What a budget will buy, before any data are read: which column costs what, and what will be lost."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from html import escape

from twin.columns.arrays.dtypes import parse_dtype
from twin.columns.dp_table import needs_of
from twin.columns.kinds.dp_number import public_facts
from twin.columns.schema import Category, Column, Datetime, Name, Number, Schema
from twin.core.dp_fit import given_model
from twin.core.privacy import Budget, privacy_of
from twin.core.validation import check_schema, with_key
from twin.errors import InputError, check_count
from twin.privacy.dp.dp_quantiles import DIGITS, DOUBT, OCTAVES, beyond_doubt
from twin.privacy.dp.events import PrivacyLimit
from twin.privacy.dp.plan import BudgetPlan, Share, make_plan


@dataclass(frozen=True, kw_only=True)
class ColumnPlan:
    """What one column will cost, and lose.

    Args:
        name: Name of the column.
        kind: Its kind.
        needs: Facts that it must learn with noise; none where it is declared in full.
        share: Part of the whole budget, as mu², 0 … 1.
        epsilon: Epsilon that these facts would cost alone.
        losses: What will be lost, in words.
        advice: A declaration that would make it cheaper, or "".
    """

    name: Name
    kind: str
    needs: tuple[str, ...]
    share: float
    epsilon: float
    losses: tuple[str, ...]
    advice: str


@dataclass(frozen=True, kw_only=True)
class PrivacyPlan:
    """How a budget will be spent. Made by `twin.plan`; `str()` and notebooks show it as a table.

    Args:
        plan: The shares, as they will be charged.
        n: Rows that the plan was asked for.
        model: Name of the model, or "auto".
        columns: One per column of the schema.
        noise: Expected standard deviation of the noise on a count that the model measures, in rows, where it
            measures each column once and as many pairs.
    """

    plan: BudgetPlan
    n: int
    model: str
    columns: tuple[ColumnPlan, ...]
    noise: float

    @property
    def free(self) -> tuple[Name, ...]:
        """Columns that cost nothing before the model."""
        return tuple(column.name for column in self.columns if not column.needs)

    def to_json(self) -> str:
        """The plan as JSON text."""
        budget = self.plan.budget
        document = {
            "epsilon": budget.epsilon,
            "delta": budget.delta,
            "rows_per_subject": self.plan.cap,
            "n": self.n,
            "model": self.model,
            "rows_noise": self.plan.rows_sigma,
            "shares": self._parts(),
            "count_noise": self.noise,
            "columns": [asdict(column) for column in self.columns],
        }
        return json.dumps(document, indent=2, ensure_ascii=False)

    def _parts(self) -> dict[str, float]:
        total = self.plan.total_mu2
        parts = (self.plan.rows_mu2, self.plan.facts_mu2, self.plan.model_mu2)
        return {name: part / total for name, part in zip(("rows", "columns", "model"), parts, strict=True)}

    def _head(self) -> list[str]:
        budget, parts = self.plan.budget, self._parts()
        return [
            f"epsilon {budget.epsilon:g} at delta {budget.delta:g}, {self.n:,} rows expected, "
            f"at most {self.plan.cap} per subject",
            f"the number of rows takes {_percent(parts['rows'])} of the budget "
            f"(noise {self.plan.rows_sigma:,.0f}), facts of columns {_percent(parts['columns'])}, "
            f"the model {_percent(parts['model'])}",
            f"a count that the model measures will have noise of about {self.noise:,.0f} rows",
        ]

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                str(c.name),
                c.kind,
                _percent(c.share) if c.needs else "nothing",
                f"{c.epsilon:.3g}" if c.needs else "0",
                "; ".join(c.losses) or "nothing before the model",
                c.advice,
            )
            for c in self.columns
        ]

    def __str__(self) -> str:
        rows = [_TITLES, *self._rows()]
        wide = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = [*self._head(), ""]
        for row in rows:
            lines.append("  ".join([*(f"{cell:<{w}}" for cell, w in zip(row, wide, strict=False)), row[4]]))
        advice = [row[5] for row in rows[1:] if row[5]]
        return "\n".join(
            [*lines, *(["", "cheaper if declared:"] if advice else []), *(f"  {a}" for a in advice)]
        )

    def __repr__(self) -> str:
        return f"PrivacyPlan({len(self.columns)} columns, epsilon {self.plan.budget.epsilon:g})\n{self}"

    def _repr_html_(self) -> str:
        head = "".join(f"<p>{escape(line)}</p>" for line in self._head())
        style = "text-align:left;vertical-align:top;white-space:normal"
        titles = "".join(f"<th style='{style}'>{escape(title)}</th>" for title in _TITLES)
        body = "".join(
            "<tr>" + "".join(f"<td style='{style}'>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._rows()
        )
        return f"{head}<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


_TITLES = ("column", "kind", "share", "epsilon", "lost", "cheaper if declared")


def plan(
    schema: Schema,
    *,
    n: int,
    privacy: Budget | None = None,
    epsilon: float | None = None,
    subject: Name | None = None,
    model: str = "auto",
) -> PrivacyPlan:
    """What a privacy budget will buy, from the schema alone: no data are read and nothing is spent.

    Args:
        schema: Kinds of the columns, as they will be given to `fit`.
        n: Rows that the table is expected to have, ≥ 1, from another source than the table.
        privacy: The budget, as it will be given to `fit`.
        epsilon: Short for `privacy=twin.Budget(epsilon)`.
        subject: Column that names the person, or None where each row is one.
        model: "auto" or the name of a model that has a private form.

    Returns:
        The plan: what each column costs and loses. `fit` with the same arguments charges the same.

    Raises:
        InputError: If an argument is out of range.
        SchemaError: If a column cannot be learned under a budget.

    Example:
        >>> import twin
        >>> schema = twin.Schema(columns=(twin.Category(name="city", dtype="str"), twin.Flag(name="member")))
        >>> twin.plan(schema, epsilon=1.0, n=10_000).free
        ('member',)
    """
    check_schema(schema)
    if check_count(n) < 1:
        raise InputError("n: must be at least 1, the number of rows expected")
    given_model(model)
    budget = privacy_of(privacy, epsilon)
    if not isinstance(budget, Budget):
        raise InputError("privacy: only a budget is planned; give epsilon=1.0, or privacy=twin.Budget(...)")
    schema = with_key(schema, subject)
    limit = PrivacyLimit(epsilon=budget.epsilon, delta=budget.delta)
    shared = make_plan(needs_of(schema), limit, budget.rows_per_subject)
    tables = max(1, 2 * len(schema))  # each column once, and as many pairs
    noise = shared.cap * math.sqrt(tables / shared.model_mu2) if shared.model_mu2 else math.inf
    columns = tuple(_column(column, shared, n) for column in schema)
    return PrivacyPlan(plan=shared, n=n, model=model, columns=columns, noise=noise)


def _column(column: Column, shared: BudgetPlan, n: int) -> ColumnPlan:
    shares = shared.of(column.name)
    losses = [_LOSSES[share.need.fact](share, shared.cap, n) for share in shares]
    return ColumnPlan(
        name=column.name,
        kind=column.kind,
        needs=tuple(share.need.fact for share in shares),
        share=math.fsum(share.mu2 for share in shares) / shared.total_mu2,
        epsilon=shared.epsilon_of(shares),
        losses=tuple(losses),
        advice=_advice(column) if shares else "",
    )


def _levels(share: Share, cap: int, n: int) -> str:
    return f"levels held by fewer than about {share.threshold(cap):,} of {n:,} are lost"


def _atoms(share: Share, cap: int, n: int) -> str:
    return f"exact values held by fewer than about {share.threshold(cap):,} are drawn from a cell"


def _bounds(share: Share, cap: int, n: int) -> str:
    least = math.ceil(beyond_doubt(OCTAVES, sigma=share.sigma))
    return f"bounds are told in wide steps, of which each needs about {least:,} rows"


def _precision(share: Share, cap: int, n: int) -> str:
    least = math.ceil(3 * share.sigma * math.sqrt(DIGITS / 2))
    return f"digits that fewer than about {least:,} rows need are lost"


def _grain(share: Share, cap: int, n: int) -> str:
    return f"times of day finer than all but about {math.ceil(6 * share.sigma):,} rows have are lost"


def _cells(share: Share, cap: int, n: int) -> str:
    most = max(1, min(64, int(n / (DOUBT * share.sigma))))
    return f"about {most} cells at most, each of {math.ceil(DOUBT * share.sigma):,} rows or more"


_LOSSES: dict[str, Callable[[Share, int, int], str]] = {
    "levels": _levels,
    "atoms": _atoms,
    "bounds": _bounds,
    "precision": _precision,
    "grain": _grain,
    "cells": _cells,
}


def _advice(column: Column) -> str:
    """One line that declares what costs."""
    name = str(column.name)
    if isinstance(column, Category):
        what = "twin.Category(levels=[...])"
    elif isinstance(column, Number):
        public = public_facts(column)
        if public.window is not None:
            return ""  # all is declared; the grid is what costs
        digits = "" if parse_dtype(column.dtype).holds == "integer" else ", decimals=..."
        what = f"twin.Number(low=..., high=...{digits})"
    elif isinstance(column, Datetime):
        if column.low is not None and column.high is not None:
            return ""
        text = "" if column.format is None else f"format={column.format!r}, "
        what = f'twin.Datetime({text}low="...", high="...")'
    else:
        return ""
    return (
        f"schema.replace({name}={what})"
        if name.isidentifier()
        else f"schema.replace({{{column.name!r}: {what}}})"
    )


def _percent(part: float) -> str:
    return f"{100 * part:.2g} %"
