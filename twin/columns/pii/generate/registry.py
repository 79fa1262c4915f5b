"""The table of inventors, one per sort of identifier."""

from __future__ import annotations

from twin.columns.pii.generate.accounts import Accounts, Urls
from twin.columns.pii.generate.base import Inventor
from twin.columns.pii.generate.masks import Plain
from twin.columns.pii.generate.network import Ips, Macs, Uuids
from twin.columns.pii.generate.numbers import Cards, Ibans, InventedPhones, NationalIds
from twin.columns.pii.generate.people import Names
from twin.columns.pii.generate.places import Addresses, Coordinates

INVENTORS: dict[str, Inventor] = {
    "name": Names("name"),
    "first_name": Names("first_name"),
    "last_name": Names("last_name"),
    "username": Accounts(domain=False),
    "email": Accounts(domain=True),
    "phone": InventedPhones(),
    "address": Addresses(),
    "iban": Ibans(),
    "card": Cards(),
    "national_id": NationalIds(),
    "ip": Ips(),
    "mac": Macs(),
    "url": Urls(),
    "coordinates": Coordinates(),
    "uuid": Uuids(),
}
"""By key of `twin.columns.pii.detect.WHATS`."""

NUMERIC: dict[str, Inventor] = {
    what: INVENTORS[what] for what in ("phone", "card", "national_id", "coordinates")
}
"""Those whose identifiers may come as numbers."""

PLAIN: Inventor = Plain()
"""Stands in where other identifiers came as numbers."""
