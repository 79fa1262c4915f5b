"""Potentials from measured marginals: the distribution of greatest entropy that fits them, on a clique tree.

`Propagation` gives the marginals of such a distribution quickly: probabilities where they do, logarithms
where they must.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from twin.arrays import Bools, Floats
from twin.errors import InputError
from twin.models.marginals.cliques import Beliefs, CliqueTree, Fields, calibrate
from twin.models.marginals.factors import Factor, log_sum

_GROW, _WINDOW, _FIRST_ROUNDS = 1.1, 10, 3
_CLEAR = 3.0  # deviations above which a cell's count is taken for its own


@dataclass(frozen=True)
class Measurement:
    """Counts of rows over some fields, exact or with noise.

    Args:
        fields: Positions of the fields, ascending.
        counts: Rows per cell, one axis per field; negative where noise made them so.
        deviation: Standard deviation of the noise in each cell, ≥ 0; 0 where exact.
        pooled: Cells of which only the sum of their counts is released, the shape of counts, or None; used by
            `fit_exact`.

    Raises:
        InputError: If the axes do not fit the fields, or the deviation is negative.
    """

    fields: tuple[int, ...]
    counts: Floats
    deviation: float = 0.0
    pooled: Bools | None = None

    def __post_init__(self) -> None:
        if self.counts.ndim != len(self.fields) or not self.deviation >= 0:
            raise InputError("measurement: counts need one axis per field, and deviation must be at least 0")
        if self.pooled is not None and self.pooled.shape != self.counts.shape:
            raise InputError("measurement: pooled must have the shape of counts")


@dataclass(frozen=True)
class Estimate:
    """What was fitted.

    Args:
        potentials: Log-factors, one per set of measured fields; a warm start for a later fit, also on a
            tree with more cliques.
        beliefs: The distribution they give.
        gap: After `fit_exact` the largest total variation distance between a measured marginal and the
            distribution's, seen on the last round; after `fit_noisy` the root mean square residual over its
            deviation.
        rounds: Rounds that it took.
    """

    potentials: tuple[Factor, ...]
    beliefs: Beliefs
    gap: float
    rounds: int


def fit_exact(
    tree: CliqueTree,
    measured: Sequence[Measurement],
    *,
    start: Iterable[Factor] = (),
    rounds: int = 200,
    tolerance: float = 1e-9,
) -> Estimate:
    """Iterative proportional fitting: exact when the marginals are consistent, with deviations ignored.

    One round walks the tree once around and passes only the messages of that walk; so it costs about as
    much as one calibration.

    Args:
        tree: A tree in which each measurement's fields lie inside one clique.
        measured: The marginals; counts below zero are taken as zero, each is scaled to sum to one.
        start: Log-factors to start from; without them the result has the greatest entropy.
        rounds: Most rounds.
        tolerance: Largest total variation distance at which it stops.

    Returns:
        The estimate.

    Raises:
        InputError: If no clique holds a measurement, its sizes are not the tree's, or it has no count
            above zero.

    Source:
        Deming & Stephan 1940; Csiszár 1975, section 3 (greatest entropy); Jiroušek & Přeučil 1995
        (on a clique tree).

    Example:
        >>> from twin.models.marginals.cliques import junction_tree
        >>> tree = junction_tree([(0, 1)], [2, 2])
        >>> margins = [Measurement((0,), np.array([30.0, 10])), Measurement((1,), np.array([20.0, 20]))]
        >>> fit_exact(tree, margins).beliefs.marginal((0, 1)).round(3).tolist()
        [[0.375, 0.375], [0.125, 0.125]]
    """
    _check_sizes(tree, measured)
    targets = [_target(m) for m in measured]
    return _proportional(tree, targets, _merged(start), rounds=rounds, tolerance=tolerance)


def fit_noisy(
    tree: CliqueTree,
    measured: Sequence[Measurement],
    total: float,
    *,
    start: Iterable[Factor] | None = None,
    rounds: int = 1000,
    tolerance: float = 5e-3,
) -> Estimate:
    """Weighted least squares over all distributions: entropic mirror descent, accelerated, with restarts.

    Steps are taken on the potentials, so that every iterate has the greatest entropy for its marginals.
    Without a start it begins with a few rounds of proportional fitting, in which the cells of a measurement
    that are below three deviations count as one.

    Args:
        tree: A tree in which each measurement's fields lie inside one clique.
        measured: The marginals, each with a deviation above zero.
        total: Number of rows; a noisy count will do, and below 1 it counts as 1: nothing measured is refused.
        start: Log-factors to start from; logarithms below -700 are raised to it.
        rounds: Most evaluations of the gradient.
        tolerance: It stops when ten rounds lower the weighted square error by less than this share.

    Returns:
        The estimate.

    Raises:
        InputError: If no clique holds a measurement, its sizes are not the tree's, or a deviation is zero.

    Source:
        McKenna, Sheldon & Miklau 2019, section 4 (algorithm 1); Nesterov 1983 and O'Donoghue & Candès
        2015 (momentum with restarts).

    Example:
        >>> from twin.models.marginals.cliques import junction_tree
        >>> noisy = [Measurement((0,), np.array([33.0, 11]), 2.0)]
        >>> fit_noisy(junction_tree([(0,)], [2]), noisy, 40).beliefs.marginal((0,)).round(3).tolist()
        [0.775, 0.225]
    """
    if any(m.deviation <= 0 for m in measured):
        raise InputError("fit_noisy: every deviation must be above zero; use fit_exact without noise")
    _check_sizes(tree, measured)
    total = max(float(total), 1.0)
    if start is None:
        targets = [_target(m, total) for m in measured]
        start = _proportional(tree, targets, {}, rounds=_FIRST_ROUNDS, tolerance=0.0).potentials
    started = _merged(start)
    blank = {m.fields: Factor(m.fields, np.zeros(m.counts.shape)) for m in measured}
    fixed = {fields: factor for fields, factor in started.items() if fields not in blank}
    free = {fields: started.get(fields, factor) for fields, factor in blank.items()}
    propagation = plan_propagation(tree, [*free, *fixed])
    loss = _MarginalLoss(tree, tuple(measured), total, tuple(fixed.values()), tuple(free), propagation)
    point = np.concatenate([np.zeros(0), *(f.values.ravel() for f in free.values())])
    point, value, taken = _descend(loss, np.maximum(point, -700.0), rounds, tolerance)
    potentials = loss.potentials(point)
    cells = sum(m.counts.size for m in measured)
    return Estimate(potentials, calibrate(tree, potentials), math.sqrt(2 * value / max(cells, 1)), taken)


def _merged(factors: Iterable[Factor]) -> dict[tuple[int, ...], Factor]:
    """One factor per set of fields."""
    merged: dict[tuple[int, ...], Factor] = {}
    for factor in factors:
        before = merged.get(factor.fields)
        merged[factor.fields] = factor if before is None else before.product(factor)
    return merged


@dataclass(frozen=True)
class _Target:
    """A measured distribution: the logarithms of its clear cells, and of the mass that the others share."""

    fields: tuple[int, ...]
    logs: Floats
    pooled: Bools
    rest: float

    def change(self, now: Factor) -> Factor:
        """What brings a marginal there; cells that are not clear keep their ratios to each other."""
        change = Factor(self.fields, self.logs).over(now).values
        if self.pooled.any():
            mass = float(log_sum(now.values[self.pooled], (0,)))
            change = np.where(self.pooled, self.rest - mass if math.isfinite(mass) else 0.0, change)
        return Factor(self.fields, change)

    def distance(self, now: Factor) -> float:
        """Total variation distance of the clear cells."""
        gaps = np.abs(np.exp(now.values) - np.exp(self.logs))
        return float(gaps[~self.pooled].sum()) / 2


def _target(measurement: Measurement, total: float | None = None) -> _Target:
    """A measurement as a distribution; with a total, cells below three deviations are merged to one."""
    counts, deviation = np.maximum(measurement.counts, 0.0), measurement.deviation
    mass = counts.sum() if total is None else total
    pooled = np.zeros(counts.shape, bool) if measurement.pooled is None else measurement.pooled
    if total is not None:
        pooled = counts < _CLEAR * deviation
    rest = max(mass - counts[~pooled].sum(), deviation * math.sqrt(pooled.sum()) / 4) if pooled.any() else 0.0
    mass = rest + counts[~pooled].sum()
    if not mass > 0:
        raise InputError("measurement: at least one count must be above zero")
    with np.errstate(divide="ignore"):
        logs = np.log(np.where(pooled, 0.0, counts) / mass)
        return _Target(measurement.fields, logs, pooled, float(np.log(rest / mass)))


def _check_sizes(tree: CliqueTree, measured: Iterable[Measurement]) -> None:
    """Refuse a measurement of other sizes than the tree's."""
    for m in measured:
        _home(tree, m.fields)
        if m.counts.shape != tuple(tree.sizes[f] for f in m.fields):
            raise InputError("measurement: counts must have the sizes that the tree has for its fields")


