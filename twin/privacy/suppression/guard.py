"""The door for column facts: what too few subjects hold does not pass.

A `Guard` serves one table and hands a `ColumnGuard` to each column. Each column has a threshold of its
own, K = k + noise, drawn from the operating system's entropy and kept nowhere (rule S3): with a fixed
public threshold, who knows all holders of a value but one would learn about the last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from twin.arrays import Bools, Floats, Integers, Ints
from twin.codes import Json, State
from twin.errors import InputError
from twin.privacy.exact_sampling import geometric
from twin.privacy.suppression.tally import Tally, bound_above, bound_below, cell_edges, tally

FLOOR = 5
"""The smallest k that is accepted without `unsafe=True` (rule S2)."""

_MEAN_NOISE = 2


def geometric_noise() -> int:
    """A draw from the geometric distribution on 0, 1, 2, … with mean 2, exact, from the system's entropy.

    Returns:
        What is added to k: n with chance (1/3)(2/3)ⁿ.

    Example:
        >>> geometric_noise() >= 0
        True
    """
    return int(geometric(1, p_numerator=1, p_denominator=1 + _MEAN_NOISE)[0])


def count_subjects(codes: Integers, size: int, subjects: Ints | None) -> tuple[Ints, Ints, Ints]:
    """Distinct subjects, rows, and rows of the heaviest subject, per code.

    Args:
        codes: Codes, shape (n,); negative ones are left out.
        size: Number of codes.
        subjects: Dense subject ids, shape (n,), or None where each row is a subject.

    Returns:
        Three arrays of shape (size,): subjects, rows, most rows of any one subject.

    Example:
        >>> held, rows, most = count_subjects(np.array([0, 0, 1]), 2, np.array([7, 7, 8]))
        >>> held.tolist(), rows.tolist(), most.tolist()
        ([1, 1], [2, 1], [2, 1])
    """
    inside = codes >= 0
    rows = np.bincount(codes[inside], minlength=size).astype(np.int64)  # (size,)
    if subjects is None:
        return rows, rows, np.minimum(rows, 1)
    width = int(subjects.max(initial=0)) + 1
    pairs, repeats = np.unique(codes[inside].astype(np.int64) * width + subjects[inside], return_counts=True)
    owner = pairs // width  # code of each distinct (code, subject) pair
    held = np.bincount(owner, minlength=size).astype(np.int64)
    most = np.zeros(size, np.int64)
    np.maximum.at(most, owner, repeats)
    return held, rows, most


def check_threshold(k: int, *, unsafe: bool) -> None:
    """Refuse a threshold below the floor.

    Args:
        k: The threshold.
        unsafe: Whether the floor is 1 instead.

    Raises:
        InputError: If k is below it.
    """
    if k < 1 or (k < FLOOR and not unsafe):
        raise InputError(
            f"k: must be at least {FLOOR} so that small groups stay hidden; "
            "pass unsafe=True to go lower (at least 1), which every report then says"
        )


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Hands each column its guard, and keeps the log of what was cut.

    Args:
        k: Values held by fewer subjects than this never pass, ≥ 5.
        subjects: Dense subject ids, shape (n,), or None where each row is a subject.
        unsafe: Allow k below 5.
        noise: Draws what is added to k, ≥ 0.

    Raises:
        InputError: If k is below the floor.

    Source:
        Rules S1–S6, S9, S10, S12 of the privacy page in the documentation.

    Example:
        >>> guard = Guard(k=5, noise=lambda: 0).column("city")
        >>> guard.keep(np.array([0] * 5 + [1] * 4), 2).tolist()
        [True, False]
    """

    k: int = 11
    subjects: Ints | None = None
    unsafe: bool = False
    noise: Callable[[], int] = field(
        default=lambda: geometric_noise()
    )  # by its name, so that tests can fix it
    entries: list[SuppressionEntry] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        check_threshold(self.k, unsafe=self.unsafe)

    def column(self, name: str) -> ColumnGuard:
        """The guard of one column, with a threshold of its own."""
        return ColumnGuard(name=name, guard=self, threshold=self.k + self.noise())

    @property
    def log(self) -> SuppressionLog:
        """What was cut so far."""
        return SuppressionLog(tuple(self.entries), self.k)


