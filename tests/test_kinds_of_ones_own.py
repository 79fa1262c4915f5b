"""A kind of column of one's own: registered in one call, fitted, sampled, saved, loaded, and in JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import pytest

import twin
from twin.columns import schema
from twin.columns.kinds import category
from twin.columns.kinds.registry import KINDS
from twin.metrics.table_view import read_views

pytestmark = pytest.mark.usefixtures("kinds")

GRADES = ("A", "B", "C", "D", "E", "F")


class Grade(twin.Column):
    """Letters with an order."""

    kind: Literal["grade"] = "grade"
    treated_as: ClassVar[str] = "category"


class Ungraded(twin.Column):
    """Of the same kind as another class."""

    kind: Literal["grade"] = "grade"


def takes(candidate: Any) -> Grade | None:
    texts = candidate.arrays.type == "string" and candidate.present
    if not texts or not set(candidate.arrays.levels) <= set(GRADES):
        return None
    return Grade(name=candidate.name, dtype=candidate.dtype, reason="letters of grades alone")


def levels(column: twin.Column) -> twin.Category:
    return twin.Category(name=column.name, dtype=column.dtype, levels=GRADES)


def learn(column: Grade, arrays: Any, guard: Any) -> Any:
    return category.learn(levels(column), replace(arrays, ordered=True), guard)


def load(column: Grade, state: Any) -> Any:
    return category.load(levels(column), state)


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({"grade": rng.choice(GRADES, 600), "age": rng.integers(20, 60, 600)})


def test_a_kind_of_ones_own_is_fitted_sampled_saved_and_loaded(table: pd.DataFrame, tmp_path: Any) -> None:
    twin.register_kind(Grade, learn=learn, load=load, takes=takes)
    t = twin.fit(table)
    assert t.schema["grade"].kind == "grade" and t.schema["age"].kind == "number"
    sample = t.sample(300, seed=7, given={"grade": ("B", "D")})
    assert set(sample["grade"]) == {"B", "C", "D"}
    t.save(tmp_path / "grades.twin")
    again = twin.load(tmp_path / "grades.twin")
    pd.testing.assert_frame_equal(again.sample(50, seed=3), t.sample(50, seed=3))
    read = twin.Schema.from_json(t.schema.to_json())
    assert read == t.schema and isinstance(read["grade"], Grade)
    assert [line.kind for line in twin.scan(table).columns] == ["grade", "number"]
    scored = read_views(table, None, sample, t.schema).train.columns[0]
    assert scored.name == "grade" and scored.nominal


def test_a_kind_without_takes_is_used_where_it_is_declared(table: pd.DataFrame) -> None:
    twin.register_kind(Grade, learn=learn, load=load)
    assert twin.infer(table)["grade"].kind == "category"
    t = twin.fit(table, schema=twin.infer(table).replace(grade=Grade()))
    assert t.schema["grade"].kind == "grade" and set(t.sample(200, seed=1)["grade"]) <= set(GRADES)


def test_a_kind_of_ones_own_does_not_take_direct_identifiers_or_the_subject(table: pd.DataFrame) -> None:
    def everything(candidate: Any) -> Grade:
        return Grade(name=candidate.name, dtype=candidate.dtype, reason="all of them")

    twin.register_kind(Grade, learn=learn, load=load, takes=everything)
    table["mail"] = [f"u{i}@example.org" for i in range(600)]
    table["who"] = np.arange(600)
    found = {column.name: column.kind for column in twin.infer(table, subject="who")}
    assert found == {"grade": "grade", "age": "grade", "mail": "direct_identifier", "who": "key"}


def test_a_kind_that_is_not_registered_is_named_with_the_way_out(table: pd.DataFrame) -> None:
    twin.register_kind(Grade, learn=learn, load=load, takes=takes)
    t = twin.fit(table)
    content, text = t.to_bytes(), t.schema.to_json()
    del KINDS["grade"], schema._CLASSES["grade"]
    twin.Schema.model_rebuild(force=True)
    with pytest.raises(twin.SchemaError, match=r'of kind "grade", which is not known .*register_kind'):
        twin.Schema.from_json(text)
    with pytest.raises(twin.FileFormatError, match=r"file: its schema: .* call twin\.register_kind first"):
        twin.from_bytes(content)


def test_what_cannot_be_registered_is_refused_in_a_sentence(table: pd.DataFrame) -> None:
    twin.register_kind(Grade, learn=learn, load=load)
    twin.register_kind(Grade, learn=learn, load=load, takes=takes)  # a cell of a notebook, run again
    for wrong, why in (
        (Ungraded, "Grade is of kind 'grade' already"),
        (twin.Key, "Key is of kind 'key' already"),
        (twin.Column, "must say its kind in one word"),
        (dict, "must be a class that derives from twin.Column"),
    ):
        with pytest.raises(twin.SchemaError, match=why):
            twin.register_kind(wrong, learn=learn, load=load)
    with pytest.raises(twin.SchemaError, match="kind grade have no form under a budget"):
        twin.fit(table, schema=twin.infer(table), epsilon=1.0)
