"""One proxy setting, obeyed by whoever talks HTTP to the outside, and by all in the same way.

The hosts are of nobody (RFC 6761): a client that went by itself would not even find them.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.cli import build
from connector.cli.shared.checks import queue_attributes
from connector.documents.bucket import Bucket
from connector.domain.outcomes import Refused, Unavailable
from connector.errors import SettingsError
from connector.intake.sqs import SqsIntake
from connector.kafka.avro.registry import RegistryAnswer, RegistryUnavailable, open_registry
from connector.merchants import Merchant
from connector.settings import SchemaRegistrySettings, Settings, load_settings
from connector.smartconnect.client import SmartConnect, connect
from connector.smartconnect.refresh_tokens import refresh_token
from tests.kit.http.proxy import Proxy, running_proxy
from tests.kit.kafka.broker import eventually

PASSWORD = "s3cret-of-the-proxy"
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
MERCHANT = Merchant.model_validate(
    {
        "merchant_id": "M1",
        "marketplace_id": "IN",
        "refresh_token_secret": "token-of-M1",
        "locations": [{"location_id": "EXSB", "program": "SELLER_FLEX"}],
    }
)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with running_proxy() as running:
        environment = {
            **running.environment(f"user:{PASSWORD}@"),
            "AWS_ENDPOINT_URL": "http://aws.invalid",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "CONNECTOR_SMARTCONNECT__CLIENT_ID": "client",
            "CONNECTOR_SMARTCONNECT__CLIENT_SECRET": "secret",
            "CONNECTOR_SMARTCONNECT__BASE_URL": "http://amazon.invalid",
            "CONNECTOR_SMARTCONNECT__TOKEN_URL": "http://lwa.invalid/auth/o2/token",
            "CONNECTOR_SCHEMA_REGISTRY__URL": "http://registry.invalid",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield running


async def _token(_merchant_id: str) -> str:
    return "Atzr|1"


def amazon(settings: Settings) -> SmartConnect:
    return connect(settings.smartconnect, _token, lambda: True)


async def test_calls_to_amazon_and_their_tokens(proxy: Proxy) -> None:
    api = amazon(load_settings(dotenv=None))
    report = await api.get_shipment("M1", "S1")
    await api.aclose()
    assert isinstance(report.outcome, Unavailable)
    assert proxy.asked == [
        "POST http://lwa.invalid/auth/o2/token",
        "GET http://amazon.invalid/externalFulfillment/2024-09-11/shipments/S1",
    ]
    assert proxy.authorizations == {"Basic dXNlcjpzM2NyZXQtb2YtdGhlLXByb3h5"}


async def test_label_files_where_the_list_of_hosts_decides(proxy: Proxy) -> None:
    """Whatever address a host has, the proxy finds it, not we; the proxy's own may be private."""
    api = amazon(load_settings(dotenv=None))
    asked = await api.fetch_label("https://labels.s3.eu-west-1.amazonaws.com/1.pdf?X-Amz-Signature=1")
    others = [
        await api.fetch_label(f"https://{host}/1.pdf")
        for host in ("files.invalid", "10.0.0.1", f"127.0.0.1:{proxy.port}")
    ]
    await api.aclose()
    assert proxy.asked == ["CONNECT labels.s3.eu-west-1.amazonaws.com:443"]
    assert isinstance(asked.outcome, Unavailable)
    assert not asked.outcome.sent, "the proxy made no connection"
    assert all(isinstance(other.outcome, Refused) for other in others)


async def test_the_store_the_queue_and_the_secrets(proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    async def save(_messages: object) -> None:
        raise AssertionError("nothing was received")

    with pytest.raises(Exception, match=r"503|Unavailable") as told:
        await asyncio.to_thread(Bucket("documents", "").write, "1.pdf", b"1", "application/pdf", "")
    with pytest.raises(Exception, match=r"503|Unavailable"):
        await asyncio.to_thread(queue_attributes, "http://aws.invalid/1/queue")
    before = len(proxy.asked)
    intake = asyncio.create_task(SqsIntake("http://aws.invalid/1/notifications", save, lambda: 0.5).run())
    await asyncio.to_thread(eventually, "the queue is asked", lambda: len(proxy.asked) > before or None, 30)
    intake.cancel()
    token = await refresh_token(MERCHANT)
    assert isinstance(token, Unavailable)
    assert PASSWORD not in f"{told.value}{caplog.text}"
    assert all("aws.invalid" in each for each in proxy.asked)


async def test_the_schema_registry(proxy: Proxy) -> None:
    registry = open_registry(SchemaRegistrySettings(url="http://registry.invalid"))
    assert registry is not None
    answer: RegistryAnswer | str
    try:
        answer = await registry.fetch(1)
    except RegistryUnavailable as unavailable:
        answer = str(unavailable)
    await registry.aclose()
    assert proxy.saw("http://registry.invalid/schemas/ids/1")
    assert PASSWORD not in str(answer)


def test_commands_that_call_out(proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_MERCHANTS_FILE", str(tmp_path / "none.toml"))
    redirect = ("--redirect-uri", "https://oms.example/amazon")
    for arguments, host in (
        (("onboard", "exchange", "code", *redirect), "lwa.invalid"),
        (("status", "--worker", "http://worker.invalid:6066"), "worker.invalid:6066"),
    ):
        ended = CliRunner().invoke(build(), arguments)
        assert proxy.saw(host), (ended.output, ended.exception)
        assert PASSWORD not in f"{ended.output}{ended.exception}"


async def test_no_proxy_is_obeyed_too(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "invalid,127.0.0.1")
    api = amazon(load_settings(dotenv=None))
    report = await api.get_shipment("M1", "S1")
    await api.aclose()
    assert isinstance(report.outcome, Unavailable)
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", f"socks5://user:{PASSWORD}@proxy.invalid:1080"),
        ("https_proxy", f"https://user:{PASSWORD}@proxy.invalid:3128"),
        ("HTTP_PROXY", f"user:{PASSWORD}@proxy.invalid:3128"),
        ("HTTP_PROXY", "http://proxy.invalid"),
        ("HTTP_PROXY", f"http://[{PASSWORD}:3128"),
        ("ALL_PROXY", f"http://user:{PASSWORD}@proxy.invalid:3128"),
        ("NO_PROXY", "10.0.0.0/8"),
        ("no_proxy", "http://oms.invalid"),
    ],
)
def test_what_not_all_would_obey_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as told:
        load_settings(dotenv=None)
    assert f"{name}: " in str(told.value)
    assert PASSWORD not in str(told.value)


def test_a_list_of_no_proxy_that_all_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    monkeypatch.setenv("NO_PROXY", "localhost, 127.0.0.1,::1,.svc.cluster.local,oms.invalid,*")
    load_settings(dotenv=None)