def _home(tree: CliqueTree, fields: tuple[int, ...]) -> int:
    """The clique that holds a measurement."""
    home = tree.home(fields)
    if home is None:
        raise InputError("measurement: its fields must lie inside one clique of the tree")
    return home


def _walk(tree: CliqueTree) -> Iterator[tuple[int, int, int, bool]]:
    """Once around the tree: from, to, the child of the two, and whether `to` is new."""
    if not tree.cliques:
        return
    children: list[list[int]] = [[] for _ in tree.cliques]
    for i in range(len(tree.cliques) - 1, 0, -1):
        children[tree.parents[i]].append(i)
    at = 0
    while True:
        if children[at]:
            child = children[at].pop()
            yield at, child, child, True
            at = child
        elif at:
            yield at, tree.parents[at], at, False
            at = tree.parents[at]
        else:
            return


def _proportional(
    tree: CliqueTree,
    targets: Sequence[_Target],
    start: dict[tuple[int, ...], Factor],
    *,
    rounds: int,
    tolerance: float,
) -> Estimate:
    """Rounds of proportional fitting along a walk around the tree."""
    distribution = calibrate(tree, start.values())
    beliefs, shared, learned = list(distribution.cliques), list(distribution.separators), dict(start)
    at_home: list[list[_Target]] = [[] for _ in tree.cliques]
    for target in targets:
        at_home[_home(tree, target.fields)].append(target)

    def meet(i: int) -> float:
        worst = 0.0
        for target in at_home[i]:
            now = beliefs[i].marginal(target.fields)
            worst = max(worst, target.distance(now))
            change = target.change(now)
            beliefs[i] = beliefs[i].product(change)
            before = learned.get(target.fields)
            learned[target.fields] = change if before is None else before.product(change)
        return worst

    walk = list(_walk(tree))
    gap, done = math.inf if tree.cliques else 0.0, 0
    while done < rounds and gap > tolerance:
        gap, done = meet(0), done + 1
        for here, there, edge, new in walk:
            now = beliefs[here].marginal(tree.separators[edge])
            beliefs[there] = beliefs[there].product(now.over(shared[edge]))
            shared[edge] = now
            if new:
                gap = max(gap, meet(there))
    potentials = tuple(learned.values())
    return Estimate(potentials, calibrate(tree, potentials), gap, done)


