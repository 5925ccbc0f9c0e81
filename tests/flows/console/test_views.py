"""Every view of the console on made-up figures: readable by all, whatever strangers wrote, and honest of its age."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.kit.console.browser import Seen, seen_page
from tests.kit.console.figures import MARKUP, made_up
from tests.kit.console.stand_in import TOKEN, StandIn

TURNED_SHOWN = "SKU\\u202eGNP.exe"
DOWN_AT_ONCE = """count => {
    for (let number = 0; number < count; number++) {
        const key = new KeyboardEvent("keydown", { key: "j", bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(key);
    }
}"""
VIEWS = {
    "fleet": "connector-0",
    "merchants": "Suspended",
    "merchants/{troubled}": "Lanes",
    "shipments": "Ship by passed",
    "alerts": "SKU parked",
    "dead-letters": "Undecodable",
    "dead-letters/1/18": "Decoded",
    "reconciles": "Done",
    "reconciles/5f6037c1bda949f2": "Not judged",
    "history": "Ask for anything by its id",
    "history/sku/SKU-1": "REFUSED",
    "audit": "maria",
}


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn(made_up(120)).running() as stand_in:
        yield stand_in


def troubled(stand_in: StandIn) -> str:
    """Merchant 20 is off sale; let everything else be the matter, too."""
    merchant_id: str = [*stand_in.figures["merchants"]][20]
    suspended = {"suspended": True, "suspended_because": f"invalid_grant {MARKUP}", "late": 3, "at_risk": 9}
    stand_in.figures["merchants"][merchant_id] |= suspended | {"paused": True, "paused_by": "maria"}
    return merchant_id


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desktop", "light"), ("desktop", "dark")])
def test_every_view_can_be_read_by_all(browser: Browser, stand_in: StandIn, size: str, scheme: str) -> None:
    """axe finds nothing serious, nothing needs scrolling sideways, and no view breaks its own policy."""
    of = troubled(stand_in)
    with seen_page(browser, size, scheme) as seen:
        unlock(seen, stand_in)
        for view, text in VIEWS.items():
            seen.go(f"{stand_in.url}/#/{view.format(troubled=of)}")
            expect(seen.page.locator("#content")).to_contain_text(text)
            assert seen.grave() == [], view
            assert not seen.is_too_wide(), view
        seen.page.get_by_role("button", name="forget the token").click()
        seen.page.get_by_role("button", name="unlock changes").click()
        expect(seen.page.get_by_role("dialog")).to_be_visible()
        assert seen.grave() == [], "the dialog"


def test_what_strangers_wrote_is_shown_as_text(browser: Browser, stand_in: StandIn) -> None:
    of = troubled(stand_in)
    with seen_page(browser, "desktop") as seen:
        unlock(seen, stand_in)
        for view in ("alerts", f"merchants/{of}", "dead-letters", "dead-letters/1/18", "history/sku/SKU-1", "audit"):
            seen.go(f"{stand_in.url}/#/{view}")
            expect(seen.page.locator("#content")).to_contain_text(MARKUP.removeprefix("<").partition(" ")[0])
            assert seen.page.locator("#content img").count() == 0
        seen.go(f"{stand_in.url}/#/history/sku/{MARKUP}")
        expect(seen.page.get_by_role("heading", level=1)).to_contain_text(MARKUP)
        seen.go(f"{stand_in.url}/#/alerts")
        expect(seen.page.locator("#content")).to_contain_text(TURNED_SHOWN)
        assert "\u202e" not in seen.page.content()
        assert seen.page.title() == "Alerts · Connector"


def unlock(seen: Seen, stand_in: StandIn) -> None:
    seen.go(stand_in.url)
    seen.page.get_by_role("button", name="unlock changes").click()
    seen.page.get_by_label("Your name").fill("maria")
    seen.page.get_by_label("Token", exact=True).fill(TOKEN)
    seen.page.get_by_role("dialog").get_by_role("button", name="Unlock").click()


def test_what_may_hold_buyers_data_wants_the_token(browser: Browser, stand_in: StandIn) -> None:
    with seen_page(browser, "desktop") as seen:
        seen.expected = {401}
        seen.go(f"{stand_in.url}/#/dead-letters/1/18")
        content = seen.page.locator("#content")
        expect(content).to_contain_text("It wants the token")
        content.get_by_role("button", name="Unlock").click()
        seen.page.get_by_label("Your name").fill("maria")
        seen.page.get_by_label("Token", exact=True).fill(TOKEN)
        seen.page.get_by_role("dialog").get_by_role("button", name="Unlock").click()
        expect(content).to_contain_text("Decoded")


def test_what_changes_is_shown_without_a_reload(browser: Browser, stand_in: StandIn) -> None:
    merchant_id, row = next(iter(stand_in.figures["merchants"].items()))
    alert = stand_in.figures["alerts"][0] | {"alert_id": "new", "subject": "NEW-1", "kind": "RETURN_PARKED"}
    with seen_page(browser, "desktop") as seen:
        seen.go(f"{stand_in.url}/#/merchants?q={merchant_id}")
        line = seen.page.locator(".rows .row")
        expect(line).to_have_count(1)
        seen.page.evaluate("window.isSame = true")
        changed = row | {"paused": True, "paused_because": "flood", "paused_by": "jo", "backlog": 4321}
        stand_in.push("merchants", {"whole": False, "merchants": [changed], "gone": []})
        expect(line).to_contain_text("Paused")
        expect(line).to_contain_text("by jo: flood")
        expect(line).to_contain_text("4,321")
        stand_in.push("alerts", {"alerts": [*stand_in.figures["alerts"], alert]})
        expect(seen.page.locator("#announced")).to_have_text("New alert: Return parked NEW-1")
        stand_in.push("merchants", {"whole": False, "merchants": [], "gone": [merchant_id]})
        expect(line).to_have_count(0)
        stand_in.push("fleet", stand_in.figures["fleet"] | {"partitions_unheld": [3, 4, 5, 9]})
        seen.page.evaluate("location.hash = '#/fleet'")
        expect(seen.page.locator("#content")).to_contain_text("4 partitions are held by nobody: 3\N{EN DASH}5, 9")
        assert seen.page.evaluate("window.isSame") is True


def test_a_lost_connection_is_seen_and_ends_by_itself(browser: Browser, stand_in: StandIn) -> None:
    with seen_page(browser, "desktop") as seen:
        seen.page.clock.install()
        seen.go(f"{stand_in.url}/#/fleet")
        expect(seen.page.locator("#live")).to_have_text("Live")
        stand_in.go_away()
        expect(seen.page.locator("#live")).to_have_text("Lost", timeout=15_000)
        expect(seen.page.locator("#trouble")).to_contain_text("The connection to the worker is lost")
        expect(seen.page.locator("#trouble")).to_contain_text("These figures are of 20")
        assert seen.grave() == []
        stand_in.is_away = False
        expect(seen.page.locator("#live")).to_have_text("Live", timeout=15_000)
        expect(seen.page.locator("#trouble")).to_be_empty()
        seen.wrong.clear()  # that nobody answered, as was meant


def test_a_silent_connection_is_seen(browser: Browser, stand_in: StandIn) -> None:
    with seen_page(browser, "phone") as seen:
        seen.page.clock.install()
        seen.go(f"{stand_in.url}/#/merchants")
        expect(seen.page.locator("#live")).to_have_text("Live")
        stand_in.is_silent = True
        stand_in.push("alerts", {"alerts": []})
        expect(seen.page.get_by_role("link", name="Alerts")).to_have_text("Alerts")  # what was sent before is heard
        seen.page.clock.fast_forward(20_000)
        expect(seen.page.locator("#trouble")).to_contain_text("The worker has gone silent")
        stand_in.is_silent = False
        expect(seen.page.locator("#trouble")).to_be_empty()


def test_a_view_that_cant_be_read_says_why_and_tries_again(browser: Browser, stand_in: StandIn) -> None:
    with seen_page(browser, "desktop") as seen:
        seen.expected = {404}
        seen.go(f"{stand_in.url}/#/merchants/NOBODY")
        expect(seen.page.locator("#content")).to_contain_text("There is no such thing")
        expect(seen.page.locator("#content")).to_contain_text("See the list.")
        stand_in.figures["merchants"]["NOBODY"] = next(iter(stand_in.figures["merchants"].values()))
        seen.page.get_by_role("button", name="Try again").click()
        expect(seen.page.locator("#content")).to_contain_text("Lanes")


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_change_asks_who_and_why_shows_what_it_does_and_then_does_it(
    browser: Browser, stand_in: StandIn, size: str
) -> None:
    merchant_id = next(iter(stand_in.figures["merchants"]))
    with seen_page(browser, size) as seen:
        page = seen.page
        seen.go(f"{stand_in.url}/#/merchants/{merchant_id}")
        page.get_by_role("button", name="Pause").click()
        page.get_by_label("Reason").fill("stock count")
        page.get_by_label("Your name").fill("maria")
        page.get_by_label("Token", exact=True).fill("wrong")
        seen.expected = {401}
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_role("alert")).to_contain_text("The token is not right")
        assert stand_in.writes == []
        page.get_by_label("Token", exact=True).fill(TOKEN)
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_role("dialog")).to_contain_text(f"{merchant_id} would be paused.")
        assert seen.grave() == []
        page.get_by_role("dialog").get_by_role("button", name="Pause").click()
        expect(page.locator("#toasts")).to_contain_text(f"{merchant_id} is paused")
        expect(page.locator("#content")).to_contain_text("Paused by maria")
        body = {"reason": "stock count", "by": "maria"}
        assert stand_in.writes == [
            (f"merchants/{merchant_id}/pause", body | {"dry_run": True}),
            (f"merchants/{merchant_id}/pause", body | {"dry_run": False}),
        ]
        assert TOKEN not in page.url
        assert page.evaluate("Object.values(localStorage)") == []
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_label("Token", exact=True)).to_have_count(0)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.get_by_role("button", name="forget the token").click()
        assert page.evaluate("Object.values(sessionStorage)") == ["maria"]


def test_the_keyboard_alone_is_enough(browser: Browser, stand_in: StandIn) -> None:
    with seen_page(browser, "desktop") as seen:
        page = seen.page
        keys = page.keyboard
        seen.go(f"{stand_in.url}/#/fleet")
        expect(page.locator("#live")).to_have_text("Live")
        keys.press("g")
        keys.press("m")
        expect(page.get_by_role("heading", level=1)).to_have_text("Merchants")
        expect(page.locator(".rows .row").first).to_be_visible()
        keys.press("j")
        page.evaluate(DOWN_AT_ONCE, 79)  # all of them before the next frame
        expect(page.locator(".row:focus-within")).to_have_attribute("aria-rowindex", "81")
        expect(page.locator(".row:focus-within")).to_be_in_viewport()
        href = page.locator(".rowlink:focus").get_attribute("href")
        keys.press("Enter")
        expect(page.locator("#content")).to_contain_text("Lanes")
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        page.go_back()
        expect(page.locator(".rowlink:focus")).to_have_attribute("href", href or "")
        keys.press("/")
        keys.type("SHP42")
        keys.press("Enter")
        expect(page).to_have_url(f"{stand_in.url}/#/history/shipment/SHP42")
        keys.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("Single keys work")
        page.get_by_label("Single keys work").uncheck()
        keys.press("Escape")
        keys.press("/")
        expect(page.get_by_role("combobox", name="Search")).not_to_be_focused()


def test_a_dialog_keeps_the_focus(browser: Browser, stand_in: StandIn) -> None:
    merchant_id = next(iter(stand_in.figures["merchants"]))
    with seen_page(browser, "desktop") as seen:
        seen.go(f"{stand_in.url}/#/merchants/{merchant_id}")
        opener = seen.page.get_by_role("button", name="Take off sale")
        opener.focus()
        seen.page.keyboard.press("Enter")
        for _ in range(12):
            seen.page.keyboard.press("Tab")
            outside = "!document.activeElement.closest('dialog') && document.activeElement !== document.body"
            assert not seen.page.evaluate(outside)
        seen.page.keyboard.press("Escape")
        expect(opener).to_be_focused()


def test_ten_thousand_merchants_can_be_sorted_filtered_and_scrolled(browser: Browser) -> None:
    with StandIn(made_up(10_000)).running() as stand_in, seen_page(browser, "desktop") as seen:
        page = seen.page
        seen.go(f"{stand_in.url}/#/merchants")
        expect(page.get_by_role("table", name="Merchants")).to_have_attribute("aria-rowcount", "10001")
        page.get_by_role("button", name="Waiting", exact=True).click()
        first = page.locator(".rows .row").first
        expect(page.get_by_role("columnheader", name="Waiting")).to_have_attribute("aria-sort", "descending")
        most = max(row["backlog"] for row in stand_in.figures["merchants"].values())
        expect(first).to_contain_text(str(most))
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(page.locator(".rows .row").last).to_have_attribute("aria-rowindex", "10001")
        assert page.locator(".rows .row").count() < 100
        page.get_by_role("searchbox", name="Filter merchants").fill("A9999")
        named = [one for one in stand_in.figures["merchants"] if "A9999" in one]
        expect(page.get_by_role("table", name="Merchants")).to_have_attribute("aria-rowcount", str(len(named) + 1))
        assert "q=A9999" in page.url
