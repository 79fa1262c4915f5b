"""Hidden cells filled by twins and by scikit-learn's imputers: `python -m benchmarks imputation`.

Scores: how near the draws come to the cells that were hidden. Coverage: how often an interval pooled over the
filled tables holds the mean of the whole table, of which a sample was taken before cells were hidden.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.random import Generator

import twin
from benchmarks import data, experiment, page
from twin.arrays import Floats

Cause = Literal["chance", "cause"]

FILES = ("adult.train.parquet", "adult.holdout.parquet")
DRAWS, TABLES, LEVEL = 20, 5, 0.95
ROWS, SCORED = 12_000, 6_000
"""Rows that imputers learn from, and the first rows of them whose hidden cells are scored."""
SAMPLE, REPEATS = 1_000, 400
"""Rows of each sample, and samples, for coverage."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A table, and which of its cells are hidden.

    Args:
        name: Its name.
        hidden: Columns that lose cells, each with the columns that cause it and how much: a cell is hidden
            the likelier, the higher they rank there.
        mean: The number whose mean is estimated.
        share: The category and the level whose share is estimated.
        subject: Column that names the person, or None.
    """

    name: str
    hidden: Mapping[str, Mapping[str, float]]
    mean: str
    share: tuple[str, str]
    subject: str | None = None


CASES = (
    Case(
        name="adult",
        hidden={
            "hours_per_week": {"education_num": 0.5},
            "income": {"education_num": 0.7},
            "age": {"education_num": -0.5},
            "marital_status": {"capital_gain": 0.5, "education_num": -0.3},
            "occupation": {"fnlwgt": 0.4, "education_num": 0.3},
        },
        mean="hours_per_week",
        share=("income", ">50K"),
    ),
    Case(
        name="rand_hie",
        hidden={
            "family_income": {"family_size": 0.5, "doctor_visits": 0.3},
            "age": {"family_size": 0.6},
            "general_health": {"doctor_visits": 0.5},
            "self_rated_health": {"doctor_visits": 0.6, "family_size": -0.3},
            "sex": {"doctor_visits": 0.6},
        },
        mean="age",
        share=("sex", "female"),
        subject="person",
    ),
)


def whole(case: Case) -> pd.DataFrame:
    """All rows of a table, in an order of their own."""
    if case.name == "rand_hie":
        table = twin.datasets.load_rand_hie()
    else:
        table = pd.concat([pd.read_parquet(data.folder() / file) for file in FILES])
    return table.sample(frac=1.0, random_state=0).reset_index(drop=True)


def hide(table: pd.DataFrame, case: Case, cause: Cause, rng: Generator) -> pd.DataFrame:
    """The table without about a quarter of the cells of its hidden columns."""
    out = table.copy()
    for name, signs in case.hidden.items():
        odds = np.full(len(table), -1.1)  # a quarter
        if cause == "cause":
            for other, sign in signs.items():
                ranks = table[other].rank(pct=True).to_numpy(np.float64)  # 0 … 1
                odds += sign * 3.4 * (ranks - 0.5)
        gone = rng.random(len(table)) < 1 / (1 + np.exp(-odds))
        out[name] = out[name].mask(gone, None)
    return out


# ---- systems: each gives filled copies of the first rows of a table it has learned ----

Filled = Callable[[pd.DataFrame, int, int, int], list[pd.DataFrame]]
"""From an incomplete table, rows to fill, copies and a seed to that many filled tables of these rows."""


def of_twin(case: Case, model: str) -> Filled:
    """A twin, fitted to the incomplete table."""

    def fill(table: pd.DataFrame, rows: int, m: int, seed: int) -> list[pd.DataFrame]:
        fitted = twin.fit(table, model=model, subject=case.subject, seed=seed)
        return list(fitted.impute(table.head(rows), m=m, seed=seed))

    return fill


class Numbers:
    """A table as numbers, and back.

    Args:
        table: The table, incomplete.
        onehot: A column of its own for each level but the first, since all together would say the same twice;
            else one of the levels' numbers.
    """

    def __init__(self, table: pd.DataFrame, *, onehot: bool) -> None:
        self.kinds = {name: pd.api.types.is_numeric_dtype(table[name]) for name in table}
        self.kinds |= {name: False for name in table if pd.api.types.is_bool_dtype(table[name])}
        plain = {n: table[n].astype(float) for n, numeric in self.kinds.items() if numeric}
        self.centre = {n: (x.mean(), x.std() or 1.0) for n, x in plain.items()}
        self.levels = {
            n: sorted(table[n].dropna().unique()) for n, numeric in self.kinds.items() if not numeric
        }
        self.onehot = onehot
        parts = []
        for name, numeric in self.kinds.items():
            if numeric:
                centre, spread = self.centre[name]
                parts.append(((plain[name] - centre) / spread).to_numpy()[:, None])
                continue
            codes = pd.Categorical(table[name], categories=self.levels[name]).codes.astype(float)
            if onehot:
                hot = (codes[:, None] == np.arange(1, len(self.levels[name]))).astype(float)
                hot[codes < 0] = np.nan
                parts.append(hot)
            else:
                parts.append(np.where(codes < 0, np.nan, codes)[:, None])
        self.values: Floats = np.concatenate(parts, axis=1)
        self.ends = np.cumsum([part.shape[1] for part in parts])[:-1]

    def back(self, values: Floats, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table with its missing cells filled from numbers; the likeliest level counts."""
        out = table.copy()
        for (name, numeric), part in zip(
            self.kinds.items(), np.split(values, self.ends, axis=1), strict=True
        ):
            gone = table[name].isna().to_numpy(bool)
            if numeric:
                centre, spread = self.centre[name]
                out[name] = np.where(gone, part[:, 0] * spread + centre, table[name].astype(float))
                continue
            known = np.array(self.levels[name], dtype=object)
            last = len(known) - 1
            if self.onehot:
                place = whole_shares(part).argmax(axis=1)
            else:
                place = np.clip(np.rint(part[:, 0]), 0, last).astype(int)
            out[name] = np.where(gone, known[place], table[name].astype(object))
        return out


