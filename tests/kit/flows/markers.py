"""Things that nobody may read in passing: each is unlike all else, so that it is found wherever it comes out."""

import json
from typing import Any

from tests.kit.cases import read_case
from tests.kit.flows.odd_amazon import HttpAnswer

SECRETS = {
    "client secret": "Mkclientsecret",
    "refresh token": "Atzr|Mkrefresh",
    "access token": "Atza|Mkaccess",
    "AWS secret": "Mkawssecret",
}
BUYERS = {
    "name": "Mkasha Mkverma",
    "local phone": "9871236540",
    "spaced phone": "98712 36541",
    "phone": "+91 98712 36542",
    "mail": "mkbuyer@example.com",
    "street": "77 Mkstreet Marg",
    "town": "Mktown",
    "postcode": "560977",
    "gift message": "Mkhappy Mkbirthday",
}
QUOTED = "; ".join(("no delivery to", *BUYERS.values(), "with", *SECRETS.values()))
"""An error's text that quotes them all."""


def parts(markers: dict[str, str]) -> list[str]:
    """What of them can be looked for by itself, however a text was cut."""
    return [part for marker in markers.values() for part in (marker, *marker.split()) if len(part) > 4]


def error(status: int, code: str = "InvalidInput") -> HttpAnswer:
    body = {"errors": [{"code": code, "message": QUOTED, "details": QUOTED}]}
    return json_answer(body, status)


def json_answer(body: Any, status: int = 200) -> HttpAnswer:
    headers = {"content-type": "application/json", "x-amzn-requestid": "request-1"}
    return HttpAnswer(status, headers, json.dumps(body).encode())


def shipment(**broken: Any) -> dict[str, Any]:
    """With buyers' data in it, and what can't be read where `broken` says so."""
    body: dict[str, Any] = json.loads(json.dumps(read_case("amazon/side-fact-unreadable")["body"]))
    body["shippingInfo"]["shipToAddress"] = {
        "name": BUYERS["name"],
        "addressLine1": BUYERS["street"],
        "city": BUYERS["town"],
        "postalCode": BUYERS["postcode"],
        "phone": BUYERS["phone"],
        "emailId": BUYERS["mail"],
    }
    return body | broken
