"""Runs mostlyai-engine's TabularARGN with its default settings, without differential privacy."""

from __future__ import annotations

from typing import Any

import pandas as pd
from _measure import run
from mostlyai.engine import TabularARGN


def fit(table: pd.DataFrame, setting: str, seed: int) -> Any:
    return TabularARGN(random_state=seed, device="cpu").fit(table)


def sample(fitted: Any, n: int, seed: int) -> pd.DataFrame:
    return fitted.sample(n, device="cpu")


if __name__ == "__main__":
    run(fit, sample, ("mostlyai-engine", "numpy", "pandas", "torch"))
