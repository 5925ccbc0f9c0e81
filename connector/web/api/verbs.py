"""Which command of `connector` does what is asked for: there is one way to do each thing, and the command line has it.

What comes from outside stands in one argument with its option, or after `--`: none of it is taken for an option.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from connector.web.api.bodies import (
    AuditQuery,
    ChangeBody,
    HistoryQuery,
    LettersQuery,
    Said,
    ShipmentsQuery,
    StartReconcile,
    StockChange,
    ZeroStock,
)

S = TypeVar("S", bound=Said)

Ids = Mapping[str, str]
"""What stands in the path, by its name there."""

COMMAND_WAIT_S = 20
"""That a command waits for the workers to begin, where it does."""


@dataclass(frozen=True, slots=True)
class Verb(Generic[S]):
    """`name`: the operation's in the OpenAPI document. `said`: what its query or body may say. `arguments`: those of
    `connector`."""

    name: str
    said: type[S]
    arguments: Callable[[Ids, S], list[str]]

    def command(self, ids: Ids, given: Mapping[str, Any]) -> list[str]:
        """Raises pydantic's ValidationError."""
        return self.arguments(ids, self.said.model_validate(given))


def _shipments(_: Ids, said: ShipmentsQuery) -> list[str]:
    return ["shipments", "list", "--json", f"--{said.show}", *_options(merchant=said.merchant)]


def _history(ids: Ids, said: HistoryQuery) -> list[str]:
    options = _options(merchant=said.merchant, since=said.since, until=said.until)
    return ["history", "--json", *options, "--", ids["kind"], ids["id"]]


def _letters(_: Ids, said: LettersQuery) -> list[str]:
    return ["dead-letters", "list", "--json", *_options(merchant=said.merchant, limit=str(said.limit))]


def _letter(ids: Ids, _: Said) -> list[str]:
    return ["dead-letters", "show", "--json", "--", f"{ids['partition']}/{ids['offset']}"]


def _audit(_: Ids, said: AuditQuery) -> list[str]:
    return ["audit", "--json", *_options(merchant=said.merchant, since=said.since, limit=str(said.limit))]


def _letter_change(verb: str) -> Callable[[Ids, ChangeBody], list[str]]:
    def arguments(ids: Ids, said: ChangeBody) -> list[str]:
        options = _options(by=said.by, because=said.reason)
        letter = f"{ids['partition']}/{ids['offset']}"
        return ["dead-letters", verb, "--json", *_dry(said), *options, "--", letter]

    return arguments


def _merchant_change(verb: str) -> Callable[[Ids, ChangeBody], list[str]]:
    def arguments(ids: Ids, said: ChangeBody) -> list[str]:
        return ["merchants", verb, "--json", *_dry(said), *_who(said), "--", ids["merchant_id"]]

    return arguments


def _stock_change(verb: str, *more: str) -> Callable[[Ids, StockChange], list[str]]:
    def arguments(ids: Ids, said: StockChange) -> list[str]:
        place = _options(merchant=ids["merchant_id"], location=said.location_id, sku=said.sku)
        return ["inventory", verb, "--json", *more, *_dry(said), *_who(said), *place]

    return arguments


def _alert_retry(ids: Ids, said: ChangeBody) -> list[str]:
    return ["alerts", "retry", "--json", *_dry(said), *_who(said), "--", ids["alert_id"]]


def reconcile_command(said: StartReconcile) -> list[str]:
    options = _options(merchant=said.merchant_id, location=said.location_id, by=said.by, reason=said.reason)
    numbers = {"rate": said.rate, "wait-s": said.wait_s}
    options += _options(since=said.since) + [f"--{name}={number}" for name, number in numbers.items() if number]
    return ["reconcile", said.subject, "--json", *options, *(["--repair"] if said.repair else [])]


def _who(said: ChangeBody) -> list[str]:
    return _options(by=said.by, reason=said.reason)


def _dry(said: ChangeBody) -> list[str]:
    return ["--dry-run"] if said.dry_run else []


def _options(**values: str) -> list[str]:
    """Those that were given."""
    return [f"--{name}={value}" for name, value in values.items() if value]


SHOW_SHIPMENTS = Verb("listShipments", ShipmentsQuery, _shipments)
READ_HISTORY = Verb("readHistory", HistoryQuery, _history)
LIST_LETTERS = Verb("listDeadLetters", LettersQuery, _letters)
READ_LETTER = Verb("readDeadLetter", Said, _letter)
LIST_AUDIT = Verb("listAudit", AuditQuery, _audit)
PAUSE = Verb("pauseMerchant", ChangeBody, _merchant_change("pause"))
RESUME = Verb("resumeMerchant", ChangeBody, _merchant_change("resume"))
ZERO = Verb("zeroStock", ZeroStock, _stock_change("zero"))
RESTORE = Verb("restoreStock", StockChange, _stock_change("restore"))
RESEND = Verb("resendStock", StockChange, _stock_change("resend", f"--wait-s={COMMAND_WAIT_S}"))
RETRY_ALERT = Verb("retryAlert", ChangeBody, _alert_retry)
RETRY_LETTER = Verb("retryDeadLetter", ChangeBody, _letter_change("retry"))
DROP_LETTER = Verb("dropDeadLetter", ChangeBody, _letter_change("drop"))
