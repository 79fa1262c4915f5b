"""Attacks on twins of three models, and anonymeter's on the same twins: `python -m benchmarks.attacks`.

Adult as it is split, and RAND HIE split by person. anonymeter knows no persons: it sees one row of each.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import twin
from benchmarks import data, machine, page
from benchmarks.__main__ import CACHE, PAGE
from benchmarks.environments import python_of
from benchmarks.systems import HERE, System
from twin.attacks.base import Reading

PEER = System(title="anonymeter", runner="run_anonymeter.py", peer="anonymeter")
MODELS: dict[str, dict[str, Any]] = {
    "trees": {"model": "trees"},
    "copula": {"model": "copula"},
    "marginals, epsilon 1": {"epsilon": 1.0},
}
"""What is attacked, with the arguments of each fit."""
SECRETS = {"adult": ("income", "age"), "rand_hie": ("plan", "age")}
"""Columns whose values anonymeter infers."""
GUESSES = 1_000
"""Guesses of each of anonymeter's attacks."""


LIMIT = 10.0
"""Minutes that anonymeter may take for a twin."""


@dataclass(frozen=True, kw_only=True)
class Sides:
    """A table split by person.

    Args:
        name: Its name.
        train: Rows to learn from.
        holdout: Rows of other people.
        subject: Column that names the person, or None.
        target: Column that a model should predict.
    """

    name: str
    train: pd.DataFrame
    holdout: pd.DataFrame
    subject: str | None
    target: str


def adult() -> Sides:
    """Adult as it is split."""
    train, holdout = (
        pd.read_parquet(data.folder() / f"adult.{part}.parquet") for part in ("train", "holdout")
    )
    return Sides(name="adult", train=train, holdout=holdout, subject=None, target=data.TARGETS["adult"])


def rand_hie() -> Sides:
    """RAND HIE, a fifth of the persons kept away."""
    from twin.releasing.split import split

    table, subject = twin.datasets.load_rand_hie(), twin.datasets.RAND_HIE_SUBJECT
    train, holdout = split(table, pd.factorize(table[subject])[0], 0)
    return Sides(name="rand_hie", train=train, holdout=holdout, subject=subject, target="doctor_visits")


def run(sides: Sides, model: str, cache: Path, *, envs: Path, guesses: int) -> dict[str, Any]:
    """Both suites on one twin; kept in the cache."""
    cache.mkdir(parents=True, exist_ok=True)
    stem = f"{sides.name}-{model.replace(', ', '-').replace(' ', '')}"
    kept = cache / f"{stem}.json"
    if kept.is_file():
        result: dict[str, Any] = json.loads(kept.read_text())
        return result
    fitted = twin.fit(sides.train, subject=sides.subject, seed=0, **MODELS[model])
    made = fitted.sample(len(sides.train), seed=0)
    start = time.perf_counter()
    told = twin.report(
        made,
        train=sides.train,
        holdout=sides.holdout,
        twin=fitted,
        target=sides.target,
        subject=sides.subject,
    )
    seconds = time.perf_counter() - start
    assert told.evaluation is not None
    ours = {a.about.name: _read(a.reading) for a in told.evaluation.attacks if a.reading is not None}
    gates = [] if told.judgement is None else told.judgement.gates
    result = {
        "table": sides.name,
        "model": model,
        "seconds": seconds,
        "ours": ours,
        "titles": {a.about.name: f"{a.about.code} {a.about.title}" for a in told.evaluation.attacks},
        "smallest": {a.about.name: a.power for a in told.evaluation.attacks},
        "verdicts": {g.name: g.verdict for g in gates},
        "verdict": None if told.judgement is None else told.judgement.verdict,
        "peer": _peer(sides, made, cache / stem, envs=envs, guesses=guesses),
    }
    kept.write_text(json.dumps(result))
    return result


def _read(reading: Reading) -> dict[str, Any]:
    sides = {"train": reading.train, "holdout": reading.holdout, "naive": reading.naive}
    rates = {name: None if side is None else side.value for name, side in sides.items()}
    return {"value": reading.value, "low": reading.low, "high": reading.high, "p": reading.p, **rates}


