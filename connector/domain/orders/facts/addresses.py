"""Who and where. Personal data: nothing of it shows in a repr, so that no log or error can hold it (G10)."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    postal_code: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    address_line1: str = field(default="", repr=False)
    address_line2: str = field(default="", repr=False)
    address_line3: str = field(default="", repr=False)
    district: str = field(default="", repr=False)
    municipality: str = field(default="", repr=False)
    city: str = field(default="", repr=False)
    state: str = field(default="", repr=False)
    country_code: str = field(default="", repr=False)
    phone_number: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    copy_emails: tuple[str, ...] = field(default=(), repr=False)
    address_type: str = field(default="", repr=False)
    latitude: Decimal | None = field(default=None, repr=False)
    longitude: Decimal | None = field(default=None, repr=False)
    elevation: Decimal | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRegistration:
    """`type` is VAT or GST."""

    type: str = ""
    number: str = field(default="", repr=False)
    address: Address | None = field(default=None, repr=False)
    messages: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """`type` is BILL_TO_PARTY, SHIP_TO_PARTY, SHIP_FROM_PARTY or SELLING_PARTY (direct fulfillment only)."""

    party_id: str
    type: str
    address: Address | None = field(default=None, repr=False)
    tax: TaxRegistration | None = field(default=None, repr=False)
