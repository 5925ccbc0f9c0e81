"""Whatever a schema lets an OMS write, the domain takes it or it is bad input (guarantee G7): nothing is raised."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.agents.incoming import Incoming
from connector.agents.inventory.records import read_update
from connector.agents.merchants.known import KnownMerchants
from connector.agents.orders.commands import OrderCommandsAgent
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.inventory.updates import take_update
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.avro.schemas import single_object_header, text_of
from connector.kafka.topics import INVENTORY, ORDER_COMMANDS, Topic
from connector.merchants import Merchants
from connector.telemetry import Telemetry
from tests.kit.kafka.avro.writers import encoded
from tests.kit.kafka.records import consumed
from tests.kit.orders.agents import OrderAgents
from tests.kit.virtual_time import run_virtual

CODEC = AvroCodec()
NOW_MS = 1_772_445_600_000


def written(topic: Topic) -> st.SearchStrategy[bytes]:
    """Values that can be decoded, or nearly so, of merchant M1 where they can."""
    text = text_of(topic.schema)
    header = single_object_header(text)

    def of_m1(body: bytes) -> bytes:
        try:
            record = CODEC.decode(topic.name, header + body)
        except BadRecord:
            return header + body
        return CODEC.encode(topic.name, record | {"merchant_id": "M1"})

    return encoded(json.loads(text)).map(of_m1)


@given(st.lists(written(INVENTORY), max_size=4))
@settings(deadline=None)
def test_any_update(values: list[bytes]) -> None:
    row: LedgerRow | None = None
    for offset, value in enumerate(values):
        try:
            update = read_update(
                CODEC.decode(INVENTORY.name, value), offset=offset, now_ms=NOW_MS, tolerance_ms=300_000
            )
        except BadRecord:
            continue
        row, _ = take_update(row, update, lambda *_: True, maybe_sent=False, now_ms=NOW_MS)


@given(st.lists(written(ORDER_COMMANDS), min_size=1, max_size=4))
@settings(deadline=None)
def test_any_command(values: list[bytes]) -> None:
    async def story() -> None:
        agents = OrderAgents({})
        guard = Incoming(CODEC, partitions=1, telemetry=Telemetry(), now_ms=agents.now_ms)
        agent = OrderCommandsAgent(guard, agents.shipments, KnownMerchants(lambda: Merchants({"M1": agents.here})))
        await agent.apply(0, [consumed(value, b"M1", topic=ORDER_COMMANDS.name) for value in values])

    run_virtual(story())
