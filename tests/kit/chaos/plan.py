"""What a seed makes of a campaign: which faults, when, of which part, for how long. Nothing here does anything."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

GAP_S = 2.0
"""Between two faults of one part."""


class Part(StrEnum):
    """What a fault disturbs. Faults of different parts may be at the same time, those of one are not."""

    FIRST = "worker A"
    SECOND = "worker B"
    FIRST_CLOCK = "clock of A"
    SECOND_CLOCK = "clock of B"
    BROKER = "broker"
    AMAZON = "Amazon"
    REGISTRY = "registry"
    QUEUE = "queue"
    DOCUMENTS = "documents"


@dataclass(frozen=True, slots=True)
class Kind:
    """`parts`: one of these sets is disturbed. `least_s`, `most_s`: how long; what happens at once takes no time."""

    name: str
    parts: tuple[tuple[Part, ...], ...]
    least_s: float = 0
    most_s: float = 0


ONE_WORKER = ((Part.FIRST,), (Part.SECOND,))
KILLED = Kind("killed", ONE_WORKER, 0.5, 9)
FROZEN = Kind("frozen", ONE_WORKER, 8, 12)  # longer than the session
STOPPED = Kind("stopped", ONE_WORKER, 0.5, 6)
BROKER_KILLED = Kind("killed", ((Part.BROKER,),), 1, 8)
BROKER_FROZEN = Kind("frozen", ((Part.BROKER,),), 3, 12)
TRUNCATED = Kind("input truncated to what is committed", ((Part.BROKER,),))
UNREAD_DELETED = Kind("input deleted before it is read", ((Part.BROKER, Part.FIRST, Part.SECOND),))
DOWN = Kind("refuses connections", ((Part.AMAZON,),), 3, 12)
HALF_OPEN = Kind("half-open", ((Part.AMAZON,),), 9, 14)  # longer than a call may take
UNRELIABLE = Kind("unreliable", ((Part.AMAZON,),), 5, 15)
SECOND_INTEGRATOR = Kind("worked by a second integrator", ((Part.AMAZON,),))
REGISTRY_GONE = Kind("gone", ((Part.REGISTRY,),), 3, 15)
RENUMBERED = Kind("renumbered, the old ids unknown", ((Part.REGISTRY,),), 3, 15)
QUEUE_GONE = Kind("gone, with all it held", ((Part.QUEUE,),), 2, 10)
DISK_FULL = Kind("disk full", ((Part.DOCUMENTS,),), 4, 15)
CLOCK_STEP = Kind("stepped", ((Part.FIRST_CLOCK,), (Part.SECOND_CLOCK,)), 5, 20)

KINDS = (
    *(KILLED, FROZEN, STOPPED, BROKER_KILLED, BROKER_FROZEN, TRUNCATED, UNREAD_DELETED, DOWN, HALF_OPEN, UNRELIABLE),
    *(SECOND_INTEGRATOR, REGISTRY_GONE, RENUMBERED, QUEUE_GONE, DISK_FULL, CLOCK_STEP),
)
ENDS_NO_OTHER = frozenset({KILLED, STOPPED, TRUNCATED, UNREAD_DELETED})
"""Those that give no worker cause to end, but by what they do to it themselves."""
SHORT = (KILLED, FROZEN, STOPPED, BROKER_KILLED, DOWN)
"""Those of the short form: they need nothing but a broker of ours, and are soon over."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`size`: of a clock's step, in seconds; of what else has a size, units."""

    kind: Kind
    parts: tuple[Part, ...]
    at_s: float
    for_s: float
    size: int = 0

    @property
    def ends_s(self) -> float:
        return self.at_s + self.for_s

    def __str__(self) -> str:
        size = f" by {self.size:+} s" if self.kind is CLOCK_STEP else ""
        lasting = f" for {self.for_s:.1f} s" if self.for_s else ""
        return f"{' and '.join(self.parts)} {self.kind.name}{size}{lasting}"


@dataclass(frozen=True, slots=True)
class Plan:
    """`odd`: Amazon is in all its odd manners from beginning to end: what they make of a shipment must not go back."""

    seed: int
    odd: bool
    faults: tuple[Fault, ...]

    @property
    def parts(self) -> frozenset[Part]:
        return frozenset(part for fault in self.faults for part in fault.parts)

    def __str__(self) -> str:
        manner = ", Amazon in odd manners throughout" if self.odd else ""
        lines = (f"  {fault.at_s:6.1f} s  {fault}" for fault in self.faults)
        return "\n".join((f"seed {self.seed}: {len(self.faults)} faults{manner}", *lines))


def draw(seed: int, count: int, kinds: Sequence[Kind] = KINDS, *, one_at_a_time: bool = False) -> Plan:
    """The same plan for the same arguments. Each kind comes once before one comes again."""
    chance = random.Random(seed)
    odd = not one_at_a_time and chance.random() < 0.5
    faults: list[Fault] = []
    free_s: dict[Part, float] = {}
    at_s = 2.0
    while len(faults) < count:
        for kind in chance.sample(kinds, min(len(kinds), count - len(faults))):
            parts = chance.choice(kind.parts)
            at_s = max(at_s, *(free_s.get(part, 0.0) for part in parts))
            size = chance.choice((-1, 1)) * chance.randint(60, 3600) if kind is CLOCK_STEP else 0
            fault = Fault(kind, parts, round(at_s, 1), round(chance.uniform(kind.least_s, kind.most_s), 1), size)
            faults.append(fault)
            free_s |= dict.fromkeys(parts, fault.ends_s + GAP_S)
            at_s += GAP_S + (fault.for_s if one_at_a_time else chance.uniform(2, 10))
    return Plan(seed, odd, tuple(faults))


def possible(left_out: Mapping[Part, str]) -> tuple[Kind, ...]:
    """Kinds that disturb none of the parts that this machine lacks."""
    return tuple(kind for kind in KINDS if not any(part in left_out for parts in kind.parts for part in parts))
