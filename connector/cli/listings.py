"""`connector listings import`: how the OMS's SKUs are called at Amazon."""

from pathlib import Path
from typing import Annotated

import typer

from connector.agents.merchants.listings import listing_key
from connector.cli.shared.broker import open_broker
from connector.cli.shared.listing_file import load_listings
from connector.cli.shared.screen import AsJson, DryRun, tell_json
from connector.clock import now_ms
from connector.errors import InputError
from connector.kafka.producer import OutRecord
from connector.kafka.topics import LISTINGS
from connector.merchants import Merchant, load_merchants
from connector.settings import load_settings


def register(app: typer.Typer) -> None:
    listings = typer.Typer(help="How the SKUs of the OMS are called at Amazon.", no_args_is_help=True)
    listings.command("import")(import_)
    app.add_typer(listings, name="listings")


def import_(
    file: Annotated[Path, typer.Argument(help="CSV or xlsx: clientSkuId, channelSerialNo, channelSkuId, Marketplace.")],
    merchant: Annotated[str, typer.Option(help="Whose listings they are: a merchant_id of the merchants file.")],
    replace: Annotated[bool, typer.Option("--replace", help="Forget the merchant's listings not in the file.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring in the merchant's listings, the whole file or nothing.

    clientSkuId is the OMS's SKU (an EAN, say), channelSerialNo the SKU at Amazon, channelSkuId the ASIN. From then on
    the OMS may write its own SKU, and results carry both names and the ASIN. In force within seconds.

    Example: connector listings import listings.xlsx --merchant A2EXAMPLE
    """
    settings = load_settings()
    known_merchant(settings.merchants_file, merchant)
    listings = {
        listing_key(merchant, listing.marketplace, listing.client_sku_id).encode(): {
            "merchant_id": merchant,
            "client_sku_id": listing.client_sku_id,
            "channel_serial_no": listing.channel_serial_no,
            "channel_sku_id": listing.channel_sku_id,
            "marketplace": listing.marketplace,
        }
        for listing in load_listings(file)
    }
    with open_broker(settings) as broker:
        mine = {
            key: value for key, value in broker.latest(LISTINGS.name).items() if key.startswith(f"{merchant}|".encode())
        }
        gone = [key for key in mine if key not in listings] if replace else []
        partition = broker.home(merchant.encode())
        records = [OutRecord(LISTINGS.name, partition, key, None) for key in gone]
        for key, listing in listings.items():
            value = broker.encode(LISTINGS.name, listing | {"imported_at": now_ms()})
            records.append(OutRecord(LISTINGS.name, partition, key, value))
        if not dry_run:
            broker.write_all(records)
    new = len(listings.keys() - mine.keys())
    if as_json:
        tell_json({"listings": len(listings), "new": new, "forgotten": len(gone), "dry_run": dry_run})
        return
    would = "would be " if dry_run else ""
    typer.echo(f"{merchant}: {len(listings)} listings {would}imported ({new} new), {len(gone)} {would}forgotten")


def known_merchant(file: Path, merchant_id: str) -> Merchant:
    """Raises InputError."""
    merchants = load_merchants(file)
    merchant = merchants.get(merchant_id)
    if merchant is None:
        known = ", ".join(sorted(merchants.by_id))
        raise InputError(f"merchant {merchant_id}: it is not in {file}; that has {known}")
    return merchant
