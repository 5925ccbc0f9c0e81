"""Windows of polls: nothing is missed and nothing is asked for ever, whatever the clocks, the lag and the answers."""

import itertools
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.outcomes import Answer
from connector.domain.polling.windows import (
    FAST_PAGES,
    MAX_PAGES,
    Answered,
    Page,
    Watermark,
    WindowTerms,
    fail_window,
    is_ahead,
    is_misdated,
    open_sweep,
    open_window,
    page_wait_ms,
    resume,
    settle_page,
    window_wait_ms,
)
from connector.domain.quarantine import SLOWEST_BEAT_MS

MINUTE_MS = 60_000
TERMS = WindowTerms(look_back_ms=24 * 60 * MINUTE_MS, longest_ms=48 * 60 * MINUTE_MS)
START_MS = 1_772_445_600_000
NO = Answer(http_status=400)

elapsed = st.one_of(st.integers(0, 10_000), st.integers(0, 10 * MINUTE_MS), st.integers(0, 100 * 60 * MINUTE_MS))
skews = st.one_of(st.just(0), st.integers(-7, 7).map(lambda days: days * 24 * 60 * MINUTE_MS), st.integers(-90, 90))
# (what Amazon answers, after how long, how far the worker's clock is off, whether Amazon's Date was heard before)
answers = st.lists(
    st.tuples(st.sampled_from(["last", "page", "page", "fail", "late", "lost"]), elapsed, skews, st.booleans()),
    max_size=40,
)
# (when it changed, how much later the lists show it)
objects = st.lists(st.tuples(st.integers(-60 * MINUTE_MS, 300 * 60 * MINUTE_MS), st.integers(0, 7 * MINUTE_MS)))


@dataclass
class List:
    """One list of Amazon's, and the worker's row for it."""

    changes: list[tuple[int, int]]
    now_ms: int = START_MS
    row: Watermark | None = None
    seen: set[int] = field(default_factory=set)
    settled_ms: list[int] = field(default_factory=list)
    tokens: int = 0
    looks_back_to_ms: int = START_MS

    def poll(self, answer: str, skew_ms: int, *, is_dated: bool) -> None:
        asked_at_ms = self.now_ms if is_dated else self.now_ms + skew_ms
        opened, page = open_window(self.row, asked_at_ms, TERMS)
        if answer == "lost":
            return  # a crash before the outcome was settled: nothing is known of it
        row = resume(self.row, opened, opened.settled_ms if self.row is None else self.row.settled_ms)
        if self.row is None or is_ahead(self.row, self.now_ms):
            self.looks_back_to_ms = self.now_ms - TERMS.look_back_ms
        if answer != "fail":
            self._show(page)
        if self.row is None and is_misdated(page, self.now_ms):
            return
        if answer == "fail":
            self.row = fail_window(row, page, NO, self.now_ms)
            return
        self.tokens += 1
        answered = Answered(next_token=f"t{self.tokens}" if answer == "page" else "", answered_ms=self.now_ms)
        self.row = settle_page(row, page, answered, TERMS.lag_ms, self.now_ms)
        if answer == "late":
            assert settle_page(self.row, Page(0, 1), answered, TERMS.lag_ms, self.now_ms) == self.row
            assert fail_window(self.row, Page(0, 1), NO, self.now_ms) == self.row
        assert self.row.settled_ms <= self.now_ms - TERMS.lag_ms or self.row.page is not None

    def _show(self, page: Page) -> None:
        for number, (changed_ms, listed_ms) in enumerate(self.changes):
            within = changed_ms >= page.after_ms and (not page.is_bounded or changed_ms < page.before_ms)
            if within and listed_ms <= self.now_ms:
                self.seen.add(number)


