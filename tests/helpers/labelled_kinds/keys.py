"""Codes that stand for a row or a thing, and for no person by themselves."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import numpy as np

from tests.helpers.labelled_kinds.base import (
    Case,
    Cells,
    Draw,
    Rng,
    distinct,
    fill,
    filled,
    patterns,
    several,
    through,
)


def key(case: str, name: str, draw: Draw, **more: Any) -> Case:
    """A column of keys: no two rows with one value, unless the case says so."""
    kinds = more.pop("kinds", ("key",))
    return Case(case=f"keys/{case}", names=(name,), kinds=kinds, draw=draw, **more)


def spread(low: int, high: int) -> Draw:
    """Distinct integers between two."""
    return distinct(lambda rng, n: rng.integers(low, high, n).tolist())


def shuffled(first: int = 1) -> Draw:
    """One integer after another, in no order."""
    return lambda rng, n: (first + rng.permutation(n)).tolist()


def rising(first: int, gap: float = 1.0) -> Draw:
    """Integers that rise, with gaps."""
    return lambda rng, n: (
        first + np.cumsum(1 + rng.poisson(gap - 1, n) if gap > 1 else np.ones(n, int)) - 1
    ).tolist()


def uuids(version: int = 4) -> Draw:
    """Random UUIDs."""
    return lambda rng, n: [str(UUID(bytes=rng.bytes(16), version=version)) for _ in range(n)]


def numbered(pattern: str, first: int = 1, gap: float = 1.0) -> Draw:
    """Text around rising integers, as "P-{:05}"."""
    return through(rising(first, gap), pattern.format)


def nearly(draw: Draw, twice: float) -> Draw:
    """A few of the values stand in a second row."""

    def make(rng: Rng, n: int) -> Cells:
        values = draw(rng, n)
        for a, b in rng.integers(0, n, (round(twice * n), 2)).tolist():
            values[a] = values[b]
        return values

    return make


def _site(value: int) -> str:
    return f"{value % 17 + 1:02}-{value // 17 + 1:03}"


def _snowflakes(rng: Rng, n: int) -> Cells:
    ms = np.sort(rng.integers(2 * 10**11, 4 * 10**11, n))
    return list(((ms << 22) + rng.integers(0, 2**22, n)).tolist())


def _ulids(rng: Rng, n: int) -> Cells:
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return ["01H" + "".join(letters[i] for i in row) for row in rng.integers(0, 32, (n, 23)).tolist()]


def _eans(rng: Rng, n: int) -> Cells:
    from stdnum import ean

    return [(body := fill(rng, "40########## ").strip()) + ean.calc_check_digit(body) for _ in range(n)]


def _by_year(rng: Rng, n: int) -> Cells:
    """Receipts that are numbered anew each year."""
    years, next_one = np.sort(rng.integers(2019, 2024, n)).tolist(), {y: count(1) for y in range(2019, 2025)}
    return [f"{y}/{next(next_one[y]):05}" for y in years]


def _invoices(rng: Rng, n: int) -> Cells:
    years, next_one = np.sort(rng.integers(2020, 2024, n)).tolist(), {y: count(1) for y in range(2020, 2025)}
    return [y * 10_000 + next(next_one[y]) for y in years]


INTEGERS = [
    key("rows", "id", rising(1)),
    key("rows, from zero", "Unnamed: 0", rising(0)),
    key("rows, shuffled", "record_id", shuffled()),
    key("six digits", "customer_id", spread(100_000, 999_999)),
    key("int16", "probanden_id", spread(1_000, 32_000), dtype="int16"),
    key("uint16", "badge", spread(2_000, 65_000), dtype="uint16"),
    key("int32 with gaps", "visit_id", rising(48_113, 7), dtype="int32"),
    key("uint64", "object_id", spread(2**62, 2**63 - 1), dtype="uint64"),
    key("snowflakes", "tweet_id", _snowflakes),
    key("float32", "probe_nr", spread(10_000, 9_000_000), dtype="float32"),
    key("floats, missing", "order_id", through(spread(500_000, 3_000_000), float), missing=0.06),
    key("nullable, missing", "id_cliente", spread(10_000, 99_999), dtype="Int64", missing=0.04),
    key("decimals", "KUNDNR", through(spread(10**9, 10**10), Decimal)),
    key("digits as text", "fallnummer", through(spread(1, 10**8), "{:010}".format)),
    key("digits as strings", "numero_dossier", through(spread(10**6, 10**7), str), dtype="string"),
    key("begins with a year", "invoice_no", _invoices),
]  # fmt: skip

CODES = [
    key("uuid", "uuid", uuids(), kinds=("key", "direct_identifier")),
    key("uuid, name says nothing", "c1", uuids(), kinds=("key", "direct_identifier")),
    key("uuid in braces", "RowGuid", through(uuids(), lambda v: "{" + v.upper() + "}"),
        kinds=("key", "direct_identifier")),
    key("hexadecimal", "hash", distinct(lambda rng, n: [fill(rng, "!" * 40) for _ in range(n)])),
    key("short hexadecimal", "session", distinct(filled("!!!!!!!!"))),
    key("ulid", "event_id", _ulids),
    key("prefix", "subject_id", numbered("P-{:05}")),
    key("prefix, shuffled", "Kundennummer", through(shuffled(), "KD{:06}".format)),
    key("prefix and year", "ticket", numbered("INC2023{:07}", 4_410, 3)),
    key("site and number", "randomisation_no", through(shuffled(), _site)),
    key("year and number", "belegnr", _by_year),
    key("letters and digits", "booking_ref", distinct(filled("??#?#?"))),
    key("groups", "licence key", distinct(filled("****-****-****-****"))),
    key("laboratory", "lab_sample", distinct(filled("LAB-23-!!!!!!"))),
    key("categories", "device_serial", distinct(filled("SN?########")), dtype="category"),
    key("articles", "ean", distinct(_eans)),
    key("mixed lengths", "docket", distinct(patterns("?####", "?#####", "?###"))),
    key("few twice", "case_no", nearly(distinct(filled("C-######")), 0.03)),
    key("few twice, integers", "accession", nearly(spread(10**7, 10**8), 0.05)),
    key("missing at times", "referral_id", distinct(filled("R########")), missing=0.12),
    key("not issued yet", "policennummer", distinct(filled("VN-####-#####")), specials={"in Arbeit": 0.03}),
    key("orders of several rows", "order_no", several(spread(700_000, 790_000), 2.2),
        kinds=("key", "category")),
    key("households of several rows", "hh_id", several(distinct(filled("HH######")), 2.6),
        kinds=("key", "category")),
]  # fmt: skip

CASES: list[Case] = [*INTEGERS, *CODES]
