"""The GAN: conditions, rows by level, sampling without torch, what it learns that a copula cannot."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from twin.codes import Codes, Domain, Field  # noqa: E402
from twin.errors import InputError, TrainingError, TwinWarning  # noqa: E402
from twin.models.copula.copula import Copula  # noqa: E402
from twin.models.gan import nets as gan_nets  # noqa: E402
from twin.models.gan import nets as gan_training  # noqa: E402
from twin.models.gan.fitted import FittedGAN, Nets, weigh  # noqa: E402
from twin.models.gan.gan import CTGAN  # noqa: E402
from twin.models.gan.layout import NEVER, Draws, LevelSampler, RowIndex, layout_of  # noqa: E402  # noqa: E402
from twin.privacy.suppression.guard import Guard  # noqa: E402

rng = np.random.default_rng
GUARD = Guard(k=5, noise=lambda: 1)


def table(values: Any, *fields: Field) -> Codes:
    return Codes(Domain(fields), np.asarray(values, np.int32).reshape(-1, len(fields)))


def mixed(n: int = 3000, seed: int = 0) -> Codes:
    """A number of 300 codes, a level that one in a thousand has, a flag, a number with missing cells."""
    r = rng(seed)
    number = np.clip(r.normal(150, 40, n), 0, 299).astype(int)
    level = np.where(r.random(n) < 0.001, 3, r.integers(0, 3, n))
    level[:7] = 3
    flag = (number + 30 * level + r.normal(0, 20, n) > 180).astype(int)
    gaps = np.where(r.random(n) < 0.2, 0, 1 + number // 60)
    return table(
        np.stack([number, level, flag, gaps], axis=1),
        Field(name="number", size=300, ordered=True),
        Field(name="level", size=4),
        Field(name="flag", size=2),
        Field(name="gaps", size=7, ordered=True, nullable=True),
    )


def fit(codes: Codes, seed: int = 0, **settings: Any) -> FittedGAN:
    fitted = CTGAN(**({"epochs": 3} | settings)).fit(codes, guard=GUARD, rng=rng(seed))
    assert isinstance(fitted, FittedGAN)
    return fitted


@pytest.fixture(scope="module")
def known() -> FittedGAN:
    return fit(mixed())


# Settings


@pytest.mark.parametrize(
    "bad",
    [
        {"epochs": 0},
        {"batch": 4},
        {"rate": -1.0},
        {"width": 4},
        {"conditions": 1.0},
        {"candidates": 0},
        {"penalty": float("nan")},
        {"share": 1.0},
        {"seconds": 0.0},
    ],
)
def test_settings_are_checked(bad: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(bad))):
        CTGAN(**bad)  # type: ignore[arg-type]


def test_presets_differ_in_length() -> None:
    assert CTGAN.fast().epochs < CTGAN().epochs < CTGAN.careful().epochs
    with pytest.raises(InputError, match="device"):
        fit(mixed(500), device="abacus")


# Layout and rows


def test_wide_fields_have_places_and_scores_rise() -> None:
    codes = mixed()
    base = Copula().fit(codes, guard=GUARD, rng=rng(0))
    layout = layout_of(codes.domain, base.counts, base.orders)
    assert layout.wide == (0,) and layout.scored == (0, 3)
    rows = layout.parts.encode(codes.values, base.counts, rng(0))
    scores = layout.numbers(rows)
    kept = base.counts[0][codes.values[:, 0]] > 0
    order = np.argsort(codes.values[kept, 0], kind="stable")
    assert (np.diff(scores[kept][order, 0]) >= 0).all()
    prior, off = layout.offset_tables(base.counts)
    assert np.exp(prior.astype(float)).sum(axis=2) == pytest.approx(1.0, abs=1e-4)
    assert ((prior > NEVER).sum(axis=(1, 2)) == np.count_nonzero(base.counts[0])).all()
    assert np.abs(off).max() <= 4


def test_many_fields_are_cut_into_few_cells() -> None:
    counts = [np.ones(90, np.int64)] * 200
    domain = Domain(tuple(Field(name=str(j), size=90) for j in range(200)))
    layout = layout_of(domain, counts, [np.arange(90)] * 200)
    assert sum(layout.sizes) <= 4000


def test_row_index_draws_only_rows_of_the_level() -> None:
    codes = mixed()
    base = Copula().fit(codes, guard=GUARD, rng=rng(0))
    layout = layout_of(codes.domain, base.counts, base.orders)
    rows = layout.parts.encode(codes.values, base.counts, rng(0))
    levels = LevelSampler.of(rows, layout)
    fields = rng(1).integers(0, 4, 500)
    cells = np.array([layout.starts[j] + rng(j).integers(0, layout.sizes[j]) for j in fields])
    there = levels.counts[cells] > 0
    picked = levels.pick(fields[there], cells[there], rng(2))
    seen = layout.starts[fields[there]] + rows[picked, layout.parts.first[fields[there]]]
    assert np.array_equal(seen, cells[there])


def test_batches_share_what_is_fixed_and_rare_levels_come_often() -> None:
    codes = mixed()
    base = Copula().fit(codes, guard=GUARD, rng=rng(0))
    layout = layout_of(codes.domain, base.counts, base.orders)
    real = layout.parts.encode(codes.values, base.counts, rng(0))
    drawn = layout.parts.encode(base.sample(6000, rng=rng(1)).values, base.counts, rng(0))
    index = RowIndex(layout, real, drawn, share=0.5)
    seen, other, fixed = index.batch(np.arange(2000), rng(3))
    assert (fixed.sum(axis=1) == (np.arange(2000) < 1000)).all()
    at = layout.parts.first
    assert (seen[:, at] == other[:, at])[fixed > 0].all()
    assert np.array_equal(seen[1000:], real[1000:2000])
    rare = (seen[:1000, at[1]] == 3) & (fixed[:1000, 1] > 0)
    assert rare.sum() > 20  # 7 rows of 3,000 would be 2 of 1,000


# Sampling


def test_numpy_equals_torch(known: FittedGAN) -> None:
    nets = known.nets
    gen, critic = gan_nets.make(
        nets.layout, known.base.counts, width=128, noise=32, rng=rng(0), device=torch.device("cpu")
    )
    r = rng(5)
    with torch.no_grad():
        for p in (*gen.parameters(), *critic.parameters()):
            p += torch.from_numpy(r.normal(0, 0.1, p.shape).astype(np.float32))
    mine = Nets(gan_nets.arrays_of(gen, critic), nets.layout, nets.tables)
    rows = nets.layout.parts.encode(known.base.sample(600, rng=r).values, known.base.counts, r)
    fixed = (r.random((600, 4)) < 0.2).astype(np.float32)
    draws = Draws.of(600, 32, rows.shape[1], r)
    before, flags = torch.from_numpy(rows).long(), torch.from_numpy(fixed)
    with torch.no_grad():
        logits, terms = gen(before, flags, torch.from_numpy(draws.noise))
        theirs = gan_nets.redraw(gen, before, flags, draws)
        verdict = critic(before, flags)
    got = mine.logits(rows, fixed, draws.noise)
    assert np.abs(got[0] - logits.numpy()).max() < 1e-5 and np.abs(got[1] - terms.numpy()).max() < 1e-5
    assert np.abs(mine.verdict(rows, fixed) - verdict.numpy()).max() < 1e-5
    again = mine.redraw(rows, fixed, draws)
    assert (again != theirs.rows.numpy()).mean() < 1e-3  # where a draw falls on the edge of two codes
    parts = nets.layout.parts
    for j in range(4):
        held = fixed[:, j] > 0
        own = [p for p in range(rows.shape[1]) if parts.owner[p] == j]
        for out in (again, theirs.rows.numpy()):
            assert np.array_equal(out[held][:, own], rows[held][:, own])


def test_an_untrained_generator_keeps_the_law_of_each_field() -> None:
    codes = mixed(20_000)
    base = Copula().fit(codes, guard=GUARD, rng=rng(0))
    layout = layout_of(codes.domain, base.counts, base.orders)
    nets = gan_nets.make(layout, base.counts, width=8, noise=2, rng=rng(0), device=torch.device("cpu"))
    mine = Nets(gan_nets.arrays_of(*nets), layout, layout.offset_tables(base.counts))
    rows = layout.parts.encode(base.sample(40_000, rng=rng(1)).values, base.counts, rng(1))
    out = mine.redraw(rows, np.zeros((40_000, 4), np.float32), Draws.of(40_000, 2, rows.shape[1], rng(2)))
    before, after = layout.parts.decode(rows), layout.parts.decode(out)
    for j, size in enumerate(codes.domain.sizes):
        p, q = (np.bincount(v[:, j], minlength=size) / len(v) for v in (before, after))
        assert np.abs(p - q).sum() / 2 < 0.03
    assert 0.9 < (before == after).mean() < 0.99


def test_likelihood_of_drawn_rows_is_that_of_their_parts() -> None:
    """Over all rows that can be drawn from one, chances add up to 1, and draws come as often as they say."""
    codes = table(
        rng(0).integers(0, 3, (400, 2)), Field(name="a", size=3), Field(name="b", size=3, ordered=True)
    )
    base = Copula().fit(codes, guard=GUARD, rng=rng(0))
    layout = layout_of(codes.domain, base.counts, base.orders, widest=2)
    assert layout.wide == (0, 1)
    gen, _ = gan_nets.make(layout, base.counts, width=8, noise=1, rng=rng(0), device=torch.device("cpu"))
    with torch.no_grad():
        for p in gen.parameters():
            p += 0.3 * torch.from_numpy(rng(1).normal(size=p.shape).astype(np.float32))
    before = layout.parts.encode(codes.values[:1], base.counts, rng(0)).repeat(30_000, axis=0)
    draws = Draws(
        np.zeros((30_000, 1), np.float32), rng(2).random((30_000, before.shape[1]), dtype=np.float32)
    )
    with torch.no_grad():
        out = gan_nets.redraw(gen, torch.from_numpy(before).long(), torch.zeros(30_000, 2), draws)
    values = layout.parts.decode(out.rows.numpy().astype(np.int32))
    assert (values >= 0).all()
    flat = values[:, 0] * 3 + values[:, 1]
    chance = np.array([np.exp(out.likelihood.numpy()[flat == c].mean()) for c in np.unique(flat)])
    assert chance.sum() == pytest.approx(1.0, abs=1e-3)
    assert np.bincount(flat)[np.unique(flat)] / 30_000 == pytest.approx(chance, abs=0.012)


def test_conditions_hold_for_a_rare_level(known: FittedGAN) -> None:
    weights = np.eye(4)[3]
    drawn = known.sample(1000, rng=rng(0), given={"level": weights})
    assert drawn.n == 1000 and (drawn.values[:, 1] == 3).all()
    both = known.sample(200, rng=rng(0), given={"level": weights, "flag": np.array([1.0, 0.0])})
    assert both.n == 200 and (both.values[:, [1, 2]] == [3, 0]).all()
    asked = rng(1).integers(0, 2, 100)
    each = known.sample(100, rng=rng(0), given={"flag": np.eye(2)[asked]})
    assert np.array_equal(each.values[:, 2], asked)


def test_same_seed_same_bytes(known: FittedGAN) -> None:
    one, two = known.state(), fit(mixed()).state()
    assert one.arrays.keys() == two.arrays.keys()
    assert all(a.tobytes() == two.arrays[name].tobytes() for name, a in one.arrays.items())
    other = fit(mixed(), seed=1).state().arrays
    assert any(a.tobytes() != other[name].tobytes() for name, a in one.arrays.items())


def test_randomness_of_torch_is_left_alone() -> None:
    before = torch.get_rng_state()
    fit(mixed(400))
    assert torch.equal(before, torch.get_rng_state())


def test_nothing_of_the_rows_is_kept(known: FittedGAN) -> None:
    state = known.state()
    assert all(len(a) < 3000 or a.ndim == 1 for a in state.arrays.values())
    assert all(a.dtype == np.float32 for n, a in state.arrays.items() if not n.startswith("base."))
    assert isinstance(state.facts["curve"], dict) and state.facts["curve"]["steps"]


def test_loads_and_samples_without_torch(tmp_path: Any, known: FittedGAN) -> None:
    from safetensors.numpy import save_file

    state = known.state()
    save_file({n: np.ascontiguousarray(a) for n, a in state.arrays.items()}, tmp_path / "a.safetensors")
    facts = repr(state.facts)
    code = f"""
