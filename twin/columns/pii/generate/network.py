"""Addresses of machines, and UUIDs, from ranges for documentation and tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.arrays import Ints, Uints64
from twin.columns.pii.generate.base import Ask, IdentifierFacts
from twin.columns.pii.generate.masks import fill

_HEX = re.compile(r"[0-9A-Fa-f]")
_HEXES = {False: "0123456789abcdef", True: "0123456789ABCDEF"}
_V4 = (
    (0xC0000200, 256),  # 192.0.2.0/24, RFC 5737
    (0xC6336400, 256),  # 198.51.100.0/24, RFC 5737
    (0xCB007100, 256),  # 203.0.113.0/24, RFC 5737
    (0xC6120000, 2**17),  # 198.18.0.0/15, RFC 2544
)
_CLASS_E = (0xF0000000, 2**28 - 1)  # 240.0.0.0/4 without the broadcast address, RFC 1112, section 4


@dataclass(frozen=True)
class Ips:
    """Invents IP addresses of version 4 or 6, with or without a port or the length of a prefix.

    Example:
        >>> Ips().forms(["10.0.0.1", "fe80::1", "10.0.0.0/24"], IdentifierFacts())
        ['4', '6', '4/24']
    """

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """The version, and the length of the prefix where there is one.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        out = []
        for text in texts:
            address, slash, length = text.strip().partition("/")
            version = (
                "6" if ":" in address and address.count(":") > 1 else "4" if address.count(".") == 3 else ""
            )
            out.append(
                f"{version}{slash}{length}" if version and (length.isdigit() or not slash) else version
            )
        return out

    def default(self, about: IdentifierFacts) -> str:
        """Version 4."""
        return "4"

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Addresses that no machine on the internet has.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
        made = _version_6(ask) if form.startswith("6") else _version_4(ask)
        return [address + form[1:] for address in made] if form[1:] else made


def _version_4(ask: Ask) -> list[str]:
    size = sum(size for _, size in _V4)
    if ask.unique:
        inside = ask.rows < size
        place, _ = ask.take(inside).numbers(size, "ip")
        base = np.empty(ask.n, np.int64)
        base[inside] = _ranged(place)
        beyond = (ask.rows[~inside] - np.uint64(size)) % np.uint64(_CLASS_E[1])
        base[~inside] = _CLASS_E[0] + beyond.astype(np.int64)
    else:
        base = _ranged(ask.numbers(size, "ip")[0])
    quads = [(base >> shift & 255).tolist() for shift in (24, 16, 8, 0)]
    return [f"{a}.{b}.{c}.{d}" for a, b, c, d in zip(*quads, strict=True)]


def _ranged(places: Uints64) -> Ints:
    rest, out = places.astype(np.int64), np.empty(places.size, np.int64)
    left = np.ones(places.size, bool)
    for first, size in _V4:
        here = left & (rest < size)
        out[here] = first + rest[here]
        rest, left = np.where(left, rest - size, rest), left & ~here
    return out


def _version_6(ask: Ask) -> list[str]:
    """2001:db8::/32. Source: RFC 3849."""
    low = ask.bits("v6")  # a bijection of the row, so never the same twice
    high = ask.bits("v6+")
    groups = [(low >> np.uint64(s) & np.uint64(0xFFFF)).tolist() for s in (48, 32, 16, 0)]
    tops = [(high >> np.uint64(s) & np.uint64(0xFFFF)).tolist() for s in (16, 0)]
    return [
        f"2001:db8:{a:x}:{b:x}:{c:x}:{d:x}:{e:x}:{f:x}"
        for a, b, c, d, e, f in zip(*tops, *groups, strict=True)
    ]


def _hex_digits(*parts: tuple[Uints64, int]) -> Ints:
    """Hexadecimal digits of numbers, each of so many digits, shape (n, digits)."""
    columns = [
        (bits >> np.uint64(4 * (count - 1 - j)) & np.uint64(15)).astype(np.int64)
        for bits, count in parts
        for j in range(count)
    ]
    return np.stack(columns, axis=1)


def _hex_mask(text: str, places: int) -> str:
    """A mask of hexadecimal digits with "U" before it where letters are upper case, or ""."""
    digits = _HEX.findall(text)
    if len(digits) != places or len(text) > 2 * places:
        return ""
    shape = _HEX.sub("#", text)
    return "" if re.search(r"[^\W\d_]", shape) else ("U" if any(map(str.isupper, digits)) else "l") + shape


def _filled(form: str, digits: Ints) -> list[str]:
    points = np.array([ord(letter) for letter in _HEXES[form[0] == "U"]], np.int64)
    return fill(form[1:], points[digits])


@dataclass(frozen=True)
class Macs:
    """Invents MAC addresses that are locally administered.

    Example:
        >>> Macs().forms(["AA:BB:CC:DD:EE:FF", "aabb.ccdd.eeff"], IdentifierFacts())
        ['U##:##:##:##:##:##', 'l####.####.####']
    """

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """Case and separators.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        return [_hex_mask(text.strip(), 12) for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """Lower case, with colons."""
        return "l##:##:##:##:##:##"

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Addresses with the second bit set and the first not. Source: IEEE 802-2014, clause 8.2.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
        number, _ = ask.numbers(2**46, "mac")
        number = (number >> np.uint64(40) << np.uint64(42)) | (number & np.uint64(2**40 - 1))
        return _filled(form, _hex_digits((number | np.uint64(2 << 40), 12)))


@dataclass(frozen=True)
class Uuids:
    """Invents UUIDs of version 4.

    Example:
        >>> Uuids().forms(["0F8FAD5B-D9CB-469F-A165-70867728950E"], IdentifierFacts())
        ['U########-####-####-####-############']
    """

    def forms(self, texts: Sequence[str], about: IdentifierFacts) -> list[str]:
        """Case, hyphens and braces.

        Args:
            texts: Texts of the column, each once.
            about: What is known of the column beside its values.
        """
        return [_hex_mask(text.strip(), 32) for text in texts]

    def default(self, about: IdentifierFacts) -> str:
        """Lower case, with hyphens."""
        return "l########-####-####-####-############"

    def invent(self, ask: Ask, form: str) -> Sequence[str]:
        """Random ones of the right version and variant. Source: RFC 9562, section 5.4.

        Args:
            ask: Which rows and persons are asked for, and their randomness.
            form: The form of the text, as `forms` named it.
        """
        digits = _hex_digits((ask.bits("uuid"), 16), (ask.bits("uuid+"), 16))
        if ask.unique:  # the sixty bits that are left of the first half, never the same twice
            number, _ = ask.numbers(2**60, "uuid")
            digits[:, :12] = _hex_digits((number >> np.uint64(12), 12))
            digits[:, 13:16] = _hex_digits((number & np.uint64(0xFFF), 3))
        digits[:, 12] = 4
        digits[:, 16] = 8 | digits[:, 16] & 3
        return _filled(form, digits)
