"""Runs anonymeter's attacks on a twin: rates against people learned from, against others, and by guessing.

Arguments: train, holdout and twin (parquet), a JSON file with `attacks` (how many), `secrets` (to infer) and
`halves` (two lists of columns to link), and where to write the result.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator

FEW = 20  # a number of so few values is compared as it stands


def main(train: str, holdout: str, twin: str, asked: str, out: str) -> None:
    settings = json.loads(Path(asked).read_text())
    real, other, made = (_plain(pd.read_parquet(p)) for p in (train, holdout, twin))
    n = settings["attacks"]
    common = {"ori": real, "syn": made, "control": other, "n_attacks": n}
    columns = list(real.columns)
    runs = {
        "singling_out_1": (SinglingOutEvaluator(**common), {"mode": "univariate"}),
        "singling_out": (SinglingOutEvaluator(**common, n_cols=3), {"mode": "multivariate"}),
        "linkability": (LinkabilityEvaluator(**common, aux_cols=tuple(settings["halves"])), {}),
    }
    for secret in settings["secrets"]:
        numeric = pd.api.types.is_numeric_dtype(real[secret]) and real[secret].nunique() > FEW
        known = [c for c in columns if c != secret]
        runs[f"inference {secret}"] = (
            InferenceEvaluator(**common, aux_cols=known, secret=secret, regression=numeric),
            {},
        )
    results = {}
    for name, (evaluator, how) in runs.items():
        start = time.perf_counter()
        evaluator.evaluate(**how)
        found, risk = evaluator.results(), evaluator.risk()
        results[name] = {
            "train": [found.attack_rate.value, found.attack_rate.error],
            "holdout": [found.control_rate.value, found.control_rate.error],
            "naive": [found.baseline_rate.value, found.baseline_rate.error],
            "risk": [risk.value, *risk.ci],
            "attacks": int(found.n_attacks_ori),
            "seconds": time.perf_counter() - start,
        }
    Path(out).write_text(json.dumps({"version": version("anonymeter"), "attacks": results}))


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Columns as it takes them: numbers as float or int, everything else as text."""
    table = table.copy()
    for name in table.columns:
        if pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name]):
            table[name] = table[name].astype("float64")  # it takes no nullable ones
        else:
            table[name] = table[name].astype("string").astype(object).fillna("missing")
    return table


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