def whole_shares(part: Floats) -> Floats:
    """One-hot columns with that of the first level, which the others leave over."""
    return np.concatenate([1 - part.sum(axis=1, keepdims=True), part], axis=1)


def of_iterative(*, onehot: bool, anew: bool) -> Filled:
    """scikit-learn's IterativeImputer with draws from the posterior; fitted once, or anew for each copy."""

    def fill(table: pd.DataFrame, rows: int, m: int, seed: int) -> list[pd.DataFrame]:
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401
        from sklearn.impute import IterativeImputer

        plain = table.drop(columns="person", errors="ignore")
        numbers, out, imputer = Numbers(plain, onehot=onehot), [], None
        for i in range(m):
            if anew or imputer is None:
                imputer = IterativeImputer(sample_posterior=True, max_iter=5, random_state=1_000 * seed + i)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # what draws does not converge
                    imputer.fit(numbers.values)
            imputer.random_state_ = np.random.RandomState(1_000 * seed + i)
            out.append(numbers.back(imputer.transform(numbers.values[:rows]), plain.head(rows)))
        return out

    return fill


def of_neighbours(*, neighbours: int) -> Filled:
    """scikit-learn's KNNImputer: one table, the mean of the nearest rows."""

    def fill(table: pd.DataFrame, rows: int, m: int, seed: int) -> list[pd.DataFrame]:
        from sklearn.impute import KNNImputer

        plain = table.drop(columns="person", errors="ignore")
        numbers = Numbers(plain, onehot=True)
        imputer = KNNImputer(n_neighbors=neighbours).fit(numbers.values)
        values = imputer.transform(numbers.values[:rows])
        filled = numbers.back(values, plain.head(rows))
        filled.attrs["neighbours"] = neighbours
        filled.attrs["shares"] = {
            name: pd.DataFrame(whole_shares(part), columns=numbers.levels[name])
            for (name, numeric), part in zip(
                numbers.kinds.items(), np.split(values, numbers.ends, axis=1), strict=True
            )
            if not numeric
        }
        return [filled]

    return fill


def systems(case: Case) -> dict[str, Filled]:
    """What is scored, by name."""
    return {
        "twin, trees": of_twin(case, "trees"),
        "IterativeImputer, one-hot": of_iterative(onehot=True, anew=False),
        "IterativeImputer, ordinal": of_iterative(onehot=False, anew=False),
        "KNNImputer, 5 neighbours": of_neighbours(neighbours=5),
        "KNNImputer, 20 neighbours": of_neighbours(neighbours=20),
    }


# ---- scores ----


def crps(draws: Floats, truth: Floats) -> float:
    """Mean continuous ranked probability score of m draws of each cell, shapes (m, n) and (n,).

    Of a single value it is the absolute error. Source: Gneiting and Raftery 2007, equation 21.
    """
    m, ordered = len(draws), np.sort(draws, axis=0)
    place = 2 * np.arange(1, m + 1)[:, None] - m - 1
    spread = 2 * (place * ordered).sum(axis=0) / m**2
    return float((np.abs(draws - truth).mean(axis=0) - spread / 2).mean())


def log_loss(hits: Floats, weight: int, truth: pd.Series[Any], table: pd.DataFrame) -> float:
    """Mean log loss, in nats: shares of the true level, to which its share in the table is added as one more.

    Args:
        hits: Share of draws or neighbours that have the true level, shape (n,).
        weight: How many draws or neighbours there are.
        truth: The true levels.
        table: The incomplete table.
    """
    shares = table[truth.name].value_counts(normalize=True)
    prior = shares.reindex(truth).fillna(0.0).to_numpy(np.float64)
    return float(-np.log(np.maximum((weight * hits + prior) / (weight + 1), 1e-12)).mean())


