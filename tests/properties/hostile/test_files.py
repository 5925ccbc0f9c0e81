"""Whatever file an operator hands over, and whatever a setting or a secret holds: what is in it, or why not, soon."""

import tempfile
from functools import partial
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook

from connector.cli.stock.sheets import load_sheet
from connector.errors import InputFileError, MerchantsError
from connector.kafka.faults import _plain
from connector.merchants import Merchants, parse_merchants
from connector.settings import PREFIX
from connector.settings.addresses import checked_brokers, checked_documents_url, checked_hosts, checked_url
from connector.settings.variables import given_settings, without_space_around
from connector.smartconnect import refresh_tokens
from tests.kit.cases import case_file
from tests.kit.hostile import LONG, TEXTS, outcome_of, spoilt_bytes, thrown

COLUMNS = ("merchant", "location", "sku", "sequence")
TOML = case_file("merchants.toml").read_bytes()
TOML_FRAGMENTS = (
    *(b"a=" + b"[" * 5_000, b"a=" + b"{a=" * 5_000, b"a=" + b"9" * 5_000, b"a=0x" + b"f" * LONG, b"\n[[merchants]]\n"),
    *(b"a" + b".a" * 50_000 + b"=1\n", b"[a" + b".b" * 50_000 + b"]\n", b'a."' + b'"."' * 50_000 + b'"=1\n'),
    *(b'"""', b"'''", b'"""\\"' * 50_000, b"a" + b" " * LONG, b'"' * LONG, b"'" * LONG, b"#" * LONG, b"a=1979-99-99\n"),
    *(b"a=[" + b"1," * LONG + b"]\n", b"a=1_" * 1_000, b'"\\ud800"', b"\\U00110000", b"a.b = 1\n" * 20_000),
)
CSV = b"merchant,location,sku,sequence\nM1,EXSB,a,1\nM1,EXSB,b,2\n"
SHEET = "xl/worksheets/sheet1.xml"
XML_FRAGMENTS = (
    *(b'<row r="1000000000">', b'<row r="1' + b"0" * 30 + b'">', b'<row r="-5">', b"<row/>" * 30_000, b"<a>" * 50_000),
    *(b'<c r="ZZZ3">', b'<c r="XFD1048576"><v>1</v></c>', b"<v>1E+9999999999</v>", b"<v>" + b"9" * LONG + b"</v>"),
    *(b'<c r="A2" t="s"><v>-1</v></c>', b'<c t="d"><v>x</v></c>', b"&a;", b"<!DOCTYPE x [", b"</row>", b"_x0000_"),
)


def _workbook() -> bytes:
    book, saved = Workbook(), BytesIO()
    for row in (COLUMNS, ("M1", "EXSB", "a", 1), ("M1", "EXSB", "b", 2)):
        book.active.append(row)
    book.save(saved)
    return saved.getvalue()


XLSX = _workbook()
SHEET_XML = ZipFile(BytesIO(XLSX)).read(SHEET)


def with_part(name: str, content: bytes) -> bytes:
    """The workbook with another part in place of that one."""
    changed, source = BytesIO(), ZipFile(BytesIO(XLSX))
    with ZipFile(changed, "w", ZIP_DEFLATED) as archive:
        for part in source.namelist():
            archive.writestr(part, content if part == name else source.read(part))
    return changed.getvalue()


def loaded(content: bytes) -> object:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return outcome_of(lambda: load_sheet(Path(file.name), COLUMNS), InputFileError)


@given(spoilt_bytes(TOML, TOML_FRAGMENTS))
@thrown
def test_a_merchants_file(content: bytes) -> None:
    found = outcome_of(lambda: parse_merchants(content, "file"), MerchantsError)
    if isinstance(found, Merchants):
        assert all("|" not in merchant.merchant_id and merchant.merchant_id.isprintable() for merchant in found)


@pytest.mark.parametrize("fragment", TOML_FRAGMENTS, ids=range(len(TOML_FRAGMENTS)))
def test_each_fragment_of_toml(fragment: bytes) -> None:
    with pytest.raises(MerchantsError):
        parse_merchants(fragment + TOML, "file")
    outcome_of(lambda: parse_merchants(fragment + TOML, "file"), MerchantsError)


@given(spoilt_bytes(CSV, (b'"', b"\r", b"\0", b"sep=", b"," * 5_000, b"\n" * 5_000, b"=1+1", b"'" * 50, b"1E+9")))
@thrown
def test_a_csv_file(content: bytes) -> None:
    loaded(content)


@given(st.one_of(spoilt_bytes(SHEET_XML, XML_FRAGMENTS).map(lambda xml: with_part(SHEET, xml)), spoilt_bytes(XLSX)))
@thrown
def test_an_xlsx_file(content: bytes) -> None:
    loaded(content)


@given(st.one_of(st.sampled_from(TEXTS), st.text(max_size=300)))
@example('{"a":' * 5_000)
@example("[" * 5_000)
@thrown
def test_a_secret(text: str) -> None:
    outcome_of(lambda: refresh_tokens.token_in(text, "here"))


@given(st.one_of(st.sampled_from(TEXTS), st.text(max_size=300)))
@thrown
def test_a_setting(text: str) -> None:
    outcome_of(lambda: without_space_around(f"a{text}b"))
    outcome_of(lambda: given_settings({f"{PREFIX}{text}": text}, PREFIX, {f"{PREFIX}APP_ID"}))
    for check in (checked_brokers, checked_documents_url, checked_hosts, checked_url):
        outcome_of(partial(check, text), ValueError)


@pytest.mark.parametrize("size", [LONG, 1_000_000])
def test_the_patterns_take_no_more_time_than_their_text_is_long(size: int) -> None:
    outcome_of(lambda: without_space_around(f"a{' ' * size}b"))
    outcome_of(lambda: given_settings({f"{PREFIX}A{'_SERVICE_PORT_x' * (size // 15)}-": "1"}, PREFIX, set()))
    for text in (" (after 1ms in state " + "a" * size, " (after 1ms in state a" * (size // 22), "a:" * (size // 2)):
        outcome_of(partial(_plain, text))
