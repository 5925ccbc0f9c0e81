"""dbt itself builds and tests the project of examples/, over an export.

dbt wants older versions of what the connector and its tests use, so it has an environment of its own: `make dbt`.
"""

import os
import subprocess
from pathlib import Path

import pytest

from connector.kafka.topics import CANCELLATIONS, ORDERS
from tests.kit.examples import ROOT
from tests.kit.parquet.exports import TOLD, exported

DBT = ROOT / "build" / "dbt" / "bin" / "dbt"
PROJECT = ROOT / "examples" / "dbt"

pytestmark = pytest.mark.skipif(not DBT.exists(), reason="there is no dbt; `make dbt` installs it and runs this")


def build(directory: Path) -> tuple[int, str]:
    """(exit code, what it said) of `dbt build` over the export `warehouse` there."""
    ended = subprocess.run(
        [DBT, "--no-use-colors", "build", "--project-dir", PROJECT, "--profiles-dir", PROJECT],
        cwd=directory,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_TARGET_PATH": str(directory / "target"),
            "DBT_LOG_PATH": str(directory / "logs"),
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_it_builds_over_nothing_then_over_all_that_is_exported(tmp_path: Path) -> None:
    for topics in ([], [ORDERS.name, CANCELLATIONS.name], list(TOLD)):
        exported(tmp_path / "warehouse", *topics)
        code, said = build(tmp_path)
        assert code == 0, said
        assert "WARN=0 ERROR=0 SKIP=0" in said


def test_its_tests_find_what_is_there_twice_or_odd_or_alone(tmp_path: Path) -> None:
    exported(tmp_path / "warehouse", CANCELLATIONS.name)
    code, said = build(tmp_path)
    assert (code, "WARN=1 ERROR=0" in said) == (0, True), said
    exported(tmp_path / "warehouse", ORDERS.name)
    file = next((tmp_path / "warehouse" / ORDERS.name).rglob("*.parquet"))
    file.with_name("copied-by-hand.parquet").write_bytes(file.read_bytes())
    code, said = build(tmp_path)
    assert code == 1
    assert "FAIL 1 unique_stg_order_events" in said or "FAIL 2 unique_stg_order_events" in said
