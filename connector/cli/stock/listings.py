"""`connector listings import|migrate|measures`: what the OMS's SKUs are called at Amazon, and measure there."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from connector.cli.shared.broker import Broker, open_broker
from connector.cli.shared.merchants import known_merchant
from connector.cli.shared.operators.audit import Deed, audited
from connector.cli.shared.screen import AsJson, Because, By, DryRun, chosen_form, remark, tell, tell_json, tell_rows
from connector.cli.shared.times import iso
from connector.cli.shared.topic_state import read_shipment_rows
from connector.cli.stock.listing_file import load_listings
from connector.clock import now_ms
from connector.domain.listings import EVERYWHERE, FORMAT, Listing, listing_key, listing_record, read_listing
from connector.domain.orders.checks.skus import measured_skus
from connector.domain.orders.facts.shipment import Shipment
from connector.domain.orders.row import ShipmentRow
from connector.errors import ConnectorError
from connector.kafka.producer import OutRecord
from connector.kafka.topics import LISTINGS
from connector.merchants import Merchant
from connector.settings import load_settings

_MEASURE_COLUMNS = ("merchant", "SKU", "packages", "differing", "the last in shipment", "changed", "measured")

listings = typer.Typer()


@listings.command("import")
def import_listings(
    file: Annotated[Path, typer.Argument(help="CSV or xlsx: clientSkuId, channelSerialNo, channelSkuId, Marketplace.")],
    merchant: Annotated[str, typer.Option(help="Whose listings they are: a merchant_id of the merchants file.")],
    replace: Annotated[bool, typer.Option("--replace", help="Forget the merchant's listings not in the file.")] = False,
    reason: Because = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in the merchant's listings, the whole file or nothing.

    clientSkuId is the OMS's SKU (an EAN, say), channelSerialNo the ASIN (may be empty), channelSkuId the merchant SKU
    at Amazon, Marketplace its id; any other text there holds for all of the merchant's marketplaces. From then on the
    OMS may write its own SKU, and results carry both names and the ASIN. In force within seconds. A listing whose
    channelSkuId the file gives to another clientSkuId is forgotten; stock it leaves behind is set to 0, with an alert.

    Example: connector listings import listings.xlsx --merchant A2EXAMPLE
    """
    settings = load_settings()
    owner = known_merchant(settings, merchant)
    wanted = {_key(listing): listing for listing in load_listings(file, merchant)}
    with open_broker(settings) as broker:
        known = _known(broker, merchant)
        gone = [key for key, listing in known.items() if key not in wanted and replace]
        gone += [] if replace else _overtaken(known, wanted)
        # Those that go after those that come: in between a SKU of Amazon's has two names, never none
        records = [*_records(broker, wanted.values()), *(_tombstone(broker, merchant, key) for key in gone)]
        if not dry_run and records:
            what = f"{len(wanted)} listings of {file.name}, {len(gone)} forgotten"
            deed = Deed(action="listings import", merchant_id=merchant, subject=what, by=by, reason=reason)
            with audited(broker, deed):
                broker.write_all(records)
    new = len(wanted.keys() - known.keys())
    _remark_elsewhere(owner, wanted.values())
    if as_json:
        tell_json({"listings": len(wanted), "new": new, "forgotten": len(gone), "dry_run": dry_run})
        return
    would = "would be " if dry_run else ""
    tell(f"{merchant}: {len(wanted)} listings {would}imported ({new} new), {len(gone)} {would}forgotten")


@listings.command("measures")
def list_measures(
    merchant: Annotated[str, typer.Option(help="Only this merchant's.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Also SKUs whose packages are as recommended.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV, for a spreadsheet.")] = False,
    as_json: AsJson = False,
) -> None:
    """List SKUs whose packages are not as large or heavy as Amazon recommends: it makes their listings inactive.

    By the packages that the shipments table on Kafka still has, of those that hold one SKU alone. The last that differs
    is named: correct the listing's dimensions at Amazon, or measure the packet again.

    Example: connector listings measures --merchant A2EXAMPLE
    """
    form = chosen_form(as_csv, as_json)
    with open_broker(load_settings()) as broker:
        rows = read_shipment_rows(broker)
    told = measured_records((row for row in rows if merchant in ("", row.merchant_id)), everything)
    shown = [(*tuple(one.values())[:5], iso(one["at"]), "; ".join(one["differences"])) for one in told]
    tell_rows(form, told, _MEASURE_COLUMNS, shown, "SKUs")


