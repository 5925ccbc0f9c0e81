"""One run of a plan: Kafka, Amazon, the OMS, the workers and what befalls them, on one timeline."""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, assert_never

from connector.errors import ConnectorError
from connector.kafka.homes import home_partition
from connector.kafka.topics import TABLES, changelog_topic
from connector.simulator.base.clock import Clock
from connector.simulator.base.limits import Limit, default_limits
from connector.simulator.base.switches import Switches
from connector.simulator.simulator import Simulator
from tests.kit.simulation import plan as p
from tests.kit.simulation.amazon import Network
from tests.kit.simulation.edges import Documents
from tests.kit.simulation.engine import clocks
from tests.kit.simulation.engine.clients import Link
from tests.kit.simulation.engine.group import Group
from tests.kit.simulation.engine.log import Kafka
from tests.kit.simulation.engine.loop import ProcessLoop
from tests.kit.simulation.engine.timeline import StandsStill, Timeline
from tests.kit.simulation.parties.oms import Oms
from tests.kit.simulation.parties.operators import Operators, SecondIntegrator
from tests.kit.simulation.parties.trade import Trade
from tests.kit.simulation.queue import Queue
from tests.kit.simulation.settings import APP_ID, PARTITIONS, SESSION_S, settings_in, write_merchants
from tests.kit.simulation.worker import Process

START_S = 60.0
QUIET_S = 1.75 * p.HOUR_S
"""After the last fault, and the last change at Amazon: the polls and the sweeps have found what there was to find."""

MOST_ENDS = 200
"""Of all workers, by themselves."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of the timeline."""

    at_s: float
    what: str


@dataclass(slots=True)
class Outside:
    """What one worker meets."""

    link: Link
    group: Group
    network: Network
    queue: Queue
    documents: Documents


