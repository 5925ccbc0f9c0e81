"""What each record of a rehearsal's topics, and each effect at Amazon, shows of the things that workflows are about."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector.domain.rehearsal.evidence import Evidence, RecordPlace, Thing

_Record = Mapping[str, Any]

PACK_PARTS = ("CreatePackages", "GenerateInvoice", "GenerateShipLabels")
"""What one Pack asks for at once, each by its own command's name."""
NOT_CONFIRMED = ("CREATED", "ACCEPTED")


class Signs:
    """`program_at`: the program of a location by the OMS's name, "" for none. Records are named by their schema."""

    def __init__(self, evidence: Evidence, program_at: Callable[[str], str]) -> None:
        self._evidence = evidence
        self._program_at = program_at
        self._updates: dict[str, tuple[str, int]] = {}
        self._posts: defaultdict[tuple[str, str, int], list[Thing]] = defaultdict(list)
        self._commanded: dict[str, tuple[str, ...]] = {}
        self._takes: Mapping[str, Callable[[_Record, RecordPlace], None]] = {
            "inventory_update": self._update,
            "inventory_result": self._inventory_result,
            "order_command": self._command,
            "command_result": self._command_result,
            "order_event": self._order,
            "cancellation_event": self._cancellation,
            "return_event": self._return,
        }

    def take(self, schema: str, record: _Record, place: RecordPlace) -> None:
        """What has nothing to do with a workflow is passed over."""
        if schema in self._takes:
            self._takes[schema](record, place)

    def effect(self, shipment_id: str, name: str) -> None:
        """Amazon was asked for it, and did it."""
        self._shipment(shipment_id).note(f"effect:{name}")

    @property
    def awaits_stock(self) -> bool:
        """Whether what Amazon shows of stock can still show something."""
        return bool(self._posts)

    def posted(self, location_id: str, sku: str, quantity: int) -> None:
        """Amazon was given this quantity, by its own names, and took it."""
        for thing in self._posts.pop((location_id, sku, quantity), ()):
            thing.note(f"amazon:{_stock_sign(quantity)}")

    def _update(self, update: _Record, place: RecordPlace) -> None:
        key = f"{update['location_id']}|{update['sku']}"
        program = self._program_at(update["location_id"])
        thing = self._evidence.stock.setdefault(key, Thing(program))
        sign = _stock_sign(update["quantity"])
        thing.note(f"written:{sign}", place)
        if f"amazon:{sign}" not in thing.signs:  # else it is seen, and what comes of the others matters no more
            self._updates[update["update_id"]] = (key, update["quantity"])

    def _inventory_result(self, result: _Record, place: RecordPlace) -> None:
        for update_id in result["superseded_update_ids"]:
            self._updates.pop(update_id, None)
        key, quantity = self._updates.pop(result["update_id"], ("", 0))
        if not key:
            return
        thing, sign = self._evidence.stock[key], _stock_sign(quantity)
        if result["outcome"] != "ACCEPTED":
            thing.said[f"accepted:{sign}"] = _ended(result)
        elif _stock_sign(result["quantity"]) == sign:
            thing.note(f"accepted:{sign}", place)
            self._posts[result["location_id"], result["sku"], result["quantity"]].append(thing)
        else:  # a location of Amazon's may add up several of the OMS's
            thing.said[f"accepted:{sign}"] = f"other locations there have {result['quantity']} of it"

    def _command(self, command: _Record, place: RecordPlace) -> None:
        name, asked = command["action"]
        actions = _parts(name.removeprefix("smartconnect."))
        shipment_ids = asked.get("shipment_ids") or [command["shipment_id"]]
        self._commanded[command["command_id"]] = tuple(shipment_ids)
        for shipment_id in shipment_ids:
            for action in actions:
                self._shipment(shipment_id).note(f"asked:{action}", place)

    def _command_result(self, result: _Record, place: RecordPlace) -> None:
        for shipment_id in self._commanded.get(result["command_id"], (result["shipment_id"],)):
            shipment = self._shipment(shipment_id)
            for action in _parts(result["action"]):
                if result["outcome"] == "DONE":
                    shipment.note(f"done:{action}", place)
                else:
                    shipment.said[f"done:{action}"] = _ended(result)
            for document in result["documents"]:
                shipment.note(f"document:{document['kind']}", place)
            if result["tracking"]:
                shipment.note("document:SHIP_LABEL", place)  # of a courier of one's own there may be no file

    def _order(self, event: _Record, place: RecordPlace) -> None:
        shipment = self._shipment(event["shipment_id"])
        shipment.program = event["program"]
        if event["type"] != "ORDER_RECEIVED":
            shipment.note(f"event:{event['type']}", place)
            return
        shipment.note("told", place)
        if event["original_shipment_id"]:
            shipment.note("replacement", place)
        if len({allocation["oms_location"] for allocation in event["allocations"]}) > 1:
            shipment.note("split", place)

    def _cancellation(self, event: _Record, place: RecordPlace) -> None:
        shipment = self._shipment(event["shipment_id"])
        if event["cancelled_by"] == "SELLER":
            shipment.note("cancelled:seller", place)
        else:
            was_early = event["previous_status"] in NOT_CONFIRMED
            shipment.note("cancelled:before" if was_early else "cancelled:after", place)

    def _return(self, event: _Record, place: RecordPlace) -> None:
        program = self._shipment(event["shipment_id"]).program
        self._evidence.returns.setdefault(event["return_id"], Thing(program)).note(f"event:{event['type']}", place)

    def _shipment(self, shipment_id: str) -> Thing:
        """Its program is known by its first event."""
        return self._evidence.shipments.setdefault(shipment_id, Thing(""))


def _stock_sign(quantity: int) -> str:
    return "stock" if quantity > 0 else "zero"


def _parts(action: str) -> Sequence[str]:
    return PACK_PARTS if action == "Pack" else (action,)


def _ended(result: _Record) -> str:
    return " ".join(part for part in (result["outcome"], result["code"], result["message"]) if part)
