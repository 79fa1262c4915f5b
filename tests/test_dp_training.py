"""Training under a budget: clipping, noise, batches, and the rules P8 to P18 with their planted faults."""

from __future__ import annotations

import importlib
import inspect
import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("opacus")

from opacus.accountants import RDPAccountant  # noqa: E402
from scipy.stats import chi2, kstest, norm  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from tests.helpers.dp_sgd import (  # noqa: E402
    Silenced,
    Table,
    Weak,
    all_rows,
    batches_of,
    check_clipping,
    clipped_sum,
    descend,
    flat,
    ghost,
    lengths,
    one_each,
    steep,
)
from tests.helpers.gaussian_audit import RUNS, Audit, audit_gaussian  # noqa: E402
from twin.codes import Codes, Domain, Field  # noqa: E402
from twin.errors import BudgetExceeded, InputError, MissingExtra, TrainingError  # noqa: E402
from twin.models.network import dp_training as training  # noqa: E402
from twin.models.network.dp_training import (  # noqa: E402
    distinct_masks,
    embedding_gradients,
    grouped_gradients,
    masked_gradients,
)
from twin.models.network.layers import CodeEmbedding, GroupedLinear, MaskedLinear  # noqa: E402
from twin.privacy.dp import queryable as vaults  # noqa: E402
from twin.privacy.dp.contribution_bounding import BoundedContribution  # noqa: E402
from twin.privacy.dp.dp_sgd import DpSgd, noise_for  # noqa: E402
from twin.privacy.dp.events import PrivacyLimit  # noqa: E402
from twin.privacy.dp.ledger import Ledger, replay  # noqa: E402
from twin.privacy.dp.mechanism import Mechanism, Noise, noise_from_seed  # noqa: E402
from twin.privacy.dp.queryable import Queryable  # noqa: E402
from twin.privacy.dp.rdp import ORDERS  # noqa: E402

ALARM = 1e-6
SIZES = (3, 1, 5)


