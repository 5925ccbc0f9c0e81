"""What shows a workflow at work, and what is said of one that was not seen."""

from typing import Any

import pytest

from connector.domain.rehearsal.evidence import Evidence
from connector.domain.rehearsal.signs import Signs
from connector.domain.rehearsal.workflows import PROGRAMS, WORKFLOWS, Workflow, WorkflowVerdict, judged, verdicts

RESULTS, ORDERS, CANCELLATIONS, RETURNS = "command-results", "orders", "cancellations", "returns"


def named(name: str) -> Workflow:
    (found,) = [workflow for workflow in WORKFLOWS if workflow.name == name]
    return found


class Rehearsal:
    """Records come in order, each on a topic of one partition; `read` has a consumer group read all of them."""

    def __init__(self, program: str = "SELF_SHIP") -> None:
        self.program = program
        self.evidence = Evidence()
        self.signs = Signs(self.evidence, {"WH1": program, "WH2": program}.get)  # type: ignore[arg-type]
        self.offset = 0

    def take(self, schema: str, topic: str, **record: Any) -> None:
        self.signs.take(schema, record, (topic, 0, self.offset))
        self.offset += 1

    def received(self, shipment_id: str = "S1", locations: tuple[str, ...] = ("WH1",), original: str = "") -> None:
        allocations = [{"oms_location": name} for name in locations]
        facts = {"type": "ORDER_RECEIVED", "original_shipment_id": original, "allocations": allocations}
        self.take("order_event", ORDERS, shipment_id=shipment_id, program=self.program, **facts)

    def happened(self, kind: str, shipment_id: str = "S1") -> None:
        self.take("order_event", ORDERS, shipment_id=shipment_id, program=self.program, type=kind)

    def command(self, action: str, shipment_id: str = "S1", **asked: Any) -> None:
        named_action = (f"smartconnect.{action}", asked)
        facts = {"command_id": f"{action} {shipment_id}", "shipment_id": shipment_id, "action": named_action}
        self.take("order_command", "commands", **facts)

    def result(self, action: str, shipment_id: str = "S1", outcome: str = "DONE", **facts: Any) -> None:
        told = {"code": "", "message": "", "documents": [], "tracking": [], **facts}
        command_id = f"{action} {shipment_id}"
        self.take(
            "command_result",
            RESULTS,
            command_id=command_id,
            shipment_id=shipment_id,
            action=action,
            outcome=outcome,
            **told,
        )

    def update(self, update_id: str, quantity: int, location: str = "WH1") -> None:
        facts = {"update_id": update_id, "location_id": location, "sku": "SKU", "quantity": quantity}
        self.take("inventory_update", "inventory", **facts)

    def settled(self, update_id: str, quantity: int, outcome: str = "ACCEPTED", code: str = "") -> None:
        place = {"location_id": "EXSB", "sku": "AMZ", "quantity": quantity, "superseded_update_ids": []}
        facts = {**place, "update_id": update_id, "outcome": outcome, "code": code, "message": ""}
        self.take("inventory_result", "results", **facts)

    def read(self) -> None:
        topics = (RESULTS, ORDERS, CANCELLATIONS, RETURNS, "results")
        self.evidence.committed = {(topic, 0): self.offset for topic in topics}

    def verdict(self, name: str) -> WorkflowVerdict:
        return judged(named(name), self.program, self.evidence)


def test_nothing_was_seen_of_nothing() -> None:
    found = verdicts(Evidence(), PROGRAMS, lambda *_: True)
    assert {verdict.is_seen for verdict in found} == {False}
    assert all(verdict.missing and not verdict.example for verdict in found)
    assert {verdict.program for verdict in found} == set(PROGRAMS)


def test_each_step_that_lacks_is_named_until_all_were_seen() -> None:
    rehearsal = Rehearsal()
    lacks = [rehearsal.verdict("confirm").missing]
    rehearsal.received()
    lacks.append(rehearsal.verdict("confirm").missing)
    rehearsal.command("Confirm")
    rehearsal.result("Confirm", outcome="REFUSED", code="InvalidInput", message="no")
    lacks.append(rehearsal.verdict("confirm").missing)
    rehearsal.result("Confirm")
    lacks.append(rehearsal.verdict("confirm").missing)
    rehearsal.signs.effect("S1", "confirmed")
    lacks.append(rehearsal.verdict("confirm").missing)
    assert lacks == [
        "no order was raised: that needs stock above zero of a SKU at a location of this program",
        "no command Confirm came for it",
        "its command Confirm has not ended DONE: REFUSED InvalidInput no",
        "Amazon was not asked for it: no effect confirmed",
        "no consumer group has committed an offset past command-results/0/3: does the OMS read it?",
    ]
    rehearsal.read()
    verdict = rehearsal.verdict("confirm")
    assert (verdict.is_seen, verdict.example) == (True, "S1")


def test_the_shipment_that_came_nearest_is_told_of_and_one_that_did_it_all_is_enough() -> None:
    rehearsal = Rehearsal()
    for shipment_id in ("S1", "S2", "S3"):
        rehearsal.received(shipment_id)
    rehearsal.command("Confirm", "S2")
    assert rehearsal.verdict("confirm").example == "S2"
    rehearsal.command("Confirm", "S3")
    rehearsal.result("Confirm", "S3")
    rehearsal.signs.effect("S3", "confirmed")
    rehearsal.read()
    assert rehearsal.verdict("confirm") == WorkflowVerdict(
        workflow=named("confirm"), program="SELF_SHIP", missing="", example="S3"
    )


