"""A plan carried out on real parts: Kafka, workers and Amazon's simulator as processes, under a day's trade."""

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path

from connector.kafka.topics import ALERTS, API_CALLS, DEAD_LETTERS, TOPICS
from tests.kit.chaos import plan as kinds
from tests.kit.chaos.arrivals import throttled_by_worker
from tests.kit.chaos.disturbances import Disturbances
from tests.kit.chaos.plan import Fault, Part, Plan
from tests.kit.chaos.stock import SHARED, Stock
from tests.kit.chaos.surroundings import CLOCK_OF, Surroundings, surroundings
from tests.kit.chaos.verdict import Verdict
from tests.kit.chaos.workers import Workers
from tests.kit.flows.commands import done
from tests.kit.flows.inventory import LIMIT, limit_breaches, sequence_faults
from tests.kit.flows.judge import Seen, answered_twice, look, made_twice, told_twice, unanswered
from tests.kit.flows.orders import STEPS
from tests.kit.flows.trade import Trade, trade_seller, trade_simulator
from tests.kit.flows.world import World
from tests.kit.kafka.broker import Broker, eventually

MERCHANTS = ("M1", "M2", "M3")
ORDERS = 4
"""New ones before each fault."""
SESSION_TIMEOUT_S = 6
RATE = 15
PACED = "".join(f"{step} = {{rate = {200 if step == 'list_shipments' else RATE}}}\n" for step in STEPS)
LIMITS = {"inventory": LIMIT} | {step: RATE for step in STEPS if step != "list_shipments"}
TICK_S = 0.1
LINGERS_S = 90
"""A worker's end so long after a fault may still be of it: Kafka's clients wait a minute for a broker."""
SETTLED_WITHIN_S = 300
SWEEPS = {"CONNECTOR_POLLING__SWEEP_INTERVAL_S": "60"}
"""What no poll's window shows, an hourly sweep finds (G8): here within the time that is waited for what is missing.
Amazon may hide a return anew with each change of it, for longer than polls look back."""
LOOK_EVERY_S = 2.0
AFTER_A_WAKE_S = 3.0
"""What arrived while the simulator was frozen arrives at once for its limits; and a second integrator's calls count
towards the same limits."""