@given(schedule=answers, changes=objects)
def test_whatever_lags_no_longer_than_lag_and_overlap_is_shown(
    schedule: list[tuple[str, int, int, bool]], changes: list[tuple[int, int]]
) -> None:
    amazon = List([(START_MS + at, START_MS + at + late) for at, late in changes])
    for answer, elapsed_ms, skew_ms, is_dated in schedule:
        amazon.now_ms += elapsed_ms
        amazon.poll(answer, skew_ms, is_dated=is_dated)
    for _ in range(30):  # of a list that is given: the open window, the long ones of a standstill, the last
        amazon.poll("last", 0, is_dated=True)
    listed = {
        number
        for number, (changed_ms, listed_ms) in enumerate(amazon.changes)
        if changed_ms >= amazon.looks_back_to_ms and listed_ms <= amazon.now_ms
    }
    assert listed <= amazon.seen


@given(st.lists(st.sampled_from(["t1", "t2", "t3", "new", ""]), min_size=1, max_size=200), st.integers(0, 3))
def test_a_window_ends(tokens: list[str], versions: int) -> None:
    """Settled, or failed: no token is asked for twice, and none without end."""
    row, page = open_window(None, START_MS, TERMS)
    asked: list[str] = []
    for number in range(3 * MAX_PAGES):
        asked.append(page.token)
        token = tokens[number % len(tokens)]
        token = f"new{number}" if token == "new" else token
        version = "" if versions == 0 else f"{number % versions}" if versions < 3 else f"v{number}"
        answered = Answered(next_token=token, version=version, answered_ms=START_MS)
        row = settle_page(row, page, answered, TERMS.lag_ms, START_MS)
        if row.page is None:
            break
        page = row.page
    assert row.page is None
    assert len(asked) == len(set(asked)) <= MAX_PAGES
    if row.trouble is not None:
        assert window_wait_ms(row.trouble, len(asked)) >= min(SLOWEST_BEAT_MS, 15_000 * (len(asked) - FAST_PAGES))


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=12))
def test_a_list_in_trouble_is_asked_ten_times_a_minute_at_most(windows: list[tuple[int, bool]]) -> None:
    """Each window fails at its last page, and goes round in circles or is empty before."""
    row: Watermark | None = None
    now_ms, calls = START_MS, list[int]()
    for pages, is_empty in windows:
        row, page = open_window(row, now_ms, TERMS)
        before = len(calls)
        for number in range(pages - 1):
            calls.append(now_ms)
            version = "" if is_empty else f"v{number}"
            answered = Answered(next_token=f"t{number}", version=version, answered_ms=now_ms)
            row = settle_page(row, page, answered, TERMS.lag_ms, now_ms)
            if row.page is None:  # too many empty ones
                break
            page, now_ms = row.page, now_ms + page_wait_ms(row)
        if row.page is not None:
            calls.append(now_ms)
            row = fail_window(row, page, NO, now_ms)
        assert row.trouble is not None
        now_ms += window_wait_ms(row.trouble, len(calls) - before)
    for begin in calls:
        assert sum(1 for at in calls if begin <= at < begin + MINUTE_MS) <= 10


def test_a_token_that_leads_nowhere_once_holds_up_no_list() -> None:
    """Two seconds, and the window is asked for from its first page; where that fails too it is parked, so told of."""
    row: Watermark | None = None
    calls: list[int] = []
    now_ms = START_MS
    for failure in range(2):
        row, page = open_window(row, now_ms, TERMS)
        for number in itertools.count():
            calls.append(now_ms)
            answered = Answered(next_token=f"t{failure}.{number}", answered_ms=now_ms)
            row = settle_page(row, page, answered, TERMS.lag_ms, now_ms)
            if row.page is None:
                break
            page, now_ms = row.page, now_ms + page_wait_ms(row)
        assert row.trouble is not None
        assert row.trouble.is_parked == (failure == 1)
        if failure == 0:
            now_ms += window_wait_ms(row.trouble, len(calls))
            assert now_ms - START_MS <= 2_000
    assert len(calls) <= 20, "no list is called more often without an alert"


