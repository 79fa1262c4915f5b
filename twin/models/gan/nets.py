"""The generator and the critic of a GAN over codes, and how the generator draws rows.

They see rows of parts (see `gan_layout`): a row of all d fields is a cell per field and, for the w wide
fields, an offset within it. All randomness comes from a numpy generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn
from torch.nn.functional import embedding_bag, leaky_relu, softplus

from twin.arrays import AnyArray, Floats32, Ints
from twin.models.gan.layout import Draws, GanLayout, RowIndex
from twin.models.network.layers import CodeEmbedding

SLOPE = 0.1
"""Of what is below 0 behind a layer."""

_KEEP = 19.0
"""Odds at the start that the generator leaves a cell as the copula drew it."""

_LOWEST = -60.0


class Tables(nn.Module):
    """What is fixed by the layout, as tensors on the device of the nets.

    Args:
        layout: What the nets see of each field.
        offset_tables: Start values of the vectors of cells and of offsets.
    """

    starts: Tensor
    first: Tensor
    offsets: Tensor
    owner: Tensor
    sums: Tensor
    last: Tensor
    scores: Tensor
    score_starts: Tensor
    score_steps: Tensor
    score_first: Tensor
    score_offsets: Tensor
    offset_prior: Tensor
    offset_score: Tensor

    def __init__(self, layout: GanLayout, offset_tables: tuple[Floats32, Floats32]) -> None:
        super().__init__()
        d, v = len(layout.sizes), sum(layout.sizes)
        owner = np.repeat(np.arange(d), layout.sizes)
        sums = np.zeros((v, d), np.float32)
        sums[np.arange(v), owner] = 1.0
        fixed: dict[str, AnyArray] = {
            "starts": layout.starts,
            "first": layout.parts.first,
            "offsets": layout.offsets,
            "owner": owner,
            "sums": sums,
            "last": np.array(layout.sizes, np.int64) - 1,
            "scores": layout.scores,
            "score_starts": layout.score_starts,
            "score_steps": layout.score_steps,
            "score_first": layout.parts.first[list(layout.scored)],
            "score_offsets": layout.score_offsets,
            "offset_prior": offset_tables[0],
            "offset_score": offset_tables[1],
        }
        for name, array in fixed.items():
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(array)), persistent=False)

    def numbers(self, rows: Tensor) -> Tensor:
        """Scores of rows of parts, shape (b, s)."""
        wider = nn.functional.pad(rows, (0, 1))  # a last part of 0 for fields without an offset
        at = self.score_starts + wider[:, self.score_first] * self.score_steps + wider[:, self.score_offsets]
        return self.scores[at]


class TableEntry(nn.Module):
    """The layer that rows enter by: vectors of parts, scores and which fields are fixed, all added up.

    Args:
        tables: What is fixed.
        widths: Codes of each part.
        width: Length of the sum.
        rng: Draws the first weights.
    """

    def __init__(self, tables: Tables, widths: Sequence[int], width: int, *, rng: Generator) -> None:
        super().__init__()
        d, s = tables.first.numel(), tables.score_starts.numel()
        self.tables = tables
        self.parts = CodeEmbedding(widths, width, rng=rng, scale=d**-0.5)
        self.scores = _linear(s, width, rng, scale=(s / d) ** 0.5) if s else None
        self.fixed = _linear(d, width, rng, scale=0.0)

    def forward(self, rows: Tensor, fixed: Tensor) -> Tensor:
        """Map rows of parts, shape (b, p), and flags of fixed fields, shape (b, d), to (b, width).

        Args:
            rows: Rows as the net sees them, batch first.
            fixed: Representation of the copula's rows, shape (n, width).
        """
        if self.parts._forward_hooks:  # gradients of single rows are taken from layers that are called
            summed = self.parts(rows).sum(1)
        else:
            summed = embedding_bag(rows + self.parts.offsets, self.parts.table, mode="sum")
        if self.scores is not None:
            summed = summed + self.scores(self.tables.numbers(rows))
        out: Tensor = summed + self.fixed(fixed)
        return out


class Critic(nn.Module):
    """The logarithm of how much more often a row is real than drawn.

    Args:
        tables: What is fixed.
        widths: Codes of each part.
        width: Length of hidden vectors.
        rng: Draws the first weights.
    """

    def __init__(self, tables: Tables, widths: Sequence[int], width: int, *, rng: Generator) -> None:
        super().__init__()
        self.entry = TableEntry(tables, widths, width, rng=rng)
        self.hidden = _linear(width, width, rng)
        self.last = _linear(width, 1, rng)

    def forward(self, rows: Tensor, fixed: Tensor) -> Tensor:
        """Shape (b,).

        Args:
            rows: Rows as the net sees them, batch first.
            fixed: Representation of the copula's rows, shape (n, width).
        """
        return self.above(self.entry(rows, fixed))

    def above(self, entered: Tensor) -> Tensor:
        """The rest of the net, behind its first layer: from (b, width) to (b,)."""
        out: Tensor = self.last(leaky_relu(self.hidden(leaky_relu(entered, SLOPE)), SLOPE))
        return out.squeeze(1)


class Gen(nn.Module):
    """Redraws each part of a copula's row, given the whole row and noise.

    At the start it leaves a cell as it is with odds of 19, and else draws it from its field's shares: so it
    keeps the copula's distribution of each field. What it adds starts from nothing.

    Args:
        tables: What is fixed.
        layout: Of the rows.
        width: Length of hidden vectors.
        noise: Length of the noise.
        rng: Draws the first weights.
    """

    def __init__(self, tables: Tables, layout: GanLayout, *, width: int, noise: int, rng: Generator) -> None:
        super().__init__()
        v, w = sum(layout.sizes), len(layout.wide)
        self.tables = tables
        self.entry = TableEntry(tables, layout.parts.widths, width, rng=rng)
        self.noise = _linear(noise, width, rng)
        self.hidden = _linear(width, width, rng)
        self.out = _linear(width, v + 3 * w, rng, scale=0.0)
        self.prior = nn.Parameter(torch.from_numpy(layout.prior.copy()))
        self.keep = nn.Parameter(torch.full((v,), float(np.log(_KEEP))))

    def forward(self, rows: Tensor, fixed: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of cells, shape (b, v), and slope, curvature and pull of offsets, shape (b, w, 3).

        Args:
            rows: Rows as the net sees them, batch first.
            fixed: Representation of the copula's rows, shape (n, width).
            noise: Noise of the generator, shape (n, width).
        """
        x = leaky_relu(self.entry(rows, fixed) + self.noise(noise), SLOPE)
        x = x + leaky_relu(self.hidden(x), SLOPE)
        out = self.out(x)  # (b, v + 3w)
        v = self.prior.numel()
        cells = rows[:, self.tables.first] + self.tables.starts
        stay = torch.zeros_like(out[:, :v]).scatter_(1, cells, 1.0) * (self.keep - self.prior.detach())
        return out[:, :v] + self.prior + stay, out[:, v:].view(len(out), -1, 3)

    def offset_logits(self, terms: Tensor, before: Tensor, cells: Tensor) -> Tensor:
        """Logits of the offsets of wide fields in cells that are drawn.

        Args:
            terms: Slope, curvature and pull, shape (b, w, 3).
            before: Rows of parts that the copula drew, shape (b, p).
            cells: Drawn cells of the wide fields, shape (b, w).

        Returns:
            Shape (b, w, most offsets).
        """
        t = self.tables
        wide = torch.arange(cells.shape[1], device=cells.device)
        prior, off = t.offset_prior[wide, cells], t.offset_score[wide, cells]  # (b, w, k)
        same = (before[:, t.offsets - 1] == cells).to(off)[..., None]  # (b, w, 1)
        stay = torch.zeros_like(prior).scatter_(2, before[:, t.offsets][..., None], same)
        slope, curve, pull = terms.unsqueeze(2).unbind(3)  # (b, w, 1) each
        return prior + slope * off + curve * off.square() + stay * (pull + float(np.log(_KEEP)) - prior)