class Net(nn.Module):
    """Every layer that there is: an embedding, a masked map, an ordinary one, a norm, and grouped heads."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        r = np.random.default_rng(seed)
        self.codes = CodeEmbedding(SIZES, 4, rng=r)
        self.masked = MaskedLinear(12, 10, r.integers(0, 2, (12, 10)), rng=r)
        self.norm = nn.LayerNorm(10)
        self.plain = nn.Linear(10, 6)
        self.heads = GroupedLinear(3, 2, 5, rng=r)
        with torch.no_grad():
            for p in self.parameters():
                p.copy_(torch.from_numpy(r.normal(0, 0.5, p.shape)))

    def forward(self, rows: Tensor) -> Tensor:
        x = torch.relu(self.norm(self.masked(self.codes(rows).flatten(1))))
        return self.heads(torch.tanh(self.plain(x)).view(-1, 3, 2))


def likelihood(net: nn.Module, rows: Tensor) -> Tensor:
    each = nn.functional.cross_entropy(net(rows).flatten(0, 1), rows.flatten().long(), reduction="none")
    return each.view(len(rows), -1).sum(1)


def some_rows(n: int = 40, seed: int = 1) -> Tensor:
    r = np.random.default_rng(seed)
    return torch.from_numpy(np.stack([r.integers(0, s, n) for s in SIZES], axis=1).astype(np.int32))


# Clipping


def test_lengths_of_gradients_and_clipped_sums_are_those_of_single_rows() -> None:
    check_clipping(Net(), likelihood, some_rows())


def test_masks_may_change_and_columns_may_be_alike() -> None:
    net, rows = Net(), some_rows(20)
    net.masked.mask.copy_(torch.from_numpy(np.triu(np.ones((12, 10), np.float32)).repeat(5, 1)[:, ::5]))
    check_clipping(net, likelihood, rows)
    wide = torch.from_numpy(np.random.default_rng(0).integers(0, 2, (7, 3)).astype(np.float32))[
        :, [0, 1, 2, 1, 0]
    ]
    columns, kind = distinct_masks(wide)
    assert columns.shape[1] <= 3 and torch.equal(columns[:, kind], wide)
    with mock.patch.object(torch, "unique", lambda keys, **_: (keys[:1], torch.zeros(5, dtype=torch.int64))):
        columns, kind = distinct_masks(wide)  # keys that collide are seen
    assert torch.equal(columns[:, kind], wide)


@pytest.mark.parametrize("wrong", ["embedding_norms", "masked_norms", "grouped_norms"])
def test_fault_of_a_length_that_is_too_short_is_caught(wrong: str) -> None:
    right = getattr(training, wrong)

    def short(*args: Any) -> Any:
        return {p: 0.9 * n for p, n in right(*args).items()}

    layer = next(k for k, v in training._NORMS.items() if v is right)
    with (
        mock.patch.dict(training._NORMS, {layer: short}),
        pytest.raises(AssertionError, match="norms of single rows"),
    ):
        check_clipping(Net(), likelihood, some_rows())


def test_gradients_that_are_written_out_agree_too() -> None:
    r = np.random.default_rng(0)
    cases = [
        (CodeEmbedding(SIZES, 4, rng=r), embedding_gradients, some_rows(9)),
        (MaskedLinear(3, 2, r.integers(0, 2, (3, 2)), rng=r), masked_gradients, torch.randn(9, 3)),
        (GroupedLinear(2, 3, 4, rng=r), grouped_gradients, torch.randn(9, 2, 3)),
    ]
    for layer, gradients, into in cases:
        back = torch.randn_like(layer(into))
        written = gradients(layer, [into], back)
        for i in range(len(into)):
            layer.zero_grad()
            (layer(into[i : i + 1]) * back[i : i + 1]).sum().backward()
            for p in layer.parameters():
                assert torch.allclose(written[p][i], p.grad, atol=1e-6)


class Loose(nn.Module):
    """A parameter that is used outside of its layer: nobody sees how long its gradient is."""

    def __init__(self) -> None:
        super().__init__()
        self.codes = CodeEmbedding((4,), 2, rng=np.random.default_rng(0))
        self.plain = nn.Linear(2, 2)

    def forward(self, rows: Tensor) -> Tensor:
        return self.codes(rows).flatten(1) @ self.plain.weight


def test_a_parameter_that_cannot_be_clipped_is_refused() -> None:
    with pytest.raises(TrainingError, match="outside of its layer"):
        descend(Loose(), lambda net, rows: net(rows).sum(1), batches_of([[1], [2]], all_rows()))


def test_a_layer_that_is_not_used_is_no_harm() -> None:
    net = Table(3)
    net.spare = nn.Linear(2, 2)  # type: ignore[assignment]
    start = net.spare.weight.detach().clone()
    descend(net, steep, batches_of([[0], [2]], all_rows(2)))
    assert (net.spare.weight != start).all()  # noise is on every parameter, used or not


def astray(net: nn.Module, rows: Tensor, how: str) -> Tensor:
    """A loss that is not finite, or whose gradient is not, for code 4 of the last field."""
    there = rows[:, 2] == 4
    if how == "loss":
        return likelihood(net, rows) + torch.where(there, math.inf, 0.0)
    return likelihood(net, rows) * torch.where(there, 1e38, 1.0) * torch.where(there, 1e4, 1.0)


@pytest.mark.parametrize("how", ["loss", "overflow"])
def test_a_row_that_is_not_finite_counts_as_one_without_a_gradient(how: str) -> None:
    def loss(net: nn.Module, rows: Tensor) -> Tensor:
        return astray(net, rows, how)

    net, rows = Net(), some_rows()
    good = rows[rows[:, 2] != 4]
    assert 0 < len(good) < len(rows)
    _, sums = ghost(net, loss, rows, 0.5)
    expected = clipped_sum(one_each(net, loss, good), 0.5)
    for name, value in sums.items():
        assert torch.allclose(value, expected[name], atol=1e-5), name
    _, none = ghost(net, loss, rows[rows[:, 2] == 4], 0.5)
    assert all(bool((value == 0).all()) for value in none.values())


def test_a_gradient_that_is_not_finite_spoils_nothing() -> None:
    def loss(net: Any, rows: Tensor) -> Tensor:  # finite itself; its slope at 0 is infinite times zero
        return torch.sqrt((net(rows).sum(1) * (rows[:, 0] != 1).float()).square())

    net = Table(3)
    with torch.no_grad():
        net.codes.table.fill_(0.5)
    with mock.patch.object(training, "_Noisy", Silenced):
        descend(net, loss, batches_of([[0], [1], [2], [1]], all_rows(3, clip=0.1)), rate=1.0)
    assert np.allclose(net.numbers, [0.2, 0.5, 0.2], atol=1e-3)


# Noise


def scaled(noise: type[training._Noisy] = training._Noisy, *, n: int = 60_000) -> np.ndarray:
    """What three steps without a slope add to a net, in deviations of what was charged."""
    net, plan = Table(n), all_rows(3, clip=0.2, noise=1.5)
    with mock.patch.object(training, "_Noisy", noise):
        descend(net, flat, batches_of(np.arange(2)[:, None], plan), rate=0.5, expected=4.0)
    return net.numbers / (0.5 * math.sqrt(3) * 0.2 * 1.5 / 4.0)


def check_normal(draws: np.ndarray) -> None:
    n, square = draws.size, float((draws**2).sum())
    assert chi2.ppf(ALARM, n) < square < chi2.isf(ALARM, n), "noise is not as wide as was charged"
    assert abs(draws.sum()) < norm.isf(ALARM) * math.sqrt(n) and kstest(draws, "norm").pvalue > ALARM


def test_noise_is_as_wide_as_charged_on_every_parameter() -> None:
    check_normal(scaled(n=60_000)[:2])  # of rows
    check_normal(scaled(n=60_000))


def test_faults_of_noise_are_caught() -> None:
    with pytest.raises(AssertionError, match="as wide"):
        check_normal(scaled(Weak))


def test_generators_hold_the_whole_entropy() -> None:
    """The state is what came in, and what is drawn is what a Mersenne twister makes of it."""
    words = np.random.default_rng(5).bytes(4 * 624)
    generator = training.noise_generator(lambda n: words[:n], torch.device("cpu"))
    drawn = torch.empty(2_000, dtype=torch.int32).random_(generator=generator).numpy()
    twister = np.random.MT19937()
    twister.state = {
        "bit_generator": "MT19937",
        "state": {"key": np.frombuffer(words, "<u4"), "pos": 624},
    }
    assert np.array_equal(drawn, twister.random_raw(2_000) & 0x7FFFFFFF)


def words_of(generator: Any) -> np.ndarray:
    return generator.get_state().numpy()[24 : 24 + 8 * 624].view(np.uint64)


def check_generators(make: Callable[[], Any]) -> None:
    """No two generators agree in their words, as those from one of 2^32 seeds might."""
    one, two = make(), make()
    assert (words_of(one) != words_of(two)).mean() > 0.99, "noise comes again"
    drawn = torch.normal(0.0, 1.0, size=(50_000,), generator=one, dtype=torch.float64).numpy()
    check_normal(drawn)
    assert np.unique(drawn.astype(np.float32)).size < np.unique(drawn).size == drawn.size  # double precision


def test_P16_generators_differ_in_all_their_words() -> None:
    check_generators(lambda: training.noise_generator(os.urandom, torch.device("cpu")))
    with pytest.raises(AssertionError, match="comes again"):
        check_generators(lambda: torch.Generator("cpu").manual_seed(7))


def trained(noise: Noise) -> tuple[np.ndarray, bool]:
    torch.manual_seed(0)
    ledger = Ledger(PrivacyLimit(epsilon=50.0, delta=1e-6))
    codes = Codes(Domain((Field(name="a", size=9),)), np.arange(9)[:, None])
    vault = Queryable.of(codes, mechanism=Mechanism(ledger=ledger, noise=noise))
    net = Table(9)
    before = torch.get_rng_state()
    plan = DpSgd(rate=0.5, steps=4, clip=1.0, noise_multiplier=2.0)
    descend(net, steep, vault.minibatches(plan))
    assert torch.equal(before, torch.get_rng_state())  # nobody else's generator is touched
    return net.numbers, ledger.valid


def check_fresh(make: Callable[[], Noise]) -> None:
    (one, valid), (two, _) = trained(make()), trained(make())
    assert not (valid and np.array_equal(one, two)), "noise comes again, and passes for valid"


def test_P16_noise_comes_from_the_system_or_the_ledger_is_void() -> None:
    check_fresh(Noise)
    check_fresh(lambda: noise_from_seed(3))
    (one, valid), (two, _) = trained(noise_from_seed(3)), trained(noise_from_seed(3))
    assert np.array_equal(one, two) and not valid
    with pytest.raises(AssertionError, match="comes again"):
        check_fresh(lambda: Noise(entropy=np.random.default_rng(3).bytes))


# Steps


def test_a_step_is_the_clipped_sum_over_the_expected_rows() -> None:
    net, rows = Net(), some_rows(12)
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    each = one_each(net, likelihood, rows)
    clip = float(lengths(each).median())
    with mock.patch.object(training, "_Noisy", Silenced):
        descend(net, likelihood, batches_of(rows, all_rows(clip=clip)), rate=0.3, expected=7.5)
    for name, total in clipped_sum(each, clip).items():
        moved = before[name] - dict(net.named_parameters())[name].detach()
        assert torch.allclose(moved, 0.3 * total / 7.5, atol=1e-4 * clip), name


def test_P14_a_subject_with_500_rows_moves_the_sum_by_at_most_the_clip() -> None:
    def total(own: int) -> np.ndarray:
        codes = [[1], [2]] + [[0]] * own
        net = Table(3)
        with mock.patch.object(training, "_Noisy", Silenced):
            how = {"subjects": [0, 1] + [2] * own, "cap": 3}
            descend(net, steep, batches_of(codes, all_rows(clip=0.6), **how))
        return net.numbers

    def moved() -> float:
        return float(np.linalg.norm(total(500) - total(0)))

    assert 0.999 * 0.6 <= moved() <= 0.6
    no_cap = lambda n, subjects, *, cap, rng: BoundedContribution(np.arange(n), subjects, cap)  # noqa: E731
    with mock.patch.object(vaults, "bound_contribution", no_cap):
        assert moved() > 0.6


def test_what_is_added_to_noisy_gradients_is_added_as_it_is() -> None:
    net = Table(3)
    seen: list[int] = []

    def extra(step: int) -> None:
        seen.append(step)
        invented = torch.tensor([[0], [1]], dtype=torch.int32)
        (net(invented).sum() * 5.0).backward()

    with mock.patch.object(training, "_Noisy", Silenced):
        descend(net, steep, batches_of([[1], [2]], all_rows(2, clip=0.5)), rate=0.1, extra=extra)
    assert seen == [0, 1]
    assert np.allclose(net.numbers, 2 * 0.1 * np.array([-5.0, 0.5 - 5.0, 0.5]), atol=1e-3)


# P8: Poisson batches, all steps counted


def with_one_more(stream: Iterator[Any]) -> Iterator[Any]:
    for batch in stream:
        yield batch
    yield batch


def until_small(stream: Iterator[Any]) -> Iterator[Any]:
    for batch in stream:
        yield batch
        if len(batch) == 0:
            return


STREAMS: dict[str, Callable[[Iterator[Any]], Iterator[Any]]] = {
    "a step more": with_one_more,
    "empty batches skipped": lambda stream: (batch for batch in stream if len(batch)),
    "stopped early": until_small,
    "a step less": lambda stream: (batch for i, batch in enumerate(stream) if i),
}


def noted(held: list[RDPAccountant]) -> RDPAccountant:
    held.append(RDPAccountant())
    return held[-1]


def history(change: Callable[[Iterator[Any]], Iterator[Any]] | None = None) -> list[Any]:
    """What Opacus counts where most batches are empty."""
    held: list[RDPAccountant] = []
    plan = DpSgd(rate=0.05, steps=60, clip=1.0, noise_multiplier=1.1)
    batches = batches_of([[0], [1], [1]], plan)
    if change:
        batches = replace(batches, _stream=change(iter(batches)))
    with mock.patch.object(training, "RDPAccountant", side_effect=lambda: noted(held)):
        descend(Table(2), steep, batches)
    return held[0].history


def test_P8_empty_batches_are_steps_and_all_steps_are_counted() -> None:
    assert history() == [(1.1, 0.05, 60)]


@pytest.mark.parametrize("fault", STREAMS)
def test_P8_faults_of_the_loop_are_caught(fault: str) -> None:
    with pytest.raises(TrainingError, match="other steps"):
        history(STREAMS[fault])


def test_P8_empty_batches_move_the_net_by_noise() -> None:
    net = Table(4_000)
    plan = DpSgd(rate=1e-9, steps=4, clip=1.0, noise_multiplier=0.5)
    descend(net, steep, batches_of([[3_999]], plan))
    check_normal(net.numbers / (0.5 * 2))


def test_P8_less_noise_than_charged_is_caught() -> None:
    class Less(training._Noisy):
        def __init__(self, *args: Any, noise_multiplier: float, **more: Any) -> None:
            super().__init__(*args, noise_multiplier=noise_multiplier * 0.99, **more)

    with mock.patch.object(training, "_Noisy", Less), pytest.raises(TrainingError, match="other steps"):
        history()


# P10: no row sees another


def batch_mean(net: nn.Module, rows: Tensor) -> Tensor:
    out = net(rows).flatten(1)
    return (out - out.mean(0)).square().sum(1)


def packed(net: nn.Module, rows: Tensor) -> Tensor:
    pairs = net(rows).flatten(1).view(len(rows) // 2, -1) if len(rows) > 1 else net(rows).flatten(1)
    return pairs.square().sum(1).repeat_interleave(2 if len(rows) > 1 else 1)


@pytest.mark.parametrize("fault", [batch_mean, packed])
def test_P10_losses_that_mix_rows_are_caught(fault: Any) -> None:
    with pytest.raises(AssertionError, match="norms of single rows"):
        check_clipping(Net(), fault, some_rows())


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(2), nn.SyncBatchNorm(2), nn.LazyBatchNorm1d()])
def test_P10_normalising_over_a_batch_is_refused(layer: nn.Module) -> None:
    net = Table(3)
    net.norm = nn.Sequential(layer)  # type: ignore[assignment]
    batches = batches_of([[0], [1]], all_rows())
    with pytest.raises(InputError, match=r"layer 'norm\.0' normalises over a batch"):
        training.descend(net, torch.optim.SGD(net.codes.parameters(), lr=1.0), steep, batches, expected=1.0)
    assert len(list(batches)) == 1  # untouched


def test_what_is_trained_is_what_gets_noise() -> None:
    net = Net()
    for held in (net.plain.parameters(), [*net.parameters(), nn.Parameter(torch.zeros(1))]):
        optimizer = torch.optim.SGD(held, lr=1.0)
        with pytest.raises(InputError, match="no others"):
            training.descend(net, optimizer, likelihood, batches_of([[0, 0, 0]], all_rows()), expected=1.0)
    with pytest.raises(InputError, match="expected"):
        descend(net, likelihood, batches_of([[0, 0, 0]], all_rows()), expected=0.0)


# P11: fixed beforehand, last iterate


def rates_and_parameters(codes: Any) -> tuple[list[float], list[np.ndarray], np.ndarray]:
    net = Table(3)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.2)
    rates, passed = [], []

    def after(step: int) -> None:
        assert step == len(rates) + 1
        rates.append(optimizer.param_groups[0]["lr"])
        passed.append(net.numbers)

    batches = batches_of(codes, all_rows(5, noise=3.0))
    training.descend(net, optimizer, steep, batches, expected=2.0, after=after)
    assert optimizer.param_groups[0]["lr"] == 0.2
    return rates, passed, net.numbers


def test_P11_rates_are_fixed_and_the_last_parameters_are_kept() -> None:
    due = [0.2 * training.cosine(step / 5) for step in range(5)]
    for codes in ([[0]] * 3, [[2], [1], [0], [1]]):
        rates, passed, kept = rates_and_parameters(codes)
        assert rates == due and np.array_equal(kept, passed[-1])
        assert not any(np.array_equal(kept, before) for before in passed[:-1])
    assert training.cosine(0.0) == 1.0 and abs(training.cosine(1.0)) < 1e-15


def test_P11_there_is_nothing_to_validate_on() -> None:
    names = set(inspect.signature(training.descend).parameters)
    assert names == {"net", "optimizer", "loss", "batches", "expected", "scale_rate", "extra", "after"}


# P13: the ledger is what was done


@pytest.mark.parametrize(("rate", "steps", "epsilon"), [(0.5, 3, 1.0), (0.2, 5, 8.0)])
def test_P13_the_history_is_the_charge_and_replays(rate: float, steps: int, epsilon: float) -> None:
    held: list[RDPAccountant] = []
    ledger = Ledger(PrivacyLimit(epsilon=epsilon, delta=1e-6))
    codes = Codes(Domain((Field(name="a", size=9),)), np.arange(9)[:, None])
    vault = Queryable.of(codes, mechanism=Mechanism(ledger=ledger))
    noise = noise_for(ledger, rate=rate, steps=steps)
    batches = vault.minibatches(DpSgd(rate=rate, steps=steps, clip=0.3, noise_multiplier=noise))
    with mock.patch.object(training, "RDPAccountant", side_effect=lambda: noted(held)):
        descend(Table(9), steep, batches)
    charge = ledger.entries[-1].charge
    ((counted, sampled, times),) = held[0].history
    assert (sampled, times) == (charge.sampling_rate, charge.steps)
    assert math.isclose(counted, charge.sigma / charge.sensitivity, rel_tol=1e-12)
    theirs = held[0].get_epsilon(1e-6, alphas=list(ORDERS))
    assert theirs * (1 - 1e-6) <= ledger.total() <= theirs * (1 + 1e-3) and ledger.total() <= epsilon
    assert abs(replay(json.dumps(ledger.to_json())) - ledger.total()) <= 1e-9
    with pytest.raises(BudgetExceeded):
        vault.minibatches(DpSgd(rate=rate, steps=steps, clip=0.3, noise_multiplier=noise))


@pytest.mark.parametrize(
    ("q", "steps", "delta"), [(0.001, 20_000, 1e-6), (0.01, 1_000, 1e-9), (0.3, 50, 1e-5)]
)
@pytest.mark.parametrize("sigma", [0.8, 4.0])
@pytest.mark.filterwarnings("ignore:Optimal order is the")
def test_our_epsilon_is_that_of_opacus(sigma: float, q: float, steps: int, delta: float) -> None:
    ledger = Ledger(PrivacyLimit(epsilon=1e6, delta=delta))
    plan = DpSgd(rate=q, steps=steps, clip=1.0, noise_multiplier=sigma)
    Mechanism(ledger=ledger).descent(plan, name="gradients")
    accountant = RDPAccountant()
    accountant.history = [(sigma, q, steps)]
    same_orders = accountant.get_epsilon(delta, alphas=list(ORDERS))
    assert same_orders * (1 - 1e-6) <= ledger.total() <= same_orders * (1 + 1e-4)
    assert ledger.total() <= accountant.get_epsilon(delta) * (1 + 1e-4)  # more orders are never worse


# P18 and endings


def test_P18_a_training_that_is_stopped_leaves_nothing_behind() -> None:
    def stop(step: int) -> None:
        if step == 2:
            raise KeyboardInterrupt

    net, batches = Net(), batches_of(some_rows(9), all_rows(4))
    held = {id(m): set(m.__dict__) for m in net.modules()}
    with pytest.raises(KeyboardInterrupt):
        descend(net, likelihood, batches, rate=0.01, after=stop)
    check_left(net, held)
    with pytest.raises(TrainingError, match="other steps"):
        descend(net, likelihood, batches, rate=0.01)  # what is left of the batches is no descent
    check_left(net, held)
    descend(net, likelihood, batches_of(some_rows(9), all_rows(4)), rate=0.01)  # hooks are off again
    check_left(net, held)


def check_left(net: nn.Module, held: dict[int, set[str]]) -> None:
    """No inputs of layers, no gradients, no generator stay with a net."""
    for module in net.modules():
        assert set(module.__dict__) == held[id(module)]
        assert not module._forward_hooks and not module._backward_hooks
    for p in net.parameters():
        assert p.grad is None and not p.__dict__


def test_parameters_that_noise_drove_apart_are_not_handed_out() -> None:
    net = Table(3)
    with pytest.raises(TrainingError, match="smaller learning rate"):
        descend(net, steep, batches_of([[0]], all_rows(2, noise=100.0)), rate=3e38)


def test_without_opacus_the_error_names_the_extra() -> None:
    gone = {"opacus": None, "opacus.accountants": None}
    with mock.patch.dict(sys.modules, gone):
        del sys.modules["twin.models.network.dp_training"]
        with pytest.raises(MissingExtra, match=r"twin\[neural\]"):
            importlib.import_module("twin.models.network.dp_training")


# Audits: a canary that always moves the net by the whole clip


def many_canaries(plan: DpSgd, noise: type[training._Noisy] = training._Noisy, n: int = RUNS) -> Any:
    """One fit with n canaries in the table and n that are not: each has a parameter of its own.

    A canary's gradient is longer than the clip and along its own parameter, whose noise is independent of all
    others: the 2n parameters are n runs in each world (Steinke, Nasr, Jagielski 2023, arXiv:2305.08846).
    """
    net = Table(2 * n)
    batches = batches_of(np.arange(1, 2 * n, 2)[:, None], plan)
    with mock.patch.object(training, "_Noisy", noise):
        descend(net, steep, batches)
    return net.numbers[::2], net.numbers[1::2]


def audit_one(noise: type[training._Noisy] = training._Noisy) -> Audit:
    steps, mu = 4, 0.7
    plan = all_rows(steps, clip=0.5, noise=math.sqrt(steps) / mu)
    return audit_gaussian(*many_canaries(plan, noise), mu=mu)


def test_a_fit_tells_no_more_of_its_canaries_than_is_charged() -> None:
    found = audit_one()
    assert not found.rejected and found.mu_hat > 0.5, found  # what is charged is nearly reached


def test_too_little_noise_is_rejected() -> None:
    found = audit_one(Weak)
    assert found.rejected, found


def test_a_clip_that_is_not_kept_is_rejected() -> None:
    class Unclipped(training._Hooks):
        def get_clipping_coef(self) -> Tensor:
            return 1.5 * super().get_clipping_coef()

    with mock.patch.object(training, "_Hooks", Unclipped):
        found = audit_one()
    assert found.rejected, found


def test_canaries_in_samples_keep_to_their_epsilon() -> None:
    """Where batches are samples the law is a mixture; its (epsilon, delta) bound holds at any threshold."""
    plan = DpSgd(rate=0.3, steps=5, clip=1.0, noise_multiplier=0.8)
    tab = Ledger(PrivacyLimit(epsilon=1e3, delta=1e-6))
    Mechanism(ledger=tab).descent(plan, name="gradients")
    low, high = many_canaries(plan, n=4_000)
    cut = np.quantile(low, 0.9)
    seen = float((high > cut).mean())
    most = tab.receipt.attacker(0.1)
    assert seen <= most + 6 * math.sqrt(0.25 / 4_000), (seen, most)
    assert seen > 0.2  # and the canary is found more often than by guessing


@pytest.mark.slow
@pytest.mark.parametrize("noise", [training._Noisy, Weak])
def test_whole_fits_with_and_without_a_canary(noise: type[training._Noisy]) -> None:
    steps, mu = 2, 0.7
    plan = all_rows(steps, clip=0.5, noise=math.sqrt(steps) / mu)
    worlds: list[list[float]] = [[], []]
    with mock.patch.object(training, "_Noisy", noise):
        for whole, world in enumerate(worlds):
            codes = [[1], [2], [2]] + [[0]] * whole
            for _ in range(RUNS):
                world.append(descend(Table(3), steep, batches_of(codes, plan)).numbers[0])
    found = audit_gaussian(*(np.array(world) for world in worlds), mu=mu)
    assert found.rejected == (noise is Weak), found
