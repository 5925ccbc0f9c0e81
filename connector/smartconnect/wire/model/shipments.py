"""Shipments in the form of Amazon's published model, which msgspec reads in one go: a tenth of the time.

Whatever is not wholly in this form is for the readers of fields (wire/shipments.py): they know what of it can be read,
and what it is worth. What both can read, both read as the same.
"""

from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from connector.domain.orders.facts.shipment import Shipment, ShipmentType
from connector.smartconnect.wire.model.parts import (
    GivenMoney,
    Id,
    ModelAddress,
    ModelCharge,
    ModelPackage,
    ModelParty,
    ModelRecommendedPackage,
    Text,
    Whole,
)
from connector.smartconnect.wire.source import bytes_of
from connector.smartconnect.wire.values import Odd, as_time_ms, number_of

WHOLLY_READ_BYTES = 200_000  # of one in our JSON: of none so small the readers of fields leave anything out

Time = int | Text
EmptyList = tuple[()]


class ModelCompliance(Struct, frozen=True, gc=False):
    serial_number: Text = field(default="", name="serialNumberRequirement")
    hazmat_labels: Text = field(default="", name="hazmatLabelsRequirement")
    country_of_origin: Text = field(default="", name="countryOfOriginRequirement")
    item_value: Text = field(default="", name="itemValueRequirement")


class ModelGift(Struct, frozen=True, gc=False):
    """Without a message."""

    wrap_requirement: Text = field(name="giftWrapRequirement")
    wrap_label: Text = field(default="", name="giftWrapLabel")
    message_presence: Text = field(default="", name="giftMessagePresence")
    message: None = field(default=None, name="giftMessage")


class ModelCancellation(Struct, frozen=True, gc=False):
    type: Text = field(default="", name="cancellationType")
    quantity: Whole = field(default=0, name="cancelledQuantity")
    cancelled: Time | None = field(default=None, name="cancelledTimestamp")
    reason: Text = field(default="", name="cancellationReason")

    @property
    def cancelled_at_ms(self) -> int | str | None:
        return _moment(self.cancelled)


class ModelCustomAttribute(Struct, frozen=True, gc=False):
    key: Text = ""
    type: Text = ""
    value: Text = ""


