"""Numbers: as text in the forms that people write, and typed; some cells mean something else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from tests.helpers.labelled_kinds.base import (
    Case,
    Cells,
    Draw,
    Rng,
    ages,
    blend,
    counts,
    heaped,
    in_order,
    lognormal,
    normal,
    pick,
    several,
    tenfold,
    through,
    whole,
)

THIN, HARD = "\u2009", "\u00a0"  # thin space, no-break space


def numeral(
    places: int = 2,
    group: str = "",
    point: str = ".",
    *,
    before: str = "",
    after: str = "",
    minus: str = "-",
    plus: str = "",
) -> Callable[[float], str]:
    """How a number is written; `minus` is what stands before, or "()" around, or "after" it."""

    def one(value: float) -> str:
        digits = f"{abs(value):,.{places}f}".replace(",", "_").replace(".", point).replace("_", group)
        body = before + digits + after
        if float(f"{value:.{places}f}") >= 0:
            return (plus if value > 0 else "") + body
        return {"()": f"({body})", "after": body + "-"}.get(minus, minus + body)

    return one


def told(case: str, name: str, draw: Draw, write: Callable[[float], str], form: str, **more: Any) -> Case:
    """A column of text numbers: what is drawn, how it is written, and that in words."""
    return Case(
        case=f"text numbers/{case}",
        names=(name,),
        kinds=more.pop("kinds", ("number",)),
        draw=through(draw, write),
        form=form,
        **more,
    )


def typed(case: str, name: str, draw: Draw, **more: Any) -> Case:
    """A column of numbers that are no text."""
    return Case(
        case=f"numbers/{case}", names=(name,), kinds=more.pop("kinds", ("number",)), draw=draw, **more
    )


# What is drawn

salaries = heaped(lognormal(2_900, 0.45), 50, 0.4)
yearly = heaped(lognormal(41_000, 0.55, 0), 1_000, 0.5)
balances = normal(150, 900, 2)
towns = lognormal(9_000, 1.6, 0)
shares = normal(38, 19, 1, 0, 100)
weights = normal(76, 15, 1, 38, 180)
pressures = whole(normal(129, 16, 0, 85, 210))
labs = lognormal(4, 1.1, 1, least=0.6)


def prices(rng: Rng, n: int) -> Cells:
    """Prices that end in .99, .95, .50 or .00, most of them."""
    value = np.floor(rng.lognormal(3.4, 1.2, n)).tolist()
    ends = pick(rng, [0.99, 0.95, 0.5, 0.0, 0.49, 0.27], n, 0.7)
    return [round(v + e, 2) for v, e in zip(value, ends, strict=True)]


def p_values(rng: Rng, n: int) -> Cells:
    """Small probabilities."""
    return list((10 ** -rng.gamma(1.6, 2.2, n)).tolist())


def marked(draw: Draw, marks: list[str]) -> Draw:
    """A mark behind each cell; the first, "", behind most."""

    def make(rng: Rng, n: int) -> Cells:
        return [cell + mark for cell, mark in zip(draw(rng, n), pick(rng, marks, n, 1.6), strict=True)]

    return make


def _high_or_low(value: float) -> str:
    return f"{value}" + (" H" if value > 5.1 else " L" if value < 3.5 else "")


def _late(value: float) -> str:
    return numeral(0 if value < 20 else 1, "", ",")(value)


def _short(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:.1f}M"
    return f"{value / 1e3:.1f}k" if value >= 1e3 else f"{value:.0f}"


def _lakh(value: float) -> str:
    head, tail = divmod(int(value), 1000)
    groups = []
    while head > 99:
        head, last = divmod(head, 100)
        groups.insert(0, f"{last:02}")
    return ",".join([str(head), *groups, f"{tail:03}"]) if head else str(tail)


SEPARATORS = [
    told("comma groups", "Revenue (USD)", lognormal(4_800, 1.3), numeral(2, ","), "1,234.50"),
    told("dot groups, decimal comma", "Umsatz", lognormal(3_900, 1.2), numeral(2, ".", ","), "1.234,50"),
    told("apostrophe groups", "Lohn", salaries, numeral(2, "'"), "6'450.00"),
    told("thin space groups", "revenu_annuel", yearly, numeral(0, THIN), "41 000, thin space"),
    told("no-break space groups", "omsättning", lognormal(20_000, 1), numeral(2, HARD, ","),
         "20 000,00, no-break space"),
    told("space groups", "population", towns, numeral(0, " "), "12 345"),
    told("dot groups, no decimals", "Einwohner", towns, numeral(0, "."), "12.345"),
    told("comma groups, no decimals", "followers_total", lognormal(2_500, 1.9, 0), numeral(0, ","), "12,345"),
    told("two and three digits", "amount_inr", lognormal(180_000, 1.1, 0), _lakh, "1,23,456"),
    told("decimal comma", "gewicht", weights, numeral(1, "", ","), "72,5"),
    told("decimal comma, name says nothing", "F9", lognormal(12, 0.8, 3), numeral(2, "", ","), "12,34"),
    told("decimal comma, negative", "saldo", balances, numeral(2, "", ","), "-12,50"),
    told("decimal point", "hba1c", normal(6.1, 1.1, 1, 4, 14), numeral(1), "6.4"),
    told("whole", "anzahl", counts(14), numeral(0), "12"),
    told("whole, as strings", "age_years", ages, numeral(0), "43", dtype="string"),
    told("whole, as categories", "v3", lognormal(340, 0.5, 0), numeral(0), "340", dtype="category"),
    told("in order, decimal comma late", "Laufmeter", in_order(lognormal(30, 1.4, 1)), _late,
         "12, some 12,5"),
    told("exponent", "p_value", p_values, lambda v: f"{v:.2e}", "1.20e-05"),
    told("exponent, capital", "titer", lognormal(3e5, 2, 0), lambda v: f"{v:.1E}", "3.0E+05"),
]  # fmt: skip

SIGNS = [
    told("dollar", "price", prices, numeral(2, ",", before="$"), "$1,299.00"),
    told("dollar, negative", "net change", balances, numeral(2, ",", before="$"), "-$12.50"),
    told("dollar in brackets", "profit_loss", normal(400, 2_600, 2), numeral(2, ",", before="$", minus="()"),
         "($1,234.50) for negatives"),
    told("euro behind", "Preis", prices, numeral(2, ".", ",", after=" €"), "12,99 €"),
    told("euro in front", "prijs", prices, numeral(2, ".", ",", before="€ "), "€ 12,50"),
    told("pound", "cost", prices, numeral(2, ",", before="£"), "£45.00"),
    told("EUR", "Betrag", salaries, numeral(2, ".", ",", before="EUR "), "EUR 1.250,00"),
    told("CHF", "Prämie", lognormal(310, 0.4), numeral(2, "'", before="CHF "), "CHF 310.50"),
    told("krone", "cena", lognormal(1_900, 0.9, 0), numeral(0, HARD, after=f"{HARD}Kč"),
         "1 234 Kč, no-break space"),
    told("yen", "売上", lognormal(8_000, 0.9, 0), numeral(0, ",", before="¥"), "¥8,000"),
    told("percent", "discount", whole(normal(18, 11, 0, 0, 75)), numeral(0, after="%"), "15%"),
    told("percent, decimal comma", "Anteil", shares, numeral(1, "", ",", after=" %"), "12,5 %"),
    told("percent, signed", "yoy", normal(2.1, 6, 1), numeral(1, after="%", plus="+"), "+2.1%"),
    told("brackets", "result_k", normal(80, 350, 0), numeral(0, ",", minus="()"), "(350) for negatives"),
    told("minus behind", "Saldo SAP", normal(1_200, 4_000), numeral(2, ".", ",", minus="after"), "1.234,50-"),
    told("plus", "change_score", normal(0.6, 3.1, 1), numeral(1, plus="+"), "+3.2"),
    told("true minus", "Temperatur", normal(6, 9, 1), numeral(1, "", ",", minus="−"), "−3,2"),
]  # fmt: skip

UNITS = [
    told("kg", "weight", weights, numeral(1, after=" kg"), "72.5 kg"),
    told("cm, close", "height", whole(normal(171, 10, 0, 140, 210)), numeral(0, after="cm"), "172cm"),
    told("mmHg", "rr_sys", pressures, numeral(0, after=" mmHg"), "130 mmHg"),
    told("years", "age at onset", ages, numeral(0, after=" years"), "43 years"),
    told("Jahre", "Alter", ages, numeral(0, after=" Jahre"), "43 Jahre"),
    told("minutes", "wartezeit", heaped(lognormal(35, 0.7, 0), 5, 0.6), numeral(0, after=" min"), "35 min"),
    told("degrees", "temp_axilar", normal(36.7, 0.5, 1, 35, 41), numeral(1, "", ",", after=" °C"), "36,8 °C"),
    told("kWh", "Verbrauch", lognormal(3_100, 0.5, 1), numeral(1, ".", ",", after=" kWh"), "3.100,5 kWh"),
    told("square metres", "surface", lognormal(72, 0.4, 0), numeral(0, after=" m²"), "72 m²"),
    told("mg/dl, censored", "glucose", lognormal(104, 0.3, 0, least=20), numeral(0, after=" mg/dL"),
         "104 mg/dL",
         specials={"<20 mg/dL": 0.02}),
    told("thousands in letters", "subscribers", lognormal(6_000, 2), _short, "1.5k, 2.3M"),
]  # fmt: skip

MARKS = [
    Case(case="text numbers/letters behind", names=("unemployment_rate",), kinds=("number",), form="12.3 b",
         draw=marked(through(normal(8, 3, 1, 1, 30), numeral(1)), ["", " b", " p", " e", " u"]),
         specials={":": 0.04}),
    Case(case="text numbers/stars behind", names=("coef",), kinds=("number",), form="0.123***",
         draw=marked(through(normal(0.1, 0.4, 3), numeral(3)), ["", "***", "*", "**"])),
    Case(case="text numbers/about", names=("years_smoked",), kinds=("number",), form="20, some ca. 20",
         draw=blend(through(counts(16, 2), str), through(tenfold(normal(2, 0.8, 0, 1)), "ca. {}".format),
                    0.06)),
    Case(case="text numbers/high and low", names=("Kalium",), kinds=("number",), form="4.2, some 5.6 H",
         draw=through(normal(4.2, 0.55, 1, 2.2, 7.5), _high_or_low)),
    told("below", "crp", labs, numeral(1), "4.2", specials={"<0.6": 0.1}),
    told("below, decimal comma", "Troponin", lognormal(14, 1, least=3), numeral(2, "", ","), "14,20",
         specials={"< 3,00": 0.09}),
    told("above", "eGFR", whole(normal(72, 16, 0, 8, 90)), numeral(0), "72", specials={">90": 0.1}),
    told("below and above", "psa_ng_ml", lognormal(4, 1.3, 1, 200, 0.1), numeral(1), "4.2",
         specials={"<0.1": 0.05, ">200": 0.01}),
    told("at least", "score_moca", whole(normal(24, 4, 0, 4, 29)), numeral(0), "24", specials={"≥ 30": 0.06}),
    told("top code", "age", whole(normal(54, 16, 0, 18, 89)), numeral(0), "54", specials={"90+": 0.05}),
    told("or more", "kids_household", counts(1.4, 4, 6), numeral(0), "2", specials={"7 or more": 0.01},
         kinds=("number", "category")),
]  # fmt: skip

WORDS = [
    told("refused, does not know", "income", yearly, numeral(0), "41000",
         specials={"refused": 0.05, "don't know": 0.03}),
    told("keine Angabe", "Nettoeinkommen", salaries, numeral(2, ".", ",", after=" €"), "1.234,50 €",
         specials={"keine Angabe": 0.09}),
    told("n.a.", "Quote", shares, numeral(1, "", ",", after="%"), "12,5%", specials={"n.a.": 0.03}),
    told("non determinato", "ferritina", lognormal(90, 0.9, 0), numeral(0), "90",
         specials={"ND": 0.04, "emolisi": 0.01}),
    told("dot", "wbc", lognormal(7, 0.35, 1), numeral(1), "7.1", specials={".": 0.07}),
    told("dash", "surf_hab", lognormal(80, 0.5, 0), numeral(0, HARD), "1 080, no-break space",
         specials={"-": 0.08}),
    told("empty", "n_visits", counts(4), numeral(0), "4", specials={"": 0.1}),
    told("hash error", "growth", normal(3, 12, 1), numeral(1, after="%"), "3.0%",
         specials={"#DIV/0!": 0.02, "#N/A": 0.01}),
    told("haemolysed", "ldl", whole(normal(118, 34, 0, 20, 320)), numeral(0), "118",
         specials={"haemolysed": 0.02}, missing=0.2),
    told("unknown, few", "height_cm", normal(170, 10, 1, 130, 210), numeral(1), "170.5",
         specials={"unknown": 0.007}),
    told("sin dato", "renta", yearly, numeral(0, "."), "41.000", specials={"sin dato": 0.06}),
    told("two marks for missing", "c22", lognormal(9, 0.8, 2), numeral(2), "9.10",
         specials={"NA": 0.04, "missing": 0.01}),
    told("codes as text", "q17_hours", whole(normal(34, 12, 0, 0, 80)), numeral(0), "34",
         specials={"-99": 0.03, "-98": 0.01}),
    told("odd cells", "Rechnungsbetrag", lognormal(240, 1), numeral(2, ".", ","), "1.234,50",
         odd=("storniert", "1 234.50", "s.o.")),
]  # fmt: skip

TYPED = [
    typed("-999", "sbp", whole(normal(128, 17, 0, 75, 220)), specials={-999: 0.06}),
    typed("99 beside years", "years_schooling", whole(normal(12.5, 3, 0, 0, 24)), specials={99: 0.04}),
    typed("9999 beside wages", "wage_week", whole(lognormal(610, 0.5, 0, 3_200)), specials={9999: 0.07}),
    typed("-1 beside counts", "num_children", counts(1.6, 4, 9), specials={-1: 0.03},
          kinds=("number", "category")),
    typed("-9 beside answers", "q5_1", whole(normal(3.4, 1.1, 0, 1, 5)), specials={-9: 0.04},
          kinds=("number", "category")),
    typed("three codes", "einkommen", whole(salaries), specials={-1: 0.05, -2: 0.08, -3: 0.006}),
    typed("-9.0", "pain_vas", normal(42, 22, 1, 0, 100), specials={-9.0: 0.05}),
    typed("999.9", "weight_kg", weights, specials={999.9: 0.03}),
    typed("7777 and 9999", "kcal_day", whole(lognormal(2_050, 0.3, 0, 6_000)),
          specials={7777: 0.012, 9999: 0.03}),
    typed("97 to 99", "cigs_per_day", tenfold(normal(1.3, 0.8, 0, 0, 6)),
          specials={97: 0.02, 98: 0.03, 99: 0.01}, kinds=("number", "category")),
    typed("-99 as float32", "ndvi_x100", normal(41, 18, 1, 0, 96), specials={-99.0: 0.04}, dtype="float32"),
    typed("-999 as Int16", "dauer_tage", whole(lognormal(12, 0.9, 0, 900)), specials={-999: 0.05},
          missing=0.08, dtype="Int16"),
    typed("largest int32", "distance_m", whole(lognormal(5_200, 1.2, 0)), specials={2**31 - 1: 0.02},
          dtype="int32"),
    typed("smallest int32", "height_mm", whole(normal(1_710, 95, 0)), specials={-(2**31): 0.015},
          dtype="int32"),
    typed("255 as uint8", "humidity", whole(normal(62, 17, 0, 5, 100)), specials={255: 0.05}, dtype="uint8"),
    typed("fill of grids", "precip_mm", lognormal(3.2, 1.1, 1), specials={9.96921e36: 0.03}),
    typed("endless", "ratio", lognormal(1.4, 0.6, 3), specials={float("inf"): 0.01}),
    typed("0 for unknown", "heart_rate", whole(normal(74, 13, 0, 38, 180)), specials={0: 0.06}),
    typed("999 days", "pdays", whole(lognormal(60, 0.9, 0, 700)), specials={999: 0.1}),
    typed("labels of a statistical file", "hours_tv", whole(lognormal(14, 0.6, 0, 90)), dtype="category",
          specials={"refused": 0.03, "don't know": 0.05}),
    typed("labels of a statistical file, floats", "pinc", lognormal(1_800, 0.6, 0), dtype="category",
          specials={"no answer": 0.08, "not applicable": 0.05}),
    typed("ends labelled", "zufriedenheit", whole(normal(6.4, 1.8, 0, 1, 9)), dtype="category",
          kinds=("number", "category"),
          specials={"ganz und gar unzufrieden": 0.02, "ganz und gar zufrieden": 0.08}),
    typed("label on the top", "age_dv", whole(normal(50, 17, 0, 16, 90)), specials={"91 or more": 0.03}),
    typed("numbers and text of numbers", "kilometerstand",
          blend(whole(lognormal(60_000, 0.8, 0)), through(whole(lognormal(60_000, 0.8, 0)), str), 0.08)),
    typed("words among integers", "salario", whole(salaries), specials={"no contesta": 0.1}),
    typed("words among floats", "concentration", labs, specials={"<LOD": 0.08, "lost": 0.01}),
    typed("decimals with a word", "rate_kwh", through(prices, lambda v: Decimal(f"{v:.2f}")),
          specials={"n/a": 0.03}),
    typed("decimals", "Nettopreis", through(prices, lambda v: Decimal(f"{v:.2f}"))),
    typed("many zeroes", "capital_gain", blend(lognormal(5_000, 1, 0), lambda rng, n: [0.0] * n, 0.9)),
    typed("years of age", "alter", ages),
    typed("salaries, missing", "gehalt", salaries, missing=0.15),
    typed("normal, name says nothing", "V23", normal(0.1, 1, 4)),
    typed("nullable integers", "nb_consultations", counts(9), missing=0.05, dtype="Int64"),
    typed("few prices, often", "fee", several(prices, 30), kinds=("number",)),
]  # fmt: skip

CASES: list[Case] = [*SEPARATORS, *SIGNS, *UNITS, *MARKS, *WORDS, *TYPED]
