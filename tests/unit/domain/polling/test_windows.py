"""Whether a window that said nothing new may leave its row as it is."""

import pytest

from connector.domain.polling.windows import (
    Answered,
    Page,
    Watermark,
    WindowTerms,
    is_where_it_was,
    open_window,
    settle_page,
)

NOW_MS = 1_772_445_600_000
HERE = "0badcafe"
ROW = Watermark(NOW_MS - 120_000, scope=HERE)
SECOND_PAGE = Page(NOW_MS - 420_000, NOW_MS - 1_000, token="2", is_bounded=False)


def test_the_next_window_of_a_row() -> None:
    opened, page = open_window(ROW, NOW_MS, WindowTerms(), HERE)
    assert is_where_it_was(ROW, opened)
    assert (page.after_ms, page.token, page.is_bounded) == (ROW.settled_ms - 300_000, "", False)


@pytest.mark.parametrize(
    "row",
    [
        Watermark(NOW_MS + 86_400_000, scope=HERE),  # set back, for it lay in the future
        Watermark(NOW_MS - 120_000, scope="another"),  # set back, for it was of other locations
        Watermark(NOW_MS - 120_000),  # version 0.1 kept no locations
        Watermark(NOW_MS - 120_000, scope=HERE, page=SECOND_PAGE),  # a part of a window
    ],
)
def test_not_one_that_must_be_kept(row: Watermark) -> None:
    opened, _ = open_window(row, NOW_MS, WindowTerms(), HERE)
    assert not is_where_it_was(row, opened)


def test_not_one_that_was_had_in_part_before() -> None:
    opened, page = open_window(ROW, NOW_MS, WindowTerms(), HERE)
    half = settle_page(opened, page, Answered(next_token="2", version="v"), 120_000, NOW_MS)
    assert half.page is not None
    assert not is_where_it_was(ROW, half)
