"""`connector migrate plan`: from another integrator to this one, step by step."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from connector.cli.shared.broker import open_broker
from connector.cli.shared.checks import check_merchant, client_for
from connector.cli.shared.merchants import known_merchant
from connector.cli.shared.screen import AsJson, tell, tell_json
from connector.cli.shared.topic_state import read_controls, read_ledger
from connector.domain.outcomes import Accepted
from connector.kafka.topics import LISTINGS
from connector.merchants import Merchant
from connector.settings import Settings, load_settings, require
from connector.tables.ledger import key_parts

_FAREWELL = "take the old side's access back in Seller Central, and delete its notification subscription"
_UNFINISHED = ("CREATED", "ACCEPTED", "CONFIRMED", "PACKAGE_CREATED", "PICKUP_SLOT_RETRIEVED", "INVOICE_GENERATED")


class MigrationStyle(StrEnum):
    OVERLAP = "overlap"
    DRAIN = "drain"


@dataclass(frozen=True, slots=True)
class ChecklistStep:
    """`done` None: nothing here can tell."""

    text: str
    done: bool | None = None
    found: str = ""


@dataclass(frozen=True, slots=True)
class MigrationFacts:
    """`unfinished`: shipments at Amazon before their label, None where Amazon could not be asked."""

    observing: bool
    paused: bool
    access_faults: Sequence[str]
    seeded: int
    listings: int
    unfinished: int | None


migrate = typer.Typer()


@migrate.command("plan")
def plan_migration(
    merchant: Annotated[str, typer.Option(help="A merchant_id of the merchants file.")],
    style: Annotated[
        MigrationStyle, typer.Option(help="overlap: both run for a while; drain: the old side is emptied first.")
    ] = MigrationStyle.OVERLAP,
    as_json: AsJson = False,
) -> None:
    """The checklist of a merchant's migration; what can be checked from here is ticked. Changes nothing.

    Asks the topics, and Amazon a few times.

    Example: connector migrate plan --merchant A2EXAMPLE --style drain
    """
    settings = load_settings()
    require(settings, "smartconnect.client_id", "smartconnect.client_secret")
    steps = CHECKLISTS[style](_facts(settings, known_merchant(settings, merchant)))
    if as_json:
        told = [{"step": step.text, "done": step.done, "found": step.found} for step in steps]
        tell_json({"merchant": merchant, "style": style, "steps": told})
        return
    for number, step in enumerate(steps, 1):
        mark = {None: "[ ]", True: "[x]", False: "[!]"}[step.done]
        tell(f"{mark} {number}. {step.text}{f' ({step.found})' if step.found else ''}")
    tell("")
    tell("[x] done, [!] not yet, [ ] can't be checked from here")


def _facts(settings: Settings, merchant: Merchant) -> MigrationFacts:
    merchant_id = merchant.merchant_id
    with open_broker(settings) as broker:
        paused = read_controls(broker).paused(merchant_id)
        seeded = sum(key_parts(key)[0] == merchant_id for key in read_ledger(broker))
        listings = sum(key.startswith(f"{merchant_id}|".encode()) for key in broker.latest(LISTINGS.name))
    checks = asyncio.run(check_merchant(settings, merchant))
    faults = [f"{check.what}: {check.message}" for check in checks if not check.ok]
    unfinished = None if faults else asyncio.run(_unfinished(settings, merchant))
    return MigrationFacts(merchant.mode == "observe", paused, faults, seeded, listings, unfinished)


async def _unfinished(settings: Settings, merchant: Merchant) -> int | None:
    """At most a page of each status is counted: enough to tell none from some."""
    client, count = client_for(settings, [merchant]), 0
    try:
        for status in _UNFINISHED:
            await asyncio.sleep(1 / merchant.limits.list_shipments.rate)
            outcome = (await client.get_shipments(merchant.merchant_id, status)).outcome
            if not isinstance(outcome, Accepted):
                return None
            count += len(outcome.value.shipments) + len(outcome.value.unreadable)
        return count
    finally:
        await client.aclose()


def _begin(facts: MigrationFacts) -> list[ChecklistStep]:
    return [
        ChecklistStep(
            "tell Amazon: seller, merchant token, old and new connector; wait for the location ids and the KMS key"
        ),
        ChecklistStep(
            "the seller's consent and access to every API (connector merchants check)",
            not facts.access_faults,
            "; ".join(facts.access_faults),
        ),
        ChecklistStep('mode = "observe" in the merchants file: events flow, nothing is sent', facts.observing),
        ChecklistStep(
            "the listings, if the OMS has SKUs of its own (connector listings import)",
            True if facts.listings else None,
            f"{facts.listings} listings",
        ),
        ChecklistStep(
            "the old side's sequence numbers (connector ledger seed); without them a SKU's first update heals itself "
            "at the price of two more calls",
            facts.seeded > 0,
            f"{facts.seeded} SKUs in the ledger",
        ),
    ]


def _end(facts: MigrationFacts) -> list[ChecklistStep]:
    return [
        ChecklistStep(
            'mode = "active" in the merchants file, and the merchant is not paused',
            not (facts.observing or facts.paused),
        ),
        ChecklistStep("have the OMS send every SKU's stock once; watch connector.inventory-results"),
        ChecklistStep("follow the first order from amazon.orders to its label"),
    ]


def _overlap(facts: MigrationFacts) -> list[ChecklistStep]:
    return [
        *_begin(facts),
        ChecklistStep("old side: auto-confirm off, so that new orders are confirmed by one side only"),
        ChecklistStep("old side: inventory off; two integrators that post the same SKU show here as CONTESTED"),
        *_end(facts),
        ChecklistStep("old side: finish what it had begun; its steps are seen and adopted here"),
        ChecklistStep(_FAREWELL),
    ]


def _drain(facts: MigrationFacts) -> list[ChecklistStep]:
    count = facts.unfinished
    return [
        *_begin(facts),
        ChecklistStep("old side: stock of every SKU to 0, so that no new order comes"),
        ChecklistStep(
            "old side: every order up to its label",
            None if count is None else count == 0,
            "" if count is None else f"{count} shipments at Amazon are before their label",
        ),
        ChecklistStep("old side: empty its queue of updates, then switch it off"),
        *_end(facts),
        ChecklistStep(_FAREWELL),
    ]


CHECKLISTS = {MigrationStyle.OVERLAP: _overlap, MigrationStyle.DRAIN: _drain}
