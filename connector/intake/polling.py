"""Which lists of Amazon's are asked for a merchant, and how often. Notifications hint; lists close the gap (G8)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connector.domain.orders.facts.shipment import Status
from connector.domain.returns.facts import ReturnStatus
from connector.merchants import Merchant

LIST_SHIPMENTS = "list_shipments"
LIST_RETURNS = "returns"
LISTS = (LIST_SHIPMENTS, LIST_RETURNS)

# New orders, and what stops their work. An order that leaves these unseen (worked in Amazon's console while we were
# down) is found in the state it reached, at the slow beat.
OFTEN = (Status.ACCEPTED, Status.CREATED, Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Poll:
    """One list. Of returns without a location: those created, wherever; else those updated."""

    merchant_id: str
    operation: str
    location_id: str
    status: str
    every_s: float

    @property
    def key(self) -> str:
        return f"{self.merchant_id}|{self.operation}|{self.location_id}|{self.status}"


def polls_of(merchant: Merchant, return_locations: Iterable[str], slow_interval_s: float) -> Iterator[Poll]:
    """`return_locations`: where returns were seen to go, besides the merchant's own locations."""
    often_s = merchant.poll_interval_s
    slow_s = max(often_s, slow_interval_s)
    for location in merchant.locations:
        if merchant.flows(location, "orders"):
            for status in (*OFTEN, *(status for status in Status if status not in OFTEN)):
                every_s = often_s if status in OFTEN else slow_s
                yield Poll(merchant.merchant_id, LIST_SHIPMENTS, location.location_id, status, every_s)
    own = [location.location_id for location in merchant.locations if merchant.flows(location, "returns")]
    if own:
        yield Poll(merchant.merchant_id, LIST_RETURNS, "", "", often_s)
    for location_id in dict.fromkeys([*own, *return_locations]):
        yield from returns_updated(merchant, location_id, slow_s)


def returns_updated(merchant: Merchant, location_id: str, slow_interval_s: float) -> Iterator[Poll]:
    """listReturns filters by the time of an update only together with a location and one status."""
    location = merchant.location(location_id)
    if merchant.returns and (location is None or location.returns):
        for status in ReturnStatus:
            yield Poll(merchant.merchant_id, LIST_RETURNS, location_id, status, slow_interval_s)
