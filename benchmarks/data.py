"""Where the tables and the scorer are: `TWIN_DATA`, or `../shared/data` from the project's root."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGETS = {"adult": "income", "default": "has_default"}
"""The tables that are split into train and holdout, with the column that a model should predict."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with its split.

    Args:
        name: Its name.
        train: Rows to learn from.
        holdout: Rows of other people.
        target: Column that a model should predict.
        rows: Rows of each part, or None for all.
    """

    name: str
    train: Path
    holdout: Path
    target: str
    rows: int | None = None


def folder() -> Path:
    """The folder of tables."""
    return Path(os.environ.get("TWIN_DATA", ROOT.parent / "shared" / "data")).expanduser()


def missing(*names: str) -> str | None:
    """Why these files cannot be used, in one sentence, or None."""
    absent = [name for name in names if not (folder() / name).is_file()]
    if not absent:
        return None
    return (
        f"{folder()}: {', '.join(absent)} not found. The tables are no part of this project: "
        "docs/benchmarks.md says which they are; put them in a folder and name it by TWIN_DATA."
    )


def table(name: str, rows: int | None, cache: Path) -> Table:
    """A table by name, cut to its first rows where that is asked for."""
    whole = Table(
        name=name,
        train=folder() / f"{name}.train.parquet",
        holdout=folder() / f"{name}.holdout.parquet",
        target=TARGETS[name],
    )
    if rows is None:
        return whole
    import pandas as pd

    cache.mkdir(parents=True, exist_ok=True)
    paths = {}
    for part in ("train", "holdout"):
        paths[part] = cache / f"{name}.{part}.{rows}.parquet"
        if not paths[part].is_file():
            pd.read_parquet(getattr(whole, part)).head(rows).to_parquet(paths[part])
    return Table(name=name, target=whole.target, rows=rows, **paths)
