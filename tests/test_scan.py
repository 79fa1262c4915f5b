"""The scan: it finds what is planted, counts persons rightly, and tells no value and no small count."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import twin
from tests.helpers.documents import Reader
from twin.cli.main import app
from twin.scanning import words
from twin.scanning.document import Scan
from twin.scanning.finding import TOPICS, Finding
from twin.scanning.json import json_schema
from twin.scanning.topics import combinations
from twin.scanning.topics.levels import beyond_fences
from twin.scanning.topics.missing import clusters

N = 400
RNG = np.random.default_rng(0)
HOSTILE = ['"><script>alert(1)</script>', "{{7*7}}", "\u202egnp.exe", "x" * 3000, "a\nb\tc", "&amp;"]


def texts(scan: Scan) -> dict[str, str]:
    """Every form that a scan is shown in."""
    return {
        "repr": repr(scan),
        "text": scan.to_text(),
        "html": scan.to_html(),
        "notebook": scan._repr_html_(),
        "json": scan.to_json(),
        "frame": scan.to_frame().to_string(),
    }


def of(scan: Scan, topic: str, column: str = "") -> list[Finding]:
    return [f for f in scan.findings if f.topic == topic and (not column or column in f.columns)]


@pytest.fixture(scope="module")
def clinic() -> twin.datasets.Clinic:
    return twin.datasets.make_clinic(1_500, seed=3)


@pytest.fixture(scope="module")
def patients(clinic: twin.datasets.Clinic) -> Scan:
    return twin.scan(clinic.patients, subject="patient_id")


@pytest.fixture(scope="module")
def visits(clinic: twin.datasets.Clinic) -> Scan:
    return twin.scan(clinic.visits, subject="patient_id")


# --- it finds what is there


def test_a_table_of_patients(patients: Scan) -> None:
    named = {f.columns[0] for f in of(patients, "identifiers")}
    assert {"name", "email"} <= named
    assert of(patients, "keys", "patient_id")
    assert {"sex", "birth_date", "postcode"} <= set(patients.schema.quasi_identifiers)
    assert "may identify" in {
        f.level for f in of(patients, "missing", "height_cm")
    }  # the only missing height
    assert of(patients, "rare", "city") and of(patients, "precision", "income")
    best = {row.columns: row for row in patients.uniqueness}
    assert best["birth_date", "postcode"].small == "100%"


def test_rows_of_one_patient_are_one_person(visits: Scan) -> None:
    assert visits.facts.subjects == 1_500
    assert any("one to one" in f.what for f in of(visits, "same", "diagnosis"))
    who = np.arange(N) // 2
    code = np.where(who < 20, "Z99", np.where(who % 2, "A", "B")).astype(object)
    table = pd.DataFrame({"who": np.where(code == "Z99", 7, who), "code": code})  # 40 rows of one person
    assert of(twin.scan(table, subject="who"), "rare", "code")
    assert not of(twin.scan(table), "rare", "code")


def rare_city(n: int) -> np.ndarray:
    return np.where(np.arange(n) < 3, "Oberzeiring", RNG.choice(["Graz", "Linz"], n))


def planted() -> dict[str, tuple[str, str, str, Callable[[int], pd.DataFrame]]]:
    """Name: topic, column, level, and a table that has it."""
    x = RNG.normal(50, 9, N).round(1)
    rows = np.arange(N)
    lone = np.where(rows == 5, -3.5, np.abs(x) + 1)
    finer = np.where(rows == 7, 41.1234, x)
    far = np.where(rows == 9, 9_000.0, x)
    hole = np.where(RNG.random(N) < 0.3, np.nan, x)
    gone = np.where(np.isnan(hole), np.nan, RNG.normal(0, 1, N))
    mail = [f"called, see note {i % 4} for more" for i in range(N)]
    mail[3] = "write to ann.moser@mail.example.org about it"
    phone = [f"came back after week {i % 4}, all is well" for i in range(N)]
    phone[8] = "asked to be called at +43 664 1234567 in week 3"
    staff = RNG.permutation(9_000)[:N] + 10_000
    return {
        "rare level": (
            "rare",
            "city",
            "may identify",
            lambda _: pd.DataFrame({"city": rare_city(N), "x": x}),
        ),
        "lone sign": ("extremes", "x", "may identify", lambda _: pd.DataFrame({"x": lone})),
        "odd precision": ("precision", "x", "may identify", lambda _: pd.DataFrame({"x": finer})),
        "outlier": ("extremes", "x", "may identify", lambda _: pd.DataFrame({"x": far})),
        "lone gap": (
            "missing",
            "x",
            "may identify",
            lambda _: pd.DataFrame({"x": np.where(rows == 2, np.nan, x)}),
        ),
        "gaps together": ("missing", "b", "quality", lambda _: pd.DataFrame({"a": hole, "b": gone})),
        "heap": (
            "precision",
            "x",
            "quality",
            lambda _: pd.DataFrame({"x": np.where(rows % 2, x.round(-1), x).round()}),
        ),
        "constant": ("same", "c", "quality", lambda _: pd.DataFrame({"c": 1, "x": x})),
        "copy": ("same", "y", "quality", lambda _: pd.DataFrame({"x": x, "y": x})),
        "recoding": (
            "same",
            "y",
            "quality",
            lambda _: pd.DataFrame({"x": np.where(rows % 3, "a", "b"), "y": np.where(rows % 3, 7, 9)}),
        ),
        "near copy": ("same", "y", "quality", lambda _: pd.DataFrame({"x": x, "y": x + (rows == 0)})),
        "near order": (
            "same",
            "y",
            "quality",
            lambda _: pd.DataFrame({"x": x, "y": np.exp(x / 9) + x / 1e3}),
        ),
        "imbalance": ("balance", "f", "quality", lambda _: pd.DataFrame({"f": rows < 15, "x": x})),
        "lone flag": ("balance", "f", "may identify", lambda _: pd.DataFrame({"f": rows < 2, "x": x})),
        "unused": (
            "levels",
            "c",
            "quality",
            lambda _: pd.DataFrame({"c": pd.Categorical(RNG.choice(list("ab"), N), categories=list("abz"))}),
        ),
        "mixed": ("levels", "c", "quality", lambda _: pd.DataFrame({"c": [1, "a"] * (N // 2)}, dtype=object)),
        "spellings": (
            "levels",
            "c",
            "quality",
            lambda _: pd.DataFrame({"c": RNG.choice(["Graz", "graz ", "Wels"], N)}),
        ),
        "stand-in": (
            "levels",
            "c",
            "quality",
            lambda _: pd.DataFrame({"c": RNG.choice(["yes", "no", "?"], N)}),
        ),
        "mail in text": ("text", "note", "identifies", lambda _: pd.DataFrame({"note": mail, "x": x})),
        "phone in text": ("text", "note", "identifies", lambda _: pd.DataFrame({"note": phone, "x": x})),
        "repeating id": (
            "keys",
            "person_id",
            "identifies",
            lambda _: pd.DataFrame({"person_id": rows // 3, "x": x}),
        ),
        "repeating mail": (
            "keys",
            "email",
            "identifies",
            lambda _: pd.DataFrame({"email": [f"p{i // 4}@example.org" for i in range(N)], "x": x}),
        ),
        "unique key": ("keys", "staff_id", "identifies", lambda _: pd.DataFrame({"staff_id": staff, "x": x})),
        "pointer": (
            "keys",
            "manager_id",
            "may identify",
            lambda _: pd.DataFrame({"staff_id": staff, "manager_id": RNG.choice(staff[:40], N)}),
        ),
        "rows twice": (
            "rows",
            "",
            "quality",
            lambda _: pd.DataFrame({"x": x, "y": x[::-1]}).iloc[[*range(N), 0]],
        ),
        "nested": ("refused", "c", "quality", lambda _: pd.DataFrame({"c": [[1], [2]] * 50, "x": x[:100]})),
    }


PLANTED = planted()


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found(name: str) -> None:
    topic, column, level, make = PLANTED[name]
    found = of(twin.scan(make(N)), topic, column)
    assert level in {f.level for f in found}, found
    assert all(f.what.strip().endswith((".", ")")) and f.treatment for f in found)


@pytest.mark.parametrize(
    "topic", ["identifiers", "keys", "text", "same", "balance", "levels", "missing", "refused"]
)
def test_an_ordinary_table_is_left_in_peace(topic: str) -> None:
    table = pd.DataFrame(
        {
            "dose": RNG.gamma(4, 10, N).round(1),
            "ward": RNG.choice(["north", "south", "west"], N),
            "seen": RNG.random(N) < 0.4,
        }
    )
    assert not of(twin.scan(table), topic)


# --- it counts persons rightly


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(2, 6), st.booleans())
def test_standing_alone_is_counted_as_by_hand(seed: int, n: int, k: int, by_person: bool) -> None:
    rng = np.random.default_rng(seed)
    names = ["age", "sex", "city"]
    table = pd.DataFrame(
        {name: rng.integers(0, size, n) for name, size in zip(names, (9, 2, 4), strict=True)}
    )
    table["city"] = table["city"].where(rng.random(n) < 0.9)
    table["who"] = rng.integers(0, max(n // 2, 1), n) if by_person else np.arange(n)
    view = combinations_view(table, k, by_person)
    for size in (1, 2, 3):
        for row in combinations._of_size(view, list(view.columns[:3]), size):
            chosen = [c.name for c in row.columns]
            groups = table.groupby(chosen, dropna=False)["who"].agg(set)
            alone = set().union(*(g for g in groups if len(g) == 1))
            small = set().union(*(g for g in groups if len(g) < k))
            assert (row.alone, row.small) == (len(alone), len(small))


def combinations_view(table: pd.DataFrame, k: int, by_person: bool):
    from twin.columns.arrays.reading import TableArrays
    from twin.columns.table import infer_schema
    from twin.scanning.view import ScanView, viewed

    who = pd.factorize(table["who"])[0].astype(np.int64) if by_person else None
    arrays = TableArrays(table)
    schema = infer_schema(arrays)
    return ScanView(
        columns=tuple(viewed(arrays[c.name], c, who) for c in schema),
        table=arrays,
        subject="who" if by_person else None,
        subjects=who,
        persons=table["who"].nunique(),
        n=len(table),
        k=k,
        show=False,
    )


def test_at_most_twelve_columns_are_combined_and_it_is_said() -> None:
    table = pd.DataFrame({f"age_{i}": RNG.integers(0, 50, N) for i in range(15)})
    found = twin.scan(table)
    assert any(f"{combinations.MOST} most telling" in note for note in found.facts.notes)
    assert any("3 more were left out" in note for note in found.facts.notes)


def test_the_schema_declares_what_nearly_everybody_may_know() -> None:
    rng = np.random.default_rng(3)
    names = ["education", "sex", "marital_status", "birth_year", "age", "city", "postcode", "occupation"]
    table = pd.DataFrame({name: rng.integers(1, 9, N) for name in names})
    table["sex"] = rng.choice(["F", "M"], N)
    table["birth_year"] = rng.integers(1930, 2010, N)
    table["postcode"] = rng.integers(1000, 1100, N)
    found = twin.scan(table)
    assert found.schema.quasi_identifiers == ("sex", "birth_year", "postcode")
    known = next(f for f in found.findings if f.topic == "combinations")
    assert set(known.columns) >= {"education", "marital_status", "age", "city", "occupation"}


def test_fences_and_clusters_by_hand() -> None:
    values = np.array([0.0, 10, 11, 12, 13, 14, 500])
    assert beyond_fences(values, np.array([300, 9, 9, 9, 9, 9, 1]))[-1]
    assert not beyond_fences(np.exp(np.linspace(0, 6, 50)), np.ones(50, np.int64)).any()  # skewed, not far
    masks = np.zeros((3, 10), bool)
    masks[0, :4] = masks[1, :4] = masks[2, 5:] = True
    assert clusters(masks) == [[0, 1]]


# --- it tells no value and no small count


@pytest.mark.parametrize("table", ["patients", "visits"])
def test_secrets_are_not_told(
    table: str, clinic: twin.datasets.Clinic, request: pytest.FixtureRequest
) -> None:
    scan: Scan = request.getfixturevalue(table)
    hidden = [str(s.value) for s in clinic.secrets if s.table == table and s.value is not None]
    hidden += [s.subject for s in clinic.secrets] + ["1911", "45.1", "1,234,567", "1911-02-03", "lambda"]
    for form, text in texts(scan).items():
        assert not [word for word in hidden if word in text], form


def test_values_are_shown_where_asked_for() -> None:
    table = pd.DataFrame({"city": rare_city(N), "x": RNG.normal(0, 1, N)})
    scan = twin.scan(table, show_values=True)
    for form, text in texts(scan).items():
        assert "Oberzeiring" in text, form
    assert words.SHOWS_VALUES in scan.notices and words.SHOWS_VALUES in scan.to_html()
    assert "Oberzeiring" not in scan.schema.to_json()


CANARY = "Zwetkowitsch"


@pytest.mark.parametrize("where", ["level", "category", "text", "mixed", "key", "moment text"])
def test_a_canary_is_not_told(where: str) -> None:
    column: dict[str, object] = {
        "level": [CANARY, *RNG.choice(["a", "b"], N - 1)],
        "category": pd.Categorical(
            [CANARY, *RNG.choice(["a", "b"], N - 1)], categories=["a", "b", CANARY, CANARY + "2"]
        ),
        "text": [
            f"her sister {CANARY} came too",
            *[f"came alone in week {i % 5}, all well" for i in range(N - 1)],
        ],
        "mixed": pd.Series([CANARY, *([1, 2.5, "b"] * N)[: N - 1]], dtype=object),
        "key": [CANARY, *(f"K{i:05d}" for i in range(N - 1))],
        "moment text": [CANARY, *(f"2020-01-{1 + i % 28:02d}" for i in range(N - 1))],
    }
    scan = twin.scan(pd.DataFrame({"c": column[where], "x": RNG.normal(0, 1, N)}))
    for form, text in texts(scan).items():
        assert CANARY.casefold() not in text.casefold(), form


def test_counts_are_ranges(patients: Scan, visits: Scan) -> None:
    number = r"(?:<\d+|0|\d[\d,]*–\d[\d,]*)"
    person = r"(?:fewer than \d+|no|\d[\d,]*–\d[\d,]*) persons?"
    pattern = re.compile(
        rf"^(?:(?:{number} [a-z ]+, )?{person}(?: with a(?:nother value| missing cell))?"
        rf"|{number} [a-z ]+|\d+ columns?(?:, {person})?)?$"
    )
    for finding in (*patients.findings, *visits.findings):
        assert pattern.match(finding.count), finding.count
        assert re.match(r"^(?:[<>]?\d+%(?: of rows| alone| and [<>]?\d+%)?)?$", finding.share), finding.share


@given(st.integers(1, 5_000), st.integers(2, 30))
@settings(max_examples=60)
def test_a_share_may_stand_for_k_counts(total: int, k: int) -> None:
    told = [words.share(count, total, k) for count in range(1, total)]
    for _, group in itertools.groupby(told):
        assert len(list(group)) >= min(k, total) - 1
    assert [float(t.strip("<>%")) for t in told if t] == sorted(float(t.strip("<>%")) for t in told if t)


# --- it ends with a schema, and goes everywhere


def test_its_schema_goes_to_fit(clinic: twin.datasets.Clinic, patients: Scan) -> None:
    again = twin.Schema.from_json(patients.schema.to_json())
    assert again == patients.schema
    t = twin.fit(clinic.patients, subject="patient_id", schema=again, model="independent")
    assert t.schema.quasi_identifiers == patients.schema.quasi_identifiers
    assert len(t.sample(20, seed=1)) == 20


def test_its_lines_of_code_run(clinic: twin.datasets.Clinic) -> None:
    for table in (clinic.patients, clinic.visits):
        scan = twin.scan(table, subject="patient_id")
        for finding in scan.findings:
            if "..." not in finding.choice:
                exec(finding.choice, {"scan": scan, "twin": twin, "df": table.copy(), "pd": pd})


def test_json_keeps_its_schema_and_its_bytes(clinic: twin.datasets.Clinic, visits: Scan) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    for scan in (visits, twin.scan(clinic.patients, show_values=True)):
        jsonschema.validate(json.loads(scan.to_json()), json_schema())
    assert twin.scan(clinic.visits, subject="patient_id").to_json() == visits.to_json()
    topics = json_schema()["properties"]["findings"]["items"]["properties"]["topic"]["enum"]  # type: ignore[index,call-overload]
    assert topics == list(TOPICS) or set(topics) == set(TOPICS)  # type: ignore[arg-type]


def test_html_runs_nothing_and_escapes_everything() -> None:
    table = pd.DataFrame({name: RNG.choice(HOSTILE, N) for name in HOSTILE})
    table["<b>id"] = [f"<img src=x onerror=alert({i})>" for i in range(N)]
    for show in (False, True):
        scan = twin.scan(table, show_values=show)
        page = Reader(scan.to_html())
        assert not page.open
        for tag, attributes in page.tags:
            assert tag not in {"script", "iframe", "link", "object", "img", "form", "b>id"}
            assert not any(name.startswith("on") or name in {"src", "style"} for name in attributes)
            assert attributes.get("href", "#").startswith("#")
        policy = next(a["content"] for t, a in page.tags if t == "meta" and "http-equiv" in a)
        assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        ids = [a["id"] for _, a in page.tags if "id" in a]
        assert len(ids) == len(set(ids))
        assert {a["href"][1:] for _, a in page.tags if a.get("href")} <= set(ids)  # type: ignore[index]
        assert words.INSIDE in page.text
        assert not Reader(scan._repr_html_()).open
        assert "\u202e" not in scan.to_html() + scan.to_text()


def test_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clinic: twin.datasets.Clinic) -> None:
    monkeypatch.chdir(tmp_path)
    clinic.patients.to_parquet("p.parquet")
    line = "scan p.parquet --subject patient_id --json s.json -o s.html --schema schema.json"
    done = CliRunner().invoke(app, line.split())
    assert done.exit_code == 0 and "Direct identifiers" in done.stdout
    assert json.loads(Path("s.json").read_text())["format"] == "twin-scan"
    assert Path("s.html").read_text().startswith("<!doctype html>")
    assert twin.Schema.from_json(Path("schema.json").read_text()).quasi_identifiers
    bad = CliRunner().invoke(app, ["scan", "p.parquet", "--subject", "nobody"])
    assert bad.exit_code == 1 and not bad.stdout and "nobody" in bad.stderr
    assert CliRunner().invoke(app, ["scan", "p.parquet", "--nonsense"]).exit_code == 2


# --- odd tables get an answer, bad input a sentence


def odd() -> dict[str, pd.DataFrame]:
    n = 60
    return {
        "one row": pd.DataFrame({"age": [40], "name": ["Ann Moser"], "x": [1.5]}),
        "one column": pd.DataFrame({"age": RNG.integers(0, 9, n)}),
        "two rows": pd.DataFrame({"a": [1, None], "b": ["x", "y"]}),
        "all missing": pd.DataFrame({"a": [None] * n, "b": [np.nan] * n, "c": pd.Series([pd.NaT] * n)}),
        "emoji": pd.DataFrame(
            {"🙂": RNG.integers(0, 9, n), "": ["a"] * n, "π day": pd.Timestamp("2020-01-01")}
        ),
        "names": pd.DataFrame({0: range(n), 1.5: ["a"] * n, True: [None, *range(n - 1)]}),
        "same text name": pd.DataFrame({1: range(n), "1": ["a", "b"] * (n // 2)}),
        "decimal": pd.DataFrame({"d": [Decimal(i) / 100 for i in range(n)]}),
        "nullable": pd.DataFrame(
            {"i": pd.array([1, None, 3] * 20, "Int64"), "b": pd.array([True, None] * 30, "boolean")}
        ),
        "zones": pd.DataFrame(
            {"t": pd.date_range("2020", periods=n, tz="Europe/Vienna"), "d": pd.to_timedelta(range(n), "h")}
        ),
        "old dates": pd.DataFrame({"t": np.array(["1500-01-01", "2020-01-01"] * 30, "datetime64[s]")}),
        "infinite": pd.DataFrame({"x": [np.inf, -np.inf, np.nan, *np.arange(n - 3.0)]}),
        "huge": pd.DataFrame({"x": np.array([1e308, -1e308, 1e-308] * 20), "y": np.array([2**62] * n)}),
        "empty text": pd.DataFrame({"s": [""] * n, "w": [" ", "\n"] * 30}),
        "unused": pd.DataFrame({"c": pd.Categorical([None] * n, categories=["a", "b"])}),
        "ordered": pd.DataFrame(
            {"c": pd.Categorical(["lo", "hi"] * 30, categories=["lo", "hi"], ordered=True)}
        ),
        "index": pd.DataFrame({"x": range(n)}, index=pd.Index([f"p{i}" for i in range(n)], name="person")),
        "only nested": pd.DataFrame({"c": [{"a": 1}] * n}),
        "objects": pd.DataFrame(
            {"b": pd.Series([True, None] * 30, dtype=object), "t": [pd.Timestamp("2020").date()] * n}
        ),
    }


ODD = odd()


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("show", [False, True])
def test_odd_tables_get_an_answer(name: str, show: bool) -> None:
    scan = twin.scan(ODD[name], show_values=show)
    assert all(texts(scan).values())
    assert scan.facts.columns == ODD[name].shape[1] + (name == "index")


def test_two_thousand_columns() -> None:
    table = pd.DataFrame(RNG.integers(0, 9, (120, 2_000)), columns=[f"age{i}" for i in range(2_000)])
    scan = twin.scan(table)
    assert len(scan.columns) == 2_000 and len(scan.to_text()) < 60_000
    assert any("first 300 columns" in note for note in scan.facts.notes)


def test_other_libraries_give_the_same_findings(clinic: twin.datasets.Clinic) -> None:
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    table = clinic.patients[["patient_id", "sex", "city", "height_cm", "smoker"]]
    wanted = [(f.topic, f.columns, f.what, f.count) for f in twin.scan(table, subject="patient_id").findings]
    arrow = pa.Table.from_pandas(table)
    duckdb = pytest.importorskip("duckdb")
    for other in (pl.from_arrow(arrow), arrow, duckdb.from_arrow(arrow)):
        found = twin.scan(other, subject="patient_id").findings
        assert [(f.topic, f.columns, f.what, f.count) for f in found] == wanted


@pytest.mark.parametrize(
    ("table", "options"),
    [
        (pd.DataFrame(), {}),
        (pd.DataFrame({"a": []}), {}),
        (pd.DataFrame(np.ones((50, 2)), columns=["a", "a"]), {}),
        (pd.DataFrame({"a": range(50)}), {"subject": "b"}),
        (pd.DataFrame({"a": [None, *range(49)]}), {"subject": "a"}),
        ([1, 2], {}),
    ],
)
def test_bad_input_gets_the_sentence_of_fit(table: object, options: dict[str, str]) -> None:
    with pytest.raises(twin.InputError) as here:
        twin.scan(table, **options)  # type: ignore[arg-type]
    with pytest.raises(twin.InputError) as there:
        twin.fit(table, **options)  # type: ignore[arg-type]
    assert str(here.value) == str(there.value)


@pytest.mark.parametrize("k", [1, 0, -3, 2.5, "a"])
def test_bad_k(k: object) -> None:
    with pytest.raises(twin.InputError, match=r"^k: must be"):
        twin.scan(pd.DataFrame({"a": range(50)}), k=k)  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_hundred_thousand_rows_of_thirty_columns() -> None:
    clinic = twin.datasets.make_clinic(30_000, seed=1)
    table = clinic.visits.merge(clinic.patients, on="patient_id").iloc[:100_000]
    for i in range(30 - table.shape[1]):
        table[f"x{i}"] = RNG.normal(0, 1, len(table)).round(3)
    assert table.shape[1] == 30
    told = json.loads(twin.scan(table, subject="patient_id").to_json())
    assert len(told["columns"]) == 30
