"""The SKUs of the OMS and Amazon's, both ways, as the topic changes."""

from typing import Any

from connector.agents.merchants.listings import Listings, listing_key
from connector.agents.merchants.pauses import Pauses


def listing(client: str, channel: str, asin: str = "", merchant_id: str = "M1") -> tuple[str, dict[str, Any]]:
    record = {
        "merchant_id": merchant_id,
        "client_sku_id": client,
        "channel_serial_no": channel,
        "channel_sku_id": asin,
        "marketplace": "IN",
    }
    return listing_key(merchant_id, "IN", client), record


async def test_names_both_ways_and_per_merchant() -> None:
    listings = Listings()
    await listings.apply([listing("EAN", "SKU", "ASIN"), listing("EAN", "OTHER", merchant_id="M2")])
    assert listings.channel_sku("M1", "EAN") == "SKU"
    assert listings.channel_sku("M2", "EAN") == "OTHER"
    assert listings.channel_sku("M3", "EAN") == "EAN"
    assert listings.channel_sku("M1", "SKU") == "SKU"
    assert listings.names("M1", "SKU") == {"client_sku": "EAN", "channel_sku": "SKU", "asin": "ASIN"}
    assert listings.names("M1", "EAN") == {}


async def test_a_listing_that_changes_or_goes_is_forgotten() -> None:
    listings = Listings()
    await listings.apply([listing("EAN", "OLD"), listing("EAN", "NEW")])
    assert (listings.channel_sku("M1", "EAN"), listings.names("M1", "OLD")) == ("NEW", {})
    await listings.apply([listing("EAN-2", "NEW")])  # another of the OMS's names takes it over
    await listings.apply([(listing("EAN", "NEW")[0], None)])
    assert listings.channel_sku("M1", "EAN") == "EAN"
    assert listings.names("M1", "NEW")["client_sku"] == "EAN-2"
    assert len(listings) == 1


async def test_an_event_is_named_wherever_it_has_a_sku_but_not_over_amazons_own_words() -> None:
    listings = Listings()
    event: dict[str, Any] = {"merchant_id": "M1", "sku": "SKU", "items": [{"sku": "SKU"}, {"sku": "plain"}]}
    event["snapshot"] = {"sku": "SKU", "channel_sku": "as Amazon has it"}
    assert listings.named(dict(event)) == event, "without listings nothing is added"
    await listings.apply([listing("EAN", "SKU", "ASIN")])
    names = {"client_sku": "EAN", "channel_sku": "SKU", "asin": "ASIN"}
    assert listings.named(event) == {
        "merchant_id": "M1",
        "sku": "SKU",
        **names,
        "items": [{"sku": "SKU", **names}, {"sku": "plain"}],
        "snapshot": {"sku": "SKU", "channel_sku": "as Amazon has it"},
    }


async def test_control_hears_of_each_pause_once_and_ignores_marks_of_dead_letters() -> None:
    control, heard = Pauses(), list[tuple[str, bool]]()

    async def on_change(merchant_id: str) -> None:
        heard.append((merchant_id, control.paused(merchant_id)))

    control.on_change = on_change
    pause = {"merchant_id": "M1", "paused": True, "reason": "stock count"}
    await control.apply([("M1", pause), ("dead-letter|3/1", pause)])
    await control.apply([("M1", pause)])
    await control.apply([("M1", pause | {"paused": False}), ("M2", pause | {"paused": False})])
    assert heard == [("M1", True), ("M1", False)]
