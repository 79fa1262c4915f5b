"""What a labelled column is, and the draws that its makers share."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

Rng = np.random.Generator
Cells = list[Any]
Draw = Callable[[Rng, int], Any]

KINDS = (
    "datetime",
    "number",
    "category",
    "flag",
    "key",
    "direct_identifier",
    "text",
    "location",
)
ROWS = 1_500


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """A column, or a pair of coordinates, and what a careful reader of its cells and name takes it for.

    Args:
        case: "group/what it shows", unique.
        names: Column name; two for a location.
        kinds: The right kinds; several where careful readers differ. Any other is wrong.
        draw: (rng, n) → n cells of the main kind; two lists for a location.
        form: How a cell is written: a pattern of `strptime` where one says it, else words; "" where it goes
            without saying.
        language: Of the names of months and days in the form; "" for English or none.
        grain: What all dates have in common, such as "month starts".
        specials: Values of another form, by their share of the rows.
        odd: Values that stand in one row each, and mean nothing.
        missing: Share of missing cells.
        dtype: As for `astype`; None for what pandas makes of the cells.
    """

    case: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    draw: Draw
    form: str = ""
    language: str = ""
    grain: str = ""
    specials: Mapping[Any, float] = field(default_factory=dict)
    odd: tuple[Any, ...] = ()
    missing: float = 0.0
    dtype: Any = None

    @property
    def group(self) -> str:
        """Which sort of column: the part of `case` before the slash."""
        return self.case.partition("/")[0]

    @property
    def held_out(self) -> bool:
        """Whether it belongs to the third that is tried once, at the end: the hash of its name says so."""
        return int(hashlib.sha256(self.case.encode()).hexdigest(), 16) % 3 == 0

    def make(self, rng: Rng, n: int) -> pd.Series | pd.DataFrame:
        """The column, or a frame of the two columns of a location.

        Args:
            rng: Where the draws come from.
            n: Rows.
        """
        drawn = self.draw(rng, n)
        pair = isinstance(drawn, tuple)
        rows = list(zip(*drawn, strict=True)) if pair else list(drawn)
        others = [value for value, share in self.specials.items() for _ in range(round(share * n))]
        others += [*self.odd, *[(None, None) if pair else None] * round(self.missing * n)]
        for at, value in zip(rng.permutation(n).tolist(), others, strict=False):
            rows[at] = value
        if not pair:
            return self._series(rows, self.names[0])
        return pd.concat(
            [
                self._series(list(c), name)
                for c, name in zip(zip(*rows, strict=True), self.names, strict=True)
            ],
            axis=1,
        )

    def _series(self, cells: Cells, name: str) -> pd.Series:
        return pd.Series(cells, name=name, dtype=self.dtype)

    def table(self, n: int = ROWS, seed: int = 0) -> pd.DataFrame:
        """A table of this column alone; equal for equal arguments.

        Args:
            n: Rows.
            seed: Where the draws start; each case has a stream of its own.
        """
        made = self.make(np.random.default_rng([seed, zlib.crc32(self.case.encode())]), n)
        return made if isinstance(made, pd.DataFrame) else made.to_frame()


# Cells of any sort


def pick(rng: Rng, values: Sequence[Any], n: int, skew: float = 0.0) -> Cells:
    """Draws from a list; with a skew, those that stand first come more often (Zipf)."""
    weights = 1 / np.arange(1, len(values) + 1) ** skew
    return [values[i] for i in rng.choice(len(values), n, p=weights / weights.sum())]


def fill(rng: Rng, pattern: str) -> str:
    """A draw from a pattern: # digit, ? capital, ! hexadecimal, * digit or capital."""
    sets = {"#": "0123456789", "?": "ABCDEFGHJKLMNPRSTUVWXYZ", "!": "0123456789abcdef"}
    sets["*"] = sets["#"] + sets["?"]
    draws = rng.integers(0, 2**31, len(pattern)).tolist()
    return "".join(sets[c][d % len(sets[c])] if c in sets else c for c, d in zip(pattern, draws, strict=True))


def filled(pattern: str) -> Draw:
    """Draws from a pattern."""
    return lambda rng, n: [fill(rng, pattern) for _ in range(n)]


def patterns(*several: str, skew: float = 0.6) -> Draw:
    """Draws from patterns, the first most often."""
    return lambda rng, n: [fill(rng, pattern) for pattern in pick(rng, several, n, skew)]


