"""Addresses and the parties they belong to."""

from connector.domain.orders.facts.addresses import Address, Party, TaxRegistration
from connector.smartconnect.wire.fields import child, decimal, optional, text, texts
from connector.smartconnect.wire.source import Source


def read_address(source: Source) -> Address:
    geocodes = child(source, "geocodes")
    return Address(
        postal_code=text(source, "postalCode"),
        name=text(source, "name"),
        address_line1=text(source, "addressLine1"),
        address_line2=text(source, "addressLine2"),
        address_line3=text(source, "addressLine3"),
        district=text(source, "district"),
        municipality=text(source, "municipality"),
        city=text(source, "city"),
        state=text(source, "state"),
        country_code=text(source, "countryCode"),
        phone_number=text(source, "phoneNumber"),
        email=text(source, "email"),
        copy_emails=texts(source, "copyEmails"),
        address_type=text(source, "addressType"),
        latitude=decimal(geocodes, "latitude"),
        longitude=decimal(geocodes, "longitude"),
        elevation=decimal(geocodes, "elevation"),
    )


def read_party(source: Source) -> Party:
    return Party(
        party_id=text(source, "partyId"),
        type=text(source, "partyType"),
        address=optional(source, "address", read_address),
        tax=optional(source, "taxInfo", _read_tax_registration),
    )


def _read_tax_registration(source: Source) -> TaxRegistration:
    return TaxRegistration(
        type=text(source, "type"),
        number=text(source, "number"),
        address=optional(source, "address", read_address),
        messages=text(source, "messages"),
    )
