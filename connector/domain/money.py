"""Amounts as Amazon charges them. Decimals are exact; a currency is an ISO 4217 code."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class ChargeBreakup:
    base: Money
    discount: Money
    net: Money


@dataclass(frozen=True, slots=True)
class Tax:
    """`type` is VAT, CST, IGST, SGST, CGST, UTGST, CESS, OTHER or TOTAL."""

    charge: ChargeBreakup
    type: str = ""
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """`type` is PRODUCT, SHIPPING, GIFT_WRAP, TOTAL or OTHER."""

    type: str
    base: ChargeBreakup
    total: ChargeBreakup
    total_tax: Tax
    taxes: tuple[Tax, ...] = ()
