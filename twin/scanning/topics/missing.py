"""Missing cells: how many, whose, and which columns go missing together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from twin.arrays import Bools
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
