"""A time is read in whatever form it is written, and what is none is never taken for one."""

from decimal import Decimal

import pytest

from connector.smartconnect.wire.times import LATEST_MS, iso_time, moment_of, moment_of_epoch


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2020-06-09T14:00:00Z", 1_591_711_200_000),
        ("2020-06-09 14:00:00Z", 1_591_711_200_000),
        ("2020-06-09T14:00:00", 1_591_711_200_000),
        ("2020-06-09T19:30:00+05:30", 1_591_711_200_000),
        ("2020-06-09T14:00:00.123456Z", 1_591_711_200_123),
        ("2020-06-09t14:00:00z", 1_591_711_200_000),
        ("2020-161T14:00:00Z", 1_591_711_200_000),
        ("2020161T14:00Z", 1_591_711_200_000),
        ("2020-161", 1_591_660_800_000),
        ("2020-366T00:00:00Z", 1_609_372_800_000),
        ("2020-06-08T24:00:00Z", 1_591_660_800_000),
        ("2020-06-08 24:00", 1_591_660_800_000),
        ("20200608T240000.000+0000", 1_591_660_800_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("2016-12-31T23:59:60.250Z", 1_483_228_800_250),
        ("20161231T235960Z", 1_483_228_800_000),
        ("9999-12-31T23:59:59.999Z", LATEST_MS),
    ],
)
def test_times(written: str, expected: int) -> None:
    assert moment_of(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "nan",
        "2020-13-01",
        "2020-02-30T10:00:00Z",
        "2021-366T00:00:00Z",
        "2020-000",
        "2020-06-09T24:01:00Z",
        "2020-06-09T24:00:01Z",
        "2020-06-09T14:61:00Z",
        "2020-06-09T14:00:61Z",
        "9999-12-31T24:00:00Z",
        "12026-01-02T03:04:05Z",
        "Fri Jan 12 00:00:00 GMT 2024",
        "31/12/2026 10:00",
        "2020-06-09T14:00:00Z" * 500,
    ],
)
def test_what_is_no_time(written: str) -> None:
    assert moment_of(written) is None


def test_epochs_are_in_seconds_or_milliseconds() -> None:
    assert moment_of_epoch(Decimal(1_612_933_142)) == moment_of_epoch(Decimal("1612933142000")) == 1_612_933_142_000
    assert moment_of_epoch(Decimal("1612933142.5")) == 1_612_933_142_500
    assert moment_of_epoch(Decimal("1.62E+12")) == 1_620_000_000_000
    assert moment_of_epoch(Decimal(LATEST_MS)) == LATEST_MS
    assert moment_of_epoch(Decimal(LATEST_MS + 1)) is None, "no calendar could show it"
    assert moment_of_epoch(Decimal(-(10**20))) is None


def test_a_time_that_is_asked_for() -> None:
    assert iso_time(1_591_711_200_001) == "2020-06-09T14:00:00.001Z"
    assert iso_time(None) == ""
