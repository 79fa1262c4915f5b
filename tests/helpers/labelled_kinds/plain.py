"""Categories, flags, counts and codes, most of which look like something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.helpers.labelled_kinds.base import (
    Case,
    Cells,
    Draw,
    Rng,
    ages,
    chosen,
    counts,
    fill,
    heaped,
    lognormal,
    normal,
    pick,
    pool,
    through,
    whole,
)

CATEGORY = ("category",)
CODE = (
    "category",
    "number",
)  # integers that stand for a category: careful readers differ on how to treat them
MANY = ("category", "text")  # text that is no prose, with many values


def plain(case: str, name: str, draw: Draw, kinds: tuple[str, ...] = CATEGORY, **more: Any) -> Case:
    """A column that is easily taken for something else."""
    return Case(case=f"plain/{case}", names=(name,), kinds=kinds, draw=draw, **more)


def among(case: str, name: str, values: Sequence[Any], skew: float = 0.8, **more: Any) -> Case:
    """A column of levels, the first most often."""
    return plain(case, name, chosen(values, skew), **more)


def coded(*patterns: str, number: int) -> Draw:
    """Codes that stand in several rows each: `number` different ones, of some patterns."""

    def make(rng: Rng, n: int) -> Cells:
        pool = [fill(rng, p) for p in (list(patterns) * number)[:number]]
        return pick(rng, list(dict.fromkeys(pool)), n, 0.8)

    return make


def heaped_whole(draw: Draw, step: float) -> Draw:
    """Integers, most of them multiples of a step."""
    return whole(heaped(draw, step, 0.7))


def several_of(locale: str, what: str) -> Draw:
    """Some of the hundreds of names of a locale, the first often, most seldom."""
    return lambda rng, n: pick(rng, pool(locale, what), n, 0.9)


# What looks like a date or a time


def bands(low: int, high: int, step: int) -> list[str]:
    """Bands of ages."""
    return [f"{a}-{a + step - 1}" for a in range(low, high, step)]


def pressures(rng: Rng, n: int) -> Cells:
    """Two pressures, rounded to fives at times."""
    upper, lower = (
        rng.normal(131, 16, n).clip(85, 210).astype(int),
        rng.normal(81, 10, n).clip(45, 120).astype(int),
    )
    rounded = rng.random(n) < 0.5
    return [
        f"{a // 5 * 5}/{b // 5 * 5}" if r else f"{a}/{b}"
        for a, b, r in zip(upper.tolist(), lower.tolist(), rounded.tolist(), strict=True)
    ]


def results(rng: Rng, n: int) -> Cells:
    """Goals of two sides."""
    return [f"{a}:{b}" for a, b in rng.poisson((1.6, 1.2), (n, 2)).tolist()]


def houses(rng: Rng, n: int) -> Cells:
    """House numbers, with a letter or a door at times."""
    ends = pick(rng, ["", "a", "b", "/2", "-14", "c"], n, 1.5)
    return [
        f"{i}{end}" for i, end in zip((1 + rng.negative_binomial(1.2, 0.04, n)).tolist(), ends, strict=True)
    ]


DATELIKE = [
    among("age bands", "altersgruppe", bands(18, 78, 10)),
    among("age bands, open", "age_band", ["18-24", "25-34", "35-44", "45-54", "55-64", "65+"], 0.2),
    among("bands like days of months", "grade span", ["06-08", "09-12", "01-05", "10-12", "K-05"]),
    among("sizes of firms", "employees", ["1-9", "10-49", "50-249", "250+"]),
    among("doses a day", "dosierung", ["1-0-0", "1-0-1", "1-1-1", "0-0-1", "2-0-2", "1-0-0-1", "bei Bedarf"]),
    among("ratings of five", "rating", ["4/5", "5/5", "3/5", "2/5", "1/5"]),
    among("ratings in words", "stars",
          ["5 out of 5", "4 out of 5", "3 out of 5", "1 out of 5", "2 out of 5"]),
    among("odds", "odds", ["5/2", "7/4", "11/4", "9/2", "2/1", "10/1", "4/6", "13/8"]),
    among("inches", "pipe_diameter", ["1/2", "3/4", "1", "1 1/4", "1 1/2", "2", "3/8"]),
    plain("blood pressure", "blutdruck", pressures, MANY),
    plain("results of games", "score", results),
    among("classes of a school", "klasse", ["7-1", "7-2", "8-1", "8-2", "9-1", "9-2", "10-1"]),
    among("names of months", "Geburtsmonat",
          ["Juli", "August", "März", "Mai", "Juni", "Januar", "September", "April", "Oktober", "Februar",
           "November", "Dezember"], 0.1),
    among("short names of months", "mon",
          ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 0.1),
    among("weekdays", "jour_semaine",
          ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"], 0.3),
    among("seasons", "season", ["spring", "summer", "autumn", "winter"], 0.2),
    among("academic years", "Schuljahr", ["2019/20", "2020/21", "2021/22", "2022/23"], 0.1,
          kinds=("category", "datetime")),
    among("terms", "semester", ["WS 2021/22", "SS 2022", "WS 2022/23", "SS 2023"], 0.1,
          kinds=("category", "datetime")),
    among("parts of a day", "tageszeit", ["vormittags", "nachmittags", "abends", "nachts"]),
    among("waves of a survey", "wave", ["2012-1", "2012-2", "2014-1", "2014-2"], 0.3,
          kinds=("category", "datetime")),
    plain("hours of the day", "hour", lambda rng, n: (rng.normal(14, 4, n) % 24).astype(int).tolist(), CODE),
    plain("months as integers", "mnth", lambda rng, n: rng.integers(1, 13, n).tolist(),
          ("category", "number", "datetime")),
    plain("days of a month", "dom", lambda rng, n: rng.integers(1, 29, n).tolist(), CODE),
    plain("amounts in the range of dates", "market_cap_k",
          whole(normal(19_600_000, 900_000, 0, 15_000_000, 26_000_000)), ("number",)),
    plain("amounts in the range of seconds", "bytes_sent", whole(lognormal(1.4e9, 0.6, 0)), ("number",)),
    plain("amounts in the range of years", "calories", whole(normal(2_010, 160, 0, 1_500, 2_700)),
          ("number",)),
    among("ratios", "aspect", ["16:9", "4:3", "3:2", "21:9", "1:1"]),
    among("results of chess", "result", ["1-0", "0-1", "1/2-1/2"], 0.3),
    among("sets of tennis", "set1", ["6-4", "6-3", "7-5", "7-6", "6-2", "6-1", "6-0"], 0.5),
    plain("verses", "verse", coded("3:1#", "1#:2#", "#:#", number=70)),
    among("versions like months", "ide_version", ["2023.1", "2023.2", "2023.3", "2022.3", "2024.1"], 0.5),
    among("genes like months", "gene", ["TP53", "SEPT2", "MARCH1", "DEC1", "BRCA1", "SEPT9", "APR3"], 0.4),
    plain("sections", "abschnitt", coded("1.#.#", "2.1#.#", "3.#", number=60)),
    plain("prices in the range of months", "house_price",
          heaped_whole(normal(203_000, 3_500, 0, 190_100, 212_000), 100), ("number",)),
    plain("metres in the range of times", "elevation_m", whole(lognormal(520, 0.7, 0, 2_350)), ("number",)),
    plain("rents in the range of years", "monatsmiete", whole(normal(1_150, 330, 0, 350, 2_600)),
          ("number",)),
    plain("rooms", "room", coded("1.1##", "2.0##", "B1.##", number=40)),
]  # fmt: skip

# What looks like a number

NUMBERLIKE = [
    among("versions of two parts", "app_version", ["1.10", "1.9", "1.1", "2.0", "1.2", "2.10"]),
    among("versions of three parts", "release", ["1.10.3", "1.9.12", "2.0.0", "2.0.1", "1.10.0"]),
    among("builds", "os_build", ["10.0.19045", "10.0.22621", "10.0.22000", "6.1.7601"]),
    plain("postcodes", "plz", coded("0####", "1####", "0####", number=120), CATEGORY),
    plain("postcodes, integers", "zip", through(coded("1####", "6####", number=150), int), CODE),
    plain("postcodes, american, long", "zip_plus4", coded("021##-####", "100##-####", number=200), MANY),
    plain("postcodes, british", "postcode", coded("EH# #??", "G## #??", number=110)),
    among("shoe sizes", "shoe_size", [42, 41, 43, 40, 39, 44, 38, 45, 37, 46], 0.4, kinds=CODE),
    among("shoe sizes, halves", "schuhgröße", ["42", "42 2/3", "43 1/3", "44", "40 2/3", "41 1/3"], 0.3),
    among("clothes", "size", ["M", "L", "S", "XL", "XS", "XXL"]),
    among("clothes, numbers", "dress size", ["38", "40", "36", "42", "44", "34"], 0.4, kinds=CODE),
    among("screens", "resolution", ["1920x1080", "1366x768", "1440x900", "390x844", "2560x1440"]),
    among("answers, five points", "q3", [4, 3, 5, 2, 1], 0.6, kinds=CODE),
    among("answers, text", "q12", ["4", "3", "5", "2", "1"], 0.6, kinds=CODE),
    among("answers with labels", "Zustimmung",
          ["4 - stimme zu", "3 - teils, teils", "5 - stimme voll zu", "1 - lehne ab"]),
    among("codes of the sex", "sexo", [1, 2], 0.1, kinds=("category", "number", "flag")),
    plain("codes like exponents", "building", coded("#E#", "1E##", "2E#", number=45)),
    plain("codes with leading zeroes", "county_fips", coded("010##", "060##", "481##", number=90)),
    plain("codes of countries, one like missing", "birth country",
          chosen(["ZA", "NA", "BW", "ZW", "LS"], 0.9)),
    plain("codes of trades", "NACE", coded("##.##", "##.#", number=60)),
    plain("codes of trades, integers", "sic", through(coded("2###", "5###", "7###", number=70), int), CODE),
    plain("codes of procedures", "cpt", coded("99###", "93###", "36###", number=80), CODE),
    plain("codes of banks", "BLZ", coded("700#00##", "37####0#", number=90), CODE),
    among("dialling codes", "vorwahl", ["+49", "+43", "+41", "+39", "+33", "+1"]),
    plain("articles", "product_no", coded("4711-0#", "4720-1#", "51##-##", number=60)),
    plain("articles, integers", "artikel", through(coded("10####", "20####", number=130), int),
          (*CODE, "key")),
    among("plans", "tariff", ["Basic 2023", "Plus 2023", "Pro 2024", "Basic 2024"]),
    among("engines", "engine", ["1.6 TDI", "2.0 TDI", "1.4 TSI", "1.0", "2.0 TFSI"]),
    among("bands of income", "income_bracket",
          ["20,000-39,999", "40,000-59,999", "under 20,000", "60,000 or more"]),
    among("bands in dollars", "price_range", ["$", "$$", "$$$", "$$$$"]),
    among("percentages of a job", "Beschäftigungsgrad", ["100%", "50%", "75%", "80%", "60%"], 1.2,
          kinds=CODE),
    plain("houses", "hausnr", houses, MANY),
    among("floors", "étage", ["1er", "2e", "RDC", "3e", "4e", "5e"]),
    among("dozens of eggs", "pack", ["6 x 330 ml", "1 x 750 ml", "24 x 330 ml", "12 x 500 ml"]),
    among("vision", "visus_text", ["20/20", "20/25", "20/40", "20/30", "20/200", "LP"]),
    among("colours", "hex_colour", ["#1a2b3c", "#ffffff", "#000000", "#e63946", "#457b9d", "#3e5e10"]),
]  # fmt: skip

# What looks like a key, a code or an identifier

CODELIKE = [
    plain("plain codes", "station", coded("A##", "B##", "C1#", number=45)),
    plain("diagnoses", "icd10", coded("I##", "E##.#", "J##.#", "M##.##", "F##", number=90)),
    plain("diagnoses, old", "diag_1", coded("250.##", "4##", "V##.#", "7##.#", number=80)),
    plain("medicines", "ATC", coded("C09AA0#", "N02BE0#", "A10BA0#", "J01CR0#", number=40)),
    plain("airports", "origin", coded("???", number=55)),
    plain("banks", "BIC", coded("????DEFF", "????ATWW", "????CHZZ", number=40)),
    plain("batches", "lot", coded("LOT##0#?", number=50), CATEGORY),
    plain("beds", "bett", coded("#.1#?", "#.2#?", number=45)),
    plain("countries", "nationality", chosen(["DE", "AT", "CH", "IT", "TR", "PL", "HR"], 1.4)),
    plain("languages", "locale", chosen(["de-AT", "de-DE", "en-GB", "en-US", "fr-FR"], 1.0)),
    plain("browsers", "user_agent_family",
          chosen(["Chrome 121.0", "Safari 17.2", "Firefox 122.0", "Edge 121.0"], 1.0)),
    plain("hosts", "mail_provider", chosen(["gmail.com", "gmx.at", "outlook.com", "icloud.com"], 1.0)),
    plain("pages", "landing_page", chosen(["/", "/preise", "/blog/2023/05", "/kontakt", "/login"], 1.0)),
    plain("towns like people", "city",
          chosen(["Florence", "Charlotte", "Austin", "Madison", "Jackson", "Lincoln", "Victoria"], 0.8)),
    plain("firms like people", "employer",
          chosen(["Marks & Spencer", "John Lewis", "Jack Wills", "Paul Smith", "Ted Baker"], 0.8)),
    plain("goods like people", "model",
          chosen(["Mercedes A 180", "Lancia Ypsilon", "Opel Karl", "Skoda Octavia", "Renault Clio"], 0.8)),
    plain("clinics", "hospital", chosen(["St. Anna", "St. Josef", "Maria Hilf", "Elisabethinen", "Charité"],
                                        0.7)),
    plain("towns, many", "Wohnort", several_of("de_DE", "city")),
    plain("firms, many", "company", several_of("en_US", "company"), MANY),
    plain("jobs, many", "profession", several_of("fr_FR", "job"), MANY),
    plain("phone_bill", "phone_bill", lognormal(31, 0.6), ("number",)),
    plain("phone_bill, large", "telefonkosten_cent", whole(lognormal(4.1e8, 0.4, 0)), ("number",)),
    plain("mobile_data_mb", "mobile_data_mb", whole(lognormal(3_400, 1.2, 0)), ("number",)),
    plain("lat_ms", "lat_ms", lognormal(38, 0.7, 1), ("number",)),
    plain("long_term", "long_term_debt", lognormal(180, 1.1, 1), ("number",)),
    plain("emails sent", "email_count", counts(9), ("number",)),
    plain("dates, counted", "date_count", counts(6), ("number",)),
    plain("share of a time", "time_in_range", normal(63, 18, 1, 0, 100), ("number",)),
    plain("value of a car", "Zeitwert", whole(lognormal(9_000, 0.8, 0)), ("number",)),
    plain("longest run", "longest_run_km", normal(16.4, 4, 2, 2, 42), ("number",)),
    plain("latest score", "latest_score", normal(48.2, 9, 2, 0, 80), ("number",)),
    plain("kinds of keys", "keyboard", chosen(["QWERTZ", "QWERTY", "AZERTY"], 1.0)),
    plain("kinds of candidates", "candidate_type", chosen(["internal", "external", "referral"], 0.7)),
    plain("kinds of mails", "email_type", chosen(["newsletter", "invoice", "reminder"], 0.7)),
    plain("codes of persons' sex", "gender_id", chosen([2, 1, 3], 1.0), CODE),
    plain("length of names", "name_len", whole(normal(13, 4, 0, 4, 40)), ("number", "category")),
    plain("hits by address", "ip_hits", counts(120), ("number",)),
    plain("card limit", "card_limit", chosen([1_000, 2_000, 5_000, 3_000, 10_000], 0.6), CODE),
    plain("distinct amounts", "amount_cents", lambda rng, n: (rng.permutation(10**7)[:n] + 137).tolist(),
          ("number",)),
    plain("distinct measures", "tracking_err", lambda rng, n: rng.normal(0, 1, n).tolist(), ("number",)),
]  # fmt: skip

# What is what it looks like

LEVELS = [
    among("sex", "sex", ["female", "male", "other"], 1.0),
    among("sex, letters, unknown", "Geschlecht", ["w", "m", "unbekannt", "d"], 1.4),
    among("marriage", "situation_familiale",
          ["marié(e)", "célibataire", "divorcé(e)", "veuf/veuve", "pacsé(e)"]),
    among("school", "education",
          ["HS-grad", "Some-college", "Bachelors", "Masters", "Doctorate", "11th", "9th"]),
    among("triage", "triage", ["gelb", "grün", "orange", "rot", "blau"], 0.8, dtype="category"),
    among("blood", "Blutgruppe", ["A+", "0+", "B+", "A-", "0-", "AB+", "B-", "AB-"], 1.0),
    among("smoking", "smoking", ["never", "former", "current"], 0.7, missing=0.08),
    among("grades", "triage_grade", ["II", "III", "I", "IV"], 0.6),
    among("marks", "Note", ["1,3", "2,0", "1,7", "2,3", "3,0", "5,0"], 0.4, kinds=("number", "category")),
    plain("age and years", "v2", ages, ("number",)),
]  # fmt: skip


def flag(
    case: str, name: str, values: Sequence[Any], kinds: tuple[str, ...] = ("flag", "category"), **more: Any
) -> Case:
    """A column of two values, the first in 4 of 5 rows."""
    draw: Draw = lambda rng, n: [values[int(v)] for v in rng.random(n) < 0.2]  # noqa: E731
    return Case(case=f"flags/{case}", names=(name,), kinds=kinds, draw=draw, **more)


FLAGS = [
    flag("booleans", "active", [True, False], ("flag",)),
    flag("booleans, missing", "raucher", [False, True], ("flag",), missing=0.07, dtype="boolean"),
    flag("booleans as objects, missing", "insured", [True, False], ("flag",), missing=0.05, dtype="object"),
    flag("yes and no", "consent", ["yes", "no"]),
    flag("ja und nein", "Einwilligung", ["ja", "nein"], missing=0.04),
    flag("oui et non", "fumeur", ["non", "oui"]),
    flag("letters", "readmitted", ["N", "Y"]),
    flag("words of truth", "is_member", ["False", "True"]),
    flag("small words of truth", "verified_b", ["true", "false"]),
    flag("marks", "angekreuzt", ["", "x"]),
    flag("0 and 1", "event", [0, 1], ("flag", "number", "category")),
    flag("0 and 1, float, missing", "died_30d", [0.0, 1.0], ("flag", "number", "category"), missing=0.1),
    flag("about phones", "has_phone", [1, 0], ("flag", "number", "category")),
    flag("si y no, unknown", "embarazo", ["no", "sí"], specials={"desconocido": 0.05}),
]  # fmt: skip

CASES: list[Case] = [*DATELIKE, *NUMBERLIKE, *CODELIKE, *LEVELS, *FLAGS]