@dataclass(frozen=True)
class _MarginalLoss:
    """Half the weighted square error, as a function of the potentials of the measured fields."""

    tree: CliqueTree
    measured: tuple[Measurement, ...]
    total: float
    fixed: tuple[Factor, ...]
    free: tuple[tuple[int, ...], ...]
    propagation: Propagation

    def potentials(self, point: Floats) -> tuple[Factor, ...]:
        """The log-factors at a point."""
        shapes = [[self.tree.sizes[f] for f in fields] for fields in self.free]
        parts = np.split(point, np.cumsum([math.prod(s) for s in shapes])[:-1]) if shapes else []
        free = (Factor(f, p.reshape(s)) for f, p, s in zip(self.free, parts, shapes, strict=True))
        return tuple(chain(self.fixed, free))

    def __call__(self, point: Floats) -> tuple[float, Floats]:
        """The loss, and its gradient with regard to the marginals, in rows, per measured cell."""
        marginals = self.propagation.marginals({p.fields: p.values for p in self.potentials(point)})
        slopes = {fields: np.zeros([self.tree.sizes[f] for f in fields]) for fields in self.free}
        loss = 0.0
        for m in self.measured:
            off = (self.total * marginals[m.fields] - m.counts) / m.deviation
            loss += float((off * off).sum()) / 2
            slopes[m.fields] += off / m.deviation
        return loss, np.concatenate([np.zeros(0), *(s.ravel() for s in slopes.values())])


