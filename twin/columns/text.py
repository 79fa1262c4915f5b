"""Free text: left empty, or its templates, with slots that are filled afresh (rule S11)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.codes import Field, State
from twin.columns import schema
from twin.columns.asked import Asked
from twin.columns.base import Condition, Draw, Learned, Matrix
from twin.columns.category import Levels
from twin.columns.category import load as load_levels
from twin.columns.filling import fill
from twin.columns.native import Native
from twin.columns.template import Found, Template, Vocabulary, find_templates, places_of
from twin.errors import SchemaError
from twin.privacy.guard import ColumnGuard

_STEP = 10  # per cent; shares of tokens are told in steps


@dataclass(frozen=True)
class LearnedText:
    """A text column of which nothing is learned.

    Example:
        >>> bool(LearnedText().fields)
        False
    """

    @property
    def fields(self) -> tuple[Field, ...]:
        """None: text is not modelled."""
        return ()

    def encode(self, native: Native, rng: Generator) -> Matrix:
        """No codes, shape (n, 0)."""
        return np.empty((native.values.shape[0], 0), np.int32)

    def decode(self, codes: Matrix, draw: Draw) -> Native:
        """Missing values only."""
        n = codes.shape[0]
        return Native(type="string", values=np.full(n, -1), missing=np.ones(n, dtype=bool))

    def condition(self, asked: Asked) -> Condition:
        """None: text is left empty."""
        raise asked.refused("free text")

    def state(self) -> State:
        """Nothing."""
        return State({})


@dataclass(frozen=True, kw_only=True)
class LearnedTemplates:
    """A text column as templates.

    Args:
        vocabulary: Tokens, digits and lengths that enough subjects share.
        templates: Sequences of tokens and slots that enough subjects share.
        levels: The templates as the levels of a category, by their place.
    """

    vocabulary: Vocabulary
    templates: tuple[Template, ...]
    levels: Levels

    @property
    def fields(self) -> tuple[Field, ...]:
        """The one field of the column: which template."""
        return self.levels.fields

    def encode(self, native: Native, rng: Generator) -> Matrix:
        """Codes, shape (n, 1)."""
        texts = [str(level) for level in native.levels]
        places = np.append(places_of(texts, self.vocabulary, self.templates), -1)
        return self.levels.encode(_as_levels(places[native.values], native, len(self.templates)), rng)

    def decode(self, codes: Matrix, draw: Draw) -> Native:
        """Texts, every slot filled afresh."""
        chosen = self.levels.decode(codes, draw)
        here = ~chosen.missing
        texts = fill(self.templates, self.vocabulary, chosen.values[here].astype(np.int64), draw.rng)
        index: dict[str, int] = {}
        values = np.full(here.size, -1, np.int64)
        values[here] = [index.setdefault(text, len(index)) for text in texts]
        return Native(type="string", values=values, missing=chosen.missing, levels=tuple(index))

    def condition(self, asked: Asked) -> Condition:
        """None: the slots of texts are filled afresh."""
        raise asked.refused("free text")

    def state(self) -> State:
        """What `load` needs."""
        levels, words = self.levels.state(), self.vocabulary
        pieces = [piece for template in self.templates for piece in template]
        return State(
            {"tokens": list(words.tokens), "digits": words.digits, "levels": dict(levels.facts)},
            {
                "weights": words.weights,
                "slots": words.slots,
                "lengths": words.lengths,
                "pieces": np.array(pieces, np.int64),
                "sizes": np.array([len(template) for template in self.templates], np.int64),
                **{f"levels.{name}": array for name, array in levels.arrays.items()},
            },
        )


def _as_levels(places: NDArray[np.int64], native: Native, many: int) -> Native:
    """Templates of rows as a nominal column; the last level stands for texts without a template."""
    values = np.where(native.missing, -1, np.where(places < 0, many, places))
    return Native(type="mixed", values=values, missing=native.missing, levels=(*range(many), -1))


def learn(column: schema.Text, native: Native, guard: ColumnGuard) -> Learned:
    """Learn the templates that enough subjects share, or nothing, and say so.

    Raises:
        SchemaError: If templates are asked for, and the values are not text.
    """
    rows = int((~native.missing).sum())
    if column.treatment == "drop" or not rows:
        guard.note("free text", values=len(native.levels), rows=rows, replacement="left empty")
        return LearnedText()
    coded = column.dtype.startswith(("category", "dictionary"))
    if coded or not (native.nominal and all(isinstance(level, str) for level in native.levels)):
        raise SchemaError(
            f"column {column.name!r}: declared a text with templates, but its values are not plain text; "
            "turn it into text first, as with .astype(str), or declare another kind"
        )
    found = find_templates([str(level) for level in native.levels], native.values, guard)
    if not found.templates or not found.vocabulary.tokens:
        rule = "free text of which nothing is shared by enough"
        guard.note(rule, values=len(native.levels), rows=rows, replacement="left empty")
        return LearnedText()
    _note(found, native, guard)
    size = len(found.templates)
    nullable = guard.supports(native.missing)
    placed = np.append(found.places, -1)[native.values]
    pooled = guard.supports((placed < 0) & ~native.missing)
    codes = np.where(native.missing, 0 if nullable else -1, placed + nullable)
    codes[(placed < 0) & ~native.missing] = size + nullable if pooled else -1
    weights = np.bincount(codes[codes >= 0], minlength=size + nullable + pooled).astype(np.float64)
    levels = Levels(
        name=str(column.name),
        type="mixed",
        levels=tuple(range(size)),
        weights=weights / max(1.0, weights.sum()),
        nullable=nullable,
        pooled=pooled,
    )
    return LearnedTemplates(vocabulary=found.vocabulary, templates=found.templates, levels=levels)


def _note(found: Found, native: Native, guard: ColumnGuard) -> None:
    """Write the lines of the suppression log."""
    low = int(found.share * 100) // _STEP * _STEP
    share = f"{low}–{low + _STEP} %" if low < 100 else "all"
    absent = native.missing.any() and not guard.supports(native.missing)
    coarse, lost = ~found.fine & (found.places >= 0), found.places < 0
    if absent:
        rows = int(native.missing.sum())
        guard.note("missing in too few", values=1, rows=rows, replacement="a text instead")
    for rule, what, values, where in (
        (
            "tokens held by too few",
            found.cut,
            found.lost,
            f"slots, filled afresh; {share} of the tokens in its texts are shared",
        ),
        ("forms of text that too few share", coarse, int(coarse.sum()), "a simpler form that enough share"),
        ("texts without a form that enough share", lost, int(lost.sum()), "drawn from the kept forms"),
    ):
        rows = int(np.append(what, False)[native.values].sum())
        if rows:
            guard.note(rule, values=values, rows=rows, replacement=where)


def load(column: schema.Text, state: State) -> Learned:
    """The learned column from its state."""
    if "tokens" not in state.facts:
        return LearnedText()
    tokens, levels = state.facts["tokens"], state.facts["levels"]
    assert isinstance(tokens, list) and isinstance(levels, dict)
    arrays = dict(state.arrays)
    ends = np.cumsum(np.asarray(arrays["sizes"], np.int64)).tolist()
    pieces = np.asarray(arrays["pieces"], np.int64).tolist()
    own = {name.removeprefix("levels."): a for name, a in arrays.items() if name.startswith("levels.")}
    return LearnedTemplates(
        vocabulary=Vocabulary(
            tokens=tuple(str(token) for token in tokens),
            weights=np.asarray(arrays["weights"], np.float64),
            slots=np.asarray(arrays["slots"], np.int64),
            digits=str(state.facts["digits"]),
            lengths=np.asarray(arrays["lengths"], np.float64),
        ),
        templates=tuple(tuple(pieces[start:end]) for start, end in pairwise((0, *ends))),
        levels=load_levels(schema.Category(name=column.name), State(levels, own)),
    )
