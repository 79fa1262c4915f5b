"""The command line: data on stdout, words on stderr, exit codes, and files whole or not at all."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import twin
from twin.cli.main import app

N = 300


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"who": np.arange(N) // 2, "age": rng.integers(18, 80, N), "sex": rng.choice(["F", "M"], N)}
    )
    table.to_csv(tmp_path / "people.csv", index=False)
    table.to_parquet(tmp_path / "people.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, result.stderr
    return result


def test_fit_inspect_and_sample_a_file(folder: Path) -> None:
    call("fit", "people.parquet", "-o", "m.twin", "--subject", "who", "--model", "independent")
    shown = call("inspect", "m.twin").stdout
    assert "subject 'who'" in shown
    assert "age" in shown
    call("sample", "m.twin", "-n", "50", "-o", "out.parquet", "--seed", "7")
    out = pd.read_parquet(folder / "out.parquet")
    pd.testing.assert_frame_equal(out, twin.load("m.twin").sample(50, seed=7))


def test_samples_stream_to_standard_output(folder: Path) -> None:
    call("fit", "people.csv", "-o", "m.twin", "--subject", "who")
    done = subprocess.run(
        [sys.executable, "-m", "twin.cli.main", "sample", "m.twin", "-n", "20", "-o", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert pd.read_csv(io.StringIO(done.stdout)).shape == (20, 3)
    assert "20 rows" in done.stderr


def test_release_writes_data_and_report(folder: Path) -> None:
    Path("warn.yaml").write_text(call("policy", "--warn").stdout, encoding="utf-8")
    words = ["release", "people.csv", "out.csv", "--subject", "who", "--report", "r.html", "--json", "r.json"]
    result = call(*words, "-n", "100", "--policy", "warn.yaml")
    assert "Accuracy" in result.stderr
    assert result.stdout == ""
    assert len(pd.read_csv("out.csv")) == 100
    assert Path("r.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_release_that_is_stopped_writes_reports_alone_and_says_why(folder: Path) -> None:
    words = ["release", "people.csv", "--subject", "who", "--json", "r.json", "--junit", "r.xml"]
    result = call(*words, "out.csv", code=4)
    assert "not released" in result.stderr and "Too weak to tell: no attack was run" in result.stderr
    assert result.stdout == "" and not Path("out.csv").exists() and Path("r.xml").exists()
    assert json.loads(Path("r.json").read_text(encoding="utf-8"))["passed"] is False
    assert call(*words, "-", code=4).stdout == ""
    call(*words, "--out-dir", "out", code=4)
    assert {p.name for p in Path("out").iterdir()} == {
        *("report.html", "report.json", "report.xml", "public.html", "public.json", "policy.yaml")
    }
    assert "is there already" in call(*words, "--out-dir", "out", code=1).stderr


def test_a_report_on_file_is_held_against_limits(folder: Path) -> None:
    Path("warn.yaml").write_text(call("policy", "--warn").stdout, encoding="utf-8")
    Path("odd.yaml").write_text("privacy: {A9: 1}", encoding="utf-8")
    call("fit", "people.csv", "-o", "m.twin", "--subject", "who")
    call("sample", "m.twin", "-o", "s.csv")
    words = ["report", "--synthetic", "s.csv", "--train", "people.csv", "--twin", "m.twin", "-o", "r.html"]
    call(*words, "--json", "r.json", "--public-report", "p.html")
    assert Path("p.html").exists()
    call(*words, "--policy", "warn.yaml")
    told = call("check", "r.json", code=4)
    assert "no attack was run" in told.stdout and "not passed" in told.stderr
    assert "warns only" in call("check", "r.json", "--policy", "warn.yaml").stdout
    assert "no attack 'A9'" in call("check", "r.json", "--policy", "odd.yaml", code=1).stderr
    assert "not JSON" in call("check", "people.parquet", code=1).stderr
    Path("default.yaml").write_text(call("policy").stdout, encoding="utf-8")
    call(*words, "--policy", "default.yaml", code=4)


def test_a_folder_is_signed_and_verified(folder: Path) -> None:
    call("keygen", "-o", "key.pem")
    assert "never replaced" in call("keygen", "-o", "key.pem", code=1).stderr
    words = ["release", "people.parquet", "--subject", "who", "--epsilon", "1", "--out-dir", "out"]
    call(*words, "--key", "key.pem")
    check = ["verify", "out/report.json", "--key", "key.pub.pem"]
    assert "signature holds" in call(*check).stdout
    Path("out/public.json").write_text("{}", encoding="utf-8")
    assert "public.json: was changed" in call(*check, code=1).stderr


def test_report_scores_two_files(folder: Path) -> None:
    call("fit", "people.csv", "-o", "m.twin", "--subject", "who")
    call("sample", "m.twin", "-o", "s.csv")
    call("report", "--synthetic", "s.csv", "--train", "people.csv", "--twin", "m.twin", "-o", "r.html")
    assert Path("r.html").exists()


def test_a_budget_is_planned_spent_and_read_aloud(folder: Path) -> None:
    words = ["people.parquet", "--epsilon", "2", "--subject", "who"]
    shown = call("plan", *words, "-n", "300", "--json", "p.json", "-o", "s.json").stdout
    assert "2,000 rows" not in shown and "epsilon 2 at delta 1e-06, 300 rows expected" in shown
    assert json.loads(Path("p.json").read_text(encoding="utf-8"))["epsilon"] == 2
    told = call("fit", *words, "--rows-per-subject", "2", "-o", "m.twin").stderr
    assert "can change the odds that any one subject" in told and "note:" not in told
    inspected = call("inspect", "m.twin").stdout
    assert "Privacy ledger" in inspected and "at most 2 rows of one" in inspected
    assert call("plan", "s.json", "--epsilon", "2", "-n", "300", "--subject", "who").stdout == shown
    by_schema = call("fit", *words, "--schema", "s.json", "-o", "t.twin").stderr
    assert "epsilon 2" in by_schema
    call("plan", *words, "-n", "9", "--public", "people.csv")
    call("plan", *words, "-n", "9", "--public", "people.csv", "--schema", "s.json", code=1)


def test_a_release_under_a_budget_logs_no_score(folder: Path) -> None:
    words = ["release", "people.parquet", "out.csv", "--subject", "who", "--epsilon", "1", "--json", "r.json"]
    told = call(*words).stderr
    assert "can change the odds" in told and "Accuracy" not in told
    document = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert document["part"] == "internal" and document["ledger"]["valid"]


def test_csv_under_a_budget_is_read_with_a_word_on_types(folder: Path) -> None:
    words = ["--epsilon", "1", "-o", "m.twin"]
    assert "note: csv carries no types" in call("fit", "people.csv", *words).stderr
    call("plan", "people.parquet", "--epsilon", "1", "-n", "300", "-o", "s.json")
    assert "note" not in call("fit", "people.csv", *words, "--schema", "s.json").stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "people.csv", "-o", "m.twin", "--epsilon", "0"], "above 0"),
        (["fit", "people.csv", "-o", "m.twin", "--epsilon", "1", "--k", "11"], "k: cannot be given"),
        (["fit", "people.csv", "-o", "m.twin", "--public", "people.csv"], "goes with a privacy budget"),
        (["plan", "nothing.json", "--epsilon", "1", "-n", "9"], "no such file"),
        (["plan", "people.parquet", "--epsilon", "1", "-n", "9", "--model", "trees"], "no private form"),
        (["fit", "nothing.csv", "-o", "m.twin"], "nothing.csv"),
        (["fit", "people.csv", "-o", "m.twin", "--subject", "nobody"], "no column 'nobody'"),
        (["fit", "people.csv", "-o", "m.twin", "--model", "magic"], "choose from"),
        (["fit", "people.csv", "-o", "m.twin", "--k", "2"], "at least 5"),
        (["fit", "people.csv", "-o", "m.twin", "--schema", "nothing.json"], "no such file"),
        (["sample", "people.csv", "-o", "s.csv"], "twin"),
        (["release", "postgresql://host/db", "out.csv"], "later version"),
        (["release", "people.csv", "out.xyz"], "out.xyz"),
        (["release", "people.csv"], "--out-dir"),
        (["release", "people.csv", "out.csv", "--out-dir", "o"], "one of both"),
        (["release", "people.csv", "out.csv", "--key", "k.pem"], "give --out-dir"),
        (["release", "people.csv", "--out-dir", "o", "--key", "k.pem"], "no such file"),
        (["release", "people.csv", "out.csv", "--policy", "nothing.yaml"], "no such file"),
        (["release", "people.csv", "out.csv", "--policy", "people.csv"], "policy: "),
        (["check", "nothing.json"], "no such file"),
        (["verify", "nothing", "--key", "k.pem"], "no such file"),
        (["fit", "people.csv", "-o", "no/such/folder/m.twin"], "no such folder"),
    ],
    ids=lambda p: "" if isinstance(p, str) else " ".join(p[:2] + p[4:]),
)
def test_errors_are_one_line_on_stderr_and_leave_nothing(
    folder: Path, words: list[str], message: str
) -> None:
    before = set(folder.iterdir())
    result = call(*words, code=1)
    assert message in result.stderr
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stdout == ""
    assert set(folder.iterdir()) == before


def test_wrong_usage_exits_with_two(folder: Path) -> None:
    call("sample", "m.twin", "-n", "-5", "-o", "s.csv", code=2)
    call("fit", "people.csv", "--no-such-option", code=2)


def test_version() -> None:
    assert call("--version").stdout.strip() == twin.__version__
