"""Whatever reads bytes from outside, each under a name: what it may raise, and good input to begin with."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec

from connector.agents.inventory.records import read_update
from connector.agents.orders.command_records import read_command
from connector.cli.stock.listing_file import load_listings
from connector.cli.stock.sheets import load_sheet
from connector.documents.formats import recognise
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.inventory.requests import FetchInventory, InventoryRequest, UpdateInventory
from connector.domain.orders.commands import Confirm
from connector.domain.orders.facts.documents import Document
from connector.domain.outcomes import Answer
from connector.errors import InputFileError, MerchantsError
from connector.foreign.codes import code_of
from connector.foreign.masking import masked
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.registry import RegisteredSchema
from connector.kafka.avro.schemas import SCHEMAS_DIR, text_of
from connector.kafka.avro.topic_codec import Incompatible, TopicCodec
from connector.kafka.topics import INVENTORY, ORDER_COMMANDS
from connector.merchants import parse_merchants
from connector.settings.addresses import checked_brokers, checked_documents_url, checked_names, checked_url
from connector.settings.proxies import proxy_faults
from connector.smartconnect.auth import read_token_answer
from connector.smartconnect.label_hosts import LabelHosts
from connector.smartconnect.messages import Response
from connector.smartconnect.outcomes import failure, joined, read_date_ms, read_rate_limit, read_retry_after
from connector.smartconnect.refresh_tokens import token_in
from connector.smartconnect.wire.body import from_json
from connector.smartconnect.wire.documents import decoded_base64, read_invoice, read_labels, read_shipping_options
from connector.smartconnect.wire.inventory import read_batch
from connector.smartconnect.wire.notifications import (
    read_destination,
    read_destinations,
    read_notification,
    read_subscription,
)
from connector.smartconnect.wire.returns import read_return, read_returns
from connector.smartconnect.wire.shipments import read_shipment, read_shipments
from connector.smartconnect.wire.source import Source, Unreadable
from connector.smartconnect.wire.times import moment_of
from connector.tables.ledger import LEDGER
from connector.tables.returns import RETURN_ROWS
from connector.tables.shipments import SHIPMENTS
from connector.tables.table import UnreadableRow
from connector.tables.watermarks import WATERMARKS
from tests.kit.amazon.bodies import LABELS, NOTIFICATION, RETURN, TOKEN
from tests.kit.cases import CASES, case_file, read_case
from tests.kit.inventory.sheets import xlsx
from tests.kit.orders.shipments import asked, known, shipment


@dataclass(frozen=True)
class Decoder:
    """`decode` may raise `declared` and nothing else. `good`: input of every kind that it reads."""

    decode: Callable[[bytes], object]
    declared: tuple[type[Exception], ...]
    good: tuple[bytes, ...]


def _json(*values: Any) -> tuple[bytes, ...]:
    return tuple(json.dumps(value).encode() for value in values)


def _first_says(*readers: Callable[[bytes], object]) -> Callable[[bytes], object]:
    """Which of `readers` is meant."""
    return lambda data: readers[data[0] % len(readers)](data[1:]) if data else None


def _each(*inputs: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Good input of each reader in turn, behind the byte that says which."""
    return tuple(bytes([number]) + data for number, several in enumerate(inputs) for data in several)


def _answer(read: Callable[[Source], object]) -> Callable[[bytes], object]:
    decode = from_json(read)
    return lambda data: decode(Response(200, content=data))


def _in_file(load: Callable[[Path], object]) -> Callable[[bytes], object]:
    def loaded(data: bytes) -> object:
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            return load(Path(file.name))

    return loaded


def _bodies(*names: str) -> tuple[bytes, ...]:
    return _json(*(read_case(f"amazon/{name}")["body"] for name in names))