def _descend(loss: _MarginalLoss, point: Floats, rounds: int, tolerance: float) -> tuple[Floats, float, int]:
    """Accelerated mirror descent that never goes up: the best point, its loss, evaluations made."""
    step = 8.0 / (loss.total * sum(m.deviation**-2 for m in loss.measured)) if loss.measured else 1.0
    value, slope = loss(point)
    last, pace, done = point, 1.0, 1
    cells = sum(m.counts.size for m in loss.measured)
    history = [value]
    while done < rounds:
        ahead = point - step * slope
        later = (1 + math.sqrt(1 + 4 * pace * pace)) / 2
        trial = ahead + (pace - 1) / later * (ahead - last)
        trial_value, trial_slope = loss(trial)
        done += 1
        if trial_value <= value:
            point, value, slope = trial, trial_value, trial_slope
            last, pace, step = ahead, later, step * _GROW
            history.append(value)
        elif pace > 1:
            last, pace = point, 1.0
        else:
            step /= 2
        if len(history) > _WINDOW:
            drop = history[-1 - _WINDOW] - value
            if drop <= tolerance * (value + tolerance * cells):
                break
        if step * float(np.abs(slope).max(initial=0.0)) < 1e-14:
            break
    return point, value, done


@dataclass(frozen=True)
class Propagation:
    """Belief propagation for fixed sets of fields. Made by `plan_propagation`.

    Args:
        tree: The clique tree.
        homes: The sets of fields that are looked at in each clique.
        plans: How each clique is summed up to these sets and to the separators of its children.
    """

    tree: CliqueTree
    homes: tuple[tuple[Fields, ...], ...]
    plans: tuple[Sums, ...]

    def marginals(self, potentials: Mapping[Fields, Floats]) -> dict[Fields, Floats]:
        """The marginals of the distribution in proportion to the product of the exponentials of potentials.

        Each clique is kept as a conditional distribution given its separator, so nothing overflows, and one
        exponential per cell is taken.

        Args:
            potentials: Finite logarithms by set of fields, sets that the propagation was planned for.

        Returns:
            Probabilities by set of fields.
        """
        tree = self.tree
        messages: list[dict[Fields, Floats]] = [{} for _ in tree.cliques]
        tables: list[Floats] = [np.ones(())] * len(tree.cliques)
        totals = list(tables)
        for i in range(len(tree.cliques) - 1, -1, -1):
            own = messages[i]
            for fields in self.homes[i]:
                if fields in potentials:
                    own[fields] = own[fields] + potentials[fields] if fields in own else potentials[fields]
            shape = tuple(tree.sizes[f] for f in tree.cliques[i])
            logs = self.plans[i].spread(own, shape)
            axes = tuple(a for a, f in enumerate(tree.cliques[i]) if f not in tree.separators[i])
            top = logs.max(axis=axes, keepdims=True)
            tables[i] = np.exp(logs - top)
            totals[i] = tables[i].sum(axis=axes, keepdims=True)
            if i:
                shared, up = tree.separators[i], messages[tree.parents[i]]
                message = (np.log(totals[i]) + top).reshape([tree.sizes[f] for f in shared])
                up[shared] = up[shared] + message if shared in up else message
        marginals: dict[Fields, Floats] = {}
        above: list[dict[Fields, Floats]] = []
        for i, shared in enumerate(tree.separators):
            mass = 1.0 if i == 0 else above[tree.parents[i]][shared].reshape(totals[i].shape)
            above.append(self.plans[i].of([tables[i] * (mass / totals[i])]))
            marginals.update((fields, above[i][fields]) for fields in self.homes[i])
        return marginals


