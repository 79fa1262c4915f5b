"""The ledger read aloud: a table, a plain sentence, totals, what an attacker can reach, what stays open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from twin.privacy.dp.events import SEEDED_BY_SYSTEM
from twin.privacy.rounding import rounded_up

if TYPE_CHECKING:
    from twin.privacy.dp.statement import PrivacyStatement, StatementEntry

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
