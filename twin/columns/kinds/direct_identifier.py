"""Direct identifiers: never learned, invented afresh in the same form, masked, or left out (rule S11).

What is kept of a column is which forms enough subjects share ("{First} {Last}", "+49 ### #######") and
whether cells are missing. What is invented is a function of the sample's seed and the row's number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import Bools, Ints, Uints64
from twin.codes import Field, State
from twin.columns import schema
from twin.columns.arrays.reading import ColumnArrays, Type
from twin.columns.base import FEWEST_ROWS, Candidate, Condition, DecodeContext, Matrix
from twin.columns.given.asked import Asked
from twin.columns.kinds.key import REPEATS
from twin.columns.pii.detect.recognition import recognise
from twin.columns.pii.detect.whats import WHATS
from twin.columns.pii.detect.words import (
    word_list,
)
from twin.columns.pii.generate.base import (
    Ask,
    IdentifierFacts,
    Inventor,
    KnownIdentifiers,
    Person,
    derived,
    hashed,
    share,
)
from twin.columns.pii.generate.masks import hidden
from twin.columns.pii.generate.registry import INVENTORS, NUMERIC, PLAIN
from twin.columns.pii.generate.sexes import sexes
from twin.columns.schema import Level, Name
from twin.errors import SchemaError
from twin.privacy.suppression.guard import ColumnGuard

Presence = Literal["always", "never", "field"]
_FORM = re.compile(r"[^{}]*(?:\{(?:\w{1,10}|[0X -]+|(?:lat|lon):\.\d{1,2}f)\}[^{}]*)*")
"""A form and its slots: names, digits to be drawn, or a coordinate. Some forms go to `str.format`."""

HIDDEN = "***"
"""What a masked value is where too few subjects share its form."""

_MOST_FORMS = 24
_OTHERS = word_list("other_people")
_WHOLE = ("name", "first_name", "last_name")
_TYPES: tuple[Type, ...] = ("string", "mixed", "integer", "real", "decimal")
_NUMBER = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True, kw_only=True)
class LearnedDirectIdentifier:
    """A learned direct identifier: its forms, and nothing else.

    Args:
        column: The declaration.
        forms: Forms that enough subjects share, or the usual one.
        weights: Share of each form, shape (number of forms,), sum 1.
        presence: Whether cells are always there, never there, or a field tells.
        type: What the values are; text, or numbers on their own or as levels.
        numeric: Whether values or levels are numbers.

    Example:
        >>> learned = LearnedDirectIdentifier(column=schema.DirectIdentifier(what="ip"), forms=("4",))
        >>> context = DecodeContext(rng=np.random.default_rng(0), start=0, seed=1)
        >>> len(learned.decode(np.empty((3, 0), np.int32), context).levels)
        3
    """

    column: schema.DirectIdentifier
    forms: tuple[str, ...]
    weights: tuple[float, ...] = (1.0,)
    presence: Presence = "always"
    type: Type = "string"
    numeric: bool = False

    @property
    def fields(self) -> tuple[Field, ...]:
        """Whether a cell is there, if that is known; else none."""
        if self.presence != "field":
            return ()
        return (Field(name=str(self.column.name), size=2, nullable=True),)

    def encode(self, arrays: ColumnArrays, rng: Generator) -> Matrix:
        """0 where a cell is missing, else 1, shape (n, 0 or 1).

        Args:
            arrays: The column as arrays, n rows.
            rng: Source of randomness.
        """
        return (~arrays.missing)[:, None][:, : len(self.fields)].astype(np.int32)

    def decode(self, codes: Matrix, context: DecodeContext) -> ColumnArrays:
        """Identifiers of people of whom nothing else is known.

        Args:
            codes: Codes of the column's fields, shape (n, fields).
            context: Which rows are decoded, and their randomness.
        """
        return self.invent(context, codes, KnownIdentifiers())

    def invent(self, context: DecodeContext, codes: Matrix, known: KnownIdentifiers) -> ColumnArrays:
        """Identifiers that agree with those of the same person, and with their sex.

        Args:
            context: Which rows are decoded, and their randomness.
            codes: Codes of the column's fields, shape (n, fields).
            known: What is decided of the rows before identifiers are invented.
        """
        n = codes.shape[0]
        missing = codes[:, 0] == 0 if self.presence == "field" else np.full(n, self.presence == "never")
        if missing.all():
            return self._arrays([""] * n, missing)
        rows = context.numbers(n).astype(np.uint64)
        chosen = self._chosen(rows, context.seed)
        if self.column.treatment == "mask":
            made = [self.forms[form] for form in chosen.tolist()]
            return self._arrays(made, missing)
        about = IdentifierFacts(locale=self.column.locale, name=str(self.column.name))
        person = self._person(known, n)
        ask = Ask(rows=rows, seed=context.seed, about=about, person=person, unique=self.column.unique)
        inventor = inventor_of(self.column.what, self.numeric)
        out = np.empty(n, object)
        for form in range(len(self.forms)):
            here = chosen == form
            if here.any():
                out[here] = inventor.invent(ask.take(here), self.forms[form])
        return self._arrays(out.tolist(), missing)

    def condition(self, asked: Asked) -> Condition:
        """None: identifiers are made up afresh."""
        raise asked.refused("a direct identifier")

    def state(self) -> State:
        """What `load` needs."""
        return State(
            {
                "forms": list(self.forms),
                "weights": list(self.weights),
                "presence": self.presence,
                "type": self.type,
                "numeric": self.numeric,
            }
        )

    def _chosen(self, rows: Uints64, seed: int) -> Ints:
        """Which form each row has, shape (n,)."""
        drawn = share(hashed(rows, derived(seed, f"{self.column.name}\0form")))
        reach = np.cumsum(self.weights)
        return np.minimum(np.searchsorted(reach, drawn, side="right"), len(self.forms) - 1).astype(np.int64)

    def _person(self, known: KnownIdentifiers, n: int) -> Person:
        """The person, as all columns of theirs see them."""
        same = [
            peer.column
            for peer in known.peers
            if isinstance(peer, LearnedDirectIdentifier) and peer.column.person == self.column.person
        ] or [self.column]
        named = [column for column in same if column.what in _WHOLE] or [self.column]
        sex_columns = [
            column.sex for column in same if column.sex is not None and column.sex in known.natives
        ]
        return Person(
            name=self.column.person,
            locale=named[0].locale,
            sex=sexes(known.natives[sex_columns[0]], str(sex_columns[0])) if sex_columns else None,
            distinct=frozenset(column.what for column in same if column.unique),
        )

    def _arrays(self, made: list[str], missing: Bools) -> ColumnArrays:
        if not self.numeric:
            codes, levels = _levels(made, missing)
            return ColumnArrays(type=self.type, values=codes, missing=missing, levels=levels)
        numbers = [0 if gone else _number(text) for text, gone in zip(made, missing.tolist(), strict=True)]
        if self.type == "mixed":
            codes, levels = _levels(numbers, missing)
            return ColumnArrays(type="mixed", values=codes, missing=missing, levels=levels)
        dtype = np.float64 if self.type == "real" else np.int64
        return ColumnArrays(type=self.type, values=np.array(numbers, dtype), missing=missing)


def inventor_of(what: str, numeric: bool) -> Inventor:
    """Who invents a sort of identifier.

    Args:
        what: What it is, in words.
        numeric: Whether the column holds numbers.
    """
    return NUMERIC.get(what, PLAIN) if numeric else INVENTORS[what]


def _levels(values: list[str] | list[float], missing: Bools) -> tuple[Ints, tuple[Level, ...]]:
    """Codes and distinct levels, in their own order."""
    objects = np.empty(len(values), object)
    objects[:] = values
    codes = np.full(len(values), -1, np.int64)
    distinct, levels = pd.factorize(objects[~missing])
    codes[~missing] = distinct
    return codes, tuple(levels.tolist())


def _number(text: str) -> float:
    if text.isdigit():
        return int(text[:18])
    if _NUMBER.fullmatch(text):
        return float(text)
    return int(re.sub(r"\D", "", text)[:18] or "0")


def takes(candidate: Candidate) -> schema.DirectIdentifier | None:
    """A direct identifier, by the form of its values and by its name."""
    if not candidate.present:
        return None
    recognised = recognise(candidate.name, candidate.arrays, candidate.dtype)
    if recognised is None:
        return None
    once = candidate.distinct == candidate.present
    reason = f"names the subject: {recognised.reason}" if candidate.is_subject else recognised.reason
    if not candidate.is_subject and not once and candidate.named_identifier:
        reason = f"{reason}; {REPEATS}"
    return schema.DirectIdentifier(
        name=candidate.name,
        dtype=candidate.dtype,
        what=recognised.what,
        locale=recognised.locale,
        unique=candidate.is_subject or (candidate.present >= FEWEST_ROWS and once),
        person=_other_person(candidate.name),
        reason=reason,
    )


def _other_person(name: Name) -> str:
    """Whom an identifier belongs to if not to the person that the row is about: "mother" in mother_email."""
    parts = re.findall(r"[a-zäöüéèñ]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", str(name)).lower())
    return next((part for part in parts if part in _OTHERS), "")


def learn(
    column: schema.DirectIdentifier, arrays: ColumnArrays, guard: ColumnGuard
) -> LearnedDirectIdentifier:
    """Learn the forms that enough subjects share, and say what becomes of the values.

    Args:
        column: Its declaration.
        arrays: The column as arrays, n rows.
        guard: The guard of this column.

    Raises:
        SchemaError: If values of this dtype cannot be identifiers, or cannot be left out.
    """
    title = WHATS[column.what].title
    if arrays.type not in _TYPES and not arrays.empty:
        raise SchemaError(
            f"column {column.name!r} has dtype {column.dtype}, which cannot hold a {title}: "
            "declare another kind"
        )
    if column.treatment == "drop":
        _check_droppable(column, arrays)
    texts, codes, numeric = _texts(arrays)
    rows = int((~arrays.missing).sum())
    guard.note(f"direct identifier: {title}", values=len(texts), rows=rows, replacement=_replacement(column))
    forms, weights = _forms(column, texts, codes, numeric, guard)
    return LearnedDirectIdentifier(
        column=column,
        forms=forms,
        weights=weights,
        presence="never" if column.treatment == "drop" else _presence(arrays, guard),
        type=arrays.type,
        numeric=numeric,
    )


def _check_droppable(column: schema.DirectIdentifier, arrays: ColumnArrays) -> None:
    if re.fullmatch(r"u?int\d+|bool", column.dtype) and arrays.missing.size:
        raise SchemaError(
            f"column {column.name!r} has dtype {column.dtype}, which cannot be empty: "
            'use treatment="mask" or "invent", or make it a nullable dtype such as Int64 first'
        )


def _replacement(column: schema.DirectIdentifier) -> str:
    reserved = WHATS[column.what].reserved
    if column.treatment == "invent":
        return f"invented afresh, from {reserved}" if reserved else "invented afresh"
    return "masked" if column.treatment == "mask" else "left empty"


def _texts(arrays: ColumnArrays) -> tuple[list[str], Ints, bool]:
    """Distinct values as text, their codes, and whether they are numbers."""
    nominal = arrays.as_nominal()
    levels = nominal.levels
    numeric = not arrays.nominal or (
        bool(levels)
        and all(isinstance(level, int | float) and not isinstance(level, bool) for level in levels)
    )
    return [_text(level) for level in levels], nominal.values.astype(np.int64), numeric


def _text(level: Level) -> str:
    if isinstance(level, float) and level.is_integer():
        return str(int(level))
    return str(level)


def _forms(
    column: schema.DirectIdentifier,
    texts: list[str],
    codes: Ints,
    numeric: bool,
    guard: ColumnGuard,
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The forms that enough subjects share, commonest first, and the share of each."""
    about = IdentifierFacts(locale=column.locale, name=str(column.name))
    if column.treatment == "mask":
        form_of_text, usual = [hidden(text) for text in texts], "0" if numeric else HIDDEN
    else:
        inventor = inventor_of(column.what, numeric)
        form_of_text, usual = inventor.forms(texts, about), inventor.default(about)
    distinct = sorted(set(form_of_text) - {""})
    index = {form: i for i, form in enumerate(distinct)}
    form_of = np.array([index.get(form, -1) for form in [*form_of_text, ""]], np.int64)
    rows = form_of[codes]  # (n,), -1 where there is no value or no form
    counts = np.bincount(rows[rows >= 0], minlength=len(distinct))
    kept = np.flatnonzero(guard.keep(rows, len(distinct)))
    kept = kept[np.argsort(-counts[kept], kind="stable")][:_MOST_FORMS]
    if column.unique and (column.what == "name" or numeric):
        kept = kept[:1]  # else "Martin Paul" may be two people
    if not kept.size:
        return (usual,), (1.0,)
    shares = counts[kept] / counts[kept].sum()
    return tuple(distinct[form] for form in kept), tuple(float(part) for part in shares)


