"""Addresses in streets that say they are examples, and positions in the open sea."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.arrays import Array
from twin.columns.pii.generate.base import Ask, IdentifierFacts, share, texts

_STREETS: dict[str, tuple[tuple[str, ...], str]] = {
    "en": (("Example Street", "Sample Road", "Specimen Avenue", "Placeholder Lane"), "Exampletown"),
    "de": (("Musterstraße", "Beispielweg", "Mustergasse", "Beispielplatz"), "Musterstadt"),
    "fr": (("Rue de l'Exemple", "Avenue du Modèle", "Place de l'Exemple"), "Exempleville"),
    "es": (("Calle Ejemplo", "Avenida del Ejemplo", "Plaza Modelo"), "Villaejemplo"),
    "it": (("Via Esempio", "Viale Campione", "Piazza Esempio"), "Città Esempio"),
    "pt": (("Rua Exemplo", "Avenida Modelo", "Travessa do Exemplo"), "Cidade Exemplo"),
    "nl": (("Voorbeeldstraat", "Voorbeeldlaan", "Voorbeeldplein"), "Voorbeeldstad"),
    "sv": (("Exempelgatan", "Exempelvägen", "Provgatan"), "Exempelstad"),
    "da": (("Eksempelvej", "Eksempelgade", "Prøvevej"), "Eksempelby"),
    "no": (("Eksempelveien", "Eksempelgata", "Prøveveien"), "Eksempelby"),
    "nb": (("Eksempelveien", "Eksempelgata", "Prøveveien"), "Eksempelby"),
    "fi": (("Esimerkkikatu", "Esimerkkitie", "Mallikuja"), "Esimerkkilä"),
    "pl": (("ul. Przykładowa", "ul. Wzorcowa", "al. Przykładowa"), "Przykładowo"),
    "cs": (("Příkladná", "Vzorová", "Ukázková"), "Příkladov"),
    "sk": (("Príkladná", "Vzorová", "Ukážková"), "Príkladovo"),
    "hu": (("Példa utca", "Minta utca", "Minta tér"), "Mintafalva"),
    "ro": (("Strada Exemplu", "Bulevardul Exemplu"), "Exemplești"),
    "bg": (("ул. Примерна", "бул. Примерен"), "Примерово"),
    "hr": (("Primjerna ulica", "Ogledna ulica"), "Primjergrad"),
    "sl": (("Vzorčna ulica", "Primerna cesta"), "Vzorčno mesto"),
    "et": (("Näidise tänav", "Näidise tee"), "Näidislinn"),
    "lt": (("Pavyzdžio gatvė", "Pavyzdžio alėja"), "Pavyzdžiai"),
    "lv": (("Parauga iela", "Piemēra iela"), "Paraugpilsēta"),
    "el": (("Οδός Παραδείγματος", "Λεωφόρος Παραδείγματος"), "Παραδειγματούπολη"),
    "ru": (("ул. Примерная", "пр. Образцовый", "пер. Примерный"), "Примерск"),
    "uk": (("вул. Прикладна", "просп. Зразковий"), "Прикладськ"),
    "tr": (("Örnek Sokak", "Örnek Caddesi"), "Örnekköy"),
    "ja": (("見本町", "例示町"), "見本市"),
    "zh": (("示例路", "样本街"), "示例市"),
    "ko": (("예시로", "견본길"), "예시시"),
    "ar": (("شارع المثال", "طريق النموذج"), "مدينة المثال"),
    "he": (("רחוב הדוגמה", "שדרות הדוגמה"), "עיר הדוגמה"),
    "hi": (("उदाहरण मार्ग", "नमूना रोड"), "उदाहरणपुर"),
    "id": (("Jalan Contoh", "Jalan Teladan"), "Kota Contoh"),
    "is": (("Dæmigata", "Sýnisgata"), "Dæmibær"),
    "sr": (("Примерна улица", "Огледна улица"), "Примерград"),
    "mk": (("ул. Примерна", "бул. Пример"), "Примерград"),
    "th": (("ถนนตัวอย่าง", "ซอยตัวอย่าง"), "เมืองตัวอย่าง"),
    "fa": (("خیابان نمونه", "کوچه نمونه"), "شهر نمونه"),
    "vi": (("Đường Ví Dụ", "Phố Mẫu"), "Thành phố Mẫu"),
}
_NUMBER_FIRST = ("en", "fr", "vi")
_HOUSE = r"\d+\s?[a-zA-Z]?(?:[/-]\d+[a-zA-Z]?){0,2}"
_NUMBER = re.compile(rf"^({_HOUSE}\b)[,\s]+\D|\D[,\s]+(?:n[.°º]?\s?)?({_HOUSE})$")
_POSTCODE = re.compile(
    r"(?<!\w)(?:\d[\d -]{2,8}\d|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d)(?!\w)"
)
_BREAK = re.compile(r"\s*[,;\n]\s*")


@dataclass(frozen=True)
class Addresses:
    """Invents addresses. A form is a pattern such as "{street} {no}, {00000} {city}".

    Example:
        >>> Addresses().forms(["Hauptstr. 5, 1010 Wien", "7 High Road"], IdentifierFacts())
        ['{street} {no}, {0000} {city}', '{no} {street}']
    """

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """The order of street and number, and the parts that follow.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        return [self._form(text.strip()) for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """Street and number in the order of the language."""
        first = about.language in _NUMBER_FIRST or about.language not in _STREETS
        return "{no} {street}" if first else "{street} {no}"

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Addresses that no map shows.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
        streets, city = _STREETS.get(ask.about.language, _STREETS["en"])
        street: Array = np.array(streets, object)[ask.below(len(streets), "street")]
        counts = ask.counters(2, f"{ask.about.name}\0house") if ask.unique else ask.below(180, "house") + 1
        if ask.unique and "{no}" not in form:
            form = form.replace("{street}", "{street} {no}")
        numbers = texts(list(map(str, counts.tolist())))
        form = re.sub(r"\{([0X -]+)\}", r"\1", form).replace("{city}", city)
        out: Array = texts([""] * ask.n)
        for piece in re.split(r"(\{\w+\})", form):
            out = out + {"{street}": street, "{no}": numbers}.get(piece, piece)
        return out.tolist()  # type: ignore[no-any-return]

    def _form(self, text: str) -> str:
        parts = _BREAK.split(text)
        marks = _BREAK.findall(text)
        if len(parts) > 1 and re.fullmatch(_HOUSE, parts[1]):  # "Calle Mayor, 5"
            first = f"{{street}}{_mark(marks[0])}{{no}}"
            rest, marks = parts[2:], marks[1:]
        else:
            number = _NUMBER.search(parts[0])
            before = number is not None and number.group(1) is not None
            first = "{street}" if number is None else "{no} {street}" if before else "{street} {no}"
            rest = parts[1:]
        done, has_city = first, False
        for mark, part in zip(marks, rest, strict=True):
            found = _POSTCODE.search(part)
            code = "" if found is None else "{" + _blank(found.group()) + "}"
            words = bool(re.search(r"[^\W\d_]{2}", _POSTCODE.sub("", part)))
            if words and has_city and not code:
                continue
            city = "{city}" if words and not has_city else ""
            has_city = has_city or bool(city)
            ordered = (city, code) if found is not None and found.start() > 0 else (code, city)
            piece = " ".join(filter(None, ordered))
            done += _mark(mark) + piece if piece else ""
        return done


def _mark(mark: str) -> str:
    return "\n" if "\n" in mark else f"{mark.strip()} "


def _blank(code: str) -> str:
    """A postcode with zeros and X in place of what it is."""
    return re.sub(r"[A-Z]", "X", re.sub(r"\d", "0", code))


_CENTRE = (-48.8767, -123.3933)  # Lukatela 1992, "Hipparchus geopositioning model": the oceanic pole
_REACH = 1.0  # width of the sea around it that positions are drawn from, in degrees
_PAIR = re.compile(r"([^\d+-]*)([+-]?\d+)(?:[.](\d+))?([^\d+-]+)([+-]?\d+)(?:[.](\d+))?([^\d]*)")
_ONE = re.compile(r"[+-]?\d+(?:([.,])(\d+))?")
_EAST = re.compile(r"lon|lng|läng|laeng|^x$|経度|经度|경도|долгот", re.IGNORECASE)


@dataclass(frozen=True)
class Coordinates:
    """Invents positions around the place that is farthest from any land.

    A form is a pattern such as "{lat:.5f}, {lon:.5f}", or that of one of the two.

    Example:
        >>> Coordinates().forms(["48.2082, 16.3738", "POINT(16.3 48.2)"], IdentifierFacts())
        ['{lat:.4f}, {lon:.4f}', 'POINT({lon:.1f} {lat:.1f})']
    """

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """Digits after the point, order and separators.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        return [self._form(text.strip(), about) for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """Latitude and longitude, or the one that the column's name says."""
        return "{lat:.5f}, {lon:.5f}"

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Positions in the sea.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
        shape = form
        if ask.unique:  # at least as many digits as tell the rows apart
            shape = re.sub(r"\.(\d+)f", lambda found: f".{max(int(found.group(1)), 6)}f", form)
        lat, lon = (
            (centre + (share(ask.bits(purpose)) - 0.5) * _REACH).tolist()
            for centre, purpose in zip(_CENTRE, ("lat", "lon"), strict=True)
        )
        if ask.unique:
            lat, lon = _distinct(ask)
            digits = [int(found) for found in re.findall(r"\.(\d+)f", shape)]
            shape = re.sub(r"\.(\d+)f", f".{max([*digits, 6])}f", shape)
        if form == "dms":
            most = 4 if ask.unique else 2
            return [
                f"{_sexagesimal(a, most)}S {_sexagesimal(b, most)}W" for a, b in zip(lat, lon, strict=True)
            ]
        comma = shape.endswith("|,")
        make = shape.removesuffix("|,").format
        made = [make(lat=a, lon=b) for a, b in zip(lat, lon, strict=True)]
        return [text.replace(".", ",") for text in made] if comma else made

    def _form(self, text: str, about: IdentifierFacts) -> str:
        one = _ONE.fullmatch(text)
        if one is not None:
            axis = "lon" if _EAST.search(about.name) else "lat"
            return f"{{{axis}:.{len(one.group(2) or '')}f}}" + ("|," if one.group(1) == "," else "")
        if "°" in text:
            return "dms"
        pair = _PAIR.fullmatch(text)
        if pair is None or any(mark in text for mark in "{}"):
            return ""
        before, _, a, between, _, b, after = pair.groups()
        if any(len(part) > 8 for part in (before, between, after)):
            return ""
        axes = ("lon", "lat") if before.upper().startswith("POINT") else ("lat", "lon")
        spec = f".{min(len(a or ''), len(b or ''))}f"
        return f"{before}{{{axes[0]}:{spec}}}{between}{{{axes[1]}:{spec}}}{after}"


def _distinct(ask: Ask) -> tuple[list[float], list[float]]:
    """Positions that differ in the sixth digit after the point, each coordinate on its own."""
    steps = 10**6
    out = []
    for centre, purpose in zip(_CENTRE, ("lat", "lon"), strict=True):
        place, laps = ask.numbers(steps, purpose)
        whole = round(centre * steps) - steps // 2
        width = laps.astype(np.int64) * steps  # beyond a million rows: further out to sea
        out.append(((whole + place.astype(np.int64) + width % (20 * steps)) / steps).tolist())
    return out[0], out[1]


def _sexagesimal(degrees: float, digits: int) -> str:
    seconds = round(abs(degrees) * 3600, digits)
    tail = f"{seconds % 60:0{digits + 3}.{digits}f}"
    return f"{int(seconds // 3600)}°{int(seconds % 3600 // 60):02d}′{tail}″"
