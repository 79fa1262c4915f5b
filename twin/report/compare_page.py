"""A comparison as HTML, text and JSON."""

from __future__ import annotations

from dataclasses import asdict

from markupsafe import Markup, escape

from twin.codes import Json
from twin.errors import InputError
from twin.metrics.score import Interval, Score, short
from twin.report import verdicts, words
from twin.report.charts_compare import Place, privacy_utility
from twin.report.compare import SHOWN, Comparison, Entry
from twin.report.html import environment
from twin.report.json import written
from twin.report.text import aligned, wrapped

HEADS = ("twin", "verdict", "worst attack", "its figure", "limit", "accuracy", "telling apart", "usefulness")
COSTS = ("budget", "model", "time")
DIGITS = 6
_TITLES = {"accuracy": "Accuracy", "tstr": "Usefulness (TSTR)"}


def rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """A row per twin, in the order of `HEADS` and `COSTS`."""
    return [_row(entry) for entry in comparison.entries]


def _row(entry: Entry) -> tuple[str, ...]:
    gate = entry.worst
    attack = (words.MISSING,) * 3
    if gate is not None:
        span = words.span(gate.low, gate.high, entry.form)
        figure = f"{words.number(gate.value, entry.form)}{f' ({span})' if span else ''}"
        attack = (gate.title, figure, verdicts.bound(gate, entry.scores, entry.form))
    return (
        short(entry.label),
        "not judged" if entry.verdict is None else verdicts.told(entry.verdict),
        *attack,
        *(_score(entry.scores.get(name)) for name in SHOWN),
        entry.budget,
        short(entry.model) or words.MISSING,
        words.MISSING if entry.seconds is None else words.seconds(entry.seconds),
    )


def _score(score: Score | None) -> str:
    if score is None or score.value is None:
        return words.MISSING
    span = words.span(score.low, score.high)
    return f"{words.number(score.value)}{f' ({span})' if span else ''}"


def chart(comparison: Comparison, attack: str | None = None) -> Markup:
    """Privacy against use; empty where no twin was attacked under a limit.

    Args:
        comparison: The comparison.
        attack: Title of the attack; None for each twin's worst.

    Raises:
        InputError: If no twin was attacked so under a limit.
    """
    places = []
    for entry in comparison.entries:
        score = entry.scores.get(comparison.use)
        title = attack if attack is not None else _worst(entry)
        if score is not None and score.value is not None and title in entry.nearness:
            use = Interval(score.value, score.low, score.high)
            leak = entry.nearness[title]
            places.append(Place(label=entry.label, verdict=entry.verdict, leak=leak, use=use))
    if attack is not None and not places:
        known = sorted({title for entry in comparison.entries for title in entry.nearness})
        raise InputError(f"attack: no twin was attacked so under a limit; choose from {', '.join(known)}")
    if not places:
        return Markup("")
    what = "worst attack" if attack is None else short(attack)
    return privacy_utility(places, f"{what}, as a share of its limit", _TITLES[comparison.use])


def _worst(entry: Entry) -> str:
    """The attack that comes nearest to its limit."""
    return max(entry.nearness, key=lambda title: entry.nearness[title].value, default="")


def html(comparison: Comparison, attack: str | None = None) -> str:
    """The comparison as an HTML document."""
    page = (
        environment()
        .get_template("compare.html")
        .render(
            heads=(*HEADS, *COSTS),
            rows=rows(comparison),
            chart=chart(comparison, attack),
            comparison=comparison,
        )
    )
    return page.rstrip() + "\n"


def fragment(comparison: Comparison) -> str:
    """The table alone, for notebooks."""
    head = "".join(f"<th>{escape(name)}</th>" for name in (*HEADS, *COSTS))
    body = "".join(
        "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows(comparison)
    )
    told = "".join(f"<p>{escape(words)}</p>" for words in (*comparison.stamps, comparison.notice))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{told}"


def text(comparison: Comparison) -> str:
    """The comparison as text, for a terminal: a table of the verdicts, and one of the cost."""
    found = rows(comparison)
    train, holdout = comparison.rows
    first = f"{len(found)} twins of one table: {train:,} rows learned from, {holdout:,} kept away"
    split = len(HEADS)
    costs = [(row[0], *row[split:]) for row in found]
    said = [line for words in (*comparison.stamps, comparison.notice) for line in wrapped(words)]
    lines = [first, *said, "", *aligned([HEADS, *(row[:split] for row in found)]), ""]
    return "\n".join([*lines, *aligned([(HEADS[0], *COSTS), *costs])]) + "\n"


def as_json(comparison: Comparison) -> str:
    """The comparison as JSON text."""
    train, holdout = comparison.rows
    document: dict[str, Json] = {
        "format": "twin-comparison",
        "version": 1,
        "columns": list(comparison.columns),
        "notice": comparison.notice,
        "stamps": list(comparison.stamps),
        "rows": {"train": train, "holdout": holdout},
        "twins": [_entry(entry) for entry in comparison.entries],
    }
    return written(document)


def _entry(entry: Entry) -> Json:
    gate = entry.worst
    return {
        "label": entry.label,
        "verdict": entry.verdict,
        "worst": None if gate is None else dict(asdict(gate)),
        "nearness": {title: _interval(near) for title, near in entry.nearness.items()},
        "scores": _scores(entry),
        "model": entry.model,
        "budget": entry.budget,
        "seconds": entry.seconds,
    }


def _scores(entry: Entry) -> Json:
    known = [(name, s.value, s.low, s.high) for name, s in entry.scores.items() if s.value is not None]
    return {name: _interval(Interval(value, low, high)) for name, value, low, high in known}


def _interval(found: Interval) -> Json:
    ends = {"value": found.value, "low": found.low, "high": found.high}
    return {name: None if end is None else round(end, DIGITS) for name, end in ends.items()}
