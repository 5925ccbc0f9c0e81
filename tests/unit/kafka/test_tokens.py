"""Tokens for Kafka: shared, renewed before they end, and a clear word where there are none."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connector.kafka.tokens import oidc
from connector.kafka.tokens.oidc import LONGEST_ANSWER, TokenEndpoint
from connector.kafka.tokens.source import TOKEN_RETRY_S, Token, TokenSource, TokenUnavailable
from connector.settings import KafkaSettings
from connector.settings.oauth import OAuthSettings, extensions_of
from tests.kit.kafka.server import free_port
from tests.kit.tokens.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Answer,
    IdentityProvider,
    running_identity_provider,
)

URL, SECRET = "CONNECTOR_KAFKA__OAUTH__TOKEN_URL", "CONNECTOR_KAFKA__OAUTH__CLIENT_SECRET"


class Endpoint:
    """`down`: it gives none."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked = 0
        self.down = False
        self.source = TokenSource(self._fetch, {"a": "b"}, clock=lambda: self.now, wall=lambda: self.now + 1e9)

    def _fetch(self) -> Token:
        self.asked += 1
        if self.down:
            raise TokenUnavailable(f"down {self.asked}")
        return Token(f"token-{self.asked}", 100)


def test_all_share_a_token_until_a_quarter_of_its_life_is_left() -> None:
    endpoint = Endpoint()
    assert [endpoint.source.current().text for _ in range(3)] == ["token-1"] * 3
    endpoint.now += 74
    assert endpoint.source.for_librdkafka("") == ("token-1", endpoint.now + 26 + 1e9, "", {"a": "b"})
    endpoint.now += 2
    assert endpoint.source.current() == Token("token-2", 100)


def test_an_old_token_serves_while_there_is_no_new_one(caplog: pytest.LogCaptureFixture) -> None:
    endpoint = Endpoint()
    endpoint.source.current()
    endpoint.down = True
    endpoint.now += 80
    assert endpoint.source.current() == Token("token-1", 20)
    assert "no new token for Kafka: down 2" in caplog.text
    assert endpoint.source.current().text == "token-1"
    assert endpoint.asked == 2  # not again at once
    endpoint.now += 20
    with pytest.raises(TokenUnavailable, match="down 3"):
        endpoint.source.current()
    endpoint.down = False
    with pytest.raises(TokenUnavailable, match="down 3"):
        endpoint.source.current()
    endpoint.now += TOKEN_RETRY_S
    assert endpoint.source.current().text == "token-4"


def test_a_token_is_never_shown() -> None:
    assert "invented" not in repr(Token("invented", 1))


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityProvider]:
    """Nobody gives up on it, however busy the machine."""
    for name in ("CONNECT_S", "READ_S", "ANSWER_WITHIN_S"):
        monkeypatch.setattr(oidc, name, 60.0)
    with running_identity_provider(tmp_path / "keys.json") as provider:
        yield provider


def endpoint(url: str, **oauth: Any) -> TokenEndpoint:
    who = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return TokenEndpoint(OAuthSettings.model_validate({"token_url": url, **who, **oauth}))


def why_none(url: str, **oauth: Any) -> str:
    with pytest.raises(TokenUnavailable) as caught:
        endpoint(url, **oauth).token()
    text = str(caught.value)
    assert "invented" not in text
    assert "\n" not in text
    return text


def test_the_endpoint_is_asked_as_the_standard_says(provider: IdentityProvider) -> None:
    token = endpoint(provider.url, scope="one two").token()
    assert token.life_s == provider.life_s
    assert token.text.count(".") == 2
    assert provider.asked == [{"grant_type": "client_credentials", "scope": "one two"}]


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ((401, b""), SECRET),
        ((400, b'{"error": "invalid_client", "error_description": "invented"}'), SECRET),
        ((400, b'{"error": "invalid_scope"}'), "CONNECTOR_KAFKA__OAUTH__SCOPE"),
        ((400, b'{"error": "unauthorized_client"}'), "client_credentials"),
        ((400, b'{"error": "unsupported_grant_type"}'), "client_credentials"),
        ((404, b"<html>invented</html>"), URL),
        ((302, b""), URL),
        ((503, b"invented"), "asked again"),
        ((200, b"<html>invented</html>"), URL),
        ((200, b"[" * 50_000), URL),
        ((200, b"x" * (LONGEST_ANSWER + 1)), "without an end"),
        ((200, b'{"access_token": "in vented"}'), URL),
        ((200, b'{"access_token": "invented\\n"}'), URL),
        ((200, b'{"access_token": 5}'), URL),
        ((200, b'{"access_token": "invented", "expires_in": "soon"}'), "expires_in"),
        ((200, b'{"access_token": "invented", "expires_in": 0}'), "expires_in"),
        ((200, b'{"access_token": "invented", "expires_in": 1e999}'), "expires_in"),
        ((200, b'{"access_token": "invented", "expires_in": 1' + b"0" * 400 + b"}"), "expires_in"),
    ],
)
def test_an_endpoint_that_gives_none_is_told(provider: IdentityProvider, answer: Answer, named: str) -> None:
    provider.instead = answer
    text = why_none(provider.url)
    assert text.startswith(f"the token endpoint {provider.url} ")
    assert named in text


def test_a_wrong_secret_is_told(provider: IdentityProvider) -> None:
    assert SECRET in why_none(provider.url, client_secret="invented-wrong")


def test_an_endpoint_that_is_away_is_told() -> None:
    text = why_none(f"http://127.0.0.1:{free_port()}/token")
    assert "Connection refused" in text
    assert URL in text


def test_an_endpoint_that_says_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "READ_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "does not answer" in why_none(f"http://127.0.0.1:{silent.getsockname()[1]}/token")


@pytest.mark.parametrize(("told", "life_s"), [(b'"60"', 60), (b"60", 60), (None, 300)])
def test_how_long_it_lives(provider: IdentityProvider, told: bytes | None, life_s: float) -> None:
    more = b"" if told is None else b', "expires_in": ' + told
    provider.instead = 200, b'{"access_token": "some"' + more + b"}"
    assert endpoint(provider.url).token() == Token("some", life_s)


def test_what_oauth_needs_is_told() -> None:
    with pytest.raises(ValidationError, match=URL):
        KafkaSettings.model_validate({"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER"})
    for wrong in (
        {"token_url": "http://login.example.com/token"},  # the secret would go in the clear
        {"scope": "one\ntwo"},
        {"extensions": "logicalCluster"},
        {"extensions": "auth=x"},
        {"extensions": "a=1,a=2"},
    ):
        with pytest.raises(ValidationError):
            OAuthSettings.model_validate(wrong)
    assert extensions_of("logicalCluster=lkc-1, identityPoolId=pool-2") == {
        "logicalCluster": "lkc-1",
        "identityPoolId": "pool-2",
    }
