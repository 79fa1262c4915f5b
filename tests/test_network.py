"""The autoregressive net: densities, orders, conditions, bytes, and what it does without torch."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray

import twin
from tests.helpers.dp_sgd import check_clipping
from twin.codes import Codes, Domain, Field
from twin.errors import InputError, TrainingError, TwinWarning
from twin.models.network.dp_network import _DpLoss, fit_dp
from twin.models.network.fitted import FittedNetwork
from twin.models.network.layout import NetworkLayout
from twin.models.network.net import Net, OrderTensors, loss_of_rows
from twin.models.network.network import Network
from twin.models.network.training import Schedule, device_of
from twin.privacy.dp.events import PrivacyLimit
from twin.privacy.dp.ledger import Ledger
from twin.privacy.dp.mechanism import Mechanism
from twin.privacy.dp.queryable import Queryable
from twin.privacy.suppression.guard import Guard
from twin.progress import Progress

rng = np.random.default_rng
SIZES = (3, 150, 4)


def table(n: int = 2000, seed: int = 0) -> Codes:
    """A cause, a wide number that follows it and has gaps, and a nominal field that follows both."""
    r = rng(seed)
    cause = r.integers(0, 3, n)
    number = np.where(r.random(n) < 0.1, 0, np.clip(cause * 45 + r.integers(1, 60, n), 1, 149))
    kind = np.where(r.random(n) < 0.8, (cause + (number > 70)) % 4, r.integers(0, 4, n))
    domain = Domain(
        (
            Field(name="cause", size=3),
            Field(name="number", size=150, ordered=True, nullable=True),
            Field(name="kind", size=4),
        )
    )
    return Codes(domain, np.stack([cause, number, kind], axis=1))


def fit(
    codes: Codes, *, seed: int = 0, progress: Progress | None = None, **settings: object
) -> FittedNetwork:
    network = Network(**{"epochs": 4, "context": 32, "hidden": 16, "device": "cpu", **settings})  # type: ignore[arg-type]
    fitted = network.fit(codes, guard=Guard(k=5, noise=lambda: 1), rng=rng(seed), progress=progress)
    assert isinstance(fitted, FittedNetwork)
    return fitted


@pytest.fixture(scope="module")
def fitted() -> FittedNetwork:
    return fit(table())


def everything() -> Codes:
    rows = np.array(list(itertools.product(*(range(s) for s in SIZES))), np.int32)
    return Codes(table(10).domain, rows)


def shares(codes: Codes) -> NDArray[np.float64]:
    places = np.ravel_multi_index(tuple(codes.values.T), SIZES)
    return np.bincount(places, minlength=int(np.prod(SIZES))) / codes.n


def distance(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    return float(np.abs(p - q).sum() / 2)


class TestLaw:
    def test_chances_of_all_rows_sum_to_one_and_are_those_of_the_sample(self, fitted: FittedNetwork) -> None:
        chance = np.exp(fitted.score_samples(everything()))
        assert chance.sum() == pytest.approx(1.0, abs=1e-4)
        drawn = shares(fitted.sample(200_000, rng=rng(1)))
        p, q = (x.reshape(SIZES).sum(axis=1) for x in (chance, drawn))
        assert distance(p, q) < 0.01
        assert distance(chance.reshape(SIZES).sum(axis=(0, 2)), drawn.reshape(SIZES).sum(axis=(0, 2))) < 0.02

    def test_numpy_and_torch_agree(self, fitted: FittedNetwork) -> None:
        codes, layout = table(50, seed=3), fitted.layout
        net = Net(layout, fitted.counts, vector=16, context=32, hidden=16, rng=rng(0))
        with torch.no_grad():
            for name, p in net.named_parameters():
                p.copy_(torch.from_numpy(fitted.weights[name.replace(".", "_")]))
        parts = layout.parts.encode(codes.values, fitted.counts, rng(0))
        order = OrderTensors(layout, layout.natural, torch.device("cpu"))
        tokens, told = (torch.from_numpy(x.astype(np.int64)) for x in (layout.tokens(parts), parts))
        losses = loss_of_rows(net, tokens, told, order).detach().numpy()
        decoded = Codes(codes.domain, layout.parts.decode(parts))
        assert np.allclose(-losses, fitted.score_samples(decoded), atol=1e-4)

    def test_a_matrix_and_running_sums_are_the_same_order(self, monkeypatch: pytest.MonkeyPatch) -> None:
        layout = fit(table(300), epochs=1).layout
        lifted = torch.from_numpy(rng(0).standard_normal((5, len(layout.sizes), 7)).astype(np.float32))
        for fields in itertools.permutations(range(3)):
            order = layout.order(np.array(fields))
            by_matrix = OrderTensors(layout, order, torch.device("cpu")).sums(lifted)
            with monkeypatch.context() as m:
                m.setattr("twin.models.network.net._MOST_BY_MATRIX", 0)
                running = OrderTensors(layout, order, torch.device("cpu")).sums(lifted)
            assert torch.allclose(by_matrix, running, atol=1e-5)

    def test_no_part_sees_itself_or_what_comes_later(self, fitted: FittedNetwork) -> None:
        """A field's scores do not move with the fields told after it, in any order."""
        values, layout = table(40).values, fitted.layout
        tokens = torch.from_numpy(layout.tokens(layout.parts.encode(values, fitted.counts, rng(0)))).long()
        net = Net(layout, fitted.counts, vector=4, context=8, hidden=8, rng=rng(0))
        token_fields = np.repeat(np.arange(3), [len(s.widths) for s in layout.parts.splits])
        for fields in itertools.permutations(range(3)):
            order = OrderTensors(layout, layout.order(np.array(fields)), torch.device("cpu"))
            for told in range(3):
                mixed = tokens.clone()
                later = np.isin(token_fields, fields[told:])
                mixed[:, later] = tokens.flip(0)[:, later]
                p = int(layout.parts.first[fields[told]])
                assert torch.equal(net(tokens, order)[:, p], net(mixed, order)[:, p])

    def test_a_pattern_that_no_pair_shows_is_learned(self) -> None:
        r = rng(0)
        a, b = r.integers(0, 2, (2, 3000))
        values = np.stack([a, b, a ^ b], axis=1)
        codes = Codes(Domain(tuple(Field(name=c, size=2) for c in "abc")), values)
        drawn = fit(codes, epochs=20).sample(3000, rng=rng(1)).values
        assert ((drawn[:, 0] ^ drawn[:, 1]) == drawn[:, 2]).mean() > 0.97


