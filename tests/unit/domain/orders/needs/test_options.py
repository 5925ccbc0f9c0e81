"""Shipping options: asked for, told to the OMS, and asked for anew where they may have expired."""

from connector.domain.orders.commands import CommandOutcome, GenerateShipLabels, Pack, SelectShippingOption
from connector.domain.orders.events import OrderEventType
from connector.domain.orders.facts.documents import Tracking
from connector.domain.orders.facts.shipment import Status
from connector.domain.orders.facts.shipping_options import HandoverLocation, ShippingOption, ShippingOptions, TimeWindow
from connector.domain.orders.next_step import plan_next_call
from connector.domain.orders.steps import (
    GenerateShipLabelsCall,
    GetShipmentCall,
    RetrieveShippingOptionsCall,
)
from connector.kafka.avro.records import to_record
from connector.smartconnect.wire.documents import read_shipping_options
from connector.smartconnect.wire.source import Source
from tests.kit.cases import read_case
from tests.kit.orders.calls import REFUSED, ended, made, read
from tests.kit.orders.packing_calls import READY, labels
from tests.kit.orders.shipments import NOW, asked, call_of, known, only_result, packed, step_of

DAY_MS = 86_400_000
PICKUP = TimeWindow(NOW + 1000, NOW + DAY_MS, "PICKUP")
GATE = HandoverLocation(map_url="https://maps.example.com/gate-3")
DAY_1 = ShippingOption(
    option_id="OPT-DAY-1", ship_by="MARKETPLACE", carrier_name="ATS", pickup_window=PICKUP, handover_location=GATE
)
DAY_2 = ShippingOption(option_id="OPT-DAY-2", ship_by="MARKETPLACE")
SLOW = ShippingOption(option_id="SLOW", ship_by="MARKETPLACE")
FIRST, SECOND = ShippingOptions((DAY_1, SLOW), DAY_1), ShippingOptions((DAY_2, SLOW), DAY_2)
FRESH = packed(Status.PACKAGE_CREATED, invoice_requirement="NOT_REQUIRED")
NULL = SelectShippingOption("P1")


def test_they_are_in_the_result_and_in_the_event() -> None:
    change = made(asked(known(FRESH), NULL).row, RetrieveShippingOptionsCall, FIRST)
    (event,) = change.orders
    assert event.type is OrderEventType.SHIPPING_OPTIONS_RETRIEVED
    for (offer,) in (event.shipping_options, only_result(change).shipping_options):
        assert (offer.package_id, offer.recommended_id, offer.chosen_id) == ("P1", "OPT-DAY-1", "OPT-DAY-1")
        assert offer.options == (DAY_1, SLOW)
    told = to_record(event.shipping_options[0])["options"][0]
    assert told["pickup_window"] == {"start": NOW + 1000, "end": NOW + DAY_MS, "handover_method": "PICKUP"}
    assert told["handover_location"]["map_url"] == GATE.map_url


def test_the_labels_own_pickup_is_in_the_result_and_in_the_event() -> None:
    row = made(asked(known(FRESH), Pack()).row, RetrieveShippingOptionsCall, FIRST).row
    tracking = (Tracking("P1", "ATS", "T1", "OPT-DAY-1", PICKUP, None, GATE),)
    change = made(row, GenerateShipLabelsCall, labels("P1").__class__(labels("P1").documents, tracking))
    assert only_result(change).tracking == tracking
    assert [event.tracking for event in change.orders] == [tracking]
    assert only_result(change).shipping_options != ()


def test_a_recommended_option_need_not_be_listed() -> None:
    """amazon/recommended-option-not-listed."""
    options = read_shipping_options(Source(read_case("amazon/recommended-option-not-listed")["body"]))
    row = made(asked(known(READY), Pack()).row, RetrieveShippingOptionsCall, options).row
    assert call_of(step_of(row), GenerateShipLabelsCall).shipping_option_id == "OPT-REC"


