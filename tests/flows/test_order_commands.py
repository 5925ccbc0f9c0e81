"""Order commands from Kafka to SmartConnect and back, on a real broker."""

from decimal import Decimal
from typing import Any

import pytest

from tests.kit.flows.orders import (
    FAST_SIMULATOR,
    PROGRAMS,
    Command,
    calls_for,
    effects,
    new_shipments,
    order_seller,
    read_document,
    results,
    send,
    sequence,
    statuses,
)
from tests.kit.flows.world import NewWorld, wall_ms
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


def test_confirm_pack_ship_in_the_three_programs(new_world: NewWorld) -> None:
    world = new_world([order_seller("M1")], simulator_args=FAST_SIMULATOR)
    world.start_worker()
    shipments = {program: new_shipments(world, "M1", program)[0] for program in PROGRAMS}
    for shipment_id in shipments.values():
        send(world, sequence("M1", shipment_id, "Confirm", "Pack", "Ship"))
    eventually("nine results", lambda: len(results(world)) == 9, 60)

    assert {result["outcome"] for result in results(world).values()} == {"DONE"}
    assert set(statuses(world).values()) == {"SHIPPED"}
    for program, shipment_id in shipments.items():
        made = effects(world, shipment_id)
        assert set(made.values()) == {1}, (program, made)
        assert {"confirmed", "packages_created", "labels_generated", "package_shipped"} <= made.keys()
        packed = results(world)[f"{shipment_id}-Pack"]
        kinds = [document["kind"] for document in packed["documents"]]
        assert sorted(kinds) == ["INVOICE", "SHIP_LABEL"]
        assert all(read_document(document) for document in packed["documents"])
        assert [tracking["tracking_id"] != "" for tracking in packed["tracking"]] == [True]
    orders = world.published("amazon.orders")
    for shipment_id in shipments.values():
        told = [order["type"] for order in orders if order["shipment_id"] == shipment_id]
        assert told[0] == "ORDER_RECEIVED"
        assert told[-1] == "SHIPPED"
        assert len(told) == len(set(told))


def test_the_sellers_rejection(new_world: NewWorld) -> None:
    world = new_world([order_seller("M1")], simulator_args=FAST_SIMULATOR)
    world.start_worker()
    (shipment_id,) = new_shipments(world, "M1", "SELLER_FLEX")
    reject = Command("c-1", "M1", shipment_id, "Reject", {"reason": "OUT_OF_STOCK"})
    send(world, [reject, *sequence("M1", shipment_id, "Pack")])
    eventually("two results", lambda: len(results(world)) == 2)

    assert {one: result["outcome"] for one, result in results(world).items()} == {
        "c-1": "DONE",
        f"{shipment_id}-Pack": "CANCELLED",
    }
    assert effects(world, shipment_id) == {"rejected": 1}
    (cancelled,) = world.published("amazon.cancellations")
    assert (cancelled["cancelled_by"], cancelled["previous_status"]) == ("SELLER", "ACCEPTED")


def test_a_customers_cancellation_in_the_middle_of_pack(new_world: NewWorld) -> None:
    world = new_world([order_seller("M1")], simulator_args=FAST_SIMULATOR)
    world.start_worker()
    (shipment_id,) = new_shipments(world, "M1", "EASY_SHIP")
    world.fault("503,before,op=invoice")
    send(world, sequence("M1", shipment_id, "Confirm", "Pack", "Ship"))
    eventually("the invoice is asked for", lambda: world.ask("calls", operation="invoice"))
    world.tell("POST", f"shipments/{shipment_id}/cancel", {"reason": "Customer cancelled"})
    world.tell("DELETE", "faults")
    called = calls_for(world, shipment_id)
    eventually("three results", lambda: len(results(world)) == 3)

    outcomes = [results(world)[f"{shipment_id}-{action}"]["outcome"] for action in ("Confirm", "Pack", "Ship")]
    assert outcomes == ["DONE", "CANCELLED", "CANCELLED"]
    assert calls_for(world, shipment_id) == called, "nothing is called for a cancelled shipment"
    (cancelled,) = world.published("amazon.cancellations")
    assert cancelled["cancelled_by"] == "CUSTOMER_OR_MARKETPLACE"


def test_a_command_seen_again_is_answered_again_and_not_run_again(new_world: NewWorld) -> None:
    world = new_world([order_seller("M1")], simulator_args=FAST_SIMULATOR)
    world.start_worker()
    (shipment_id,) = new_shipments(world, "M1", "SELLER_FLEX")
    confirm = sequence("M1", shipment_id, "Confirm")
    send(world, confirm)
    eventually("a result", lambda: results(world))
    called = calls_for(world, shipment_id)
    send(world, [*confirm, *confirm])
    eventually("answered again, twice", lambda: len(world.published("connector.command-results")) == 3)

    assert len(results(world)) == 1
    assert calls_for(world, shipment_id) == called
    assert effects(world, shipment_id) == {"confirmed": 1}


