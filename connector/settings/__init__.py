"""Settings from the environment (prefix CONNECTOR_, nested with __) and a .env file; every fault told at once."""

import os
import re
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails

from connector.errors import SettingsError
from connector.settings.addresses import (
    checked_documents_url,
    checked_hosts,
    checked_names,
    checked_url,
    urls_with_passwords,
)
from connector.settings.certificates import CaFile
from connector.settings.group import Group
from connector.settings.kafka import KafkaSettings as KafkaSettings
from connector.settings.polling import PollingSettings as PollingSettings
from connector.settings.proxies import proxy_faults
from connector.settings.secrets import read_secrets, secret_sources
from connector.settings.variables import DOTENV, given_settings, read_variables

PREFIX = "CONNECTOR_"
WORKERS = f"{PREFIX}WORKERS"
"""Of one command alone (`connector status`): the workers' addresses."""
LEAST_TOKEN = 16


def _instance(value: str) -> str:
    name = value or socket.gethostname()
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", name) or name in (".", ".."):
        raise ValueError("give up to 249 letters, digits, dots, hyphens and underscores")
    return name


HttpUrl = Annotated[str, AfterValidator(checked_url)]
Hosts = Annotated[str, AfterValidator(checked_hosts)]
Names = Annotated[str, AfterValidator(checked_names)]


class SchemaRegistrySettings(Group):
    url: HttpUrl = Field(default="", description="Confluent-compatible; empty = none: Avro single-object encoding")
    username: str = Field(default="", description="basic authentication")
    password: SecretStr = Field(default=SecretStr(""), description="basic authentication")
    ca_file: CaFile = Field(default=None, description="PEM file of the registry's CA; empty = the system's")
    auto_register: bool = Field(default=True, description="register our schemas where the registry has them not yet")

    @field_validator("url", mode="before")
    @classmethod
    def _without_password(cls, value: Any) -> Any:
        """http://user:password@host is how Confluent's own tools have it: who comes from there is told where to."""
        if isinstance(value, str) and "@" in value:
            raise ValueError(
                "give the URL without a user or password; they are CONNECTOR_SCHEMA_REGISTRY__USERNAME and "
                "CONNECTOR_SCHEMA_REGISTRY__PASSWORD"
            )
        return value


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
    label_hosts: Hosts = Field(default="", description="of label files, besides Amazon's; comma-separated")


class NotificationsSettings(Group):
    queue_url: HttpUrl = Field(default="", description="SQS queue of Amazon's notifications; empty = polling only")


class InventorySettings(Group):
    future_tolerance_s: float = Field(
        default=300,
        ge=0,
        le=86_400,
        description="seconds that an update's occurred_at may be ahead of the worker's clock; beyond, a dead letter",
    )


class DocumentsSettings(Group):
    url: Annotated[str, AfterValidator(checked_documents_url)] = Field(
        default="file:///var/lib/connector/documents",
        description="where labels and invoices go: file:///dir, s3://bucket/prefix",
    )
    keep_days: int = Field(default=30, ge=1, description="days that a document is kept after it was written")
    archive_retention_days: int = Field(
        default=400, ge=1, description="days that `connector archive run` keeps of the archive there"
    )


class DeadLettersSettings(Group):
    keep_days: int = Field(
        default=30, ge=1, description="days that dead letters are kept, for `connector topics create`"
    )


class WebSettings(Group):
    host: str = Field(default="127.0.0.1", description="address that the worker's web page and metrics listen on")
    port: int = Field(default=6066, ge=0, le=65_535, description="0 = any free one")
    names: Names = Field(
        default="",
        description="what others may call it besides its addresses, localhost and this machine's name; comma-separated",
    )
    advertised_url: HttpUrl = Field(
        default="",
        description="where other workers and `connector status` reach this one; empty = http:// with the host, or with "
        "this machine's name where the host is all of its addresses, and the port",
    )
    token: SecretStr = Field(
        default=SecretStr(""),
        description=f"of who may change something by the control API, {LEAST_TOKEN} characters or more; empty = nobody",
    )
    metrics_merchants: int = Field(default=200, ge=1, description="merchants with series of their own at /metrics")

    @field_validator("token")
    @classmethod
    def _is_hard_to_guess(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value()
        if token and not re.fullmatch(rf"[!-~]{{{LEAST_TOKEN},}}", token):
            raise ValueError(
                f"give {LEAST_TOKEN} or more ASCII characters without a space, such as openssl rand -hex 32"
            )
        return value


class TablesSettings(Group):
    finished_days: int = Field(default=30, ge=1, description="days that finished shipments and returns are kept")
    seen_days: int = Field(default=7, ge=1, description="days that ids of notifications and commands are remembered")
    snapshot_interval_s: float = Field(
        default=300,
        ge=0,
        le=86_400,
        description="seconds between copies of the ledger in the data directory, for a faster start; 0 = none",
    )


class Settings(Group):
    """Build it with `load_settings`, which reports faults the way an operator needs them."""

    app_id: str = Field(
        default="connector", pattern=r"^[A-Za-z0-9._-]{1,100}$", description="consumer group and table prefix"
    )
    instance: Annotated[str, AfterValidator(_instance)] = Field(
        default="",
        description="this worker's name in the group, unlike any other's, and the same at each start; "
        "empty = the host's name",
    )
    data_dir: Path = Field(
        default=Path("data"),
        description="directory of the stream engine and of snapshots; nothing in it has to survive",
    )
    merchants_file: Path = Field(default=Path("merchants.toml"), description="the merchants file")
    log_format: Literal["json", "console"] = Field(default="json", description="how log lines look")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="the least that is logged"
    )
    renewal_interval_s: float = Field(
        default=60,
        ge=1,
        le=86_400,
        description="seconds between looks at secrets and certificates, whether they were replaced",
    )
    kafka: KafkaSettings = KafkaSettings()
    schema_registry: SchemaRegistrySettings = SchemaRegistrySettings()
    smartconnect: SmartConnectSettings = SmartConnectSettings()
    notifications: NotificationsSettings = NotificationsSettings()
    inventory: InventorySettings = InventorySettings()
    polling: PollingSettings = PollingSettings()
    documents: DocumentsSettings = DocumentsSettings()
    dead_letters: DeadLettersSettings = DeadLettersSettings()
    web: WebSettings = WebSettings()
    tables: TablesSettings = TablesSettings()