class Campaign:
    """`timeline`: what was done when; it grows while `run` runs, and is a file of the directory, too."""

    def __init__(self, broker: Broker, directory: Path, plan: Plan) -> None:
        self._broker = broker
        self._directory = directory
        self._plan = plan
        self._active: list[tuple[float, Fault]] = []  # when it ends
        self._lately: dict[Part, float] = {}
        self._crowded_s: list[float] = []
        self._retried = 0
        self.timeline: list[str] = []

    def run(self) -> Verdict:
        self._began_s = time.monotonic()
        with surroundings(self._directory, self._plan.parts) as around:
            world = self._new_world(around)
            try:
                workers = Workers(world, {part: SWEEPS | around.env(part) for part in CLOCK_OF}, self._causes)
                return self._run(world, around, workers)
            finally:
                world.broker.wake()
                world.close()

    def _run(self, world: World, around: Surroundings, workers: Workers) -> Verdict:
        trade = Trade(world, MERCHANTS, self._plan.seed)
        stock = Stock(world, MERCHANTS, self._plan.seed)
        stock.update()
        workers.look()
        eventually("a worker works", lambda: any("partitions owned" in w.log.read_text() for w in world.workers), 120)
        self._began_s = time.monotonic()
        disturbances = Disturbances(world, around, workers, trade, stock)
        for fault in self._plan.faults:
            self._wait_for(fault, workers, disturbances)
            if not self._disturbed_now & {Part.BROKER, Part.AMAZON}:
                trade.go_on(ORDERS)
                stock.update()
            self._begin(fault, disturbances)
        while self._active:
            self._tick(workers, disturbances)
        trade.go_on(ORDERS)
        stock.last()
        self._note("all faults are over")
        seen, lost = self._settled(world, workers, trade, stock)
        verdict = self._judged(world, workers, trade, seen, lost)
        if verdict.faults:
            self._keep_evidence(world)
        return verdict

    def _keep_evidence(self, world: World) -> None:
        """What the next campaign deletes: the topics, each as lines of JSON, and Amazon's side."""
        told = {topic.name: world.published(topic.name) for topic in TOPICS}
        amazon = {path: world.ask(path) for path in ("calls", "effects", "shipments", "returns", "inventory")}
        for name, records in (told | amazon).items():
            lines = (json.dumps(record, default=str) for record in records)
            (self._directory / f"{name}.jsonl").write_text("\n".join(lines))

    def _new_world(self, around: Surroundings) -> World:
        arguments = trade_simulator(self._plan.seed, odd=self._plan.odd)
        if Part.QUEUE in self._plan.parts:
            arguments = (*arguments, "--queue-url", around.notifications.queue_url)
        return World(
            self._broker,
            self._directory,
            [trade_seller(merchant_id, PACED) for merchant_id in MERCHANTS],
            session_timeout_s=SESSION_TIMEOUT_S,
            simulator_args=arguments,
            registry=around.registry.server if Part.REGISTRY in self._plan.parts else None,
        )

    def _wait_for(self, fault: Fault, workers: Workers, disturbances: Disturbances) -> None:
        """Until its time has come, and its parts are free: what is begun late is not cut short."""
        while self._now_s < fault.at_s or not self._disturbed_now.isdisjoint(fault.parts):
            self._tick(workers, disturbances)

    def _tick(self, workers: Workers, disturbances: Disturbances) -> None:
        workers.look()
        for ends_s, fault in sorted(self._active, key=lambda active: active[0]):
            if self._now_s > ends_s:
                self._end(fault, disturbances)
        time.sleep(TICK_S)

    def _begin(self, fault: Fault, disturbances: Disturbances) -> None:
        self._note(str(fault))
        self._active.append((math.inf, fault))
        if fault.kind is kinds.SECOND_INTEGRATOR:
            self._crowded_s.append(time.monotonic())
        disturbances.begin(fault)
        self._active[-1] = (self._now_s + fault.for_s, fault)

    def _end(self, fault: Fault, disturbances: Disturbances) -> None:
        disturbances.end(fault)
        self._active = [active for active in self._active if active[1] is not fault]
        now_s = time.monotonic()
        if fault.kind not in kinds.ENDS_NO_OTHER:
            self._lately |= dict.fromkeys(fault.parts, now_s)
        if fault.kind is kinds.HALF_OPEN:
            self._crowded_s.append(now_s)
        if fault.for_s:
            self._note(f"{' and '.join(fault.parts)}: that is over")

    @property
    def _disturbed_now(self) -> set[Part]:
        return {part for _, fault in self._active for part in fault.parts}

    def _causes(self) -> set[Part]:
        """What a worker's end may be put down to."""
        since_s = time.monotonic() - LINGERS_S
        now = {part for _, fault in self._active for part in fault.parts if fault.kind not in kinds.ENDS_NO_OTHER}
        return now | {part for part, at_s in self._lately.items() if at_s > since_s}

    def _note(self, text: str) -> None:
        self.timeline.append(f"{self._now_s:6.1f} s  {text}")
        (self._directory / "timeline.txt").write_text("\n".join([str(self._plan), "", *self.timeline, ""]))

    @property
    def _now_s(self) -> float:
        return time.monotonic() - self._began_s

    def _settled(self, world: World, workers: Workers, trade: Trade, stock: Stock) -> tuple[Seen, list[str]]:
        """What is known once nothing is missing any more, or nobody waits for it any longer."""
        deadline_s = time.monotonic() + SETTLED_WITHIN_S
        while True:
            workers.look()
            self._retry_unknown_schemas(world)
            seen = look(world)
            missing = [*trade.missing(seen), *stock.missing(seen)]
            if not missing or time.monotonic() > deadline_s:
                self._note("all is settled" if not missing else f"{len(missing)} are missing")
                return seen, missing
            looked_s = time.monotonic()
            while time.monotonic() < looked_s + LOOK_EVERY_S:
                workers.look()
                time.sleep(TICK_S)

    def _retry_unknown_schemas(self, world: World) -> None:
        """As the operators' page says, once the registry has them again."""
        if Part.REGISTRY not in self._plan.parts:
            return
        letters = sum(letter["reason"] == "UNKNOWN_SCHEMA" for letter in world.published(DEAD_LETTERS.name))
        if letters > self._retried:
            self._note(f"{letters - self._retried} records of unknown schemas are retried")
            done(world, "dead-letters", "retry", "--reason", "UNKNOWN_SCHEMA")
            self._retried = letters

    def _judged(self, world: World, workers: Workers, trade: Trade, seen: Seen, lost: list[str]) -> Verdict:
        open_commands = set(unanswered(seen, trade.commands))
        answered = {name: at for name, at in trade.commands.items() if name not in open_commands}
        return Verdict(
            plan=self._plan,
            lost=[*lost, *self._lost_without_a_word(world)],
            doubled=[*told_twice(seen), *made_twice(seen, trade.elsewhere), *answered_twice(seen, answered)],
            sequence_faults=[*sequence_faults(world, SHARED)],
            limit_breaches=[*self._limit_breaches(world)],
            ends=workers.ends,
            took_s=self._now_s,
        )

    def _lost_without_a_word(self, world: World) -> Iterator[str]:
        if any(fault.kind is kinds.UNREAD_DELETED for fault in self._plan.faults) and not any(
            alert["kind"] == "OFFSETS_RESET" for alert in world.published(ALERTS.name)
        ):
            yield "records were deleted before they were read, and no alert says so"

    def _limit_breaches(self, world: World) -> Iterator[str]:
        if not self._plan.parts & set(CLOCK_OF.values()):  # those tell the times of sending
            yield from limit_breaches(world, LIMITS)
        for call in throttled_by_worker(world.calls(), world.published(API_CALLS.name)):
            if not any(0 <= call["at"] - at_s < AFTER_A_WAKE_S for at_s in self._crowded_s):
                yield f"{call['merchant_id']} {call['operation']}: throttled at {call['at'] - self._began_s:.1f} s"
