"""Amazon's notifications: saved on connector.notifications as they came, then taken as hints at what to read.

Anything the queue holds is saved, also what nobody can read: under the empty key then, so that its dead letter names a
topic and an offset, and it can be retried.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import fields

from connector.agents.bounds import MAX_TEXT, check_texts
from connector.agents.incoming import Incoming, Received, Record
from connector.agents.orders.edits import ShipmentEdit, ShipmentEdits
from connector.intake.sqs import RawMessage
from connector.kafka.avro.codec import AvroCodec, BadRecord
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord, Producer
from connector.kafka.topics import NOTIFICATIONS
from connector.merchants import Merchants
from connector.smartconnect.wire.fields import Unreadable
from connector.smartconnect.wire.notifications import SHIPMENT_STATUS_CHANGE, ShipmentNotification, read_notification
from connector.tables.seen import Seen, SeenRow, expired, seen_key

MAX_RAW_BYTES = 800_000  # Amazon's are some hundred; what the record says beside it must fit too


class NotificationSaver:
    """What the intake hands its messages to: they may be deleted from the queue when `save` returns."""

    def __init__(self, codec: AvroCodec, producer: Producer, partitions: int, now_ms: Callable[[], int]) -> None:
        self._codec = codec
        self._producer = producer
        self._partitions = partitions
        self._now_ms = now_ms

    async def save(self, messages: Sequence[RawMessage]) -> None:
        await self._producer.send([self._record(message) for message in messages])

    def _record(self, message: RawMessage) -> OutRecord:
        try:
            told = _read(message.body)
        except BadRecord:
            told = ShipmentNotification(notification_id="", type="")
        raw = message.body.encode(errors="backslashreplace")
        record = {
            "notification_id": told.notification_id or message.message_id[:MAX_TEXT],
            "merchant_id": told.merchant_id,
            "notification_type": told.type,
            "shipment_id": told.shipment_id,
            "location_id": told.location_id,
            "channel_name": told.channel_name,
            "status": told.status,
            "event_time": told.event_at_ms,
            "received_at": self._now_ms(),
            "raw": raw[:MAX_RAW_BYTES].decode(errors="ignore"),
        }
        if len(raw) > MAX_RAW_BYTES:
            record |= {"raw_length": len(raw), "raw_sha256": hashlib.sha256(raw).hexdigest()}
        key = told.merchant_id.encode()
        value = self._codec.encode(NOTIFICATIONS.name, record)
        return OutRecord(NOTIFICATIONS.name, home_partition(key, self._partitions), key, value)


class NotificationsAgent:
    """`remember_ms`: how long ids of notifications are known, so that a late copy costs nothing."""

    def __init__(
        self,
        incoming: Incoming,
        producer: Producer,
        seen: Seen,
        shipments: ShipmentEdits,
        merchants: Callable[[], Merchants],
        remember_ms: int,
        now_ms: Callable[[], int],
    ) -> None:
        self._incoming = incoming
        self._producer = producer
        self._seen = seen
        self._shipments = shipments
        self._merchants = merchants
        self._remember_ms = remember_ms
        self._now_ms = now_ms

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        """Hints first, then ids: after a crash in between, a hint is taken twice, which says nothing new."""
        batch = self._incoming.open(NOTIFICATIONS.name, partition, records)
        out = batch.aside
        async with self._seen.lock(partition):
            rows: dict[str, SeenRow | None] = {}
            async with self._shipments.editing(partition) as edit:
                for received in batch.good:
                    try:
                        self._take(partition, received, edit, rows)
                    except BadRecord as bad:
                        out.append(self._incoming.dead_letter(received.record, bad))
            await self._producer.send(out)
            rows.update(dict.fromkeys(expired(self._seen, partition, self._now_ms() - self._remember_ms)))
            await self._seen.write(partition, rows)

    def _take(self, partition: int, received: Received, edit: ShipmentEdit, rows: dict[str, SeenRow | None]) -> None:
        told = self._read(received)
        key = seen_key(told.merchant_id, received.value["notification_id"])
        if key in rows or self._seen.get(partition, key) is not None:
            return
        if self._flows(told):
            edit.hint(told.merchant_id, told.shipment_id, told.status, changed_at_ms=told.event_at_ms or 0)
        rows[key] = SeenRow(self._now_ms())

    def _read(self, received: Received) -> ShipmentNotification:
        """Of the raw message: a dead letter that is retried is read by the code of then."""
        if (length := received.value["raw_length"]) is not None:
            told_of = f"{length} bytes, sha256 {received.value['raw_sha256']}"
            raise BadRecord("INVALID", f"raw: the message has {told_of}; more than {MAX_RAW_BYTES} are not kept")
        told = _read(received.value["raw"])
        if told.type != SHIPMENT_STATUS_CHANGE:
            message = "notification_type: it is of no use here; end its subscription, or give it a queue of its own"
            raise BadRecord("UNKNOWN_TYPE", message)
        if told.merchant_id != received.value["merchant_id"]:
            raise BadRecord("WRONG_KEY", "merchant_id: the raw message names another one")
        return told

    def _flows(self, told: ShipmentNotification) -> bool:
        merchant = self._merchants().get(told.merchant_id)
        if merchant is None:
            message = f"merchant_id: {told.merchant_id} is not in the merchants file; add it, then retry"
            raise BadRecord("UNKNOWN_MERCHANT", message)
        if not told.location_id:
            return merchant.orders
        location = merchant.location(told.location_id)
        if location is None:
            remedy = "add it (orders = false where others serve it), then retry"
            raise BadRecord(
                "UNKNOWN_LOCATION", f"location_id: {told.location_id} is not in the merchants file; {remedy}"
            )
        return merchant.flows(location, "orders")


def _read(message: str) -> ShipmentNotification:
    """Raises BadRecord, also for a text that is too long to be an id."""
    try:
        told = read_notification(message)
        check_texts({field.name: getattr(told, field.name) for field in fields(told)})
    except Unreadable as unreadable:
        raise BadRecord("UNREADABLE", f"raw: {unreadable}") from None
    return told
