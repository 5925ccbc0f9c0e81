"""A worker with one shipment, kept to the protocol that the domain asks of its callers, and disturbed at will."""

from dataclasses import dataclass, field
from random import Random

import msgspec

from connector.domain.orders.arrivals import take_command, take_hint, take_listed
from connector.domain.orders.commands import CommandResult, OrderCommand
from connector.domain.orders.effects import StepValue
from connector.domain.orders.events import CancellationEvent, OrderEvent, Via
from connector.domain.orders.facts.shipment import Program, Shipment, Status
from connector.domain.orders.next_step import doubted, plan_next_call
from connector.domain.orders.row import Change, Rules, ShipmentRow
from connector.domain.orders.settlement import needs_settling, settle_step
from connector.domain.orders.steps import GenerateShipLabelsCall, RegenerateShipLabelsCall, Step
from connector.domain.outcomes import Accepted, Answer, Conflict, Forbidden, Outcome, Throttled, Unavailable, Unknown
from tests.kit.orders.amazon import Amazon
from tests.kit.orders.shipments import MERCHANT, SHIPMENT, shipment

RULES = Rules()
NOTHING = Answer()
EVENTS = ("command", "again", "news", "look", "poll", "crash", "zombie", *("call", "land", "settle") * 4)
FAULTS = (*("",) * 5, "throttled", "unsent", "before", "busy", "after", "after", "forbidden")
LABEL_CALLS = (GenerateShipLabelsCall, RegenerateShipLabelsCall)


@dataclass(frozen=True)
class Record:
    step: Step
    outcome: Outcome[StepValue]
    sent_at_ms: int


@dataclass
class Worker:
    """Keeps to the protocol: one call at a time, publish before the row is written, doubt what was recovered."""

    amazon: Amazon
    chance: Random
    now_ms: int = 10_000
    row: bytes = b""
    recovered: bool = False
    in_flight: Record | None = None
    log: list[Record] = field(default_factory=list)
    acked: int = 0
    orders: list[OrderEvent] = field(default_factory=list)
    cancellations: list[CancellationEvent] = field(default_factory=list)
    results: list[CommandResult] = field(default_factory=list)
    labels_lost: int = 0
    zombies: list[Record] = field(default_factory=list)

    def load(self) -> ShipmentRow | None:
        if not self.row:
            return None
        row = msgspec.json.decode(self.row, type=ShipmentRow)
        return doubted(row) if self.recovered else row

    def keep(self, change: Change, *, crash: bool = False) -> None:
        self.orders += change.orders
        self.cancellations += change.cancellations
        self.results += change.results
        if crash:
            self.crash()
        else:
            self.row = msgspec.json.encode(change.row)

    def crash(self) -> None:
        if self.in_flight is not None and isinstance(self.in_flight.outcome, Accepted):
            self.labels_lost += isinstance(self.in_flight.step.call, LABEL_CALLS)
        if self.in_flight is not None and self.chance.random() < 0.5:
            self.zombies.append(self.in_flight)  # the old worker is not dead yet: its outcome comes late
        self.in_flight = None
        row = msgspec.json.decode(self.row, type=ShipmentRow) if self.row else None
        self.recovered = row is not None and bool(row.queue)

    def command(self, given: OrderCommand) -> None:
        self.keep(take_command(self.load(), given, self.now_ms))

    def notify(self, status: str) -> None:
        row = take_hint(self.load(), MERCHANT, SHIPMENT, status, self.now_ms)
        if row is not None:
            self.keep(Change(row))

    def poll(self, facts: Shipment, sent_at_ms: int) -> None:
        self.keep(
            take_listed(
                self.load(), facts, Via.POLL, RULES, merchant_id=MERCHANT, sent_at_ms=sent_at_ms, now_ms=self.now_ms
            )
        )

    def call(self, fault: str = "") -> bool:
        """Makes the planned call; its outcome is in flight until landed. False: there is none to make."""
        row = self.load()
        if row is None or self.in_flight is not None or self.acked < len(self.log):
            return False
        step = plan_next_call(row, self.now_ms)
        if step is None or step.not_before_ms > self.now_ms:
            return False
        self.in_flight = Record(step, self._outcome(step, fault), self.now_ms)
        return True

    def _outcome(self, step: Step, fault: str) -> Outcome[StepValue]:
        match fault:
            case "throttled":
                return Throttled(NOTHING)
            case "unsent":
                return Unavailable(NOTHING, sent=False)
            case "before":
                return Unavailable(NOTHING)
            case "busy":
                return Conflict(Answer(http_status=409, code="DuplicateRequest", message="in progress"))
            case "forbidden":
                return Forbidden(Answer(http_status=403, code="Forbidden"))
            case "after":
                answer = self.amazon.answer(step)
                self.labels_lost += isinstance(step.call, LABEL_CALLS) and isinstance(answer, Accepted)
                return Unknown(answer.answer)
            case _:
                return self.amazon.answer(step)

    def land(self) -> None:
        if self.in_flight is not None:
            if needs_settling(self.in_flight.step, self.in_flight.outcome):
                self.log.append(self.in_flight)
            self.in_flight = None

    def settle(self, *, crash: bool = False) -> None:
        """The next record; after a crash in the middle it comes again."""
        row = self.load()
        if row is None or self.acked == len(self.log):
            return
        record = self.log[self.acked]
        change = settle_step(row, record.step, record.outcome, RULES, sent_at_ms=record.sent_at_ms, now_ms=self.now_ms)
        self.keep(change, crash=crash)
        if not crash:
            self.acked += 1
            if change.row.turn != row.turn and not change.row.in_doubt:
                self.recovered = False

    def drain(self) -> None:
        for _ in range(400):
            self.now_ms += 1_801_000  # the slowest beat of what is parked
            self.land()
            while self.acked < len(self.log):
                self.settle()
            if not self.call():
                return
        raise AssertionError("it never ends")


