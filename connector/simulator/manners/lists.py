"""getShipments and listReturns: late, without their list, with shells, or without an end."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from connector.simulator.base.switches import Switches
from connector.simulator.http.answers import Answer
from connector.simulator.http.operations import ApiRequest, Handle, Layer
from connector.simulator.manners.manners import Manner, Manners

LATE_IN_LISTS = Manner(
    "late-in-lists",
    0.05,
    "what one shipment or return changes is missing from the lists for ten minutes, though getShipment shows it",
    "retrieve-list-of-shipments guide: lists lag; own review",
)
PAGE_WITHOUT_LIST = Manner(
    "page-without-list",
    0.01,
    "a page that is an empty object",
    "amzn/selling-partner-api-models#987",
)
SHELL_IN_LIST = Manner(
    "shell-in-list",
    0.02,
    "one item of a page is an empty object, or has an id and nothing else",
    "amzn/selling-partner-api-models#758",
    within_model=False,
)
ENDLESS_TOKEN = Manner(
    "endless-token",
    0.005,
    "a page's token leads to the same page again, or to ever new tokens",
    "saleweaver/python-amazon-sp-api#1149",
)
MANNERS = (LATE_IN_LISTS, PAGE_WITHOUT_LIST, SHELL_IN_LIST, ENDLESS_TOKEN)

AGAIN = "again-"
SHELLS: tuple[dict[str, Any], ...] = ({}, {"id": "SHELL-1"}, {"id": None, "status": None})


class Lists:
    """`name` of the list in its answer; `token` of the query that asks for the next page."""

    def __init__(self, manners: Manners, switches: Switches, *, name: str, token: str) -> None:
        self._manners = manners
        self._switches = switches
        self._name = name
        self._token = token

    def layers(self, facts: Layer) -> tuple[Layer, ...]:
        """`facts` rewrites the items: after the late ones are known by their times, before a shell comes among them."""
        return (self.shells, self.endless, facts, self.late)

    def late(self, request: ApiRequest, handle: Handle) -> Answer:
        answer = handle(request)
        items = [item for item in answer.body[self._name] if not self._is_late(item, request)]
        return replace(answer, body=answer.body | {self._name: items})

    def shells(self, request: ApiRequest, handle: Handle) -> Answer:
        answer = handle(request)
        if self._manners.comes(PAGE_WITHOUT_LIST, *request.target):
            return replace(answer, body={})
        if occasion := self._manners.comes(SHELL_IN_LIST, *request.target):
            items = list(answer.body[self._name])
            where = int(self._manners.chance(SHELL_IN_LIST, *occasion) * (len(items) + 1))
            items.insert(where, self._manners.one_of(SHELL_IN_LIST, SHELLS, *occasion))
            return replace(answer, body=answer.body | {self._name: items})
        return answer

    def endless(self, request: ApiRequest, handle: Handle) -> Answer:
        token = request.query.get(self._token, "")
        first = {name: value for name, value in request.query.items() if name != self._token}
        if token.startswith(AGAIN):
            answer = handle(replace(request, query=first))
            number = token.removeprefix(AGAIN)
            repeats = self._manners.chance(ENDLESS_TOKEN, *request.target, "repeats") < 0.5
            return self._with_token(answer, token if repeats or not number.isdigit() else f"{AGAIN}{int(number) + 1}")
        if not token and self._manners.comes(ENDLESS_TOKEN, *request.target):
            return self._with_token(handle(request), f"{AGAIN}1")
        return handle(request)

    def _is_late(self, item: Mapping[str, Any], request: ApiRequest) -> bool:
        changed = datetime.fromisoformat(item["lastUpdatedDateTime"]).timestamp()
        hidden = request.wall - changed < self._switches.late_in_lists_s
        return hidden and self._manners.marks(LATE_IN_LISTS, request.merchant.merchant_id, str(item["id"]))

    def _with_token(self, answer: Answer, token: str) -> Answer:
        told = {"pagination": {"nextToken": token}} if self._name == "shipments" else {"nextToken": token}
        return replace(answer, body=answer.body | told)