def chosen(values: Sequence[Any], skew: float = 0.0) -> Draw:
    """Draws from a list."""
    return lambda rng, n: pick(rng, values, n, skew)


def distinct(draw: Draw) -> Draw:
    """Draws of which no two are equal, in the order in which they came."""

    def make(rng: Rng, n: int) -> Cells:
        seen: dict[Any, None] = {}
        while len(seen) < n:
            seen |= dict.fromkeys(draw(rng, n))
        return list(seen)[:n]

    return make


def several(draw: Draw, per: float) -> Draw:
    """Draws that stand in several rows each: `per` rows on average, some in many more."""

    def make(rng: Rng, n: int) -> Cells:
        pool = draw(rng, max(2, round(n / per)))
        return pick(rng, pool, n, 0.4)

    return make


def in_order(draw: Draw) -> Draw:
    """The draws, sorted as in a ledger."""
    return lambda rng, n: sorted(draw(rng, n))


def blend(most: Draw, other: Draw, share: float) -> Draw:
    """Cells of two sorts; `share` of them are of the other."""

    def make(rng: Rng, n: int) -> Cells:
        a, b, turned = most(rng, n), other(rng, n), rng.random(n) < share
        return [y if t else x for x, y, t in zip(a, b, turned, strict=True)]

    return make


@lru_cache
def pool(locale: str, what: str) -> tuple[str, ...]:
    """Some hundred names of a locale, such as "city"."""
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(29)
    return tuple(dict.fromkeys(getattr(fake, what)() for _ in range(500)))


# Days and times


def births(rng: Rng, n: int) -> list[datetime]:
    """Days of birth of adults, mostly."""
    age = np.where(rng.random(n) < 0.8, rng.normal(49, 17, n), rng.uniform(0, 96, n)).clip(0.2, 99)
    return [datetime(2024, 6, 30) - timedelta(days=int(a * 365.25)) for a in age]


def between(first: str, last: str, lean: float = 1.0) -> Draw:
    """Days between two days, weekends rare, with days that recur; `lean` > 1 leans to the end."""

    def make(rng: Rng, n: int) -> list[datetime]:
        start, span = date.fromisoformat(first), (date.fromisoformat(last) - date.fromisoformat(first)).days
        offsets = (span * rng.beta(lean, 1.0, n)).astype(int)
        burst = rng.random(n) < 0.15  # campaigns, deadlines: many on one day
        offsets = np.where(burst, rng.choice(offsets, 12)[rng.integers(0, 12, n)], offsets)
        out = []
        for offset, kept in zip(offsets.tolist(), (rng.random(n) < 0.12).tolist(), strict=True):
            day = datetime(start.year, start.month, start.day) + timedelta(days=offset)
            moved = day.weekday() > 4 and not kept and offset > 1
            out.append(day - timedelta(days=day.weekday() - 4) if moved else day)
        return out

    return make


visits = between("2018-01-02", "2024-06-28", 1.6)


def clock(rng: Rng, n: int) -> list[timedelta]:
    """Times of day: a morning, an afternoon, and a few at any hour."""
    peak = rng.choice(3, n, p=[0.5, 0.38, 0.12])
    hours = np.choose(peak, [rng.normal(10.2, 1.6, n), rng.normal(15.4, 2.2, n), rng.uniform(0, 24, n)])
    return [timedelta(microseconds=int(h * 3_600_000_000)) for h in hours.clip(0, 23.999)]


def moments(rng: Rng, n: int) -> list[datetime]:
    """Days with a time of day, to the microsecond."""
    return [d + t for d, t in zip(visits(rng, n), clock(rng, n), strict=True)]


def to_minutes(step: int, draw: Draw = moments) -> Draw:
    """Moments cut to full minutes; `step` 5 leaves 10:05 and 10:10."""

    def cut(t: datetime) -> datetime:
        return t.replace(minute=t.minute // step * step, second=0, microsecond=0)

    return lambda rng, n: [cut(t) for t in draw(rng, n)]


def month_starts(rng: Rng, n: int) -> list[datetime]:
    """First days of months."""
    return [t.replace(day=1) for t in visits(rng, n)]


def month_ends(rng: Rng, n: int) -> list[datetime]:
    """Last days of months."""
    return [
        (t.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1) for t in visits(rng, n)
    ]


_EN = (
    "January February March April May June July August September October November December",
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "Mon Tue Wed Thu Fri Sat Sun",
)
_DE = (
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "Mo Di Mi Do Fr Sa So",
)
_FR = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "lun. mar. mer. jeu. ven. sam. dim.",
)
_ES = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "ene feb mar abr may jun jul ago sep oct nov dic",
    "lunes martes miércoles jueves viernes sábado domingo",
    "lun mar mié jue vie sáb dom",
)
_IT = (
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "gen feb mar apr mag giu lug ago set ott nov dic",
    "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "lun mar mer gio ven sab dom",
)
_NL = (
    "januari februari maart april mei juni juli augustus september oktober november december",
    "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "ma di wo do vr za zo",
)
CALENDARS = {
    language: tuple(tuple(part.split()) for part in parts)
    for language, parts in {"en": _EN, "de": _DE, "fr": _FR, "es": _ES, "it": _IT, "nl": _NL}.items()
}


