"""Messages saved whatever they are; each notification taken once, and forgotten after its time."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from aiokafka.structs import ConsumerRecord

from connector.agents.incoming import Incoming
from connector.agents.orders.notifications import MAX_RAW_BYTES, NotificationsAgent, NotificationSaver
from connector.intake.sqs import RawMessage
from connector.kafka.avro.codec import AvroCodec
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord
from connector.kafka.topics import MAX_RECORD_BYTES
from connector.merchants import Merchant, Merchants
from connector.smartconnect.wire.notifications import SHIPMENT_STATUS_CHANGE
from connector.telemetry import Telemetry
from tests.kit.orders.agents import Rows, merchant

REMEMBER_MS = 1000


class World:
    """One partition. `sent`: what the agent and the saver wrote to Kafka."""

    def __init__(self) -> None:
        self.now_ms = 10_000
        self.here: dict[str, Merchant] = {"M1": merchant()}
        self.seen = Rows()
        self.sent: list[OutRecord] = []
        self.hints: list[tuple[str, str, int]] = []
        self.codec = AvroCodec()
        me = cast(Any, self)
        self.saver = NotificationSaver(self.codec, me, 1, lambda: self.now_ms)
        self.agent = NotificationsAgent(
            Incoming(self.codec, 1, Telemetry(), lambda: self.now_ms),
            me,
            cast(Any, self.seen),
            me,
            lambda: Merchants(self.here),
            REMEMBER_MS,
            lambda: self.now_ms,
        )

    async def send(self, records: Sequence[OutRecord]) -> None:
        self.sent.extend(records)

    @asynccontextmanager
    async def editing(self, _: int) -> AsyncIterator["World"]:
        yield self

    def hint(self, merchant_id: str, shipment_id: str, status: str, *, changed_at_ms: int) -> None:
        assert merchant_id == "M1"
        self.hints.append((shipment_id, status, changed_at_ms))

    async def arrive(self, *bodies: str) -> list[str]:
        """Saved, then taken by the agent; the reasons of the dead letters."""
        await self.saver.save([RawMessage(f"sqs-{number}", body, "") for number, body in enumerate(bodies)])
        saved, self.sent = self.sent, []
        await self.agent.apply(
            0, [ConsumerRecord(s.topic, 0, n, 0, 0, s.key, s.value, None, 2, 1, ()) for n, s in enumerate(saved)]
        )
        letters, self.sent = [self.codec.decode(each.topic, each.value) for each in self.sent], []
        assert [letter["value"] for letter in letters] == [s.value for s in saved if s.value in _values(letters)]
        return [letter["reason"] for letter in letters]


def _values(letters: Sequence[dict[str, Any]]) -> list[bytes]:
    return [letter["value"] for letter in letters]


def told(notification_id: str = "n1", kind: str = SHIPMENT_STATUS_CHANGE, **facts: str) -> str:
    payload = {"merchantId": "M1", "locationId": "LOC", "shipmentId": "S1", "shipmentStatus": "ACCEPTED", **facts}
    metadata = {"notificationId": notification_id}
    envelope = {"notificationType": kind, "payload": payload, "notificationMetadata": metadata}
    return json.dumps({**envelope, "eventTime": "1970-01-01T00:00:05Z"})


async def test_each_notification_is_a_hint_once() -> None:
    world = World()
    assert await world.arrive(told(), told(), told("n2", shipmentId="S2")) == []
    assert await world.arrive(told()) == []
    assert world.hints == [("S1", "ACCEPTED", 5000), ("S2", "ACCEPTED", 5000)]


async def test_its_id_is_forgotten_after_its_time() -> None:
    world = World()
    await world.arrive(told())
    world.now_ms += REMEMBER_MS
    await world.arrive(told("n2"))
    assert set(world.seen.held) == {"M1|n1", "M1|n2"}
    world.now_ms += 1
    await world.arrive(told("n3"))
    assert set(world.seen.held) == {"M1|n2", "M1|n3"}


async def test_anything_is_saved_and_the_unusable_becomes_a_dead_letter() -> None:
    world = World()
    reasons = await world.arrive(
        "no JSON",
        '"text"',
        "",
        told(kind="ORDER_CHANGE"),
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


async def test_what_is_saved() -> None:
    world = World()
    await world.saver.save([RawMessage("sqs-1", told(), ""), RawMessage("sqs-2", "y" * 1_000_000, "")])
    readable, other = world.sent
    assert (readable.key, readable.partition, other.key) == (b"M1", home_partition(b"M1", 1), b"")
    record = world.codec.decode(readable.topic, readable.value)
    assert (record["raw"], record["notification_id"], record["event_time"]) == (told(), "n1", 5000)
    record = world.codec.decode(other.topic, other.value)
    assert (record["raw"], record["notification_id"]) == ("y" * MAX_RAW_BYTES, "sqs-2")
    assert (record["raw_length"], record["raw_sha256"]) == (1_000_000, hashlib.sha256(b"y" * 1_000_000).hexdigest())


@pytest.mark.parametrize(
    "body",
    [
        "\ud800" * 400_000,
        "\u20ac" * 400_000,
        told(shipmentId="S" * 200_000, locationId="L" * 200_000, merchantId="M" * 200_000),
        told(notification_id="n" * 300_000, channelName="\ud800"),
        told(merchantId="\x1b]0;\x07\x00\ud800"),
    ],
    ids=["surrogates", "euros", "long ids", "long id", "control characters"],
)
async def test_whatever_it_is_it_can_be_saved_and_is_told(body: str) -> None:
    """Else the queue would hand it out for ever."""
    world = World()
    await world.saver.save([RawMessage("sqs-1", body, "")])
    (saved,) = world.sent
    assert len(saved.value or b"") + len(saved.key or b"") < MAX_RECORD_BYTES
    world.sent = []
    assert await world.arrive(body) in (["INVALID"], ["UNREADABLE"], ["UNKNOWN_MERCHANT"])
