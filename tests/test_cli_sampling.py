"""The command line steers samples, fills cells, and takes rules from a file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import twin
from twin.cli.main import app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(0)
    n = 900
    a, b = rng.integers(0, 40, n), rng.integers(0, 40, n)
    sex = rng.choice(["F", "M"], n, p=[0.3, 0.7])
    table = pd.DataFrame(
        {"a": a, "b": b, "sum": a + b, "sex": sex, "ok": rng.random(n) < np.where(sex == "F", 0.2, 0.5)}
    )
    table.to_parquet(tmp_path / "t.parquet")
    monkeypatch.chdir(tmp_path)
    call("fit", "t.parquet", "-o", "m.twin", "--model", "copula")
    return tmp_path


def call(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, result.stderr
    return result


def test_shares_parity_and_scenarios(folder: Path) -> None:
    t = twin.load("m.twin")
    call(
        "sample",
        "m.twin",
        "-n",
        "400",
        "-o",
        "s.parquet",
        "--seed",
        "1",
        "--balance",
        "sex=F:.5",
        "--balance",
        "sex=...:.5",
    )
    drawn = pd.read_parquet("s.parquet")
    assert (drawn["sex"] == "F").sum() == 200
    pd.testing.assert_frame_equal(drawn, t.sample(400, seed=1, balance={"sex": {"F": 0.5, ...: 0.5}}))
    call(
        "sample",
        "m.twin",
        "-n",
        "400",
        "-o",
        "s.parquet",
        "--seed",
        "1",
        "--balance",
        "a=0..20:.25",
        "--balance",
        "a=20..:.75",
    )
    assert (pd.read_parquet("s.parquet")["a"] < 20).sum() == 100
    call("sample", "m.twin", "-n", "400", "-o", "s.parquet", "--parity", "sex:ok", "--seed", "1")
    rates = pd.read_parquet("s.parquet").groupby("sex")["ok"].mean()
    assert abs(rates["F"] - rates["M"]) < 0.02
    scenario = twin.Request(name="high", given={"a": (30, None)})
    (folder / "high.json").write_text(json.dumps(scenario.to_json()))
    call("sample", "m.twin", "-n", "50", "-o", "s.parquet", "--request", "high.json")
    drawn = pd.read_parquet("s.parquet")
    assert (drawn["a"] >= 30).all() and set(drawn["scenario"]) == {"high"}
    t.with_request(scenario).save("m.twin")
    call("sample", "m.twin", "-n", "50", "-o", "s.parquet", "--request", "high", "--seed", "2")
    report = [
        "report",
        "--synthetic",
        "s.parquet",
        "--train",
        "t.parquet",
        "--twin",
        "m.twin",
        "-o",
        "r.html",
    ]
    call(*report, "--json", "r.json")
    told = json.loads((folder / "r.json").read_text())
    assert (
        told["steered"]["scenario"] == "high"
        and told["stamps"]
        and "scenario “high”" in (folder / "r.html").read_text()
    )


def test_rules_are_suggested_edited_and_kept(folder: Path) -> None:
    assert "sum = a + b" in call("suggest", "t.parquet", "-o", "rules.json").stdout
    call("fit", "t.parquet", "-o", "m.twin", "--model", "copula", "--constraints", "rules.json")
    assert "sum = a + b" in call("inspect", "m.twin").stdout
    call("sample", "m.twin", "-n", "300", "-o", "s.csv", "--seed", "1")
    drawn = pd.read_csv("s.csv")
    assert (drawn["sum"] == drawn["a"] + drawn["b"]).all()
    holes = pd.read_parquet("t.parquet").head(60).astype({"a": "Int64"})
    holes.loc[::2, "a"] = pd.NA
    holes.to_parquet("holes.parquet")
    done = call("impute", "m.twin", "holes.parquet", "-o", "one.parquet", "-o", "two.parquet", "--seed", "3")
    assert "30 cells filled; the rows are real ones" in done.stderr
    for name in ("one.parquet", "two.parquet"):
        filled = pd.read_parquet(name)
        assert (filled["a"] + filled["b"] == filled["sum"]).all()


BAD: dict[str, tuple[list[str], str]] = {
    "no share": (["--balance", "sex=F"], "after the last colon stands no share"),
    "shares": (["--balance", "sex=F:.5"], "its shares add to 0.5, not to 1"),
    "column": (["--balance", "who=F:1"], "'who' is no column"),
    "parity": (["--parity", "sex"], "write --parity SENSITIVE:OUTCOME"),
    "no scenario": (["--request", "nothing"], "the twin holds none named 'nothing'"),
    "no json": (["--request", "t.parquet"], "it is no JSON"),
    "other json": (["--request", "other.json"], "this is not what Request.to_json wrote"),
    "two": (["--request", "good.json", "--balance", "sex=F:1"], "request: it says what is asked"),
}


@pytest.mark.parametrize(("words", "told"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_said_and_nothing_written(folder: Path, words: list[str], told: str) -> None:
    (folder / "other.json").write_text("[1]")
    (folder / "good.json").write_text(json.dumps(twin.Request(name="x", given={"sex": "F"}).to_json()))
    done = call("sample", "m.twin", "-n", "9", "-o", "bad.csv", *words, code=1)
    assert told in done.stderr and not (folder / "bad.csv").exists()
    for name, content in (("rules.json", "[]"), ("rules2.json", "{")):
        (folder / name).write_text(content)
        call("fit", "t.parquet", "-o", "n.twin", "--constraints", name, code=1)
        assert not (folder / "n.twin").exists()
