"""Tokens for Amazon MSK: what Amazon's own signer makes, by AWS's own settings."""

import base64
import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from confluent_kafka import KafkaError

from connector.kafka.connection.faults import ClientFaults, explained
from connector.kafka.tokens import msk
from connector.kafka.tokens.msk import LIFE_S, MskTokens, msk_token, refusal_told
from connector.kafka.tokens.source import TokenUnavailable
from connector.settings import KafkaSettings
from tests.kit.aws import REGION, Aws
from tests.kit.http.aws import AwsProxy, Forward, Request, Response


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gives up on AWS, however busy the machine."""
    for name in ("CREDENTIALS_WITHIN_S", "IDENTITY_WITHIN_S", "CONNECT_S", "READ_S"):
        monkeypatch.setattr(msk, name, 60.0)


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


@contextmanager
def refusing(code: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS, whose STS says this to whatever it is asked."""
    told = f"<ErrorResponse><Error><Code>{code}</Code><Message>of AKIDINVENTED</Message></Error></ErrorResponse>"

    def refuse(_: Request, __: Forward) -> Response:
        return Response(403, {"content-type": "text/xml"}, told.encode())

    sts = AwsProxy(Aws(""), refuse)
    monkeypatch.setenv("AWS_ENDPOINT_URL", sts.url)
    try:
        yield
    finally:
        sts.close()


def use_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (tmp_path / "config").write_text(f"[profile connector]\n{lines}")
    keys = "aws_access_key_id = AKIDINVENTED\naws_secret_access_key = invented\n"
    (tmp_path / "credentials").write_text(f"[keys]\n{keys}")
    for name in NO_CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "connector")


def given(expiration: str) -> str:
    """What a program of `credential_process` prints."""
    keys = {"AccessKeyId": "AKIDINVENTED", "SecretAccessKey": "s", "SessionToken": "t"}
    return json.dumps({"Version": 1, **keys, "Expiration": expiration})


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("code", ["ExpiredToken", "AccessDenied", "InvalidClientTokenId"])
def test_why_a_role_is_not_given_is_told(code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    role = {"role_arn": "arn:aws:iam::123456789012:role/connector", "source_profile": "keys"}
    use_profile(tmp_path, monkeypatch, **role)
    with refusing(code, monkeypatch), pytest.raises(TokenUnavailable, match=code) as caught:
        MskTokens(REGION).token()
    assert "AKID" not in str(caught.value)


@pytest.mark.usefixtures("aws")
def test_credentials_that_have_expired_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_profile(tmp_path, monkeypatch, credential_process=f"echo {shlex.quote(given('2020-01-01T00:00:00Z'))}")
    with pytest.raises(TokenUnavailable, match="have expired"):
        MskTokens(REGION).token()


@pytest.mark.usefixtures("aws")
def test_a_program_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_profile(tmp_path, monkeypatch, credential_process="false")
    with pytest.raises(TokenUnavailable, match="what should have given credentials did not"):
        MskTokens(REGION).token()


@pytest.mark.usefixtures("aws")
def test_credentials_that_do_not_come_are_told_and_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By one program, however often they are asked for."""
    late = tmp_path / "late"
    os.mkfifo(late)
    asked = tmp_path / "asked"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho asked >> {asked}\ncat {late}\n")
    program.chmod(0o755)
    use_profile(tmp_path, monkeypatch, credential_process=str(program))
    tokens = MskTokens(REGION)
    monkeypatch.setattr(msk, "CREDENTIALS_WITHIN_S", 0.05)
    for _ in range(3):
        with pytest.raises(TokenUnavailable, match="no AWS credentials came within"):
            tokens.token()
    monkeypatch.setattr(msk, "CREDENTIALS_WITHIN_S", 60.0)
    late.write_text(given("2999-01-01T00:00:00Z"))
    assert tokens.token().life_s == LIFE_S
    assert asked.read_text().count("asked") == 1


def iam(**changes: str) -> KafkaSettings:
    usual = {"bootstrap_servers": "b-1.c.kafka.eu-west-1.amazonaws.com:9098", "aws_region": REGION}
    return KafkaSettings.model_validate(
        {"security_protocol": "SASL_SSL", "sasl_mechanism": "AWS_MSK_IAM", **usual, **changes}
    )


def told_of(kafka: KafkaSettings, reason: str) -> str:
    text = f"sasl_ssl://{kafka.bootstrap_servers}/bootstrap: {reason} (after 346ms in state AUTH_REQ)"
    return explained(kafka, ClientFaults(errors=[KafkaError(KafkaError._AUTHENTICATION, text)]))


def access_denied(kafka: KafkaSettings) -> str:
    """All that MSK says, whatever it has against a token."""
    told = told_of(kafka, "SASL authentication error: [6ad8e7d6-f5f0-41c9-930f-26cc577779ed]: Access denied")
    assert "Access denied" in told
    return told


def test_a_signature_for_another_region_is_told() -> None:
    told = access_denied(iam(aws_region="us-east-2"))
    assert "it is for us-east-2, and the broker is in eu-west-1: see CONNECTOR_KAFKA__AWS_REGION" in told


@pytest.mark.usefixtures("aws")
def test_whose_credentials_were_refused_is_told() -> None:
    told = access_denied(iam())
    assert "whether arn:aws:sts::123456789012:user/moto may do kafka-cluster:Connect there" in told


@pytest.mark.usefixtures("aws")
def test_credentials_that_aws_refuses_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing("ExpiredToken", monkeypatch):
        told = access_denied(iam())
    assert "AWS itself refuses the credentials: ExpiredToken; renew them, or see this machine's clock" in told
    assert "AKID" not in told


@pytest.mark.usefixtures("aws")
def test_without_a_way_to_aws_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "whether this process's AWS credentials may do kafka-cluster:Connect there" in access_denied(iam())
    monkeypatch.setattr(msk, "IDENTITY_WITHIN_S", 0.0)
    assert "CONNECTOR_KAFKA__AWS_REGION" in refusal_told(REGION)


def test_a_port_for_other_logins_is_told() -> None:
    reason = "SASL OAUTHBEARER mechanism handshake failed: Broker: Unsupported SASL mechanism"
    told = told_of(iam(), f"{reason}: broker's supported mechanisms: SCRAM-SHA-512")
    assert "SCRAM-SHA-512" in told
    assert "port 9098" in told