def test_another_programs_shipment_shows_nothing() -> None:
    rehearsal = Rehearsal("EASY_SHIP")
    rehearsal.received()
    rehearsal.read()
    assert rehearsal.verdict("order received").is_seen
    assert not judged(named("order received"), "SELLER_FLEX", rehearsal.evidence).is_seen


def test_a_pack_is_packages_invoice_and_label() -> None:
    rehearsal = Rehearsal()
    rehearsal.received()
    rehearsal.command("Pack")
    rehearsal.result("Pack", documents=[{"kind": "INVOICE"}, {"kind": "SHIP_LABEL"}])
    for effect in ("packages_created", "invoice_generated", "labels_generated"):
        rehearsal.signs.effect("S1", effect)
    rehearsal.read()
    assert [rehearsal.verdict(name).is_seen for name in ("packages", "invoice", "ship label")] == [True] * 3
    assert rehearsal.verdict("handover").missing == "no command Ship came for it"


def test_a_manifest_is_of_the_shipments_that_it_names() -> None:
    rehearsal = Rehearsal()
    rehearsal.received("S7")
    rehearsal.command("CreateManifest", "", shipment_ids=["S7", "S8"])
    rehearsal.result("CreateManifest", "", documents=[{"kind": "MANIFEST"}])
    rehearsal.read()
    assert rehearsal.verdict("manifest").example == "S7"


@pytest.mark.parametrize(
    ("previous", "by", "name"),
    [
        ("ACCEPTED", "CUSTOMER_OR_MARKETPLACE", "cancelled by the customer before the confirmation"),
        ("CONFIRMED", "SYSTEM", "cancelled by the customer after the confirmation"),
        ("PACKAGE_CREATED", "UNKNOWN", "cancelled by the customer after the confirmation"),
    ],
)
def test_a_cancellation_before_and_after_the_confirmation_are_two(previous: str, by: str, name: str) -> None:
    rehearsal = Rehearsal()
    rehearsal.received()
    rehearsal.take("cancellation_event", CANCELLATIONS, shipment_id="S1", cancelled_by=by, previous_status=previous)
    assert not rehearsal.verdict(name).is_seen
    rehearsal.read()
    seen = [w.name for w in WORKFLOWS if "cancelled by" in w.name and rehearsal.verdict(w.name).is_seen]
    assert seen == [name]
    assert not rehearsal.verdict("reject").is_seen


def test_the_sellers_own_cancellation_is_a_reject() -> None:
    rehearsal = Rehearsal()
    rehearsal.received()
    rehearsal.command("Reject")
    rehearsal.result("Reject")
    rehearsal.signs.effect("S1", "rejected")
    rehearsal.read()
    assert rehearsal.verdict("reject").missing == "its cancellation is not told"
    told = {"shipment_id": "S1", "cancelled_by": "SELLER", "previous_status": "ACCEPTED"}
    rehearsal.take("cancellation_event", CANCELLATIONS, **told)
    rehearsal.read()
    assert rehearsal.verdict("reject").is_seen


def test_stock_and_zero_stock_are_seen_when_amazon_has_them() -> None:
    rehearsal = Rehearsal()
    rehearsal.update("u1", 5)
    rehearsal.settled("u1", 5, outcome="REFUSED", code="INVALID_SKU")
    assert rehearsal.verdict("inventory update").missing == "its result is not ACCEPTED: REFUSED INVALID_SKU"
    rehearsal.update("u2", 6)
    rehearsal.settled("u2", 6)
    assert rehearsal.verdict("inventory update").missing == "Amazon does not show that quantity"
    assert rehearsal.signs.awaits_stock
    rehearsal.signs.posted("EXSB", "AMZ", 5)
    assert rehearsal.signs.awaits_stock, "another quantity"
    rehearsal.signs.posted("EXSB", "AMZ", 6)
    rehearsal.read()
    assert rehearsal.verdict("inventory update").example == "WH1|SKU"
    assert not rehearsal.verdict("zero stock").is_seen
    rehearsal.update("u3", 0)
    rehearsal.settled("u3", 4)
    assert rehearsal.verdict("zero stock").missing.endswith("other locations there have 4 of it")
    rehearsal.update("u4", 0)
    rehearsal.settled("u4", 0)
    rehearsal.signs.posted("EXSB", "AMZ", 0)
    rehearsal.read()
    assert rehearsal.verdict("zero stock").is_seen


def test_a_split_a_replacement_and_what_amazon_changes() -> None:
    rehearsal = Rehearsal()
    rehearsal.received("S1", ("WH1", "WH2"))
    rehearsal.received("S2", original="S1")
    for kind in ("ORDER_UPDATED", "SHIPPED"):
        rehearsal.happened(kind)
    rehearsal.read()
    assert rehearsal.verdict("order split over locations").example == "S1"
    assert rehearsal.verdict("replacement").example == "S2"
    assert rehearsal.verdict("order changed by Amazon").is_seen


def test_returns_are_of_their_shipments_program() -> None:
    rehearsal = Rehearsal("EASY_SHIP")
    rehearsal.received()
    for return_id, kind in (("R1", "RETURN_CREATED"), ("R2", "RETURN_CREATED"), ("R2", "RETURN_CANCELLED")):
        rehearsal.take("return_event", RETURNS, return_id=return_id, shipment_id="S1", type=kind)
    rehearsal.read()
    assert rehearsal.verdict("return announced").example == "R1"
    assert rehearsal.verdict("return cancelled").example == "R2"
    assert rehearsal.verdict("return processed").missing == "it is on its way back"
