"""What is asked of Amazon again and again: which lists, of whom, and what each is called (guarantee G8).

A poll follows what changes, one slice of time after the other. A sweep has no time bound: it finds what no slice can (a
list that lags for long, a merchant added after a weekend, clocks).
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from connector.domain.orders.facts.shipment import Status
from connector.domain.returns.facts import FINAL_STATUSES, ReturnStatus

LIST_SHIPMENTS = "list_shipments"
LIST_RETURNS = "returns"
LISTS = (LIST_SHIPMENTS, LIST_RETURNS)
"""The operations that read lists, as in the merchants file's limits."""

NEW_OR_STOPPED = (Status.ACCEPTED, Status.CREATED, Status.CANCELLED)
"""New orders, and what stops the work on them: asked before all else."""

OPEN_ORDERS = (Status.CREATED, Status.ACCEPTED, Status.CONFIRMED)
OPEN_RETURNS = tuple(status for status in ReturnStatus if status not in FINAL_STATUSES)
"""Statuses in which work is still expected: what sweeps ask for."""

OFTEN = frozenset({*NEW_OR_STOPPED, Status.CONFIRMED})
"""Where an order is seen first, though it was accepted and confirmed between two polls, or stopped: asked for each
interval. In the others none begins."""

SELDOM = 1.8
"""Intervals between two polls of the others: with the call itself, what changed is seen within two (guarantee G8)."""


@dataclass(frozen=True, slots=True)
class _ByStatus:
    """What is in one status, by the time of its last update. `location_id` empty: all of the merchant's."""

    merchant_id: str
    status: str
    every_s: float
    location_id: str = ""
    is_sweep: bool = False
    key: str = field(init=False, repr=False, compare=False)

    operation: ClassVar[str]

    def __post_init__(self) -> None:
        key = _key(self.merchant_id, self.operation, self.location_id, self.status, is_sweep=self.is_sweep)
        object.__setattr__(self, "key", key)


@dataclass(frozen=True, slots=True)
class PollShipments(_ByStatus):
    operation = LIST_SHIPMENTS


@dataclass(frozen=True, slots=True)
class PollReturns(_ByStatus):
    """Amazon takes it only together with a location."""

    operation = LIST_RETURNS


@dataclass(frozen=True, slots=True)
class PollNewReturns:
    """Returns by the time of their creation, whatever became of them; the sweep's go back a day."""

    merchant_id: str
    every_s: float
    location_id: str = ""
    is_sweep: bool = False
    key: str = field(init=False, repr=False, compare=False)

    operation = LIST_RETURNS

    def __post_init__(self) -> None:
        key = _key(self.merchant_id, self.operation, self.location_id, "", is_sweep=self.is_sweep)
        object.__setattr__(self, "key", key)


@dataclass(frozen=True, slots=True)
class ReadReturns:
    """Single returns, one a call: those that no list shows, or shows in a shape that can't be read."""

    merchant_id: str
    every_s: float
    key: str = field(init=False, repr=False, compare=False)

    operation = LIST_RETURNS
    is_sweep = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.merchant_id}|{self.operation}|read")


PolledList = PollShipments | PollNewReturns | PollReturns
"""One list of a merchant's, asked every `every_s` seconds. `key` names it in the watermarks table; it is kept, since
lanes, tables and heaps know the list by it: else each would have a string of its own."""

Poll = PolledList | ReadReturns


def _key(merchant_id: str, operation: str, location_id: str, status: str, *, is_sweep: bool) -> str:
    """Neither a merchant's nor a location's id contains a bar."""
    key = f"{merchant_id}|{operation}|{location_id}|{status}"
    return f"{key}|sweep" if is_sweep else key


def is_urgent(poll: Poll) -> bool:
    """Asked before the others that are due."""
    match poll:
        case PollShipments(status=status, is_sweep=False):
            return status in NEW_OR_STOPPED
        case PollNewReturns(is_sweep=False):
            return True
        case _:
            return False


def status_of(poll: PolledList) -> str:
    """Empty where all are asked for."""
    return "" if isinstance(poll, PollNewReturns) else poll.status


def at_location(poll: PolledList, location_id: str) -> PolledList:
    """The same list of one location, "" for all of the merchant's."""
    return replace(poll, location_id=location_id)


def key_at(poll: PolledList, location_id: str) -> str:
    """Of the same list of one location, "" for all of the merchant's."""
    return _key(poll.merchant_id, poll.operation, location_id, status_of(poll), is_sweep=poll.is_sweep)


def list_name(key: str) -> str:
    """As people are told of the list that has this key."""
    _, operation, location_id, status, *sweep = key.split("|")
    parts = (operation, status, f"at {location_id}" if location_id else "", "(sweep)" if sweep else "")
    return " ".join(filter(None, parts))


def is_by_location_alone(poll: PolledList) -> bool:
    """Amazon gives this list for one location, never for all of the merchant's."""
    return isinstance(poll, PollReturns) and not poll.is_sweep
