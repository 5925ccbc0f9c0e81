"""A short search for new ways through the decoders, by coverage. `make fuzz` searches for longer."""

import os
import subprocess
import sys

import pytest

from tests.kit.examples import ROOT

RUNS = 5_000
AT_MOST_S = 60


@pytest.mark.skipif(sys.platform != "linux", reason="atheris has wheels for Linux alone")
def test_no_new_way_through_a_decoder_ends_in_a_fault() -> None:
    environment = {**os.environ, "RUNS": str(RUNS), "PYTHONHASHSEED": "0"}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.kit.fuzz.run", "all", str(AT_MOST_S)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "stat::number_of_executed_units" in ran.stderr
