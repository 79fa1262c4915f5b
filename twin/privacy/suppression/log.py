"""The suppression log: what the guard cut, in ranges, never a value (rule S13)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from twin.codes import Json, State

_STEPS = (1, 2, 5)


def in_range(count: int, k: int) -> str:
    """A count as a range, so that no small count is told.

    Args:
        count: Number of values or rows, ≥ 0.
        k: The public threshold, ≥ 1; smaller counts are not told apart.

    Returns:
        "0", "<k", or an interval between steps of 1, 2 and 5 times a power of ten.

    Example:
        >>> in_range(3, 11), in_range(14, 11), in_range(260, 11)
        ('<11', '11–19', '200–499')
    """
    if count == 0:
        return "0"
    if count < k:
        return f"<{k}"
    low = k
    power = 1
    while True:
        for step in _STEPS:
            edge = step * power
            if edge > count:
                return f"{low:,}–{edge - 1:,}"
            low = max(low, edge)
        power *= 10


@dataclass(frozen=True, kw_only=True)
class SuppressionEntry:
    """One line of the suppression log.

    Args:
        column: Name of the column.
        rule: What was cut and why, in words.
        values: How many distinct values, as a range.
        rows: How many rows, as a range.
        replacement: What stands in their place, in words.
    """

    column: str
    rule: str
    values: str
    rows: str
    replacement: str


@dataclass(frozen=True)
class SuppressionLog:
    """All that the guard cut from a table, for people to read.

    Args:
        entries: The lines, in the order of the columns.
        k: The public threshold: values held by fewer subjects than this are cut. None under a privacy
            budget, where noise decides.

    Example:
        >>> print(SuppressionLog((), k=11))
        Nothing was suppressed (k = 11).
    """

    entries: tuple[SuppressionEntry, ...]
    k: int | None

    def __len__(self) -> int:
        return len(self.entries)

    def __str__(self) -> str:
        if self.k is None:
            return "Nothing was cut by a threshold: under a privacy budget noise decides, see the ledger."
        if not self.entries:
            return f"Nothing was suppressed (k = {self.k})."
        lines = [
            f"{e.column}: {e.rule}; {e.values} values in {e.rows} rows; {e.replacement}" for e in self.entries
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"SuppressionLog({len(self)} entries, k={self.k})\n{self}"

    def _repr_html_(self) -> str:
        from html import escape

        if self.k is None:
            return f"<p>{escape(str(self))}</p>"
        head = "".join(f"<th>{h}</th>" for h in ("column", "what was cut", "values", "rows", "in its place"))
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(str(v))}</td>" for v in asdict(e).values()) + "</tr>"
            for e in self.entries
        )
        return f"<table><caption>Suppressed, k = {self.k}</caption><tr>{head}</tr>{rows}</table>"

    def to_json(self) -> Json:
        """The log as JSON-ready values."""
        return {"k": self.k, "entries": [dict(asdict(e)) for e in self.entries]}

    @classmethod
    def from_json(cls, value: Json) -> SuppressionLog:
        """The log from what `to_json` gave.

        Raises:
            ValueError: If it is something else.
        """
        read = State(value if isinstance(value, dict) else {})
        entries = [State(dict(entry)) for entry in read.fact("entries", list)]
        k = None if read.facts["k"] is None else read.fact("k", int)
        return cls(tuple(SuppressionEntry(**{n: e.fact(n, str) for n in e.facts}) for e in entries), k)
