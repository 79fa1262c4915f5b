"""Training by noisy gradients (DP-SGD) through Opacus, on batches that the queryable has charged for.

What is fixed before the first batch: the number of steps, the clip, the noise, the learning rates. The last
parameters are kept. Nothing is looked at on the way: no loss, no validation, no checkpoint (rule P11).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from twin.errors import InputError, MissingExtra, TrainingError
from twin.models.network.layers import CodeEmbedding, GroupedLinear, MaskedLinear
from twin.models.network.training import cosine
from twin.privacy.dp.dp_sgd import Minibatches
from twin.privacy.exact_sampling import Entropy

try:
    from opacus.accountants import RDPAccountant
    from opacus.grad_sample import GradSampleModuleFastGradientClipping
    from opacus.optimizers import DPOptimizerFastGradientClipping
except ImportError:
    raise MissingExtra("opacus", "neural", "training a network under a privacy budget") from None

Loss = Callable[[nn.Module, Tensor], Tensor]
"""From a net and codes, int32, shape (b, d), to one loss per row, shape (b,). No row may see another."""

_ROUNDING = 1e-4
"""Share of the clip that is left free, since norms of single precision are off by some millionths."""

_WORDS = 624
_LEFT_IN_LAYERS = ("activations", "max_batch_len")
_LEFT_IN_PARAMETERS = (
    "_current_grad_sample",
    "_forward_counter",
    "_norm_sample",
    "grad_sample",
    "summed_grad",
)

_MIXES_ROWS = (nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm)


def descend(
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Loss,
    batches: Minibatches,
    *,
    expected: float,
    scale_rate: Callable[[float], float] = cosine,
    extra: Callable[[int], None] | None = None,
    after: Callable[[int], None] | None = None,
) -> None:
    """Train a net by noisy gradients; afterwards its parameters are those of the last step.

    Args:
        net: On its device. Every trainable parameter belongs to a layer that is called once per forward pass,
            with tensors by position. Masks may change between batches.
        optimizer: Of just the parameters of the net that are trained; its rates are the highest.
        loss: One loss per row. It runs the net once; whatever it draws must not depend on other rows.
        batches: From `Queryable.minibatches`, unused.
        expected: Rows that a batch is expected to have, > 0 and public, as rate · noisy number of rows: what
            the sum of gradients is divided by.
        scale_rate: Factor of the optimizer's rates when a share 0 … 1 of the steps is done.
        extra: Called with the step, from 0, once gradients are noisy and before they are used: what it adds
            to them must not come from the data, as the gradient of a loss on generated rows.
        after: Called with the number of steps done: for averages and progress. It may raise, to stop.

    Raises:
        InputError: If a layer mixes rows, or the optimizer holds other parameters than the net.
        TrainingError: If a parameter is used outside of its layer; if other steps were taken than were
            charged; if parameters, which are noisy, are not finite in the end.

    Source:
        Abadi et al. 2016, algorithm 1; Li et al. 2022 (arXiv:2110.05679), section 4 (ghost clipping).
    """
    _check(net, optimizer, expected)
    register()
    plan, device = batches.plan, next(net.parameters()).device
    net.train()
    hooks = _Hooks(net, loss_reduction="sum", strict=False, max_grad_norm=batches.row_clip * (1 - _ROUNDING))
    noisy = _Noisy(
        optimizer,
        noise_multiplier=plan.noise_multiplier,
        max_grad_norm=plan.clip,
        expected_batch_size=expected,  # it divides by it, whole or not
        generator=noise_generator(batches.entropy, device),
    )
    accountant = RDPAccountant()
    noisy.attach_step_hook(accountant.get_optimizer_hook_fn(sample_rate=plan.rate))
    rates = [group["lr"] for group in optimizer.param_groups]
    try:
        with _exactly():
            for step, rows in enumerate(batches):
                for group, rate in zip(optimizer.param_groups, rates, strict=True):
                    group["lr"] = rate * scale_rate(step / plan.steps)
                _clipped_gradients(net, hooks, loss, torch.from_numpy(rows).to(device))
                noisy.pre_step()
                if extra is not None:
                    hooks.disable_hooks()
                    extra(step)
                    hooks.enable_hooks()
                optimizer.step()
                if after is not None:
                    after(step + 1)
    finally:
        hooks.to_standard_module()
        _forget(net)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
    _check_history(accountant, batches)
    if not all(bool(p.isfinite().all()) for p in net.parameters()):
        raise TrainingError("training: noise drove the parameters apart; set a smaller learning rate")


class _Hooks(GradSampleModuleFastGradientClipping):  # type: ignore[misc]
    """Opacus' hooks, which also note where the net begins: the first pass back needs gradients only there."""

    def capture_activations_hook(self, module: nn.Module, forward_input: Any, _forward_output: Any) -> None:
        """Note what goes into a layer."""
        super().capture_activations_hook(module, forward_input, _forward_output)
        if self.hooks_enabled and not any(t.requires_grad for t in forward_input):
            self.__dict__.setdefault("begins", []).extend(p for p in module.parameters() if p.requires_grad)

    def begin(self) -> list[nn.Parameter]:
        """Parameters of the layers that nothing trainable came into since this was last asked."""
        return list(dict.fromkeys(self.__dict__.pop("begins", [])))


