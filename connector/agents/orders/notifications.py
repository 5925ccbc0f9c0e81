"""Amazon's notifications: saved on connector.notifications as they came, then taken as hints at what to read.

Anything the queue holds is saved, also what nobody can read: under the empty key then, so that its dead letter names a
topic and an offset, and it can be retried.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import fields

from connector.agents.bounds import MAX_TEXT, check_texts
from connector.agents.incoming import Incoming, Received, Record
from connector.agents.merchants.known import KnownMerchants
from connector.agents.orders.edits import ShipmentEdit, ShipmentEdits
from connector.agents.outbox import Outbox
from connector.agents.polling.intervals import PollIntervals
from connector.agents.records.reprocess import reprocess_of, seen_id
from connector.intake.sqs import RawMessage
from connector.kafka.avro.codec import BadRecord
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord
from connector.kafka.topics import NOTIFICATIONS
from connector.smartconnect.wire.notifications import SHIPMENT_STATUS_CHANGE, ShipmentNotification, read_notification
from connector.smartconnect.wire.source import Unreadable
from connector.tables.seen import Seen, SeenRow, seen_key

MAX_RAW_BYTES = 800_000  # Amazon's are some hundred; what the record says beside it must fit too


class NotificationSaver:
    """What the intake hands its messages to: they may be deleted from the queue when `save` returns."""

    def __init__(self, outbox: Outbox, partitions: int, now_ms: Callable[[], int]) -> None:
        self._outbox = outbox
        self._partitions = partitions
        self._now_ms = now_ms

    async def save(self, messages: Sequence[RawMessage]) -> None:
        await self._outbox.send_unleased([self._record(message) for message in messages])

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
        home = home_partition(told.merchant_id.encode(), self._partitions)
        return self._outbox.record(NOTIFICATIONS, home, told.merchant_id, record)


class NotificationsAgent:
    def __init__(
        self,
        incoming: Incoming,
        outbox: Outbox,
        seen: Seen,
        *,
        shipments: ShipmentEdits,
        intervals: PollIntervals,
        merchants: KnownMerchants,
    ) -> None:
        self._incoming = incoming
        self._outbox = outbox
        self._seen = seen
        self._shipments = shipments
        self._intervals = intervals
        self._merchants = merchants

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        """Hints first, then ids: after a crash in between, a hint is taken twice, which says nothing new."""
        batch = self._incoming.open(NOTIFICATIONS.name, partition, records)
        out = batch.aside
        async with self._seen.lock(partition):
            rows: dict[str, SeenRow | None] = {}
            async with self._shipments.editing(partition, batch.opened_at_ms) as edit:
                for received in batch.good:
                    try:
                        self._take(partition, received, edit, rows)
                    except BadRecord as bad:
                        out.append(self._incoming.dead_letter(received.record, bad))
            await self._outbox.send(out)
            await self._seen.write(partition, rows)

    def _take(self, partition: int, received: Received, edit: ShipmentEdit, rows: dict[str, SeenRow | None]) -> None:
        told = _taken(received)
        run = reprocess_of(received.record.headers)
        key = seen_key(told.merchant_id, seen_id(received.value["notification_id"], run))
        if key in rows or self._seen.get(partition, key) is not None:
            return
        if self._merchants.require_flow(told.merchant_id, told.location_id, "orders"):
            # What is given again is to be read whatever is known: why it was not right then is not known here
            status, changed_at_ms = ("", 0) if run else (told.status, told.event_at_ms or 0)
            edit.hint(told.merchant_id, told.shipment_id, status, changed_at_ms=changed_at_ms)
            if not run:
                self._intervals.heed_notification(told.merchant_id, told.shipment_id, told.status)
        rows[key] = SeenRow(edit.now_ms)


def _taken(received: Received) -> ShipmentNotification:
    """Of the raw message: a dead letter that is retried is read by the code of then."""
    if (length := received.value["raw_length"]) is not None:
        told_of = f"{length} bytes, sha256 {received.value['raw_sha256']}"
        raise BadRecord("INVALID", f"raw: the message has {told_of}; more than {MAX_RAW_BYTES} are not kept")
    told = _read(received.value["raw"])
    if told.type != SHIPMENT_STATUS_CHANGE and not told.shipment_id:
        message = "notification_type: it is of no use here; end its subscription, or give it a queue of its own"
        raise BadRecord("UNKNOWN_TYPE", message)
    if told.merchant_id != received.value["merchant_id"]:
        raise BadRecord("WRONG_KEY", "merchant_id: the raw message names another one")
    return told


def _read(message: str) -> ShipmentNotification:
    """Raises BadRecord, also for a text that is too long to be an id."""
    try:
        told = read_notification(message)
        check_texts({field.name: getattr(told, field.name) for field in fields(told)})
    except Unreadable as unreadable:
        raise BadRecord("UNREADABLE", f"raw: {unreadable}") from None
    return told
