"""Whatever bytes arrive on a topic, they are a record or bad input (guarantee G7): nothing else, and it ends."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.orders.events import OrderEvent
from connector.domain.returns.events import ReturnEvent
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.records import to_record
from connector.kafka.avro.schemas import parse, text_of
from connector.kafka.topics import ORDERS, RETURNS, TOPICS, Topic
from tests.kit.orders.samples import filled

CODEC = AvroCodec()


def read(topic: Topic, data: bytes) -> None:
    with suppress(BadRecord):
        assert isinstance(CODEC.decode(topic.name, data), dict)


@given(st.sampled_from(TOPICS), st.binary(max_size=200))
def test_any_bytes(topic: Topic, data: bytes) -> None:
    read(topic, data)


@given(st.sampled_from(TOPICS), st.binary(max_size=300))
@settings(max_examples=500)
def test_any_body_after_a_good_header(topic: Topic, body: bytes) -> None:
    read(topic, parse([text_of(topic.schema)]).single_object_header + body)


@pytest.mark.parametrize(("topic", "kind"), [(ORDERS, OrderEvent), (RETURNS, ReturnEvent)], ids=["orders", "returns"])
@given(data=st.data())
@settings(max_examples=300)
def test_a_good_record_with_some_bytes_changed(topic: Topic, kind: type[object], data: st.DataObject) -> None:
    good = bytearray(CODEC.encode(topic.name, to_record(filled(kind))))
    for place in data.draw(st.lists(st.integers(10, len(good) - 1), min_size=1, max_size=4)):
        good[place] = data.draw(st.integers(0, 255))
    read(topic, bytes(good))
