"""Boosted binary trees of one node: fitted by LightGBM, kept and evaluated as integers.

With integers alone every machine draws the same rows. Each tree has at most 8 leaves, kept as a byte whose
lowest set bit is the leaf that a row reaches. For each predictor a table says, per bin, which leaves of all
trees survive its questions; a row's leaves are the bitwise and of one table row per predictor.

Source: Lucchese et al., QuickScorer, SIGIR 2015, section 3.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.arrays import Array, Bools, Bytes, Floats32, Integers, Ints, Ints32
from twin.codes import Domain, State
from twin.models.base import parted

SCALE = 1024
"""Steps per unit of log-odds in which leaf values are kept."""

MOST_LEAVES = 8


@dataclass(frozen=True)
class Ensemble:
    """Trees of one classifier, as integers.

    Args:
        feature: Predictor asked by each question, shape (questions,).
        bin: A row goes left if its bin is at most this.
        left: Bit mask of the leaves under the left branch.
        tree: Tree of each question.
        leaves: Leaf values, shape (trees, 8), in steps of 1/1024 of log-odds.
    """

    feature: Ints32
    bin: Bytes
    left: Bytes
    tree: Ints32
    leaves: NDArray[np.int16]


def parse_model(text: str) -> Ensemble:
    """Read the trees from LightGBM's model text.

    Args:
        text: What `Booster.model_to_string` gives; numeric splits, at most 8 leaves a tree.

    Returns:
        The trees as integers; trees of one leaf are left out. No text gives no trees.
    """
    feature: list[int] = []
    bins: list[int] = []
    left: list[int] = []
    tree: list[int] = []
    leaves: list[list[int]] = []
    for block in text.split("\nTree=")[1:]:
        facts = dict(line.split("=", 1) for line in block.split("\n")[1:] if "=" in line)
        if int(facts["num_leaves"]) < 2:
            continue
        sides = [facts[side].split() for side in ("left_child", "right_child")]
        children = [(int(a), int(b)) for a, b in zip(*sides, strict=True)]
        ranks, under = _left_to_right(children)
        values = [0] * MOST_LEAVES
        for leaf, value in enumerate(facts["leaf_value"].split()):
            values[ranks[leaf]] = max(-32767, min(32767, round(float(value) * SCALE)))
        feature += map(int, facts["split_feature"].split())
        bins += [int(float(t)) for t in facts["threshold"].split()]
        left += [under[a] for a, _ in children]
        tree += [len(leaves)] * len(children)
        leaves.append(values)
    return Ensemble(
        np.array(feature, np.int32),
        np.array(bins, np.uint8),
        np.array(left, np.uint8),
        np.array(tree, np.int32),
        np.array(leaves, np.int16).reshape(-1, MOST_LEAVES),
    )


def _left_to_right(children: list[tuple[int, int]]) -> tuple[dict[int, int], dict[int, int]]:
    """Rank of each leaf from left to right, and the mask of the leaves under each child.

    LightGBM numbers inner nodes 0, 1, … (parents first) and writes leaf i as -1 - i.
    """
    ranks: dict[int, int] = {}
    stack = [0]
    while stack:
        node = stack.pop()
        if node < 0:
            ranks[-1 - node] = len(ranks)
        else:
            stack += [children[node][1], children[node][0]]
    under = {-1 - leaf: 1 << rank for leaf, rank in ranks.items()}
    for node in range(len(children) - 1, -1, -1):
        under[node] = under[children[node][0]] | under[children[node][1]]
    return ranks, under


def _lightgbm() -> Any:
    """LightGBM, whose first import reseeds Python's global generator: put back as it was."""
    state = random.getstate()
    import lightgbm

    random.setstate(state)
    return lightgbm


