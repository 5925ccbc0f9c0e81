"""What the domain publishes fits the schemas, field by field."""

from decimal import Decimal
from typing import Any

import pytest

from connector.domain.orders.commands import CommandResult
from connector.domain.orders.events import CancellationEvent, OrderEvent
from connector.domain.returns.events import ReturnEvent
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.avro.records import domain_record, to_record
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
    told = filled(kind)
    decoded, record = codec.decode(topic.name, codec.encode(topic.name, domain_record(told))), to_record(told)
    assert _without(decoded, record) == record
    assert codec.encode(topic.name, record) == codec.encode(topic.name, domain_record(told))


def _without(decoded: Any, record: Any) -> Any:
    """`decoded` less the fields that are beside the domain; any other surplus stays, and fails the comparison. A text
    that is a decimal in the domain is one again."""
    if isinstance(record, Decimal) and isinstance(decoded, str):
        return Decimal(decoded)
    if isinstance(decoded, dict):
        surplus = BESIDE_THE_DOMAIN - record.keys()
        return {name: _without(value, record.get(name)) for name, value in decoded.items() if name not in surplus}
    if isinstance(decoded, list):
        return [_without(value, item) for value, item in zip(decoded, record, strict=True)]
    return decoded