def _peer(sides: Sides, made: pd.DataFrame, stem: Path, *, envs: Path, guesses: int) -> Mapping[str, Any]:
    """anonymeter's rates, in its own environment."""
    columns = [c for c in sides.train.columns if c != sides.subject]
    asked = {
        "attacks": guesses,
        "secrets": SECRETS[sides.name],
        "halves": [columns[::2], columns[1::2]],
    }
    files = [stem.with_suffix(f".{part}") for part in ("train", "holdout", "twin", "asked", "peer")]
    for path, table in zip(files, (sides.train, sides.holdout, made), strict=False):
        one = table if sides.subject is None else table.drop_duplicates(sides.subject)
        one[columns].to_parquet(path)
    files[3].write_text(json.dumps(asked))
    python = python_of(PEER, envs)
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    script = [str(python), str(HERE / "runners" / PEER.runner), *map(str, files)]
    try:
        subprocess.run(script, check=True, env=environ, timeout=60 * LIMIT)
    except subprocess.TimeoutExpired:
        return {"unfinished": f"did not finish in {LIMIT:g} min"}
    result: Mapping[str, Any] = json.loads(files[4].read_text())
    return result


def section(results: list[dict[str, Any]], where: str) -> str:
    """Tables of verdicts, and of both suites side by side."""
    parts = [f"Machine: {where}. anonymeter {results[0]['peer']['version']}, {GUESSES:,} guesses per attack."]
    for table in dict.fromkeys(r["table"] for r in results):
        mine = [r for r in results if r["table"] == table]
        parts += [f"### Attacks on twins of {table}", _verdicts(mine), _peers(mine)]
    return "\n\n".join(parts)


def _verdicts(results: list[dict[str, Any]]) -> str:
    rows = []
    for name, title in results[0]["titles"].items():
        cells = []
        for r in results:
            reading = r["ours"].get(name)
            figure = "–" if reading is None else _span(reading["value"], reading["low"], reading["high"])
            cells.append(f"{figure} {r['verdicts'].get(name, '')}")
        rows.append([title, *cells])
    rows.append(["verdict on the whole", *(str(r["verdict"]) for r in results)])
    rows.append(["scores and attacks, s", *(f"{r['seconds']:.0f}" for r in results)])
    return page.table(["attack", *(r["model"] for r in results)], rows)


def _peers(results: list[dict[str, Any]]) -> str:
    """Rates of both suites where both have the attack."""
    pairs = {"singling_out_1": "singling_out_1", "singling_out": "singling_out", "linkability": "linkability"}
    rows = []
    for r in results:
        if "unfinished" in r["peer"]:
            rows.append([r["model"], "all", "see above", r["peer"]["unfinished"]])
            continue
        rows += [_pair(r, ours, theirs) for ours, theirs in pairs.items() if ours in r["ours"]]
        rows += [_pair(r, "inference_nearest", name) for name in r["peer"]["attacks"] if " " in name]
    heads = ["twin", "attack", "ours: train, others, excess", "anonymeter: train, others, excess"]
    return page.table(heads, rows)


def _pair(r: dict[str, Any], ours: str, theirs: str) -> list[str]:
    mine, peer = r["ours"][ours], r["peer"]["attacks"][theirs]
    (train, spread), (other, beside) = peer["train"], peer["holdout"]
    error = (spread**2 + beside**2) ** 0.5  # their errors are half widths of 95% intervals
    told = f"{mine['train']:.3f}, {mine['holdout']:.3f}, {_span(mine['value'], mine['low'], mine['high'])}"
    gap = train - other
    return [r["model"], theirs, told, f"{train:.3f}, {other:.3f}, {_span(gap, gap - error, gap + error)}"]


def _span(value: float, low: float, high: float) -> str:
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def main() -> int:
    """Run what is not in the cache, and write the section of the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attacks", description=__doc__)
    parser.add_argument("--envs", type=Path, default=CACHE / "envs", help="folder of the peer's environment")
    parser.add_argument("--guesses", type=int, default=GUESSES)
    args = parser.parse_args()
    reason = data.missing("adult.train.parquet", "adult.holdout.parquet")
    if reason is not None:
        print(f"skipped: {reason}", file=sys.stderr)
        return 0
    envs = args.envs.expanduser().resolve()
    results = [
        run(sides, model, envs.parent / "attacks", envs=envs, guesses=args.guesses)
        for sides in (adult(), rand_hie())
        for model in MODELS
    ]
    page.write(PAGE, "attacks", section(results, machine.describe_machine()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
