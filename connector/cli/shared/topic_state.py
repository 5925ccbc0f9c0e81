"""What compacted topics say now, as the workers know it too: the ledger, who is paused, the listings."""

import msgspec

from connector.agents.merchants.listings import Listings
from connector.cli.shared.broker import Broker
from connector.domain.inventory.ledger import LedgerRow
from connector.domain.orders.row import ShipmentRow
from connector.domain.orders.stored.current import read_row
from connector.kafka.topics import CONTROL, LISTINGS, changelog
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
