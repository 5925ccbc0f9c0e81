"""Which slice of time a poll asks for, page by page, and when its watermark may move (guarantee G8).

A window begins `overlap_ms` before what is settled and ends when Amazon answers. Its lists are complete only some
minutes back, so the watermark stays `lag_ms` behind: what is listed late is still within the next windows. The time is
Amazon's throughout. Objects that are seen twice change nothing.
"""

import hashlib
from sys import intern

import msgspec
from msgspec.structs import force_setattr, replace

from connector.domain.outcomes import Answer
from connector.domain.quarantine import SLOWEST_BEAT_MS, TRIES, Trouble, troubled, wait_ms

MAX_PAGES = 1_000
MAX_EMPTY_PAGES = 16  # in a row; Amazon's lists may have some
"""Of one window. Each failure in a row doubles them, so that a list that is truly so long gets through."""

FAST_PAGES = 3
"""After so many empty pages a window is asked for anew, once and at once: an odd token is mostly odd only once."""

PAGE_REST_MS = 10_000
FAILED_PAGE_REST_MS = 15_000
"""What keeps a list that goes round in circles at ten calls a minute or less."""

NO_END = "NO_END"  # the code of a list that goes round in circles, or on and on
MAX_SEEN = 500
MAX_SHELLS = 50
FUTURE_MS = 60_000  # of a watermark: below, Amazon's servers may differ among each other


class WindowTerms(msgspec.Struct, frozen=True):
    """`look_back_ms`: how far a first poll looks back. `longest_ms`: the longest window asked for at once."""

    overlap_ms: int = 5 * 60_000
    lag_ms: int = 2 * 60_000
    look_back_ms: int = 24 * 60 * 60_000
    longest_ms: int = 7 * 24 * 60 * 60_000


class Page(msgspec.Struct, frozen=True):
    """One list call: updated after (0: whenever), updated before, and Amazon's token of the next page ("" for the
    first). Where it `is_bounded` the call names `before_ms`; else that is only when the window was opened.
    """

    after_ms: int
    before_ms: int
    token: str = ""
    is_bounded: bool = True


class Progress(msgspec.Struct, frozen=True):
    """How far the open window got. `answered_ms`: Amazon's time of its first page. `seen`: digests of the tokens and
    pages it had, none of which may come again.
    """

    pages: int = 0
    empty_pages: int = 0
    answered_ms: int | None = None
    seen: tuple[str, ...] = ()
    has_shells: bool = False


NO_PROGRESS = Progress()


class Watermark(msgspec.Struct, frozen=True, gc=False):
    """All before `settled_ms` is settled; `page` is the one to ask for now, None between windows.

    `trouble`: windows that failed in a row. `by_location`: Amazon refuses this list of the whole merchant, so each
    location is asked for. `scope`: of which locations it is (a digest). `shells`: digests of items without an id, which
    it shows since `shells_since_ms`; `shells_stay`: in two windows in a row.
    """

    settled_ms: int
    page: Page | None = None
    progress: Progress = NO_PROGRESS
    trouble: Trouble | None = None
    by_location: bool = False
    scope: str = ""
    shells: tuple[str, ...] = ()
    shells_since_ms: int | None = None
    shells_stay: bool = False

    def __post_init__(self) -> None:
        """What is equal in most of them is kept once: each merchant has some thirty."""
        force_setattr(self, "scope", intern(self.scope))
        if self.progress is not NO_PROGRESS and self.progress == NO_PROGRESS:
            force_setattr(self, "progress", NO_PROGRESS)


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What one page's answer tells of its list. `version`: a digest of the items, "" where there are none.

    `answered_ms`: Amazon's time, None where it told none. `shells`: digests of items without an id.
    """

    next_token: str = ""
    version: str = ""
    answered_ms: int | None = None
    shells: tuple[str, ...] = ()


def open_window(
    watermark: Watermark | None, now_ms: int, terms: WindowTerms, scope: str = ""
) -> tuple[Watermark, Page]:
    """The watermark and its page to ask for: the one that was open (a restart resumes it), or a new window's first.

    It is set back where it can't be believed (it lies in the future: a clock was wrong) or is of other locations.
    """
    first_ms = now_ms - terms.lag_ms - terms.look_back_ms
    if watermark is None:
        watermark = Watermark(first_ms)
    if is_ahead(watermark, now_ms) or watermark.scope not in ("", scope):
        watermark = replace(_closed(watermark), settled_ms=min(watermark.settled_ms, first_ms))
    page = watermark.page
    if page is None:
        settled_ms = min(watermark.settled_ms, now_ms)
        before_ms = min(now_ms, settled_ms + terms.longest_ms)
        page = Page(settled_ms - terms.overlap_ms, before_ms, is_bounded=before_ms < now_ms)
    return replace(watermark, page=page, scope=scope), page


def open_sweep(
    watermark: Watermark | None, now_ms: int, scope: str = "", *, after_ms: int = 0
) -> tuple[Watermark, Page]:
    """The watermark and the sweep's page to ask for: the open one, or its first."""
    watermark = replace(watermark or Watermark(0), scope=scope)
    page = watermark.page or Page(after_ms, now_ms, is_bounded=False)
    return replace(watermark, page=page), page


def resume(row: Watermark | None, opened: Watermark, from_ms: int) -> Watermark:
    """The row that the answer to `opened.page` finds: a window is opened by its first page's outcome.

    `from_ms`: what was settled when it was opened, which differs from `opened`'s where that was set back. A window
    closed since then, or failed (a record may come twice), is left alone.
    """
    if row is None:
        return opened
    if row.page is None and row.trouble != opened.trouble:
        return row
    if row.settled_ms == from_ms and (row.page is None or opened.settled_ms != from_ms):
        settled_ms, page, progress, scope = opened.settled_ms, opened.page, opened.progress, opened.scope
        return replace(row, settled_ms=settled_ms, page=page, progress=progress, scope=scope)
    return row


