"""What was charged, as a frozen chain of lines: each holds the hash of the one before.

A change to any line breaks the chain. It has no key: it shows accidents and careless edits, and is no
signature.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.metadata import version as _version_of

from twin.codes import Json
from twin.errors import FileFormatError, InputError
from twin.privacy.dp.events import CHARGE_FIELDS, UNSAFE_SEED, DpEvent, PrivacyLimit, Spending
from twin.privacy.dp.rdp import ORDERS, Curve

FORMAT = 1

VOID = "void"
"""The mechanism of a line that says that nothing is guaranteed any more."""


@dataclass(frozen=True, kw_only=True)
class StatementEntry:
    """One line of the ledger: a charge, and its place in the chain.

    Args:
        sequence: Position, from 0.
        charge: What was charged.
        mu2: The mu² of the charge; 0 where it has a curve.
        curve: Its Rényi curve on `rdp.ORDERS`; None where mu2 says all.
        valid: Whether the guarantee holds as far as this line.
        version: Version of twin that wrote the line.
        previous: Hash of the line before, or of the ledger's head.

    Example:
        >>> charge = DpEvent(name="n", columns=(), sensitivity=1.0, sigma=10.0)
        >>> receipt = PrivacyStatement(PrivacyLimit(epsilon=1.0, delta=1e-6)).next(charge)
        >>> entry = receipt.entries[0]
        >>> entry.sequence, round(entry.mu2, 4), entry.hash == receipt.head
        (0, 0.01, True)
    """

    sequence: int
    charge: DpEvent
    mu2: float
    curve: Curve | None
    valid: bool
    version: str
    previous: str
    hash: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hash", _hash(self._facts()))

    def to_json(self) -> dict[str, Json]:
        """The line as JSON-ready values."""
        return {**self._facts(), "hash": self.hash}

    def _facts(self) -> dict[str, Json]:
        charge = {**asdict(self.charge), "columns": list(self.charge.columns)}
        curve: Json = None if self.curve is None else list(self.curve)
        place: dict[str, Json] = {
            "sequence": self.sequence,
            "mu2": self.mu2,
            "curve": curve,
            "valid": self.valid,
            "version": self.version,
            "previous": self.previous,
        }
        return {**charge, **place}


@dataclass(frozen=True)
class PrivacyStatement:
    """The end state of a ledger: what was released, and what it cost. It reads aloud when printed.

    Args:
        budget: What may be spent.
        entries: The lines, in order.
        merged: Hashes of the receipts that this one joins, if it joins any.

    Example:
        >>> receipt = PrivacyStatement(PrivacyLimit(epsilon=1.0, delta=1e-6))
        >>> receipt.total(), receipt.valid
        (0.0, True)
    """

    budget: PrivacyLimit
    entries: tuple[StatementEntry, ...] = ()
    merged: tuple[str, ...] = ()

    @property
    def epsilon(self) -> float:
        """The budget's epsilon: no more than this was spent at `delta`."""
        return self.budget.epsilon

    @property
    def delta(self) -> float:
        """The budget's delta."""
        return self.budget.delta

    @property
    def head(self) -> str:
        """Hash of the last line, which stands for the whole chain."""
        return self.entries[-1].hash if self.entries else _hash(self._header())

    @property
    def valid(self) -> bool:
        """Whether the guarantee holds: nothing was voided, and no noise came from a seed."""
        return all(entry.valid for entry in self.entries)

    @property
    def spending(self) -> Spending:
        """What all charges come to."""
        return Spending.total(Spending(mu2=e.mu2, curve=e.curve, delta=e.charge.delta) for e in self.entries)

    @property
    def stamp(self) -> str:
        """What was promised, in a few words.

        Example:
            >>> PrivacyStatement(PrivacyLimit(epsilon=1.0, delta=1e-6)).stamp
            'epsilon=1, delta=1e-06'
        """
        if not self.valid:
            return "VOID: noise from a seed protects nobody"
        return f"epsilon={self.budget.epsilon:g}, delta={self.budget.delta:g}"

    @property
    def sentence(self) -> str:
        """What was promised, in one plain sentence; or that the ledger is void.

        Example:
            >>> PrivacyStatement(PrivacyLimit(epsilon=1.0, delta=1e-6)).sentence
            'Nothing was told about any one subject.'
        """
        from twin.privacy.dp.statement_text import sentence

        return sentence(self)

    def total(self) -> float:
        """Epsilon at the budget's delta, never below the true one; infinite where the ledger is void."""
        return self.epsilon_at(self.budget.delta)

    def epsilon_at(self, delta: float) -> float:
        """Epsilon at another delta, between 0 and 1; infinite where the ledger is void.

        Raises:
            InputError: If delta lies outside its range.
        """
        return self.spending.epsilon_at(delta) if self.valid else math.inf

    def attacker(self, false_positives: float) -> float:
        """The best true-positive rate of any test for one subject's presence, at a rate of false alarms.

        Raises:
            InputError: If the rate lies outside 0 … 1.
        """
        return self.spending.attacker(false_positives) if self.valid else 1.0

    def __len__(self) -> int:
        return len(self.entries)

    def __str__(self) -> str:
        from twin.privacy.dp.statement_text import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from twin.privacy.dp.statement_text import as_html

        return as_html(self)

    def to_json(self) -> dict[str, Json]:
        """The receipt as JSON-ready values: a head, the lines, and the hash of the last one."""
        entries: list[Json] = [entry.to_json() for entry in self.entries]
        return {**self._header(), "entries": entries, "head": self.head}

    @classmethod
    def from_json(cls, value: Json) -> PrivacyStatement:
        """The receipt from what `to_json` gave, after checking the chain and every cost in it.

        Raises:
            FileFormatError: If a part is missing or has the wrong form, if the chain is broken, or if a
                line's cost is not what its charge costs.
        """
        parts = _parts(value, "the ledger", ("budget", "entries", "format", "head", "merged", "orders"))
        if parts["format"] != FORMAT or parts["orders"] != list(ORDERS):
            raise FileFormatError("ledger: the file was made by another version; read it with that version")
        budget = _parts(parts["budget"], "the budget", ("delta", "epsilon"))
        merged, lines = parts["merged"], parts["entries"]
        if not isinstance(merged, list) or not isinstance(lines, list):
            raise FileFormatError("ledger: merged and entries must be lists")
        try:
            receipt = cls(PrivacyLimit(**budget), (), tuple(_text(m) for m in merged))  # type: ignore[arg-type]
        except InputError as error:
            raise FileFormatError(f"ledger: its head cannot be read: {error}") from None
        try:
            for line in lines:
                receipt = receipt._with(_read(line, receipt))
        except InputError as error:
            raise FileFormatError(f"ledger: entry {len(receipt.entries)} cannot be read: {error}") from None
        if parts["head"] != receipt.head:
            raise FileFormatError("ledger: the chain is broken at its end: lines were added, cut or changed")
        return receipt

    def next(self, charge: DpEvent) -> PrivacyStatement:
        """The receipt with one more line.

        Raises:
            InputError: If the charge counts another unit than the lines before.
        """
        if any(entry.charge.unit != charge.unit for entry in self.entries[-1:]):
            raise InputError(
                f"ledger: all charges must count the same unit, {self.entries[-1].charge.unit!r}"
            )
        entry = StatementEntry(
            sequence=len(self.entries),
            charge=charge,
            mu2=charge.mu2,
            curve=charge.curve(),
            valid=self.valid and charge.mechanism != VOID and charge.noise != UNSAFE_SEED,
            version=_version(),
            previous=self.head,
        )
        return self._with(entry)

    def _with(self, entry: StatementEntry) -> PrivacyStatement:
        return replace(self, entries=(*self.entries, entry))

    def _header(self) -> dict[str, Json]:
        budget: dict[str, Json] = {"epsilon": self.budget.epsilon, "delta": self.budget.delta}
        return {"format": FORMAT, "budget": budget, "merged": list(self.merged), "orders": list(ORDERS)}


