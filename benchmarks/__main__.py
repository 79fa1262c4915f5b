"""The command `python -m benchmarks`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from benchmarks import (
    balance,
    cardinality,
    conditions,
    constraints,
    data,
    dp,
    experiment,
    imputation,
    large,
    machine,
    networks,
    page,
)
from benchmarks.environments import python_of
from benchmarks.systems import CARDINALITY, NETWORKS, PRIVATE, PRIVATE_NETWORKS, SYSTEMS, System

CACHE = Path("~/.cache/twin-benchmarks").expanduser()
PAGE = data.ROOT / "docs" / "benchmarks.md"
KNOWN: dict[str, dict[str, System]] = {
    "peers": SYSTEMS,
    "large": {},
    "dp": PRIVATE,
    "networks": NETWORKS | {name: PRIVATE[name] for name in PRIVATE_NETWORKS},
    "cardinality": {name: NETWORKS[name] for name in CARDINALITY},
    "balance": {},
    "conditions": {},
    "constraints": {},
    "imputation": {},
}
"""What can be run, each with its systems."""
PAGES = {"balance": balance, "constraints": constraints, "imputation": imputation}
"""Modules that plan, run and tell on their own, twin alone or with peers that need no environment."""
SEEDS = {"dp": [0, 1, 2, 3, 4], "large": [0], "cardinality": [0], "constraints": [0]}
LIMITS = {"dp": dp.LIMIT, "networks": networks.LIMIT, "cardinality": cardinality.LIMIT}
EPSILONS = {"dp": dp.EPSILONS, "networks": networks.EPSILONS}

Which = TypeVar("Which", networks.Run, dp.Run, cardinality.Run)


def main() -> int:
    """Run what was asked for; 0 done, 1 something failed."""
    args = _arguments()
    lab = experiment.Lab(envs=args.envs, cache=args.envs.parent, threads=args.threads)
    if args.what == "large":
        return _large(lab, args)
    if args.what in PAGES:
        return _page_of(lab, args)
    if args.what == "conditions":
        return _conditions(lab, args)
    tables = {"dp": [dp.TABLE], "cardinality": []}.get(args.what, args.tables)
    files = [f"{t}.{p}.parquet" for t in tables for p in ("train", "holdout")]
    reason = data.missing("score.py", *files) if files else None
    if reason is not None:
        print(f"skipped: {reason}", file=sys.stderr)
        return 0
    for name in args.systems:
        python_of(KNOWN[args.what][name], lab.envs)
    run = {"dp": _run_private, "networks": _run_networks, "cardinality": _run_cardinality}
    failed = run.get(args.what, _run_all)(lab, args)
    for line in failed:
        print(f"failed: {line}", file=sys.stderr)
    return 1 if failed else 0


def _run_all(lab: experiment.Lab, args: argparse.Namespace) -> list[str]:
    """Every experiment, systems in turn, so that a slow hour of the machine meets them all."""
    failed, results = [], []
    for seed in args.seeds:
        for name in args.tables:
            table = data.table(name, args.rows, lab.cache / "cut")
            for system in args.systems:
                try:
                    results.append(experiment.run(lab, system, table, seed, fresh=args.fresh))
                except subprocess.CalledProcessError:
                    failed.append(f"{system} on {name}, seed {seed}; what it said stands above")
                if not args.rows:
                    _write_page(lab, args.threads)
    if results:
        print(page.results_section(results, machine.describe(args.threads)))
    return failed


def _run_private(lab: experiment.Lab, args: argparse.Namespace) -> list[str]:
    """Every experiment with a budget; the page anew after each."""
    return _each(
        dp.plan(args.systems, args.epsilons, args.seeds, args.peer_seeds),
        lambda which: dp.run(lab, which, args.rows, limit=60 * args.limit, fresh=args.fresh),
        None if args.rows else lambda: dp.write(lab, PAGE, machine.describe_machine()),
    )


def _run_networks(lab: experiment.Lab, args: argparse.Namespace) -> list[str]:
    """Every experiment with networks, those with a budget last; the page anew after each."""
    limit = {"limit": 60 * args.limit, "fresh": args.fresh}
    open_systems = [name for name in args.systems if name in NETWORKS]
    private = [name for name in args.systems if name in PRIVATE]
    apart = networks.private(lab)
    write = None if args.rows else lambda: networks.write(lab, PAGE, machine.describe_machine())
    runs = networks.plan(open_systems, args.tables, args.seeds, args.peer_seeds, args.curves)
    failed = _each(runs, lambda which: networks.run(lab, which, args.rows, **limit), write)
    if args.epsilons and private and dp.TABLE in args.tables:
        budgets = dp.plan(private, args.epsilons, args.seeds, args.peer_seeds)
        failed += _each(budgets, lambda which: dp.run(apart, which, args.rows, **limit), write)
    return failed


def _run_cardinality(lab: experiment.Lab, args: argparse.Namespace) -> list[str]:
    """Every experiment with categories of many levels; the page anew after each."""
    limits = {"limit": 60 * args.limit, "memory_mb": 1024 * args.memory}
    return _each(
        cardinality.plan(args.systems, args.levels, args.rows or cardinality.ROWS, args.seeds[0]),
        lambda which: cardinality.run(lab, which, fresh=args.fresh, **limits),
        None if args.rows else lambda: cardinality.write(lab, PAGE, machine.describe_machine()),
    )


def _each(
    runs: Iterable[Which], run: Callable[[Which], object], write: Callable[[], None] | None
) -> list[str]:
    """Run each and write after each, so that a run that is stopped leaves what it has; what failed."""
    failed = []
    for which in runs:
        try:
            run(which)
        except subprocess.CalledProcessError:
            failed.append(f"{which.name}; what it said stands above")
        if write is not None:
            write()
    return failed


def _write_page(lab: experiment.Lab, threads: int) -> None:
    """The page anew after each experiment, so that a run that is stopped leaves what it has."""
    results = _finished(lab)
    if results:
        page.write(PAGE, "results", page.results_section(results, machine.describe(threads)))


def _finished(lab: experiment.Lab) -> list[page.Result]:
    """Every result on whole tables that is kept, of this run and of earlier ones."""
    found = []
    for name in data.TARGETS:
        table = data.table(name, None, lab.cache)
        for system in SYSTEMS:
            pattern = experiment.result_path(lab, system, table, 0).name.replace("-0.json", "-[0-9]*.json")
            paths = sorted((lab.cache / "results").glob(pattern))
            found += [json.loads(p.read_text()) for p in paths if p.stem.rsplit("-", 1)[1].isdigit()]
    return found


def _large(lab: experiment.Lab, args: argparse.Namespace) -> int:
    reason = data.missing(large.FLIGHTS)
    if reason is not None:
        print(f"skipped: {reason}", file=sys.stderr)
        return 0
    result = large.run(lab, rows=args.rows or large.ROWS, seed=args.seeds[0])
    text = page.large_section(result, machine.describe(args.threads))
    print(text)
    if not args.rows:
        page.write(PAGE, "large", text)
    return 0


def _page_of(lab: experiment.Lab, args: argparse.Namespace) -> int:
    """A page of one module: what it plans is run, and its block of the page written anew after each."""
    module, told = PAGES[args.what], machine.describe(args.threads)
    reason = data.missing(*module.FILES)
    if reason is not None:
        print(f"skipped: {reason}", file=sys.stderr)
        return 0
    for which in module.plan(args.seeds):
        module.run(lab, which, args.rows, fresh=args.fresh)
        if not args.rows:
            page.write(PAGE, args.what, module.section(module.finished(lab), told))
    return 0


def _conditions(lab: experiment.Lab, args: argparse.Namespace) -> int:
    reason = data.missing(*conditions.FILES)
    if reason is not None:
        print(f"skipped: {reason}", file=sys.stderr)
        return 0
    text = conditions.section(conditions.run(lab, args.rows, fresh=args.fresh), machine.describe(1))
    print(text)
    if not args.rows:
        page.write(PAGE, "conditions", text)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="twin beside its peers.")
    parser.add_argument("what", nargs="?", choices=tuple(KNOWN), default="peers")
    parser.add_argument("--systems", nargs="+", help="all, unless given")
    parser.add_argument("--tables", nargs="+", choices=tuple(data.TARGETS), default=list(data.TARGETS))
    parser.add_argument("--seeds", nargs="+", type=int, help="0 1 2, unless given; dp: 0 to 4")
    parser.add_argument("--peer-seeds", type=int, default=1, help="dp, networks: how many seeds peers get")
    parser.add_argument("--epsilons", nargs="*", type=float, help="dp, networks: budgets")
    parser.add_argument("--limit", type=float, help="minutes that a run may take")
    parser.add_argument(
        "--curves",
        nargs="*",
        choices=tuple(data.TARGETS),
        default=["adult"],
        help="networks: tables on which other training lengths are run too",
    )
    parser.add_argument(
        "--levels",
        nargs="+",
        type=int,
        default=list(cardinality.LEVELS),
        help="cardinality: numbers of levels",
    )
    parser.add_argument(
        "--memory", type=float, default=cardinality.MEMORY_GB, help="cardinality: GB that a run may hold"
    )
    parser.add_argument("--threads", type=int, default=2, help="threads for each system")
    parser.add_argument("--fresh", action="store_true", help="run again what is finished already")
    parser.add_argument("--envs", type=Path, default=CACHE / "envs", help="folder of the peers' environments")
    parser.add_argument(
        "--rows",
        type=int,
        help="a trial: cut train and holdout to this many rows (large: sample this many; cardinality: make "
        "this many; imputation: take this many samples for coverage); writes no page",
    )
    args = parser.parse_args()
    args.envs = args.envs.expanduser().resolve()
    known = KNOWN[args.what]
    args.systems = args.systems or list(known)
    args.seeds = args.seeds or SEEDS.get(args.what, [0, 1, 2])
    args.limit = LIMITS.get(args.what) if args.limit is None else args.limit
    args.epsilons = list(EPSILONS.get(args.what, ())) if args.epsilons is None else args.epsilons
    if strange := [name for name in args.systems if name not in known]:
        parser.error(f"{args.what} has no system {', '.join(strange)}; it has {', '.join(known)}")
    return args


if __name__ == "__main__":
    sys.exit(main())
