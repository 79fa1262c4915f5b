"""The demonstration: a real table, its twin, and the report, with the few figures that matter."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from twin.datasets.rand_hie import RAND_HIE_SUBJECT, load_rand_hie
from twin.files.tabular import write_table
from twin.policy.verdict import WORDS
from twin.releasing.release import release

_FIGURES = ("accuracy", "c2st", "dcr", "identical")


def run(folder: Path, *, seed: int = 0, say: Callable[[str], None] = print) -> None:
    """Fit, sample and report on the RAND Health Insurance Experiment.

    Args:
        folder: Where to write; it is made if need be.
        seed: Of everything.
        say: Told each line.
    """
    table = load_rand_hie()
    persons = table[RAND_HIE_SUBJECT].nunique()
    say(
        f"RAND Health Insurance Experiment: {len(table):,} years of {persons:,} persons, "
        f"{table.shape[1]} columns"
    )
    started = time.perf_counter()
    done = release(table, subject=RAND_HIE_SUBJECT, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    page, data, saved = folder / "report.html", folder / "twin.parquet", folder / "rand_hie.twin"
    done.report.to_html(page)
    made = done.twin.sample(len(table), seed=seed) if done.data is None else done.data
    write_table(made, data)
    done.twin.save(saved)
    say(f"Fitted, sampled and scored in {time.perf_counter() - started:.0f} s ({done.twin.fit_info.model}).")
    for name in _FIGURES:
        score = done.report.scores[name]
        reference = "" if score.reference is None else f"; real rows of other people: {score.reference:.3f}"
        say(f"  {score.title}: {score.value:.3f}{reference}")
    say(f"  suppressed: {len(done.twin.suppressed)} kinds of facts that too few persons share")
    judged = done.report.judgement
    if judged is not None:
        say(f"  verdict on {len(judged.gates)} limits: {WORDS[judged.verdict]}")
        for gate in judged.blocking:
            say(f"    {gate.title}: {WORDS[gate.verdict]}")
    if done.data is None:
        say("A release would stop here. This is a demonstration, so the twin is written all the same.")
    say(f"Report {page.resolve()}")
    say(f"Twin   {data.resolve()} ({len(made):,} rows), model {saved.resolve()}")