@dataclass(frozen=True)
class Drawn:
    """Rows that a generator drew, and how likely each of them was.

    Args:
        rows: Parts, shape (b, p).
        likelihood: Logarithm of the chance of the drawn parts of each row, shape (b,).
    """

    rows: Tensor
    likelihood: Tensor


def redraw(gen: Gen, before: Tensor, fixed: Tensor, draws: Draws) -> Drawn:
    """Draw rows by inversion, from one uniform number per part; fixed fields stay as they are.

    Args:
        gen: The generator.
        before: Rows of parts that the copula drew, shape (b, p).
        fixed: 1 where a field is fixed, else 0, shape (b, d).
        draws: Noise and uniform numbers.

    Returns:
        The rows.
    """
    t = gen.tables
    device = before.device
    noise, uniform = torch.from_numpy(draws.noise).to(device), torch.from_numpy(draws.uniform).to(device)
    logits, terms = gen(before, fixed, noise)
    logits = (logits - logits.detach().amax(1, keepdim=True)).clamp(min=_LOWEST)  # (b, v)
    weights = torch.exp(logits)
    sums = weights @ t.sums  # (b, d)
    rows = before.clone()
    free = fixed == 0
    with torch.no_grad():
        heights = torch.cumsum(weights / sums[:, t.owner], 1)  # rises by 1 in each field
        fields = torch.arange(sums.shape[1], device=device)
        aim = fields + uniform[:, : sums.shape[1]]
        cells = torch.searchsorted(heights, aim) - t.starts
        cells = torch.minimum(cells.clamp(min=0), t.last)
        rows[:, t.first] = torch.where(free, cells, before[:, t.first])
    chosen = logits.gather(1, rows[:, t.first] + t.starts) - torch.log(sums)  # (b, d)
    likelihood = (chosen * free).sum(1)
    if t.offsets.numel():
        wide = t.owner.new_tensor(0) + torch.searchsorted(t.first, t.offsets - 1)  # positions of wide fields
        logits = gen.offset_logits(terms, before, rows[:, t.offsets - 1]).log_softmax(2)  # (b, w, k)
        with torch.no_grad():
            heights = torch.cumsum(torch.exp(logits), 2)
            aim = uniform[:, sums.shape[1] :, None] * heights[..., -1:]
            offset = (heights <= aim).sum(2).clamp(max=heights.shape[2] - 1)
            rows[:, t.offsets] = torch.where(free[:, wide], offset, before[:, t.offsets])
        chosen = logits.gather(2, rows[:, t.offsets][..., None]).squeeze(2)
        likelihood = likelihood + (chosen * free[:, wide]).sum(1)
    return Drawn(rows, likelihood)


