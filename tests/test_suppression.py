"""What stands in place of what too few share: hierarchies, overrides, complement, and templates of texts."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twin
from twin.codes import State
from twin.columns.arrays.reading import read, token
from twin.columns.arrays.restore import restore
from twin.columns.base import DecodeContext
from twin.columns.kinds.category import TOKEN, Hierarchy, LearnedLevels
from twin.columns.kinds.registry import KINDS
from twin.columns.kinds.text import LearnedTemplates, LearnedText
from twin.columns.kinds.tokens import tokens_of
from twin.columns.schema import Category, Column, Text
from twin.privacy.suppression.guard import Guard

K = 5
BY_CODE = Category(rare="parent", prefixes=(3, 1))


class Learnt:
    """A column through its guard, and what comes out of it."""

    def __init__(self, column: Column, values: object, subjects: object = None, dtype: object = None) -> None:
        self.series = pd.Series(values, dtype=dtype)
        ids = None if subjects is None else np.asarray(subjects, np.int64)
        guard = Guard(k=K, subjects=ids, noise=lambda: 0)
        self.column = column.model_copy(update={"name": "c", "dtype": token(self.series)})
        self.learned = KINDS[column.kind].learn(self.column, read(self.series), guard.column("c"))
        self.log = str(guard.log)

    def out(self, draws: int = 1, seed: int = 0) -> pd.Series:
        native = read(self.series)
        codes = [self.learned.encode(native, np.random.default_rng(i)) for i in range(draws)]
        draw = DecodeContext(rng=np.random.default_rng(seed), start=0, seed=0)
        return restore(self.learned.decode(np.concatenate(codes), draw), self.column.dtype, "c")

    def counts(self) -> dict[object, int]:
        return {k: v for k, v in self.out().value_counts().to_dict().items() if v}

    def state(self) -> str:
        state = self.learned.state()
        return repr(state.facts) + repr({name: a.tolist() for name, a in state.arrays.items()})


def rows(**counts: int) -> list[str]:
    return [name.replace("_", ".") for name, many in counts.items() for _ in range(many)]


# ---------------------------------------------------------------- hierarchies


def test_a_rare_code_goes_to_the_nearest_beginning_that_enough_share() -> None:
    """By hand, k = 5: E11.1 and E11.2 make E11 (6); E10.1 and E12.0 are 4 and 2, so they make E (6)."""
    c = Learnt(BY_CODE, rows(E11_9=20, E11_1=3, E11_2=3, E10_1=4, E12_0=2, G31=30))
    assert c.counts() == {"E11.9": 20, "E11": 6, "E": 6, "G31": 30}
    assert "the nearest level above that enough share" in c.log
    assert "E1" not in c.log


def test_a_kept_level_does_not_count_for_its_parent() -> None:
    """E11 holds 20 + 4, but its remainder of 4 is too few and goes on to E, with the 3 of E12."""
    assert Learnt(BY_CODE, rows(E11_9=20, E11_1=4, E12=3)).counts() == {"E11.9": 20, "E": 7}


def test_at_the_top_it_is_drawn_from_what_is_kept() -> None:
    c = Learnt(BY_CODE, rows(E11_9=20, F1=2, G1=2))
    assert c.counts() == {"E11.9": 24}
    assert "drawn from the kept levels" in c.log


def test_an_ancestor_may_be_a_level_of_the_column() -> None:
    """Two literal E11 and three E11.1 are one group of five."""
    assert Learnt(BY_CODE, rows(E11=2, E11_1=3, G31=30)).counts() == {"E11": 5, "G31": 30}


def test_parents_by_mapping() -> None:
    towns = {"Graz": "Styria", "Leoben": "Styria", "Linz": "Upper Austria"}
    parents = towns | dict.fromkeys(towns.values(), "Austria")
    column = Category(rare="parent", parents=parents)
    c = Learnt(column, ["Graz"] * 3 + ["Leoben"] * 3 + ["Linz"] * 3 + ["Styria"] * 1 + ["Austria"] * 9)
    assert c.counts() == {"Styria": 7, "Austria": 12}
    assert Learnt(column, ["Graz"] * 3 + ["Leoben"] * 3).counts() == {"Styria": 6}


def test_a_dominated_ancestor_goes_on_upwards() -> None:
    """Six persons hold E11 and its codes, one of them most of its rows (S10)."""
    codes = rows(E11_1=12, E11_2=4, E11_3=1, E20_1=4, E21_1=4, G31=30)
    persons = [0] * 12 + [1, 2, 3, 4, 5] + list(range(10, 18)) + list(range(30, 60))
    # E11: 12 of 17 rows are one person's; E: 12 of 25 are
    assert Learnt(BY_CODE, codes, persons).counts() == {"E": 25, "G31": 30}


def test_persons_are_counted_at_every_level_and_not_rows() -> None:
    """A code seen in eight visits of one patient is rare, and so is its chapter."""
    codes = rows(Z99_1=8, E11_9=30, E11_1=4, E12_1=4)
    persons = [0] * 8 + list(range(1, 31)) + [1, 2, 3, 4] + [4, 5, 6, 7]
    c = Learnt(BY_CODE, codes, persons)
    assert set(c.counts()) == {"E11.9", "E"}  # E by the persons 1 to 7
    assert "Z" not in c.state().replace("weights", "")


@pytest.mark.parametrize("dtype", [object, "str", "string", "category", "string[pyarrow]"])
def test_ancestors_come_back_in_every_dtype_of_text(dtype: str) -> None:
    c = Learnt(BY_CODE, rows(E11_1=3, E11_2=3, G31=30), dtype=dtype)
    assert set(c.out().astype(object)) == {"E11", "G31"}
    assert token(c.out()).split("/")[0] == token(c.series).split("/")[0]


def test_where_an_ancestor_stands_tells_nothing_of_what_is_below() -> None:
    """In an ordered column it stands before its first kept descendant, else at the end."""
    held = rows(a1=3, b1=3, b2=3, c1=3, c2=9, c3=3, d1=2, e1=2)
    values = pd.Categorical(held, categories=sorted(set(held)), ordered=True)
    c = Learnt(Category(rare="parent", prefixes=(1,)), values)
    assert c.learned.levels == ("c", "c2", "b")


def test_prefixes_drop_the_marks_at_their_end() -> None:
    tree = Hierarchy(prefixes=(4, 2))
    assert list(tree.above("E11.9")) == ["E11", "E1"]
    assert list(tree.above("A-B-C")) == ["A-B", "A"]
    assert list(tree.above("E")) == []
    assert list(Hierarchy(prefixes=(3,)).above("8010")) == ["801"]


def test_new_rows_find_the_level_above() -> None:
    c = Learnt(BY_CODE, rows(E11_1=3, E11_2=3, G31=30))
    codes = c.learned.encode(read(pd.Series(["E11.7", "E11", "G31"])), np.random.default_rng(0))
    native = c.learned.decode(codes, DecodeContext(rng=np.random.default_rng(0), start=0, seed=0))
    assert [native.levels[i] for i in native.values] == ["E11", "E11", "G31"]


def test_a_hierarchy_that_does_not_fit_says_so_and_shows_no_value() -> None:
    with pytest.raises(twin.SchemaError, match="does not cover it, since <5 levels of the data") as caught:
        Learnt(Category(rare="parent", parents={"Graz": "Styria"}), ["Graz"] * 9 + ["Oberzeiring"] * 9)
    assert "Oberzeiring" not in str(caught.value)
    for values in ([8010] * 9, [1.5] * 9, [True] * 9, pd.Categorical([1, 2] * 9)):
        with pytest.raises(twin.SchemaError, match=r"turn the column into text first.*resample"):
            Learnt(BY_CODE, values)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"rare": "parent"}, "go together"),
        ({"prefixes": (3, 1)}, "go together"),
        ({"rare": "parent", "prefixes": (1, 3)}, "longest first"),
        ({"rare": "parent", "prefixes": ()}, "at least 1"),
        ({"rare": "parent", "prefixes": (1,), "parents": {}}, "not both"),
        ({"rare": "parent", "parents": {"a": "b", "b": "a"}}, "circle"),
        ({"keep": ("a",)}, "needs a reason"),
        ({"keep": ("a",), "because": "  "}, "needs a reason"),
    ],
)
def test_wrong_declarations_are_refused(wrong: dict[str, object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        Category(**wrong)


# ---------------------------------------------------------------- overrides and complement


def test_an_override_keeps_a_level_and_prints_its_reason() -> None:
    column = Category(keep=("AB-", "unheard"), because="published by the blood bank")
    c = Learnt(column, ["A"] * 300 + ["B"] * 200 + ["AB-"] * 2 + ["0-"] * 2)
    assert set(c.counts()) == {"A", "B", "AB-"}
    assert "kept by override: published by the blood bank; <5 values in <5 rows" in c.log
    assert "unheard" not in c.log + c.state()


@pytest.mark.parametrize("model", ["independent", "copula", "trees"])
def test_an_override_comes_out_of_every_model(model: str) -> None:
    table = pd.DataFrame({"blood": ["A"] * 400 + ["B"] * 300 + ["AB-"] * 4, "n": np.arange(704) % 9})
    schema = twin.infer(table).replace(blood=Category(keep=("AB-",), because="published"))
    t = twin.fit(table, schema=schema, model=model)
    share = (twin.from_bytes(t.to_bytes()).sample(40_000, seed=1)["blood"] == "AB-").mean()
    assert 0.3 < share / (4 / 704) < 3


def test_overrides_never_join_a_pool() -> None:
    column = Category(rare="token", keep=("AB-",), because="published")
    c = Learnt(column, ["A"] * 300 + ["B"] * 20 + ["AB-"] * 2 + ["0-"] * 3)
    assert c.counts() == {"A": 300, "AB-": 2, TOKEN: 23}


def test_one_rare_level_takes_the_next_rarest_along() -> None:
    """S12, by hand; the log says so, and names neither."""
    c = Learnt(Category(), ["anna"] * 300 + ["bert"] * 200 + ["carl"] * 50 + ["dora"] * 3)
    assert set(c.counts()) == {"anna", "bert"}
    assert "pooled too, so that what is rare does not stand alone; <5 values in 50–99 rows" in c.log
    assert not any(name in c.log + c.state() for name in ("carl", "dora"))


@pytest.mark.parametrize(
    ("counts", "kept"),
    [
        ({"a": 300, "b": 200, "c": 3}, {"a", "b"}),  # the column would be constant
        ({"a": 300, "b": 200, "c": 50, "d": 3, "e": 3}, {"a", "b", "c"}),  # two rare levels
        ({"a": 300, "b": 200, "c": 50}, {"a", "b", "c"}),
    ],
)
def test_the_complement_is_taken_only_where_it_hides_something(
    counts: dict[str, int], kept: set[str]
) -> None:
    assert set(Learnt(Category(), rows(**counts)).counts()) == kept


def test_public_levels_and_flags_have_no_complement() -> None:
    declared = Category(levels=("a", "b", "c"))
    assert set(Learnt(declared, rows(a=300, b=200, c=50, d=3)).counts()) == {"a", "b", "c"}
    assert set(Learnt(twin.Flag(), [True] * 3 + [False] * 97).counts()) == {False}  # T13


def test_a_public_level_is_never_a_place_for_rare_rows() -> None:
    c = Learnt(Category(levels=("a", "b")), rows(a=300, b=1, c=2))
    assert c.counts() == {"a": 302, "b": 1}


def test_undeclared_levels_of_too_few_get_no_token() -> None:
    """A visible pool is held by enough, also where the levels are public."""
    column = Category(levels=("a", "b"), rare="token")
    assert set(Learnt(column, rows(a=30, b=9, c=2)).counts()) == {"a", "b"}
    assert Learnt(column, rows(a=30, b=9, c=7)).counts() == {"a": 30, "b": 9, TOKEN: 7}


def test_a_rare_literal_token_does_not_change_the_token() -> None:
    """T9: it is escaped only where the literal is kept and shows anyway."""
    assert set(Learnt(Category(rare="token"), ["a"] * 50 + ["b"] * 9 + [TOKEN] * 2 + ["c"] * 4).counts()) == {
        "a",
        "b",
        TOKEN,
    }


def test_only_rare_values_become_the_token_in_every_mode() -> None:
    """T10."""
    for column in (Category(), Category(rare="token"), Category(rare="parent", prefixes=(9,))):
        assert set(Learnt(column, [f"c{i}" for i in range(30)]).counts()) == {TOKEN}


def test_spellings_are_levels_of_their_own() -> None:
    """T14: nothing is normalised; who wants one level must make it one first."""
    spellings = ["Graz", "graz", "Graz ", "Gra\u0301z", "Gráz"]
    held = {s: 40 if i != 1 else 3 for i, s in enumerate(spellings)} | {"Linz": 2}
    c = Learnt(Category(), [s for s, many in held.items() for _ in range(many)])
    assert set(c.counts()) == set(held) - {"graz", "Linz"}


def test_unused_categories_are_in_no_sample() -> None:
    """T15, with a hierarchy too."""
    values = pd.Categorical(rows(E11_1=3, E11_2=3, G31=9), categories=["G31", "E11.1", "E11.2", "canary"])
    assert set(Learnt(BY_CODE, values).out().cat.categories) == {"E11", "G31"}


def test_missing_stays_as_often_where_rare_levels_are_placed() -> None:
    c = Learnt(Category(), ["a"] * 20 + [None] * 200 + ["b"] * 2)
    assert c.out().isna().sum() == 200


LEVELS = st.lists(
    st.sampled_from(["A11", "A12", "A21", "B1", "B11", "C", "C11", "A", "A1"]), min_size=1, max_size=120
)


@settings(max_examples=60)
@given(LEVELS, st.booleans(), st.sampled_from(["resample", "token", "parent"]))
def test_nothing_that_fewer_than_k_hold_comes_out(codes: list[str], shared: bool, rare: str) -> None:
    """Each level that comes out is held by k subjects, of itself or with what went up to it."""
    subjects = np.arange(len(codes)) // 2 if shared else np.arange(len(codes))
    column = Category(rare="parent", prefixes=(2, 1)) if rare == "parent" else Category(rare=rare)
    c = Learnt(column, codes, subjects)
    learned = c.learned
    assert isinstance(learned, LearnedLevels)
    place = learned.codes_of(read(c.series))  # -1: drawn from what is kept
    for i in range(len(learned.levels)):
        holders = subjects[place == i + learned.nullable]
        many, most = np.unique(holders).size, np.unique(holders, return_counts=True)[1].max(initial=0)
        if learned.levels[i] == TOKEN:
            assert many >= min(K, np.unique(subjects).size)
        else:
            assert many >= K
            assert 2 * most <= holders.size
            # the nearest that could be: a level with enough holders of its own is never moved
            own = np.array(codes) == learned.levels[i]
            assert own.any() or rare == "parent"
    assert set(c.out(draws=3).dropna()) <= set(learned.levels)


def test_a_saved_column_without_the_newer_facts_loads() -> None:
    c = Learnt(Category(), rows(a=30, b=20))
    state = c.learned.state()
    old = {name: fact for name, fact in state.facts.items() if name != "shown"}
    loaded = KINDS["category"].load(c.column, State(old, state.arrays))
    assert isinstance(loaded, LearnedLevels)
    assert (loaded.levels, loaded.shown) == (("a", "b"), ())
    assert isinstance(KINDS["text"].load(Text(name="t"), State({})), LearnedText)


# ---------------------------------------------------------------- texts

TEMPLATE = Text(treatment="template")
RNG = np.random.default_rng(7)
DRUGS = ("aspirin", "codeine", "ibuprofen")


def notes(n: int) -> list[str]:
    """Notes of a practice, with what must not get out in them."""
    out = []
    for i in range(n):
        if i % 4 == 0:
            out.append(f"Prescribed {RNG.choice(DRUGS)} {RNG.integers(10, 999)} mg.")
        elif i % 4 == 1:
            out.append(f"Seen by Dr. Ob{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}moser, review in 4 weeks")
        elif i % 4 == 2:
            out.append(f"Mail to p{i}@clinic.at or call +43 664 {RNG.integers(10**6, 10**7)}")
        else:
            out.append("No change.")
    return out


@pytest.fixture(scope="module")
def letters() -> Learnt:
    canaries = [
        "Zwicklhuber was here",
        "Note " + "y" * 31,
        "an owl \U0001f989 in it",
        "No\tchange 31415926535.",
    ]
    return Learnt(TEMPLATE, notes(1_200) + canaries + [None] * 100)


def test_texts_read_like_the_source(letters: Learnt) -> None:
    out = letters.out()
    assert (out == "No change.").sum() >= 300
    assert out.str.fullmatch(r"Prescribed (aspirin|codeine|ibuprofen) \d{2,3} mg\.").sum() == 300
    assert out.str.startswith("Seen by Dr. ").sum() >= 300
    assert out.isna().sum() == 100
    assert not any(isinstance(level, float) for level in out.dropna())


def test_a_rare_surname_is_in_no_text_and_in_no_state(letters: Learnt) -> None:
    """T22: tokens, characters, long words and odd marks of one person, in 100,000 texts and in the state."""
    texts = "\n".join(letters.out(draws=80).dropna())
    assert texts.count("\n") > 90_000
    for canary in ("Zwickl", "yyy", "\U0001f989", "owl", "\t", "31415926535", "moser", "@clinic"):
        assert canary not in texts
        assert canary not in letters.state()
        assert canary not in letters.log


def test_identifiers_in_a_text_are_slots_even_where_many_share_them() -> None:
    shared = "Mail office@clinic.at, call +43 1 2345678, see https://clinic.at/x, id AB12345678."
    out = Learnt(TEMPLATE, [shared] * 80).out()
    for part in ("office", "2345678", "clinic", "AB12345678"):
        assert not out.str.contains(part, regex=False).any()
    assert out.str.contains("@example.org", regex=False).all()
    assert out.nunique() > 40


def test_rare_forms_back_off_to_simpler_ones() -> None:
    words = ["pain", "knee", "left", "mild", "since", "days"]
    texts = [" ".join(RNG.choice(words, RNG.integers(4, 12))) + "." for _ in range(300)]
    c = Learnt(TEMPLATE, texts + ["Discharged. " + text for text in texts[:60]])
    out = c.out()
    assert "a simpler form that enough share" in c.log
    assert set("".join(out)) <= set("".join(texts) + "Discharged. ")
    assert (out == "Discharged.").sum() == 60  # the first sentence


def test_the_log_tells_the_share_of_tokens_in_ranges(letters: Learnt) -> None:
    assert "slots, filled afresh; 70–80 % of the tokens in its texts are shared" in letters.log or (
        "80–90 % of the tokens" in letters.log
    )


@pytest.mark.parametrize(
    "texts", [[f"{a}{b}q" for a in "abcdefg" for b in "stuvwxyz"], ["4711"] * 3 + ["x"], [None] * 20]
)
def test_where_nothing_is_shared_the_column_comes_back_empty(texts: list[str]) -> None:
    c = Learnt(TEMPLATE, texts)
    assert isinstance(c.learned, LearnedText)
    assert c.out().isna().all()
    assert "left empty" in c.log


def test_texts_of_one_person_are_rare_however_often_they_occur() -> None:
    persons = [0] * 500 + list(range(1, 101))
    c = Learnt(TEMPLATE, ["Zwicklhuber was here"] * 500 + ["no pain, all well"] * 100, persons)
    assert "no pain, all well" in set(c.out())
    assert set(" ".join(c.out().str.replace(",", "")).split()) == {"no", "pain", "all", "well"}
    assert "Zwickl" not in c.state()


def test_scripts_without_spaces_and_with_marks() -> None:
    texts = ["患者は風邪です。"] * 40 + ["ผู้ป่วยมีไข้"] * 40 + ["रोगी ठीक है"] * 40 + ["患者は鬱です。"]
    out = Learnt(TEMPLATE, texts).out()
    assert {"患者は風邪です。", "ผู้ป่วยมีไข้", "रोगी ठीक है"} <= set(out)
    assert not out.str.contains("鬱").any()
    assert tokens_of("日本の東京タワー") == ["日", "本", "の", "東", "京", "タワー"]


def test_texts_come_back_from_a_file_and_follow_other_columns() -> None:
    table = pd.DataFrame(
        {"note": ["all well"] * 300 + ["pain in knee"] * 300, "ill": [False] * 300 + [True] * 300}
    )
    schema = twin.infer(table).replace(note=TEMPLATE)
    t = twin.fit(table, schema=schema, model="trees")
    sample = t.sample(2_000, seed=3)
    assert ((sample["note"] == "pain in knee") == sample["ill"]).mean() > 0.98
    pd.testing.assert_frame_equal(twin.from_bytes(t.to_bytes()).sample(2_000, seed=3), sample)


def test_templates_are_for_text() -> None:
    for values in ([1, 2] * 20, pd.Categorical(["a b"] * 20), ["a", 1] * 20):
        with pytest.raises(twin.SchemaError, match="not plain text; turn it into text first"):
            Learnt(TEMPLATE, values)


WORDS = st.sampled_from(
    ["Anna", "sees", "owl", "OWL", "7", "42", "1999", ".", ",", "\n", "é", "患", "🦉", "a@b.at"]
)
TEXTS = st.lists(st.lists(WORDS, max_size=6).map(" ".join), min_size=1, max_size=60)


@settings(max_examples=60)
@given(TEXTS, st.booleans())
def test_no_token_and_no_character_of_fewer_than_k_comes_out(texts: list[str], shared: bool) -> None:
    subjects = np.arange(len(texts)) // 2 if shared else np.arange(len(texts))
    c = Learnt(TEMPLATE, texts, subjects)
    holders: dict[str, set[int]] = defaultdict(set)
    for text, subject in zip(texts, subjects.tolist(), strict=True):
        for part in (*tokens_of(text), *text):
            holders[part].add(subject)
    known = {part for part, by in holders.items() if len(by) >= K}
    reserved = set("name@example.org")
    for text in c.out(draws=3).dropna():
        assert set(text) <= {part for part in known if len(part) == 1} | reserved
        for part in tokens_of(text.replace("name@example.org", " ")):
            assert part in known or part.isdigit() or part.isspace() or "@example.org" in part
    if isinstance(c.learned, LearnedTemplates):
        assert set(c.learned.vocabulary.tokens) <= known


def test_parents_of_levels_that_were_not_kept_are_not_saved() -> None:
    """A mapping may be made from the data, and then names its rare levels."""
    rare = [f"Zyxomma {i}" for i in range(30)]
    table = pd.DataFrame({"place": ["Graz"] * 200 + ["Leoben"] * 100 + rare})
    parents = dict.fromkeys(["Graz", "Leoben", *rare], "Styria")
    schema = twin.infer(table).replace(place=twin.Category(rare="parent", parents=parents))
    t = twin.fit(table, schema=schema)
    assert b"Zyxomma" not in t.to_bytes() and "Zyxomma" not in repr(t.schema["place"])
    again = twin.from_bytes(t.to_bytes())
    assert set(again.sample(2_000, seed=1)["place"]) == {"Graz", "Leoben", "Styria"}