class _Noisy(DPOptimizerFastGradientClipping):  # type: ignore[misc]
    """Opacus' optimizer, with noise that is drawn in double precision.

    Single-precision normals are made of uniforms of 24 bits and end at 5.8 deviations. Over thousands of
    steps that end would be met with a chance near delta, and would show that somebody is there.
    """

    def add_noise(self) -> None:
        """Add noise to the sums of clipped gradients."""
        for p in self.params:
            drawn = torch.normal(
                0.0,
                self.noise_multiplier * self.max_grad_norm,
                size=p.shape,
                generator=self.generator,
                device=self.generator.device,
                dtype=torch.float64,
            )
            p.grad = (p.summed_grad + drawn.to(p)).view_as(p)


def noise_generator(entropy: Entropy, device: torch.device) -> torch.Generator:
    """A generator of noise whose whole state is random; `manual_seed` would use 32 bits of a seed.

    Args:
        entropy: Gives random bytes.
        device: Of the gradients; where it is neither a CPU nor CUDA, noise is drawn on the CPU.

    Returns:
        A Mersenne twister of 19,937 random bits on a CPU; on CUDA a counter under a random key of 64 bits,
        all that it takes.

    Source:
        The state's layout: `mt19937_data_pod` and `CPUGeneratorImplState` of PyTorch. It begins with the seed
        (8 bytes), the number of words left (4), whether it is seeded (4), the next word (8), 624 words of 8.
    """
    if device.type == "cuda":
        generator = torch.Generator(device)
        generator.manual_seed(int.from_bytes(entropy(8), "little", signed=True))
        return generator
    generator = torch.Generator("cpu")
    state = generator.get_state().numpy().copy()  # (5056,) bytes; whatever else it holds is fresh
    words = np.frombuffer(entropy(4 * _WORDS), "<u4")
    state[:8] = 0
    state[8:12].view(np.int32)[:] = 1  # one word left: the next draw mixes all of them
    state[12:16].view(np.int32)[:] = 1
    state[16:24].view(np.uint64)[:] = 0
    state[24 : 24 + 8 * _WORDS].view(np.uint64)[:] = words
    generator.set_state(torch.from_numpy(state))
    return generator


