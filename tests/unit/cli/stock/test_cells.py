"""What spreadsheets make of identifiers, in every costume; what is a SKU all the same is left alone."""

import pytest

from connector.cli.shared.formulas import guarded
from connector.cli.stock.cells import csv_text, xlsx_text

AS_TEXT = "format the column as text"

SPOILT = [
    *(
        "4.00638E+12",
        "4,00638E+12",
        "4.00638E12",
        "4.00638e+12",
        "4,00638e12",
        "4E+12",
        "4.E+12",
        "1.2E-05",
        "-4.0E+12",
    ),
    *("4006381333931.0", "4006381333931,0", "4006381333931.00", "4006381333931.", "12.0"),
    *('="0012345678905"', "=0012345678905", '=("0012")', "=A1", "=T(0012)"),
    *("'0012345678905", "\u20190012345678905", "`0012", "'SKU-1", '"0012345678905"'),
    *("4,006,381,333,931", "4.006.381.333.931", "4 006 381 333 931", "4'006'381'333'931"),
]
SKUS = [
    *("0012345678905", "4006381333931", "SKU-1", "12E4", "100E2", "E+12", "4E", "1.5E+12-B", "12E+"),
    *(
        "A.0",
        "1.5",
        "10.25",
        "1.2.3",
        "v1.0",
        "CABLE 1.0",
        "5'",
        'TV 5"',
        "it's",
        "#12",
        "1-2",
        "1,234",
        "1.234",
        "12 345",
    ),
    *("_x", "_x000", "x000D", "-", "-1", "+49", "@home", "na\u00efve", "\u0938\u093e\u0921\u093c\u0940"),
]


@pytest.mark.parametrize("text", SPOILT)
@pytest.mark.parametrize("read", [csv_text, lambda text: xlsx_text(text, "General")], ids=["csv", "xlsx"])
def test_a_costume_is_refused_with_the_remedy(read: type[str], text: str) -> None:
    for padded in (text, f"  {text}\t", f"\u00a0{text}"):
        with pytest.raises(ValueError, match=AS_TEXT):
            read(padded)


@pytest.mark.parametrize("text", SKUS)
def test_a_sku_is_itself(text: str) -> None:
    assert csv_text(f" {text} ") == xlsx_text(f" {text} ", "General") == text


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\tb", "a\x00b", "a\u200bb", "\ufeffa", "a\u00a0b", "a\n"])
def test_a_character_that_nobody_sees_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        csv_text(text)


@pytest.mark.parametrize("text", ["4006381333931_x000D_", "_x000D_", "a_x000A_b", "a_x000d_", "_x0009_a\n"])
def test_an_escape_of_a_control_character_is_told_wherever_it_stands(text: str) -> None:
    for read in (csv_text, lambda text: xlsx_text(text, "General")):
        with pytest.raises(ValueError, match="control character"):
            read(text)


def test_an_escaped_underscore_is_one() -> None:
    assert xlsx_text("a_x005F_x0041_b", "General") == "a_x0041_b"


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (4006381333931, "General", "4006381333931"),
        (4006381333931.0, "0", "4006381333931"),
        (4006381333931, "#,##0", "4006381333931"),
        (12, "0.00", "12"),
        (12, "_-* #,##0_-", "12"),
        (4006381333931, "0000000000000", "4006381333931"),
        (0, "@", "0"),
        (None, "0000", ""),
    ],
)
def test_a_number_that_is_shown_as_it_is(value: object, number_format: str, shown: str) -> None:
    assert xlsx_text(value, number_format) == shown


@pytest.mark.parametrize(
    ("value", "number_format"),
    [
        (12345678905, "0000000000000"),
        (12345678905, '"00"0'),
        (12345678905, "00\\-0000\\-00000"),
        (12345678905, "000-00-000000"),
        (12345678905, "[Red]0000000000000;-0"),
        (4006380000000, "0.00E+00"),
        (4006381333931, "#,##0,"),
        (12, "0%"),
        (123456789012345678, "0"),
        (1e300, "0"),
        (8.5, "General"),
        (True, "General"),
    ],
)
def test_a_number_that_hides_its_digits_is_told(value: object, number_format: str) -> None:
    with pytest.raises(ValueError, match="text"):
        xlsx_text(value, number_format)


@pytest.mark.parametrize("text", ["\t=1", "\r=1", " =1", "\n+1", "\x00=1", "\uff1d1", "\u00a0@x"])
def test_what_a_spreadsheet_passes_over_hides_no_formula(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["=1+1", "+49", "-1", "@home", "'", "'=1", "''a", "SKU-1", "5'", "", "\uff1d1", "\uff201"]
)
def test_what_an_export_guards_comes_back_as_it_was(text: str) -> None:
    shown = guarded(text)
    assert not shown.startswith(("=", "+", "-", "@"))
    if text not in ("=1+1",):
        assert csv_text(shown) == text
