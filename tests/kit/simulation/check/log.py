"""The log itself: what may be committed when, where records lie, what goes to the dead letters, how workers end."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from confluent_kafka import KafkaException

from connector.domain.alerts import AlertKind
from connector.errors import ConnectorError
from connector.kafka.avro.codec import BadRecord
from connector.kafka.homes import home_partition
from connector.kafka.producer import ProduceFailed
from connector.kafka.topics import (
    ALERTS,
    CANCELLATIONS,
    COMMAND_RESULTS,
    INVENTORY,
    INVENTORY_RESULTS,
    ORDER_COMMANDS,
    ORDERS,
    RETURNS,
)
from connector.simulator.manners.lists import SHELLS
from tests.kit.simulation.check.evidence import Evidence
from tests.kit.simulation.edges import CODEC
from tests.kit.simulation.plan import Jump

LEDGER, SHIPMENTS = "connector-ledger-changelog", "connector-shipments-changelog"
TOLD = (ORDERS, CANCELLATIONS, RETURNS, INVENTORY_RESULTS, COMMAND_RESULTS)
AFTER_TROUBLE_S = 120.0
_SHELL_IDS = frozenset(shell.get("id") for shell in SHELLS)


def committed_too_early(evidence: Evidence) -> Iterator[str]:
    """What is committed as dealt with is in a changelog, or in the dead letters."""
    history, durable, read = evidence.world.kafka.history, _Durable(), 0
    inputs = {tp: log.records for tp, log in evidence.world.kafka.logs.items() if tp[0] in _INPUTS}
    done: dict[tuple[str, int], int] = {}
    for length, tp, offset in evidence.world.kafka.commits:
        for record, _ in history[read:length]:
            durable.take(record.topic, record.key, record.value)
        read = length
        for record in inputs.get(tp, ()):
            if done.get(tp, 0) <= record.offset < offset and not durable.has(tp, record.offset, record.value):
                yield f"{tp[0]}/{tp[1]}: {offset} is committed, {record.offset} is nowhere"
        done[tp] = max(done.get(tp, 0), offset)


class _Durable:
    """What a worker that starts now would know."""

    def __init__(self) -> None:
        self._words: dict[tuple[str, str, str], int] = {}  # (merchant, OMS location, SKU) -> time of the newest word
        self._commands: set[str] = set()
        self._letters: set[tuple[str, int, int]] = set()

    def take(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        if topic == LEDGER and value is not None and key is not None:
            merchant_id, _, sku = key.decode().split("|", 2)
            for location, word in json.loads(value)["counts"].items():
                self._words[merchant_id, location, sku] = word["occurred_at_ms"]
        elif topic == SHIPMENTS and value is not None:
            row = json.loads(value)
            self._commands |= {each["command"]["command_id"] for each in row.get("queue", ())}
            self._commands |= {each["command_id"] for each in row.get("results", ())}
        elif topic == COMMAND_RESULTS.name:
            self._commands.add(CODEC.decode(topic, value)["command_id"])
        elif topic == "connector.dead-letters":
            letter = CODEC.decode(topic, value)
            self._letters.add((letter["topic"], letter["partition"], letter["offset"]))

    def has(self, tp: tuple[str, int], offset: int, value: bytes | None) -> bool:
        if (*tp, offset) in self._letters:
            return True
        try:
            told = CODEC.decode(tp[0], value)
        except BadRecord:
            return False
        if tp[0] == INVENTORY.name:
            key = (told["merchant_id"], told["location_id"], told["sku"])
            return self._words.get(key, -1) >= int(told["occurred_at"])
        return str(told["command_id"]) in self._commands


_INPUTS = (INVENTORY.name, ORDER_COMMANDS.name)


def ended_strangely(evidence: Evidence) -> Iterator[str]:
    """A worker ends by itself for what the docs list alone, and that in words: Kafka away, its clock set back."""
    world = evidence.world
    jumps = [action for action in world.plan.actions if isinstance(action, Jump)]
    for at_s, name, reason in world.ends:
        is_kafkas = isinstance(reason, ConnectorError | ProduceFailed | KafkaException)
        since_s = at_s - world.begin_s
        jumped = any(jump.worker == name and jump.at_s <= since_s for jump in jumps)
        if isinstance(reason, ConnectorError) and jumped and "the clock was set back" in str(reason):
            continue
        if not is_kafkas or not world.was_cut_off(name, at_s, AFTER_TROUBLE_S):
            yield f"{name} ended at {at_s:.3f}: {type(reason).__name__}: {reason}"
    for process in (*world.graves, *world.workers.values()):
        yield from (f"{process.loop.name}: {surprise}" for surprise in process.loop.surprises)


def out_of_place(evidence: Evidence) -> Iterator[str]:
    """What is told of a merchant lies in its home partition, under its key."""
    for topic in TOLD:
        for record in evidence.world.kafka.of(topic.name):
            merchant_id = CODEC.decode(topic.name, record.value)["merchant_id"]
            home = home_partition(merchant_id.encode(), evidence.world.group.partitions)
            if record.key != merchant_id.encode() or record.partition != home:
                yield f"{topic.name}/{record.partition}/{record.offset} is {merchant_id}'s, of {home}"


def deleted_unread(evidence: Evidence) -> Iterator[str]:
    """Where a worker was to go on with what Kafka had deleted, an alert says so, and nowhere else."""
    kind = AlertKind.OFFSETS_RESET.value
    told = {alert["subject"] for alert in evidence.published(ALERTS) if alert["kind"] == kind}
    happened = {f"{topic}/{partition}" for topic, partition in evidence.world.kafka.out_of_range}
    yield from (f"{subject}: records were deleted unread, and nobody is told" for subject in sorted(happened - told))
    yield from (f"{subject}: nothing was deleted unread, and an alert says so" for subject in sorted(told - happened))


def standing_alerts(evidence: Evidence) -> Iterator[str]:
    """Long after all troubles none stands, but of what an odd Amazon forbids or hides for good."""
    newest = {alert["alert_id"]: alert for alert in evidence.published(ALERTS)}
    for alert in newest.values():
        if alert["ended_at"] is None and not (evidence.odd and _is_for_good(alert)):
            yield f"{alert['kind']} {alert['merchant_id']} {alert['subject']}: it stands, {alert['message'][:120]}"


def _is_for_good(alert: Mapping[str, Any]) -> bool:
    if alert["kind"] == AlertKind.RETURN_PARKED:
        return alert["subject"] in _SHELL_IDS  # listed for ever, and never given
    return alert["kind"] in (AlertKind.SKU_PARKED, AlertKind.SHIPMENT_PARKED, AlertKind.LIST_PARKED)


def letters(evidence: Evidence) -> Iterator[str]:
    """Each bad record, and no other, is a dead letter."""
    found = {(letter["topic"], letter["partition"], letter["offset"]) for letter in evidence.letters}
    bad = set(evidence.world.oms.bad)
    yield from (f"{place}: no dead letter" for place in sorted(bad - found - evidence.world.oms.deleted))
    for letter in evidence.letters:
        place = (letter["topic"], letter["partition"], letter["offset"])
        if place not in bad and letter["reason"] != "UNREADABLE_FACT":
            yield f"{place}: a dead letter, {letter['reason']}: {letter['message'][:80]}"


def told_secrets(evidence: Evidence) -> Iterator[str]:
    """No log line holds a token, a secret or a buyer's data."""
    yield from evidence.world.leaks
