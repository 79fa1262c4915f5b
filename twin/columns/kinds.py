"""The table of kinds: how each is learned and loaded. The only place that tells kinds apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twin.codes import State
from twin.columns import category, identity, key, moment, number, text
from twin.columns.base import Learned
from twin.columns.native import Native
from twin.privacy.guard import ColumnGuard


@dataclass(frozen=True)
class Kind:
    """A kind of column.

    Args:
        learn: From a declaration, a column and its guard to a learned column.
        load: From a declaration and a saved state to a learned column.
    """

    learn: Callable[[Any, Native, ColumnGuard], Learned]
    load: Callable[[Any, State], Learned]


KINDS: dict[str, Kind] = {
    "category": Kind(category.learn, category.load),
    "flag": Kind(category.learn, category.load),
    "number": Kind(number.learn, number.load),
    "moment": Kind(moment.learn, moment.load),
    "key": Kind(key.learn, key.load),
    "text": Kind(text.learn, text.load),
    "identity": Kind(identity.learn, identity.load),
}
