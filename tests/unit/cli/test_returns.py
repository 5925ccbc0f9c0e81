"""What the dock scans, and what it is shown of the return."""

import pytest

from connector.cli.returns import found_by, return_lines, return_record
from connector.cli.shared.screen import tell
from connector.domain.returns.events import ReturnRow
from connector.domain.returns.facts import TrackingInfo
from tests.kit.returns import returned

FACTS = returned(previous_tracking=(TrackingInfo("ATS", "AWB-0"),), otp_valid_till_ms=2_000)


@pytest.mark.parametrize(
    ("scanned", "by"),
    [
        ("AWB-1", "tracking_id"),
        ("awb-1", "tracking_id"),
        ("AWB-0", "earlier_tracking_id"),
        ("RMA-1", "rma_id"),
        ("R1", "return_id"),
        ("S1", "shipment_id"),
        ("AWB", ""),
        ("LOC", ""),
        ("4711", ""),
        ("O-S1", ""),
    ],
)
def test_a_whole_id_finds_it_in_either_case(scanned: str, by: str) -> None:
    assert found_by(FACTS, scanned) == by


def test_what_amazon_leaves_out_is_no_id() -> None:
    bare = returned(rma_id="", shipment_id="", reverse_tracking=None)
    assert found_by(bare, "") == ""


def test_all_that_the_dock_needs_is_shown() -> None:
    record = return_record("M1", ReturnRow(FACTS, ("S2", "S3")), "tracking_id")
    assert list(return_lines(record | {"client_sku": "4006381333931"}, now_ms=1_000)) == [
        "return R1 of RMA RMA-1: CREATED since 1970-01-01T00:00:00+00:00",
        "  merchant M1, shipment S1, order O-S1",
        "  expect 2 of SKU A (4006381333931) at LOC",
        "  OTP 4711, valid until 1970-01-01T00:00:02+00:00",
        "  tracking ATS AWB-1",
        "  replaced by shipment S2, S3",
    ]


def test_an_otp_that_expired_is_said_to_have() -> None:
    record = return_record("M1", ReturnRow(FACTS), "tracking_id")
    assert "  OTP 4711, expired at 1970-01-01T00:00:02+00:00" in return_lines(record, now_ms=3_000)


def test_what_is_missing_is_shown_as_missing() -> None:
    bare = returned(
        rma_id="", shipment_id="", order_id="", sku="", otp="", return_location_id="", reverse_tracking=None
    )
    lines = list(return_lines(return_record("M1", ReturnRow(bare), "return_id"), now_ms=1_000))
    assert lines[1:] == ["  merchant M1, shipment ?, order ?", "  expect 2 of SKU ?", "  no OTP"]


def test_what_strangers_wrote_never_drives_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    odd = "\x1b]0;title\x07\x1b[2J\nreturn R9"
    facts = returned(
        **dict.fromkeys(("return_id", "rma_id", "status", "sku", "otp", "order_id"), odd),
        reverse_tracking=TrackingInfo(odd, odd),
    )
    lines = list(return_lines(return_record("M1", ReturnRow(facts), "return_id"), now_ms=1_000))
    for line in lines:
        tell(line)
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == len(lines)
    assert not {"\x1b", "\x07"} & set(shown)
