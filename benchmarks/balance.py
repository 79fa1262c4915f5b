"""Adult with as many high incomes as low ones, and with equal shares of them in both sexes: gain and cost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean, stdev
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

import twin
from benchmarks import data, experiment, page, scoring

TABLE, TARGET, SENSITIVE = "adult", "income", "sex"
MODELS = ("trees", "copula", "network", "marginals")
FILES = ("score.py", f"{TABLE}.train.parquet", f"{TABLE}.holdout.parquet")
_SAMPLE = 1_000
"""Seeds of samples are those of their fits, and this many more."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One fit, and what is sampled from it.

    Args:
        model: Name of the model.
        seed: Of the fit.
    """

    model: str
    seed: int

    @property
    def name(self) -> str:
        """Stem of the result's file."""
        return f"{TABLE}-{self.model}-{self.seed}"


def plan(seeds: Iterable[int]) -> list[Run]:
    """Every run, models in turn."""
    return [Run(model=model, seed=seed) for seed in seeds for model in MODELS]


def run(lab: experiment.Lab, which: Run, rows: int | None, *, fresh: bool) -> dict[str, Any]:
    """What a run measured, from its file or anew.

    Args:
        lab: Where things are kept.
        which: The run.
        rows: Rows that train and holdout are cut to, or None.
        fresh: Run again what is finished already.
    """
    path = lab.cache / "balance" / f"{which.name}{'' if rows is None else f'-{rows}rows'}.json"
    if path.is_file() and not fresh:
        kept: dict[str, Any] = json.loads(path.read_text())
        return kept
    table = data.table(TABLE, rows, lab.cache / "cut")
    scale = Scale(pd.read_parquet(table.train), pd.read_parquet(table.holdout))
    result = {"model": which.model, "seed": which.seed, **measured(scale, which, lab.threads)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1))
    return result


def measured(scale: Scale, which: Run, threads: int) -> dict[str, Any]:
    """Fit, draw a plain sample, a rebalanced and a fair one of the same size, and score the three."""
    fitted = twin.fit(scale.train, model=which.model, seed=which.seed)
    n, seed = len(scale.train), which.seed + _SAMPLE
    fitted.sample(n, seed=seed, threads=threads)  # what is computed once is not timed
    even = {TARGET: {level: 1 / len(scale.levels) for level in scale.levels}}
    asked: dict[str, dict[str, Any]] = {
        "plain": {},
        "rebalanced": {"balance": even},
        "fair": {"request": twin.Request(fair=twin.Parity(sensitive=SENSITIVE, outcome=TARGET))},
    }
    drawn, seconds = {}, {}
    for name, arguments in asked.items():
        start = time.perf_counter()
        drawn[name] = fitted.sample(n, seed=seed, threads=threads, **arguments)
        seconds[name] = time.perf_counter() - start
    return {
        "seconds": seconds,
        "share": {name: scale.share(table) for name, table in drawn.items()},
        "c2st": scale.classes(drawn["plain"], drawn["rebalanced"]),
        "gap": {name: scale.gap(table, table[TARGET] == scale.high) for name, table in drawn.items()},
        "acc": {name: scale.accuracy(table) for name, table in drawn.items()},
        "classifier": {name: scale.classifier(table) for name, table in drawn.items()},
        "real": {
            "gap": scale.gap(scale.holdout, scale.holdout[TARGET] == scale.high),
            "classifier": scale.classifier(scale.train),
        },
    }


