"""What the settings of a shipment's location ask for, and which of the OMS's locations its units come from."""

from connector.agents.merchants.known import KnownMerchants
from connector.agents.orders.allocations import Allocations
from connector.domain.orders.row import Rules


class LocationRules:
    """The domain's rules, as the merchants file stands now."""

    def __init__(self, merchants: KnownMerchants, allocations: Allocations) -> None:
        self._merchants = merchants
        self.allocations = allocations

    def of(self, partition: int, merchant_id: str, location_id: str) -> Rules:
        """The defaults where the merchants file has it not."""
        merchant = self._merchants.get(merchant_id)
        location = merchant.location(location_id) if merchant else None
        if merchant is None or location is None:
            return Rules()
        return Rules(
            program=location.program,
            auto_confirm=merchant.auto_confirm and merchant.mode == "active" and merchant.flows(location, "orders"),
            announce_created=location.announce == "CREATED",
            allocate=self.allocations.allocate(partition, merchant_id, location),
        )
