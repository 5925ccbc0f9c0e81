"""A label that can't be had ends its command: how often it is made again, and what is told then."""

from dataclasses import replace

import pytest

from connector.domain.alerts import AlertKind
from connector.domain.orders.commands import CommandOutcome, GenerateShipLabels, Pack, UpdatePackage
from connector.domain.orders.effects import UNFIT, LabelFailure, Labels
from connector.domain.orders.facts.documents import Courier, Tracking
from connector.domain.orders.facts.shipment import Program, Status
from connector.domain.orders.needs import labels as label_needs
from connector.domain.orders.needs.label_files import LOST
from connector.domain.orders.next_step import advance, plan_next_call
from connector.domain.orders.row import Change, ShipmentRow
from connector.domain.orders.steps import GenerateShipLabelsCall, RegenerateShipLabelsCall, RetrieveShippingOptionsCall
from connector.domain.quarantine import TRIES
from tests.kit.orders import calls
from tests.kit.orders.calls import ended, made, read
from tests.kit.orders.packing_calls import LABELLED, OPTIONS, READY, label, labels, run
from tests.kit.orders.shipments import NOW, asked, call_of, cm, known, only_result, package, packed, seen, step_of

FLEX = packed(Status.INVOICE_GENERATED, Program.SELLER_FLEX)
TRACKING = (Tracking("P1", "Example Carrier", "TRK-1"),)
COURIER = Courier("Example Carrier", "TRK-1")
GIF = Labels(tracking=TRACKING, failures=(LabelFailure("P1", UNFIT, "by its bytes the document is a GIF image"),))
GONE = Labels(tracking=TRACKING)
BARE = Labels(tracking=TRACKING, without_file=("P1",))
BUSY = Labels(failures=(LabelFailure("P1", "ServiceUnavailable", "try again", passing=True),))


def wanted() -> ShipmentRow:
    return asked(known(FLEX), GenerateShipLabels()).row


@pytest.mark.parametrize(("brought", "code"), [(GIF, UNFIT), (GONE, LOST), (BARE, LOST)])
def test_a_label_whose_file_never_comes_is_made_again_three_times_then_refused(brought: Labels, code: str) -> None:
    """amazon/label-gif; and files that are lost or not offered."""
    change, made_calls = Change(wanted()), []
    while (step := plan_next_call(change.row, change.row.not_before_ms)) is not None:
        made_calls.append(type(step.call))
        at_ms = max(NOW, change.row.not_before_ms)
        change = made(change.row, type(step.call), brought, at_ms=at_ms)
    assert made_calls == [GenerateShipLabelsCall, *[RegenerateShipLabelsCall] * 3]
    result = only_result(change)
    assert (result.outcome, result.code, result.tracking) == (CommandOutcome.REFUSED, code, TRACKING)
    assert "package P1" in result.message
    (alert,) = change.alerts
    assert (alert.kind, alert.subject) == (AlertKind.LABEL_NOT_HAD, "S1")


def test_the_sellers_courier_prints_its_own_label() -> None:
    """amazon/label-without-file."""
    row = asked(known(FLEX), GenerateShipLabels(courier=COURIER)).row
    change = made(row, GenerateShipLabelsCall, BARE)
    result = only_result(change)
    assert (result.outcome, result.documents, result.tracking) == (CommandOutcome.DONE, (), TRACKING)
    again = asked(change.row, GenerateShipLabels(courier=COURIER), command_id="C2")
    assert only_result(again).outcome is CommandOutcome.DONE, "nor is it made again for the next command"


def test_a_passing_failure_is_tried_again_with_backoff() -> None:
    """amazon/label-failure-transient."""
    change = made(wanted(), GenerateShipLabelsCall, BUSY)
    assert change.results == ()
    assert change.row.not_before_ms > NOW
    change = made(change.row, GenerateShipLabelsCall, labels("P1"), at_ms=change.row.not_before_ms)
    assert only_result(change).documents == (label("P1"),)
    assert change.row.trouble is None


def test_a_passing_failure_that_does_not_pass_parks() -> None:
    row = asked(known(FLEX), GenerateShipLabels(), expires_at_ms=NOW + 3_600_000).row
    for _ in range(TRIES):
        row = made(row, GenerateShipLabelsCall, BUSY, at_ms=max(NOW, row.not_before_ms)).row
    assert row.is_parked
    result = only_result(advance(row, NOW + 3_600_000))
    assert (result.outcome, result.code) == (CommandOutcome.REFUSED, "ServiceUnavailable")


def test_a_failure_for_good_ends_at_once() -> None:
    failed = replace(BUSY, failures=(replace(BUSY.failures[0], code="InvalidInput", passing=False),))
    assert only_result(made(wanted(), GenerateShipLabelsCall, failed)).code == "InvalidInput"


def test_a_lost_answer_of_the_sellers_courier_is_made_again_on_the_same_terms() -> None:
    row = asked(known(READY), GenerateShipLabels(courier=COURIER)).row
    row = made(row, RetrieveShippingOptionsCall, OPTIONS).row
    row = ended(row, calls.LOST, kind=GenerateShipLabelsCall).row
    row = read(row, replace(packed(Status.SHIPLABEL_GENERATED), last_updated_at_ms=2000)).row
    call = call_of(step_of(row), RegenerateShipLabelsCall)
    assert (call.shipping_option_id, call.courier) == ("COURIER==", COURIER)
    assert only_result(made(row, RegenerateShipLabelsCall, BARE)).outcome is CommandOutcome.DONE


