"""All attacks, each against the twin, against real people passed off as a twin, and against planted leaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twin.attacks.base import Attack, Attacker, Control
from twin.attacks.data import AttackData, injected
from twin.metrics.table_view import TableView

SHARES = (0.01, 0.05, 1.0)
"""Shares of the people learned from that are planted to see which leak would be found."""


def run(
    attackers: Sequence[Attacker], bed: AttackData, progress: Callable[[float, str], None] | None = None
) -> tuple[Attack, ...]:
    """What every attack gets out of the twin, and out of the controls.

    Args:
        attackers: The attacks.
        bed: Whom they are run against.
        progress: Told the share done and what is done now, or None.

    Returns:
        One result per attack that has something to work on.
    """
    views = bed.case.views
    tables: list[tuple[float | None, TableView | None]] = [(None, views.synthetic), (None, bed.others)]
    tables += [
        (share, injected(views.synthetic, views.train, share, bed.rng(i))) for i, share in enumerate(SHARES)
    ]
    done = []
    for i, attacker in enumerate(attackers):
        if progress is not None:
            progress(i / len(attackers), f"attacking: {attacker.about.title}")
        readings = [None if table is None else attacker.read(bed, table) for _, table in tables]
        if readings[0] is None and readings[-1] is None:
            continue
        detail = attacker.detail(bed, views.synthetic, readings[0])
        controls = [
            Control(share=share, reading=reading)
            for (share, _), reading in zip(tables, readings, strict=True)
            if share is not None and reading is not None
        ]
        done.append(
            Attack(
                about=attacker.about,
                reading=readings[0],
                negative=readings[1],
                controls=tuple(controls),
                weak=detail.weak,
                note=detail.note,
                tables=detail.tables,
            )
        )
    return tuple(done)
