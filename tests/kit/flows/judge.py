"""The rules of a campaign, judged from outside: by the topics, and by what Amazon was asked and what it did.

Each rule gives its faults in words, so that a campaign names all of them at once. Nothing here knows the connector's
tables or plans.
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connector.kafka.topics import ALERTS, CANCELLATIONS, COMMAND_RESULTS, ORDERS, RETURNS
from tests.kit.flows.marketplace import RANKS
from tests.kit.flows.world import World, once

MOST_CALLS = 20
"""For one key within an hour, without a result or an alert."""
MOST_REGENERATIONS = 10
"""Of one label: each answer of a GENERATE that is lost costs one, and an Amazon may lose nine of ten."""
LOOK_EVERY_S = 1.0
LISTS = {"list_shipments": "/shipments?", "returns": "/returns?"}
TOKENS = ("paginationToken", "nextToken")
READ_TIME = "last_updated_at"  # of a snapshot: it may move alone, which is no change
MADE_ONCE = ("confirmed", "rejected", "packages_created", "invoice_generated", "labels_generated", "package_shipped")
NEEDS = {
    "Confirm": ("confirmed",),
    "Pack": ("packages_created", "labels_generated"),
    "Ship": ("package_shipped",),
    "Reject": ("rejected",),
}
"""Effects that a command which is DONE had, whoever made them before it."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """Events each once, by event_id (G6); results and alerts as often as they were published."""

    orders: Sequence[Record]
    cancellations: Sequence[Record]
    returns: Sequence[Record]
    results: Sequence[Record]
    alerts: Sequence[Record]
    calls: Sequence[Record] = ()
    effects: Sequence[Record] = ()

    @property
    def alerted(self) -> set[str]:
        """Shipments, lists and others that an alert names; one of INFO was dealt with."""
        return {alert["subject"] for alert in self.alerts if alert["severity"] != "INFO"}


def parked_lists(seen: Seen) -> set[tuple[str, str]]:
    """(merchant, subject) of lists that a standing alert names: what they show is told once Amazon gives them."""
    last = {alert["alert_id"]: alert for alert in seen.alerts if alert["kind"] == "LIST_PARKED"}
    return {(alert["merchant_id"], alert["subject"]) for alert in last.values() if alert["ended_at"] is None}


def look(world: World) -> Seen:
    orders, cancellations, returns = (once(world.published(topic.name)) for topic in (ORDERS, CANCELLATIONS, RETURNS))
    return Seen(
        orders,
        cancellations,
        returns,
        world.published(COMMAND_RESULTS.name),
        world.published(ALERTS.name),
        world.calls(),
        world.ask("effects"),
    )


def told_twice(seen: Seen) -> Iterator[str]:
    """One event per change: no state is told twice, nor after what came later."""
    for shipment_id, events in _by(seen.orders, "shipment_id").items():
        types = Counter(event["type"] for event in events if event["type"] != "ORDER_UPDATED")
        yield from (f"{shipment_id}: {count} events {kind}" for kind, count in types.items() if count > 1)
        if events[0]["type"] != "ORDER_RECEIVED":
            yield f"{shipment_id}: {events[0]['type']} before ORDER_RECEIVED"
        ranks = [RANKS.index(event["status"]) for event in events if event["status"] in RANKS]
        if ranks != sorted(ranks):
            yield f"{shipment_id}: goes back, {[event['status'] for event in events]}"
        yield from _same_state_twice(shipment_id, events)
    for shipment_id, events in _by(seen.cancellations, "shipment_id").items():
        if len(events) > 1:
            yield f"{shipment_id}: cancelled {len(events)} times"
    for return_id, events in _by(seen.returns, "return_id").items():
        if [event["type"] == "RETURN_CREATED" for event in events] != [True] + [False] * (len(events) - 1):
            yield f"{return_id}: {[event['type'] for event in events]}"
        yield from _same_state_twice(return_id, events)


def _same_state_twice(object_id: str, events: Iterable[Record]) -> Iterator[str]:
    states = Counter(
        json.dumps(
            [event["type"], {name: fact for name, fact in event["snapshot"].items() if name != READ_TIME}],
            sort_keys=True,
            default=str,
        )
        for event in events
    )
    yield from (f"{object_id}: told {count} times: {state[:60]}" for state, count in states.items() if count > 1)


def made_twice(seen: Seen, elsewhere: Container[str] = ()) -> Iterator[str]:
    """One effect per command: each step of a shipment is made once, and what is DONE was made: by us, but for the
    shipments that were worked `elsewhere`, too."""
    made = Counter((effect["shipment_id"], effect["name"]) for effect in seen.effects)
    for (shipment_id, name), count in made.items():
        if count > (MOST_REGENERATIONS if name == "labels_regenerated" else 1) and name != "options_retrieved":
            yield f"{shipment_id}: {name} {count} times"
    for result in seen.results:
        if result["outcome"] == "DONE" and result["shipment_id"] not in elsewhere:
            missing = [name for name in NEEDS[result["action"]] if not made[result["shipment_id"], name]]
            if missing:
                yield f"{result['command_id']}: DONE without {missing}"


def answered_twice(seen: Seen, commands: Mapping[str, str]) -> Iterator[str]:
    """One final result each. `commands`: command id -> shipment id; one without a result has an alert that names it."""
    by_command = _by(seen.results, "command_id")
    for command_id, results in by_command.items():
        told = {(result["result_id"], result["outcome"], result["code"]) for result in results}
        if len(told) > 1:
            yield f"{command_id}: {sorted(told)}"
        if command_id not in commands:
            yield f"{command_id}: a result of what nobody sent"
        if any(result["outcome"] != "DONE" and not result["code"] for result in results):
            yield f"{command_id}: {results[0]['outcome']} without a code"
    yield from (f"{command_id}: no result, no alert" for command_id in unanswered(seen, commands))


def unanswered(seen: Seen, commands: Mapping[str, str]) -> list[str]:
    answered = {result["command_id"] for result in seen.results}
    return [
        command_id
        for command_id, shipment_id in commands.items()
        if command_id not in answered and shipment_id not in seen.alerted
    ]


def repeated(calls: Iterable[Record], alerted: set[str], most: int = MOST_CALLS) -> Iterator[str]:
    """No endless repetition. A key is what one call asks for: a page's token makes no other key of its list."""
    counts = Counter(_key(call) for call in calls if call["operation"] != "token")
    for (merchant_id, method, path), count in counts.items():
        if count > most and not any(_is_of(subject, path) for subject in alerted):
            yield f"{merchant_id}: {count} calls {method} {path}"