class Booster:
    """Fits the classifiers of one field, which share their predictors.

    Args:
        bins: Bins of the predictors, shape (n, predictors), as float32.
        params: LightGBM's settings.
        rounds: Most trees per classifier.
    """

    def __init__(self, bins: Floats32, *, params: dict[str, Any], rounds: int) -> None:
        self._lightgbm = _lightgbm()
        self._n = bins.shape[0]
        self._params = params
        self._rounds = rounds
        data = self._lightgbm.Dataset(bins, label=np.zeros(self._n), params=params, free_raw_data=False)
        self._data = data.construct()

    def fit(self, rows: Ints, right: Bools, *, min_rows: int) -> Ensemble:
        """Learn which rows go right.

        Args:
            rows: Positions of the node's rows, rising, shape (m,).
            right: What is to be predicted, shape (m,).
            min_rows: Fewest rows of a leaf.
        """
        params = {**self._params, "min_data_in_leaf": min_rows}
        part = self._data.subset(rows, params=params).construct() if rows.size < self._n else self._data
        part.set_label(right.astype(np.float32))
        booster = self._lightgbm.Booster(params, part)
        for _ in range(self._rounds):
            if booster.update():
                break
        return parse_model(booster.model_to_string())


Rows = NDArray[np.intp]
Bins = Bytes

_FIRST_BIT = np.array([0] + [(m & -m).bit_length() - 1 for m in range(1, 256)])
_LIMIT = 12 * SCALE