def _presence(arrays: ColumnArrays, guard: ColumnGuard) -> Presence:
    """Whether cells are there, as far as enough subjects tell."""
    if arrays.empty and arrays.missing.size:
        return "never"
    gone, there = guard.supports(arrays.missing), guard.supports(~arrays.missing)
    if arrays.missing.any() and not gone:
        rows = int(arrays.missing.sum())
        guard.note("missing in too few", values=1, rows=rows, replacement="an identifier instead")
    if gone and not there:
        rows = int((~arrays.missing).sum())
        guard.note("present in too few", values=1, rows=rows, replacement="left empty")
    return "field" if gone and there else "never" if gone else "always"


def load(column: schema.DirectIdentifier, state: State) -> LearnedDirectIdentifier:
    """The learned column from its state.

    Args:
        column: Its declaration.
        state: What `state` gave, as it came from a file.
    """
    forms, weights = state.words("forms"), np.array(state.fact("weights", list), np.float64)
    presence, type_ = state.fact("presence", str), state.fact("type", str)
    if not forms or weights.shape != (len(forms),) or not (weights >= 0).all() or not weights.sum() > 0:
        raise ValueError("state: each form needs a weight")
    if column.treatment == "invent" and not all(_FORM.fullmatch(form) for form in forms):
        raise ValueError("state: a form has a slot that no form has")
    if presence not in get_args(Presence) or type_ not in get_args(Type):
        raise ValueError("state: its type or presence is none that there is")
    learned = LearnedDirectIdentifier(
        column=column,
        forms=forms,
        weights=tuple(weights.tolist()),
        presence=cast(Presence, presence),
        type=cast(Type, type_),
        numeric=state.fact("numeric", bool),
    )
    there = np.ones((1, len(learned.fields)), np.int32)
    context = DecodeContext(rng=np.random.default_rng(0), seed=0)
    for form in forms:  # what cannot be written is refused now, not in the middle of a sample
        replace(learned, forms=(form,), weights=(1.0,)).decode(there, context)
    return learned
