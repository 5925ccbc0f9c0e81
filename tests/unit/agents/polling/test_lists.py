"""Which lists are asked for, and how often."""

from typing import Any

import pytest

from connector.agents.polling.lists import polls_of
from connector.domain.orders.facts.shipment import Status
from connector.domain.returns.facts import ReturnStatus
from connector.domain.windows import LIST_RETURNS, LIST_SHIPMENTS, Poll, PollNewReturns, PollShipments
from connector.merchants import parse_merchants

FILE = """
[[merchants]]
merchant_id = "M1"
marketplace_id = "A21TJRUUN4KGV"
refresh_token_env = "TOKEN"
poll_interval_s = 5
{merchant}
[[merchants.locations]]
location_id = "EXSB"
program = "SELLER_FLEX"
[[merchants.locations]]
location_id = "EASY"
program = "EASY_SHIP"
{location}
"""


def polls(
    merchant: str = "", location: str = "", return_locations: tuple[str, ...] = (), slow_s: float = 60
) -> list[Poll]:
    text = FILE.format(merchant=merchant, location=location)
    return list(polls_of(parse_merchants(text.encode(), "test").by_id["M1"], return_locations, slow_s))


def of(found: list[Poll], operation: str) -> set[tuple[str, str]]:
    asked = [poll for poll in found if poll.operation == operation]
    return {("", "") if isinstance(poll, PollNewReturns) else (poll.location_id, poll.status) for poll in asked}


def test_every_status_of_every_location_new_orders_and_cancellations_often() -> None:
    found = polls()
    assert of(found, LIST_SHIPMENTS) == {(location, status) for location in ("EXSB", "EASY") for status in Status}
    often = {poll.status for poll in found if isinstance(poll, PollShipments) and poll.every_s == 5}
    assert often == {"ACCEPTED", "CREATED", "CANCELLED"}
    assert {poll.every_s for poll in found} == {5, 60}
    assert len({poll.key for poll in found}) == len(found)


def test_updates_of_returns_are_asked_by_location_and_status_and_creations_for_all() -> None:
    found = of(polls(return_locations=("FAR", "EXSB")), LIST_RETURNS)
    updated = {(location, status) for location in ("EXSB", "EASY", "FAR") for status in ReturnStatus}
    assert found == updated | {("", "")}


def test_a_slow_merchant_has_nothing_polled_more_often_than_it_says() -> None:
    assert {poll.every_s for poll in polls("", slow_s=1)} == {5}


@pytest.mark.parametrize(
    ("switches", "shipments", "returns"),
    [
        ({"merchant": "orders = false"}, set(), {"", "EXSB", "EASY"}),
        ({"merchant": "returns = false"}, {"EXSB", "EASY"}, set()),
        ({"location": "orders = false"}, {"EXSB"}, {"", "EXSB", "EASY"}),
        ({"location": "returns = false", "return_locations": ("EASY",)}, {"EXSB", "EASY"}, {"", "EXSB"}),
        ({"merchant": 'mode = "observe"'}, {"EXSB", "EASY"}, {"", "EXSB", "EASY"}),
    ],
)
def test_the_switches(switches: dict[str, Any], shipments: set[str], returns: set[str]) -> None:
    found = polls(**switches)
    assert {location for location, _ in of(found, LIST_SHIPMENTS)} == shipments
    assert {location for location, _ in of(found, LIST_RETURNS)} == returns
