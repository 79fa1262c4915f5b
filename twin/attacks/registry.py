"""The table of attacks: to add one, write its file and add its line."""

from __future__ import annotations

from twin.attacks.base import Attacker
from twin.attacks.inference import NEAREST, TREES
from twin.attacks.leaks import CopiedStrings, Copies, Leaks, RareCombinations
from twin.attacks.linking import Linkability
from twin.attacks.membership import DENSITY, DISTANCE
from twin.attacks.replicated import DisclosivePairs, ReplicatedUniques
from twin.attacks.singling import SinglingOut, SinglingOutOne

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
