"""Attacks A0, A1 and A6: worked by hand, by brute force, planted leaks, and silence where nothing leaks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from twin.attacks.base import Attacker, Reading
from twin.attacks.data import AttackData, injected, joined, make_attack_data
from twin.attacks.hits import rates, tail
from twin.attacks.leaks import CopiedRows, CopiedStrings, LeakedValues, guarded, scan
from twin.attacks.rare_pairs import CHANCE, RareCombinations, combined_columns, found_combinations
from twin.attacks.replicated import DisclosivePairs, ReplicatedUniques
from twin.attacks.singling import Description, Index, SinglingOut, SinglingOutOne, blind, several, single
from twin.columns.schema import Category, Datetime, Flag, Key, Number, Schema, Text
from twin.columns.table import infer_schema
from twin.datasets.rand_hie import RAND_HIE_SUBJECT, load_rand_hie
from twin.metrics.case import Case
from twin.metrics.table_view import TableView, read_views

EXCESS: tuple[Attacker, ...] = (
    CopiedRows(),
    CopiedStrings(),
    RareCombinations(),
    SinglingOutOne(),
    SinglingOut(),
    ReplicatedUniques(),
    DisclosivePairs(),
)
ATTACKERS = (LeakedValues(), *EXCESS)
SCHEMA = Schema(
    columns=(
        Number(name="age"),
        Number(name="income"),
        Category(name="city"),
        Category(name="job"),
        Flag(name="member"),
        Datetime(name="joined"),
        Key(name="id"),
        Text(name="note"),
    )
)
QUASI = ("age", "city", "job")


def people(n: int, seed: int) -> pd.DataFrame:
    """A population with dependence, rare levels, long tails, missing cells, dates, a key and a text."""
    rng = np.random.default_rng(seed)
    age = np.clip(rng.normal(45, 16, n), 18, 99).round()
    income = np.round(np.exp(rng.normal(7 + age / 60, 0.8, n)), 2)
    income[rng.random(n) < 0.1] = np.nan
    return pd.DataFrame(
        {
            "age": age,
            "income": income,
            "city": [f"city {i}" for i in np.minimum(rng.zipf(1.6, n), 30)],
            "job": [f"job {i}" for i in (age / 20 + rng.geometric(0.4, n)).astype(int)],
            "member": rng.random(n) < 1 / (1 + np.exp(-(age - 50) / 8)),
            "joined": pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 3000, n), unit="D"),
            "id": rng.permutation(50_000)[:n],
            "note": [f"note {i}" for i in rng.integers(0, 2000, n)],
        }
    )


def data_of(
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    twin: pd.DataFrame,
    schema: Schema = SCHEMA,
    *,
    quasi: tuple[str, ...] = QUASI,
    public: tuple[frozenset[str], ...] = (),
    subject: str | None = None,
    target: str | None = None,
    k: int = 11,
    seed: int = 0,
) -> AttackData:
    views = read_views(train, holdout, twin, schema, subject=subject, seed=seed)
    return make_attack_data(Case(views=views, target=target, k=k, seed=seed), quasi=quasi, public=public)


def read(attacker: Attacker, data: AttackData, twin: TableView | None = None) -> Reading:
    reading = attacker.read(data, data.case.views.synthetic if twin is None else twin)
    assert reading is not None
    return reading


def hits(reading: Reading) -> tuple[int, int]:
    assert reading.train is not None and reading.holdout is not None
    return round(reading.train.value * reading.n), round(reading.holdout.value * reading.n)


def tiny(**cells: Sequence[object]) -> pd.DataFrame:
    return pd.DataFrame(cells)


LETTERS = Schema(columns=(Category(name="a"), Category(name="b"), Category(name="c")))


# Rates --------------------------------------------------------------------------------------------------


def test_p_values_of_hits_count_the_ways_to_split_them() -> None:
    ways = [sum(1 for split in range(2**6) if split.bit_count() >= t) / 2**6 for t in range(7)]
    assert [tail(t, 6) for t in range(7)] == pytest.approx(ways)


def test_sides_of_different_size_are_weighed_by_their_people() -> None:
    reading = rates(3, 0, 400, others=100)  # three hits, each on the side of train with a chance of .8
    assert reading.p == pytest.approx(0.8**3) and reading.value == pytest.approx(3 / 400)
    assert rates(2, 1, 400, others=100).holdout.value == 1 / 100
    assert tail(2, 3, 0.8) == pytest.approx(0.8**3 + 3 * 0.8**2 * 0.2)


def test_sides_hold_as_many_people_and_others_are_in_neither() -> None:
    data = data_of(people(3000, 1), people(900, 2), people(900, 3))
    assert data.others is not None
    assert data.train.n_units == data.holdout.n_units == 900 - data.others.n_units
    assert not set(data.others.hashes.tolist()) & set(data.holdout.hashes.tolist())
    # Passed off as a twin, these are no copies of others: they are not among those who are sought.
    assert hits(read(CopiedRows(), data, data.others)) == (0, 0)


def test_a_rate_without_hits_says_nothing_and_stays_within_an_interval() -> None:
    reading = rates(0, 0, 1000)
    assert (reading.value, reading.p, reading.found) == (0.0, 1.0, False)
    assert reading.low < 0 < reading.high < 0.005 and reading.error > 0


# Single values ------------------------------------------------------------------------------------------


def test_levels_of_few_people_by_hand() -> None:
    train = tiny(a=["x"] * 5 + ["y", "z", "p", "u", "u"])
    holdout = tiny(a=["x"] * 7 + ["z", "z", "y"])
    twin = tiny(a=["x", "y", "z", "p", "_RARE_"])
    schema = Schema(columns=(Category(name="a"),))
    # Below 2 people of train: y, z, p. Two of the holdout hold z. Nobody holds the token, two hold u.
    data = data_of(train, holdout, twin, schema, k=2)
    assert scan(data, data.case.views.synthetic)[0].few == 2
    assert read(LeakedValues(), data).value == 1.0
    public = data_of(train, holdout, twin, schema, k=2, public=(frozenset({"p"}),))
    assert read(LeakedValues(), public).n == 1
    silent = read(LeakedValues(), data_of(train, holdout, tiny(a=["x", "z", "u", "_RARE_"]), schema, k=2))
    assert (silent.value, silent.low, silent.high, silent.p, silent.n) == (0.0, 0.0, 0.0, 1.0, 2)


def test_where_nothing_was_suppressed_few_people_are_not_looked_for(fresh: AttackData) -> None:
    twin = fresh.case.views.train
    assert read(LeakedValues(), fresh, twin).value == 1.0
    assert LeakedValues().read(replace(fresh, suppressed=False), twin) is None


def test_tails_and_missing_cells_by_hand() -> None:
    schema = Schema(columns=(Number(name="x"),))
    train, holdout = tiny(x=[1.0, 2, 3, 4, 5, 6, 90, None]), tiny(x=[0.0, 1, 3, 4, 5, 5, 6, 7])
    # Two people of the holdout reach down to 1 and two of train to 2, two reach up to 6: 90 is beyond both,
    # 1 is not. One cell of train is missing.
    found = {
        value: scan(data, data.case.views.synthetic)[0].seen
        for value in (90.0, 89.0, 1.0, 0.0, 7.0, None)
        for data in [data_of(train, holdout, tiny(x=[3.0, value]), schema, k=2)]
    }
    assert found == {90.0: 1, 89.0: 0, 1.0: 0, 0.0: 0, 7.0: 0, None: 1}


def test_people_are_counted_and_not_rows() -> None:
    schema = Schema(columns=(Key(name="who"), Category(name="a"), Number(name="x")))
    calm = tiny(who=range(30), a=["x"] * 30, x=[5.0] * 15 + [6.0] * 15)
    busy = pd.concat([calm, tiny(who=[99] * 50, a=["rare"] * 50, x=[1e6] * 50)])
    data = data_of(busy, calm, busy, schema, subject="who")
    assert [one.seen for one in scan(data, data.case.views.synthetic)] == [1, 1]


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Train, holdout, and a twin that shows no rare value of train."""
    train, holdout, fresh = people(1500, 1), people(1500, 2), people(1500, 3)
    view = read_views(train, None, fresh, SCHEMA)
    common = pd.DataFrame(
        {
            "age": fresh["age"].clip(25, 70),
            "income": fresh["income"].clip(800, 8000),
            "city": fresh["city"].where(fresh["city"].map(train["city"].value_counts()) >= 11, "city 1"),
            "job": fresh["job"].where(fresh["job"].map(train["job"].value_counts()) >= 11, "job 3"),
            "member": fresh["member"],
            "joined": fresh["joined"].clip(pd.Timestamp("2015-06-01"), pd.Timestamp("2022-06-01")),
            "id": fresh["id"],
            "note": fresh["note"],
        }
    )
    assert len(view.synthetic.columns) == 6
    return train, holdout, common