@cache
def _version() -> str:
    return _version_of("twin")


def _canonical(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _hash(value: Json) -> str:
    return hashlib.sha256(_canonical(value)).hexdigest()


def _parts(value: Json, what: str, names: tuple[str, ...]) -> dict[str, Json]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise FileFormatError(f"ledger: {what} must have the parts {', '.join(sorted(names))}, and no others")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise InputError("a hash must be text")
    return value


def _read(line: Json, before: PrivacyStatement) -> StatementEntry:
    """One line from a file; it must be what its charge makes of the chain before it."""
    number = len(before.entries)
    place = ("curve", "hash", "mu2", "previous", "sequence", "valid", "version")
    parts = _parts(line, f"entry {number}", (*CHARGE_FIELDS, *place))
    columns = parts["columns"]
    facts = {name: parts[name] for name in CHARGE_FIELDS}
    facts["columns"] = tuple(columns) if isinstance(columns, list) else columns  # type: ignore[assignment]
    due = before.next(DpEvent(**facts)).entries[-1]  # type: ignore[arg-type]
    entry = replace(due, version=_text(parts["version"]), mu2=_close(parts["mu2"], due.mu2))
    if due.curve is not None and isinstance(parts["curve"], list) and len(parts["curve"]) == len(due.curve):
        pairs = zip(parts["curve"], due.curve, strict=True)
        entry = replace(entry, curve=tuple(_close(read, cost) for read, cost in pairs))
    if entry.to_json() != parts:
        raise FileFormatError(
            f"ledger: the chain is broken at entry {number}: it, or a line before, was changed"
        )
    return entry


def _close(read: Json, cost: float) -> float:
    """A cost from a file, if it is what the charge costs but for the last digits."""
    if (
        isinstance(read, bool)
        or not isinstance(read, int | float)
        or not math.isclose(read, cost, rel_tol=1e-10)
    ):
        raise InputError("its cost is not what its charge costs")
    return float(read)