def scores(
    filled: Sequence[pd.DataFrame], table: pd.DataFrame, truth: pd.DataFrame, case: Case
) -> dict[str, float]:
    """CRPS of hidden numbers, in standard deviations, and log loss of hidden categories, by column."""
    out = {}
    for name in case.hidden:
        gone = (table[name].isna() & truth[name].notna()).to_numpy(bool)[:SCORED]
        real = truth[name].iloc[:SCORED][gone]
        draws = np.stack([copy[name].iloc[:SCORED].to_numpy(object)[gone] for copy in filled])
        if pd.api.types.is_numeric_dtype(truth[name]):
            spread = float(truth[name].std())
            out[name] = crps(draws.astype(float), real.to_numpy(float)) / spread
            continue
        shares = filled[0].attrs.get("shares")
        if shares is None:
            hits, weight = (draws == real.to_numpy(object)).mean(axis=0), len(draws)
        else:
            near = shares[name].iloc[:SCORED][gone]
            hits = near.to_numpy()[np.arange(len(near)), [near.columns.get_loc(level) for level in real]]
            weight = filled[0].attrs["neighbours"]
        out[name] = log_loss(hits, weight, real, table)
    return out


def score(case: Case, cause: Cause, seed: int) -> dict[str, Any]:
    """Every system on one table with hidden cells."""
    truth = whole(case).head(ROWS)
    table = hide(truth, case, cause, np.random.default_rng(seed))
    found = {}
    for name, fill in systems(case).items():
        start = time.perf_counter()
        filled = fill(table, SCORED, DRAWS, seed)
        found[name] = {"scores": scores(filled, table, truth, case), "seconds": time.perf_counter() - start}
    return {"table": case.name, "cause": cause, "seed": seed, "systems": found}


# ---- coverage ----


def narrow(case: Case) -> list[str]:
    """Columns of the samples for coverage: the two that are estimated, and what goes with them."""
    causes = {other for name in (case.mean, case.share[0]) for other in case.hidden[name]}
    more = {"adult": ["age", "marital_status", "sex"], "rand_hie": ["self_rated_health"]}
    return list(dict.fromkeys([case.mean, case.share[0], *sorted(causes), *more[case.name]]))


def estimates(table: pd.DataFrame, case: Case, population: int) -> tuple[list[float], list[float]]:
    """The mean and the share of the cells that are there, with the variances of a sample of a population."""
    held = table[case.share[0]].dropna()
    both = table[case.mean].dropna().astype(float), (held == case.share[1]).astype(float)
    free = 1 - len(table) / population
    return [x.mean() for x in both], [x.var() / len(x) * free for x in both]


def coverers(case: Case) -> dict[str, Filled]:
    """What is tried for coverage."""
    return {
        "twin, trees": of_twin(case, "trees"),
        "twin, copula": of_twin(case, "copula"),
        "IterativeImputer, ordinal": of_iterative(onehot=False, anew=True),
        "KNNImputer, 5 neighbours": of_neighbours(neighbours=5),
        "only rows that have the cell": lambda table, rows, m, seed: [table],
    }


def once(case: Case, cause: Cause, name: str, people: pd.DataFrame, seed: int) -> dict[str, Any]:
    """One sample, hidden, filled and pooled: the estimates, and the ends of their intervals."""
    rng = np.random.default_rng([seed, 1])
    sample = people.iloc[rng.choice(len(people), SAMPLE, replace=False)].reset_index(drop=True)
    few = Case(
        name=case.name,
        hidden={name: of for name, of in case.hidden.items() if {name, *of} <= set(sample)},
        mean=case.mean,
        share=case.share,
    )
    table = hide(sample, few, cause, rng)
    filled = coverers(few)[name](table, SAMPLE, TABLES, seed)
    found = [estimates(copy, few, len(people)) for copy in filled]
    if len(found) == 1:
        found = found * 2  # one table tells nothing between tables
    pooled = twin.pool([e for e, _ in found], [v for _, v in found], complete_df=SAMPLE - 1, level=LEVEL)
    return {"estimate": pooled.estimate.tolist(), "low": pooled.low.tolist(), "high": pooled.high.tolist()}


