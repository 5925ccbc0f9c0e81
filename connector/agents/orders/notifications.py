"""Amazon's notifications: saved on connector.notifications as they came, then taken as hints at what to read.

Anything the queue holds is saved, also what nobody can read: under the empty key then, so that its dead letter names a
topic and an offset, and it can be retried.
"""

from collections.abc import Callable, Sequence

from connector.agents.incoming import Incoming, Received, Record
from connector.agents.merchants.known import KnownMerchants
from connector.agents.orders.edits import ShipmentEdit, ShipmentEdits
from connector.agents.outbox import Outbox
from connector.intake.sqs import RawMessage
from connector.kafka.avro.codec import BadRecord
from connector.kafka.homes import home_partition
from connector.kafka.producer import OutRecord
from connector.kafka.topics import NOTIFICATIONS
from connector.smartconnect.wire.notifications import SHIPMENT_STATUS_CHANGE, ShipmentNotification, read_notification
from connector.smartconnect.wire.source import Unreadable
from connector.tables.seen import Seen, SeenRow, seen_key

MAX_RAW = 200_000  # a record must stay below the broker's 1 MB; Amazon's are some hundred bytes


class NotificationSaver:
    """What the intake hands its messages to: they may be deleted from the queue when `save` returns."""

    def __init__(self, outbox: Outbox, partitions: int, now_ms: Callable[[], int]) -> None:
        self._outbox = outbox
        self._partitions = partitions
        self._now_ms = now_ms

    async def save(self, messages: Sequence[RawMessage]) -> None:
        await self._outbox.send([self._record(message) for message in messages])

    def _record(self, message: RawMessage) -> OutRecord:
        try:
            told = read_notification(message.body)
        except Unreadable:
            told = ShipmentNotification(notification_id="", type="")
        record = {
            "notification_id": told.notification_id or message.message_id,
            "merchant_id": told.merchant_id,
            "notification_type": told.type,
            "shipment_id": told.shipment_id,
            "location_id": told.location_id,
            "channel_name": told.channel_name,
            "status": told.status,
            "event_time": told.event_at_ms,
            "received_at": self._now_ms(),
            "raw": message.body[:MAX_RAW],
        }
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
        merchants: KnownMerchants,
    ) -> None:
        self._incoming = incoming
        self._outbox = outbox
        self._seen = seen
        self._shipments = shipments
        self._merchants = merchants

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        """Hints first, then ids: after a crash in between, a hint is taken twice, which says nothing new."""
        batch = await self._incoming.open(NOTIFICATIONS.name, partition, records)
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
        told = _read(received)
        key = seen_key(told.merchant_id, received.value["notification_id"])
        if key in rows or self._seen.get(partition, key) is not None:
            return
        if self._merchants.require_flow(told.merchant_id, told.location_id, "orders"):
            edit.hint(told.merchant_id, told.shipment_id, told.status, changed_at_ms=told.event_at_ms or 0)
        rows[key] = SeenRow(edit.now_ms)


def _read(received: Received) -> ShipmentNotification:
    """Of the raw message: a dead letter that is retried is read by the code of then."""
    try:
        told = read_notification(received.value["raw"])
    except Unreadable as unreadable:
        raise BadRecord("UNREADABLE", f"raw: {unreadable}") from None
    if told.type != SHIPMENT_STATUS_CHANGE and not told.shipment_id:
        message = "notification_type: it is of no use here; end its subscription, or give it a queue of its own"
        raise BadRecord("UNKNOWN_TYPE", message)
    if told.merchant_id != received.value["merchant_id"]:
        raise BadRecord("WRONG_KEY", "merchant_id: the raw message names another one")
    return told
