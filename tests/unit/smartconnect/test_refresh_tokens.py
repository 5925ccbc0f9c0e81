"""Where refresh tokens come from; a merchant without one is at fault alone, and no token is ever shown (G9, G10)."""

import pytest

from connector.domain.outcomes import Unauthorized, Unavailable
from connector.merchants import Merchant
from connector.smartconnect.refresh_tokens import refresh_token
from tests.kit.aws import Aws


def merchant(**source: str) -> Merchant:
    location = {"location_id": "EXSB", "program": "SELLER_FLEX"}
    return Merchant.model_validate({"merchant_id": "A1", "marketplace_id": "M1", "locations": [location], **source})


async def test_from_the_environment_read_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    one = merchant(refresh_token_env="TOKEN_A1")
    monkeypatch.setenv("TOKEN_A1", "Atzr|1")
    assert await refresh_token(one) == "Atzr|1"
    monkeypatch.setenv("TOKEN_A1", "Atzr|2")
    assert await refresh_token(one) == "Atzr|2"


async def test_a_variable_that_is_not_set_is_the_merchants_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN_A1", raising=False)
    told = await refresh_token(merchant(refresh_token_env="TOKEN_A1"))
    assert isinstance(told, Unauthorized)
    assert not told.sent
    assert "TOKEN_A1" in told.answer.message


async def test_from_secrets_manager_and_rotated_there(aws: Aws) -> None:
    one, secrets = merchant(refresh_token_secret="prod/A1"), aws.client("secretsmanager")
    secrets.create_secret(Name="prod/A1", SecretString="Atzr|1\n")
    assert await refresh_token(one) == "Atzr|1"
    secrets.put_secret_value(SecretId="prod/A1", SecretString="Atzr|2")
    assert await refresh_token(one) == "Atzr|2"


async def test_by_the_secrets_arn(aws: Aws) -> None:
    arn = aws.client("secretsmanager").create_secret(Name="prod/A1", SecretString="Atzr|1")["ARN"]
    assert await refresh_token(merchant(refresh_token_secret=arn)) == "Atzr|1"


@pytest.mark.usefixtures("aws")
async def test_a_secret_that_is_not_there_is_the_merchants_fault() -> None:
    told = await refresh_token(merchant(refresh_token_secret="prod/none"))
    assert isinstance(told, Unauthorized)
    assert "prod/none" in told.answer.message


@pytest.mark.parametrize("content", [{"SecretBinary": b"Atzr|1"}, {"SecretString": " "}])
async def test_a_secret_without_text_is_the_merchants_fault(aws: Aws, content: dict[str, bytes | str]) -> None:
    aws.client("secretsmanager").create_secret(Name="prod/A1", **content)
    told = await refresh_token(merchant(refresh_token_secret="prod/A1"))
    assert isinstance(told, Unauthorized)
    assert "Atzr" not in repr(told)


@pytest.mark.usefixtures("aws")
async def test_an_unreachable_secrets_manager_suspends_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    told = await refresh_token(merchant(refresh_token_secret="prod/A1"))
    assert isinstance(told, Unavailable)
    assert not told.sent
