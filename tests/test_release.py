"""What stands between a twin and its release: tables that fit each other, limits, and a folder that holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import twin
from twin.cli.main import app
from twin.errors import EvidenceError, InputError, PolicyError
from twin.releasing.split import holdout_size

N = 300


def people(n: int = N) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    lot = rng.normal(size=n)
    return pd.DataFrame(
        {
            "age": np.clip(45 + 15 * lot, 18, 90).round(),
            "income": np.exp(10 + lot + rng.normal(size=n)).round(-2),
            "sex": rng.choice(["F", "M"], n),
        }
    )


@pytest.fixture(scope="module")
def fitted() -> twin.Twin:
    return twin.fit(people(), model="independent")


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("synthetic", lambda t: t.drop(columns="sex"), "synthetic: column 'sex' of the schema is missing"),
        ("synthetic", lambda t: t.assign(name="Ann"), "synthetic: column 'name' is not in the schema"),
        (
            "synthetic",
            lambda t: t.assign(age="old"),
            "synthetic: column 'age' holds text, and in train numbers",
        ),
        ("synthetic", lambda t: t.assign(sex=1), "column 'sex' holds numbers, and in the schema text"),
        ("synthetic", lambda t: t[:0], "synthetic: has no rows"),
        ("holdout", lambda t: t.drop(columns="sex"), "holdout: column 'sex' of the schema is missing"),
        (
            "holdout",
            lambda t: t.assign(age=pd.Timestamp(0)),
            "column 'age' holds dates or times, and in train numbers",
        ),
        ("holdout", lambda t: t[:0], "holdout: has no rows"),
        ("holdout", lambda t: people(), "holdout: all its rows are in train too"),
        ("train", lambda t: t.rename(columns={"sex": "town"}), "train: column 'town' is not in the schema"),
        ("train", lambda t: t.assign(sex=1), "train: column 'sex' holds numbers, and in the schema text"),
        ("twin", lambda t: twin.fit(t[["age"]], model="independent"), "'income' is not in the schema"),
    ],
    ids=lambda p: p if isinstance(p, str) else "",
)
def test_tables_that_do_not_fit_are_one_sentence_and_never_a_pass(
    fitted: twin.Twin, part: str, change: Callable[[pd.DataFrame], Any], message: str
) -> None:
    tables: dict[str, Any] = {"synthetic": fitted.sample(100, seed=1), "train": people(), "twin": fitted}
    tables["holdout"] = people(2 * N)[N:]
    tables[part] = change(people() if part == "twin" else tables[part])
    with pytest.raises(InputError, match=message) as caught:
        twin.report(tables.pop("synthetic"), **tables)
    assert "\n" not in str(caught.value) and "Ann" not in str(caught.value)


def test_people_in_both_parts_are_refused_by_name_of_the_person() -> None:
    table = people().assign(who=np.arange(N))
    made = twin.fit(table, subject="who", model="independent").sample(50, seed=1)
    with pytest.raises(InputError, match="people who are in train too"):
        twin.report(made, train=table[:200], holdout=table[199:], subject="who")


def test_rows_that_repeat_by_nature_may_stand_in_a_holdout() -> None:
    table = pd.DataFrame({"sex": ["F", "M"] * 100})
    assert twin.report(table, train=table, holdout=table[:20], attacks="none").evaluation is not None


def test_without_attacks_nothing_passes_and_the_policy_is_always_shown(fitted: twin.Twin) -> None:
    made = fitted.sample(100, seed=1)
    for holdout in (None, people(2 * N)[N:]):
        told = twin.report(made, train=people(), holdout=holdout, twin=fitted)
        assert told.passed is False and told.judgement is not None and told.judgement.refused
        assert "default" in told.judgement.policy
    silent = twin.report(made, train=people(), holdout=people(2 * N)[N:], twin=fitted, attacks="none")
    assert silent.passed is False and silent.judgement is not None
    mild = twin.report(made, train=people(), policy=twin.Policy().warning)
    assert mild.passed is None


def test_a_policy_comes_from_a_file_or_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("name: ward", encoding="utf-8")
    assert twin.Policy.of(tmp_path / "p.yaml").name == "ward"
    for wrong in (7, {"A1": 0.1}):
        with pytest.raises(PolicyError):
            twin.release(people(), policy=wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no such file"):
        twin.release(people(), policy=tmp_path / "nothing.yaml")


def test_a_stopped_release_holds_no_data_and_writes_none(tmp_path: Path) -> None:
    done = twin.release(people(), model="independent")
    assert done.passed is False and done.data is None
    folder = done.save(tmp_path / "out")
    assert not list(folder.glob("data*")) and not list(folder.glob("*.twin")) and not list(folder.glob("ev*"))
    judged = twin.check(folder / "report.json", policy=folder / "policy.yaml")
    assert done.report.judgement is not None
    assert [g.verdict for g in judged.gates] == [g.verdict for g in done.report.judgement.gates]


def test_a_release_that_may_go_out_is_bound_to_its_source(tmp_path: Path) -> None:
    twin.keygen(tmp_path / "key.pem")
    done = twin.release(people(), model="independent", policy=twin.Policy().warning, created="today")
    folder = done.save(tmp_path / "out", data="data.csv", key=tmp_path / "key.pem")
    twin.write_table(people(), tmp_path / "source.csv")
    found = twin.verify(folder, key=tmp_path / "key.pub.pem", source=tmp_path / "source.csv")
    assert found.source == "table" and not found.absent and found.evidence.created == "today"
    assert {"data.csv", "model.twin", "report.html", "report.json", "public.html"} <= set(found.checked)
    text = (folder / "evidence.json").read_text(encoding="utf-8") + (folder / "public.json").read_text(
        "utf-8"
    )
    assert done.report.evidence is not None and done.report.evidence.salt not in text
    assert list(tmp_path.glob(".*.part")) == []
    for name in found.checked:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(EvidenceError, match="was changed"):
            twin.verify(folder, key=tmp_path / "key.pub.pem")
        (folder / name).write_bytes(content)


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    done = twin.release(people(), model="independent", policy=twin.Policy().warning)
    for wrong in ({"data": "data.xyz"}, {"data": "no/data.csv"}, {"key": tmp_path / "nothing.pem"}):
        with pytest.raises(InputError):
            done.save(tmp_path / "out", **wrong)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "out").mkdir()
    unsigned = done.save(tmp_path / "out")
    twin.keygen(tmp_path / "key.pem")
    with pytest.raises(EvidenceError, match="nobody signed"):
        twin.verify(unsigned, key=tmp_path / "key.pub.pem")
    with pytest.raises(InputError, match="is there already"):
        done.save(tmp_path / "out")


def test_under_a_budget_no_real_table_is_bound_and_limits_only_warn() -> None:
    done = twin.release(people(), privacy=twin.Budget(1.0))
    assert done.passed is None and done.data is not None
    assert done.report.evidence is not None and done.report.evidence.source == ()
    assert done.report.evidence.ledger == done.twin.ledger.head  # type: ignore[union-attr]
    strict = twin.release(people(), privacy=twin.Budget(1.0), policy=twin.Policy(block_with_budget=True))
    assert strict.passed is False and strict.data is None
    hostile = people().assign(age=pd.Series([{}, "x", None] * (N // 3), dtype=object))
    unscored = twin.release(hostile, privacy=twin.Budget(1.0), policy=twin.Policy(block_with_budget=True))
    assert unscored.passed is False and unscored.data is None


def test_the_holdout_is_large_enough_to_be_attacked_where_there_are_enough_people() -> None:
    for subjects in (1_200, 1_500, 3_000, 9_999, 50_000):
        assert 600 <= holdout_size(subjects) <= subjects // 2


LOOSE = """
name: loose
weak: warn
smallest_leak: 0.05
privacy: {A0: 0.1, rare_combinations: 0.1, A1: 0.3, A2: 0.2, A3: 0.3, A4: 0.65, A6: 0.2}
"""
"""Limits that 500 people on a side can bear: with so few, intervals are wide."""


@pytest.mark.slow
def test_a_twin_within_its_limits_goes_out_signed_and_a_copy_does_not(tmp_path: Path) -> None:
    """The whole way by the command line: split, attacks, gates, exit codes, signature."""
    run, out, table = CliRunner(), tmp_path / "out", people(3_000)
    (tmp_path / "loose.yaml").write_text(LOOSE, encoding="utf-8")
    twin.write_table(table, tmp_path / "people.parquet")
    twin.keygen(tmp_path / "key.pem")
    words = ["release", str(tmp_path / "people.parquet"), "--out-dir", str(out), "--key"]
    done = run.invoke(app, [*words, str(tmp_path / "key.pem"), "--policy", str(tmp_path / "loose.yaml")])
    assert done.exit_code == 0, done.stderr
    assert "data.parquet" in twin.verify(out, key=tmp_path / "key.pub.pem").checked
    demanding = tmp_path / "demanding.yaml"
    demanding.write_text(f"{LOOSE}fidelity: {{accuracy: {{loss: -1.0}}}}", encoding="utf-8")
    assert run.invoke(app, ["check", str(out / "report.json"), "--policy", str(demanding)]).exit_code == 5
    learned, others = table[:1_500], table[1_500:]
    copy = twin.report(learned[::-1], train=learned, holdout=others, policy=tmp_path / "loose.yaml")
    assert copy.judgement is not None and copy.judgement.verdict == "fail"
