"""The merchants file: every fault at once and by path; a faulty new version is refused whole."""

import re
from pathlib import Path

import pytest

from connector.errors import MerchantsError
from connector.merchants import OPERATIONS, Limit, load_merchants, parse_merchants
from connector.merchants_file import MerchantsFile
from tests.kit.cases import case_file

ROOT = Path(__file__).parents[2]
GOOD = """
[[merchants]]
merchant_id = "A1"
marketplace_id = "M1"
refresh_token_env = "TOKEN_A1"
[[merchants.locations]]
location_id = "EXSB"
program = "SELLER_FLEX"
[[merchants]]
merchant_id = "A2"
marketplace_id = "M1"
refresh_token_secret = "prod/amazon/A2"
orders = false
[[merchants.locations]]
location_id = "L1"
program = "SELF_SHIP"
oms_locations = ["WH1", "WH2"]
inventory = false
[merchants.limits]
inventory = {rate = 2, burst = 3}
"""


def faults(content: str) -> list[str]:
    with pytest.raises(MerchantsError) as caught:
        parse_merchants(content.encode(), "merchants.toml")
    return sorted(caught.value.faults)


@pytest.mark.parametrize("time", ["2:30", "24:00", "02:60", "02:30Z", "nightly", "02:30:00"])
def test_a_night_has_a_time_of_day(time: str) -> None:
    first = 'refresh_token_env = "TOKEN_A1"'
    remedy = 'give a time of day in UTC, such as "02:30", or leave it out'
    assert faults(GOOD.replace(first, f'{first}\nreconcile_at = "{time}"')) == [
        f"merchants[0].reconcile_at: {remedy}",
    ]
    (known, other) = parse_merchants(GOOD.replace(first, f'{first}\nreconcile_at = "23:59"').encode(), "")
    assert (known.reconcile_at, other.reconcile_at) == ("23:59", "")


def test_what_an_editor_adds_changes_nothing() -> None:
    content = case_file("merchants-bom.toml").read_bytes()
    plain = content.decode("utf-8-sig").replace("\r\n", "\n").encode()
    read = parse_merchants(content, "merchants.toml")
    assert read == parse_merchants(plain, "merchants.toml")
    assert [location.location_id for merchant in read for location in merchant.locations] == ["EXSB", "EXMF"]


def test_another_encoding_is_told() -> None:
    with pytest.raises(MerchantsError) as caught:
        parse_merchants(GOOD.encode("utf-16"), "merchants.toml")
    assert "UTF-8" in caught.value.faults[0]


def test_what_is_left_out_has_its_default() -> None:
    merchants = parse_merchants(GOOD.encode(), "merchants.toml")
    first, second = merchants
    assert (first.mode, first.inventory_batch_size, first.poll_interval_s) == ("active", 1, 5)
    assert first.locations[0].channel_name == "FBA"
    assert first.locations[0].oms_locations == ("EXSB",)
    assert first.location_for("EXSB") is first.location("EXSB") is first.locations[0]
    assert second.locations[0].channel_name == "MFN"
    assert second.location_for("WH2") is second.locations[0]
    assert second.location("WH2") is None
    assert merchants.get("A3") is None


def test_limits_are_the_agreed_ones_unless_given() -> None:
    first, second = parse_merchants(GOOD.encode(), "merchants.toml")
    assert {first.limits.of(name).rate for name in ("inventory", "get_shipment")} == {6}
    assert second.limits.of("inventory") == Limit(rate=2, burst=3)
    assert set(first.limits.by_operation) == set(OPERATIONS)
    with pytest.raises(KeyError):
        first.limits.of("orders")


def test_a_switch_that_is_off_for_the_merchant_is_off_at_each_location() -> None:
    _, second = parse_merchants(GOOD.encode(), "merchants.toml")
    (location,) = second.locations
    assert [what for what in ("inventory", "orders", "returns") if second.flows(location, what)] == ["returns"]


def test_all_faults_are_told_at_once_by_path() -> None:
    told = faults(
        """
[[merchants]]
merchant_id = " A1"
refresh_token = "x"
inventory_batch_size = 11
kms_key_arn = "key"
[[merchants.locations]]
location_id = "EXSB"
program = "FLEX"
[[merchants.locations]]
location_id = "EXSC"
program = "EASY_SHIP"
oms_locations = ["WH1", "WH2"]
[merchants.limits]
inventory = {rate = 0}
orders = {rate = 1}
[[merchants]]
merchant_id = "A2"
marketplace_id = "M1"
refresh_token_env = "T"
locations = []
"""
    )
    assert [fault.split(":")[0] for fault in told] == [
        "merchants[0].inventory_batch_size",
        "merchants[0].kms_key_arn",
        "merchants[0].limits.inventory.rate",
        "merchants[0].limits.orders",
        "merchants[0].locations[0].program",
        "merchants[0].locations[1].oms_locations",
        "merchants[0].marketplace_id",
        "merchants[0].merchant_id",
        "merchants[0].refresh_token",
        "merchants[0].refresh_token_secret",
        "merchants[1].locations",
    ]


def test_duplicates_are_told_even_beside_other_faults() -> None:
    told = faults(
        GOOD.replace('"A2"', '"A1"').replace('["WH1", "WH2"]', '["WH1", "WH1"]').replace("rate = 2", "rate = 0")
    )
    assert [fault for fault in told if "is used" in fault] == [
        "merchants: merchant_id A1 is used 2 times; once is allowed",
        "merchants[1].locations: oms_locations WH1 is used 2 times; once is allowed",
    ]
    assert len(told) == 3


