"""The evidence report: what it says of a verdict, in which order, to whom, and in which form."""

import json
import re
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from tests.helpers.documents import Reader
from tests.helpers.extending import formats_of_reports
from tests.helpers.reports import ATTACKS, HOSTILE, VERDICTS, attack, gate, judged, judgement, plain, reading
from twin.errors import InputError, MissingExtra
from twin.evidence.evidence import Evidence
from twin.policy.judge import judge
from twin.policy.policy import Policy
from twin.policy.record import read_record
from twin.policy.verdict import WORDS, Judgement
from twin.reporting import fixed
from twin.reporting.charts import attack_chart
from twin.reporting.document import Context, Report
from twin.reporting.html import mapped
from twin.reporting.json import json_schema
from twin.reporting.pdf import pdf
from twin.reporting.verdicts import SYMBOLS, answer, relative, worst

FORMATS = formats_of_reports()
EVIDENCE = Evidence(
    data="d" * 64,
    rows=400,
    twin="e" * 64,
    declared="f" * 64,
    policy="a" * 64,
    source=(("train", "b" * 64),),
    salt="c" * 64,
)


@pytest.fixture(scope="module")
def bare() -> Report:
    return plain()


@pytest.fixture(scope="module")
def report(bare: Report) -> Report:
    return judged(bare)


def only(report: Report, name: str, action: str = "block") -> Report:
    kept = tuple(a for a in ATTACKS if a.about.name == name)
    return judged(report, kept, judgement(kept, action=action))


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("single", "Yes, within these limits"),
        ("infer", "No"),
        ("link", "Cannot be told"),
        ("member", "Cannot be told"),
    ],
)
def test_the_first_words_are_the_verdict_in_words_and_sign(bare: Report, name: str, word: str) -> None:
    told = only(bare, name)
    assert answer(told).word == word
    page = told.to_html()
    shown = Reader(page).text
    assert f"{SYMBOLS[VERDICTS[name]]} {word}" in " ".join(shown.split())
    assert page.index(word) < page.index("</section>")
    assert f"May this table leave? {SYMBOLS[VERDICTS[name]]} {word}." in " ".join(told.to_text().split())
    assert f"{SYMBOLS[VERDICTS[name]]} {WORDS[VERDICTS[name]]}" in told.to_text()


def test_what_was_not_judged_is_no_yes(bare: Report) -> None:
    assert answer(bare).word == "Not judged" and "Yes" not in Reader(bare.to_html()).text
    refused = replace(bare, judgement=Judgement(gates=(), refused="needs a holdout"))
    assert answer(refused).word == "Cannot be told" and "needs a holdout" in answer(refused).sentence
    warned = only(bare, "infer", action="warn")
    assert answer(warned).word == "No" and "none of them stops a release" in answer(warned).sentence


def test_no_verdict_promises_more_than_it_shows(report: Report, bare: Report) -> None:
    for told in (report, only(bare, "single"), only(bare, "member"), bare):
        page = told.to_html()
        first = page[page.index("<main") : page.index("</section>")]
        for text in (first, *(part.sentence for part in (answer(told),)), *told.limits):
            assert not re.search(r"\b(safe|anonym\w+|complian\w+|risk-free)\b", text, re.I)
        assert fixed.EVIDENCE in " ".join(Reader(page).text.split())


def test_sections_follow_the_standard_and_every_link_leads_somewhere(report: Report) -> None:
    page = Reader(report.to_html())
    ids = [a["id"] for _, a in page.tags if "id" in a]
    order = "context", "data", "identifiability", "mitigation", "fidelity", "utility", "governance", "limits"
    assert [i for i in ids if i in order] == list(order)
    assert len(ids) == len(set(ids))
    assert {a["href"] for t, a in page.tags if t == "a"} <= {f"#{i}" for i in ids}
    levels = [int(t[1]) for t, _ in page.tags if re.fullmatch("h[1-6]", t)]
    assert levels[0] == 1 and levels.count(1) == 1 and all(b <= a + 1 for a, b in pairwise(levels))
    assert all(a.get("scope") in ("col", "row") for t, a in page.tags if t == "th")


@pytest.mark.parametrize("name", ["html", "text"])
def test_an_attack_is_told_with_its_controls(report: Report, name: str) -> None:
    text = " ".join((Reader(report.to_html()).text if name == "html" else report.to_text()).split())
    assert "8.00%" in text and "6.00–10.00%" in text and "at most 9.00%" in text
    assert "Smallest leak this would have found: 5% of the people learned from" in text
    assert "real people passed off as a twin it reads 0.10% (−0.90 to 1.10%)" in text
    if name == "html":
        assert "people learned from12.00%11.00–13.00%" in text.replace(" ", "").replace(
            "peoplelearnedfrom", "people learned from"
        )
        assert "What link asks." in text and "A0 Leak scan" in text  # the latter was not run


