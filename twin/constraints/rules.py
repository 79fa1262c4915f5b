"""Several rules as one value: what the stages of a fit and of a sample ask of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Self

import numpy as np
import pandas as pd
from pydantic import Field, ValidationError, field_validator, model_validator

from twin.arrays import Bools
from twin.columns.arrays.dp_reading import read_dp
from twin.columns.arrays.dtypes import CATEGORY, NUMBER, OBJECT
from twin.columns.arrays.reading import Table, TableArrays
from twin.columns.arrays.restore import restore
from twin.columns.schema import Declared, DirectIdentifier, Key, Name, Schema, Text
from twin.constraints.base import Adds, RowWise, Rule, RuleTable, is_auxiliary, outline
from twin.constraints.fixed_combinations import FixedCombinations
from twin.constraints.given import imply_combinations, imply_which, narrow
from twin.constraints.inequality import Inequality
from twin.constraints.linear import Linear, Sum
from twin.constraints.onehot import OneHot
from twin.constraints.order import Building, check_conflicts, minimal, named, order
from twin.constraints.range import Range
from twin.constraints.texts import Matches, Predicate
from twin.constraints.whole import Monotone, Seen, Unique
from twin.errors import InputError, SchemaError
from twin.privacy.suppression.guard import in_range

AnyRule = Annotated[
    Inequality | FixedCombinations | Linear | Sum | Range | Unique | OneHot | Monotone | Matches | Predicate,
    Field(discriminator="kind"),
]
Fixed = frozenset[Name] | Mapping[Name, Bools]

_LIST = "rules must be a list of rules such as twin.Inequality(low=..., high=...)"
_KEPT = 0.01  # share of rows that must keep all rules for a twin to be fitted


@dataclass(frozen=True)
class SetAside:
    """Rows of a source that break rules.

    Args:
        kept: Rows that keep all rules, shape (n,).
        counts: How many break each rule that some do.
    """

    kept: Bools
    counts: Mapping[Rule, int]

    def words(self, k: int) -> tuple[str, ...]:
        """A line for each rule that rows break, with no count below k.

        Args:
            k: The public threshold, ≥ 1.

        Example:
            >>> SetAside(np.array([True]), {Range(column="age", low=0): 3}).words(11)
            ('age ≥ 0: fewer than 11 rows set aside',)
        """
        told = {rule: in_range(count, k).replace("<", "fewer than ") for rule, count in self.counts.items()}
        return tuple(f"{rule}: {rows} rows set aside" for rule, rows in told.items())


class Rules(Declared):
    """Rules that a table keeps. Any number may overlap.

    Those met by construction add auxiliary columns, which a model learns as others: a gap for each
    inequality, a name for each combination, and which one is on of a one-hot group. After rows are drawn,
    `repair` computes what is free from what is not; what still breaks a rule is to be drawn again.

    Methods go in this order. Before a fit: `check`, `set_aside`, `extend`, `declare`. Before a draw: `given`
    or `given_rows`. After it: `repair`, `holds`, `strip`; for the whole table, `sorted_within` and `seen`.

    Args:
        rules: The rules; what is given twice counts once.

    Example:
        >>> rules = Rules(rules=[Inequality(low="start", high="end"), Range(column="start", low=0)])
        >>> rules.auxiliary, Rules.from_json(rules.to_json()) == rules
        (('⟂ gap start…end',), True)
        >>> rules.holds(pd.DataFrame({"start": [1, 3, -1], "end": [2, 2, 0]})).tolist()
        [True, False, False]
    """

    rules: tuple[AnyRule, ...] = ()

    @field_validator("rules", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        if isinstance(value, Rule) or not isinstance(value, Iterable) or isinstance(value, str | Mapping):
            raise ValueError(_LIST)
        rules = tuple(value)
        if not all(isinstance(rule, Rule | dict) for rule in rules):  # from JSON they come as dictionaries
            raise ValueError(_LIST)
        return rules

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len(set(self.rules)) < len(self.rules):
            object.__setattr__(self, "rules", tuple(dict.fromkeys(self.rules)))
        names = [rule.name for rule in self.rules if isinstance(rule, Predicate)]
        if len(set(names)) < len(names):
            raise ValueError("two predicates have the same name; give each its own")
        return self

    def __len__(self) -> int:
        return len(self.rules)

    def __str__(self) -> str:
        return "\n".join(map(str, self.rules))

    @cached_property
    def _adding(self) -> tuple[FixedCombinations | Inequality | OneHot, ...]:
        """Rules with an auxiliary column: those met by construction while no column is fixed."""
        steps = [rule for rule, _ in order(self.rules).steps]
        return tuple(rule for rule in steps if isinstance(rule, FixedCombinations | Inequality | OneHot))

    @property
    def auxiliary(self) -> tuple[str, ...]:
        """Names of the columns that are learned for the rules and never leave."""
        return tuple(dict.fromkeys(rule.auxiliary for rule in self._adding))

    @property
    def sorts(self) -> bool:
        """Whether there are rules on all rows of a person: `Monotone`."""
        return any(isinstance(rule, Monotone) for rule in self.rules)

    def check(self, about: Schema | Table) -> None:
        """Refuse rules that do not fit a table, or that cannot all hold.

        Args:
            about: The table, or its schema.

        Raises:
            InputError: If a column is not there or of another kind, or rules clash: these are named.
        """
        table = outline(about) if isinstance(about, Schema) else RuleTable(about)
        clash = [name for name in table.names if is_auxiliary(name) and name in self.auxiliary]
        if clash:
            raise InputError(
                f"constraints: a column is named {clash[0]!r}, as one that a rule adds; rename it"
            )
        for rule in self.rules:
            rule.check(table)
            if isinstance(about, Schema) and isinstance(rule, Building):
                for name in rule.members:
                    if isinstance(about[name], Key | Text | DirectIdentifier):
                        raise rule.error(
                            f"column {name!r} is of kind {about[name].kind}, which is never learned; "
                            "leave it out of the rule, or declare another kind"
                        )
        check_conflicts(self.rules, table)

    def resolved(self, about: Schema | Table) -> Rules:
        """The rules with a decision for each inequality whether its gap is learned.

        Args:
            about: The table, of whose gaps those are learned that vary little; or its schema alone, then
                those between dates.
        """
        table = None if isinstance(about, Schema) else RuleTable(about)
        made: list[Rule] = []
        for rule in self.rules:
            if isinstance(rule, Inequality) and rule.gap is None:
                dated = isinstance(about, Schema) and about[rule.low].kind == "datetime"
                close = dated if table is None else rule.close(table)
                made.append(rule.model_copy(update={"gap": close}))
            else:
                made.append(rule)
        return Rules(rules=tuple(made))  # type: ignore[arg-type]

    def broken(self, table: Table) -> dict[Rule, Bools]:
        """Which rows break which rule that rows keep one by one, shape (n,) each.

        Args:
            table: A table, with or without auxiliary columns.

        Raises:
            InputError: If the function of a predicate is not there.
        """
        looked_at = RuleTable(table)
        return {rule: rule.broken(looked_at) for rule in self.rules if isinstance(rule, RowWise)}

    def holds(self, frame: pd.DataFrame) -> Bools:
        """Which rows keep all rules that rows keep one by one, shape (n,)."""
        kept = np.ones(len(frame), dtype=bool)
        for rows in self.broken(frame).values():
            kept &= ~rows
        return kept

    def set_aside(self, source: Table, *, private: bool = False) -> SetAside:
        """Which rows of a source keep all rules, and how many do not.

        Args:
            source: The source, n rows.
            private: Never refuse, since under a budget an error tells of cells; nor may counts be told.

        Raises:
            InputError: If fewer than one row in a hundred would be left.
        """
        found = self.broken(source)
        kept = np.ones(len(source), dtype=bool)
        for rows in found.values():
            kept &= ~rows
        aside = SetAside(kept, {rule: int(rows.sum()) for rule, rows in found.items() if rows.any()})
        if len(source) and not private and kept.mean() < _KEPT:
            clash = minimal(list(found), lambda some: _kept(found, some, len(source)) >= _KEPT)
            which = "rule" if len(clash) == 1 else "rules"
            raise InputError(
                f"constraints: nearly no row of the table keeps the {which} {named(clash)}; "
                f"correct the {which}, or the table"
            )
        return aside

    def extend(self, source: Table) -> TableArrays:
        """A table with its auxiliary columns, after its own."""
        table = RuleTable(source)
        added = {rule.auxiliary: rule.extend(table) for rule in self._adding}
        return TableArrays.of(source).with_columns(added)

    def declare(self, schema: Schema) -> Schema:
        """A schema with the declarations of auxiliary columns, and bounds no wider than those of `Range`."""
        columns = {column.name: column for column in schema}
        for rule in self.rules:
            if isinstance(rule, Range):
                columns[rule.column] = rule.narrowed(columns[rule.column])
        narrowed = schema.model_copy(update={"columns": tuple(columns.values())})
        added = {rule.auxiliary: rule.declare(narrowed) for rule in self._adding}
        return schema.model_copy(update={"columns": (*columns.values(), *added.values())})

    def given(
        self,
        given: Mapping[Name, object],
        schema: Schema,
        levels: Mapping[str, Sequence[str]] | None = None,
    ) -> dict[Name, object]:
        """Conditions with what they imply: narrower ones, and ones on auxiliary columns.

        Args:
            given: Condition of each column, as users give it.
            schema: Declarations of the columns.
            levels: Levels that were learned of auxiliary columns, by name; those of combinations are used.

        Returns:
            The conditions.

        Raises:
            InputError: If a rule leaves nothing of what is asked for.
        """
        out, table = dict(given), outline(schema)
        for rule in self.rules:
            if isinstance(rule, Range | Inequality) and set(rule.members) <= set(schema.names):
                narrow(out, rule, table)
        for adding in self._adding:
            if isinstance(adding, OneHot):
                imply_which(out, adding)
            elif isinstance(adding, FixedCombinations):
                imply_combinations(out, adding, schema, (levels or {}).get(adding.auxiliary, ()))
        return out

    def given_rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table of which each row asks for its cells, with what they imply: which one of a group is on.

        Raises:
            InputError: If a row breaks a rule whose columns are all among those that are asked for.
        """
        table = RuleTable(frame)
        there = set(frame.columns)
        for rule in self.rules:
            if isinstance(rule, RowWise) and rule.members and set(rule.members) <= there:
                try:
                    rule.check(table)
                except InputError:
                    continue  # cells of another kind: what is asked of the column refuses them
                rows = rule.broken(table)
                if rows.any():
                    raise InputError(
                        f"given: row {int(np.argmax(rows))} breaks the rule {str(rule)!r}; "
                        "ask for what it allows"
                    )
        groups = [rule for rule in self._adding if isinstance(rule, OneHot) and set(rule.columns) <= there]
        return TableArrays(frame).with_columns({rule.auxiliary: rule.extend(table) for rule in groups}).frame

    def repair(
        self, frame: pd.DataFrame, fixed: Fixed = frozenset(), schema: Schema | None = None
    ) -> pd.DataFrame:
        """Drawn rows whose free cells are computed so that rules hold.

        Args:
            frame: Drawn rows with their auxiliary columns.
            fixed: Columns that may not change, or by column the rows where it may not, shape (n,); a column
                that `given` has conditioned a combination for may, since whatever is drawn meets it.
            schema: Declarations of the columns, which tell dtypes where all cells of one are missing.

        Returns:
            The rows, with the same columns and dtypes.
        """
        table = RuleTable(frame, schema)
        names = [str(name) for name in frame.columns]
        for rows, columns in _patterns(fixed, len(frame)):
            for rule, free in order(self.rules, columns - self._following(columns)).steps:
                if not isinstance(rule, Adds) or rule.auxiliary in names:
                    rule.repair(table, rows, free)
        return table.frame()

    def _following(self, asked: frozenset[Name]) -> frozenset[Name]:
        """Columns that need not be fixed: the combination asked for, or which one is on, says them."""
        groups = [rule for rule in self._adding if isinstance(rule, FixedCombinations | OneHot)]
        return frozenset().union(*(rule.members for rule in groups if rule.auxiliary in asked))

    def strip(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table without its auxiliary columns."""
        return frame.drop(columns=[name for name in self.auxiliary if name in frame.columns])

    def sorted_within(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A whole sample whose values are exchanged within persons so that `Monotone` rules hold."""
        table = RuleTable(frame)
        for rule in self.rules:
            if isinstance(rule, Monotone):
                rule.sorted_within(table)
        return table.frame()

    def seen(self) -> Seen:
        """A memory of rows for the `Unique` rules, empty."""
        return Seen(tuple(rule for rule in self.rules if isinstance(rule, Unique)))

    def with_predicates(self, functions: Mapping[str, Callable[[pd.DataFrame], Any]]) -> Rules:
        """The rules with the functions of predicates, which are not saved.

        Args:
            functions: Function by the name of its predicate.

        Raises:
            InputError: If there is no predicate of a name.
        """
        known = [rule.name for rule in self.rules if isinstance(rule, Predicate)]
        unknown = [name for name in functions if name not in known]
        if unknown:
            raise InputError(f"with_predicates: there is no predicate {unknown[0]!r}; see t.rules")
        return Rules(
            rules=tuple(
                Predicate(name=rule.name, function=functions[rule.name], columns=rule.columns)
                if isinstance(rule, Predicate) and rule.name in functions
                else rule
                for rule in self.rules
            )
        )

    def to_json(self) -> str:
        """The rules as JSON text; functions of predicates are left out."""
        return self.model_dump_json(indent=2, exclude_none=True)

    @classmethod
    def from_json(cls, text: str) -> Rules:
        """The rules from JSON text.

        Raises:
            SchemaError: If the text is not JSON or no rules.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the document"
            told = first["msg"].removeprefix("Value error, ")
            raise SchemaError(f"rules: {where} is not valid: {told}") from None


def _kept(broken: Mapping[Rule, Bools], rules: Iterable[Rule], n: int) -> float:
    """Share of n rows that keep some rules."""
    return 1 - float(
        np.logical_or.reduce([np.zeros(n, dtype=bool), *(broken[rule] for rule in rules)]).mean()
    )


def _patterns(fixed: Fixed, n: int) -> list[tuple[Bools, frozenset[Name]]]:
    """Rows that have the same columns fixed, and these columns."""
    if not isinstance(fixed, Mapping):
        return [(np.ones(n, dtype=bool), frozenset(fixed))]
    names = list(fixed)
    if not names or not n:
        return [(np.ones(n, dtype=bool), frozenset())]
    flags = np.stack([fixed[name] for name in names], axis=1)
    distinct, codes = np.unique(flags, axis=0, return_inverse=True)
    return [
        (codes.ravel() == code, frozenset(name for name, on in zip(names, row, strict=True) if on))
        for code, row in enumerate(distinct)
    ]


_PLAIN = {NUMBER: "float64", OBJECT: "object/mixed", CATEGORY: "object/mixed"}
"""In what cells are held while rules look at them, of dtypes that stand for several."""

Constraints = Rules | Iterable[Rule]


def as_rules(constraints: Constraints | None) -> Rules:
    """Rules as users give them; empty where there are none.

    Raises:
        SchemaError: If they are no rules.
    """
    if constraints is None:
        return Rules()
    return constraints if isinstance(constraints, Rules) else Rules(rules=constraints)  # type: ignore[arg-type]


def ruled_dp(rules: Rules, frame: pd.DataFrame, schema: Schema) -> tuple[pd.DataFrame, Schema]:
    """A source as it is learned under rules and a budget, where no cell may decide about another row.

    Cells are read one by one, as declared. Functions of predicates may look at many rows at once, so they are
    not asked of the source, only of samples.

    Args:
        rules: The rules.
        frame: The source.
        schema: Its declarations.

    Returns:
        Rows that keep the rules, with auxiliary columns, and the declarations of all.

    Raises:
        InputError: If the rules do not fit the schema, or cannot all hold.
    """
    if not len(rules):
        return frame, schema
    rules.check(schema)
    asked = Rules(rules=tuple(rule for rule in rules.rules if not isinstance(rule, Predicate)))
    members = {name for rule in asked.rules for name in rule.members}
    clean = frame.copy(deep=False)
    for column in schema:
        if column.name in members:
            native = read_dp(frame[column.name], column)
            token = _PLAIN.get(column.dtype, column.dtype)
            clean[column.name] = restore(native, token, column.name).set_axis(frame.index)
    kept = TableArrays(clean).rows(asked.set_aside(clean, private=True).kept)
    return rules.extend(kept).frame, rules.declare(schema)
