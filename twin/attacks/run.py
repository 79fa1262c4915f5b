"""Attacks against the synthetic table, against real people passed off as one, and against planted leaks."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from twin.attacks.base import Attack, Attacker, Control
from twin.attacks.data import AttackData, injected, read_tables
from twin.errors import InputError
from twin.metrics.table_view import TableView
from twin.randomness import Stream

SHARES = {0.01: Stream.INJECTED_FEW, 0.05: Stream.INJECTED_SOME, 1.0: Stream.INJECTED_ALL}
"""Shares of the people learned from that are planted to see which leak would be found."""


def run(
    attackers: Collection[Attacker], data: AttackData, progress: Callable[[float, str], None] | None = None
) -> tuple[Attack, ...]:
    """What every attack gets out of the synthetic table, and out of the controls.

    Args:
        attackers: The attacks.
        data: Whom they are run against.
        progress: Told the share done and what is done now, or None.

    Returns:
        One result per attack that has something to work on.
    """
    planted, done = _planted(data), []
    for i, attacker in enumerate(attackers):
        if progress is not None:
            progress(i / len(attackers), f"attacking: {attacker.about.title}")
        done.append(_run(attacker, data, planted))
    return tuple(a for a in done if a.reading is not None or any(c.share == 1.0 for c in a.controls))


def attack_alone(attacker: Attacker, original: Any, synthetic: Any, control: Any, **settings: Any) -> Attack:
    """One attack against tables as a user has them, with its controls.

    Args:
        attacker: The attack.
        original: As in `read_tables`.
        synthetic: As in `read_tables`.
        control: As in `read_tables`.
        settings: Further arguments of `read_tables`.

    Returns:
        The result; its reading is None where the tables give the attack nothing to work on.

    Raises:
        InputError: If the tables cannot be used.
        SchemaError: If their columns differ.
    """
    data = read_tables(original, synthetic, control, **settings)
    found = _run(attacker, data, _planted(data))
    if found.reading is None and not found.weak:
        return replace(found, weak="the tables give this attack nothing to work on")
    return found


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a word that is none of the choices.

    Args:
        name: The argument.
        value: What was given.
        choices: What may be given.

    Raises:
        InputError: If it is none of them.
    """
    if value not in choices:
        raise InputError(f"{name}: must be {' or '.join(map(repr, choices))}")


def _planted(data: AttackData) -> dict[float, TableView]:
    views = data.case.views
    return {
        share: injected(views.synthetic, views.train, share, data.rng(stream))
        for share, stream in SHARES.items()
    }


def _run(attacker: Attacker, data: AttackData, planted: dict[float, TableView]) -> Attack:
    synthetic = data.case.views.synthetic
    reading = attacker.read(data, synthetic)
    negative = None if data.others is None else attacker.read(data, data.others)
    found = {share: attacker.read(data, table) for share, table in planted.items()}
    detail = attacker.detail(data, synthetic, reading)
    return Attack(
        about=attacker.about,
        reading=reading,
        negative=negative,
        controls=tuple(Control(share=share, reading=one) for share, one in found.items() if one is not None),
        weak=detail.weak,
        note=detail.note,
        tables=detail.tables,
    )
