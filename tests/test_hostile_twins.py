"""Saved twins with a right checksum and wrong contents (R6): each is refused, under python -O too."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import twin
from twin.errors import InputError
from twin.files.archive import read_archive, write_archive

Change = Callable[[dict[str, Any], dict[str, Any]], object]
"""What is done to the documents and arrays of a good file."""

ID, AGE, PRICE, CITY, DAY, MAIL, NOTE, FLAG = range(8)


def table(n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 24 * 900, n), unit="h")
    notes = ["took 2 mg of a drug in the morning", "came back after weeks with the same pain"]
    return pd.DataFrame(
        {
            "id": [f"P-{i:05d}" for i in range(n)],
            "age": rng.integers(18, 90, n),
            "price": rng.normal(size=n).round(3),
            "city": rng.choice(["Graz", "Wien", "Linz"], n),
            "day": day,
            "mail": [f"a.b{i}@x.org" for i in range(n)],
            "note": rng.choice(notes, n),
            "flag": rng.random(n) < 0.3,
        }
    )


def saved(model: str) -> bytes:
    frame = table()
    schema = twin.infer(frame).replace({"note": twin.Text(treatment="template")})
    return twin.fit(frame, schema=schema, model=model, seed=0).to_bytes()


def altered(content: bytes, change: Change) -> bytes:
    """The file with something changed, and a checksum that fits again."""
    archive = read_archive(io.BytesIO(content))
    documents, arrays = json.loads(json.dumps(archive.documents)), dict(archive.arrays)
    change(documents, arrays)
    buffer = io.BytesIO()
    write_archive(buffer, documents, arrays)
    return buffer.getvalue()


def fact(column: int, **new: Any) -> Change:
    return lambda documents, _: documents["columns"]["columns"][column].update(new)


def info(**new: Any) -> Change:
    return lambda documents, _: documents["facts"].update(new)


def declared(column: int, **new: Any) -> Change:
    return lambda documents, _: documents["schema"]["columns"][column].update(new)


def document(name: str, new: Any) -> Change:
    return lambda documents, _: documents.update({name: new})


def array(name: str, edit: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]) -> Change:
    return lambda _, arrays: arrays.update({name: edit(arrays[name])})


def filled(value: float) -> Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
    return lambda a: np.full_like(a, value)


def first(value: float) -> Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
    def edit(a: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        a.reshape(-1)[0] = value
        return a

    return edit


CASES: dict[str, tuple[str, Change]] = {
    "model is a list": ("copula", document("model", [])),
    "facts are a list": ("copula", document("facts", [])),
    "columns are a list": ("copula", document("columns", [])),
    "schema is text": ("copula", document("schema", "canary")),
    "log is a list": ("copula", document("suppressed", [])),
    "rules are a number": ("copula", document("rules", 3)),
    "requests are a list of lists": ("copula", document("requests", [[]])),
    "a ledger that is none": ("copula", document("ledger", {})),
    "no model": ("copula", lambda documents, _: documents.pop("model")),
    "an unknown model": ("copula", info(model="unheard of")),
    "rows beyond any table": ("copula", info(rows=10**18)),
    "rows are text": ("copula", info(rows="canary")),
    "a subject that is no column": ("copula", info(subject="canary")),
    "more of the fit than there is": ("copula", info(canary=1)),
    "a key without letters": ("copula", fact(ID, shape=[""])),
    "a key with an empty place": ("copula", fact(ID, shape=["P", "", "0123456789"])),
    "a key of no length": ("copula", fact(ID, shape=[])),
    "a number with a huge scale": ("copula", fact(PRICE, scale=10**9)),
    "a number with as many decimals below": ("copula", fact(PRICE, decimals=-(10**9))),
    "a number of another type": ("copula", fact(PRICE, type="canary")),
    "a decimal whose step is no power": ("copula", fact(PRICE, type="decimal", decimals=9, scale=0)),
    "a form that is wide": ("copula", fact(MAIL, forms=["{0:>300000000}"])),
    "a form that follows attributes": ("copula", fact(MAIL, forms=["{0.__class__}"])),
    "a form that is not closed": ("copula", fact(MAIL, forms=["{first"])),
    "a weight without a form": ("copula", fact(MAIL, weights=[0.5, 0.5, 0.5, 0.5, 0.5])),
    "a date of another unit": ("copula", fact(DAY, unit="canary")),
    "a date without a grain": ("copula", fact(DAY, grain=0)),
    "a date with a wide format": ("copula", fact(DAY, format="%300000000Y")),
    "a level that is a list": ("copula", fact(CITY, levels=[["Graz"], "Wien", "Linz"])),
    "a token that is no level": ("copula", fact(CITY, token=99)),
    "levels of dates": ("copula", fact(CITY, type="datetime")),
    "a slot that no text has": ("copula", array(f"columns.{NOTE}.pieces", first(-1_000_000))),
    "a token that no text has": ("copula", array(f"columns.{NOTE}.pieces", first(10**6))),
    "templates without words": ("copula", array(f"columns.{NOTE}.sizes", filled(10**9))),
    "another kind": ("copula", declared(CITY, kind="number")),
    "another dtype": ("copula", declared(CITY, dtype="canary")),
    "edges that fall": ("copula", array(f"columns.{AGE}.edges", lambda a: a[::-1].copy())),
    "edges that are no numbers": ("copula", array(f"columns.{AGE}.edges", filled(np.nan))),
    "weights below zero": ("copula", array(f"columns.{CITY}.weights", filled(-1))),
    "days beyond the calendar": ("copula", array(f"columns.{DAY}.days.edges", lambda a: a * 1e9)),
    "an order that repeats": ("copula", array("model.inner.inner.orders", filled(0))),
    "counts too short": ("copula", array("model.inner.inner.counts", lambda a: a[:-1])),
    "a factor of another shape": ("copula", array("model.inner.inner.factor", lambda a: a[:-1])),
    "a halving that is its own side": ("trees", array("model.inner.inner.nodes", filled(0))),
    "rows without end": ("trees", array("model.inner.inner.counts", filled(2**40))),
    "a tree that there is not": ("trees", array("model.inner.inner.tree", filled(10**6))),
    "a question about a later field": ("trees", array("model.inner.inner.chain", lambda a: a[::-1].copy())),
    "cliques in a circle": ("marginals", array("model.inner.inner.parents", filled(0))),
    "a clique of no field": ("marginals", array("model.inner.inner.members", filled(99))),
    "tables too short": ("marginals", array("model.inner.inner.tables", lambda a: a[:-1])),
    "counts too many": ("independent", array("model.inner.inner.counts", lambda a: np.append(a, 1))),
}

CHECK = """
import pathlib, signal, sys, warnings
import twin