def repeated_in(world: World, seconds: float, most: int) -> list[str]:
    """`repeated`, of the calls for single objects from now on for so long; at once where there are some.

    Lists are polled for ever, and one call of them may be made again: `repeated` tells of what has no end."""
    ends_at, before = time.monotonic() + seconds, len(world.calls())
    while True:
        calls = [
            call for call in world.calls(after=str(before)) if not any(part in call["path"] for part in LISTS.values())
        ]
        faults = list(repeated(calls, look(world).alerted, most))
        if faults or time.monotonic() > ends_at:
            return faults
        time.sleep(LOOK_EVERY_S)


def _key(call: Record) -> tuple[str, str, str]:
    url = urlsplit(call["path"])
    asked = [f"{name}={value}" for name, value in parse_qsl(url.query) if name not in TOKENS]
    return call["merchant_id"], call["method"], f"{url.path}?{'&'.join(sorted(asked))}"


def _is_of(subject: str, path: str) -> bool:
    """A shipment's id, or a list: "list_shipments CANCELLED at EXSB (sweep)"."""
    operation, *filters = subject.split() or [""]
    if operation not in LISTS:
        return bool(subject) and subject in path
    return LISTS[operation] in path and all(f"={text}" in path for text in filters if text not in ("at", "(sweep)"))


def _by(records: Iterable[Record], name: str) -> dict[str, list[Record]]:
    found = defaultdict(list)
    for record in records:
        found[record[name]].append(record)
    return found
