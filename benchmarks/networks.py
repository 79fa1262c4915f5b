"""Networks beside their peers: quality against seconds, on both tables, and with a budget on Adult."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks import data, dp, experiment, page
from benchmarks.systems import NETWORKS, PRIVATE_NETWORKS

EPSILONS = (1.0, 8.0)
LIMIT = 90.0
"""Minutes that fitting and sampling may take."""
LENGTHS: dict[str, tuple[int, ...]] = {
    "twin-ctgan": (2, 5, 10, 40),
    "twin-ctgan-plain": (2, 5, 10, 40),
    "twin-network": (1, 3, 15, 30),
    "twin-network-plain": (1, 3, 15, 30),
    "sdv-ctgan": (10, 50, 100),
    "sdv-tvae": (10, 50, 100),
    "mostlyai": (1, 3, 10, 30),
}
"""Epochs of training beside each system's default, for the curve of quality against seconds."""
BASES = ("twin-ctgan", "twin-network")
"""The systems that ratios are taken against."""
SCORES: tuple[page.Figure, ...] = (
    ("acc, train", lambda r: r["score"]["acc"]["mean"], ".4f"),
    ("acc, holdout", lambda r: r["score"]["acc_against_holdout"]["mean"], ".4f"),
    ("C2ST", lambda r: r["score"]["c2st"], ".3f"),
    ("TSTR", lambda r: r["score"]["tstr"], ".3f"),
    ("DCR share", lambda r: r["score"]["dcr_share"], ".3f"),
)
COSTS: tuple[page.Figure, ...] = (
    ("fit, s", lambda r: r["run"]["fit_s"], ",.1f"),
    ("fit, s of processor", lambda r: r["run"]["fit_cpu_s"], ",.1f"),
    ("rows/s", lambda r: r["run"]["rows_per_s"], ",.0f"),
    ("peak memory, MB", lambda r: r["run"]["peak_mb"], ",.0f"),
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One fit of a network.

    Args:
        system: Name in `NETWORKS`.
        table: Name of the table.
        seed: Of the fit where it takes one, and of the sample.
        epochs: Epochs of training, or None for the system's default.
    """

    system: str
    table: str
    seed: int
    epochs: int | None = None

    @property
    def name(self) -> str:
        return f"{self.table}-{self.system}{_length(self.epochs)}-{self.seed}"


def plan(
    systems: Iterable[str],
    tables: Iterable[str],
    seeds: Iterable[int],
    peer_seeds: int,
    curves: Iterable[str],
) -> list[Run]:
    """Every run, systems in turn; peers get the first so many seeds; other lengths get the first seed.

    Args:
        systems: Names in `NETWORKS`.
        tables: Names of tables.
        seeds: Seeds of the defaults.
        peer_seeds: How many of the seeds peers get.
        curves: Tables on which other training lengths are run too.
    """
    systems, tables, seeds = list(systems), list(tables), list(seeds)
    usual = [
        Run(system=system, table=table, seed=seed)
        for i, seed in enumerate(seeds)
        for table in tables
        for system in systems
        if NETWORKS[system].peer is None or i < peer_seeds
    ]
    longest = max(map(len, LENGTHS.values()))
    other = [
        Run(system=system, table=table, seed=seeds[0], epochs=LENGTHS[system][i])
        for table in curves
        if table in tables
        for i in range(longest)
        for system in systems
        if i < len(LENGTHS.get(system, ()))
    ]
    return usual + other


def run(lab: experiment.Lab, which: Run, rows: int | None, *, limit: float, fresh: bool) -> dict[str, Any]:
    """The result of a run, from its file or anew. One that is not done in time is kept as such.

    Raises:
        subprocess.CalledProcessError: If the runner or the scorer fails; what it said is on standard error.
    """
    table = data.table(which.table, rows, lab.cache / "cut")
    path = _folder(lab) / f"{which.name}{'' if rows is None else f'-{rows}rows'}.json"
    what = NETWORKS[which.system]
    result: dict[str, Any] = {
        "system": which.system,
        "table": which.table,
        "epochs": which.epochs,
        "seed": which.seed,
        "threads": lab.threads,
    }
    setting = f"{what.setting}{_length(which.epochs)}"
    return experiment.attempt(lab, path, what, setting, table, result, limit=limit, fresh=fresh)


def private(lab: experiment.Lab) -> experiment.Lab:
    """Where results with a budget are kept: apart from those of `dp`, which may have had other threads."""
    return replace(lab, cache=lab.cache / "networks")


def finished(lab: experiment.Lab) -> list[page.Result]:
    """Every result on whole tables that is kept, of this run and of earlier ones."""
    paths = sorted(_folder(lab).glob("*.json"))
    kept = [json.loads(p.read_text()) for p in paths if p.stem.rsplit("-", 1)[-1].isdigit()]
    return [result for result in kept if result["system"] in NETWORKS]


def write(lab: experiment.Lab, target: Path, machine: str) -> None:
    """The sections of the page, from every result that is kept."""
    results = finished(lab)
    if any("run" in result for result in results):
        page.write(target, "networks", section(results, machine))
    results = [r for r in dp.finished(private(lab)) if r["system"] in PRIVATE_NETWORKS]
    if any("run" in result for result in results):
        page.write(target, "networks-dp", private_section(results, machine))


def section(results: list[page.Result], machine: str) -> str:
    """Tables of scores and costs, one set per table of data, and of other training lengths."""
    done = [r for r in results if "run" in r]
    parts = [
        f"Machine: {machine}. Threads: {page.threads(results, NETWORKS)}.",
        f"Versions: {page.versions(done, NETWORKS)}.",
    ]
    for table in (name for name in data.TARGETS if any(r["table"] == name for r in done)):
        mine = [r for r in results if r["table"] == table]
        usual = page.by_system([r for r in mine if r["epochs"] is None], NETWORKS)
        if any("run" in r for rows in usual.values() for r in rows):
            whole = {s: [r for r in rows if "run" in r] for s, rows in usual.items()}
            parts += [f"### Networks on {table}", page.reference({s: r for s, r in whole.items() if r})]
            parts += [_scores(usual), _costs(usual)]
        if any(r["epochs"] is not None for r in mine):
            parts += [f"### Training lengths on {table}", _lengths(mine)]
    return "\n\n".join(parts)


def private_section(results: list[page.Result], machine: str) -> str:
    """Tables of the networks with a budget, and of `marginals` beside them."""
    return dp.section(results, machine, heading="Networks at epsilon", base="dp-twin-network")


def _scores(groups: Mapping[str, list[page.Result]]) -> str:
    heads = ["system", "seeds", *(label for label, _, _ in SCORES)]
    rows = []
    for system, results in groups.items():
        done = [r for r in results if "run" in r]
        cells = [page.cell(f, done) for f in SCORES] if done else page.unfinished(results, len(SCORES))
        rows.append([NETWORKS[system].title, str(len(done or results)), *cells])
    return page.table(heads, rows)


def _costs(groups: Mapping[str, list[page.Result]]) -> str:
    bases = {b: [r for r in groups.get(b, []) if "run" in r] for b in BASES}
    bases = {b: rows for b, rows in bases.items() if rows}
    against = f" ({', '.join(f'× {NETWORKS[b].setting}' for b in bases)})" if bases else ""
    heads = ["system", *(f"{label}{against}" for label, _, _ in COSTS)]
    rows = []
    for system, results in groups.items():
        done = [r for r in results if "run" in r]
        cells = [_ratios(f, done, bases.values()) for f in COSTS] if done else None
        rows.append([NETWORKS[system].title, *(cells or page.unfinished(results, len(COSTS)))])
    return page.table(heads, rows)


def _ratios(figure: page.Figure, results: list[page.Result], bases: Iterable[list[page.Result]]) -> str:
    _, get, form = figure
    value = fmean(map(get, results))
    times = [page.ratio(value / fmean(map(get, base))) for base in bases]
    return f"{value:{form}}" + (f" ({', '.join(times)})" if times else "")


def _lengths(results: list[page.Result]) -> str:
    """One line per system and training length, of the seeds that the shorter lengths have."""
    figures = (*SCORES, COSTS[0])
    seeds = {r["seed"] for r in results if r["epochs"] is not None}
    rows = []
    for system, mine in page.by_system([r for r in results if r["seed"] in seeds], NETWORKS).items():
        for epochs in lengths(mine):
            same = [r for r in mine if r["epochs"] == epochs]
            done = [r for r in same if "run" in r]
            cells = [page.cell(f, done) for f in figures] if done else page.unfinished(same, len(figures))
            rows.append([NETWORKS[system].title, "default" if epochs is None else str(epochs), *cells])
    return page.table(["system", "epochs", *(label for label, _, _ in figures)], rows)


def lengths(results: Iterable[page.Result]) -> list[int | None]:
    """The training lengths among results: by number of epochs, the default last."""
    return sorted({r["epochs"] for r in results}, key=lambda e: (e is None, e or 0))


def _length(epochs: int | None) -> str:
    return "" if epochs is None else f"@{epochs}"


def _folder(lab: experiment.Lab) -> Path:
    return lab.cache / "networks"
