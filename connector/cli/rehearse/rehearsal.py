"""A rehearsal from its beginning to its end: what is written, what Amazon does, and what it all shows."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from confluent_kafka import Message

from connector.child_commands.service import Service
from connector.cli.rehearse.amazon import SimulatedAmazon
from connector.cli.rehearse.sandbox import (
    Sandbox,
    bare_environment,
    merchants_toml,
    simulator_arguments,
    worker_environment,
)
from connector.cli.rehearse.topics import WRITTEN_BY_OMS, SandboxTopics
from connector.cli.rehearse.trade import Trade
from connector.cli.shared.broker import Broker
from connector.domain.rehearsal.evidence import Evidence, ThingKind
from connector.domain.rehearsal.mistakes import Mistakes
from connector.domain.rehearsal.signs import Signs
from connector.domain.rehearsal.workflows import (
    AUTO_CONFIRM,
    CANCELLED_EARLY,
    CONFIRM_BY_OMS,
    SPLIT,
    Workflow,
    WorkflowVerdict,
    verdicts,
)
from connector.errors import ConnectorError
from connector.kafka.avro.codec import BadRecord
from connector.kafka.topics import COMMAND_RESULTS, DEAD_LETTERS, ORDER_COMMANDS, ORDERS, Topic
from connector.merchants import Merchant

READY_WITHIN_S, STOP_WITHIN_S = 90.0, 40.0
_TRADE_EVERY_S, _LOOK_EVERY_S = 0.5, 5.0

_Flow = Literal["inventory", "orders", "returns"]
_FLOW_OF: Mapping[ThingKind, _Flow] = {"stock": "inventory", "shipments": "orders", "returns": "returns"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`manners`: how Amazon answers, as of `connector simulator --manners`. `stops_when_seen`: it ends as soon as every
    workflow was seen."""

    seconds: float
    seed: int
    orders_per_hour: float
    manners: str
    stops_when_seen: bool


@dataclass
class Rehearsal:
    """Get it from `open_rehearsal`. All of it blocks."""

    broker: Broker
    sandbox: Sandbox
    merchant: Merchant
    topics: SandboxTopics
    amazon: SimulatedAmazon
    services: Sequence[Service]
    trade: Trade
    evidence: Evidence = field(default_factory=Evidence)

    def __post_init__(self) -> None:
        self.mistakes = Mistakes(frozenset(self.sandbox.name(topic) for topic in WRITTEN_BY_OMS))
        self._signs = Signs(self.evidence, self._program_at)
        self._looked_at_s = self._traded_at_s = 0.0

    def run(self, terms: Terms, on_look: Callable[[float], None]) -> None:
        """`on_look(seconds left)` is called now and then, when there may be something new to be shown."""
        ends_at_s = time.monotonic() + terms.seconds
        for records in self.topics.follow():
            self._take(records)
            now_s = time.monotonic()
            if now_s - self._traded_at_s >= _TRADE_EVERY_S:
                self._traded_at_s = now_s
                self._trade()
            if now_s - self._looked_at_s >= _LOOK_EVERY_S or now_s >= ends_at_s:
                self._looked_at_s = now_s
                self._look()
                on_look(max(0.0, ends_at_s - now_s))
                if now_s >= ends_at_s or (terms.stops_when_seen and all(one.is_seen for one in self.verdicts())):
                    return

    def verdicts(self) -> list[WorkflowVerdict]:
        programs = list(dict.fromkeys(location.program for location in self.merchant.locations))
        return verdicts(self.evidence, programs, self._applies)

    def manners(self) -> dict[str, int]:
        """How often each has shown."""
        return {name: shown["times"] for name, shown in self.amazon.ask("manners")["shown"].items()}

    def _applies(self, workflow: Workflow, program: str) -> bool:
        """To this merchant, as the merchants file has it."""
        flow = _FLOW_OF[workflow.kind]
        places = [one for one in self.merchant.locations if one.program == program and self.merchant.flows(one, flow)]
        if workflow == SPLIT:
            return any(len(location.oms_locations) > 1 for location in places)
        if workflow in (CONFIRM_BY_OMS, CANCELLED_EARLY, AUTO_CONFIRM):  # the connector leaves no time to cancel before
            return bool(places) and (workflow == AUTO_CONFIRM) is self.merchant.auto_confirm
        return bool(places)

    def _program_at(self, oms_location: str) -> str:
        location = self.merchant.location_for(oms_location)
        return "" if location is None else location.program

    def _take(self, records: Sequence[tuple[Topic, Message]]) -> None:
        for topic in dict.fromkeys(topic for topic, _ in records):
            mine = [message for each, message in records if each == topic]
            decoded = self.broker.decode(topic.name, [message.value() for message in mine])
            for message, record in zip(mine, decoded, strict=True):
                if isinstance(record, BadRecord):
                    continue  # the worker's dead letter tells of it
                place = (message.topic() or "", message.partition() or 0, message.offset() or 0)
                self._signs.take(topic.schema, record, place)
                if topic == ORDERS and record["type"] == "ORDER_RECEIVED":
                    self.trade.was_told(record["shipment_id"])
                elif topic == DEAD_LETTERS:
                    self.mistakes.dead_letter(record)
                elif topic == ORDER_COMMANDS:
                    self.mistakes.command(record, place)
                elif topic == COMMAND_RESULTS:
                    self.mistakes.result(record)

    def _trade(self) -> None:
        for service in self.services:
            service.check()
        for shipment_id, effect in self.trade.go_on():
            self._signs.effect(shipment_id, effect)

    def _look(self) -> None:
        if self._signs.awaits_stock:
            for item in self.amazon.ask("inventory"):
                for applied in item["history"]:
                    self._signs.posted(item["location_id"], item["sku"], applied["quantity"])
        self.evidence.committed = self.topics.committed()