def _clipped_gradients(net: nn.Module, hooks: _Hooks, loss: Loss, rows: Tensor) -> None:
    """Leave in each parameter's gradient the sum of the rows' clipped gradients: zeros if there are none.

    A row whose loss or gradient is not finite counts as one without a gradient. It has to leave the batch,
    since 0 times infinity is not 0.
    """
    parameters: Sequence[Any] = hooks.trainable_parameters
    _forget(net)
    for p in parameters:
        p.grad_sample, p.summed_grad, p._forward_counter = None, None, 0
    hooks.begin()
    if len(rows):
        losses = loss(net, rows)  # (b,)
        losses.sum().backward(inputs=hooks.begin(), retain_graph=True)  # type: ignore[no-untyped-call]
        unused = [p for p in parameters if not hasattr(p, "_norm_sample")]
        for p in unused:
            p._norm_sample = losses.new_zeros(len(rows))
        weights = hooks.get_clipping_coef()  # (b,)
        fine = torch.isfinite(losses.detach()) & torch.isfinite(hooks.per_sample_gradient_norms)
        if not bool(fine.all()):
            return _clipped_gradients(net, hooks, loss, rows[fine])
        for p in parameters:
            p.grad = None
        hooks.disable_hooks()
        torch.sum(weights * losses).backward()  # type: ignore[no-untyped-call]
        hooks.enable_hooks()
        if any(p.grad is not None for p in unused):
            raise TrainingError("training: a parameter is used outside of its layer and could not be clipped")
    for p in parameters:
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    return None


@contextmanager
def _exactly() -> Iterator[None]:
    """All digits of single precision in products, on which the clip relies, and no needless warning.

    A layer that codes go into has no gradient to hand on; that its hook runs all the same is meant.
    """
    before = torch.get_float32_matmul_precision()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Full backward hook is firing", UserWarning)
        torch.set_float32_matmul_precision("highest")
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(before)


def _forget(net: nn.Module) -> None:
    """Remove what a pass left behind: inputs of layers, norms, gradients."""
    for module in net.modules():
        for name in _LEFT_IN_LAYERS:
            module.__dict__.pop(name, None)
    for p in net.parameters():
        p.grad = None
        for name in _LEFT_IN_PARAMETERS:
            p.__dict__.pop(name, None)


def _check(net: nn.Module, optimizer: torch.optim.Optimizer, expected: float) -> None:
    for name, module in net.named_modules():
        if isinstance(module, _MIXES_ROWS):
            raise InputError(
                f"DP training: layer {name!r} normalises over a batch, which mixes rows; use LayerNorm"
            )
    optimised = [id(p) for group in optimizer.param_groups for p in group["params"]]
    if sorted(optimised) != sorted(id(p) for p in net.parameters() if p.requires_grad):
        raise InputError("DP training: the optimizer must hold the net's parameters and no others")
    if not 0 < expected < math.inf:
        raise InputError("expected, the rows of a batch, must be a finite number above 0")


def _check_history(accountant: RDPAccountant, batches: Minibatches) -> None:
    """What Opacus counted must be what the ledger was charged with."""
    plan = batches.plan
    if accountant.history != [(plan.noise_multiplier, plan.rate, plan.steps)]:
        raise TrainingError("training: other steps were taken than the ledger was charged with; fit again")


Each = dict[nn.Parameter, Tensor]
"""For each parameter the norms of all rows' gradients, shape (b,), or the gradients, shape (b, …)."""


def embedding_norms(layer: CodeEmbedding, activations: list[Tensor], back: Tensor) -> Each:
    """Norms of a `CodeEmbedding`: the d codes of a row lie at d rows of the table, so squares add up.

    Args:
        layer: The layer.
        activations: What went in: codes, shape (b, d).
        back: Gradient of what came out, shape (b, d, e).

    Returns:
        Norms, shape (b,).
    """
    return {layer.table: back.flatten(1).norm(dim=1)}


def masked_norms(layer: MaskedLinear, activations: list[Tensor], back: Tensor) -> Each:
    """Norms of a `MaskedLinear`: the sum of a_i² M_ij g_j² over all i, j, outputs with equal masks at once.

    Args:
        layer: The layer.
        activations: What went in, shape (b, i).
        back: Gradient of what came out, shape (b, o).

    Returns:
        Norms, shape (b,), of weights and bias.

    Source:
        Goodfellow 2015 (arXiv:1510.01799), with zeros and ones in M, which are their own squares.
    """
    masks, kind = distinct_masks(layer.mask)
    squares = back.square()  # (b, o)
    alike = squares.new_zeros(len(back), masks.shape[1]).index_add(1, kind, squares)  # (b, u)
    reached = activations[0].square() @ masks  # (b, u)
    return {layer.weight: (reached * alike).sum(1).sqrt(), layer.bias: squares.sum(1).sqrt()}


