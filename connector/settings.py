"""Settings from the environment (prefix CONNECTOR_, nested with __) and a .env file; every fault told at once."""

import re
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableGroup

from connector.errors import SettingsError

PREFIX = "CONNECTOR_"


def _http_url(value: str) -> str:
    if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
        raise ValueError("give a URL that begins with http:// or https://")
    return value.rstrip("/")


def _documents_url(value: str) -> str:
    url = urlsplit(value)
    if not ((url.scheme == "file" and url.path) or (url.scheme == "s3" and url.netloc)):
        raise ValueError("give file:///directory or s3://bucket/prefix")
    return value.rstrip("/")


def _existing_file(value: Path | None) -> Path | None:
    if value is not None and not value.is_file():
        raise ValueError(f"there is no file {value}")
    return value


def _instance(value: str) -> str:
    name = value or socket.gethostname()
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", name) or name in (".", ".."):
        raise ValueError("give up to 249 letters, digits, dots, hyphens and underscores")
    return name


HttpUrl = Annotated[str, AfterValidator(_http_url)]
CaFile = Annotated[Path | None, AfterValidator(_existing_file)]


class Group(BaseModel):
    """Nested settings; a misspelt variable of a group is a fault, not silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class KafkaSettings(Group):
    bootstrap_servers: str = Field(
        default="localhost:9092", min_length=1, description="brokers, host:port, comma-separated"
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="how to talk to the brokers"
    )
    sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="", description="with SASL_PLAINTEXT and SASL_SSL"
    )
    sasl_username: str = Field(default="", description="with SASL")
    sasl_password: SecretStr = Field(default=SecretStr(""), description="with SASL")
    ca_file: CaFile = Field(default=None, description="PEM file of the brokers' CA; empty = the system's")
    partitions: int = Field(default=12, ge=1, le=10_000, description="of every topic; can't change for a running app")
    replication_factor: int = Field(default=1, ge=1, le=10, description="of every topic; 3 in production")
    session_timeout_s: float = Field(
        default=30,
        ge=6,
        le=300,
        description="seconds until the group gives up on a silent worker, whose lanes stop before",
    )

    @field_validator("sasl_mechanism", "sasl_username", "sasl_password")
    @classmethod
    def _given_with_sasl(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        protocol = info.data.get("security_protocol", "")
        if protocol.startswith("SASL") and not (value.get_secret_value() if isinstance(value, SecretStr) else value):
            raise ValueError(f"needed with security protocol {protocol}")
        return value


class SchemaRegistrySettings(Group):
    url: HttpUrl = Field(default="", description="Confluent-compatible; empty = none: Avro single-object encoding")
    username: str = Field(default="", description="basic authentication")
    password: SecretStr = Field(default=SecretStr(""), description="basic authentication")
    ca_file: CaFile = Field(default=None, description="PEM file of the registry's CA; empty = the system's")
    auto_register: bool = Field(default=True, description="register our schemas where the registry has them not yet")


class SmartConnectSettings(Group):
    base_url: HttpUrl = Field(
        default="https://sellingpartnerapi-eu.amazon.com", min_length=1, description="the region's SP-API endpoint"
    )
    token_url: HttpUrl = Field(
        default="https://api.amazon.com/auth/o2/token", min_length=1, description="Login with Amazon's token endpoint"
    )
    client_id: str = Field(default="", description="the application's Login with Amazon client id")
    client_secret: SecretStr = Field(default=SecretStr(""), description="its secret")
    timeout_s: float = Field(default=30, gt=0, le=300, description="seconds that one call may take")


class NotificationsSettings(Group):
    queue_url: HttpUrl = Field(default="", description="SQS queue of Amazon's notifications; empty = polling only")


class InventorySettings(Group):
    future_tolerance_s: float = Field(
        default=300,
        ge=0,
        le=86_400,
        description="seconds that an update's occurred_at may be ahead of the worker's clock; beyond, a dead letter",
    )


class PollingSettings(Group):
    look_back_s: float = Field(
        default=86_400, ge=0, le=30 * 86_400, description="seconds that the first poll of a list looks back"
    )
    lag_s: float = Field(
        default=120,
        ge=0,
        le=3600,
        description="seconds until Amazon's lists are complete; they are polled again so long",
    )
    overlap_s: float = Field(
        default=300, ge=0, le=86_400, description="seconds that a poll goes back into what was polled already"
    )
    slow_interval_s: float = Field(
        default=60,
        ge=1,
        le=86_400,
        description="seconds between polls of lists that Amazon gives by location only: what becomes of returns",
    )
    sweep_interval_s: float = Field(
        default=3600,
        ge=1,
        le=86_400,
        description="seconds between sweeps of all open orders and returns, however old: what polls can't find",
    )
    not_enabled_interval_s: float = Field(
        default=600, ge=1, le=86_400, description="seconds between tries of an API that is not enabled for a merchant"
    )


class DocumentsSettings(Group):
    url: Annotated[str, AfterValidator(_documents_url)] = Field(
        default="file:///var/lib/connector/documents",
        description="where labels and invoices go: file:///dir, s3://bucket/prefix",
    )


class WebSettings(Group):
    host: str = Field(default="127.0.0.1", description="address that the worker's web page and metrics listen on")
    port: int = Field(default=6066, ge=0, le=65_535, description="0 = any free one")


class TablesSettings(Group):
    finished_days: int = Field(default=30, ge=1, description="days that finished shipments and returns are kept")
    seen_days: int = Field(default=7, ge=1, description="days that ids of notifications and commands are remembered")


class Settings(BaseSettings):
    """Build it with `load_settings`, which reports faults the way an operator needs them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        env_ignore_empty=True,  # compose files pass variables that nobody set as empty ones
        extra="ignore",
        frozen=True,
    )

    app_id: str = Field(
        default="connector", pattern=r"^[A-Za-z0-9._-]{1,100}$", description="consumer group and table prefix"
    )
    instance: Annotated[str, AfterValidator(_instance)] = Field(
        default="",
        description="this worker's name in the group, unlike any other's, and the same at each start; "
        "empty = the host's name",
    )
    data_dir: Path = Field(
        default=Path("data"), description="directory of the stream engine; nothing in it has to survive"
    )
    merchants_file: Path = Field(default=Path("merchants.toml"), description="the merchants file")
    log_format: Literal["json", "console"] = Field(default="json", description="how log lines look")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="the least that is logged"
    )
    kafka: KafkaSettings = KafkaSettings()
    schema_registry: SchemaRegistrySettings = SchemaRegistrySettings()
    smartconnect: SmartConnectSettings = SmartConnectSettings()
    notifications: NotificationsSettings = NotificationsSettings()
    inventory: InventorySettings = InventorySettings()
    polling: PollingSettings = PollingSettings()
    documents: DocumentsSettings = DocumentsSettings()
    web: WebSettings = WebSettings()
    tables: TablesSettings = TablesSettings()