def start(chance: Random, program: Program) -> Worker:
    facts = shipment(Status.ACCEPTED, program, marketplace_id="A1PA6795UKMFR9")
    amazon = Amazon(facts, applies_repeats=chance.random() < 0.3, conflicts=chance.random() < 0.3)
    worker = Worker(amazon, chance)
    amazon.clock_ms = lambda: worker.now_ms
    amazon.news.append(Status.ACCEPTED)
    return worker


def disturb(worker: Worker, commands: list[OrderCommand], chance: Random, rounds: int) -> None:
    given: list[OrderCommand] = []
    stale = (worker.amazon.facts, worker.now_ms)
    for _ in range(rounds):
        worker.now_ms += chance.choice((1, 50, 700, 5_000, 70_000))
        match chance.choice(EVENTS):
            case "command" if commands:
                given.append(commands.pop(0))
                worker.command(given[-1])
            case "again" if given:
                worker.command(chance.choice(given))
            case "news" if worker.amazon.news:
                told = chance.choice(worker.amazon.news)
                if chance.random() < 0.5:
                    worker.amazon.news.remove(told)
                worker.notify(told)
            case "look":
                stale = (worker.amazon.facts, worker.now_ms)
            case "poll":
                worker.poll(*stale)
            case "call":
                worker.call(chance.choice(FAULTS))
            case "land":
                worker.land()
            case "settle":
                worker.settle(crash=chance.random() < 0.1)
            case "zombie" if worker.zombies:
                worker.log.append(worker.zombies.pop())
            case "crash" if chance.random() < 0.3:
                worker.crash()
            case _:
                pass
    for late in commands:
        worker.command(late)
    for told in worker.amazon.news:
        worker.notify(told)
    worker.drain()
    worker.poll(worker.amazon.facts, worker.now_ms)
    worker.drain()
