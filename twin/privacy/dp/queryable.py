"""The door for private models: it holds the codes, answers with noise, and charges before it answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from twin.arrays import Floats, Ints
from twin.codes import Codes, Domain, Field
from twin.errors import InputError
from twin.privacy.dp.contribution_bounding import bound_contribution
from twin.privacy.dp.dp_sgd import DpSgd, Minibatches, poisson_batches
from twin.privacy.dp.mechanism import Mechanism
from twin.randomness import fresh

Fields = tuple[int, ...]

_LAST_DIGITS = 1e-6  # rows: far more than pairwise sums over millions of rows and cells are off


@dataclass(frozen=True)
class Queryable:
    """Codes that no model sees: only noisy answers about them come out. Made by `Queryable.of`.

    Args:
        mechanism: Charges and noise.
        cap: Most rows of one subject: what one subject can move.
    """

    mechanism: Mechanism
    cap: int
    _codes: Codes = field(repr=False)

    @classmethod
    def of(cls, codes: Codes, *, mechanism: Mechanism, cap: int = 1) -> Queryable:
        """Lock codes away; rows of a subject beyond the cap are dropped, whoever gave them.

        Args:
            codes: The table.
            mechanism: Charges and noise.
            cap: Most rows of one subject, ≥ 1.

        Returns:
            The vault.

        Example:
            >>> from twin.privacy.dp.events import PrivacyLimit
            >>> from twin.privacy.dp.ledger import Ledger
            >>> codes = Codes(Domain((Field(name="a", size=2),)), np.array([[0], [1], [1]]))
            >>> mechanism = Mechanism(ledger=Ledger(PrivacyLimit(epsilon=1.0, delta=1e-6)))
            >>> vault = Queryable.of(codes, mechanism=mechanism)
            >>> vault.marginal((0,), sigma=20.0).shape, len(vault.mechanism.ledger)
            ((2,), 1)
        """
        chosen = bound_contribution(codes.n, codes.subjects, cap=cap, rng=fresh())
        return cls(mechanism, cap, codes if chosen.rows.size == codes.n else codes.take(chosen.rows))

    @property
    def domain(self) -> Domain:
        """The fields."""
        return self._codes.domain

    def coarse(self, bins: Sequence[Ints]) -> Queryable:
        """The same rows on coarser fields; tells nothing yet.

        Args:
            bins: For each field the new code of each code, shape (size,), 0 … number of bins - 1. They must
                not come from the raw data.

        Returns:
            A vault on the new fields, charged to the same ledger.
        """
        sizes = [int(b.max(initial=0)) + 1 for b in bins]
        fields = tuple(Field(name=f.name, size=s) for f, s in zip(self.domain, sizes, strict=True))
        values = np.empty_like(self._codes.values)  # (n, d)
        for j, b in enumerate(bins):
            values[:, j] = b[self._codes.values[:, j]]
        return replace(self, _codes=Codes(Domain(fields), values, self._codes.subjects))

    def marginal(self, fields: Fields, *, sigma: float, name: str = "marginal") -> Ints:
        """Noisy counts of rows over some fields.

        Args:
            fields: Positions of the fields.
            sigma: Standard deviation of the noise on each count, > 0.
            name: What it is for, in words.

        Returns:
            Counts, one axis per field.

        Raises:
            BudgetExceeded: If the budget does not bear it.
        """
        return self.mechanism.counts(
            self._counts(fields),
            name=name,
            columns=self._names(fields),
            sensitivity=float(self.cap),
            sigma=sigma,
            contribution=self.cap,
        )

    def errors(self, sets: Sequence[Fields], guesses: Sequence[Floats], *, sigma: float) -> Floats:
        """How far guesses of marginals are off, as one noisy vector.

        Args:
            sets: Positions of the fields of each marginal.
            guesses: Guessed counts of each, one axis per field.
            sigma: Standard deviation of the noise on each error, > 0, in rows.

        Returns:
            Sum of absolute differences per marginal, shape (len(sets),), with noise.

        Raises:
            BudgetExceeded: If the budget does not bear it.

        Source:
            A row moves one cell of a marginal by one, hence each sum by one at most, and by what the last
            digits of a sum of floats may be off.
        """
        raw = [
            float(np.abs(self._counts(fields) - guess).sum())
            for fields, guess in zip(sets, guesses, strict=True)
        ]
        return self.mechanism.scores(
            np.array(raw, np.float64),
            name="errors of guesses",
            columns=self._names(sorted({f for fields in sets for f in fields})),
            each=self.cap + _LAST_DIGITS,
            sigma=sigma,
            contribution=self.cap,
        )

    def products(self, signs: Sequence[Ints], *, sigma: float) -> tuple[Ints, Ints]:
        """Sums of products of signs over all pairs of fields, and how many rows each sum is over.

        Args:
            signs: For each field the sign of each code, shape (size,), each -1, 0 or 1. They must not come
                from the raw data.
            sigma: Standard deviation of the noise on each number, > 0.

        Returns:
            Two matrices (d, d), symmetric, zero on the diagonal: the sums, and the numbers of rows in which
            neither sign is 0.

        Raises:
            InputError: If a sign is not -1, 0 or 1.
            BudgetExceeded: If the budget does not bear it.

        Source:
            Each row moves the P sums by one at most, and so the P numbers of rows: sqrt(2P) in all.
        """
        if any(not np.isin(s, (-1, 0, 1)).all() for s in signs):
            raise InputError("signs: must be -1, 0 or 1")
        d = len(self.domain)
        columns = [s[self._codes.values[:, j]].astype(np.float64) for j, s in enumerate(signs)]
        matrix = np.stack(columns, axis=1) if columns else np.zeros((self._codes.n, 0))  # (n, d)
        upper = np.triu_indices(d, 1)
        sums = (matrix.T @ matrix)[upper]  # whole numbers below 2^53: exact
        rows = (np.abs(matrix).T @ np.abs(matrix))[upper]
        noisy = self.mechanism.counts(
            np.stack([sums, rows]).astype(np.int64),
            name="products of signs, and their rows",
            columns=self._names(range(d)),
            sensitivity=self.cap * math.sqrt(2 * max(1, sums.size)),
            sigma=sigma,
            contribution=self.cap,
        )
        out = np.zeros((2, d, d), np.int64)
        out[:, upper[0], upper[1]] = noisy
        out += out.transpose(0, 2, 1)
        return out[0], out[1]

    def minibatches(self, plan: DpSgd, *, name: str = "gradients", outputs: int | None = None) -> Minibatches:
        """The batches of a training by noisy gradients; all of it is charged before the first comes out.

        Rows come out as they are: only `models.private_training` may ask for them. Where the mechanism's
        noise comes from a seed, the batches do so too, and the ledger is void.

        Args:
            plan: Rate, number of steps, clip and noise.
            name: What is trained, in words.
            outputs: Numbers that each step tells: the parameters of the net.

        Returns:
            The batches; they come once.

        Raises:
            BudgetExceeded: If the budget does not bear it.

        Example:
            >>> from twin.privacy.dp.events import PrivacyLimit
            >>> from twin.privacy.dp.ledger import Ledger
            >>> codes = Codes(Domain((Field(name="a", size=2),)), np.array([[0], [1], [1]]))
            >>> mechanism = Mechanism(ledger=Ledger(PrivacyLimit(epsilon=1.0, delta=1e-6)))
            >>> vault = Queryable.of(codes, mechanism=mechanism)
            >>> plan = DpSgd(rate=0.5, steps=3, clip=1.0, noise_multiplier=30.0)
            >>> len(list(vault.minibatches(plan)))
            3
        """
        entropy = self.mechanism.descent(
            plan, name=name, columns=self.domain.names, contribution=self.cap, outputs=outputs
        )
        rng = np.random.default_rng(int.from_bytes(entropy(32), "big"))
        return Minibatches(
            plan, self.cap, entropy, poisson_batches(self._codes.values, self._codes.subjects, plan, rng)
        )

    def _names(self, fields: Sequence[int] | range) -> tuple[str, ...]:
        return tuple(self.domain.names[f] for f in fields)

    def _counts(self, fields: Fields) -> Ints:
        """Exact counts; they never leave this class."""
        shape = tuple(self.domain.sizes[f] for f in fields)
        cell = np.zeros(self._codes.n, np.int64)
        for f in fields:
            cell = cell * self.domain.sizes[f] + self._codes.values[:, f]
        return np.bincount(cell, minlength=math.prod(shape)).astype(np.int64).reshape(shape)
