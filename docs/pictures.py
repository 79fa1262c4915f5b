"""Draws the pictures of the page on suppression: `.venv/bin/python docs/pictures.py`. Same code, same bytes.

All tables in them are made up. What comes out is computed by twin itself, with a threshold that is told here
so that it can be shown; real ones are secret.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.patches import FancyBboxPatch, Rectangle

import twin
from twin.codes import Codes, Domain, Field
from twin.columns.binning.binning import learn_binning
from twin.models.trees.trees import Trees
from twin.models.wrappers.dependencies import Dependent
from twin.privacy.suppression.guard import Guard
from twin.sampling.rare_combinations import RareCombinationFilter

IMAGES = Path(__file__).parent / "images"
PAPER, INK, SOFT, LINE = "#fbfaf7", "#22262b", "#5d6670", "#c9ced4"
KEPT, CUT, MAYBE = "#2f6fb2", "#d9622b", "#b9c3cd"
K, NOISE = 11, 2


def save(figure: Any, name: str) -> None:
    """Write a picture on paper of its own, so that it reads on light and on dark pages."""
    figure.savefig(
        IMAGES / f"suppression_{name}.svg",
        facecolor=PAPER,
        metadata={"Date": None},
        bbox_inches="tight",
        pad_inches=0.2,
    )
    plt.close(figure)


def bare(axis: Any) -> None:
    """No frame and no ticks."""
    axis.set_xticks([])
    axis.set_yticks([])
    for side in axis.spines.values():
        side.set_visible(False)


def title(axis: Any, text: str) -> None:
    """A heading at the left."""
    axis.set_title(text, loc="left", fontsize=11, fontweight="bold", color=INK, pad=10)


def chip(axis: Any, x: float, y: float, text: str, **options: Any) -> None:
    """A word in a rounded box."""
    colour = options.pop("colour", LINE)
    box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": colour, "linewidth": 1.2}
    axis.text(x, y, text, bbox=box, va="center", **{"ha": "left", "fontsize": 9, **options})


def levels() -> None:
    """Levels with counts and the secret threshold, and what becomes of those that are cut."""
    counts = {"I10": 62, "J45": 44, "E11.9": 35, "M54": 27, "J44": 17, "E11.5": 12, "E11.2": 8, "Z99": 1}
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9.6, 4.1), width_ratios=[1.35, 1], layout="constrained"
    )
    spots = np.arange(len(counts))[::-1]
    for y, (level, held) in zip(spots, counts.items(), strict=True):
        sure = held >= 25
        colour = KEPT if sure else CUT if held < K else MAYBE
        left.barh(y, held, height=0.62, color=colour, zorder=3)
        note = "kept" if sure else "cut, always" if held < K else "kept or cut, by chance"
        rows = "1 person, in 40 rows: " if level == "Z99" else f"{held}: "
        left.text(max(held, K if held < K else 0) + 1.2, y, rows + note, va="center", fontsize=8.5, zorder=4)
    for extra in range(16):  # the chance that the secret threshold is higher still
        left.axvspan(K + extra, K + extra + 1, color="#8d99a6", alpha=0.7 * (2 / 3) ** (extra + 1), lw=0)
    left.axvline(K, color=INK, linewidth=1.2, zorder=5)
    left.set_yticks(spots, list(counts))
    left.set(xlim=(0, 88), ylim=(-0.6, len(counts) + 0.25), xlabel="persons who hold the level")
    left.text(K + 0.8, len(counts) - 0.28, "k = 11, and the secret threshold somewhere above", fontsize=8.5)
    left.tick_params(length=0)
    for side in ("top", "right", "left"):
        left.spines[side].set_visible(False)
    title(left, "Levels are kept by the number of persons")
    bare(right)
    right.set(xlim=(0, 10), ylim=(0, 10))
    title(right, "What stands in place of a level that is cut")
    ways = [
        ('rare="resample", the default', "J45", "a kept level, drawn by frequency"),
        ('rare="token"', "_RARE_", "one visible level for all"),
        ('rare="parent", prefixes=(3, 1)', "E11", "the next level above\nthat enough share"),
    ]
    for y, (head, to, words) in zip((8.4, 5.2, 2.0), ways, strict=True):
        right.text(0.1, y + 1.0, head, fontsize=9, family="monospace")
        chip(right, 0.4, y, "E11.2", colour=CUT)
        right.annotate("", (3.2, y), (2.0, y), arrowprops={"arrowstyle": "->", "color": SOFT})
        chip(right, 3.5, y, to, colour=KEPT)
        right.text(6.0, y, words, va="center", fontsize=8.5, color=SOFT)
    save(figure, "levels")


def incomes() -> np.ndarray:
    """Incomes in hundreds: two thirds in thousands, and one that stands apart."""
    rng = np.random.default_rng(5)
    amount = np.rint(rng.lognormal(np.log(280), 0.42, 1_400)).astype(np.int64)
    heaped = rng.random(amount.size) < 0.6
    amount[heaped] = np.rint(amount[heaped] / 50).astype(np.int64) * 50
    return np.append(amount[amount < 900], [905, 958, 1004, 1187])


def tail() -> None:
    """A number's atoms and cells, and its tail with the guarded bound."""
    units = incomes()
    guard = Guard(k=K, noise=lambda: NOISE).column("income")
    line = learn_binning(units, np.zeros(units.size, dtype=bool), guard, most=40)
    rng = np.random.default_rng(0)
    codes = line.encode(units, np.zeros(units.size, dtype=bool), rng)
    drawn, _ = line.decode(codes, rng)
    bound = float(line.edges[-1])
    figure, (top, low) = plt.subplots(2, 1, figsize=(9.6, 5.6), height_ratios=[1.25, 1], layout="constrained")
    for i, (start, end) in enumerate(zip(line.edges[:-1], line.edges[1:], strict=True)):
        inside = (units > start) & (units < end) & ~np.isin(units, line.atoms)
        held = int(inside.sum()) / (end - start) * 10  # persons per step of 1,000
        top.add_patch(
            Rectangle((start, 0), end - start, held, facecolor=KEPT, alpha=(0.22, 0.38)[i % 2], linewidth=0)
        )
    held = np.array([(units == atom).sum() for atom in line.atoms])
    top.vlines(line.atoms, 0, held, color=KEPT, linewidth=2.4)
    top.plot(line.atoms, held, "o", color=KEPT, markersize=4)
    busiest = int(held.argmax())
    top.annotate(
        "atom: an exact number that\nenough persons hold (25,000)",
        (line.atoms[busiest] + 4, held[busiest] * 0.93),
        (420, held[busiest] * 0.8),
        fontsize=8.5,
        arrowprops={"arrowstyle": "->", "color": SOFT},
    )
    top.annotate(
        "cells: at least K persons in each;\nvalues are drawn evenly inside",
        (380, 14),
        (640, held[busiest] * 0.48),
        fontsize=8.5,
        arrowprops={"arrowstyle": "->", "color": SOFT},
    )
    top.set(xlim=(0, 1230), ylim=(0, held.max() * 1.08), ylabel="persons")
    top.yaxis.label.set_color(SOFT)
    title(top, "A number: atoms and cells")
    beyond = np.sort(units[units > bound])
    common = int(np.bincount(units[(units > 600) & (units < bound)]).argmax())
    low.text(
        common + 5,
        0.9,
        f"{(units == common).sum()} persons\nhold {common * 100:,}: too\nfew for an atom",
        fontsize=8.5,
        va="center",
    )
    low.axvspan(bound, 1230, color=CUT, alpha=0.1, lw=0)
    low.axvline(bound, color=INK, linewidth=1.2)
    dots(low, units, 0.62, INK)
    dots(low, beyond, 0.62, CUT)
    dots(low, drawn, 0.1, KEPT)
    low.text(608, 0.93, "the table", fontsize=8.5, va="center")
    low.text(608, 0.41, "the twin", fontsize=8.5, color=KEPT, va="center")
    low.text(
        bound + 6,
        0.19,
        f"the bound, a round number: {beyond.size} persons lie beyond it,\n"
        "and none of their incomes comes out; they are drawn\ninside, and do not pile up",
        fontsize=8.5,
        va="center",
    )
    low.set(xlim=(600, 1230), ylim=(0, 1.05), yticks=[], xlabel="income")
    title(low, "The same number's upper end")
    for axis in (top, low):
        axis.xaxis.set_major_formatter(lambda x, _: f"{x * 100:,.0f}")
        axis.tick_params(length=0)
        for side in ("top", "right", "left"):
            axis.spines[side].set_visible(False)
    save(figure, "tail")