def plan_propagation(tree: CliqueTree, sets: Iterable[Fields]) -> Propagation:
    """Plan the sums that belief propagation takes for some sets of fields.

    Args:
        tree: The clique tree.
        sets: Sets of fields, ascending, each inside one clique.

    Returns:
        The plan.

    Source:
        Lauritzen & Spiegelhalter 1988; the cliques as conditional distributions after Shafer & Shenoy 1990.

    Example:
        >>> from twin.models.marginals.cliques import junction_tree
        >>> plan = plan_propagation(junction_tree([(0, 1), (1, 2)], [2, 2, 2]), [(0, 1), (1, 2)])
        >>> same = np.log([[0.4, 0.1], [0.1, 0.4]])
        >>> plan.marginals({(0, 1): same, (1, 2): same})[(1, 2)].round(2).tolist()
        [[0.4, 0.1], [0.1, 0.4]]
    """
    homes: list[list[Fields]] = [[] for _ in tree.cliques]
    for fields in dict.fromkeys(sets):
        homes[_home(tree, fields)].append(fields)
    wanted = [list(own) for own in homes]
    for child, parent in enumerate(tree.parents):
        if parent >= 0:
            wanted[parent].append(tree.separators[child])
    plans = (plan_sums([c], w, tree.sizes) for c, w in zip(tree.cliques, wanted, strict=True))
    return Propagation(tree, tuple(map(tuple, homes)), tuple(plans))


@dataclass(frozen=True)
class Sums:
    """The order in which tables are summed up. Made by `plan_sums`.

    Args:
        steps: Per step the table that is summed (the given ones come first, then each step's result), and
            over which axis.
        indices: The table of each wanted set of fields.
    """

    steps: tuple[tuple[int, int], ...]
    indices: dict[Fields, int]

    def of(self, tables: Sequence[Floats]) -> dict[Fields, Floats]:
        """The marginal of each wanted set of fields."""
        tables_ = list(tables)
        for source, axis in self.steps:
            tables_.append(tables_[source].sum(axis=axis))
        return {fields: tables_[index] for fields, index in self.indices.items()}

    def spread(self, own: Mapping[Fields, Floats], shape: tuple[int, ...]) -> Floats:
        """One table that is the sum of smaller ones, each repeated over the fields it lacks: `of` reversed.

        Args:
            own: Tables by wanted set of fields.
            shape: Shape of the one table that the sums were planned for.

        Returns:
            The table.

        Example:
            >>> import numpy as np
            >>> sums = plan_sums([(0, 1)], [(0,), (1,)], [2, 2])
            >>> sums.spread({(0,): np.array([1.0, 2.0]), (1,): np.array([0.0, 10.0])}, (2, 2)).tolist()
            [[1.0, 11.0], [2.0, 12.0]]
        """
        parts: list[Floats | None] = [None] * (len(self.steps) + 1)
        for fields, table in own.items():
            parts[self.indices[fields]] = table
        for result in range(len(self.steps), 0, -1):
            table_here = parts[result]
            if table_here is not None:
                source, axis = self.steps[result - 1]
                wide, there = np.expand_dims(table_here, axis), parts[source]
                parts[source] = wide if there is None else there + wide
        return np.broadcast_to(np.zeros(()) if parts[0] is None else parts[0], shape)


def plan_sums(tables: Sequence[Fields], wanted: Iterable[Fields], sizes: Sequence[int]) -> Sums:
    """Plan the sums that give the marginals of some sets of fields.

    Large sets come first; each is summed from the smallest table so far that holds it, longest axis first,
    and what arises on the way serves later ones.

    Args:
        tables: Fields of the given tables, ascending.
        wanted: Sets of fields, ascending, each inside one of the tables.
        sizes: Number of codes of each field.

    Returns:
        The plan.

    Example:
        >>> import numpy as np
        >>> sums = plan_sums([(0, 1, 2)], [(0,), (0, 2)], [2, 3, 4])
        >>> {k: v.shape for k, v in sums.of([np.ones((2, 3, 4))]).items()}
        {(0, 2): (2, 4), (0,): (2,)}
    """

    def cells(fields: Fields) -> int:
        return math.prod(sizes[f] for f in fields)

    all_tables, steps, indices = list(tables), list[tuple[int, int]](), dict[Fields, int]()
    for fields in sorted({*wanted}, key=lambda fields: (-cells(fields), fields)):
        holds = (i for i, table in enumerate(all_tables) if {*fields} <= {*table})
        at = min(holds, key=lambda i: (cells(all_tables[i]), i))
        while all_tables[at] != fields:
            drop = max((f for f in all_tables[at] if f not in fields), key=lambda f: (sizes[f], f))
            steps.append((at, all_tables[at].index(drop)))
            all_tables.append(tuple(f for f in all_tables[at] if f != drop))
            at = len(all_tables) - 1
        indices[fields] = at
    return Sums(tuple(steps), indices)
