"""Models by name, with small nets that train in a moment: for what holds whatever a model has learned."""

from __future__ import annotations

import twin
from twin.models.base import Model

SMALL: dict[str, Model] = {
    "network": twin.Network(epochs=2, vector=8, context=16, hidden=16),
    "ctgan": twin.CTGAN(epochs=2, width=32, noise=8, candidates=2),
}


def small(name: str) -> Model | str:
    """What `model=` takes.

    Args:
        name: A name among `twin.MODELS`.
    """
    return SMALL.get(name, name)
