"""The RAND Health Insurance Experiment: a real table, in the public domain, that ships with twin."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

RAND_HIE_SUBJECT = "person"
"""The column of `load_rand_hie()` that names the person."""


def load_rand_hie() -> pd.DataFrame:
    """The RAND Health Insurance Experiment, one row per person and study year.

    Up to five years of 5,912 persons in six places of the United States who were given health
    insurance plans by lot, 1974 to 1982. `RAND_HIE.md` beside this file says what each column means.

    Returns:
        A table of 20,190 rows and 29 columns; `RAND_HIE_SUBJECT` ("person") names the person.

    Source:
        Newhouse, J. P. and the Insurance Experiment Group (1993), Free for All? Lessons from the RAND
        Health Insurance Experiment. Public domain.

    Example:
        >>> table = load_rand_hie()
        >>> table.shape, table[RAND_HIE_SUBJECT].nunique()
        ((20190, 29), 5912)
    """
    import pandas as pd

    with (files("twin.datasets") / "rand_hie.parquet").open("rb") as source:
        return pd.read_parquet(source)