@contextmanager
def open_rehearsal(broker: Broker, sandbox: Sandbox, merchant: Merchant, terms: Terms) -> Iterator[Rehearsal]:
    """Its processes end with it. Raises ConnectorError where they can't be had, and KafkaException."""
    topics = SandboxTopics(broker, sandbox)
    topics.make()
    topics.begin_at_the_ends()
    topics.copy_listings(merchant.merchant_id)
    (sandbox.directory / "merchants.toml").write_text(merchants_toml(merchant))
    with ExitStack() as stack:
        arguments = simulator_arguments(merchant, seed=terms.seed, manners=terms.manners)
        simulator = Service(arguments, bare_environment(broker.settings), sandbox.directory / "simulator.log")
        stack.callback(simulator.stop, STOP_WITHIN_S)
        url = simulator.wait_for(r"BASE_URL=(\S+)", READY_WITHIN_S).group(1)
        amazon = SimulatedAmazon(url, merchant.merchant_id)
        stack.callback(amazon.close)
        stack.callback(topics.tidy)
        worker = Service(
            ["worker"], worker_environment(broker.settings, sandbox, url), sandbox.directory / "worker.log"
        )
        stack.callback(worker.stop, STOP_WITHIN_S)
        _wait_for_calls(amazon, worker)
        trade = Trade(amazon, merchant, sandbox.run, terms.orders_per_hour, Random(terms.seed), time.monotonic)  # noqa: S311 - the same customers for the same seed
        yield Rehearsal(broker, sandbox, merchant, topics, amazon, (simulator, worker), trade)


def _wait_for_calls(amazon: SimulatedAmazon, worker: Service) -> None:
    """The worker is ready when it asks Amazon for something."""
    deadline = time.monotonic() + READY_WITHIN_S
    while not amazon.ask("calls"):
        worker.check()
        if time.monotonic() > deadline:
            raise ConnectorError(f"the rehearsal's worker did not call the simulator within {READY_WITHIN_S:g} s")
        time.sleep(_TRADE_EVERY_S)
