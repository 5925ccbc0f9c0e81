"""What is still missing after a label call, and how often it is made again before the command ends without."""

from dataclasses import replace

from msgspec import structs

from connector.domain.alerts import Alert, AlertKind, Severity, alert_of
from connector.domain.orders.arrivals import reread_wait_ms
from connector.domain.orders.effects import UNFIT, LabelCall, LabelFailure, Labels
from connector.domain.orders.next_step import end_head, refused_by_amazon
from connector.domain.orders.row import Change, ShipmentRow, StepRefusal, StepTrouble
from connector.domain.orders.steps import key_of
from connector.domain.outcomes import Answer
from connector.domain.quarantine import troubled, wait_ms

MAX_REGENERATIONS = 3  # each may void the label before, and cost money
LOST = "LABEL_NOT_HAD"


def settle_labels(row: ShipmentRow, call: LabelCall, labels: Labels, before: StepTrouble | None, now_ms: int) -> Change:
    """`row` has what the call brought; `before`: its trouble when the call was made."""
    if row.head is None:
        return Change(row)
    refused = [failure for failure in labels.failures if failure.code != UNFIT and not failure.passing]
    if refused:
        return _end(row, StepRefusal(key_of(call), refused[0].code, _told(refused)), now_ms)
    waiting = [failure.package_id for failure in labels.failures if failure.passing]
    if missing := tuple(one for one in call.package_ids if one not in waiting and not row.has_label(one)):
        return _missing(row, call, labels, missing, now_ms)
    passing = [failure for failure in labels.failures if failure.passing]
    if not passing:
        return Change(row.with_head(structs.replace(row.head, relabels=0)))
    key = key_of(call)
    answer = Answer(http_status=200, code=passing[0].code, message=_told(passing))
    trouble = troubled(before.trouble if before and before.key == key else None, answer, now_ms)
    parked = structs.replace(row, trouble=StepTrouble(key, trouble), not_before_ms=now_ms + wait_ms(trouble))
    return Change(parked)


def _missing(row: ShipmentRow, call: LabelCall, labels: Labels, missing: tuple[str, ...], now_ms: int) -> Change:
    """Amazon made the labels, so only making them once more brings their files."""
    if row.head is None:
        return Change(row)
    relabels = row.head.relabels + 1
    row = row.with_head(structs.replace(row.head, relabels=relabels))
    if relabels <= MAX_REGENERATIONS:
        return Change(structs.replace(row, not_before_ms=now_ms + reread_wait_ms(relabels)))
    unfit = {failure.package_id: failure for failure in labels.failures if failure.code == UNFIT}
    lost = LabelFailure("", LOST, f"its label's file was not had in {relabels} tries")
    failures = [replace(unfit.get(package_id, lost), package_id=package_id) for package_id in missing]
    refusal = StepRefusal(key_of(call), failures[0].code, _told(failures))
    change = _end(row, refusal, now_ms)
    return replace(change, alerts=(_alert(row, refusal, now_ms),))


def _end(row: ShipmentRow, refusal: StepRefusal, now_ms: int) -> Change:
    """With what there is: labels of other packages, tracking of all."""
    if row.head is None:
        return Change(row)
    return end_head(row, refused_by_amazon(row, row.head.command, refusal), now_ms)


def _told(failures: list[LabelFailure]) -> str:
    return "; ".join(f"package {failure.package_id}: {failure.message}" for failure in failures)


def _alert(row: ShipmentRow, refusal: StepRefusal, now_ms: int) -> Alert:
    alert = alert_of(
        row.merchant_id,
        AlertKind.LABEL_NOT_HAD,
        Severity.WARNING,
        row.shipment_id,
        message=f"{row.shipment_id}: {refusal.message}",
        remedy="print the label in Amazon's console, or send GenerateShipLabels with regenerate; tracking is known",
        since_ms=now_ms,
        identity=row.head.command.command_id if row.head else None,  # it ends so once
    )
    return alert.ended(now_ms)
