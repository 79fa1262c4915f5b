"""Raking brings pair tables closer, keeps rows whole, and never tells a small cell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from twin.codes import Codes, Domain, Field
from twin.errors import InputError
from twin.models.independent import Independent
from twin.models.trees.trees import Trees
from twin.privacy.suppression.guard import Guard
from twin.sampling.blocks import map_blocks
from twin.sampling.raking import FittedRaking, Raking, balance, pair_tables


def linked(n: int = 4000, seed: int = 0) -> Codes:
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 4, n)
    b = np.where(rng.random(n) < 0.5, a, rng.integers(0, 4, n))
    c = np.where(rng.random(n) < 0.3, b, rng.integers(0, 4, n))
    domain = Domain(tuple(Field(name=x, size=4, ordered=True) for x in "abc"))
    return Codes(domain, np.stack([a, b, c], axis=1))


def raked(codes: Codes, **settings: float) -> FittedRaking:
    model = Raking(model=Independent(), always=True, pool=4.0, **settings)  # type: ignore[arg-type]
    fitted = model.fit(codes, guard=Guard(k=5, noise=lambda: 0), rng=np.random.default_rng(0))
    assert isinstance(fitted, FittedRaking) and fitted.tables is not None
    return fitted


def test_pairs_of_a_weak_model_come_close() -> None:
    codes = linked()
    fitted = raked(codes)
    assert fitted.tables is not None
    plain = fitted.inner.sample(4000, rng=np.random.default_rng(1)).values
    drawn = fitted.sample(4000, rng=np.random.default_rng(1)).values
    before, after = (fitted.tables.distance(fitted.tables.cells_of(v)).mean() for v in (plain, drawn))
    assert after < 0.35 * before


def test_less_noise_than_an_honest_sample() -> None:
    codes = linked()
    fitted = Raking(model=Trees(), always=True).fit(
        codes, guard=Guard(k=5, noise=lambda: 0), rng=np.random.default_rng(0)
    )
    assert isinstance(fitted, FittedRaking) and fitted.tables is not None
    drawn = fitted.sample(4000, rng=np.random.default_rng(1)).values
    honest = codes.values[np.random.default_rng(2).integers(0, codes.n, 4000)]
    near, noise = (fitted.tables.distance(fitted.tables.cells_of(v)).mean() for v in (drawn, honest))
    assert near < 0.6 * noise


def test_cells_of_few_subjects_are_pooled_two_at_least() -> None:
    values = np.array([[0, 0]] * 30 + [[0, 1]] * 20 + [[1, 0]] * 9 + [[1, 1]] * 2)
    codes = Codes(Domain((Field(name="a", size=2), Field(name="b", size=2))), values)
    tables = pair_tables(codes, guard=Guard(k=5, noise=lambda: 0), bins=16, most=10)
    placed = tables.cells_of(codes.values)[0]
    assert tables.shares[0].tolist() == pytest.approx([11 / 61, 30 / 61, 20 / 61])
    assert len({*placed[-11:].tolist()}) == 1  # the cell of 2 and the next rarest, of 9


def test_cells_count_subjects_not_rows() -> None:
    values = np.array([[0, 0]] * 40 + [[1, 1]] * 40 + [[0, 1]] * 40)
    subjects = np.concatenate([np.arange(80), np.full(40, 80)])
    codes = Codes(Domain((Field(name="a", size=2), Field(name="b", size=2))), values, subjects)
    guard = Guard(k=5, noise=lambda: 0, subjects=subjects)
    shares = pair_tables(codes, guard=guard, bins=16, most=10).shares[0]
    assert sorted(np.round(shares * 120)) == [40, 80]  # one subject's 40 rows are told only with others


def test_balance_reaches_what_can_be_reached_exactly() -> None:
    """A pool of 600 zeros and 400 ones, half of which should be ones."""
    placed = np.repeat(np.array([0, 1], np.uint8), [600, 400])
    start = np.random.default_rng(0).permutation(1000)[:300]
    chosen = balance([placed], [np.array([0.5, 0.5])], np.sort(start), rng=np.random.default_rng(1), steps=60)
    assert np.unique(chosen).size == 300
    assert abs(int(placed[chosen].sum()) - 150) <= 6


def sample_blocks(fitted: FittedRaking, n: int, **settings: int) -> Iterator[Codes]:
    return map_blocks(n, lambda start, stop, rng: fitted.sample(stop - start, rng=rng), **settings)


def test_seeds_threads_and_blocks() -> None:
    fitted = raked(linked())
    one, two = (
        np.concatenate([b.values for b in sample_blocks(fitted, 5000, seed=3, threads=t, block=1500)])
        for t in (1, 2)
    )
    assert np.array_equal(one, two) and len(one) == 5000
    short = next(iter(sample_blocks(fitted, 4000, seed=3, block=1500)))
    assert np.array_equal(short.values, one[:1500])


def test_small_tables_are_left_alone() -> None:
    fitted = Raking(model=Independent()).fit(linked(200), guard=Guard(k=5), rng=np.random.default_rng(0))
    assert isinstance(fitted, FittedRaking) and not fitted.active


@pytest.mark.parametrize("bad", [{"pool": 1.0}, {"bins": 17}, {"steps": 0}])
def test_settings_are_checked(bad: dict[str, float]) -> None:
    with pytest.raises(InputError, match="Raking"):
        Raking(model=Independent(), **bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [{"n": -1}, {"threads": 0}, {"block": 0}])
def test_blocks_refuse_bad_numbers(bad: dict[str, int]) -> None:
    with pytest.raises(InputError):
        list(sample_blocks(raked(linked(1500)), **{"n": 5, "seed": 0, **bad}))
