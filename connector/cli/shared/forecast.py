"""What a replayed record would do, for `connector replay --dry-run`: told from the topics, without asking Amazon."""

from collections.abc import Callable
from typing import Any

from connector.agents.inventory.counting import Counting
from connector.agents.inventory.records import read_update
from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.waiting import HELD_TEXTS, held_because
from connector.cli.shared.broker import Broker
from connector.cli.shared.topic_state import read_controls, read_ledger, read_listings
from connector.clock import now_ms
from connector.domain.inventory.ledger import Phase
from connector.domain.inventory.updates import UpdateVerdict, take_update
from connector.kafka import topics
from connector.kafka.avro.codec import BadRecord
from connector.merchants import load_merchants
from connector.tables.ledger import ledger_key

Forecast = Callable[[dict[str, Any] | BadRecord], dict[str, str]]
"""A record of the topic -> `what` it is and what it `would` do. Ask in order: records build on each other."""

NOWHERE = -1  # the offset of a record that is not written yet

_OFF_SALE = "an operator took the SKU off sale (`connector status`)"
_VERDICTS = {
    UpdateVerdict.WAITING: "be sent to Amazon",
    UpdateVerdict.UNCHANGED: "be unchanged: Amazon has this quantity",
    UpdateVerdict.STALE: "be SUPERSEDED: a newer update is known",
    UpdateVerdict.REPEATED: "be a repeat: nothing is sent, its result is published again",
}


def forecaster(broker: Broker, topic: str, target: str) -> Forecast:
    told = {
        topics.API_CALLS.name: "be settled again: an outcome that is late changes nothing",
        topics.INTERNAL_COMMANDS.name: "be carried out again: what is done already changes nothing",
        topics.DEAD_LETTER_MARKS.name: "be in force again",
        topics.LISTINGS.name: "be in force again",
        topics.CONTROL.name: "be in force again",
        topics.DEAD_LETTERS.name: "be offered again as a dead letter",
    }
    readers = {
        topics.INVENTORY.name: _inventory,
        topics.ORDER_COMMANDS.name: _commands,
        topics.NOTIFICATIONS.name: _notifications,
    }
    if topic == target and topic in readers:
        inner = readers[topic](broker)
    else:

        def inner(_: dict[str, Any]) -> dict[str, str]:
            same = "be published again, with the same ids"
            return {"what": "", "would": told.get(topic, same) if topic == target else same}

    def forecast(value: dict[str, Any] | BadRecord) -> dict[str, str]:
        if isinstance(value, BadRecord):
            return {"what": value.message, "would": f"be a dead letter: {value.reason}"}
        return inner(value)

    return forecast


def _inventory(broker: Broker) -> Callable[[dict[str, Any]], dict[str, str]]:
    merchants, rows = load_merchants(broker.settings.merchants_file), read_ledger(broker)
    known = KnownMerchants(lambda: merchants)
    controls = read_controls(broker)
    counting = Counting(known, read_listings(broker), controls.is_zeroed)
    tolerance_ms = round(broker.settings.inventory.future_tolerance_s * 1000)

    def forecast(value: dict[str, Any]) -> dict[str, str]:
        what, now = f"{value['sku']}: {value['quantity']}", now_ms()
        try:
            update = read_update(value, offset=NOWHERE, now_ms=now, tolerance_ms=tolerance_ms)
            merchant, location = known.require_oms_location(update.merchant_id, update.location_id)
        except BadRecord as bad:
            return {"what": what, "would": f"be a dead letter: {bad.reason}"}
        place = (update.merchant_id, location.location_id, counting.at(merchant, location).channel_sku(update.sku))
        was = rows.get(key := ledger_key(*place))
        maybe_sent = was is not None and was.phase is not Phase.SETTLED
        zeroed, counted = counting.is_zeroed(*place), counting.of(*place)
        rows[key], verdict = take_update(was, update, counted, maybe_sent=maybe_sent, now_ms=now, zeroed=zeroed)
        held = held_because(merchant, controls.paused(update.merchant_id), location.location_id, "inventory")
        if verdict is UpdateVerdict.WAITING and (zeroed or held is not None):
            why = _OFF_SALE if held is None else HELD_TEXTS[held]
            return {"what": what, "would": f"wait: {why}"}
        return {"what": what, "would": _VERDICTS[verdict]}

    return forecast


def _commands(broker: Broker) -> Callable[[dict[str, Any]], dict[str, str]]:
    values = [message.value() for message in broker.read(topics.COMMAND_RESULTS.name)]
    results = [record for record in broker.decode(topics.COMMAND_RESULTS.name, values) if isinstance(record, dict)]
    outcomes = {(result["merchant_id"], result["command_id"]): result["outcome"] for result in results}

    def forecast(value: dict[str, Any]) -> dict[str, str]:
        what = f"{value['action'][0].removeprefix('smartconnect.')} {value['shipment_id']}"
        outcome = outcomes.get((value["merchant_id"], value["command_id"]))
        if outcome is not None:
            return {"what": what, "would": f"not be run again: {outcome} already, its result is published again"}
        expires_at = value["expires_at"]
        if expires_at is not None and expires_at < now_ms():
            return {"what": what, "would": "be EXPIRED"}
        return {"what": what, "would": "be run, unless it is under way"}

    return forecast


def _notifications(_: Broker) -> Callable[[dict[str, Any]], dict[str, str]]:
    def forecast(value: dict[str, Any]) -> dict[str, str]:
        return {
            "what": f"{value['status']} {value['shipment_id']}",
            "would": "have the shipment read, if it is not seen",
        }

    return forecast
