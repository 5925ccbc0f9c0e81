"""Whose returns are told."""

from connector.agents.merchants.known import KnownMerchants
from connector.domain.returns.facts import Return


def is_told(merchants: KnownMerchants, merchant_id: str, facts: Return) -> bool:
    """Returns may come to a place that the merchants file does not know."""
    merchant = merchants.get(merchant_id)
    if merchant is None:
        return False
    places = [*sorted(facts.locations), facts.fulfillment_location_id]
    location = next((found for place in places if (found := merchant.location(place)) is not None), None)
    return merchant.returns if location is None else merchant.flows(location, "returns")
