"""`connector onboard` and `connector notifications subscribe` against the simulator and moto."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from connector.cli import build
from connector.errors import ConnectorError, InputError
from connector.simulator import Simulator, serve
from tests.kit.aws import REGION, Aws
from tests.kit.flows.odd_amazon import HttpAnswer, running_odd_amazon

REDIRECT = "https://oms.example/amazon"
APPLICATION = ("--application-id", "amzn1.sp.solution.1", "--redirect-uri", REDIRECT)


def connector(*arguments: str) -> Result:
    """In this process; what is raised is the command's own error."""
    ended = CliRunner().invoke(build(), arguments, env={"COLUMNS": "200"})
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return ended


@pytest.fixture
async def amazon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Simulator]:
    simulator = Simulator({"M1": "token-M1", "M2": "token-M2"})
    simulator.tokens.client = ("client", "client-secret")
    merchants = [
        f'[[merchants]]\nmerchant_id = "{name}"\nmarketplace_id = "IN"\nrefresh_token_env = "LWA_{name}"\n'
        '[[merchants.locations]]\nlocation_id = "EXSB"\nprogram = "SELLER_FLEX"\n'
        for name in ("M1", "M2")
    ]
    (tmp_path / "merchants.toml").write_text("\n".join(merchants))
    async with serve(simulator) as url:
        for name, value in {
            "CONNECTOR_SMARTCONNECT__BASE_URL": url,
            "CONNECTOR_SMARTCONNECT__TOKEN_URL": f"{url}/auth/o2/token",
            "CONNECTOR_SMARTCONNECT__CLIENT_ID": "client",
            "CONNECTOR_SMARTCONNECT__CLIENT_SECRET": "client-secret",
            "CONNECTOR_MERCHANTS_FILE": str(tmp_path / "merchants.toml"),
            "LWA_M1": "token-M1",
            "LWA_M2": "token-M2",
        }.items():
            monkeypatch.setenv(name, value)
        yield simulator


async def in_thread(*arguments: str) -> Result:
    """The simulator answers on the test's own loop meanwhile."""
    return await asyncio.to_thread(connector, *arguments)


def address(code: str, state: str) -> str:
    return f"{REDIRECT}?spapi_oauth_code={code}&state={state}&selling_partner_id=M1"


def test_the_url_leads_to_the_sellers_consent() -> None:
    told = json.loads(connector("onboard", "url", *APPLICATION, "--json").stdout)
    query = parse_qs(urlsplit(told["url"]).query)
    assert told["url"].startswith("https://sellercentral.amazon.in/apps/authorize/consent?")
    assert query["application_id"] == ["amzn1.sp.solution.1"]
    assert query["redirect_uri"] == [REDIRECT]
    assert query["state"] == [told["state"]]
    assert told != json.loads(connector("onboard", "url", *APPLICATION, "--json").stdout), "each has its own state"
    assert "5 minutes" in connector("onboard", "url", *APPLICATION).stderr
    with pytest.raises(InputError, match="--redirect-uri"):
        connector("onboard", "url", "--application-id", "a", "--redirect-uri", "http://oms.example")


async def test_a_pasted_address_becomes_a_refresh_token_shown_once(amazon: Simulator) -> None:
    code = amazon.tokens.authorization_code("M1")
    pasted = address(code, "s1")
    told = await in_thread("onboard", "exchange", pasted, "--redirect-uri", REDIRECT, "--state", "s1", "--json")
    found = json.loads(told.stdout)
    assert found["merchant_id"] == "M1"
    assert found["refresh_token"].startswith("Atzr|")
    with pytest.raises(ConnectorError, match="invalid_grant") as again:
        await in_thread("onboard", "exchange", pasted, "--redirect-uri", REDIRECT)
    assert code not in str(again.value)


@pytest.mark.usefixtures("amazon")
async def test_a_refusal_is_told_by_its_code_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"error": "the code of Asha Verma is too old"}'
    with running_odd_amazon() as odd:
        odd.elsewhere = lambda _: HttpAnswer(400, {"content-type": "application/json"}, body)
        monkeypatch.setenv("CONNECTOR_SMARTCONNECT__TOKEN_URL", f"{odd.url}/auth/o2/token")
        with pytest.raises(ConnectorError, match="an error without a code; begin again") as caught:
            await in_thread("onboard", "exchange", address("code", "s1"), "--redirect-uri", REDIRECT, "--state", "s1")
    assert "Asha" not in str(caught.value)


async def test_a_token_goes_into_a_secret_and_is_not_shown(amazon: Simulator, aws: Aws) -> None:
    for _ in range(2):  # the second is a new version of the same secret
        code = amazon.tokens.authorization_code("M1")
        told = await in_thread("onboard", "exchange", code, "--redirect-uri", REDIRECT, "--secret", "connector/M1")
        kept = aws.client("secretsmanager").get_secret_value(SecretId="connector/M1")["SecretString"]
        assert kept.startswith("Atzr|")
        assert kept not in told.output
        assert 'refresh_token_secret = "connector/M1"' in told.stdout


async def test_a_token_that_no_secret_can_hold_is_shown_after_all(
    amazon: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its code is spent."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "no address")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    code = amazon.tokens.authorization_code("M1")
    ended = await asyncio.to_thread(
        CliRunner().invoke,
        build(),
        ["onboard", "exchange", code, "--redirect-uri", REDIRECT, "--secret", "connector/M1"],
    )
    assert isinstance(ended.exception, ConnectorError)
    assert "Atzr|" in ended.stdout
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("pasted", "options", "fault"),
    [
        (address("c", "other"), ("--state", "s1"), "another state"),
        (REDIRECT + "?error=denied", (), "spapi_oauth_code"),
        ("code", ("--state", "s1"), "whole address"),
    ],
)
async def test_a_wrong_address_is_told(amazon: Simulator, pasted: str, options: tuple[str, ...], fault: str) -> None:
    assert amazon.tokens
    with pytest.raises(InputError, match=fault):
        await in_thread("onboard", "exchange", pasted, "--redirect-uri", REDIRECT, *options)


async def test_subscribing_is_safe_to_repeat(amazon: Simulator, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    url = aws.client("sqs").create_queue(QueueName="notifications")["QueueUrl"]
    monkeypatch.setenv("CONNECTOR_NOTIFICATIONS__QUEUE_URL", url)
    dry = json.loads((await in_thread("notifications", "subscribe", "--dry-run", "--json")).stdout)
    assert (dry["destination"], set(dry["subscriptions"].values())) == ("would be made", {"would be subscribed"})
    assert amazon.subscriptions.destinations == {}
    first = json.loads((await in_thread("notifications", "subscribe", "--merchant", "M1", "--json")).stdout)
    assert (first["destination"], first["subscriptions"]) == ("made", {"M1": "subscribed"})
    assert first["queue"] == f"arn:aws:sqs:{REGION}:123456789012:notifications"
    second = json.loads((await in_thread("notifications", "subscribe", "--json")).stdout)
    assert second["destination"] == "there already"
    assert second["subscriptions"] == {"M1": "subscribed already", "M2": "subscribed"}
    assert len(amazon.subscriptions.destinations) == 1
