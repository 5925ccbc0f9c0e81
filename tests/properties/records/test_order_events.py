"""Order events are told as if each were written by itself, whatever they have in common with those before (G6)."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from connector.agents.merchants.known import KnownMerchants
from connector.agents.merchants.listings import Listings
from connector.agents.merchants.naming import Naming
from connector.agents.outbox import Outbox
from connector.domain.listings import Listing, listing_key, listing_record
from connector.domain.money import Charge, ChargeBreakup, Money, Tax
from connector.domain.orders.announcements import Sight, state_events
from connector.domain.orders.events import OrderEvent, Via
from connector.domain.orders.facts.shipment import LineItem, Shipment, Status
from connector.kafka.avro import event_records
from connector.kafka.avro.records import domain_record
from connector.kafka.topics import ORDERS
from connector.merchants import Merchants
from tests.kit.inventory.agents import location, merchant
from tests.kit.memory import MemoryTopics
from tests.kit.orders.shipments import known, packed

TOPICS = MemoryTopics()
IN, DE = "A21TJRUUN4KGV", "A1PA6795UKMFR9"
FILES = [
    Merchants(
        {
            name: merchant(name, locations=[location("WH1", location_id="LOC", marketplace_id=place)])
            for name in ("M1", "M2")
        }
    )
    for place in (IN, DE)
]
NAMES = [("M1", IN, "EAN-1"), ("M1", IN, "EAN-2"), ("M1", DE, "EAN-DE"), ("M2", IN, "EAN-M2"), ("M1", IN, None)]


def text(chance: Random) -> str:
    return chance.choice(["", "SKU", "é", "a" * 70])


def breakup(chance: Random) -> ChargeBreakup:
    base, discount, net = (
        Money(Decimal(chance.randint(-99_999, 99_999)).scaleb(-chance.randint(0, 4)), "INR") for _ in range(3)
    )
    return ChargeBreakup(base, discount, net)


def charges(chance: Random) -> tuple[Charge, ...]:
    return tuple(
        Charge(text(chance), breakup(chance), breakup(chance), Tax(breakup(chance), rate=Decimal("0.10")))
        for _ in range(chance.randint(0, 2))
    )


def shipment(chance: Random) -> Shipment:
    lines = tuple(
        LineItem(line_item_id=f"L{number}", sku=text(chance), quantity=chance.randint(0, 9), charges=charges(chance))
        for number in range(chance.randint(1, 3))
    )
    recommended = chance.choice([(), packed(Status.CONFIRMED).recommended_packages])
    return packed(Status.PACKAGE_CREATED, line_items=lines, charges=charges(chance), recommended_packages=recommended)


class Told:
    """Events by an outbox, beside what each comes to by itself."""

    def __init__(self) -> None:
        self.listings, self.file = Listings(), FILES[0]
        self.naming = Naming(self.listings, KnownMerchants(lambda: self.file))
        self.outbox = Outbox(TOPICS.codec, TOPICS, self.naming)

    def name(self, merchant_id: str, marketplace_id: str, client_sku: str | None) -> None:
        listing = Listing(merchant_id, client_sku or "EAN-1", "SKU", "", marketplace_id)
        key = listing_key(merchant_id, marketplace_id, listing.client_sku)
        self.listings.take([(key, None if client_sku is None else listing_record(listing, 0))])

    def check(self, event: OrderEvent) -> None:
        alone = TOPICS.codec.encode(ORDERS.name, self.naming.named(domain_record(event)))
        assert self.outbox.record(ORDERS, 0, event.merchant_id, event).value == alone


def event_of(facts: Shipment, merchant_id: str = "M1") -> OrderEvent:
    (event,) = state_events(known(facts), facts, Sight(Via.POLL, 1), "")
    return replace(event, merchant_id=merchant_id)


@pytest.mark.parametrize("seed", range(50))
def test_any_story_of_events_names_and_files(seed: int) -> None:
    chance, told = Random(seed), Told()
    pool = [shipment(chance) for _ in range(3)]
    for _ in range(40):
        match chance.choice(["name", "file", "tell", "tell", "tell"]):
            case "name":
                told.name(*chance.choice(NAMES))
            case "file":
                told.file = chance.choice(FILES)
            case _:
                facts = replace(chance.choice(pool), reason=text(chance))
                told.check(event_of(facts, chance.choice(["M1", "M2"])))


def test_names_are_those_in_force() -> None:
    told, facts = (
        Told(),
        packed(Status.PACKAGE_CREATED, line_items=(LineItem(line_item_id="L1", sku="SKU", quantity=1),)),
    )
    for merchant_id, *_ in NAMES:
        told.check(event_of(facts, merchant_id))
    for names in NAMES:
        told.name(*names)
        told.check(event_of(facts))
        told.check(event_of(facts, "M2"))
    told.file = FILES[1]
    told.check(event_of(facts))


def test_of_more_shipments_than_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_records, "MOST_KNOWN", 2)
    told = Told()
    for round_ in range(2):
        for number in range(4):
            line = LineItem(line_item_id=f"L{number}", sku="SKU", quantity=round_)
            told.check(event_of(packed(Status.PACKAGE_CREATED, line_items=(line,))))


def test_half_of_a_surrogate_pair_is_written_as_its_escape_sequence() -> None:
    line = LineItem(line_item_id="L1", sku="\ud800", quantity=1)
    Told().check(event_of(packed(Status.PACKAGE_CREATED, line_items=(line,))))
