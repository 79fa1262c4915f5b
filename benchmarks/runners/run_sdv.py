"""Runs SDV with its default settings on the processor: `default` (GaussianCopula), `ctgan` or `tvae`.

A number of epochs may be added to the last two, as in `ctgan@50`; their default is 300.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import torch
from _measure import chosen, run
from sdv.metadata import Metadata
from sdv.single_table import CTGANSynthesizer, GaussianCopulaSynthesizer, TVAESynthesizer

PLAIN = {"categorical", "numerical", "datetime", "boolean"}
NETWORKS = {"ctgan": CTGANSynthesizer, "tvae": TVAESynthesizer}


def fit(table: pd.DataFrame, setting: str, seed: int) -> Any:
    np.random.seed(seed)  # noqa: NPY002 (the only way to seed it)
    torch.manual_seed(seed)
    stored = list(table.select_dtypes("category"))  # a way of storing categories that it does not take
    table = table.astype(dict.fromkeys(stored, object))
    metadata = Metadata.detect_from_dataframes({"table": table}, infer_keys=None)
    for name, column in metadata.tables["table"].columns.items():
        # In its favour: what it takes for an identifier or a place name is learned as what it is, a category.
        if column["sdtype"] not in PLAIN:
            kind = "numerical" if pd.api.types.is_numeric_dtype(table[name]) else "categorical"
            metadata.update_column(name, "table", sdtype=kind)
    what, epochs = chosen(setting)
    if what in NETWORKS:
        length = {} if epochs is None else {"epochs": epochs}
        synthesizer = NETWORKS[what](metadata, enable_gpu=False, **length)
    else:
        synthesizer = GaussianCopulaSynthesizer(metadata)
    synthesizer.fit({"table": table})
    return synthesizer


def sample(fitted: Any, n: int, seed: int) -> pd.DataFrame:
    fitted._set_random_state(seed)  # it has no public seed: each fresh process would draw the same rows
    return fitted.sample(n)["table"]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    run(fit, sample, ("sdv", "copulas", "ctgan", "rdt", "numpy", "pandas", "torch"))
