"""What the control API takes: every operation once, for the router and for the OpenAPI document."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

API_PREFIX = "/api/v1/"


class ApiAction(StrEnum):
    """What an operation does. The OpenAPI document calls it so."""

    READ_DOCUMENT = "readDocument"
    READ_FLEET = "readFleet"
    READ_STATUS = "readStatus"
    LIST_MERCHANTS = "listMerchants"
    READ_MERCHANT = "readMerchant"
    LIST_ALERTS = "listAlerts"
    FOLLOW_CHANGES = "followChanges"


@dataclass(frozen=True, slots=True)
class Operation:
    """`path`: after API_PREFIX, with names in braces for what differs."""

    action: ApiAction
    method: str
    path: str
    summary: str


OPERATIONS_OF_API = (
    Operation(ApiAction.READ_DOCUMENT, "GET", "openapi.json", "This document."),
    Operation(ApiAction.READ_FLEET, "GET", "fleet", "The workers, those that are silent too, and their partitions."),
    Operation(ApiAction.READ_STATUS, "GET", "status", "What `connector status --json` tells, of all workers together."),
    Operation(ApiAction.LIST_MERCHANTS, "GET", "merchants", "A row for each merchant that a worker has."),
    Operation(ApiAction.READ_MERCHANT, "GET", "merchants/{merchant_id}", "One merchant, as in the status."),
    Operation(ApiAction.LIST_ALERTS, "GET", "alerts", "What a person should look at, of all merchants and of none."),
    Operation(
        ApiAction.FOLLOW_CHANGES, "GET", "changes", "Fleet, merchants and alerts as they change: server-sent events."
    ),
)


def path_of(action: ApiAction) -> str:
    """Of one that has no names in it."""
    return API_PREFIX + next(operation.path for operation in OPERATIONS_OF_API if operation.action is action)


def matching(segments: list[str]) -> Iterator[tuple[Operation, dict[str, str]]]:
    """Those whose path these are, whatever their method, with what its names stand for."""
    for operation in OPERATIONS_OF_API:
        wanted = operation.path.split("/")
        if len(wanted) == len(segments):
            ids = {name[1:-1]: given for name, given in zip(wanted, segments, strict=True) if name.startswith("{")}
            if all(ids.get(name[1:-1], name) == given for name, given in zip(wanted, segments, strict=True)):
                yield operation, ids


FOLLOWED = frozenset({API_PREFIX + "changes"})
"""Paths whose answer goes on for as long as its client listens."""
