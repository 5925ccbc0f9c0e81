"""What topics say now, as the workers know it too: the ledger, who is paused, the listings, the alerts that stand."""

from typing import Any

import msgspec

from connector.agents.merchants.listings import Listings
from connector.cli.shared.broker import Broker
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.stored.current import read_row
from connector.errors import ConnectorError
from connector.kafka.topics import ALERTS, CONTROL, LISTINGS, changelog
from connector.tables.ledger import LEDGER
from connector.tables.shipments import SHIPMENTS

decode_ledger_row = msgspec.json.Decoder(LedgerRow).decode


def read_ledger(broker: Broker) -> dict[str, LedgerRow]:
    """By ledger key."""
    found = broker.latest(changelog(broker.settings.app_id, LEDGER.name))
    return {key.decode(): decode_ledger_row(value) for key, value in found.items()}


def read_shipment_rows(broker: Broker) -> list[ShipmentRow]:
    return [read_row(value) for value in broker.latest(changelog(broker.settings.app_id, SHIPMENTS.name)).values()]


def read_pauses(broker: Broker) -> dict[str, str]:
    """merchant_id -> why, of the merchants that are paused."""
    found = broker.latest(CONTROL.name)
    records = zip(found, broker.decode(CONTROL.name, list(found.values())), strict=True)
    return {key.decode(): record["reason"] for key, record in records if isinstance(record, dict) and record["paused"]}


def read_listings(broker: Broker) -> Listings:
    found = broker.latest(LISTINGS.name)
    records = zip(found, broker.decode(LISTINGS.name, list(found.values())), strict=True)
    listings = Listings()
    listings.take([(key.decode(), record) for key, record in records if isinstance(record, dict)])
    return listings


def read_alerts(broker: Broker) -> list[dict[str, Any]]:
    """Records of those that stand, the oldest first. Raises ConnectorError where some can't be read."""
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
        raise ConnectorError(f"{unreadable} records of {ALERTS.name} can't be read: look at them with a Kafka tool")
    standing = (alert for alert in latest.values() if alert["ended_at"] is None)
    return sorted(standing, key=lambda alert: int(alert["since"]))
