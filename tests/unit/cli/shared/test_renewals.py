"""When a running worker takes up a replaced secret: once it can be used, and not before."""

import asyncio
import logging
from pathlib import Path

import pytest

from connector.cli.shared.renewals import Renewals
from connector.errors import ConnectorError
from connector.settings import Settings, load_settings
from tests.kit.secure_kafka import DAY, NOW, Authority

VARIABLE = "CONNECTOR_SCHEMA_REGISTRY__PASSWORD"


@pytest.fixture
def mounted(alone: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = alone / "mounted"
    file.write_text("invented-one")
    monkeypatch.setenv(f"{VARIABLE}_FILE", str(file))
    monkeypatch.setenv("CONNECTOR_RENEWAL_INTERVAL_S", "1")
    return file


class Kafka:
    """`lets_in`: whom. `asked`: how often."""

    def __init__(self, lets_in: str) -> None:
        self.lets_in = lets_in
        self.asked = 0

    def check(self, settings: Settings) -> None:
        self.asked += 1
        if settings.schema_registry.password.get_secret_value() != self.lets_in:
            raise ConnectorError("authentication failed")


def test_what_can_be_used_is_taken_up(mounted: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    kafka = Kafka("invented-three")
    renewals = Renewals(load_settings(), kafka.check)
    assert renewals.look() is None
    mounted.unlink()  # as between two versions of a mounted secret
    assert renewals.look() is None
    assert "no such file" in caplog.text
    assert kafka.asked == 0
    mounted.write_text("invented-two")
    assert renewals.look() is None
    assert "can't be used yet: authentication failed" in caplog.text
    mounted.write_text("invented-three")
    settings = renewals.look()
    assert settings is not None
    assert settings.schema_registry.password.get_secret_value() == "invented-three"
    assert f"{VARIABLE}: replaced" in caplog.text
    assert "invented" not in caplog.text


async def test_waiting_is_looking_again(mounted: Path) -> None:
    renewals = Renewals(load_settings(), Kafka("invented-two").check)
    await asyncio.to_thread(mounted.write_text, "invented-two")
    async with asyncio.timeout(30):
        assert await renewals.wait()


def test_a_fault_is_told_once(mounted: Path, caplog: pytest.LogCaptureFixture) -> None:
    renewals = Renewals(load_settings(), Kafka("another").check)
    mounted.write_text("invented-two")
    assert [renewals.look() for _ in range(3)] == [None] * 3
    assert caplog.text.count("can't be used yet") == 1


@pytest.mark.parametrize(("left", "is_told"), [(1, True), (10, False)])
def test_a_certificate_that_ends_soon_is_told(
    mounted: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, left: int, is_told: bool
) -> None:
    """A tenth of its life before: it began 20 days ago."""
    certificate, key = Authority(mounted.parent, "known").client("worker", until=NOW + left * DAY)
    for name, value in (("SECURITY_PROTOCOL", "SSL"), ("CERT_FILE", str(certificate)), ("KEY_FILE", str(key))):
        monkeypatch.setenv(f"CONNECTOR_KAFKA__{name}", value)
    renewals = Renewals(load_settings(), Kafka("another").check)
    assert [renewals.look() for _ in range(2)] == [None] * 2
    assert caplog.text.count("CONNECTOR_KAFKA__CERT_FILE: it ends on") == is_told
