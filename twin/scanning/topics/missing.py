"""Missing cells: how many, whose, and which columns go missing together."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

from twin.arrays import Bools, Ints, Uints64
from twin.scanning import words
from twin.scanning.finding import Finding
from twin.scanning.view import Scanned, ScanView

_MOST = 300  # columns whose missing cells are compared
_LIKE = 0.9  # correlation of missing cells from which columns go missing together


def missing(view: ScanView) -> Iterator[Finding]:
    """Missing cells and their patterns."""
    holey = [c for c in view.columns if c.present < view.n]
    if not holey:
        return
    yield _overall(view, holey)
    empty = [c for c in holey if not c.present]
    if empty:
        yield Finding(
            topic="missing",
            columns=tuple(c.name for c in empty),
            level="quality",
            what="No value at all.",
            count=words.number(len(empty), "column"),
            treatment="come back empty",
            choice=words.dropping([c.declared.name for c in empty]),
        )
    partly = [c for c in holey if c.present]
    yield from _lone(view, partly)
    partly = partly[:_MOST]
    if len(partly) > 1:
        masks = np.stack([c.codes < 0 for c in partly])  # (columns, n)
        yield from _together(view, partly, masks)
        yield from _patterns(view, partly, masks)


def _overall(view: ScanView, holey: list[Scanned]) -> Finding:
    cells = sum(view.n - c.present for c in holey)
    all_cells = view.n * max(len(view.columns), 1)
    some = np.zeros(view.n, dtype=bool)
    for column in holey:
        some |= column.codes < 0
    people = view.people(some)
    share = words.share(cells, all_cells, view.k * len(view.columns))
    return Finding(
        topic="missing",
        columns=tuple(c.name for c in holey),
        level="quality",
        what=f"Of all cells, {words.about(share)} are missing, "
        f"in {len(holey):,} of {len(view.columns):,} columns.",
        count=f"{view.told(people)} with a missing cell",
        share=f"{view.rows_share(int(some.sum()))} of rows" if view.rows_share(int(some.sum())) else "",
        treatment="missing cells are learned, with what they depend on, and come out as often",
        choice=f"df = df.dropna(subset=[{words.coded(holey[0].declared.name)}])",
    )


def _lone(view: ScanView, partly: list[Scanned]) -> Iterator[Finding]:
    """Missing cells, or values, of fewer than k persons."""
    for absent, what, treatment in (
        (True, "Missing for fewer than {k} persons.", "no missing cell comes out"),
        (False, "Empty but for fewer than {k} persons.", "comes back empty"),
    ):
        found = [c for c in partly if view.small(view.people((c.codes < 0) == absent))]
        if found:
            people = view.people(np.logical_or.reduce([(c.codes < 0) == absent for c in found]))
            yield Finding(
                topic="missing",
                columns=tuple(c.name for c in found),
                level="may identify",
                what=what.format(k=view.k),
                count=f"{words.number(len(found), 'column')}, {view.told(people)}",
                share=view.share(people),
                treatment=treatment,
                choice=words.dropping([c.declared.name for c in found]),
            )


def _together(view: ScanView, partly: list[Scanned], masks: Bools) -> Iterator[Finding]:
    """Columns that go missing in the same rows, all or most of them."""
    for group in clusters(masks):
        columns = [partly[i] for i in group]
        any_: Bools = np.logical_or.reduce(masks[group])
        all_: Bools = np.logical_and.reduce(masks[group])
        if view.people(any_) < view.k:
            continue  # told as lone gaps
        same = bool((any_ == all_).all())
        nearly = not same and view.people(any_ ^ all_) < view.k
        extra = ", but for fewer than {k} persons" if nearly else ""
        often = "always" if same or extra else "mostly"
        people = view.people(all_)
        yield Finding(
            topic="missing",
            columns=tuple(c.name for c in columns),
            level="quality",
            what=f"Go missing {often} in the same rows{extra.format(k=view.k)}.",
            count=view.told(people),
            share=view.share(people),
            treatment="the pattern is learned where enough persons share it",
            choice="",
        )


def clusters(masks: Bools) -> list[list[int]]:
    """Columns whose missing cells nearly coincide, by single linkage.

    Args:
        masks: True where a cell is missing, shape (columns, n).

    Returns:
        Groups of two columns or more, each ascending.

    Example:
        >>> a = np.array([True, False, True, False])
        >>> clusters(np.stack([a, ~a, a]))
        [[0, 2]]
    """
    x = masks - masks.mean(axis=1, keepdims=True)
    length = np.sqrt((x * x).sum(axis=1))
    like = (x @ x.T) / np.maximum(np.outer(length, length), 1e-12) > _LIKE
    like |= (
        (masks.sum(axis=1)[:, None] == masks.sum(axis=1)[None, :]) & (length == 0)[:, None] & (length == 0)
    )
    group = np.arange(masks.shape[0])
    for i in range(masks.shape[0]):
        for j in np.flatnonzero(like[i, :i]):
            group[group == group[i]] = group[j]
    return [np.flatnonzero(group == g).tolist() for g in np.unique(group) if (group == g).sum() > 1]


def _patterns(view: ScanView, partly: list[Scanned], masks: Bools) -> Iterator[Finding]:
    """Sets of missing cells that fewer than k persons have."""
    packed = np.packbits(masks, axis=0).T  # (n, bytes)
    codes = pd.factorize(pd.util.hash_pandas_object(pd.DataFrame(packed), index=False))[0]
    pairs = pd.DataFrame(
        {"code": codes, "who": np.arange(view.n) if view.subjects is None else view.subjects}
    )
    held = pairs.drop_duplicates()["code"].value_counts().sort_index().to_numpy()
    few = held < view.k
    if not few.any():
        return
    rows: Bools = few[codes]
    people = view.people(rows)
    yield Finding(
        topic="missing",
        columns=tuple(c.name for c in partly),
        level="may identify",
        what=f"Some patterns of missing cells (which are empty, which are filled) are those of fewer "
        f"than {view.k} persons each.",
        count=f"{view.range(int(few.sum()))} patterns, {view.told(people)}",
        share=view.share(people),
        treatment="each column's missing cells pass the guard; rare patterns of them are not kept as such",
        choice="",
    )


MOST = 300
"""Most columns that are compared in pairs."""

ROWS = 5_000
"""Rows that pairs are compared on."""
_JOINT = 50  # rows that must be filled in both
_RANK = 0.995
_AGREE = 0.98
_BEYOND_CHANCE = 0.9  # Cohen's kappa
_PAIRS = 50


def same(view: ScanView) -> Iterator[Finding]:
    """Columns that are constant, equal, recoded or nearly equal."""
    constant = [c for c in view.columns if c.values.size == 1 and c.present == view.n and view.n > 1]
    if constant:
        yield Finding(
            topic="same",
            columns=tuple(c.name for c in constant),
            level="quality",
            what="One value in every row.",
            count=words.number(len(constant), "column"),
            treatment="the value is kept, since all persons share it",
            choice=words.dropping([c.declared.name for c in constant]),
            examples=tuple(e for c in constant[:5] for e in view.examples(c, np.zeros(1, int))),
        )
    varied = [c for c in view.columns if c.values.size > 1]
    done: set[frozenset[str]] = set()
    for group, equal in _groups(view, varied):
        done |= {frozenset((a.name, b.name)) for a in group for b in group if a is not b}
        yield Finding(
            topic="same",
            columns=tuple(c.name for c in group),
            level="quality",
            what="The same values under several names."
            if equal
            else "The same under other codes, one to one.",
            treatment="learned like any others; samples keep them as alike as the model can",
            choice=words.dropping([c.declared.name for c in group[1:]]),
        )
    if view.n >= _JOINT:
        yield from _near(view, varied[:MOST], done)


def _groups(view: ScanView, columns: list[Scanned]) -> Iterator[tuple[list[Scanned], bool]]:
    """Groups of equal columns, and of columns that are equal but for the names of their values."""
    forms: dict[bytes, list[Scanned]] = {}
    for column in columns:
        code = pd.factorize(column.codes)[0].astype(np.int32)  # numbered by first appearance
        forms.setdefault(blake2b(code.tobytes(), digest_size=16).digest(), []).append(column)
    for group in forms.values():
        if len(group) < 2:
            continue
        equals: dict[bytes, list[Scanned]] = {}
        for column in group:
            equals.setdefault(_fingerprint(column), []).append(column)
        for members in equals.values():
            if len(members) > 1:
                yield members, True
        firsts = [members[0] for members in equals.values()]
        if len(firsts) > 1 and any(2 * c.values.size < c.present for c in firsts):  # not all different anyway
            yield firsts, False


def _fingerprint(column: Scanned) -> bytes:
    """Equal for columns of equal values, given that their codes by first appearance are equal."""
    ids = _value_ids(column)
    return blake2b(ids[np.maximum(column.codes, 0)].tobytes(), digest_size=16).digest()


def _value_ids(column: Scanned) -> Uints64:
    """One id per distinct value, the same in every column, shape (m,)."""
    if column.native.nominal:
        levels: Any = pd.Series([str(level) for level in column.levels], dtype=object)
        return np.asarray(pd.util.hash_pandas_object(levels, index=False), dtype=np.uint64)
    if column.native.type == "datetime":
        stamps = column.values.astype(f"datetime64[{column.native.unit}]").astype("datetime64[s]")
        return stamps.astype(np.int64).astype(np.uint64)
    return np.asarray(column.numbers + 0.0).view(np.uint64)


def _near(view: ScanView, columns: list[Scanned], done: set[frozenset[str]]) -> Iterator[Finding]:
    """Pairs that agree in nearly every row, and pairs of numbers in nearly the same order."""
    at = np.arange(view.n)
    if view.n > ROWS:
        at = np.sort(np.random.default_rng(0).choice(view.n, ROWS, replace=False))
    found = [(i, j, "agree") for i, j in _agreeing(columns, at)]
    lines = [i for i, c in enumerate(columns) if not c.native.nominal and c.values.size > 5]
    found += [(i, j, "order") for i, j in _ordered(columns, lines, at)]
    number = 0
    for i, j, how in found:
        pair = frozenset((columns[i].name, columns[j].name))
        if pair in done or number >= _PAIRS:
            continue
        done.add(pair)
        number += 1
        yield Finding(
            topic="same",
            columns=(columns[i].name, columns[j].name),
            level="quality",
            what="Near-copies: they agree in over 98% of the rows that have both."
            if how == "agree"
            else "Near-copies: nearly the same order of rows (rank correlation beyond .995).",
            treatment="learned like any others; a row where they differ may stand out",
            choice=words.dropping([columns[j].declared.name]),
        )


def _agreeing(columns: list[Scanned], at: Ints) -> Iterator[tuple[int, int]]:
    taken = [i for i, c in enumerate(columns) if 2 * c.values.size < max(c.present, 1) or c.learned]
    codes = np.stack([columns[i].codes[at] for i in taken]) if taken else np.zeros((0, at.size), np.int64)
    ids = [_value_ids(columns[i])[np.maximum(codes[a], 0)] for a, i in enumerate(taken)]
    there = codes >= 0
    for a in range(len(taken)):
        for b in range(a + 1, len(taken)):
            both = there[a] & there[b]
            total = int(np.count_nonzero(both))
            if total < _JOINT:
                continue
            agreed = np.count_nonzero(both & (ids[a] == ids[b])) / total
            if agreed > _AGREE and agreed > _chance(ids[a][both], ids[b][both]):
                yield taken[a], taken[b]


def _chance(first: Uints64, second: Uints64) -> float:
    """The agreement from which Cohen's kappa is high: common values agree by chance."""
    shared, places = np.unique(np.concatenate([first, second]), return_inverse=True)
    p = np.bincount(places[: first.size], minlength=shared.size) / first.size
    q = np.bincount(places[first.size :], minlength=shared.size) / second.size
    by_chance = float((p * q).sum())
    return by_chance + _BEYOND_CHANCE * (1 - by_chance)


