"""One step on a large table: `fit|sample|stream SOURCE TWIN JSON`, in a process of its own."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import pandas as pd
from _measure import peak_mb

import twin


def fit(source: str, file: str, rows: int, seed: int) -> dict[str, Any]:
    """Fit the table and save the twin."""
    table = pd.read_parquet(source)
    start = time.perf_counter()
    fitted = twin.fit(table, seed=seed)
    seconds = time.perf_counter() - start
    fitted.save(file)
    size = Path(file).stat().st_size / 2**20
    return {
        "seconds": seconds,
        "rows": len(table),
        "columns": table.shape[1],
        "model": fitted.model,
        "file_mb": size,
    }


def sample(source: str, file: str, rows: int, seed: int) -> dict[str, Any]:
    """Sample into one table."""
    start = time.perf_counter()
    synthetic = twin.load(file).sample(rows, seed=seed)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "rows": len(synthetic), "table_mb": _size(synthetic)}


def stream(source: str, file: str, rows: int, seed: int) -> dict[str, Any]:
    """Sample block by block into a parquet file."""
    out = Path(file).with_suffix(".parquet")
    start = time.perf_counter()
    with twin.open_writer(out) as writer:
        for block in twin.load(file).stream(rows, seed=seed):
            writer.write(block)
    seconds, peak = time.perf_counter() - start, peak_mb()
    kept = _kept(pd.read_parquet(source), pd.read_parquet(out))
    out.unlink()
    return {"seconds": seconds, "rows": rows, "peak_mb": peak, **kept}


def _size(table: pd.DataFrame) -> float:
    return float(table.memory_usage(deep=False).sum()) / 2**20


def _kept(real: pd.DataFrame, synthetic: pd.DataFrame) -> dict[str, Any]:
    """Whether dtypes, constant columns and shares of missing cells are those of the source."""
    constant = [name for name in real if real[name].nunique(dropna=False) == 1]
    gap = (real.isna().mean() - synthetic.isna().mean()).abs().max()
    return {
        "dtypes_kept": bool((real.dtypes == synthetic.dtypes).all()),
        "constants_kept": all((synthetic[name] == real[name].iloc[0]).all() for name in constant),
        "constants": len(constant),
        "largest_gap_in_missing": float(gap),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=("fit", "sample", "stream"))
    parser.add_argument("source")
    parser.add_argument("file")
    parser.add_argument("json")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    step = {"fit": fit, "sample": sample, "stream": stream}[args.step]
    measured = {"peak_mb": None, **step(args.source, args.file, args.rows, args.seed)}
    measured["peak_mb"] = measured["peak_mb"] or peak_mb()
    Path(args.json).write_text(json.dumps(measured, indent=1))
