"""Dates and times that are no text: calendars kept as integers or floats, and typed dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from tests.helpers.labelled_kinds.base import (
    Case,
    Cells,
    Draw,
    Rng,
    between,
    births,
    in_order,
    moments,
    month_ends,
    month_starts,
    through,
    to_minutes,
    visits,
)
from tests.helpers.labelled_kinds.dates import around, mondays


def calendar(
    case: str, name: str, draw: Draw, change: Callable[[datetime], Any], form: str, **more: Any
) -> Case:
    """A column of dates as numbers: what is drawn, the number for it, and its form."""
    kinds = more.pop("kinds", ("datetime",))
    return Case(
        case=f"calendars/{case}", names=(name,), kinds=kinds, draw=through(draw, change), form=form, **more
    )


def stamped(case: str, name: str, draw: Draw, **more: Any) -> Case:
    """A column of typed dates."""
    return Case(case=f"typed dates/{case}", names=(name,), kinds=("datetime",), draw=draw, **more)


def digits(pattern: str) -> Callable[[datetime], int]:
    """The integer that a pattern of `strftime` writes."""
    return lambda t: int(t.strftime(pattern))


def since(unit: int) -> Callable[[datetime], int]:
    """Units since 1970, `unit` per second."""
    return lambda t: (t - datetime(1970, 1, 1)) // timedelta(microseconds=1) * unit // 10**6


def _flights(rng: Rng, n: int) -> list[datetime]:
    minutes = np.where(rng.random(n) < 0.04, rng.integers(0, 300, n), rng.normal(820, 290, n) % 1440).astype(
        int
    )
    return [datetime(2013, 5, 1) + timedelta(minutes=m) for m in minutes.tolist()]


def _built(rng: Rng, n: int) -> list[datetime]:
    years = np.where(
        rng.random(n) < 0.3, rng.integers(1880, 1946, n), rng.normal(1978, 22, n).clip(1880, 2023)
    ).astype(int)
    return [datetime(y, 1, 1) for y in years.tolist()]


def to_days(draw: Draw) -> Draw:
    """Python dates."""
    return through(draw, lambda t: t.date())


quarter_starts: Draw = through(visits, lambda t: t.replace(month=(t.month - 1) // 3 * 3 + 1, day=1))
later = between("2015-01-01", "2024-06-30", 1.3)

NUMBERS = [
    calendar("YYYYMMDD", "birth_date", births, digits("%Y%m%d"), "YYYYMMDD integer"),
    calendar("YYYYMMDD, name says nothing", "c3", visits, digits("%Y%m%d"), "YYYYMMDD integer"),
    calendar("YYYYMMDD, float", "datum_tod", later, lambda t: float(f"{t:%Y%m%d}"), "YYYYMMDD float",
             missing=0.6),
    calendar("YYYYMMDD, int32", "fecha_ult_compra", visits, digits("%Y%m%d"), "YYYYMMDD integer",
             dtype="int32"),
    calendar("YYYYMMDD, nullable", "INTDATE", visits, digits("%Y%m%d"), "YYYYMMDD integer", dtype="Int64",
             missing=0.1),
    calendar("YYYYMMDD, open end", "end_dt", later, digits("%Y%m%d"), "YYYYMMDD integer",
             specials={99999999: 0.08}),
    calendar("YYYYMMDD, last day", "valid_to_dt", later, digits("%Y%m%d"), "YYYYMMDD integer",
             specials={99991231: 0.1}),
    calendar("YYYYMMDD, zero", "close_date", later, digits("%Y%m%d"), "YYYYMMDD integer", specials={0: 0.05}),
    calendar("DDMMYYYY", "geburtsdatum_zahl", births, digits("%d%m%Y"), "DDMMYYYY integer"),
    calendar("YYMMDD", "buchungsdatum", between("2019-01-01", "2024-06-30"), digits("%y%m%d"),
             "YYMMDD integer"),
    calendar("YYYYMM", "month_key", month_starts, digits("%Y%m"), "YYYYMM integer"),
    calendar("YYYYMM, float", "periode", month_starts, lambda t: float(f"{t:%Y%m}"), "YYYYMM float",
             missing=0.05),
    calendar("YYYYMM, name says nothing", "k2", month_starts, digits("%Y%m"), "YYYYMM integer"),
    calendar("YYYYQ", "quarter", visits, lambda t: t.year * 10 + (t.month - 1) // 3 + 1, "YYYYQ integer"),
    calendar("YYYYWW", "kalenderwoche", visits, digits("%G%V"), "YYYYWW integer"),
    calendar("YYYYDDD", "julian_day", visits, digits("%Y%j"), "YYYYDDD integer"),
    calendar("YYYYMMDDHHMMSS", "load_ts", moments, digits("%Y%m%d%H%M%S"), "YYYYMMDDHHMMSS integer"),
    calendar("HHMM", "dep_time", _flights, digits("%H%M"), "HHMM integer"),
    calendar("HHMM, float", "arr_time", _flights, lambda t: float(f"{t:%H%M}"), "HHMM float", missing=0.03),
    calendar("HHMM, 9999", "crs_dep", _flights, digits("%H%M"), "HHMM integer", specials={9999: 0.02}),
    calendar("HHMMSS", "uhrzeit", moments, digits("%H%M%S"), "HHMMSS integer"),
    calendar("seconds", "unix_time", moments, since(1), "epoch s"),
    calendar("seconds, name says nothing", "f_11", moments, since(1), "epoch s",
             kinds=("datetime", "number")),
    calendar("seconds, fractions", "ts", moments, lambda t: since(1000)(t) / 1000, "epoch s float"),
    calendar("seconds, zero", "last_seen", moments, since(1), "epoch s", specials={0: 0.07}),
    calendar("seconds, -1", "deleted_at", moments, since(1), "epoch s", specials={-1: 0.1}),
    calendar("milliseconds", "created_ms", moments, since(1000), "epoch ms"),
    calendar("milliseconds, float", "closedAt", moments, lambda t: float(since(1000)(t)), "epoch ms float",
             missing=0.25),
    calendar("microseconds", "event_us", moments, since(10**6), "epoch us"),
    calendar("nanoseconds", "time_ns", moments, since(10**9), "epoch ns"),
    calendar("days", "epoch_day", visits, lambda t: since(1)(t) // 86_400, "epoch days",
             kinds=("datetime", "number")),
    calendar("spreadsheet days", "excel_date", visits, lambda t: (t - datetime(1899, 12, 30)).days,
             "days since 1899-12-30",
             kinds=("datetime", "number")),
    calendar("years", "year", visits, lambda t: t.year, "YYYY integer", kinds=("datetime", "number")),
    calendar("years of birth", "Geburtsjahr", births, lambda t: t.year, "YYYY integer",
             kinds=("datetime", "number")),
    calendar("years, float", "baujahr", _built, lambda t: float(t.year), "YYYY float", missing=0.1,
             kinds=("datetime", "number")),
    calendar("years, 9999", "yob", births, lambda t: t.year, "YYYY integer", specials={9999: 0.02},
             kinds=("datetime", "number")),
    calendar("years, zero", "annee_construction", _built, lambda t: t.year, "YYYY integer",
             specials={0: 0.06},
             kinds=("datetime", "number")),
]  # fmt: skip


def _opened(rng: Rng, n: int) -> Cells:
    return [time(t.hour, t.minute) for t in around(9.1, 0.9, 30)(rng, n)]


def _zoned(rng: Rng, n: int) -> Cells:
    return [pd.Timestamp(t.replace(microsecond=0), tz="UTC") for t in moments(rng, n)]


TYPED = [
    stamped("days", "first_visit", visits),
    stamped("days, missing", "exit_date", visits, missing=0.35),
    stamped("moments", "angelegt_am", moments),
    stamped("quarter hours", "slot", to_minutes(15), grain="quarter hours"),
    stamped("month starts", "billing_period", month_starts, grain="month starts"),
    stamped("month ends", "ultimo", month_ends, grain="month ends"),
    stamped("quarter starts", "quartal_ab", quarter_starts, grain="quarter starts"),
    stamped("mondays", "semana", mondays, grain="Mondays"),
    stamped("zoned", "received", _zoned),
    stamped("python dates", "DtNasc", to_days(births)),
    stamped("python dates, open end", "contract_end", to_days(later), specials={date(9999, 12, 31): 0.09}),
    stamped("words among dates", "closed on", later, dtype="object", specials={"open": 0.08, "?": 0.006}),
    stamped("words among python dates", "fecha_fin", to_days(later), specials={"pendiente": 0.05}),
    stamped("in order", "gemessen_am", in_order(moments)),
    stamped("python times", "opens", _opened),
    stamped("1900", "hired", later, specials={datetime(1900, 1, 1): 0.05}),
    stamped("2099", "gueltig_bis_dt", later, specials={datetime(2099, 12, 31): 0.1}),
]

CASES: list[Case] = [*NUMBERS, *TYPED]
