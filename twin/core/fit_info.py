"""What is known of a fit, apart from what was learned."""

from __future__ import annotations

from dataclasses import dataclass

from twin.columns.schema import Name


@dataclass(frozen=True, kw_only=True)
class FitInfo:
    """What is known of a fit, apart from what was learned.

    Args:
        model: Name of the model.
        reason: Why this model.
        k: The public threshold of the suppressor; None under a privacy budget.
        unsafe: Whether k was allowed below its floor, or noise came from a seed.
        subject: Column that names the person, or None where each row was counted as one.
        rows: Rows of the table, the default size of a sample; with noise under a privacy budget.
        subjects: Subjects of the table; None under a privacy budget.
        seed: Seed of the fit.
        version: Version of twin that fitted it.
        rows_per_subject: Most rows of one subject that counted, under a privacy budget; else None.
        set_aside: Rules that rows of the table broke, and how many, in words; not told under a budget.
    """

    model: str
    reason: str
    k: int | None
    unsafe: bool
    subject: Name | None
    rows: int
    subjects: int | None
    seed: int | None
    version: str
    rows_per_subject: int | None = None
    set_aside: tuple[str, ...] = ()
