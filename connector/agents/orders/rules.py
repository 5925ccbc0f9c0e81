"""What the settings of a shipment's location ask for, and which of the OMS's locations its units come from."""

from dataclasses import dataclass

from connector.agents.merchants.known import KnownMerchants
from connector.agents.orders.allocations import Allocations
from connector.domain.orders.row import Rules


@dataclass(frozen=True, slots=True)
class OrderRules:
    """What the merchants file and the settings say now of the orders of each location. `kept_ms`: of finished rows."""

    merchants: KnownMerchants
    allocations: Allocations
    kept_ms: int

    def of(self, partition: int, merchant_id: str, location_id: str) -> Rules:
        """The defaults where the merchants file has it not."""
        merchant = self.merchants.get(merchant_id)
        location = merchant.location(location_id) if merchant else None
        if merchant is None or location is None:
            return Rules(kept_ms=self.kept_ms)
        return Rules(
            program=location.program,
            auto_confirm=merchant.auto_confirm and merchant.mode == "active" and merchant.flows(location, "orders"),
            announce_created=location.announce == "CREATED",
            allocate=self.allocations.allocate(partition, merchant_id, location),
            kept_ms=self.kept_ms,
        )