@pytest.mark.parametrize(
    ("column", "value"),
    [("city", "Oberzeiring"), ("income", 1234567.89), ("age", 103.0), ("joined", pd.Timestamp("1999-12-31"))],
)
def test_one_planted_value_of_one_person_is_found(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], column: str, value: object
) -> None:
    train, holdout, twin = (frame.copy() for frame in tables)
    train.loc[7, column] = value
    clean = read(LeakedValues(), data_of(train, holdout, twin))
    assert (clean.value, clean.p) == (0.0, 1.0)
    twin.loc[700, column] = value
    data = data_of(train, holdout, twin)
    leak = read(LeakedValues(), data)
    assert leak.value > 0 and leak.p == 0 and leak.p_above(0.0) == 0
    assert str(value) not in repr(LeakedValues().detail(data, data.case.views.synthetic, leak))


def test_real_people_pass_once_they_went_through_the_guard() -> None:
    train, holdout = people(1500, 1), people(1500, 2)
    # Everybody of the holdout holds the rarest of train, but once: only the guard stands between.
    holdout = pd.concat([holdout, train[train["city"].map(train["city"].value_counts()) < 4]])
    data = data_of(train, holdout.reset_index(drop=True), people(1500, 3))
    assert data.others is not None
    assert read(LeakedValues(), data, data.others.rows(np.arange(data.others.n))).value > 0
    negative = read(LeakedValues(), data, data.others)
    assert (negative.value, negative.p) == (0.0, 1.0)


