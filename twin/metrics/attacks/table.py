"""The table of attacks: to add one, write its file and add its line."""

from __future__ import annotations

from twin.metrics.attacks.attack import Attacker

ATTACKS: tuple[Attacker, ...] = ()
"""Every attack, in the order of a report."""
