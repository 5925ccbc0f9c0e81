"""One order from its arrival to the carrier: `python -m examples.order A2EXAMPLE EXSB SKU-1=2`.

A customer orders (the simulator is told so); then the OMS confirms, packs and ships, each step when the one before has
its result. Exit code 1 where a step was not done.
"""

import json
import sys
import urllib.request
from functools import partial

from examples.oms import SIMULATOR, Inbox, Outbox, Record, now_ms

STEPS = ("Confirm", "Pack", "Ship")


def main(merchant: str, location: str, *lines: str) -> int:
    events, results = Inbox("amazon.orders"), Inbox("connector.command-results")
    commands = Outbox("oms.order-commands", "order_command")

    shipment_id = customer_orders(merchant, location, dict(line.split("=") for line in lines))
    order = events.first(lambda event: (event["type"], event["shipment_id"]) == ("ORDER_RECEIVED", shipment_id))
    print(f"{order['type']} {order['order_id']}, to be shipped by {order['ship_by']}")
    for allocation in order["allocations"]:
        print(f"pick {allocation['quantity']} of {allocation['sku']} at {allocation['oms_location']}")

    for step in STEPS:
        command = _command(order, step)
        commands.send(command)
        result = results.first(partial(_answers, command))
        print(f"{step}: {result['outcome']} {result['code']} {result['message']}".rstrip())
        for document in result["documents"]:
            print(f"  {document['kind']} {document['uri']}")
        if result["outcome"] != "DONE":
            return 1

    shipped = events.first(lambda event: (event["type"], event["shipment_id"]) == ("SHIPPED", shipment_id))
    print(f"{shipped['type']} {shipped['order_id']}")
    events.close()
    results.close()
    return 0


def _command(order: Record, action: str) -> Record:
    """Its id is made of what it is for: sent twice, it is done once."""
    return {
        "command_id": f"{order['shipment_id']}-{action}",
        "merchant_id": order["merchant_id"],
        "shipment_id": order["shipment_id"],
        "issued_at": now_ms(),
        "action": (f"smartconnect.{action}", {}),
    }


def _answers(command: Record, result: Record) -> bool:
    return bool(result["command_id"] == command["command_id"])


def customer_orders(merchant: str, location: str, lines: dict[str, str]) -> str:
    """The shipment that Amazon makes of the order. Of the simulator alone."""
    asked = {
        "merchant_id": merchant,
        "location_id": location,
        "lines": {sku: int(units) for sku, units in lines.items()},
    }
    request = urllib.request.Request(f"{SIMULATOR}/simulator/shipments", json.dumps(asked).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        (shipment,) = json.load(answer)
    return str(shipment["id"])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
