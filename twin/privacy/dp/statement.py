"""What was charged, as a frozen chain of lines: each holds the hash of the one before.

A change to any line breaks the chain. It has no key: it shows accidents and careless edits, and is no
signature.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from html import escape
from importlib.metadata import version as _version_of

from twin.codes import Json
from twin.errors import FileFormatError, InputError
from twin.privacy.dp.events import (
    CHARGE_FIELDS,
    SEEDED_BY_SYSTEM,
    UNSAFE_SEED,
    DpEvent,
    PrivacyLimit,
    Spending,
)
from twin.privacy.dp.rdp import ORDERS, Curve
from twin.privacy.rounding import rounded_up

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
        return as_text(self)

    def _repr_html_(self) -> str:
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


DELTAS = (1e-5, 1e-6, 1e-9)
"""Where the totals are read."""

ALARMS = (0.01, 0.1)
"""Rates of false alarms at which the best attacker is read."""

HEADS = (
    "#",
    "released",
    "columns",
    "mechanism",
    "moves by",
    "noise",
    "mu",
    "added delta",
    "numbers",
    "valid",
)
"""Heads of the lines of a ledger."""

_MOST = 3

SPENT = ("released", "entries", "columns", "of mu²", "added delta")
"""Heads of `spent`."""


def as_text(receipt: PrivacyStatement) -> str:
    """The receipt as plain text.

    Args:
        receipt: The end state of a ledger.

    Returns:
        Several lines; every epsilon in them is rounded up.
    """
    rows = [HEADS, *(row(entry, receipt.valid) for entry in receipt.entries)]
    widths = [max(len(line[j]) for line in rows) for j in range(len(HEADS))]
    table = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in rows]
    open_points = ["It does not protect:", *(f"  - {point}" for point in unprotected(receipt))]
    return "\n".join([title(receipt), "", *table, "", sentence(receipt), *totals(receipt), *open_points])


def as_html(receipt: PrivacyStatement) -> str:
    """The receipt as a fragment of HTML, for notebooks.

    Args:
        receipt: The end state of a ledger.

    Returns:
        Paragraphs and tables without colours of their own; all names are escaped.
    """
    weight = "normal" if receipt.valid else "bold"
    said = f"<p style='font-weight:{weight};max-width:50em'>{escape(sentence(receipt))}</p>"
    points = "".join(f"<li>{escape(point)}</li>" for point in unprotected(receipt))
    lines = _table(HEADS, [row(entry, receipt.valid) for entry in receipt.entries])
    return (
        f"<div><p><b>{escape(title(receipt))}</b></p>{said}{_table((), figures(receipt))}"
        f"<p>It does not protect:</p><ul>{points}</ul>"
        f"<details><summary>Where the budget went</summary>{_table(SPENT, spent(receipt))}</details>"
        f"<details><summary>All entries</summary>{lines}</details></div>"
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def cells(tag: str, texts: Sequence[str]) -> str:
        return "".join(f"<{tag} style='text-align:left'>{escape(text)}</{tag}>" for text in texts)

    head = f"<thead><tr>{cells('th', heads)}</tr></thead>" if heads else ""
    body = "".join(f"<tr>{cells('td', texts)}</tr>" for texts in rows)
    return f"<table>{head}<tbody>{body}</tbody></table>"


def title(receipt: PrivacyStatement) -> str:
    """What the receipt is of, in one line."""
    number = len(receipt.entries)
    budget = f"budget epsilon {receipt.budget.epsilon:g} at delta {receipt.budget.delta:g}"
    return f"Privacy ledger: {number} {'entry' if number == 1 else 'entries'}, {budget}"


def sentence(receipt: PrivacyStatement) -> str:
    """What was promised, in one plain sentence."""
    if not receipt.valid:
        return (
            "VOID: noise can be taken off again, so nothing here is protected; never release what came of it."
        )
    unit = receipt.entries[0].charge.unit if receipt.entries else "subject"
    epsilon = receipt.total()
    if epsilon == 0:
        return f"Nothing was told about any one {unit}."
    odds = (
        f"by a factor of at most {rounded_up(math.exp(epsilon))}"
        if epsilon < 20
        else "without a useful limit"
    )
    return (
        f"Whoever sees all that was released can change the odds that any one {unit} was in the table "
        f"{odds} (epsilon {rounded_up(epsilon)}), but for a chance of {receipt.budget.delta:g} (delta)."
    )


def totals(receipt: PrivacyStatement) -> list[str]:
    """Epsilon at three deltas, mu, and what the best attacker reaches."""
    at = ", ".join(f"{rounded_up(receipt.epsilon_at(delta))} at delta {delta:g}" for delta in DELTAS)
    few, some = (_percent(receipt.attacker(rate)) for rate in ALARMS)
    return [
        f"Epsilon: {at}. mu: {_mu(receipt)}. Added delta: {receipt.spending.delta:g}.",
        f"The best attacker who raises a false alarm for 1 % finds at most {few} of those who were in the "
        f"table; for 10 %, {some}. Guessing finds 1 % and 10 %.",
    ]


def figures(receipt: PrivacyStatement) -> list[tuple[str, str]]:
    """The totals one by one, as label and figure; every figure is rounded up."""
    at = [(f"epsilon at delta {delta:g}", rounded_up(receipt.epsilon_at(delta))) for delta in DELTAS]
    found = [
        (
            f"best attacker, at {100 * rate:g} % false alarms",
            f"finds at most {_percent(receipt.attacker(rate))}",
        )
        for rate in ALARMS
    ]
    return [*at, ("mu", _mu(receipt)), ("added delta", f"{receipt.spending.delta:g}"), *found]


def spent(receipt: PrivacyStatement) -> list[tuple[str, ...]]:
    """Where the budget went: the lines of a ledger, summed up by what was released."""
    groups: dict[str, list[StatementEntry]] = {}
    for entry in receipt.entries:
        groups.setdefault(entry.charge.name, []).append(entry)
    whole = receipt.spending.mu2
    told: list[tuple[str, ...]] = []
    for name, entries in groups.items():
        part = math.fsum(entry.mu2 for entry in entries)
        columns = dict.fromkeys(column for entry in entries for column in entry.charge.columns)
        sampled = any(entry.curve is not None for entry in entries)
        share = "in RDP" if sampled else f"{100 * part / whole:.1f} %" if whole else "0 %"
        added = math.fsum(entry.charge.delta for entry in entries)
        told.append((name, str(len(entries)), _few(tuple(columns)), share, f"{added:.3g}"))
    return told


def _mu(receipt: PrivacyStatement) -> str:
    if not receipt.valid:
        return "no bound, the ledger is void"
    mu = receipt.spending.mu
    return "none, sampled releases are counted in RDP" if mu is None else rounded_up(mu)


def _percent(rate: float) -> str:
    return f"{rounded_up(100 * rate)} %"


def _few(columns: tuple[str, ...]) -> str:
    """Names of columns, the first two of many."""
    if len(columns) <= _MOST:
        return ", ".join(columns) or "-"
    return f"{', '.join(columns[: _MOST - 1])} and {len(columns) - _MOST + 1} more"


def unprotected(receipt: PrivacyStatement) -> list[str]:
    """What the guarantee leaves open."""
    unit = receipt.entries[0].charge.unit if receipt.entries else "subject"
    points = [
        "what is true of a group, whoever of it is in the table",
        "what was declared public: names and types of columns, given levels and bounds, settings, the ledger",
        f"several {unit}s together (a family), or one whose rows stand under several names",
        "what other releases from the same data add that are not in this ledger (Ledger.merge adds them up)",
        "what settings tell that were chosen by looking at the data",
        "the computer of the fit: its memory, its clock and its other files",
    ]
    if any(entry.charge.noise == SEEDED_BY_SYSTEM for entry in receipt.entries):
        points.append(
            "from someone who can predict a generator that is not cryptographic, though its seed was secret"
        )
    return points


def row(entry: StatementEntry, valid: bool) -> tuple[str, ...]:
    """One line of a ledger, as `HEADS` name its parts.

    Args:
        entry: One line of the statement.
        valid: Whether the statement holds.
    """
    charge = entry.charge
    sampled = f" on samples of {charge.sampling_rate:g}" if charge.sampling_rate < 1 else ""
    times = f", {charge.steps} times" if charge.steps > 1 else ""
    return (
        str(entry.sequence),
        charge.name,
        _few(charge.columns),
        f"{charge.mechanism}{sampled}{times}",
        f"{charge.sensitivity:.4g} (≤ {charge.contribution} of one {charge.unit})",
        f"{charge.sigma:.4g}, {charge.noise}",
        rounded_up(math.sqrt(entry.mu2)) if entry.curve is None else "RDP",
        f"{charge.delta:g}",
        "not told" if charge.outputs is None else str(charge.outputs),
        "yes" if valid else "NO",
    )