def _linear(inputs: int, outputs: int, rng: Generator, scale: float = 1.0) -> nn.Linear:
    """A linear layer whose first weights, N(0, scale² / inputs), come from rng; its bias starts at 0."""
    layer = nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")  # torch's own draws are left out
    drawn = rng.standard_normal((outputs, inputs), dtype=np.float32) * np.float32(scale / inputs**0.5)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(drawn))
        layer.bias.zero_()
    return layer


def make(
    layout: GanLayout,
    counts: Sequence[Ints],
    *,
    width: int,
    noise: int,
    rng: Generator,
    device: torch.device,
) -> tuple[Gen, Critic]:
    """Fresh nets on a device.

    Args:
        layout: What the nets see of each field.
        counts: Rows of each code, per field, shape (size,).
        width: Width of the hidden layers, ≥ 1.
        noise: Numbers of noise per row, ≥ 1.
        rng: Source of randomness.
        device: Where the nets are trained.

    Example:
        >>> from twin.codes import Domain, Field
        >>> from twin.models.gan.layout import layout_of
        >>> counts, rng = [np.array([3, 5]), np.array([4, 4])], np.random.default_rng(0)
        >>> fields = Domain((Field(name="a", size=2), Field(name="b", size=2)))
        >>> layout = layout_of(fields, counts, [np.arange(2)] * 2)
        >>> gen, critic = make(layout, counts, width=8, noise=2, rng=rng, device=torch.device("cpu"))
        >>> critic(torch.tensor([[0, 1]]), torch.zeros(1, 2)).shape
        torch.Size([1])
    """
    tables = Tables(layout, layout.offset_tables(counts))
    gen = Gen(tables, layout, width=width, noise=noise, rng=rng)
    critic = Critic(tables, layout.parts.widths, width, rng=rng)
    return gen.to(device), critic.to(device)


def arrays_of(gen: Gen, critic: Critic) -> dict[str, Floats32]:
    """The weights of both by name.

    Args:
        gen: The generator.
        critic: The critic.
    """
    return weights_of("gen", gen) | weights_of("critic", critic)


def weights_of(which: str, net: nn.Module) -> dict[str, Floats32]:
    """The parameters of a net as arrays of single precision, matrices with inputs first.

    Args:
        which: Name of the net.
        net: The net.
    """
    out: dict[str, Floats32] = {}
    for name, p in net.named_parameters():
        array = p.detach().cpu().numpy()
        flip = array.ndim == 2 and not name.endswith("table")
        out[f"{which}.{name}"] = np.ascontiguousarray(array.T if flip else array, np.float32)
    return out


_FLOOR = 0.3
"""Share of its highest rate below which the critic's does not fall while the generator learns."""

_EVERY = 16
_STEEPEST = 3.0