class Scale:
    """What tables are held against, by the neutral scorer's own functions."""

    def __init__(self, train: pd.DataFrame, holdout: pd.DataFrame) -> None:
        self.train, self.holdout = train, holdout
        self.score: ModuleType = scoring.load(str(data.folder() / "score.py"))
        self.kinds: dict[str, str] = self.score.kinds(train)
        self.levels: list[str] = sorted(train[TARGET].dropna().unique())
        self.low, self.high = self.levels

    def normal(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table as the scorer sees it."""
        normal: pd.DataFrame = self.score.norm(table[list(self.kinds)], self.kinds, None)
        return normal

    def share(self, table: pd.DataFrame) -> float:
        """Share of high incomes."""
        return float((table[TARGET] == self.high).mean())

    def gap(self, table: pd.DataFrame, positive: pd.Series[bool]) -> float:
        """How far the shares of a decision lie apart between the sexes."""
        rates = positive.groupby(table[SENSITIVE]).mean()
        return float(rates.max() - rates.min())

    def accuracy(self, table: pd.DataFrame) -> float:
        """Mean of 1-, 2- and 3-way accuracy against train."""
        first, second = self.normal(self.train), self.normal(table)
        binners = {name: self.score.binner(first[name], kind) for name, kind in self.kinds.items()}
        codes = [np.stack([binners[c](frame[c]) for c in self.kinds], 1) for frame in (first, second)]
        mean: float = self.score.accs(*codes, len(self.kinds))["mean"]
        return mean

    def classes(self, plain: pd.DataFrame, rebalanced: pd.DataFrame) -> dict[str, dict[str, float]]:
        """C2ST of the rows of each class against the holdout's, as many of each sample."""
        found = {}
        for name, level in (("low", self.low), ("high", self.high)):
            parts = [t[t[TARGET] == level].reset_index(drop=True) for t in (self.holdout, plain, rebalanced)]
            real, *made = (self.normal(part.head(min(map(len, parts)))) for part in parts)
            scores = [self.score.c2st(real, part, self.kinds) for part in made]
            found[name] = dict(zip(("plain", "rebalanced"), scores, strict=True))
        return found

    def classifier(self, table: pd.DataFrame) -> dict[str, float]:
        """Gradient boosting as the scorer trains it, on the holdout: at its default threshold, and AUC."""
        from sklearn.metrics import roc_auc_score

        own = {name: kind for name, kind in self.kinds.items() if name != TARGET}
        (first, second), nominal = self.score.ordinal([self.normal(table), self.normal(self.holdout)], own)
        learner = self.score.HC(random_state=0, categorical_features=nominal)
        learner.fit(first, (table[TARGET] == self.high).to_numpy())
        truth = (self.holdout[TARGET] == self.high).to_numpy()
        chance = learner.predict_proba(second)[:, 1]
        said = chance > 0.5
        return {
            "auc": float(roc_auc_score(truth, chance)),
            "recall": float(said[truth].mean()),
            "precision": float(truth[said].mean()),
            "gap": self.gap(self.holdout, pd.Series(said, index=self.holdout.index)),
        }


def finished(lab: experiment.Lab) -> list[page.Result]:
    """Every result on the whole table that is kept."""
    paths = sorted((lab.cache / "balance").glob("*.json"))
    return [json.loads(p.read_text()) for p in paths if p.stem.rsplit("-", 1)[1].isdigit()]


def section(results: list[page.Result], machine: str) -> str:
    """Tables of the rebalanced sample, of the fair one, and of their time."""
    seeds = sorted({r["seed"] for r in results})
    real = results[0]["real"]
    train = real["classifier"]
    told = (
        f"Machine: {machine}. Mean over seeds {', '.join(map(str, seeds))}, with the standard deviation over "
        f"seeds in brackets. A classifier trained on train: AUC {train['auc']:.3f}, recall "
        f"{train['recall']:.3f}, precision {train['precision']:.3f}, gap {train['gap']:.3f}; the gap among "
        f"the people of the holdout is {real['gap']:.3f}."
    )
    groups = {model: [r for r in results if r["model"] == model] for model in MODELS}
    groups = {model: rows for model, rows in groups.items() if rows}
    return "\n\n".join([told, _table(_REBALANCED, groups), _table(_FAIR, groups), _table(_SECONDS, groups)])


Told = Callable[[list[page.Result]], str]


def _moved(other: str, get: Callable[[page.Result, str], float]) -> Told:
    """Means of a figure in the plain sample and in another, over the results of a model."""
    return lambda results: " → ".join(_mean([get(r, name) for r in results]) for name in ("plain", other))


def _mean(values: list[float]) -> str:
    spread = f" ({stdev(values):.3f})" if len(values) > 1 else ""
    return f"{fmean(values):.3f}{spread}"


def _seconds(name: str) -> Told:
    return lambda results: f"{fmean(r['seconds'][name] for r in results):.2f}"


_REBALANCED: dict[str, Told] = {
    "share of high incomes": _moved("rebalanced", lambda r, s: r["share"][s]),
    "C2ST, low": _moved("rebalanced", lambda r, s: r["c2st"]["low"][s]),
    "C2ST, high": _moved("rebalanced", lambda r, s: r["c2st"]["high"][s]),
    "AUC": _moved("rebalanced", lambda r, s: r["classifier"][s]["auc"]),
    "recall": _moved("rebalanced", lambda r, s: r["classifier"][s]["recall"]),
    "precision": _moved("rebalanced", lambda r, s: r["classifier"][s]["precision"]),
}
_FAIR: dict[str, Told] = {
    "gap": _moved("fair", lambda r, s: r["gap"][s]),
    "accuracy": _moved("fair", lambda r, s: r["acc"][s]),
    "AUC": _moved("fair", lambda r, s: r["classifier"][s]["auc"]),
    "recall": _moved("fair", lambda r, s: r["classifier"][s]["recall"]),
    "classifier's gap": _moved("fair", lambda r, s: r["classifier"][s]["gap"]),
}
_SECONDS: dict[str, Told] = {f"{name}, s": _seconds(name) for name in ("plain", "rebalanced", "fair")}


def _table(heads: dict[str, Told], groups: dict[str, list[page.Result]]) -> str:
    rows = [[model, *(told(results) for told in heads.values())] for model, results in groups.items()]
    return page.table(["twin", *heads], rows)
