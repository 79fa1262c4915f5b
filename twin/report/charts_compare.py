"""Privacy against use, a point per twin."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from twin.metrics.score import Interval, short
from twin.policy.verdict import WORDS, Verdict
from twin.report.charts import round_ticks, tick_words
from twin.report.svg import dot, line, svg, text
from twin.report.verdicts import SYMBOLS

_LEFT, _TOP, _WIDE, _TALL = 52.0, 26.0, 500.0, 280.0
_FAR = 3.0  # times the limit beyond which a point stands at the edge
_LETTER = 6.2


@dataclass(frozen=True, kw_only=True)
class Place:
    """A twin on the chart.

    Args:
        label: What it is called.
        verdict: The verdict on it, or None.
        leak: An attack's figure as a share of its limit.
        use: A score of its likeness or use.
    """

    label: str
    verdict: Verdict | None
    leak: Interval
    use: Interval


def privacy_utility(places: Sequence[Place], leak: str, use: str) -> Markup:
    """Twins by what an attack gets out of them, and by what they are good for, with intervals.

    Args:
        places: The twins, one at least.
        leak: What lies to the right, in words.
        use: What lies upward, in words.

    Returns:
        An SVG.
    """
    across = round_ticks(*_ends([place.leak for place in places], 0.0, 1.2, most=_FAR))
    up = round_ticks(*_ends([place.use for place in places]))
    base = _TOP + _TALL

    def x_of(value: float) -> float:
        return _LEFT + _WIDE * _share(value, across)

    def y_of(value: float) -> float:
        return base - _TALL * _share(value, up)

    body = [text(0, 11, use, "name")]
    for tick in up:
        body.append(line(_LEFT, y_of(tick), _LEFT + _WIDE, y_of(tick), "guide"))
        body.append(text(_LEFT - 6, y_of(tick) + 3.5, tick_words(tick, False), "tick", "end"))
    body.append(line(_LEFT, base, _LEFT + _WIDE, base, "axis"))
    for tick in across:
        body.append(line(x_of(tick), base, x_of(tick), base + 3, "axis"))
        body.append(text(x_of(tick), base + 14, tick_words(tick, False), "tick", "middle"))
    body.append(text(_LEFT + _WIDE / 2, base + 32, leak, "name", "middle"))
    body += [line(x_of(0), _TOP, x_of(0), base, "null"), line(x_of(1), _TOP - 12, x_of(1), base, "bound")]
    body.append(text(x_of(1) + 4, _TOP - 3, "limit", "bound-name"))
    taken = [_box(x_of(place.leak.value), y_of(place.use.value), 9) for place in places]
    for place in places:
        x, y = x_of(place.leak.value), y_of(place.use.value)
        css = place.verdict or "none"
        body += _whiskers(place, x_of, y_of, css)
        body.append(dot(x, y, 8, f"point {css}"))
        body.append(text(x, y + 4, SYMBOLS[place.verdict] if place.verdict else "–", "sign", "middle"))
        body.append(_named(place.label, x, y, taken))
    judged = [(place, WORDS[place.verdict] if place.verdict else "not judged") for place in places]
    said = "; ".join(f"{short(p.label, 40)}: {word}, {p.leak.value:.2f} of the limit" for p, word in judged)
    return svg(_LEFT + _WIDE + 20, base + 38, f"{use} against {leak}. {said}", body, "trade")


def _share(value: float, ticks: Sequence[float]) -> float:
    """Where on an axis a value lies, 0 … 1; what lies beyond stands at its end."""
    return (min(max(value, ticks[0]), ticks[-1]) - ticks[0]) / (ticks[-1] - ticks[0])


def _ends(found: Sequence[Interval], *also: float, most: float = math.inf) -> tuple[float, float]:
    """Ends of an axis that holds all intervals, and some values besides."""
    parts = [v for i in found for v in (i.value, i.low, i.high) if v is not None]
    known = [min(v, most) for v in (*parts, *also)]
    return min(known), max(known)


def _whiskers(
    place: Place, x_of: Callable[[float], float], y_of: Callable[[float], float], css: str
) -> list[str]:
    """The two intervals of a point."""
    x, y, out = x_of(place.leak.value), y_of(place.use.value), []
    if place.leak.low is not None and place.leak.high is not None:
        out.append(line(x_of(place.leak.low), y, x_of(place.leak.high), y, f"whisker {css}"))
    if place.use.low is not None and place.use.high is not None:
        out.append(line(x, y_of(place.use.low), x, y_of(place.use.high), f"whisker {css}"))
    return out


def _named(label: str, x: float, y: float, taken: list[tuple[float, float, float, float]]) -> str:
    """The label beside its point, where it covers no other; `taken` then holds it too."""
    words = short(label, 32)
    wide = _LETTER * len(words)
    sides = [x + 13, x - 13 - wide, x - wide / 2]
    spots = [(side, y - 8) for side in sides[:2]]
    spots += [(side, y + down) for down in (-26, 12, -42, 28, -58, 44) for side in sides[::-1]]
    inside = [(a, b) for a, b in spots if a >= 0 and a + wide <= _LEFT + _WIDE + 20 and b >= 0]
    boxes = [(a, b, a + wide, b + 14) for a, b in inside or spots[:1]]
    free = next((box for box in boxes if not any(_meet(box, other) for other in taken)), boxes[0])
    taken.append(free)
    return text(free[0], free[1] + 11, words, "mark")


def _meet(one: tuple[float, float, float, float], two: tuple[float, float, float, float]) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def _box(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    return x - radius, y - radius, x + radius, y + radius