def _ordered(columns: list[Scanned], lines: list[int], at: Ints) -> Iterator[tuple[int, int]]:
    """Pairs of numbers whose ranks are correlated, over the rows that have both."""
    if len(lines) < 2:
        return
    codes = np.stack([columns[i].codes[at] for i in lines])  # places among ascending values: order is kept
    there = (codes >= 0).astype(np.float64)
    ranks = np.zeros(codes.shape)
    for row, code in enumerate(codes):
        known = code >= 0
        rank = pd.Series(code[known]).rank().to_numpy()
        ranks[row, known] = rank - rank.mean() if rank.size else rank
    cross, square = ranks @ ranks.T, (ranks * ranks) @ there.T
    joint = there @ there.T
    rho = cross / np.sqrt(np.maximum(square * square.T, 1e-12))
    for a, b in np.argwhere(np.triu((np.abs(rho) > _RANK) & (joint >= _JOINT), 1)):
        yield lines[int(a)], lines[int(b)]


def rows(view: ScanView) -> Iterator[Finding]:
    """Rows that equal another row, and rows that equal another person's but for keys and names."""
    whole = _hashes(view, list(view.columns))
    twice = pd.Series(whole).duplicated(keep=False).to_numpy()
    if twice.any() and view.columns:
        people = view.people(twice)
        yield Finding(
            topic="rows",
            columns=(),
            level="quality",
            what="Whole rows are there more than once.",
            count=view.told(people),
            share=view.share(people),
            treatment="counted as they are; repeated rows of one person count once against k",
            choice="df = df.drop_duplicates()",
        )
    learned = [c for c in view.columns if c.learned and c.declared.name != view.subject]
    if len(learned) < 2 or (len(learned) == len(view.columns) and view.subjects is None):
        return
    hashes = _hashes(view, learned)
    who = np.arange(view.n) if view.subjects is None else view.subjects
    pairs = pd.DataFrame({"row": hashes, "who": who}).drop_duplicates()
    shared = pairs["row"][pairs["row"].duplicated(keep=False)].unique()
    equal = np.isin(hashes, shared)
    if equal.any():
        people = view.people(equal)
        yield Finding(
            topic="rows",
            columns=tuple(c.name for c in learned),
            level="quality",
            what="Some persons have a row that equals another person's, keys and identifiers aside.",
            count=view.told(people),
            share=view.share(people),
            treatment="learned like any others",
            choice="",
        )


def _hashes(view: ScanView, columns: list[Scanned]) -> Uints64:
    """One number per row, equal where all columns are, shape (n,)."""
    out = np.zeros(view.n, np.uint64)
    for column in columns:
        out = (out ^ (out >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (column.codes + 2).astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9)
        out ^= mixed ^ (mixed >> np.uint64(31))
    return out
