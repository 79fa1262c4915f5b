"""The command `python -m benchmarks`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks import data, experiment, large, machine, page
from benchmarks.environments import python_of
from benchmarks.systems import SYSTEMS

CACHE = Path("~/.cache/twin-benchmarks").expanduser()
PAGE = data.ROOT / "docs" / "benchmarks.md"


def main() -> int:
    """Run what was asked for; 0 done, 1 something failed."""
    args = _arguments()
    lab = experiment.Lab(envs=args.envs, cache=args.envs.parent, threads=args.threads)
    if args.what == "large":
        return _large(lab, args)
    reason = data.missing(
        "score.py", *(f"{t}.{p}.parquet" for t in args.tables for p in ("train", "holdout"))
    )
    if reason is not None:
        print(f"skipped: {reason}", file=sys.stderr)
        return 0
    for name in args.systems:
        python_of(SYSTEMS[name], lab.envs)
    failed = _run_all(lab, args)
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
    parser.add_argument("what", nargs="?", choices=("peers", "large"), default="peers")
    parser.add_argument("--systems", nargs="+", choices=tuple(SYSTEMS), default=list(SYSTEMS))
    parser.add_argument("--tables", nargs="+", choices=tuple(data.TARGETS), default=list(data.TARGETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
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
    return args


if __name__ == "__main__":
    sys.exit(main())