class TestConditions:
    @pytest.mark.parametrize("fields", [("kind",), ("number",), ("number", "kind"), ("kind", "cause")])
    def test_any_fields(self, fitted: FittedNetwork, fields: tuple[str, ...]) -> None:
        """What is drawn under weights follows the law of free rows times the weights."""
        r = rng(len(fields))
        given = {f: r.random(fitted.domain[f].size) ** 3 for f in fields}
        given[fields[0]][0] = 0.0
        drawn = fitted.sample(20_000, rng=rng(2), given=given)
        for f, w in given.items():
            assert w[drawn.column(f)].all()
        chance = np.exp(fitted.score_samples(everything()))
        for f, w in given.items():
            chance *= w[everything().column(f)]
        p, q = ((x / x.sum()).reshape(SIZES) for x in (chance, shares(drawn)))
        assert distance(p.sum(axis=1), q.sum(axis=1)) < 0.02
        assert distance(p.sum(axis=(0, 2)), q.sum(axis=(0, 2))) < 0.05

    def test_orders_come_to_agree(self) -> None:
        gaps = []
        for share in (0.0, 0.5):
            net = fit(table(3000), epochs=10, any_order=share)
            laws = [
                np.exp(net.log_density(everything().values, net.layout.order(np.array(fields))))
                for fields in itertools.permutations(range(3))
            ]
            by_kind = [law.reshape(SIZES).sum(axis=1) for law in laws]
            gaps.append(max(distance(a, by_kind[0]) for a in by_kind))
        assert gaps[1] < min(0.15, gaps[0] / 2)

    def test_a_single_rare_code(self, fitted: FittedNetwork) -> None:
        rare = int(np.argmin(np.where(fitted.counts[1] > 0, fitted.counts[1], 10**9)))
        weights = np.zeros(150)
        weights[rare] = 1.0
        drawn = fitted.sample(1000, rng=rng(0), given={"number": weights})
        assert drawn.n == 1000 and (drawn.column("number") == rare).all()

    def test_what_is_never_drawn_is_refused(self, fitted: FittedNetwork) -> None:
        weights = (fitted.counts[1] == 0).astype(float)
        if not weights.any():
            pytest.skip("every code is held")
        with pytest.raises(InputError, match="number"):
            fitted.sample(5, rng=rng(0), given={"number": weights})


