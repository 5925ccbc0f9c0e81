"""The questions asked of batchInventory and what it answers per item. Quantities are units, absolute on-hand."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UpdateInventory:
    """`channel_name` and `marketplace_id` may be empty: Amazon needs them only where channels share a location."""

    location_id: str
    sku: str
    quantity: int
    sequence: int
    channel_name: str = ""
    marketplace_id: str = ""


@dataclass(frozen=True, slots=True)
class FetchInventory:
    location_id: str
    sku: str
    channel_name: str = ""
    marketplace_id: str = ""


InventoryRequest = UpdateInventory | FetchInventory


@dataclass(frozen=True, slots=True)
class InventoryLevel:
    """Amazon's view of one SKU at one location. None: the answer did not say."""

    sequence: int | None = None
    sellable_quantity: int | None = None
    reserved_quantity: int | None = None
    actionable_errors: tuple[str, ...] = ()

    def shows_another_than(self, posted: int) -> bool:
        """Not what was posted. False where it does not say."""
        if self.sellable_quantity is None or self.reserved_quantity is None:
            return False
        # sellable = max(0, posted - reserved): Amazon's inventory use case guide
        return self.sellable_quantity != max(0, posted - self.reserved_quantity)
