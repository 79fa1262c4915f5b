"""Which identifiers there are. Each names a person, a thing of theirs, or where they can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class What:
    """A sort of identifier.

    Args:
        title: What people call it, singular, without an article.
        reserved: Which reserved range invented ones come from, in words; "" where there is none.
    """

    title: str
    reserved: str = ""


WHATS: dict[str, What] = {
    "name": What("full name"),
    "first_name": What("first name"),
    "last_name": What("surname"),
    "username": What("user name"),
    "email": What("e-mail address", "the domains example.com, example.net and example.org (RFC 2606)"),
    "phone": What("telephone number", "numbers set aside for fiction, else the unassigned code +999"),
    "address": What("street address", "streets whose name says that they are examples"),
    "iban": What("bank account (IBAN)", "bank codes that are never issued"),
    "card": What("payment card number", "issuer numbers that are never issued"),
    "national_id": What(
        "national identity number", "numbers that are never issued, else a wrong check digit"
    ),
    "ip": What("IP address", "ranges for documentation and tests (RFC 5737, 2544, 3849)"),
    "mac": What("MAC address", "locally administered addresses (IEEE 802)"),
    "url": What("web address", "the domains example.com, example.net and example.org (RFC 2606)"),
    "coordinates": What("geographic position", "the open sea around the oceanic pole of inaccessibility"),
    "uuid": What("UUID"),
}
"""The identifiers that are recognised and invented, by key."""


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """That a column holds identifiers.

    Args:
        what: A key of `WHATS`.
        locale: Language and country, as in "de_AT", as far as values and names tell; else "en_US".
        share: Share of the distinct values that have the form, 0 … 1.
        by: What told: the values, the column's name, or both.
        reason: Why, in words; never with a value.
    """

    what: str
    locale: str
    share: float
    by: Literal["values", "name", "both"]
    reason: str