class ModelLineItem(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    line_item_id: Id = field(name="shipmentLineItemId")
    sku: Id = field(name="merchantSku")
    quantity: Annotated[int, Meta(ge=0, lt=2**31)] = field(name="numberOfUnits")
    compliance: ModelCompliance = field(default=ModelCompliance(), name="complianceAttributes")
    charges: tuple[ModelCharge, ...] = ()
    serial_numbers: tuple[Text, ...] = ()
    piece_type: Text = ""
    hazmat_labels: tuple[Text, ...] = ()
    gift: ModelGift | None = field(default=None, name="giftAttributes")
    cancellations: tuple[ModelCancellation, ...] = ()
    hsn_code: Text = ""
    recommended_country_of_origin: Text = ""
    country_of_origin: Text = ""
    recommended_currency: Text = field(default="", name="recommendedCurrencyCode")
    item_value: GivenMoney | None = None
    custom_attributes: tuple[ModelCustomAttribute, ...] = ()


class ModelMarket(Struct, frozen=True, gc=False, rename="camel"):
    marketplace_id: Text = ""
    channel_name: Text = ""
    merchant_id: Text = ""
    custom_attributes: tuple[Text, ...] = ()


class ModelOriginalLineItem(Struct, frozen=True, gc=False, rename="camel"):
    replacing_sku: Text = ""
    original_sku: Text = ""
    charges: tuple[ModelCharge, ...] = ()


class ModelOriginalShipment(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    shipment_id: Text = field(name="id")
    location_id: Text = ""
    market: ModelMarket = field(default=ModelMarket(), name="marketplaceAttributes")
    line_items: tuple[ModelOriginalLineItem, ...] = field(default=(), name="originalLineItems")

    @property
    def marketplace_id(self) -> str:
        return self.market.marketplace_id

    @property
    def channel_name(self) -> str:
        return self.market.channel_name


class ModelInfo(Struct, frozen=True, gc=False, rename="camel"):
    shipment_type: Text = ""
    original_shipment_info: ModelOriginalShipment | None = None
    number_of_units: Whole = 0
    priority: Text = ""
    buyer_order_id: Text = ""
    order_states_eligible_for_rejection: tuple[Text, ...] | None = None
    order_placed_timestamp: Time | None = None
    processing_source: Text = ""
    payment_method: Text = ""


class ModelRequirement(Struct, frozen=True, gc=False):
    requirement: Text = ""
    status: Text = ""


class ModelRequirements(Struct, frozen=True, gc=False):
    slip: ModelRequirement = field(default=ModelRequirement(), name="pSlip")
    invoice: ModelRequirement = ModelRequirement()


class ModelInvoiceInfo(Struct, frozen=True, gc=False, rename="camel"):
    invoice_id: Text = ""
    creation_date_time: Time | None = None


class ModelShippingInfo(Struct, frozen=True, gc=False, rename="camel"):
    expected: Time | None = field(default=None, name="expectedShippingDateTimeInUTC")
    shipping_type: Text = ""
    recommended_ship_method: Text = ""
    ship_to_address: ModelAddress | None = None
    recommended_packages: tuple[ModelRecommendedPackage, ...] = ()


class ModelShipment(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """`errors`, `payload`: what an answer has in place of a shipment, or around it."""

    shipment_id: Id = field(name="id")
    status: Id
    last_updated: Time = field(name="lastUpdatedDateTime")
    line_items: Annotated[tuple[ModelLineItem, ...], Meta(min_length=1)]
    location_id: Text = ""
    market: ModelMarket = field(default=ModelMarket(), name="marketplaceAttributes")
    sub_status: Text = ""
    reason: Text = ""
    creation: Time | None = field(default=None, name="creationDateTime")
    earliest_pack: Time | None = field(default=None, name="earliestPackDateTime")
    info: ModelInfo = field(default=ModelInfo(), name="shipmentInfo")
    requirements: ModelRequirements = field(default=ModelRequirements(), name="shipmentRequirements")
    invoice_info: ModelInvoiceInfo = ModelInvoiceInfo()
    shipping: ModelShippingInfo = field(default=ModelShippingInfo(), name="shippingInfo")
    packages: tuple[ModelPackage, ...] = ()
    charges: tuple[ModelCharge, ...] = ()
    parties: tuple[ModelParty, ...] = field(default=(), name="partyInfoList")
    errors: EmptyList | None = None
    payload: None = None

    def facts(self) -> dict[str, Any]:
        """By the domain's names."""
        info, shipping, requirements = self.info, self.shipping, self.requirements
        return {
            "shipment_id": self.shipment_id,
            "location_id": self.location_id,
            "marketplace_id": self.market.marketplace_id,
            "channel_name": self.market.channel_name,
            "status": self.status,
            "last_updated_at_ms": _moment(self.last_updated),
            "line_items": self.line_items,
            "created_at_ms": _moment(self.creation),
            "merchant_id": self.market.merchant_id,
            "channel_attributes": self.market.custom_attributes,
            "shipment_type": info.shipment_type or ShipmentType.NEW,
            "original_shipment": info.original_shipment_info,
            "units": info.number_of_units,
            "priority": info.priority,
            "order_id": info.buyer_order_id,
            "rejectable_states": info.order_states_eligible_for_rejection,
            "order_placed_at_ms": _moment(info.order_placed_timestamp),
            "processing_source": info.processing_source,
            "payment_method": info.payment_method,
            "packing_slip_requirement": requirements.slip.requirement,
            "packing_slip_status": requirements.slip.status,
            "invoice_requirement": requirements.invoice.requirement,
            "invoice_status": requirements.invoice.status,
            "charges": self.charges,
            "sub_status": self.sub_status,
            "reason": self.reason,
            "ship_by_ms": _moment(shipping.expected),
            "earliest_pack_at_ms": _moment(self.earliest_pack),
            "shipping_type": shipping.shipping_type,
            "recommended_ship_method": shipping.recommended_ship_method,
            "ship_to": shipping.ship_to_address,
            "recommended_packages": shipping.recommended_packages,
            "packages": self.packages,
            "invoice_id": self.invoice_info.invoice_id,
            "invoice_created_at_ms": _moment(self.invoice_info.creation_date_time),
            "parties": self.parties,
        }


_decode = msgspec.json.Decoder(ModelShipment, float_hook=number_of).decode


def in_form(content: bytes | msgspec.Raw) -> ModelShipment | None:
    """`content`: a shipment in JSON. None: it is not in the form of the model."""
    try:
        return _decode(content)
    except (msgspec.MsgspecError, RecursionError):
        return None


def facts_of(told: ModelShipment) -> Shipment | None:
    """None: something of it only the readers of fields know how to take."""
    try:
        facts = msgspec.convert(told.facts(), Shipment, from_attributes=True)
    except msgspec.MsgspecError:
        return None
    return facts if bytes_of(facts) <= WHOLLY_READ_BYTES else None


@lru_cache(maxsize=1000)  # lists show the same times again and again
def _moment(told: int | str | None) -> int | str | None:
    """Epoch milliseconds. What is no time stays text, which no time of the facts is: see Measure."""
    try:
        return None if told is None else as_time_ms(told)
    except Odd:
        return str(told)
