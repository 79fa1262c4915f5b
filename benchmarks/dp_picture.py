"""Draws utility against epsilon: `python -m benchmarks.dp_picture`. Needs matplotlib, of the extra `docs`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks import data, dp, experiment, page
from benchmarks.systems import PRIVATE

IMAGE = data.ROOT / "docs" / "images" / "dp_utility.svg"
PAPER, INK, SOFT, LINE = "#fbfaf7", "#22262b", "#5d6670", "#c9ced4"
COLOURS = {
    "dp-twin": "#12467a",
    "dp-twin-found": "#2f6fb2",
    "dp-twin-copula": "#7faad6",
    "dp-twin-network": "#0f8b8d",
    "dp-twin-ctgan": "#6fc2c0",
    "dp-dpmm-mst": "#d9622b",
    "dp-dpmm-aim": "#a33f10",
    "dp-smartnoise-mst": "#3d8b5f",
    "dp-smartnoise-aim": "#1f5c3b",
    "dp-mostlyai": "#8a4f9e",
}
DASHED = ("dp-twin-found", "dp-twin-copula")
GAP = 0.062
"""Least distance of two labels, as a share of a panel's height."""

Get = Callable[[page.Result], float]
PANELS: tuple[tuple[str, str, Get, Get, tuple[float, float]], ...] = (
    (
        "Accuracy",
        "mean of 1, 2 and 3 columns; 1 is best",
        lambda r: r["score"]["acc_against_holdout"]["mean"],
        lambda r: r["score"]["acc_holdout_swapped"]["mean"],
        (0.0, 1.0),
    ),
    (
        "TSTR",
        "area under the curve; 1 is best",
        lambda r: r["score"]["tstr"],
        lambda r: r["score"]["trtr"],
        (0.0, 1.0),
    ),
    (
        "C2ST",
        "told from real rows; .5 is best",
        lambda r: r["score"]["c2st"],
        lambda r: 0.5,
        (0.5, 1.0),
    ),
)


def draw(results: list[page.Result], target: Path) -> None:
    """Three panels, one line per system, its name at the line's end."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    look = {"svg.hashsalt": "twin", "font.family": "DejaVu Sans", "font.size": 9, "axes.edgecolor": LINE}
    with plt.rc_context(look):
        figure, axes = plt.subplots(1, len(PANELS), figsize=(13.2, 4.0))
        for axis, panel in zip(axes, PANELS, strict=True):
            _panel(axis, panel, results)
        figure.subplots_adjust(left=0.035, right=0.895, wspace=0.72, top=0.84, bottom=0.13)
        figure.savefig(target, facecolor=PAPER, metadata={"Date": None}, bbox_inches="tight", pad_inches=0.15)
        plt.close(figure)


def _panel(
    axis: Any, panel: tuple[str, str, Get, Get, tuple[float, float]], results: list[page.Result]
) -> None:
    title, note, get, reference, (low, high) = panel
    ends: list[tuple[float, str]] = []
    values: list[float] = []
    for system in PRIVATE:
        points = _points(system, get, results)
        if not points:
            continue
        x, y, half = ([p[i] for p in points] for i in range(3))
        style = {"color": COLOURS[system], "linestyle": (0, (4, 2)) if system in DASHED else "-"}
        axis.plot(x, y, marker="o", markersize=4, linewidth=1.8, **style)
        axis.errorbar(x, y, yerr=half, fmt="none", ecolor=COLOURS[system], elinewidth=1, capsize=2)
        ends.append((y[-1], system))
        values += y
    level = sum(map(reference, results)) / len(results)
    axis.axhline(level, color=SOFT, linewidth=0.9, linestyle=":")
    values.append(level)
    pad = 0.06 * (max(values) - min(values))
    axis.set_ylim(max(low, min(values)) - pad, min(high, max(values)) + pad)
    axis.set_xscale("log")
    axis.set_xticks(dp.EPSILONS, [f"{e:g}" for e in dp.EPSILONS])
    axis.minorticks_off()
    axis.set_xlim(0.08, 12)
    axis.set_xlabel("epsilon (delta 1e-6)", color=SOFT)
    axis.tick_params(colors=SOFT, length=3)
    axis.set_facecolor(PAPER)
    axis.grid(axis="y", color=LINE, linewidth=0.5, alpha=0.7)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    axis.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK, pad=20)
    axis.text(0, 1.03, note, transform=axis.transAxes, color=SOFT, fontsize=8.5)
    _labels(axis, [*ends, (level, "real rows")])


def _labels(axis: Any, ends: list[tuple[float, str]]) -> None:
    """Names beside the ends of the lines, moved apart where they would overlap."""
    bottom, top = axis.get_ylim()
    at = sorted((((y - bottom) / (top - bottom)), name) for y, name in ends)
    places = spread([share for share, _ in at], GAP)
    for place, (share, name) in zip(places, at, strict=True):
        colour = COLOURS.get(name, SOFT)
        words = PRIVATE[name].title if name in PRIVATE else name
        axis.plot(
            [1.0, 1.04], [share, place], transform=axis.transAxes, color=colour, linewidth=0.7, clip_on=False
        )
        axis.text(1.05, place, words, transform=axis.transAxes, color=colour, va="center", fontsize=8.5)


def spread(wanted: list[float], gap: float) -> list[float]:
    """Places in the order given, so far apart at least, moved as little as that takes (least squares)."""
    blocks: list[list[float]] = []
    for i, place in enumerate(wanted):
        blocks.append([place - gap * i])
        while len(blocks) > 1 and fmean(blocks[-2]) > fmean(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    level = [fmean(block) for block in blocks for _ in block]
    most = 1 - gap * (len(wanted) - 1)
    return [min(max(place, 0.0), most) + gap * i for i, place in enumerate(level)]


def _points(system: str, get: Get, results: list[page.Result]) -> list[tuple[float, float, float]]:
    """Epsilon, mean and half the width of the interval, in order of epsilon."""
    mine = [r for r in results if r["system"] == system and "run" in r]
    points = []
    for epsilon in sorted({r["epsilon"] for r in mine}):
        mean, half = dp.interval(get, [r for r in mine if r["epsilon"] == epsilon])
        points.append((epsilon, mean, half or 0.0))
    return points


def main() -> None:
    """Draw what is kept."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.dp_picture", description="Utility by epsilon."
    )
    parser.add_argument("--cache", type=Path, default=Path("~/.cache/twin-benchmarks").expanduser())
    parser.add_argument("--out", type=Path, default=IMAGE)
    args = parser.parse_args()
    lab = experiment.Lab(envs=args.cache / "envs", cache=args.cache)
    draw([r for r in dp.finished(lab) if "run" in r], args.out)


if __name__ == "__main__":
    main()
