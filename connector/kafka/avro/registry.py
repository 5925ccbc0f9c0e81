"""A Confluent-compatible schema registry. Its client blocks, so every call runs in a thread."""

import asyncio

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError

from connector.errors import ConnectorError
from connector.settings import SchemaRegistrySettings


class RegistryUnavailable(ConnectorError):
    """The registry can't be asked now. Never a reason to call a record bad: try again later."""


class RegistryRefused(ConnectorError):
    """The registry answered, and does not take (or have) a schema that we write with."""


class SchemaRegistry:
    def __init__(
        self, url: str, *, username: str = "", password: str = "", ca_file: str = "", may_register: bool = True
    ) -> None:
        config: dict[str, str | int] = {"url": url, "timeout": 10}
        if username:
            config["basic.auth.user.info"] = f"{username}:{password}"
        if ca_file:
            config["ssl.ca.location"] = ca_file
        self._client = SchemaRegistryClient(config)
        self._url = url
        self._may_register = may_register

    async def fetch(self, schema_id: int) -> list[str] | None:
        """The schema's text, after those it refers to. None: the registry has no such id."""
        try:
            return await asyncio.to_thread(self._fetch, schema_id)
        except SchemaRegistryError as error:
            if error.http_status_code == 404:
                return None
            raise self._unavailable(error) from None
        except Exception as error:  # noqa: BLE001 - the client lets errors of httpx, JSON and TLS through as they are
            raise self._unavailable(error) from None

    async def id_of(self, subject: str, schema: str) -> int:
        """The id to write with: registered if it is new and registering is allowed."""
        ask = self._client.register_schema if self._may_register else self._look_up
        try:
            return await asyncio.to_thread(ask, subject, Schema(schema, "AVRO"), True)
        except SchemaRegistryError as error:
            if error.http_status_code in (404, 409, 422):
                raise RegistryRefused(self._refusal(subject, error)) from None
            raise self._unavailable(error) from None
        except Exception as error:  # noqa: BLE001 - as above
            raise self._unavailable(error) from None

    def _fetch(self, schema_id: int) -> list[str]:
        return self._with_references(self._client.get_schema(schema_id))

    def _with_references(self, schema: Schema) -> list[str]:
        texts: list[str] = []
        for reference in schema.references or []:
            referred = self._client.get_version(reference.subject or "", reference.version or 1).schema
            texts += [text for text in self._with_references(referred) if text not in texts]
        return [*texts, schema.schema_str or ""]

    def _look_up(self, subject: str, schema: Schema, normalize: bool) -> int:
        found = self._client.lookup_schema(subject, schema, normalize).schema_id
        if found is None:
            raise SchemaRegistryError(404, 40403, "the registry named no id")
        return found

    def _refusal(self, subject: str, error: SchemaRegistryError) -> str:
        if not self._may_register:
            return (
                f"subject {subject} has no version equal to our schema: register it from schemas/, or set "
                "CONNECTOR_SCHEMA_REGISTRY__AUTO_REGISTER=true"
            )
        return f"subject {subject} does not take our schema ({error.error_message}): compare its versions with schemas/"

    def _unavailable(self, error: Exception) -> RegistryUnavailable:
        detail = f"HTTP {error.http_status_code}" if isinstance(error, SchemaRegistryError) else type(error).__name__
        return RegistryUnavailable(f"the schema registry at {self._url} did not answer as expected: {detail}")


def open_registry(settings: SchemaRegistrySettings) -> SchemaRegistry | None:
    """None where none is configured. Connects to nothing yet."""
    if not settings.url:
        return None
    return SchemaRegistry(
        settings.url,
        username=settings.username,
        password=settings.password.get_secret_value(),
        ca_file=str(settings.ca_file or ""),
        may_register=settings.auto_register,
    )
