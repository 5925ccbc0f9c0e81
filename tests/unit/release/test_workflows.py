"""The public workflows run what there is, with no more rights than they need, by actions that nobody can move."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from release.locks import ROOT

FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
WORKFLOWS: dict[str, dict[Any, Any]] = {file.stem: yaml.safe_load(file.read_text()) for file in FILES}
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
ON = True  # what YAML 1.1 makes of the key `on`

ALL = pytest.mark.parametrize("name", WORKFLOWS)


def jobs(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = WORKFLOWS[name]["jobs"]
    return found


def steps(name: str) -> Iterator[dict[str, Any]]:
    for job in jobs(name).values():
        yield from job["steps"]


def commands(name: str) -> list[str]:
    return [step["run"] for step in steps(name) if "run" in step]


def test_what_ci_runs_here_is_run_there() -> None:
    here = re.findall(r"^make (\w+)", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    there = "\n".join(commands("ci"))
    assert len(here) >= 3
    assert [target for target in here if f"make {target}" not in there.splitlines()] == []
    assert {"check", "test", "simulate", "image", "chart", "docs"} <= jobs("ci").keys()


@ALL
def test_every_target_that_is_made_exists(name: str) -> None:
    made = {target for command in commands(name) for target in re.findall(r"\bmake ([a-z]+)", command)}
    assert made
    assert made <= TARGETS


@ALL
def test_every_action_is_pinned_by_digest_and_says_which_version_that_is(name: str) -> None:
    used = re.findall(r"uses: (.*)", (ROOT / f".github/workflows/{name}.yml").read_text())
    assert len(used) == sum("uses" in step for step in steps(name)) > 0
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)] == []


def test_one_action_has_one_digest() -> None:
    used = {line for file in FILES for line in re.findall(r"uses: (.*)", file.read_text())}
    assert len({line.partition("@")[0] for line in used}) == len(used)


@ALL
def test_a_job_may_write_only_where_its_own_rights_say_so_and_ends(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in WORKFLOWS[name][ON]
    for job in jobs(name).values():
        assert 0 < job["timeout-minutes"] <= 90
        assert "permissions" not in job or name in ("docs", "release")


@ALL
def test_no_token_stays_in_the_checkout_and_no_name_becomes_a_command(name: str) -> None:
    """A branch may be called $(rm -rf .): what comes from outside reaches a shell as a variable."""
    for step in steps(name):
        assert "checkout@" not in step.get("uses", "") or step["with"]["persist-credentials"] is False
        assert "${{" not in step.get("run", "")
