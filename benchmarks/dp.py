"""Differentially private synthesis beside its peers: UCI Adult, four budgets, levels and bounds public."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from benchmarks import data, experiment, page
from benchmarks.systems import PRIVATE, PRIVATE_DEFAULT

TABLE = "adult"
EPSILONS = (0.1, 1.0, 3.0, 10.0)
LIMIT = 15.0
"""Minutes that fitting and sampling may take."""
UTILITY: tuple[page.Figure, ...] = (
    ("acc, holdout", lambda r: r["score"]["acc_against_holdout"]["mean"], ".4f"),
    ("1-way", lambda r: r["score"]["acc_against_holdout"]["uni"], ".4f"),
    ("2-way", lambda r: r["score"]["acc_against_holdout"]["biv"], ".4f"),
    ("3-way", lambda r: r["score"]["acc_against_holdout"]["tri"], ".4f"),
    ("C2ST", lambda r: r["score"]["c2st"], ".3f"),
    ("TSTR", lambda r: r["score"]["tstr"], ".3f"),
    ("association error", lambda r: r["score"]["association_error"], ".4f"),
)
COSTS: tuple[page.Figure, ...] = (
    ("fit, s", lambda r: r["run"]["fit_s"], ".1f"),
    ("fit, s of processor", lambda r: r["run"]["fit_cpu_s"], ".1f"),
    ("sample, s", lambda r: r["run"]["sample_s"], ".2f"),
    ("peak memory, MB", lambda r: r["run"]["peak_mb"], ",.0f"),
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One fit with a budget.

    Args:
        system: Name in `PRIVATE`.
        epsilon: The budget.
        seed: Of the fit where it takes one, and of the sample.
    """

    system: str
    epsilon: float
    seed: int

    @property
    def name(self) -> str:
        return f"{self.system}@{self.epsilon:g}-{self.seed}"


def plan(
    systems: Iterable[str], epsilons: Iterable[float], seeds: Iterable[int], peer_seeds: int
) -> list[Run]:
    """Every run, systems in turn; peers get the first so many seeds."""
    systems, epsilons = list(systems), list(epsilons)
    return [
        Run(system=system, epsilon=epsilon, seed=seed)
        for i, seed in enumerate(seeds)
        for epsilon in epsilons
        for system in systems
        if PRIVATE[system].peer is None or i < peer_seeds
    ]


def run(lab: experiment.Lab, which: Run, rows: int | None, *, limit: float, fresh: bool) -> dict[str, Any]:
    """The result of a run, from its file or anew. One that is refused or not done in time is kept as such.

    Raises:
        subprocess.CalledProcessError: If the runner or the scorer fails; what it said is on standard error.
    """
    table = data.table(TABLE, rows, lab.cache / "cut")
    path = _folder(lab) / f"{TABLE}-{which.name}{'' if rows is None else f'-{rows}rows'}.json"
    what = PRIVATE[which.system]
    result: dict[str, Any] = {
        "system": which.system,
        "table": TABLE,
        "epsilon": which.epsilon,
        "seed": which.seed,
        "threads": lab.threads,
    }
    setting = f"{what.setting}@{which.epsilon:g}"
    quiet = replace(lab, speed_rows=0)
    return experiment.attempt(quiet, path, what, setting, table, result, limit=limit, fresh=fresh)


def finished(lab: experiment.Lab) -> list[page.Result]:
    """Every result on the whole table that is kept, of this run and of earlier ones."""
    paths = sorted(_folder(lab).glob(f"{TABLE}-*@*-[0-9]*.json"))
    kept = [json.loads(p.read_text()) for p in paths if p.stem.rsplit("-", 1)[1].isdigit()]
    return [result for result in kept if result["system"] in PRIVATE]


def write(lab: experiment.Lab, target: Path, machine: str) -> None:
    """The section of the page, from every result that is kept."""
    results = finished(lab)
    if any("run" in result for result in results):
        page.write(target, "dp", section(results, machine))


def section(
    results: list[page.Result], machine: str, *, heading: str = "epsilon", base: str = PRIVATE_DEFAULT
) -> str:
    """Tables of utility, one per budget, and of costs, the latter against those of the system `base`."""
    done = [r for r in results if "run" in r]
    real = done[0]["score"]
    parts = [
        f"Machine: {machine}. Threads: {page.threads(results, PRIVATE)}.",
        f"Versions: {page.versions(done, PRIVATE)}.",
        f"Adult, {real['n_syn']:,} rows sampled, delta 1e-6. Mean over seeds ± half the width of its "
        "95 % interval (Student's t); a figure without ± is of one seed. "
        f"Train rows in the place of a twin: accuracy {real['acc_holdout_swapped']['mean']:.4f}, association "
        f"error {real['association_error_train']:.4f}. TRTR: {fmean(r['score']['trtr'] for r in done):.3f}.",
    ]
    for epsilon in sorted({r["epsilon"] for r in results}):
        groups = page.by_system([r for r in results if r["epsilon"] == epsilon], PRIVATE)
        parts += [f"### {heading} {epsilon:g}", _utility(groups), _costs(groups, base)]
    return "\n\n".join(parts)


def _utility(groups: dict[str, list[page.Result]]) -> str:
    heads = ["system", "seeds", *(label for label, _, _ in UTILITY)]
    rows = []
    for system, results in groups.items():
        done = [r for r in results if "run" in r]
        cells = [_interval(f, done) for f in UTILITY] if done else page.unfinished(results, len(UTILITY))
        rows.append([PRIVATE[system].title, str(len(done or results)), *cells])
    return page.table(heads, rows)


def _costs(groups: dict[str, list[page.Result]], against: str) -> str:
    base = [r for r in groups.get(against, []) if "run" in r]
    own = "twin" if against == PRIVATE_DEFAULT else PRIVATE[against].title
    heads = ["system", *(f"{label}{f' (× {own})' if base else ''}" for label, _, _ in COSTS)]
    rows = []
    for system, results in groups.items():
        done = [r for r in results if "run" in r]
        cells = [_ratio(f, done, base) for f in COSTS] if done else page.unfinished(results, len(COSTS))
        rows.append([PRIVATE[system].title, *cells])
    return page.table(heads, rows)


def _interval(figure: page.Figure, results: list[page.Result]) -> str:
    _, get, form = figure
    mean, half = interval(get, results)
    return f"{mean:{form}}" + ("" if half is None else f" ± {half:{form}}")


def interval(get: Callable[[page.Result], float], results: list[page.Result]) -> tuple[float, float | None]:
    """Mean over seeds, and half the width of its 95 % interval, or None for a single seed."""
    values = [get(r) for r in results]
    if len(values) < 2:
        return values[0], None
    from scipy.stats import t

    return fmean(values), float(t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5


def _ratio(figure: page.Figure, results: list[page.Result], base: list[page.Result]) -> str:
    _, get, form = figure
    value = fmean(map(get, results))
    return f"{value:{form}}" + (f" ({page.ratio(value / fmean(map(get, base)))})" if base else "")


def _folder(lab: experiment.Lab) -> Path:
    return lab.cache / "dp"
