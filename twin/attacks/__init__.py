"""How far attackers get with a synthetic table, one attack per function; a report runs them all.

May import columns and metrics. Begin with `base.py` (what an attack is) and `leaks.py` (the simplest ones).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.attacks.base import Attack, Attacker, AttackInfo, Control, Detail, Reading
    from twin.attacks.data import AttackData, by_person
    from twin.attacks.hits import rates
    from twin.attacks.inference import attribute_inference
    from twin.attacks.leaks import copied_rows, copied_strings, leaked_values
    from twin.attacks.linking import linkability
    from twin.attacks.membership import membership_inference
    from twin.attacks.rare_pairs import rare_combinations
    from twin.attacks.replicated import disclosive_pairs, replicated_uniques
    from twin.attacks.run import attack_alone
    from twin.attacks.shadows import outliers
    from twin.attacks.singling import singling_out

_MODULES = {
    "base": ("Attack", "AttackInfo", "Attacker", "Control", "Detail", "Reading"),
    "data": ("AttackData", "by_person"),
    "hits": ("rates",),
    "inference": ("attribute_inference",),
    "leaks": ("copied_rows", "copied_strings", "leaked_values"),
    "rare_pairs": ("rare_combinations",),
    "linking": ("linkability",),
    "membership": ("membership_inference",),
    "replicated": ("disclosive_pairs", "replicated_uniques"),
    "run": ("attack_alone",),
    "shadows": ("outliers",),
    "singling": ("singling_out",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "Attack",
    "AttackData",
    "AttackInfo",
    "Attacker",
    "Control",
    "Detail",
    "Reading",
    "attack_alone",
    "attribute_inference",
    "by_person",
    "copied_rows",
    "copied_strings",
    "disclosive_pairs",
    "leaked_values",
    "linkability",
    "membership_inference",
    "outliers",
    "rare_combinations",
    "rates",
    "replicated_uniques",
    "singling_out",
]


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'twin.attacks' has no attribute {name!r}")
    found = getattr(import_module(f"twin.attacks.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
