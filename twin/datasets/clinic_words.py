"""The words of the simulated clinic: all invented or in common use."""

from __future__ import annotations

from typing import NamedTuple


class Diagnosis(NamedTuple):
    """A code, its name, its share among visits without a chronic cause, and its mean cost."""

    code: str
    name: str
    share: float
    cost: float


def _split(*lines: str) -> tuple[str, ...]:
    return tuple(" ".join(lines).split())


FEMALE = _split(
    "Anna Maria Eva Julia Laura Lena Sophie Emma Clara Ida Nora Helga Ingrid Petra Karin Monika Ruth Greta",
    "Alma Paula Elif Amina Mila Jana Olga Teresa Vera Zoe Hanna Rosa",
)
MALE = _split(
    "Paul Jakob Max Felix David Simon Lukas Tobias Martin Peter Josef Franz Karl Georg Anton Emil Otto Leo",
    "Hugo Ivan Emre Omar Milan Viktor Bruno Oskar Rudolf Jonas Erik Noah",
)
SURNAMES = _split(
    "Gruber Huber Bauer Wagner Pichler Steiner Moser Mayer Hofer Leitner Berger Fuchs Eder Fischer Schmid",
    "Weber Schneider Winkler Reiter Maier Lang Brunner Egger Auer Binder Lechner Wolf Wallner Aigner Ebner",
    "Koller Lehner Haas Schuster Holzer Haider Strasser Graf Koch Lackner Konrad Wimmer Kaiser Horvat Novak",
    "Yilmaz Kovac Jovanovic Nagy Demir Petrovic Svoboda Kaya Toth Marek Popescu Rossi Hassan Nowak Kral",
)
CITY_STARTS = _split(
    "Ober Unter Neu Alt Gross Klein Hoch Weiss Hohen Nieder Stein Wald Kirch Rosen Birken Mühl Salz Eisen",
    "Grün Linden",
)
CITY_ENDS = _split(
    "bach dorf berg feld au kirchen hofen stein tal markt brunn see zell furt ried heim wang eck egg ham"
)

DIAGNOSES = (
    Diagnosis("J06", "Acute upper respiratory infection", 0.150, 48.0),
    Diagnosis("M54", "Back pain", 0.110, 75.0),
    Diagnosis("I10", "Hypertension", 0.100, 62.0),
    Diagnosis("Z00", "General examination", 0.090, 95.0),
    Diagnosis("R51", "Headache", 0.060, 55.0),
    Diagnosis("K21", "Reflux disease", 0.050, 80.0),
    Diagnosis("F32", "Depressive episode", 0.045, 120.0),
    Diagnosis("L20", "Atopic dermatitis", 0.040, 66.0),
    Diagnosis("N39", "Urinary tract infection", 0.040, 58.0),
    Diagnosis("E78", "Raised cholesterol", 0.040, 70.0),
    Diagnosis("J45", "Asthma", 0.035, 88.0),
    Diagnosis("M17", "Arthrosis of the knee", 0.030, 140.0),
    Diagnosis("H10", "Conjunctivitis", 0.030, 42.0),
    Diagnosis("A09", "Gastroenteritis", 0.030, 52.0),
    Diagnosis("S93", "Sprained ankle", 0.025, 110.0),
    Diagnosis("E03", "Underactive thyroid", 0.025, 68.0),
    Diagnosis("D50", "Iron deficiency anaemia", 0.020, 64.0),
    Diagnosis("G43", "Migraine", 0.018, 82.0),
    Diagnosis("H66", "Middle ear infection", 0.015, 50.0),
    Diagnosis("J18", "Pneumonia", 0.012, 310.0),
    Diagnosis("I48", "Atrial fibrillation", 0.010, 180.0),
    Diagnosis("K80", "Gallstones", 0.007, 420.0),
    Diagnosis("N20", "Kidney stones", 0.006, 390.0),
    Diagnosis("G40", "Epilepsy", 0.004, 160.0),
    Diagnosis("B02", "Shingles", 0.003, 85.0),
    Diagnosis("M10", "Gout", 0.002, 72.0),
    Diagnosis("C50", "Breast cancer", 0.001, 2400.0),
    Diagnosis("G35", "Multiple sclerosis", 0.0006, 1500.0),
    Diagnosis("D86", "Sarcoidosis", 0.0003, 640.0),
    Diagnosis("E11", "Type 2 diabetes", 0.0, 105.0),
    Diagnosis("J44", "Chronic obstructive lung disease", 0.0, 130.0),
)
DIABETES = "E11"
LUNG = "J44"

COMPLAINTS = ("no complaints", "tired", "short of breath", "in pain", "sleeps badly", "dizzy", "feels better")
ADVICE = (
    "rest",
    "more water",
    "continue treatment",
    "blood test ordered",
    "referred to specialist",
    "more exercise",
)
WEEKS = ("back in 1 week", "back in 2 weeks", "back in 4 weeks", "back in 3 months", "back if worse")
