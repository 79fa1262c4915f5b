"""Runs mostlyai-engine's TabularARGN with its default settings, without differential privacy.

A most number of epochs may be added to the setting, as in `default@10`; its default is 100, of which it
leaves out those that bring nothing more.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from _measure import chosen, run
from mostlyai.engine import TabularARGN


def fit(table: pd.DataFrame, setting: str, seed: int) -> Any:
    _, epochs = chosen(setting)
    length = {} if epochs is None else {"max_epochs": epochs}
    return TabularARGN(random_state=seed, device="cpu", **length).fit(table)


def sample(fitted: Any, n: int, seed: int) -> pd.DataFrame:
    return fitted.sample(n, device="cpu")


def facts(fitted: Any) -> dict[str, float]:
    """How many epochs it trained for."""
    messages = pd.read_csv(f"{fitted.workspace_path_}/ModelStore/model-data/progress-messages.csv")
    return {"epochs": float(messages["epoch"].max())}


if __name__ == "__main__":
    run(fit, sample, ("mostlyai-engine", "numpy", "pandas", "torch"), facts)
