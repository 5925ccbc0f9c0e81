"""Tokens in a password's stead, on a real broker: both clients log in, go on after a token's end, and tell why not."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from connector.errors import ConnectorError
from connector.kafka.connection.clients import librdkafka
from connector.kafka.connection.reach import reach_kafka
from connector.kafka.engine.credentials import broker_credentials
from connector.kafka.producer import OutRecord, Producer
from connector.kafka.tokens import msk, oidc
from connector.settings import KafkaSettings
from tests.kit.aws import REGION
from tests.kit.flows.world import Seller, World
from tests.kit.kafka.broker import Broker, BrokerUnavailable, eventually, unique
from tests.kit.missing import skip_unless_ci
from tests.kit.secure_kafka import Authority
from tests.kit.tokens.identity_provider import (
    AUDIENCE,
    CLIENT_ID,
    CLIENT_SECRET,
    IdentityProvider,
    running_identity_provider,
)
from tests.kit.tokens.kafka import ACCESS_KEY, SESSION_MS, TokenServer, start_token_server

pytestmark = pytest.mark.kafka

WITHIN_S = 30.0
"""A busy machine's; by itself it takes two."""

NUMBERS = itertools.count(1)


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


@pytest.fixture(autouse=True)
def usual(provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody gives up on it, however busy the machine."""
    for name in ("CONNECT_S", "READ_S", "ANSWER_WITHIN_S"):
        monkeypatch.setattr(oidc, name, 60.0)
    monkeypatch.setattr(msk, "CREDENTIALS_WITHIN_S", 60.0)
    provider.life_s, provider.audience, provider.failures = 300, AUDIENCE, 0
    provider.asked.clear()


def oauth(server: TokenServer, provider: IdentityProvider, **oauth: str) -> KafkaSettings:
    """Of its own client each time: settings that are the same share a token."""
    who = {"token_url": provider.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return KafkaSettings.model_validate(
        {
            "bootstrap_servers": f"127.0.0.1:{server.oauth}",
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "OAUTHBEARER",
            "oauth": {**who, "extensions": f"run={next(NUMBERS)}", **oauth},
        }
    )


@asynccontextmanager
async def following(kafka: KafkaSettings, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    """By aiokafka, as Faust has it."""
    auth = credentials_to_aiokafka_auth(broker_credentials(kafka))
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest", **auth)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        yield consumer
    finally:
        await consumer.stop()


async def both_clients(kafka: KafkaSettings, topic: str, until: Callable[[], bool]) -> None:
    """What librdkafka's writes, aiokafka's reads, until then."""
    producer, sent, read, is_over = Producer(librdkafka(kafka)), 0, 0, False
    async with following(kafka, topic) as consumer, asyncio.timeout(90):
        while not is_over or read < sent:
            if not is_over:
                await producer.send([OutRecord(topic, 0, None, b"%d" % sent)])
                sent += 1
                is_over = until()
            for records in (await consumer.getmany(timeout_ms=200)).values():
                assert [record.value for record in records] == [b"%d" % (read + n) for n in range(len(records))]
                read += len(records)
    await asyncio.to_thread(producer.close, 10)


@pytest.fixture
def topic(server: TokenServer) -> str:
    name = unique("told")
    Broker(f"127.0.0.1:{server.port}", None).create_topics(name, partitions=1)
    return name


async def test_both_clients_log_in(server: TokenServer, provider: IdentityProvider, topic: str) -> None:
    kafka = oauth(server, provider, scope="kafka")
    assert (await asyncio.to_thread(reach_kafka, kafka)).list_topics(timeout=10)
    await both_clients(kafka, topic, lambda: True)
    assert provider.asked == [{"grant_type": "client_credentials", "scope": "kafka"}]  # they share it


async def test_both_clients_go_on_after_a_tokens_end(
    server: TokenServer, provider: IdentityProvider, topic: str
) -> None:
    """Kafka closes connections whose login has ended, and refuses an old token."""
    provider.life_s = SESSION_MS / 1000
    began_at = time.monotonic()
    kafka = oauth(server, provider)
    await both_clients(kafka, topic, lambda: time.monotonic() - began_at > 2 * provider.life_s)
    assert len(provider.asked) > 1


@pytest.mark.campaign
async def test_both_clients_go_on_when_the_endpoint_is_back(
    server: TokenServer, provider: IdentityProvider, topic: str
) -> None:
    """It was away for longer than a token lives."""
    provider.life_s = SESSION_MS / 1000
    kafka = oauth(server, provider)
    await asyncio.to_thread(reach_kafka, kafka)
    provider.failures = 2
    await both_clients(kafka, topic, lambda: len(provider.asked) > 4)
    assert provider.failures == 0


def refused(kafka: KafkaSettings) -> str:
    began_at = time.monotonic()
    with pytest.raises(ConnectorError) as caught:
        reach_kafka(kafka)
    assert time.monotonic() - began_at < WITHIN_S
    text = str(caught.value)
    assert "invented" not in text
    assert "\n" not in text
    return text


def test_a_token_that_the_broker_does_not_take_is_told(server: TokenServer, provider: IdentityProvider) -> None:
    provider.audience = "another"
    text = refused(oauth(server, provider))
    assert "invalid_token" in text
    assert "CONNECTOR_KAFKA__OAUTH__*" in text
    assert "audience" in text


def test_a_token_that_is_not_given_is_told(server: TokenServer, provider: IdentityProvider) -> None:
    assert "CLIENT_SECRET" in refused(oauth(server, provider, client_secret="invented-wrong"))


def iam(server: TokenServer, authority: Authority) -> KafkaSettings:
    return KafkaSettings.model_validate(
        {
            "bootstrap_servers": f"127.0.0.1:{server.iam}",
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "AWS_MSK_IAM",
            "aws_region": REGION,
            "ca_file": authority.pem,
            "partitions": next(NUMBERS),  # so that it is another's token
        }
    )


@pytest.mark.usefixtures("aws")
async def test_both_clients_log_in_by_aws_iam(
    server: TokenServer, authority: Authority, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    kafka = iam(server, authority)
    assert (await asyncio.to_thread(reach_kafka, kafka)).list_topics(timeout=10)
    await both_clients(kafka, topic, lambda: True)


@pytest.mark.usefixtures("aws")
def test_aws_credentials_that_the_broker_does_not_take_are_told(server: TokenServer, authority: Authority) -> None:
    """With the broker's own words, and whose they are."""
    text = refused(iam(server, authority))
    assert "Access denied" in text
    assert "CONNECTOR_KAFKA__AWS_REGION" in text
    assert "kafka-cluster:Connect" in text


@pytest.mark.usefixtures("aws")
def test_without_aws_credentials_no_broker_is_asked(
    server: TokenServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):  # a developer's own
        monkeypatch.setenv(name, "/dev/null")
    assert "found no AWS credentials" in refused(iam(server, authority))


def test_a_worker_goes_on_after_a_tokens_end(server: TokenServer, provider: IdentityProvider, tmp_path: Path) -> None:
    """All of it: agents, tables, results, through several ends of a login."""
    provider.life_s = SESSION_MS / 1000
    world = World(Broker(f"127.0.0.1:{server.port}", None), tmp_path, [Seller("A1")])
    kafka = {
        "BOOTSTRAP_SERVERS": f"127.0.0.1:{server.oauth}",
        "SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "SASL_MECHANISM": "OAUTHBEARER",
        "OAUTH__TOKEN_URL": provider.url,
        "OAUTH__CLIENT_ID": CLIENT_ID,
        "OAUTH__CLIENT_SECRET": CLIENT_SECRET,
    }
    try:
        worker = world.start_worker(ready=True, **{f"CONNECTOR_KAFKA__{name}": value for name, value in kafka.items()})
        for number in range(1, 3):
            world.produce([world.update("A1", "SKU", number, number)])
            world.wait_quantities({("A1", "SKU"): number}, timeout_s=60)
            _wait_for_another(provider)
        world.wait_settled("A1")
        assert worker.stop() == 0
        assert CLIENT_SECRET not in worker.log.read_text()
    finally:
        world.close()


def _wait_for_another(provider: IdentityProvider) -> None:
    asked = len(provider.asked)
    eventually("another token", lambda: len(provider.asked) > asked)
