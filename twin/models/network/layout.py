"""What the autoregressive net sees of each field, and which part of a row may see what.

A row is drawn in parts (`FieldSplits`). What was drawn of a field becomes tokens, each a code with a vector:
one for a narrow field; for a wide one its whole code, which later fields see, and its cell, which its offset
sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator

from twin.arrays import AnyArray, Bools, Floats, Ints, Ints32
from twin.codes import Domain
from twin.errors import FileFormatError
from twin.models.base import joined, parted
from twin.models.network.field_split import FieldSplits, Split, split

_MOST_WHOLE = 4096
"""Most codes of a field that has a vector for each; a wider one is the sum of two, for cell and offset."""


@dataclass(frozen=True)
class FieldOrder:
    """An order of the fields, as the net needs it.

    Args:
        fields: Positions of the fields, first one first, shape (d,).
        tokens: Tokens that later fields see, in this order, shape (t,).
        seen: How many of them each part sees, shape (parts,).
    """

    fields: Ints
    tokens: Ints
    seen: Ints


@dataclass(frozen=True)
class NetworkLayout:
    """Parts and tokens of the fields of a domain.

    Args:
        parts: The parts.
        ordered: Whether the codes of each field have an order.
    """

    parts: FieldSplits
    ordered: tuple[bool, ...]

    @classmethod
    def of(cls, domain: Domain, counts: Sequence[Ints], orders: Sequence[Ints]) -> NetworkLayout:
        """The layout for codes that may be released.

        Args:
            domain: The fields.
            counts: Rows per code and field; codes of none are never drawn.
            orders: For each field its codes, so that neighbours are alike.
        """
        splits = tuple(split(c, o) for c, o in zip(counts, orders, strict=True))
        return cls(FieldSplits(splits), tuple(f.ordered for f in domain))

    @cached_property
    def _kinds(self) -> tuple[tuple[int, str], ...]:
        """Field and kind of each token."""
        out: list[tuple[int, str]] = []
        for j, s in enumerate(self.parts.splits):
            if len(s.widths) == 1:
                out.append((j, "code"))
            else:
                out += [(j, "cell"), (j, "whole" if _kept(s) <= _MOST_WHOLE else "offset")]
        return tuple(out)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Codes of each token."""
        size = {"code": lambda s: s.widths[0], "cell": lambda s: s.widths[0], "whole": _kept}
        size["offset"] = lambda s: s.widths[1]
        return tuple(size[kind](self.parts.splits[j]) for j, kind in self._kinds)

    @cached_property
    def inner(self) -> tuple[Ints, Ints]:
        """Tokens that hold a cell, and the parts that hold the offset in it, each of shape (wide fields,)."""
        tokens = [t for t, (_, kind) in enumerate(self._kinds) if kind == "cell"]
        offsets = [int(self.parts.first[self._kinds[t][0]]) + 1 for t in tokens]
        return np.array(tokens, np.int64), np.array(offsets, np.int64)

    @cached_property
    def _outer(self) -> tuple[Ints, ...]:
        """Tokens of each field that later fields see."""
        outer: list[list[int]] = [[] for _ in self.parts.splits]
        for t, (j, kind) in enumerate(self._kinds):
            follows = self._kinds[t + 1][1] if t + 1 < len(self._kinds) else ""
            if not (kind == "cell" and follows == "whole"):
                outer[j].append(t)
        return tuple(np.array(f, np.int64) for f in outer)

    def visible(self, j: int, cell: Ints, offset: Ints) -> list[tuple[int, Ints]]:
        """Tokens of field j that later fields see, each with its codes, shape (n,), from its parts.

        Args:
            j: Position of the field.
            cell: Coarse cell of each row, shape (n,).
            offset: Offset within the cell of each row, shape (n,).
        """
        return [(t, self._code(t, cell, offset)) for t in self._outer[j].tolist()]

    def _code(self, t: int, cell: Ints, offset: Ints) -> Ints:
        """Codes of a token, shape (n,), from the parts of its field."""
        j, kind = self._kinds[t]
        if kind == "offset":
            return offset
        return self.ranks[j][cell, offset] if kind == "whole" else cell

    def tokens(self, parts: Ints32) -> Ints32:
        """The tokens of rows, shape (n, tokens), from their parts, shape (n, parts)."""
        codes = parts.astype(np.int64)
        out = np.empty((parts.shape[0], len(self._kinds)), np.int32, order="F")
        for t, (j, kind) in enumerate(self._kinds):
            at = int(self.parts.first[j])
            out[:, t] = self._code(t, codes[:, at], codes[:, at] if kind == "code" else codes[:, at + 1])
        return out

    @cached_property
    def ranks(self) -> dict[int, Ints]:
        """For each field with whole codes, the rank of each cell and offset, shape (cells, offsets)."""
        ranks = {}
        for j, kind in self._kinds:
            if kind == "whole":
                there = self.parts.splits[j].codes >= 0
                ranks[j] = np.where(there, np.cumsum(there).reshape(there.shape) - 1, 0)
        return ranks

    def order(self, fields: Ints) -> FieldOrder:
        """An order of the fields, shape (d,), as the net needs it."""
        tokens = [self._outer[j] for j in fields.tolist()]
        before = np.cumsum([0, *(t.size for t in tokens)])[:-1]
        by_field = np.empty(len(tokens), np.int64)
        by_field[fields] = before
        return FieldOrder(fields, joined(tokens, np.int64), by_field[self.parts.owner])

    @cached_property
    def natural(self) -> FieldOrder:
        """Narrow fields first: they shape all others, and errors in wide ones harm none."""
        sizes = [_kept(s) for s in self.parts.splits]
        return self.order(np.argsort(sizes, kind="stable").astype(np.int64))

    def vectors(self, width: int, rng: Generator) -> Floats:
        """Vectors to start from, shape (Σ sizes, width): neighbours are alike where codes have an order.

        Args:
            width: Width of the hidden layers, ≥ 1.
            rng: Source of randomness.

        Source:
            Waves of doubling frequency; Gorishniy et al. 2022 (arXiv:2203.05556), section 3.3.
        """
        out = []
        for (j, kind), size in zip(self._kinds, self.sizes, strict=True):
            waves = self.ordered[j] and kind != "offset" and size > 3
            out.append(_waves(size, width) if waves else rng.standard_normal((size, width)))
        return np.concatenate([np.zeros((0, width)), *out])

    def invalid(self) -> dict[int, Bools]:
        """For each part that holds an offset: where no code is, shape (cells, offsets)."""
        return {int(p): self.parts.splits[int(self.parts.owner[p])].codes < 0 for p in self.inner[1].tolist()}

    def start(self, counts: Sequence[Floats | Ints]) -> Floats:
        """Log shares of the codes of each part, by the rows of each code; shape (parts, widest part)."""
        widths = self.parts.widths
        out = np.zeros((len(widths), max(widths, default=1)))
        for j, (s, at) in enumerate(zip(self.parts.splits, self.parts.first.tolist(), strict=True)):
            rows = self.parts.weights(j, np.asarray(counts[j], np.float64))  # (cells, offsets)
            for p, mass in enumerate((rows.sum(axis=1), rows.sum(axis=0))[: len(s.widths)]):
                out[at + p, : mass.size] = np.log((mass + 0.5) / (mass + 0.5).sum())
        return out

    def arrays(self) -> dict[str, AnyArray]:
        """The cuts of the fields, for a file."""
        return {
            "split_shapes": np.array([s.codes.shape for s in self.parts.splits], np.int32).reshape(-1, 2),
            "splits": joined((s.codes.ravel() for s in self.parts.splits), np.int32),
        }

    @classmethod
    def load(cls, domain: Domain, arrays: dict[str, AnyArray]) -> NetworkLayout:
        """The layout from what `arrays` gave.

        Args:
            domain: The fields.
            arrays: Arrays by name, as they came from a file.

        Raises:
            FileFormatError: If it does not fit the domain.
        """
        shapes = np.asarray(arrays["split_shapes"], np.int64)
        flat = arrays["splits"]
        if shapes.shape != (len(domain), 2) or flat.size != shapes.prod(axis=1).sum():
            raise FileFormatError("file: the parts of its fields do not fit them")
        cuts = parted(flat, shapes.prod(axis=1).tolist(), np.int64)
        splits = []
        for f, codes, shape in zip(domain, cuts, shapes.tolist(), strict=True):
            if codes.max(initial=-1) >= f.size or not (codes >= 0).any():
                raise FileFormatError("file: the parts of its fields do not fit them")
            splits.append(Split(codes.reshape(shape), f.size))
        return cls(FieldSplits(tuple(splits)), tuple(f.ordered for f in domain))


def _kept(s: Split) -> int:
    """How many codes stand somewhere."""
    return int(np.count_nonzero(s.codes >= 0))


def _waves(size: int, width: int) -> Floats:
    """Where each code lies, on a straight line and on waves of doubling frequency; shape (size, width)."""
    u = (np.arange(size) + 0.5) / size
    columns = [2 * u - 1]
    for k in range(width // 2 + 1):
        columns += [np.sin(np.pi * 2**k * u), np.cos(np.pi * 2**k * u)]
    return np.stack(columns[:width], axis=1)