@dataclass(frozen=True, kw_only=True)
class ColumnGuard:
    """The door for the facts of one column. Made by `Guard.column`.

    Args:
        name: Name of the column, for the log.
        guard: The guard of the table.
        threshold: Fewest subjects that must hold a fact, secret.
    """

    name: str
    guard: Guard
    threshold: int = field(repr=False)

    def supports(self, flags: Bools) -> bool:
        """Whether enough subjects raise the flag, shape (n,)."""
        subjects = self.guard.subjects
        if subjects is None:
            return int(np.count_nonzero(flags)) >= self.threshold
        holders = subjects[flags]
        seen = np.zeros(int(holders.max(initial=0)) + 1, dtype=bool)
        seen[holders] = True
        return holders.size > 0 and int(np.count_nonzero(seen)) >= self.threshold

    def share(self, flags: Bools) -> float:
        """Share of rows that raise the flag; 0 or 1 where too few subjects stand on the other side."""
        if flags.size == 0 or not self.supports(flags):
            return 0.0
        return float(flags.mean()) if self.supports(~flags) else 1.0

    def keep(self, codes: Integers, size: int) -> Bools:
        """Which codes are held by enough subjects, none of them dominant (rules S1–S4, S10).

        Args:
            codes: Codes, shape (n,); negative ones are left out.
            size: Number of codes.

        Returns:
            Mask of shape (size,).
        """
        held, rows, most = count_subjects(codes, size, self.guard.subjects)
        return (held >= self.threshold) & (2 * most <= rows)

    def keep_within(self, rows: Ints, codes: Ints, size: int) -> tuple[Bools, Ints]:
        """As `keep`, where a row may hold several codes, as a text holds words.

        Args:
            rows: Row of each (row, code) pair, shape (m,).
            codes: Code of each pair, shape (m,), 0 … size - 1; a code counts once per row.
            size: Number of codes.

        Returns:
            Mask of shape (size,), and subjects that hold each code, shape (size,).
        """
        pairs = np.unique(rows * size + codes)
        rows, codes = np.divmod(pairs, size) if size else (pairs, pairs)
        subjects = None if self.guard.subjects is None else self.guard.subjects[rows]
        held, counted, most = count_subjects(codes, size, subjects)
        return (held >= self.threshold) & (2 * most <= counted), held

    def pool(self, codes: Integers, kept: Bools, free: Bools | None = None) -> Bools:
        """`kept` less the rarest kept codes that must join, so that the pool is held by enough (rule S9).

        Args:
            codes: Codes, shape (n,); negative ones are left out.
            kept: Mask of shape (size,), from `keep`.
            free: Which kept codes may join, shape (size,); None for all.

        Returns:
            Mask of shape (size,): all true, or with a pool of enough subjects outside it, as far as
            codes may join.
        """
        kept, free = kept.copy(), kept if free is None else kept & free
        held, _, _ = count_subjects(codes, kept.size, self.guard.subjects)
        order = np.argsort(held, kind="stable")
        for code in order[free[order]]:
            outside = (codes >= 0) & ~kept[codes]
            if not outside.any() or self.supports(outside):
                break
            kept[code] = False
        return kept

    def complement(self, codes: Integers, kept: Bools, free: Bools | None = None) -> Bools:
        """`kept` less the rarest kept code, where one code alone was cut, by too few (rule S12).

        Who knows the code book would know which level is the one that was cut, and that somebody holds it.
        Where fewer than two codes that may join would remain, nothing joins: the column would say nothing
        any more.

        Args:
            codes: Codes, shape (n,); negative ones are left out.
            kept: Mask of shape (size,), from `keep`.
            free: Which kept codes may join, shape (size,); None for all.

        Returns:
            Mask of shape (size,).
        """
        present = np.bincount(codes[codes >= 0], minlength=kept.size) > 0
        may = present & kept if free is None else present & kept & free
        if np.count_nonzero(present & ~kept) != 1 or np.count_nonzero(may) <= 2:
            return kept
        held, _, _ = count_subjects(codes, kept.size, self.guard.subjects)
        if held[present & ~kept][0] >= self.threshold:
            return kept
        out = kept.copy()
        candidates = np.flatnonzero(may)
        out[candidates[np.argmin(held[candidates])]] = False
        return out

    def at(self, rows: Bools) -> ColumnGuard:
        """The same guard, threshold and log over some of the rows, mask of shape (n,)."""
        subjects = self.guard.subjects
        if subjects is None:
            return self
        return replace(self, guard=replace(self.guard, subjects=subjects[rows]))

    def tally(self, units: Ints) -> Tally:
        """Who holds which value on an integer grid, shape (n,)."""
        return tally(units, self.guard.subjects)

    def atoms(self, line: Tally) -> Bools:
        """Which values are held by enough subjects, none of them dominant, shape (d,); as `keep`."""
        return (line.held >= self.threshold) & (2 * line.most <= line.rows)

    def bounds(self, line: Tally) -> tuple[float, float] | None:
        """Bounds with enough subjects at or beyond each (rule S5).

        Args:
            line: Values on an integer grid, and who holds them.

        Returns:
            (low, high), half-integers; None where too few subjects are there for two sides.
        """
        low, high = bound_below(line, self.threshold), bound_above(line, self.threshold)
        return None if low is None or high is None or low >= high else (low, high)

    def cells(self, line: Tally, most: int, within: tuple[float, float]) -> Floats:
        """Edges of cells between guarded bounds, each held by enough subjects (rules S5, S6).

        Args:
            line: Values on an integer grid, and who holds them.
            most: Most cells, ≥ 1.
            within: Bounds of the whole column.

        Returns:
            Ascending half-integers, shape (cells + 1,); empty where too few subjects are there for one cell.
        """
        return cell_edges(line, threshold=self.threshold, most=most, within=within)

    def note(self, rule: str, *, values: int, rows: int, replacement: str) -> None:
        """Write a line of the suppression log, counts as ranges (rule S13).

        Args:
            rule: The rule, in words.
            values: How many values are concerned, ≥ 0.
            rows: How many rows are concerned, ≥ 0.
            replacement: What stands in its place, in words.
        """
        k = self.guard.k
        entry = SuppressionEntry(
            column=self.name,
            rule=rule,
            values=in_range(values, k),
            rows=in_range(rows, k),
            replacement=replacement,
        )
        self.guard.entries.append(entry)


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
