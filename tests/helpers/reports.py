"""Reports with attacks and verdicts written down by hand, so that what they say can be checked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from twin.attacks.base import Attack, AttackInfo, Control, Reading
from twin.columns.schema import Category, Flag, Number, Schema
from twin.metrics.evaluate import Options, evaluate
from twin.metrics.score import Head, Interval, ScoreTable
from twin.policy.verdict import Judgement, LimitResult, Verdict
from twin.reporting.document import Report, RunFacts

HOSTILE = (
    '"><script>alert(1)</script>',
    "{{7*7}}",
    "\u202egnp.exe",
    "x" * 5000,
    "a\nb\x00\tc",
    "&amp;<b>]]>",
)


def reading(value: float, half: float, p: float, rates: tuple[float, ...] = ()) -> Reading:
    """A reading, so much to either side, and success against train, holdout and by guessing."""
    told = [Interval(rate, rate - 0.01, rate + 0.01) for rate in rates]
    train, holdout, naive = [*told, None, None, None][:3]
    return Reading(
        value=value,
        low=value - half,
        high=value + half,
        error=half / 1.96,
        p=p,
        n=2000,
        train=train,
        holdout=holdout,
        naive=naive,
    )


def attack(name: str, code: str, found: Reading | None, *, title: str = "", scale: str = "excess") -> Attack:
    """An attack that finds leaks of 5 % and of all people, but not of 1 %."""
    null = 0.0 if scale == "excess" else 0.5
    shares = ((0.01, 0.004, 0.3), (0.05, 0.05, 1e-6), (1.0, 0.4, 1e-12))
    return Attack(
        about=AttackInfo(
            name=name,
            code=code,
            title=title or f"Attack {name}",
            question=f"What {title or name} asks.",
            figure="success against people learned from less success against others",
            scale="excess" if scale == "excess" else "area",
            source="nobody 1999",
        ),
        reading=found,
        negative=reading(null + 0.001, 0.01, 0.4),
        controls=tuple(Control(share=s, reading=reading(null + v, 0.01, p)) for s, v, p in shares),
        note=f"How {title or name} was run.",
        tables=(
            ScoreTable(
                title=title or "Detail", heads=(Head("column"), Head("n", "count")), rows=((title, 5),)
            ),
        ),
    )


ATTACKS = (
    attack("single", "A1", reading(0.02, 0.01, 0.001, (0.06, 0.04, 0.01))),
    attack("link", "A2", reading(0.08, 0.02, 1e-6, (0.12, 0.04, 0.01))),
    attack("infer", "A3", reading(0.2, 0.02, 1e-9, (0.7, 0.5, 0.5))),
    attack("member", "A4", reading(0.51, 0.02, 0.2), scale="area"),
)
VERDICTS: dict[str, Verdict] = {"single": "pass", "link": "inconclusive", "infer": "fail", "member": "weak"}
LIMITS = {"single": 0.09, "link": 0.09, "infer": 0.1, "member": 0.55}


def gate(found: Attack, verdict: Verdict, *, action: str = "block") -> LimitResult:
    read = found.reading
    return LimitResult(
        name=found.about.name,
        title=found.about.title,
        aim="privacy",
        verdict=verdict,
        limit=LIMITS[found.about.name],
        value=None if read is None else read.value,
        low=None if read is None else read.low,
        high=None if read is None else read.high,
        action="block" if action == "block" else "warn",
        sentence=f"Why {found.about.title} is {verdict}.",
    )


def judgement(attacks: tuple[Attack, ...] = ATTACKS, *, action: str = "block") -> Judgement:
    return Judgement(gates=tuple(gate(a, VERDICTS[a.about.name], action=action) for a in attacks))


def table(n: int, seed: int, names: tuple[str, str, str] = ("age", "city", "ill")) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, n)
    return pd.DataFrame(
        {names[0]: age, names[1]: rng.choice(list("ABC"), n), names[2]: rng.random(n) < age / 90}
    )


def plain(names: tuple[str, str, str] = ("age", "city", "ill"), n: int = 400) -> Report:
    """A report with quick scores and nothing judged."""
    schema = Schema(columns=(Number(name=names[0]), Category(name=names[1]), Flag(name=names[2])))
    options = Options(metrics=("accuracy", "missingness"), attacks=False)
    scores = evaluate(*(table(n, seed, names) for seed in (1, 2, 3)), schema, options=options)
    return Report(evaluation=scores, schema=schema, facts=RunFacts(model="trees", k=11))


def judged(report: Report, attacks: tuple[Attack, ...] = ATTACKS, verdict: Judgement | None = None) -> Report:
    """The report with attacks and the verdict on them."""
    assert report.evaluation is not None
    evaluation = replace(report.evaluation, attacks=attacks)
    return replace(report, evaluation=evaluation, judgement=verdict or judgement(attacks))
