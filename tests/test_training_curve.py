"""The training curve of a network: shown by a twin and by each report, and by nothing under a budget."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import twin
from twin.codes import Json
from twin.errors import FileFormatError
from twin.models.base import Wrapping
from twin.models.network.fitted import FittedNetwork
from twin.models.training_curve import Curve
from twin.reporting.build import about
from twin.reporting.charts import training_chart
from twin.reporting.document import Report, TrainingCurve
from twin.reporting.formats import FORMATS
from twin.reporting.json import json_schema

rng = np.random.default_rng(0)
PEOPLE = pd.DataFrame({"sex": rng.choice(["F", "M"], 300), "age": rng.integers(20, 60, 300)})
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def network() -> twin.Twin:
    pytest.importorskip("torch")
    return twin.fit(PEOPLE, model=twin.Network(epochs=1), seed=1)


@pytest.fixture(scope="module")
def report(network: twin.Twin) -> Report:
    return twin.report(network.sample(seed=1), train=PEOPLE, twin=network)


def test_a_network_shows_how_it_was_trained_and_so_does_its_file(network: twin.Twin, tmp_path: Path) -> None:
    assert network.curve is not None and network.curve.steps
    network.save(tmp_path / "t.twin")
    loaded = twin.load(tmp_path / "t.twin")
    for t in (network, loaded):
        assert t.curve is not None and t.curve.steps == network.curve.steps
        first, second = t.model.splitlines()
        assert first == "network: settings given" and second == str(t.curve)
        assert "nats a row" in second and f"{t.curve.steps[-1]} steps" in second
        assert second in t.inspect() and f"<br>{second}</p>" in t._repr_html_()
        assert f"\n         {second}\n" in t.inspect()  # below the model, in line with it


def test_what_is_told_is_escaped_in_a_notebook(network: twin.Twin) -> None:
    net = network.fitted
    while isinstance(net, Wrapping):
        net = net.inner
    assert isinstance(net, FittedNetwork)
    t = replace(network, fitted=replace(net, curve=Curve(unit=HOSTILE, ended=HOSTILE)))
    assert t.model.endswith(f"no steps ({HOSTILE})") and "<script>" not in t._repr_html_()


def test_models_that_are_not_trained_in_steps_have_none() -> None:
    for model in ("independent", twin.Trees(rounds=2)):
        t = twin.fit(PEOPLE, model=model)
        assert t.curve is None and "\n" not in t.model
        assert t.model.count(":") == 1 and "Training" not in about(t).to_html()
        assert json.loads(about(t).to_json())["facts"]["training"] is None


@pytest.mark.parametrize("model", ["network", "ctgan"])
def test_under_a_budget_there_is_none(model: str) -> None:
    pytest.importorskip("opacus")
    settings = twin.Network(epochs=1) if model == "network" else twin.CTGAN(epochs=1, dp_steps=20)
    t = twin.fit(PEOPLE, model=settings, epsilon=4.0)
    for told in (t, twin.from_bytes(t.to_bytes())):
        assert told.curve is None and "\n" not in told.model
        for page in (told.inspect(), told._repr_html_()):
            assert "nats" not in page and "steps" not in page.split("ledger")[0]
    internal = twin.report(t.sample(100, seed=1), train=PEOPLE, twin=t)
    for part in (internal, internal.public):
        assert part.facts.training is None
        assert "Training" not in part.to_html() and "training:" not in part.to_text()
        assert json.loads(part.to_json())["facts"]["training"] is None


def test_every_report_tells_it(network: twin.Twin, report: Report) -> None:
    assert network.curve is not None
    first, last = (f"{network.curve.losses[i]:.2f}" for i in (0, -1))
    page = report.to_html()
    assert 'class="training"' in page and page.count(f">{first}</text>") and page.count(f">{last}</text>")
    assert ">loss, nats a row</text>" in page and ">steps</text>" in page and "all steps done" in page
    text = " ".join(report.to_text().split())
    assert f"training: loss, nats a row: {first} at step" in text and "all steps done" in text
    told = json.loads(report.to_json())["facts"]["training"]
    assert tuple(told["steps"]) == network.curve.steps and told["unit"] == network.curve.unit
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(json.loads(report.to_json()), json_schema())


def test_the_report_keeps_all_of_it() -> None:
    assert [f.name for f in fields(TrainingCurve)] == [f.name for f in fields(Curve)]


@pytest.mark.parametrize("steps", [0, 1, 2, 60])
@pytest.mark.parametrize("flat", [True, False])
def test_any_number_of_points_can_be_shown(report: Report, steps: int, flat: bool) -> None:
    curve = TrainingCurve(
        unit=HOSTILE,
        steps=tuple(range(1, steps + 1)),
        seconds=(0.5,) * steps,
        losses=tuple(-2.0 if flat else 5 - 0.1 * i for i in range(steps)),
        ended=HOSTILE,
    )
    changed = replace(report, facts=replace(report.facts, training=curve))
    for name in ("html", "json", "text"):
        assert "alert(1)" in FORMATS[name](changed)
    assert "<script" not in changed.to_html()
    assert changed.to_html().count('class="training"') == 2 * bool(steps)  # the figure, and the chart in it


def test_the_chart_stays_within_its_frame() -> None:
    curve = TrainingCurve(
        unit="nats", steps=(97, 41_000), seconds=(1.0, 2.0), losses=(1234.5, 0.031), ended="time was up"
    )
    chart = training_chart(curve)
    assert ">1,234.50</text>" in chart and ">0.03</text>" in chart and ">40,000</text>" in chart
    assert 'aria-label="Training: nats: 1,234.50' in chart and "after 2.0 s; time was up" in chart


@pytest.mark.parametrize(
    "part",
    [{"steps": [1, 2]}, {"losses": ["a"]}, {"losses": [float("nan")]}, {"seconds": [[1]]}, {"steps": 3}],
)
def test_a_curve_that_was_changed_is_refused(part: dict[str, Json]) -> None:
    told = Curve(unit="nats", steps=(1,), seconds=(0.1,), losses=(2.0,)).to_json()
    assert str(Curve.from_json(told)) == "nats 2.00 → 2.00 in 1 steps, 0.1 s (all steps done) ▁"
    with pytest.raises(FileFormatError, match="training curve"):
        Curve.from_json({**told, **part})