def towards(drawn: Drawn, verdict: Tensor) -> Tensor:
    """The generator's loss: drawn rows are made as likely as the critic says that real ones are.

    Args:
        drawn: What the generator drew, b rows.
        verdict: The critic's logarithm of the ratio of densities, shape (b,).

    Returns:
        The loss, whose gradient is that of the divergence from the real distribution to the generator's.

    Source:
        Che et al., Maximum-likelihood augmented discrete GAN (2017, arXiv:1702.07983), equation 7.
    """
    weights = torch.exp(verdict.detach().clamp(max=_STEEPEST))
    return -((weights / weights.mean() - 1) * drawn.likelihood).mean()


class Duel:
    """Both nets learn, step by step: first the critic, then the generator from what the critic says.

    Args:
        nets: Generator and critic.
        index: Real rows and the copula's, by level.
        rate: Highest learning rate of both.
        warmup: Steps in which the critic alone learns.
        decay: Weight decay of the critic.
        penalty: Of a critic's squared slope.
        rng: All that is drawn.
    """

    def __init__(
        self,
        nets: tuple[Gen, Critic],
        index: RowIndex,
        *,
        rate: float,
        warmup: int,
        decay: float,
        penalty: float,
        rng: Generator,
    ) -> None:
        self.gen, self.critic = nets
        self._index, self._rng = index, rng
        self._rate, self._left, self._penalty = rate, warmup, penalty
        self._critics = torch.optim.AdamW(
            self.critic.parameters(), rate, betas=(0.5, 0.99), weight_decay=decay, foreach=True
        )
        self._gens = torch.optim.Adam(self.gen.parameters(), rate, betas=(0.5, 0.99), foreach=True)
        self._steps = 0

    @property
    def averaged(self) -> Sequence[Tensor]:
        """The generator's parameters."""
        return list(self.gen.parameters())

    def step(self, rows: Tensor, rate: float) -> Tensor:
        """Learn from the rows at some positions; the critic's loss.

        Args:
            rows: Rows as the net sees them, batch first.
            rate: Learning rate, > 0.
        """
        self._left -= 1
        learn = self._left < 0
        with torch.set_grad_enabled(learn):
            batch, drawn, fixed = self._draw(rows)
        loss, verdict = self._judge(batch, drawn.rows, fixed, max(rate, _FLOOR * self._rate))
        if learn:
            _update(self._gens, towards(drawn, verdict), rate)
        return loss

    def _draw(self, rows: Tensor) -> tuple[Tensor, Drawn, Tensor]:
        """Real rows, rows drawn under the same conditions, and these."""
        device = rows.device
        real, before, fixed = self._index.batch(rows.cpu().numpy(), self._rng)
        flags = torch.from_numpy(fixed).to(device)
        draws = Draws.of(len(real), self.gen.noise.in_features, real.shape[1], self._rng)
        drawn = redraw(self.gen, torch.from_numpy(before).to(device).long(), flags, draws)
        return torch.from_numpy(real).to(device).long(), drawn, flags

    def _judge(self, real: Tensor, drawn: Tensor, fixed: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """A step of the critic; its loss and what it said of drawn rows before the step."""
        both = self.critic(torch.cat([real, drawn]), torch.cat([fixed, fixed]))
        loss = softplus(-both[: len(real)]).mean() + softplus(both[len(real) :]).mean()
        total = loss
        if self._penalty and self._steps % _EVERY == 0:
            total = loss + _EVERY * self._penalty * steepness(self.critic, real, fixed)
        self._steps += 1
        _update(self._critics, total, rate)
        return loss.detach(), both[len(real) :].detach()


class Verdicts(Duel):
    """The critic alone learns on, to know the generator as it is kept."""

    @property
    def averaged(self) -> Sequence[Tensor]:
        """The critic's parameters."""
        return list(self.critic.parameters())

    def step(self, rows: Tensor, rate: float) -> Tensor:
        """Learn from the rows at some positions; the critic's loss."""
        with torch.no_grad():
            batch, drawn, fixed = self._draw(rows)
        return self._judge(batch, drawn.rows, fixed, rate)[0]


def steepness(critic: Critic, rows: Tensor, fixed: Tensor) -> Tensor:
    """Mean squared slope of the critic at real rows, as vectors behind its first layer.

    Args:
        critic: The critic.
        rows: Rows as the net sees them, batch first.
        fixed: Representation of the copula's rows, shape (n, width).

    Source:
        Mescheder, Geiger, Nowozin, Which training methods for GANs do actually converge? (2018), R1; every
        16th step as in Karras et al., StyleGAN2 (2020), section 3.
    """
    at = critic.entry(rows, fixed).detach().requires_grad_()
    slope = torch.autograd.grad(critic.above(at).sum(), at, create_graph=True)[0]
    out: Tensor = slope.square().sum(1).mean()
    return out


def _update(optimizer: torch.optim.Optimizer, loss: Tensor, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
