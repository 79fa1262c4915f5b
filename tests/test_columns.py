"""Every kind of column runs every contract; then what is special to each."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import twin
from tests.helpers.columns import COLUMNS, RNG, N
from twin.codes import State
from twin.columns.arrays.reading import read, token
from twin.columns.arrays.restore import restore
from twin.columns.base import DecodeContext
from twin.columns.kinds.key import permute
from twin.columns.kinds.registry import KINDS
from twin.columns.schema import Category, Column, Datetime, Flag, Key, Number
from twin.errors import SchemaError
from twin.privacy.suppression.guard import Guard


def twin_of(column: Column, series: pd.Series, k: int = 5, draws: int = 1, **guard: object) -> pd.Series:
    """The column learned, encoded (again and again) and decoded."""
    column = column.model_copy(update={"name": "c", "dtype": token(series)})
    native = read(series)
    learned = KINDS[column.kind].learn(column, native, Guard(k=k, noise=lambda: 0, **guard).column("c"))
    codes = np.concatenate([learned.encode(native, np.random.default_rng(i)) for i in range(draws)])
    draw = DecodeContext(rng=np.random.default_rng(0), start=0, seed=0)
    return restore(learned.decode(codes, draw), column.dtype, "c")


@pytest.fixture(params=COLUMNS, ids=str)
def case(request: pytest.FixtureRequest) -> tuple[Column, pd.Series]:
    column, series = COLUMNS[request.param]
    return column.model_copy(update={"name": "c", "dtype": token(series)}), series.rename("c")


def test_round_trip_keeps_dtype_length_and_codes(case: tuple[Column, pd.Series]) -> None:
    column, series = case
    out = twin_of(column, series)
    assert out.dtype == series.dtype
    assert len(out) == len(series)
    kind = KINDS[column.kind]
    learned = kind.learn(column, read(series), Guard(k=5, noise=lambda: 0).column("c"))
    if learned.fields:  # decoding lands in the cell it came from
        once = learned.encode(read(series), np.random.default_rng(0))
        draw = DecodeContext(rng=np.random.default_rng(2), start=0, seed=0)
        back = restore(learned.decode(once, draw), column.dtype, "c")
        again = learned.encode(read(back), np.random.default_rng(0))
        rare = [field.rare for field in learned.fields]
        assert rare == [None] * len(rare)
        np.testing.assert_array_equal(once, again)


def test_state_restores_the_learned_column(case: tuple[Column, pd.Series]) -> None:
    column, series = case
    kind = KINDS[column.kind]
    learned = kind.learn(column, read(series), Guard(k=5).column("c"))
    state = learned.state()
    loaded = kind.load(column, State(dict(state.facts), dict(state.arrays)))
    codes = learned.encode(read(series), np.random.default_rng(0))
    one = learned.decode(codes, DecodeContext(rng=np.random.default_rng(0), start=3, seed=9))
    two = loaded.decode(codes, DecodeContext(rng=np.random.default_rng(0), start=3, seed=9))
    pd.testing.assert_series_equal(restore(one, column.dtype, "c"), restore(two, column.dtype, "c"))
    assert [f.size for f in loaded.fields] == [f.size for f in learned.fields]


def test_missing_comes_back_as_often(case: tuple[Column, pd.Series]) -> None:
    column, series = case
    if column.kind in ("key", "text") or series.dtype.kind in "biu":
        pytest.skip("never missing in samples, or the dtype cannot say so")
    holed = series.copy()
    holed[::4] = pd.NaT if column.kind == "datetime" and series.dtype.kind == "M" else None
    assert twin_of(column, holed).isna().sum() == N / 4


def test_a_lone_missing_cell_does_not_show(case: tuple[Column, pd.Series]) -> None:
    """T6."""
    column, series = case
    if column.kind in ("key", "text") or series.dtype.kind in "biu":
        pytest.skip("never missing in samples, or the dtype cannot say so")
    holed = series.copy()
    holed[7:8] = pd.NaT if series.dtype.kind == "M" else None
    out = twin_of(column, holed)
    if not series.isna().any():
        assert out.notna().all()


def test_constant_all_missing_and_tiny_columns_are_fine(case: tuple[Column, pd.Series]) -> None:
    column, series = case
    constant = pd.Series([series.iloc[0]] * 50).astype(series.dtype)
    if column.kind not in ("key", "text"):
        assert twin_of(column, constant).nunique() == 1
    assert len(twin_of(column, series.head(3))) == 3
    if series.dtype.kind not in "biu":
        gone = pd.Series([None] * 30, dtype=series.dtype)
        assert len(twin_of(column, gone)) == 30


def test_a_rare_level_is_gone_and_its_rows_are_drawn_by_frequency() -> None:
    values = pd.Series(["a"] * 300 + ["b"] * 100 + ["canary"] * 4)
    out = twin_of(Category(), values, draws=200)
    assert set(out) == {"a", "b"}
    last = out.to_numpy().reshape(200, -1)[:, -4:]
    assert abs((last == "a").mean() - 0.75) < 0.06


def test_many_rare_levels_share_a_pool_that_is_redrawn() -> None:
    values = pd.Series(["a"] * 300 + [f"canary{i}" for i in range(40)])
    column = Category(name="c", dtype="object/str")
    learned = KINDS["category"].learn(column, read(values), Guard(k=5).column("c"))
    assert learned.fields[0].rare == 1
    assert set(twin_of(Category(), values)) == {"a"}


def test_token_replacement_shows_one_level_and_a_literal_token_survives() -> None:
    """T9, T10."""
    values = pd.Series(["_RARE_"] * 50 + [f"c{i}" for i in range(20)])
    assert set(twin_of(Category(rare="token"), values)) == {"_RARE_", "__RARE__"}
    assert set(twin_of(Category(), pd.Series([f"c{i}" for i in range(30)]))) == {"_RARE_"}


def test_declared_levels_are_kept_and_others_go() -> None:
    values = pd.Series(["a"] * 100 + ["b"] * 2 + ["c"] * 50)
    assert set(twin_of(Category(levels=["a", "b"]), values)) == {"a", "b"}


def test_a_flag_with_three_true_is_constant() -> None:
    """T13."""
    assert not twin_of(Flag(), pd.Series([True] * 3 + [False] * 97)).any()


def test_unused_levels_are_never_emitted() -> None:
    """T15."""
    values = pd.Series(pd.Categorical(["a"] * 50, categories=["a", "canary"]))
    assert list(twin_of(Category(), values).cat.categories) == ["a"]


def test_one_odd_precision_does_not_show() -> None:
    """T4, T6: one salary with cents, one value with four decimals."""
    rng = np.random.default_rng(3)
    salaries = pd.Series(np.append(rng.integers(20_000, 90_000, 999).astype(float), 1_234_567.89))
    out = twin_of(Number(), salaries, draws=100)
    assert (out % 1 == 0).all()
    assert out.max() < 90_000
    money = pd.Series(np.append(np.round(rng.lognormal(3, 1, 999), 2), 3.14159))
    cents = twin_of(Number(), money, draws=20) * 100
    np.testing.assert_allclose(cents, np.rint(cents), atol=1e-6)


def test_one_negative_does_not_show() -> None:
    """T6."""
    values = pd.Series(np.append(np.random.default_rng(4).integers(0, 999, 999), -5))
    assert twin_of(Number(), values, draws=20).min() >= 0


def test_one_great_age_leaves_no_trace_and_no_spike() -> None:
    """T5."""
    ages = pd.Series(np.append(np.repeat(np.arange(18, 88), 8), [103]))
    out = twin_of(Number(), ages, draws=50)
    assert out.max() < 103
    counts = out.value_counts()
    assert counts[out.max()] < 3 * counts.median()


def test_heaps_are_atoms_and_a_single_value_is_like_its_neighbours() -> None:
    """T21."""
    rng = np.random.default_rng(6)
    heaps = np.repeat(np.arange(100) * 1_000, 30)
    loose = rng.choice(np.arange(100_000), 3_000, replace=False)
    out = twin_of(Number(), pd.Series(np.concatenate([heaps, loose])), draws=20)
    counts = np.bincount(out, minlength=100_000)
    assert abs(counts[::1000].sum() / len(out) - 0.5) < 0.02
    held = np.setdiff1d(loose, np.concatenate([heaps, loose + 1]))
    beside = held[~np.isin(held + 1, heaps)] + 1
    ratio = counts[held].mean() / counts[beside[beside < 100_000]].mean()
    assert abs(ratio - 1) < 0.1


def test_infinities_are_kept_when_enough_hold_them() -> None:
    values = pd.Series(
        np.concatenate([np.random.default_rng(0).normal(size=200), [np.inf] * 9, [-np.inf] * 2])
    )
    out = twin_of(Number(), values)
    assert np.isposinf(out).sum() == 9
    assert not np.isneginf(out).any()


def test_public_bounds_hold() -> None:
    values = pd.Series(np.arange(200.0))
    out = twin_of(Number(low=50, high=149.5), values)
    assert out.between(50, 149.5).all()


def test_date_outliers_do_not_show() -> None:
    """T12."""
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=int(i) % 365) for i in range(730)]
    out = twin_of(Datetime(), pd.Series([*days, dt.date(1899, 12, 31), dt.date(9999, 12, 31)]), draws=5)
    assert out.min() >= dt.date(2020, 1, 1)
    assert out.max() <= dt.date(2020, 12, 30)


def test_grain_is_what_enough_subjects_support() -> None:
    hours = pd.Series(pd.date_range("2021-01-01", periods=500, freq="h"))
    hours.iloc[77] += pd.Timedelta("13min")
    assert (twin_of(Datetime(), hours).dt.minute == 0).all()


def test_dates_out_of_the_nanosecond_range_come_back() -> None:
    old = pd.Series([dt.date(1492, 10, 12)] * 20 + [dt.date(1517, 10, 31)] * 20)
    assert set(twin_of(Datetime(), old)) == set(old)


def test_keys_are_unique_in_shape_and_not_the_real_ones_more_often_than_by_chance() -> None:
    real = pd.Series([f"AT-{i:06d}" for i in np.random.default_rng(0).choice(10**6, 5_000, replace=False)])
    out = twin_of(Key(), real, draws=4)
    assert out.is_unique
    assert out.str.fullmatch(r"AT-\d{6}").all()
    hits = out.isin(real).sum()  # binomial(20,000, .005): 100 with standard error 10
    assert 60 < hits < 140


def test_keys_go_on_when_their_shape_is_used_up() -> None:
    out = twin_of(Key(), pd.Series([f"K{i % 10}" for i in range(50)]))
    assert out.is_unique
    numbers = twin_of(Key(), pd.Series(np.arange(10, 99)), draws=20)
    assert numbers.is_unique


@pytest.mark.parametrize("capacity", [1, 2, 3, 10, 257, 5_000])
def test_permute_is_a_bijection(capacity: int) -> None:
    places = np.arange(capacity, dtype=np.uint64)
    assert sorted(permute(places, capacity, 11).tolist()) == list(range(capacity))


def test_long_keys_do_not_start_with_zeros() -> None:
    import uuid

    real = pd.Series([str(uuid.UUID(int=int(i) ** 9)) for i in RNG.integers(10**3, 10**4, 300)])
    out = twin_of(Key(), real)
    assert out.is_unique
    assert out.str.len().eq(36).all()


@pytest.mark.parametrize(
    ("column", "values"), [(Number(), ["a", "b"]), (Datetime(), [1.5, 2.5]), (Number(), [True, False])]
)
def test_a_kind_refuses_values_that_it_cannot_learn(column: Column, values: list[object]) -> None:
    with pytest.raises(SchemaError, match="column 'c': declared a"):
        twin_of(column, pd.Series(values))


@pytest.mark.parametrize("model", ["independent", "copula", "trees"])
def test_rare_levels_never_become_missing(model: str) -> None:
    tail = [f"N{i}" for i in range(1_080)]  # most rows hold a level that nobody shares
    plane = ["A"] * 90 + [None] * 60 + tail
    table = pd.DataFrame({"plane": plane, "late": [i % 2 == 0 for i in range(1_230)]})
    sample = twin.fit(table, model=model).sample(4_000, seed=1)
    assert abs(sample["plane"].isna().mean() - 0.05) < 0.02


def test_extremes_of_few_subjects_do_not_move_the_precision() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(100, 10, 2_000)
    wild = values.copy()
    wild[:10] = 1e12  # ten rows, of ten persons or of one
    schema = Number(name="x", dtype="float64")
    for subjects in (None, np.arange(2_000), np.maximum(np.arange(2_000) - 9, 0)):
        guard = Guard(k=11, subjects=subjects, noise=lambda: 0)
        grids = [
            KINDS["number"].learn(schema, read(pd.Series(v)), guard.column("x")).grid for v in (values, wild)
        ]  # type: ignore[attr-defined]
        assert grids[0] == grids[1]