class TestTraining:
    def test_same_seed_same_bytes(self) -> None:
        one, two, other = (fit(table(500), seed=s).state().arrays for s in (4, 4, 5))
        assert all(np.array_equal(one[name], two[name]) for name in one)
        assert any(not np.array_equal(one[name], other[name]) for name in one)

    def test_torchs_own_randomness_is_not_touched(self) -> None:
        before = torch.get_rng_state()
        fit(table(300), epochs=1)
        assert torch.equal(before, torch.get_rng_state())

    def test_a_loss_that_is_not_finite_is_an_error(self) -> None:
        with pytest.raises(TrainingError, match="rate"):
            fit(table(500), rate=1e30, epochs=10)

    def test_an_interrupt_keeps_what_was_learned(self) -> None:
        def stop(done: float, what: str) -> None:
            if done > 0.5:
                raise KeyboardInterrupt

        with pytest.warns(TwinWarning, match="interrupted"):
            half = fit(table(500), progress=stop)
        assert half.curve is not None and half.curve.ended == "interrupted"
        assert half.sample(10, rng=rng(0)).n == 10

    def test_a_time_limit(self) -> None:
        short = fit(table(), epochs=10_000, seconds=0.5)
        assert short.curve is not None and short.curve.ended == "time was up"

    def test_rates_rise_then_fall_along_a_cosine(self) -> None:
        plan = Schedule(steps=100, batch=1, rate=2.0, warmup=0.1)
        rates = [plan.rate_at(s) for s in (0.05, 0.1, 0.55, 1.0)]
        assert rates == pytest.approx([1.0, 2.0, 1.0, 0.0])

    def test_devices(self) -> None:
        assert device_of("cpu").type == "cpu"
        with pytest.raises(InputError, match="not a device"):
            device_of("toaster")
        if not torch.cuda.is_available():
            with pytest.raises(InputError, match="no 'cuda'"):
                device_of("cuda")

    @pytest.mark.parametrize(
        "bad", [{"epochs": 0}, {"batch": 0}, {"any_order": 1.5}, {"rate": -1.0}, {"hidden": 0}, {"decay": -1}]
    )
    def test_settings_out_of_range_are_refused(self, bad: dict[str, float]) -> None:
        with pytest.raises(InputError, match="Network"):
            Network(**bad)  # type: ignore[arg-type]


