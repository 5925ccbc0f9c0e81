"""getReturn and listReturns: what the model calls optional left out, for good for each return."""

from dataclasses import replace
from typing import Any

from connector.simulator.http.answers import Answer
from connector.simulator.http.operations import ApiRequest, Handle
from connector.simulator.manners import forms
from connector.simulator.manners.manners import Manner, Manners
from connector.simulator.manners.shipment_facts import OTHER_TIMES, UNREADABLE_SIDE_FACT

RETURN_LOCATION_IN_DETAILS = Manner(
    "return-location-in-details",
    0.3,
    "returnLocationId stands in marketplaceChannelDetails alone; the list's filter knows it all the same",
    "optional in both places of the model",
)
RETURN_WITHOUT_UNITS = Manner(
    "return-without-units",
    0.2,
    "numberOfUnits is left out",
    "own review; optional in the model",
)
MANNERS = (RETURN_LOCATION_IN_DETAILS, RETURN_WITHOUT_UNITS)

GARBAGE: tuple[tuple[str, Any], ...] = (
    ("creationDateTime", "soon"),
    ("returnShippingInfo", "by road"),
    ("numberOfUnits", "one"),
    ("otpDetails", {"otp": ["1", "2"], "validTill": "tonight"}),
    ("returnMetadata.invoiceInformation", "IN-1"),
)


class ReturnFacts:
    def __init__(self, manners: Manners) -> None:
        self._manners = manners

    def one(self, request: ApiRequest, handle: Handle) -> Answer:
        answer = handle(request)
        return replace(answer, body=self._told(request.merchant.merchant_id, answer.body))

    def each(self, request: ApiRequest, handle: Handle) -> Answer:
        answer, merchant_id = handle(request), request.merchant.merchant_id
        told = [self._told(merchant_id, body) for body in answer.body["returns"]]
        return replace(answer, body=answer.body | {"returns": told})

    def _told(self, merchant_id: str, body: dict[str, Any]) -> dict[str, Any]:
        told, return_id = forms.copied(body), str(body["id"])
        key = (merchant_id, return_id)
        if self._manners.marks(RETURN_LOCATION_IN_DETAILS, *key):
            del told["returnLocationId"]
        if self._manners.marks(RETURN_WITHOUT_UNITS, *key):
            del told["numberOfUnits"]
        if self._manners.marks(OTHER_TIMES, *key):
            forms.rewrite_times(told, self._manners.one_of(OTHER_TIMES, forms.TIME_FORMS, return_id))
        if self._manners.marks(UNREADABLE_SIDE_FACT, *key):
            forms.put(told, *self._manners.one_of(UNREADABLE_SIDE_FACT, GARBAGE, return_id))
        return told