def test_a_later_reprint_keeps_to_the_first_labels_terms() -> None:
    terms = replace(TRACKING[0], shipping_option_id="COURIER==")
    row = asked(known(READY), GenerateShipLabels(courier=COURIER)).row
    row = made(row, RetrieveShippingOptionsCall, OPTIONS).row
    row = made(row, GenerateShipLabelsCall, replace(labels("P1"), tracking=(terms,))).row
    row = asked(row, GenerateShipLabels(regenerate=True), command_id="C2").row
    call = call_of(step_of(row), RegenerateShipLabelsCall)
    assert (call.shipping_option_id, call.courier) == ("COURIER==", COURIER)


def test_a_reprint_whose_file_is_lost_does_not_hand_out_the_old_label() -> None:
    _, change = run(asked(known(LABELLED), GenerateShipLabels()))
    row = asked(change.row, GenerateShipLabels(regenerate=True), command_id="C2").row
    lost = made(row, RegenerateShipLabelsCall, GONE)
    assert lost.results == ()
    had = made(lost.row, RegenerateShipLabelsCall, labels("P1"), at_ms=lost.row.not_before_ms)
    assert only_result(had).documents == (label("P1"),)


def test_a_cancelled_label_is_not_handed_out() -> None:
    """timelines/label-cancelled."""
    _, change = run(asked(known(LABELLED), GenerateShipLabels()))
    cancelled = replace(LABELLED, sub_status="LABEL_CANCELED", last_updated_at_ms=5000)
    told = seen(change.row, cancelled, at_ms=NOW + 1)
    assert [(event.type, event.changed, event.tracking) for event in told.orders] == [
        ("ORDER_UPDATED", ("sub_status",), ())
    ]
    assert (told.row.documents, told.row.tracking) == ((), ())
    again = asked(told.row, GenerateShipLabels(package_ids=("P1",)), command_id="C2")
    change = made(again.row, RegenerateShipLabelsCall, labels("P1"))
    assert only_result(change).documents == (label("P1"),)
    assert seen(change.row, replace(cancelled, last_updated_at_ms=6000), at_ms=NOW + 2).row.has_label("P1"), (
        "said once: Amazon shows it on, whatever was made since"
    )


def test_a_changed_package_voids_what_the_courier_printed() -> None:
    row = made(asked(known(FLEX), GenerateShipLabels(courier=COURIER)).row, GenerateShipLabelsCall, BARE).row
    steps, change = run(asked(row, UpdatePackage(package(height=cm(77))), command_id="C2"))
    assert len(steps) == 1
    assert not change.row.has_label("P1")


def test_labels_of_pack_are_had_in_the_same_way() -> None:
    row = asked(known(READY), Pack()).row
    row = made(row, RetrieveShippingOptionsCall, OPTIONS).row
    row = made(row, GenerateShipLabelsCall, GONE).row
    assert call_of(step_of(row), RegenerateShipLabelsCall).shipping_option_id == "BEST=="


def test_a_reprint_that_amazon_can_not_make_just_now_is_tried_again() -> None:
    _, change = run(asked(known(LABELLED), GenerateShipLabels()))
    row = asked(change.row, GenerateShipLabels(regenerate=True), command_id="C2").row
    change = made(row, RegenerateShipLabelsCall, BUSY)
    assert change.results == (), "the former label is not what was asked for"
    assert change.row.not_before_ms > NOW


def test_a_cancelled_package_gets_no_label() -> None:
    cancelled = replace(FLEX.packages[0], package_id="P2", status="CANCELLED")
    row = asked(known(replace(FLEX, packages=(*FLEX.packages, cancelled))), GenerateShipLabels()).row
    assert step_of(row).call == GenerateShipLabelsCall(package_ids=("P1",))


def test_a_label_that_is_not_had_is_one_alert_however_often_it_is_told() -> None:
    """A crash between the alert and the row settles the call once more, later."""
    ids = set[str]()
    for late_ms in (0, 7):
        _, change = run(asked(known(LABELLED), GenerateShipLabels()))
        row, at_ms = asked(change.row, GenerateShipLabels(regenerate=True), command_id="C2").row, NOW
        for number in range(4):
            at_ms = max(at_ms, row.not_before_ms)
            change = made(row, RegenerateShipLabelsCall, Labels(), at_ms=at_ms + (late_ms if number == 3 else 0))
            row = change.row
        ids.update(alert.alert_id for alert in change.alerts)
    assert len(ids) == 1


def test_a_label_that_was_had_after_all_leaves_the_command_unstuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """The labels of further packages are made, though it has expired: it was begun in time."""
    monkeypatch.setattr(label_needs, "MAX_LABELS", 1)
    facts = replace(FLEX, packages=(FLEX.packages[0], replace(FLEX.packages[0], package_id="P2")))
    expires_at_ms = NOW + 60_000
    row = asked(known(facts), GenerateShipLabels(), expires_at_ms=expires_at_ms).row
    row = made(row, GenerateShipLabelsCall, GONE).row
    assert row.head is not None
    assert row.head.is_stuck
    row = made(row, RegenerateShipLabelsCall, labels("P1"), at_ms=row.not_before_ms).row
    change = advance(row, expires_at_ms)
    assert change.results == ()
    assert call_of(step_of(change.row, expires_at_ms), GenerateShipLabelsCall).package_ids == ("P2",)
