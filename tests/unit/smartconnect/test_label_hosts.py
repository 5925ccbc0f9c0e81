"""A label's URL is asked of nobody but Amazon, those that are configured, and the host of the base URL."""

from socket import AF_INET, AddressFamily

import httpx
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from connector.domain.outcomes import Refused
from connector.smartconnect.http import exchange
from connector.smartconnect.label_hosts import NOT_ALLOWED, LabelHosts
from connector.smartconnect.messages import Departure, Request
from connector.smartconnect.public_addresses import PrivateAddressError, PublicAddresses
from connector.smartconnect.transport import AiohttpTransport, Timeouts
from tests.kit.amazon.server import Reply, client_of, serving

AMAZON = LabelHosts("https://sellingpartnerapi-eu.amazon.com", ["Files.Example.com"])
SIMULATOR = LabelHosts("http://127.0.0.1:8080")
COMPOSED = LabelHosts("http://simulator:8080")


class Names(AbstractResolver):
    """Every name is at those addresses."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: AddressFamily = AF_INET) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in self._addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize(
    ("hosts", "url"),
    [
        (AMAZON, "https://bucket.s3.eu-west-1.amazonaws.com/a?X-Amz-Signature=1"),
        (AMAZON, "https://s3.amazonaws.com./bucket/a"),
        (AMAZON, "https://S3.cn-north-1.amazonaws.com.CN/a"),
        (AMAZON, "https://files.example.com:8443/a"),
        (AMAZON, "https://eu.files.example.com/a"),
        (AMAZON, "https://sellingpartnerapi-eu.amazon.com/a"),
        (SIMULATOR, "http://127.0.0.1:9999/a"),
        (SIMULATOR, "http://localhost/a"),
        (SIMULATOR, "http://[::1]:1/a"),
        (SIMULATOR, "https://bucket.s3.amazonaws.com/a"),
        (COMPOSED, "http://simulator:9000/a"),
    ],
)
def test_where_files_are_fetched(hosts: LabelHosts, url: str) -> None:
    assert hosts.refused(url) is None


@pytest.mark.parametrize(
    "url",
    [
        *("http://bucket.s3.amazonaws.com/a", "http://files.example.com/a", "http://sellingpartnerapi-eu.amazon.com/a"),
        *("https://example.com/a", "https://amazonaws.com.example.com/a", "https://evilamazonaws.com/a"),
        *("https://example.com/s3.amazonaws.com", "https://s3.amazonaws.com@example.com/a", "https://example/"),
        *("https://s3.amazonaws.com:x@example.com/a", "https://u:p@s3.amazonaws.com/a"),
        *("http://127.0.0.1/a", "https://127.0.0.1/a", "https://localhost/a", "https://[::1]/a", "https://0/"),
        *("https://169.254.169.254/latest/meta-data", "https://10.0.0.1/a", "https://[::ffff:10.0.0.1]/a"),
        *("https://192.168.0.1/a", "https://[fd00::1]/a", "https://2130706433/a", "https://8.8.8.8/a"),
    ],
)
def test_where_none_is_fetched_and_which_setting_says_so(url: str) -> None:
    refused = AMAZON.refused(url)
    assert refused is not None
    assert refused.answer.code == NOT_ALLOWED
    assert "CONNECTOR_SMARTCONNECT__" in refused.answer.message or "names a user" in refused.answer.message


@pytest.mark.parametrize(
    "url",
    [
        *("", "url", "/a", "//s3.amazonaws.com/a", "https://", "https:///a", "https://s3.amazonaws.com:x/a"),
        *("file:///etc/passwd", "ftp://s3.amazonaws.com/a", "https://[::1", "https://s3.amazonaws.com:99999/a"),
        *("https://example.com\\@s3.amazonaws.com/a", "https://s3.amazonaws.com\r\nhost: x/", "https://\ud800/"),
        *("https://" + "a" * 70_000, "https://[v1.x]/a", "https://\u2488.com/", "https://xn--\u00fc.amazonaws.com/"),
    ],
    ids=lambda url: ascii(url)[:40],
)
def test_what_is_no_url_is_refused_as_none(url: str) -> None:
    refused = AMAZON.refused(url)
    assert refused is not None


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "224.0.0.1"])
async def test_a_name_with_a_private_address_is_not_asked(address: str) -> None:
    resolver = PublicAddresses(AMAZON.is_trusted, Names("52.218.0.1", address))
    with pytest.raises(PrivateAddressError):
        await resolver.resolve("bucket.s3.amazonaws.com", 443)
    assert await resolver.resolve("sellingpartnerapi-eu.amazon.com", 443), "calls may go by a private link"
    assert await PublicAddresses(AMAZON.is_trusted, Names("52.218.0.1")).resolve("bucket.s3.amazonaws.com", 443)


async def test_no_connection_is_made_to_a_private_address() -> None:
    async with serving() as server:
        port = httpx.URL(server.url).port
        resolver = PublicAddresses(AMAZON.is_trusted, Names("127.0.0.1"))
        http = AiohttpTransport(Timeouts(), max_connections=1, headers={}, resolver=resolver)
        departure = Departure(gate=lambda: True, clock=lambda: 0.0)
        request = Request("GET", f"http://bucket.s3.amazonaws.com:{port}", "/a")
        answer = await exchange(http, request, departure, 5.0)
        await http.aclose()
        assert isinstance(answer, Refused)
        assert answer.answer.code == NOT_ALLOWED
        assert (server.asked, departure.sent_at) == ([], None)


async def test_the_clients_connections_are_made_so() -> None:
    """Of the worker's own client: a listed name that is at home on this machine."""
    async with serving() as server:
        url = f"https://localhost:{httpx.URL(server.url).port}/a"
        base_url = "https://sellingpartnerapi-eu.amazon.com"
        async with client_of(server, base_url=base_url, label_hosts=["localhost"]) as client:
            report = await client.fetch_label(url)
        assert isinstance(report.outcome, Refused)
        assert "private" in report.outcome.answer.message
        assert server.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    async with serving() as server, client_of(server) as client:
        server.replies = [Reply(status, b"", {"location": f"{server.url}/elsewhere"})]
        outcome = (await client.fetch_label(f"{server.url}/a")).outcome
        assert isinstance(outcome, Refused)
        assert outcome.answer.code == NOT_ALLOWED
        assert [asked.path for asked in server.asked] == ["/a"]


async def test_a_file_of_another_host_is_not_asked_for() -> None:
    async with serving() as server, client_of(server, base_url="https://sellingpartnerapi-eu.amazon.com") as client:
        outcome = (await client.fetch_label(f"{server.url}/a")).outcome
        assert isinstance(outcome, Refused)
        assert outcome.answer.code == NOT_ALLOWED
        assert server.asked == []
