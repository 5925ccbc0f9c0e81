"""Returns: read only, for this version of the API has no call that grades them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from connector.domain.returns.facts import Return, TrackingInfo
from connector.domain.unread import UnreadableItem, UnreadFact
from connector.smartconnect.wire.fields import (
    KnownItems,
    child,
    each,
    integer,
    optional,
    page_of,
    required,
    required_time_ms,
    text,
    time_ms,
)
from connector.smartconnect.wire.source import Source


@dataclass(frozen=True, slots=True)
class ReturnsPage:
    """`unreadable`: returns listed in a shape that can't be read. `next_token` empty: the last page.

    A page may be empty and not be the last. `unread`: what has no id to be read by. `version`: a digest of all items.
    """

    returns: tuple[Return, ...]
    next_token: str = ""
    unreadable: tuple[UnreadableItem, ...] = ()
    unread: tuple[UnreadFact, ...] = ()
    version: str = ""


def returns_reader() -> Callable[[Source], ReturnsPage]:
    """For one page after the other: of what they show alike, each return is read once."""
    return partial(read_returns, read=KnownItems(read_return).read)


def read_returns(source: Source, read: Callable[[Source], Return] | None = None) -> ReturnsPage:
    items = page_of(source, "returns", read or read_return)
    next_token = text(source.strict(), "nextToken")
    return ReturnsPage(items.read, next_token, items.unreadable, source.unread, items.version)


def read_return(source: Source) -> Return:
    """Unreadable without id, status and the time of the last update."""
    facts = _facts(source)
    return replace(facts, unread=source.unread)


def _facts(source: Source) -> Return:
    metadata, shipping = child(source, "returnMetadata"), child(source, "returnShippingInfo")
    market, otp = child(source, "marketplaceChannelDetails"), child(source, "otpDetails")
    channel = child(market, "marketplaceChannel")
    return Return(
        return_id=required(source, "id"),
        status=required(source, "status"),
        type=text(source, "returnType"),
        sub_type=text(source, "returnSubType"),
        last_updated_at_ms=required_time_ms(source, "lastUpdatedDateTime"),
        created_at_ms=time_ms(source, "creationDateTime"),
        fulfillment_location_id=text(source, "fulfillmentLocationId"),
        return_location_id=text(source, "returnLocationId"),
        sku=text(source, "merchantSku"),
        quantity=_units(source),
        reason=text(metadata, "returnReason"),
        rma_id=text(metadata, "rmaId"),
        fulfillment_order_id=text(metadata, "fulfillmentOrderId"),
        invoice_id=text(child(metadata, "invoiceInformation"), "id"),
        delivered_at_ms=time_ms(shipping, "deliveryDateTime"),
        picked_up_at_ms=time_ms(shipping, "pickupDateTime"),
        forward_tracking=optional(shipping, "forwardTrackingInfo", _read_tracking),
        reverse_tracking=optional(shipping, "reverseTrackingInfo", _read_tracking),
        previous_tracking=each(child(source, "replanningDetails"), "previousTrackingInfo", _read_tracking),
        merchant_id=text(market, "merchantId"),
        marketplace_name=text(channel, "marketplaceName"),
        channel_name=text(channel, "channelName"),
        channel_sku=text(market, "channelSku"),
        shipment_id=text(market, "shipmentId"),
        order_id=text(market, "customerOrderId"),
        exchange_order_id=text(market, "exchangeOrderId"),
        channel_return_location_id=text(market, "returnLocationId"),
        otp=text(otp, "otp"),
        otp_valid_till_ms=time_ms(otp, "validTill"),
        package_delivery_mode=text(source, "packageDeliveryMode"),
    )


def _units(source: Source) -> int:
    """1, said to be assumed, where Amazon tells no number of them."""
    noted = source.unread
    units = integer(source, "numberOfUnits")
    if units is not None and units >= 1:
        return units
    if source.unread == noted:
        source.leave_out("numberOfUnits", "tells of none: one is assumed", source.values.get("numberOfUnits"))
    return 1


def _read_tracking(source: Source) -> TrackingInfo:
    return TrackingInfo(text(source, "carrierName"), text(source, "trackingId"))
