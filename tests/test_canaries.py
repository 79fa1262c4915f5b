"""The leak test: finds what is planted where it can be seen, and nothing where the guard stands."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import twin
from twin.canaries.canary import plant
from twin.canaries.detectors import CellBlock, Peak, Reissued, Together
from twin.canaries.plans import plan_canaries
from twin.canaries.result import LeakTest
from twin.canaries.search import Finder, Pattern, number_pattern, search_archive, search_memory, text_pattern
from twin.cli.main import app
from twin.columns.arrays.reading import TableArrays
from twin.columns.schema import DirectIdentifier
from twin.columns.table import infer_schema
from twin.datasets.clinic import make_clinic

CLINIC = make_clinic(2_000, seed=3)
WORD, NUMBER, DATE = "Zwetkowitsch", 1234567.89, "1911-02-03"
FINDER = Finder([text_pattern(WORD), number_pattern(NUMBER), Pattern((DATE,)), text_pattern("ᚠ")])
MODELS = ("independent", "copula", "trees")
SMALL = 20_000


# Searchers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x ZWETKOWITSCH y", {0}),
        ("income 1,234,567.89 €", {1}),
        ("1234567,89", {1}),
        ("[0.5,1234567.89]", {1}),
        ("91234567.89", set()),
        ("born 1911-02-03 in", {2}),
        ("\\u16a0", {3}),
        ("Zwetkowits", set()),
    ],
)
def test_text_is_searched_in_any_case_and_spelling(text: str, found: set[int]) -> None:
    assert FINDER.text(text) == found


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_bytes_are_searched_in_any_encoding(codec: str) -> None:
    noise = np.random.default_rng(0).bytes(100_000)
    assert FINDER.bytes(noise) == set()
    assert FINDER.bytes(noise + WORD.encode(codec) + noise) == {0}


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "datetime64[ns]", "U20", "S20"])
def test_arrays_are_searched_whatever_their_dtype(dtype: str) -> None:
    if dtype[0] in "US":
        array = np.array(["a", WORD], dtype=dtype)
    else:
        value = NUMBER if dtype[0] == "f" else 123_456_789  # in cents
        array = np.array([7, value], dtype=dtype)
    assert FINDER.array(array) == ({0} if dtype[0] in "US" else {1})
    assert FINDER.array(array[:1]) == set()


class Slotted:
    __slots__ = ("inside",)

    def __init__(self, inside: object) -> None:
        self.inside = inside


@dataclass
class Holder:
    inside: object


def _closure(value: object) -> Callable[[], object]:
    return lambda: value


def _cached(value: object) -> Callable[[int], object]:
    keep = [value]
    cached = lru_cache(lambda i: keep.pop())
    cached(0)
    return cached


def _generator(value: object) -> object:
    def steps() -> object:
        local = [value]
        yield 1
        yield local

    running = steps()
    next(running)
    return running


HIDING: dict[str, Callable[[object], object]] = {
    "attribute": Holder,
    "slot": Slotted,
    "dict key": lambda v: {v: 1},
    "nested": lambda v: [({"a": (v,)},)],
    "closure": _closure,
    "cache": _cached,
    "generator": _generator,
    "object array": lambda v: np.array([v, None], dtype=object),
    "array": lambda v: np.array([v, v]),
    "view": lambda v: np.array([v, v, v])[:0],
    "frame": lambda v: pd.DataFrame({"a": [v]}),
    "categories": lambda v: pd.Categorical(["x"], categories=["x", str(v)]),
    "attrs": lambda v: _with_attrs(v),
    "bytes": lambda v: str(v).encode(),
}


def _with_attrs(value: object) -> pd.DataFrame:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["note"] = value
    return frame


@pytest.mark.parametrize("place", HIDING)
@pytest.mark.parametrize(("value", "found"), [(WORD, {0}), (NUMBER, {1})])
def test_memory_is_searched_in_every_hiding_place(place: str, value: object, found: set[int]) -> None:
    assert search_memory([Holder(HIDING[place](value))], FINDER) == found
    assert search_memory([Holder(HIDING[place]("nothing"))], FINDER) == set()


def test_files_are_searched_in_documents_and_arrays() -> None:
    from twin.files.archive import write_archive

    def file(text: str, number: float) -> bytes:
        import io

        buffer = io.BytesIO()
        write_archive(buffer, {"facts": {"levels": [text]}}, {"x": np.array([0.5, number])})
        return buffer.getvalue()

    assert search_archive(file("none", 1.0), FINDER) == set()
    assert search_archive(file(WORD, 1.0), FINDER) == {0}
    assert search_archive(file("ᚠ", NUMBER), FINDER) == {1, 3}


def test_numbers_and_keys_that_come_by_chance_are_no_finding() -> None:
    rng = np.random.default_rng(0)
    schema = infer_schema(pd.DataFrame({"x": [1]}))
    flat, heaped = rng.integers(0, 100, 50_000), np.append(rng.integers(0, 100, 50_000), [47] * 250)
    peak = Peak("x", 47, 1)
    assert not peak.found(peak.tally(CellBlock(TableArrays(pd.DataFrame({"x": flat})), schema)))
    assert peak.found(peak.tally(CellBlock(TableArrays(pd.DataFrame({"x": heaped})), schema)))
    key = Reissued("x", "P1", 1e-5)
    assert not key.found(np.array([100_000, 1]))
    assert key.found(np.array([100_000, 12]))
    pair = Together({"a": 1, "b": 2})
    assert not pair.found(np.array([10_000, 100, 1_000, 1_000]))
    assert pair.found(np.array([10_000, 150, 1_000, 1_000]))


# Planting


def test_each_canary_has_its_own_k_minus_1_persons_and_the_table_stays_as_it_was() -> None:
    table = CLINIC.visits
    before = table.copy()
    ids = pd.factorize(table["patient_id"])[0].astype(np.int64)
    people = {"ids": ids, "k": 11, "rng": np.random.default_rng(1)}
    plans = plan_canaries(
        table,
        infer_schema(table, subject="patient_id"),
        subject="patient_id",
        quasi_identifiers=("diagnosis_code", "diagnosis", "note"),
        **people,  # type: ignore[arg-type]
    )
    done = plant(table, plans, **people)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(table, before)
    owners: set[int] = set()
    for plan, rows in zip(done.plans, done.rows, strict=True):
        source = [row for row in rows if row < len(table)]
        persons = set(ids[source].tolist())
        assert len(persons) == (10 if plan.holders is None else plan.holders)
        assert not persons & owners
        owners |= persons
        for column, value in plan.cells.items():
            cells = done.frame[column]
            held = cells.isna() if value is None else (cells == value).fillna(False)
            if len(plan.cells) == 1:
                assert set(np.flatnonzero(held.to_numpy(bool))) == set(rows), plan.sort
        if len(plan.cells) > 1:
            together = np.logical_and.reduce([done.frame[c] == v for c, v in plan.cells.items()])
            assert set(np.flatnonzero(together)) == set(rows), plan.sort
    assert {"repeated by one", "extreme number", "odd time"} <= {plan.sort for plan in done.plans}


# The whole test


@pytest.fixture(scope="module")
def guarded() -> dict[str, LeakTest]:
    """Each model on one of the tables; all of them on both are among the slow tests."""
    tables = {"patients": (CLINIC.patients, ["independent", "trees"]), "visits": (CLINIC.visits, ["copula"])}
    return {
        name: twin.leak_test(table, subject="patient_id", models=models, rows=SMALL)
        for name, (table, models) in tables.items()
    }


@pytest.fixture(scope="module")
def unguarded() -> dict[str, LeakTest]:
    return {
        name: twin.leak_test(table, subject="patient_id", models=["copula"], rows=SMALL, guard=False)
        for name, table in (("patients", CLINIC.patients), ("visits", CLINIC.visits))
    }


@pytest.mark.parametrize("name", ["patients", "visits"])
def test_nothing_gets_out(guarded: dict[str, LeakTest], name: str) -> None:
    test = guarded[name]
    assert test.passed, str(test)
    assert len(test.canaries) >= 35
    assert not test.without


def test_without_the_guard_every_sort_is_found(unguarded: dict[str, LeakTest]) -> None:
    found = {(f.sort, f.output) for test in unguarded.values() for f in test.findings}
    for sort in (
        "rare level",
        "long string",
        "unusual character",
        "extreme number",
        "first negative",
        "odd precision",
        "date outlier",
        "odd time",
    ):
        assert {(sort, "sample"), (sort, "file"), (sort, "memory")} <= found, sort
    assert {("first missing", "sample"), ("number inside", "sample")} <= found
    assert ("long string", "display") in found


def test_a_result_tells_no_value_and_reads_well(unguarded: dict[str, LeakTest]) -> None:
    test = unguarded["patients"]
    pages = test.to_json(), str(test), test._repr_html_(), repr(test)
    assert "ᚠ" not in "".join(pages)
    assert "FOUND in sample, file, memory" in pages[1]
    assert "guard was OFF" in pages[1]
    document = json.loads(pages[0])
    assert document["passed"] is False
    assert set(document["canaries"][0]) == {"sort", "column", "holders", "rows"}
    assert set(document["findings"][0]) == {"model", "output", "sort", "column"}


def test_combinations_of_quasi_identifiers() -> None:
    table = CLINIC.patients[["patient_id", "sex", "city", "postcode", "insurance"]]
    names = ["sex", "city", "postcode", "insurance"]
    privacy = twin.Suppression(quasi_identifiers=names)
    options = {"subject": "patient_id", "rows": SMALL, "privacy": privacy}
    on = twin.leak_test(table, models=["independent", "trees"], **options)  # type: ignore[arg-type]
    assert on.passed, str(on)
    assert {"combination of 2", "combination of 3"} <= {c.sort for c in on.canaries}
    off = twin.leak_test(table, models=["copula"], guard=False, **options)  # type: ignore[arg-type]
    assert any(f.sort.startswith("combination") for f in off.findings), str(off)


def test_a_text_column_is_tried_with_both_treatments() -> None:
    rng = np.random.default_rng(0)
    words = np.array(["patient", "rested", "well", "after", "surgery", "today", "home", "again", "soon"])
    notes = [" ".join(rng.choice(words, 8)) for _ in range(400)]
    test = twin.leak_test(pd.DataFrame({"note": notes}), models=["independent"], rows=1_000)
    assert test.models == ("independent", "independent, text as template")
    assert {"name in a text", "long string", "unusual character"} == {c.sort for c in test.canaries}
    assert test.passed, str(test)


def test_odd_dtypes_take_canaries() -> None:
    n = 900
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "small": rng.integers(0, 90, n).astype("int8"),
            "count": rng.integers(0, 90, n).astype("uint16"),
            "single": rng.normal(50, 9, n).round(1).astype("float32"),
            "arrow": pd.array(rng.integers(0, 90, n), dtype="int64[pyarrow]"),
            "day": pd.to_datetime(rng.integers(0, 9_000, n), unit="D").strftime("%d.%m.%Y"),
            "flag": rng.random(n) < 0.4,
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        test = twin.leak_test(table, models=["copula"], rows=5_000)
    assert test.passed, str(test)
    assert not test.without
    assert ("date outlier", "day") in {(c.sort, c.column) for c in test.canaries}


def test_a_declared_schema_is_kept_to() -> None:
    table = CLINIC.patients[["patient_id", "name", "sex", "city", "height_cm", "postcode"]]
    schema = twin.infer(table, subject="patient_id").replace(
        name=DirectIdentifier(what="name", treatment="drop"),
        city=twin.Category(rare="token"),
        height_cm=twin.Number(decimals=3),
        sex=twin.Category(levels=["F", "M"]),
    )
    schema = schema.with_quasi_identifiers(["sex", "city", "postcode"])
    test = twin.leak_test(table, subject="patient_id", schema=schema, models=["copula"], rows=5_000)
    assert test.passed, str(test)
    planted = {(c.sort, c.column) for c in test.canaries}
    assert ("first missing", "name") not in planted
    assert {("identifier", "name"), ("odd precision", "height_cm")} <= planted
    assert any(sort.startswith("combination") for sort, _ in planted)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rows": 0}, "rows: must be at least 1"),
        ({"models": []}, "models: give at least one"),
        ({"models": ["forest"]}, "model: there is no model"),
        ({"privacy": twin.Suppression(quasi_identifiers=["none"])}, "no column 'none'"),
        ({"subject": "none"}, "no column 'none'"),
        ({"privacy": twin.Suppression(k=60)}, "need a table of at least"),
    ],
)
def test_bad_arguments_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(twin.InputError, match=words):
        twin.leak_test(CLINIC.patients, **options)  # type: ignore[arg-type]


def test_the_command_exits_with_3_where_something_leaks(tmp_path: object) -> None:
    source, out = f"{tmp_path}/t.parquet", f"{tmp_path}/t.json"
    # Even with k = 1 the secret noise hides ten holders in one column of 58; hardly in five at once.
    columns = ["patient_id", "city", "sex", "postcode", "insurance", "smoker"]
    CLINIC.patients[columns].to_parquet(source)
    words = ["leak-test", source, "--subject", "patient_id", "--model", "independent", "--rows", "2000"]
    call = CliRunner().invoke
    told = call(app, [*words, "--json", out])
    assert told.exit_code == 0 and "not found" in told.stdout
    with open(out, encoding="utf-8") as file:
        assert json.load(file)["passed"] is True
    assert call(app, [*words, "--no-guard"]).exit_code == 3


@pytest.mark.slow
@pytest.mark.parametrize("name", ["patients", "visits"])
def test_a_million_rows_of_each_model_show_no_canary(name: str) -> None:
    clinic = make_clinic(20_000, seed=1)
    quasi = ("sex", "postcode", "insurance") if name == "patients" else ()
    test = twin.leak_test(
        getattr(clinic, name),
        subject="patient_id",
        rows=1_000_000,
        privacy=twin.Suppression(quasi_identifiers=quasi),
    )
    assert test.passed, str(test)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", ["patients", "visits"])
def test_the_secrets_of_the_clinic_are_nowhere(name: str, model: str) -> None:
    clinic = make_clinic(20_000, seed=1)
    secrets = [secret for secret in clinic.secrets if secret.table == name]
    finder = Finder([_pattern(secret.value) for secret in secrets])
    t = twin.fit(getattr(clinic, name), subject="patient_id", model=model)
    assert search_archive(t.to_bytes(), finder) == set()
    assert finder.text(t.inspect() + repr(t.columns) + str(t.suppressed)) == set()
    for block in t.stream(200_000, seed=1):
        for secret in secrets:
            column = block[secret.column]
            text = column.astype(str).str.contains(str(secret.value), regex=False)
            assert not (column.isna() if secret.value is None else (column == secret.value) | text).any()
    assert search_memory([t], finder) == set()


def _pattern(value: object) -> Pattern:
    if isinstance(value, str):
        return text_pattern(value) if len(value) > 4 else Pattern()
    if isinstance(value, pd.Timestamp):
        return Pattern((str(value.date()),))
    # 1234567 as text would be found in any array of bytes that counts up
    return Pattern() if value is None else Pattern((), number_pattern(float(str(value))).numbers)
