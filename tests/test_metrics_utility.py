"""Scores of what a twin is for: worked by hand, planted defects, and nothing told that few people share."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twin.columns.schema import Category, Datetime, Flag, Number, Schema
from twin.metrics.case import Case
from twin.metrics.coefficients import CHANCE, overlap
from twin.metrics.dependencies import CheckedTable, labels, rules
from twin.metrics.fairness import Pair, _odds, _worse
from twin.metrics.missingness import POOL
from twin.metrics.parts import ColumnParts, parts, reportable
from twin.metrics.registry import METRICS
from twin.metrics.regression import fit
from twin.metrics.score import Score
from twin.metrics.table_view import TableView, ViewColumn, read_views

NEW = ("tstr", "c2st", "coefficients", "conditional", "rare_groups", "dependencies", "fairness", "patterns")
SCHEMA = Schema(
    columns=(
        Number(name="age"),
        Category(name="sex"),
        Category(name="work"),
        Category(name="trade"),
        Number(name="wage"),
        Number(name="bonus"),
        Number(name="pay"),
        Datetime(name="born"),
        Flag(name="rich"),
    )
)
CANARY = "Oberzeiring-7719"


def people(n: int, seed: int) -> pd.DataFrame:
    """A table with a dependency, a sum, an order, gaps that go together, a small group and a bias."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, n)
    sex = np.where(rng.random(n) < 0.5, "F", "M")
    work = rng.choice(["office", "farm", "mill", "sea"], n, p=[0.5, 0.3, 0.185, 0.015])
    wage = np.round(np.exp(rng.normal(7 + age / 80, 0.5, n)))
    bonus = np.round(wage * rng.random(n) * 0.3)
    chance = 1 / (1 + np.exp(-((age - 55) / 10 + 1.5 * (sex == "M"))))
    frame = pd.DataFrame(
        {
            "age": age,
            "sex": sex,
            "work": work,
            "trade": pd.Series(work).map({"office": "desk", "farm": "land", "mill": "hand", "sea": "net"}),
            "wage": wage,
            "bonus": bonus,
            "pay": wage + bonus,
            "born": pd.Timestamp("2020-01-01")
            - pd.to_timedelta(age * 365 + rng.integers(0, 365, n), unit="D"),
            "rich": rng.random(n) < chance,
        }
    )
    frame.loc[rng.random(n) < 0.1, ["wage", "bonus", "pay"]] = np.nan
    return frame


TRAIN, HOLDOUT, FRESH = people(4000, 1), people(4000, 2), people(4000, 3)


def case_of(
    twin: pd.DataFrame,
    *,
    train: pd.DataFrame = TRAIN,
    holdout: pd.DataFrame | None = HOLDOUT,
    schema: Schema = SCHEMA,
    target: str | None = "rich",
    k: int = 11,
) -> Case:
    return Case(views=read_views(train, holdout, twin, schema), target=target, k=k)


def scored(name: str, twin: pd.DataFrame, **more: object) -> dict[str, Score]:
    return {score.name: score for score in METRICS[name](case_of(twin, **more))}


def rows_of(score: Score, title: str) -> list[tuple[object, ...]]:
    return next(list(t.rows) for t in score.tables if title in t.title)


def shuffled(frame: pd.DataFrame, columns: list[str], where: pd.Series | None = None) -> pd.DataFrame:
    """Columns moved together to other rows, among all rows or among some."""
    frame, rng = frame.copy(), np.random.default_rng(5)
    rows = frame.index if where is None else frame.index[where]
    frame.loc[rows, columns] = frame.loc[rng.permutation(rows), columns].to_numpy()
    return frame


@pytest.fixture(scope="module")
def fresh() -> dict[str, Score]:
    case = case_of(FRESH)
    return {score.name: score for name in NEW for score in METRICS[name](case)}


# Worked by hand -----------------------------------------------------------------------------------------


def test_intervals_overlap_as_parts_of_each() -> None:
    low, high = np.array([0.0, 0.0, 0.0, 1.0]), np.array([2.0, 2.0, 2.0, 1.0])
    other_low, other_high = np.array([0.0, 3.0, 0.5, 1.0]), np.array([2.0, 4.0, 1.5, 1.0])
    # The same; apart; the other inside: half of the first and all of the second; two equal points.
    assert overlap(low, high, other_low, other_high).tolist() == [1.0, 0.0, 0.75, 1.0]


