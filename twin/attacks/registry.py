"""The table of attacks: to add one of twin's own, write its file and add its line."""

from __future__ import annotations

from twin.attacks.base import Attacker, AttackInfo
from twin.attacks.inference import NEAREST, TREES
from twin.attacks.leaks import CopiedRows, CopiedStrings, LeakedValues
from twin.attacks.linking import Linkability
from twin.attacks.membership import DENSITY, DISTANCE
from twin.attacks.rare_pairs import RareCombinations
from twin.attacks.replicated import DisclosivePairs, ReplicatedUniques
from twin.attacks.singling import SinglingOut, SinglingOutOne
from twin.errors import InputError

_OWN: tuple[Attacker, ...] = (
    LeakedValues(),
    CopiedRows(),
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
ATTACKS: dict[str, Attacker] = {attacker.about.name: attacker for attacker in _OWN}
"""Every attack by name, in the order of a report."""


def register_attack(attacker: Attacker) -> None:
    """Add an attack of your own, which then is run for every report of this process.

    A policy can limit it by its name: `twin.Policy(privacy={"my_attack": {"limit": 0.05}})`. Without a limit
    the report tells its figure and no verdict.

    Args:
        attacker: Something with `about`, `read(data, synthetic)` and `detail(data, synthetic, reading)`: see
            `twin.attacks.base.Attacker`.

    Raises:
        InputError: If it lacks one of these, or there is an attack of that name.

    Example:
        >>> from twin.attacks.leaks import CopiedRows
        >>> register_attack(CopiedRows())
        Traceback (most recent call last):
        ...
        twin.errors.InputError: attack: there is an attack 'copies' already; choose another name
    """
    about = getattr(attacker, "about", None)
    lacks = [name for name in ("read", "detail") if not callable(getattr(attacker, name, None))]
    if lacks or not isinstance(about, AttackInfo):
        raise InputError(
            f"attack: lacks {lacks[0] if lacks else 'about, a twin.attacks.AttackInfo'}; "
            "see twin.attacks.base.Attacker"
        )
    if about.name in ATTACKS:
        raise InputError(f"attack: there is an attack {about.name!r} already; choose another name")
    ATTACKS[about.name] = attacker
