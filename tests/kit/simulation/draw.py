"""A seed's plan, drawn: all of its chance, and nothing else of a run, is spent here."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from connector.kafka.topics import INVENTORY, ORDER_COMMANDS
from tests.kit.simulation.plan import (
    HOUR_S,
    HOURS,
    MERCHANTS,
    PROGRAMS,
    WORKERS,
    Action,
    AmazonTrouble,
    Compact,
    Elsewhere,
    Fate,
    Freeze,
    Garbage,
    Input,
    Jump,
    KafkaTrouble,
    Kill,
    LowerLimit,
    OffSale,
    Order,
    Pause,
    Plan,
    Relocate,
    Revoke,
    Stop,
    Strike,
    Trouble,
    Truncate,
    Update,
    Word,
)

LAST_WORD_S = 1800.0
"""Before a place is given up, nothing is said of it any more for so long."""

BULK = 20
"""Updates at one moment, as of a price list or a stocktaking: more than a second's limit."""

SKUS = 6
"""Of each merchant: few, so that updates meet."""

# Of a merchant's day
UPDATES, ORDERS, RETURNS = 48, 12, 3


def draw(seed: int, hours: float = HOURS) -> Plan:
    chance = Random(f"plan {seed}")
    inputs = sorted(_inputs(chance, hours), key=lambda action: action.at_s)
    workers = chance.choice((2, 2, 3))
    return Plan(
        seed,
        hours,
        workers,
        tuple({**_switches(chance), **_numbers_taken(seed)}.items()),
        _manners(chance),
        chance.random() < 0.7,
        tuple(
            sorted(
                (*inputs, *_troubles(chance, hours, workers, inputs), *_drawn_apart(seed, hours, workers, inputs)),
                key=lambda action: action.at_s,
            )
        ),
    )


def _drawn_apart(seed: int, hours: float, workers: int, inputs: Sequence[Input]) -> Iterator[Action]:
    """By a chance of its own, so that seeds that failed before there was any of it keep all the rest."""
    yield from _words(seed, hours)
    yield from _elsewhere(seed, hours)
    yield from _lower_limits(seed, hours)
    yield from _failing(seed, hours, workers, inputs)
    yield from _deleted_unread(seed, workers, inputs)


def _inputs(chance: Random, hours: float) -> list[Input]:
    share = hours / 24
    found: list[Input] = []
    for merchant_id in MERCHANTS:
        bursts = [chance.uniform(0, hours * HOUR_S) for _ in range(3)]

        def moment(bursts: Sequence[float] = bursts) -> float:
            if chance.random() < 0.4:
                return min(chance.choice(bursts) + chance.expovariate(1 / 20), hours * HOUR_S)
            return chance.uniform(0, hours * HOUR_S)

        leaves_s = chance.uniform(LAST_WORD_S, hours * HOUR_S) if chance.random() < 0.3 else None
        found += [_update(chance, moment(), merchant_id, n, leaves_s) for n in range(_about(chance, UPDATES * share))]
        found += [] if leaves_s is None else [Relocate(leaves_s, merchant_id)]
        if chance.random() < 0.2:
            at_s = moment()
            found += [_update(chance, at_s, merchant_id, 1000 + n, leaves_s, f"bulk-{n}") for n in range(BULK)]
        found += [_order(chance, moment(), merchant_id, n) for n in range(_about(chance, ORDERS * share))]
        if chance.random() < 0.4:
            topic = chance.choice(("oms.inventory", "oms.order-commands"))
            kind: Any = chance.choice(("bytes", "key", "future", "location"))
            found.append(Garbage(moment(), merchant_id, topic if kind in ("bytes", "key") else "oms.inventory", kind))
    return found


def _about(chance: Random, mean: float) -> int:
    return max(1, round(chance.gauss(mean, mean / 4)))


def _update(
    chance: Random, at_s: float, merchant_id: str, number: int, leaves_s: float | None, sku: str = ""
) -> Update:
    places = ("SELLER_FLEX", "EASY_SHIP", "WH1", "WH2")
    location = chance.choice(places if leaves_s is None or at_s < leaves_s - LAST_WORD_S else places[:3])
    return Update(
        at_s,
        merchant_id,
        location,
        sku or f"sku-{chance.randrange(SKUS)}",
        chance.choice((0, 0, chance.randrange(1, 50))),
        f"{merchant_id}-u{number}",
        chance.choice((0.0, 0.0, 0.0, chance.uniform(1, 600))),
        chance.choice((1, 1, 1, 1, 2)),
    )