@lru_cache(maxsize=1)
def chances() -> NDArray[np.uint32]:
    """2³² times the logistic function, at -12 … 12 in steps of 1/1024, exact on any machine.

    Example:
        >>> int(chances()[12 * 1024]) == 2**31
        True
    """
    one = 1 << 64
    ratio = 18428738468430479223  # 2^64 · exp(-1/1024), rounded
    power, right = one, []
    for _ in range(_LIMIT + 1):
        right.append((one << 32) // (one + power))
        power = power * ratio >> 64
    left = [(1 << 32) - p for p in right[:0:-1]]
    return np.array(left + right, np.uint32)


def chance(log_odds: Integers) -> NDArray[np.uint32]:
    """2³² times the probability at log-odds in steps of 1/1024."""
    out: NDArray[np.uint32] = chances().take(np.clip(log_odds, -_LIMIT, _LIMIT) + _LIMIT)
    return out


@dataclass(frozen=True)
class Scorer:
    """Log-odds of one classifier, for many rows at once.

    Args:
        parts: Per predictor its position, the table row of each bin (256,), and the table of surviving leaves
            (rows, words) as unsigned integers.
        values: Leaf value of each tree and mask, shape (trees · 256,), whole numbers in steps of 1/1024.
        width: Bytes of a table row, at least the number of trees.
    """

    parts: tuple[tuple[int, Bytes, NDArray[np.unsignedinteger]], ...]
    values: Floats32
    width: int

    def log_odds(self, bins: Sequence[Bins], rows: Rows | None) -> Ints32:
        """Scores of some rows.

        Args:
            bins: For each predictor the bins of all rows, shape (n,).
            rows: Positions of the rows, or None for all.

        Returns:
            Log-odds in steps of 1/1024, shape (rows,).
        """
        alive = None
        for predictor, row_of_bin, table in self.parts:
            column = bins[predictor] if rows is None else bins[predictor].take(rows)
            words = table.take(row_of_bin.take(column), axis=0)  # (rows, words)
            if alive is None:
                alive = words
            else:
                alive &= words
        assert alive is not None
        masks = alive.view(np.uint8).reshape(-1, self.width)
        trees = self.values.size // 256
        index = masks[:, :trees].astype(np.intp)
        index += np.arange(0, 256 * trees, 256)
        # Whole numbers below 2^24 add exactly in float32, in any order: the product is the same everywhere.
        with np.errstate(invalid="ignore"):  # all are finite; vector units now and then flag what lies beside
            total = self.values.take(index) @ np.ones(trees, np.float32)
        return total.astype(np.int32)


def scorer(trees: Ensemble) -> Scorer:
    """The tables that evaluate an ensemble of at least one tree."""
    count = trees.leaves.shape[0]
    width = 1 << (count - 1).bit_length()  # numpy gathers rows of 1, 2, 4, …, 32 bytes fastest
    word = np.dtype(f"u{min(width, 8)}")
    parts = []
    for predictor in np.unique(trees.feature).tolist():
        asks = np.flatnonzero(trees.feature == predictor)
        steps, row = np.unique(trees.bin[asks], return_inverse=True)
        table = np.full((steps.size + 1, width), 255, np.uint8)
        np.bitwise_and.at(table, (row + 1, trees.tree[asks]), ~trees.left[asks])
        table = np.bitwise_and.accumulate(table, axis=0)
        row_of_bin = np.searchsorted(steps, np.arange(256)).astype(np.uint8)
        parts.append((predictor, row_of_bin, np.ascontiguousarray(table).view(word)))
    values = trees.leaves[:, np.minimum(_FIRST_BIT, MOST_LEAVES - 1)].astype(np.float32)  # (trees, 256)
    return Scorer(tuple(parts), values.reshape(-1), width)


def checked_chain(domain: Domain, state: State, most: int) -> dict[str, Array]:
    """The arrays of a chain of trees, of shapes and values that drawing can rely on.

    Args:
        domain: The fields.
        state: The arrays, as they came from a file.
        most: The most rows of a field.

    Raises:
        ValueError: If they do not fit each other.
    """
    d, codes = len(domain), sum(domain.sizes)
    a: dict[str, Array] = {
        "chain": state.array("chain", np.int32, (d,)),
        "orders": state.array("orders", np.int64, (codes,)),
        "counts": state.array("counts", np.int64, (codes,), 0, most),
        "field_nodes": state.array("field_nodes", np.int64, (d,), 0, codes),
    }
    n = int(a["field_nodes"].sum())
    a |= {name: state.array(name, np.int64, (n,), 0, most) for name in ("node_questions", "node_trees")}
    asks, trees = int(a["node_questions"].sum()), int(a["node_trees"].sum())
    a |= {
        "nodes": state.array("nodes", np.int64, (n, 5)),
        "bias": state.array("bias", np.int32, (n,)),
        "feature": state.array("feature", np.int32, (asks,), 0, d - 1),
        "bin": state.array("bin", np.uint8, (asks,)),
        "left": state.array("left", np.uint8, (asks,)),
        "tree": state.array("tree", np.int32, (asks,), 0),
        "leaves": state.array("leaves", np.int16, (trees, MOST_LEAVES)),
    }
    sizes = np.array(domain.sizes, np.int64)[a["chain"]]
    place = np.argsort(a["chain"])  # of each field in the chain
    field_of_node = np.repeat(np.arange(d), a["field_nodes"])
    node_of_ask = np.repeat(np.arange(n), a["node_questions"])
    fits = (
        np.array_equal(a["chain"][place], np.arange(d))
        and all(np.array_equal(np.sort(o), np.arange(o.size)) for o in parted(a["orders"], sizes, np.int64))
        and all(c.sum() <= most for c in parted(a["counts"], sizes, np.int64))
        and (a["tree"] < a["node_trees"][node_of_ask]).all()
        and (a["node_questions"] >= a["node_trees"]).all()
        and (place[a["feature"]] < field_of_node[node_of_ask]).all()  # asks of fields that are drawn before
        and all(map(_halves, np.split(a["nodes"], np.cumsum(a["field_nodes"])[:-1]), sizes.tolist()))
    )
    if not fits:
        raise ValueError("state: its trees do not fit its fields")
    return a


def _halves(nodes: Ints, size: int) -> bool:
    """Whether nodes, shape (m, 5), halve the codes of a field, each but the first as a side of one before."""
    low, mid, high, left, right = nodes.T
    if not ((low >= 0) & (low < mid) & (mid < high) & (high <= size)).all():
        return False
    at = np.arange(len(nodes))
    children = np.concatenate([left, right])
    parents, sides = np.tile(at, 2), np.concatenate([np.stack([low, mid]).T, np.stack([mid, high]).T])
    there = children >= 0
    children, parents, sides = children[there], parents[there], sides[there]
    if (
        (children >= len(nodes)).any()
        or (children <= parents).any()
        or children.size > np.unique(children).size
    ):
        return False
    return bool((nodes[children][:, [0, 2]] == sides).all())
