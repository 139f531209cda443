"""The report that build servers read: JUnit's XML, in the form of Jenkins' JUnit plugin
(https://github.com/jenkinsci/xunit-plugin, ``junit-10.xsd``)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree as Xml

from coderunner.cli.docs.checking import Checked
from coderunner.cli.xml_text import xml_text


def report(checked: Sequence[Checked]) -> bytes:
    """One test case per block, one suite per page."""
    suites = Xml.Element("testsuites")
    for page, group in groupby(checked, lambda one: str(one.page.path)):
        of_page = list(group)
        counts = {
            "tests": len(of_page),
            "failures": sum(bool(one.fault) for one in of_page),
            "skipped": sum(one.printed is None and not one.fault for one in of_page),
        }
        told = {name: str(count) for name, count in counts.items()}
        time = f"{sum(one.ms for one in of_page) / 1e3:.3f}"
        suite = Xml.SubElement(suites, "testsuite", {"name": xml_text(page), "errors": "0", "time": time, **told})
        for one in of_page:
            _case(suite, one)
    whole: bytes = Xml.tostring(suites, encoding="utf-8", xml_declaration=True)
    return whole


def _case(suite: Xml.Element, one: Checked) -> None:
    name = f"line {one.block.line}, {one.block.language}"
    about = {"classname": xml_text(str(one.page.path)), "name": xml_text(name), "time": f"{one.ms / 1e3:.3f}"}
    case = Xml.SubElement(suite, "testcase", about)
    if one.fault:
        words, _, rest = one.fault.partition("\n")
        failure = Xml.SubElement(case, "failure", {"message": xml_text(words)})
        failure.text = xml_text(rest)
    elif one.printed is None:
        Xml.SubElement(case, "skipped")
    if one.printed is not None:
        Xml.SubElement(case, "system-out").text = xml_text(one.printed)
