"""What shipments are made of, in the form of Amazon's published model: amounts, packages, addresses.

Fields have the domain's names, so that msgspec makes the domain's objects of these; `rename` has Amazon's. Where an
object may be absent, one of its fields is required here: an empty object says nothing, and is none.
"""

from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from connector.smartconnect.wire.fields import LONGEST_ID
from connector.smartconnect.wire.values import LONGEST_TEXT, MOST_INTEGER_DIGITS, Odd, as_decimal

Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Id = Annotated[str, Meta(max_length=LONGEST_ID, pattern=r"\S")]
Whole = Annotated[int, Meta(ge=-(2**31), lt=2**31)]
Long = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
WrittenDecimal = Annotated[str, Meta(pattern=rf"\A-?[0-9]{{1,{MOST_INTEGER_DIGITS - 1}}}(\.[0-9]{{1,12}})?\Z")]


class GivenMoney(Struct, frozen=True, gc=False):
    """Where it may be absent."""

    value: WrittenDecimal
    currency: Text = field(default="", name="currencyCode")

    @property
    def amount(self) -> str:
        """0 is 0, however it is written."""
        return self.value if self.value.strip("-0.") else "0"


class ModelMoney(GivenMoney, frozen=True, gc=False):
    value: WrittenDecimal = "0"


class ModelBreakup(
    Struct, frozen=True, gc=False, rename={"base": "baseAmount", "discount": "discountAmount", "net": "netAmount"}
):
    base: ModelMoney = ModelMoney()
    discount: ModelMoney = ModelMoney()
    net: ModelMoney = ModelMoney()


class ModelTax(Struct, frozen=True, gc=False):
    charge: ModelBreakup = ModelBreakup()
    type: Text = ""
    rate: WrittenDecimal | None = None


class ModelCharge(
    Struct,
    frozen=True,
    gc=False,
    rename={
        "type": "chargeType",
        "base": "baseCharge",
        "total": "totalCharge",
        "total_tax": "totalTax",
        "taxes": "taxBreakup",
    },
):
    type: Text = ""
    base: ModelBreakup = ModelBreakup()
    total: ModelBreakup = ModelBreakup()
    total_tax: ModelTax = ModelTax()
    taxes: tuple[ModelTax, ...] = ()


class Measure(Struct, frozen=True, gc=False):
    """Amazon's samples have numbers, its model text."""

    measured: Any = field(name="value")

    @property
    def value(self) -> Decimal | None:
        """None, which no measure has: it can't be read. To msgspec, a property that raises is one that is missing."""
        try:
            return as_decimal(self.measured)
        except Odd:
            return None


class ModelLength(Measure, frozen=True, gc=False):
    unit: Text = field(default="", name="dimensionUnit")


class ModelWeight(Measure, frozen=True, gc=False):
    unit: Text = field(default="", name="weightUnit")


class ModelDimensions(Struct, frozen=True, gc=False):
    length: ModelLength | None = None
    width: ModelLength | None = None
    height: ModelLength | None = None


class Measured(Struct, frozen=True, gc=False):
    dimensions: ModelDimensions | None = None
    weight: ModelWeight | None = None

    @property
    def length(self) -> ModelLength | None:
        return self.dimensions.length if self.dimensions else None

    @property
    def width(self) -> ModelLength | None:
        return self.dimensions.width if self.dimensions else None

    @property
    def height(self) -> ModelLength | None:
        return self.dimensions.height if self.dimensions else None


class ModelPackageItem(Struct, frozen=True, gc=False, rename="camel"):
    line_item_id: Text = field(default="", name="packageLineItemId")
    quantity: Whole = 0
    serial_numbers: tuple[Text, ...] = ()
    pieces: Whole | None = None
    country_of_origin: Text = ""
    item_value: GivenMoney | None = None


class ModelPackage(Measured, frozen=True, gc=False):
    package_id: Text = field(default="", name="id")
    items: tuple[ModelPackageItem, ...] = field(default=(), name="packageLineItems")
    hazmat_labels: tuple[Text, ...] = field(default=(), name="hazmatLabels")
    handling: Text = field(default="", name="packageHandlingRequirements")
    status: Text = ""


class ModelLineItemId(Struct, frozen=True, gc=False):
    line_item_id: Text = field(default="", name="lineItemId")


class ModelRecommendedPackage(Measured, frozen=True, gc=False):
    line_items: tuple[ModelLineItemId, ...] = field(default=(), name="lineItems")

    @property
    def line_item_ids(self) -> tuple[str, ...]:
        return tuple(line.line_item_id for line in self.line_items)


class ModelAddress(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """Without geocodes, which buyers' addresses lack."""

    postal_code: Text
    name: Text = ""
    address_line1: Text = ""
    address_line2: Text = ""
    address_line3: Text = ""
    district: Text = ""
    municipality: Text = ""
    city: Text = ""
    state: Text = ""
    country_code: Text = ""
    phone_number: Text = ""
    email: Text = ""
    copy_emails: tuple[Text, ...] = ()
    address_type: Text = ""
    geocodes: None = None


class ModelTaxRegistration(Struct, frozen=True, gc=False):
    type: Text
    number: Text = ""
    address: ModelAddress | None = None
    messages: Text = ""


class ModelParty(Struct, frozen=True, gc=False):
    party_id: Text = field(default="", name="partyId")
    type: Text = field(default="", name="partyType")
    address: ModelAddress | None = None
    tax: ModelTaxRegistration | None = field(default=None, name="taxInfo")
