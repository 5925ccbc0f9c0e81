"""The search for what nobody may read: it finds each marker, and none in a clock's digits."""

import pytest

from tests.kit.flows.markers import BUYERS, SECRETS, parts, places

MARKERS = parts(BUYERS | SECRETS)


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_is_found_wherever_it_stands(marker: str) -> None:
    for text in (marker, f'"{marker}"', f"x{marker}y", f"Z{marker}Z 2026-11-27T02:01:53.111111Z {marker}"):
        assert places(text, [marker])


@pytest.mark.parametrize(
    "text",
    [
        '{"event": "Recovery complete", "timestamp": "2026-11-27T02:01:53.365418Z"}',
        '{"answered_at": 1798712365411, "call_id": "98712a3654136542560977aaaaaaaaaa"}',
        "connector_calls_created 1.79871236541e+09",
    ],
)
def test_a_clock_and_an_id_are_no_marker(text: str) -> None:
    assert places(text, MARKERS) == []
    assert any(marker in text for marker in MARKERS), "which the digits alone would be"
