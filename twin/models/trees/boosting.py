"""Boosted binary trees of one node: fitted by LightGBM, kept as small arrays of integers."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.arrays import Bools, Bytes, Floats32, Ints, Ints32

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


def empty_ensemble() -> Ensemble:
    """No trees."""
    return Ensemble(
        np.zeros(0, np.int32),
        np.zeros(0, np.uint8),
        np.zeros(0, np.uint8),
        np.zeros(0, np.int32),
        np.zeros((0, MOST_LEAVES), np.int16),
    )


def parse_model(text: str) -> Ensemble:
    """Read the trees from LightGBM's model text.

    Args:
        text: What `Booster.model_to_string` gives; numeric splits, at most 8 leaves a tree.

    Returns:
        The trees as integers; trees of one leaf are left out.
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
    if not leaves:
        return empty_ensemble()
    return Ensemble(
        np.array(feature, np.int32),
        np.array(bins, np.uint8),
        np.array(left, np.uint8),
        np.array(tree, np.int32),
        np.array(leaves, np.int16),
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
