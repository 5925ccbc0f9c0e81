"""Commands as child processes that run beside their caller."""

from pathlib import Path

import pytest

from connector.child_commands.service import Service
from connector.cli.rehearse.sandbox import bare_environment
from connector.errors import ConnectorError
from connector.settings import load_settings


@pytest.fixture
def environment(alone: Path) -> dict[str, str]:
    del alone
    return bare_environment(load_settings(dotenv=None))


def test_it_is_waited_for_and_stopped(environment: dict[str, str], tmp_path: Path) -> None:
    simulator = Service(["simulator", "--port", "0"], environment, tmp_path / "simulator.log")
    assert simulator.wait_for(r"BASE_URL=(http://127\S+)", 60).group(1).startswith("http://127.0.0.1:")
    simulator.check()
    simulator.stop(30)
    with pytest.raises(ConnectorError, match="connector simulator ended with exit code 0"):
        simulator.check()


def test_one_that_ends_by_itself_is_told_with_its_last_words(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".env").write_text("CONNECTOR_KAFKA__PARTITIONS=many")
    worker = Service(["worker"], environment, tmp_path / "elsewhere" / "worker.log")
    with pytest.raises(ConnectorError, match=r"exit code 2:(?s:.*)CONNECTOR_MERCHANTS_FILE") as told:
        worker.wait_for("never written", 60)
    assert "PARTITIONS" not in str(told.value), "it runs elsewhere, and reads no .env of ours"
    worker.stop(1)


def test_what_does_not_come_in_time_is_told(environment: dict[str, str], tmp_path: Path) -> None:
    simulator = Service(["simulator", "--port", "0"], environment, tmp_path / "simulator.log")
    with pytest.raises(ConnectorError, match=r"connector simulator was not ready within 0\.1 s"):
        simulator.wait_for("never written", 0.1)
    simulator.stop(30)
