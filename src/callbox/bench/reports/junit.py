"""Findings as JUnit XML: a test case for each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from callbox.bench.model import UNKNOWN, BrokenModule, Finding, Verdict

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FINE = frozenset({Verdict.VERIFIED, Verdict.CAPTURED})
_SKIPPED = UNKNOWN | {Verdict.SKIPPED}
_ERRORS = frozenset({Verdict.FAILED, Verdict.TIMEOUT})


def write_junit(findings: Sequence[Finding], broken: Sequence[BrokenModule]) -> bytes:
    """Return a document of one suite: mismatches fail, what broke is in error, what could not be told is skipped.

    Source: the schema that Jenkins and GitLab read, https://github.com/testmoapp/junitxml.
    """
    suite = ElementTree.Element("testsuite", name="callbox bench")
    n_failures = n_errors = n_skipped = 0
    for finding in findings:
        name, _, parameters = finding.id.partition("(")
        owner, _, last = name.rpartition(".")
        title = _clean(f"{last}({parameters}" if parameters else last)
        case = ElementTree.SubElement(
            suite, "testcase", classname=_clean(owner), name=title, time=f"{finding.seconds:.6f}"
        )
        if finding.verdict in _FINE:
            continue
        kind = "error" if finding.verdict in _ERRORS else "skipped" if finding.verdict in _SKIPPED else "failure"
        n_failures += kind == "failure"
        n_errors += kind == "error"
        n_skipped += kind == "skipped"
        told = ElementTree.SubElement(case, kind, message=_clean(f"{finding.verdict}: {finding.reason}"))
        told.text = _clean("\n".join((*finding.differences, *finding.notes)))
    for module in broken:
        case = ElementTree.SubElement(suite, "testcase", classname=_clean(module.module), name="import", time="0")
        ElementTree.SubElement(case, "error", message=_clean(module.reason))
        n_errors += 1
    n_tests = len(findings) + len(broken)
    counts = {"tests": n_tests, "failures": n_failures, "errors": n_errors, "skipped": n_skipped}
    for key, count in counts.items():
        suite.set(key, str(count))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _clean(text: str) -> str:
    """Leave out characters that XML 1.0 has no place for."""
    return _UNFIT.sub("\ufffd", text)
