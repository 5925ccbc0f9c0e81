"""`connector returns find`: which return a parcel at the dock is, by what can be scanned of it."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.naming import Naming
from connector.cli.shared.broker import open_broker
from connector.cli.shared.merchants import merchants_here
from connector.cli.shared.screen import AsJson, remark, tell, tell_json
from connector.cli.shared.times import iso
from connector.cli.shared.topic_state import read_listings, read_return_rows
from connector.clock import now_ms
from connector.domain.returns.events import ReturnRow
from connector.domain.returns.facts import Return, TrackingInfo
from connector.errors import InputError
from connector.settings import load_settings

returns = typer.Typer()


@returns.command("find")
def find_returns(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="Of a return, an RMA, a shipment, or the tracking id.")],
    merchant: Annotated[str, typer.Option(help="This merchant's alone: quicker, where there are many.")] = "",
    as_json: AsJson = False,
) -> None:
    """Which returns an id is of: the tracking id (AWB) of the way back, an RMA's, a return's or a shipment's.

    For each: status, order and shipment, the units and SKU to expect, and the OTP where the carrier asks for one.
    Reads the returns table on Kafka, and asks neither Amazon nor a worker. Upper and lower case are the same.
    Exit code 1 where no return has the id.

    Example: connector returns find R00000000001
    """
    scanned = wanted.strip()
    if not scanned:
        raise InputError("the id is empty: scan or type that of a return, an RMA, a shipment, or a tracking id")
    settings = load_settings()
    with open_broker(settings) as broker:
        rows = read_return_rows(broker, merchant)
        naming = Naming(read_listings(broker), KnownMerchants(lambda: merchants_here(settings)))
    matched = [(owner, row, by) for owner, row in rows if (by := found_by(row.facts, scanned))]
    matched.sort(key=lambda one: (one[1].facts.is_final, -one[1].facts.last_updated_at_ms, one[1].facts.return_id))
    told = [naming.named(return_record(owner, row, by)) for owner, row, by in matched]
    if as_json:
        tell_json({"id": scanned, "returns": told})
    else:
        for record in told:
            for line in return_lines(record, now_ms()):
                tell(line)
    if not told:
        kept = f"those that ended are kept for {settings.tables.finished_days} days"
        of_whom = f"merchant {merchant} has" if merchant else "there is"
        remark(f"{of_whom} no return with the id {scanned}, as of a return, RMA, shipment or tracking; {kept}")
        raise typer.Exit(1)


def found_by(facts: Return, scanned: str) -> str:
    """What of the return has the id, "" where nothing has."""
    trackings = [
        ("tracking_id", facts.reverse_tracking),
        *(("earlier_tracking_id", t) for t in facts.previous_tracking),
    ]
    ids = [
        ("return_id", facts.return_id),
        ("rma_id", facts.rma_id),
        *((name, tracking.tracking_id) for name, tracking in trackings if tracking is not None),
        ("shipment_id", facts.shipment_id),
    ]
    return next((name for name, known in ids if known and known.casefold() == scanned.casefold()), "")


def return_record(merchant_id: str, row: ReturnRow, by: str) -> dict[str, Any]:
    """What the dock needs, and nothing else of the buyer's. Times in epoch milliseconds."""
    facts = row.facts
    return {
        "found_by": by,
        "merchant_id": merchant_id,
        "return_id": facts.return_id,
        "rma_id": facts.rma_id,
        "status": facts.status,
        "changed_at": facts.last_updated_at_ms,
        "shipment_id": facts.shipment_id,
        "order_id": facts.order_id,
        "sku": facts.sku,
        "quantity": facts.quantity,
        "return_location_id": facts.return_location_id or facts.channel_return_location_id,
        "package_delivery_mode": facts.package_delivery_mode,
        "otp": facts.otp,
        "otp_valid_till": facts.otp_valid_till_ms,
        "tracking": _tracking(facts.reverse_tracking),
        "replacement_shipment_ids": list(row.replacement_shipment_ids),
    }


def return_lines(record: dict[str, Any], now_ms: int) -> Iterator[str]:
    """As people read it; `record` with the OMS's names of its SKU, where a listing has them."""
    rma = f" of RMA {record['rma_id']}" if record["rma_id"] else ""
    yield f"return {record['return_id']}{rma}: {record['status']} since {iso(record['changed_at'])}"
    shipment_id, order_id = record["shipment_id"] or "?", record["order_id"] or "?"
    yield f"  merchant {record['merchant_id']}, shipment {shipment_id}, order {order_id}"
    known = f" ({record['client_sku']})" if record.get("client_sku") else ""
    place = f" at {record['return_location_id']}" if record["return_location_id"] else ""
    yield f"  expect {record['quantity']} of SKU {record['sku'] or '?'}{known}{place}"
    yield f"  {_otp(record, now_ms)}"
    if record["tracking"]:
        yield f"  tracking {record['tracking']['carrier_name']} {record['tracking']['tracking_id']}"
    if record["replacement_shipment_ids"]:
        yield f"  replaced by shipment {', '.join(record['replacement_shipment_ids'])}"


def _otp(record: dict[str, Any], now_ms: int) -> str:
    if not record["otp"]:
        mode = record["package_delivery_mode"]
        return f"no OTP{f' ({mode})' if mode else ''}"
    till_ms = record["otp_valid_till"]
    if till_ms is None:
        return f"OTP {record['otp']}"
    return f"OTP {record['otp']}, {'expired at' if till_ms < now_ms else 'valid until'} {iso(till_ms)}"


def _tracking(tracking: TrackingInfo | None) -> dict[str, str] | None:
    return None if tracking is None else {"carrier_name": tracking.carrier_name, "tracking_id": tracking.tracking_id}
