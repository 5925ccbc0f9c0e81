"""What the OMS gets of a fact of Amazon's: through connector.api-calls, into the event, and out of its bytes again."""

import asyncio
import hashlib
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import Any

import msgspec

from connector.agents.alerts import Alerts
from connector.agents.orders.documents import ShipmentDocuments
from connector.documents.store import DocumentStore
from connector.domain.orders.announcements import Sight, order_events
from connector.domain.orders.events import OrderEvent, Via
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.steps import GetShipmentCall, Step
from connector.domain.outcomes import Accepted, Answer
from connector.domain.returns.events import ReturnEvent, observe_return
from connector.domain.returns.facts import Return
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.records import domain_record
from connector.kafka.topics import ORDERS, RETURNS, Topic
from connector.merchants import Merchant
from connector.smartconnect.caller import CallReport
from tests.kit.amazon.model import answers
from tests.kit.amazon.model.carried import in_record, record_place
from tests.kit.amazon.model.facts import Field
from tests.kit.amazon.model.tree import Place, Said, path_of
from tests.kit.memory import MemoryTopics
from tests.kit.orders.documents import Files
from tests.kit.orders.documents import Place as MemoryPlace

MERCHANT = "A2EXAMPLE"
LARGEST_RECORD = 900_000
_AVRO_DECIMAL = Decimal("0.0001")
_LOCATION = {"location_id": "LOC", "program": "SELF_SHIP"}


def published(facts: Shipment | Return) -> Mapping[str, Any]:
    """The event of its first sight, as a reader of the topic has it. AssertionError where it would not fit a record."""
    match facts:
        case Shipment():
            kept = msgspec.json.decode(_bounded(stored(facts)), type=Shipment)
            row = ShipmentRow(merchant_id=MERCHANT, shipment_id=kept.shipment_id)
            event, *_ = order_events(None, kept, row, Sight(Via.POLL, kept.last_updated_at_ms))
            return _read_again(ORDERS, event)
        case Return():
            again = msgspec.json.decode(_bounded(facts), type=Return)
            _, (told, *_) = observe_return(MERCHANT, None, again, 0)
            return _read_again(RETURNS, told)


def stored(facts: Shipment) -> Shipment:
    """With its documents in the store, as they are before its reading is told."""
    step = Step(call=GetShipmentCall(), merchant_id=MERCHANT, shipment_id=facts.shipment_id)
    documents = ShipmentDocuments(
        DocumentStore(MemoryPlace()), Files().fetch, Alerts(MemoryTopics().outbox(), 1, lambda: 0)
    )
    merchant = Merchant.model_validate(
        {"merchant_id": MERCHANT, "marketplace_id": "A", "refresh_token_env": "T", "locations": [_LOCATION]}
    )
    outcome = asyncio.run(documents.keep(merchant, step, CallReport(Accepted(Answer(), facts)))).outcome
    assert isinstance(outcome, Accepted), outcome
    assert isinstance(outcome.value, Shipment)
    return outcome.value


def not_told(answer: answers.Answer, records: Mapping[str, Any] | list[Mapping[str, Any]]) -> list[str]:
    """The facts of the answer that are not what the record says, each with both. One record, or one of each item."""
    found: list[str] = []
    for place, field, said in answer.facts():
        try:
            target = record_place(answer.operation.name, place)
        except KeyError:
            continue  # left out, or lost: the table says why
        record = records[_position(place)] if isinstance(records, list) else records
        told = in_record(record, target)
        if said.meant is not None and not _agree(field, said, told):
            found.append(f"{path_of(place)}: {said.written!r} became {told!r}")
    return found


def _position(place: Place) -> int:
    return next(step for step in place if isinstance(step, int))


def _agree(field: Field, said: Said, told: Any) -> bool:
    match said.meant:
        case Decimal() as meant if told is not None:
            rounded = meant.quantize(_AVRO_DECIMAL, ROUND_HALF_EVEN)
            return Decimal(told) in (meant, rounded)
        case bytes() as meant:
            return bool(told == (hashlib.sha256(meant).hexdigest() if meant else ""))
        case int() as meant if field.kind == "time" and told is not None:
            return bool(abs(told - meant) <= 1)  # rounded or cut
        case meant:
            return bool(told == meant)


def _bounded(facts: Shipment | Return) -> bytes:
    """As it lies in a row, and in an answer on connector.api-calls."""
    encoded = msgspec.json.encode(facts)
    assert len(encoded) < LARGEST_RECORD - 200_000, f"{len(encoded)} bytes leave no room for the rest of a row"
    return encoded


def _read_again(topic: Topic, event: OrderEvent | ReturnEvent) -> Mapping[str, Any]:
    try:
        encoded = _codec().encode(topic.name, domain_record(event))
    except ValueError as misfit:
        raise AssertionError(f"no record of {topic.name}: {misfit}") from misfit
    assert len(encoded) < LARGEST_RECORD, f"a record of {len(encoded)} bytes"
    return _codec().decode(topic.name, encoded)


@cache
def _codec() -> AvroCodec:
    return AvroCodec()
