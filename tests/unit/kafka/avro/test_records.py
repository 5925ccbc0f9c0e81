"""What the domain publishes fits the schemas, field by field."""

from decimal import Decimal
from typing import Any

import pytest

from connector.domain.money import Money
from connector.domain.orders.commands import CommandResult
from connector.domain.orders.events import CancellationEvent, OrderEvent
from connector.domain.orders.facts.packages import Weight
from connector.domain.returns.events import ReturnEvent
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.records import to_record
from connector.kafka.topics import CANCELLATIONS, COMMAND_RESULTS, ORDERS, RETURNS, Topic
from tests.kit.orders.samples import filled

# Filled from the listings, which the domain does not know; the request id is the audit log's
BESIDE_THE_DOMAIN = {"client_sku", "channel_sku", "asin", "request_id"}


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        (OrderEvent, ORDERS),
        (CancellationEvent, CANCELLATIONS),
        (ReturnEvent, RETURNS),
        (CommandResult, COMMAND_RESULTS),
    ],
)
def test_every_fact_of_the_domain_survives_the_topic(kind: type[Any], topic: Topic) -> None:
    codec = AvroCodec()
    record = to_record(filled(kind))
    decoded = codec.decode(topic.name, codec.encode(topic.name, record))
    assert _without(decoded, record) == record


def test_decimals_keep_their_digits_up_to_the_schemas_scale() -> None:
    assert to_record(Money(Decimal("19.9900"), "INR")) == {"amount": Decimal("19.9900"), "currency": "INR"}
    assert to_record(Money(Decimal("0.123456"), "INR"))["amount"] == Decimal("0.1235")
    assert to_record(Weight(Decimal("1E+2"), "G"))["value"] == Decimal(100)
    assert to_record(Decimal("0.00000001")) == "0.00000001"


def _without(decoded: Any, record: Any) -> Any:
    """`decoded` less the fields that are beside the domain; any other surplus stays, and fails the comparison."""
    if isinstance(decoded, dict):
        surplus = BESIDE_THE_DOMAIN - record.keys()
        return {name: _without(value, record.get(name)) for name, value in decoded.items() if name not in surplus}
    if isinstance(decoded, list):
        return [_without(value, item) for value, item in zip(decoded, record, strict=True)]
    return decoded
