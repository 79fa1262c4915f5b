"""What the guard costs in fidelity: `python -m benchmarks.guard_cost`.

Each table is fitted with the whole guard, with k = 5 on categories alone (all else passes), and with three
quasi-identifiers declared. Printed: mean accuracy of binned marginals of one, two and three columns against
the fitted rows (scored by twin.report), and the classifier two-sample test; before that, how long the
guard takes for a million rows. TWIN_DATA names the folder of
the tables (default ../shared/data).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

import twin
from twin.columns.kinds import registry as kinds
from twin.columns.table import infer_schema, learn_columns
from twin.privacy.suppression.guard import ColumnGuard, Guard

DATA = Path(os.environ.get("TWIN_DATA", Path(__file__).parents[2] / "shared" / "data"))
SEEDS = (0, 1, 2)


def tables() -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame, str | None, list[str]]]:
    """Name, train, holdout, subject and quasi-identifiers of each table."""
    adult = [pd.read_parquet(DATA / f"adult.{part}.parquet") for part in ("train", "holdout")]
    for chosen in (
        ["age", "sex", "race"],
        ["age", "education", "native_country"],
        ["age", "education", "occupation"],
    ):
        yield "adult", adult[0], adult[1], None, chosen
    rand = twin.datasets.load_rand_hie()
    yield "RAND HIE", *halves(rand, "person"), "person", [c for c in ("age", "sex", "site") if c in rand]
    players = pd.read_parquet(DATA / "baseball_players.parquet")
    yield "baseball players", *halves(players, None), None, ["birthDate", "country", "bats"]
    seasons = pd.read_parquet(DATA / "baseball_batting.parquet")
    yield "baseball seasons", *halves(seasons, "players_id"), "players_id", ["year", "team", "G"]


def halves(frame: pd.DataFrame, subject: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = np.arange(len(frame)) if subject is None else pd.factorize(frame[subject])[0]
    first = np.random.default_rng(0).random(ids.max() + 1)[ids] < 0.5
    return frame[first].reset_index(drop=True), frame[~first].reset_index(drop=True)


@contextmanager
def only_categories() -> Iterator[None]:
    """A guard of k = 5, without noise, on categories and flags; a threshold of 1 on all else."""
    plain = Guard.column
    learn = {name: kind.learn for name, kind in kinds.KINDS.items()}

    def column(self: Guard, name: str) -> ColumnGuard:
        return replace(plain(self, name), threshold=1)

    def strict(name: str) -> kinds.Kind:
        def learned(declared, native, guard):  # type: ignore[no-untyped-def]
            return learn[name](declared, native, replace(guard, threshold=5))

        return replace(kinds.KINDS[name], learn=learned)

    loose = {name: strict(name) for name in ("category", "flag")}
    with mock.patch.object(Guard, "column", column), mock.patch.dict(kinds.KINDS, loose):
        yield


def score(
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    subject: str | None,
    seed: int,
    privacy: twin.Suppression | None = None,
) -> list[float | None]:
    t = twin.fit(train, subject=subject, seed=seed, privacy=privacy)
    sample = t.sample(len(train), seed=seed)
    report = twin.report(sample, train=train, holdout=holdout, twin=t, subject=subject, seed=seed)
    return [report.scores["accuracy"].value, report.scores["c2st"].value]


def million() -> None:
    """Seconds that the guard takes for a million rows of twenty columns."""
    rng = np.random.default_rng(0)
    n = 1_000_000
    columns: dict[str, object] = {f"c{i}": rng.zipf(1.5, n) % 3_000 for i in range(5)}
    columns |= {f"n{i}": rng.integers(0, 10**i, n) for i in range(1, 6)}
    columns |= {f"r{i}": rng.lognormal(3, 1, n).round(i) for i in range(5)}
    start = np.datetime64("2000-01-01")
    columns |= {f"d{i}": start + rng.integers(0, 9_000, n).astype("timedelta64[D]") for i in range(5)}
    frame = pd.DataFrame(columns)
    schema = infer_schema(frame).replace({f"c{i}": twin.Category() for i in range(5)})
    for subjects in (None, rng.integers(0, 200_000, n)):
        begun = time.perf_counter()
        learn_columns(frame, schema, Guard(subjects=subjects))
        persons = n if subjects is None else 200_000
        print(f"a million rows of {persons:,} persons: {time.perf_counter() - begun:.1f} s", flush=True)


def main() -> None:
    million()
    done: dict[str, np.ndarray] = {}
    for name, train, holdout, subject, quasi in tables():
        if name not in done:
            with only_categories():
                passes = twin.Suppression(k=1, unsafe=True)
                loose = [score(train, holdout, subject, s, passes) for s in SEEDS]
            done[name] = np.mean(loose, axis=0)
            whole = np.mean([score(train, holdout, subject, s) for s in SEEDS], axis=0)
            print(
                f"{name}: k = 5 on categories {done[name].round(4)}, whole guard {whole.round(4)}", flush=True
            )
        declared = twin.Suppression(quasi_identifiers=quasi)
        combined = [score(train, holdout, subject, s, declared) for s in SEEDS]
        print(f"{name}: with {', '.join(quasi)} {np.mean(combined, axis=0).round(4)}", flush=True)


if __name__ == "__main__":
    main()
