"""Operators of the connector, and a second integrator whom nobody here asks: what they say and post."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from connector.domain.inventory.zero import StockZero
from connector.kafka.avro.records import to_record
from connector.kafka.homes import home_partition
from connector.kafka.topics import CONTROL
from connector.simulator.amazon.inventory import Applied
from connector.simulator.simulator import Simulator
from tests.kit.simulation import plan as p
from tests.kit.simulation.edges import CODEC
from tests.kit.simulation.engine import clocks
from tests.kit.simulation.engine.log import Kafka
from tests.kit.simulation.engine.timeline import Timeline

FOR_EVER_S = float("inf")


@dataclass(slots=True)
class InForce:
    """From when to when, of what: a pause, or stock off sale."""

    word: p.Word
    begin_s: float
    end_s: float = FOR_EVER_S


class Operators:
    """`said`: all that ever was in force."""

    def __init__(self, kafka: Kafka, timeline: Timeline, partitions: int) -> None:
        self.said: list[InForce] = []
        self._kafka = kafka
        self._timeline = timeline
        self._partitions = partitions

    def say(self, word: p.Word) -> None:
        """In force until its time is over."""
        told = InForce(word, self._timeline.now_s)
        self.said.append(told)
        self._write(word.merchant_id)
        if word.for_s is not None:
            self._timeline.after(word.for_s, self._take_back, told)

    def _take_back(self, told: InForce) -> None:
        if told.end_s == FOR_EVER_S:
            told.end_s = self._timeline.now_s
            self._write(told.word.merchant_id)

    def resume_all(self) -> None:
        for told in self.said:
            if isinstance(told.word, p.Pause):
                self._take_back(told)

    def _write(self, merchant_id: str) -> None:
        """All that is said of the merchant, in one record."""
        now_ms = clocks.true_wall_ms(self._timeline.now_s)
        standing = [
            each.word for each in self.said if each.end_s == FOR_EVER_S and each.word.merchant_id == merchant_id
        ]
        zeros = [word for word in standing if isinstance(word, p.OffSale)]
        record = {
            "merchant_id": merchant_id,
            "paused": any(isinstance(word, p.Pause) for word in standing),
            "by": "operator",
            "at": now_ms,
            "reason": "",
            "zeroed_stock": [
                to_record(StockZero(zero.location_id, zero.sku, "operator", now_ms, "")) for zero in zeros
            ],
        }
        key = merchant_id.encode()
        value = CODEC.encode(CONTROL.name, record)
        self._kafka.append("operator", CONTROL.name, home_partition(key, self._partitions), key, value)


class SecondIntegrator:
    """`posted`: of (merchant, location, SKU) its numbers, and when."""

    def __init__(self, simulator: Simulator) -> None:
        self.posted: defaultdict[tuple[str, str, str], list[tuple[float, int]]] = defaultdict(list)
        self._simulator = simulator

    def post(self, action: p.Elsewhere, now_s: float) -> None:
        """Nothing where Amazon knows no number yet."""
        wanted: Any = (action.merchant_id, action.location_id, action.sku)
        for key, stock in self._simulator.inventory.stock.items():
            if (key.merchant_id, key.location_id, key.sku) == wanted and stock.sequence is not None:
                stock.posted, stock.sequence = action.quantity, stock.sequence + action.ahead
                stock.history.append(Applied(stock.sequence, action.quantity, now_s))
                self.posted[wanted].append((now_s, stock.sequence))
