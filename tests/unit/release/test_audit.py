"""An audit that could look nothing up is never told as one that found nothing."""

import json
from collections.abc import Callable

import pytest

from release.audit import SERVICES, Audited, audit, read_report
from release.locks import Pin

PINS = [Pin("a", "1", ("0",), ()), Pin("b", "2", ("0",), ())]
CLEAN = {"dependencies": [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "version": "2", "vulns": []}]}
VULNERABLE = {"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "GHSA-1", "fix_versions": ["1.1"]}]}]}
SKIPPED = {"dependencies": [{"name": "a", "skip_reason": "not found"}, {"name": "b", "skip_reason": "not found"}]}


def asking(**reports: object) -> Callable[[str, list[Pin]], Audited]:
    """Services that answer with these reports."""
    return lambda service, pins: read_report(json.dumps(reports.get(service, {})), tuple(pin.name for pin in pins))


def test_a_version_that_an_advisory_speaks_of_fails() -> None:
    code, told = audit(PINS, asking(pypi=VULNERABLE), required=False)
    assert code == 1
    assert "a 1: GHSA-1, mended in 1.1" in told


def test_all_looked_up_and_nothing_found() -> None:
    assert audit(PINS, asking(pypi=CLEAN), required=True) == (
        0,
        "2 locked versions, no advisory of pypi speaks of them",
    )


@pytest.mark.parametrize("pypi", [SKIPPED, {}, [], {"dependencies": [{"name": "b", "version": "2", "vulns": []}]}])
def test_the_next_service_is_asked_where_one_does_not_know(pypi: object) -> None:
    code, told = audit(PINS, asking(pypi=pypi, osv=CLEAN), required=True)
    assert (code, "osv" in told) == (0, True)


@pytest.mark.parametrize("report", [SKIPPED, {}, {"dependencies": [{"name": "a", "version": "1", "vulns": []}]}])
def test_what_could_not_be_looked_up_is_said_and_fails_where_it_is_required(report: object) -> None:
    ask = asking(**dict.fromkeys(SERVICES, report))
    code, told = audit(PINS, ask, required=False)
    assert code == 0
    assert told.startswith("NOT AUDITED")
    assert audit(PINS, ask, required=True)[0] == 1
