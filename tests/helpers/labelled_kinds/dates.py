"""Dates and times as text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.helpers.labelled_kinds.base import (
    Case,
    Cells,
    Draw,
    Rng,
    between,
    births,
    blend,
    clock,
    in_order,
    moments,
    month_ends,
    month_starts,
    through,
    to_minutes,
    visits,
    written,
)

ISO = "%Y-%m-%d"
DAY = "{y}-{mm}-{dd}"


def dated(
    case: str,
    name: str,
    draw: Draw,
    pattern: str,
    form: str,
    change: Callable[[str], str] = str,
    **more: Any,
) -> Case:
    """A column of text dates: what is drawn, how it is written, and the form in the words of `strptime`."""
    write = written(pattern, more.get("language") or "en")
    cells = through(draw, lambda t: change(write(t)))
    return Case(case=f"dates/{case}", names=(name,), kinds=("datetime",), draw=cells, form=form, **more)


def mixed(case: str, name: str, draw: Draw, form: str, **more: Any) -> Case:
    """A column of text dates that are drawn as text."""
    return Case(case=f"dates/{case}", names=(name,), kinds=("datetime",), draw=draw, form=form, **more)


def text(draw: Draw, pattern: str, language: str = "en") -> Draw:
    """Dates, written."""
    return through(draw, written(pattern, language))


def around(hour: float, sd: float, step: int = 1) -> Draw:
    """Times of day around an hour, on some day."""

    def make(rng: Rng, n: int) -> list[datetime]:
        minutes = (rng.normal(hour * 60, sd * 60, n) % 1440).astype(int) // step * step
        return [datetime(2024, 3, 5) + timedelta(minutes=m) for m in minutes.tolist()]

    return make


def _shifts(rng: Rng, n: int) -> list[datetime]:
    return [datetime(2024, 3, 5) + t for t in clock(rng, n)]


def _partial(rng: Rng, n: int) -> Cells:
    """Dates of which some lack the day, a few the month too."""
    days = [written(DAY)(t) for t in between("2009-01-01", "2023-12-31")(rng, n)]
    cut = rng.choice([10, 7, 4], n, p=[0.88, 0.09, 0.03]).tolist()
    return [day[:k] for day, k in zip(days, cut, strict=True)]


def _premier(text: str) -> str:
    return "1er" + text[1:] if text.startswith("1 ") else text


parishes = between("1652-01-01", "1889-12-31")
recent = between("2021-01-04", "2024-06-28")
mondays: Draw = through(visits, lambda t: t - timedelta(days=t.weekday()))

ISO_DATES = [
    dated("iso day", "admission_date", visits, DAY, ISO),
    dated("iso day, name says nothing", "c7", births, DAY, ISO),
    dated("iso day, some missing", "date_of_death", visits, DAY, ISO, missing=0.4),
    dated("iso day, as strings", "enrolled", recent, DAY, ISO, dtype="string"),
    dated("iso day, as categories", "Bestelldatum", recent, DAY, ISO, dtype="category"),
    dated("iso z", "created_at", moments, "{y}-{mm}-{dd}T{HH}:{M}:{S}Z", "%Y-%m-%dT%H:%M:%SZ"),
    dated("iso offset", "zeitstempel", moments, "{y}-{mm}-{dd}T{HH}:{M}:{S}{z}", "%Y-%m-%dT%H:%M:%S%z"),
    dated("iso ms z", "event_time", moments, "{y}-{mm}-{dd}T{HH}:{M}:{S}.{ms}Z", "%Y-%m-%dT%H:%M:%S.%fZ"),
    dated("iso us, space", "updated_at", moments, "{y}-{mm}-{dd} {HH}:{M}:{S}.{us}", "%Y-%m-%d %H:%M:%S.%f"),
    dated(
        "iso us, offset", "ingested", moments, "{y}-{mm}-{dd} {HH}:{M}:{S}.{us}{z}", "%Y-%m-%d %H:%M:%S.%f%z"
    ),
    dated("iso minutes", "start", to_minutes(15), "{y}-{mm}-{dd}T{HH}:{M}", "%Y-%m-%dT%H:%M"),
    dated("iso seconds, space", "fecha_hora", moments, "{y}-{mm}-{dd} {HH}:{M}:{S}", "%Y-%m-%d %H:%M:%S"),
    dated("iso with UTC", "log_ts", moments, "{y}-{mm}-{dd} {HH}:{M}:{S} UTC", "%Y-%m-%d %H:%M:%S UTC"),
    dated("iso ms, comma", "asctime", moments, "{y}-{mm}-{dd} {HH}:{M}:{S},{ms}", "%Y-%m-%d %H:%M:%S,%f"),
    dated("iso minutes z", "observed", to_minutes(10), "{y}-{mm}-{dd}T{HH}:{M}Z", "%Y-%m-%dT%H:%MZ"),
    dated(
        "iso, hours of offset", "horodatage", moments, "{y}-{mm}-{dd}T{HH}:{M}:{S}+01", "%Y-%m-%dT%H:%M:%S+01"
    ),
    dated("iso basic", "dt", visits, "{y}{mm}{dd}", "%Y%m%d"),
    dated("iso basic with time", "x3", moments, "{y}{mm}{dd}T{HH}{M}{S}Z", "%Y%m%dT%H%M%SZ"),
    dated("iso week", "woche", visits, "{WY}-W{W}", "%G-W%V"),
    dated("iso week and day", "v12", visits, "{WY}-W{W}-{wd}", "%G-W%V-%u"),
    dated("iso ordinal", "jour", visits, "{y}-{doy}", "%Y-%j"),
    dated(
        "midnight of days",
        "Geburtsdatum",
        births,
        "{y}-{mm}-{dd} 00:00:00",
        "%Y-%m-%d %H:%M:%S",
        grain="days",
    ),
    dated("month starts", "billing_month", month_starts, DAY, ISO, grain="month starts"),
    dated("month ends", "Stichtag", month_ends, "{dd}.{mm}.{y}", "%d.%m.%Y", grain="month ends"),
    dated("mondays", "week_starting", mondays, "{dd}/{mm}/{y}", "%d/%m/%Y", grain="Mondays"),
]

ORDERS = [
    dated("dots", "geburtsdatum", births, "{dd}.{mm}.{y}", "%d.%m.%Y"),
    dated("dots, name says nothing", "F17", visits, "{dd}.{mm}.{y}", "%d.%m.%Y", missing=0.07),
    dated("dots, unpadded", "datum", visits, "{d}.{m}.{y}", "%d.%m.%Y"),
    dated("dots, spaced", "Aufnahmetag", visits, "{d}. {m}. {y}", "%d. %m. %Y"),
    dated("dots, two-digit years", "Aufnahme", recent, "{dd}.{mm}.{yy}", "%d.%m.%y"),
    dated("dots and minutes", "Erfasst am", to_minutes(1), "{dd}.{mm}.{y} {HH}:{M}", "%d.%m.%Y %H:%M"),
    dated("dots and Uhr", "termin", to_minutes(10), "{dd}.{mm}.{y}, {HH}:{M} Uhr", "%d.%m.%Y, %H:%M Uhr"),
    dated("dots, centuries ago", "getauft", parishes, "{dd}.{mm}.{y}", "%d.%m.%Y"),
    dated("month first", "DOB", births, "{mm}/{dd}/{y}", "%m/%d/%Y"),
    dated("month first, unpadded", "visit date", visits, "{m}/{d}/{y}", "%m/%d/%Y"),
    dated("month first, two-digit years", "disch_dt", recent, "{m}/{d}/{yy}", "%m/%d/%y"),
    dated("spreadsheet export", "Column5", moments, "{m}/{d}/{yy} {H}:{M}", "%m/%d/%y %H:%M"),
    dated("12 hours", "Timestamp", moments, "{m}/{d}/{y} {h}:{M}:{S} {p}", "%m/%d/%Y %I:%M:%S %p"),
    dated("12 hours, padded", "ordered_at", moments, "{mm}/{dd}/{y} {hh}:{M} {p}", "%m/%d/%Y %I:%M %p"),
    dated("day first", "date of referral", visits, "{dd}/{mm}/{y}", "%d/%m/%Y"),
    dated("day first, births", "date_naissance", births, "{dd}/{mm}/{y}", "%d/%m/%Y", missing=0.02),
    dated("day first, two-digit years", "nacimiento", births, "{dd}/{mm}/{yy}", "%d/%m/%y"),
    dated(
        "day first, at the hour", "Date de saisie", moments, "{dd}/{mm}/{y} à {HH}h{M}", "%d/%m/%Y à %Hh%M"
    ),
    dated("day first, unpadded", "fecha", visits, "{d}/{m}/{y}", "%d/%m/%Y"),
    dated("day first, in order", "Datum Beleg", in_order(visits), "{dd}/{mm}/{y}", "%d/%m/%Y"),
    dated("month first, in order", "TransactionDate", in_order(recent), "{m}/{d}/{y}", "%m/%d/%Y"),
    dated("dashes", "fecha_alta", visits, "{dd}-{mm}-{y}", "%d-%m-%Y"),
    dated("dashes and time", "data_ora", moments, "{dd}-{mm}-{y} {HH}:{M}:{S}", "%d-%m-%Y %H:%M:%S"),
    dated("dashes, unpadded", "datum_opname", visits, "{d}-{m}-{y}", "%d-%m-%Y"),
    dated("year first, slashes", "day", visits, "{y}/{mm}/{dd}", "%Y/%m/%d"),
    dated("year first, slashes, unpadded", "日付", visits, "{y}/{m}/{d}", "%Y/%m/%d"),
    dated("year first, dots", "date_tx", visits, "{y}.{mm}.{dd}", "%Y.%m.%d"),
    dated("year first, characters", "受診日", visits, "{y}年{m}月{d}日", "%Y年%m月%d日"),
    dated("spaces", "chk", visits, "{dd} {mm} {y}", "%d %m %Y"),
]

NAMED = [
    dated("sas", "VISITDT", visits, "{dd}{mon}{y}", "%d%b%Y", str.upper),
    dated("sas with time", "EXSTDTM", moments, "{dd}{mon}{y}:{HH}:{M}:{S}", "%d%b%Y:%H:%M:%S", str.upper),
    dated("oracle", "LAST_LOGIN", recent, "{dd}-{mon}-{yy}", "%d-%b-%y", str.upper),
    dated("short month between dashes", "EnrolDate", visits, "{dd}-{mon}-{y}", "%d-%b-%Y"),
    dated("month, day, year", "signed", visits, "{month} {d}, {y}", "%B %d, %Y"),
    dated("short month, day, year", "published", visits, "{mon} {dd}, {y}", "%b %d, %Y"),
    dated("day with th", "issued on", visits, "{d}{th} {month} {y}", "day with th, month in words, year"),
    dated("weekday in front", "Session", visits, "{day}, {d} {month} {y}", "%A, %d %B %Y"),
    dated("mail header", "sent", moments, "{dy}, {dd} {mon} {y} {HH}:{M}:{S} +0000",
          "%a, %d %b %Y %H:%M:%S %z"),
    dated("c library", "logged", moments, "{dy} {mon} {dd} {HH}:{M}:{S} {y}", "%a %b %d %H:%M:%S %Y"),
    dated("server log", "access", moments, "{dd}/{mon}/{y}:{HH}:{M}:{S} +0100", "%d/%b/%Y:%H:%M:%S %z"),
    dated("month in words", "Entlassung", visits, "{d}. {month} {y}", "%d. %B %Y", language="de"),
    dated("short weekday and month", "Tag", visits, "{dy}, {dd}. {mon} {y}", "%a, %d. %b %Y", language="de"),
    dated("mois", "date_visite", visits, "{d} {month} {y}", "%d %B %Y, 1er", _premier, language="fr"),
    dated("mois abrégé", "date", visits, "{dd} {mon} {y}", "%d %b %Y", language="fr"),
    dated("jour et mois", "Rendez-vous", to_minutes(15), "{day} {d} {month} {y} {HH}:{M}",
          "%A %d %B %Y %H:%M",
          language="fr"),
    dated("mes", "fecha_ingreso", visits, "{d} de {month} de {y}", "%d de %B de %Y", language="es"),
    dated("mes abreviado", "f_nac", births, "{dd}-{mon}-{y}", "%d-%b-%Y", language="es"),
    dated("mese", "data_visita", visits, "{d} {month} {y}", "%d %B %Y", language="it"),
    dated("maand", "datum gesprek", visits, "{d} {month} {y}", "%d %B %Y", language="nl"),
    dated("maand kort", "c14", visits, "{d} {mon} {y}", "%d %b %Y", language="nl"),
]  # fmt: skip

PARTS = [
    dated("time, minutes", "aufstehzeit", around(6.6, 1.1, 5), "{HH}:{M}", "%H:%M"),
    dated("time, minutes, round midnight", "hora_de_dormir", around(23.4, 1.3, 10), "{HH}:{M}", "%H:%M"),
    dated("time, seconds", "check_in", _shifts, "{HH}:{M}:{S}", "%H:%M:%S"),
    dated("time, milliseconds", "heure_passage", _shifts, "{HH}:{M}:{S}.{ms}", "%H:%M:%S.%f"),
    dated("time, unpadded", "Uhrzeit", to_minutes(5, _shifts), "{H}:{M}", "%H:%M"),
    dated("time, dot", "Beginn", to_minutes(15, _shifts), "{HH}.{M} Uhr", "%H.%M Uhr"),
    dated("time, h", "heure_rdv", to_minutes(5, _shifts), "{HH}h{M}", "%Hh%M"),
    dated("time, 12 hours", "bedtime", around(22.5, 1.2, 5), "{h}:{M} {p}", "%I:%M %p"),
    dated("time, 12 hours, lower", "pickup", to_minutes(5, _shifts), "{h}:{M}{p}", "%I:%M%p", str.lower),
    dated("year and month", "month", month_starts, "{y}-{mm}", "%Y-%m"),
    dated("month and year", "monat", month_starts, "{mm}/{y}", "%m/%Y"),
    dated("short month and year", "period", month_starts, "{mon}-{yy}", "%b-%y"),
    dated("month in words and year", "mese di nascita", births, "{month} {y}", "%B %Y", language="it"),
    dated(
        "short month in words and year", "Berichtsmonat", month_starts, "{mon} {y}", "%b %Y", language="de"
    ),
    dated("quarter", "fiscal quarter", visits, "{y}-Q{q}", "year-Qquarter"),
    dated("quarter in front", "Quartal", visits, "Q{q}/{y}", "Qquarter/year"),
    dated("quarter, bare", "qtr", visits, "{y}Q{q}", "yearQquarter"),
    dated("quarter in words", "trimestre", visits, "T{q} {y}", "Tquarter year"),
    dated("year and week", "Semaine", visits, "{WY}-{W}", "%G-%V"),
    dated("week of a year", "KW", visits, "KW {W}/{WY}", "KW week/year"),
]

SPECIAL = [
    dated("a few ?", "onset", visits, DAY, ISO, specials={"?": 0.006}),
    dated("unbekannt", "sterbedatum", visits, "{dd}.{mm}.{y}", "%d.%m.%Y", specials={"unbekannt": 0.04},
          missing=0.3),
    dated("unknown and refused", "dx_date", visits, "{mm}/{dd}/{y}", "%m/%d/%Y",
          specials={"unknown": 0.05, "refused": 0.012}),
    dated("open end", "valid_to", recent, DAY, ISO, specials={"9999-12-31": 0.09}),
    dated("open end, dots", "gültig_bis", recent, "{dd}.{mm}.{y}", "%d.%m.%Y",
          specials={"31.12.9999": 0.08, "01.01.1900": 0.01}),
    dated("open end with time", "valid_until", moments, "{y}-{mm}-{dd} {HH}:{M}:{S}", "%Y-%m-%d %H:%M:%S",
          specials={"9999-12-31 23:59:59": 0.06}),
    dated("zero date", "last_visit", visits, DAY, ISO, specials={"0000-00-00": 0.03}),
    dated("zero date and time", "modified", moments, "{y}-{mm}-{dd} {HH}:{M}:{S}", "%Y-%m-%d %H:%M:%S",
          specials={"0000-00-00 00:00:00": 0.07}),
    dated("first day of 1900", "birth", births, DAY, ISO, specials={"1900-01-01": 0.02}),
    dated("empty text", "fecha_baja", visits, "{d}/{m}/{y}", "%d/%m/%Y", specials={"": 0.1}),
    dated("blank and n/a", "fecha_muestra", recent, "{dd}-{mm}-{y}", "%d-%m-%Y",
          specials={" ": 0.02, "n/a": 0.008}),
    dated("laufend", "Vertragsende", recent, "{dd}.{mm}.{yy}", "%d.%m.%y",
          specials={"laufend": 0.1, "offen": 0.02}),
    dated("inconnu", "date_dx", visits, "{d} {month} {y}", "%d %B %Y", language="fr",
          specials={"inconnue": 0.03}),
    dated("closed", "Ladenschluss", around(18.4, 0.8, 30), "{HH}:{M}", "%H:%M",
          specials={"geschlossen": 0.08}),
    dated("zeroes", "TERMDT", recent, "{y}{mm}{dd}", "%Y%m%d", specials={"00000000": 0.06}),
    dated("dashes for none", "returned", recent, "{dd}/{mon}/{y}", "%d/%b/%Y", specials={"--": 0.05}),
    dated("word beside quarters", "entry_quarter", visits, "{y}-Q{q}", "year-Qquarter",
          specials={"before 2018": 0.04}),
    dated("moments in order, open end", "gilt_bis", in_order(moments), "{dd}.{mm}.{y} {HH}:{M}:{S}",
          "%d.%m.%Y %H:%M:%S",
          specials={"31.12.2999 00:00:00": 0.05}),
    dated("odd cells", "eintritt", visits, "{dd}.{mm}.{y}", "%d.%m.%Y",
          odd=("31.02.2020", "siehe Akte", "12.2021")),
    dated("odd cells, iso", "collected", moments, "{y}-{mm}-{dd}T{HH}:{M}:{S}Z", "%Y-%m-%dT%H:%M:%SZ",
          odd=("TBD", "2O21-03-04T10:00:00Z")),
    mixed("two orders", "appointment", blend(text(visits, DAY), text(visits, "{dd}.{mm}.{y}"), 0.06),
          "%Y-%m-%d, some %d.%m.%Y"),
    mixed("two lengths", "Auftrag vom",
          blend(text(visits, "{dd}.{mm}.{y}"), text(visits, "{dd}.{mm}.{yy}"), 0.1),
          "%d.%m.%Y, some %d.%m.%y"),
    mixed("day or minute", "seen_at",
          blend(text(to_minutes(5), "{y}-{mm}-{dd} {HH}:{M}"), text(visits, DAY), 0.08),
          "%Y-%m-%d %H:%M, some %Y-%m-%d"),
    mixed("parts unknown", "AESTDTC", _partial, "%Y-%m-%d, some %Y-%m or %Y"),
]  # fmt: skip

CASES: list[Case] = [*ISO_DATES, *ORDERS, *NAMED, *PARTS, *SPECIAL]
