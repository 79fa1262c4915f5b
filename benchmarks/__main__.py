"""The command `python -m benchmarks`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks import data, dp, experiment, large, machine, page
from benchmarks.environments import python_of
from benchmarks.systems import PRIVATE, SYSTEMS

CACHE = Path("~/.cache/twin-benchmarks").expanduser()
PAGE = data.ROOT / "docs" / "benchmarks.md"


def main() -> int:
    """Run what was asked for; 0 done, 1 something failed."""
    args = _arguments()
    lab = experiment.Lab(envs=args.envs, cache=args.envs.parent, threads=args.threads)
    if args.what == "large":
        return _large(lab, args)
    tables = [dp.TABLE] if args.what == "dp" else args.tables
    reason = data.missing("score.py", *(f"{t}.{p}.parquet" for t in tables for p in ("train", "holdout")))
    if reason is not None:
        print(f"skipped: {reason}", file=sys.stderr)
        return 0
    known = PRIVATE if args.what == "dp" else SYSTEMS
    for name in args.systems:
        python_of(known[name], lab.envs)
    failed = _run_private(lab, args) if args.what == "dp" else _run_all(lab, args)
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
    """Every experiment with a budget; page and picture anew after each."""
    runs = dp.plan(args.systems, args.epsilons, args.seeds, args.peer_seeds)
    failed = []
    for which in runs:
        try:
            dp.run(lab, which, args.rows, limit=60 * args.limit, fresh=args.fresh)
        except subprocess.CalledProcessError:
            failed.append(f"{which.name}; what it said stands above")
        if not args.rows:
            dp.write(lab, PAGE, machine.describe_machine())
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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="twin beside its peers.")
    parser.add_argument("what", nargs="?", choices=("peers", "large", "dp"), default="peers")
    parser.add_argument("--systems", nargs="+", choices=(*SYSTEMS, *PRIVATE), help="all, unless given")
    parser.add_argument("--tables", nargs="+", choices=tuple(data.TARGETS), default=list(data.TARGETS))
    parser.add_argument("--seeds", nargs="+", type=int, help="0 1 2, unless given; dp: 0 to 4")
    parser.add_argument("--peer-seeds", type=int, default=1, help="dp: how many of the seeds peers get")
    parser.add_argument("--epsilons", nargs="+", type=float, default=list(dp.EPSILONS), help="dp: budgets")
    parser.add_argument("--limit", type=float, default=dp.LIMIT, help="dp: minutes that a run may take")
    parser.add_argument("--threads", type=int, default=2, help="threads for each system")
    parser.add_argument("--fresh", action="store_true", help="run again what is finished already")
    parser.add_argument("--envs", type=Path, default=CACHE / "envs", help="folder of the peers' environments")
    parser.add_argument(
        "--rows",
        type=int,
        help="a trial: cut train and holdout to this many rows (large: sample this many); writes no page",
    )
    args = parser.parse_args()
    args.envs = args.envs.expanduser().resolve()
    known = PRIVATE if args.what == "dp" else SYSTEMS
    args.systems = args.systems or list(known)
    args.seeds = args.seeds or ([0, 1, 2, 3, 4] if args.what == "dp" else [0, 1, 2])
    if strange := [name for name in args.systems if name not in known]:
        parser.error(f"{args.what} has no system {', '.join(strange)}; it has {', '.join(known)}")
    return args


if __name__ == "__main__":
    sys.exit(main())
