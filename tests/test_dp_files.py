"""Tables from files under a budget: a missing cell changes neither kind, nor dtype, nor the ledger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest

import twin
from tests.helpers.dp_doubles import Silent
from twin.columns.arrays.dtypes import NUMBER, OBJECT, family
from twin.columns.dp_infer import infer_dp
from twin.core import dp_fit
from twin.core.generator import Twin
from twin.privacy.dp.events import DpEvent

N = 400
TYPES = {
    "bool": (pa.bool_(), [True, False, False, True]),
    "int8": (pa.int8(), [-3, 5, 9, 100]),
    "int64": (pa.int64(), [18, 40, 41, 90]),
    "uint64": (pa.uint64(), [1, 2**40, 7, 2**63 + 5]),
    "float32": (pa.float32(), [0.5, 1.25, 2.0, 3.75]),
    "float64": (pa.float64(), [0.5, 1.25, 2.0, 3.75]),
    "string": (pa.string(), ["a", "b", "c", "a"]),
}
WRITERS = {
    ".parquet": pa.parquet.write_table,
    ".arrow": lambda table, path: pa.feather.write_feather(table, str(path)),
    ".csv": pa.csv.write_csv,
}


def as_file(dtype: str, ending: str, folder: Path, *, lacking: int | None) -> Path:
    kind, values = TYPES[dtype]
    cells = [None if row == lacking else values[row % len(values)] for row in range(N)]
    path = folder / f"{lacking}{ending}"
    WRITERS[ending](pa.table({"c": pa.array(cells, kind)}), path)
    return path


@pytest.fixture(autouse=True)
def no_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left to differ is the data."""
    monkeypatch.setattr(dp_fit, "Noise", Silent)


def charges(made: Twin) -> tuple[DpEvent, ...]:
    """What was charged, less how many cells one row more or less makes."""
    assert made.ledger is not None
    return tuple(replace(entry.charge, outputs=None) for entry in made.ledger.entries)


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("dtype", TYPES)
def test_a_missing_cell_in_a_file_changes_no_kind_dtype_or_charge(
    dtype: str, ending: str, tmp_path: Path
) -> None:
    told = []
    for lacking in (None, 7):
        table = twin.read_table(as_file(dtype, ending, tmp_path, lacking=lacking))
        assert int(table["c"].isna().sum()) == (lacking is not None)
        made = twin.fit(table, epsilon=200.0, model="independent")
        saved = tmp_path / f"{lacking}.twin"
        made.save(saved)
        again = twin.load(saved)
        told.append(
            (
                infer_dp(table).to_json(),
                again.schema.to_json(),
                charges(again),
                [field.nullable for field in again.columns.domain],
                str(again.sample(5, seed=1).dtypes["c"]),
            )
        )
    assert told[0] == told[1]


@pytest.mark.parametrize("plain", ["bool", "int8", "int16", "int64", "uint8", "uint64", "float32", "float64"])
def test_plain_and_nullable_dtypes_are_of_one_family(plain: str) -> None:
    series = pd.Series(np.array([0, 1] * 200), dtype=plain)
    nullable = series.convert_dtypes(infer_objects=False) if plain == "bool" else series.astype(_named(plain))
    assert nullable.dtype != series.dtype
    ours, theirs = (infer_dp(pd.DataFrame({"c": c})).to_json() for c in (series, nullable))
    assert ours == theirs
    holed = nullable.copy()
    holed[3] = pd.NA
    results = [twin.fit(pd.DataFrame({"c": c}), epsilon=200.0) for c in (series, nullable, holed)]
    assert len({t.schema.to_json() for t in results}) == 1
    assert len({charges(t) for t in results}) == 1


def _named(plain: str) -> str:
    return plain.replace("uint", "UInt") if plain[0] == "u" else plain[0].upper() + plain[1:]


def test_arrow_dtypes_have_one_form_and_stay_what_they_are() -> None:
    assert family(pd.ArrowDtype(pa.int64())) == family(pd.ArrowDtype(pa.bool_())) == ""
    assert family(np.dtype(">i4")) == NUMBER and family(np.dtype(object)) == OBJECT
    assert family(np.dtype("datetime64[ns]")) == family(pd.StringDtype()) == family(np.dtype("float32")) == ""