def dots(axis: Any, values: np.ndarray, height: float, colour: str) -> None:
    """Each value as a dot, equal ones stacked."""
    values = np.sort(values[values > 600])
    above = np.arange(values.size) - np.searchsorted(values, values)
    axis.plot(values, height + 0.045 * above, "o", color=colour, markersize=3.6, alpha=0.85)


AREAS = ("Northtown", "Eastbridge", "Southwick", "Westfield", "Hillgate", "Lakeham")
JOBS = ("clerk", "teacher", "farmer", "nurse", "engineer", "diver")


def jobs() -> Codes:
    """Persons by place and profession, of whom few combinations have one or none."""
    rng = np.random.default_rng(3)
    area = rng.choice(6, 1_500, p=[0.3, 0.25, 0.16, 0.13, 0.1, 0.06])
    of_area = np.array([[5, 3, 0, 3, 4, 0.8], [4, 3, 0, 3, 3, 0.1], [2, 3, 5, 2, 0.1, 0.1]] * 2)
    of_area[4], of_area[5] = [1, 2, 6, 2, 0, 0], [1.5, 2, 5, 2, 0, 1]
    job = np.array([rng.choice(6, p=of_area[a] / of_area[a].sum()) for a in area])
    job[np.flatnonzero(area == 5)[0]] = 4  # the one engineer of Lakeham
    fields = (Field(name="area", size=6), Field(name="job", size=6))
    return Codes(Domain(fields), np.stack([area, job], axis=1))


