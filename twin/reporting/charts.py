"""Charts as inline SVG, written by hand: small, the same bytes each time, styled by the page's CSS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, floor, log10

from markupsafe import Markup, escape

from twin.attacks.base import Attack, Reading
from twin.metrics.overlay import Overlay, OverlayBar
from twin.metrics.score import Score, short
from twin.reporting.document import TrainingCurve
from twin.reporting.verdicts import figure, form_of_attack
from twin.reporting.words import form_of, number, seconds

_WIDE = 260  # width of an overlay, in user units
_TALL = 84  # height of the bins of an overlay
_ROW = 15  # height of a bar
_NAME = 124  # most width of a bar's name
_LETTERS = 20  # most letters of a bar's name
_LETTER = 6.1  # width of a letter
_SEQUENTIAL = (
    "#f4f6f8",
    "#d8e3ee",
    "#b7cfe4",
    "#8fb6d8",
    "#6499c8",
    "#3d7bb4",
    "#225f9a",
    "#12467a",
    "#08305a",
)
_DIVERGING = (
    "#8c4a06",
    "#c07a2c",
    "#e3b375",
    "#f3ddbf",
    "#f4f6f8",
    "#c9dcec",
    "#8fb6d8",
    "#3d7bb4",
    "#12467a",
)
_CELL = 12


# A score: dot and interval above, diamond and interval of the reference below ---------------------------


def strip(score: Score) -> Markup:
    """A score and its reference with their intervals on one axis.

    Args:
        score: The score; its value must be known.

    Returns:
        An SVG, about 7 times as wide as high.
    """
    assert score.value is not None
    low, high, ticks = _axis(score)
    form = form_of(score)
    left, width, middle = 12.0, 296.0, 15.0

    def at(value: float) -> float:
        return left + width * (min(max(value, low), high) - low) / (high - low)

    body = [f'<line class="axis" x1="{num(left)}" x2="{num(left + width)}" y1="43" y2="43"/>']
    for i, tick in enumerate(ticks):
        anchor = "start" if i == 0 else "end" if i == len(ticks) - 1 else "middle"
        body.append(f'<line class="axis" x1="{num(at(tick))}" x2="{num(at(tick))}" y1="43" y2="46"/>')
        body.append(text(at(tick), 57, tick_words(tick, form == "share"), "tick", anchor))
    if score.reference is not None:
        x = at(score.reference)
        body.append(f'<line class="guide" x1="{num(x)}" x2="{num(x)}" y1="4" y2="43"/>')
        body += _whisker(at, score.reference_low, score.reference_high, 32.0, "real")
        body.append(f'<path class="real" d="M{num(x)} 26.5l5.5 5.5-5.5 5.5-5.5-5.5z"/>')
    body += _whisker(at, score.low, score.high, middle, "twin")
    body.append(f'<circle class="twin" cx="{num(at(score.value))}" cy="{num(middle)}" r="5"/>')
    label = f"{score.title}: twin {number(score.value, form)}"
    if score.reference is not None:
        label += f", {score.reference_label} {number(score.reference, form)}"
    return svg(320, 60, label, body, "strip")


def tick_words(value: float, percent: bool) -> str:
    """A value on an axis.

    Args:
        value: The figure.
        percent: Whether it is a share.

    Example:
        >>> tick_words(.05, True), tick_words(-.5, False)
        ('5%', '−0.5')
    """
    return (f"{value * 100:.6g}%" if percent else f"{value:.6g}").replace("-", "−")


def _whisker(at: object, low: float | None, high: float | None, y: float, css: str) -> list[str]:
    if low is None or high is None:
        return []
    a, b = at(low), at(high)  # type: ignore[operator]
    return [
        f'<line class="whisker {css}" x1="{num(a)}" x2="{num(max(b, a + 0.5))}" y1="{num(y)}" y2="{num(y)}"/>'
    ]


def _axis(score: Score) -> tuple[float, float, list[float]]:
    """Ends and ticks of the axis that holds a score, its reference and the best value there is."""
    parts = (score.value, score.low, score.high, score.reference, score.reference_low, score.reference_high)
    known = [v for v in parts if v is not None]
    best = {"higher": 1.0, "lower": 0.0, "half": 0.5}[score.better]
    if score.name == "tstr":
        best = max(known)
    low, high = min(*known, best), max(*known, best)
    if score.better == "half":
        reach = max(0.05, abs(low - 0.5), abs(high - 0.5))
        step = next(s for s in (0.05, 0.1, 0.25, 0.5) if s >= reach - 1e-9)
        return 0.5 - step, 0.5 + step, [0.5 - step, 0.5, 0.5 + step]
    reach = max(high - low, 1e-4)
    step = next(
        s
        for s in (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 10, 1e9)
        if 2 * s >= reach
    )
    first = floor(low / step + 1e-9) * step if score.better == "higher" else 0.0
    last = max(ceil(high / step - 1e-9) * step, first + step)
    count = round((last - first) / step)
    return first, last, [first + i * step for i in range(count + 1)]


# A column: real rows as grey areas, the twin as a blue line or mark -------------------------------------


def overlay_chart(overlay: Overlay) -> Markup:
    """One column of train (grey) and of the twin (blue).

    Args:
        overlay: Its shares.

    Returns:
        An SVG.
    """
    body: list[str] = []
    top = 4.0
    if overlay.train:
        body += _bins(overlay, top)
        top += _TALL + 22
    most = max((max(b.train, b.synthetic) for b in overlay.bars), default=0.0) or 1.0
    most = 1.0 if overlay.train else most  # beside bins, a full bar stands for all rows
    names = [_bar_name(bar, exact=bool(overlay.train)) for bar in overlay.bars]
    left = min(_NAME, 8 + _LETTER * max((len(name) for name in names), default=0))
    for bar, name in zip(overlay.bars, names, strict=True):
        body += _bar(bar, name, top, left, most)
        top += _ROW
    label = f"Shares of {short(overlay.column)} in the real rows and in the twin, as in the table below"
    return svg(_WIDE, top + 2, label, body, "overlay")


def _bins(overlay: Overlay, top: float) -> list[str]:
    places = overlay.places
    widths = [b - a for a, b in pairwise(places)]
    real = [s / w for s, w in zip(overlay.train, widths, strict=True)]
    twin = [s / w for s, w in zip(overlay.synthetic, widths, strict=True)]
    most = max(*real, *twin, 1e-9)
    base = top + _TALL

    def outline(heights: list[float], start: str) -> str:
        steps = [start]
        for h, place in zip(heights, places[1:], strict=True):
            steps.append(f"V{num(base - _TALL * h / most)}H{num(place * _WIDE)}")
        return "".join(steps)

    begin = f"M0 {num(base)}"
    return [
        f'<path class="real-area" d="{outline(real, begin)}V{num(base)}z"/>',
        f'<path class="twin-line" d="{outline(twin, begin)}V{num(base)}"/>',
        f'<line class="axis" x1="0" x2="{_WIDE}" y1="{num(base)}" y2="{num(base)}"/>',
        *_edge_labels(overlay, base),
    ]


def _edge_labels(overlay: Overlay, base: float) -> list[str]:
    """Every label, or every second, third, … one, or those that fit where the bins are not alike."""
    last = len(overlay.labels) - 1
    even = all(abs(b - a - 1 / last) < 1e-3 for a, b in pairwise(overlay.places))
    if even:
        for stride in range(1, last + 1):
            out = _placed(overlay, base, list(range(0, last + 1, stride)))
            if len(out) == 2 * (last // stride + 1) and len(out) <= 14:
                return out
    return _placed(overlay, base, [0, last, *range(1, last)])


def _placed(overlay: Overlay, base: float, order: list[int]) -> list[str]:
    """Ticks and labels of the edges, in turn, that find room."""
    out: list[str] = []
    taken: list[tuple[float, float]] = []
    last = len(overlay.labels) - 1
    for i in order:
        x, words = overlay.places[i] * _WIDE, overlay.labels[i]
        half = 3.0 * len(words) + 5
        lo, hi = (x, x + 2 * half) if i == 0 else (x - 2 * half, x) if i == last else (x - half, x + half)
        if lo < 0 or hi > _WIDE or any(lo < b and hi > a for a, b in taken) or len(taken) >= 7:
            continue
        taken.append((lo, hi))
        anchor = "start" if i == 0 else "end" if i == last else "middle"
        out.append(f'<line class="axis" x1="{num(x)}" x2="{num(x)}" y1="{num(base)}" y2="{num(base + 3)}"/>')
        out.append(text(x, base + 14, words, "tick", anchor))
    return out


def _bar_name(bar: OverlayBar, *, exact: bool) -> str:
    words = f"exactly {bar.label}" if exact and not bar.label.startswith("(") else bar.label
    if len(words) <= _LETTERS:
        return words
    half = _LETTERS // 2  # names often differ at their end
    return f"{words[:half].rstrip()}…{words[half - _LETTERS + 1 :].lstrip()}"


def _bar(bar: OverlayBar, name: str, top: float, left: float, most: float) -> list[str]:
    room = _WIDE - left - 6
    x = left + room * bar.synthetic / most
    return [
        text(left - 6, top + 10.5, name, "name", "end"),
        rect(left, top + 2.5, room * bar.train / most, 10, "real-area"),
        f'<line class="twin-mark" x1="{num(x)}" x2="{num(x)}" y1="{num(top + 0.5)}" y2="{num(top + 14.5)}"/>',
    ]


# A training: what was lost at each step ------------------------------------------------------------------


def plotted(training: TrainingCurve) -> str:
    """What a training tells at each point, as a label.

    Example:
        >>> plotted(TrainingCurve(unit="loss, nats a row,"))
        'loss, nats a row'
    """
    return short(training.unit.rstrip(" ,"))


def trained(training: TrainingCurve) -> str:
    """From where to where a training went, how long it took and why it ended.

    Example:
        >>> trained(TrainingCurve(unit="nats", steps=(10, 2_000), seconds=(0.1, 75), losses=(9.0, 7.5)))
        'nats: 9.00 at step 10, 7.50 at step 2,000, after 1 min 15 s; all steps done'
        >>> trained(TrainingCurve(unit="", ended="the copula alone"))
        'no steps; the copula alone'
    """
    points = list(zip(training.steps, training.losses, training.seconds, strict=False))
    if not points:
        return f"no steps; {short(training.ended)}"
    ends = points[:1] if len(points) == 1 else [points[0], points[-1]]
    told = ", ".join(f"{loss:,.2f} at step {step:,}".replace("-", "−") for step, loss, _ in ends)
    return f"{plotted(training)}: {told}, after {seconds(points[-1][2])}; {short(training.ended)}"


def training_chart(training: TrainingCurve) -> Markup:
    """Losses against steps, the first and the last written out.

    Args:
        training: The training, of at least one point.

    Returns:
        An SVG, about twice as wide as high.
    """
    left, top, width, height = 40.0, 34.0, 252.0, 104.0
    most = max(training.steps[-1], 1)
    ups, acrosses = round_ticks(min(training.losses), max(training.losses)), round_ticks(0, most)
    low, high = ups[0], ups[-1]
    base = top + height
    points = [
        (left + width * step / most, base - height * (loss - low) / (high - low))
        for step, loss in zip(training.steps, training.losses, strict=True)
    ]
    body = [text(0, 11, plotted(training), "name")]
    digits = max(0, -floor(log10(ups[1] - ups[0]) + 1e-9))
    for tick in ups:
        y = base - height * (tick - low) / (high - low)
        body.append(f'<path class="guide" d="M{num(left)} {num(y)}h{num(width)}"/>')
        body.append(text(left - 6, y + 3.5, f"{tick:,.{digits}f}".replace("-", "−"), "tick", "end"))
    body.append(f'<path class="axis" d="M{num(left)} {num(base)}h{num(width)}"/>')
    for tick in (t for t in acrosses if t <= most and t == round(t)):
        x = left + width * tick / most
        body.append(f'<path class="axis" d="M{num(x)} {num(base)}v3"/>')
        body.append(text(x, base + 14, f"{tick:,.0f}", "tick", "middle"))
    body.append(text(left + width / 2, base + 30, "steps", "name", "middle"))
    line = "L".join(f"{num(x)} {num(y)}" for x, y in points)
    body.append(f'<path class="twin-line" d="M{line}"/>')
    shown = [(points[-1], training.losses[-1], 7.0, 3.5)]
    if len(points) > 1:
        shown.insert(0, (points[0], training.losses[0], 0.0, -7.0))
    for (x, y), loss, right, down in shown:
        body.append(f'<circle class="twin" cx="{num(x)}" cy="{num(y)}" r="3"/>')
        body.append(text(x + right, y + down, f"{loss:,.2f}".replace("-", "−"), "mark"))
    return svg(340, base + 34, f"Training: {trained(training)}", body, "training")


def round_ticks(low: float, high: float) -> list[float]:
    """Round values, two to seven, from one at or below `low` to one at or above `high`.

    Args:
        low: Lower end.
        high: Upper end.
    """
    power = 10.0 ** floor(log10(max(high - low, 0.02 * abs(high), 1e-6) / 5))
    for step in (power, 2 * power, 5 * power, 10 * power):
        first = floor(low / step + 1e-9)
        last = max(ceil(high / step - 1e-9), first + 1)
        if last - first <= 6:
            break
    return [i * step for i in range(first, last + 1)]


# Associations -------------------------------------------------------------------------------------------


def heat_map(
    names: Sequence[str], values: Sequence[Sequence[float]], *, title: str, signed: bool = False
) -> Markup:
    """A map of the association of each pair of columns.

    Args:
        names: The q columns.
        values: 0 … 1, or -1 … 1 where signed, q × q.
        title: What it shows, for those who cannot see it.
        signed: Whether values lie on both sides of 0.

    Returns:
        An SVG, rows numbered and named, columns numbered.
    """
    q, colours = len(names), _DIVERGING if signed else _SEQUENTIAL
    left = 118.0
    groups: dict[int, list[str]] = {}
    for a in range(q):
        for b in range(q):
            if a != b:
                x, y = left + b * _CELL, a * _CELL
                groups.setdefault(_level(values[a][b], signed), []).append(f"M{num(x)} {num(y)}h11v11h-11z")
    body = [
        f'<path fill="{colours[level]}" d="{"".join(paths)}"/>' for level, paths in sorted(groups.items())
    ]
    for i, name in enumerate(names):
        body.append(text(left - 22, i * _CELL + 8.5, short(name, 17), "name", "end"))
        body.append(text(left - 5, i * _CELL + 8.5, str(i + 1), "tick", "end"))
        if q <= 9 or i % 2 == 0:
            body.append(text(left + i * _CELL + 5.5, q * _CELL + 10, str(i + 1), "tick", "middle"))
    return svg(left + q * _CELL, q * _CELL + 14, title, body, "heat")


def _level(value: float, signed: bool) -> int:
    if not signed:
        return min(8, max(0, int(value * 9)))
    # Differences are small where a twin is good, so steps are fine near 0: .02, .05, .1, .2.
    size = sum(abs(value) >= edge for edge in (0.02, 0.05, 0.1, 0.2))
    return 4 + size if value > 0 else 4 - size


def key(*, signed: bool = False) -> Markup:
    """The colours of a heat map with their values.

    Args:
        signed: As for `heat_map`.

    Returns:
        An SVG.
    """
    colours = _DIVERGING if signed else _SEQUENTIAL
    body = [f'<rect fill="{c}" x="{i * 20}" y="0" width="20" height="8"/>' for i, c in enumerate(colours)]
    if signed:
        marks = [(20, "−.2"), (60, "−.05"), (120, ".05"), (160, ".2")]
        body += [text(x, 19, words, "tick", "middle") for x, words in marks]
        label = "From less associated in the twin, brown, to more, blue"
    else:
        body += [
            text(0, 19, "0", "tick"),
            text(90, 19, ".5", "tick", "middle"),
            text(180, 19, "1", "tick", "end"),
        ]
        label = "From no association, pale, to full association, dark blue"
    return svg(180, 22, label, body, "key")


def svg(width: float, height: float, label: str, body: Sequence[str], css: str) -> Markup:
    """A chart of elements, with what it shows for those who cannot see it.

    Args:
        width: Width, in user units.
        height: Height, in user units.
        label: What the picture shows, for those who cannot see it.
        body: Elements of the picture.
        css: Class of the element.
    """
    size = f'viewBox="0 0 {num(width)} {num(height)}"'
    return Markup(
        f'<svg class="{css}" {size} role="img" aria-label="{escape(label)}">' + "".join(body) + "</svg>"
    )


def num(value: float) -> str:
    """A length or place, of at most two decimals.

    Example:
        >>> num(12.0), num(0.333)
        ('12', '0.33')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def text(x: float, y: float, words: str, css: str = "", anchor: str = "start") -> str:
    """Words at a place.

    Args:
        x: Distance from the left, in user units.
        y: Distance from the top, in user units.
        words: The text.
        css: Class of the element.
        anchor: Where the text is anchored: "start", "middle" or "end".
    """
    kind = f' class="{css}"' if css else ""
    side = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{num(x)}" y="{num(y)}"{kind}{side}>{escape(words)}</text>'


