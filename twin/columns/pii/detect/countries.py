"""Countries, their locales, and the numbers that they give their people."""

from __future__ import annotations

from dataclasses import dataclass

from twin.columns.pii.detect.words import (
    word_list,
)

COUNTRY_LOCALES = {locale[-2:]: locale for locale in word_list("country_locales")}
"""Country code → locale of its most spoken official language."""


@dataclass(frozen=True)
class NationalNumber:
    """A national number that can be checked.

    Args:
        locale: Locale of the country.
        module: Module of the stdnum package that checks it; "" where the pattern is all there is.
        pattern: What it looks like, without blanks, hyphens, dots and slashes; a cheap test before the
        check.
        lengths: Numbers of digits that integers are filled up to with leading zeros; () if it has letters.
        parted: What it looks like with its usual separators; "" where it has none that tell.
    """

    locale: str
    module: str
    pattern: str
    lengths: tuple[int, ...] = ()
    parted: str = ""


_Y = r"\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])"  # year, month, day
_D = r"([0-2]\d|3[01])(0[1-9]|1[0-2])\d{2}"  # day, month, year

NUMBERS: tuple[NationalNumber, ...] = (
    NationalNumber("en_US", "us.ssn", r"\d{9}", (9,), r"\d{3}-\d{2}-\d{4}"),
    NationalNumber("en_US", "us.itin", r"9\d{8}", (9,), r"9\d{2}-[5-9]\d-\d{4}"),
    NationalNumber("en_GB", "gb.nhs", r"\d{10}", (10,), r"\d{3}[ -]\d{3}[ -]\d{4}"),
    NationalNumber("en_GB", "", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]"),
    NationalNumber("es_MX", "", r"[A-ZÑ&]{4}\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])[A-Z\d]{3}"),
    NationalNumber("de_DE", "de.idnr", r"[1-9]\d{10}", (11,)),
    NationalNumber("de_AT", "at.vnr", r"[1-9]\d{3}([0-2]\d|3[01])(0[1-9]|1[0-5])\d{2}", (10,)),
    NationalNumber("de_CH", "ch.ssn", r"756\d{10}", (13,)),
    NationalNumber("fr_FR", "fr.nir", r"[1-478]\d{4}[\dAB][\dAB]?\d{6,8}", (15,)),
    NationalNumber("es_ES", "es.dni", r"\d{8}[A-Z]"),
    NationalNumber("es_ES", "es.nie", r"[XYZ]\d{7}[A-Z]"),
    NationalNumber(
        "it_IT", "it.codicefiscale", r"[A-Z]{6}[\dLMNP-V]{2}[A-EHLMPR-T][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]"
    ),
    NationalNumber("pt_PT", "pt.nif", r"[1-9]\d{8}", (9,)),
    NationalNumber("pt_PT", "pt.cc", r"\d{9}[A-Z]{2}\d"),
    NationalNumber("nl_NL", "nl.bsn", r"\d{9}", (9,)),
    NationalNumber("nl_BE", "be.nn", r"\d{2}[0-1]\d[0-3]\d{6}", (11,), r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}"),
    NationalNumber("pl_PL", "pl.pesel", r"\d{2}[0-38-9]\d{8}", (11,)),
    NationalNumber("sv_SE", "se.personnummer", rf"(\d{{2}})?{_Y}[+-]?\d{{4}}", (10, 12)),
    NationalNumber("no_NO", "no.fodselsnummer", r"[0-7]\d[0-9]\d{8}", (11,)),
    NationalNumber("da_DK", "dk.cpr", rf"{_D}\d{{4}}", (10,), rf"{_D}-\d{{4}}"),
    NationalNumber("fi_FI", "fi.hetu", r"\d{6}[+\-A-FU-Y]?\d{3}[A-Z\d]", (), r"\d{6}[+\-A-FU-Y]\d{3}[A-Z\d]"),
    NationalNumber("cs_CZ", "cz.rc", r"\d{2}[0-8]\d[0-3]\d{4,5}", (10,), r"\d{6}/\d{3,4}"),
    NationalNumber("ro_RO", "ro.cnp", rf"[1-9]{_Y}\d{{6}}", (13,)),
    NationalNumber("bg_BG", "bg.egn", r"\d{2}[0-5]\d[0-3]\d{5}", (10,)),
    NationalNumber("el_GR", "gr.amka", rf"{_D}\d{{5}}", (11,)),
    NationalNumber("el_GR", "gr.vat", r"\d{9}", (9,)),
    NationalNumber("tr_TR", "tr.tckimlik", r"[1-9]\d{10}", (11,)),
    NationalNumber("ru_RU", "ru.inn", r"\d{12}", (12,)),
    NationalNumber("uk_UA", "ua.rntrc", r"\d{10}", (10,)),
    NationalNumber("hr_HR", "hr.oib", r"\d{11}", (11,)),
    NationalNumber("sl_SI", "si.emso", r"([0-2]\d|3[01])(0[1-9]|1[0-2])\d{9}", (13,)),
    NationalNumber("lt_LT", "lt.asmens", rf"[1-6]{_Y}\d{{4}}", (11,)),
    NationalNumber("lv_LV", "lv.pvn", r"\d{11}", (11,), r"\d{6}-\d{5}"),
    NationalNumber("et_EE", "ee.ik", rf"[1-8]{_Y}\d{{4}}", (11,)),
    NationalNumber("is_IS", "is_.kennitala", rf"{_D}\d{{4}}", (10,), rf"{_D}-\d{{4}}"),
    NationalNumber("en_IE", "ie.pps", r"\d{7}[A-W][A-IW]?"),
    NationalNumber("en_IN", "in_.aadhaar", r"[2-9]\d{11}", (12,)),
    NationalNumber("en_IN", "in_.pan", r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]"),
    NationalNumber("zh_CN", "cn.ric", r"\d{17}[\dX]", (18,)),
    NationalNumber("ko_KR", "kr.rrn", rf"{_Y}[0-9]\d{{6}}", (13,), rf"{_Y}-[0-9]\d{{6}}"),
    NationalNumber("ja_JP", "jp.in_", r"\d{12}", (12,)),
    NationalNumber("en_PK", "pk.cnic", r"[1-7]\d{12}", (13,), r"\d{5}-\d{7}-\d"),
    NationalNumber("he_IL", "il.idnr", r"\d{9}", (9,)),
    NationalNumber("th_TH", "th.pin", r"[1-8]\d{12}", (13,), r"\d-\d{4}-\d{5}-\d{2}-\d"),
    NationalNumber("id_ID", "id.nik", r"\d{16}", (16,)),
    NationalNumber("pt_BR", "br.cpf", r"\d{11}", (11,), r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
    NationalNumber("es_MX", "mx.curp", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z\d]\d"),
    NationalNumber("es_CL", "cl.rut", r"\d{7,8}[\dK]", (), r"\d{1,2}\.?\d{3}\.?\d{3}-[\dKk]"),
    NationalNumber("es_AR", "ar.cuit", r"(20|23|24|27)\d{9}", (11,), r"(20|23|24|27)-\d{8}-\d"),
    NationalNumber("es_EC", "ec.ci", r"\d{10}", (10,)),
    NationalNumber("en_ZA", "za.idnr", rf"{_Y}\d{{4}}[012]\d{{2}}", (13,)),
    NationalNumber("en_AU", "au.tfn", r"\d{8,9}", (9,), r"\d{3} \d{3} \d{3}"),
    NationalNumber("en_CA", "ca.sin", r"[1-9]\d{8}", (9,), r"\d{3}[ -]\d{3}[ -]\d{3}"),
    NationalNumber("en_NZ", "nz.ird", r"\d{8,9}", (9,), r"\d{2,3}-\d{3}-\d{3}"),
)
"""Checked numbers of persons, by country. Source: python-stdnum's documentation of each."""