@pytest.mark.parametrize("seed", range(5))
def test_a_guarded_table_holds_no_value_of_few_people(seed: int) -> None:
    frame = people(120, seed)
    frame.loc[3, ["city", "joined"]] = None
    frame.loc[4:, "job"] = None
    view = read_views(frame, None, frame, SCHEMA).train
    k = 11
    safe = guarded(view, k)
    assert np.isnan(safe.values[:, 3]).all()  # fewer than k people have a job
    for j, column in enumerate(safe.columns):
        counts = Counter(safe.values[~np.isnan(safe.values[:, j]), j].tolist())
        ends = [min(counts), max(counts)] if counts else []
        assert all(counts[v] >= k for v in (counts if column.nominal else ends))
        assert int(np.isnan(safe.values[:, j]).sum()) == 0 or np.isnan(view.values[:, j]).sum() >= k


# Rows and strings ---------------------------------------------------------------------------------------


def test_copied_rows_by_hand() -> None:
    schema = Schema(columns=(Key(name="who"), Category(name="a"), Category(name="b")))
    train = tiny(who=[1, 1, 2, 3, 4], a=["x", "x", "y", "y", "z"], b=["u", "u", "u", "u", "v"])
    holdout = tiny(who=[5, 6, 7, 8, 8], a=["x", "y", "z", "q", "q"], b=["u", "v", "w", "u", "v"])
    twin = tiny(who=[0, 0, 0, 0], a=["x", "y", "y", "q"], b=["u", "u", "v", "v"])
    data = data_of(train, holdout, twin, schema, subject="who", quasi=())
    # (x, u) is that of 1 and of 5, and (y, u) of 2 and 3, so nobody has them alone;
    # (z, v) is not in the twin.
    # Persons 6 (y, v) and 8 (q, v), who was not alone in (q, u).
    reading = read(CopiedRows(), data)
    assert reading.n == 4 and hits(reading) == (0, 2)
    assert reading.p == 1.0


def test_no_unique_row_gives_copies_nothing_to_work_on() -> None:
    same = tiny(a=["x", "x", "y", "y"], b=["u"] * 4, c=["u"] * 4)
    data = data_of(same, same, same, LETTERS, quasi=())
    assert CopiedRows().read(data, data.case.views.synthetic) is None
    assert CopiedRows().detail(data, data.case.views.synthetic, None).weak


