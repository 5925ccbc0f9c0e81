"""Which list a poll asks for, which slice of time, page by page, and when its watermark may move (guarantee G8).

Amazon's lists are complete only some minutes back, so a window ends `lag_ms` ago; it begins `overlap_ms` before what
was settled last, so that nothing falls between two windows. Shipments seen twice change nothing.
"""

from dataclasses import dataclass, replace

LIST_SHIPMENTS = "list_shipments"
LIST_RETURNS = "returns"
LISTS = (LIST_SHIPMENTS, LIST_RETURNS)
"""The operations that read lists, as in the merchants file's limits."""


@dataclass(frozen=True, slots=True)
class PollShipments:
    """Shipments of one location in one status, by the time of their last update."""

    merchant_id: str
    location_id: str
    status: str
    every_s: float

    operation = LIST_SHIPMENTS

    @property
    def key(self) -> str:
        return f"{self.merchant_id}|{self.operation}|{self.location_id}|{self.status}"


@dataclass(frozen=True, slots=True)
class PollNewReturns:
    """Returns wherever they go, by the time of their creation."""

    merchant_id: str
    every_s: float

    operation = LIST_RETURNS

    @property
    def key(self) -> str:
        return f"{self.merchant_id}|{self.operation}||"


@dataclass(frozen=True, slots=True)
class PollReturns:
    """Returns to one location in one status, by the time of their last update."""

    merchant_id: str
    location_id: str
    status: str
    every_s: float

    operation = LIST_RETURNS

    @property
    def key(self) -> str:
        return f"{self.merchant_id}|{self.operation}|{self.location_id}|{self.status}"


Poll = PollShipments | PollNewReturns | PollReturns
"""One list of a merchant's, asked every `every_s` seconds. `key` names it in the watermarks table."""


@dataclass(frozen=True, slots=True)
class WindowTerms:
    """`look_back_ms`: how far a first poll looks back. `longest_ms`: the longest window asked for at once."""

    overlap_ms: int = 5 * 60_000
    lag_ms: int = 2 * 60_000
    look_back_ms: int = 24 * 60 * 60_000
    longest_ms: int = 7 * 24 * 60 * 60_000


@dataclass(frozen=True, slots=True)
class Page:
    """One list call: updated after, updated before, and Amazon's token of the next page ("" for the first)."""

    after_ms: int
    before_ms: int
    token: str = ""


@dataclass(frozen=True, slots=True)
class Watermark:
    """All before `settled_ms` is settled; `page` is the one to ask for now, None between windows."""

    settled_ms: int
    page: Page | None = None


def open_window(watermark: Watermark | None, now_ms: int, terms: WindowTerms) -> Watermark:
    """The watermark with a page to ask for: the one that was open (a restart resumes it), or a new window's first.

    `page` stays None while there is nothing new to ask: the time up to now - lag is settled already.
    """
    if watermark is None:
        watermark = Watermark(now_ms - terms.lag_ms - terms.look_back_ms)
    if watermark.page is not None:
        return watermark
    before_ms = min(now_ms - terms.lag_ms, watermark.settled_ms + terms.longest_ms)
    if before_ms <= watermark.settled_ms:
        return watermark
    return replace(watermark, page=Page(watermark.settled_ms - terms.overlap_ms, before_ms))


def settle_page(watermark: Watermark, page: Page, next_token: str) -> Watermark:
    """After a page's shipments are all settled. A page that is not the open one is late and changes nothing."""
    if page != watermark.page:
        return watermark
    if next_token:
        return replace(watermark, page=replace(page, token=next_token))
    return Watermark(page.before_ms)


def drop_window(watermark: Watermark, page: Page) -> Watermark:
    """After Amazon refused a page (its token expired, say): the window is asked for again from its first page."""
    return Watermark(watermark.settled_ms) if page == watermark.page else watermark