def rect(x: float, y: float, width: float, height: float, css: str) -> str:
    """A rectangle.

    Args:
        x: Distance from the left, in user units.
        y: Distance from the top, in user units.
        width: Width, in user units.
        height: Height, in user units.
        css: Class of the element.
    """
    size = f'width="{num(max(width, 0))}" height="{num(max(height, 0))}"'
    return f'<rect class="{css}" x="{num(x)}" y="{num(y)}" {size}/>'


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    """A straight line.

    Args:
        x1: Distance of its start from the left, in user units.
        y1: Distance of its start from the top, in user units.
        x2: Distance of its end from the left, in user units.
        y2: Distance of its end from the top, in user units.
        css: Class of the element.
    """
    ends = f'x1="{num(x1)}" x2="{num(x2)}" y1="{num(y1)}" y2="{num(y2)}"'
    return f'<line class="{css}" {ends}/>'


def dot(x: float, y: float, radius: float, css: str) -> str:
    """A disc.

    Args:
        x: Distance from the left, in user units.
        y: Distance from the top, in user units.
        radius: Half of its width, in user units.
        css: Class of the element.
    """
    return f'<circle class="{css}" cx="{num(x)}" cy="{num(y)}" r="{num(radius)}"/>'


def diamond(x: float, y: float, radius: float, css: str) -> str:
    """A square on its corner.

    Args:
        x: Distance from the left, in user units.
        y: Distance from the top, in user units.
        radius: Half of its width, in user units.
        css: Class of the element.
    """
    r = num(radius)
    return f'<path class="{css}" d="M{num(x)} {num(y - radius)}l{r} {r}-{r} {r}-{r}-{r}z"/>'


