"""What a row of the watermarks table says that a person should look at: which alerts stand is a matter of the row.

Keys: `merchant|operation|location|status` of a list (with `|sweep` of a sweep), `merchant|return|id` of a return that
can't be read, `merchant|location|id` of a location that has orders and is not in the merchants file, and
`merchant|api|operation` of an API that is not open to the merchant.
"""

from collections.abc import Iterator

from connector.domain.alerts import Alert, AlertKind, Severity, alert_of, raised_and_ended
from connector.domain.polling.polls import LIST_SHIPMENTS, NEW_OR_STOPPED, list_name
from connector.domain.polling.windows import Watermark
from connector.domain.quarantine import Trouble

_RETURN, _LOCATION, _API = "return", "location", "api"


def return_read_key(merchant_id: str, return_id: str) -> str:
    return f"{merchant_id}|{_RETURN}|{return_id}"


def unknown_location_key(merchant_id: str, location_id: str) -> str:
    return f"{merchant_id}|{_LOCATION}|{location_id}"


def closed_api_key(merchant_id: str, operation: str) -> str:
    return f"{merchant_id}|{_API}|{operation}"


def return_to_read(key: str) -> str | None:
    """The return that a key of the watermarks table is about, None for any other."""
    return _rest(key, _RETURN)


def unknown_location(key: str) -> str | None:
    """The location that a key of the watermarks table is about, None for any other."""
    return _rest(key, _LOCATION)


def closed_api(key: str) -> str | None:
    """The operation that a key of the watermarks table is about, None for any other."""
    return _rest(key, _API)


def alert_changes(key: str, before: Watermark | None, after: Watermark | None, now_ms: int) -> list[Alert]:
    """What a row's change raises and ends."""
    return raised_and_ended(alerts_of(key, before), alerts_of(key, after), now_ms)


def alerts_of(key: str, row: Watermark | None) -> Iterator[Alert]:
    """The alerts that stand for the row, under the same ids for as long as they do."""
    if row is None:
        return
    merchant_id, kind, subject = key.split("|", 2)
    match kind:
        case "api":
            yield _not_enabled(merchant_id, subject, row.settled_ms)
        case "return":
            if row.trouble is not None and row.trouble.is_parked:
                yield _return_parked(merchant_id, subject, row.trouble)
        case "location":
            yield _location_unknown(merchant_id, subject, row.settled_ms)
        case _:
            if row.trouble is not None and row.trouble.is_parked:
                yield _list_parked(merchant_id, key, row.trouble)
            if row.shells_since_ms is not None and row.shells_stay:
                yield _shells(merchant_id, key, row.shells_since_ms)


def _list_parked(merchant_id: str, key: str, trouble: Trouble) -> Alert:
    _, operation, _, status, *sweep = key.split("|")
    urgent = operation == LIST_SHIPMENTS and status in NEW_OR_STOPPED and not sweep
    return alert_of(
        merchant_id,
        AlertKind.LIST_PARKED,
        Severity.CRITICAL if urgent else Severity.WARNING,
        list_name(key),
        message=f"Amazon's list can't be read to its end; it is tried again slowly. {trouble.said}",
        remedy="orders are still found by notifications and by the other lists; ask Amazon's support, then"
        " `connector alerts retry`",
        since_ms=trouble.since_ms,
    )


def _shells(merchant_id: str, key: str, since_ms: int) -> Alert:
    return alert_of(
        merchant_id,
        AlertKind.RECORD_PARKED,
        Severity.WARNING,
        list_name(key),
        message="Amazon's list has an item without an id: nobody can tell what it is of",
        remedy="see the dead letter (UNREADABLE_FACT); compare with Seller Central, ask Amazon's support",
        since_ms=since_ms,
    )


def _return_parked(merchant_id: str, return_id: str, trouble: Trouble) -> Alert:
    return alert_of(
        merchant_id,
        AlertKind.RETURN_PARKED,
        Severity.WARNING,
        return_id,
        message=f"the return can't be read; it is tried again slowly. {trouble.said}",
        remedy="look at it in Seller Central, ask Amazon's support, then `connector alerts retry`",
        since_ms=trouble.since_ms,
    )


def _location_unknown(merchant_id: str, location_id: str, since_ms: int) -> Alert:
    return alert_of(
        merchant_id,
        AlertKind.LOCATION_UNKNOWN,
        Severity.CRITICAL,
        location_id,
        message="the merchant has orders of this location, which is not in the merchants file: they are not told",
        remedy="add it to the merchants file; with orders = false where others serve it",
        since_ms=since_ms,
    )


def _not_enabled(merchant_id: str, operation: str, since_ms: int) -> Alert:
    return alert_of(
        merchant_id,
        AlertKind.API_NOT_ENABLED,
        Severity.CRITICAL if operation == LIST_SHIPMENTS else Severity.WARNING,
        operation,
        message="Amazon refuses (403) all lists of this API and takes calls of others: it is not open to the merchant",
        remedy="enrol the merchant for it, or switch it off in the merchants file; it is tried again slowly",
        since_ms=since_ms,
    )


def _rest(key: str, kind: str) -> str | None:
    parts = key.split("|", 2)
    return parts[2] if len(parts) == 3 and parts[1] == kind else None