warnings.simplefilter("ignore")
assert False, "under -O this is no check"
folder = pathlib.Path(sys.argv[1])
for path in sorted(folder.iterdir()):
    signal.alarm(30)
    try:
        twin.load(path).sample(5, seed=0)
        print(path.stem, "loaded")
    except twin.FileFormatError as error:
        print(path.stem, "shown" if "canary" in str(error) else "refused")
    except BaseException as error:
        print(path.stem, type(error).__name__)
"""


@pytest.mark.skipif(not hasattr(__import__("signal"), "alarm"), reason="this system has no alarms")
def test_each_is_refused_where_asserts_are_gone(tmp_path: Path) -> None:
    good = {model: saved(model) for model in ("copula", "trees", "marginals", "independent")}
    names = {}
    for i, (name, (model, change)) in enumerate(CASES.items()):
        names[f"{i:03d}"] = name
        (tmp_path / f"{i:03d}.twin").write_bytes(altered(good[model], change))
    for i, (model, content) in enumerate(good.items(), 900):
        names[str(i)] = f"the good {model}"
        (tmp_path / f"{i}.twin").write_bytes(altered(content, lambda *_: None))
    done = subprocess.run(
        [sys.executable, "-O", "-c", CHECK, str(tmp_path)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    said = dict(line.split() for line in done.stdout.splitlines())
    wrong = {names[stem]: what for stem, what in said.items() if what != "refused" and int(stem) < 900}
    assert wrong == {}
    assert [said[stem] for stem in names if int(stem) >= 900] == ["loaded"] * len(good)
    assert len(said) == len(names)


def test_a_twin_of_more_rows_than_fit_asks_how_many() -> None:
    t = twin.from_bytes(altered(saved("independent"), info(rows=10**11)))
    with pytest.raises(InputError, match="give n"):
        t.sample(seed=0)
    assert len(t.sample(3, seed=0)) == 3


def test_a_long_chain_of_parents_is_checked_in_one_walk() -> None:
    chain = {f"level {i}": f"level {i + 1}" for i in range(50_000)}
    assert twin.Category(rare="parent", parents=chain).parents == chain
    with pytest.raises(ValueError, match="circle"):
        twin.Category(rare="parent", parents={**chain, "level 50000": "level 0"})
