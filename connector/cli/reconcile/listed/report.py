"""A list of Amazon's, by order, against the shipments table: what is told of each difference."""

from collections.abc import Mapping
from typing import Any

from connector.cli.shared.screen import Form, remark, tell, tell_csv, tell_json
from connector.domain.reconcile.listed_orders import ListedComparison, ListedFinding, ListedKind

LISTED_COLUMNS = (
    "row",
    "order_id",
    "shipment_id",
    "sku",
    "status",
    "warehouse_id",
    "kind",
    "here",
    "meaning",
    "remedy",
)

_MEANINGS: Mapping[ListedKind, tuple[str, str]] = {
    ListedKind.MISSING_HERE: (
        "Amazon lists it, and it is not known here",
        "`connector shipments refetch`, or `connector reconcile orders --repair`; of another integrator's warehouse "
        "it need not be known",
    ),
    ListedKind.PENDING_THERE: (
        "Amazon lists it as pending, and here it is over",
        "is the list older than that? Else `connector shipments refetch`",
    ),
    ListedKind.CLOSED_THERE: ("Amazon lists it as over, and here it is open", "`connector shipments refetch`"),
    ListedKind.SHIPPED_ELSEWHERE: (
        "Amazon lists it as shipped from another warehouse, and here it is open",
        "do not ship it; `connector shipments refetch`, and ask Amazon",
    ),
}


def tell_listed(compared: ListedComparison, form: Form) -> None:
    """A line for each finding, then how many orders agree."""
    records = [_record(finding) for finding in compared.findings]
    summary = (
        f"{compared.orders} orders in the list: {len(records)} differ, {compared.agreeing} are as known here, "
        f"{compared.elsewhere} are of other warehouses and not known here"
    )
    match form:
        case "json":
            counts = {"orders": compared.orders, "agreeing": compared.agreeing, "elsewhere": compared.elsewhere}
            tell_json({**counts, "findings": records})
        case "csv":
            tell_csv([LISTED_COLUMNS, *([record[name] for name in LISTED_COLUMNS] for record in records)])
            remark(summary)
        case "text":
            for record in records:
                tell(_line(record))
            tell(summary)


def _record(finding: ListedFinding) -> dict[str, Any]:
    listed, (meaning, remedy) = finding.listed, _MEANINGS[finding.kind]
    return {
        "row": listed.row_number,
        "order_id": listed.order_id,
        "shipment_id": listed.shipment_id,
        "sku": listed.sku,
        "status": listed.status,
        "warehouse_id": listed.warehouse_id,
        "kind": str(finding.kind),
        "here": ", ".join(f"{facts.shipment_id} {facts.status} at {facts.location_id}" for facts in finding.here),
        "meaning": meaning,
        "remedy": remedy,
    }


def _line(record: Mapping[str, Any]) -> str:
    names = " ".join(filter(None, [record["order_id"], record["shipment_id"]]))
    there = f"{record['status']} at {record['warehouse_id']}".removesuffix(" at ")
    here, what = record["here"] or "nothing", f"{record['kind']}: {record['meaning']}"
    return f"row {record['row']}, {names}: {what}; here {here}; there {there}; {record['remedy']}"