def _order(chance: Random, at_s: float, merchant_id: str, number: int) -> Order:
    fate: Fate = chance.choice(("work", "work", "work", "late", "reject", "cancel", "cancel-amid", "console", "again"))
    return Order(
        at_s,
        merchant_id,
        chance.choice(PROGRAMS),
        f"{merchant_id}-S{number}",
        chance.randrange(1, 4),
        fate,
        chance.uniform(300, 1800) if fate == "late" else chance.uniform(0, 30),
        chance.random() < RETURNS / ORDERS,
    )


def _troubles(chance: Random, hours: float, workers: int, inputs: Sequence[Input]) -> list[Trouble]:
    """Most of it where something happens: soon after an input."""
    found: list[Trouble] = []

    def moment() -> float:
        if chance.random() < 0.8:
            return max(1.0, chance.choice(inputs).at_s + chance.expovariate(1 / 3.0))
        return chance.uniform(1, hours * HOUR_S)

    names, most = WORKERS[:workers], round(hours * 2)
    found += [_trouble_of_worker(chance, moment(), chance.choice(names)) for _ in range(chance.randint(0, most))]
    found += [_strike(chance, hours) for _ in range(chance.randint(0, most))]
    found += [_trouble_of_amazon(chance, moment()) for _ in range(chance.randint(0, round(hours)))]
    if chance.random() < 0.2:
        found.append(Revoke(moment(), chance.choice(MERCHANTS), chance.choice((60.0, 600.0))))
    found += [Compact(moment()) for _ in range(chance.randrange(0, 3))]
    found += [_truncate(chance, moment()) for _ in range(chance.randrange(0, 3))]
    return found


def _truncate(chance: Random, at_s: float) -> Truncate:
    return Truncate(at_s, chance.choice(MERCHANTS), chance.choice((INVENTORY.name, ORDER_COMMANDS.name)))


EFFECTS = (
    "confirmed",
    "packages_created",
    "invoice_generated",
    *("labels_generated",) * 3,
    "package_shipped",
    "posted",
)


def _strike(chance: Random, hours: float) -> Strike:
    for_s = chance.choice((0.0, 0.0, 0.0, 4.0, 12.0, 30.0))
    return Strike(chance.uniform(0, hours * HOUR_S), chance.choice(EFFECTS), chance.uniform(0, 0.2), for_s)


def _trouble_of_worker(chance: Random, at_s: float, worker: str) -> Trouble:
    match chance.choice(("kill", "kill", "kill", "freeze", "freeze", "stop", "jump", "away", "slow", "failing")):
        case "kill":
            return Kill(at_s, worker, chance.randrange(0, 60), chance.choice((1.0, 3.0, 15.0, 120.0)))
        case "freeze":
            return Freeze(at_s, worker, chance.choice((0.5, 5.0, 12.0, 25.0, 90.0)))
        case "stop":
            return Stop(at_s, worker, chance.choice((1.0, 5.0, 60.0)))
        case "jump":
            return Jump(at_s, worker, chance.choice((-240.0, -40.0, 0.0, 40.0, 7200.0)))
        case "away":
            return KafkaTrouble(at_s, worker, chance.choice((0.5, 4.0, 15.0, 60.0)), "away")
        case "slow":
            return KafkaTrouble(at_s, worker, chance.choice((10.0, 60.0)), "slow")
        case _:
            return KafkaTrouble(at_s, worker, chance.choice((5.0, 30.0)), "failing", chance.choice((0.1, 0.5)))


def _trouble_of_amazon(chance: Random, at_s: float) -> Trouble:
    for_s = chance.choice((5.0, 30.0, 300.0))
    share = chance.choice((0.2, 0.5, 0.9))
    of_all = ("lose", "lose", "slow", "503,before", "503,after", "429,before", "500,after", "409,before")
    of_items = ("409,item,op=inventory", "409,item,op=inventory", "503,item,op=inventory")
    fault = chance.choice((*of_all, *of_items, "malformed,after"))
    return AmazonTrouble(at_s, for_s, fault, share)


def _words(seed: int, hours: float) -> list[Word]:
    """Operators'."""
    chance = Random(f"operators {seed}")
    found: list[Word] = [
        Pause(chance.uniform(0, hours * HOUR_S), merchant_id, chance.choice((20.0, 600.0, 3600.0)))
        for merchant_id in chance.sample(MERCHANTS, chance.randrange(0, 3))
    ]
    for merchant_id in chance.sample(MERCHANTS, chance.randrange(0, 3)):
        location_id = chance.choice(("", *PROGRAMS))
        sku = chance.choice(("", f"sku-{chance.randrange(SKUS)}")) if location_id else ""
        for_s = chance.choice((5.0, 300.0, 3600.0, None))
        found.append(OffSale(chance.uniform(0, hours * HOUR_S), merchant_id, location_id, sku, for_s))
    return found


