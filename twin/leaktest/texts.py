"""Canaries of text: levels, passages, identifiers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from twin.columns.schema import Category
from twin.leaktest import invent, watches
from twin.leaktest.bed import REPEATS, Bed, Plan
from twin.leaktest.needles import number_needle

_OFTEN = 20  # rows from which a character of a key counts as part of its form
_TRIES = 99


def plan_category(bed: Bed) -> Iterator[Plan]:
    """A rare level, a long one, an odd character, a level of one person, a missing cell."""
    declared = bed.column
    covered = isinstance(declared, Category) and declared.parents is not None
    if bed.texts and not covered:
        yield bed.text("rare level", invent.word(bed.rng))
        yield from bed.odd_texts(lambda: invent.word(bed.rng))
        if bed.longitudinal:
            yield bed.text("repeated by one", invent.word(bed.rng), holders=1, repeats=REPEATS)
    yield from bed.missing()


def plan_text(bed: Bed) -> Iterator[Plan]:
    """A surname in a text, a long text, an odd character."""
    if not bed.texts:
        return
    name = invent.word(bed.rng)
    words = str(bed.rng.choice(np.array(bed.texts, dtype=object))).split(" ")
    words.insert(int(bed.rng.integers(len(words) + 1)), name)
    yield bed.text("name in a text", " ".join(words), name)
    yield from bed.odd_texts(lambda: f"{words[0]} {invent.word(bed.rng)}")


def plan_key(bed: Bed) -> Iterator[Plan]:
    """An identifier in the form of the others, a long one, an odd character, a missing cell."""
    holders = 1 if bed.is_subject else None
    if bed.texts:
        every, taken = np.array(bed.texts, dtype=object), set(bed.texts)
        model = str(bed.rng.choice(every))
        value = next((v for _ in range(_TRIES) if (v := invent.same_form(model, bed.rng)) not in taken), "")
        if value:
            share = 1 / _forms(bed.texts)
            watch = watches.Reissued(bed.name, value, share)
            yield bed.text("identifier", value, watches=(watch,), chancy=True, holders=holders)
        if not bed.is_subject:
            yield from bed.odd_texts(lambda: invent.same_form(model, bed.rng))
    elif pd.api.types.is_integer_dtype(bed.series.dtype):
        yield from _whole_key(bed, holders)
    yield from bed.missing()


def _whole_key(bed: Bed, holders: int | None) -> Iterator[Plan]:
    present = bed.series.dropna().astype(np.int64).to_numpy()
    if not present.size:
        return
    model = str(abs(int(bed.rng.choice(present))))
    taken = set(present.tolist())
    value = next(
        (v for _ in range(_TRIES) if (v := int(invent.same_form(model, bed.rng))) not in taken), None
    )
    if value is not None:
        watch = watches.Reissued(bed.name, str(value), 1 / (9 * 10.0 ** (len(model) - 1)))
        needle = number_needle(value)
        yield Plan(
            sort="identifier",
            cells={bed.name: value},
            needle=needle,
            watches=(watch,),
            chancy=True,
            holders=holders,
        )


def _forms(texts: list[str]) -> float:
    """At least so many identifiers share the form of the commonest length."""
    lengths = np.array([len(text) for text in texts])
    length = int(np.bincount(lengths).argmax())
    letters = np.array([text for text in texts if len(text) == length], dtype=f"U{max(length, 1)}")
    forms = 1.0
    for j, column in enumerate(letters.view("U1").reshape(letters.size, -1).T if length else ()):
        _, counts = np.unique(column, return_counts=True)
        forms *= max(1, int((counts >= _OFTEN).sum())) if j < length else 1
    return forms


def plan_flag(bed: Bed) -> Iterator[Plan]:
    """A missing cell."""
    yield from bed.missing()