def test_a_failure_that_is_read_again_after_a_crash_counts_once() -> None:
    """A worker that was killed five times parked a list that Amazon had not given once."""
    opened, page = open_window(None, START_MS, TERMS)
    row = fail_window(resume(None, opened, opened.settled_ms), page, NO, START_MS)
    for _ in range(5):
        row = fail_window(resume(row, opened, opened.settled_ms), page, NO, START_MS)
    assert row.trouble is not None
    assert row.trouble.count == 1
    again, page = open_window(row, START_MS, TERMS)
    row = fail_window(resume(row, again, row.settled_ms), page, NO, START_MS)
    assert row.trouble is not None
    assert row.trouble.count == 2, "another one does"


def test_a_token_that_leads_nowhere_after_another_fault_parks_no_list() -> None:
    row, page = open_window(None, START_MS, TERMS)
    row, page = open_window(fail_window(row, page, NO, START_MS), START_MS, TERMS)
    for token in ("t1", "t1"):
        assert row.page is not None
        row = settle_page(row, row.page, Answered(next_token=token, answered_ms=START_MS), TERMS.lag_ms, START_MS)
    assert (row.page, row.trouble is not None and row.trouble.is_parked) == (None, False)


@given(st.integers(0, 10), st.booleans())
def test_a_sweep_asks_without_a_bound(pages: int, is_first: bool) -> None:
    row, page = open_sweep(None if is_first else Watermark(START_MS - 1), START_MS)
    assert (page.after_ms, page.is_bounded) == (0, False)
    for number in range(pages):
        answered = Answered(next_token=f"t{number}", version=f"v{number}", answered_ms=START_MS)
        row = settle_page(row, page, answered, TERMS.lag_ms, START_MS)
        assert row.page is not None
        page = row.page
    settled = settle_page(row, page, Answered(answered_ms=START_MS), TERMS.lag_ms, START_MS)
    assert (settled.page, settled.trouble) == (None, None)


def test_a_first_poll_looks_back_so_far_and_no_further() -> None:
    _, page = open_window(None, START_MS, WindowTerms())
    assert page.after_ms == START_MS - (24 * 60 + 2 + 5) * MINUTE_MS


def test_after_a_long_standstill_the_windows_are_no_longer_than_allowed() -> None:
    row: Watermark | None = Watermark(START_MS - 20 * 24 * 60 * MINUTE_MS)
    bounds = []
    for _ in range(3):
        row, page = open_window(row, START_MS, WindowTerms())
        bounds.append((START_MS - page.before_ms) // (24 * 60 * MINUTE_MS))
        row = settle_page(row, page, Answered(answered_ms=START_MS), 2 * MINUTE_MS, START_MS)
    assert bounds == [13, 6, 0]
    assert row == Watermark(START_MS - 2 * MINUTE_MS)


def test_a_window_of_version_0_1_is_resumed_and_settled() -> None:
    """It ended `lag_ms` ago, and kept no time of Amazon's."""
    before = Watermark(START_MS - 5 * MINUTE_MS, Page(START_MS - 10 * MINUTE_MS, START_MS - 2 * MINUTE_MS, "token"))
    row, page = open_window(before, START_MS, TERMS)
    assert page == before.page
    assert settle_page(row, page, Answered(), TERMS.lag_ms, START_MS).settled_ms == START_MS - 2 * MINUTE_MS
    assert fail_window(row, page, NO, START_MS).settled_ms == before.settled_ms


def test_another_set_of_locations_is_looked_back_for() -> None:
    row = Watermark(START_MS - 3 * MINUTE_MS, scope="a")
    assert open_window(row, START_MS, TERMS, "a")[0].settled_ms == row.settled_ms
    wider, page = open_window(row, START_MS, TERMS, "b")
    assert wider.settled_ms == START_MS - TERMS.look_back_ms - TERMS.lag_ms
    assert resume(row, wider, row.settled_ms).page == page, "its outcome is not taken for a late one"