def crossed(values: np.ndarray) -> np.ndarray:
    """Rows per area and job, shape (6, 6)."""
    return np.bincount(values[:, 0] * 6 + values[:, 1], minlength=36).reshape(6, 6)


def combinations() -> None:
    """A cross table before and after the gate."""
    codes = jobs()
    guard = Guard(k=K, noise=lambda: NOISE)
    gate = RareCombinationFilter(model=Dependent(model=Trees()), fields=("area", "job"))
    fitted = gate.fit(codes, guard=guard, rng=np.random.default_rng(1))
    real = crossed(codes.values)
    samples = [fitted.sample(codes.n, rng=np.random.default_rng(seed)).values for seed in range(100)]
    made = np.mean([crossed(values) for values in samples], axis=0)
    chance = np.outer(real.sum(axis=1), real.sum(axis=0)) / codes.n
    allowed = real >= K + NOISE
    figure, axes = plt.subplots(1, 3, figsize=(9.6, 4.3), layout="constrained")
    heads = ("The table", "By chance", "The twin")
    for axis, head, cells in zip(axes, heads, (real, chance, made), strict=True):
        bare(axis)
        for (i, j), value in np.ndenumerate(cells):
            lone = (i, j) in ((5, 4), (5, 5)) and axis is not axes[1]
            colour = KEPT if allowed[i, j] else CUT
            strength = 0.30 if allowed[i, j] else 0.20
            if axis is axes[1]:
                strength = 0.06 if allowed[i, j] else 0.20
            box = Rectangle((j, 5 - i), 0.94, 0.94, facecolor=colour, alpha=strength, linewidth=0)
            axis.add_patch(box)
            if lone:
                axis.add_patch(Rectangle((j, 5 - i), 0.94, 0.94, fill=False, edgecolor=CUT, linewidth=2))
            text = str(value) if axis is axes[0] else f"{value:.1f}"
            faint = axis is axes[1] and allowed[i, j]
            axis.text(
                j + 0.47,
                5.47 - i,
                text,
                ha="center",
                va="center",
                fontsize=9,
                color=MAYBE if faint else INK,
                fontweight="bold" if lone else "normal",
            )
        axis.set(xlim=(-0.05, 6), ylim=(-0.05, 6), aspect="equal")
        axis.set_xticks(np.arange(6) + 0.47, JOBS, rotation=45, ha="right", fontsize=8.5)
        axis.tick_params(length=0)
        title(axis, head)
        axis.title.set_fontsize(10)
    axes[0].set_yticks(np.arange(6)[::-1] + 0.47, AREAS, fontsize=8.5)
    notes = (
        "blue: shared by enough persons;\norange: shared by fewer, or by none.\n"
        f"Framed: the one engineer, the {real[5, 5]} divers",
        "what a cell would hold if place and job\nhad nothing to do with each other:\n"
        "the limit for orange cells",
        "mean of 100 samples. Orange cells\nstay within the limit: Lakeham's divers\n"
        "come out no more often than by chance",
    )
    for axis, note in zip(axes, notes, strict=True):
        axis.set_xlabel(note, fontsize=8.5, color=SOFT, labelpad=8)
    save(figure, "combinations")


