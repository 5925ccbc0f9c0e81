"""Seeds of the simulation hold, repeat themselves, and find bugs that are planted. Each in processes of their own."""

import os
import re
import subprocess
import sys
from datetime import date

import pytest

from tests.kit.examples import ROOT

SEEDS = 4
PATIENCE_S = 3600
"""For a machine that has much else to do: three minutes of CPU are wanted, and a seed takes some seconds."""

pytestmark = pytest.mark.timeout(PATIENCE_S)

CHEAP = ("ack-before-durable", "assigned-long-ago", "cancellation-ignored", "dead-letter-dropped")
"""Planted bugs that the first few seeds find."""


def simulate(*arguments: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.kit.simulation", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S - 20,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed},
    )


def histories(hash_seed: str) -> list[str]:
    ran = simulate("--seeds", "2", "--hours", "1", "--history", "--all", hash_seed=hash_seed)
    return re.findall(r"^seed \d+: history \w+$", ran.stdout, re.MULTILINE)


def test_a_seed_repeats_itself_byte_by_byte() -> None:
    """In another process, where sets have another order."""
    first = histories("1")
    assert len(set(first)) == 2
    assert histories("2") == first


def test_seeds_hold() -> None:
    """Those that failed once, and the first ones: `make simulate` runs as many fresh ones as are wanted."""
    ran = simulate("--known", "--seeds", str(SEEDS), "--shrink-s", "0")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("bug", CHEAP)
def test_a_planted_bug_is_found(bug: str) -> None:
    ran = simulate("--sabotage", bug, "--seeds", "8", "--shrink-s", "0")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert " FAILED  G" in ran.stdout


def test_a_failure_tells_how_to_repeat_it() -> None:
    ran = simulate("--sabotage", "dead-letter-dropped", "--seeds", "8", "--hours", "1", "--shrink-s", "5")
    (again,) = re.findall(r"^again: (.+)$", ran.stdout, re.MULTILINE)
    assert again.startswith("python -m tests.kit.simulation --seed ")
    assert "shrinking: " in ran.stdout
    assert "worker-1 starts" in ran.stdout, "the timeline"


def test_fresh_seeds_hold() -> None:
    """Others every day, for three minutes of CPU: as many, whatever else is run beside."""
    first = date.today().toordinal() * 1000
    ran = simulate("--first", str(first), "--minutes", "3")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.campaign
@pytest.mark.timeout(3 * 3600)
def test_every_planted_bug_is_found_within_200_seeds() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.kit.simulation", "--sabotage", "all", "--seeds", "200"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert ran.returncode == 0, ran.stdout
