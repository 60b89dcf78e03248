"""The gate as JUnit XML, which every build server reads: a test case per check."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from recx.evaluate.gate.rules import FAIL, INCONCLUSIVE
from recx.evaluate.result import GateResult
from recx.report.gate import named, sentence
from recx.report.markdown import flat


def junit(gate: GateResult) -> str:
    """One suite; a failed check is a failure, one that cannot tell is skipped, with its line."""
    verdicts = [each.verdict for each in gate.checks]
    counts = {
        "tests": str(len(gate.checks)),
        "failures": str(verdicts.count(FAIL)),
        "errors": "0",
        "skipped": str(verdicts.count(INCONCLUSIVE)),
    }
    root = Element("testsuites", counts)
    suite = SubElement(root, "testsuite", {"name": "recx gate", **counts})
    for each in gate.checks:
        name = flat(f"{each.metric}, {each.part}")
        case = SubElement(suite, "testcase", {"classname": flat(f"recx.{each.entrant}"), "name": name})
        said = sentence(each)
        if each.verdict == FAIL:
            SubElement(case, "failure", {"message": said, "type": "regression"}).text = named(each)
        elif each.verdict == INCONCLUSIVE:
            SubElement(case, "skipped", {"message": said})
        else:
            SubElement(case, "system-out").text = said
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"