REQUESTS: list[InventoryRequest] = [UpdateInventory("EXSB", "SKU-1", 5, 1), FetchInventory("EXSB", "SKU-1")]
LEVEL = {"sellableQuantity": 5, "reservedQuantity": 0, "clientSequenceNumber": 1}
BATCH = {"responses": [{"status": {"statusCode": 200}, "body": {"locationId": "EXSB", "skuId": "SKU-1", **LEVEL}}]}
OPTIONS = {"shippingOptions": [{"shippingOptionId": "o", "pickupWindow": {"startTime": "2026-03-02T10:00:00Z"}}]}
INVOICE = {"document": {"format": "PDF", "content": "JVBERi0="}}
ENVELOPES = (NOTIFICATION, {"Type": "Notification", "Message": json.dumps(NOTIFICATION)}, {"detail": NOTIFICATION})
SUBSCRIPTION = {"payload": {"subscriptionId": "s", "destinationId": "d", "payloadVersion": "1.0"}}
DESTINATION = {"name": "n", "destinationId": "d", "resource": {"sqs": {"arn": "arn:aws:sqs:eu-west-1:1:q"}}}
ERROR = {"errors": [{"code": "InvalidInput", "message": "no, +91 98 7654 3210, a@b.example", "details": "x"}]}
HOSTS = LabelHosts("https://sellingpartnerapi-eu.amazon.com")
CODEC = AvroCodec()
TOPICS = {topic.name: TopicCodec(topic, SCHEMAS_DIR) for topic in (INVENTORY, ORDER_COMMANDS)}
UPDATE = {"update_id": "u", "merchant_id": "M1", "location_id": "WH1", "sku": "A", "quantity": 5, "occurred_at": 1}
ORDER = {"command_id": "c", "merchant_id": "M1", "shipment_id": "S1", "issued_at": 1, "expires_at": None}
ACTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("smartconnect.Confirm", {}),
    ("smartconnect.Reject", {"reason": "OUT_OF_STOCK", "reference_id": None}),
)
COMMANDS = [CODEC.encode(ORDER_COMMANDS.name, {**ORDER, "action": action}) for action in ACTIONS]
CUT = b"\0\0\0\0"


def _update(data: bytes) -> object:
    return read_update(CODEC.decode(INVENTORY.name, data), offset=0, now_ms=2, tolerance_ms=0)


def _command(data: bytes) -> object:
    return read_command(CODEC.decode(ORDER_COMMANDS.name, data))


def _by_writer(topic: str) -> Callable[[bytes], object]:
    """A writer's schema, CUT, and a value written with it."""

    def read(data: bytes) -> object:
        text, _, value = data.partition(CUT)
        reader = TOPICS[topic].reader_of(RegisteredSchema((text.decode(errors="replace"),)))
        return reader if isinstance(reader, Incompatible) else TOPICS[topic].read(reader, value, 0)

    return read


def _texts(data: bytes) -> object:
    text = data.decode(errors="replace")
    header = text.encode("ascii", "replace").decode()
    headers = {"date": header, "x-amzn-ratelimit-limit": header}
    times = (moment_of(text), read_retry_after(text, 0.0), read_date_ms(headers), read_rate_limit(headers))
    return (
        *times,
        joined([masked(text), code_of(text)]),
        decoded_base64(text),
        token_in(text, "here"),
        HOSTS.refused(text),
    )


def _settings(data: bytes) -> object:
    text = data.decode(errors="replace")
    list(proxy_faults({"HTTP_PROXY": text, "NO_PROXY": text}))
    for check in (checked_brokers, checked_documents_url, checked_names, checked_url):
        with suppress(ValueError):
            check(text)
    return None


def _document(data: bytes) -> object:
    return recognise(Document("PLAIN_TEXT", data))


def _error(data: bytes) -> object:
    found = failure(Response(400, content=data), 0.0)
    assert len(found.answer.message) <= 500
    return found


def _batch(data: bytes) -> object:
    return _answer(lambda source: read_batch(source, REQUESTS, Answer(http_status=200)))(data)


def _token(data: bytes) -> object:
    return read_token_answer(Response(200, content=data))


def _xlsx(data: bytes) -> object:
    """A part of a workbook, or, where it begins like one, a whole one."""
    return _in_file(lambda path: load_sheet(path, COLUMNS))(data if data.startswith(b"PK") else _with_sheet(data))


COLUMNS = ("merchant", "location", "sku", "sequence")
SHEET = "xl/worksheets/sheet1.xml"


WORKBOOK = xlsx(COLUMNS, ("M1", "EXSB", "a", 1))
PARTS = {name: ZipFile(BytesIO(WORKBOOK)).read(name) for name in ZipFile(BytesIO(WORKBOOK)).namelist()}


def _with_sheet(content: bytes) -> bytes:
    changed = BytesIO()
    with ZipFile(changed, "w") as archive:
        for name, part in PARTS.items():
            archive.writestr(name, content if name == SHEET else part)
    return changed.getvalue()


