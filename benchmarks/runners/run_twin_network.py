"""Runs a network of twin: `ctgan` or `network`, raked, or with `-plain` as the network itself draws.

A number of epochs may be added, as in `ctgan-plain@50`.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch  # noqa: F401 (the peers import it before the clock starts, too)
from _measure import THREADS, chosen, run

import twin
from twin.core import fit as api


def settings(what: str, epochs: int | None) -> Any:
    """The settings of a network; here alone it is said how long it is trained."""
    length = {} if epochs is None else {"epochs": epochs}
    return {"ctgan": twin.CTGAN, "network": twin.Network}[what](**length)


def fit(table: pd.DataFrame, setting: str, seed: int) -> Any:
    what, epochs = chosen(setting)
    if what.endswith("-plain"):
        # No argument of fit turns raking off: here it is left out, so that its time is not counted either.
        api.Raking = lambda *, model: model
    return twin.fit(table, model=settings(what.removesuffix("-plain"), epochs), seed=seed)


def sample(fitted: Any, n: int, seed: int) -> pd.DataFrame:
    return fitted.sample(n, seed=seed, threads=THREADS)


def facts(fitted: Any) -> dict[str, float]:
    """How many codes the first field of the learned columns has."""
    return {"codes": float(fitted.columns.domain.sizes[0])}


if __name__ == "__main__":
    run(fit, sample, ("twin", "torch", "numpy", "pandas", "scipy"), facts)
