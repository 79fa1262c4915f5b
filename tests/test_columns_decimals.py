"""Decimals: learned as the numbers they are, and with the digits that enough subjects have."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import twin
from twin.columns.arrays.reading import read, token
from twin.columns.arrays.restore import restore
from twin.columns.binning.binning import Grid
from twin.columns.kinds.registry import KINDS
from twin.columns.schema import Category, Key, Number
from twin.columns.table import infer_schema
from twin.files.archive import read_archive
from twin.privacy.suppression.guard import Guard

N = 600
ODD = Decimal("12.345678")
RNG = np.random.default_rng(5)
CENTS = RNG.lognormal(8, 0.6, N).astype(int) + 100
EVEN = 100_000 + RNG.permutation(N) * 503  # prices that hardly repeat, spread evenly: 1000.00 and on


def decimals(cents: Any, *odd: Decimal, digits: int = 2) -> pd.Series:
    cells = [Decimal(int(cent)).scaleb(-digits) for cent in cents]
    cells[: len(odd)] = odd
    return pd.Series(cells, dtype=object)


def digits_of(cell: Decimal) -> int:
    return -int(cell.as_tuple().exponent)


def grid_of(values: pd.Series, **how: Any) -> Grid:
    guard = Guard(k=11, subjects=None, noise=lambda: 0)
    column = Number(name="c", dtype=token(values), **how)
    grid = KINDS["number"].learn(column, read(values), guard.column("c")).grid  # type: ignore[attr-defined]
    assert isinstance(grid, Grid)
    return grid


def test_digits_of_one_decimal_are_neither_in_the_file_nor_in_the_sample(tmp_path: Path) -> None:
    """T6."""
    made = twin.fit(pd.DataFrame({"c": decimals(CENTS, ODD)}), model="independent", seed=0)
    made.save(tmp_path / "t.twin")
    archive = read_archive(tmp_path / "t.twin")
    assert "345678" not in json.dumps(archive.documents)
    assert not any(b"345678" in array.tobytes() for array in archive.arrays.values())
    assert _scales(archive.documents) == [2]
    for again in (made, twin.load(tmp_path / "t.twin")):
        assert {digits_of(cell) for cell in again.sample(500, seed=1)["c"]} == {2}


def _scales(part: Any) -> list[int]:
    """What stands under "scale", anywhere in a document."""
    if isinstance(part, list):
        return [scale for item in part for scale in _scales(item)]
    if not isinstance(part, dict):
        return []
    own = [part["scale"]] if "scale" in part else []
    return own + [scale for item in part.values() for scale in _scales(item)]


@pytest.mark.parametrize(
    ("values", "how", "want"),
    [
        (decimals(CENTS), {}, (2, 2)),
        (decimals(CENTS, ODD), {}, (2, 2)),
        (decimals(CENTS, *[ODD] * 11), {}, (6, 6)),  # as many as the guard asks for
        (decimals(CENTS, ODD), {"decimals": 4}, (2, 2)),
        (decimals(CENTS, ODD), {"decimals": 1}, (1, 1)),
        (decimals(CENTS, ODD), {"decimals": -1}, (-1, 0)),
        (decimals(CENTS // 100 * 100, ODD), {}, (0, 0)),
        (decimals(0 * CENTS, Decimal("1E-18")), {}, (-9, 0)),
        (decimals(0 * CENTS, Decimal("0.000000")), {}, (0, 0)),
    ],
)
def test_the_guard_decides_on_digits(values: pd.Series, how: dict[str, int], want: tuple[int, int]) -> None:
    grid = grid_of(values, **how)
    assert (grid.decimals, grid.scale) == want


def test_a_declared_scale_is_kept() -> None:
    for cents in (
        decimals(CENTS),
        decimals(CENTS, Decimal("12.3456")),
        decimals(CENTS)[:0],
        decimals([0] * 99),
    ):
        values = cents.astype(pd.ArrowDtype(pa.decimal128(10, 4)))
        assert read(values).scale == grid_of(values).scale == 4
    money = decimals(CENTS, Decimal("12.3456")).astype(pd.ArrowDtype(pa.decimal128(10, 4)))
    sample = twin.fit(pd.DataFrame({"c": money})).sample(200, seed=1)["c"]
    assert sample.dtype == money.dtype
    assert all(cell * 100 % 1 == 0 for cell in sample)


@pytest.mark.parametrize(
    ("value", "scale", "unit"),
    [(5, 1, 50), (500, 3, 50), (12_345, 3, 1_235), (-12_345, 3, -1_234), (7, None, 7), (2**62, 40, 0)],
)
def test_decimals_of_other_digits_find_their_place(value: int, scale: int | None, unit: int) -> None:
    grid = Grid(type="decimal", decimals=2, scale=2)
    assert grid.units(np.array([value]), scale).tolist() == [unit]


def test_a_table_of_fewer_or_more_digits_has_the_same_codes() -> None:
    values = decimals(CENTS // 10 * 10, *decimals(CENTS)[:20])
    guard = Guard(k=11, subjects=None, noise=lambda: 0)
    column = Number(name="c", dtype="object/decimal")
    learned = KINDS["number"].learn(column, read(values), guard.column("c"))
    other = pd.Series([cell.quantize(Decimal("0.1")) for cell in values[20:]], dtype=object)
    more = pd.Series([cell.quantize(Decimal("0.00001")) for cell in values[20:]], dtype=object)
    codes = [learned.encode(read(c), np.random.default_rng(0)) for c in (values[20:], other, more)]
    assert (codes[0] == codes[1]).all() and (codes[0] == codes[2]).all()


@pytest.mark.parametrize("odd", [(), (ODD,)])
def test_evenly_spread_prices_stay_numbers(odd: tuple[Decimal, ...]) -> None:
    prices = decimals(EVEN, *odd)
    arrow = prices.astype(pd.ArrowDtype(pa.decimal128(12, 6)))
    for values in (prices, arrow, prices.astype(float)):
        table = pd.DataFrame({"price": values})
        assert infer_schema(table)["price"].kind == "number"
        sample = twin.fit(table, model="independent").sample(500, seed=1)["price"].astype(float)
        assert 12 < sample.min() < sample.max() <= float(prices.max())
        assert sample.median() == pytest.approx(float(prices.astype(float).median()), rel=0.1)


@pytest.mark.parametrize("odd", [(), (Decimal("123456.123456"),)])
def test_keys_have_as_many_digits_before_the_point(odd: tuple[Decimal, ...]) -> None:
    values = decimals(np.arange(N) + 123_000, *odd, digits=0)
    assert infer_schema(pd.DataFrame({"c": decimals(np.arange(N) + 123_000, digits=0)}))["c"].kind == "key"
    table = pd.DataFrame({"c": values})
    for cells in (values, values.astype(pd.ArrowDtype(pa.decimal128(16, 6)))):
        made = twin.fit(table.assign(c=cells), schema=infer_schema(table).replace({"c": Key()}))
        sample = made.sample(100, seed=1)["c"]
        assert all(digits_of(Decimal(int(cell))) == 0 and len(str(int(cell))) == 6 for cell in sample)
        assert all(cell == int(cell) for cell in sample)


@pytest.mark.parametrize("odd", [(), (ODD,)])
def test_decimals_as_levels_come_back_as_they_were(odd: tuple[Decimal, ...]) -> None:
    rates = decimals([1_000, 2_050, 700] * 200, *odd)
    assert set(read(rates).as_nominal().levels) == {10, 20.5, 7, *map(float, odd)}
    for values in (rates, rates.astype(pd.ArrowDtype(pa.decimal128(8, 6)))):
        native = read(values).as_nominal()
        assert restore(native, token(values), "c").tolist() == values.tolist()
        table = pd.DataFrame({"c": values})
        made = twin.fit(table, schema=infer_schema(table).replace({"c": Category()}))
        kept = set(made.sample(100, seed=1)["c"])  # a rare level takes the next rarest into its pool
        assert kept <= {Decimal("10"), Decimal("20.5"), Decimal("7")} and len(kept) == 3 - len(odd)
