"""The report: the same bytes for the same scores, nothing raw, nothing that runs, readable everywhere."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import twin
from tests.helpers.documents import Reader
from tests.helpers.extending import formats_of_reports
from twin.columns.schema import Category, Datetime, Key, Number, Schema
from twin.metrics.evaluate import Options, evaluate
from twin.metrics.score import short
from twin.policy.judge import judge
from twin.policy.policy import Policy
from twin.privacy.dp.ledger import replay
from twin.privacy.suppression.guard import SuppressionEntry, SuppressionLog
from twin.reporting.build import about
from twin.reporting.document import Report, RunFacts
from twin.reporting.fixed import (
    NO_GUARANTEE,
    NOT_FOR_RELEASE,
    PUBLIC,
    ROWS_AS_PEOPLE,
    ROWS_PROTECTED,
    SETTINGS_ONLY,
    UNSAFE,
)
from twin.reporting.fixed import VOID as VOID_LEDGER
from twin.reporting.json import json_schema

jsonschema = pytest.importorskip("jsonschema")

HOSTILE = [
    '"><script>alert(1)</script>',
    "{{7*7}}",
    "\u202egnp.exe",
    "x" * 5000,
    "$\\frac{1}{2}$",
    "a\nb\tc",
    "&amp;",
]
FORMATS = formats_of_reports()
"""Those of the package, and the one that the page on extending twin adds."""
DOCUMENTS = [name for name in FORMATS if name not in ("junit", "markdown")]


def table(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"pay": np.round(np.exp(rng.normal(7, 1, n)), 2), "city": rng.choice(list("ABC"), n)}
    )
    frame["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D")
    for i, name in enumerate(HOSTILE):
        frame[name] = rng.choice(HOSTILE, n) if i % 2 else rng.integers(0, 40, n)
    frame["id"] = np.arange(n)
    return frame


SCHEMA = Schema(
    columns=(
        Number(name="pay", dtype="float64"),
        Category(name="city", dtype="object", reason='"><img src=x onerror=alert(1)>'),
        Datetime(name="day"),
        *((Category if i % 2 else Number)(name=name) for i, name in enumerate(HOSTILE)),
        Key(name="id"),
    )
)
LOG = SuppressionLog(
    (
        SuppressionEntry(
            column=HOSTILE[0], rule="levels held by too few", values="<11", rows="11–19", replacement="drawn"
        ),
    ),
    11,
)
FACTS = RunFacts(
    name="<b>",
    model="trees",
    reasons=("quick",),
    k=11,
    seed=7,
    versions=(("twin", "0"),),
    seconds=(("fit", 2.0),),
)


def fresh_report() -> Report:
    found = scores(table(600, 1), table(600, 2), table(600, 3))
    return Report(evaluation=found, schema=SCHEMA, suppression=LOG, facts=FACTS)


@pytest.fixture(scope="module")
def report() -> Report:
    return fresh_report()


@pytest.fixture(scope="module")
def again() -> Report:
    return fresh_report()


def scores(
    train: pd.DataFrame, holdout: pd.DataFrame | None, synthetic: pd.DataFrame, schema: Schema = SCHEMA
):
    names = ("accuracy", "c2st", "tstr", "missingness", "distances")
    options = Options(metrics=names, attacks=False)
    return evaluate(train, holdout, synthetic, schema, target=schema.names[1], options=options)


def test_html_runs_nothing_and_loads_nothing(report: Report) -> None:
    page = Reader(report.to_html())
    assert not page.open
    for tag, attributes in page.tags:
        assert tag not in {"script", "iframe", "link", "object", "img", "form"}
        assert not any(name.startswith("on") or name in {"src", "style"} for name in attributes)
        assert attributes.get("href", "#").startswith("#")
    policy = next(a["content"] for t, a in page.tags if t == "meta" and "http-equiv" in a)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert "url(" not in report.to_html() and "@import" not in report.to_html()
    for name in HOSTILE:
        assert short(name) in page.text
    assert "\u202e" not in page.text


def test_html_can_be_read_without_seeing_it(report: Report) -> None:
    page = Reader(report.to_html())
    assert page.tags[1] == ("html", {"lang": "en"}) or ("html", {"lang": "en"}) in page.tags
    assert [t for t, _ in page.tags].count("h1") == 1
    levels = [int(t[1]) for t, _ in page.tags if re.fullmatch("h[1-6]", t)]
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert all(a.get("role") == "img" and a.get("aria-label") for t, a in page.tags if t == "svg")
    assert all(a.get("scope") in ("col", "row") for t, a in page.tags if t == "th")
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a} <= set(ids)


def test_json_keeps_its_schema(report: Report) -> None:
    document = json.loads(report.to_json())
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(document, json_schema())
    assert document["scores"]["c2st"]["value"] == pytest.approx(report.scores["c2st"].value, abs=1e-6)
    assert document["passed"] is None is report.passed


@pytest.mark.parametrize("name", FORMATS)
def test_equal_inputs_give_equal_bytes_and_a_time_enters_only_when_given(
    report: Report, again: Report, name: str
) -> None:
    first = FORMATS[name](report)
    assert first == FORMATS[name](again)
    assert first.endswith("\n") and not re.search(r"20\d\d-\d\d-\d\dT", first)
    dated = replace(report, facts=replace(FACTS, created="on a Monday"))
    assert "on a Monday" in FORMATS[name](dated)


CANARIES = ["Oberzeiring", "Zyzzyx"]


@pytest.fixture(scope="module")
def attacked() -> tuple[Report, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """A report of every score and attack on tables in which a few people hold values of their own."""
    schema = Schema(columns=tuple(SCHEMA[name] for name in ("pay", "city", "day", "id")))
    train, holdout, twin = (table(600, seed)[list(schema.names)] for seed in (1, 2, 3))
    train.loc[:4, "city"], holdout.loc[:40, "city"] = CANARIES
    train.loc[:2, "pay"], holdout.loc[5, "pay"] = 1_234_567.89, 7_654_321.98
    train.loc[0, "day"] = pd.Timestamp("1831-07-19")
    twin.loc[:30] = train.loc[40:70].to_numpy()  # copies, so that attacks have something to tell
    found = evaluate(train, holdout, twin, schema, target="city")
    assert len(found.attacks) >= 9
    return Report(evaluation=found, schema=schema, judgement=judge(found, Policy())), train, holdout, twin


@pytest.mark.parametrize("name", FORMATS)
def test_no_value_that_only_real_people_hold_is_told(
    name: str, attacked: tuple[Report, pd.DataFrame, pd.DataFrame, pd.DataFrame]
) -> None:
    report, train, holdout, twin = attacked
    text = FORMATS[name](report)
    for canary in [*CANARIES, "1234567", "1,234,567", "1.235M", "1.2M", "7654321", "1831"]:
        assert canary not in text
    told = {f"{value:.2f}" for value in np.r_[train["pay"], holdout["pay"]]} - {
        f"{v:.2f}" for v in twin["pay"]
    }
    figures = set(re.findall(r"\d{3,}\.\d\d\b", text))
    assert not told & figures


@pytest.mark.parametrize("name", FORMATS)
def test_limits_are_in_fixed_words(report: Report, name: str) -> None:
    text = " ".join(FORMATS[name](report).split())
    assert NO_GUARANTEE in text and ROWS_AS_PEOPLE in text and "For internal use." in text
    assert UNSAFE not in text
    stamped = replace(report, facts=replace(FACTS, unsafe=True, subject="id"))
    text = " ".join(FORMATS[name](stamped).split())
    assert UNSAFE in text and ROWS_AS_PEOPLE not in text


def test_without_holdout_the_report_says_what_is_lacking() -> None:
    lacking = Report(evaluation=scores(table(300, 1), None, table(300, 3)), schema=SCHEMA)
    for name in DOCUMENTS:
        assert "needs a holdout" in FORMATS[name](lacking)
    jsonschema.validate(json.loads(lacking.to_json()), json_schema())
    Reader(lacking.to_html())


def test_a_hundred_columns_stay_under_a_megabyte() -> None:
    rng = np.random.default_rng(0)
    wide = [
        pd.DataFrame(
            {f"a column with a name {i}": rng.integers(0, 13 if i % 2 else 500, 150) for i in range(100)}
        )
        for _ in range(3)
    ]
    schema = Schema(columns=tuple((Category if i % 2 else Number)(name=c) for i, c in enumerate(wide[0])))
    page = Report(evaluation=scores(*wide, schema), schema=schema).to_html()
    assert len(page.encode()) < 1_000_000 and page.count("<svg") > 100


def test_writing_and_showing(report: Report, tmp_path: Path) -> None:
    for name, write in (("r.html", report.to_html), ("r.json", report.to_json), ("r.txt", report.to_text)):
        text = write(tmp_path / name)
        assert (tmp_path / name).read_bytes() == text.encode()
    assert str(report) == report.to_text() and max(map(len, str(report).splitlines())) < 160
    assert "<script>alert" not in report._repr_html_() and "c2st" in repr(report)


PEOPLE = pd.DataFrame({"city": list("ABC") * 300, "member": [True, False, False] * 300})


@pytest.fixture(scope="module")
def under_budget() -> twin.Twin:
    return twin.fit(PEOPLE, epsilon=1.0)


@pytest.fixture(scope="module")
def budgeted(under_budget: twin.Twin) -> Report:
    return twin.report(under_budget.sample(300, seed=1), train=PEOPLE, twin=under_budget)


def words_of(report: Report, name: str) -> str:
    text = FORMATS[name](report)
    shown = Reader(text).text if name == "html" else text.replace("\\", "")
    return " ".join(shown.split())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_budget_is_told_and_suppression_is_not(budgeted: Report, name: str) -> None:
    text = words_of(budgeted, name)
    assert budgeted.ledger is not None and budgeted.ledger.sentence in text
    for said in ("what is true of a group", "Ledger.merge", ROWS_PROTECTED, NOT_FOR_RELEASE):
        assert said in text
    assert NO_GUARANTEE not in text and "suppressed" not in text and VOID_LEDGER not in text
    figures = '"0.01":' if name == "json" else "finds at most"
    assert figures in text and ("1e-05" in text and "1e-06" in text and "1e-09" in text)


@pytest.mark.parametrize("name", FORMATS)
def test_the_public_part_is_what_can_be_told_without_the_data(
    under_budget: twin.Twin, budgeted: Report, name: str
) -> None:
    public = words_of(budgeted.public, name)
    assert PUBLIC in public and NOT_FOR_RELEASE not in public
    assert FORMATS[name](budgeted.public) == FORMATS[name](about(under_budget))  # which never saw a table
    assert not budgeted.public.scores and (budgeted.part, budgeted.public.part) == ("internal", "public")


def test_without_a_budget_the_public_part_holds_no_figure(report: Report) -> None:
    public = report.public
    assert not public.scores and public.suppression is None and public.notice == SETTINGS_ONLY
    assert {c.reason for c in public.schema} == {""} and public.schema.names == report.schema.names
    document = json.loads(public.to_json())
    jsonschema.validate(document, json_schema())
    assert document["scores"] is document["attacks"] is document["verdict"] is None
    with pytest.raises(twin.InputError, match="no verdict to tell"):
        report.public_part(verdict=True)


@pytest.fixture(scope="module")
def void() -> Report:
    t = twin.fit(PEOPLE, privacy=twin.Budget(1.0, unsafe_seed=1))
    return twin.report(t.sample(300, seed=1), train=PEOPLE, twin=t)


@pytest.mark.parametrize("part", ["internal", "public"])
def test_a_void_ledger_is_stamped_everywhere(void: Report, part: str) -> None:
    told = void if part == "internal" else void.public
    for name in FORMATS:
        assert VOID_LEDGER in words_of(told, name) and PUBLIC not in words_of(told, name)
    assert f'@top-left{{content:"{VOID_LEDGER}"' in told.to_html()  # on every page of a print
    assert told.to_html().count(VOID_LEDGER) >= 3 and VOID_LEDGER in told._repr_html_()
    document = json.loads(told.to_json())
    assert document["stamps"] == [VOID_LEDGER] and not document["ledger"]["valid"]
    assert set(document["ledger"]["epsilon"].values()) == {None}


def test_a_budget_in_json_keeps_its_schema_and_can_be_replayed(budgeted: Report) -> None:
    for told in (budgeted, budgeted.public):
        document = json.loads(told.to_json())
        jsonschema.validate(document, json_schema())
        assert document["part"] == told.part
        assert replay(document["ledger"]["receipt"]) == pytest.approx(
            document["ledger"]["epsilon"]["1e-06"], abs=1e-12
        )
        page = Reader(told.to_html())
        assert not page.open and [t for t, _ in page.tags].count("h1") == 1
        assert all(a.get("scope") in ("col", "row") for t, a in page.tags if t == "th")
        levels = [int(t[1]) for t, _ in page.tags if re.fullmatch("h[1-6]", t)]
        assert all(b <= a + 1 for a, b in pairwise(levels))
        ids = [a["id"] for _, a in page.tags if "id" in a]
        assert len(ids) == len(set(ids))
