"""The door for column facts: thresholds, pools, bounds and cells, checked by hand and by property."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from twin.errors import InputError
from twin.privacy.suppression.guard import ColumnGuard, Guard, SuppressionLog, geometric_noise, in_range
from twin.privacy.suppression.tally import bound_above, bound_below, cell_edges, round_between, tally


def door(k: int, subjects: np.ndarray | None = None, noise: int = 0) -> ColumnGuard:
    return Guard(k=k, subjects=subjects, noise=lambda: noise).column("c")


def test_k_below_five_needs_the_unsafe_switch() -> None:
    with pytest.raises(InputError, match="unsafe=True"):
        Guard(k=4)
    assert Guard(k=4, unsafe=True).k == 4


def test_noise_is_geometric_with_mean_two() -> None:
    """S3: never below k; n with chance (1/3)(2/3)^n exactly, by chi-square at 1e-6."""
    draws = np.array([geometric_noise() for _ in range(10_000)])
    assert draws.min() == 0
    seen = np.bincount(np.minimum(draws, 12), minlength=13)
    mass = (1 / 3) * (2 / 3) ** np.arange(13)
    mass[-1] = (2 / 3) ** 12  # 12 or more
    assert stats.chisquare(seen, mass * draws.size).pvalue > 1e-6
    assert abs(draws.mean() - 2) < 0.15  # standard error .024


def test_a_value_below_k_never_passes_and_one_above_passes_by_the_noise_law() -> None:
    """T1, T17: k - 1 subjects: never; k + 2: whenever the noise is at most 2, 1 - (2/3)**3 of the time."""
    never, sometimes = np.zeros(10, np.int64), np.zeros(13, np.int64)
    guards = [Guard(k=11).column("c") for _ in range(3_000)]
    assert not any(guard.keep(never, 1)[0] for guard in guards)
    rate = np.mean([guard.keep(sometimes, 1)[0] for guard in guards])
    assert abs(rate - (1 - (2 / 3) ** 3)) < 0.04


def test_subjects_are_counted_and_not_rows() -> None:
    """T2: one subject with 500 rows of a value is one subject."""
    codes = np.repeat([0, 1], 500)
    subjects = np.concatenate([np.zeros(500, np.int64), np.arange(500)])
    assert door(5, subjects).keep(codes, 2).tolist() == [False, True]


def test_a_dominated_value_is_rare() -> None:
    """T3: five subjects hold it, but one of them holds more than half of its rows."""
    subjects = np.array([0] * 10 + [1, 2, 3, 4])
    assert door(5, subjects).keep(np.zeros(14, np.int64), 1).tolist() == [False]
    assert door(5, subjects[6:]).keep(np.zeros(8, np.int64), 1).tolist() == [True]


def test_a_pool_of_too_few_takes_the_next_rarest() -> None:
    codes = np.repeat([0, 1, 2], [50, 20, 3])
    guard = door(5)
    assert guard.pool(codes, guard.keep(codes, 3)).tolist() == [True, False, False]


def test_a_pool_leaves_codes_that_may_not_join() -> None:
    codes = np.repeat([0, 1, 2], [50, 20, 3])
    guard = door(5)
    free = np.array([True, False, True])
    assert guard.pool(codes, guard.keep(codes, 3), free).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([50, 20, 9, 3], [True, True, False, False]),
        ([50, 20, 9, 3, 3], [True, True, True, False, False]),  # two were cut
        ([50, 20, 9], [True, True, True]),  # none was cut
        ([50, 20, 3], [True, True, False]),  # one alone would remain
    ],
)
def test_one_code_that_was_cut_takes_the_next_rarest_along(rows: list[int], kept: list[bool]) -> None:
    """S12."""
    codes = np.repeat(np.arange(len(rows)), rows)
    guard = door(5)
    assert guard.complement(codes, guard.keep(codes, len(rows))).tolist() == kept


def test_a_code_cut_for_one_heavy_subject_needs_no_complement() -> None:
    """Its holders are many: that it was cut tells of nobody."""
    subjects = np.concatenate([np.arange(50), np.arange(20), np.arange(9), [0] * 20, np.arange(1, 9)])
    codes = np.repeat([0, 1, 2, 3], [50, 20, 9, 28])
    guard = door(5, subjects)
    kept = guard.keep(codes, 4)
    assert kept.tolist() == [True, True, True, False]
    assert guard.complement(codes, kept).tolist() == kept.tolist()


def test_codes_within_rows_count_once_per_subject() -> None:
    """Two rows of one subject, each with a token twice, are one subject."""
    rows, codes = np.array([0, 0, 1, 1, 2, 3, 4, 5]), np.array([0, 0, 0, 0, 0, 0, 0, 1])
    kept, held = door(5, np.array([7, 7, 1, 2, 3, 4])).keep_within(rows, codes, 3)
    assert held.tolist() == [4, 1, 0]
    assert not kept.any()
    kept, held = door(5).keep_within(rows, codes, 3)
    assert (kept.tolist(), held.tolist()) == ([True, False, False], [5, 1, 0])


def test_a_share_that_tells_of_too_few_is_rounded_away() -> None:
    flags = np.zeros(100, dtype=bool)
    flags[:4] = True
    assert (door(5).share(flags), door(5).share(~flags)) == (0.0, 1.0)
    flags[:5] = True
    assert door(5).share(flags) == 0.05


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=80), st.integers(1, 12), st.booleans())
def test_bounds_have_enough_subjects_beyond_them(values: list[int], threshold: int, shared: bool) -> None:
    units = np.array(values)
    subjects = np.arange(units.size) // 2 if shared else None
    ids = np.arange(units.size) if subjects is None else subjects
    low, high = bound_below(tally(units, subjects), threshold), bound_above(tally(units, subjects), threshold)
    assert (low is None) == (np.unique(ids).size < threshold)
    if low is None or high is None:
        return
    at_or_below, at_or_above = units <= low + 0.5, units >= high - 0.5
    assert np.unique(ids[at_or_below]).size >= threshold
    assert np.unique(ids[at_or_above]).size >= threshold


@given(st.lists(st.integers(-3_000, 3_000), min_size=1, max_size=150), st.integers(2, 9), st.integers(1, 20))
def test_cells_are_held_by_enough_and_edges_are_nobodys_value(
    values: list[int], threshold: int, most: int
) -> None:
    units = np.array(values)
    subjects = np.arange(units.size) // 2
    edges = cell_edges(tally(units, subjects), threshold=threshold, most=most)
    if not edges.size:
        crossing = bound_below(tally(units, subjects), threshold) == bound_above(
            tally(units, subjects), threshold
        )
        assert np.unique(subjects).size < threshold or crossing
        return
    assert (np.diff(edges) >= 1).all()
    assert edges.size - 1 <= most
    assert (edges % 1 == 0.5).all()  # between the grid's points
    cell = np.clip(np.searchsorted(edges, units) - 1, 0, edges.size - 2)
    for c in range(edges.size - 1):
        assert np.unique(subjects[cell == c]).size >= threshold


def test_one_extreme_lies_beyond_the_bound() -> None:
    """T5: one age of 103 leaves no trace in the bound."""
    ages = np.concatenate([np.repeat(np.arange(20, 90), 9), [103]])
    high = bound_above(tally(ages, None), 5)
    assert high == 89.5
    assert high == bound_above(tally(np.concatenate([ages[:-1], [9_999]]), None), 5)


def test_round_between_prefers_round_numbers() -> None:
    assert round_between(np.array([123_456]), np.array([987_654])).tolist() == [199_999.5]
    assert round_between(np.array([-15]), np.array([15])).tolist() == [-0.5]


def test_the_log_speaks_in_ranges() -> None:
    guard = Guard(k=11)
    guard.column("city").note("held by too few", values=3, rows=260, replacement="drawn")
    assert (guard.log.entries[0].values, guard.log.entries[0].rows) == ("<11", "200–499")
    assert SuppressionLog.from_json(guard.log.to_json()) == guard.log
    assert [in_range(n, 11) for n in (0, 10, 11, 1_000)] == ["0", "<11", "11–19", "1,000–1,999"]


def test_neither_row_order_nor_partition_matters() -> None:
    """T18."""
    rng = np.random.default_rng(5)
    units, subjects = rng.integers(0, 500, 400), rng.integers(0, 90, 400)
    order = rng.permutation(400)
    here = cell_edges(tally(units, subjects), threshold=7, most=30)
    there = cell_edges(tally(units[order], subjects[order]), threshold=7, most=30)
    np.testing.assert_array_equal(here, there)
