"""A1: descriptions taken from the twin that fit exactly one real person."""

from __future__ import annotations

from numpy.random import Generator

from twin.metrics.attacks.attack import About, Detail, Reading
from twin.metrics.attacks.bed import Bed
from twin.metrics.attacks.descriptions import EXPECTED, NEAR, Description, Index, blind, several, single
from twin.metrics.attacks.rates import rates
from twin.metrics.intervals import wilson
from twin.metrics.view import View

FEWEST = 100
"""With fewer descriptions nothing is said."""
_STREAM = 61
_SOURCE = "Cohen & Nissim 2020, arXiv 1904.06009; Giomi et al. 2023, arXiv 2211.10459"
_QUESTION = (
    "The attacker sees the twin alone and describes people by {what}, such that the description fits one row "
    "of it alone. It is a success where it fits exactly one of as many real people."
)
_FIGURE = (
    "share of the descriptions that single out someone learned from, each person counted once, less the "
    "share that single out someone it never saw"
)


class SinglingOutOne:
    """Descriptions by one column: values that one row has, and the extremes."""

    about = About(
        name="singling_out_1",
        code="A1",
        title="Singling out by one column",
        question=_QUESTION.format(what="one value, or as the smallest or the largest"),
        figure=_FIGURE,
        source=_SOURCE,
    )

    def read(self, bed: Bed, twin: View) -> Reading | None:
        """None where too few descriptions can be written."""
        rng, index = bed.rng(_STREAM), Index(twin)
        return _read(bed, index, single(index, bed.train.n_units, rng), rng)

    def detail(self, bed: Bed, twin: View, reading: Reading | None) -> Detail:
        """How many descriptions, and the rates."""
        return _detail(reading, "They are spread evenly over the columns, as far as these have any.")


class SinglingOut:
    """Descriptions by two to four columns, which fit one row of the twin though chance would bring none."""

    about = About(
        name="singling_out",
        code="A1",
        title="Singling out by several columns",
        question=_QUESTION.format(what="two to four of their values or ranges"),
        figure=_FIGURE,
        source=_SOURCE,
    )

    def read(self, bed: Bed, twin: View) -> Reading | None:
        """None where too few descriptions can be written, and with a single column."""
        rng, index = bed.rng(_STREAM + 1), Index(twin)
        return _read(bed, index, several(index, bed.train.n_units, rng), rng)

    def detail(self, bed: Bed, twin: View, reading: Reading | None) -> Detail:
        """How many descriptions, and the rates."""
        return _detail(
            reading,
            f"Numbers and dates are given as half-lines, or as ranges that hold {2 * NEAR:.1%} of the "
            f"rows. Were the columns independent, each description would fit {EXPECTED:g} people at most.",
        )


def _read(bed: Bed, twin: Index, descriptions: list[Description], rng: Generator) -> Reading | None:
    if len(descriptions) < FEWEST:
        return None
    n, train = len(descriptions), Index(bed.train)
    guessed = train.singled_out(blind(descriptions, twin, rng))
    hits = train.singled_out(descriptions), Index(bed.holdout).singled_out(descriptions)
    return rates(hits[0], hits[1], n, naive=wilson(guessed, n))


def _detail(reading: Reading | None, note: str) -> Detail:
    if reading is None:
        return Detail(weak=f"fewer than {FEWEST} descriptions fit one row of the twin alone")
    return Detail(note=f"{reading.n:,} descriptions. {note}")
