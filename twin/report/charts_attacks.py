"""Charts of attacks: the twin, its controls, the limit, and where nothing leaks, on one axis."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from twin.metrics.attacks.attack import Attack, Reading
from twin.metrics.score import short
from twin.report.charts import round_ticks, tick_words
from twin.report.svg import diamond, dot, line, num, svg, text
from twin.report.verdicts import figure, form_of_attack
from twin.report.words import number

_LEFT, _WIDE, _TOP, _ROW = 104.0, 310.0, 20.0, 19.0


def attack_chart(attack: Attack, limit: float | None) -> Markup:
    """What an attack got out of the twin, out of real people, and out of planted leaks.

    Args:
        attack: The attack, run against the twin.
        limit: The limit in force, or None.

    Returns:
        An SVG, a row per table that was attacked.
    """
    assert attack.reading is not None
    form, null = form_of_attack(attack.about), attack.about.null
    ticks = round_ticks(*_reach(attack, limit))
    low, high = ticks[0], ticks[-1]

    def at(value: float) -> float:
        return _LEFT + _WIDE * (min(max(value, low), high) - low) / (high - low)

    rows: list[tuple[str, str, Reading]] = [("the twin", "twin", attack.reading)]
    if attack.negative is not None:
        rows.append(("real people", "real", attack.negative))
    rows += [(f"planted {c.share:.0%}", "planted", c.reading) for c in attack.controls]
    base = _TOP + _ROW * len(rows) + 4
    body = [line(at(null), _TOP - 4, at(null), base, "null")]
    body.append(text(at(null) - 4, _TOP - 8, "no leak", "tick", "end"))
    if limit is not None:
        body.append(line(at(limit), _TOP - 14, at(limit), base, "bound"))
        body.append(text(at(limit) + 4, _TOP - 8, f"limit {number(limit, form)}", "bound-name"))
    for i, (name, css, reading) in enumerate(rows):
        y = _TOP + _ROW * i + 8
        body.append(text(_LEFT - 12, y + 3.5, name, "name", "end"))
        body += _mark(reading, y, css, at, high)
    body.append(line(_LEFT, base, _LEFT + _WIDE, base, "axis"))
    for tick in ticks:
        body.append(line(at(tick), base, at(tick), base + 3, "axis"))
        body.append(text(at(tick), base + 14, tick_words(tick, form == "share"), "tick", "middle"))
    said = f"{short(attack.about.title)}: the twin {figure(attack.reading, attack.about)}"
    said += "" if limit is None else f", limit {number(limit, form)}"
    return svg(_LEFT + _WIDE + 26, base + 18, said, body, "forest")


def _reach(attack: Attack, limit: float | None) -> tuple[float, float]:
    """Ends that hold the twin, the real people, the limit and no leak, with room for planted leaks beyond."""
    told = [r for r in (attack.reading, attack.negative) if r is not None]
    ends = [end for reading in told for end in (reading.low, reading.high)]
    known = [*ends, attack.about.null, *([] if limit is None else [limit])]
    low, high = min(known), max(known)
    return low, high + 0.35 * max(high - low, 0.02)


def _mark(reading: Reading, y: float, css: str, at: Callable[[float], float], high: float) -> list[str]:
    """A figure with its interval; an arrow where it lies beyond the axis."""
    x, a, b = at(reading.value), at(reading.low), at(reading.high)
    if reading.low > high:
        return [f'<path class="{css}" d="M{num(x + 4)} {num(y - 4.5)}l8 4.5-8 4.5z"/>']
    mark = diamond(x, y, 4.5, css) if css == "real" else dot(x, y, 4.5 if css == "twin" else 3.5, css)
    return [line(a, y, max(b, a + 0.5), y, f"whisker {css}"), mark]
