"""A worker whose Kafka went away between the look at its topics and the app's start."""

from pathlib import Path

import faust
import pytest
from aiokafka.errors import KafkaConnectionError

from connector.errors import ConnectorError
from connector.kafka.engine.app import BatchApp


async def test_the_end_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(_: faust.App) -> None:
        raise KafkaConnectionError("Unable to bootstrap from [('127.0.0.1', 9092, <AddressFamily.AF_INET: 2>)]")

    monkeypatch.setattr(faust.App, "start", nobody)
    app = BatchApp("t", broker="kafka://127.0.0.1:9092", datadir=tmp_path, web_enabled=False)
    with pytest.raises(ConnectorError, match=r"^Kafka at 127\.0\.0\.1:9092: nobody answers"):
        await app.start()
