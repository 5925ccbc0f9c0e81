"""A worker that is wired as in production and never run: what it has is what the docs say of it."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

from connector.app import build_worker
from connector.merchants_file import MerchantsFile
from connector.settings import Settings, load_settings
from connector.worker import Worker

MERCHANTS = Path(__file__).parents[2] / "merchants.example.toml"


@asynccontextmanager
async def wired_worker() -> AsyncIterator[Worker]:
    aws = {"AWS_DEFAULT_REGION": "eu-west-1"}  # a client of SQS can't be made without one
    with tempfile.TemporaryDirectory() as directory, patch.dict(os.environ, aws):
        worker = build_worker(_settings(Path(directory)), MerchantsFile(MERCHANTS))
        worker.clients.producer.close(0)
        await worker.clients.api.aclose()
        yield worker


def _settings(directory: Path) -> Settings:
    """With everything switched on."""
    return load_settings(
        dotenv=None,
        data_dir=directory / "data",
        smartconnect={"client_id": "docs", "client_secret": "docs"},
        notifications={"queue_url": "http://localhost/queue"},
        documents={"url": f"file://{directory}/documents"},
    )
