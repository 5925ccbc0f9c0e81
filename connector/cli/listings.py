"""`connector listings import`: how the OMS's SKUs are called at Amazon."""

from pathlib import Path
from typing import Annotated

import typer

from connector.agents.merchants.listings import listing_key
from connector.cli.shared.broker import open_broker
from connector.cli.shared.listing_file import load_listings
from connector.cli.shared.merchants import known_merchant
from connector.cli.shared.screen import AsJson, DryRun, tell_json
from connector.clock import now_ms
from connector.kafka.producer import OutRecord
from connector.kafka.topics import LISTINGS
from connector.settings import load_settings

listings = typer.Typer()


@listings.command("import")
def import_listings(
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
    known_merchant(settings, merchant)
    wanted = {
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
        gone = [key for key in mine if key not in wanted] if replace else []
        partition = broker.home(merchant.encode())
        records = [OutRecord(LISTINGS.name, partition, key, None) for key in gone]
        for key, listing in wanted.items():
            value = broker.encode(LISTINGS.name, listing | {"imported_at": now_ms()})
            records.append(OutRecord(LISTINGS.name, partition, key, value))
        if not dry_run:
            broker.write_all(records)
    new = len(wanted.keys() - mine.keys())
    if as_json:
        tell_json({"listings": len(wanted), "new": new, "forgotten": len(gone), "dry_run": dry_run})
        return
    would = "would be " if dry_run else ""
    typer.echo(f"{merchant}: {len(wanted)} listings {would}imported ({new} new), {len(gone)} {would}forgotten")
