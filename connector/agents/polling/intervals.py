"""When each merchant's orders are polled again, by what its notifications have proven to this worker.

Nothing of it is kept: who takes a merchant over, and every start, begins with nothing proven.
"""

from collections.abc import Callable, Iterator

from connector.domain.orders.row import ShipmentRow
from connector.domain.polling.intervals import (
    UNPROVEN,
    Proof,
    count_told,
    has_new_status,
    interval_s,
    take_notification,
    take_untold,
    was_notified,
)
from connector.domain.polling.polls import Poll, PollShipments
from connector.merchants import Merchant


class PollIntervals:
    """`clock`: monotonic seconds. What is said of a merchant that is not open is ignored."""

    def __init__(self, clock: Callable[[], float], slowest_s: float) -> None:
        self.clock = clock
        self._slowest_s = slowest_s
        self._often_s: dict[str, float] = {}
        self._proofs: dict[str, Proof] = {}
        self._rests: dict[str, dict[str, float]] = {}
        self._hurry: Callable[[str], None] | None = None

    def on_untold(self, hurry: Callable[[str], None]) -> None:
        """`hurry` is called with the merchant whenever something shows what no notification told."""
        self._hurry = hurry

    def open(self, merchant: Merchant) -> None:
        self._often_s[merchant.merchant_id] = merchant.poll_interval_s
        self._proofs[merchant.merchant_id] = UNPROVEN
        self._rests[merchant.merchant_id] = {}

    def close(self) -> None:
        """All partitions were given up."""
        self._often_s.clear()
        self._proofs.clear()
        self._rests.clear()

    def of(self, merchant_id: str) -> float | None:
        """The interval in force, in seconds; None where the merchant is not open."""
        often_s, proof = self._often_s.get(merchant_id), self._proofs.get(merchant_id)
        if often_s is None or proof is None:
            return None
        return interval_s(proof, self.clock(), often_s, self._slowest_s)

    def in_force(self) -> Iterator[tuple[str, float]]:
        """(merchant, seconds) of those that are open, whichever thread asks."""
        for merchant_id in list(self._often_s):
            seconds = self.of(merchant_id)
            if seconds is not None:
                yield merchant_id, seconds

    def wait_s(self, poll: Poll, wanted_s: float | None) -> float:
        """Until the list is asked for: `wanted_s`, or where that is None until it is due again. Notifications are of
        orders alone, so only their polls rest for longer than the list's own interval."""
        rests = self._rests.get(poll.merchant_id, {})
        rests.pop(poll.key, None)
        if wanted_s is not None:
            return wanted_s
        if not isinstance(poll, PollShipments) or poll.is_sweep:
            return poll.every_s
        wait_s = max(poll.every_s, self.of(poll.merchant_id) or 0.0)
        if wait_s > poll.every_s:
            rests[poll.key] = self.clock() + wait_s
        return wait_s

    def overslept(self, merchant_id: str) -> list[str]:
        """Keys of lists that rest for longer than the merchants file says, though nothing proves notifications now."""
        often_s, now = self._often_s.get(merchant_id), self.clock()
        if often_s is None or self.of(merchant_id) != often_s:
            return []
        return [key for key, due in self._rests[merchant_id].items() if due - now > often_s]

    # What lists, readings and notifications say

    def heed_notification(self, merchant_id: str, shipment_id: str, status: str) -> None:
        """A notification came."""
        proof = self._proofs.get(merchant_id)
        if proof is not None:
            self._proofs[merchant_id] = take_notification(proof, shipment_id, status, self.clock())

    def heed_reading(self, before: ShipmentRow | None, after: ShipmentRow) -> None:
        """A shipment was read by itself: because of a notification, or of a list that could not show it whole. What is
        read for commands alone is no evidence: it is where they brought it."""
        if before is not None and before.hint is not None:
            self.heed_list(before, after)

    def heed_list(self, before: ShipmentRow | None, after: ShipmentRow) -> None:
        """A list showed a shipment."""
        proof, facts = self._proofs.get(after.merchant_id), after.facts
        if proof is None or facts is None or not has_new_status(before, after):
            return
        if was_notified(before, after):
            self._proofs[after.merchant_id] = count_told(proof, self.clock())
            return
        self._proofs[after.merchant_id] = take_untold(proof, after.shipment_id, facts.status, self.clock())
        if self._hurry is not None:
            self._hurry(after.merchant_id)