class World:
    def __init__(self, plan: p.Plan, directory: Path) -> None:
        self.plan = plan
        self.timeline = Timeline()
        clocks.restart(self.timeline, f"run {plan.seed}")
        self.begin_s = self.timeline.now_s + START_S
        self.leaks: list[str] = []
        self.happened: list[Happened] = []
        self.ends: list[tuple[float, str, BaseException]] = []
        self.kafka = Kafka(lambda: clocks.true_wall_ms(self.timeline.now_s))
        self.group = Group(self.timeline, PARTITIONS, SESSION_S)
        self.queue = Queue(self.timeline)
        self.documents = Documents()
        self.amazon = ProcessLoop(self.timeline, "amazon")  # type: ignore[abstract]  # as a worker's
        self.simulator = self._simulator()
        self.network = Network(self.simulator, self.amazon, self.timeline, Random(f"network {plan.seed}"))
        self.workers: dict[str, Process] = {}
        self.graves: list[Process] = []
        self._chance = Random(f"kafka {plan.seed}")
        self._directory = directory
        self._settings = settings_in(directory, plan.notified)
        self.oms = Oms(self.kafka, self.timeline, PARTITIONS)
        self.operators = Operators(self.kafka, self.timeline, PARTITIONS)
        self.second_integrator = SecondIntegrator(self.simulator)
        self._cut_off: list[tuple[float, float, str]] = []
        self._armed: list[p.Strike] = []
        self.network.on_effect = self._strike
        self.trade = Trade(self.simulator, self.amazon, self.oms, self.timeline)

    def _simulator(self) -> Simulator:
        switches = Switches(limit_tolerance_s=0.5)
        for name, value in self.plan.switches:
            switches.set(name, value)
        simulator = Simulator(
            {merchant_id: f"token-{merchant_id}" for merchant_id in p.MERCHANTS},
            switches=switches,
            clock=Clock(lambda: self.timeline.now_s, lambda: clocks.EPOCH_S + self.timeline.now_s),
            seed=self.plan.seed,
        )
        for manner in self.plan.manners:
            simulator.manner(manner)
        if self.plan.notified:
            simulator.notifications.notify = self.queue.notify
            simulator.notifications.delivery.loss = 0.1
            simulator.notifications.delivery.duplication = 0.1
            simulator.notifications.delivery.late_s = 30.0
        return simulator

    def run(self) -> None:
        """All of the plan, then hours without a fault. Raises StandsStill."""
        for name in p.WORKERS[: self.plan.workers]:
            self.start(name)
        for action in self.plan.actions:
            self.timeline.at(self.begin_s + action.at_s, self._act, action)
        end_s = self.begin_s + max([self.plan.hours * p.HOUR_S, *(action.at_s for action in self.plan.actions)])
        self.timeline.run_until(end_s)
        self._end_troubles()
        while self.timeline.now_s < (rest_s := max(end_s, self.trade.last_change_s) + QUIET_S):
            self.timeline.run_until(rest_s)

    def start(self, name: str) -> None:
        if name in self.workers:
            return
        self.note(f"{name} starts")
        self.workers[name] = Process(
            name, self.timeline, outside=self._outside, settings=self._settings(name), on_end=self._ended
        )

    def _outside(self, loop: ProcessLoop) -> Outside:
        link = Link(self.kafka, loop, self.timeline, self._chance)
        loop.latency_s = link.delay_s
        return Outside(link, self.group, self.network, self.queue, self.documents)

    def note(self, what: str) -> None:
        self.happened.append(Happened(self.timeline.now_s, what))

    def _ended(self, process: Process) -> None:
        """By itself, or by SIGTERM: the supervisor starts it again."""
        name = process.loop.name
        if self.workers.get(name) is not process:
            return
        del self.workers[name]
        self.graves.append(process)
        if process.ended is not None:
            told = str(process.ended) if isinstance(process.ended, ConnectorError) else repr(process.ended)
            self.note(f"{name} ends: {told}")
            self.ends.append((self.timeline.now_s, name, process.ended))
            if len(self.ends) > MOST_ENDS:
                self.timeline.after(0.0, self._give_up, told)
            self.timeline.after(2.0, self.start, name)

    def _give_up(self, told: str) -> None:
        raise StandsStill(f"workers end again and again: {told}")

    def was_cut_off(self, name: str, at_s: float, within_s: float) -> bool:
        """Kafka did not hear the worker in time, or not reliably, at that time or so long before it."""
        return any(cut == name and begin_s <= at_s <= end_s + within_s for begin_s, end_s, cut in self._cut_off)

    def _freeze(self, process: Process, for_s: float) -> None:
        process.loop.freeze(self.timeline.now_s + for_s)
        self._cut_off.append((self.timeline.now_s, self.timeline.now_s + for_s, process.loop.name))

    def _end_troubles(self) -> None:
        self.note("no more troubles")
        self._armed.clear()
        self.operators.resume_all()
        self.simulator.faults.clear()
        for merchant_id in p.MERCHANTS:
            self.simulator.merchant(merchant_id).limits |= default_limits()
        self.simulator.switches.list_lag_s = 0.0
        self.simulator.manners.active.clear()
        self.network.losing = self.network.slow_until_s = 0.0
        for name in p.WORKERS[: self.plan.workers]:
            self.start(name)
        for process in self.workers.values():
            process.outside.link.failing = process.outside.link.away_until_s = process.outside.link.slow_until_s = 0.0
            process.loop.skew_s = 0.0

    def _act(self, action: p.Action) -> None:
        self.note(f"{action}")
        match action:
            case p.Update():
                self.oms.update(action)
            case p.Garbage():
                self.oms.garbage(action)
            case p.Relocate():
                self.oms.relocate(action.merchant_id)
                write_merchants(self._directory, self.oms.relocated)
            case p.Order():
                self.trade.order(action)
            case p.Pause() | p.OffSale():
                self.operators.say(action)
            case p.AmazonTrouble() | p.Revoke() | p.LowerLimit() | p.Elsewhere():
                self._trouble_amazon(action)
            case p.Compact():
                for table in TABLES:
                    for partition in range(PARTITIONS):
                        self.kafka.compact(changelog_topic(APP_ID, table), partition)
            case p.Truncate(topic=topic):
                partition = home_partition(action.merchant_id.encode(), PARTITIONS)
                self.oms.write_again(self.kafka.truncate(topic, partition))
            case p.Strike():
                self._armed.append(action)
            case p.Kill() | p.Stop() | p.Freeze() | p.Jump() | p.KafkaTrouble():
                process = self.workers.get(action.worker)
                if process is not None:
                    self._trouble_worker(action, process)
            case _:
                assert_never(action)

    def _trouble_amazon(self, action: p.OfAmazon) -> None:
        match action:
            case p.AmazonTrouble(fault="lose"):
                self.network.losing = action.share
                self.timeline.after(action.for_s, setattr, self.network, "losing", 0.0)
            case p.AmazonTrouble(fault="slow"):
                self.network.slow_until_s = self.timeline.now_s + action.for_s
            case p.AmazonTrouble():
                fault = self.simulator.fault(f"{action.fault},p={action.share}")
                self.timeline.after(action.for_s, _remove, self.simulator.faults.active, fault)
            case p.Revoke():
                seller = self.simulator.merchant(action.merchant_id)
                seller.revoked = True
                self.timeline.after(action.for_s, setattr, seller, "revoked", False)
            case p.LowerLimit():
                limits = self.simulator.merchant(action.merchant_id).limits
                limits[action.operation] = Limit(action.per_s)
                usual = default_limits()[action.operation]
                self.timeline.after(action.for_s, limits.__setitem__, action.operation, usual)
            case p.Elsewhere():
                self.second_integrator.post(action, self.timeline.now_s)
            case _:
                assert_never(action)

    def _trouble_worker(self, action: p.Kill | p.Stop | p.Freeze | p.Jump | p.KafkaTrouble, process: Process) -> None:
        now_s = self.timeline.now_s
        if isinstance(action, p.KafkaTrouble):
            self._cut_off.append((now_s, now_s + action.for_s, action.worker))
        match action:
            case p.Kill():
                process.kill(action.steps, lambda: self._killed(process, action.back_after_s))
            case p.Stop():
                process.stop()
                self.timeline.after(action.back_after_s + 1.0, self.start, action.worker)
            case p.Freeze():
                self._freeze(process, action.for_s)
            case p.Jump():
                process.loop.skew_s = action.skew_s
            case p.KafkaTrouble(kind="away"):
                process.outside.link.away_until_s = now_s + action.for_s
            case p.KafkaTrouble(kind="slow"):
                process.outside.link.slow_until_s = now_s + action.for_s
            case p.KafkaTrouble():
                process.outside.link.failing = action.share
                self.timeline.after(action.for_s, setattr, process.outside.link, "failing", 0.0)

    def _strike(self, effect: str, worker: str) -> None:
        for strike in [armed for armed in self._armed if armed.effect == effect]:
            self._armed.remove(strike)
            self.timeline.after(strike.after_s, self._struck, strike, worker)

    def _struck(self, strike: p.Strike, worker: str) -> None:
        process = self.workers.get(worker)
        if process is None:
            return
        self.note(f"{worker} is struck after {strike.effect}")
        if strike.for_s:
            self._freeze(process, strike.for_s)
        else:
            process.kill(0, lambda: self._killed(process, 3.0))

    def _killed(self, process: Process, back_after_s: float) -> None:
        name = process.loop.name
        if self.workers.get(name) is process:
            self.note(f"{name} is dead")
            del self.workers[name]
            self.graves.append(process)
            self.timeline.after(back_after_s, self.start, name)


def _remove(held: list[Any], item: Any) -> None:
    if item in held:
        held.remove(item)
