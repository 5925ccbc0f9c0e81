"""Returns: read only, for this version of the API has no call that grades them."""

from dataclasses import dataclass, replace

from connector.domain.returns.facts import Return, TrackingInfo
from connector.domain.unreadable import UnreadableFact, UnreadableItem
from connector.smartconnect.wire.facts import Facts, reasonable_time_ms
from connector.smartconnect.wire.fields import Json, Unreadable, required, text
from connector.smartconnect.wire.pages import page_of


@dataclass(frozen=True, slots=True)
class ReturnsPage:
    """`next_token` empty: the last page. `unreadable`: listed in a shape that can't be read; `unreadable_facts`: side
    facts of `returns` that can't; `shells`: items without an id, as JSON. `version`: a digest of all items.

    A page may be empty and not be the last.
    """

    returns: tuple[Return, ...]
    next_token: str = ""
    unreadable: tuple[UnreadableItem, ...] = ()
    unreadable_facts: tuple[UnreadableFact, ...] = ()
    shells: tuple[str, ...] = ()
    version: str = ""


def read_returns(source: Json) -> ReturnsPage:
    items = page_of(source, "returns", _read_return)
    return ReturnsPage(
        tuple(found for found, _ in items.read),
        text(source, "nextToken"),
        items.unreadable,
        tuple(fact for _, facts in items.read for fact in facts),
        items.shells,
        items.version,
    )


def read_return(source: Json, return_id: str) -> ReturnsPage:
    """A page of the one that was asked for. Unreadable where it is another, or lacks status or time of its update."""
    found, facts = _read_return(source)
    if found.return_id != return_id:
        raise Unreadable("id is another return's than was asked for")
    return ReturnsPage((found,), unreadable_facts=facts)


def _read_return(source: Json) -> tuple[Return, tuple[UnreadableFact, ...]]:
    last_updated_at_ms = reasonable_time_ms(source, "lastUpdatedDateTime")
    if last_updated_at_ms is None:
        raise Unreadable("lastUpdatedDateTime is missing")
    facts = Facts(source)
    metadata, shipping = facts.child("returnMetadata"), facts.child("returnShippingInfo")
    market, otp = facts.child("marketplaceChannelDetails"), facts.child("otpDetails")
    channel = market.child("marketplaceChannel")
    found = Return(
        return_id=required(source, "id"),
        status=required(source, "status"),
        type=facts.text("returnType"),
        sub_type=facts.text("returnSubType"),
        last_updated_at_ms=last_updated_at_ms,
        created_at_ms=facts.time_ms("creationDateTime"),
        fulfillment_location_id=facts.text("fulfillmentLocationId"),
        return_location_id=facts.text("returnLocationId"),
        sku=facts.text("merchantSku"),
        quantity=facts.count("numberOfUnits", assumed=1),
        reason=metadata.text("returnReason"),
        rma_id=metadata.text("rmaId"),
        fulfillment_order_id=metadata.text("fulfillmentOrderId"),
        invoice_id=metadata.child("invoiceInformation").text("id"),
        delivered_at_ms=shipping.time_ms("deliveryDateTime"),
        picked_up_at_ms=shipping.time_ms("pickupDateTime"),
        forward_tracking=shipping.optional("forwardTrackingInfo", _read_tracking),
        reverse_tracking=shipping.optional("reverseTrackingInfo", _read_tracking),
        previous_tracking=facts.child("replanningDetails").each("previousTrackingInfo", _read_tracking),
        merchant_id=market.text("merchantId"),
        marketplace_name=channel.text("marketplaceName"),
        channel_name=channel.text("channelName"),
        channel_sku=market.text("channelSku"),
        shipment_id=market.text("shipmentId"),
        order_id=market.text("customerOrderId"),
        exchange_order_id=market.text("exchangeOrderId"),
        channel_return_location_id=market.text("returnLocationId"),
        otp=otp.text("otp"),
        otp_valid_till_ms=otp.time_ms("validTill"),
        package_delivery_mode=facts.text("packageDeliveryMode"),
    )
    return replace(found, warnings=facts.names), facts.unreadable_of(found.return_id)


def _read_tracking(facts: Facts) -> TrackingInfo:
    return TrackingInfo(facts.text("carrierName"), facts.text("trackingId"))
