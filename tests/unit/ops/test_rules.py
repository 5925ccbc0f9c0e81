"""Prometheus' rules: each has a severity, a section of the runbook, and a test of its own that promtool runs."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.domain.alerts import AlertKind, Severity
from connector.domain.orders.lateness.alerts import LATE_TEXTS
from tests.kit.examples import ROOT

RULES_FILE = ROOT / "ops" / "prometheus" / "alerts.yml"
TESTS_FILE, OTHERS_FILE = RULES_FILE.with_name("alerts_test.yml"), RULES_FILE.with_name("others_test.yml")
RUNBOOK = ROOT / "docs" / "alerts.md"
RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in yaml.safe_load(RULES_FILE.read_text())["groups"] for rule in group["rules"]
}
CASES = [case for test in yaml.safe_load(TESTS_FILE.read_text())["tests"] for case in test["alert_rule_test"]]
SECTIONS = re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE)

PROMTOOL = shutil.which("promtool") or shutil.which("promtool", path=Path(sys.executable).parent)

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="no promtool: `make promtool` takes it from Debian")


@needs_promtool
@pytest.mark.parametrize(
    "words",
    [("check", "rules", RULES_FILE), ("test", "rules", TESTS_FILE), ("test", "rules", OTHERS_FILE)],
    ids=["check", "test", "others"],
)
def test_promtool_finds_no_fault(words: tuple[str, ...]) -> None:
    ran = subprocess.run([str(PROMTOOL), *map(str, words)], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", RULES)
def test_each_rule_is_tested_to_fire_and_to_be_quiet_before_and_after(name: str) -> None:
    fires = [bool(case["exp_alerts"]) for case in CASES if case["alertname"] == name]
    assert fires == [False, True, False]


@pytest.mark.parametrize("name", RULES)
def test_each_rule_has_a_severity_and_its_section_of_the_runbook(name: str) -> None:
    rule = RULES[name]
    assert rule["labels"]["severity"].upper() in list(Severity)
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert ROOT / page == RUNBOOK
    assert anchor in [section.lower() for section in SECTIONS]
    (told,) = [alert for case in CASES if case["alertname"] == name for alert in case["exp_alerts"]]
    assert told["exp_labels"]["severity"] == rule["labels"]["severity"]
    assert told["exp_annotations"]["runbook"] == rule["annotations"]["runbook"]


def test_the_runbook_has_a_section_for_every_kind_and_rule_and_for_nothing_else() -> None:
    ruled = {rule["annotations"]["runbook"].partition("#")[2] for rule in RULES.values()}
    assert sorted(section.lower() for section in SECTIONS) == sorted({kind.lower() for kind in AlertKind} | ruled)


def test_the_rule_of_all_kinds_leaves_out_those_that_have_their_own() -> None:
    (left_out,) = re.findall(r'kind!~"([A-Z_|]+)"', RULES["Alerts"]["expr"])
    own = {"MERCHANT_SUSPENDED", "SKU_CONTESTED", "DEAD_LETTERS", "CUTOFF_AT_RISK", "DRIFT", *LATE_TEXTS}
    assert set(left_out.split("|")) == own <= set(AlertKind)


@pytest.mark.parametrize("kind", LATE_TEXTS)
def test_each_kind_of_lateness_has_a_rule_as_severe_as_the_alert(kind: AlertKind) -> None:
    (rule,) = [rule for rule in RULES.values() if f'kind="{kind}"' in rule["expr"]]
    assert rule["labels"]["severity"].upper() == LATE_TEXTS[kind].severity
    assert rule["annotations"]["runbook"].endswith(f"#{kind.lower()}")