def load_settings(**overrides: Any) -> Settings:
    """Raises SettingsError naming every variable at fault. `overrides` win over the environment (tests, the demo)."""
    try:
        return Settings(**overrides)
    except ValidationError as invalid:
        raise SettingsError([_fault(error) for error in invalid.errors()]) from None
    except UnreadableGroup:  # a group's own name was set, to what is not JSON
        groups = [name for name, field in Settings.model_fields.items() if _is_group(field.annotation)]
        names = ", ".join(f"{variable([name])}__*" for name in groups)
        raise SettingsError([f"a group of settings can't be set as a whole; set its members: {names}"]) from None


def require(settings: Settings, *names: str) -> None:
    """Raises SettingsError for the empty ones of `names` ("smartconnect.client_id"): not every command needs all."""
    faults = []
    for name in names:
        value: Any = settings
        for part in name.split("."):
            value = getattr(value, part)
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
            faults.append(f"{variable(name.split('.'))}: set it; {_description(name.split('.'))}")
    if faults:
        raise SettingsError(faults)


def _is_group(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def variable(path: Sequence[str | int]) -> str:
    return PREFIX + "__".join(str(part).upper() for part in path)


def _fault(error: ErrorDetails) -> str:
    """The input is never shown: it may be a secret."""
    path = error["loc"]
    if error["type"] == "extra_forbidden":
        return f"{variable(path)}: there is no such setting; remove it or correct its name"
    message = error["msg"].removeprefix("Value error, ")
    return f"{variable(path)}: {message[:1].lower()}{message[1:]} ({_description(path)})"


def _description(path: Sequence[str | int]) -> str:
    model: Any = Settings
    for part in path[:-1]:
        model = model.model_fields[str(part)].annotation
    found = model.model_fields.get(str(path[-1]))
    return (found.description if found else None) or "see docs/reference/configuration.md"