def tell_on_stderr(remark: str) -> None:
    sys.stderr.write(f"{remark}\n")


def load_settings(
    tell: Callable[[str], None] = tell_on_stderr, dotenv: Path | None = DOTENV, **overrides: Any
) -> Settings:
    """Raises SettingsError naming every variable at fault; `tell` gets what is odd and does no harm.

    `overrides` win over the environment (tests, the demo); `dotenv` None: no such file is read.
    """
    read = read_variables(dotenv)
    secret = secrets(Settings)
    given = given_settings(read.values, PREFIX, {*variables(Settings), *secret_sources(secret), WORKERS})
    for remark in given.remarks:
        tell(remark)
    found = read_secrets(given.values, secret)
    faults = [
        *read.faults,
        *given.faults,
        *urls_with_passwords(read.values),
        *proxy_faults(os.environ),
        *found.faults.values(),
    ]
    try:
        settings = Settings.model_validate(_merged(_nested(found.values), overrides))
    except ValidationError as invalid:
        others = [error for error in invalid.errors() if variable(error["loc"]) not in found.faults]
        raise SettingsError([*faults, *map(_fault, others)]) from None
    if faults:
        raise SettingsError(faults)
    return settings


def _nested(given: Mapping[str, str]) -> dict[str, Any]:
    """CONNECTOR_WEB__PORT becomes {"web": {"port": ...}}."""
    nested: dict[str, Any] = {}
    for name, value in given.items():
        if name == WORKERS:
            continue
        *groups, last = name.removeprefix(PREFIX).lower().split("__")
        place = nested
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return nested


def _merged(given: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        name: _merged(given[name], value)
        for name, value in overrides.items()
        if isinstance(value, Mapping) and isinstance(given.get(name), Mapping)
    }
    return {**given, **overrides, **both}


def missing(settings: Settings, *names: str) -> list[str]:
    """A fault for each empty one of `names` ("smartconnect.client_id"): not every command needs all."""
    faults = []
    for name in names:
        value: Any = settings
        for part in name.split("."):
            value = getattr(value, part)
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
            faults.append(f"{variable(name.split('.'))}: set it; {_description(name.split('.'))}")
    return faults


def require(settings: Settings, *names: str) -> None:
    """Raises SettingsError naming those that are `missing`."""
    if faults := missing(settings, *names):
        raise SettingsError(faults)


def variables(model: type[BaseModel]) -> list[str]:
    """The name of every setting, as it is set."""
    return [name for name, _ in _settings(model, ())]


def secrets(model: type[BaseModel]) -> list[str]:
    """The variables of those settings that are never shown."""
    return [name for name, kind in _settings(model, ()) if kind is SecretStr]


def variable(path: Sequence[str | int]) -> str:
    return PREFIX + "__".join(str(part).upper() for part in path)


def _settings(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """(variable, type) of each."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _settings(field.annotation, (*path, name))
        else:
            yield variable((*path, name)), field.annotation


def _fault(error: ErrorDetails) -> str:
    """The input is never shown: it may be a secret."""
    path = error["loc"]
    message = error["msg"].removeprefix("Value error, ")
    return f"{variable(path)}: {message[:1].lower()}{message[1:]} ({_description(path)})"


def _description(path: Sequence[str | int]) -> str:
    model: Any = Settings
    for part in path[:-1]:
        model = model.model_fields[str(part)].annotation
    found = model.model_fields.get(str(path[-1]))
    return (found.description if found else None) or "see docs/reference/configuration.md"
