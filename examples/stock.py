"""Tells Amazon the stock of some SKUs: `python -m examples.stock A2EXAMPLE WH1 SKU-1=7 SKU-2=0`.

One update each; each is answered once, by a result of its own or as one that a newer update has superseded. Exit code 1
where Amazon refused one.
"""

import sys
import uuid
from collections.abc import Iterator, Sequence

from examples.oms import Inbox, Outbox, Record, now_ms


def main(merchant: str, location: str, *counts: str) -> int:
    results = Inbox("connector.inventory-results")
    updates = [_update(merchant, location, *count.split("=")) for count in counts]
    Outbox("oms.inventory", "inventory_update").send(*updates)
    answers = list(_answers(results, updates))
    results.close()
    for answer in answers:
        told = f"{answer['code']} {answer['message']}" if answer["code"] else f"sequence {answer['sequence']}"
        print(f"{answer['sku']}: {answer['outcome']} {answer['quantity']} units, {told}")
    return int(any(answer["outcome"] == "REFUSED" for answer in answers))


def _update(merchant: str, location: str, sku: str, quantity: str) -> Record:
    return {
        "update_id": str(uuid.uuid4()),
        "merchant_id": merchant,
        "location_id": location,
        "sku": sku,
        "quantity": int(quantity),
        "occurred_at": now_ms(),
    }


def _answers(results: Inbox, updates: Sequence[Record]) -> Iterator[Record]:
    """In the order in which they come, until each update is in one."""
    waiting = {update["update_id"] for update in updates}

    def is_awaited(result: Record) -> bool:
        return not waiting.isdisjoint(_answered(result))

    while waiting:
        result = results.first(is_awaited)
        waiting.difference_update(_answered(result))
        yield result


def _answered(result: Record) -> set[str]:
    return {result["update_id"], *result["superseded_update_ids"]}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
