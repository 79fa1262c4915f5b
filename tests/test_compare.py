"""Several twins side by side: figures by hand, and only where they are of one table."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.documents import Reader
from tests.helpers.reports import ATTACKS, HOSTILE, judged, plain
from twin.errors import FileFormatError, InputError
from twin.metrics.score import Interval
from twin.reporting.comparison import Comparison, Place, compare, compare_files, privacy_utility
from twin.reporting.document import Report
from twin.reporting.fixed import INTERNAL, NOT_FOR_RELEASE, UNSAFE


@pytest.fixture(scope="module")
def bare() -> Report:
    return plain()


@pytest.fixture(scope="module")
def reports(bare: Report) -> dict[str, Report]:
    return {"trees": judged(bare), "copula": judged(bare, ATTACKS[:1]), "none": bare}


@pytest.fixture(scope="module")
def comparison(reports: dict[str, Report]) -> Comparison:
    return compare(reports)


def test_figures_are_those_of_the_reports(comparison: Comparison, bare: Report) -> None:
    trees, copula, none = comparison.entries
    assert (trees.verdict, copula.verdict, none.verdict) == ("fail", "pass", None)
    assert trees.worst is not None and trees.worst.name == "infer" and none.worst is None
    near = copula.nearness["Attack single"]
    assert (near.value, near.low, near.high) == pytest.approx((0.02 / 0.09, 0.01 / 0.09, 0.03 / 0.09))
    area = trees.nearness["Attack member"]  # counts from one half, 0.55 being the limit
    assert (area.value, area.low, area.high) == pytest.approx((0.2, -0.2, 0.6))
    assert trees.scores["accuracy"].value == pytest.approx(bare.scores["accuracy"].value, abs=1e-6)
    assert comparison.rows == (400, 400) and comparison.use == "accuracy" and trees.budget == "k = 11"


def test_every_format_tells_every_twin(comparison: Comparison, tmp_path: Path) -> None:
    page, text = Reader(comparison.to_html(tmp_path / "c.html")), comparison.to_text()
    document = json.loads(comparison.to_json())
    for entry in comparison.entries:
        assert entry.label in page.text and entry.label in text and entry.label in comparison._repr_html_()
    for told in (page.text, text):
        assert "✗ fail" in told and "✓ pass" in told and "not judged" in told and "20.00%" in told
    assert document["twins"][1]["nearness"]["Attack single"]["value"] == pytest.approx(0.222222)
    assert not page.open and (tmp_path / "c.html").read_bytes() == comparison.to_html().encode()
    assert all(a.get("scope") in ("col", "row") for t, a in page.tags if t == "th")


def test_files_give_the_same_as_reports(reports: dict[str, Report], tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.json" for name in reports]
    for path, report in zip(paths, reports.values(), strict=True):
        report.to_json(path)
    found = compare_files(paths)
    assert found.to_html() == compare(reports).to_html() and found.to_json() == compare(reports).to_json()
    with pytest.raises(InputError, match="named twice"):
        compare_files([paths[0], paths[0], paths[0]])
    paths[0].write_text(paths[0].read_text().replace('"gates"', '"gate"'))
    with pytest.raises(FileFormatError, match="damaged"):
        compare_files(paths)


def test_only_twins_of_one_table_are_compared(reports: dict[str, Report]) -> None:
    trees = reports["trees"]
    other = {
        "columns": plain(("age", "town", "ill")),
        "numbers of rows": plain(n=401),
    }
    for what, report in other.items():
        with pytest.raises(InputError, match=f"not of one table, since their {what} differ"):
            compare({"a": trees, "b": report})
    with pytest.raises(InputError, match="two reports at least"):
        compare({"a": trees})
    with pytest.raises(FileFormatError, match="public part"):
        compare({"a": trees, "b": trees.public})


def test_stamps_and_the_strictest_notice_stand_on_a_comparison(bare: Report) -> None:
    stamped = replace(bare, facts=replace(bare.facts, unsafe=True))
    told = compare({"a": bare, "b": stamped})
    assert told.stamps == (f"b: {UNSAFE}",) and told.notice == INTERNAL
    for text in (told.to_html(), told.to_text(), told.to_json(), told._repr_html_()):
        assert UNSAFE in " ".join(text.split()) and INTERNAL in " ".join(text.split())
    private = replace(told, entries=(told.entries[0], replace(told.entries[1], notice=NOT_FOR_RELEASE)))
    assert NOT_FOR_RELEASE in private.to_html() and NOT_FOR_RELEASE in " ".join(private.to_text().split())


def test_the_chart_can_be_of_one_attack(reports: dict[str, Report]) -> None:
    comparison = compare(reports)
    assert "Attack single, as a share of its limit" in comparison.to_html(attack="Attack single")
    with pytest.raises(InputError, match="choose from Attack infer"):
        comparison.to_html(attack="Attack of the clones")
    unjudged = compare({"a": reports["none"], "b": reports["none"]})
    assert "nothing to set against its use" in unjudged.to_html()


def test_hostile_labels_do_nothing(bare: Report) -> None:
    kept = judged(bare, ATTACKS[:1])
    comparison = compare(dict.fromkeys(HOSTILE, kept))
    text = comparison.to_html()
    page = Reader(text)
    assert not page.open and not {"script", "b"} & {tag for tag, _ in page.tags}
    for told in (text, comparison.to_text(), comparison._repr_html_(), comparison.to_json()):
        assert "\u202e" not in told and "\x00" not in told
    assert "<script>" not in comparison._repr_html_()


def place(label: str, leak: float, use: float) -> Place:
    across, up = Interval(leak, leak - 0.1, leak + 0.1), Interval(use, use - 0.01, use + 0.01)
    return Place(label=label, verdict="pass", leak=across, use=up)


def found(pattern: str, chart: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(pattern, chart)]


def test_points_lie_where_their_figures_are() -> None:
    chart = str(privacy_utility([place("a", 0.2, 0.8), place("b", 0.7, 0.9), place("c", 30, 0.85)], "x", "y"))
    points = found(r'class="point pass" cx="([\d.]+)" cy="([\d.]+)"', chart)
    (limit,) = re.findall(r'class="bound" x1="([\d.]+)"', chart)
    (null,) = re.findall(r'class="null" x1="([\d.]+)"', chart)
    shares = [(x - float(null)) / (float(limit) - float(null)) for x, _ in points]
    assert shares[:2] == pytest.approx([0.2, 0.7], abs=0.01)
    assert shares[2] == pytest.approx(3, abs=0.5)  # far beyond the limit it stands at the edge
    assert points[1][1] < points[2][1] < points[0][1]  # of more use: further up


def test_labels_do_not_cover_each_other() -> None:
    chart = str(privacy_utility([place(f"twin {i}", 0.5, 0.8) for i in range(6)], "x", "y"))
    spots = found(r'<text x="([\d.]+)" y="([\d.]+)" class="mark"', chart)
    assert len(spots) == 6
    for i, one in enumerate(spots):
        assert all(abs(one[0] - two[0]) >= 36 or abs(one[1] - two[1]) >= 14 for two in spots[:i])


def test_equal_reports_give_equal_bytes(bare: Report) -> None:
    twice = {"a": judged(bare), "b": judged(bare)}
    for name in ("to_html", "to_text", "to_json"):
        assert getattr(compare(twice), name)() == getattr(compare(twice), name)()
    assert repr(compare(twice)) == "Comparison(a, b)"
