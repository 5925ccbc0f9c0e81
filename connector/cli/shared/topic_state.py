"""What topics say now, as the workers know it too: ledger, returns, operators' words, listings, standing alerts.

What can't be read is a fault that is told by its place: to go on without it would be to tell half.
"""

from typing import Any, TypeVar

from connector.agents.merchants.controls import PREVIOUS_MARK, Controls
from connector.agents.merchants.listings import Listings
from connector.cli.shared.broker import Broker
from connector.cli.shared.screen import remark
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.orders.row import ShipmentRow
from connector.domain.returns.events import ReturnRow
from connector.errors import ConnectorError
from connector.kafka.avro.codec import BadRecord
from connector.kafka.topics import ALERTS, CONTROL, LISTINGS, changelog_topic
from connector.tables.ledger import LEDGER, key_parts
from connector.tables.returns import RETURN_ROWS
from connector.tables.shipments import SHIPMENTS
from connector.tables.table import TableSpec, UnreadableRow

Row = TypeVar("Row")


def read_ledger(broker: Broker, merchant_id: str = "") -> dict[str, LedgerRow]:
    """By ledger key; `merchant_id` "": of all. Raises ConnectorError."""
    rows = _rows(broker, LEDGER, merchant_id)
    return {key: row for key, row in rows.items() if merchant_id in ("", key_parts(key)[0])}


def read_shipment_rows(broker: Broker) -> list[ShipmentRow]:
    """Raises ConnectorError."""
    return list(_rows(broker, SHIPMENTS).values())


def read_return_rows(broker: Broker, merchant_id: str) -> list[tuple[str, ReturnRow]]:
    """With the merchant of each; `merchant_id` "": of all. Raises ConnectorError."""
    rows = _rows(broker, RETURN_ROWS, merchant_id)
    known = ((key.partition("|")[0], row) for key, row in rows.items())
    return [(owner, row) for owner, row in known if merchant_id in ("", owner)]


def read_controls(broker: Broker) -> Controls:
    """Raises ConnectorError."""
    records = {k: record for k, record in _records(broker, CONTROL.name).items() if not k.startswith(PREVIOUS_MARK)}
    controls = Controls()
    controls.take(list(_readable(CONTROL.name, records).items()))
    return controls


def read_listings(broker: Broker) -> Listings:
    """Raises ConnectorError."""
    listings = Listings()
    listings.take(list(_readable(LISTINGS.name, _records(broker, LISTINGS.name)).items()))
    return listings


def read_alerts(broker: Broker) -> list[dict[str, Any]]:
    """Records of those that stand, the oldest first; says how many can't be read."""
    latest: dict[str, dict[str, Any]] = {}
    unreadable = 0
    for record in broker.decode(ALERTS.name, [message.value() for message in broker.read(ALERTS.name)]):
        if not isinstance(record, dict):
            unreadable += 1
        elif record["ended_at"] is None:
            latest.setdefault(record["alert_id"], record)
        else:
            latest[record["alert_id"]] = record  # published again after a crash, it has ended all the same
    if unreadable:
        remark(f"{unreadable} records of {ALERTS.name} can't be read: look at them with a Kafka tool")
    standing = (alert for alert in latest.values() if alert["ended_at"] is None)
    return sorted(standing, key=lambda alert: int(alert["since"]))


def _rows(broker: Broker, table: TableSpec[Row], merchant_id: str = "") -> dict[str, Row]:
    topic, read = changelog_topic(broker.settings.app_id, table.name), table.reader()
    rows = {}
    for key, value in broker.latest(topic, merchant_id).items():
        try:
            rows[_text(key)] = read(value)
        except UnreadableRow as misfit:
            raise table.unreadable(topic, key, misfit) from None
    return rows


def _records(broker: Broker, topic: str) -> dict[str, dict[str, Any] | BadRecord]:
    found = broker.latest(topic)
    return dict(zip(map(_text, found), broker.decode(topic, list(found.values())), strict=True))


def _readable(topic: str, records: dict[str, dict[str, Any] | BadRecord]) -> dict[str, dict[str, Any]]:
    for key, record in records.items():
        if isinstance(record, BadRecord):
            raise ConnectorError(f"{topic}, key {key}: the record can't be read: {record}")
    return {key: record for key, record in records.items() if not isinstance(record, BadRecord)}


def _text(key: bytes) -> str:
    return key.decode(errors="backslashreplace")