_FOREST_LEFT, _FOREST_WIDE, _FOREST_TOP, _FOREST_ROW = 104.0, 310.0, 20.0, 19.0


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
        return _FOREST_LEFT + _FOREST_WIDE * (min(max(value, low), high) - low) / (high - low)

    rows: list[tuple[str, str, Reading]] = [("the twin", "twin", attack.reading)]
    if attack.negative is not None:
        rows.append(("real people", "real", attack.negative))
    rows += [(f"planted {c.share:.0%}", "planted", c.reading) for c in attack.controls]
    base = _FOREST_TOP + _FOREST_ROW * len(rows) + 4
    body = [line(at(null), _FOREST_TOP - 4, at(null), base, "null")]
    body.append(text(at(null) - 4, _FOREST_TOP - 8, "no leak", "tick", "end"))
    if limit is not None:
        body.append(line(at(limit), _FOREST_TOP - 14, at(limit), base, "bound"))
        body.append(text(at(limit) + 4, _FOREST_TOP - 8, f"limit {number(limit, form)}", "bound-name"))
    for i, (name, css, reading) in enumerate(rows):
        y = _FOREST_TOP + _FOREST_ROW * i + 8
        body.append(text(_FOREST_LEFT - 12, y + 3.5, name, "name", "end"))
        body += _mark(reading, y, css, at, high)
    body.append(line(_FOREST_LEFT, base, _FOREST_LEFT + _FOREST_WIDE, base, "axis"))
    for tick in ticks:
        body.append(line(at(tick), base, at(tick), base + 3, "axis"))
        body.append(text(at(tick), base + 14, tick_words(tick, form == "share"), "tick", "middle"))
    said = f"{short(attack.about.title)}: the twin {figure(attack.reading, attack.about)}"
    said += "" if limit is None else f", limit {number(limit, form)}"
    return svg(_FOREST_LEFT + _FOREST_WIDE + 26, base + 18, said, body, "forest")


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
