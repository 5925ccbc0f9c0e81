"""Order commands from Kafka to SmartConnect and back, on a real broker."""

from typing import Any

import pytest

from tests.kit.flows.marketplace import cancel, wait_polled
from tests.kit.flows.orders import (
    PROGRAMS,
    Command,
    calls_for,
    check_shipped_once,
    effects,
    locations,
    new_shipments,
    order_seller,
    order_world,
    outcomes,
    package,
    read_document,
    results,
    send,
    sequence,
    statuses,
    wait_command_results,
)
from tests.kit.flows.world import NewWorld, wall_ms
from tests.kit.kafka.broker import eventually

pytestmark = pytest.mark.kafka


def test_confirm_pack_ship_in_the_three_programs(new_world: NewWorld) -> None:
    world = order_world(new_world)
    shipments = {program: new_shipments(world, "M1", program)[0] for program in PROGRAMS}
    for shipment_id in shipments.values():
        send(world, sequence("M1", shipment_id, "Confirm", "Pack", "Ship"))
    wait_command_results(world, 9)

    check_shipped_once(world, shipments.values())
    events = world.published("amazon.orders")
    for program, shipment_id in shipments.items():
        assert set(effects(world, shipment_id).values()) == {1}, program
        told = [event["type"] for event in events if event["shipment_id"] == shipment_id]
        assert (told[0], told[-1]) == ("ORDER_RECEIVED", "SHIPPED")
        assert len(told) == len(set(told))


def test_the_sellers_rejection(new_world: NewWorld) -> None:
    world = order_world(new_world)
    (shipment_id,) = new_shipments(world, "M1", "SELLER_FLEX")
    reject = Command("c-1", "M1", shipment_id, "Reject", {"reason": "OUT_OF_STOCK"})
    send(world, [reject, *sequence("M1", shipment_id, "Pack")])

    told = wait_command_results(world, 2)
    assert outcomes(told) == {"c-1": "DONE", f"{shipment_id}-Pack": "CANCELLED"}
    assert effects(world, shipment_id) == {"rejected": 1}
    (cancelled,) = world.wait_events("amazon.cancellations", 1)
    assert (cancelled["cancelled_by"], cancelled["previous_status"]) == ("SELLER", "ACCEPTED")


def test_a_customers_cancellation_in_the_middle_of_pack(new_world: NewWorld) -> None:
    world = order_world(new_world)
    (shipment_id,) = new_shipments(world, "M1", "EASY_SHIP")
    world.fault("503,before,op=invoice")
    send(world, sequence("M1", shipment_id, "Confirm", "Pack", "Ship"))
    world.wait_calls(1, operation="invoice")
    cancel(world, shipment_id)
    (cancelled,) = world.wait_events("amazon.cancellations", 1)
    called = calls_for(world, shipment_id)
    world.tell("DELETE", "faults")

    told = wait_command_results(world, 3)
    assert outcomes(told) == {
        f"{shipment_id}-Confirm": "DONE",
        f"{shipment_id}-Pack": "CANCELLED",
        f"{shipment_id}-Ship": "CANCELLED",
    }
    assert calls_for(world, shipment_id) == called, "nothing is called for a cancelled shipment"
    assert cancelled["cancelled_by"] == "CUSTOMER_OR_MARKETPLACE"


def test_a_command_seen_again_is_answered_again_and_not_run_again(new_world: NewWorld) -> None:
    world = order_world(new_world)
    (shipment_id,) = new_shipments(world, "M1", "SELLER_FLEX")
    confirm = sequence("M1", shipment_id, "Confirm")
    send(world, confirm)
    wait_command_results(world, 1)
    called = calls_for(world, shipment_id)
    send(world, [*confirm, *confirm])

    world.wait_events("connector.command-results", 3)
    assert len(results(world)) == 1
    assert calls_for(world, shipment_id) == called
    assert effects(world, shipment_id) == {"confirmed": 1}


def test_commands_that_can_not_be_meant(new_world: NewWorld) -> None:
    world = order_world(new_world)
    (shipment_id,) = new_shipments(world, "M1", "SELLER_FLEX")
    light = Command("c-1", "M1", shipment_id, "Pack", {"packages": [package(grams=4)]})
    expired = Command("c-2", "M1", shipment_id, "Confirm", expires_at_ms=wall_ms() - 1)
    nowhere = Command("c-3", "M1", "", "Confirm")
    stranger = Command("c-4", "M9", shipment_id, "Confirm")
    nameless = Command(" ", "M1", shipment_id, "Confirm")
    send(world, [light, expired, nowhere, stranger, nameless])
    world.broker.produce("oms.order-commands", [("M1", b"\xc3\x01garbage")], partitioner="murmur2_random")

    told = wait_command_results(world, 3)
    assert {one: (result["outcome"], result["code"]) for one, result in told.items()} == {
        "c-1": ("REFUSED", "INVALID_COMMAND"),
        "c-2": ("EXPIRED", "EXPIRED"),
        "c-3": ("REFUSED", "INVALID_COMMAND"),
    }
    assert "packages[0].weight: " in told["c-1"]["message"]
    assert told["c-3"]["message"] == "shipment_id: is empty; name the shipment"
    letters = {letter["reason"]: letter["message"] for letter in world.wait_dead_letters(3)}
    assert letters.keys() == {"UNKNOWN_MERCHANT", "INVALID", "UNDECODABLE"}
    assert letters["UNKNOWN_MERCHANT"].startswith("merchant_id: M9 is not in the merchants file")
    assert letters["INVALID"].startswith("command_id: ")
    assert {call["operation"] for call in world.calls()} <= {"token", "list_shipments", "returns"}


