"""Times twin's rows under conditions, model by model, on one thread.

Arguments: the table (parquet), a JSON file with `models`, `rows`, `repeats` and `conditions` (column to
value, or to two ends of a range), and where to write the times. Seconds are those of the processor.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd

import twin


def main(table: str, asked: str, out: str) -> None:
    frame, settings = pd.read_parquet(table), json.loads(Path(asked).read_text())
    results = {}
    for model in settings["models"]:
        fitted = twin.fit(frame, model=model, seed=0)
        fitted.sample(1_000, seed=1, threads=1)
        how = {"rows": settings["rows"], "repeats": settings["repeats"]}
        results[model] = {
            "plain": timed(fitted, None, **how),
            "under": {name: timed(fitted, given(c), **how) for name, c in settings["conditions"].items()},
        }
    Path(out).write_text(json.dumps({"versions": {"twin": twin.__version__}, "systems": results}))


def timed(fitted: twin.Twin, asked: dict[str, Any] | None, *, rows: int, repeats: int) -> list[float]:
    """Seconds of each of some samples."""
    seconds = []
    for seed in range(repeats):
        start = time.process_time()
        fitted.sample(rows, seed=seed, given=asked, threads=1)
        seconds.append(time.process_time() - start)
    return seconds


def given(condition: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(ask) if isinstance(ask, list) else ask for name, ask in condition.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
