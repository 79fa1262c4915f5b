"""The table of inventors, one per sort of identifier."""

from __future__ import annotations

from twin.columns.invent.accounts import Accounts, Urls
from twin.columns.invent.base import Inventor
from twin.columns.invent.masks import Plain
from twin.columns.invent.names import Names
from twin.columns.invent.national import NationalIds
from twin.columns.invent.network import Ips, Macs, Uuids
from twin.columns.invent.numbers import Cards, Ibans
from twin.columns.invent.phones import Phones
from twin.columns.invent.places import Addresses, Coordinates

INVENTORS: dict[str, Inventor] = {
    "name": Names("name"),
    "first_name": Names("first_name"),
    "last_name": Names("last_name"),
    "username": Accounts(domain=False),
    "email": Accounts(domain=True),
    "phone": Phones(),
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
"""By key of `twin.columns.identifiers.WHATS`."""

NUMERIC: dict[str, Inventor] = {
    what: INVENTORS[what] for what in ("phone", "card", "national_id", "coordinates")
}
"""Those whose identifiers may come as numbers."""

PLAIN: Inventor = Plain()
"""Stands in where other identifiers came as numbers."""
