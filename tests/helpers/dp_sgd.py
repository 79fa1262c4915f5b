"""What tests of private training share: small vaults, gradients row by row, and checks for any net."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.helpers.dp_doubles import Tab
from twin.codes import Codes, Domain, Field
from twin.models.network import dp_training as training
from twin.models.network.layers import CodeEmbedding
from twin.privacy.dp.dp_sgd import DpSgd, Minibatches
from twin.privacy.dp.mechanism import Mechanism, Noise
from twin.privacy.dp.queryable import Queryable

Loss = Callable[[Any, Tensor], Tensor]


def batches_of(
    codes: Any, plan: DpSgd, *, subjects: Any = None, cap: int = 1, noise: Noise | None = None
) -> Minibatches:
    """The batches of a table of codes, charged to a tab that refuses nothing."""
    values = np.asarray(codes, np.int32)
    sizes = values.max(axis=0, initial=0) + 1
    domain = Domain(tuple(Field(name=f"f{j}", size=int(s)) for j, s in enumerate(sizes)))
    ids = None if subjects is None else np.asarray(subjects, np.int64)
    to = Mechanism(ledger=Tab(), noise=noise or Noise())  # type: ignore[arg-type]
    return Queryable.of(Codes(domain, values, ids), mechanism=to, cap=cap).minibatches(plan)


def all_rows(steps: int = 1, *, clip: float = 1.0, noise: float = 1.0) -> DpSgd:
    """A plan in which everybody is in each batch."""
    return DpSgd(rate=1.0, steps=steps, clip=clip, noise_multiplier=noise)


def one_each(net: nn.Module, loss: Loss, rows: Tensor) -> list[dict[str, Tensor]]:
    """Gradients of single rows, each from a pass of its own."""
    out = []
    for row in rows:
        net.zero_grad(set_to_none=True)
        loss(net, row[None]).sum().backward()
        out.append(
            {n: torch.zeros_like(p) if p.grad is None else p.grad.clone() for n, p in net.named_parameters()}
        )
    net.zero_grad(set_to_none=True)
    return out


def lengths(each: list[dict[str, Tensor]]) -> Tensor:
    """Norms of those gradients, shape (b,)."""
    return torch.stack(
        [torch.sqrt(sum((g.square().sum() for g in one.values()), torch.zeros(()))) for one in each]
    )


def clipped_sum(each: list[dict[str, Tensor]], clip: float) -> dict[str, Tensor]:
    """The sum of the gradients, each held to a clip."""
    weights = (clip / lengths(each)).clamp(max=1.0)
    return {name: sum(w * one[name] for w, one in zip(weights, each, strict=True)) for name in each[0]}


def ghost(net: nn.Module, loss: Loss, rows: Tensor, clip: float) -> tuple[Tensor, dict[str, Tensor]]:
    """Norms of single rows and the clipped sum, as private training finds them."""
    training.register()
    net.train()
    hooks = training._Hooks(net, loss_reduction="sum", strict=False, max_grad_norm=clip)
    try:
        with training._exactly():
            training._clipped_gradients(net, hooks, loss, rows)
        sums = {n: p.grad.clone() for n, p in net.named_parameters() if p.grad is not None}
        return hooks.per_sample_gradient_norms.clone(), sums
    finally:
        hooks.to_standard_module()
        training._forget(net)


def check_clipping(net: nn.Module, loss: Loss, rows: Tensor) -> None:
    """Ghost clipping finds the norms and the sum that passes over single rows find: no row sees another.

    For any net that is to be trained privately. Half of the rows are longer than the clip.
    """
    each = one_each(net, loss, rows)
    clip = float(lengths(each).median())
    norms, sums = ghost(net, loss, rows, clip)
    assert torch.allclose(norms, lengths(each), rtol=1e-5, atol=1e-6), "norms of single rows are off"
    for name, expected in clipped_sum(each, clip).items():
        scale = float(expected.abs().max()) + clip * 1e-3
        assert float((sums[name] - expected).abs().max()) <= 2e-5 * scale, f"the clipped sum of {name} is off"


class Table(nn.Module):
    """A number per code: the smallest net. A row moves the numbers of its codes alone."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.codes = CodeEmbedding(sizes, 1, rng=np.random.default_rng(0), scale=0.0)

    def forward(self, rows: Tensor) -> Tensor:
        return self.codes(rows).flatten(1)

    @property
    def numbers(self) -> np.ndarray:
        return self.codes.table.detach().numpy()[:, 0].astype(float)


def steep(net: nn.Module, rows: Tensor) -> Tensor:
    """A loss whose gradients are far longer than any clip."""
    return -1e3 * net(rows).sum(1)


def flat(net: nn.Module, rows: Tensor) -> Tensor:
    """A loss without a slope."""
    return 0.0 * net(rows).sum(1)


def descend(net: nn.Module, loss: Loss, batches: Minibatches, *, rate: float = 1.0, **how: Any) -> nn.Module:
    """Plain noisy gradient descent at one rate, divided by one row."""
    how = {"expected": 1.0, "scale_rate": lambda _: 1.0, **how}
    training.descend(net, torch.optim.SGD(net.parameters(), lr=rate), loss, batches, **how)
    return net


class Silenced(training._Noisy):
    """Adds no noise: what is left is the sum of clipped gradients."""

    def add_noise(self) -> None:
        for p in self.params:
            p.grad = p.summed_grad.clone()


class Weak(training._Noisy):
    """The fault: noise that is 1.5 times too little for what is charged."""

    def add_noise(self) -> None:
        self.noise_multiplier /= 1.5
        super().add_noise()
        self.noise_multiplier *= 1.5
