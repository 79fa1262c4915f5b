"""From templates back to texts: every slot is filled afresh, from what enough subjects share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, repeat

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from twin.columns.template import Template, Vocabulary
from twin.columns.tokens import CODE, EMAIL, LONGEST, NUMBER, PHONE, PHRASE, RUN, SOLID, SPACE, URL, WORDS

IntArray = NDArray[np.int64]
_FEWEST, _MOST = 2, 4  # words of a phrase; the same for every column, so that they tell nothing
_CODE_LENGTH, _SHORT = 8, 2  # digits of a code, and of a number where no length is shared


def fill(
    templates: Sequence[Template], vocabulary: Vocabulary, places: IntArray, rng: Generator
) -> list[str]:
    """A text for each row.

    Args:
        templates: The templates.
        vocabulary: What fills their slots.
        places: Template of each row, shape (n,).
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
    rows = np.argsort(places, kind="stable")
    used, starts = np.unique(places[rows], return_index=True)
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
    assert slot == CODE
    return _digits(_CODE_LENGTH, many, vocabulary.digits, rng)


def _words(slots: tuple[int, ...], many: int, vocabulary: Vocabulary, rng: Generator) -> list[str]:
    """Words of these slots by their frequency; of any where none survived."""
    fits = np.isin(vocabulary.slots, slots)
    if not fits.any():
        fits = vocabulary.worded
    places = np.flatnonzero(fits)
    reach = np.cumsum(vocabulary.weights[places])
    drawn = np.searchsorted(reach, rng.random(many) * reach[-1], side="right")
    tokens = vocabulary.tokens
    return [tokens[i] for i in places[np.minimum(drawn, places.size - 1)].tolist()]


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
