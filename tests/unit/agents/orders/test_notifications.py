"""Messages saved whatever they are; each notification taken once, and forgotten after its time."""

import hashlib
import json
from dataclasses import replace

import pytest

from connector.agents.incoming import Incoming
from connector.agents.merchants.known import KnownMerchants
from connector.agents.orders.notifications import MAX_RAW_BYTES, NotificationsAgent, NotificationSaver
from connector.agents.records.reprocess import REPROCESSED
from connector.intake.sqs import RawMessage
from connector.kafka.homes import home_partition
from connector.kafka.topics import DEAD_LETTERS, MAX_RECORD_BYTES, NOTIFICATIONS
from connector.merchants import Merchants
from connector.smartconnect.wire.notifications import SHIPMENT_STATUS_CHANGE
from connector.tables.seen import SeenRow
from connector.telemetry import Telemetry
from tests.kit.memory import MemoryTable, MemoryTopics
from tests.kit.orders.agents import OrderAgents, consumed, merchant


class World:
    """One partition. `hints`: (shipment, status) of the readings that were asked for."""

    def __init__(self) -> None:
        self.orders = OrderAgents({})
        self.here = {"M1": merchant()}
        self.seen = MemoryTable[SeenRow]()
        self.topics = MemoryTopics()
        outbox, merchants = self.topics.outbox(), KnownMerchants(lambda: Merchants(self.here))
        self.saver = NotificationSaver(outbox, 1, lambda: 10_000)
        self.agent = NotificationsAgent(
            Incoming(self.topics.codec, partitions=1, telemetry=Telemetry(), now_ms=lambda: 10_000),
            outbox,
            self.seen,
            shipments=self.orders.shipments,
            intervals=self.orders.intervals,
            merchants=merchants,
        )

    @property
    def hints(self) -> list[tuple[str, str]]:
        rows = self.orders.table.held.values()
        return [(row.shipment_id, row.hint.status) for row in rows if row.hint is not None]

    async def arrive(self, *bodies: str) -> list[str]:
        """Saved, then taken by the agent; the reasons of the dead letters."""
        await self.saver.save([RawMessage(f"sqs-{number}", body, "") for number, body in enumerate(bodies)])
        saved, self.topics.sent = self.topics.sent, []
        await self.agent.apply(0, consumed(NOTIFICATIONS.name, saved))
        letters, self.topics.sent = self.topics.on(DEAD_LETTERS), []
        assert {letter["value"] for letter in letters} <= {record.value for record in saved}
        return [letter["reason"] for letter in letters]


def told(notification_id: str = "n1", kind: str = SHIPMENT_STATUS_CHANGE, **facts: str) -> str:
    payload = {"merchantId": "M1", "locationId": "LOC", "shipmentId": "S1", "shipmentStatus": "ACCEPTED", **facts}
    metadata = {"notificationId": notification_id}
    envelope = {"notificationType": kind, "payload": payload, "notificationMetadata": metadata}
    return json.dumps({**envelope, "eventTime": "1970-01-01T00:00:05Z"})


async def test_each_notification_is_a_hint_once() -> None:
    world = World()
    assert await world.arrive(told(), told(), told("n2", shipmentId="S2")) == []
    assert world.hints == [("S1", "ACCEPTED"), ("S2", "ACCEPTED")]
    assert set(world.seen.held) == {"M1|n1", "M1|n2"}
    world.orders.table.held.clear()  # whatever became of the shipments
    assert await world.arrive(told()) == []
    assert not world.hints


async def test_one_that_is_reprocessed_is_taken_though_it_was_seen_and_once_in_each_run() -> None:
    world = World()
    await world.saver.save([RawMessage("sqs", told(), "")])
    (saved,) = world.topics.sent

    async def again(run: str) -> list[tuple[str, str]]:
        world.orders.table.held.clear()  # whatever became of the shipment
        copy = replace(saved, headers=((REPROCESSED, run.encode()),))
        await world.agent.apply(0, consumed(NOTIFICATIONS.name, [copy]))
        return world.hints

    await world.agent.apply(0, consumed(NOTIFICATIONS.name, [saved]))
    assert world.hints == [("S1", "ACCEPTED")]
    assert await again("run-1") == [("S1", "")], "read whatever is known of it"
    assert await again("run-1") == [], "the copy came twice"
    assert await again("run-2") == [("S1", "")]
    assert set(world.seen.held) == {"M1|n1", "M1|run-1/n1", "M1|run-2/n1"}


async def test_anything_is_saved_and_the_unusable_becomes_a_dead_letter() -> None:
    world = World()
    reasons = await world.arrive(
        "no JSON",
        '"text"',
        "",
        json.dumps({"notificationType": "ORDER_CHANGE", "payload": {"orderChange": {"x": 1}}}),
        told(merchantId="M404"),
        told(locationId="X"),
        "x" * 1_000_000,
    )
    unreadable = ["UNREADABLE"] * 3
    assert reasons == [*unreadable, "UNKNOWN_TYPE", "UNKNOWN_MERCHANT", "UNKNOWN_LOCATION", "INVALID"]
    assert not world.hints
    assert not world.seen.held, "so a dead letter that is retried is taken then"
    world.here["M404"] = merchant(merchant_id="M404", orders=False)
    assert await world.arrive(told(merchantId="M404")) == []
    assert not world.hints, "orders are switched off there"


async def test_who_names_a_shipment_is_heard_whatever_the_type_is_called() -> None:
    world = World()
    assert await world.arrive(told(kind="RENAMED")) == []
    assert world.hints == [("S1", "ACCEPTED")]


async def test_what_is_saved() -> None:
    world = World()
    await world.saver.save([RawMessage("sqs-1", told(), ""), RawMessage("sqs-2", "y" * 1_000_000, "")])
    readable, other = world.topics.sent
    assert (readable.key, readable.partition, other.key) == (b"M1", home_partition(b"M1", 1), b"")
    record, cut = world.topics.on(NOTIFICATIONS)
    assert (record["raw"], record["notification_id"], record["event_time"]) == (told(), "n1", 5000)
    assert (cut["raw"], cut["notification_id"]) == ("y" * MAX_RAW_BYTES, "sqs-2")
    assert (cut["raw_length"], cut["raw_sha256"]) == (1_000_000, hashlib.sha256(b"y" * 1_000_000).hexdigest())


@pytest.mark.parametrize(
    "body",
    [
        "\ud800" * 400_000,
        "\u20ac" * 400_000,
        told(shipmentId="S" * 200_000, locationId="L" * 200_000, merchantId="M" * 200_000),
        told(merchantId="\x1b]0;\x07\x00\ud800"),
    ],
    ids=["surrogates", "euros", "long ids", "control characters"],
)
async def test_whatever_it_is_it_can_be_saved_and_is_told(body: str) -> None:
    """Else the queue would hand it out for ever."""
    world = World()
    await world.saver.save([RawMessage("sqs-1", body, "")])
    (saved,) = world.topics.sent
    assert len(saved.value or b"") + len(saved.key or b"") < MAX_RECORD_BYTES
    world.topics.sent = []
    assert await world.arrive(body) in (["INVALID"], ["UNREADABLE"], ["UNKNOWN_MERCHANT"])


async def test_an_odd_id_of_a_notification_does_not_hide_what_it_tells() -> None:
    """The queue's own id is taken in its place."""
    world = World()
    assert await world.arrive(told(notification_id="n" * 300_000, channelName="\ud800")) == []
    assert (world.hints, set(world.seen.held)) == ([("S1", "ACCEPTED")], {"M1|sqs-0"})
