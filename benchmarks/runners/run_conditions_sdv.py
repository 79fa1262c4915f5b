"""Times SDV's rows under conditions: `sample_from_conditions` of GaussianCopulaSynthesizer, on one thread.

Arguments as of `run_conditions_twin.py`. It takes single values alone: conditions with a range are left out.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from run_sdv import fit
from sdv.sampling import Condition


def main(table: str, asked: str, out: str) -> None:
    frame, settings = pd.read_parquet(table), json.loads(Path(asked).read_text())
    fitted = fit(frame, "default", 0)
    rows, repeats = settings["rows"], settings["repeats"]
    fitted.sample(1_000)
    plain = [_seconds(lambda: fitted.sample(rows))[0] for _ in range(repeats)]
    under: dict[str, list[float]] = {}
    got: dict[str, int] = {}
    for name, condition in settings["conditions"].items():
        if any(isinstance(ask, list) for ask in condition.values()):
            continue
        ask = Condition(condition, num_rows=rows, table_name="table")
        timed = [_seconds(lambda a=ask: _drawn(fitted, a)) for _ in range(repeats)]
        under[name], got[name] = [seconds for seconds, _ in timed], timed[0][1]
    result = {"plain": plain, "under": under, "got": got}
    versions = {name: version(name) for name in ("sdv", "copulas", "rdt")}
    Path(out).write_text(json.dumps({"versions": versions, "systems": {"sdv": result}}))


def _drawn(fitted, condition) -> int:  # type: ignore[no-untyped-def]
    """How many rows came out."""
    try:
        made = fitted.sample_from_conditions([condition])
    except ValueError as error:  # none at all
        print(error, file=sys.stderr)
        return 0
    return len(made["table"] if isinstance(made, dict) else made)


def _seconds(what: Callable[[], object]) -> tuple[float, object]:
    start = time.process_time()
    got = what()
    return time.process_time() - start, got


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
