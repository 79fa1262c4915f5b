"""The table of kinds: what each takes, learns and loads. The only place that tells kinds apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from twin.codes import State
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.base import Candidate, LearnedColumn
from twin.columns.kinds import (
    category,
    datetime,
    direct_identifier,
    dp_category,
    dp_datetime,
    dp_number,
    dp_unlearned,
    key,
    number,
    text,
)
from twin.columns.schema import Column, add_column_class
from twin.errors import SchemaError
from twin.privacy.dp.dp_guard import DpColumnGuard
from twin.privacy.dp.plan import Need
from twin.privacy.suppression.guard import ColumnGuard


def _takes_none(candidate: Candidate) -> None:
    """No column: the kind is declared by hand."""


def _without_dp(column: Column) -> tuple[Need, ...]:
    raise SchemaError(
        f"column {column.name!r}: columns of kind {column.kind} have no form under a budget; "
        "declare another kind, or fit without epsilon"
    )


def _never_learned(column: Column, arrays: ColumnArrays, guard: DpColumnGuard) -> LearnedColumn:
    raise SchemaError(f"column {column.name!r}: kind {column.kind} needs learn_dp= where it has needs=")


def _as_declared(column: Column, learned: LearnedColumn) -> Column:
    return column


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of column. Its functions get a declaration of the class that it was registered with.

    Args:
        learn: From a declaration, the column and its guard to a learned column.
        load: From a declaration and a saved state to a learned column.
        takes: Declares a column whose kind is looked for, with the reason, or gives None to reject it.
        needs: What a column must learn with noise under a budget, from its declaration alone.
        learn_dp: As `learn`, through the guard of a budget; it is charged what `needs` says and no more.
        released: The declaration with what was learned of its dtype under a budget, to be saved.
        names_subject: Whether a column of this kind may name the subject.
    """

    learn: Callable[[Any, ColumnArrays, ColumnGuard], LearnedColumn]
    load: Callable[[Any, State], LearnedColumn]
    takes: Callable[[Candidate], Column | None] = _takes_none
    needs: Callable[[Any], tuple[Need, ...]] = _without_dp
    learn_dp: Callable[[Any, ColumnArrays, DpColumnGuard], LearnedColumn] = _never_learned
    released: Callable[[Any, Any], Any] = _as_declared
    names_subject: bool = False


_CATEGORY = Kind(
    learn=category.learn,
    load=category.load,
    takes=category.takes,
    needs=dp_category.needs,
    learn_dp=dp_category.learn,
    released=dp_category.released,
)

KINDS: dict[str, Kind] = {
    "direct_identifier": Kind(
        learn=direct_identifier.learn,
        load=direct_identifier.load,
        takes=direct_identifier.takes,
        needs=dp_unlearned.identifier_needs,
        learn_dp=dp_unlearned.learn_identifier,
        released=dp_unlearned.released_identifier,
        names_subject=True,
    ),
    "flag": replace(_CATEGORY, takes=category.takes_flags),
    "datetime": Kind(
        learn=datetime.learn,
        load=datetime.load,
        takes=datetime.takes,
        needs=dp_datetime.needs,
        learn_dp=dp_datetime.learn,
        released=dp_datetime.released,
    ),
    "text": Kind(
        learn=text.learn,
        load=text.load,
        takes=text.takes,
        needs=dp_unlearned.text_needs,
        learn_dp=dp_unlearned.learn_text,
        released=dp_unlearned.released_text,
    ),
    "key": Kind(
        learn=key.learn,
        load=key.load,
        takes=key.takes,
        needs=dp_unlearned.key_needs,
        learn_dp=dp_unlearned.learn_key,
        released=dp_unlearned.released_key,
        names_subject=True,
    ),
    "number": Kind(
        learn=number.learn,
        load=number.load,
        takes=number.takes,
        needs=dp_number.needs,
        learn_dp=dp_number.learn,
        released=dp_number.released,
    ),
    "category": _CATEGORY,
}
"""Kinds by their word, in the order in which they are asked whether they take a column."""


def register_kind(
    column: type[Column],
    *,
    learn: Callable[[Any, ColumnArrays, ColumnGuard], LearnedColumn],
    load: Callable[[Any, State], LearnedColumn],
    takes: Callable[[Candidate], Column | None] = _takes_none,
    needs: Callable[[Any], tuple[Need, ...]] = _without_dp,
    learn_dp: Callable[[Any, ColumnArrays, DpColumnGuard], LearnedColumn] = _never_learned,
    released: Callable[[Any, Any], Any] = _as_declared,
) -> None:
    """Add a kind of column of one's own, for schemas, fits, samples and files of this session.

    Where a schema is inferred, it is asked after direct identifiers and before all other kinds.

    Args:
        column: Class of its declarations; it derives from `twin.Column` and says its kind in one word.
        learn: From a declaration, the column and its guard to a learned column, which keeps nothing that the
            guard did not support.
        load: From a declaration and a saved state to a learned column.
        takes: Declares a column whose kind is looked for, with the reason, or gives None to reject it. Left
            out: columns are of this kind where a schema says so.
        needs: What a column must learn with noise under a budget. Left out: it is refused there.
        learn_dp: As `learn`, through the guard of a budget; it is charged what `needs` says and no more.
        released: The declaration with what was learned of its dtype under a budget, to be saved.

    Raises:
        SchemaError: If the class does not say its kind, or another class is of this kind.

    Example:
        >>> from twin.columns.schema import Category
        >>> register_kind(Category, learn=category.learn, load=category.load)  # see docs/howto/extend.md
        Traceback (most recent call last):
        twin.errors.SchemaError: register_kind: Category is of kind 'category' already; choose another word
    """
    word = add_column_class(column)
    kind = Kind(learn=learn, load=load, takes=takes, needs=needs, learn_dp=learn_dp, released=released)
    others = {name: known for name, known in KINDS.items() if name not in (word, "direct_identifier")}
    first = KINDS["direct_identifier"]
    KINDS.clear()
    KINDS.update({"direct_identifier": first, word: kind, **others})
