"""The table of kinds: how each is learned and loaded. The only place that tells kinds apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twin.codes import State
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.base import LearnedColumn
from twin.columns.kinds import category, key, number, text
from twin.columns.kinds import datetime as moment
from twin.columns.kinds import direct_identifier as identity
from twin.columns.kinds import dp_category as private_category
from twin.columns.kinds import dp_datetime as private_moment
from twin.columns.kinds import dp_number as private_number
from twin.columns.kinds import dp_unlearned as unlearned
from twin.privacy.dp.dp_guard import DpColumnGuard
from twin.privacy.dp.plan import Need
from twin.privacy.suppression.guard import ColumnGuard


@dataclass(frozen=True)
class Kind:
    """A kind of column.

    Args:
        learn: From a declaration, a column and its guard to a learned column.
        load: From a declaration and a saved state to a learned column.
        needs: What a column must learn with noise under a budget, from its declaration alone.
        learn_privately: As `learn`, through the private guard; it charges what `needs` says and no more.
        told: The declaration with what was learned of its dtype, which is then fixed and saved.
    """

    learn: Callable[[Any, ColumnArrays, ColumnGuard], LearnedColumn]
    load: Callable[[Any, State], LearnedColumn]
    needs: Callable[[Any], tuple[Need, ...]]
    learn_privately: Callable[[Any, ColumnArrays, DpColumnGuard], LearnedColumn]
    told: Callable[[Any, Any], Any]


_LEVELS = Kind(
    category.learn, category.load, private_category.needs, private_category.learn, private_category.told
)

KINDS: dict[str, Kind] = {
    "category": _LEVELS,
    "flag": _LEVELS,
    "number": Kind(
        number.learn, number.load, private_number.needs, private_number.learn, private_number.told
    ),
    "datetime": Kind(
        moment.learn, moment.load, private_moment.needs, private_moment.learn, private_moment.told
    ),
    "key": Kind(key.learn, key.load, unlearned.key_needs, unlearned.learn_key, unlearned.told_key),
    "text": Kind(text.learn, text.load, unlearned.text_needs, unlearned.learn_text, unlearned.told_text),
    "direct_identifier": Kind(
        identity.learn,
        identity.load,
        unlearned.identity_needs,
        unlearned.learn_identity,
        unlearned.told_identity,
    ),
}
