"""Which lists are asked for, and how often."""

from typing import Any

import pytest

from connector.agents.polling.lists import polls_of
from connector.agents.returns.flows import names_of
from connector.domain.orders.facts.lifecycle import LIFECYCLE
from connector.domain.orders.facts.shipment import Status
from connector.domain.polling.polls import (
    LIST_RETURNS,
    LIST_SHIPMENTS,
    Poll,
    PolledList,
    PollNewReturns,
    ReadReturns,
    at_location,
    is_urgent,
    key_at,
    status_of,
)
from connector.merchants import Merchant, parse_merchants
from connector.settings import PollingSettings
from tests.kit.cases import case_file

FILE = """
[[merchants]]
merchant_id = "M1"
marketplace_id = "A21TJRUUN4KGV"
refresh_token_env = "TOKEN"
poll_interval_s = 5
{merchant}
[[merchants.locations]]
location_id = "EXSB"
channel_location_id = "AMZ-1"
program = "SELLER_FLEX"
[[merchants.locations]]
location_id = "EASY"
program = "EASY_SHIP"
{location}
"""
OPEN_ORDERS = {"CREATED", "ACCEPTED", "CONFIRMED"}
ENDED_RETURNS = {"PROCESSED", "REJECTED", "CANCELLED"}


def merchant(text: str = "", location: str = "") -> Merchant:
    return parse_merchants(FILE.format(merchant=text, location=location).encode(), "test").by_id["M1"]


def polls(text: str = "", location: str = "") -> list[Poll]:
    return list(polls_of(merchant(text, location), PollingSettings()))


def lists(found: list[Poll], operation: str, *, sweeps: bool) -> list[PolledList]:
    return [
        poll
        for poll in found
        if not isinstance(poll, ReadReturns) and poll.operation == operation and poll.is_sweep == sweeps
    ]


@pytest.mark.parametrize("location_id", ["", "EXSB"])
def test_a_list_at_a_location_has_the_key_that_is_told_of_it(location_id: str) -> None:
    for poll in polls():
        if not isinstance(poll, ReadReturns):
            assert key_at(poll, location_id) == at_location(poll, location_id).key


def test_where_orders_begin_or_end_each_interval_and_the_other_statuses_of_the_whole_merchant_within_two() -> None:
    found = lists(polls(), LIST_SHIPMENTS, sweeps=False)
    assert {(status_of(poll), poll.location_id, poll.every_s) for poll in found} == {
        (status, "", 5 if status in {*OPEN_ORDERS, "CANCELLED"} else 9) for status in Status
    }
    assert {state.status for state in LIFECYCLE if state.opens} <= OPEN_ORDERS
    assert {status_of(poll) for poll in found if is_urgent(poll)} == {"ACCEPTED", "CREATED", "CANCELLED"}


def test_fifty_places_cost_no_list_more() -> None:
    (many,) = parse_merchants(case_file("merchants-fifty-locations.toml").read_bytes(), "case")
    asked = [(type(poll), poll.key.partition("|")[2]) for poll in polls_of(many, PollingSettings())]
    assert len(many.locations) == 50
    assert asked == [(type(poll), poll.key.partition("|")[2]) for poll in polls()]


def test_open_orders_and_returns_are_swept_once_an_hour() -> None:
    found = lists(polls(), LIST_SHIPMENTS, sweeps=True)
    assert {(status_of(poll), poll.location_id, poll.every_s) for poll in found} == {
        (status, "", 3600) for status in OPEN_ORDERS
    }
    swept = lists(polls(), LIST_RETURNS, sweeps=True)
    assert not {status_of(poll) for poll in swept} & ENDED_RETURNS
    assert len(swept) == 1 + 12, "those created lately, whatever became of them, and each open status"
    assert not any(is_urgent(poll) for poll in [*found, *swept])


def test_new_returns_are_asked_for_all_and_updates_nowhere_until_there_are_some() -> None:
    (poll,) = lists(polls(), LIST_RETURNS, sweeps=False)
    assert poll == PollNewReturns("M1", 9)


def test_every_list_has_a_key_of_its_own() -> None:
    assert len({poll.key for poll in polls()}) == len(polls())


def test_a_place_has_both_of_its_names() -> None:
    assert names_of(merchant(), ["EXSB"]) == names_of(merchant(), ["AMZ-1"]) == {"EXSB", "AMZ-1"}
    assert names_of(merchant(), ["EASY", "FAR"]) == {"EASY", "FAR"}
    assert names_of(merchant(location="returns = false"), ["EASY", "FAR"]) == {"FAR"}


@pytest.mark.parametrize(
    ("switches", "shipments", "returns"),
    [
        ({"text": "orders = false"}, False, True),
        ({"text": "returns = false"}, True, False),
        ({"location": "orders = false\nreturns = false"}, True, True),
        ({"text": 'mode = "observe"'}, True, True),
    ],
)
def test_the_switches(switches: dict[str, Any], shipments: bool, returns: bool) -> None:
    found = polls(**switches)
    assert bool(lists(found, LIST_SHIPMENTS, sweeps=False)) == shipments
    assert bool(lists(found, LIST_RETURNS, sweeps=False)) == returns
    assert any(isinstance(poll, ReadReturns) for poll in found) == returns
