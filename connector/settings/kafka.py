"""Where Kafka is, and who we are to it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from connector.settings.addresses import checked_brokers
from connector.settings.certificates import CaFile, ReadableFile, check_key_pair
from connector.settings.group import Group
from connector.settings.oauth import OAuthSettings

_WITH_TOKENS = ("OAUTHBEARER", "AWS_MSK_IAM")


class KafkaSettings(Group):
    bootstrap_servers: Annotated[str, AfterValidator(checked_brokers)] = Field(
        default="localhost:9092", description="brokers, host:port, comma-separated"
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="how to talk to the brokers"
    )
    sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "AWS_MSK_IAM"] = Field(
        default="", description="with SASL_PLAINTEXT and SASL_SSL"
    )
    sasl_username: str = Field(default="", description="with PLAIN and SCRAM")
    sasl_password: SecretStr = Field(default=SecretStr(""), description="with PLAIN and SCRAM")
    oauth: OAuthSettings = Field(default=OAuthSettings(), description="with OAUTHBEARER")
    aws_region: str = Field(
        default="",
        pattern=r"^([a-z0-9-]{1,40})?$",
        description="of the MSK cluster, with AWS_MSK_IAM; empty = AWS_REGION, AWS_DEFAULT_REGION or the profile's",
    )
    ca_file: CaFile = Field(default=None, description="PEM file of the brokers' CA; empty = the system's")
    cert_file: ReadableFile = Field(default=None, description="PEM file of our own certificate, for mutual TLS")
    key_file: ReadableFile = Field(default=None, description="PEM file of its key; empty = the certificate's file")
    key_password: SecretStr = Field(default=SecretStr(""), description="of the key, where it is encrypted")
    topic_prefix: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9._-]{0,100}$",
        description="in front of every topic's name, where installations, each with its own app id, share Kafka",
    )
    partitions: int = Field(default=12, ge=1, le=10_000, description="of every topic; can't change for a running app")
    replication_factor: int = Field(default=1, ge=1, le=10, description="of every topic; 3 in production")
    session_timeout_s: float = Field(
        default=30,
        ge=6,
        le=300,
        description="seconds until the group gives up on a silent worker, whose lanes stop before",
    )

    cloudevents: bool = Field(
        default=False, description="whether events carry CloudEvents 1.0 headers (ce_id, ce_type, ...) besides"
    )

    @field_validator("cert_file")
    @classmethod
    def _with_tls(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and not info.data.get("security_protocol", "SSL").endswith("SSL"):
            raise ValueError("needs the security protocol SSL or SASL_SSL")
        return value

    @field_validator("key_password")
    @classmethod
    def _opens_the_key(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.keys() >= {"cert_file", "key_file"}:  # else the faults of those are told
            check_key_pair(info.data["cert_file"], info.data["key_file"], value.get_secret_value())
        return value

    @field_validator("sasl_mechanism")
    @classmethod
    def _fits_the_protocol(cls, value: str, info: ValidationInfo) -> str:
        protocol = info.data.get("security_protocol", "")
        if protocol.startswith("SASL") and not value:
            raise ValueError(f"needed with security protocol {protocol}")
        if value == "AWS_MSK_IAM" and protocol == "SASL_PLAINTEXT":
            raise ValueError("AWS_MSK_IAM needs the security protocol SASL_SSL")
        return value

    @field_validator("sasl_username", "sasl_password")
    @classmethod
    def _given_with_a_password(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        protocol, mechanism = info.data.get("security_protocol", ""), info.data.get("sasl_mechanism", "")
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if protocol.startswith("SASL") and mechanism not in _WITH_TOKENS and not text:
            raise ValueError(f"needed with security protocol {protocol}")
        return value

    @field_validator("oauth")
    @classmethod
    def _given_with_oauth(cls, value: OAuthSettings, info: ValidationInfo) -> OAuthSettings:
        given = (("TOKEN_URL", value.token_url), ("CLIENT_ID", value.client_id), ("CLIENT_SECRET", value.client_secret))
        missing = [f"CONNECTOR_KAFKA__OAUTH__{name}" for name, text in given if not text]
        if info.data.get("sasl_mechanism") == "OAUTHBEARER" and missing:
            raise ValueError(f"SASL mechanism OAUTHBEARER needs {', '.join(missing)}")
        return value