def _elsewhere(seed: int, hours: float) -> list[Elsewhere | Update]:
    """A second integrator's numbers; the OMS counts each of these SKUs anew soon after, as nothing that it said before:
    what makes the connector see them."""
    chance = Random(f"second integrator {seed}")
    found: list[Elsewhere | Update] = []
    for number in range(chance.choice((0, 0, 1, 3))):
        at_s, merchant_id = chance.uniform(600.0, hours * HOUR_S), chance.choice(MERCHANTS)
        place, sku = chance.choice(PROGRAMS[:2]), f"sku-{chance.randrange(SKUS)}"
        found.append(Elsewhere(at_s, merchant_id, place, sku, chance.choice((1, 2, 30)), 900 + number))
        update_id = f"{merchant_id}-u{2000 + number}"
        found.append(Update(at_s + chance.expovariate(1 / 60.0), merchant_id, place, sku, 100 + number, update_id))
    return found


def _lower_limits(seed: int, hours: float) -> Iterator[LowerLimit | Update]:
    """Each as a price list comes: a limit is felt by who has much to say."""
    chance = Random(f"lower limits {seed}")
    for number in range(chance.choice((0, 0, 1, 3))):
        at_s, merchant_id = chance.uniform(0, hours * HOUR_S), chance.choice(MERCHANTS)
        operation = chance.choice(("inventory", "inventory", "get_shipment"))
        yield LowerLimit(at_s, merchant_id, operation, chance.choice((0.5, 1.0, 2.0)), chance.choice((60.0, 1200.0)))
        for n in range(BULK):
            update_id = f"{merchant_id}-u{3000 + 100 * number + n}"
            yield Update(at_s + 5.0, merchant_id, "WH1", f"bulk-{n}", chance.randrange(1, 50), update_id)


def _failing(seed: int, hours: float, workers: int, inputs: Sequence[Input]) -> Iterator[KafkaTrouble]:
    """Kafka refuses a part of what a worker sends, while there is something of an order to tell."""
    chance = Random(f"failing {seed}")
    orders = [action.at_s for action in inputs if isinstance(action, Order)]
    for at_s in chance.sample(orders, min(len(orders), chance.choice((0, 1, 4)))):
        begin_s = min(at_s + chance.expovariate(1 / 20), hours * HOUR_S)
        worker = chance.choice(WORKERS[:workers])
        yield KafkaTrouble(begin_s, worker, chance.choice((5.0, 30.0)), "failing", chance.choice((0.2, 0.5)))


def _deleted_unread(seed: int, workers: int, inputs: Sequence[Input]) -> Iterator[Freeze | Truncate]:
    """Nobody reads for a moment, and what the OMS says in it is deleted: by chance alone that is rare."""
    chance = Random(f"deleted unread {seed}")
    updates = [action for action in inputs if isinstance(action, Update)]
    for update in chance.sample(updates, min(len(updates), chance.choice((0, 0, 0, 1)))):
        yield from (Freeze(max(update.at_s - 0.5, 0.0), worker, 5.0) for worker in WORKERS[:workers])
        yield Truncate(update.at_s + 2.0, update.merchant_id, INVENTORY.name)


def _switches(chance: Random) -> dict[str, Any]:
    given: dict[str, Sequence[Any]] = {
        "lower_sequence": ("conflict", "ignore"),
        "repeat_sequence": ("accept", "conflict", "ignore"),
        "conflict_at": ("item", "outer"),
        "conflict_shows_sequence": (False, True),
        "wrong_state_status": (400, 409, 422),
        "repeat_step": ("refuse", "conflict", "accept", "apply"),
        "list_lag_s": (0.0, 0.0, 60.0),
        "empty_first_page": (False, True),
        "codes": ("short", "sc", "spaced"),
        "error_body": ("errors", "flat"),
        "retry_after": ("none", "seconds", "date"),
    }
    return {name: chance.choice(values) for name, values in given.items()}


def _numbers_taken(seed: int) -> dict[str, Any]:
    """What else Amazon may do with a lower number."""
    chance = Random(f"lower numbers {seed}")
    return {"lower_sequence": chance.choice(("ignore-echo", "refuse"))} if chance.random() < 0.4 else {}


def _manners(chance: Random) -> tuple[str, ...]:
    return ("odd",) if chance.random() < 0.2 else ()
