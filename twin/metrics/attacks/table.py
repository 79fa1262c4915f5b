"""The table of attacks: to add one, write its file and add its line."""

from __future__ import annotations

from twin.metrics.attacks.attack import Attacker
from twin.metrics.attacks.combinations import RareCombinations
from twin.metrics.attacks.copies import CopiedStrings, Copies
from twin.metrics.attacks.inference import NEAREST, TREES
from twin.metrics.attacks.leaks import Leaks
from twin.metrics.attacks.linkability import Linkability
from twin.metrics.attacks.membership import DENSITY, DISTANCE
from twin.metrics.attacks.replicated import DisclosivePairs, ReplicatedUniques
from twin.metrics.attacks.singling import SinglingOut, SinglingOutOne

ATTACKS: tuple[Attacker, ...] = (
    Leaks(),
    Copies(),
    CopiedStrings(),
    RareCombinations(),
    SinglingOutOne(),
    SinglingOut(),
    Linkability(),
    NEAREST,
    TREES,
    DISTANCE,
    DENSITY,
    ReplicatedUniques(),
    DisclosivePairs(),
)
"""Every attack, in the order of a report."""