def test_chance_overlap_is_that_of_two_samples() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 200_000))
    assert overlap(a - 1.96, a + 1.96, b - 1.96, b + 1.96).mean() == pytest.approx(CHANCE, abs=0.01)


def test_logistic_coefficient_is_the_log_odds_ratio() -> None:
    x = np.repeat([0.0, 0.0, 1.0, 1.0], [400, 100, 250, 250])[:, None]
    y = np.repeat([0.0, 1.0, 0.0, 1.0], [400, 100, 250, 250])
    found = fit(x, y, np.arange(1000), logistic=True)
    assert found.theta == pytest.approx([np.log(100 / 400), np.log(4)], abs=1e-3)
    assert found.error[1] == pytest.approx(np.sqrt(1 / 400 + 1 / 100 + 2 / 250), rel=2e-3)
    by_person = fit(np.repeat(x, 3, axis=0), np.repeat(y, 3), np.repeat(np.arange(1000), 3), logistic=True)
    assert by_person.error == pytest.approx(found.error, rel=1e-2)


def test_one_step_is_near_the_refit() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(600, 3))
    y = (rng.random(600) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    found = fit(x, y, np.arange(600), logistic=True)
    for g in (0, 7):
        keep = np.arange(600) % 20 != g
        refit = fit(x[keep], y[keep], np.arange(keep.sum()), logistic=True)
        assert found.without[g] == pytest.approx(refit.theta, abs=0.01)


def test_patterns_of_few_rows() -> None:
    schema = Schema(columns=(Number(name="x"), Number(name="y")))
    train = pd.DataFrame({"x": [1.0, None, None, 4.0], "y": [1.0, None, None, 4.0]})
    twin = pd.DataFrame({"x": [1.0, None, 3.0, 4.0], "y": [1.0, 2.0, None, 4.0]})
    more = {"train": train, "holdout": None, "schema": schema, "target": None}
    # Half none and half both against half none, one x, one y. Both columns miss as much as before, or half.
    assert scored("patterns", twin, k=1, **more)["patterns"].value == pytest.approx(0.5)
    pooled = scored("patterns", twin, k=3, **more)["patterns"]
    assert pooled.value == 0.0 and [row[0] for row in pooled.tables[0].rows] == [POOL]
    assert scored("patterns", train.fillna(0.0), **{**more, "train": train.fillna(0.0)}) == {}


def test_what_is_left_over_is_never_told_alone() -> None:
    codes = np.repeat([0, 1, 2, 3], [50, 30, 20, 5])
    assert reportable(codes, 4, np.arange(105), 11).tolist() == [True, True, False, False]
    assert reportable(codes, 4, np.arange(105), 5).all()
    assert not reportable(codes, 4, np.zeros(105, np.int64), 2).any()  # all of one person


def test_one_row_that_breaks_a_dependency() -> None:
    schema = Schema(columns=(Category(name="town"), Category(name="land")))
    train = pd.DataFrame({"town": ["a", "b", "c"] * 100, "land": ["u", "u", "v"] * 100})
    twin = train.copy()
    twin.loc[0, "land"] = "v"
    score = scored("dependencies", twin, train=train, holdout=train, schema=schema, target=None)[
        "dependencies"
    ]
    assert score.value == pytest.approx(1 / 300) and score.reference == 0.0
    assert rows_of(score, "break")[0][0] == "town determines land"
    # A v is always in c, but a u may be in a or b.
    assert [r[0] for r in score.tables[0].rows][1:] == ["land determines town, for 1 of its values"]


def test_rules_of_numbers_and_nothing_else() -> None:
    view = case_of(FRESH).views.train
    names = labels(view)
    found = [rule.words(names) for rule in rules(CheckedTable(view), np.arange(len(names)), 11)]
    wanted = {"work determines trade", "trade determines work", "pay = wage + bonus", "bonus ≤ wage"}
    wanted |= {"wage ≤ pay", "bonus ≤ pay", "wage missing determines bonus", "age ≥ 0", "pay ≥ 0"}
    assert wanted <= set(found)
    assert not [words for words in found if "sex" in words or words.startswith("age ≤")]
    constant = view.values.copy()
    constant[:, names.index("bonus")] = 5000 - constant[:, names.index("wage")]
    changed = TableView(view.columns, constant, view.units, view.hashes)
    said = [rule.words(names) for rule in rules(CheckedTable(changed), np.arange(len(names)), 11)]
    assert "wage + bonus is constant" in said and "5000" not in str(said)


def test_a_key_that_repeats() -> None:
    schema = Schema(columns=(Number(name="number"), Category(name="sex")))
    train = pd.DataFrame({"number": np.arange(400) * 7, "sex": ["F", "M"] * 200})
    twin = train.assign(number=np.r_[np.arange(398), 5, 5])
    score = scored("dependencies", twin, train=train, holdout=train, schema=schema, target=None)[
        "dependencies"
    ]
    assert score.value == pytest.approx(3 / 400) and score.tables[0].rows[0][0] == "number is unique"


def parity_table(women: int, men: int) -> pd.DataFrame:
    """Of 100 women and 100 men, so many with a yes."""
    yes = ["y"] * women + ["n"] * (100 - women) + ["y"] * men + ["n"] * (100 - men)
    return pd.DataFrame({"gender": ["F"] * 100 + ["M"] * 100, "got": yes, "x": np.arange(200) % 7})


def test_parity_of_two_hundred_people() -> None:
    schema = Schema(columns=(Category(name="gender"), Category(name="got"), Number(name="x")))
    more = {"schema": schema, "target": "got", "train": parity_table(20, 50)}
    found = scored("fairness", parity_table(40, 50), holdout=parity_table(25, 50), **more)["fairness"]
    assert (found.value, found.reference) == pytest.approx((0.2, 0.05))  # .3 in train, .1 and .25 elsewhere
    assert found.tables[0].rows[0][:4] == (
        "gender = M against F",
        *(pytest.approx(v) for v in (0.3, 0.25, 0.1)),
    )
    turned = scored("fairness", parity_table(50, 20), holdout=None, **more)["fairness"]
    assert turned.value == pytest.approx(0.6)  # the other way round is no agreement


def test_odds_of_eight_people() -> None:
    column = ViewColumn(name="sex", kind="category", nominal=True, levels=("F", "M"))
    sex = np.repeat([1.0, 0.0], 4)[:, None]
    view = TableView((column,), sex, np.arange(8), np.arange(8, dtype=np.uint64))
    pair = Pair(ColumnParts(column=0, labels=("sex = F", "sex = M", ""), values=np.array([0.0, 1.0])), 1, 0)
    truth = np.array([1, 1, 0, 0, 1, 1, 0, 0], bool)
    says = np.array([1, 1, 1, 0, 1, 0, 0, 0], bool)
    # True positives: 2 of 2 men, 1 of 2 women; false positives: 1 of 2 men, no woman.
    right, wrong = _odds(says, truth, pair, view)
    assert (right.value, wrong.value) == (0.5, 0.5) and _worse((right, wrong)).value == 0.5


# Fresh people, a copy, and planted defects --------------------------------------------------------------


def test_fresh_people_score_as_the_holdout(fresh: dict[str, Score]) -> None:
    for name in ("rare_groups", "rare_groups_inside", "conditional", "dependencies", "patterns", "learners"):
        score = fresh[name]
        assert abs(score.value - score.reference) < 0.03, name
    assert fresh["coefficients"].value > 0.5 and fresh["fairness"].value < 0.06
    assert rows_of(fresh["c2st"], "given away") == []
    for score in fresh.values():
        assert score.low <= score.value <= score.high, score.name


def test_a_copy_of_train_agrees_in_full() -> None:
    for name in ("coefficients", "conditional", "rare_groups", "dependencies", "patterns", "fairness"):
        for score in scored(name, TRAIN.copy()).values():
            if score.name == "fairness_model":
                assert score.value == pytest.approx(score.reference)
            else:
                assert score.value == pytest.approx(0.0 if score.better == "lower" else 1.0), score.name


def test_the_holdout_in_place_of_the_twin_reaches_the_reference() -> None:
    for name in ("coefficients", "conditional", "rare_groups", "dependencies", "patterns", "fairness"):
        for score in scored(name, HOLDOUT.copy()).values():
            if score.name != "fairness_model":
                assert score.value == pytest.approx(score.reference), score.name


def test_the_order_of_rows_does_not_matter(fresh: dict[str, Score]) -> None:
    mixed = [frame.sample(frac=1, random_state=4) for frame in (TRAIN, HOLDOUT, FRESH)]
    for name in ("coefficients", "conditional", "rare_groups", "dependencies", "fairness", "patterns"):
        for score in scored(name, mixed[2], train=mixed[0], holdout=mixed[1]).values():
            assert score == fresh[score.name]


def test_values_that_go_missing_alone_are_seen() -> None:
    twin = FRESH.copy()
    for name in ("wage", "bonus", "pay"):
        twin[name] = shuffled(FRESH, [name])[name] if name != "wage" else FRESH[name]
        twin[name] = FRESH[name].sample(frac=1, random_state=len(name)).to_numpy()
    score = scored("patterns", twin)["patterns"]
    assert score.low > score.reference_high and score.value > 0.15


def test_regions_name_the_group_that_is_too_large() -> None:
    extra = FRESH[(FRESH.age >= 60) & (FRESH.age < 70) & (FRESH.work == "farm")]
    twin = pd.concat([FRESH, *[extra] * 3], ignore_index=True).sample(4000, random_state=0)
    table = rows_of(scored("c2st", twin)["c2st"], "given away")
    region, real, share, gap, low, _ = table[0]
    assert "work = farm" in region and "age" in region and "60" in region
    assert share > real and gap > 0 and low > 0


def test_a_twin_that_lost_the_target_is_seen_by_every_learner() -> None:
    score = scored("tstr", shuffled(FRESH, ["rich"]))["learners"]
    assert len(score.tables[0].rows) == 3
    assert all(loss > 0.2 and low > 0.15 for _, _, _, loss, low, _ in score.tables[0].rows)


def test_learners_of_a_number_and_of_three_classes() -> None:
    for target in ("pay", "work"):
        score = scored("tstr", FRESH.drop(columns=["trade"]), target=target, schema=_without("trade"))[
            "learners"
        ]
        assert abs(score.value - score.reference) < 0.1 and len(score.tables[0].rows) == 3


def _without(name: str) -> Schema:
    return Schema(columns=tuple(c for c in SCHEMA if c.name != name))


def test_another_conclusion_is_seen() -> None:
    score = scored("coefficients", shuffled(FRESH, ["rich"]))["coefficients"]
    assert score.high < score.reference
    first = rows_of(score, "least overlap")[0]
    assert first[0] in ("age", "born", "sex = M", "sex = F") and first[-1] == 0.0
    linear = scored("coefficients", FRESH, target="pay", schema=_without("wage"))["coefficients"]
    assert "linear" in linear.sentence and linear.value > 0.5


def test_a_group_whose_people_are_mixed_up_is_named() -> None:
    men = FRESH.sex == "M"
    score = scored("conditional", shuffled(FRESH, ["age"], men))["conditional"]
    behind = {row[0]: row[3] < row[4] for row in score.tables[0].rows}  # upper end below fresh real people
    assert behind["sex = M"] and not behind["sex = F"] and score.high < score.reference_low


def test_a_small_group_that_is_mixed_up_or_lost_is_named() -> None:
    sea = FRESH.work == "sea"
    twin = FRESH.copy()
    twin.loc[sea, "age"], twin.loc[sea, "sex"] = 20, "F"
    inside = scored("rare_groups", twin)["rare_groups_inside"]
    assert "sea" in inside.tables[0].rows[0][0] or "net" in inside.tables[0].rows[0][0]
    lost = FRESH.copy()
    lost.loc[sea.to_numpy() & (np.arange(len(FRESH)) % 8 > 0), ["work", "trade"]] = ["mill", "hand"]
    size = scored("rare_groups", lost)["rare_groups"]
    assert size.tables[0].rows[0][0] in ("work = sea", "trade = net", "work = sea and trade = net")
    assert size.tables[0].rows[0][-1] < 0.3


def test_a_biased_twin_is_seen_in_data_and_models() -> None:
    twin = FRESH.assign(rich=np.where(FRESH.sex == "M", FRESH.age > 30, FRESH.age > 80))
    found = scored("fairness", twin)
    assert found["fairness"].low > found["fairness"].reference_high
    assert found["fairness_model"].low > found["fairness_model"].reference_high


def test_sensitive_columns_are_named_or_told_by_their_name() -> None:
    case = case_of(FRESH)
    assert {row[0] for row in METRICS["fairness"](case)[0].tables[0].rows} == {"sex = F against M"}
    named = METRICS["fairness"](replace(case, sensitive=("work",)))[0]
    assert all(row[0].startswith("work = ") for row in named.tables[0].rows)
    assert METRICS["fairness"](replace(case, sensitive=("nothing",))) == ()
    assert (
        METRICS["fairness"](replace(case, target=None))
        == METRICS["fairness"](replace(case, target="pay"))
        == ()
    )


# What must not be told ----------------------------------------------------------------------------------


def test_no_value_and_no_small_count_is_told() -> None:
    """Few people of train hold a level, an amount and a pattern; some of the holdout break a rule."""
    train, holdout = TRAIN.copy(), HOLDOUT.copy()
    train.loc[:4, "work"], train.loc[:4, "trade"] = CANARY, CANARY
    train.loc[5:9, "pay"] = 9_876_543.25
    train.loc[10:14, "age"] = np.nan
    holdout.loc[:2, "trade"] = "net"
    twin = FRESH.copy()
    twin.loc[:19, "work"] = CANARY  # held by the twin, but by few of train
    case = case_of(twin, train=train, holdout=holdout)
    scores = [score for name in NEW[1:] for score in METRICS[name](case)]
    text = str(scores)
    assert "work = " in text and CANARY not in text and "9876543" not in text
    for score in scores:
        for table in score.tables:
            real = [
                i for i, h in enumerate(table.heads) if h.label in ("train", "holdout") and h.form == "share"
            ]
            for row in table.rows:
                counts = [abs(row[i]) * 4000 for i in real if isinstance(row[i], float)]
                if score.name != "fairness":  # differences of rates, which no count can be read from
                    assert all(c == 0 or c >= 10.5 for c in counts), (score.name, row)


def test_levels_that_the_twin_lacks_are_not_named() -> None:
    twin = FRESH[FRESH.work != "mill"]
    case = case_of(twin)
    text = str([score for name in NEW[1:] for score in METRICS[name](case)])
    assert "work = farm" in text and "mill" not in text and "hand" not in text
    assert "a level that the twin lacks" in text


def test_edges_are_round_and_names_are_cut() -> None:
    view = case_of(FRESH).views.train
    pay = parts(view, view, [c.name for c in view.columns].index("pay"), k=11, most=10)
    assert pay.edges is not None and all(re.fullmatch(r"\d+(\.\d)?k?", text) for text in pay.texts)
    long = "x" * 300 + "\u202e"
    frames = [frame.rename(columns={"work": long}) for frame in (TRAIN, HOLDOUT, FRESH)]
    schema = Schema(columns=tuple(Category(name=long) if c.name == "work" else c for c in SCHEMA))
    case = case_of(frames[2], train=frames[0], holdout=frames[1], schema=schema)
    for name in ("coefficients", "conditional", "rare_groups", "dependencies"):
        assert "x" * 41 not in str(METRICS[name](case)) and "\u202e" not in str(METRICS[name](case))


def test_rows_of_a_person_go_together() -> None:
    schema = Schema(columns=(*SCHEMA.columns, Number(name="person")))
    frames = [
        pd.concat([frame[:800]] * 4).assign(person=np.tile(np.arange(800), 4) + shift)
        for frame, shift in ((TRAIN, 0), (HOLDOUT, 1000), (FRESH, 0))
    ]
    views = read_views(frames[0], frames[1], frames[2], schema, subject="person")
    by_row = read_views(frames[0], frames[1], frames[2].copy(), schema)
    for name, wider in (("dependencies", False), ("coefficients", True)):
        one = METRICS[name](Case(views=views, target="rich"))[0]
        two = METRICS[name](Case(views=by_row, target="rich"))[0]
        assert one.value is not None and two.value is not None
        if wider:  # intervals of train are wider by person, and those of the twin are not
            width = [{row[0]: row[3] - row[2] for row in s.tables[1].rows} for s in (one, two)]
            assert width[0]["age"] == pytest.approx(2 * width[1]["age"], rel=0.2)
