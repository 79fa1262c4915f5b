"""Rules that rows keep: declared or suggested, met by construction where they can be, else checked."""

from twin.constraints.bounds import Range
from twin.constraints.combinations import FixedCombinations
from twin.constraints.inequality import Inequality
from twin.constraints.linear import Linear, Sum
from twin.constraints.onehot import OneHot
from twin.constraints.rules import Rules, SetAside
from twin.constraints.suggest import Suggestions, suggest_constraints
from twin.constraints.texts import Matches, Predicate
from twin.constraints.whole import Monotone, Seen, Unique

__all__ = [
    "FixedCombinations",
    "Inequality",
    "Linear",
    "Matches",
    "Monotone",
    "OneHot",
    "Predicate",
    "Range",
    "Rules",
    "Seen",
    "SetAside",
    "Suggestions",
    "Sum",
    "Unique",
    "suggest_constraints",
]
