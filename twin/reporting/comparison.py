"""Several twins of one table side by side: verdict, worst attack, likeness, use and cost."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from twin.codes import Json
from twin.errors import FileFormatError, InputError
from twin.files.paths import AtomicFile, open_to_read
from twin.metrics.score import Interval, Score, short
from twin.policy.verdict import WORDS, Judgement, LimitResult, Verdict
from twin.reporting import fixed, verdicts, words
from twin.reporting.charts import dot, line, round_ticks, svg, text, tick_words
from twin.reporting.document import Report
from twin.reporting.html import environment
from twin.reporting.json import written
from twin.reporting.text import aligned, wrapped
from twin.reporting.verdicts import SYMBOLS, form_of_gate, null_of, relative, worst

if TYPE_CHECKING:
    from twin.metrics.score import Form


SHOWN = ("accuracy", "c2st", "tstr")
"""Scores that are compared."""
_MOST_BYTES = 1 << 28


@dataclass(frozen=True, kw_only=True)
class ComparedTwin:
    """One twin of a comparison.

    Args:
        label: What it is called.
        verdict: The verdict on it, or None where no limits were set.
        worst: The limit on people that stands worst, or None where there is none.
        form: How the figure of `worst` is written.
        nearness: Each attack's figure as a share of its limit, by the attack's title: 0 without a leak, 1 at
            the limit.
        scores: Those of `SHOWN` that are known, by name.
        model: The model that was fitted; empty where it is not known.
        budget: What was promised, in a few words.
        seconds: How long it took, or None where that was not told.
        stamps: What must stand on every page about it.
        notice: Who may see its figures.
    """

    label: str
    verdict: Verdict | None
    worst: LimitResult | None
    form: Form
    nearness: Mapping[str, Interval]
    scores: Mapping[str, Score]
    model: str
    budget: str
    seconds: float | None
    stamps: tuple[str, ...] = ()
    notice: str = fixed.INTERNAL


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Several twins of one table, scored beside the same people. It shows itself in notebooks.

    Args:
        entries: The twins, in the order given.
        columns: Names of the columns of the table.
        rows: Real rows learned from and rows kept away.
    """

    entries: tuple[ComparedTwin, ...]
    columns: tuple[str, ...]
    rows: tuple[int, int]

    @property
    def notice(self) -> str:
        """Who may see it: no more people than any of the reports."""
        strict = any(entry.notice == fixed.NOT_FOR_RELEASE for entry in self.entries)
        return fixed.NOT_FOR_RELEASE if strict else fixed.INTERNAL

    @property
    def stamps(self) -> tuple[str, ...]:
        """What must stand on every page, with the twin that it is about."""
        return tuple(f"{short(entry.label)}: {stamp}" for entry in self.entries for stamp in entry.stamps)

    @property
    def use(self) -> str:
        """What the chart sets against the attack: usefulness where all twins have it, or accuracy."""
        return "tstr" if all("tstr" in entry.scores for entry in self.entries) else "accuracy"

    def to_html(self, path: str | Path | None = None, *, attack: str | None = None) -> str:
        """The comparison as one HTML file, without scripts.

        Args:
            path: Where to write it, or None.
            attack: Title of the attack on the chart; None for each twin's worst.

        Returns:
            The document.

        Raises:
            InputError: If no twin was attacked so under a limit.
        """
        return _written(html(self, attack), path)

    def to_text(self, path: str | Path | None = None) -> str:
        """The comparison as plain text.

        Args:
            path: Where to write it, or None.

        Returns:
            The document.
        """
        return _written(plain_text(self), path)

    def to_json(self, path: str | Path | None = None) -> str:
        """The comparison as JSON.

        Args:
            path: Where to write it, or None.

        Returns:
            The document.
        """
        return _written(as_json(self), path)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"Comparison({', '.join(short(entry.label) for entry in self.entries)})"

    def _repr_html_(self) -> str:
        return fragment(self)


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        with AtomicFile(Path(path)) as file:
            file.stream.write(text.encode())
    return text


def compare(reports: Mapping[str, Report]) -> Comparison:
    """Several twins of one table side by side.

    Args:
        reports: Reports by what to call each twin, two at least, made with the same train and holdout.

    Returns:
        The comparison.

    Raises:
        InputError: If there are fewer than two, or they are of different tables.
        FileFormatError: If one is a public part, which holds no figures.

    Example:
        >>> import pandas as pd
        >>> from twin.columns.schema import Number, Schema
        >>> from twin.metrics.evaluate import Options, evaluate
        >>> frame, schema = pd.DataFrame({"x": [1.0, 2.0]}), Schema(columns=(Number(name="x"),))
        >>> scores = evaluate(frame, None, frame, schema, options=Options(metrics=("accuracy",)))
        >>> report = Report(evaluation=scores, schema=schema)
        >>> compare({"trees": report, "copula": report})
        Comparison(trees, copula)
    """
    return _compared({str(label): report.to_json() for label, report in reports.items()})


