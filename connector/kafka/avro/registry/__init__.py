"""A Confluent-compatible schema registry, and what it may answer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from connector.errors import ConnectorError
from connector.settings import SchemaRegistrySettings

if TYPE_CHECKING:
    from connector.kafka.avro.registry.client import SchemaRegistry


class RegistryUnavailable(ConnectorError):
    """The registry can't be asked now. Never a reason to call a record bad: try again later."""


class RegistryRefused(ConnectorError):
    """The registry answered, and does not take (or have) a schema that we write with."""


@dataclass(frozen=True, slots=True)
class RegisteredSchema:
    """`texts`: the schema's, after those it refers to. `kind`: AVRO, or another that the registry holds."""

    texts: tuple[str, ...]
    kind: str = "AVRO"


@dataclass(frozen=True, slots=True)
class NoSuchSchema:
    """The registry's own word that it has no schema of this id. `told`: by its codes."""

    told: str


@dataclass(frozen=True, slots=True)
class RefusedSchema:
    """The registry's own word that it does not give this schema out (4xx with its error_code). `told`: by its codes."""

    told: str


@dataclass(frozen=True, slots=True)
class OddAnswer:
    """An answer that settles nothing: a fault within the registry, or somebody else's words. `told`: by its codes."""

    told: str


RegistryAnswer: TypeAlias = RegisteredSchema | NoSuchSchema | RefusedSchema | OddAnswer


def open_registry(settings: SchemaRegistrySettings) -> "SchemaRegistry | None":
    """None where none is configured. Connects to nothing yet."""
    if not settings.url:
        return None
    from connector.kafka.avro.registry.client import SchemaRegistry  # slow to import: not where nobody uses it

    return SchemaRegistry(
        settings.url,
        username=settings.username,
        password=settings.password.get_secret_value(),
        ca_file=str(settings.ca_file or ""),
        may_register=settings.auto_register,
    )