def test_the_worst_limit_is_a_failed_one_before_a_near_one() -> None:
    found = judgement()
    chosen = worst(found, ATTACKS)
    assert chosen is not None and chosen.name == "infer"
    assert relative(found.gates[0], ATTACKS) == pytest.approx(0.02 / 0.09)
    assert relative(found.gates[3], ATTACKS) == pytest.approx(0.01 / 0.05)  # an area counts from one half
    assert relative(replace(found.gates[0], limit=0.0), ATTACKS) is None


def places(chart: str, css: str) -> list[float]:
    return [float(x) for x in re.findall(rf'<circle class="{css}" cx="([\d.]+)"', chart)]


def test_a_chart_puts_figures_where_they_are() -> None:
    chart = str(attack_chart(ATTACKS[1], 0.09))
    (twin,) = places(chart, "twin")
    null = float(re.search(r'class="null" x1="([\d.]+)"', chart)[1])  # type: ignore[index]
    limit = float(re.search(r'class="bound" x1="([\d.]+)"', chart)[1])  # type: ignore[index]
    assert (twin - null) / (limit - null) == pytest.approx(0.08 / 0.09, abs=0.01)
    assert chart.count('<path class="planted"') == 1  # 40 % lies beyond the axis; 0.4 % and 5 % do not
    assert len(places(chart, "planted")) == 2


def test_what_others_ask_for_is_mapped_to_what_was_run(report: Report, bare: Report) -> None:
    rows = {row.asks.split(":")[0]: row for row in mapped(report)}
    assert rows["Singling out"].anchor == "attack-1" and "2.00% (1.00–3.00%)" in rows["Singling out"].figure
    assert rows["Inference"].anchor == "attack-3"
    assert all(row.missing for row in rows.values())
    unrun = mapped(bare)
    assert all(row.figure == "" and row.anchor == "" for row in unrun[:4])


def test_json_holds_all_that_judging_again_needs(report: Report) -> None:
    full = replace(report, evidence=EVIDENCE, context=Context(purpose="Teaching"))
    document = json.loads(full.to_json())
    jsonschema.validate(document, json_schema())
    jsonschema.validate(json.loads(full.public_part(verdict=True).to_json()), json_schema())
    record = read_record(full.to_json())
    assert record.attacks == ATTACKS
    assert report.evaluation is not None
    assert judge(record, Policy()).verdict == judge(report.evaluation, Policy()).verdict == "fail"
    assert document["verdict"] == "fail" and document["judgement"]["gates"][1]["verdict"] == "inconclusive"
    assert Evidence.from_json(document["evidence"]) == EVIDENCE


def test_junit_fails_for_all_but_a_pass_and_skips_what_only_warns(bare: Report) -> None:
    gates = (*judgement().gates, gate(ATTACKS[2], "fail", action="warn"))
    suite = ElementTree.fromstring(judged(bare, ATTACKS, Judgement(gates=gates)).to_junit())
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("5", "3", "1")
    kinds = [[child.tag for child in case if child.tag != "system-out"] for case in suite.iter("testcase")]
    assert kinds == [[], ["failure"], ["failure"], ["failure"], ["skipped"]]
    assert "too weak to tell" in suite.findall("testcase/failure")[2].get("message", "")
    assert ElementTree.fromstring(bare.to_junit()).get("skipped") == "1"


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_names_do_nothing_in_any_format(name: str) -> None:
    hostile = tuple(
        attack(a.about.name, a.about.code, a.reading, title=bad, scale=a.about.scale)
        for a, bad in zip(ATTACKS, HOSTILE, strict=False)
    )
    report = judged(plain((HOSTILE[0], HOSTILE[2], HOSTILE[3])), hostile)
    report = replace(report, context=Context(purpose=HOSTILE[0], recipients=HOSTILE[2], others=HOSTILE[3]))
    text = FORMATS[name](replace(report, facts=replace(report.facts, name=HOSTILE[4], created=HOSTILE[5])))
    assert "\u202e" not in text and "\x00" not in text
    if name == "html":
        page = Reader(text)
        assert not page.open and not {"script", "b"} & {tag for tag, _ in page.tags}
        assert "{{7*7}}" in page.text and len(text) < 400_000
    if name == "junit":
        ElementTree.fromstring(text)
    if name == "json":
        assert json.loads(text)["context"]["recipients"] == HOSTILE[2]


