"""Free text: left empty, or its templates, with slots that are filled afresh (rule S11)."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, repeat
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from twin.arrays import Ints
from twin.codes import Field, State
from twin.columns import schema
from twin.columns.arrays.reading import ColumnArrays
from twin.columns.base import FEWEST_ROWS, Candidate, Condition, DecodeContext, LearnedColumn, Matrix
from twin.columns.given.asked import Asked
from twin.columns.kinds.category import LearnedLevels
from twin.columns.kinds.category import load as load_levels
from twin.columns.kinds.template import FoundTemplates, Template, Vocabulary, find_templates, template_indices
from twin.columns.kinds.tokens import (
    CODE,
    EMAIL,
    LONGEST,
    MOST,
    NUMBER,
    PHONE,
    PHRASE,
    RUN,
    SOLID,
    SPACE,
    URL,
    WORDS,
)
from twin.errors import SchemaError
from twin.privacy.suppression.guard import ColumnGuard

_WORDED = (*WORDS, PHRASE, RUN)
_SLOTS = {*_WORDED, EMAIL, URL, PHONE, CODE, *range(NUMBER - LONGEST, NUMBER + 1)}
_MANY_WORDS = 5.0  # mean words a value from which text is free
_FREE = 0.5  # share of distinct values from which long text is free
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

    def encode(self, arrays: ColumnArrays, rng: Generator) -> Matrix:
        """No codes, shape (n, 0).

        Args:
            arrays: The column as arrays, n rows.
            rng: Source of randomness.
        """
        return np.empty((arrays.values.shape[0], 0), np.int32)

    def decode(self, codes: Matrix, context: DecodeContext) -> ColumnArrays:
        """Missing values only.

        Args:
            codes: Codes of the column's fields, shape (n, fields).
            context: Which rows are decoded, and their randomness.
        """
        n = codes.shape[0]
        return ColumnArrays(type="string", values=np.full(n, -1), missing=np.ones(n, dtype=bool))

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
    levels: LearnedLevels

    @property
    def fields(self) -> tuple[Field, ...]:
        """The one field of the column: which template."""
        return self.levels.fields

    def encode(self, arrays: ColumnArrays, rng: Generator) -> Matrix:
        """Codes, shape (n, 1).

        Args:
            arrays: The column as arrays, n rows.
            rng: Source of randomness.
        """
        texts = [str(level) for level in arrays.levels]
        places = np.append(template_indices(texts, self.vocabulary, self.templates), -1)
        return self.levels.encode(_as_levels(places[arrays.values], arrays, len(self.templates)), rng)

    def decode(self, codes: Matrix, context: DecodeContext) -> ColumnArrays:
        """Texts, every slot filled afresh.

        Args:
            codes: Codes of the column's fields, shape (n, fields).
            context: Which rows are decoded, and their randomness.
        """
        chosen = self.levels.decode(codes, context)
        here = ~chosen.missing
        texts = fill(self.templates, self.vocabulary, chosen.values[here].astype(np.int64), context.rng)
        index: dict[str, int] = {}
        values = np.full(here.size, -1, np.int64)
        values[here] = [index.setdefault(text, len(index)) for text in texts]
        return ColumnArrays(type="string", values=values, missing=chosen.missing, levels=tuple(index))

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


def _as_levels(indices: Ints, arrays: ColumnArrays, many: int) -> ColumnArrays:
    """Templates of rows as a nominal column; the last level stands for texts without a template."""
    values = np.where(arrays.missing, -1, np.where(indices < 0, many, indices))
    return ColumnArrays(type="mixed", values=values, missing=arrays.missing, levels=(*range(many), -1))


def takes(candidate: Candidate) -> schema.Text | None:
    """Free text: many words a value, and values that seldom repeat."""
    plain = candidate.arrays.type == "string" and not candidate.categorical
    if not plain or candidate.present < FEWEST_ROWS or candidate.distinct <= _FREE * candidate.present:
        return None
    levels: Any = pd.Series(candidate.arrays.levels, dtype=object)
    if float(levels.str.count(r"\S+").mean()) < _MANY_WORDS:
        return None
    reason = "long text that seldom repeats: left empty in samples"
    return schema.Text(name=candidate.name, dtype=candidate.dtype, reason=reason)


def learn(column: schema.Text, arrays: ColumnArrays, guard: ColumnGuard) -> LearnedColumn:
    """Learn the templates that enough subjects share, or nothing, and say so.

    Args:
        column: Its declaration.
        arrays: The column as arrays, n rows.
        guard: The guard of this column.

    Raises:
        SchemaError: If templates are asked for, and the values are not text.
    """
    rows = int((~arrays.missing).sum())
    if column.treatment == "drop" or not rows:
        guard.note("free text", values=len(arrays.levels), rows=rows, replacement="left empty")
        return LearnedText()
    coded = column.dtype.startswith(("category", "dictionary"))
    if coded or not (arrays.nominal and all(isinstance(level, str) for level in arrays.levels)):
        raise SchemaError(
            f"column {column.name!r}: declared a text with templates, but its values are not plain text; "
            "turn it into text first, as with .astype(str), or declare another kind"
        )
    shared = find_templates([str(level) for level in arrays.levels], arrays.values, guard)
    if not shared.templates or not shared.vocabulary.tokens:
        rule = "free text of which nothing is shared by enough"
        guard.note(rule, values=len(arrays.levels), rows=rows, replacement="left empty")
        return LearnedText()
    _note(shared, arrays, guard)
    size = len(shared.templates)
    nullable = guard.supports(arrays.missing)
    placed = np.append(shared.indices, -1)[arrays.values]
    pooled = guard.supports((placed < 0) & ~arrays.missing)
    codes = np.where(arrays.missing, 0 if nullable else -1, placed + nullable)
    codes[(placed < 0) & ~arrays.missing] = size + nullable if pooled else -1
    weights = np.bincount(codes[codes >= 0], minlength=size + nullable + pooled).astype(np.float64)
    levels = LearnedLevels(
        name=str(column.name),
        type="mixed",
        levels=tuple(range(size)),
        weights=weights / max(1.0, weights.sum()),
        nullable=nullable,
        pooled=pooled,
    )
    return LearnedTemplates(vocabulary=shared.vocabulary, templates=shared.templates, levels=levels)


def _note(shared: FoundTemplates, arrays: ColumnArrays, guard: ColumnGuard) -> None:
    """Write the lines of the suppression log."""
    low = int(shared.share * 100) // _STEP * _STEP
    share = f"{low}–{low + _STEP} %" if low < 100 else "all"
    absent = arrays.missing.any() and not guard.supports(arrays.missing)
    coarse, lost = ~shared.fine & (shared.indices >= 0), shared.indices < 0
    if absent:
        rows = int(arrays.missing.sum())
        guard.note("missing in too few", values=1, rows=rows, replacement="a text instead")
    for rule, what, values, where in (
        (
            "tokens held by too few",
            shared.cut,
            shared.lost,
            f"slots, filled afresh; {share} of the tokens in its texts are shared",
        ),
        ("forms of text that too few share", coarse, int(coarse.sum()), "a simpler form that enough share"),
        ("texts without a form that enough share", lost, int(lost.sum()), "drawn from the kept forms"),
    ):
        rows = int(np.append(what, False)[arrays.values].sum())
        if rows:
            guard.note(rule, values=values, rows=rows, replacement=where)


def load(column: schema.Text, state: State) -> LearnedColumn:
    """The learned column from its state.

    Args:
        column: Its declaration.
        state: What `state` gave, as it came from a file.
    """
    if "tokens" not in state.facts:
        return LearnedText()
    tokens = state.words("tokens")
    sizes = state.array("sizes", np.int64, (None,), 0, MOST)
    pieces = state.array("pieces", np.int64, (int(sizes.sum()),), high=len(tokens) - 1)
    levels = load_levels(
        schema.Category(name=column.name), State(state.fact("levels", dict), state.part("levels"))
    )
    vocabulary = Vocabulary(
        tokens=tokens,
        weights=state.array("weights", np.float64, (len(tokens),), 0.0),
        slots=state.array("slots", np.int64, (len(tokens),)),
        digits=state.fact("digits", str),
        lengths=state.array("lengths", np.float64, (LONGEST + 1,), 0.0),
    )
    worded = bool(vocabulary.weights[vocabulary.worded].sum() > 0)
    if not set(pieces[pieces < 0].tolist()) <= _SLOTS or (np.isin(pieces, _WORDED).any() and not worded):
        raise ValueError("state: a template has a slot that cannot be filled")
    if levels.levels != tuple(range(sizes.size)) or not set(vocabulary.digits) <= set(string.digits):
        raise ValueError("state: its templates and its levels do not fit each other")
    ends = np.cumsum(sizes).tolist()
    return LearnedTemplates(
        vocabulary=vocabulary,
        templates=tuple(tuple(pieces[start:end].tolist()) for start, end in pairwise((0, *ends))),
        levels=levels,
    )


_FEWEST, _MOST = 2, 4  # words of a phrase; the same for every column, so that they tell nothing
_CODE_LENGTH, _SHORT = 8, 2  # digits of a code, and of a number where no length is shared


def fill(templates: Sequence[Template], vocabulary: Vocabulary, indices: Ints, rng: Generator) -> list[str]:
    """A text for each row.

    Args:
        templates: The templates.
        vocabulary: What fills their slots.
        indices: Template of each row, shape (n,).
        rng: Randomness.

    Returns:
        n texts.

    Example:
        >>> words = Vocabulary(
        ...     tokens=("mg", " "),
        ...     weights=np.array([9.0, 9.0]),
        ...     slots=np.array([-1, SPACE]),
        ...     digits="5",
        ...     lengths=np.zeros(19),
        ... )
        >>> fill([(NUMBER - 3, 1, 0)], words, np.array([0]), np.random.default_rng(0))
        ['555 mg']
    """
    rows = np.argsort(indices, kind="stable")
    used, starts = np.unique(indices[rows], return_index=True)
    ends = np.append(starts[1:], rows.size)
    counts: Counter[int] = Counter()
    for template, many in zip(used.tolist(), (ends - starts).tolist(), strict=True):
        for piece in templates[template]:
            if piece < 0:
                counts[piece] += many
    # one draw per slot for the whole block, in a fixed order, and each template takes its part
    drawn = {slot: iter(_draw(slot, counts[slot], vocabulary, rng)) for slot in sorted(counts)}
    texts: list[str] = []
    for template, many in zip(used.tolist(), (ends - starts).tolist(), strict=True):
        texts += _texts(templates[template], many, vocabulary.tokens, drawn)
    out = [""] * len(texts)
    for row, text in zip(rows.tolist(), texts, strict=True):
        out[row] = text
    return out


def _texts(
    template: Template, many: int, tokens: tuple[str, ...], drawn: dict[int, Iterator[str]]
) -> list[str]:
    """As many texts of one template."""
    parts: list[str | list[str]] = []
    for piece in template:
        if piece < 0:
            parts.append(list(islice(drawn[piece], many)))
        elif parts and isinstance(parts[-1], str):
            parts[-1] += tokens[piece]
        else:
            parts.append(tokens[piece])
    if all(isinstance(part, str) for part in parts):
        return ["".join(map(str, parts))] * many
    columns = [repeat(part, many) if isinstance(part, str) else part for part in parts]
    return list(map("".join, zip(*columns, strict=True)))


def _draw(slot: int, many: int, vocabulary: Vocabulary, rng: Generator) -> list[str]:
    """Fillings of a slot."""
    if slot in WORDS:
        return _words((slot,), many, vocabulary, rng)
    if slot in (PHRASE, RUN):
        return _phrases(slot, many, vocabulary, rng)
    if slot <= NUMBER:
        return _numbers(NUMBER - slot, many, vocabulary, rng)
    if slot == EMAIL:  # RFC 2606: example.org belongs to nobody
        return [f"name{part}@example.org" for part in _digits(4, many, vocabulary.digits, rng)]
    if slot == URL:
        return [f"https://example.org/{part}" for part in _digits(4, many, vocabulary.digits, rng)]
    if slot == PHONE:  # 555-0100 to 555-0199 are kept for fiction in the North American plan
        return [f"555-01{part}" for part in _digits(2, many, vocabulary.digits, rng)]
    return _digits(_CODE_LENGTH, many, vocabulary.digits, rng)


def _words(slots: tuple[int, ...], many: int, vocabulary: Vocabulary, rng: Generator) -> list[str]:
    """Words of these slots by their frequency; of any where none survived."""
    fits = np.isin(vocabulary.slots, slots)
    if not fits.any():
        fits = vocabulary.worded
    fitting = np.flatnonzero(fits)
    reach = np.cumsum(vocabulary.weights[fitting])
    drawn = np.searchsorted(reach, rng.random(many) * reach[-1], side="right")
    tokens = vocabulary.tokens
    return [tokens[i] for i in fitting[np.minimum(drawn, fitting.size - 1)].tolist()]


def _phrases(slot: int, many: int, vocabulary: Vocabulary, rng: Generator) -> list[str]:
    """A few words with spaces between, or a few characters of a script without spaces."""
    spaces = np.flatnonzero(vocabulary.slots == SPACE)
    solid = slot == RUN and bool(np.isin(vocabulary.slots, SOLID).any())
    gap = vocabulary.tokens[spaces[0]] if spaces.size and not solid else ""
    words = _words(SOLID if slot == RUN else WORDS, _MOST * many, vocabulary, rng)
    sizes = rng.integers(_FEWEST, _MOST + 1, many).tolist()
    return [gap.join(words[_MOST * i : _MOST * i + size]) for i, size in enumerate(sizes)]


def _numbers(length: int, many: int, vocabulary: Vocabulary, rng: Generator) -> list[str]:
    """Numbers of a length, or of any length that enough subjects share."""
    if length:
        return _digits(length, many, vocabulary.digits, rng)
    weights = vocabulary.lengths
    if not weights.any():
        return _digits(_SHORT, many, vocabulary.digits, rng)
    lengths = rng.choice(LONGEST + 1, size=many, p=weights / weights.sum())
    out = np.empty(many, dtype=object)
    for each in np.unique(lengths).tolist():
        here = lengths == each
        out[here] = _digits(each, int(here.sum()), vocabulary.digits, rng)
    texts: list[str] = out.tolist()
    return texts


def _digits(length: int, many: int, alphabet: str, rng: Generator) -> list[str]:
    """Random digits; numbers of several digits do not start with 0 where that can be."""
    if not alphabet or not many:
        return [""] * many
    letters = np.array(list(alphabet))[rng.integers(0, len(alphabet), (many, length))]
    first = alphabet.replace("0", "")
    if first and length > 1:
        letters[:, 0] = np.array(list(first))[rng.integers(0, len(first), many)]
    joined: list[str] = np.ascontiguousarray(letters).view(f"U{length}").ravel().tolist()
    return joined