def test_manifests(new_world: NewWorld) -> None:
    world = order_world(new_world)
    shipment_ids = new_shipments(world, "M1", "SELF_SHIP", 3)
    for shipment_id in shipment_ids:
        send(world, sequence("M1", shipment_id, "Confirm", "Pack"))
    wait_command_results(world, 6)
    manifest = Command("manifest-1", "M1", "", "CreateManifest", {"shipment_ids": shipment_ids})
    unknown = Command("manifest-2", "M1", "", "CreateManifest", {"shipment_ids": [*shipment_ids, "SHP-X"]})
    send(world, [manifest, unknown])

    told = wait_command_results(world, 8)
    made, refused = told["manifest-1"], told["manifest-2"]
    assert (made["outcome"], [document["kind"] for document in made["documents"]]) == ("DONE", ["MANIFEST"])
    assert read_document(made["documents"][0]).startswith(b"%PDF-")
    assert refused["message"].startswith("shipment_ids[3]: SHP-X is not known for merchant M1")

    send(world, [manifest, unknown])
    world.wait_events("connector.command-results", 10)
    assert results(world)["manifest-1"] == made


def test_what_is_switched_off_waits_and_expires(new_world: NewWorld) -> None:
    seller = order_seller("M1", extra="auto_confirm = true\n", locations=locations(SELF_SHIP="orders = false"))
    watcher = order_seller("M2", extra='mode = "observe"\nauto_confirm = true\n')
    world = order_world(new_world, seller, watcher)
    (flows,), (off,) = new_shipments(world, "M1", "SELLER_FLEX"), new_shipments(world, "M1", "SELF_SHIP")
    (watched,) = new_shipments(world, "M2", "SELLER_FLEX")
    seen = {f"see-{one}": Command(f"see-{one}", "M1", one, "Refresh") for one in (flows, off)}
    seen[f"see-{watched}"] = Command(f"see-{watched}", "M2", watched, "Refresh")
    expiring = Command("late", "M2", watched, "Confirm", expires_at_ms=wall_ms() + 5_000)
    send(world, [*seen.values(), expiring, *sequence("M1", off, "Confirm"), *sequence("M2", watched, "Confirm")])

    told = wait_command_results(world, 5)
    assert outcomes(told) == {**dict.fromkeys(seen, "DONE"), "late": "EXPIRED", f"auto-confirm-{flows}": "DONE"}
    assert statuses(world) == {flows: "CONFIRMED", off: "ACCEPTED", watched: "ACCEPTED"}
    assert calls_for(world, off) == calls_for(world, watched) == []

    seller.locations, watcher.extra = locations(), ""
    world.write_merchants()
    wait_command_results(world, 7)
    assert set(statuses(world).values()) == {"CONFIRMED"}


def test_a_new_order_is_split_by_the_stock_that_is_known(new_world: NewWorld) -> None:
    split = locations(SELF_SHIP='oms_locations = ["W1", "W2"]')
    world = order_world(new_world, order_seller("M1", extra="poll_interval_s = 3600", locations=split))
    wait_polled(world, "M1")  # the third order is to be found by the second worker
    world.produce([world.update("M1", "sku-1", 3, 1, "W1"), world.update("M1", "sku-1", 9, 2, "W2")])
    eventually("both counts are at Amazon", lambda: world.quantities().get(("M1", "sku-1")) == 12)
    first, second, third = new_shipments(world, "M1", "SELF_SHIP", 3, lines={"sku-1": 3})
    send(world, [Command(f"see-{one}", "M1", one, "Refresh") for one in (first, second)])
    world.wait_events("amazon.orders", 2)
    world.workers[0].kill()
    world.start_worker()
    send(world, [Command("see", "M1", third, "Refresh")])

    orders = world.wait_events("amazon.orders", 3)
    assert [
        (allocation["oms_location"], allocation["quantity"], allocation["short"])
        for order in orders
        for allocation in order["allocations"]
    ] == [("W1", 3, False), ("W2", 3, False), ("W2", 3, False)]


def test_step_by_step_with_a_change_of_mind_and_self_delivery(new_world: NewWorld) -> None:
    world = order_world(new_world)
    (shipment_id,) = new_shipments(world, "M1", "SELF_SHIP")
    asked: list[tuple[str, dict[str, Any]]] = [
        ("Confirm", {}),
        ("CreatePackages", {"packages": [package(grams=400, line1=2, line2=1)]}),
        ("SelectShippingOption", {"package_id": "P1"}),
        ("GenerateInvoice", {}),
        ("GenerateShipLabels", {}),
        ("UpdatePackage", {"package": package(grams=700, line1=2, line2=1)}),
        ("SelectShippingOption", {"package_id": "P1"}),
        ("GenerateInvoice", {}),
        ("GenerateShipLabels", {}),
        ("GenerateShipLabels", {"regenerate": True}),
        ("Ship", {"package_ids": ["P1"]}),
        ("UpdatePackageStatus", {"package_id": "P1", "status": "SHIPPED", "sub_status": "OUT_FOR_DELIVERY"}),
        ("UpdatePackageStatus", {"package_id": "P1", "status": "DELIVERED", "sub_status": "DELIVERED"}),
    ]
    send(world, [Command(f"c-{number}", "M1", shipment_id, *each) for number, each in enumerate(asked)])

    told = wait_command_results(world, len(asked))
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
