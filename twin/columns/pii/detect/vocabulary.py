"""Words of names that speak of something else than an identifier."""

from __future__ import annotations


def several(line: str) -> frozenset[str]:
    """The words of a line.

    Example:
        >>> sorted(several("b a"))
        ['a', 'b']
    """
    return frozenset(line.split())


TOPICS = several(
    """product produkt produit producto prodotto produto item article artikel articolo artigo articulo
    company
    firma firm firmen unternehmen entreprise societe empresa azienda societa bedrijf bedrijfsnaam spolka
    yritys foretag virksomhed arbeitgeber employer employeur empleador datore patron city town village
    municipality ort stadt wohnort gemeinde ville commune ciudad municipio citta comune cidade concelho stad
    plaats gemeente miasto gmina kommun kommune by kaupunki mesto obec varos telepules oras grad miestas
    pilseta linn град град πολη sehir ilce город місто 市 城市 都市 도시 country land pays pais paese
    nazione kraj
    maa zeme orszag tara drzava salis valsts riik страна країна χωρα ulke 国 国家 나라 state province provinz
    bundesland kanton region departement bezirk county district landkreis regione provincia estado provincie
    voivodeship wojewodztwo lan fylke maakunta megye judet nationality nationalitaet staatsangehoerigkeit
    language sprache langue idioma lingua taal jezyk sprak kieli birthplace geburtsort lieu luogo lugar
    local place location standort file filename datei dateiname fichier archivo host hostname server domain
    domaene brand marke marque marca merk marka model modell modele modelo modello species spezies especie
    specie art gattung genus taxon animal plant tier breed rasse race drug medikament medication medicine
    medicament wirkstoff arzneimittel substance ingredient diagnosis diagnose diagnostic diagnostico
    diagnosi disease krankheit maladie procedure eingriff symptom department abteilung service departamento
    reparto dipartimento afdeling dzial avdelning osasto oddeleni ward station klinik clinic hospital
    krankenhaus hopital ospedale ziekenhuis szpital job beruf profession occupation role rolle position
    title titel titre titulo titolo function funktion metier poste puesto cargo lavoro functie zawod
    stanowisko yrke stilling ammatti povolani foglalkozas meslek должность профессия color colour farbe
    couleur colore cor kleur kolor farg farge vari barva szin culoare renk цвет month monat mois mes mese
    maand miesiac manad maned kuukausi weekday day wochentag tag jour dia giorno dag dzien airline fluglinie
    airport flughafen carrier route team mannschaft equipe equipo squadra club verein league liga university
    universitaet universite universidad universita universidade school schule ecole escuela scuola escola
    college faculty course kurs cours subject fach major degree event veranstaltung project projekt projet
    proyecto category kategorie categorie categoria type typ tipo group gruppe groupe grupo gruppo class
    klasse classe clase status hotel restaurant bar shop store laden magasin tienda negozio movie film book
    buch livre libro song album band artist genre game spiel jeu software app application device geraet
    sensor machine maschine vehicle car auto voiture coche bank insurer versicherung versicherer insurance
    supplier lieferant vendor vendeur fournisseur proveedor manufacturer hersteller maker campaign kampagne
    channel kanal source quelle column parameter metric unit
    einheit currency waehrung religion sport food dish gericht fruit street strasse rue site building
    gebaeude room raum zimmer park river fluss mountain berg lake see planet star sector branche industry
    tag tags label keyword skill process task event step phase stage organisation organization org
    institution kingdom family order phylum mineral chemical compound gene protein bird fish flower tree
    wine beer"""
)
"""Words of column names that speak of something else than a person."""

NEGATIONS = several(
    """sent flag is has had hat opt optin optout consent consented verified valid validated confirmed count
    counts cnt anzahl nombre_de total type typ kind category status date datum time zeit ts timestamp length
    len laenge score rate ratio model modell brand marke provider carrier operator anbieter domain plan
    bounce bounced open opened opens click clicks clicked version class hash hashed size colour color price
    preis amount betrag cost kosten balance limit expiry exp expires month year usage os network prefix
    suffix code codes area country land city ort stadt state region ext extension preferred_by language
    quality level change changed changes visits calls minutes duration known available missing present
    provided given_flag response frequency subscribed newsletter unsubscribed share percent pct mean avg
    median sum max min index rank loss vol volume sold sales stock weight width height"""
)
"""Words that turn the name of an identifier into something about it: a flag, a count, a date."""
