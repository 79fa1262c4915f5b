"""How a budget is shared out before any data are read: pure numbers, a function of the schema alone.

A `Need` is a fact that a column must learn, a `Share` is what it may cost, a `BudgetPlan` is all of them.
What is charged later is what stands here, to the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from twin.codes import Name
from twin.errors import InputError
from twin.privacy.dp.accounting import epsilon_of_gdp, partition_threshold
from twin.privacy.dp.events import DpEvent, PrivacyLimit, Spending

ROWS = 0.01
"""Part of mu² for the noisy number of rows."""

_EACH = 0.02  # part of mu² for a need of weight 1, as long as all keep below the next
_MOST = 0.18  # part of mu² for all facts of columns
_WIDEST = 2.0**40  # noise beyond this is not drawn
_SELECTION = 0.5  # part of delta for levels that are found in the data, if there are any to find


@dataclass(frozen=True)
class Need:
    """A fact that a column must learn from the data, with noise.

    Args:
        column: Name of the column.
        fact: What it learns, unique in the column.
        weight: How much of the budget it wants beside other needs, > 0.
        thresholded: Whether it tells levels found in the data, which takes a part of delta.
    """

    column: Name
    fact: str
    weight: float = 1.0
    thresholded: bool = False


@dataclass(frozen=True)
class Share:
    """What a need gets.

    Args:
        need: The need.
        sigma: Noise multiplier where the need is thresholded, else standard deviation in rows; > 0.
        delta: Part of delta; 0 where the need is not thresholded.
        mu2: What it costs, mu² ≥ 0.
    """

    need: Need
    sigma: float
    delta: float
    mu2: float

    def threshold(self, cap: int) -> int | None:
        """The noisy number of subjects from which a level is told; None where none is selected."""
        if not self.need.thresholded:
            return None
        return partition_threshold(self.sigma, m=cap, delta_column=self.delta)


@dataclass(frozen=True, kw_only=True)
class BudgetPlan:
    """A budget, shared out. Made by `make_plan`.

    Args:
        budget: What may be spent.
        cap: Most rows of one subject, ≥ 1.
        rows_sigma: Standard deviation of the noise on the number of rows.
        rows_mu2: mu² of the noisy number of rows.
        shares: What each need gets.
        model_mu2: mu² that is left for the model.
    """

    budget: PrivacyLimit
    cap: int
    rows_sigma: float
    rows_mu2: float
    shares: tuple[Share, ...]
    model_mu2: float
    _places: dict[tuple[Name, str], Share] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = {(share.need.column, share.need.fact): share for share in self.shares}
        object.__setattr__(self, "_places", places)
        if len(places) < len(self.shares):
            raise InputError("plan: a column needs a fact twice; give each need once")

    @property
    def facts_mu2(self) -> float:
        """mu² of all facts of columns."""
        return math.fsum(share.mu2 for share in self.shares)

    @property
    def total_mu2(self) -> float:
        """mu² of everything."""
        return self.rows_mu2 + self.facts_mu2 + self.model_mu2

    def share(self, column: Name, fact: str) -> Share:
        """What a fact of a column gets.

        Args:
            column: The column.
            fact: What is learned of it.

        Raises:
            InputError: If it was not planned.
        """
        try:
            return self._places[column, fact]
        except KeyError:
            raise InputError(f"plan: column {column!r} has no need of {fact!r}; plan it first") from None

    def of(self, column: Name) -> tuple[Share, ...]:
        """What the facts of one column get."""
        return tuple(share for share in self.shares if share.need.column == column)

    def epsilon_of(self, shares: Iterable[Share]) -> float:
        """The epsilon that some shares would cost alone, at the budget's delta."""
        chosen = tuple(shares)
        if not chosen:
            return 0.0
        spare = self.budget.delta - math.fsum(share.delta for share in chosen)
        return epsilon_of_gdp(math.sqrt(math.fsum(share.mu2 for share in chosen)), delta=spare)


def make_plan(needs: Iterable[Need], budget: PrivacyLimit, cap: int = 1) -> BudgetPlan:
    """Share out a budget among the number of rows, the needs of columns, and the model.

    One per cent of mu² goes to the number of rows. Each need of weight 1 gets two per cent, less where
    all of them would pass eighteen per cent. The model gets the rest. Half of delta goes to needs that find
    levels in the data, in equal parts; without such needs all of delta serves the Gaussian releases.

    Args:
        needs: What columns must learn; no fact of a column twice.
        budget: What may be spent.
        cap: Most rows of one subject, ≥ 1.

    Returns:
        The plan, the same for the same arguments.

    Raises:
        InputError: If cap is below 1, a fact is needed twice, or epsilon is too small to tell anything.

    Source:
        Dong, Roth, Su 2019, section 3.2: mu² of Gaussian releases add up, so a budget of mu² can be cut.

    Example:
        >>> limit = PrivacyLimit(epsilon=1.0, delta=1e-6)
        >>> plan = make_plan([Need("city", "levels", thresholded=True)], limit)
        >>> round(plan.facts_mu2 / plan.total_mu2, 3), plan.share("city", "levels").delta
        (0.02, 5e-07)
    """
    if isinstance(cap, bool) or not isinstance(cap, int) or cap < 1:
        raise InputError("rows_per_subject: must be a whole number of at least 1")
    wanted = tuple(needs)
    selecting = sum(need.thresholded for need in wanted)
    delta = budget.delta * _SELECTION / selecting if selecting else 0.0
    total = Spending(delta=math.fsum([delta] * selecting)).room(budget) ** 2
    weight = math.fsum(need.weight for need in wanted)
    part = min(_EACH * weight, _MOST) / weight if weight else 0.0
    smallest = min([ROWS, *(part * need.weight for need in wanted)])
    if cap > _WIDEST * math.sqrt(total * smallest):
        raise InputError(
            f"epsilon: {budget.epsilon:g} is too small to tell anything at delta {budget.delta:g}; "
            "give a larger epsilon, or declare levels and bounds"
        )
    shares = tuple(_share(need, total * part * need.weight, delta, cap) for need in wanted)
    rows_sigma = cap / math.sqrt(total * ROWS)
    rows_mu2 = (cap / rows_sigma) ** 2
    rest = total - rows_mu2 - math.fsum(share.mu2 for share in shares)
    return BudgetPlan(
        budget=budget,
        cap=cap,
        rows_sigma=rows_sigma,
        rows_mu2=rows_mu2,
        shares=shares,
        model_mu2=max(0.0, rest),
    )


def _share(need: Need, mu2: float, delta: float, cap: int) -> Share:
    """A share whose mu² is what its charge will say, to the last digit."""
    if need.thresholded:
        sigma = 1 / math.sqrt(mu2)
        spread = sigma * math.sqrt(cap)
        charge = DpEvent(name="", columns=(), sensitivity=math.sqrt(cap), sigma=spread, delta=delta)
        return Share(need, sigma, delta, charge.mu2)
    sigma = cap / math.sqrt(mu2)
    charge = DpEvent(name="", columns=(), sensitivity=float(cap), sigma=sigma)
    return Share(need, sigma, 0.0, charge.mu2)
