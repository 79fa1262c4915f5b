"""The table of attacks: to add one, write its file and add its line."""

from __future__ import annotations

from twin.metrics.attacks.attack import Attacker
from twin.metrics.attacks.inference import NEAREST, TREES
from twin.metrics.attacks.linkability import Linkability
from twin.metrics.attacks.membership import DENSITY, DISTANCE

ATTACKS: tuple[Attacker, ...] = (
    Linkability(),
    NEAREST,
    TREES,
    DISTANCE,
    DENSITY,
)
"""Every attack, in the order of a report."""