def test_commands_that_can_not_be_meant(new_world: NewWorld) -> None:
    world = new_world([order_seller("M1")], simulator_args=FAST_SIMULATOR)
    world.start_worker()
    (shipment_id,) = new_shipments(world, "M1", "SELLER_FLEX")
    length = {"value": Decimal(10), "unit": "CM"}
    weight = {"value": Decimal(4), "unit": "G"}
    package = {"package_id": "P1", "length": length, "width": length, "height": length, "weight": weight}
    expired = Command("c-2", "M1", shipment_id, "Confirm", expires_at_ms=wall_ms() - 1)
    light = Command("c-1", "M1", shipment_id, "Pack", {"packages": [package]})
    nowhere = Command("c-3", "M1", "", "Confirm")
    stranger = Command("c-4", "M9", shipment_id, "Confirm")
    nameless = Command(" ", "M1", shipment_id, "Confirm")
    send(world, [light, expired, nowhere, stranger, nameless])
    world.broker.produce("oms.order-commands", [("M1", b"\xc3\x01garbage")], partitioner="murmur2_random")
    eventually("three results", lambda: len(results(world)) == 3)
    eventually("three dead letters", lambda: len(world.published("connector.dead-letters")) == 3)

    told = {one: (result["outcome"], result["code"]) for one, result in results(world).items()}
    assert told == {
        "c-1": ("REFUSED", "INVALID_COMMAND"),
        "c-2": ("EXPIRED", "EXPIRED"),
        "c-3": ("REFUSED", "INVALID_COMMAND"),
    }
    assert "packages[0].weight: " in results(world)["c-1"]["message"]
    assert results(world)["c-3"]["message"] == "shipment_id: is empty; name the shipment"
    letters = {letter["reason"]: letter["message"] for letter in world.published("connector.dead-letters")}
    assert letters.keys() == {"UNKNOWN_MERCHANT", "INVALID", "UNDECODABLE"}
    assert letters["UNKNOWN_MERCHANT"].startswith("merchant_id: M9 is not in the merchants file")
    assert letters["INVALID"].startswith("command_id: ")
    assert {call["operation"] for call in world.ask("calls")} <= {"token", "list_shipments", "returns"}


def test_manifests(new_world: NewWorld) -> None:
    world = new_world([order_seller("M1")], simulator_args=FAST_SIMULATOR)
    world.start_worker()
    shipments = new_shipments(world, "M1", "SELF_SHIP", 3)
    for shipment_id in shipments:
        send(world, sequence("M1", shipment_id, "Confirm", "Pack"))
    eventually("packed", lambda: len(results(world)) == 6)
    manifest = Command("manifest-1", "M1", "", "CreateManifest", {"shipment_ids": shipments})
    unknown = Command("manifest-2", "M1", "", "CreateManifest", {"shipment_ids": [*shipments, "SHP-X"]})
    send(world, [manifest, unknown])
    eventually("two results more", lambda: len(results(world)) == 8)

    made, refused = results(world)["manifest-1"], results(world)["manifest-2"]
    assert (made["outcome"], [document["kind"] for document in made["documents"]]) == ("DONE", ["MANIFEST"])
    assert read_document(made["documents"][0]).startswith(b"%PDF-")
    assert refused["message"].startswith("shipment_ids[3]: SHP-X is not known for merchant M1")
    send(world, [manifest, unknown])
    eventually("answered again", lambda: len(world.published("connector.command-results")) == 10)
    assert results(world)["manifest-1"] == made


def test_what_is_switched_off_waits_and_expires(new_world: NewWorld) -> None:
    seller = order_seller("M1", extra="auto_confirm = true\n")
    watcher = order_seller("M2", extra='mode = "observe"\nauto_confirm = true\n')
    seller.locations = seller.locations.replace('"SELF_SHIP"\nprogram', '"SELF_SHIP"\norders = false\nprogram')
    world = new_world([seller, watcher], simulator_args=FAST_SIMULATOR)
    world.start_worker()
    (flows,), (off,) = new_shipments(world, "M1", "SELLER_FLEX"), new_shipments(world, "M1", "SELF_SHIP")
    (watched,) = new_shipments(world, "M2", "SELLER_FLEX")
    expiring = Command("late", "M2", watched, "Confirm", expires_at_ms=wall_ms() + 5_000)
    send(
        world, [*(Command(f"see-{one}", "M1", one, "Refresh") for one in (flows, off)), *sequence("M1", off, "Confirm")]
    )
    send(world, [Command("see", "M2", watched, "Refresh"), expiring, *sequence("M2", watched, "Confirm")])
    eventually("five results", lambda: len(results(world)) == 5)

    told = {one: result["outcome"] for one, result in results(world).items()}
    automatic = {f"auto-confirm-{flows}": "DONE"}
    assert told == {f"see-{flows}": "DONE", f"see-{off}": "DONE", "see": "DONE", "late": "EXPIRED"} | automatic
    assert statuses(world) == {flows: "CONFIRMED", off: "ACCEPTED", watched: "ACCEPTED"}
    assert calls_for(world, off) == calls_for(world, watched) == []

    seller.locations = seller.locations.replace("orders = false", "orders = true")
    watcher.extra = ""
    world.write_merchants()
    eventually("what waited goes on", lambda: len(results(world)) == 7)
    assert set(statuses(world).values()) == {"CONFIRMED"}


