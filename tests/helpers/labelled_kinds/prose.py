"""Free text: sentences and remarks that people type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.helpers.labelled_kinds.base import Case, Cells, Draw, Rng, blend, chosen, pick, visits, written


def typed(case: str, name: str, draw: Draw, **more: Any) -> Case:
    """A column of free text."""
    kinds = more.pop("kinds", ("text",))
    return Case(case=f"prose/{case}", names=(name,), kinds=kinds, draw=draw, **more)


def said(*slots: Sequence[str], more: float = 0.6) -> Draw:
    """Sentences from slots, one draw of each; "{}" is filled with a number.

    Args:
        slots: What may stand at each place, the first most often.
        more: Share of texts that go on with a second sentence.
    """

    def make(rng: Rng, n: int) -> Cells:
        first, second = _sentences(rng, slots, n), _sentences(rng, slots, n)
        longer, hasty = rng.random(n) < more, rng.random(n) < 0.08
        texts = [f"{a} {b}" if c else a for a, b, c in zip(first, second, longer.tolist(), strict=True)]
        return [_typo(rng, t) if h else t for t, h in zip(texts, hasty.tolist(), strict=True)]

    return make


def _sentences(rng: Rng, slots: Sequence[Sequence[str]], n: int) -> list[str]:
    rows = zip(*(pick(rng, slot, n, 0.3) for slot in slots), strict=True)
    texts = (" ".join(part for part in row if part) for row in rows)
    return [t.replace("{}", str(i)) for t, i in zip(texts, rng.integers(2, 60, n).tolist(), strict=True)]


def _typo(rng: Rng, text: str) -> str:
    """Two letters change places, or all is small."""
    at = int(rng.integers(0, len(text) - 1))
    return text.lower() if rng.random() < 0.4 else text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def dated(text: Draw, pattern: str, join: str) -> Draw:
    """Text that begins with a date."""

    def make(rng: Rng, n: int) -> Cells:
        days = map(written(pattern), visits(rng, n))
        return [f"{day}{join}{rest}" for day, rest in zip(days, text(rng, n), strict=True)]

    return make


NOTES = said(
    ["Pt seen in clinic,", "Reviewed today,", "Phone call with pt,", "Home visit:", "Brought in by daughter,",
     "Follow up."],
    ["c/o chest pain x{} days", "c/o headache since {} days", "feeling better", "no new complaints",
     "cough for {} days", "SOB on exertion", "dizzy when standing"],
    ["- BP stable,", "- afebrile,", "- obs normal,", "- mild oedema,", "- chest clear,", "- ECG NAD,"],
    ["continue current meds.", "increase ramipril to {}mg.", "bloods repeated.", "refer to cardiology.",
     "review in {} weeks.", "GP to chase results.", ""],
)  # fmt: skip
BEFUNDE = said(
    ["Pat. klagt über", "Seit {} Tagen", "Zn. Sturz mit", "Bekannte", "Neu aufgetretene", "Weiterhin"],
    ["Schmerzen im re. Knie,", "Atemnot bei Belastung,", "Schwindel,", "Übelkeit und Erbrechen,",
     "Husten mit Auswurf,", "Kopfschmerzen,"],
    ["RR 135/80,", "Abdomen weich,", "Lunge frei,", "kein Fieber,", "Rö. o.B.,", "Labor ausständig,"],
    ["Kontrolle in {} Wochen.", "Zuweisung Orthopädie.", "Therapie fortgesetzt.", "AU bis auf weiteres.",
     "Entlassung möglich.", "Angehörige informiert."],
)  # fmt: skip
AVIS = said(
    ["Très bon accueil,", "Produit conforme,", "Un peu déçue,", "Livraison en {} jours,", "Je recommande,",
     "Service client injoignable,"],
    ["personnel souriant", "la taille est trop petite", "emballage abîmé", "rapport qualité-prix correct",
     "couleur différente de la photo", "rien à redire"],
    ["et propre.", "mais c'est cher.", "!", "dommage.", "je reviendrai.", "à éviter."],
)  # fmt: skip
QUEJAS = said(
    ["Llevo {} días esperando", "El técnico no vino", "Me cobraron dos veces", "No funciona",
     "Muy amable el personal", "Solicito la baja"],
    ["y nadie contesta", "en la factura de marzo", "el internet por la noche", "pero la espera fue larga",
     "desde el cambio de tarifa"],
    ["al teléfono.", "¿cuándo lo arreglan?", "gracias.", "es la {}ª vez que llamo.",
     "quiero una hoja de reclamaciones."],
)  # fmt: skip
REVIEWS = said(
    ["Great", "Decent", "Terrible", "Lovely", "Overpriced", "Surprisingly good", "Okay-ish"],
    ["product,", "little gadget,", "hotel,", "place to eat,", "pair of shoes,", "app,"],
    ["arrived after {} days.", "would buy again!", "broke within {} weeks.", "my kids love it.",
     "staff were rude.", "5 stars.", "not as described :("],
    ["", "Bought {} of them.", "Avoid.", "Thanks!", "Will return it."],
)  # fmt: skip
TICKETS = said(
    ["Customer called,", "Kunde meldet:", "Caller says", "Re: order {} -", "Escalated,", "Rückruf erbeten,"],
    ["router blinks red", "Rechnung falsch", "password reset not working", "parcel {} still missing",
     "Vertrag kündigen", "wants refund"],
    ["since yesterday.", "- bitte prüfen.", "- sent form by post.", "(see ticket {}).", "- done.",
     "- wartet auf Antwort."],
)  # fmt: skip
SEARCHES = said(
    ["cheap", "best", "how to fix", "günstige", "used", "near me", "vegan"],
    ["flights to", "running shoes", "washing machine", "Wohnung in", "laptop under {}00", "restaurant",
     "birthday gift for"],
    ["rome", "size {}", "error e{}", "graz", "for students", "open now", "mum"],
    more=0,
)  # fmt: skip
JOBS = said(
    ["Senior", "Assistant", "Self-employed", "Part-time", "Retired", "Trainee", "Lead"],
    ["nurse", "teacher (maths)", "bus driver", "software engineer", "care worker", "shop manager",
     "electrician"],
    ["at a hospital", "in a primary school", "for {} years", "at a small firm", "in the family business",
     "night shifts", ""],
    more=0,
)  # fmt: skip
ALLERGIES = said(
    ["allergisch auf", "Unverträglichkeit:", "Z.n. Reaktion auf", "verträgt kein(e)", "V.a. Allergie gegen"],
    ["Penicillin", "Nüsse und Sellerie", "Jod (KM)", "Bienengift", "ASS", "Laktose", "Hausstaub, Gräser"],
    ["seit Kindheit", "(Ausschlag)", "laut Pat.", "- Pass vorhanden", "vor {} Jahren", "Schweregrad {}"],
)  # fmt: skip
WISHES = said(
    ["Bitte", "Wäre schön,", "Könnten Sie", "Ich möchte", "Danke,"],
    ["ein ruhiges Zimmer", "späte Anreise gegen {} Uhr", "ein Kinderbett", "vegetarisches Essen",
     "Parkplatz für {} Autos"],
    ["wenn möglich.", "!", "- wir feiern Geburtstag.", "und eine Rechnung auf die Firma.",
     "wie letztes Jahr.", "im Erdgeschoss."],
)  # fmt: skip
OPINIONI = said(
    ["Ottima posizione,", "Camera piccola", "Colazione buona", "Siamo stati {} notti,", "Non ci torno:"],
    ["vicino alla stazione,", "ma pulita,", "e personale gentile,", "troppo rumore,", "prezzo onesto,"],
    ["consigliato.", "da rivedere.", "peccato per il bagno.", "voto {}.", "grazie a tutti!"],
)  # fmt: skip


MENGEN = said(
    ["{} Stück", "ca. {} kg", "{} x", "nur {}", "{} Paletten"],
    ["geliefert,", "fehlen noch,", "beschädigt,", "retour,", "nachgezählt,"],
    ["Rest folgt nächste Woche.", "Lager informiert.", "Kunde weiß Bescheid.", "bitte nachbestellen."],
)
SHORT = ["ok", "good", "fine", "bad", "n/a"]


def _posts(rng: Rng, n: int) -> Cells:
    tags = pick(rng, ["#monday", "#fail", "#sale", "@bahn_info", "https://t.co/x{}", "lol", "😀"], n, 0.4)
    return [
        f"{a} {b}".replace("{}", str(int(rng.integers(999))))
        for a, b in zip(REVIEWS(rng, n), tags, strict=True)
    ]


CASES: list[Case] = [
    typed("notes", "clinical_notes", NOTES),
    typed("notes, name says nothing", "c19", NOTES),
    typed("findings", "Befund", BEFUNDE, missing=0.05),
    typed("reviews", "review", REVIEWS),
    typed("reviews, french", "commentaire", AVIS),
    typed("reviews, italian", "recensione", OPINIONI, missing=0.2),
    typed("complaints", "motivo", QUEJAS),
    typed("tickets in two languages", "ticket_text", TICKETS),
    typed("begins with a date", "Verlauf", dated(BEFUNDE, "{dd}.{mm}.{y}", ": ")),
    typed("begins with an iso date", "log", dated(NOTES, "{y}-{mm}-{dd}", " ")),
    typed("begins with a number", "Bemerkung Menge", MENGEN),
    typed("searches", "query", SEARCHES, kinds=("text", "category")),
    typed("posts", "tweet", _posts),
    typed("wishes, mostly missing", "Sonderwünsche", WISHES, missing=0.7),
    typed("wishes, none", "remarks", WISHES, specials={"none": 0.1, "-": 0.05}),
    typed("jobs in own words", "occupation_text", JOBS, kinds=("text", "category")),
    typed("other, please specify", "q9_other", ALLERGIES, missing=0.5),
    typed("half short, half long", "feedback", blend(REVIEWS, chosen(SHORT, 0.8), 0.35)),
]  # fmt: skip
