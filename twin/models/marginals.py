"""Marginals on a clique tree: counts of a few fields at a time, and the law of greatest entropy with them.

The default under a privacy budget, where counts have noise; without one it counts exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from twin.codes import Codes, Domain, State
from twin.errors import InputError
from twin.models import fitted_marginals
from twin.models.base import Fitted, Progress
from twin.privacy.guard import Guard
from twin.privacy.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Marginals:
    """Noisy or exact marginals on a clique tree.

    Args:
        cells: Most cells of all tables of the tree, ≥ 1. More fields can stand together with more of them,
            and a fit takes longer.
        rounds: How often to look again where the law so far is off, ≥ 0.
        tree: Join fields by pairs that form a tree, and nothing else.

    Raises:
        InputError: If cells is below 1 or rounds below 0.

    Example:
        >>> from twin.codes import Field
        >>> domain = Domain((Field(name="a", size=2), Field(name="b", size=2)))
        >>> codes = Codes(domain, np.array([[0, 0], [1, 1]] * 50))
        >>> drawn = Marginals().fit(codes, guard=Guard(), rng=np.random.default_rng(0)).sample(
        ...     1000, rng=np.random.default_rng(1))
        >>> bool((drawn.values[:, 0] == drawn.values[:, 1]).all())
        True
    """

    cells: int = 200_000
    rounds: int = 3
    tree: bool = False

    def __post_init__(self) -> None:
        for name, least in (("cells", 1), ("rounds", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                raise InputError(f"Marginals: {name} must be a whole number of at least {least}")

    @classmethod
    def mst(cls) -> Marginals:
        """Pairs along the tree of the strongest dependencies: the quickest fit, and the coarsest.

        Source:
            McKenna, Miklau, Sheldon 2021 (MST).

        Example:
            >>> Marginals.mst().tree
            True
        """
        return cls(rounds=0, tree=True)

    @property
    def name(self) -> str:
        """Key in `MODELS`."""
        return "marginals"

    def fit(self, codes: Codes, *, guard: Guard, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn exact counts of cells that enough subjects share."""
        from twin.models.exact_marginals import fit_exactly

        return fit_exactly(self, codes, guard=guard, progress=progress or _silent)

    def fit_privately(self, vault: Vault, *, rng: Generator, progress: Progress | None = None) -> Fitted:
        """Learn noisy counts, and spend what the vault's ledger has left."""
        from twin.models.private_marginals import fit_privately

        return fit_privately(self, vault, progress=progress or _silent)

    def load(self, domain: Domain, state: State) -> Fitted:
        """The fitted tables from their domain and state."""
        return fitted_marginals.load(domain, state)


def _silent(done: float, what: str) -> None:
    """Progress that nobody watches."""
