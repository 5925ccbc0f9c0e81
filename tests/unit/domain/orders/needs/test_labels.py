"""Options and labels: what is chosen, what is made once, what is kept."""

from dataclasses import replace
from typing import Any

from connector.domain.orders.commands import CommandOutcome, GenerateShipLabels, Pack, SelectShippingOption
from connector.domain.orders.effects import LabelFailure
from connector.domain.orders.facts.documents import Courier
from connector.domain.orders.facts.packages import PackageItem
from connector.domain.orders.facts.shipment import LineItem, Program, Status
from connector.domain.orders.facts.shipping_options import ShippingOption, ShippingOptions
from connector.domain.orders.steps import GenerateShipLabelsCall, RegenerateShipLabelsCall, RetrieveShippingOptionsCall
from tests.kit.orders.calls import LOST, ended, made, read
from tests.kit.orders.packing_calls import LABELLED, OPTIONS, READY, kinds, label, labels, run
from tests.kit.orders.shipments import asked, call_of, known, only_result, package, packed


def test_a_label_whose_answer_was_lost_is_had_by_one_regenerate() -> None:
    row = asked(known(packed(Status.INVOICE_GENERATED, Program.SELLER_FLEX)), GenerateShipLabels()).row
    row = ended(row, LOST, kind=GenerateShipLabelsCall).row
    row = read(row, replace(packed(Status.SHIPLABEL_GENERATED, Program.SELLER_FLEX), last_updated_at_ms=2000)).row
    change = made(row, RegenerateShipLabelsCall, labels("P1"))
    assert only_result(change).documents == (label("P1"),)


def test_labels_are_kept_for_a_second_asking_and_made_anew_only_when_told() -> None:
    _, change = run(asked(known(LABELLED), GenerateShipLabels()))
    again = asked(change.row, GenerateShipLabels(), command_id="C2")
    assert only_result(again).documents == (label("P1"),)
    assert kinds(asked(change.row, GenerateShipLabels(regenerate=True), command_id="C3")) == [RegenerateShipLabelsCall]


def test_amazon_may_make_some_labels_and_not_others() -> None:
    two = (package("P1", items=package().items[:1]), package("P2", items=package().items[1:]))
    facts = packed(Status.INVOICE_GENERATED, Program.SELLER_FLEX, packages=two)
    row = asked(known(facts), GenerateShipLabels()).row
    failures = (LabelFailure("P2", "InternalFailure", "no carrier"),)
    change = made(row, GenerateShipLabelsCall, replace(labels("P1"), failures=failures))
    result = only_result(change)
    assert (result.outcome, result.code, result.message) == (
        CommandOutcome.REFUSED,
        "InternalFailure",
        "package P2: no carrier",
    )
    assert result.documents == (label("P1"),)
    assert change.row.facts is not None
    assert change.row.facts.status == Status.INVOICE_GENERATED
    later = run(asked(change.row, GenerateShipLabels(), command_id="C2"))[0]
    assert [call_of(step, GenerateShipLabelsCall).package_ids for step in later] == [("P2",)]


def test_a_label_call_names_fifty_packages_at_most() -> None:
    line = LineItem(line_item_id="L1", sku="A", quantity=60)
    boxes = tuple(package(f"P{n}", items=(PackageItem(line_item_id="L1", quantity=1),)) for n in range(60))
    facts = packed(Status.INVOICE_GENERATED, Program.SELLER_FLEX, packages=boxes, line_items=(line,))
    steps, change = run(asked(known(facts), GenerateShipLabels()))
    assert [len(call_of(step, GenerateShipLabelsCall).package_ids) for step in steps] == [50, 10]
    assert len(only_result(change).documents) == 60


def courier(tracking_id: str = "T-P1") -> dict[str, Any]:
    return {"courier": Courier("DHL", tracking_id)}


def test_the_sellers_courier_takes_the_third_party_option() -> None:
    steps, _ = run(asked(known(READY), Pack(**courier())))
    call = call_of(steps[-1], GenerateShipLabelsCall)
    assert (call.shipping_option_id, call.courier) == ("COURIER==", Courier("DHL", "T-P1"))


def test_a_third_party_option_needs_a_courier() -> None:
    row = asked(known(READY), Pack(shipping_option_id="COURIER==")).row
    change = made(row, RetrieveShippingOptionsCall, OPTIONS)
    assert only_result(change).message == (
        "courier: shipping option COURIER== is a third-party carrier's; give carrier_name and tracking_id"
    )


def test_an_option_must_be_offered() -> None:
    row = asked(known(READY), Pack(shipping_option_id="NONE")).row
    change = made(row, RetrieveShippingOptionsCall, OPTIONS)
    assert only_result(change).message == (
        "shipping_option_id: NONE is not offered for package P1; offered are BEST==, COURIER=="
    )


def test_labels_made_for_another_courier_are_not_taken_for_ours() -> None:
    _, change = run(asked(known(LABELLED), Pack(**courier("OTHER"))))
    assert only_result(change).message == (
        "courier: the label of package P1 is ATS T-P1 at Amazon; update the package to have it made anew"
    )


def test_a_selected_option_is_kept_for_the_labels() -> None:
    row = asked(known(READY), SelectShippingOption(package_id="P1", shipping_option_id="COURIER==")).row
    change = made(row, RetrieveShippingOptionsCall, OPTIONS)
    assert only_result(change).outcome is CommandOutcome.DONE
    steps, _ = run(asked(change.row, GenerateShipLabels(**courier()), command_id="C2"))
    assert [call_of(step, GenerateShipLabelsCall).shipping_option_id for step in steps] == ["COURIER=="]


def test_an_option_selected_instead_of_the_recommended_one_is_the_labels() -> None:
    recommended, other = ShippingOption(option_id="BEST==", ship_by="SELLER"), ShippingOption(option_id="SLOW==")
    row = asked(known(READY), SelectShippingOption("P1", "SLOW==")).row
    row = made(row, RetrieveShippingOptionsCall, ShippingOptions((recommended, other), recommended)).row
    steps, _ = run(asked(row, GenerateShipLabels(), command_id="C2"))
    assert [call_of(step, GenerateShipLabelsCall).shipping_option_id for step in steps] == ["SLOW=="]
