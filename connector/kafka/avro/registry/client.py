"""The registry's client. It belongs to the event loop that first asks it."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

from confluent_kafka.schema_registry import AsyncSchemaRegistryClient, Schema, SchemaRegistryError
from confluent_kafka.schema_registry.common._httpx_compat import httpx  # httpx2 or httpx: the one that it took

from connector.kafka.avro.parsing import MAX_SCHEMA_TEXT
from connector.kafka.avro.registry import (
    NoSuchSchema,
    OddAnswer,
    RefusedSchema,
    RegisteredSchema,
    RegistryAnswer,
    RegistryRefused,
    RegistryUnavailable,
)

ID_UNKNOWN = 40403  # "Schema not found": the one answer that says the registry has no such id
REFUSALS = (404, 409, 422)
AT_ONCE = 4  # calls to the registry
TIMEOUT_S = 10
LONGEST_ANSWER_S = 30  # to its last byte, however slowly they drip
LARGEST_SCHEMA_ANSWER_BYTES = 4 * 1024 * 1024  # a schema's text of the longest, as JSON in JSON
MAX_REFERENCES = 100  # of one schema, those of its references too

# docs.confluent.io, Schema Registry API Reference, error codes
_WORDS: Mapping[int, str] = {
    40401: "no such subject",
    40402: "no such version",
    ID_UNKNOWN: "no such schema",
    409: "it is not compatible with an earlier version",
    42201: "it takes the schema for none",
    42202: "it takes the version for none",
    42203: "it takes the compatibility level for none",
    50001: "its store failed",
    50002: "its store did not answer in time",
    50003: "it could not ask its leader",
}


class SchemaRegistry:
    """`url` without user and password; it is shown in what is raised."""

    def __init__(
        self, url: str, *, username: str = "", password: str = "", ca_file: str = "", may_register: bool = True
    ) -> None:
        self._url = url
        config: dict[str, str | int] = {"url": url, "timeout": TIMEOUT_S}
        if username:
            config["basic.auth.user.info"] = f"{username}:{password}"
        if ca_file:
            config["ssl.ca.location"] = ca_file
        self._client = AsyncSchemaRegistryClient(config)
        # Asks once a call: who waits for a producer's schema, and how long, is not the client's to say
        self._asking = AsyncSchemaRegistryClient({**config, "max.retries": 0})
        for client in (self._client, self._asking):
            _bound(client)
        self._may_register = may_register
        self._room = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, schema_id: int) -> RegistryAnswer:
        """Raises RegistryUnavailable where nobody answered."""
        try:
            async with self._room:
                return await self._fetch(schema_id)
        except SchemaRegistryError as error:
            return _answer(error)
        except Exception as error:  # noqa: BLE001 - nobody there, or a 2xx that is not the registry's
            if _is_transport_fault(error):
                raise self._unavailable(type(error).__name__) from None
            return OddAnswer(f"an answer that is not the registry's ({type(error).__name__})")

    async def id_of(self, subject: str, schema: str) -> int:
        """The id to write with: registered if it is new and registering is allowed."""
        ask = self._client.register_schema if self._may_register else self._look_up
        try:
            async with self._room:
                return await ask(subject, Schema(schema, "AVRO"), True)
        except SchemaRegistryError as error:
            if error.http_status_code in REFUSALS:
                raise RegistryRefused(self._refusal(subject, error)) from None
            raise self._unavailable(_told(error)) from None
        except Exception as error:  # noqa: BLE001 - the client lets errors of httpx, JSON and TLS through as they are
            raise self._unavailable(type(error).__name__) from None

    async def aclose(self) -> None:
        for client in (self._client, self._asking):
            await client.aclose()

    async def _fetch(self, schema_id: int) -> RegisteredSchema:
        # What the registry says now: what it said before is kept by those who asked
        await self._asking.clear_caches()  # type: ignore[no-untyped-call]  # the package's own
        schema = await self._asking.get_schema(schema_id)
        texts = (*await self._referred(schema, {}), schema.schema_str or "")
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a schema's text is none")
        return RegisteredSchema(texts, schema.schema_type or "AVRO")

    async def _referred(self, schema: Schema, known: dict[tuple[str, int], str]) -> list[str]:
        """Texts of all that it refers to, the innermost first; `known` ends a circle of them."""
        texts: list[str] = []
        for reference in schema.references or []:
            place = (reference.subject or "", reference.version or 1)
            if place in known:
                continue
            if len(known) == MAX_REFERENCES:
                raise ValueError(f"more than {MAX_REFERENCES} references")
            referred = (await self._asking.get_version(*place)).schema
            known[place] = referred.schema_str or ""
            if sum(map(len, known.values())) > MAX_SCHEMA_TEXT:
                raise ValueError("what it refers to is too long")
            texts += [*await self._referred(referred, known), known[place]]
        return texts

    async def _look_up(self, subject: str, schema: Schema, normalize: bool) -> int:
        found = (await self._client.lookup_schema(subject, schema, normalize)).schema_id
        if found is None:
            raise SchemaRegistryError(404, ID_UNKNOWN, "the registry named no id")
        return found

    def _refusal(self, subject: str, error: SchemaRegistryError) -> str:
        if not self._may_register:
            return (
                f"subject {subject} has no version equal to our schema: register it from schemas/, or set "
                "CONNECTOR_SCHEMA_REGISTRY__AUTO_REGISTER=true"
            )
        return f"subject {subject} does not take our schema ({_told(error)}): compare its versions with schemas/"

    def _unavailable(self, detail: str) -> RegistryUnavailable:
        return RegistryUnavailable(
            f"the schema registry at {self._url} did not answer as expected: {detail}; see CONNECTOR_SCHEMA_REGISTRY__*"
        )


def _bound(client: AsyncSchemaRegistryClient) -> None:
    """The client itself would read for ever, and unpack whatever it is sent. An answer that is too large, or packed, is
    a ValueError now, one that takes too long a TimeoutError."""

    async def bound(response: httpx.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise ValueError("the registry's answer is packed, which was not asked for")
        if isinstance(response.stream, httpx.AsyncByteStream):  # always: the client's session is one
            response.stream = _Bounded(response.stream)

    session = client._rest_client.session  # the client has no setting for it
    session.headers["accept-encoding"] = "identity"
    session.event_hooks = {"response": [bound]}  # called when the body has not been read yet


class _Bounded(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received, end = 0, time.monotonic() + LONGEST_ANSWER_S
        async for chunk in self._stream:
            received += len(chunk)
            if received > LARGEST_SCHEMA_ANSWER_BYTES:
                raise ValueError("the registry's answer is too large")
            if time.monotonic() > end:
                raise TimeoutError("the registry's answer does not end")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def _answer(error: SchemaRegistryError) -> NoSuchSchema | RefusedSchema | OddAnswer:
    if not _is_the_registrys(error) or error.http_status_code >= 500:
        return OddAnswer(_told(error))
    if error.http_status_code == 404 and error.error_code == ID_UNKNOWN:
        return NoSuchSchema(_told(error))
    return RefusedSchema(_told(error))


def _is_transport_fault(error: Exception) -> bool:
    """Nobody answered. By name: the client takes httpx2 where that is installed, else httpx."""
    return isinstance(error, OSError) or any(each.__name__ == "TransportError" for each in type(error).__mro__)


def _is_the_registrys(error: SchemaRegistryError) -> bool:
    """Only its own answers carry an error_code; the client sets one for the others."""
    return type(error.error_code) is int and error.error_code != SchemaRegistryError.UNKNOWN


def _told(error: SchemaRegistryError) -> str:
    """By its codes: its own words may quote a schema, or whatever was sent."""
    if not _is_the_registrys(error):
        return f"HTTP {error.http_status_code} without the registry's error_code"
    words = _WORDS.get(error.error_code, "")
    return f"HTTP {error.http_status_code}, error_code {error.error_code}" + (f": {words}" if words else "")