def _rows() -> tuple[tuple[bytes, ...], ...]:
    facts = known(shipment())
    rows = (facts, asked(facts, Confirm()).row)
    return (_packed(LedgerRow()), tuple(msgspec.json.encode(row) for row in rows), _json({}), _json({}))


def _packed(*rows: object) -> tuple[bytes, ...]:
    return tuple(msgspec.json.encode(row) for row in rows)


def _decoders() -> Iterator[tuple[str, Decoder]]:
    unreadable, bad = (Unreadable,), (BadRecord,)
    shipments = _bodies("multi-piece", "one-line-cancelled", "side-fact-unreadable")
    pages = tuple(b'{"shipments": [%s], "pagination": {"nextToken": "t"}}' % one for one in shipments)
    yield (
        "shipments",
        Decoder(_first_says(_answer(read_shipment), _answer(read_shipments)), unreadable, _each(shipments, pages)),
    )
    pages = _json({"returns": [RETURN], "nextToken": "t"})
    returns = _first_says(_answer(read_return), _answer(read_returns))
    yield "returns", Decoder(returns, unreadable, _each(_json(RETURN), pages))
    papers = _first_says(*map(_answer, (read_labels, read_shipping_options, read_invoice)))
    yield "papers", Decoder(papers, unreadable, _each(_json(LABELS), _json(OPTIONS), _json(INVOICE)))
    yield "stock", Decoder(_batch, unreadable, _json(BATCH))
    yield "errors", Decoder(_first_says(_error, _token), (), _each(_json(ERROR), _json(TOKEN, {"error": "x"})))
    subscriptions = map(_answer, (read_subscription, read_destination, read_destinations))
    notices = _each(
        _json(*ENVELOPES), _json(SUBSCRIPTION), _json({"payload": DESTINATION}), _json({"payload": [DESTINATION]})
    )
    yield "notifications", Decoder(_first_says(read_notification, *subscriptions), unreadable, notices)
    records = _each((CODEC.encode(INVENTORY.name, UPDATE),), tuple(COMMANDS))
    yield "records", Decoder(_first_says(_update, _command), bad, records)
    written = [
        (text_of(topic.schema).encode() + CUT + value[10:],)
        for topic, value in ((INVENTORY, CODEC.encode(INVENTORY.name, UPDATE)), (ORDER_COMMANDS, COMMANDS[0]))
    ]
    yield "schemas", Decoder(_first_says(*map(_by_writer, TOPICS)), bad, _each(*written))
    texts = (
        b"2026-03-02T10:00:00.5+05:30",
        b"Mon, 02 Mar 2026 10:00:00 GMT",
        b"1E+3",
        b"120",
        b"JVBERi0=",
        b'{"refresh_token": "a"}',
    )
    yield (
        "texts",
        Decoder(_texts, (), (*texts, b"https://a.s3.amazonaws.com/l.pdf?X-Amz-Signature=%41", b"https://[::1]:1/x")),
    )
    settings = (b"a:9092,[::1]:9092", b"https://u:p@h:1/p?q", b"s3://bucket/prefix", b"a.b,c_d", b"file:///x")
    yield "settings", Decoder(_settings, (), settings)
    yield (
        "documents",
        Decoder(_document, (), (b"%PDF-1.4\n", b"^XA^FO1^XZ", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<html>")),
    )
    merchants = tuple(path.read_bytes() for path in sorted(CASES.glob("files/merchants*.toml")))
    yield "merchants", Decoder(lambda data: parse_merchants(data, "file"), (MerchantsError,), merchants)
    listings = tuple(path.read_bytes() for path in sorted(CASES.glob("files/*.csv")))
    csv = _first_says(
        _in_file(lambda path: load_listings(path, "M1")), _in_file(lambda path: load_sheet(path, COLUMNS))
    )
    seeds = (b"merchant,location,sku,sequence\nM1,EXSB,a,1\n",)
    yield "csv", Decoder(csv, (InputFileError,), _each(listings, seeds))
    yield (
        "xlsx",
        Decoder(_xlsx, (InputFileError,), (PARTS[SHEET], WORKBOOK, case_file("dimension-too-short.xlsx").read_bytes())),
    )
    rows = _first_says(*(spec.reader() for spec in (LEDGER, SHIPMENTS, RETURN_ROWS, WATERMARKS)))
    yield "rows", Decoder(rows, (UnreadableRow,), _each(*_rows()))


DECODERS: Mapping[str, Decoder] = dict(_decoders())
