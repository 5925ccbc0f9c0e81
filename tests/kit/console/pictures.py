"""The console's pictures in docs/pictures, of made-up figures: `python -m tests.kit.console.pictures`.

They look the same wherever the fonts Inter and JetBrains Mono are (Debian's fonts-inter and fonts-jetbrains-mono).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from tests.kit.console.browser import running_browser, seen_page
from tests.kit.console.figures import Figures, made_up
from tests.kit.console.stand_in import TOKEN, StandIn

FOLDER = Path(__file__).parents[3] / "docs" / "pictures"
MERCHANTS = 1000


def _nothing(_: Page) -> None:
    return


def _preview(page: Page) -> None:
    """What taking stock off sale would do, before it is done."""
    page.get_by_role("button", name="Take off sale").click()
    page.get_by_label("Location").fill("EXSB")
    page.get_by_label("Reason").fill("water in the warehouse")
    page.get_by_label("Your name").fill("maria")
    page.get_by_label("Token", exact=True).fill(TOKEN)
    page.get_by_role("button", name="Preview").click()
    page.locator("#preview").wait_for()


@dataclass(frozen=True, slots=True)
class Picture:
    """`view`: below #/. `there`: a text that stands in it once all is there."""

    name: str
    view: str
    there: str
    size: str = "desktop"
    scheme: str = "light"
    then: Callable[[Page], None] = _nothing


PICTURES = (
    Picture("fleet", "fleet", "nobody"),
    Picture("merchants-dark", "merchants", "Suspended", scheme="dark"),
    Picture("off-sale", "merchants/{busy}", "Lanes", then=_preview),
    Picture("history", "history/sku/SKU-10022", "REFUSED"),
    Picture("merchants-phone", "merchants", "Suspended", size="phone"),
    Picture("at-risk-phone", "shipments", "Ship by passed", size="phone"),
    Picture("alerts-phone-dark", "alerts", "SKU parked", size="phone", scheme="dark"),
)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    figures = _told(made_up(MERCHANTS))
    busy = max(figures["merchants"].values(), key=lambda row: int(row["backlog"]))["merchant_id"]
    with StandIn(figures).running() as stand_in, running_browser() as browser:
        for picture in PICTURES:
            with seen_page(browser, picture.size, picture.scheme) as seen:
                seen.go(f"{stand_in.url}/#/{picture.view.format(busy=busy)}")
                seen.page.get_by_text(picture.there).first.wait_for()
                picture.then(seen.page)
                seen.page.screenshot(path=FOLDER / f"console-{picture.name}.png", animations="disabled")
                print(FOLDER / f"console-{picture.name}.png")  # noqa: T201 - what it made


def _told(figures: Figures) -> Figures:
    """A worker is silent, two partitions are nobody's, and no stranger wrote anything."""
    fleet = figures["fleet"]
    fleet["workers"][2] |= {"answers": False, "lag": None, "version": None, "why": "it does not answer"}
    fleet["workers"][2]["partitions"] = fleet["workers"][2]["partitions"][:-2]
    fleet["partitions_unheld"] = [32, 35]
    alerts = {alert["kind"]: alert for alert in figures["alerts"]}
    alerts["SKU_PARKED"] |= {"subject": "SKU-7731", "message": "Amazon's answer can't be read, five times in a row"}
    order = ("CUTOFF_AT_RISK", "MERCHANT_SUSPENDED", "SKU_PARKED", "DEAD_LETTERS", "MEASURES_DIFFER")
    return figures | {"strange": ("", "SHP4711003"), "alerts": [alerts[kind] for kind in order]}


if __name__ == "__main__":
    main()