def test_copied_strings_by_hand() -> None:
    schema = Schema(columns=(Number(name="x"), Key(name="id"), Text(name="note")))
    train = tiny(x=[1.0] * 4, id=["a", "b", "c", "d"], note=["hi", "hi", "dear", None])
    holdout = tiny(x=[1.0] * 4, id=["e", "f", "g", "h"], note=["hi", "hi", "hi", None])
    twin = tiny(x=[1.0] * 4, id=["a", "f", "z", "y"], note=["hi", "dear", "", None])
    reading = read(CopiedStrings(), data_of(train, holdout, twin, schema, k=2, quasi=()))
    # Two people share "hi": with k = 2 it is common. a and dear are of train, f is of the holdout.
    # By column: a against f, and dear against none.
    assert reading.n == 4 and (reading.value, reading.p) == (0.25, 1.0) and hits(reading) == (1, 0)


def test_strings_stay_with_their_rows() -> None:
    schema = Schema(columns=(Number(name="x"), Key(name="id")))
    frame = tiny(x=[1.0, 1.0, 2.0, 3.0], id=["a", "b", "c", "d"])
    one, other = (read_views(f, None, f, schema).train for f in (frame, frame[::-1]))
    assert np.array_equal(one.strings, other.strings) and np.array_equal(one.values, other.values)
    leak = injected(one, one, 1.0, np.random.default_rng(0))
    pairs = {(x, s) for x, s in zip(one.values[:, 0], one.strings[:, 0], strict=True)}
    assert {(x, s) for x, s in zip(leak.values[:, 0], leak.strings[:, 0], strict=True)} == pairs


# Combinations -------------------------------------------------------------------------------------------


def test_rare_combinations_agree_with_counting() -> None:
    frames = []
    for seed in (1, 2, 3):
        frame = people(400, seed)[["age", "income", "city", "job", "joined"]]
        frame["income"] = frame["income"].round(-2)
        frames.append(frame)
    schema = Schema(columns=tuple(c for c in SCHEMA if c.name in frames[0]))
    data = data_of(frames[0], frames[1], frames[2], schema)
    twin = data.case.views.synthetic
    everyone = joined(data.train, data.holdout)
    rows, other = (np.nan_to_num(view.values, nan=-1.0) for view in (everyone, twin))
    expected = np.zeros(everyone.n, bool)
    for places in [c for size in (2, 3) for c in combinations(range(5), size)]:
        own = Counter(map(tuple, rows[:, places].tolist()))
        seen = Counter(map(tuple, other[:, places].tolist()))
        for i, combination in enumerate(map(tuple, rows[:, places].tolist())):
            shares = [(other[:, j] == v).mean() for j, v in zip(places, combination, strict=True)]
            rare = combination in seen and twin.n * np.prod(shares) < CHANCE
            expected[i] |= own[combination] == 1 and rare
    found = found_combinations(data, twin, combined_columns(data))
    assert np.array_equal(np.concatenate(found), expected) and 0 < expected.sum() < everyone.n


def test_a_rare_combination_of_two_people_is_nobodys() -> None:
    def rows(*pairs: int) -> pd.DataFrame:
        return tiny(a=[*pairs, *[0] * (300 - len(pairs))], b=[*pairs, *[0] * (300 - len(pairs))])

    schema = Schema(columns=(Category(name="a"), Category(name="b")))
    # Two people of train are alike in (1, 1), one of either side in (2, 2); (3, 3) and (4, 4) are alone.
    data = data_of(rows(1, 1, 2, 3, 4), rows(2), rows(1, 2, 3), schema, quasi=())
    assert hits(read(RareCombinations(), data)) == (1, 0)


def test_quasi_identifiers_come_first_among_many_columns() -> None:
    frame = pd.DataFrame({f"c{i}": ["x", "y"] for i in range(40)})
    schema = Schema(columns=tuple(Category(name=c) for c in frame))
    data = data_of(frame, frame, frame, schema, quasi=("c31", "c39"))
    assert len(combined_columns(data)) == 20 and {31, 39} <= set(combined_columns(data))
    assert combined_columns(data) == combined_columns(data)


