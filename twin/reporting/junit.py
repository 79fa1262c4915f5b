"""The limits as JUnit XML, for build servers: a test case per limit; what is no pass fails, or is skipped."""

from __future__ import annotations

from xml.etree import ElementTree as Tree

from twin.metrics.score import short
from twin.policy.verdict import WORDS, LimitResult
from twin.reporting import verdicts
from twin.reporting.document import Report

SUITE = "twin"
_MOST = 2_000


def render(report: Report) -> str:
    """The verdict as JUnit XML.

    A limit that can stop a release and is not kept fails, also where too little can be told; one that only
    warns is skipped then, and says why.

    Args:
        report: The report.

    Returns:
        The XML, with a line feed at its end.
    """
    judged = report.judgement
    cases = [] if judged is None else [_case(report, gate) for gate in judged.gates]
    if judged is None:
        cases = [_skipped("limits", verdicts.answer(report).sentence)]
    tally = {kind: str(sum(case.find(kind) is not None for case in cases)) for kind in ("failure", "skipped")}
    suite = Tree.Element(
        "testsuite",
        name=SUITE,
        tests=str(len(cases)),
        failures=tally["failure"],
        errors="0",
        skipped=tally["skipped"],
    )
    facts = {"part": report.part, "created": report.facts.created or "", "model": report.facts.model}
    properties = Tree.SubElement(suite, "properties")
    for name, value in facts.items():
        if value:
            Tree.SubElement(properties, "property", name=name, value=short(value))
    suite.extend(cases)
    said = " ".join((*report.stamps, report.notice, *report.limits))
    Tree.SubElement(suite, "system-out").text = short(said, 10 * _MOST)
    Tree.indent(suite, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Tree.tostring(suite, encoding="unicode")}\n'


def _case(report: Report, gate: LimitResult) -> Tree.Element:
    """A limit, with its figure, and what it says where it is not kept."""
    form = verdicts.form_of_gate(gate, report.attacks)
    said = short(gate.sentence, _MOST)
    told = f"{WORDS[gate.verdict]}: {said} Limit: {verdicts.bound(gate, report.scores, form)}."
    name = short(f"{gate.title} ({gate.name})", 200)
    if gate.verdict != "pass" and gate.action == "warn":
        return _skipped(name, told, gate.aim)
    case = Tree.Element("testcase", classname=f"{SUITE}.{gate.aim}", name=name)
    if gate.verdict != "pass":
        Tree.SubElement(case, "failure", type=gate.verdict, message=told)
    Tree.SubElement(case, "system-out").text = told
    return case


def _skipped(name: str, told: str, aim: str = "report") -> Tree.Element:
    case = Tree.Element("testcase", classname=f"{SUITE}.{aim}", name=name)
    Tree.SubElement(case, "skipped", message=told)
    return case
