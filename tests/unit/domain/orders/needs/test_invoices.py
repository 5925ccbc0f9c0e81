"""Invoices that Amazon is still making, and those that it says are not required."""

from connector.domain.orders.commands import CommandOutcome, GenerateInvoice
from connector.domain.orders.effects import StepValue
from connector.domain.orders.facts.shipment import Program, Shipment, Status
from connector.domain.orders.next_step import advance, ends_at_ms
from connector.domain.orders.steps import GenerateInvoiceCall, GetShipmentCall, RetrieveInvoiceCall
from connector.domain.outcomes import Answer, Outcome, Refused
from connector.domain.quarantine import OVERDUE_MS
from connector.smartconnect.wire.shipments import read_shipment
from connector.smartconnect.wire.source import Source
from tests.kit.cases import read_case
from tests.kit.orders.calls import ended, made, read
from tests.kit.orders.packing_calls import INVOICE
from tests.kit.orders.shipments import NOW, asked, known, only_result, packed, step_of

HOUR_MS = 3_600_000


def pending(status: str = "PENDING") -> Shipment:
    return packed(Status.INVOICE_GENERATED, invoice_requirement="REQUIRED", invoice_status=status)


def not_there() -> Outcome[StepValue]:
    given = read_case("amazon/invoice-pending-404")
    (error,) = given["body"]["errors"]
    return Refused(Answer(http_status=given["status"], code=error["code"], message=error["message"], request_id="r-4"))


def test_one_that_is_pending_is_waited_for_at_a_slow_beat() -> None:
    """amazon/invoice-pending-404."""
    row, at_ms, asked_for = asked(known(pending()), GenerateInvoice(), expires_at_ms=NOW + HOUR_MS).row, NOW, 0
    while at_ms < NOW + HOUR_MS:
        row = ended(row, not_there(), kind=RetrieveInvoiceCall, at_ms=at_ms).row
        asked_for += 1
        at_ms = row.not_before_ms
        if at_ms < NOW + HOUR_MS:
            row = read(row, pending(), at_ms=at_ms).row
    assert 4 < asked_for <= 20
    assert ends_at_ms(row, NOW) == NOW + HOUR_MS
    there = read(row, pending("AVAILABLE"), at_ms=NOW + HOUR_MS - 1).row
    assert only_result(made(there, RetrieveInvoiceCall, INVOICE)).documents == (INVOICE,)
    assert only_result(read(ended(there, not_there()).row, pending("AVAILABLE"))).code == "NotFound"
    result = only_result(read(row, pending(), at_ms=NOW + HOUR_MS))
    assert (result.outcome, result.code, result.request_id) == (CommandOutcome.REFUSED, "NotFound", "r-4")


def test_it_is_not_waited_for_longer_than_a_day() -> None:
    row = ended(asked(known(pending()), GenerateInvoice()).row, not_there(), kind=RetrieveInvoiceCall).row
    row = read(row, pending(), at_ms=row.not_before_ms).row
    assert ends_at_ms(row, NOW) == NOW + OVERDUE_MS
    assert advance(row, NOW + OVERDUE_MS - 1).results == ()
    assert only_result(advance(row, NOW + OVERDUE_MS)).code == "NotFound"


def test_one_that_is_not_pending_any_more_is_refused() -> None:
    row = ended(asked(known(pending()), GenerateInvoice()).row, not_there()).row
    assert isinstance(step_of(row).call, GetShipmentCall)
    assert only_result(read(row, pending("NOT_AVAILABLE"), at_ms=row.not_before_ms)).code == "NotFound"


def test_not_required_does_not_forbid_asking() -> None:
    """amazon/invoice-not-required."""
    facts = read_shipment(Source(read_case("amazon/invoice-not-required")["body"]))
    row = asked(known(facts), GenerateInvoice()).row
    assert only_result(made(row, GenerateInvoiceCall, INVOICE)).documents == (INVOICE,)
    later = packed(Status.SHIPLABEL_GENERATED, invoice_requirement="NOT_REQUIRED", invoice_status="NOT_AVAILABLE")
    assert isinstance(step_of(asked(known(later), GenerateInvoice()).row).call, GenerateInvoiceCall)


def test_where_amazon_makes_none_amazon_says_so() -> None:
    facts = packed(Status.PICKUP_SLOT_RETRIEVED, Program.EASY_SHIP, marketplace_id="A1PA6795UKMFR9")
    assert isinstance(step_of(asked(known(facts), GenerateInvoice()).row).call, GenerateInvoiceCall)
