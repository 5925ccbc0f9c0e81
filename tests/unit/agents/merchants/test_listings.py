"""The SKUs of the OMS and Amazon's, both ways, by marketplace, as the topic changes."""

from typing import Any

from connector.agents.merchants.controls import Controls
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings
from connector.agents.merchants.naming import Naming
from connector.domain.listings import Listing, listing_key, listing_record
from connector.merchants import Merchants
from tests.kit.inventory.agents import location, merchant

IN, DE, FR = "A21TJRUUN4KGV", "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
TEXT = "Amazon SF SmartConnect"


def listing(
    client: str, channel: str, asin: str = "", *, merchant_id: str = "M1", marketplace: str = IN
) -> tuple[str, dict[str, Any]]:
    record = listing_record(Listing(merchant_id, client, channel, asin, marketplace), 0)
    return listing_key(merchant_id, marketplace, client), record


def client_of(listings: Listings, channel_sku: str, marketplace: str = IN) -> str | None:
    found = listings.of_channel_sku("M1", marketplace, channel_sku)
    return None if found is None else found.client_sku


async def test_names_both_ways_and_per_merchant() -> None:
    listings = Listings()
    await listings.apply([listing("EAN", "SKU", "ASIN"), listing("EAN", "OTHER", merchant_id="M2")])
    assert listings.channel_sku("M1", IN, "EAN") == "SKU"
    assert listings.channel_sku("M2", IN, "EAN") == "OTHER"
    assert listings.channel_sku("M3", IN, "EAN") == "EAN"
    assert listings.channel_sku("M1", IN, "SKU") == "SKU"
    assert (client_of(listings, "SKU"), client_of(listings, "EAN")) == ("EAN", None)


async def test_each_marketplace_has_names_of_its_own_whatever_their_order() -> None:
    both = [listing("EAN", "SKU-DE", marketplace=DE), listing("EAN", "SKU-FR", marketplace=FR)]
    for entries in (both, both[::-1]):
        listings = Listings()
        await listings.apply(entries)
        names = [listings.channel_sku("M1", marketplace, "EAN") for marketplace in (DE, FR, IN)]
        assert names == ["SKU-DE", "SKU-FR", "EAN"]
        assert (client_of(listings, "SKU-DE", DE), client_of(listings, "SKU-DE", FR)) == ("EAN", None)
        await listings.apply([(both[0][0], None)])
        assert [listings.channel_sku("M1", marketplace, "EAN") for marketplace in (DE, FR)] == ["EAN", "SKU-FR"]


async def test_a_text_that_is_no_marketplace_id_holds_where_no_other_listing_does() -> None:
    listings = Listings()
    await listings.apply([listing("EAN", "SKU", marketplace=TEXT), listing("EAN", "SKU-DE", marketplace=DE)])
    assert [listings.channel_sku("M1", marketplace, "EAN") for marketplace in (IN, DE, FR)] == ["SKU", "SKU-DE", "SKU"]
    await listings.apply([listing("EAN", "LATER", marketplace="Amazon")])
    assert listings.channel_sku("M1", IN, "EAN") == "LATER"
    await listings.apply([(listing_key("M1", "Amazon", "EAN"), None)])
    assert listings.channel_sku("M1", IN, "EAN") == "SKU", "the tombstone of one leaves the other"


async def test_a_listing_that_changes_or_goes_is_forgotten() -> None:
    listings = Listings()
    await listings.apply([listing("EAN", "OLD"), listing("EAN", "NEW")])
    assert (listings.channel_sku("M1", IN, "EAN"), client_of(listings, "OLD")) == ("NEW", None)
    await listings.apply([listing("EAN-2", "NEW")])  # another of the OMS's names takes it over
    await listings.apply([(listing("EAN", "NEW")[0], None)])
    assert listings.channel_sku("M1", IN, "EAN") == "EAN"
    assert client_of(listings, "NEW") == "EAN-2"
    assert len(listings) == 1


async def test_who_follows_hears_of_each_merchant_whose_names_changed() -> None:
    listings, heard = Listings(), list[str]()
    listings.on_change = heard.append
    await listings.apply([listing("EAN", "SKU"), listing("EAN-2", "SKU-2"), listing("EAN", "SKU", merchant_id="M2")])
    assert sorted(heard) == ["M1", "M2"]
    await listings.apply([listing("EAN", "SKU")])
    assert len(heard) == 2, "the same again is no news"


async def test_an_event_is_named_by_its_marketplace_wherever_it_has_a_sku_but_not_over_amazons_own_words() -> None:
    places = [location("WH1", marketplace_id=DE), location("WH2", location_id="EXMF", channel_location_id="RETURNS")]
    listings, here = Listings(), merchant(locations=places)
    naming = Naming(listings, KnownMerchants(lambda: Merchants({"M1": here})))
    event: dict[str, Any] = {"merchant_id": "M1", "location_id": "EXSB", "sku": "SKU"}
    event["items"] = [{"sku": "SKU"}, {"sku": "plain"}]
    event["snapshot"] = {"sku": "SKU", "channel_sku": "as Amazon has it"}
    assert naming.named(dict(event)) == event, "without listings nothing is added"
    await listings.apply([listing("EAN-DE", "SKU", "ASIN", marketplace=DE), listing("EAN-IN", "SKU")])
    names = {"client_sku": "EAN-DE", "channel_sku": "SKU", "asin": "ASIN"}
    assert naming.named(event) == {
        "merchant_id": "M1",
        "location_id": "EXSB",
        "sku": "SKU",
        **names,
        "items": [{"sku": "SKU", **names}, {"sku": "plain"}],
        "snapshot": {"sku": "SKU", "channel_sku": "as Amazon has it"},
    }
    for place in ({"return_location_id": "RETURNS"}, {"location_id": "gone from the file"}, {}):
        assert naming.named({"merchant_id": "M1", "sku": "SKU", **place})["client_sku"] == "EAN-IN"


async def test_control_hears_of_each_pause_once_and_ignores_marks_of_dead_letters() -> None:
    control, heard = Controls(), list[tuple[str, bool]]()

    async def on_change(merchant_id: str) -> None:
        heard.append((merchant_id, control.paused(merchant_id)))

    control.on_pause = on_change
    pause = {"merchant_id": "M1", "paused": True, "reason": "stock count", "zeroed_stock": []}
    await control.apply([("M1", pause), ("dead-letter|3/1", pause)])
    await control.apply([("M1", pause)])
    await control.apply([("M1", pause | {"paused": False}), ("M2", pause | {"paused": False})])
    assert heard == [("M1", True), ("M1", False)]