def people() -> pd.DataFrame:
    """A table of people who do not exist."""
    rng = np.random.default_rng(8)
    female = rng.random(800) < 0.5
    first = np.where(
        female, rng.choice(["Maria", "Anna", "Eva"], 800), rng.choice(["Josef", "Karl", "Franz"], 800)
    )
    last = rng.choice(["Huber", "Gruber", "Wagner", "Bauer", "Pichler", "Moser"], 800)
    mail = [f"{f}.{s}{i}@example.org".lower() for i, (f, s) in enumerate(zip(first, last, strict=True))]
    return pd.DataFrame(
        {
            "name": [f"{s}, {f}" for f, s in zip(first, last, strict=True)],
            "sex": np.where(female, "f", "m"),
            "e-mail": mail,
            "card": [f"9000 {i:04d} 0000 {i % 97:04d}" for i in rng.permutation(800)],
            "age": rng.integers(4, 16, 800) * 5,  # each held by many, so that no secret threshold shows
        }
    )


def identities() -> None:
    """How a row of identities is invented afresh."""
    table = people()
    schema = twin.infer(table).replace(
        {
            "name": twin.DirectIdentifier(what="name", locale="de_AT", sex="sex"),
            "e-mail": twin.DirectIdentifier(what="email", locale="de_AT"),
            "card": twin.DirectIdentifier(what="card", locale="de_AT"),
        }
    )
    row = twin.fit(table, schema=schema, model="independent").sample(8, seed=7).iloc[3]
    source = {
        "name": "Huber, Maria",
        "sex": "f",
        "e-mail": "maria.huber@post.example",
        "card": "•••• •••• •••• 4417",
        "age": "45",
    }
    learned = {
        "name": "form: Surname, First name",
        "sex": "how many of each",
        "e-mail": "form: first.surname@",
        "card": "form: four groups of four",
        "age": "ages that enough persons have",
    }
    figure, axis = plt.subplots(figsize=(9.6, 4.6), layout="constrained")
    bare(axis)
    axis.set(xlim=(0, 100), ylim=(0, 46))
    crossed_out = []
    for x, wide, head in (
        (10, 25, "A row of the table"),
        (42, 25, "What is kept"),
        (74, 26, "A row of the twin"),
    ):
        axis.text(x, 43.5, head, fontsize=11, fontweight="bold")
        face = FancyBboxPatch(
            (x - 1, 7), wide, 34, boxstyle="round,pad=0.4", facecolor="white", edgecolor=LINE
        )
        axis.add_patch(face)
    for y, name in zip((37, 30.5, 24, 17.5, 11), source, strict=True):
        never = name in ("name", "e-mail", "card")
        axis.text(0, y, name, va="center", fontsize=9, color=SOFT)
        written = axis.text(10, y, source[name], va="center", fontsize=9)
        crossed_out += [written] * never
        axis.text(42, y, learned[name], va="center", fontsize=9, color=INK)
        axis.text(74, y, str(row[name]), va="center", fontsize=9, color=KEPT if never else INK)
        axis.annotate(
            "", (40.4, y), (35, y), arrowprops={"arrowstyle": "->", "color": CUT if never else SOFT}
        )
        axis.annotate(
            "", (72.4, y), (67, y), arrowprops={"arrowstyle": "->", "color": KEPT if never else SOFT}
        )
    axis.text(10, 2.6, "crossed out: never learned,\nnot even hashed", fontsize=8.5, color=CUT, va="center")
    axis.text(42, 2.6, "only what enough persons share", fontsize=8.5, color=SOFT, va="center")
    axis.text(
        74,
        2.6,
        "one person is invented for the row:\nname and e-mail agree, and fit the sex;\n"
        "no issuer has cards that begin with 9000",
        fontsize=8.5,
        color=KEPT,
        va="center",
    )
    figure.canvas.draw()
    for written in crossed_out:
        box = written.get_window_extent().transformed(axis.transData.inverted())
        axis.plot([box.x0 - 0.4, box.x1 + 0.4], [(box.y0 + box.y1) / 2] * 2, color=CUT, linewidth=1.4)
    save(figure, "identities")


PICTURES: tuple[Callable[[], None], ...] = (levels, tail, combinations, identities)


def main() -> None:
    """Draw all pictures."""
    style = {
        "svg.hashsalt": "twin",
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "axes.facecolor": PAPER,
        "axes.edgecolor": LINE,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
    IMAGES.mkdir(exist_ok=True)
    with plt.rc_context(style):
        for picture in PICTURES:
            picture()


if __name__ == "__main__":
    main()
