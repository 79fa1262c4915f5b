"""Runs mostlyai-engine's TabularARGN under differential privacy.

It takes no public levels or bounds. In its favour it reads them from the table itself (no value protection)
and spends the whole budget on training. With its default noise a small budget is used up within the first
epoch, and it goes on all the same: here the noise is such that the budget is spent after `EPOCHS` epochs. All
else are defaults.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from _adult import DELTA, chosen
from _measure import RefusedError, run
from mostlyai.engine import TabularARGN
from opacus.accountants.utils import get_noise_multiplier

EPOCHS = 20
BATCH = 256
"""What it chooses itself for this many rows; named, since the noise depends on it."""
TRAINED = 0.8
"""Share of the rows that it trains on; the rest is for validation."""


def fit(table: pd.DataFrame, setting: str, seed: int) -> Any:
    _, epsilon = chosen(setting)
    steps = int(TRAINED * len(table)) // BATCH
    try:
        noise = get_noise_multiplier(
            target_epsilon=0.98 * epsilon,
            target_delta=DELTA,
            sample_rate=1 / steps,
            steps=EPOCHS * steps,
            accountant="rdp",
            epsilon_tolerance=0.005 * epsilon,
        )
    except ValueError as error:  # at this delta its accountant says .14 or more, whatever the noise
        raise RefusedError("its accountant cannot certify so small a budget") from error
    private = {"max_epsilon": epsilon, "delta": DELTA, "noise_multiplier": noise}
    synthesizer = TabularARGN(
        random_state=seed,
        device="cpu",
        batch_size=BATCH,
        max_epochs=EPOCHS,
        value_protection=False,
        differential_privacy={**private, "value_protection_epsilon": None},
    )
    return synthesizer.fit(table)


def sample(fitted: Any, n: int, seed: int) -> pd.DataFrame:
    return fitted.sample(n, device="cpu")


def facts(fitted: Any) -> dict[str, float]:
    """What its own accountant says was spent by the model that it kept, and after how many epochs."""
    messages = pd.read_csv(f"{fitted.workspace_path_}/ModelStore/model-data/progress-messages.csv")
    kept = messages[messages["is_checkpoint"] == 1].iloc[-1]
    return {"spent_epsilon": float(kept["dp_eps"]), "epochs": float(kept["epoch"])}


if __name__ == "__main__":
    run(fit, sample, ("mostlyai-engine", "opacus", "numpy", "pandas", "torch"), facts)