def test_a_new_order_is_split_by_the_stock_that_is_known(new_world: NewWorld) -> None:
    seller = order_seller("M1")
    seller.locations = seller.locations.replace(
        'program = "SELF_SHIP"', 'program = "SELF_SHIP"\noms_locations = ["W1", "W2"]'
    )
    world = new_world([seller], simulator_args=FAST_SIMULATOR)
    world.start_worker()
    world.produce([world.update("M1", "sku-1", 3, 1, "W1"), world.update("M1", "sku-1", 9, 2, "W2")])
    eventually("both counts are at Amazon", lambda: world.quantities().get(("M1", "sku-1")) == 12)
    first, second, third = new_shipments(world, "M1", "SELF_SHIP", 3, lines={"sku-1": 3})
    send(world, [Command(f"see-{one}", "M1", one, "Refresh") for one in (first, second)])
    eventually("two orders", lambda: len(world.published("amazon.orders")) == 2)
    world.workers[0].kill()
    world.start_worker()
    send(world, [Command("see", "M1", third, "Refresh")])
    eventually("three orders", lambda: len(world.published("amazon.orders")) == 3)

    taken = [
        (allocation["oms_location"], allocation["quantity"], allocation["short"])
        for order in world.published("amazon.orders")
        for allocation in order["allocations"]
    ]
    assert taken == [("W1", 3, False), ("W2", 3, False), ("W2", 3, False)]


def test_step_by_step_with_a_change_of_mind_and_self_delivery(new_world: NewWorld) -> None:
    world = new_world([order_seller("M1")], simulator_args=FAST_SIMULATOR)
    world.start_worker()
    (shipment_id,) = new_shipments(world, "M1", "SELF_SHIP")

    def package(grams: int) -> dict[str, Any]:
        length = {"value": Decimal(10), "unit": "CM"}
        items = [{"line_item_id": "1", "quantity": 2}, {"line_item_id": "2", "quantity": 1}]
        measures = {"length": length, "width": length, "height": length}
        return {"package_id": "P1", **measures, "weight": {"value": Decimal(grams), "unit": "G"}, "items": items}

    asked: list[tuple[str, dict[str, Any]]] = [
        ("Confirm", {}),
        ("CreatePackages", {"packages": [package(400)]}),
        ("SelectShippingOption", {"package_id": "P1"}),
        ("GenerateInvoice", {}),
        ("GenerateShipLabels", {}),
        ("UpdatePackage", {"package": package(700)}),
        ("SelectShippingOption", {"package_id": "P1"}),
        ("GenerateInvoice", {}),
        ("GenerateShipLabels", {}),
        ("GenerateShipLabels", {"regenerate": True}),
        ("Ship", {"package_ids": ["P1"]}),
        ("UpdatePackageStatus", {"package_id": "P1", "status": "SHIPPED", "sub_status": "OUT_FOR_DELIVERY"}),
        ("UpdatePackageStatus", {"package_id": "P1", "status": "DELIVERED", "sub_status": "DELIVERED"}),
    ]
    commands = [
        Command(f"c-{number}", "M1", shipment_id, action, fields) for number, (action, fields) in enumerate(asked)
    ]
    send(world, commands)
    eventually("a result of each", lambda: len(results(world)) == len(asked), 60)

    told = results(world)
    assert {one: result["message"] for one, result in told.items() if result["outcome"] != "DONE"} == {}
    assert statuses(world) == {shipment_id: "DELIVERED"}
    labels = [told[one]["documents"][0] for one in ("c-4", "c-8", "c-9")]
    assert len({label["sha256"] for label in labels}) == 3
    assert all(read_document(label) for label in labels)
    assert effects(world, shipment_id) == {
        "confirmed": 1,
        "packages_created": 1,
        "package_updated": 1,
        "options_retrieved": 2,
        "invoice_generated": 2,
        "labels_generated": 2,
        "labels_regenerated": 1,
        "package_shipped": 1,
        "package_sub_status": 1,
        "package_delivered": 1,
    }