def distinct_masks(mask: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct columns of a mask: a net over d fields has about d of them, however wide it is.

    Args:
        mask: Shape (i, o).

    Returns:
        The columns, shape (i, u), and which of them each output has, shape (o,).

    Example:
        >>> columns, kind = distinct_masks(torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]))
        >>> columns.shape, bool((columns[:, kind] == torch.tensor([[1, 0, 1], [1, 1, 1]])).all())
        (torch.Size([2, 2]), True)
    """
    weights = torch.linspace(1.0, 2.0, len(mask), device=mask.device).sqrt()  # sums of roots rarely agree
    keys, kind = torch.unique(weights @ mask, return_inverse=True)
    first = torch.zeros(len(keys), dtype=torch.int64, device=mask.device)
    first[kind] = torch.arange(mask.shape[1], device=mask.device)
    columns = mask[:, first]
    if torch.equal(columns[:, kind], mask):
        return columns, kind
    return mask, torch.arange(mask.shape[1], device=mask.device)


def grouped_norms(layer: GroupedLinear, activations: list[Tensor], back: Tensor) -> Each:
    """Norms of a `GroupedLinear`: the sum of |a_g|² |g_g|² over its groups.

    Args:
        layer: The layer.
        activations: What went in, shape (b, G, i).
        back: Gradient of what came out, shape (b, G, o).

    Returns:
        Norms, shape (b,), of weights and bias.
    """
    squares = back.square().sum(2)  # (b, G)
    into = activations[0].square().sum(2)  # (b, G)
    return {layer.weight: (into * squares).sum(1).sqrt(), layer.bias: squares.sum(1).sqrt()}


def embedding_gradients(layer: CodeEmbedding, activations: list[Tensor], back: Tensor) -> Each:
    """Gradients of single rows of a `CodeEmbedding`, shape (b, V, e).

    Args:
        layer: The layer.
        activations: What went into the layer, batch first.
        back: Gradient of the loss by what the layer gave, batch first.
    """
    rows = activations[0] + layer.offsets  # (b, d)
    each = back.new_zeros(len(back), *layer.table.shape)  # (b, V, e)
    return {layer.table: each.index_put((torch.arange(len(back))[:, None].to(rows), rows), back)}


def masked_gradients(layer: MaskedLinear, activations: list[Tensor], back: Tensor) -> Each:
    """Gradients of single rows of a `MaskedLinear`, shapes (b, i, o) and (b, o).

    Args:
        layer: The layer.
        activations: What went into the layer, batch first.
        back: Gradient of the loss by what the layer gave, batch first.
    """
    return {layer.weight: activations[0][:, :, None] * back[:, None, :] * layer.mask, layer.bias: back}


def grouped_gradients(layer: GroupedLinear, activations: list[Tensor], back: Tensor) -> Each:
    """Gradients of single rows of a `GroupedLinear`, shapes (b, G, i, o) and (b, G, o).

    Args:
        layer: The layer.
        activations: What went into the layer, batch first.
        back: Gradient of the loss by what the layer gave, batch first.
    """
    return {layer.weight: activations[0][..., None] * back[:, :, None, :], layer.bias: back}


_NORMS: dict[type[nn.Module], Callable[..., Each]] = {
    CodeEmbedding: embedding_norms,
    MaskedLinear: masked_norms,
    GroupedLinear: grouped_norms,
}
_GRADIENTS: dict[type[nn.Module], Callable[..., Each]] = {
    CodeEmbedding: embedding_gradients,
    MaskedLinear: masked_gradients,
    GroupedLinear: grouped_gradients,
}


def register() -> None:
    """Tell Opacus of the layers; may be done again and again."""
    from opacus.grad_sample import register_grad_sampler, register_norm_sampler

    for layer, norms in _NORMS.items():
        register_norm_sampler(layer)(norms)
        register_grad_sampler(layer)(_GRADIENTS[layer])