def test_one_that_expired_is_asked_for_anew_when_its_label_is_refused() -> None:
    """timelines/option-expired."""
    row = made(asked(known(READY), NULL).row, RetrieveShippingOptionsCall, FIRST).row
    row = asked(row, Pack(), command_id="C2").row
    assert call_of(step_of(row), GenerateShipLabelsCall).shipping_option_id == "OPT-DAY-1"
    row = read(ended(row, REFUSED, kind=GenerateShipLabelsCall).row, READY).row
    row = made(row, RetrieveShippingOptionsCall, SECOND).row
    assert call_of(step_of(row), GenerateShipLabelsCall).shipping_option_id == "OPT-DAY-2"
    assert only_result(made(row, GenerateShipLabelsCall, labels("P1"))).outcome is CommandOutcome.DONE


def test_refused_again_it_is_refused() -> None:
    row = made(asked(known(READY), Pack()).row, RetrieveShippingOptionsCall, FIRST).row
    row = read(ended(row, REFUSED, kind=GenerateShipLabelsCall).row, READY).row
    row = made(row, RetrieveShippingOptionsCall, SECOND).row
    row = ended(row, REFUSED, kind=GenerateShipLabelsCall).row
    assert isinstance(step_of(row).call, GetShipmentCall)
    result = only_result(read(row, READY))
    assert (result.outcome, result.code) == (CommandOutcome.REFUSED, "InvalidInput")


def test_what_the_oms_selected_is_not_changed_for_what_amazon_recommends() -> None:
    row = made(asked(known(READY), SelectShippingOption("P1", "SLOW")).row, RetrieveShippingOptionsCall, FIRST).row
    row = asked(row, Pack(), command_id="C2").row
    row = read(ended(row, REFUSED, kind=GenerateShipLabelsCall).row, READY).row
    still = made(row, RetrieveShippingOptionsCall, SECOND).row
    assert call_of(step_of(still), GenerateShipLabelsCall).shipping_option_id == "SLOW"
    gone = made(row, RetrieveShippingOptionsCall, ShippingOptions((DAY_2,), DAY_2))
    assert only_result(gone).message == "shipping_option_id: SLOW is not offered for package P1; offered are OPT-DAY-2"


def test_those_whose_window_has_passed_are_asked_for_anew() -> None:
    row = made(asked(known(READY), NULL).row, RetrieveShippingOptionsCall, FIRST).row
    row = asked(row, GenerateShipLabels(), command_id="C2").row
    assert isinstance(step_of(row, NOW + DAY_MS - 1).call, GenerateShipLabelsCall)
    assert isinstance(step_of(row, NOW + DAY_MS).call, RetrieveShippingOptionsCall)
    late = made(row, RetrieveShippingOptionsCall, FIRST, at_ms=NOW + DAY_MS).row
    assert isinstance(step_of(late, NOW + DAY_MS).call, GenerateShipLabelsCall), "offered all the same, it is believed"


def test_selecting_the_recommended_one_asks_which_that_is_now() -> None:
    row = made(asked(known(READY), NULL).row, RetrieveShippingOptionsCall, FIRST).row
    change = made(asked(row, NULL, command_id="C2").row, RetrieveShippingOptionsCall, SECOND)
    assert only_result(change).shipping_options[0].chosen_id == "OPT-DAY-2"


def test_an_empty_list_is_not_kept_for_ever() -> None:
    none = ShippingOptions()
    row = made(asked(known(READY), NULL).row, RetrieveShippingOptionsCall, none).row
    row = asked(row, Pack(), command_id="C2").row
    row = made(row, RetrieveShippingOptionsCall, none).row
    assert call_of(step_of(row), GenerateShipLabelsCall).shipping_option_id == "", "asked once in a command"
    row = made(row, GenerateShipLabelsCall, labels("P1")).row
    assert plan_next_call(row, NOW) is None


def test_only_some_options_are_kept() -> None:
    many = tuple(ShippingOption(option_id=f"O{number}") for number in range(500))
    change = made(asked(known(READY), NULL).row, RetrieveShippingOptionsCall, ShippingOptions(many, many[400]))
    (offer,) = only_result(change).shipping_options
    assert len(offer.options) == 20
    assert offer.options[0].option_id == offer.chosen_id == "O400"
