"""Templates of texts: sequences of tokens that enough subjects share, and of slots (rule S11).

A text that too few share is described more and more coarsely, until enough share the description.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.columns.kinds.tokens import (
    CODE,
    EMAIL,
    GONE,
    LONGEST,
    NUMBER,
    PHONE,
    PHRASE,
    RUN,
    SOLID,
    SPACE,
    WORDS,
    slot_of,
    tokens_of,
)
from twin.privacy.suppression.guard import ColumnGuard

Template = tuple[int, ...]
MOST_TOKENS, MOST_TEMPLATES = 20_000, 5_000

_ALL = MOST_TOKENS


class Stage(NamedTuple):
    """How coarse a description is.

    Args:
        words: How many of the most widely held words it may use.
        numbers: Whether it may use numbers as they are.
        apart: Whether neighbouring slots, and the lengths of numbers, are told apart.
        first: Whether the first sentence stands for the whole text.
    """

    words: int = _ALL
    numbers: bool = False
    apart: bool = False
    first: bool = False


STAGES = (
    Stage(numbers=True, apart=True),
    Stage(apart=True),
    *(Stage(words=words) for words in (_ALL, 1_000, 200, 50, 10)),
    *(Stage(words=words, first=True) for words in (_ALL, 200, 10)),
    Stage(words=0),
    Stage(words=0, first=True),
)
"""Descriptions, from fine to coarse."""
_ENDS = frozenset(".!?。！？।")


def is_number(slots: Ints) -> Bools:
    """Which slots are for numbers, shape of `slots`."""
    return np.asarray((slots <= NUMBER) & (slots > GONE), dtype=bool)


@dataclass(frozen=True)
class Texts:
    """Texts as tokens.

    Args:
        tokens: The distinct tokens.
        ids: Tokens of all texts, one text after the other, as indices into `tokens`.
        sizes: Number of tokens of each text.
    """

    tokens: tuple[str, ...]
    ids: Ints
    sizes: Ints

    @property
    def first(self) -> Bools:
        """Which tokens are part of the first sentence of their text, shape of `ids`."""
        line = np.array(["\n" in token for token in self.tokens], dtype=bool)
        mark = np.array([token in _ENDS for token in self.tokens], dtype=bool)
        wide = np.array([token > "\u0fff" for token in self.tokens], dtype=bool)
        space = np.array([token.isspace() for token in self.tokens], dtype=bool)
        owner = np.repeat(np.arange(self.sizes.size), self.sizes)
        after = np.append(space[self.ids[1:]] | (owner[1:] != owner[:-1]), True)[: self.ids.size]
        ends = line[self.ids] | (mark[self.ids] & (after | wide[self.ids]))
        before = np.cumsum(ends) - ends  # sentences that ended before a token, in all texts
        starts = np.cumsum(self.sizes) - self.sizes
        return np.asarray(before == np.repeat(np.append(before, 0)[starts], self.sizes), dtype=bool)


def tokenise(texts: Sequence[str]) -> Texts:
    """Texts as tokens.

    Example:
        >>> tokenise(["no pain", "pain"]).ids.tolist()
        [0, 1, 2, 2]
    """
    index: dict[str, int] = {}
    ids: list[int] = []
    sizes: list[int] = []
    for text in texts:
        tokens = tokens_of(text)
        sizes.append(len(tokens))
        ids += [index.setdefault(token, len(index)) for token in tokens]
    return Texts(tuple(index), np.array(ids, np.int64), np.array(sizes, np.int64))


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What enough subjects share of the texts of a column, apart from their order.

    Args:
        tokens: Tokens that survive, the most widely held first.
        weights: Subjects that hold each token, shape (number of tokens,).
        slots: Slot of each token, where it does not survive, same shape.
        digits: Digits that survive.
        lengths: Subjects that hold a number of each length, 0 for lengths that too few hold, shape
            (LONGEST + 1,).
    """

    tokens: tuple[str, ...]
    weights: Floats
    slots: Ints
    digits: str
    lengths: Floats
    _index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {token: i for i, token in enumerate(self.tokens)})

    @property
    def worded(self) -> Bools:
        """Which tokens are words, shape (number of tokens,)."""
        return np.isin(self.slots, WORDS)

    def reader(self, texts: Texts) -> Reader:
        """What describes these texts."""
        index = np.array([self._index.get(token, -1) for token in texts.tokens], np.int64)
        words = self.worded
        rank = np.where(words, np.cumsum(words) - words, -1)  # marks and spaces count for nothing
        return Reader(
            texts=texts,
            first=texts.first,
            index=index,
            rank=np.append(rank, _ALL)[index],
            number=np.append(is_number(self.slots), False)[index],
            slot=self._fillable(np.array([slot_of(token) for token in texts.tokens], np.int64)),
            space=np.append(self.slots == SPACE, False),
        )

    def _fillable(self, slots: Ints) -> Ints:
        """Slots, or what stands for those that nothing could fill."""
        out = slots.copy()
        spaces = np.flatnonzero(self.slots == SPACE)
        out[slots == SPACE] = spaces[0] if spaces.size else GONE
        if not self.worded.any():
            out[np.isin(slots, WORDS)] = GONE
        number, code = is_number(slots), (slots == CODE) | (slots == PHONE)
        length = np.clip(NUMBER - slots, 0, LONGEST)
        shared = self.lengths[length] > 0
        out[number & ~(shared & (NUMBER - slots <= LONGEST))] = NUMBER
        if not self.digits:
            out[number | code] = GONE
        return out


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Describes texts by a vocabulary. Made by `Vocabulary.reader`.

    Args:
        texts: The texts.
        first: Which of their tokens are part of a first sentence.
        index: Index of each token in the vocabulary, or -1.
        rank: How many words are more widely held than each known token, -1 for what is no word.
        number: Which known tokens are numbers that survive.
        slot: What each known token becomes where it does not survive.
        space: Which tokens of the vocabulary are spaces, with one entry more.
    """

    texts: Texts
    first: Bools
    index: Ints
    rank: Ints
    number: Bools
    slot: Ints
    space: Bools

    def describe(self, stage: int, which: Ints) -> list[bytes]:
        """Descriptions of some texts, as the bytes of their pieces.

        Args:
            stage: Index into `STAGES`.
            which: The texts, shape (m,).

        Returns:
            m descriptions; equal where texts are described alike.
        """
        how = STAGES[stage]
        exact = (self.index >= 0) & (self.rank < how.words) & (how.numbers | ~self.number)
        pieces = np.where(exact, self.index, self.slot)
        if not how.apart:
            pieces[is_number(pieces)] = NUMBER
        sizes = self.texts.sizes
        within = _ragged(np.cumsum(sizes) - sizes, sizes, which)
        owner = np.repeat(np.arange(which.size), sizes[which])
        if how.first:
            inside = self.first[within]
            within, owner = within[inside], owner[inside]
        flat = pieces[self.texts.ids[within]]
        flat, owner = flat[flat != GONE], owner[flat != GONE]
        if not how.apart:
            flat, owner = self._merged(flat, owner)
        ends = np.cumsum(np.bincount(owner, minlength=which.size)) * flat.itemsize
        content, start, out = flat.tobytes(), 0, []
        for end in ends.tolist():
            out.append(content[start:end])
            start = end
        return out

    def _merged(self, flat: Ints, owner: Ints) -> tuple[Ints, Ints]:
        """Neighbouring slots for words as one slot, with the single spaces between them."""
        word = np.isin(flat, WORDS)
        same = owner[1:] == owner[:-1]
        after = np.append(word[1:] & same, False)[: word.size]
        before = np.append(False, word[:-1] & same)[: word.size]
        member = word | (self.space[np.maximum(flat, -1)] & before & after)
        grows = member & np.append(False, member[:-1] & same)[: word.size]  # goes on with what began before
        start = member & ~grows
        run = np.cumsum(start) - 1
        many = np.bincount(run[member], minlength=int(start.sum()))
        loose = np.bincount(run[member], weights=~np.isin(flat[member], SOLID), minlength=many.size)
        out = flat.copy()
        out[start] = np.where(many == 1, flat[start], np.where(loose > 0, PHRASE, RUN))
        return out[~grows], owner[~grows]


def _ragged(starts: Ints, sizes: Ints, which: Ints) -> Ints:
    """Places of all elements of some groups that stand one after the other."""
    many = sizes[which]
    ends = np.cumsum(many)
    indices: Ints = np.arange(int(many.sum())) + np.repeat(starts[which] - (ends - many), many)
    return indices


@dataclass(frozen=True, kw_only=True)
class FoundTemplates:
    """What was found in the texts of a column.

    Args:
        vocabulary: What survives apart from the order.
        templates: What survives in order.
        indices: Template of each text, -1 where it has none, shape (number of texts,).
        fine: Whether a text has its finest description, same shape.
        cut: Whether a text holds a token that did not survive, same shape.
        lost: How many distinct tokens did not survive.
        share: Share of tokens in all rows that survived.
    """

    vocabulary: Vocabulary
    templates: tuple[Template, ...]
    indices: Ints
    fine: Bools
    cut: Bools
    lost: int
    share: float


def find_templates(levels: Sequence[str], values: Ints, guard: ColumnGuard) -> FoundTemplates:
    """Templates that enough subjects share.

    Args:
        levels: Distinct texts.
        values: Text of each row, shape (n,); -1 where missing.
        guard: The guard of the column.

    Returns:
        What was found.
    """
    texts = tokenise(levels)
    present = np.flatnonzero(values >= 0)
    which = values[present]
    rows = np.repeat(present, texts.sizes[which])  # a (row, token) pair for each token of each row
    codes = texts.ids[_ragged(np.cumsum(texts.sizes) - texts.sizes, texts.sizes, which)]
    slots = np.array([slot_of(token) for token in texts.tokens], np.int64)
    kept, subjects = guard.keep_within(rows, codes, slots.size)
    kept &= (slots < CODE) | (slots > EMAIL)  # identifiers never survive
    plain = np.array([token == " " for token in texts.tokens], dtype=bool)
    kept |= plain & (subjects >= guard.threshold)  # a plain space tells nothing, whoever uses it most
    order = _first(texts.tokens, kept, subjects)[:MOST_TOKENS]
    survives = np.zeros(slots.size, dtype=bool)
    survives[order] = True
    lengths = np.where(is_number(slots), NUMBER - slots, 0)
    vocabulary = Vocabulary(
        tokens=tuple(texts.tokens[i] for i in order),
        weights=subjects[order].astype(np.float64),
        slots=slots[order],
        digits=_digits(texts.tokens, rows, codes, guard),
        lengths=_lengths(rows, codes, lengths, guard),
    )
    templates, indices, fine = _backed_off(vocabulary.reader(texts), values, guard)
    owner = np.repeat(np.arange(texts.sizes.size), texts.sizes)
    return FoundTemplates(
        vocabulary=vocabulary,
        templates=templates,
        indices=indices,
        fine=fine,
        cut=np.bincount(owner, weights=~survives[texts.ids], minlength=texts.sizes.size) > 0,
        lost=int(np.count_nonzero(~survives)),
        share=float(survives[codes].mean()) if codes.size else 1.0,
    )


def _first(names: Sequence[str] | Sequence[bytes], kept: Bools, counts: Ints) -> Ints:
    """What is kept, the most frequent first; ties by name, so that the order tells of nothing else."""
    order = sorted(np.flatnonzero(kept).tolist(), key=lambda i: (-counts[i], names[i]))
    return np.array(order, np.int64)


def _digits(tokens: tuple[str, ...], rows: Ints, codes: Ints, guard: ColumnGuard) -> str:
    """Digits that enough subjects use."""
    kept, numbers = "", [i for i, token in enumerate(tokens) if not token.isalpha()]
    for digit in "0123456789":
        holds = np.zeros(len(tokens), dtype=bool)
        holds[[i for i in numbers if digit in tokens[i]]] = True
        here = rows[holds[codes]]
        if guard.keep_within(here, np.zeros(here.size, np.int64), 1)[0][0]:
            kept += digit
    return kept


def _lengths(rows: Ints, codes: Ints, lengths: Ints, guard: ColumnGuard) -> Floats:
    """Subjects per length of numbers, 0 where too few have it."""
    here = (lengths[codes] > 0) & (lengths[codes] <= LONGEST)
    kept, subjects = guard.keep_within(rows[here], lengths[codes[here]], LONGEST + 1)
    return np.where(kept, subjects, 0).astype(np.float64)


def _backed_off(reader: Reader, values: Ints, guard: ColumnGuard) -> tuple[tuple[Template, ...], Ints, Bools]:
    """Templates, the template of each text, and whether it is its finest description."""
    size = reader.texts.sizes.size
    templates, fine = np.full(size, -1, np.int64), np.zeros(size, dtype=bool)
    found: dict[bytes, int] = {}
    for stage in range(len(STAGES)):
        left = np.flatnonzero(templates < 0)
        index: dict[bytes, int] = {}
        group = np.full(size + 1, -1, np.int64)  # the last: missing
        for text, shape in zip(left.tolist(), reader.describe(stage, left), strict=True):
            if shape in found:
                templates[text] = found[shape]
            else:
                group[text] = index.setdefault(shape, len(index))
        kept = guard.keep(group[values], len(index))
        counts = np.bincount(group[values] + 1, minlength=len(index) + 1)[1:]
        names = list(index)
        chosen = _first(names, kept, counts)[: MOST_TEMPLATES - len(found)]
        template_of = np.full(len(index), -1, np.int64)
        template_of[chosen] = len(found) + np.arange(chosen.size)
        found |= {names[i]: int(template_of[i]) for i in chosen.tolist()}
        new = group[:-1] >= 0
        templates[new] = template_of[group[:-1][new]]
        fine |= (templates >= 0) & (stage == 0)
    return tuple(tuple(np.frombuffer(shape, np.int64).tolist()) for shape in found), templates, fine


def template_indices(levels: Sequence[str], vocabulary: Vocabulary, templates: tuple[Template, ...]) -> Ints:
    """The finest template of each text, -1 where it has none, shape (number of texts,).

    Args:
        levels: Texts, each once.
        vocabulary: Tokens that were kept.
        templates: Templates that were kept.
    """
    index = {np.array(template, np.int64).tobytes(): i for i, template in enumerate(templates)}
    reader = vocabulary.reader(tokenise(levels))
    indices = np.full(len(levels), -1, np.int64)
    for stage in range(len(STAGES)):
        left = np.flatnonzero(indices < 0)
        indices[left] = [index.get(shape, -1) for shape in reader.describe(stage, left)]
    return indices
