"""Amounts, taxes and charges. What Amazon leaves out of a charge, or nobody can read, is an amount of 0."""

from decimal import Decimal

from connector.domain.money import Charge, ChargeBreakup, Money, Tax
from connector.smartconnect.wire.fields import Json, child, decimal, each, text
from connector.smartconnect.wire.source import Source


def read_money(source: Source) -> Money:
    return Money(amount=decimal(source, "value") or Decimal(0), currency=text(source, "currencyCode"))


def money_body(money: Money) -> Json:
    return {"value": plain(money.amount), "currencyCode": money.currency}


def read_charges(source: Source) -> tuple[Charge, ...]:
    return each(source, "charges", _read_charge)


def plain(number: Decimal) -> str:
    """As the model's Decimal: never with an exponent."""
    return format(number, "f")


def _read_charge(source: Source) -> Charge:
    return Charge(
        type=text(source, "chargeType"),
        base=_read_breakup(child(source, "baseCharge")),
        total=_read_breakup(child(source, "totalCharge")),
        total_tax=_read_tax(child(source, "totalTax")),
        taxes=each(source, "taxBreakup", _read_tax),
    )


def _read_breakup(source: Source) -> ChargeBreakup:
    return ChargeBreakup(
        base=read_money(child(source, "baseAmount")),
        discount=read_money(child(source, "discountAmount")),
        net=read_money(child(source, "netAmount")),
    )


def _read_tax(source: Source) -> Tax:
    return Tax(charge=_read_breakup(child(source, "charge")), type=text(source, "type"), rate=decimal(source, "rate"))
