"""Each attack alone: figures of the report, planted leaks, refusals; metrics and attacks of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import polars as pl
import pytest

import twin
from tests.helpers import extending
from twin.attacks.base import Attack
from twin.attacks.registry import ATTACKS
from twin.columns.table import infer_schema
from twin.metrics.evaluate import Options, evaluate
from twin.metrics.registry import METRICS
from twin.policy.judge import judge

PEOPLE = twin.datasets.make_clinic(1_700, seed=1).patients.drop(columns="name")
ORIGINAL, CONTROL, FRESH = PEOPLE.iloc[:600], PEOPLE.iloc[600:1_200], PEOPLE.iloc[1_200:]
LEAKING = pd.concat([FRESH, ORIGINAL.head(200)], ignore_index=True)  # a third of the people stands in it
WHO = "patient_id"
ALONE: dict[str, tuple[str, dict[str, Any]]] = {
    "leaks": ("leaked_values", {}),
    "copies": ("copied_rows", {}),
    "copied_strings": ("copied_strings", {}),
    "rare_combinations": ("rare_combinations", {}),
    "singling_out_1": ("singling_out", {"columns": "one"}),
    "singling_out": ("singling_out", {}),
    "linkability": ("linkability", {}),
    "inference_nearest": ("attribute_inference", {}),
    "inference_trees": ("attribute_inference", {"method": "trees"}),
    "membership_distance": ("membership_inference", {}),
    "membership_density": ("membership_inference", {"method": "density"}),
    "replicated_uniques": ("replicated_uniques", {}),
    "disclosive_pairs": ("disclosive_pairs", {}),
}


@pytest.fixture(autouse=True)
def registers() -> Iterator[None]:
    """What a test registers goes with it."""
    kept = [(register, dict(register)) for register in (ATTACKS, METRICS)]
    yield
    for register, before in kept:
        register.clear()  # type: ignore[attr-defined]
        register.update(before)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def reported() -> dict[str, Attack]:
    schema = infer_schema(ORIGINAL, subject=WHO)
    found = evaluate(ORIGINAL, CONTROL, LEAKING, schema, subject=WHO, seed=3, options=Options(metrics=()))
    return {attack.about.name: attack for attack in found.attacks}


def test_every_attack_of_a_report_has_a_function() -> None:
    assert list(ALONE) == list(ATTACKS)
    assert {name for name, _ in ALONE.values()} | {"outliers"} <= set(twin.attacks.__all__)


@pytest.mark.parametrize("name", ALONE)
def test_an_attack_alone_reads_what_the_report_reads(name: str, reported: dict[str, Attack]) -> None:
    function, settings = ALONE[name]
    assert (
        getattr(twin.attacks, function)(ORIGINAL, LEAKING, CONTROL, subject=WHO, seed=3, **settings)
        == reported[name]
    )


@pytest.mark.parametrize("name", ALONE)
def test_a_planted_leak_is_found_by_every_attack(name: str, reported: dict[str, Attack]) -> None:
    attack = reported[name]
    assert attack.found and attack.power is not None and attack.power <= 0.05
    assert attack.negative is not None and not attack.negative.found
    assert attack.low <= attack.value <= attack.high and attack.p < 0.05


def test_a_result_reads_as_a_sentence(reported: dict[str, Attack]) -> None:
    assert str(reported["copies"]).startswith("Copied rows: 0.33") and "planted leak of 1%" in str(
        reported["copies"]
    )
    bare = ORIGINAL[[WHO, "sex"]], LEAKING[[WHO, "sex"]], CONTROL[[WHO, "sex"]]
    silent = twin.attacks.linkability(*bare, subject=WHO)
    assert (silent.value, silent.low, silent.p, silent.power, silent.found) == (None, None, None, None, False)
    assert str(silent).endswith("not run, the tables give this attack nothing to work on")


def test_any_frame_goes_in_and_what_others_know_can_be_said() -> None:
    frames = [pl.from_pandas(frame.reset_index(drop=True)) for frame in (ORIGINAL, LEAKING, CONTROL)]
    known = {"subject": WHO, "quasi_identifiers": ["sex", "birth_date"]}
    found = twin.attacks.replicated_uniques(*frames, **known)
    assert "sex, birth_date" in found.note and found.found
    told = twin.attacks.disclosive_pairs(*frames, target="city", **known)
    assert [row[0] for row in told.tables[0].rows] == ["city"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"control": CONTROL.head(20)}, "control: has fewer than 500 people"),
        ({"original": ORIGINAL.head(20)}, "original: has fewer than 500 people"),
        ({"control": pd.concat([CONTROL, ORIGINAL.head(1)])}, "control: has people who are in original too"),
        ({"control": ORIGINAL, "subject": None}, "control: all its rows are in original too"),
        ({"synthetic": LEAKING.drop(columns="sex")}, "synthetic: column 'sex' of the schema is missing"),
        ({"control": CONTROL.drop(columns="sex")}, "control: column 'sex' of the schema is missing"),
        ({"synthetic": LEAKING.assign(more=1)}, "synthetic: column 'more' is not in the schema"),
        (
            {"synthetic": LEAKING.assign(city=1.5)},
            "synthetic: column 'city' holds numbers, and in the schema text",
        ),
        ({"synthetic": LEAKING.head(0)}, "synthetic: has no rows"),
        ({"seed": -1}, "seed: must be at least 0"),
    ],
)
def test_tables_that_cannot_be_used_are_refused_by_name(change: dict[str, Any], sentence: str) -> None:
    given = {"original": ORIGINAL, "synthetic": LEAKING, "control": CONTROL, "subject": WHO, **change}
    with pytest.raises((twin.InputError, twin.SchemaError), match=sentence):
        twin.attacks.linkability(**given)


def test_wrong_words_are_refused() -> None:
    tables = ORIGINAL, LEAKING, CONTROL
    with pytest.raises(twin.InputError, match="method: must be 'nearest' or 'trees'"):
        twin.attacks.attribute_inference(*tables, subject=WHO, method="luck")  # type: ignore[arg-type]
    with pytest.raises(twin.InputError, match="target: 'shoe' is no column"):
        twin.attacks.attribute_inference(*tables, subject=WHO, target="shoe")
    with pytest.raises(twin.InputError, match="quasi_identifiers: 'shoe' is no column"):
        twin.attacks.replicated_uniques(*tables, subject=WHO, quasi_identifiers=["shoe"])
    with pytest.raises(twin.InputError, match="k: must be at least 1"):
        twin.attacks.leaked_values(*tables, subject=WHO, k=0)


# Metrics and attacks of one's own ------------------------------------------------------------------------


def test_what_the_page_registers_stands_in_every_report() -> None:
    names = extending.run("A metric", until="people =")
    twin.register_attack(extending.run("An attack", names, until="attack_alone(")["SameNumbers"]())
    for name in set(ATTACKS) - {"linkability", "same_numbers"}:
        del ATTACKS[name]
    policy = twin.Policy(
        privacy={"same_numbers": {"limit": 0.05}}, fidelity={"means": {"at_most": 0.5}}, required=()
    )
    report = twin.report(LEAKING, train=ORIGINAL, holdout=CONTROL, subject=WHO, policy=policy)
    attacks = {attack.about.name: attack for attack in report.attacks}
    assert set(attacks) == {"linkability", "same_numbers"} and attacks["same_numbers"].value > 0.3
    gates = {gate.name: gate.verdict for gate in judge(report.evaluation, policy).gates}
    assert gates["same_numbers"] == "fail" and gates["means"] == "pass"
    for text in (report.to_html(), report.to_text(), report.to_json()):
        assert "Copied numbers" in text and "Means" in text


def test_what_is_no_metric_or_attack_is_refused() -> None:
    with pytest.raises(twin.InputError, match="metric: 'x' cannot be called"):
        twin.register_metric("x", 3)  # type: ignore[arg-type]
    with pytest.raises(twin.InputError, match="metric: there is a metric 'c2st' already"):
        twin.register_metric("c2st", lambda case: ())
    with pytest.raises(twin.InputError, match="attack: lacks read"):
        twin.register_attack(object())  # type: ignore[arg-type]
    with pytest.raises(twin.InputError, match="attack: there is an attack 'linkability' already"):
        twin.register_attack(ATTACKS["linkability"])
