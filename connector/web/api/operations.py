"""What the control API takes: every operation once, for the router and for the OpenAPI document."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from connector.web.api import verbs
from connector.web.api.bodies import Said, StartReconcile
from connector.web.api.verbs import Verb

API_PREFIX = "/api/v1/"
FOLLOWED = frozenset({f"{API_PREFIX}changes"})
"""Paths whose answer goes on for as long as its client listens."""


class Served(StrEnum):
    """What workers answer themselves, by its name in the OpenAPI document."""

    DOCUMENT = "readDocument"
    FLEET = "readFleet"
    STATUS = "readStatus"
    MERCHANTS = "listMerchants"
    MERCHANT = "readMerchant"
    ALERTS = "listAlerts"
    CHANGES = "followChanges"
    RECONCILES = "listReconciles"
    RECONCILE = "readReconcile"
    NEW_RECONCILE = "startReconcile"


@dataclass(frozen=True, slots=True)
class Operation:
    """`path`: after API_PREFIX, with names in braces for what differs. `does`: what a worker answers itself, or the
    command that it runs."""

    method: str
    path: str
    does: Served | Verb[Any]
    summary: str

    @property
    def name(self) -> str:
        return self.does.name if isinstance(self.does, Verb) else self.does.value

    @property
    def said(self) -> type[Said]:
        """What its query or body may say."""
        if isinstance(self.does, Verb):
            return self.does.said
        return StartReconcile if self.does is Served.NEW_RECONCILE else Said

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def guarded(self) -> bool:
        """Wants the token: what changes something, and what may tell of buyers."""
        return self.writes or self.does is verbs.READ_LETTER


_LETTER, _MERCHANT, _STOCK = "dead-letters/{partition}/{offset}", "merchants/{merchant_id}", "inventory"

OPERATIONS_OF_API = (
    Operation("GET", "openapi.json", Served.DOCUMENT, "This document."),
    Operation("GET", "fleet", Served.FLEET, "The workers, those that are silent too, and their partitions."),
    Operation("GET", "status", Served.STATUS, "What `connector status --json` tells, of all workers together."),
    Operation("GET", "merchants", Served.MERCHANTS, "A row for each merchant that a worker has."),
    Operation("GET", _MERCHANT, Served.MERCHANT, "One merchant, as in the status."),
    Operation("GET", "alerts", Served.ALERTS, "What a person should look at, of all merchants and of none."),
    Operation("GET", "changes", Served.CHANGES, "Fleet, merchants and alerts as they change: server-sent events."),
    Operation("GET", "shipments", verbs.SHOW_SHIPMENTS, "Shipments to be handed over: `connector shipments list`."),
    Operation("GET", "history/{kind}/{id}", verbs.READ_HISTORY, "What happened to it: `connector history`."),
    Operation(
        "GET", "dead-letters", verbs.LIST_LETTERS, "Those that nobody dealt with: `connector dead-letters list`."
    ),
    Operation(
        "GET", _LETTER, verbs.READ_LETTER, "One, decoded: `connector dead-letters show`. It may hold buyers' data."
    ),
    Operation("POST", f"{_LETTER}/retry", verbs.RETRY_LETTER, "Send it again: `connector dead-letters retry`."),
    Operation("POST", f"{_LETTER}/drop", verbs.DROP_LETTER, "Put it aside: `connector dead-letters drop`."),
    Operation("POST", f"{_MERCHANT}/pause", verbs.PAUSE, "Change nothing more at Amazon: `connector merchants pause`."),
    Operation("POST", f"{_MERCHANT}/resume", verbs.RESUME, "Let it go on: `connector merchants resume`."),
    Operation("POST", f"{_MERCHANT}/{_STOCK}/zero", verbs.ZERO, "Stop selling: `connector inventory zero`."),
    Operation("POST", f"{_MERCHANT}/{_STOCK}/restore", verbs.RESTORE, "Sell again: `connector inventory restore`."),
    Operation("POST", f"{_MERCHANT}/{_STOCK}/resend", verbs.RESEND, "Say it again: `connector inventory resend`."),
    Operation("POST", "alerts/{alert_id}/retry", verbs.RETRY_ALERT, "Try what is parked: `connector alerts retry`."),
    Operation("POST", "reconciles", Served.NEW_RECONCILE, "Begin a `connector reconcile` on the worker that is asked."),
    Operation("GET", "reconciles", Served.RECONCILES, "Those that workers run and ran since their start."),
    Operation("GET", "reconciles/{reconcile_id}", Served.RECONCILE, "One, with its report where it has ended."),
    Operation("GET", "audit", verbs.LIST_AUDIT, "Who changed what, the newest first: `connector audit`."),
)


def path_of(served: Served) -> str:
    """Of one that has no names in it."""
    return API_PREFIX + next(operation.path for operation in OPERATIONS_OF_API if operation.does is served)


def matching(segments: list[str]) -> Iterator[tuple[Operation, dict[str, str]]]:
    """Those whose path these are, whatever their method, with what its names stand for."""
    for operation in OPERATIONS_OF_API:
        wanted = operation.path.split("/")
        if len(wanted) == len(segments) and all(segments):
            pairs = [*zip(wanted, segments, strict=True)]
            if all(name == given or name.startswith("{") for name, given in pairs):
                yield operation, {name[1:-1]: given for name, given in pairs if name.startswith("{")}
