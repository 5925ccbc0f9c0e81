"""Orders, returns and commands: told once, in order, to the end; each command answered once."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from connector.kafka.topics import COMMAND_RESULTS, ORDER_COMMANDS
from tests.kit.flows import judge
from tests.kit.simulation.check.evidence import Evidence
from tests.kit.simulation.edges import CODEC

MOST_CALLS = 60
"""For one object, without a result or an alert, in all of a run."""


def judged(evidence: Evidence) -> Iterator[str]:
    """The rules of the campaigns on real brokers."""
    seen = evidence.seen
    yield from chain(
        judge.told_twice(seen),
        judge.made_twice(seen),
        judge.answered_twice(seen, evidence.world.oms.commands),
        judge.repeated(seen.calls, seen.alerted, MOST_CALLS),
    )


def untold(evidence: Evidence) -> Iterator[str]:
    """The last state of every order and return is told."""
    seen, simulator = evidence.seen, evidence.world.simulator
    known = {event["shipment_id"]: event["status"] for event in seen.orders}
    received = {event["shipment_id"] for event in seen.orders if event["type"] == "ORDER_RECEIVED"}
    known |= {event["shipment_id"]: "CANCELLED" for event in seen.cancellations}
    for shipment_id in evidence.world.trade.orders:
        status = simulator.shipments[shipment_id].status
        if known.get(shipment_id) != status and shipment_id not in seen.alerted:
            yield f"{shipment_id} is {status} at Amazon, told was {known.get(shipment_id)}"
        if shipment_id not in received:
            yield f"{shipment_id} was never told as received"
    back = {event["return_id"]: event["status"] for event in seen.returns}
    for return_id, made in simulator.returns.by_id.items():
        if back.get(return_id) != made.body["status"] and return_id not in seen.alerted:
            yield f"{return_id} is {made.body['status']} at Amazon, told was {back.get(return_id)}"


def out_of_order(evidence: Evidence) -> Iterator[str]:
    """The results of a shipment's commands come in the order in which they were written."""
    first: dict[str, int] = {}
    for number, result in enumerate(evidence.results):
        first.setdefault(result["command_id"], number)
    by_shipment = defaultdict(list)
    for command_id, shipment_id in evidence.world.oms.commands.items():
        if command_id in first:
            by_shipment[shipment_id].append((command_id, first[command_id]))
    for commands in by_shipment.values():
        told = [number for _, number in commands]
        if told != sorted(told):
            yield f"written {[name for name, _ in commands]}, answered in the order {told}"


def answered_late(evidence: Evidence) -> Iterator[str]:
    """A command that is written again is answered again."""
    written = {
        CODEC.decode(record.topic, record.value)["command_id"]: number
        for number, (record, writer) in enumerate(evidence.world.kafka.history)
        if record.topic == ORDER_COMMANDS.name and writer == "oms" and (record.value or b"")[:2] == b"\xc3\x01"
    }
    answered = {
        CODEC.decode(record.topic, record.value)["command_id"]: number
        for number, (record, _) in enumerate(evidence.world.kafka.history)
        if record.topic == COMMAND_RESULTS.name
    }
    for command_id, number in written.items():
        if command_id in answered and answered[command_id] < number:
            yield f"{command_id}: written again, and not answered again"