def two_programs(**second: str) -> str:
    """A place for Easy Ship and Self Ship."""
    tables = ({"program": '"EASY_SHIP"'}, {"program": '"SELF_SHIP"', **second})
    head = '[[merchants]]\nmerchant_id = "A1"\nmarketplace_id = "IN"\nrefresh_token_env = "T"\n'
    places = ({"location_id": '"L1"', "oms_locations": '["WH1"]'} | table for table in tables)
    return head + "".join(
        "[[merchants.locations]]\n" + "".join(f"{key} = {value}\n" for key, value in place.items()) for place in places
    )


def test_a_location_may_serve_two_programs() -> None:
    merchant = parse_merchants(two_programs().encode(), "file").get("A1")
    assert merchant is not None
    (place,) = merchant.locations
    assert (place.location_id, place.program, place.oms_locations) == ("L1", "EASY_SHIP", ("WH1",))
    assert merchant.location("L1") == merchant.location_for("WH1") == place


@pytest.mark.parametrize(
    ("second", "named"),
    [
        ({"channel_name": '"FBA"'}, "channel_name must be the same"),
        ({"program": '"SELLER_FLEX"'}, "channel_name must be the same"),
        ({"oms_locations": '["WH1", "WH2"]'}, "oms_locations must be the same"),
        ({"announce": '"CREATED"', "returns": "false"}, "returns, announce must be the same"),
        ({"program": '"EASY_SHIP"'}, "location_id L1 is used 2 times for EASY_SHIP"),
    ],
)
def test_what_its_two_tables_say_of_the_place_is_the_same(second: dict[str, str], named: str) -> None:
    (told,) = faults(two_programs(**second))
    assert told.startswith("merchants[0].locations: ")
    assert named in told


@pytest.mark.parametrize("key", ["refresh_token_env", "refresh_token_file", "refresh_token_secret"])
def test_a_token_put_where_its_name_belongs_is_not_shown(key: str) -> None:
    (told,) = faults(GOOD.replace('refresh_token_env = "TOKEN_A1"', f'{key} = "Atzr|s3cret"'))
    assert told.startswith(f"merchants[0].{key}: ")
    assert "not the token itself" in told
    assert "s3cret" not in told


@pytest.mark.parametrize("content", ["not toml", "[[merchants]\n", "merchants = 1", "merchants = []", ""])
def test_a_file_that_is_something_else_is_told(content: str) -> None:
    assert len(faults(content)) == 1


def test_a_missing_file_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(MerchantsError, match="CONNECTOR_MERCHANTS_FILE"):
        load_merchants(tmp_path / "merchants.toml")


def test_the_example_is_a_good_file() -> None:
    (merchant,) = load_merchants(ROOT / "merchants.example.toml")
    assert merchant.mode == "active", "the examples of docs/ run against it"


@pytest.mark.parametrize("odd", ["A|2", "|2", "A|", "A\\u00002", "A\\u001b[2J", "A\\n2", "A\\u00852", "A\\u007f"])
@pytest.mark.parametrize("name", ["merchant_id", "marketplace_id", "location_id", "channel_location_id"])
def test_an_id_has_no_bar_and_no_control_character(name: str, odd: str) -> None:
    """A bar stands between the parts of our keys; a control character would drive the terminals that show it."""
    text = (
        '[[merchants]]\nmerchant_id = "A1"\nmarketplace_id = "IN"\nrefresh_token_env = "T"\n'
        '[[merchants.locations]]\nlocation_id = "L1"\nchannel_location_id = "C1"\nprogram = "SELF_SHIP"\n'
        'oms_locations = ["W|1", "W 2"]\n'
    )
    parse_merchants(text.encode(), "file")
    faulty = re.sub(rf'^{name} = ".*"', lambda _: f'{name} = "{odd}"', text, flags=re.MULTILINE)
    with pytest.raises(MerchantsError, match=rf"{name}: text without"):
        parse_merchants(faulty.encode(), "file")


class TestReload:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "merchants.toml"
        path.write_text(GOOD)
        return path

    def test_what_changed_is_told_once(self, path: Path) -> None:
        file = MerchantsFile(path)
        assert file.poll() is None
        path.write_text(GOOD.replace("A2", "A3").replace("EXSB", "EXSC"))
        diff = file.poll()
        assert diff is not None
        assert [merchant.merchant_id for merchant in diff.added] == ["A3"]
        assert [merchant.merchant_id for merchant in diff.removed] == ["A2"]
        assert [(was.locations[0].location_id, now.locations[0].location_id) for was, now in diff.changed] == [
            ("EXSB", "EXSC")
        ]
        assert file.current.get("A3") is not None
        assert file.poll() is None

    @pytest.mark.parametrize(
        "faulty",
        [
            *(GOOD.replace("A2", "A1"), "garbage", None),
            *("a=" + "[" * 5_000, "a=" + "9" * 5_000, "a" + ".a" * 50_000 + "=1", "a=[" + "1," * 600_000 + "]"),
        ],
        ids=["twice", "garbage", "gone", "brackets", "digits", "dotted", "entries"],
    )
    def test_a_faulty_version_is_refused_whole_and_the_old_one_stays(self, path: Path, faulty: str | None) -> None:
        file = MerchantsFile(path)
        before = file.current
        if faulty is None:
            path.unlink()
        else:
            path.write_text(faulty)
        with pytest.raises(MerchantsError):
            file.poll()
        assert file.current is before
        assert file.refused is not None
        assert file.poll() is None, "the same fault is told once"
        path.write_text(GOOD.replace("TOKEN_A1", "TOKEN"))
        assert file.poll() is not None
        assert file.refused is None

    def test_going_back_to_the_version_in_force_clears_the_refusal(self, path: Path) -> None:
        file = MerchantsFile(path)
        path.write_text("garbage")
        with pytest.raises(MerchantsError):
            file.poll()
        path.write_text(GOOD)
        file.poll()
        assert file.refused is None
