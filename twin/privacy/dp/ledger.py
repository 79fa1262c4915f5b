"""The ledger: every fact that leaves the data is charged here first, to one budget."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from threading import Lock

from twin.codes import Json
from twin.errors import BudgetExceeded, FileFormatError, InputError
from twin.privacy.dp.events import DpEvent, PrivacyLimit
from twin.privacy.dp.statement import VOID, PrivacyStatement, StatementEntry
from twin.privacy.rounding import rounded_up

__all__ = ["DpEvent", "Ledger", "PrivacyLimit", "PrivacyStatement", "StatementEntry", "replay"]


class Ledger:
    """Where releases are charged before they are made. It refuses what its budget does not bear.

    A ledger cannot be copied, since each copy could spend the same budget. Its `receipt` is frozen and can.

    Args:
        budget: What may be spent, or a receipt to go on from.

    Example:
        >>> ledger = Ledger(PrivacyLimit(epsilon=1.0, delta=1e-6))
        >>> _ = ledger.reserve(DpEvent(name="shares", columns=("sex",), sensitivity=1.0, sigma=5.0))
        >>> round(ledger.total(), 4)
        0.8341
        >>> second = DpEvent(name="shares", columns=("job",), sensitivity=1.0, sigma=5.0)
        >>> ledger.reserve(second)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        twin.errors.BudgetExceeded: shares (job): epsilon would come to 1.212 at delta 1e-06, ...
    """

    def __init__(self, budget: PrivacyLimit | PrivacyStatement) -> None:
        self._receipt = budget if isinstance(budget, PrivacyStatement) else PrivacyStatement(budget)
        self._lock = Lock()

    @property
    def receipt(self) -> PrivacyStatement:
        """What was charged so far, frozen."""
        return self._receipt

    @property
    def budget(self) -> PrivacyLimit:
        """What may be spent."""
        return self._receipt.budget

    @property
    def entries(self) -> tuple[StatementEntry, ...]:
        """The lines so far, in order."""
        return self._receipt.entries

    @property
    def valid(self) -> bool:
        """Whether the guarantee holds so far."""
        return self._receipt.valid

    def reserve(self, charge: DpEvent) -> StatementEntry:
        """Charge a release, before its noise is drawn.

        Args:
            charge: What is about to be released.

        Returns:
            The line that was written.

        Raises:
            BudgetExceeded: If the total would pass the budget. Nothing is written then.
            InputError: If the charge counts another unit than the lines before.
        """
        return self._append(charge, self._check)

    def void(self, reason: str) -> None:
        """Say that nothing here is guaranteed any more, as after noise from a seed.

        Args:
            reason: Why, in words.
        """
        unit = self.entries[0].charge.unit if self.entries else "subject"
        line = DpEvent(
            name=reason, mechanism=VOID, columns=(), sensitivity=0.0, sigma=1.0, outputs=0, unit=unit
        )
        self._append(line, lambda _: None)

    def total(self) -> float:
        """Epsilon spent, at the budget's delta; infinite where the ledger is void."""
        return self._receipt.total()

    def epsilon_at(self, delta: float) -> float:
        """Epsilon spent, at another delta.

        Raises:
            InputError: If delta lies outside 0 … 1.
        """
        return self._receipt.epsilon_at(delta)

    def remaining(self, *, delta: float = 0.0) -> float:
        """The largest mu (sensitivity over sigma) of one more Gaussian release that the budget bears.

        Args:
            delta: Added delta that the release brings, ≥ 0.

        Returns:
            mu ≥ 0; mu² can be shared out among several releases.
        """
        return self._receipt.spending.room(self.budget, delta=delta)

    @classmethod
    def merge(cls, *ledgers: Ledger | PrivacyStatement, budget: PrivacyLimit | None = None) -> Ledger:
        """One ledger of several fits about the same subjects: all their lines, composed.

        Args:
            ledgers: Ledgers or receipts, one or more, that count the same unit.
            budget: What may be spent in all. Without it the sum of the budgets.

        Raises:
            BudgetExceeded: If the lines together pass the budget that was given.
            InputError: If none is given, the units differ, or the deltas sum to 1 or more.
        """
        receipts = [one.receipt if isinstance(one, Ledger) else one for one in ledgers]
        if not receipts:
            raise InputError("ledger: merge needs at least one ledger")
        epsilon = math.fsum(r.budget.epsilon for r in receipts)
        joint = budget or PrivacyLimit(epsilon=epsilon, delta=math.fsum(r.budget.delta for r in receipts))
        merged = PrivacyStatement(joint, (), tuple(r.head for r in receipts))
        for charge in (entry.charge for receipt in receipts for entry in receipt.entries):
            merged = merged.next(charge)
        if budget is not None and (spent := merged.spending.epsilon_at(joint.delta)) > joint.epsilon:
            raise BudgetExceeded(
                f"merge: epsilon comes to {rounded_up(spent)} at delta {joint.delta:g}, "
                f"above the budget of {joint.epsilon:g}; give a larger budget"
            )
        return cls(merged)

    def to_json(self) -> dict[str, Json]:
        """The ledger as JSON-ready values."""
        return self._receipt.to_json()

    @classmethod
    def from_json(cls, value: Json) -> Ledger:
        """The ledger from what `to_json` gave, after checking it.

        Raises:
            FileFormatError: If it cannot be read, or was changed.
        """
        return cls(PrivacyStatement.from_json(value))

    def __len__(self) -> int:
        return len(self._receipt)

    def __str__(self) -> str:
        return str(self._receipt)

    def _repr_html_(self) -> str:
        return self._receipt._repr_html_()

    def __reduce__(self) -> str:
        raise InputError("a ledger cannot be copied, it could be spent twice; keep its receipt or to_json()")

    def _append(self, charge: DpEvent, check: Callable[[PrivacyStatement], None]) -> StatementEntry:
        with self._lock:
            after = self._receipt.next(charge)
            check(after)
            self._receipt = after
            return after.entries[-1]

    def _check(self, after: PrivacyStatement) -> None:
        """Refuse a total above the budget; a void ledger counts too, so that a trial ends as the real run."""
        spent = after.spending.epsilon_at(self.budget.delta)
        if spent > self.budget.epsilon:
            charge = after.entries[-1].charge
            what = f"{charge.name} ({', '.join(charge.columns)})" if charge.columns else charge.name
            at = f"at delta {self.budget.delta:g}, above the budget of {self.budget.epsilon:g}"
            advice = "release less, add more noise, or give a larger epsilon"
            raise BudgetExceeded(f"{what}: epsilon would come to {rounded_up(spent)} {at}; {advice}")


def replay(value: Json | bytes) -> float:
    """The epsilon of a saved ledger at its budget's delta, from the file alone.

    Args:
        value: What `to_json` gave, or its text.

    Returns:
        epsilon; infinite where the ledger is void.

    Raises:
        FileFormatError: If it cannot be read, or was changed.

    Example:
        >>> ledger = Ledger(PrivacyLimit(epsilon=1.0, delta=1e-6))
        >>> _ = ledger.reserve(DpEvent(name="n", columns=(), sensitivity=1.0, sigma=5.0))
        >>> replay(json.dumps(ledger.to_json())) == ledger.total()
        True
    """
    if not isinstance(value, str | bytes):
        return PrivacyStatement.from_json(value).total()
    try:
        read: Json = json.loads(value)
    except ValueError:
        raise FileFormatError("ledger: the file is not JSON") from None
    return PrivacyStatement.from_json(read).total()
