"""Tokens in a password's stead, on a real broker: both clients log in, go on after a token's end, and tell why not."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from confluent_kafka import Consumer, Producer, TopicPartition
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from connector.errors import ConnectorError
from connector.kafka.connection import librdkafka
from connector.kafka.engine.credentials import broker_credentials
from connector.kafka.reach import reach_kafka
from connector.settings import KafkaSettings
from tests.kit.aws import Aws
from tests.kit.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, running_identity_provider
from tests.kit.kafka.broker import BrokerUnavailable
from tests.kit.missing import skip_unless_ci
from tests.kit.secure_kafka import Authority
from tests.kit.token_kafka import ACCESS_KEY, SESSION_MS, TokenServer, start_token_server

pytestmark = pytest.mark.kafka

WITHIN_S = 5.0
TOPIC = "told"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"), "known")


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    with running_identity_provider(tmp_path_factory.mktemp("provider") / "keys.json") as provider:
        yield provider


@pytest.fixture(scope="module")
def server(authority: Authority, provider: IdentityProvider) -> Iterator[TokenServer]:
    try:
        server = start_token_server(authority, provider.keys_file)
    except BrokerUnavailable as reason:
        skip_unless_ci(reason)
    yield server
    server.close()


def settings(servers: str, **kafka: Any) -> KafkaSettings:
    return KafkaSettings.model_validate({"bootstrap_servers": servers, **kafka})


def test_x(server: TokenServer, provider: IdentityProvider) -> None:
    s = settings(
        f"127.0.0.1:{server.oauth}",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="OAUTHBEARER",
        oauth={
            "token_url": provider.url,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scope": "kafka",
            "extensions": "logicalCluster=lkc-1",
        },
    )
    t = time.monotonic()
    print(reach_kafka(s).list_topics(timeout=5).brokers)
    print(time.monotonic() - t, provider.asked)

    async def go():
        c = AIOKafkaConsumer(
            bootstrap_servers=s.bootstrap_servers, **credentials_to_aiokafka_auth(broker_credentials(s))
        )
        await c.start()
        print(await c.topics())
        await c.stop()

    asyncio.run(go())
