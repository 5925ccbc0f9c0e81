"""Tokens for Amazon MSK: what Amazon's own signer makes, by AWS's own settings."""

import base64
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

from connector.kafka.tokens.msk import LIFE_S, msk_token
from connector.kafka.tokens.source import TokenUnavailable
from tests.kit.aws import REGION, Aws

NO_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN")


@pytest.mark.usefixtures("aws")
def test_msk_gets_what_its_signer_makes() -> None:
    token = msk_token("eu-west-1")
    signed, _ = MSKAuthTokenProvider.generate_auth_token("eu-west-1")
    ours, theirs = (urlsplit(base64.urlsafe_b64decode(one + "===").decode()) for one in (token.text, signed))
    of_the_moment = {"X-Amz-Date", "X-Amz-Signature"}
    assert ours[:3] == theirs[:3]
    assert {k: v for k, v in parse_qs(ours.query).items() if k not in of_the_moment} == {
        k: v for k, v in parse_qs(theirs.query).items() if k not in of_the_moment
    }
    assert parse_qs(ours.query)["Action"] == ["kafka-cluster:Connect"]
    assert ours.netloc == "kafka.eu-west-1.amazonaws.com"
    assert token.life_s == LIFE_S


def test_msks_region_is_the_settings_or_awss_own(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    del aws
    monkeypatch.delenv("AWS_REGION", raising=False)

    def host(region: str) -> str:
        return urlsplit(base64.urlsafe_b64decode(msk_token(region).text + "===").decode()).netloc

    assert host("us-east-2") == "kafka.us-east-2.amazonaws.com"
    assert host("") == f"kafka.{REGION}.amazonaws.com"
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert host("") == "kafka.eu-north-1.amazonaws.com"


def test_msk_without_region_or_credentials_is_told(aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    del aws
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):  # a developer's own
        monkeypatch.setenv(name, str(tmp_path / "none"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(TokenUnavailable, match="CONNECTOR_KAFKA__AWS_REGION"):
        msk_token("")
    for name in NO_CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(TokenUnavailable, match="AWS_SECRET_ACCESS_KEY"):
        msk_token("eu-west-1")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(TokenUnavailable, match="ProfileNotFound"):
        msk_token("eu-west-1")
