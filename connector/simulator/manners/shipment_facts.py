"""getShipment and getShipments: what the model calls optional left out, what it leaves open written oddly.

Each belongs to the shipment for good: the same one is told the same way each time, in lists too.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from connector.simulator.amazon.files import render
from connector.simulator.http.answers import Answer
from connector.simulator.http.operations import ApiRequest, Handle
from connector.simulator.manners import forms
from connector.simulator.manners.manners import Manner, Manners

Body = dict[str, Any]

NO_ELIGIBLE_STATES = Manner(
    "no-eligible-states",
    0.3,
    "orderStatesEligibleForRejection is left out; REJECT is taken as ever",
    "jlevers/selling-partner-api#835; optional in the model",
)
NO_LINES_RECOMMENDED = Manner(
    "no-lines-recommended",
    0.2,
    "recommended packages have no line items",
    "own review; the model sets no least number of them",
)
BAD_MEASURES = Manner(
    "bad-recommended-measures",
    0.1,
    "a recommended measure is 0, below it, or missing",
    "the request's own FAQ on packing; Automattic/woocommerce-services#1386",
    within_model=False,
)
NUMBERS_FOR_DECIMALS = Manner(
    "numbers-for-decimals",
    0.3,
    "measures are JSON numbers",
    "Amazon's sample code has numbers where its model has decimal strings",
    within_model=False,
)
OTHER_TIMES = Manner(
    "other-times",
    0.3,
    "times in other forms: a blank for the T, an offset, no fraction, epoch milliseconds",
    "Amazon's sample of earliestPackDateTime has the blank, that of orderPlacedTimestamp is an epoch",
    within_model=False,
)
UNREADABLE_SIDE_FACT = Manner(
    "unreadable-side-fact",
    0.1,
    "one date, rate, coordinate, count or object that is not id, status, last update or lines can't be read",
    "amzapi/selling-partner-api-sdk#33",
    within_model=False,
)
OTHER_LETTERS = Manner(
    "other-letters",
    0.3,
    "names of people, cities and carriers in Devanagari, Polish, Japanese, Arabic, or with an emoji",
    "pretalx/pretalx#1577",
)
LARGE_GIFT_MESSAGE = Manner(
    "large-gift-message",
    0.02,
    "a gift message of 900 kB",
    "own review: the model sets no bound",
)
NULLS = Manner(
    "nulls", 0.2, "what is not known is told as null instead of being left out", "common among JSON APIs", False
)
NEW_FIELDS = Manner(
    "new-fields", 0.2, "fields that the model does not have yet", "Amazon adds fields without a version"
)
MANNERS = (
    NO_ELIGIBLE_STATES,
    NO_LINES_RECOMMENDED,
    BAD_MEASURES,
    NUMBERS_FOR_DECIMALS,
    OTHER_TIMES,
    UNREADABLE_SIDE_FACT,
    OTHER_LETTERS,
    LARGE_GIFT_MESSAGE,
    NULLS,
    NEW_FIELDS,
)

GARBAGE: tuple[tuple[str, Any], ...] = (
    ("earliestPackDateTime", "soon"),
    ("shippingInfo.expectedShippingDateTimeInUTC", "2026-02-30T10:00:00Z"),
    ("shippingInfo.shipToAddress.geocodes", {"latitude": "north", "longitude": "77.59"}),
    ("shipmentInfo.orderPlacedTimestamp", "yesterday"),
    ("shipmentInfo.numberOfUnits", "two"),
    ("charges.0.totalTax.rate", "eighteen"),
    ("lineItems.0.charges", "none"),
    ("shippingInfo.recommendedPackages", {"weight": "light"}),
    ("creationDateTime", True),
)
GIFT_BYTES = 900_000
OPTIONAL = ("subStatus", "reason", "packages", "invoiceInfo", "partyInfoList", "earliestPackDateTime")


class ShipmentFacts:
    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._changes: Mapping[Manner, Callable[[Body, str], None]] = {
            NO_ELIGIBLE_STATES: _no_eligible_states,
            NO_LINES_RECOMMENDED: _no_lines_recommended,
            BAD_MEASURES: self._bad_measures,
            NUMBERS_FOR_DECIMALS: _numbers_for_decimals,
            OTHER_LETTERS: self._other_letters,
            LARGE_GIFT_MESSAGE: _large_gift_message,
            NULLS: _nulls,
            NEW_FIELDS: _new_fields,
            OTHER_TIMES: self._other_times,
            UNREADABLE_SIDE_FACT: self._unreadable_side_fact,  # last: what it garbles nothing else can read
        }

    def one(self, request: ApiRequest, handle: Handle) -> Answer:
        answer = handle(request)
        return replace(answer, body=self._told(request.merchant.merchant_id, answer.body))

    def each(self, request: ApiRequest, handle: Handle) -> Answer:
        answer, merchant_id = handle(request), request.merchant.merchant_id
        told = [self._told(merchant_id, body) for body in answer.body["shipments"]]
        return replace(answer, body=answer.body | {"shipments": told})

    def _told(self, merchant_id: str, body: Body) -> Body:
        shipment_id = str(body["id"])
        shown = [
            change for manner, change in self._changes.items() if self._manners.marks(manner, merchant_id, shipment_id)
        ]
        if not shown:
            return body
        told = forms.copied(body)
        for change in shown:
            change(told, shipment_id)
        return told

    def _bad_measures(self, body: Body, shipment_id: str) -> None:
        for package in body["shippingInfo"].get("recommendedPackages", ()):
            match self._manners.one_of(BAD_MEASURES, ("zero", "below", "no weight", "no length"), shipment_id):
                case "zero":
                    package["dimensions"]["length"]["value"] = "0"
                case "below":
                    package["weight"]["value"] = "-1"
                case "no weight":
                    del package["weight"]
                case "no length":
                    del package["dimensions"]["length"]

    def _other_letters(self, body: Body, shipment_id: str) -> None:
        name, city = self._manners.one_of(OTHER_LETTERS, forms.NAMES, shipment_id)
        body["shippingInfo"]["shipToAddress"] |= {"name": name, "city": city}

    def _other_times(self, body: Body, shipment_id: str) -> None:
        form = self._manners.one_of(OTHER_TIMES, forms.TIME_FORMS, shipment_id)
        forms.rewrite_times(body, form)

    def _unreadable_side_fact(self, body: Body, shipment_id: str) -> None:
        path, value = self._manners.one_of(UNREADABLE_SIDE_FACT, GARBAGE, shipment_id)
        forms.put(body, path, value)


def _no_eligible_states(body: Body, _: str) -> None:
    body["shipmentInfo"].pop("orderStatesEligibleForRejection", None)


def _no_lines_recommended(body: Body, _: str) -> None:
    for package in body["shippingInfo"].get("recommendedPackages", ()):
        package["lineItems"] = []


def _numbers_for_decimals(body: Body, _: str) -> None:
    for package in (*body["shippingInfo"].get("recommendedPackages", ()), *(body.get("packages") or ())):
        for measure in (*package.get("dimensions", {}).values(), package.get("weight", {})):
            if "value" in measure:
                number = float(measure["value"])
                measure["value"] = int(number) if number.is_integer() else number


def _large_gift_message(body: Body, shipment_id: str) -> None:
    content = render("PDF", f"GIFT {shipment_id}") + b"\n" * GIFT_BYTES
    message = {"format": "PDF", "content": base64.b64encode(content).decode()}
    body["lineItems"][0]["giftAttributes"] = {
        "giftWrapRequirement": "REQUIRED",
        "giftMessagePresence": "PRESENT",
        "giftMessage": message,
    }


def _nulls(body: Body, _: str) -> None:
    for name in OPTIONAL:
        body.setdefault(name, None)
    for line in body["lineItems"]:
        line.setdefault("cancellations", None)


def _new_fields(body: Body, _: str) -> None:
    body["sustainability"] = {"packaging": ["PAPER", None], "score": 0.5}
    body["shipmentInfo"]["channelNotes"] = []
    for line in body["lineItems"]:
        line["lotNumbers"] = [{"lot": "L-1", "expiresAt": None}]
