"""Windows of polls: no moment is left out, none is settled before all of its pages are, whatever gets lost."""

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.windows import Page, Watermark, WindowTerms, drop_window, open_window, settle_page

TERMS = WindowTerms(overlap_ms=300, lag_ms=120, look_back_ms=5_000, longest_ms=2_000)
events = st.lists(
    st.one_of(
        st.tuples(st.just("poll"), st.integers(0, 3_000)),
        st.tuples(st.sampled_from(["page", "last", "late", "drop", "restart"]), st.just(0)),
    ),
    max_size=60,
)


@given(schedule=events, started_ms=st.integers(10_000, 20_000))
def test_no_moment_is_left_out(schedule: list[tuple[str, int]], started_ms: int) -> None:
    now_ms, watermark = started_ms, open_window(None, started_ms, TERMS)
    covered_ms = started_ms - TERMS.lag_ms - TERMS.look_back_ms
    for event, elapsed_ms in schedule:
        before, page = watermark, watermark.page
        now_ms += elapsed_ms
        match event:
            case "poll" | "restart":
                watermark = open_window(watermark, now_ms, TERMS)
                assert before.page is None or watermark == before, "an open window is resumed, page and all"
            case "page" if page:
                watermark = settle_page(watermark, page, f"{page.token}x")
                assert watermark.settled_ms == before.settled_ms, "not before the last page"
            case "last" if page:
                assert page.after_ms <= covered_ms, "windows overlap"
                watermark, covered_ms = settle_page(watermark, page, ""), page.before_ms
            case "late":
                assert settle_page(watermark, Page(0, 1), "") == watermark
                assert drop_window(watermark, Page(0, 1)) == watermark
            case "drop" if page:
                watermark = drop_window(watermark, page)
                assert watermark.page is None
        assert watermark.settled_ms >= before.settled_ms
        assert watermark.settled_ms == covered_ms
        if watermark.page is not None:
            assert watermark.page.before_ms <= now_ms - TERMS.lag_ms
            assert watermark.page.before_ms - watermark.settled_ms <= TERMS.longest_ms


def test_a_first_poll_looks_back_so_far_and_no_further() -> None:
    page = open_window(None, 100_000, TERMS).page
    assert page == Page(100_000 - 120 - 5_000 - 300, 100_000 - 120 - 5_000 + 2_000)


def test_there_is_nothing_to_ask_within_the_lag() -> None:
    assert open_window(Watermark(99_900), 100_000, TERMS).page is None


def test_a_refused_window_is_asked_for_again_from_its_first_page() -> None:
    first = open_window(Watermark(90_000), 100_000, TERMS)
    assert first.page is not None
    second = settle_page(first, first.page, "token")
    assert second.page is not None
    assert open_window(drop_window(second, second.page), 100_000, TERMS) == first
