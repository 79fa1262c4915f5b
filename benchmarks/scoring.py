"""Scores one synthetic table with the neutral scorer that lies beside the data, in a process of its own.

python -m benchmarks.scoring SCORER TRAIN HOLDOUT SYNTHETIC TARGET OUT
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any


def main(scorer: str, train: str, holdout: str, synthetic: str, target: str, out: str) -> None:
    score = load(scorer)
    result = score.score(train, holdout, synthetic, target, sdm=False)
    result["acc_against_holdout"] = _accuracy(score, holdout, synthetic)
    result["acc_holdout_swapped"] = _accuracy(score, holdout, train)
    result["association_error"] = _association_error(score, holdout, synthetic)
    result["association_error_train"] = _association_error(score, holdout, train)
    Path(out).write_text(json.dumps(result, indent=1))


def load(path: str) -> ModuleType:
    """The scorer, from its file."""
    spec = importlib.util.spec_from_file_location("score", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _accuracy(score: ModuleType, real: str, synthetic: str) -> dict[str, float]:
    """The scorer's accuracy with another table in the place of train."""
    first, second = _codes(score, real, synthetic)
    return score.accs(first, second, first.shape[1])


def _association_error(score: ModuleType, real: str, synthetic: str) -> float:
    """Mean absolute difference, over all pairs of columns, of Cramér's V of the scorer's bins."""
    import itertools

    import numpy as np

    from twin.metrics.association import cramers_v

    tables = _codes(score, real, synthetic)
    off = []
    for i, j in itertools.combinations(range(tables[0].shape[1]), 2):
        counts = [np.bincount(12 * t[:, i] + t[:, j], minlength=144).reshape(12, 12) for t in tables]
        off.append(abs(cramers_v(counts[0].astype(float)) - cramers_v(counts[1].astype(float))))
    return float(np.mean(off))


def _codes(score: ModuleType, real: str, other: str) -> list[Any]:
    """Both tables in the bins of the first."""
    import numpy as np
    import pandas as pd

    frames = [pd.read_parquet(path) for path in (real, other)]
    kinds = score.kinds(frames[0])
    a, b = (score.norm(frame[list(kinds)], kinds, None) for frame in frames)
    binners = {name: score.binner(a[name], kinds[name]) for name in kinds}
    return [np.stack([binners[name](frame[name]) for name in kinds], 1) for frame in (a, b)]


if __name__ == "__main__":
    main(*sys.argv[1:])
