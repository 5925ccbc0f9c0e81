"""Where refresh tokens come from; a merchant without one is at fault alone, and no token is ever shown (G9, G10)."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from connector.domain.outcomes import Unauthorized, Unavailable
from connector.merchants import Merchant
from connector.smartconnect.refresh_tokens import refresh_token
from tests.kit.aws import Aws
from tests.kit.cases import case_file, read_case


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


async def test_from_a_file_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    one = merchant(refresh_token_file=str(file))
    for text in ("Atzr|1\n", '{"refresh_token": "Atzr|2"}'):
        await asyncio.to_thread(file.write_text, text)
        assert await refresh_token(one) == re.findall(r"Atzr\|\d", text)[0]
    await asyncio.to_thread(file.unlink)
    told = await refresh_token(one)
    assert isinstance(told, Unauthorized)
    assert str(file) in told.answer.message


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


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory without a `.env`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_a_newline_around_a_token_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    environment = read_case("files/token-with-newline")["environment"]
    monkeypatch.setenv("LWA_TOKEN_A2", environment["LWA_TOKEN_A2"])
    assert await refresh_token(merchant(refresh_token_env="LWA_TOKEN_A2")) == "Atzr-invented-token"
    (said,) = caplog.records
    assert "LWA_TOKEN_A2" in str(said.__dict__["secret"])
    assert "Atzr" not in caplog.text


@pytest.mark.parametrize(
    "around", ["\r\nAtzr|1\r\n", "\ufeffAtzr|1", ' "Atzr|1"\n', "'Atzr|1'", "Atzr|1\u200b", "\tAtzr|1"]
)
async def test_what_editors_and_shells_put_around_a_token(around: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_A1", around)
    assert await refresh_token(merchant(refresh_token_env="TOKEN_A1")) == "Atzr|1"


@pytest.mark.parametrize("inside", ["Atzr|1\nAtzr|2", "Atzr |1", "Atzr|\x001", "Atzr|ä", '""', "{}", "{'a'}"])
async def test_what_is_no_token_is_the_merchants_fault_and_not_quoted(inside: str, aws: Aws) -> None:
    aws.client("secretsmanager").create_secret(Name="prod/A1", SecretString=inside)
    told = await refresh_token(merchant(refresh_token_secret="prod/A1"))
    assert isinstance(told, Unauthorized)
    assert "prod/A1" in told.answer.message
    assert "Atzr" not in repr(told)


@pytest.mark.parametrize(
    "held",
    [
        {"refresh_token": "Atzr|1"},
        {"client_id": "c", "LWA-Refresh-Token": "Atzr|1\n", "client_secret": "s"},
        {"refreshToken": "Atzr|1", "expires": 3},
        {"token": "Atzr|1"},
    ],
)
async def test_a_secret_kept_as_json_gives_its_token(held: dict[str, object], aws: Aws) -> None:
    aws.client("secretsmanager").create_secret(Name="prod/A1", SecretString=json.dumps(held, indent=1))
    assert await refresh_token(merchant(refresh_token_secret="prod/A1")) == "Atzr|1"


async def test_json_that_names_no_token_says_how_to_name_it(aws: Aws) -> None:
    held = {"client_id": "Atzr|c", "client_secret": "Atzr|s"}
    aws.client("secretsmanager").create_secret(Name="prod/A1", SecretString=json.dumps(held))
    told = await refresh_token(merchant(refresh_token_secret="prod/A1"))
    assert isinstance(told, Unauthorized)
    assert "name the token refresh_token in it" in told.answer.message
    assert "Atzr" not in repr(told)


async def test_dotenv_gives_the_variables_that_the_merchants_file_names(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LWA_TOKEN_A2", raising=False)
    one = merchant(refresh_token_env="LWA_TOKEN_A2")
    (alone / ".env").write_bytes(case_file("token-in-dotenv.env").read_bytes())
    assert await refresh_token(one) == "Atzr-invented-token"
    (alone / ".env").write_text("\ufeffLWA_TOKEN_A2='Atzr|2'\r\n")
    assert await refresh_token(one) == "Atzr|2"
    monkeypatch.setenv("LWA_TOKEN_A2", "Atzr|3")
    assert await refresh_token(one) == "Atzr|3"


async def test_a_dotenv_that_cant_be_read_is_told_where_the_token_is_missed(alone: Path) -> None:
    (alone / ".env").write_text("LWA_TOKEN_A9='Atzr|2\n")
    told = await refresh_token(merchant(refresh_token_env="LWA_TOKEN_A9"))
    assert isinstance(told, Unauthorized)
    assert ".env: line 1" in told.answer.message
    assert "Atzr" not in repr(told)