# Singling out -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fresh() -> AttackData:
    return data_of(people(1500, 1), people(1500, 2), people(1500, 3))


def test_descriptions_find_the_rows_that_a_search_finds(fresh: AttackData) -> None:
    twin, rng = Index(fresh.case.views.synthetic), np.random.default_rng(0)
    written = [*single(twin, 300, rng), *several(twin, 300, rng)]
    guesses = blind(written, twin, rng)
    assert {len(one.columns) for one in written} == {1, 2, 3, 4}
    for view in (fresh.train, fresh.case.views.synthetic):
        values = np.where(np.isnan(view.values), -np.inf, view.values)
        for one, rows in zip([*written, *guesses], Index(view).fits([*written, *guesses]), strict=True):
            x = values[:, one.columns]
            fitting = ((x >= one.low) & (x <= one.high)).all(axis=1)
            assert sorted(rows.tolist()) == np.flatnonzero(fitting).tolist()


def test_every_description_fits_one_row_of_the_twin_and_none_comes_twice(fresh: AttackData) -> None:
    twin, rng = Index(fresh.case.views.synthetic), np.random.default_rng(0)
    for written in (single(twin, 10_000, rng), several(twin, 10_000, rng)):
        assert len(written) == len(set(written)) > 100
        ends = [np.inf, float(np.finfo(float).min)]
        for one, rows in zip(written, twin.fits(written), strict=True):
            assert rows.size == 1 or (len(one.columns) == 1 and {one.low[0], one.high[0]} & set(ends))


def test_a_person_counts_once_and_only_when_alone() -> None:
    schema = Schema(columns=(Key(name="who"), Number(name="x"), Category(name="a")))
    frame = tiny(who=[1, 1, 2, 3], x=[1.0, 2.0, 3.0, 3.0], a=["u", "u", "v", "w"])
    view = read_views(frame, None, frame, schema, subject="who").train
    by_x = [Description((0,), (v,), (v,)) for v in (1.0, 2.0, 3.0, 9.0)]
    assert Index(view).singled_out(by_x[:2]) == 1  # both fit person 1
    assert Index(view).singled_out(by_x) == 1  # two people have 3, none has 9
    assert Index(view).singled_out([*by_x, Description((0, 1), (3.0, 1.0), (3.0, 1.0))]) == 2
    assert Index(view).singled_out([Description((0,), (1.0,), (2.0,))]) == 1  # two rows of one person


def test_too_few_descriptions_are_no_reading() -> None:
    frame = tiny(a=["x", "y"] * 300, b=["u", "u", "v"] * 200, c=["x"] * 600)
    data = data_of(frame, frame, frame, LETTERS, quasi=())
    for attacker in (SinglingOutOne(), SinglingOut()):
        assert attacker.read(data, data.case.views.synthetic) is None
        assert attacker.detail(data, data.case.views.synthetic, None).weak


# Quasi-identifiers --------------------------------------------------------------------------------------


def test_replicated_uniques_by_hand() -> None:
    train = tiny(a=["x", "x", "y", "z", "z"], b=["u", "v", "u", "u", "u"], c=["1", "2", "3", "4", "5"])
    holdout = tiny(a=["x", "y", "y", "z", "q"], b=["u", "u", "u", "u", "u"], c=["1", "2", "3", "4", "5"])
    twin = tiny(a=["x", "x", "x", "y", "z"], b=["u", "v", "v", "u", "u"], c=["9"] * 5)
    reading = read(ReplicatedUniques(), data_of(train, holdout, twin, LETTERS, quasi=("a", "b")))
    # Met once in the twin: (x, u), (y, u), (z, u). Unique in train: (x, u), (x, v), (y, u); in the holdout:
    # (x, u), (z, u), (q, u).
    assert reading.n == 5 and hits(reading) == (2, 2)