def _th(day: int) -> str:
    return "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def written(pattern: str, language: str = "en") -> Callable[[datetime], str]:
    """How a moment is written; doubled letters are padded: {d} 5, {dd} 05, {M} and {S} always are."""
    months, short, days, short_days = CALENDARS[language]

    def one(t: datetime) -> str:
        week = t.isocalendar()
        return pattern.format(
            d=t.day, dd=f"{t.day:02}", m=t.month, mm=f"{t.month:02}", y=f"{t.year:04}",
            yy=f"{t.year % 100:02}",
            month=months[t.month - 1], mon=short[t.month - 1], day=days[t.weekday()],
            dy=short_days[t.weekday()],
            th=_th(t.day), H=t.hour, HH=f"{t.hour:02}", h=t.hour % 12 or 12, hh=f"{t.hour % 12 or 12:02}",
            M=f"{t.minute:02}", S=f"{t.second:02}", ms=f"{t.microsecond // 1000:03}",
            us=f"{t.microsecond:06}",
            p="AM" if t.hour < 12 else "PM", q=(t.month - 1) // 3 + 1, W=f"{week.week:02}", WY=week.year,
            wd=week.weekday, doy=f"{t.timetuple().tm_yday:03}", z="+02:00" if 3 < t.month < 11 else "+01:00",
        )  # fmt: skip

    return one


# Amounts


def heaped(draw: Draw, step: float, share: float) -> Draw:
    """Numbers of which a share is rounded to multiples of a step, as people say them."""

    def make(rng: Rng, n: int) -> Cells:
        values, turned = np.asarray(draw(rng, n), float), rng.random(n) < share
        return list(np.where(turned, np.round(values / step) * step, values).tolist())

    return make


def _within(draw: Callable[[Rng, int], Any], low: float, high: float) -> Draw:
    """What lies outside the bounds is drawn again from what lies inside."""

    def make(rng: Rng, n: int) -> Cells:
        values = draw(rng, n)
        outside = (values < low) | (values > high)
        values[outside] = rng.choice(values[~outside], int(outside.sum()))
        return list(values.tolist())

    return make


def lognormal(middle: float, sigma: float, places: int = 2, most: float = np.inf, least: float = 0) -> Draw:
    """Skewed positive numbers around a middle."""
    return _within(lambda rng, n: np.round(middle * rng.lognormal(0, sigma, n), places), least, most)


def normal(mean: float, sd: float, places: int = 1, low: float = -np.inf, high: float = np.inf) -> Draw:
    """Numbers around a mean, within bounds."""
    return _within(lambda rng, n: np.round(rng.normal(mean, sd, n), places) + 0.0, low, high)


def counts(mean: float, spread: float = 1.5, most: int = 10**9) -> Draw:
    """Counts with a long tail (negative binomial)."""
    return lambda rng, n: rng.negative_binomial(spread, spread / (spread + mean), n).clip(0, most).tolist()


def ages(rng: Rng, n: int) -> Cells:
    """Ages in years, 18 to 97."""
    return list(
        np.where(rng.random(n) < 0.7, rng.normal(46, 15, n), rng.uniform(18, 97, n))
        .clip(18, 97)
        .astype(int)
        .tolist()
    )


def whole(draw: Draw) -> Draw:
    """The numbers of a draw, as integers."""
    return lambda rng, n: [round(v) for v in draw(rng, n)]


def tenfold(draw: Draw) -> Draw:
    """Integers of a draw, times ten."""
    return lambda rng, n: [10 * round(v) for v in draw(rng, n)]


def through(draw: Draw, change: Callable[[Any], Any]) -> Draw:
    """The cells of a draw, each changed."""
    return lambda rng, n: [change(v) for v in draw(rng, n)]
