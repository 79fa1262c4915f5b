"""Attacks by nearest rows: worked by hand, by brute force, on planted leaks, and where nothing leaks."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from twin.attacks.base import Attacker, Reading
from twin.attacks.data import AttackData, injected, make_attack_data
from twin.attacks.hits import ahead, clopper_pearson, even_split, rates
from twin.attacks.inference import NEAREST, TREES, Outcome, find_secrets, telling, worst
from twin.attacks.linking import Linkability, link
from twin.attacks.membership import DENSITY, DISTANCE, by_distance
from twin.attacks.points import nearest, space_of
from twin.attacks.shadows import PEOPLE, Effort, area_interval, isolated, outliers
from twin.columns.schema import Category, Datetime, Number, Schema
from twin.metrics.case import Case
from twin.metrics.intervals import wilson
from twin.metrics.table_view import read_views
from twin.policy.judge import judge
from twin.policy.policy import Policy
from twin.policy.record import Record

QUICK: tuple[Attacker, ...] = (Linkability(), DISTANCE, DENSITY, NEAREST)
ALL: tuple[Attacker, ...] = (*QUICK, TREES)
SCHEMA = Schema(
    columns=(
        Number(name="age"),
        Number(name="income"),
        Category(name="city"),
        Category(name="trade"),
        Datetime(name="joined"),
        Category(name="member"),
    )
)


def people(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, n)
    income = np.round(np.exp(rng.normal(7 + age / 60, 0.6, n)), 2)
    income[rng.random(n) < 0.1] = np.nan
    return pd.DataFrame(
        {
            "age": age,
            "income": income,
            "city": np.array(["Graz", "Linz", "Wien", None], object)[rng.integers(0, 4, n)],
            "trade": rng.integers(0, 30, n).astype(str),
            "joined": pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 3000, n), unit="D"),
            "member": np.where(rng.random(n) < 1 / (1 + np.exp(-(age - 50) / 8)), "yes", "no"),
        }
    )


def data_of(
    train: pd.DataFrame, holdout: pd.DataFrame, twin: pd.DataFrame, schema: Schema = SCHEMA, seed: int = 0
) -> AttackData:
    views = read_views(train, holdout, twin, schema, seed=seed)
    return make_attack_data(Case(views=views, target="member", seed=seed), quasi=("age",))


def tiny(
    train: list[tuple], holdout: list[tuple], twin: list[tuple], schema: Schema, **more: str
) -> AttackData:
    """The sides of an attack on a few rows, all of them attacked."""
    names = list(schema.names)
    tables = [pd.DataFrame(rows, columns=names) for rows in (train, holdout, twin)]
    views = read_views(*tables, schema)
    assert views.holdout is not None
    n = np.arange(len(train))
    return AttackData(
        case=Case(views=views, **more),
        train=views.train,
        holdout=views.holdout,
        others=None,
        train_targets=n,
        holdout_targets=n,
    )


@pytest.fixture(scope="module")
def fresh() -> AttackData:
    """A twin of new people, and enough real ones for all attacks."""
    return data_of(people(4000, 1), people(4000, 2), people(4000, 3))


def read(attacker: Attacker, data: AttackData, share: float | None = None) -> Reading:
    views = data.case.views
    table = views.synthetic
    if share is not None:
        table = injected(table, views.train, share, np.random.default_rng(0))
    reading = attacker.read(data, table)
    assert reading is not None
    return reading


# Nearest rows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [3, 130, 4096, 9001])
def test_nearest_rows_are_those_of_brute_force(rows: int) -> None:
    rng = np.random.default_rng(rows)
    schema = Schema(columns=(*SCHEMA.columns, Category(name="zip")))
    tables = []
    for n in (200, 70, rows):
        table = people(n, int(rng.integers(1e6)))
        tables.append(table.assign(zip=rng.integers(0, 5000, n).astype(str)))
    views = read_views(*tables, schema)
    assert views.holdout is not None
    space = space_of(views.train, views.holdout)
    some, table = space.points(views.holdout), space.points(views.synthetic)
    real = [np.concatenate([views.train.values[:, j], views.holdout.values[:, j]]) for j in range(7)]
    parts = []
    for j, column in enumerate(views.train.columns):
        x, y = views.holdout.values[:, None, j], views.synthetic.values[None, :, j]
        apart = np.where(np.isnan(x) | np.isnan(y), np.isnan(x) != np.isnan(y), x != y).astype(float)
        if not column.nominal:
            known = real[j][~np.isnan(real[j])]
            x, y = (
                np.where(
                    np.isnan(v), 0.5, ((known < v[..., None]).mean(-1) + (known <= v[..., None]).mean(-1)) / 2
                )
                for v in (x, y)
            )
            gone = np.isnan(views.holdout.values[:, None, j]) != np.isnan(views.synthetic.values[None, :, j])
            apart = np.abs(x - y) + gone
        parts.append(apart)
    for without, (distance, which) in zip(
        (None, 1, 6), nearest(some, table, 5, without=(None, 1, 6)), strict=True
    ):
        full = sum(part for j, part in enumerate(parts) if j != without)
        expected = np.sort(full, axis=1)[:, :5]
        assert distance.shape == expected.shape == (70, min(5, rows))
        np.testing.assert_allclose(distance, expected, atol=2e-3)  # places are rounded when rows are sought
        np.testing.assert_allclose(np.take_along_axis(full, which, axis=1), distance, atol=1e-12)


def test_one_of_equally_near_rows_is_chosen_at_random() -> None:
    schema = Schema(columns=(Category(name="a"), Category(name="b")))
    twin = [("x", "p")] * 40 + [("x", "q")] * 60
    data = tiny([("x", "p")] * 4, [("x", "p")] * 4, twin, schema)
    space = space_of(data.train)
    seen = []
    for seed in range(200):
        rows = data.case.views.synthetic
        order = np.random.default_rng(seed).permutation(rows.n)
        shuffled = replace(rows, values=rows.values[order])
        _, which = nearest(space.points(data.train), space.points(shuffled), 1, without=(1,))[0]
        seen.append(shuffled.values[which[0, 0], 1])
    assert 0.5 < np.mean(seen) < 0.7


# Exact laws --------------------------------------------------------------------------------------------


def test_clopper_pearson_is_that_of_the_tables() -> None:
    for hits, n, low, high in ((0, 20, 0.0, 0.1684), (10, 10, 0.6915, 1.0), (5, 20, 0.0866, 0.4910)):
        ends = clopper_pearson(hits, n)
        assert ends.low == pytest.approx(low, abs=1e-4)
        assert ends.high == pytest.approx(high, abs=1e-4)


def test_exact_p_values_count_all_orders() -> None:
    scores = np.arange(8.0)
    orders = [np.isin(np.arange(8), chosen) for chosen in combinations(range(8), 4)]
    for rank in (1, 2, 3):
        above = [int((scores[o] > np.sort(scores[~o])[4 - rank]).sum()) for o in orders]
        for o, mine in zip(orders, above, strict=True):
            expected = np.mean([m >= mine for m in above])
            assert ahead(scores[o], scores[~o], rank) == pytest.approx(expected)
    hit = scores < 5  # five people hit
    split = [int((hit & o).sum()) for o in orders]
    for train in range(1, 5):
        assert even_split(train, 5 - train, 4) == pytest.approx(np.mean([s >= train for s in split]))


def test_area_interval_covers_few_scores() -> None:
    rng = np.random.default_rng(0)
    missed = 0
    for _ in range(400):
        first, second = rng.normal(1, 1, 8), rng.normal(0, 1, 8)
        area = float((first[:, None] > second).mean())
        missed += not area_interval(area, 8, 8).covers(0.7602)
    assert missed / 400 < 0.08


# Worked by hand ----------------------------------------------------------------------------------------


def test_halves_link_where_one_row_is_nearest_to_both() -> None:
    schema = Schema(columns=(Category(name="a"), Category(name="b")))
    twin = [("x", "p"), ("y", "q"), ("y", "q")]
    data = tiny([("x", "p"), ("y", "q")], [("x", "q"), ("y", "p")], twin, schema)
    links = link(data, data.case.views.synthetic)
    assert links.own[:, :2].all()
    assert not links.own[:, 2:].any()
    reading = read(Linkability(), data)
    assert (reading.value, reading.n) == (1.0, 2)


def test_a_guess_is_right_within_the_tolerance() -> None:
    schema = Schema(columns=(Category(name="who"), Number(name="pay")))
    train = [(str(i), float(i)) for i in range(101)]
    holdout = [(str(i + 200), float(i)) for i in range(101)]
    exact = [(str(i), float(i) + 4.4) for i in range(101)]  # the span of the middle is 90: 4.5 is close
    off = [(str(i), float(i) + 4.6) for i in range(101)]
    for twin, expected in ((exact, 1.0), (off, 0.0)):
        data = tiny(train, holdout, twin, schema, target="pay")
        reading = NEAREST.read(data, data.case.views.synthetic)
        table = NEAREST.detail(data, data.case.views.synthetic, reading).tables[0]
        assert table.rows[0][:2] == ("pay", expected)
        assert table.rows[0][6] == pytest.approx(18 / 202)  # nine whole numbers, on both sides


def test_of_equally_near_rows_the_commonest_value_is_guessed() -> None:
    schema = Schema(columns=(Category(name="a"), Category(name="b")))
    twin = [("x", "p")] * 3 + [("x", "q")] * 2
    data = tiny([("x", "p"), ("x", "q")], [("x", "q"), ("x", "q")], twin, schema, target="b")
    reading = read(NEAREST, data)
    assert reading.train is not None
    assert reading.holdout is not None
    assert (reading.train.value, reading.holdout.value) == (0.5, 0.0)


def test_secrets_are_the_target_first_and_nothing_that_others_know(fresh: AttackData) -> None:
    names = [fresh.train.columns[s.index].name for s in find_secrets(fresh)]
    assert names[0] == "member"
    assert len(set(names)) == 4
    assert "age" not in names


def test_copies_score_above_all_others(fresh: AttackData) -> None:
    views = fresh.case.views
    scores = by_distance(fresh, injected(views.synthetic, views.train, 1.0, np.random.default_rng(0)))
    assert (scores[: fresh.n] == 0).all()
    assert (scores[fresh.n :] < 0).mean() > 0.99


# What all keep -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("attacker", QUICK, ids=lambda a: a.about.name)
def test_a_copy_is_found_by_all_and_one_percent_too(attacker: Attacker, fresh: AttackData) -> None:
    null, copied = read(attacker, fresh), read(attacker, fresh, 1.0)
    assert null.p > 0.05
    assert null.low <= attacker.about.null <= null.high
    assert copied.p < 1e-9
    assert copied.low > attacker.about.null + 0.25
    assert read(attacker, fresh, 0.01).found


def test_trees_find_a_copy_of_few_people() -> None:
    train = people(600, 1).assign(member=lambda t: np.where(t.index % 2, "yes", "no"))
    holdout = people(600, 2).assign(member=lambda t: np.where(t.index % 2, "yes", "no"))
    reading = read(TREES, data_of(train, holdout, train))
    assert reading.found
    assert reading.value > 0.1


@pytest.mark.parametrize("attacker", ALL, ids=lambda a: a.about.name)
def test_readings_and_details_do_not_depend_on_the_order_of_rows(attacker: Attacker) -> None:
    tables = [people(n, seed) for seed, n in enumerate((700, 900, 800))]
    sides = [data_of(*tables), data_of(*(t.iloc[::-1] for t in tables))]
    sides = [replace(data, quasi=(0, 1, 3, 4)) for data in sides]  # two columns to guess
    first, second = (attacker.read(data, data.case.views.synthetic) for data in sides)
    assert first == second
    assert first is not None
    details = [attacker.detail(data, data.case.views.synthetic, first) for data in sides]
    assert details[0] == details[1]
    assert details[0].note
    assert details[0].tables
    assert not details[0].weak


def test_density_needs_real_rows_of_others(fresh: AttackData) -> None:
    assert DENSITY.read(replace(fresh, others=None), fresh.case.views.synthetic) is None


def test_columns_below_guessing_are_not_the_worst_while_others_tell() -> None:
    def outcome(name: str, train: int, holdout: int, commonest: int) -> Outcome:
        return Outcome(name, rates(train, holdout, 100, naive=wilson(commonest, 200)), 0.5, 0.5)

    blind, keen = outcome("blind", 60, 40, 160), outcome("keen", 70, 60, 100)
    assert telling([blind, keen]) == [keen]
    assert worst([blind, keen]).value == pytest.approx(0.1)
    assert worst([blind]).value == pytest.approx(0.2)  # nothing else can be told of


def test_an_attack_below_guessing_is_called_weak() -> None:
    schema = Schema(columns=(Category(name="a"), Category(name="b")))
    rng = np.random.default_rng(0)
    rows = [(str(i), "p" if rng.random() < 0.9 else "q") for i in rng.integers(0, 50, 600)]
    data = tiny(rows, rows, [(str(i), "q") for i in range(50)], schema, target="b")
    twin = data.case.views.synthetic
    secrets = find_secrets(data)
    assert [s.index for s in secrets] == [1, 0]
    assert "commonest value" in NEAREST.detail(data, twin, NEAREST.read(data, twin)).weak


@pytest.mark.parametrize("attacker", QUICK, ids=lambda a: a.about.name)
def test_false_alarms_are_as_rare_as_said(attacker: Attacker) -> None:
    alarms = 0
    for seed in range(40):
        data = data_of(*(people(n, 3 * seed + i) for i, n in enumerate((500, 750, 600))), seed=seed)
        alarms += read(attacker, data).found
    assert alarms <= 5


@pytest.mark.slow
@pytest.mark.parametrize("attacker", ALL, ids=lambda a: a.about.name)
def test_false_alarms_are_as_rare_as_said_over_many_seeds(attacker: Attacker) -> None:
    seeds = range(1000, 1030 if attacker is TREES else 1200)
    found = [
        read(attacker, data_of(*(people(n, 3 * seed + i) for i, n in enumerate((500, 750, 600))))).found
        for seed in seeds
    ]
    assert np.mean(found) < 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / len(found))


# Outliers ----------------------------------------------------------------------------------------------


def outlying(n: int) -> pd.DataFrame:
    """People of whom ten are far from all others."""
    table = people(n, 5)
    far = table.index < PEOPLE
    return table.assign(
        age=np.where(far, 150 + table.index, table["age"]),
        trade=np.where(far, "rare " + table.index.astype(str), table["trade"]),
        city=np.where(far, "far " + table.index.astype(str), table["city"].fillna("none")),
    )


def test_the_most_isolated_are_those_planted() -> None:
    table = outlying(2000)
    owner = isolated(table, SCHEMA)
    assert sorted(owner[:PEOPLE]) == list(range(PEOPLE))
    assert (owner[PEOPLE:] == -1).all()
    twice = pd.concat([table, table], ignore_index=True).assign(id=[*range(2000), *range(2000)])
    assert (isolated(twice, SCHEMA, subject="id") >= 0).sum() == 2 * PEOPLE
    turned = isolated(table.iloc[::-1], SCHEMA)[::-1]
    assert (turned == owner).all()


def test_a_twin_that_memorises_outliers_fails() -> None:
    table = outlying(1200)

    def memorising(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
        return pd.concat([people(300, seed), rows[rows["age"] > 140]])

    attack = outliers(table, memorising, schema=SCHEMA, effort=Effort(shadows=16))
    assert attack.reading is not None
    assert attack.reading.value == 1.0
    assert attack.reading.low > 0.9
    assert attack.reading.found
    assert attack.weak == ""


def test_a_twin_that_ignores_outliers_is_not_found_and_not_passed_by_few_fits() -> None:
    table, fits = outlying(1200), []

    def ignoring(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
        fits.append(len(rows))
        return people(300, seed)

    attack = outliers(table, ignoring, schema=SCHEMA, effort=Effort(shadows=64))
    assert fits == [1195] * 64
    assert attack.reading is not None
    assert attack.reading.value < 0.7
    assert attack.reading.low < 0.5 < attack.reading.high
    assert not attack.reading.found
    name, mean, low, high = attack.tables[0].rows[-1]
    assert name == "mean of all"
    assert low < 0.5 < high
    assert abs(mean - 0.5) < 0.06
    assert "64 twins" in attack.note
    judged = judge(Record(scores={}, attacks=(attack,), refused=""), Policy(required=()))
    assert [g.verdict for g in judged.gates if g.name == "outliers"] == ["inconclusive"]


def test_no_pair_of_fits_is_begun_after_the_time_is_over() -> None:
    fits = []

    def slow(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
        fits.append(seed)
        return people(50, seed)

    outliers(outlying(300), slow, schema=SCHEMA, effort=Effort(shadows=16, seconds=0.0))
    assert len(fits) == 2
