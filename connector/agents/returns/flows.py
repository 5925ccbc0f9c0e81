"""Whose returns are told, and where they go."""

from collections.abc import Iterable

from connector.agents.merchants.known import KnownMerchants
from connector.domain.returns.facts import Return
from connector.merchants import Merchant


def is_told(merchants: KnownMerchants, merchant_id: str, facts: Return) -> bool:
    """Returns may come to a place that the merchants file does not know."""
    merchant = merchants.get(merchant_id)
    if merchant is None:
        return False
    places = [*sorted(facts.locations), facts.fulfillment_location_id]
    location = next((found for place in places if (found := merchant.location(place)) is not None), None)
    return merchant.returns if location is None else merchant.flows(location, "returns")


def names_of(merchant: Merchant, places: Iterable[str]) -> set[str]:
    """Both names of each place, where the merchants file knows it; without those where returns are switched off."""
    found: set[str] = set()
    for place in places:
        location = merchant.location(place)
        if location is None:
            found.add(place)
        elif location.returns:
            found |= {place, location.location_id, location.channel_location_id}
    return found - {""}