def covered(lines: Path, which: Run, case: Case, repeats: int) -> dict[str, Any]:
    """How often the intervals of one system hold the mean and the share of the whole table.

    Args:
        lines: A file with a line for each sample, so that a run that is stopped goes on where it was.
        which: The run.
        case: Its table.
        repeats: How many samples.
    """
    assert which.system is not None
    people = whole(case)[narrow(case)]
    done = [json.loads(line) for line in lines.read_text().splitlines()] if lines.is_file() else []
    for seed in sorted(set(range(repeats)) - {run["seed"] for run in done}):
        start = time.perf_counter()
        found = once(case, which.cause, which.system, people, seed)
        done.append({"seed": seed, **found, "seconds": time.perf_counter() - start})
        with lines.open("a") as file:
            file.write(json.dumps(done[-1]) + "\n")
    return summary(done, which, estimates(people, case, 2 * len(people))[0])


def summary(runs: Sequence[Mapping[str, Any]], which: Run, truth: Sequence[float]) -> dict[str, Any]:
    """Coverage, and bias in standard deviations of the estimates, of the mean and of the share."""
    low, middle, high = (np.array([run[part] for run in runs]) for part in ("low", "estimate", "high"))
    return {
        "table": which.table,
        "cause": which.cause,
        "system": which.system,
        "repeats": len(runs),
        "coverage": ((low <= truth) & (truth <= high)).mean(axis=0).tolist(),
        "bias": ((middle.mean(axis=0) - truth) / middle.std(axis=0, ddof=1)).tolist(),
        "width": (high - low).mean(axis=0).tolist(),
        "seconds": fmean(run["seconds"] for run in runs),
    }


# ---- what is run, and the page ----


@dataclass(frozen=True, kw_only=True)
class Run:
    """One table with cells hidden in one way, scored, or covered by one system.

    Args:
        table: Name of the case.
        cause: How cells are hidden.
        system: Whose coverage is measured; None for the scores of all.
    """

    table: str
    cause: Cause
    system: str | None = None

    @property
    def name(self) -> str:
        """Stem of the result's file."""
        plain = "scores" if self.system is None else "".join(c for c in self.system if c.isalnum())
        return f"{self.table}-{self.cause}-{plain}"


def plan(seeds: Sequence[int] = ()) -> list[Run]:
    """Every run, scores first; twins before their peers. Each has seeds of its own, whatever is given."""
    causes: tuple[Cause, Cause] = ("cause", "chance")
    scored = [Run(table=case.name, cause=cause) for cause in causes for case in CASES]
    covering = [
        Run(table=case.name, cause=cause, system=name)
        for cause in causes
        for case in CASES
        for name in coverers(case)
    ]
    return scored + covering


def run(lab: experiment.Lab, which: Run, repeats: int | None, *, fresh: bool) -> dict[str, Any]:
    """What a run measured, from its file or anew."""
    repeats = repeats or REPEATS
    path = lab.cache / "imputation" / f"{which.name}{'' if repeats == REPEATS else f'-{repeats}'}.json"
    if path.is_file() and not fresh:
        kept: dict[str, Any] = json.loads(path.read_text())
        return kept
    case = next(case for case in CASES if case.name == which.table)
    path.parent.mkdir(parents=True, exist_ok=True)
    if which.system is None:
        result = score(case, which.cause, 0)
    else:
        lines = path.with_suffix(".jsonl")
        if fresh:
            lines.unlink(missing_ok=True)
        result = covered(lines, which, case, repeats)
    path.write_text(json.dumps(result, indent=1))
    return result


def finished(lab: experiment.Lab) -> list[dict[str, Any]]:
    """Every result that is kept."""
    paths = (lab.cache / "imputation" / f"{which.name}.json" for which in plan())
    return [json.loads(path.read_text()) for path in paths if path.is_file()]


def section(results: Sequence[Mapping[str, Any]], machine: str) -> str:
    """The tables of the page."""
    parts = [f"Machine: {machine}."]
    parts += [_scores(result) for result in results if "systems" in result]
    coverage = [result for result in results if "coverage" in result]
    if coverage:
        heads = ["table", "hidden by", "system", "repeats"]
        heads += ["coverage, mean", "coverage, share", "bias, mean", "bias, share", "s"]
        rows = [
            [r["table"], r["cause"], r["system"], str(r["repeats"])]
            + [f"{x:.3f}" for x in r["coverage"]]
            + [f"{x:+.2f}" for x in r["bias"]]
            + [f"{r['seconds']:.2f}"]
            for r in coverage
        ]
        parts += ["### Coverage of 95 % intervals", page.table(heads, rows)]
    return "\n\n".join(parts)


def _scores(result: Mapping[str, Any]) -> str:
    case = next(case for case in CASES if case.name == result["table"])
    rows = []
    for name, found in result["systems"].items():
        own = found["scores"]
        rows.append([name, *(f"{own[c]:.3f}" for c in case.hidden), f"{fmean(own.values()):.3f}"])
        rows[-1].append(f"{found['seconds']:.0f}")
    how = "at random" if result["cause"] == "chance" else "by cause"
    return f"### {case.name}, hidden {how}\n\n" + page.table(["system", *case.hidden, "mean", "s"], rows)
