"""Results as tables of the page `docs/benchmarks.md`, between its markers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from benchmarks.systems import DEFAULT, SYSTEMS, System

Result = dict[str, Any]
Figure = tuple[str, Callable[[Result], float], str]

SCORES: tuple[Figure, ...] = (
    ("acc, train", lambda r: r["score"]["acc"]["mean"], ".4f"),
    ("acc, holdout", lambda r: r["score"]["acc_against_holdout"]["mean"], ".4f"),
    ("2-way acc, train", lambda r: r["score"]["acc"]["biv"], ".4f"),
    ("C2ST", lambda r: r["score"]["c2st"], ".3f"),
    ("TSTR", lambda r: r["score"]["tstr"], ".3f"),
    ("DCR share", lambda r: r["score"]["dcr_share"], ".3f"),
    ("rows = a train row", lambda r: 100 * r["score"]["match_train"], ".3f"),
    ("rows = a holdout row", lambda r: 100 * r["score"]["match_holdout"], ".3f"),
)
COSTS: tuple[Figure, ...] = (
    ("fit, s", lambda r: r["run"]["fit_s"], ".2f"),
    ("rows/s", lambda r: r["run"]["rows_per_s"], ",.0f"),
    ("peak memory, MB", lambda r: r["run"]["peak_mb"], ",.0f"),
)


def write(page: Path, name: str, text: str) -> None:
    """Put text between the markers of that name.

    Raises:
        ValueError: If the page has no such markers.
    """
    whole = page.read_text(encoding="utf-8")
    start, end = f"<!-- {name}: start -->", f"<!-- {name}: end -->"
    if start not in whole or end not in whole:
        raise ValueError(f"{page}: the markers {start} and {end} are missing")
    head, rest = whole.split(start, 1)
    tail = rest.split(end, 1)[1]
    page.write_text(f"{head}{start}\n\n{text.strip()}\n\n{end}{tail}", encoding="utf-8", newline="\n")


def results_section(results: list[Result], machine: str) -> str:
    """The tables of scores, costs and ratios, one set per table of data."""
    parts = [f"Machine: {machine}.", f"Versions: {versions(results, SYSTEMS)}."]
    for table in dict.fromkeys(r["table"] for r in results):
        groups = by_system([r for r in results if r["table"] == table], SYSTEMS)
        parts += [f"### {table}", reference(groups), _scores(groups), _costs(groups)]
    return "\n\n".join(parts)


def reference(groups: Mapping[str, list[Result]]) -> str:
    """What the figures are means of, and what real rows reach."""
    every = [r["score"] for rows in groups.values() for r in rows]
    seeds = sorted({r["seed"] for rows in groups.values() for r in rows})
    real = every[0]["acc_holdout"]
    return (
        f"{every[0]['n_syn']:,} rows sampled; mean over seeds {', '.join(map(str, seeds))}, with the "
        "standard deviation over seeds in brackets. Real holdout rows in the place of the twin: accuracy "
        f"{real['mean']:.4f}, 2-way {real['biv']:.4f}, "
        f"rows equal to a train row {100 * every[0]['match_ho_in_train']:.3f} %. "
        f"TRTR: {fmean(s['trtr'] for s in every):.3f}."
    )


def _scores(groups: dict[str, list[Result]]) -> str:
    heads = ["system", *(f"{label}{' (%)' if '=' in label else ''}" for label, _, _ in SCORES)]
    rows = [[SYSTEMS[s].title, *(cell(f, rs) for f in SCORES)] for s, rs in groups.items()]
    return table(heads, rows)


def _costs(groups: dict[str, list[Result]]) -> str:
    base = groups.get(DEFAULT)
    against = "" if base is None else " (× twin)"
    heads = ["system", *(f"{label}{against}" for label, _, _ in COSTS)]
    rows = []
    for system, results in groups.items():
        cells = []
        for _, get, form in COSTS:
            value = fmean(map(get, results))
            times = "" if base is None else f" ({ratio(value / fmean(map(get, base)))})"
            cells.append(f"{value:{form}}{times}")
        rows.append([SYSTEMS[system].title, *cells])
    return table(heads, rows)


def cell(figure: Figure, results: list[Result]) -> str:
    """Mean over seeds, with the standard deviation over seeds in brackets."""
    _, get, form = figure
    values = [get(r) for r in results]
    spread = f" ({stdev(values):{form}})" if len(values) > 1 else ""
    return f"{fmean(values):{form}}{spread}"


def ratio(value: float) -> str:
    """A ratio with three digits."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def versions(results: list[Result], systems: Mapping[str, System]) -> str:
    """Which packages were measured, each named once."""
    named: dict[str, None] = {}
    for result in results:
        pairs = result["run"]["versions"].items()
        own = systems[result["system"]].title.split(" ")[0].rstrip(",")
        named[f"{own}: " + ", ".join(f"{name} {number}" for name, number in pairs)] = None
    return "; ".join(named)


def threads(results: list[Result], systems: Mapping[str, System]) -> str:
    """How many threads each run was given, by system where they differ."""
    if len({r["threads"] for r in results}) == 1:
        return f"{results[0]['threads']} for every system"
    given = {s: sorted({str(r["threads"]) for r in rows}) for s, rows in by_system(results, systems).items()}
    return "; ".join(f"{systems[system].title} {' or '.join(n)}" for system, n in given.items())


def by_system(results: list[Result], systems: Iterable[str]) -> dict[str, list[Result]]:
    """The results of each system that has any, in the order of the systems."""
    groups = {system: [r for r in results if r["system"] == system] for system in systems}
    return {system: rows for system, rows in groups.items() if rows}


def unfinished(results: list[Result], width: int) -> list[str]:
    """Cells of a system that came to no result: why, and nothing."""
    return [results[0]["unfinished"], *[""] * (width - 1)]


def large_section(result: Result, machine: str) -> str:
    """What was measured on the large table."""
    fit, sample, stream = result["fit"], result["sample"], result["stream"]
    heads = ["step, each in a fresh process", "rows", "seconds", "rows/s", "peak memory, MB"]
    rows = [
        [
            label,
            f"{m['rows']:,}",
            f"{m['seconds']:.1f}",
            f"{m['rows'] / m['seconds']:,.0f}",
            f"{m['peak_mb']:,.0f}",
        ]
        for label, m in (
            ("fit", fit),
            ("load and sample into one table", sample),
            ("load and stream into a parquet file", stream),
        )
    ]
    kept = "kept" if stream["dtypes_kept"] else "**not kept**"
    constant = "kept" if stream["constants_kept"] else "**not kept**"
    return "\n\n".join(
        [
            f"Machine: {machine}.",
            f"flights, {fit['rows']:,} rows × {fit['columns']} columns. Model: {fit['model']}. "
            f"Size of the saved twin: {fit['file_mb']:.1f} MB. "
            f"The sampled table holds {sample['table_mb']:,.0f} MB.",
            table(heads, rows),
            f"Dtypes: {kept}. Constant columns ({stream['constants']}): {constant}. "
            "Largest difference in a column's share of missing cells: "
            f"{100 * stream['largest_gap_in_missing']:.3f} percentage points.",
        ]
    )


def table(heads: list[str], rows: Iterable[list[str]]) -> str:
    """A table in Markdown; the first column is of words."""
    lines = [heads, ["---", *("--:" for _ in heads[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
