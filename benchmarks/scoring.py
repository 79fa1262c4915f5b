"""Scores one synthetic table with the neutral scorer that lies beside the data, in a process of its own.

python -m benchmarks.scoring SCORER TRAIN HOLDOUT SYNTHETIC TARGET OUT
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType


def main(scorer: str, train: str, holdout: str, synthetic: str, target: str, out: str) -> None:
    score = _module(scorer)
    result = score.score(train, holdout, synthetic, target, sdm=False)
    result["acc_against_holdout"] = _accuracy(score, holdout, synthetic)
    result["acc_holdout_swapped"] = _accuracy(score, holdout, train)
    Path(out).write_text(json.dumps(result, indent=1))


def _module(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _accuracy(score: ModuleType, real: str, synthetic: str) -> dict[str, float]:
    """The scorer's accuracy with another table in the place of train."""
    import numpy as np
    import pandas as pd

    frames = [pd.read_parquet(path) for path in (real, synthetic)]
    kinds = score.kinds(frames[0])
    a, b = (score.norm(frame[list(kinds)], kinds, None) for frame in frames)
    binners = {name: score.binner(a[name], kinds[name]) for name in kinds}
    codes = [np.stack([binners[name](frame[name]) for name in kinds], 1) for frame in (a, b)]
    return score.accs(*codes, len(kinds))


if __name__ == "__main__":
    main(*sys.argv[1:])
