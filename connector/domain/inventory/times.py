"""Times of updates: one in the future would freeze its SKU, since the newest wins."""

_LARGER_UNITS = (("microseconds", 1_000), ("nanoseconds", 1_000_000))
_TEN_YEARS_MS = 10 * 365 * 86_400_000
_SPANS = (("years", 365 * 86_400_000), ("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000))


def time_fault(occurred_at_ms: int, now_ms: int) -> str:
    """What is wrong with a time that is not after 1970, or too far ahead of now; and the remedy."""
    if occurred_at_ms <= 0:
        return f"{occurred_at_ms} is no time; send milliseconds since 1970 (UTC)"
    for unit, factor in _LARGER_UNITS:
        if abs(occurred_at_ms // factor - now_ms) < _TEN_YEARS_MS:
            remedy = f"these look like {unit}: send milliseconds since 1970 (UTC)"
            break
    else:
        remedy = "set the clock that it was stamped by, and send milliseconds since 1970 (UTC)"
    return f"{occurred_at_ms} is {_span(occurred_at_ms - now_ms)} ahead of the clock; {remedy}"


def _span(span_ms: int) -> str:
    for name, unit_ms in _SPANS:
        if span_ms >= 2 * unit_ms:
            return f"{span_ms // unit_ms:,} {name}"
    return f"{span_ms / 1000:g} seconds"