import sys
sys.modules["torch"] = None
import numpy as np
from safetensors.numpy import load_file
from twin.codes import Domain, Field, State
from twin.models.registry import MODELS
domain = Domain((Field(name="number", size=300, ordered=True), Field(name="level", size=4),
    Field(name="flag", size=2), Field(name="gaps", size=7, ordered=True, nullable=True)))
fitted = MODELS["ctgan"]().load(domain, State({facts}, load_file({str(tmp_path / "a.safetensors")!r})))
print(fitted.sample(500, rng=np.random.default_rng(7)).values.sum(axis=0).tolist())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(known.sample(500, rng=rng(7)).values.sum(axis=0).tolist())


# Learning


def xor(n: int, seed: int) -> Codes:
    r = rng(seed)
    a, b = r.integers(0, 2, (2, n))
    c = np.where(r.random(n) < 0.95, a ^ b, 1 - (a ^ b))
    return table(np.stack([a, b, c], axis=1), *(Field(name=x, size=2) for x in "abc"))


def parabola(n: int, seed: int) -> Codes:
    r = rng(seed)
    x = r.integers(0, 21, n)
    y = np.clip((x - 10) ** 2 // 5 + r.integers(-1, 2, n), 0, 20)
    return table(np.stack([x, y], axis=1), *(Field(name=c, size=21, ordered=True) for c in "xy"))


def apart(a: Codes, b: Codes) -> float:
    cells = [np.ravel_multi_index(tuple(c.values.T), c.domain.sizes) for c in (a, b)]
    p, q = (np.bincount(c, minlength=int(np.prod(a.domain.sizes))) / c.size for c in cells)
    return float(np.abs(p - q).sum() / 2)


@pytest.mark.parametrize("make", [xor, parabola])
def test_learns_what_a_copula_cannot_see(make: Callable[[int, int], Codes]) -> None:
    codes, other = make(4000, 0), make(8000, 1)
    fitted = fit(codes, epochs=25)
    drawn = apart(fitted.sample(8000, rng=rng(0)), other)
    alone = apart(replace(fitted, candidates=1).sample(8000, rng=rng(0)), other)
    base = apart(fitted.base.sample(8000, rng=rng(0)), other)
    assert drawn < 0.5 * base and alone < 0.75 * base


def test_the_critic_of_a_perfect_copula_finds_nothing() -> None:
    r = rng(0)
    codes = table(r.integers(0, 4, (4000, 3)), *(Field(name=x, size=4) for x in "abc"))
    fitted = fit(codes, epochs=10)
    assert fitted.curve.losses[-1] > 1.3
    chance = weigh(fitted.draw(4000, {}, rng(1))[1])
    assert chance.sum() ** 2 / (chance**2).sum() > 0.9 * 4000


def test_a_loss_that_is_no_number_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    real = gan_training.softplus
    monkeypatch.setattr(gan_training, "softplus", lambda x: real(x) * float("nan"))
    with pytest.raises(TrainingError, match="no longer a finite number"):
        fit(mixed(400))


def test_an_interrupt_keeps_what_was_learned() -> None:
    calls = 0

    def stop(done: float, what: str) -> None:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise KeyboardInterrupt

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.warns(TwinWarning, match="interrupted"):
            fitted = CTGAN(epochs=3).fit(mixed(), guard=GUARD, rng=rng(0), progress=stop)
    assert isinstance(fitted, FittedGAN)
    assert fitted.curve.ended == "interrupted" and fitted.sample(50, rng=rng(0)).n == 50


def test_time_is_kept() -> None:
    assert fit(mixed(), epochs=10_000, seconds=0.5).curve.ended == "time was up"


def test_progress_rises_from_0_to_1() -> None:
    heard: list[float] = []
    CTGAN(epochs=1).fit(mixed(), guard=GUARD, rng=rng(0), progress=lambda done, _: heard.append(done))
    assert heard == sorted(heard) and heard[0] == 0.0 and 0.9 < heard[-1] <= 1.0


@pytest.mark.parametrize("n", [2, 30, 120])
def test_tiny_tables(n: int) -> None:
    fitted = fit(mixed(n))
    assert bool(fitted.arrays) == (n >= 100)
    assert fitted.sample(40, rng=rng(0)).n == 40
    assert str(fitted.curve)


def test_a_wide_table_and_columns_of_nothing_but_missing_cells() -> None:
    r = rng(0)
    fields = [Field(name=str(j), size=12, ordered=True, nullable=True) for j in range(500)]
    values = r.integers(1, 12, (300, 500))
    values[:, ::7] = 0
    fitted = fit(table(values, *fields), epochs=0.5)
    assert (fitted.sample(20, rng=r).values[:, ::7] == 0).all()


@pytest.mark.slow
def test_fifty_thousand_levels() -> None:
    r = rng(0)
    level = (50_000 * r.random(300_000) ** 2).astype(int)
    codes = table(
        np.stack([level, level % 3, r.integers(0, 2, 300_000)], axis=1),
        Field(name="many", size=50_000),
        Field(name="few", size=3),
        Field(name="flag", size=2),
    )
    fitted = fit(codes, epochs=0.5)
    assert sum(a.size for n, a in fitted.arrays.items()) < 2_000_000
    assert fitted.sample(5000, rng=r).n == 5000
