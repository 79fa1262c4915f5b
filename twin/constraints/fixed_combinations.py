"""Combinations that occur in the source and no others: learned as one category that names them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd

from twin.arrays import Array, Bools, Ints
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.arrays.restore import restore
from twin.columns.schema import Category, Column, Level, Name, Schema
from twin.constraints.base import MARK, ColumnsRule, RuleTable, blank


class FixedCombinations(ColumnsRule):
    """Columns have only combinations that occur in the source, as a city and its country.

    A missing cell counts as a value of its own. Combinations that too few people share are never drawn.

    Args:
        columns: Two columns or more: categories, flags, numbers or dates.

    Example:
        >>> print(FixedCombinations(columns=["city", "country"]))
        combinations of city, country as in the source
    """

    kind: Literal["fixed_combinations"] = "fixed_combinations"

    def __str__(self) -> str:
        return f"combinations of {', '.join(map(str, self.columns))} as in the source"

    @property
    def pivots(self) -> tuple[Name, ...]:
        """All columns are computed from the combination."""
        return self.columns

    @property
    def auxiliary(self) -> str:
        """Name of the column that names combinations."""
        return f"{MARK} combination {', '.join(map(str, self.columns))}"

    def broken(self, table: RuleTable) -> Bools:
        """Rows whose combination no row was drawn with; none where none was drawn, as in the source."""
        if self.auxiliary not in table.names:
            return np.zeros(len(table), dtype=bool)
        labels = table[self.auxiliary]
        distinct, codes = labelled([table[name] for name in self.columns])
        known = {str(level): place for place, level in enumerate(labels.levels)}
        places = np.array([known.get(label, -1) for label in distinct], np.int64)
        # Any combination that was drawn will do, not only the one that was drawn for the row.
        return places[codes] < 0 if places.size else np.zeros(len(table), dtype=bool)

    def extend(self, table: RuleTable) -> pd.Series[Any]:
        """The combination of each row as text."""
        distinct, codes = labelled([table[name] for name in self.columns])
        return pd.Series(np.array(distinct, dtype=object)[codes] if distinct else [], dtype=object)

    def declare(self, schema: Schema) -> Column:
        """The combination as a category."""
        return Category(name=self.auxiliary, dtype="object/str", reason=f"the rule {self}")

    def repair(self, table: RuleTable, rows: Bools, free: frozenset[Name]) -> None:
        """Take what is free from the combination, where the columns themselves make none that was drawn.

        A model that draws the columns one by one knows better how each goes with others than one that draws
        their combination, so what it got right stays: all of it, or all but the one column that the others
        decide.

        Args:
            table: The table, which is changed in place where a rule computes a column.
            rows: Which rows are changed, shape (n,).
            free: Columns that may be changed.
        """
        labels = table[self.auxiliary]
        if labels.empty:
            return
        drawn = rows & ~labels.missing & self.broken(table)
        parts = [json.loads(str(level)) for level in labels.levels]
        taken = self._nearest(table, labels, parts, drawn, free)
        for place, name in enumerate(self.columns):
            if name in free:
                cells = [part[place] for part in parts]
                native = table[name]
                native = blank(table.dtype(name), len(table)) if native.empty else native
                table.write(name, _merged(native, cells, taken, drawn))

    def _nearest(
        self,
        table: RuleTable,
        labels: ColumnArrays,
        parts: list[list[Any]],
        rows: Bools,
        free: frozenset[Name],
    ) -> Ints:
        """The combination that each row takes: one that differs in one column, or the one drawn for it.

        Of columns that could change, the one of most values does: it says what the others decide. Only
        combinations that were drawn are among `parts`, and these meet what was asked.
        """
        taken = labels.values.astype(np.int64)
        if not rows.any():
            return taken
        distinct, codes = labelled([table[name] for name in self.columns])
        found = np.full(len(distinct), -1, np.int64)
        bad = np.unique(codes[rows])
        values = [len({json.dumps(part[place]) for part in parts}) for place in range(len(self.columns))]
        for place in sorted(range(len(values)), key=lambda place: -values[place]):
            if self.columns[place] not in free:
                continue
            decided: dict[str, int] = {}  # by the other columns; -1 where they leave several
            for i, part in enumerate(parts):
                key = json.dumps(part[:place] + part[place + 1 :])
                decided[key] = -1 if key in decided else i
            for code in bad[found[bad] < 0].tolist():
                part = json.loads(distinct[code])
                found[code] = decided.get(json.dumps(part[:place] + part[place + 1 :]), -1)
        own = found[codes]
        return np.where(own >= 0, own, taken)

    def parts(self, labels: Sequence[str], schema: Schema) -> dict[Name, pd.Series[Any]]:
        """The members of combinations, in the dtypes of a schema.

        Args:
            labels: Combinations as text, m of them.
            schema: Declarations of the columns.

        Returns:
            Column by name, m cells each.
        """
        cells = [json.loads(label) for label in labels]
        out: dict[Name, pd.Series[Any]] = {}
        for place, name in enumerate(self.columns):
            native = native_of([row[place] for row in cells], schema[name].dtype)
            out[name] = restore(native, schema[name].dtype, name)
        return out


def labelled(natives: Sequence[ColumnArrays]) -> tuple[list[str], Ints]:
    """Distinct combinations as JSON text, and the place of each row among them, shape (n,).

    Example:
        >>> from twin.columns.arrays.reading import read
        >>> labelled([read(pd.Series(["b", "a", "b"])), read(pd.Series([1.5, None, 1.5]))])
        (['["b",1.5]', '["a",null]'], array([0, 1, 0]))
    """
    codes = np.zeros(natives[0].missing.size, np.int64)
    parts = []
    for native in natives:
        plain = replace(native, scale=0).as_nominal()  # decimals in units, which are exact
        own = np.where(native.missing, len(plain.levels), plain.values)
        codes, _ = pd.factorize(codes * (len(plain.levels) + 1) + own)
        parts.append((own, [_text(level, native) for level in plain.levels] + ["null"]))
    first = np.zeros(int(codes.max(initial=-1)) + 1, np.int64)
    first[codes[::-1]] = np.arange(codes.size)[::-1]
    labels = [f"[{','.join(texts[own[row]] for own, texts in parts)}]" for row in first]
    return labels, codes.astype(np.int64)


def _text(level: Level, native: ColumnArrays) -> str:
    """A level as JSON text; decimals as text, so that the number of their digits does not matter."""
    if native.type == "decimal":
        level = f"{Decimal(int(level)).scaleb(-native.scale).normalize():f}"
    return json.dumps(level, ensure_ascii=False)


def native_of(cells: Sequence[Level | None], dtype: str) -> ColumnArrays:
    """Cells of combinations, as JSON has them, as a column of a dtype.

    Args:
        cells: One value for each row; None where it is missing.
        dtype: Name of the dtype.
    """
    places = np.arange(len(cells))
    return _merged(blank(dtype, len(cells)), cells, places, np.ones(len(cells), dtype=bool))


def _merged(native: ColumnArrays, cells: Sequence[Any], codes: Array, rows: Bools) -> ColumnArrays:
    """A column with the cell of each row's combination in the place of what it held."""
    gone = np.array([cell is None for cell in cells], dtype=bool)[np.where(rows, codes, 0)] & rows
    if native.type == "decimal":
        native, cells = _one_scale(native, cells)
    if native.nominal:
        levels: list[Level] = list(dict.fromkeys([*native.levels, *(c for c in cells if c is not None)]))
        places = {_key(level): place for place, level in enumerate(levels)}
        own = np.array([-1 if cell is None else places[_key(cell)] for cell in cells], np.int64)
        values = np.where(rows, own[np.where(rows, codes, 0)], native.values)
        return replace(native, values=values, missing=values < 0, levels=tuple(levels))
    own = np.array([0 if cell is None else cell for cell in cells], native.values.dtype)
    values = np.where(rows, own[np.where(rows, codes, 0)], native.values)
    missing = np.where(rows, gone, native.missing)
    return replace(native, values=np.where(missing, 0, values), missing=missing)


def _one_scale(native: ColumnArrays, cells: Sequence[Any]) -> tuple[ColumnArrays, list[int | None]]:
    """A column of decimals and cells that are text, both in units of the last digit of either."""
    exact = [None if cell is None else Decimal(cell) for cell in cells]
    found = max((-int(cell.as_tuple().exponent) for cell in exact if cell is not None), default=0)
    scale = max(native.scale, found)
    values = native.values * 10 ** (scale - native.scale)
    units = [None if cell is None else int(cell.scaleb(scale)) for cell in exact]
    return replace(native, values=values, scale=scale), units


def _key(level: Level) -> tuple[str, Level]:
    return type(level).__name__, level