class TestPrivately:
    def lock(self, codes: Codes, epsilon: float = 2.0) -> Queryable:
        return Queryable.of(
            codes, mechanism=Mechanism(ledger=Ledger(PrivacyLimit(epsilon=epsilon, delta=1e-6)))
        )

    def test_the_ledger_is_charged_with_the_steps_that_were_taken(self) -> None:
        vault = self.lock(table(1500))
        done: list[float] = []
        network = Network(device="cpu")
        fit_dp(
            network.dp_settings, vault, device="cpu", rng=rng(0), progress=lambda share, _: done.append(share)
        )
        descents = [e.charge for e in vault.mechanism.ledger.entries if e.charge.sampling_rate < 1]
        assert len(descents) == 1 and descents[0].steps == len(done)
        assert 0.99 * 2.0 <= vault.mechanism.ledger.total() <= 2.0

    def test_counts_of_the_net_are_noisy(self) -> None:
        codes = table(1000)
        net = Network(device="cpu", epochs=0.1).fit_dp(self.lock(codes, 0.5), rng=rng(0))
        assert isinstance(net, FittedNetwork) and net.curve is None
        exact = np.concatenate([np.bincount(codes.values[:, j], minlength=s) for j, s in enumerate(SIZES)])
        assert (np.concatenate(net.counts) != exact).mean() > 0.5

    def test_where_no_training_can_be_paid_margins_are_told(self) -> None:
        vault = self.lock(table(20_000), 1.0)
        vault.marginal((0,), sigma=1.001 / vault.mechanism.ledger.remaining())
        network = Network(device="cpu", batch=50)
        fitted = network.fit_dp(vault, rng=rng(0))
        assert vault.mechanism.ledger.total() <= 1.0
        assert fitted.sample(100, rng=rng(1)).n == 100

    def test_gradients_are_clipped_row_by_row(self) -> None:
        codes = table(200)
        counts = [np.bincount(codes.values[:, j], minlength=s) + 1 for j, s in enumerate(SIZES)]
        layout = NetworkLayout.of(codes.domain, counts, [np.arange(s) for s in SIZES])
        net = Net(layout, counts, vector=4, context=8, hidden=8, rng=rng(0))
        order = OrderTensors(layout, layout.natural, torch.device("cpu"))

        def loss(net: torch.nn.Module, rows: torch.Tensor) -> torch.Tensor:
            assert isinstance(net, Net)
            parts = layout.parts.encode(rows.numpy().astype(np.int32), counts, rng(0))
            tokens = torch.from_numpy(layout.tokens(parts).astype(np.int64))
            return loss_of_rows(net, tokens, torch.from_numpy(parts.astype(np.int64)), order)

        check_clipping(net, loss, torch.from_numpy(codes.values[:12].copy()))

    def test_P8_an_empty_batch_shifts_no_order(self) -> None:
        """A step's order is the same whether or not batches before it had rows, or were passed twice."""
        layout = NetworkLayout.of(
            table(10).domain, [np.ones(s, np.int64) for s in SIZES], [np.arange(s) for s in SIZES]
        )
        counts = [np.ones(s, np.int64) for s in SIZES]
        settings, cpu = Network().dp_settings(100.0), torch.device("cpu")
        net = Net(layout, counts, vector=4, context=8, hidden=8, rng=rng(0))
        rows = torch.from_numpy(table(5).values.copy())
        all_filled, mostly_empty = (_DpLoss(layout, counts, settings, cpu, rng(3)) for _ in range(2))
        for step in range(settings.steps):
            all_filled.step = mostly_empty.step = step
            filled = all_filled(net, rows)
            assert torch.equal(filled, all_filled(net, rows))
            if step % 7 == 0:
                assert torch.equal(filled, mostly_empty(net, rows))

    def test_dependence_is_learned_at_a_large_budget(self) -> None:
        codes, other = table(4000), table(4000, seed=1)
        vault = self.lock(codes, 20.0)
        drawn = Network(device="cpu").fit_dp(vault, rng=rng(0)).sample(4000, rng=rng(1))
        p, q, alone = (np.zeros((3, 4)) for _ in range(3))
        for t, c in ((p, drawn), (q, other)):
            np.add.at(t, (c.column("cause"), c.column("kind")), 1 / c.n)
        alone = np.outer(q.sum(axis=1), q.sum(axis=0))
        assert distance(p, q) < 0.5 * distance(alone, q)


ODD = {
    "30 rows": pd.DataFrame({"a": range(30), "b": ["x", "y", "z"] * 10}),
    "one column": pd.DataFrame({"a": ["x", "y"] * 50}),
    "constant": pd.DataFrame({"a": ["x"] * 60, "b": [1.5] * 60, "c": list(range(60))}),
    "all missing": pd.DataFrame({"a": [None] * 60, "b": [float("nan")] * 60, "c": [True, False] * 30}),
    "200 columns": pd.DataFrame(rng(0).integers(0, 3, (60, 200))).rename(columns=lambda i: f"c{i}"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_tables(name: str) -> None:
    frame = ODD[name]
    drawn = twin.fit(frame, model=Network(epochs=2)).sample(20, seed=0)
    assert drawn.shape == (20, frame.shape[1]) and list(drawn.columns) == list(frame.columns)


def test_a_saved_twin_draws_without_torch_and_a_fit_names_the_extra(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["x", "y"] * 100, "b": range(200)})
    made = twin.fit(frame, model=Network(epochs=2))
    made.save(tmp_path / "t.twin")
    made.sample(50, seed=3).to_pickle(tmp_path / "rows")
    code = f"""
import sys
sys.modules["torch"] = sys.modules["opacus"] = None
import pandas as pd, twin
frame = pd.DataFrame({{"a": ["x", "y"] * 100, "b": range(200)}})
drawn = twin.load({str(tmp_path / "t.twin")!r}).sample(50, seed=3)
assert drawn.equals(pd.read_pickle({str(tmp_path / "rows")!r}))
assert twin.fit(frame).sample(5).shape == (5, 2)
for budget in ({{}}, {{"epsilon": 1.0}}):
    try:
        twin.fit(frame, model="network", **budget)
    except twin.MissingExtra as error:
        assert "twin[neural]" in str(error)
    else:
        raise SystemExit("no error")
"""
    subprocess.run([sys.executable, "-c", code], check=True)