def is_ahead(watermark: Watermark, now_ms: int) -> bool:
    """It lies in Amazon's future."""
    return watermark.settled_ms > now_ms + FUTURE_MS


def is_where_it_was(row: Watermark, opened: Watermark) -> bool:
    """The window that was opened is the row's next one: nothing was set back, and nothing of it was had before."""
    is_same = row.settled_ms == opened.settled_ms and row.scope == opened.scope
    return is_same and row.page is None and opened.progress == NO_PROGRESS


def is_misdated(page: Page, answered_ms: int | None) -> bool:
    """The page was asked for by a clock that is not Amazon's: a first window then began anywhere."""
    return answered_ms is not None and not page.is_bounded and abs(page.before_ms - answered_ms) > FUTURE_MS


def settle_page(watermark: Watermark, page: Page, answered: Answered, lag_ms: int, now_ms: int) -> Watermark:
    """After a page's objects are all settled. A page that is not the open one is late and changes nothing.

    A list that goes round in circles, or never ends, is one that failed; twice in a row, it is parked.
    """
    if page != watermark.page:
        return watermark
    watermark = _with_shells(replace(watermark, progress=_progress(watermark.progress, answered)), answered, now_ms)
    if answered.next_token:
        fault = _endless(watermark, answered)
        if fault:
            failed = fail_window(watermark, page, Answer(code=NO_END, message=fault), now_ms)
            is_again = watermark.trouble is not None and watermark.trouble.code == NO_END
            return _parked(failed) if is_again else failed
        seen = (*watermark.progress.seen, _digest(answered.next_token), answered.version)
        progress = replace(watermark.progress, seen=tuple(filter(None, seen))[-MAX_SEEN:])
        return replace(watermark, page=replace(page, token=answered.next_token), progress=progress)
    answered_ms = watermark.progress.answered_ms
    if answered_ms is None:  # version 0.1 asked up to `lag_ms` ago, and kept no time of Amazon's
        answered_ms = page.before_ms + (lag_ms if page.is_bounded else 0)
    has_shells = watermark.progress.has_shells
    return replace(
        _closed(watermark),
        settled_ms=max(watermark.settled_ms, min(page.before_ms, answered_ms - lag_ms)),
        trouble=None,
        shells=watermark.shells if has_shells else (),
        shells_since_ms=watermark.shells_since_ms if has_shells else None,
        shells_stay=has_shells and watermark.shells_stay,
    )


def fail_window(watermark: Watermark, page: Page, answer: Answer, now_ms: int) -> Watermark:
    """After an answer that settles nothing: the window is asked for again from its first page."""
    if page != watermark.page:
        return watermark
    return replace(_closed(watermark), trouble=troubled(watermark.trouble, answer, now_ms))


def page_wait_ms(watermark: Watermark) -> int:
    """Until the next page is asked for: slowly where the list just failed, or is empty again and again."""
    is_slow = watermark.trouble is not None or watermark.progress.empty_pages >= FAST_PAGES
    return PAGE_REST_MS if is_slow else 0


def window_wait_ms(trouble: Trouble, pages: int) -> int:
    """Until a window that failed after so many pages is asked for again."""
    if trouble.count == 1:
        rest_ms = FAILED_PAGE_REST_MS * max(pages - FAST_PAGES, 0)
    else:
        rest_ms = max(FAILED_PAGE_REST_MS * (pages - 1), PAGE_REST_MS)
    return min(max(wait_ms(trouble), rest_ms), SLOWEST_BEAT_MS)


def _parked(watermark: Watermark) -> Watermark:
    trouble = watermark.trouble
    return (
        watermark if trouble is None else replace(watermark, trouble=replace(trouble, count=max(trouble.count, TRIES)))
    )


def _closed(watermark: Watermark) -> Watermark:
    return replace(watermark, page=None, progress=NO_PROGRESS)


def _progress(progress: Progress, answered: Answered) -> Progress:
    return replace(
        progress,
        pages=progress.pages + 1,
        empty_pages=0 if answered.version or answered.shells else progress.empty_pages + 1,
        answered_ms=answered.answered_ms if progress.answered_ms is None else progress.answered_ms,
    )


def _with_shells(watermark: Watermark, answered: Answered, now_ms: int) -> Watermark:
    if not answered.shells:
        return watermark
    is_again = watermark.shells_since_ms is not None and not watermark.progress.has_shells
    return replace(
        watermark,
        shells_stay=watermark.shells_stay or is_again,
        progress=replace(watermark.progress, has_shells=True),
        shells=tuple(dict.fromkeys((*watermark.shells, *answered.shells)))[-MAX_SHELLS:],
        shells_since_ms=now_ms if watermark.shells_since_ms is None else watermark.shells_since_ms,
    )


def _endless(watermark: Watermark, answered: Answered) -> str:
    """Why the window is not followed any further, empty where it is."""
    progress, failures = watermark.progress, watermark.trouble.count if watermark.trouble else 0
    if _digest(answered.next_token) in progress.seen:
        return "a page's token came twice in one window: the list goes round in circles"
    if answered.version and answered.version in progress.seen:
        return "a page came twice in one window: the list goes round in circles"
    if progress.pages >= MAX_PAGES << min(failures, 10):
        return f"the list had no end after {progress.pages} pages"
    most_empty = MAX_EMPTY_PAGES << min(failures - 1, 10) if failures else FAST_PAGES
    if progress.empty_pages >= most_empty:
        return f"the list had no end after {progress.empty_pages} empty pages"
    return ""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()[:12]
