"""The gate as JUnit XML, which every build server reads: a test case per check."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from recx.evaluate.gate.rules import FAIL, INCONCLUSIVE
from recx.evaluate.result import GateResult
from recx.report.gate import named, sentence

CONTROL = {code: None for code in range(32) if chr(code) not in "\t\n\r"}
"""Characters that XML cannot hold."""


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
        name = f"{each.metric}, {each.part}".translate(CONTROL)
        case = SubElement(
            suite, "testcase", {"classname": f"recx.{each.entrant}".translate(CONTROL), "name": name}
        )
        said = sentence(each).translate(CONTROL)
        if each.verdict == FAIL:
            SubElement(case, "failure", {"message": said, "type": "regression"}).text = named(each)
        elif each.verdict == INCONCLUSIVE:
            SubElement(case, "skipped", {"message": said})
        else:
            SubElement(case, "system-out").text = said
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"
