"""The policy and its verdicts: hand-worked cases, and laws that hold for any figures."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.attacks.base import Attack, AttackInfo, Control, Reading, Scale
from twin.errors import FileFormatError, PolicyError
from twin.metrics.score import Head, Interval, Score, ScoreTable
from twin.policy.judge import holm, judge
from twin.policy.policy import Limit, Policy, ScoreBound
from twin.policy.record import Record, attacks_from_json, attacks_to_json, read_record
from twin.policy.verdict import LimitResult, Verdict

GOOD = {"accuracy": Score(name="accuracy", title="Accuracy", sentence="", value=0.95, low=0.94, high=0.96)}


def reading(value: float, error: float = 0.01, null: float = 0.0, **more: Interval) -> Reading:
    p = 0.5 * math.erfc((value - null) / error / math.sqrt(2))
    ends = {"low": value - 1.96 * error, "high": value + 1.96 * error}
    return Reading(value=value, error=error, p=p, n=2_000, **ends, **more)


def attack(
    value: float,
    *,
    code: str = "A1",
    name: str = "",
    error: float = 0.01,
    scale: Scale = "excess",
    smallest: float | None = 0.01,
    negative: float | None = None,
    weak: str = "",
    **more: Interval,
) -> Attack:
    null = 0.0 if scale == "excess" else 0.5
    about = AttackInfo(name=name or code, code=code, title=code, question="", figure="", scale=scale)
    controls = [
        Control(share=share, reading=reading(null + (share >= (smallest or 2.0)), null=null))
        for share in (0.01, 0.05, 1.0)
    ]
    return Attack(
        about=about,
        reading=reading(value, error, null, **more),
        negative=reading(null if negative is None else negative, error, null),
        controls=tuple(controls),
        weak=weak,
    )


def gates(*attacks: Attack, policy: Policy | None = None, budget: bool = False) -> dict[str, LimitResult]:
    calm = [attack(0.5, code="A4", scale="area")] if all(a.about.code != "A4" for a in attacks) else []
    calm += [attack(0.0)] if all(a.about.code != "A1" for a in attacks) else []
    told = judge(Record(scores=GOOD, attacks=(*attacks, *calm)), policy or Policy(), budget=budget)
    return {gate.name: gate for gate in told.gates}


@pytest.mark.parametrize(
    ("made", "verdict", "reason"),
    [
        (attack(0.02), "pass", "would have found a leak of 1%"),
        (attack(0.20), "fail", "more than chance"),
        (attack(0.08), "inconclusive", "from one side of the limit"),
        (attack(0.10), "inconclusive", "from one side of the limit"),
        (attack(0.52, code="A4", scale="area"), "pass", "guessing gets 0.500"),
        (attack(0.70, code="A4", scale="area"), "fail", "up to 0.55"),
        (attack(0.00, code="A0"), "pass", "nothing beyond chance"),
        (attack(0.05, code="A0"), "fail", ""),
        # Found at 5 % alone (p = .023), but not where six are run.
        (attack(0.02, code="A0"), "inconclusive", "by chance where several are run"),
        (attack(0.02, weak="too few columns."), "weak", "too few columns. "),
        (attack(0.02, smallest=None), "weak", "does not notice"),
        (attack(0.02, smallest=1.0), "pass", "leak of 100%"),
        (attack(0.20, negative=0.20), "inconclusive", "same alarm on real people"),
        (attack(0.02, negative=0.20), "pass", ""),
        (attack(0.02, train=Interval(0.1, 0.05, 0.15), naive=Interval(0.2)), "weak", "worse than guessing"),
        (attack(0.02, train=Interval(0.1, 0.05, 0.25), naive=Interval(0.2)), "pass", ""),
        (attack(0.30, weak="too few columns"), "fail", ""),  # an alarm is an alarm, however weak the attack
    ],
    ids=lambda p: "" if isinstance(p, Attack) else p,
)
def test_verdicts_by_hand(made: Attack, verdict: Verdict, reason: str) -> None:
    others = [attack(0.0, code=code) for code in ("A2", "A3", "A5", "A6")]
    gate = gates(made, *others)[made.about.name]
    assert gate.verdict == verdict and reason in gate.sentence
    assert gate.value == made.reading.value if made.reading else False


def test_what_cannot_be_run_is_too_weak_to_tell() -> None:
    silent = attack(0.0)
    odd = reading(math.nan)
    for told in (None, odd):
        made = Attack(about=silent.about, reading=told, controls=silent.controls)
        assert gates(made)["A1"].verdict == "weak"
    assert gates(attack(0.0, code="A2"), policy=Policy(required=("A6",)))["A6"].verdict == "weak"


def test_whether_weak_attacks_stop_a_release_is_for_the_policy_to_say() -> None:
    dull = [attack(0.0, code="A6", smallest=None), attack(0.0, code="A1", smallest=None)]
    mild = gates(*dull, policy=Policy(weak="warn"))
    assert (mild["A6"].verdict, mild["A6"].action, gates(*dull)["A6"].action) == ("weak", "warn", "block")
    assert mild["A1"].action == "block"  # required
    blind = [attack(0.0, code=c, smallest=0.05) for c in ("A6", "A1")]
    blind.append(attack(0.5, code="A4", scale="area", smallest=0.05))
    assert gates(*blind, policy=Policy(weak="warn"))["A6"].action == "block"


def test_a_weak_attack_stops_nothing_where_another_of_its_number_could_tell() -> None:
    dull = attack(0.0, code="A3", name="inference_trees", smallest=None)
    keen, blunt = (attack(0.0, code="A3", name="inference_nearest", smallest=s) for s in (0.01, None))
    excused = gates(dull, keen)["inference_trees"]
    assert (excused.verdict, excused.action) == ("weak", "warn") and "A3 could tell" in excused.sentence
    assert gates(dull, blunt)["inference_trees"].action == "block"
    named = Policy(required=("inference_trees",))
    assert gates(dull, keen, policy=named)["inference_trees"].action == "block"
    caught = attack(0.3, code="A3", name="inference_nearest")
    assert gates(dull, caught)["inference_nearest"].verdict == "fail"


def test_a_run_that_finds_no_small_leak_passes_nothing() -> None:
    """Spec: where the 1 % control is not found by any attack, no verdict is a pass."""
    blind = [attack(0.0, code=c, smallest=0.05) for c in ("A1", "A2")]
    blind.append(attack(0.5, code="A4", scale="area", smallest=0.05))
    assert {g.verdict for g in gates(*blind).values() if g.aim == "privacy"} == {"weak"}
    assert "planted leak of 1%" in gates(*blind)["A1"].sentence
    assert gates(*blind, policy=Policy(smallest_leak=0.05))["A1"].verdict == "pass"
    assert gates(*blind, attack(0.0, code="A6"))["A1"].verdict == "pass"  # one keen attack is enough
    assert gates(*blind[1:], attack(0.2, smallest=0.05))["A1"].verdict == "fail"


def test_nothing_is_a_pass_where_attacks_were_refused() -> None:
    for refused in ("needs 500 people on each side", ""):
        told = judge(Record(scores=GOOD, attacks=(), refused=refused), Policy())
        assert told.passed is False and told.verdict == "weak" and told.refused
        assert [g.name for g in told.blocking] == ["attacks"]
    lenient = Policy(privacy={key: {"limit": 0.1, "action": "warn"} for key in Policy().privacy})
    assert judge(Record(scores=GOOD, attacks=()), lenient).passed is False


def test_a_budget_turns_limits_into_warnings_unless_told_otherwise() -> None:
    leaky = Record(scores=GOOD, attacks=(attack(0.5),))
    told = judge(leaky, Policy(), budget=True)
    assert told.passed is None and not told.blocking and told.verdict == "fail"
    assert any("stop nothing" in note for note in told.notes)
    strict = judge(leaky, Policy(block_with_budget=True), budget=True)
    assert strict.passed is False and any("does not cover" in note for note in strict.notes)


@pytest.mark.parametrize(
    ("score", "bound", "verdict", "figure"),
    [
        (Score(name="accuracy", title="", sentence="", value=0.9), ScoreBound(at_least=0.9), "pass", 0.9),
        (Score(name="accuracy", title="", sentence="", value=0.89), ScoreBound(at_least=0.9), "fail", 0.89),
        (Score(name="accuracy", title="", sentence="", value=0.7), ScoreBound(at_most=0.8), "pass", 0.7),
        (
            Score(name="accuracy", title="", sentence="", value=0.8, reference=0.9),
            ScoreBound(loss=0.2),
            "pass",
            0.1,
        ),
        (
            Score(name="accuracy", title="", sentence="", value=0.8, reference=0.9),
            ScoreBound(loss=0.05),
            "fail",
            0.1,
        ),
        # No twin is asked for more than fresh real rows reach.
        (
            Score(name="accuracy", title="", sentence="", value=0.85, reference=0.8),
            ScoreBound(at_least=0.9),
            "pass",
            0.85,
        ),
        (
            Score(name="accuracy", title="", sentence="", value=0.7, reference=0.8),
            ScoreBound(at_least=0.9),
            "fail",
            0.7,
        ),
        (
            Score(name="accuracy", title="", sentence="", value=0.3, reference=0.4),
            ScoreBound(at_most=0.2),
            "pass",
            0.3,
        ),
        (Score(name="accuracy", title="", sentence="", value=0.8), ScoreBound(loss=0.05), "weak", None),
        (Score(name="accuracy", title="", sentence="", note="why"), ScoreBound(at_least=0.9), "weak", None),
    ],
)
def test_scores_by_hand(score: Score, bound: ScoreBound, verdict: str, figure: float | None) -> None:
    told = judge(Record(scores={"accuracy": score}), Policy(fidelity={"accuracy": bound}))
    gate = told.gates[-1]
    assert gate.verdict == verdict and gate.value == pytest.approx(figure)
    assert gate.aim == "fidelity" and (verdict == "pass") == (gate not in told.blocking)


def test_a_score_that_only_describes_can_be_no_limit_and_one_that_is_not_there_fails_closed() -> None:
    describes = Score(name="tstr", title="", sentence="", value=1.0, verdict=False)
    with pytest.raises(PolicyError, match="describes only"):
        judge(Record(scores={"tstr": describes}), Policy())
    told = judge(Record(scores=GOOD), Policy(fidelity={"tstr": {"loss": 0.05}}))
    assert told.gates[-1].verdict == "weak" and told.gates[-1] in told.blocking
    assert any("tstr" in note for note in judge(Record(scores=GOOD), Policy()).notes)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_against_its_definition(values: list[float]) -> None:
    """Rejected at level a: all hypotheses before the first ordered p with (m - rank) p > a."""
    adjusted = holm(values)
    for level in (0.01, 0.05, 0.3):
        ordered, rejected = sorted(values), 0
        while rejected < len(values) and (len(values) - rejected) * ordered[rejected] <= level:
            rejected += 1
        assert sum(p <= level for p in adjusted) == rejected
    assert all(after >= before for after, before in zip(adjusted, values, strict=True))


@given(
    value=st.floats(-0.2, 1),
    error=st.floats(0.001, 0.5),
    smallest=st.sampled_from([None, 0.01, 0.05, 1.0]),
    negative=st.floats(0, 0.3),
)
def test_nothing_passes_that_is_beyond_its_limit_or_could_not_have_told(
    value: float, error: float, smallest: float | None, negative: float
) -> None:
    gate = gates(attack(value, error=error, smallest=smallest, negative=negative))["A1"]
    if gate.verdict == "pass":
        assert value + 1.96 * error <= 0.09 and smallest is not None
    if gate.verdict == "fail":
        assert value > 0.09 and value - 1.6 * error > 0.09


ATTACKS = (
    attack(0.123456789012345, train=Interval(0.1, 0.05, 0.25), naive=Interval(0.2, None, None)),
    Attack(about=attack(0.0, code="A6", name="pairs").about, reading=None, weak="no quasi-identifier"),
    Attack(
        about=attack(0.0, code="A3", name="x").about,
        reading=reading(0.1),
        tables=(ScoreTable(title="t", heads=(Head("a"), Head("b", "share")), rows=(("é", 1), (2.5, None))),),
    ),
)


def test_attacks_come_back_from_json_digit_by_digit() -> None:
    assert attacks_from_json(json.loads(json.dumps(attacks_to_json(ATTACKS)))) == ATTACKS
    odd = Attack(
        about=ATTACKS[0].about,
        reading=reading(math.inf),
        controls=(Control(share=1, reading=reading(math.nan)),),
    )
    back = attacks_from_json(json.loads(json.dumps(attacks_to_json((odd,)), allow_nan=False)))
    assert back[0].reading is None and back[0].controls == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "no report of twin"),
        ('{"format": "twin-report", "scores": null}', "public part"),
        ('{"format": "twin-report", "scores": {}}', "version without attacks"),
        ('{"format": "twin-report", "scores": {}, "attacks": [{"about": 1}]}', "attacks cannot be read"),
        ('{"format": "twin-report", "scores": {"a": {"name": 1}}, "attacks": []}', "scores cannot be read"),
    ],
)
def test_a_damaged_report_is_one_sentence(text: str, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        read_record(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("secret: 1", "no key 'secret'; choose from name"),
        ("privacy: {A9: 0.1}", "no attack 'A9'; choose from A0"),
        ("privacy: {A1: 2}", "privacy.A1.limit: input should be less"),
        ("privacy: {A1: {limit: hush}}", "valid number"),
        ("privacy: {A1: {limi: 0.1}}", "no key 'privacy.A1.limi'"),
        ("privacy: {A1: .nan}", "privacy.A1.limit"),
        ("privacy: {A1: {limit: 0.1, action: hush}}", "'block' or 'warn'"),
        ("fidelity: {accuracy: {at_least: 0.9, loss: 1}}", "exactly one of"),
        ("fidelity: {hush: {loss: 1}}", "no score with a limit 'hush'"),
        ("required: [A9]", "required: there is no attack 'A9'"),
        ("smallest_leak: 0", "greater than 0"),
        ("name: a\nname: b", "names a key twice"),
        ("{", "not YAML"),
        ("- 1", "keys and values"),
        ("!!python/object/apply:os.getcwd []", "not YAML"),
    ],
)
def test_a_wrong_policy_is_one_sentence_without_values(text: str, message: str) -> None:
    with pytest.raises(PolicyError, match=message) as caught:
        Policy.from_yaml(text)
    told = str(caught.value)
    assert told.startswith("policy: ") and "\n" not in told
    assert "hush" not in told or "'hush'" in message


def test_a_policy_is_frozen_edited_as_text_and_keeps_its_other_defaults() -> None:
    policy = Policy.from_yaml("name: ward\nprivacy: {A3: 0.05, A4: {limit: 0.52, action: warn}}")
    assert policy.privacy["A3"] == Limit(limit=0.05) and policy.privacy["A1"] == Limit(limit=0.09)
    assert Policy.from_yaml(policy.to_yaml()) == policy != Policy()
    assert Policy.from_yaml("") == Policy.from_yaml(Policy().to_yaml()) == Policy()
    assert Policy.from_yaml('{"name": "json", "smallest_leak": 0.05}').smallest_leak == 0.05
    with pytest.raises(TypeError):
        policy.privacy["A3"] = Limit(limit=1.0)  # type: ignore[index]


def test_a_name_goes_before_its_number() -> None:
    policy = Policy(privacy={"A0": 0.0, "rare_combinations": 0.1})
    made = gates(
        attack(0.02, code="A0", name="rare_combinations"), attack(0.0, code="A0", name="leaks"), policy=policy
    )
    assert (made["rare_combinations"].limit, made["leaks"].limit) == (0.1, 0.0)
