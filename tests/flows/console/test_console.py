"""The console of a running worker: what an operator sees and does in it, against the simulator and a real broker."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from connector.kafka.topics import INVENTORY
from tests.kit.console.browser import Seen, seen_page
from tests.kit.flows.world import NewWorld, Seller, World

pytestmark = pytest.mark.kafka

TOKEN = "a-token-of-this-test"
SKU = '<img src=x onerror="document.title=1">'
WAIT_MS = 60_000
"""A command of the API is a process of its own, and machines are busy."""


@pytest.mark.timeout(600)  # some thirty answers of the API, each a command's process, on a machine that may be busy
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_what_an_operator_sees_and_does(browser: Browser, new_world: NewWorld, size: str) -> None:
    expect.set_options(timeout=WAIT_MS)
    world = new_world([Seller("M1"), Seller("M2"), Seller("BAD")])
    world.tell("PATCH", "merchants/BAD", {"revoked": True})
    worker = world.start_worker(CONNECTOR_WEB__TOKEN=TOKEN)
    world.produce([world.update("M1", SKU, 5, 1), world.update("M1", "sku-2", 7, 2), world.update("BAD", "sku", 1, 3)])
    world.broker.produce(INVENTORY.name, [("M2", b"no record")], partitioner="murmur2_random")
    world.wait_quantities({("M1", SKU): 5, ("M1", "sku-2"): 7})
    with seen_page(browser, size) as seen:
        seen.page.set_default_timeout(WAIT_MS)
        seen.go(worker.web_url)
        content = seen.page.locator("#content")
        expect(content).to_contain_text("worker-1")
        expect(content).to_contain_text("4 of 4")
        sees_who_is_refused(seen.page)
        pauses_and_resumes(seen.page)
        takes_off_sale_and_puts_back(seen.page, world)
        finds_a_history(seen.page)
        drops_a_dead_letter(seen.page)
        reconciles(seen.page)
        show(seen.page, "audit")
        for done in ("merchants pause", "merchants resume", "inventory zero", "inventory restore", "dead-letters drop"):
            expect(content).to_contain_text(done)
        expect(content).to_contain_text("maria")
        assert seen.grave() == []
        is_told_when_the_worker_is_gone(seen, worker.kill)


def show(page: Page, view: str) -> None:
    page.evaluate("hash => { location.hash = hash; }", f"#/{view}")


def sees_who_is_refused(page: Page) -> None:
    show(page, "merchants?show=suspended")
    row = page.locator(".rows .row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Suspended")
    row.get_by_role("link").click()
    expect(page.locator("#content")).to_contain_text("Amazon refuses this merchant")
    show(page, "alerts")
    expect(page.locator("#content")).to_contain_text("Merchant suspended")


def pauses_and_resumes(page: Page) -> None:
    show(page, "merchants/M1")
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Reason").fill(f"stock count {SKU}")
    page.get_by_label("Your name").fill("maria")
    page.get_by_label("Token", exact=True).fill(TOKEN)
    carry_out(page, "M1 would be paused.", "Pause")
    expect(page.locator("#content")).to_contain_text(f"stock count {SKU}")
    page.get_by_role("button", name="Resume").click()
    carry_out(page, "M1 would go on.", "Resume")
    expect(page.locator("#content")).to_contain_text("Running")


def carry_out(page: Page, preview: str, what: str) -> None:
    """What is asked in the dialog, after its preview."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text(preview)
    dialog.get_by_role("button", name=what, exact=True).click()
    expect(dialog).to_have_count(0)


def takes_off_sale_and_puts_back(page: Page, world: World) -> None:
    page.get_by_role("button", name="Take off sale").click()
    page.get_by_label("Reason").fill("water in the warehouse")
    carry_out(page, "2 SKUs", "Take off sale")
    world.wait_quantities({("M1", SKU): 0, ("M1", "sku-2"): 0})
    expect(page.locator("#content")).to_contain_text("by maria: water in the warehouse. 2 of 2 SKUs at 0")
    page.get_by_role("button", name="Put on sale").click()
    carry_out(page, "All SKUs at all locations would be on sale again", "Put on sale")
    world.wait_quantities({("M1", SKU): 5, ("M1", "sku-2"): 7})


def finds_a_history(page: Page) -> None:
    page.get_by_role("combobox", name="Search").fill(SKU)
    page.get_by_role("option", name="History of SKU").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"SKU {SKU}")
    expect(page.locator(".timeline")).to_contain_text("ACCEPTED")
    page.locator(".entry summary").first.click()
    expect(page.locator(".entry details[open]")).to_contain_text("M1")


def drops_a_dead_letter(page: Page) -> None:
    show(page, "dead-letters")
    page.locator(".rows .rowlink").first.click()
    expect(page.locator("#content")).to_contain_text("It can't be decoded")
    expect(page.locator("#content")).to_contain_text("no record")
    page.get_by_role("button", name="Drop").click()
    page.get_by_label("Reason").fill("it was a test")
    carry_out(page, "would be dropped", "Drop")
    expect(page.locator("#content")).to_contain_text("It was dropped")


def reconciles(page: Page) -> None:
    show(page, "reconciles?merchant=M1")
    page.get_by_role("button", name="New reconcile").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Merchant")).to_have_value("M1")
    dialog.get_by_label("Calls a second").fill("2.5")
    dialog.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Reconcile [0-9a-f]{12}"))
    expect(page.locator("#content")).to_contain_text("Nothing differs")
    expect(page.locator("#content")).to_contain_text("2.5 calls a second")


def is_told_when_the_worker_is_gone(seen: Seen, kill: object) -> None:
    assert callable(kill)
    kill()
    expect(seen.page.locator("#trouble")).to_contain_text("The connection to the worker is lost")
    seen.wrong.clear()  # that nobody answers, as was meant
