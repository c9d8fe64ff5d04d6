"""JUnit's report: well-formed, of the elements and attributes that its readers know, and what it says."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from autograder.export import ExportOptions, junit
from graded import absent, entry, grade, of_class, question, ungraded, unmarked

CASE = {"failure", "error", "skipped", "system-out", "system-err"}
KNOWN: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors"},
        {"skipped", "time", "timestamp", "hostname", "id", "package", "file"},
    ),
    "properties": ({"property"}, set(), set()),
    "property": (set(), {"name", "value"}, set()),
    "testcase": (CASE, {"name"}, {"classname", "time"}),
    **{name: (set(), set(), {"message", "type"}) for name in ("failure", "error", "skipped")},
    "system-out": (set(), set(), set()),
}
"""What stands in an element, the attributes it must have, and those it may have, as in Jenkins' junit-10.xsd."""


def checked(element: ET.Element) -> ET.Element:
    inside, needed, allowed = KNOWN[element.tag]
    assert {one.tag for one in element} <= inside
    assert needed <= set(element.attrib) <= needed | allowed
    for one in element:
        checked(one)
    return element


def read(*entries: object, language: str = "en") -> ET.Element:
    done = junit.export(of_class(entries, language), ExportOptions())  # type: ignore[arg-type]
    return checked(ET.fromstring(done.files["junit.xml"]))


def properties(suite: ET.Element) -> dict[str, str]:
    return {one.attrib["name"]: one.attrib["value"] for one in suite.iter("property")}


@pytest.mark.parametrize("name", ["d'Arc, Jeanne", 'Zoé "Å"', "José & <Pepe>", "=1+1", "a\x00\x1b[31m\ud800"])
def test_names_and_messages_of_any_characters_are_xml(name: str) -> None:
    suite = read(entry(grade(name, 1, message=f"{name}\n]]> <b>& é")))[0]
    (failure,) = suite.iter("failure")
    assert "]]> <b>& é" in (failure.text or "")
    assert failure.attrib["message"] == suite.attrib["name"].removeprefix("toy.")


def test_each_check_is_a_case_and_each_student_a_suite() -> None:
    root = read(entry(grade("ada")), entry(grade("bob", 0, 0), penalty=0.5), entry(absent("gone")))
    assert [(one.attrib["name"], one.attrib["tests"], one.attrib["failures"]) for one in root] == [
        ("toy.ada", "2", "0"),
        ("toy.bob", "2", "2"),
        ("toy.gone", "0", "0"),
    ]
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("4", "2", "0")
    assert [one.attrib["classname"] for one in root[0].iter("testcase")] == ["toy.double", "toy.names"]


def test_points_are_properties() -> None:
    late, lost, waiting = read(entry(grade("ada", 1.5), penalty=0.5), entry(ungraded("bob")), entry(unmarked("cy")))
    assert (
        properties(late).items()
        >= {"score": "3", "max_score": "6", "late_penalty": "0.5", "score double": "1.5"}.items()
    )
    assert "score" not in properties(lost)
    assert properties(lost)["fault"] == "a worker was lost"
    assert properties(waiting).items() >= {"score": "4", "awaiting": "2", "score names": ""}.items()


def test_what_was_not_judged_neither_failed_nor_passed() -> None:
    for one in (ungraded("ada"), unmarked("ada")):
        (suite,) = read(entry(one))
        assert (suite.attrib["failures"], suite.attrib["errors"]) == ("0", "0")
        assert int(suite.attrib["skipped"]) == len(list(suite.iter("skipped"))) > 0
    raised = replace(grade("ada"), questions=(question("double", 0, status="errored", message="NameError"),))
    (suite,) = read(entry(raised))
    assert (suite.attrib["errors"], suite.find("testcase/error").attrib["message"]) == ("1", "NameError")  # type: ignore[union-attr]
