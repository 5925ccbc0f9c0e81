"""An Amazon for the inventory agents: keeps numbers and stock as it should, until a test says otherwise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from connector.agents.inventory.calls import Levels
from connector.domain.inventory.requests import InventoryLevel, InventoryRequest, UpdateInventory
from connector.domain.outcomes import Accepted, Answer, Outcome
from connector.smartconnect.caller import CallReport

OK = Answer(http_status=200, request_id="req-ok")

Odd = Callable[[InventoryRequest], Outcome[InventoryLevel] | None]
"""An answer of its own to one item; None: as it should."""


@dataclass
class StockAmazon:
    """`posted`: (sequence, quantity) by (location, SKU). `odd`: asked first; `whole`: the outcome of a whole call."""

    posted: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    sent: list[tuple[str, int, int]] = field(default_factory=list)
    odd: Odd = lambda _: None
    whole: Callable[[Sequence[InventoryRequest]], CallReport[Levels] | None] = lambda _: None

    def answer(self, requests: Sequence[InventoryRequest]) -> CallReport[Levels]:
        whole = self.whole(requests)
        answers = tuple(self._answer(request) for request in requests)
        return whole or CallReport(Accepted(OK, answers), sent_at=0.0)

    def _answer(self, request: InventoryRequest) -> Outcome[InventoryLevel]:
        place = (request.location_id, request.sku)
        if isinstance(request, UpdateInventory):
            self.sent.append((request.sku, request.sequence, request.quantity))
        if (odd := self.odd(request)) is not None:
            return odd
        if isinstance(request, UpdateInventory) and request.sequence >= self.posted.get(place, (0, 0))[0]:
            self.posted[place] = (request.sequence, request.quantity)
        sequence, quantity = self.posted.get(place, (None, 0))
        return Accepted(OK, InventoryLevel(sequence, quantity, 0))

    def units(self, sku: str, location_id: str = "EXSB") -> int:
        return self.posted[location_id, sku][1]