def test_the_public_part_tells_a_word_at_most(report: Report) -> None:
    whole = replace(report, evidence=EVIDENCE)
    silent, spoken = whole.public, whole.public_part(verdict=True)
    assert silent.announced is None and spoken.announced == "fail" and spoken.judgement is None
    for name, render in FORMATS.items():
        text = " ".join(render(spoken).split())
        assert fixed.ANNOUNCED in text, name
        assert not re.search(r"15\.0|20\.00%|8\.00%|0\.51|Why ", text), name
        assert "Why" not in render(silent) and fixed.ANNOUNCED not in render(silent)
        assert EVIDENCE.salt not in text and EVIDENCE.salt not in render(silent)
    assert "✗ No" in " ".join(Reader(spoken.to_html()).text.split())
    assert "at most 10.00%; stops a release" in spoken.to_text()  # the limits in force are settings
    assert whole.internal is whole
    with pytest.raises(InputError, match="public part"):
        _ = spoken.internal


def test_blank_lines_wait_for_what_a_person_knows(report: Report) -> None:
    empty, filled = report.to_html(), report.with_context(Context(purpose="Teaching")).to_html()
    assert empty.count("not filled in") == filled.count("not filled in") + 1 == 6
    assert "Teaching" in Reader(filled).text and "Signature" in Reader(empty).text


def test_two_hundred_columns_stay_under_a_megabyte_of_page(report: Report) -> None:
    evaluation = report.evaluation
    assert evaluation is not None
    wide = replace(evaluation, overlays=tuple(evaluation.overlays[i % 3] for i in range(200)))
    columns = tuple(
        report.schema.columns[0].model_copy(update={"name": f"{i} {'y' * 40}"}) for i in range(200)
    )
    page = replace(report, evaluation=wide, schema=type(report.schema)(columns=columns)).to_html()
    assert len(page.encode()) < 1_000_000 and page.count("<svg") > 200


def contrast(one: str, two: str) -> float:
    """Ratio of luminance as WCAG 2.2 defines it."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        lin = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * lin[0] + 0.7152 * lin[1] + 0.0722 * lin[2]

    high, low = sorted((light(one), light(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_words_can_be_told_from_their_ground(report: Report) -> None:
    page = report.to_html()
    style = page[page.index("<style>") : page.index("</style>")]
    rules = dict(re.findall(r"([^{}\n]+)\{([^{}]+)\}", style))
    ink = re.compile(r"(?<![-\w])(?:color|fill):(#[0-9a-f]{6})")
    inks = {colour for rule in rules.values() for colour in ink.findall(rule)}
    dark = {colour for colour in inks if contrast(colour, "#ffffff") >= 4.5}
    assert inks - dark <= {"#cfd5dd"}  # the area of a histogram, no words
    grounds = re.findall(r"color:(#[0-9a-f]{3,6});background:(#[0-9a-f]{6})", style)
    assert len(grounds) >= 3
    assert all(contrast(ink.replace("#fff", "#ffffff")[:7], ground) >= 4.5 for ink, ground in grounds)


@pytest.mark.filterwarnings("ignore:HarfBuzz-Subset:DeprecationWarning")  # of the library at hand
def test_a_pdf_is_the_same_twice_and_loads_nothing(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        from weasyprint.text.ffi import harfbuzz_subset
    except (ImportError, OSError):
        pytest.skip("needs WeasyPrint and Pango")
    if harfbuzz_subset is None:  # fontTools cuts the fonts then, and writes the time into them
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    few = only(report, "single")
    for name in ("a.pdf", "b.pdf"):
        few.to_pdf(tmp_path / name)
    made = (tmp_path / "a.pdf").read_bytes()
    assert made == (tmp_path / "b.pdf").read_bytes() and made.startswith(b"%PDF")
    picture = tmp_path / "secret.svg"
    picture.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    )
    asking = f'<!doctype html><title>t</title><p>x</p><img src="{picture.as_uri()}" alt="">'
    assert len(pdf(asking)) == len(pdf(asking.replace("secret.svg", "absent.svg")))


def test_a_pdf_without_its_package_names_the_extra(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(MissingExtra, match=r"twin\[pdf\]"):
        report.to_pdf(tmp_path / "r.pdf")
    assert not list(tmp_path.iterdir())


def test_an_attack_without_a_reading_is_told_as_not_run(bare: Report) -> None:
    silent = replace(ATTACKS[0], reading=None, weak="no column to infer")
    told = judged(bare, (silent,), Judgement(gates=(gate(silent, "weak"),)))
    for text in (Reader(told.to_html()).text, told.to_text()):
        assert "not run" in text or "no column to infer" in text
    assert answer(told).word == "Cannot be told"
    assert reading(0.1, 0.01, 0.5).found is False