def test_disclosive_pairs_by_hand() -> None:
    train = tiny(a=["x", "x", "y", "z"], b=["1", "2", "3", "4"], c=["k", "k", "k", "l"])
    holdout = tiny(a=["x", "y", "y", "z"], b=["1", "9", "3", "4"], c=["l", "k", "l", "l"])
    twin = tiny(a=["x", "x", "y", "y"], b=["1", "1", "3", "4"], c=["k", "k", "l", "l"])
    # b: x tells 1, y tells two things. Right of train: the first; of the holdout: the first.
    # c: x tells k, y tells l. Right of train: the first two; of the holdout: the third.
    data = data_of(train, holdout, twin, LETTERS, quasi=("a",))
    worst = read(DisclosivePairs(), data)
    assert hits(worst) == (2, 1) and worst.p == min(1.0, 2 * tail(2, 3))
    aimed = read(DisclosivePairs(), data_of(train, holdout, twin, LETTERS, quasi=("a",), target="b"))
    assert hits(aimed) == (1, 1) and aimed.p == tail(1, 2)


def test_without_quasi_identifiers_there_is_no_reading(fresh: AttackData) -> None:
    data = data_of(people(600, 1), people(600, 2), people(600, 3), quasi=())
    for attacker in (ReplicatedUniques(), DisclosivePairs()):
        assert attacker.read(data, data.case.views.synthetic) is None


# All of them --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attacker", ATTACKERS, ids=lambda a: a.about.name)
def test_a_copy_of_train_is_found(attacker: Attacker) -> None:
    train = people(1500, 1)
    data = data_of(train, people(1500, 2), train.sample(frac=1, random_state=0))
    reading = read(attacker, data)
    assert reading.found and reading.p < 1e-6 and reading.value > 0.05
    assert reading.low <= reading.value <= reading.high
    detail = attacker.detail(data, data.case.views.synthetic, reading)
    assert not detail.weak and detail.note


@pytest.mark.parametrize(
    "attacker", [CopiedRows(), CopiedStrings(), RareCombinations()], ids=lambda a: a.about.name
)
def test_a_twentieth_of_train_is_found_among_fresh_people(attacker: Attacker, fresh: AttackData) -> None:
    views = fresh.case.views
    planted = injected(views.synthetic, views.train, 0.05, np.random.default_rng(0))
    assert read(attacker, fresh, planted).p < 1e-3
    assert read(attacker, fresh).p > 0.05


@pytest.mark.parametrize("attacker", ATTACKERS, ids=lambda a: a.about.name)
def test_the_order_of_rows_does_not_matter(attacker: Attacker, fresh: AttackData) -> None:
    frames = [people(1500, seed).sample(frac=1, random_state=9) for seed in (1, 2, 3)]
    data = data_of(frames[0], frames[1], frames[2])
    assert read(attacker, data) == read(attacker, fresh)


def alarms(n: int, seeds: int, quasi: tuple[str, ...] = QUASI) -> Counter[str]:
    """How often each attack finds something in fresh people, where nothing leaks."""
    found: Counter[str] = Counter()
    for seed in range(seeds):
        data = data_of(*(people(n, 3 * seed + i) for i in range(3)), quasi=quasi, seed=seed)
        for attacker in EXCESS:
            found[attacker.about.name] += read(attacker, data).found
    return found


def test_fresh_people_raise_no_more_alarms_than_chance() -> None:
    found = alarms(700, 60)
    assert max(found.values()) <= 8, found  # more than 8 of 60 at a rate of 5%: 1 in 200
    assert sum(found.values()) <= 35, found  # 21 expected


@pytest.mark.slow
def test_many_fresh_people_raise_no_more_alarms_than_chance() -> None:
    found = alarms(6000, 60)
    assert max(found.values()) <= 8, found
    assert sum(found.values()) <= 35, found


def test_people_with_several_rows() -> None:
    frame = load_rand_hie()
    persons = np.random.default_rng(0).permutation(frame[RAND_HIE_SUBJECT].unique())
    parts = [frame[frame[RAND_HIE_SUBJECT].isin(part)] for part in np.array_split(persons, 3)]
    schema = infer_schema(frame, subject=RAND_HIE_SUBJECT)
    quasi = ("sex", "age", "site", "family_size")
    silent = data_of(*parts, schema, subject=RAND_HIE_SUBJECT, quasi=quasi)
    copied = data_of(*parts[:2], parts[0], schema, subject=RAND_HIE_SUBJECT, quasi=quasi)
    for attacker in ATTACKERS:
        if attacker.about.name != "copied_strings":
            assert read(attacker, copied).p < 1e-6
    for attacker in EXCESS:
        if attacker.about.name != "copied_strings":
            assert read(attacker, silent).p > 1e-3