def measured_records(rows: Iterable[ShipmentRow], everything: bool) -> list[dict[str, Any]]:
    """By merchant and SKU, those that differ, or all. Times in epoch milliseconds."""
    by_merchant: dict[str, list[Shipment]] = {}
    for row in rows:
        if row.facts is not None:
            by_merchant.setdefault(row.merchant_id, []).append(row.facts)
    return [
        {
            "merchant_id": merchant_id,
            "sku": one.sku,
            "packages": one.packages,
            "differing": one.differing,
            "shipment_id": one.shipment_id,
            "at": one.at_ms or None,
            "differences": list(one.differences),
        }
        for merchant_id in sorted(by_merchant)
        for _, one in sorted(measured_skus(by_merchant[merchant_id]).items())
        if one.differing or everything
    ]


@listings.command("migrate")
def migrate_listings(reason: Because = "", by: By = "", dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Write anew what version 0.1 imported, which took channelSerialNo and channelSkuId for each other.

    Workers read such listings right already; written anew they say so themselves. Safe to repeat. Exit code 1 if some
    can't be read.

    Example: connector listings migrate --dry-run
    """
    settings = load_settings()
    with open_broker(settings) as broker:
        found = broker.latest(LISTINGS.name)
        decoded = list(zip(found, broker.decode(LISTINGS.name, list(found.values())), strict=True))
        old = [(key, record) for key, record in decoded if isinstance(record, dict) and record["format"] < FORMAT]
        unreadable = [key.decode(errors="replace") for key, record in decoded if not isinstance(record, dict)]
        if old and not dry_run:
            deed = Deed(action="listings migrate", subject=f"{len(old)} listings", by=by, reason=reason)
            with audited(broker, deed):
                broker.write_all([_rewritten(broker, key, record) for key, record in old])
    told = {"listings": len(decoded), "rewritten": len(old), "unreadable": unreadable, "dry_run": dry_run}
    if as_json:
        tell_json(told)
    else:
        tell(f"{len(old)} of {len(decoded)} listings {'would be ' if dry_run else ''}written anew")
    if unreadable:
        raise ConnectorError(f"{len(unreadable)} listings can't be read ({unreadable[0]}, ...): import them again")


def _key(listing: Listing) -> bytes:
    return listing_key(listing.merchant_id, listing.marketplace, listing.client_sku).encode()


def _known(broker: Broker, merchant: str) -> dict[bytes, Listing | None]:
    """None: it can't be read."""
    mine = {
        key: value for key, value in broker.latest(LISTINGS.name).items() if key.startswith(f"{merchant}|".encode())
    }
    records = broker.decode(LISTINGS.name, list(mine.values()))
    return {
        key: read_listing(record) if isinstance(record, dict) else None
        for key, record in zip(mine, records, strict=True)
    }


def _overtaken(known: dict[bytes, Listing | None], wanted: dict[bytes, Listing]) -> list[bytes]:
    """Two of the OMS's SKUs must not feed one of Amazon's."""
    fed = {(listing.channel_sku, listing.holds_in): listing.client_sku for listing in wanted.values()}
    return [
        key
        for key, listing in known.items()
        if key not in wanted
        and listing is not None
        and fed.get((listing.channel_sku, listing.holds_in), listing.client_sku) != listing.client_sku
    ]


def _records(broker: Broker, wanted: Iterable[Listing]) -> Iterable[OutRecord]:
    at_ms = now_ms()
    for listing in wanted:
        value = broker.encode(LISTINGS.name, listing_record(listing, at_ms))
        yield OutRecord(LISTINGS.name, broker.home(listing.merchant_id.encode()), _key(listing), value)


def _tombstone(broker: Broker, merchant: str, key: bytes) -> OutRecord:
    return OutRecord(LISTINGS.name, broker.home(merchant.encode()), key, None)


def _rewritten(broker: Broker, key: bytes, record: dict[str, Any]) -> OutRecord:
    value = broker.encode(LISTINGS.name, listing_record(read_listing(record), record["imported_at"] or now_ms()))
    return OutRecord(LISTINGS.name, broker.home(record["merchant_id"].encode()), key, value)


def _remark_elsewhere(merchant: Merchant, wanted: Iterable[Listing]) -> None:
    ids = {EVERYWHERE, *(merchant.marketplace_of(location) for location in merchant.locations)}
    elsewhere = {listing.holds_in for listing in wanted} - ids
    if elsewhere:
        names = ", ".join(sorted(elsewhere))
        remark(f"listings of {names} wait: no location of {merchant.merchant_id} in the merchants file is there")