def compare_files(paths: Iterable[str | Path]) -> Comparison:
    """The same from reports in JSON, each called by its file's name.

    Args:
        paths: Files that `Report.to_json` wrote, two at least.

    Returns:
        The comparison.

    Raises:
        InputError: If a file is not there, is named twice, or reports are of different tables.
        FileFormatError: If a file is no report, or a damaged one.
    """
    texts: dict[str, str] = {}
    for path in map(Path, paths):
        label = path.stem if path.stem not in texts else str(path)
        if label in texts:
            raise InputError(f"compare: {path} is named twice; name each report once")
        with open_to_read(path) as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise FileFormatError(f"{path}: is too long for a report")
        try:
            texts[label] = content.decode("utf-8")
        except UnicodeDecodeError:
            raise FileFormatError(f"{path}: is no text in UTF-8, so no report in JSON") from None
    return _compared(texts)


def _compared(texts: Mapping[str, str]) -> Comparison:
    if len(texts) < 2:
        raise InputError("compare: give two reports at least")
    read = {label: _read(label, text) for label, text in texts.items()}
    first, *others = read
    table = _table(read[first][0])
    for label in others:
        for what, mine in _table(read[label][0]).items():
            if mine != table[what]:
                raise InputError(
                    f"compare: {short(first)!r} and {short(label)!r} are not of one table, since their "
                    f"{what} differ; compare twins fitted and scored with the same train and holdout"
                )
    train, holdout = table["numbers of rows"]
    entries = tuple(entry for _, entry in read.values())
    return Comparison(entries=entries, columns=table["columns"], rows=(train, holdout))


def _table(document: dict[str, Any]) -> dict[str, Any]:
    """What two reports on twins of one table have in common."""
    sizes = document["sizes"]
    people = ("train_subjects", "holdout_subjects")
    return {
        "columns": tuple(str(column["name"]) for column in document["schema"]["columns"]),
        "numbers of rows": tuple(int(sizes[part]) for part in ("train", "holdout")),
        "numbers of people": tuple(int(sizes[part]) for part in people),
        "targets": document["target"],
    }


def _read(label: str, text: str) -> tuple[dict[str, Any], ComparedTwin]:
    """A report in JSON, and what is compared of it."""
    from pydantic import TypeAdapter, ValidationError

    from twin.policy.record import read_record

    try:
        record = read_record(text)
        document = json.loads(text)
        _table(document)
        told = document["judgement"]
        judged = None if told is None else TypeAdapter(Judgement).validate_json(json.dumps(told), strict=True)
        facts, ledger = document["facts"], document["ledger"]
        budget = f"k = {facts['k']}" if ledger is None else _promise(ledger)
        seconds = sum(float(spent) for _, spent in facts["seconds"]) if facts["seconds"] else None
        model, notice = str(facts["model"]), str(document["notice"])
        stamps = tuple(str(stamp) for stamp in document["stamps"])
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        if isinstance(error, FileFormatError):
            raise FileFormatError(f"compare: {short(label)!r}: {error}") from None
        raise FileFormatError(f"compare: {short(label)!r}: the report is damaged; make it anew") from None
    gate = None if judged is None else worst(judged, record.attacks)
    nearness = {}
    for each in () if judged is None else judged.gates:
        near = relative(each, record.attacks)
        if near is not None and each.aim == "privacy" and each.low is not None and each.high is not None:
            null = null_of(each, record.attacks)
            room = (each.limit or 0.0) - null
            nearness[each.title] = Interval(near, (each.low - null) / room, (each.high - null) / room)
    return document, ComparedTwin(
        label=label,
        verdict=None if judged is None else judged.verdict,
        worst=gate,
        form="score" if gate is None else form_of_gate(gate, record.attacks),
        nearness=MappingProxyType(nearness),
        scores=MappingProxyType({name: record.scores[name] for name in SHOWN if name in record.scores}),
        model=model,
        budget=budget,
        seconds=seconds,
        stamps=stamps,
        notice=notice,
    )


def _promise(ledger: Json) -> str:
    assert isinstance(ledger, dict)
    if not ledger["valid"]:
        return "VOID"
    receipt: Any = ledger["receipt"]
    return f"epsilon {receipt['budget']['epsilon']:g}, delta {receipt['budget']['delta']:g}"


HEADS = ("twin", "verdict", "worst attack", "its figure", "limit", "accuracy", "telling apart", "usefulness")
COSTS = ("budget", "model", "time")
DIGITS = 6
_TITLES = {"accuracy": "Accuracy", "tstr": "Usefulness (TSTR)"}


def rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """A row per twin, in the order of `HEADS` and `COSTS`."""
    return [_row(entry) for entry in comparison.entries]


def _row(entry: ComparedTwin) -> tuple[str, ...]:
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


def _worst(entry: ComparedTwin) -> str:
    """The attack that comes nearest to its limit."""
    return max(entry.nearness, key=lambda title: entry.nearness[title].value, default="")


def html(comparison: Comparison, attack: str | None = None) -> str:
    """The comparison as an HTML document.

    Args:
        comparison: The comparison.
        attack: Code of an attack, or None for all.
    """
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


def plain_text(comparison: Comparison) -> str:
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


def _entry(entry: ComparedTwin) -> Json:
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


def _scores(entry: ComparedTwin) -> Json:
    known = [(name, s.value, s.low, s.high) for name, s in entry.scores.items() if s.value is not None]
    return {name: _interval(Interval(value, low, high)) for name, value, low, high in known}


def _interval(found: Interval) -> Json:
    ends = {"value": found.value, "low": found.low, "high": found.high}
    return {name: None if end is None else round(end, DIGITS) for name, end in ends.items()}


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
