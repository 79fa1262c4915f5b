"""Draws quality against seconds of training: `python -m benchmarks.networks_picture`.

Needs matplotlib, of the extra `docs`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks import data, experiment, networks, page
from benchmarks.dp_picture import INK, LINE, PAPER, SOFT, spread
from benchmarks.systems import NETWORKS

IMAGE = data.ROOT / "docs" / "images" / "networks_quality.svg"
COLOURS = {
    "twin": "#22262b",
    "twin-ctgan": "#0f8b8d",
    "twin-ctgan-plain": "#6fc2c0",
    "twin-network": "#12467a",
    "twin-network-plain": "#7faad6",
    "sdv-ctgan": "#d9622b",
    "sdv-tvae": "#a33f10",
    "mostlyai": "#8a4f9e",
}
DASHED = ("twin-ctgan-plain", "twin-network-plain")
GAP = 0.062
"""Least distance of two labels, as a share of a panel's height."""

Get = Callable[[page.Result], float]
PANELS: tuple[tuple[str, str, Get, Get], ...] = (
    (
        "C2ST",
        "told from real rows; .5 is best",
        lambda r: r["score"]["c2st"],
        lambda r: 0.5,
    ),
    (
        "Accuracy",
        "mean of 1, 2 and 3 columns, against holdout; 1 is best",
        lambda r: r["score"]["acc_against_holdout"]["mean"],
        lambda r: r["score"]["acc_holdout_swapped"]["mean"],
    ),
    (
        "TSTR",
        "area under the curve; 1 is best",
        lambda r: r["score"]["tstr"],
        lambda r: r["score"]["trtr"],
    ),
)


def draw(results: list[page.Result], target: Path) -> None:
    """Three panels for each table with curves: a line per system, its name at the right."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    tables = [t for t in data.TARGETS if any(r["table"] == t and r["epochs"] is not None for r in results)]
    look = {"svg.hashsalt": "twin", "font.family": "DejaVu Sans", "font.size": 9, "axes.edgecolor": LINE}
    with plt.rc_context(look):
        size = (13.2, 4.2 * max(1, len(tables)))
        figure, axes = plt.subplots(len(tables), len(PANELS), figsize=size, squeeze=False)
        for row, table in zip(axes, tables, strict=True):
            mine = [r for r in results if r["table"] == table]
            for axis, panel in zip(row, PANELS, strict=True):
                _panel(axis, panel, mine, table)
        bottom, top = 0.55 / size[1], 1 - 0.65 / size[1]
        figure.subplots_adjust(left=0.035, right=0.865, wspace=0.95, hspace=0.42, top=top, bottom=bottom)
        figure.savefig(target, facecolor=PAPER, metadata={"Date": None}, bbox_inches="tight", pad_inches=0.15)
        plt.close(figure)


def _panel(axis: Any, panel: tuple[str, str, Get, Get], results: list[page.Result], table: str) -> None:
    from matplotlib.ticker import LogLocator

    title, note, get, reference = panel
    ends: list[tuple[float, float, str]] = []
    for system, mine in page.by_system(results, NETWORKS).items():
        x, y, usual = _points(get, mine)
        style = {"color": COLOURS[system], "linestyle": (0, (4, 2)) if system in DASHED else "-"}
        axis.plot(x, y, marker="o", markersize=3.5, linewidth=1.8, **style)
        if usual is not None:
            axis.plot(*usual, marker="o", markersize=7.5, color=COLOURS[system])
        ends.append((x[-1], y[-1], system))
    level = fmean(map(reference, results))
    values = [y for line in axis.lines for y in line.get_ydata()] + [level]
    axis.axhline(level, color=SOFT, linewidth=0.9, linestyle=":")
    pad = 0.06 * (max(values) - min(values) or 1.0)
    axis.set_ylim(min(values) - pad, max(values) + pad)
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    axis.xaxis.set_major_formatter(lambda s, _: f"{s:g}")
    axis.minorticks_off()
    axis.set_xlabel("seconds of fitting", color=SOFT)
    axis.tick_params(colors=SOFT, length=3)
    axis.set_facecolor(PAPER)
    axis.grid(axis="y", color=LINE, linewidth=0.5, alpha=0.7)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    axis.set_title(f"{title}, {table}", loc="left", fontsize=11, fontweight="bold", color=INK, pad=20)
    axis.text(0, 1.03, note, transform=axis.transAxes, color=SOFT, fontsize=8.5)
    _labels(axis, [*ends, (axis.get_xlim()[1], level, "real rows")])


def _labels(axis: Any, ends: list[tuple[float, float, str]]) -> None:
    """Names at the right, level with the last points, moved apart where they would overlap."""
    right = axis.get_xlim()[1]
    bottom, top = axis.get_ylim()
    at = sorted((((y - bottom) / (top - bottom)), x, y, name) for x, y, name in ends)
    places = spread([share for share, *_ in at], GAP)
    for place, (share, x, y, name) in zip(places, at, strict=True):
        colour = COLOURS.get(name, SOFT)
        axis.plot([x, right], [y, y], color=colour, linewidth=0.5, alpha=0.45)
        axis.plot(
            [1.0, 1.05], [share, place], transform=axis.transAxes, color=colour, linewidth=0.7, clip_on=False
        )
        axis.text(
            1.06, place, _words(name), transform=axis.transAxes, color=colour, va="center", fontsize=8.5
        )
    axis.set_xlim(right=right)


def _words(name: str) -> str:
    """A system's title in plain and few words."""
    title = NETWORKS[name].title if name in NETWORKS else name
    return title.replace("`", "").removesuffix(" TabularARGN")


def _points(
    get: Get, results: list[page.Result]
) -> tuple[list[float], list[float], tuple[float, float] | None]:
    """Seconds and means in order of seconds, and those of the default."""
    points = {}
    for epochs in networks.lengths(results):
        same = [r for r in results if r["epochs"] == epochs]
        points[epochs] = fmean(r["run"]["fit_s"] for r in same), fmean(map(get, same))
    x, y = zip(*sorted(points.values()), strict=True)
    return list(x), list(y), points.get(None)


def main() -> None:
    """Draw what is kept."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.networks_picture", description="Quality against seconds."
    )
    parser.add_argument("--cache", type=Path, default=Path("~/.cache/twin-benchmarks").expanduser())
    parser.add_argument("--out", type=Path, default=IMAGE)
    args = parser.parse_args()
    lab = experiment.Lab(envs=args.cache / "envs", cache=args.cache)
    draw([r for r in networks.finished(lab) if "run" in r], args.out)


if __name__ == "__main__":
    main()
