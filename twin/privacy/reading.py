"""The ledger read aloud: a table, a plain sentence, totals, what an attacker can reach, what stays open."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from twin.privacy.charges import SEEDED_BY_SYSTEM
from twin.privacy.rounding import rounded_up

if TYPE_CHECKING:
    from twin.privacy.receipt import Entry, Receipt

_DELTAS = (1e-5, 1e-6, 1e-9)
_HEADS = (
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


def as_text(receipt: Receipt) -> str:
    """The receipt as plain text.

    Args:
        receipt: The end state of a ledger.

    Returns:
        Several lines; every epsilon in them is rounded up.
    """
    rows = [_HEADS, *(_row(entry, receipt.valid) for entry in receipt.entries)]
    widths = [max(len(row[j]) for row in rows) for j in range(len(_HEADS))]
    table = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    open_points = ["It does not protect:", *(f"  - {point}" for point in unprotected(receipt))]
    return "\n".join([title(receipt), "", *table, "", sentence(receipt), *totals(receipt), *open_points])


def as_html(receipt: Receipt) -> str:
    """The receipt as a fragment of HTML, for notebooks and reports.

    Args:
        receipt: The end state of a ledger.

    Returns:
        A table and paragraphs; all names are escaped.
    """
    head = "".join(f"<th>{escape(h)}</th>" for h in _HEADS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _row(entry, receipt.valid)) + "</tr>"
        for entry in receipt.entries
    )
    said = "".join(f"<p>{escape(line)}</p>" for line in (sentence(receipt), *totals(receipt)))
    points = "".join(f"<li>{escape(point)}</li>" for point in unprotected(receipt))
    table = f"<table><caption>{escape(title(receipt))}</caption><tr>{head}</tr>{body}</table>"
    return f"{table}{said}<p>It does not protect:</p><ul>{points}</ul>"


def title(receipt: Receipt) -> str:
    """What the receipt is of, in one line."""
    number = len(receipt.entries)
    budget = f"budget epsilon {receipt.budget.epsilon:g} at delta {receipt.budget.delta:g}"
    return f"Privacy ledger: {number} {'entry' if number == 1 else 'entries'}, {budget}"


def sentence(receipt: Receipt) -> str:
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


def totals(receipt: Receipt) -> list[str]:
    """Epsilon at three deltas, mu, and what the best attacker reaches."""
    at = ", ".join(f"{rounded_up(receipt.epsilon_at(delta))} at delta {delta:g}" for delta in _DELTAS)
    mu = receipt.spending.mu
    if not receipt.valid:
        bound = "no bound, the ledger is void"
    else:
        bound = "none, sampled releases are counted in RDP" if mu is None else rounded_up(mu)
    few, some = (rounded_up(100 * receipt.attacker(rate)) for rate in (0.01, 0.1))
    return [
        f"Epsilon: {at}. mu: {bound}. Added delta: {receipt.spending.delta:g}.",
        f"The best attacker who raises a false alarm for 1 % finds at most {few} % of those who were in the "
        f"table; for 10 %, {some} %. Guessing finds 1 % and 10 %.",
    ]


def unprotected(receipt: Receipt) -> list[str]:
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


def _row(entry: Entry, valid: bool) -> tuple[str, ...]:
    charge = entry.charge
    sampled = f" on samples of {charge.sampling_rate:g}" if charge.sampling_rate < 1 else ""
    times = f", {charge.steps} times" if charge.steps > 1 else ""
    return (
        str(entry.sequence),
        charge.name,
        ", ".join(charge.columns) or "-",
        f"{charge.mechanism}{sampled}{times}",
        f"{charge.sensitivity:.4g} (≤ {charge.contribution} of one {charge.unit})",
        f"{charge.sigma:.4g}, {charge.noise}",
        rounded_up(math.sqrt(entry.mu2)) if entry.curve is None else "RDP",
        f"{charge.delta:g}",
        "not told" if charge.outputs is None else str(charge.outputs),
        "yes" if valid else "NO",
    )
